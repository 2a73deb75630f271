/* mapgrow.c: the tables of a map: making, doubling, splitting, cleaning.             room: lang
 *
 * A table that has no room to grow (growthLeft 0)
 *   1. is cleaned, if a tenth of it and more is marked deleted: marks with nothing behind them become
 *      empty slots (tablePrune). In place, and nothing moves;
 *   2. else, if it is the only one and below the largest size, is replaced by one twice as large;
 *   3. else is replaced by two, for the two values of the next bit of the hash. If the directory
 *      goes by as few bits as the table, its length doubles first.
 * Entries are copied; the old table is marked stale and left alone, since iterations may be on it.
 * Who assigns pays for one table, never for the map.
 *
 * Directory and table: depth 2, and a table of localDepth 1 beside two of 2:
 *
 *	00 01 10 11
 *	+--A--+ B  C       an entry's run begins where the bits below localDepth are 0
 *
 * One of two tables with all keys of the old one is possible, if hashes are unlucky: then it is split again when it
 * is full again, that is at once. A hash that is the same for all keys would go on for ever:
 * DIR_MAXDEPTH is the end of it.
 *
 * The type of a slot, for the collector. A key and an element are at most 128 bytes, so 32 words
 * at most: a slot is described by its size and a mask in one word. Descriptors are made of these two, once each, and never
 * freed; a map type's address would not do as their name, since reflection makes types on the
 * heap that come and go. */
#include "core/bits.h"
#include "lang/mapinternal.h"

/* ---- the types of what maps allocate ------------------------------------------------------ */

struct slottype {
	struct type type;
	uint64_t mask; /* little-endian: also its gcdata */
	struct slottype *next;
};

static struct slottype *slottypes[64]; /* lists; atomic, only ever added to */

static const struct type *
slotType(uint32_t size, uint64_t mask)
{
	struct slottype **list = &slottypes[hash64(mask + size, 0) % nelem(slottypes)];
	struct slottype *first = load_acq(list);
	for (struct slottype *s = first; s != NULL; s = s->next)
		if (s->mask == mask && s->type.size == size)
			return &s->type;
	struct g *gp = rtenter();
	struct slottype *s = persistentalloc(sizeof *s, sizeof(uint64_t));
	rtleave(gp);
	s->mask = mask;
	s->type = (struct type){
		.size = size,
		.ptrdata = (64 - (uintptr_t)__builtin_clzll(mask)) * PTRSIZE,
		.align = PTRSIZE,
		.fieldAlign = PTRSIZE,
		.kind = KindStruct,
		.gcdata = (const uint8_t *)&s->mask,
	};
	do { /* two threads may add the same: either will do */
		first = load_acq(list);
		s->next = first;
	} while (!cas(list, first, s));
	return &s->type;
}

static uint64_t
pointerMask(const struct type *t, bool indirect)
{
	if (indirect)
		return 1;
	uint64_t mask = 0;
	for (uintptr_t i = 0; i < t->ptrdata / PTRSIZE; i++)
		mask |= (uint64_t)(t->gcdata[i / 8] >> i % 8 & 1) << i;
	return mask;
}

static uint64_t
slotMask(const struct maptype *t, const struct hmap *m)
{
	return pointerMask(t->key, indirectKey(t)) | pointerMask(t->elem, indirectElem(t))
							     << m->elemOff / PTRSIZE;
}

static const uint8_t direntMask[] = {1 << 0 | 1 << 1};
static const struct type direntType = {
	.size = sizeof(struct dirent),
	.ptrdata = sizeof(struct dirent),
	.align = 8,
	.fieldAlign = 8,
	.kind = KindStruct,
	.gcdata = direntMask,
};

/* ---- making ------------------------------------------------------------------------------- */

