/* map.c: maps.                                                                       room: lang
 *
 * A Swiss table: open addressing in which a byte beside each slot says whether it is in use and
 * holds seven bits of the hash, so that eight slots are ruled out, but for one in 128 of them, by one
 * comparison of a word. (The idea is Abseil's; maps of this shape that grow a table at a time are
 * Go's since 1.24.)
 *
 * The cast
 *   slot    a key and its element, side by side: whoever finds the key has the element in his
 *           cache. Keys and elements larger than 128 bytes are objects of their own.
 *   group   eight slots with their control bytes, one word: mapgroup.h.
 *   table   a power of two of groups, at most 1,024 slots: two arrays, control bytes and slots.
 *           The control bytes of many tables fit a cache that their slots do not.
 *   directory  tables by the top bits of the hash. A table whose keys share fewer bits than the
 *           directory goes by (localDepth < depth) stands in it several times, side by side.
 *
 * A map starts as one group, whose control word is in its header: up to eight entries, found by
 * comparing keys where that is cheaper than a hash. The ninth makes it large: a directory and one
 * table, which doubles until it has 1,024 slots, and then splits, and so do its parts: by the next
 * bit of the hash. So no assignment moves more than one table. While a map has one table its size
 * is in the header, and from the first split on all tables have the largest: groupMask is right
 * for all.
 *
 * Where a key is. hash >> shift: the directory's entry. The seven lowest bits: the control byte.
 * The bits above these: the group to begin with; then the groups at distance 1, 3, 6, 10, ... until one
 * has an empty slot: the key would be there. A table is never fuller than 7/8, so there is one.
 *
 * Deletion leaves an empty slot where its group has another one, since then nobody looks past
 * this group; else a mark "deleted". Marks count against the 7/8, and when a table is full they are
 * first cleared away where no key is behind them (tablePrune). Nothing ever moves inside a table: that
 * is what iterations stand on.
 *
 * Iterations (mapiter.c) walk a table that may have been replaced meanwhile. A table that is
 * replaced is marked stale, keeps its contents, and is only read from then on.
 *
 * Memory. The header, the directory and slots with pointers are typed objects, so the collector
 * knows each pointer; control bytes and slots without pointers are not looked at. A slot's type is made of the
 * key's and the element's masks (mapgrow.c). Pointers go into slots by typedmemmove.
 *
 * Two at once. A map has no lock; a flag, up while somebody writes, is looked at by all others and
 * finds most programs out: "concurrent map writes" and its like are fatal. Hashing comes before the flag is up, as
 * it may panic: the map stays usable. All of this runs as user code; what needs a P is memory
 * and the seed.
 *
 * Rejected: control bytes in front of each group's slots in one array (one pointer less in the
 * directory, but a cache line more in most lookups, and no array of one type for the collector);
 * one table that grows a little at each assignment (two places to look while it does); a
 * pointer to the table's mask in the table (a load more on the way to each key). */
#include "lang/mapinternal.h"

#include "core/rand.h"
#include "core/upcalls.h"

uint8_t aligned_to(16) zeroVal[1024];

static const uint8_t hmapMask[] = {1 << 2};
static const struct type hmapType = {
	.size = sizeof(struct hmap),
	.ptrdata = 3 * sizeof(void *),
	.align = 8,
	.fieldAlign = 8,
	.kind = KindStruct,
	.gcdata = hmapMask,
};
_Static_assert(offsetof(struct hmap, p) == 2 * sizeof(void *), "hmapMask says so");

static const uint8_t pointerMask[] = {1};
const struct type mapPointerType = {
	.size = sizeof(void *),
	.ptrdata = sizeof(void *),
	.align = 8,
	.fieldAlign = 8,
	.kind = KindUnsafePointer | KindDirectIface,
	.gcdata = pointerMask,
};

cold _Noreturn void
mapRaceRead(void)
{
	fatal("concurrent map read and map write");
}

cold _Noreturn void
mapRaceWrite(void)
{
	fatal("concurrent map writes");
}

cold _Noreturn void
mapRaceIter(void)
{
	fatal("concurrent map iteration and map write");
}

