/* mapfast.c: maps whose keys are 4 or 8 bytes that are compared as such, or strings. room: lang
 *
 * The functions of map.c with hash and comparison inlined. Each is written once, for a kind of key
 * that is a constant where it is inlined. Elements are at most 128 bytes here, never apart.
 *
 * A small map is searched without a hash: eight comparisons of a word cost no more than one hash,
 * and strings mostly differ in length. Long strings of equal length are the exception. */
#include "lang/mapinternal.h"

enum keykind { KEY_32, KEY_64, KEY_STR };

struct fastkey {
	uint64_t w;
	struct gostring s;
};

static always_inline uint64_t
load64(const void *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

static always_inline uint32_t
load32(const void *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

/* n bytes are equal. Two words that overlap where that will do. */
static always_inline bool
bytesEqual(const uint8_t *a, const uint8_t *b, uintptr_t n)
{
	if (a == b)
		return true;
	if (n >= 8) {
		if (likely(n <= 16))
			return ((load64(a) ^ load64(b)) |
				       (load64(a + n - 8) ^ load64(b + n - 8))) == 0;
		return __builtin_memcmp(a, b, n) == 0;
	}
	if (n >= 4)
		return ((load32(a) ^ load32(b)) | (load32(a + n - 4) ^ load32(b + n - 4))) == 0;
	return n == 0 || (a[0] == b[0] && a[n >> 1] == b[n >> 1] && a[n - 1] == b[n - 1]);
}

static always_inline bool
keyIs(enum keykind kind, struct fastkey k, const uint8_t *slot)
{
	switch (kind) {
	case KEY_32:
		return *(const uint32_t *)(const void *)slot == (uint32_t)k.w;
	case KEY_64:
		return *(const uint64_t *)(const void *)slot == k.w;
	case KEY_STR:
		break;
	}
	const struct gostring *s = (const void *)slot;
	return s->len == k.s.len && bytesEqual(s->str, k.s.str, (uintptr_t)k.s.len);
}

static always_inline uint64_t
hashOf(enum keykind kind, const struct hmap *m, struct fastkey k)
{
	switch (kind) {
	case KEY_32:
		return hash32((uint32_t)k.w, m->seed);
	case KEY_64:
		return hash64(k.w, m->seed);
	case KEY_STR:
		break;
	}
	return hashText(k.s.str, m->seed, (uintptr_t)k.s.len);
}

struct place {
	uint8_t *slot; /* NULL: absent */
	uint64_t *group;
	uint32_t i;
	struct maptable *tab; /* NULL: a small map */
};

#define LONG_STRING 64

static always_inline struct place
findSmall(enum keykind kind, struct hmap *m, struct fastkey k)
{
	uint32_t in = groupFull(m->ctrl);
	if (kind == KEY_STR && k.s.len > LONG_STRING)
		in = groupMatch(m->ctrl, ctrlOf(hashOf(kind, m, k)));
	FOREACH_SLOT(i, in)
	{
		uint8_t *slot = slotAt(m, m->p, i);
		if (keyIs(kind, k, slot))
			return (struct place){slot, &m->ctrl, i, NULL};
	}
	return (struct place){0};
}

/* The slots of the first group: asked for before its control word is there, they come at the same time. Not
 * by assignments, whose tables are often so new that there is nothing to fetch. */
static always_inline void
fetchSlots(const struct hmap *m, const uint8_t *slots, uint32_t group)
{
	const uint8_t *p = slots + (uintptr_t)group * GROUP_SLOTS * m->slotSize;
	__builtin_prefetch(p);
	__builtin_prefetch(p + CACHE_LINE);
}

static always_inline struct place
findLarge(enum keykind kind, const struct hmap *m, struct fastkey k, uint64_t hash)
{
	const struct dirent *d = dirOf(m, hash);
	struct maptable *tab = d->tab;
	uint8_t *slots = d->slots;
	struct probe q = probeStart(m, hash);
	fetchSlots(m, slots, q.group);
	for (;; probeNext(&q)) {
		uint64_t ctrl = tab->ctrl[q.group];
		FOREACH_SLOT(i, groupMatch(ctrl, ctrlOf(hash)))
		{
			uint8_t *slot = slotAt(m, slots, q.group * GROUP_SLOTS + i);
			if (likely(keyIs(kind, k, slot)))
				return (struct place){slot, &tab->ctrl[q.group], i, tab};
		}
		if (likely(groupHasEmpty(ctrl)))
			return (struct place){0};
	}
}

/* ---- access ------------------------------------------------------------------------------- */

/* Whatever accessFirst does not settle. */
static never_inline void *
access32(struct hmap *m, uint32_t w, void *none, uint64_t hash)
{
	struct place at = findLarge(KEY_32, m, (struct fastkey){.w = w}, hash);
	return at.slot == NULL ? none : at.slot + m->elemOff;
}

static never_inline void *
access64(struct hmap *m, uint64_t w, void *none, uint64_t hash)
{
	struct place at = findLarge(KEY_64, m, (struct fastkey){.w = w}, hash);
	return at.slot == NULL ? none : at.slot + m->elemOff;
}

static never_inline void *
accessStr(struct hmap *m, struct gostring s, void *none, uint64_t hash)
{
	struct place at = findLarge(KEY_STR, m, (struct fastkey){.s = s}, hash);
	return at.slot == NULL ? none : at.slot + m->elemOff;
}

/* A string that is long, or in a small map. */
static never_inline void *
accessStrAny(struct hmap *m, struct gostring s, void *none)
{
	struct fastkey k = {.s = s};
	if (m->depth != 0)
		return accessStr(m, s, none, hashOf(KEY_STR, m, k));
	struct place at = findSmall(KEY_STR, m, k);
	return at.slot == NULL ? none : at.slot + m->elemOff;
}

/* Nearly always the first candidate of the first group is the key, or there is none and the group
 * has room: that much is inlined, in few registers. */
static always_inline void *
accessFirst(enum keykind kind, struct hmap *m, struct fastkey k, void *none)
{
	uint64_t hash = hashOf(kind, m, k);
	const struct dirent *d = dirOf(m, hash);
	uint32_t group = (uint32_t)(hash >> 7) & m->groupMask;
	fetchSlots(m, d->slots, group);
	uint64_t ctrl = d->tab->ctrl[group];
	uint32_t match = groupMatch(ctrl, ctrlOf(hash));
	if (likely(match != 0)) {
		uint8_t *slot = slotAt(m, d->slots, group * GROUP_SLOTS + firstSlot(match));
		if (likely(keyIs(kind, k, slot)))
			return slot + m->elemOff;
	} else if (likely(groupHasEmpty(ctrl))) {
		return none;
	}
	if (kind == KEY_STR)
		return accessStr(m, k.s, none, hash);
	return kind == KEY_64 ? access64(m, k.w, none, hash)
			      : access32(m, (uint32_t)k.w, none, hash);
}

/* The element, or none. */
static always_inline void *
access(enum keykind kind, struct hmap *m, struct fastkey k, void *none)
{
	if (unlikely(m == NULL || m->count == 0))
		return none;
	mapReads(m);
	if (kind == KEY_STR && (m->depth == 0 || (uintptr_t)k.s.len > HASH_SHORT))
		return accessStrAny(m, k.s, none);
	if (likely(m->depth != 0))
		return accessFirst(kind, m, k, none);
	struct place at = findSmall(kind, m, k);
	return at.slot == NULL ? none : at.slot + m->elemOff;
}

static always_inline struct ptrok
access2(enum keykind kind, struct hmap *m, struct fastkey k)
{
	void *e = access(kind, m, k, NULL);
	return (struct ptrok){e != NULL ? e : zeroVal, e != NULL};
}

/* ---- assignment --------------------------------------------------------------------------- */

static always_inline void
keyStore(enum keykind kind, bool pointer, const struct maptype *t, uint8_t *slot, struct fastkey k)
{
	if (kind == KEY_32)
		*(uint32_t *)(void *)slot = (uint32_t)k.w;
	else if (kind == KEY_STR)
		typedmemmove(t->key, slot, &k.s);
	else if (pointer)
		storePointer(slot, (void *)k.w);
	else
		*(uint64_t *)(void *)slot = k.w;
}

/* The key is in slot, and assigned to. */
static always_inline void
keyAgain(enum keykind kind, const struct maptype *t, uint8_t *slot, struct fastkey k)
{
	/* The old key may be a small part of something large. */
	if (kind == KEY_STR && ((struct gostring *)(void *)slot)->str != k.s.str)
		typedmemmove(t->key, slot, &k.s);
}

/* A small map, or a table that has to grow; writing has been announced. */
static always_inline uint8_t *
assignFar(enum keykind kind, bool pointer, const struct maptype *t, struct hmap *m,
	struct fastkey k, uint64_t hash)
{
	if (unlikely(m->slotSize == 0))
		mapSmallSetup(t, m);
	if (m->depth == 0) {
		struct place at = findSmall(kind, m, k);
		if (at.slot != NULL) {
			keyAgain(kind, t, at.slot, k);
			return at.slot;
		}
	}
	uint8_t *slot = slotTake(t, m, hash);
	keyStore(kind, pointer, t, slot, k);
	return slot;
}

static never_inline uint8_t *
assignFar32(const struct maptype *t, struct hmap *m, uint32_t w, uint64_t hash)
{
	return assignFar(KEY_32, false, t, m, (struct fastkey){.w = w}, hash);
}

static never_inline uint8_t *
assignFar64(const struct maptype *t, struct hmap *m, uint64_t w, uint64_t hash, bool pointer)
{
	return assignFar(KEY_64, pointer, t, m, (struct fastkey){.w = w}, hash);
}

static never_inline uint8_t *
assignFarStr(const struct maptype *t, struct hmap *m, struct gostring s, uint64_t hash)
{
	return assignFar(KEY_STR, false, t, m, (struct fastkey){.s = s}, hash);
}

/* One walk finds the key or where it goes: the first group on the way that has a free slot. NULL: the
 * table has to grow first. */
static always_inline uint8_t *
assignLarge(enum keykind kind, bool pointer, const struct maptype *t, struct hmap *m,
	struct fastkey k, uint64_t hash)
{
	const struct dirent *d = dirOf(m, hash);
	struct maptable *tab = d->tab;
	uint8_t *slots = d->slots;
	struct probe q = probeStart(m, hash);
	uint32_t into = ~(uint32_t)0; /* a group with a deleted slot */
	uint64_t ctrl;
	for (;; probeNext(&q)) {
		ctrl = tab->ctrl[q.group];
		FOREACH_SLOT(i, groupMatch(ctrl, ctrlOf(hash)))
		{
			uint8_t *slot = slotAt(m, slots, q.group * GROUP_SLOTS + i);
			if (likely(keyIs(kind, k, slot))) {
				keyAgain(kind, t, slot, k);
				return slot;
			}
		}
		if (likely(groupHasEmpty(ctrl)))
			break;
		if (into == ~(uint32_t)0 && groupFull(ctrl) != 0xff)
			into = q.group;
	}
	uint32_t i;
	if (likely(into == ~(uint32_t)0)) {
		if (unlikely(tab->growthLeft == 0))
			return NULL;
		tab->growthLeft--;
		into = q.group;
		i = firstSlot(groupEmpty(ctrl));
	} else {
		i = firstSlot(groupDeleted(tab->ctrl[into]));
	}
	setCtrl(&tab->ctrl[into], i, ctrlOf(hash));
	tab->used++;
	m->count++;
	uint8_t *slot = slotAt(m, slots, into * GROUP_SLOTS + i);
	keyStore(kind, pointer, t, slot, k);
	return slot;
}

static always_inline void *
assign(enum keykind kind, bool pointer, const struct maptype *t, struct hmap *m, struct fastkey k)
{
	if (unlikely(m == NULL))
		mapNilAssign();
	mapWriteBegin(m);
	uint64_t hash = hashOf(kind, m, k);
	uint8_t *slot = NULL;
	if (likely(m->depth != 0))
		slot = assignLarge(kind, pointer, t, m, k, hash);
	if (unlikely(slot == NULL))
		slot = kind == KEY_STR  ? assignFarStr(t, m, k.s, hash)
		       : kind == KEY_64 ? assignFar64(t, m, k.w, hash, pointer)
					: assignFar32(t, m, (uint32_t)k.w, hash);
	mapWriteEnd(m);
	return slot + m->elemOff;
}

/* ---- deletion ----------------------------------------------------------------------------- */

static always_inline void delete (enum keykind kind, struct hmap *m, struct fastkey k)
{
	if (unlikely(m == NULL || m->count == 0))
		return;
	mapWriteBegin(m);
	struct place at;
	if (m->depth == 0)
		at = findSmall(kind, m, k);
	else
		at = findLarge(kind, m, k, hashOf(kind, m, k));
	if (at.slot != NULL) {
		slotClear(m, at.slot);
		slotFree(m, at.tab, at.group, at.i);
	}
	mapWriteEnd(m);
}

/* ---- 32 bits ------------------------------------------------------------------------------ */

#define WORD(key)   ((struct fastkey){.w = (key)})
#define STRING(key) ((struct fastkey){.s = (key)})

void *
mapaccess1_fast32(const struct maptype *t, struct hmap *m, uint32_t key)
{
	(void)t;
	return access(KEY_32, m, WORD(key), zeroVal);
}

struct ptrok
mapaccess2_fast32(const struct maptype *t, struct hmap *m, uint32_t key)
{
	(void)t;
	return access2(KEY_32, m, WORD(key));
}

void *
mapassign_fast32(const struct maptype *t, struct hmap *m, uint32_t key)
{
	return assign(KEY_32, false, t, m, WORD(key));
}

void
mapdelete_fast32(const struct maptype *t, struct hmap *m, uint32_t key)
{
	(void)t;
	delete (KEY_32, m, WORD(key));
}

/* ---- 64 bits ------------------------------------------------------------------------------ */

void *
mapaccess1_fast64(const struct maptype *t, struct hmap *m, uint64_t key)
{
	(void)t;
	return access(KEY_64, m, WORD(key), zeroVal);
}

struct ptrok
mapaccess2_fast64(const struct maptype *t, struct hmap *m, uint64_t key)
{
	(void)t;
	return access2(KEY_64, m, WORD(key));
}

void *
mapassign_fast64(const struct maptype *t, struct hmap *m, uint64_t key)
{
	return assign(KEY_64, false, t, m, WORD(key));
}

void *
mapassign_fast64ptr(const struct maptype *t, struct hmap *m, void *key)
{
	return assign(KEY_64, true, t, m, WORD((uint64_t)key));
}

void
mapdelete_fast64(const struct maptype *t, struct hmap *m, uint64_t key)
{
	(void)t;
	delete (KEY_64, m, WORD(key));
}

/* ---- strings ------------------------------------------------------------------------------ */

void *
mapaccess_faststr(const struct maptype *t, struct hmap *m, struct gostring key)
{
	(void)t;
	return access(KEY_STR, m, STRING(key), NULL);
}

void *
mapaccess1_faststr(const struct maptype *t, struct hmap *m, struct gostring key)
{
	(void)t;
	return access(KEY_STR, m, STRING(key), zeroVal);
}

struct ptrok
mapaccess2_faststr(const struct maptype *t, struct hmap *m, struct gostring key)
{
	(void)t;
	return access2(KEY_STR, m, STRING(key));
}

void *
mapassign_faststr(const struct maptype *t, struct hmap *m, struct gostring key)
{
	return assign(KEY_STR, false, t, m, STRING(key));
}

void
mapdelete_faststr(const struct maptype *t, struct hmap *m, struct gostring key)
{
	(void)t;
	delete (KEY_STR, m, STRING(key));
}