static void
layout(const struct maptype *t, struct hmap *m)
{
	uintptr_t keysize = indirectKey(t) ? PTRSIZE : t->key->size;
	uintptr_t elemsize = indirectElem(t) ? PTRSIZE : t->elem->size;
	uintptr_t keyalign = indirectKey(t) ? PTRSIZE : t->key->align;
	uintptr_t elemalign = indirectElem(t) ? PTRSIZE : t->elem->align;
	uintptr_t off = alignUp(keysize, elemalign);
	uintptr_t size = alignUp(off + elemsize, keyalign > elemalign ? keyalign : elemalign);
	if (keysize > 128 || elemsize > 128)
		throw("a map type with large keys or elements that does not say so");
	m->elemOff = (uint8_t)off;
	m->slotSize = size == 0 ? 1 : (uint16_t)size; /* each slot has an address */
	m->pointers = slotMask(t, m) != 0;
}

static const struct type *
slotTypeOf(const struct maptype *t, const struct hmap *m)
{
	return m->pointers ? slotType(m->slotSize, slotMask(t, m)) : NULL;
}

static uint8_t *
newSlots(const struct maptype *t, const struct hmap *m, uint32_t n)
{
	uintptr_t bytes = (uintptr_t)n * m->slotSize;
	if (!m->pointers)
		return allocNoscan(bytes, true);
	return allocTyped(bytes, slotTypeOf(t, m));
}

static struct dirent
newTable(const struct maptype *t, const struct hmap *m, uint32_t nslots, uint8_t localDepth)
{
	struct dirent d;
	d.tab = allocNoscan(sizeof *d.tab + nslots, true);
	d.slots = newSlots(t, m, nslots);
	d.tab->nslots = (uint16_t)nslots;
	d.tab->growthLeft = tableLimit(nslots);
	d.tab->localDepth = localDepth;
	return d;
}

void
mapSmallSetup(const struct maptype *t, struct hmap *m)
{
	layout(t, m);
	void *slots = newSlots(t, m, GROUP_SLOTS);
	storePointer(&m->p, slots);
}

/* A directory of 1 << depth entries; each is d, and the map is large. */
static void
newDirectory(struct hmap *m, uint8_t depth, const struct dirent *d)
{
	uintptr_t n = (uintptr_t)1 << depth;
	struct dirent *dir = allocTyped(n * sizeof *dir, &direntType);
	for (uintptr_t i = 0; i < n; i++)
		typedmemmove(&direntType, &dir[i], d);
	storePointer(&m->p, dir);
	m->groupMask = d->tab->nslots / GROUP_SLOTS - 1;
	m->depth = depth;
	m->shift = (uint8_t)(64 - depth);
}

void
mapLargeSetup(const struct maptype *t, struct hmap *m, uintptr_t n)
{
	/* What no address space holds is not asked for: a hint is no promise. */
	if (n > ((uintptr_t)1 << 47) / 8)
		return;
	layout(t, m);
	uintptr_t nslots = TABLE_MINSLOTS;
	while (nslots - nslots / 8 < n)
		nslots *= 2;
	if (nslots > ((uintptr_t)1 << 47) / (m->slotSize + 1u)) {
		m->slotSize = 0;
		return;
	}
	if (nslots <= TABLE_MAXSLOTS) {
		struct dirent d = newTable(t, m, (uint32_t)nslots, 0);
		newDirectory(m, DIR_MINDEPTH, &d);
		return;
	}
	uint8_t depth = (uint8_t)__builtin_ctzll(nslots / TABLE_MAXSLOTS);
	struct dirent d = newTable(t, m, TABLE_MAXSLOTS, depth);
	newDirectory(m, depth, &d);
	struct dirent *dir = m->p;
	for (uintptr_t i = 1; i < (uintptr_t)1 << depth; i++) {
		d = newTable(t, m, TABLE_MAXSLOTS, depth);
		typedmemmove(&direntType, &dir[i], &d);
	}
}

/* ---- copying ------------------------------------------------------------------------------ */

/* Which hash a map's keys have: the frequent ones are inlined into the loops. */
enum hashkind { HASH_64, HASH_32, HASH_ANY };

static enum hashkind
hashKind(const struct maptype *t)
{
	if (t->hasher->fn == (void *)memhash64)
		return HASH_64;
	return t->hasher->fn == (void *)memhash32 ? HASH_32 : HASH_ANY;
}

