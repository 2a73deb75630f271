/* mapinternal.h: the inside of a map, for the files that make it up. Theory: map.c.  room: lang */
#ifndef GORT_LANG_MAPINTERNAL_H
#define GORT_LANG_MAPINTERNAL_H

#include "core/atomic.h"
#include "lang/hash64.h"
#include "lang/internal.h"
#include "lang/map.h"
#include "lang/mapgroup.h"

/* The largest table: what one split has to move at once. The hostile build splits early. */
#define TABLE_MAXSLOTS (GORT_HARD ? 64u : 1024u)
#define TABLE_MINSLOTS 16u
#define DIR_MINDEPTH   1
#define DIR_MAXDEPTH   31

/* A table's control bytes, and how full it is. No pointers: dirent has the one to the slots. */
struct maptable {
	uint16_t used;
	uint16_t growthLeft; /* empty slots that may still be filled */
	uint16_t nslots;
	uint8_t localDepth; /* so many top bits of the hash are the same in all its keys */
	bool stale;      /* another table, or two, took its place; iterations may still walk it */
	uint64_t ctrl[]; /* a group each */
};

struct dirent {
	struct maptable *tab;
	uint8_t *slots;
};

struct hmap {
	intgo count;
	uint64_t seed;
	void *p; /* small: its group's slots, or NULL; large: the directory, struct dirent[] */
	uint64_t ctrl; /* small: its group. Stays as it was when the map becomes large */
	uint32_t clearSeq;
	uint32_t groupMask; /* large: the groups of a table - 1; the same for all tables */
	uint8_t shift;      /* large: 64 - depth */
	uint8_t depth;      /* log2 of the directory's length, at least DIR_MINDEPTH; 0: small */
	uint8_t writing;    /* atomic, unordered: who sees it by chance reports it */
	uint8_t elemOff;    /* of the element in a slot */
	uint16_t slotSize;  /* 0: not known yet */
	bool pointers;      /* slots hold some */
};

_Static_assert(sizeof(struct hmap) == HMAP_SIZE, "map.h says so");

/* Every pointer that goes into a heap object goes through a typed copy. */
extern const struct type mapPointerType;
static always_inline void
storePointer(void *field, void *p)
{
	typedmemmove(&mapPointerType, field, &p);
}

/* ---- slots -------------------------------------------------------------------------------- */

static always_inline bool
indirectKey(const struct maptype *t)
{
	return (t->flags & MapIndirectKey) != 0;
}

static always_inline bool
indirectElem(const struct maptype *t)
{
	return (t->flags & MapIndirectElem) != 0;
}

static always_inline void *
slotKey(const struct maptype *t, uint8_t *slot)
{
	return indirectKey(t) ? *(void **)(void *)slot : slot;
}

static always_inline void *
slotElem(const struct maptype *t, const struct hmap *m, uint8_t *slot)
{
	uint8_t *e = slot + m->elemOff;
	return indirectElem(t) ? *(void **)(void *)e : e;
}

/* ---- where a key is ----------------------------------------------------------------------- */

static always_inline struct dirent *
dirOf(const struct hmap *m, uint64_t hash)
{
	return (struct dirent *)m->p + (hash >> m->shift);
}

/* The groups in which a key may be: all of a table's, each once, because the steps 1, 2, 3, ... go
 * through every number modulo a power of two. */
struct probe {
	uint32_t group, step, mask;
};

static always_inline struct probe
probeStart(const struct hmap *m, uint64_t hash)
{
	return (struct probe){(uint32_t)(hash >> 7) & m->groupMask, 0, m->groupMask};
}

static always_inline void
probeNext(struct probe *q)
{
	q->step++;
	q->group = (q->group + q->step) & q->mask;
}

static always_inline uint8_t *
slotAt(const struct hmap *m, uint8_t *slots, uint32_t i)
{
	return slots + (uintptr_t)i * m->slotSize;
}

/* The whole word: who looks next reads the whole word, and would have to wait for a byte that is
 * still on its way to the cache. */
static always_inline void
setCtrl(uint64_t *group, uint32_t slot, uint8_t c)
{
	uint32_t at = 8 * slot;
	*group = (*group & ~((uint64_t)0xff << at)) | (uint64_t)c << at;
}

/* ---- who else is there -------------------------------------------------------------------- */

cold _Noreturn void mapRaceRead(void);
cold _Noreturn void mapRaceWrite(void);
cold _Noreturn void mapRaceIter(void);
cold _Noreturn void mapNilAssign(void);