cold _Noreturn void
mapNilAssign(void)
{
	panicPlain("assignment to entry in nil map");
}

/* ---- making ------------------------------------------------------------------------------- */

static always_inline struct hmap *
newMap(uintptr_t extra)
{
	struct g *gp = rtenter();
	struct hmap *m = mallocTyped(sizeof *m + extra, &hmapType);
	m->seed = wyrand(&gp->m->rand[0]);
	rtleave(gp);
	return m;
}

struct hmap *
makemap_small(void)
{
	return newMap(0);
}

struct hmap *
makemapWith(const struct maptype *t, intgo hint, uintptr_t extra)
{
	struct hmap *m = newMap(extra);
	if (hint > (intgo)GROUP_SLOTS)
		mapLargeSetup(t, m, (uintptr_t)hint);
	return m;
}

struct hmap *
makemap(const struct maptype *t, intgo hint, struct hmap *unused)
{
	(void)unused;
	return makemapWith(t, hint, 0);
}

struct hmap *
makemap64(const struct maptype *t, int64_t hint, struct hmap *unused)
{
	return makemap(t, (intgo)hint, unused);
}

struct hmap *
construct_map(const struct maptype *t, uintptr_t count, uintptr_t entrysize, uintptr_t elemoff,
	const void *entries)
{
	struct hmap *m = makemap(t, (intgo)count, NULL);
	const uint8_t *e = entries;
	for (uintptr_t i = 0; i < count; i++, e += entrysize)
		typedmemmove(t->elem, mapassign(t, m, e), e + elemoff);
	return m;
}

intgo
maplen(const struct hmap *m)
{
	return m == NULL ? 0 : m->count;
}

/* ---- finding ------------------------------------------------------------------------------ */

static always_inline bool
keyIs(const struct maptype *t, const void *key, uint8_t *slot)
{
	return callEqual(t->key->equal, key, slotKey(t, slot));
}

/* Where a key is: its group's control word, its place in it, its slot. */
struct place {
	uint64_t *group; /* NULL: absent */
	uint32_t i;
	uint8_t *slot;
	struct maptable *tab; /* NULL: a small map */
};

/* m is not empty. */
static always_inline struct place
find(const struct maptype *t, struct hmap *m, const void *key, uint64_t hash)
{
	if (m->depth == 0) {
		FOREACH_SLOT(i, groupMatch(m->ctrl, ctrlOf(hash)))
		{
			uint8_t *slot = slotAt(m, m->p, i);
			if (likely(keyIs(t, key, slot)))
				return (struct place){&m->ctrl, i, slot, NULL};
		}
		return (struct place){0};
	}
	const struct dirent *d = dirOf(m, hash);
	for (struct probe q = probeStart(m, hash);; probeNext(&q)) {
		uint64_t ctrl = d->tab->ctrl[q.group];
		FOREACH_SLOT(i, groupMatch(ctrl, ctrlOf(hash)))
		{
			uint8_t *slot = slotAt(m, d->slots, q.group * GROUP_SLOTS + i);
			if (likely(keyIs(t, key, slot)))
				return (struct place){&d->tab->ctrl[q.group], i, slot, d->tab};
		}
		if (likely(groupHasEmpty(ctrl)))
			return (struct place){0};
	}
}

/* A key that cannot be hashed is an error even where there is nothing to find. */
static cold void
hashAnyway(const struct maptype *t, const void *key)
{
	if ((t->flags & MapHashMightPanic) != 0)
		callHash(t->hasher, key, 0);
}

uint8_t *
mapFind(const struct maptype *t, struct hmap *m, const void *key)
{
	if (unlikely(m == NULL || m->count == 0)) {
		hashAnyway(t, key);
		return NULL;
	}
	mapReads(m);
	return find(t, m, key, callHash(t->hasher, key, m->seed)).slot;
}

void *
mapaccess(const struct maptype *t, struct hmap *m, const void *key)
{
	uint8_t *slot = mapFind(t, m, key);
	return slot == NULL ? NULL : slotElem(t, m, slot);
}