static always_inline uint64_t
rehash(const struct maptype *t, const struct hmap *m, uint8_t *slot, enum hashkind kind)
{
	switch (kind) {
	case HASH_64:
		return hash64(*(const uint64_t *)(const void *)slot, m->seed);
	case HASH_32:
		return hash32(*(const uint32_t *)(const void *)slot, m->seed);
	case HASH_ANY:
		break;
	}
	return callHash(t->hasher, slotKey(t, slot), m->seed);
}

static always_inline void
slotCopy(const struct hmap *m, const struct type *type, uint8_t *dst, const uint8_t *src)
{
	if (m->pointers)
		typedmemmove(type, dst, src);
	else if (likely(m->slotSize == 16))
		__builtin_memcpy(dst, src, 16);
	else
		memmove(dst, src, m->slotSize);
}

/* Into a table where nothing was deleted, and where the key is not. */
static always_inline void
insertFresh(const struct hmap *m, const struct type *type, struct dirent d, uint32_t mask,
	uint64_t hash, const uint8_t *slot)
{
	struct probe q = {(uint32_t)(hash >> 7) & mask, 0, mask};
	uint32_t empty;
	while (unlikely((empty = groupEmpty(d.tab->ctrl[q.group])) == 0))
		probeNext(&q);
	uint32_t i = firstSlot(empty);
	setCtrl(&d.tab->ctrl[q.group], i, ctrlOf(hash));
	slotCopy(m, type, slotAt(m, d.slots, q.group * GROUP_SLOTS + i), slot);
	d.tab->used++;
	d.tab->growthLeft--;
}

/* One group's entries go to d[0] or, if bit of the hash is set, to d[1]. */
static always_inline void
moveGroup(const struct maptype *t, const struct hmap *m, uint64_t ctrl, uint8_t *slots,
	const struct dirent *d, uint64_t bit, const struct type *type, enum hashkind kind)
{
	uint32_t mask = d[0].tab->nslots / GROUP_SLOTS - 1;
	FOREACH_SLOT(i, groupFull(ctrl))
	{
		uint8_t *slot = slotAt(m, slots, i);
		uint64_t hash = rehash(t, m, slot, kind);
		insertFresh(m, type, d[(hash & bit) != 0], mask, hash, slot);
	}
}

static void
moveTable(const struct maptype *t, const struct hmap *m, const struct dirent *from,
	const struct dirent *to, uint64_t bit)
{
	const struct type *type = slotTypeOf(t, m);
	uint32_t n = from->tab->nslots / GROUP_SLOTS;
#define MOVE(kind)                                                                                 \
	for (uint32_t g = 0; g < n; g++)                                                           \
	moveGroup(t, m, from->tab->ctrl[g], slotAt(m, from->slots, g *GROUP_SLOTS), to, bit, type, \
		kind)
	switch (hashKind(t)) {
	case HASH_64:
		MOVE(HASH_64);
		break;
	case HASH_32:
		MOVE(HASH_32);
		break;
	case HASH_ANY:
		MOVE(HASH_ANY);
		break;
	}
#undef MOVE
}

void
mapSmallGrow(const struct maptype *t, struct hmap *m)
{
	struct dirent d = newTable(t, m, TABLE_MINSLOTS, 0);
	moveGroup(t, m, m->ctrl, m->p, &d, 0, slotTypeOf(t, m), HASH_ANY);
	/* m->ctrl stays: iterations that began before have m->p, and need it. */
	newDirectory(m, DIR_MINDEPTH, &d);
}

/* ---- a table is full ---------------------------------------------------------------------- */

/* Marks the groups that the search for a key goes past, except the one it ends in. */
static void
markPassed(const struct hmap *m, uint64_t hash, uint32_t end, uint64_t *passed)
{
	for (struct probe q = probeStart(m, hash); q.group != end; probeNext(&q))
		passed[q.group / 64] |= (uint64_t)1 << q.group % 64;
}

/* Deleted slots of groups that no search goes past become empty. A key that is not equal to itself
 * hashes differently each time, so that its way marks at random; too many marks do no harm. Enough
 * room afterwards? */
