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
 * A small map is one group, walked in the same way; if the map becomes large meanwhile, that is as
 * if the group went stale. Its control word stays in the header. */
#include "lang/mapinternal.h"

#include "core/rand.h"

void
mapiterinit(const struct maptype *t, struct hmap *m, struct hiter *it)
{
	*it = (struct hiter){.t = t, .m = m};
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
	if (m->depth == 0)
		it->slots = m->p;
	else
		it->dirOffset = (uint32_t)(r >> 32) & (uint32_t)(((uint64_t)1 << m->depth) - 1);
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

/* The next entry of n slots. The group's slots are taken in turn from a random one on, so that a
 * group's control word can be looked at as a whole: bit j of its rotation is the slot that comes
 * j after the first. */
static always_inline bool
nextSlot(struct hiter *it, const uint64_t *ctrl, uint32_t n, bool stale)
{
	const struct maptype *t = it->t;
	struct hmap *m = it->m;
	uint32_t turn = it->slotOffset % GROUP_SLOTS;
	while (it->slotIdx < n) {
		uint32_t g = (it->slotIdx / GROUP_SLOTS + it->slotOffset / GROUP_SLOTS) &
			     (n / GROUP_SLOTS - 1);
		uint32_t full = groupFull(ctrl[g]);
		full = (full >> turn | full << (GROUP_SLOTS - turn)) & 0xff;
		full &= 0xffu << it->slotIdx % GROUP_SLOTS;
		if (full == 0) {
			it->slotIdx = (it->slotIdx | (GROUP_SLOTS - 1)) + 1;
			continue;
		}
		uint32_t j = firstSlot(full);
		it->slotIdx = (it->slotIdx & ~(GROUP_SLOTS - 1)) + j + 1;
		uint8_t *slot = slotAt(m, it->slots, g * GROUP_SLOTS + (j + turn) % GROUP_SLOTS);
		if (unlikely(stale)) {
			if (nowOf(it, slot))
				return true;
			continue;
		}
		it->key = slotKey(t, slot);
		it->elem = slotElem(t, m, slot);
		return true;
	}
	return false;
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
	it->tab = dir[i].tab;
	it->slots = dir[i].slots;
	it->slotIdx = 0;
	return true;
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
	if (it->tab != NULL && likely(nextSlot(it, it->tab->ctrl, it->tab->nslots, it->tab->stale)))
		return;
	if (it->depth == 0) { /* small at the start */
		if (it->slots == NULL || !nextSlot(it, &m->ctrl, GROUP_SLOTS, m->depth != 0))
			it->key = it->elem = NULL;
		return;
	}
	do {
		/* The directory may be longer than when the last table was taken. */
		uint32_t longer = (uint32_t)(m->depth - it->depth);
		it->dirIdx <<= longer;
		it->dirOffset <<= longer;
		it->depth = m->depth;
		if (it->tab != NULL)
			it->dirIdx += (uint32_t)1 << (m->depth - it->tab->localDepth);
		it->tab = NULL;
		if (!nextTable(it)) {
			it->key = it->elem = NULL;
			return;
		}
	} while (!nextSlot(it, it->tab->ctrl, it->tab->nslots, it->tab->stale));
}