void *
mapaccess1(const struct maptype *t, struct hmap *m, const void *key)
{
	uint8_t *slot = mapFind(t, m, key);
	return slot == NULL ? zeroVal : slotElem(t, m, slot);
}

struct ptrok
mapaccess2(const struct maptype *t, struct hmap *m, const void *key)
{
	uint8_t *slot = mapFind(t, m, key);
	if (slot == NULL)
		return (struct ptrok){zeroVal, false};
	return (struct ptrok){slotElem(t, m, slot), true};
}

void *
mapaccess1_fat(const struct maptype *t, struct hmap *m, const void *key, const void *zero)
{
	uint8_t *slot = mapFind(t, m, key);
	return slot == NULL ? (void *)(uintptr_t)zero : slotElem(t, m, slot);
}

struct ptrok
mapaccess2_fat(const struct maptype *t, struct hmap *m, const void *key, const void *zero)
{
	uint8_t *slot = mapFind(t, m, key);
	if (slot == NULL)
		return (struct ptrok){(void *)(uintptr_t)zero, false};
	return (struct ptrok){slotElem(t, m, slot), true};
}

/* ---- assigning ---------------------------------------------------------------------------- */

/* Fills a slot that was free. */
static void *
newEntry(const struct maptype *t, struct hmap *m, uint8_t *slot, const void *key)
{
	if (indirectKey(t)) {
		void *k = allocValue(t->key->size, t->key, true);
		storePointer(slot, k);
		typedmemmove(t->key, k, key);
	} else {
		typedmemmove(t->key, slot, key);
	}
	uint8_t *e = slot + m->elemOff;
	if (!indirectElem(t))
		return e;
	void *p = allocValue(t->elem->size, t->elem, true);
	storePointer(e, p);
	return p;
}

void *
mapassign(const struct maptype *t, struct hmap *m, const void *key)
{
	if (unlikely(m == NULL))
		mapNilAssign();
	if (unlikely(load_rlx(&m->writing) != 0))
		mapRaceWrite();
	uint64_t hash = callHash(t->hasher, key, m->seed);
	mapWriteBegin(m);
	if (unlikely(m->slotSize == 0))
		mapSmallSetup(t, m);
	void *elem;
	struct place at = {0};
	if (m->count != 0)
		at = find(t, m, key, hash);
	if (at.slot != NULL) {
		if ((t->flags & MapNeedKeyUpdate) != 0)
			typedmemmove(t->key, slotKey(t, at.slot), key);
		elem = slotElem(t, m, at.slot);
	} else {
		elem = newEntry(t, m, slotTake(t, m, hash), key);
	}
	mapWriteEnd(m);
	return elem;
}

/* ---- deleting ----------------------------------------------------------------------------- */

void
slotClearSlow(const struct hmap *m, uint8_t *slot)
{
	if (m->pointers)
		memclrHasPointers(slot, m->slotSize);
	else
		memclr(slot, m->slotSize);
}

void
mapdelete(const struct maptype *t, struct hmap *m, const void *key)
{
	if (unlikely(m == NULL || m->count == 0)) {
		hashAnyway(t, key);
		return;
	}
	if (unlikely(load_rlx(&m->writing) != 0))
		mapRaceWrite();
	uint64_t hash = callHash(t->hasher, key, m->seed);
	mapWriteBegin(m);
	struct place at = find(t, m, key, hash);
	if (at.slot != NULL) {
		slotClear(m, at.slot);
		slotFree(m, at.tab, at.group, at.i);
	}
	mapWriteEnd(m);
}

void
mapclear(const struct maptype *t, struct hmap *m)
{
	(void)t;
	if (m == NULL || m->slotSize == 0)
		return;
	mapWriteBegin(m);
	if (m->depth != 0) {
		mapTablesClear(m);
	} else {
		FOREACH_SLOT(i, groupFull(m->ctrl))
		slotClear(m, slotAt(m, m->p, i));
		m->ctrl = 0;
	}
	m->count = 0;
	m->clearSeq++;
	mapEmptied(m);
	mapWriteEnd(m);
}