static always_inline void
mapReads(const struct hmap *m)
{
	if (unlikely(load_rlx(&m->writing) != 0))
		mapRaceRead();
}

/* A flag that is turned over, not set: of two writers that begin at once one finds it down at its
 * end. */
static always_inline void
mapWriteBegin(struct hmap *m)
{
	uint8_t w = load_rlx(&m->writing);
	if (unlikely(w != 0))
		mapRaceWrite();
	store_rlx(&m->writing, (uint8_t)(w ^ 1));
}

static always_inline void
mapWriteEnd(struct hmap *m)
{
	if (unlikely(load_rlx(&m->writing) == 0))
		mapRaceWrite();
	store_rlx(&m->writing, (uint8_t)0);
}

/* ---- map.c -------------------------------------------------------------------------------- */

extern uint8_t zeroVal[1024];
/* The slot of a key, or NULL; any type of key. Panics if the key cannot be hashed. */
uint8_t *mapFind(const struct maptype *t, struct hmap *m, const void *key);
/* Clears what a deleted entry leaves. */
void slotClearSlow(const struct hmap *m, uint8_t *slot);

static always_inline void
slotClear(const struct hmap *m, uint8_t *slot)
{
	if (likely(m->slotSize == 16 && !m->pointers))
		memclr(slot, 16);
	else
		slotClearSlow(m, slot);
}

/* The last entry is gone: another seed, so that nobody learns from one life about the next. */
static always_inline void
mapEmptied(struct hmap *m)
{
	m->seed = hash64(m->seed, hashkey[1]);
}

/* tab NULL: a small map. */
static always_inline void
slotFree(struct hmap *m, struct maptable *tab, uint64_t *group, uint32_t i)
{
	if (tab == NULL) {
		setCtrl(group, i, CTRL_EMPTY);
	} else {
		tab->used--;
		if (likely(groupHasEmpty(*group))) {
			setCtrl(group, i, CTRL_EMPTY);
			tab->growthLeft++;
		} else {
			setCtrl(group, i, CTRL_DELETED);
		}
	}
	if (unlikely(--m->count == 0))
		mapEmptied(m);
}

/* ---- mapgrow.c ---------------------------------------------------------------------------- */

/* How many of n slots may be in use or deleted. */
static always_inline uint16_t
tableLimit(uint32_t n)
{
	return (uint16_t)(n - n / 8);
}

/* Sets up what the type decides, and the one group. */
void mapSmallSetup(const struct maptype *t, struct hmap *m);
/* An empty map gets room for n entries; where that much cannot be, it stays as it is. */
void mapLargeSetup(const struct maptype *t, struct hmap *m, uintptr_t n);
/* The group of a small map is full: it becomes a large one. */
void mapSmallGrow(const struct maptype *t, struct hmap *m);
/* The table of hash has no room to grow: makes some. The key's place has to be sought again. */
void mapTableGrow(const struct maptype *t, struct hmap *m, uint64_t hash);
void mapTablesClear(struct hmap *m);

/* A slot for a key that is not there, counted and with its control byte. */
static always_inline uint8_t *
slotTake(const struct maptype *t, struct hmap *m, uint64_t hash)
{
	if (unlikely(m->depth == 0)) {
		if (likely(m->count < (intgo)GROUP_SLOTS)) {
			uint32_t i = firstSlot(groupEmpty(m->ctrl));
			setCtrl(&m->ctrl, i, ctrlOf(hash));
			m->count++;
			return slotAt(m, m->p, i);
		}
		mapSmallGrow(t, m);
	}
	for (;;) {
		const struct dirent *d = dirOf(m, hash);
		struct maptable *tab = d->tab;
		struct probe q = probeStart(m, hash);
		uint64_t *group = &tab->ctrl[q.group];
		while (unlikely(groupFull(*group) == 0xff)) {
			probeNext(&q);
			group = &tab->ctrl[q.group];
		}
		uint32_t free = groupDeleted(*group);
		if (likely(free == 0)) {
			if (unlikely(tab->growthLeft == 0)) {
				mapTableGrow(t, m, hash);
				continue;
			}
			tab->growthLeft--;
			free = groupEmpty(*group);
		}
		uint32_t i = firstSlot(free);
		setCtrl(group, i, ctrlOf(hash));
		tab->used++;
		m->count++;
		return slotAt(m, d->slots, q.group * GROUP_SLOTS + i);
	}
}

#endif