static bool
tablePrune(const struct maptype *t, const struct hmap *m, const struct dirent *d)
{
	struct maptable *tab = d->tab;
	uint32_t n = tab->nslots, deleted = tableLimit(n) - tab->used;
	if (deleted * 10 < n)
		return false;
	uint64_t passed[(TABLE_MAXSLOTS / GROUP_SLOTS + 63) / 64] = {0};
	for (uint32_t g = 0; g < n / GROUP_SLOTS; g++)
		FOREACH_SLOT(i, groupFull(tab->ctrl[g]))
		{
			uint8_t *slot = slotAt(m, d->slots, g * GROUP_SLOTS + i);
			markPassed(m, rehash(t, m, slot, HASH_ANY), g, passed);
		}
	for (uint32_t g = 0; g < n / GROUP_SLOTS; g++) {
		if ((passed[g / 64] >> g % 64 & 1) != 0)
			continue;
		FOREACH_SLOT(i, groupDeleted(tab->ctrl[g]))
		{
			setCtrl(&tab->ctrl[g], i, CTRL_EMPTY);
			tab->growthLeft++;
		}
	}
	return tab->growthLeft * 20u >= n;
}

static void
tableSplit(const struct maptype *t, struct hmap *m, uint64_t hash, const struct dirent *old)
{
	struct maptable *tab = old->tab;
	uint8_t depth = (uint8_t)(tab->localDepth + 1);
	struct dirent d[2];
	for (uint32_t i = 0; i < 2; i++)
		d[i] = newTable(t, m, tab->nslots, depth);
	moveTable(t, m, old, d, (uint64_t)1 << (64 - depth));
	if (depth > m->depth) {
		if (depth > DIR_MAXDEPTH)
			throw("a map's keys have one hash");
		const struct dirent *dir = m->p;
		uintptr_t n = (uintptr_t)1 << m->depth;
		struct dirent *wide = allocTyped(2 * n * sizeof *wide, &direntType);
		for (uintptr_t i = 0; i < 2 * n; i++)
			typedmemmove(&direntType, &wide[i], &dir[i / 2]);
		storePointer(&m->p, wide);
		m->depth = depth;
		m->shift = (uint8_t)(64 - depth);
	}
	/* The run of tab: its first half goes to d[0], the second to d[1]. */
	struct dirent *dir = m->p;
	uintptr_t half = (uintptr_t)1 << (m->depth - depth);
	uintptr_t first = (hash >> m->shift) & ~(2 * half - 1);
	for (uintptr_t i = 0; i < 2 * half; i++)
		typedmemmove(&direntType, &dir[first + i], &d[i >= half]);
	tab->stale = true;
}

void
mapTableGrow(const struct maptype *t, struct hmap *m, uint64_t hash)
{
	struct dirent old = *dirOf(m, hash);
	if (tablePrune(t, m, &old))
		return;
	if (old.tab->nslots == TABLE_MAXSLOTS) {
		tableSplit(t, m, hash, &old);
		return;
	}
	struct dirent d = newTable(t, m, old.tab->nslots * 2u, 0);
	moveTable(t, m, &old, &d, 0);
	struct dirent *dir = m->p;
	for (uint32_t i = 0; i < 1u << DIR_MINDEPTH; i++)
		typedmemmove(&direntType, &dir[i], &d);
	m->groupMask = d.tab->nslots / GROUP_SLOTS - 1;
	old.tab->stale = true;
}

/* ---- clearing ----------------------------------------------------------------------------- */

static void
tableClear(const struct hmap *m, const struct dirent *d)
{
	struct maptable *tab = d->tab;
	if (tab->used == 0 && tab->growthLeft == tableLimit(tab->nslots))
		return;
	for (uint32_t g = 0; g < tab->nslots / GROUP_SLOTS; g++) {
		FOREACH_SLOT(i, groupFull(tab->ctrl[g]))
		slotClear(m, slotAt(m, d->slots, g * GROUP_SLOTS + i));
		tab->ctrl[g] = 0;
	}
	tab->used = 0;
	tab->growthLeft = tableLimit(tab->nslots);
}

void
mapTablesClear(struct hmap *m)
{
	const struct dirent *dir = m->p;
	for (uintptr_t i = 0; i < (uintptr_t)1 << m->depth;) {
		tableClear(m, &dir[i]);
		i += (uintptr_t)1 << (m->depth - dir[i].tab->localDepth);
	}
}
