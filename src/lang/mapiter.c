/* mapiter.c: iteration over a map.                                                   room: lang
 *
 * What the language promises: each entry that is there all the time comes once; one that is deleted
 * before it was reached does not come; one that is added may or may not; in an order that nobody can
 * rely on. So the walk begins at a random place, in the directory and in each table.
 *
 * A walk holds on to the table that it is in. If the map replaces that table meanwhile (stale), the
 * walk goes on over the old one, which still has each key once, in its old place, and asks the map for each key: it
 * may have been deleted, or have another element. A key that the map does not know and that is not
 * equal to itself (a NaN) cannot have been deleted one by one, nor its element replaced: it is still
 * there, unless the map was cleared (clearSeq).
 *
 * After a table the walk goes on behind the table's run in the directory. Parts of a
 * table that was split while the walk was in it lie within the run of the old one, and are not visited:
 * all they had from it was seen. When the directory doubles, entry i becomes 2i and 2i + 1, and so do the two
 * numbers by which the walk counts: dirIdx, how far it is, and dirOffset, where it began.
 *
 * dirOffset begins anywhere, perhaps in the middle of a table's run; it is moved down to the run's
 * first entry when the first table is taken, so that the walk, counted from 0, ends where it began.
 * Runs that come later are met at their beginning: a run never grows.
 *
 * A table is walked group by group, from the slot where it begins to the end, and round to the slots before:
 * the first group comes twice, for those behind the place and for those before. All that the common step
 * needs is in hiter: the group's control word, its slots, which of them are left, and the byte that says whether they
 * are the map's still.
 *
 * A small map is one group, walked in the same way; if the map becomes large meanwhile, that is as
 * if the group went stale. Its control word stays in the header. */
#include "lang/mapinternal.h"

#include "core/rand.h"

void
mapiterinit(const struct maptype *t, struct hmap *m, struct hiter *it)
{
	/* reflect's iterators lie in the heap. */
	struct g *barrier = overwriteBegin(it, sizeof *it);
	*it = (struct hiter){.t = t, .m = m};
	overwriteEnd(barrier);
	if (m == NULL || m->count == 0)
		return;
	if (unlikely(load_rlx(&m->writing) != 0))
		mapRaceIter();
	struct g *gp = rtenter();
	uint64_t r = wyrand(&gp->m->rand[0]);
	rtleave(gp);
	it->slotOffset = (uint32_t)r;
	it->clearSeq = m->clearSeq;
	it->depth = m->depth;
	if (m->depth == 0) {
		it->slots = m->p;
		it->stale = &m->depth;
	} else {
		it->dirOffset = (uint32_t)(r >> 32) & (uint32_t)(((uint64_t)1 << m->depth) - 1);
	}
	mapiternext(it);
}

/* The entry of the walk that slot holds, as the map has it now. False: it has none. */
static bool
nowOf(struct hiter *it, uint8_t *slot)
{
	const struct maptype *t = it->t;
	struct hmap *m = it->m;
	void *key = slotKey(t, slot);
	uint8_t *now = mapFind(t, m, key);
	if (now == NULL) {
		if ((t->flags & MapReflexiveKey) != 0 || it->clearSeq != m->clearSeq ||
			callEqual(t->key->equal, key, key))
			return false;
		now = slot;
	}
	it->key = slotKey(t, now);
	it->elem = slotElem(t, m, now);
	return true;
}

/* The next group of n, whose control words are at ctrl. False: they are through. */
static bool
nextGroup(struct hiter *it, const uint64_t *ctrl, uint32_t n)
{
	uint32_t first = it->slotOffset / GROUP_SLOTS & (n - 1),
		 turn = it->slotOffset % GROUP_SLOTS;
	uint32_t i = it->groupIdx;
	if (i > n || (i == n && turn == 0))
		return false;
	uint32_t was = i == 0 ? 0 : (first + i - 1) & (n - 1), now = (first + i) & (n - 1);
	it->left = (uint8_t)(i == 0 ? 0xffu << turn : i == n ? (1u << turn) - 1 : 0xffu);
	it->group = ctrl + now;
	it->slots += ((intptr_t)now - (intptr_t)was) * (intptr_t)(GROUP_SLOTS * it->m->slotSize);
	it->groupIdx = i + 1;
	return true;
}

/* The next full slot of the group. NULL: there is none. */
static always_inline uint8_t *
nextSlot(struct hiter *it)
{
	uint32_t full = groupFull(*it->group) & it->left;
	if (full == 0)
		return NULL;
	uint32_t i = firstSlot(full);
	it->left &= (uint8_t)(0xfeu << i);
	return slotAt(it->m, it->slots, i);
}

/* The next entry of the table or small map. False: it is through. */
static bool
nextEntry(struct hiter *it, const uint64_t *ctrl, uint32_t n)
{
	for (;;) {
		uint8_t *slot = it->group == NULL ? NULL : nextSlot(it);
		if (slot == NULL) {
			if (!nextGroup(it, ctrl, n))
				return false;
		} else if (unlikely(*it->stale != 0)) {
			if (nowOf(it, slot))
				return true;
		} else {
			it->key = slotKey(it->t, slot);
			it->elem = slotElem(it->t, it->m, slot);
			return true;
		}
	}
}

/* Takes the table at the walk's place in the directory. False: it is at its end. */
static bool
nextTable(struct hiter *it)
{
	const struct hmap *m = it->m;
	uint32_t n = (uint32_t)1 << m->depth;
	if (it->dirIdx >= n)
		return false;
	uint32_t i = (it->dirIdx + it->dirOffset) & (n - 1);
	const struct dirent *dir = m->p;
	uint32_t run = (uint32_t)1 << (m->depth - dir[i].tab->localDepth);
	it->dirOffset -= i & (run - 1);
	struct g *barrier = overwriteBegin(it, sizeof *it);
	it->tab = dir[i].tab;
	it->slots = dir[i].slots;
	it->stale = (const uint8_t *)&it->tab->stale;
	it->group = NULL;
	overwriteEnd(barrier);
	it->groupIdx = 0;
	return true;
}

/* The group is through, or there is none yet. */
static never_inline void
mapiterFar(struct hiter *it)
{
	struct hmap *m = it->m;
	if (it->depth == 0) { /* small at the start */
		if (it->slots == NULL || !nextEntry(it, &m->ctrl, 1))
			it->key = it->elem = NULL;
		return;
	}
	while (it->tab == NULL || !nextEntry(it, it->tab->ctrl, it->tab->nslots / GROUP_SLOTS)) {
		/* The directory may be longer than when the last table was taken. */
		uint32_t longer = (uint32_t)(m->depth - it->depth);
		it->dirIdx <<= longer;
		it->dirOffset <<= longer;
		it->depth = m->depth;
		if (it->tab != NULL)
			it->dirIdx += (uint32_t)1 << (m->depth - it->tab->localDepth);
		struct g *barrier = overwriteBegin(it, sizeof *it);
		it->tab = NULL;
		it->group = NULL;
		overwriteEnd(barrier);
		if (!nextTable(it)) {
			it->key = it->elem = NULL;
			return;
		}
	}
}

void
mapiternext(struct hiter *it)
{
	struct hmap *m = it->m;
	if (unlikely(m == NULL)) {
		it->key = NULL;
		return;
	}
	if (unlikely(load_rlx(&m->writing) != 0))
		mapRaceIter();
	if (likely(it->group != NULL && *it->stale == 0 &&
		    (it->t->flags & (MapIndirectKey | MapIndirectElem)) == 0)) {
		uint8_t *slot = nextSlot(it);
		if (likely(slot != NULL)) {
			it->key = slot;
			it->elem = slot + m->elemOff;
			return;
		}
	}
	mapiterFar(it);
}
