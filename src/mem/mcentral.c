/* mcentral.c: spans of one span class, shared by all Ps.                             room: mem
 *
 * A span in use is in one of three places:
 *     cached    owned by one mcache, which alone takes slots from it
 *     partial   on its mcentral's list: somebody freed a slot, nobody owns it
 *     floating  full and on no list; only its objects lead to it
 * Anybody may free any object at any time, without a lock. The span's usage word (count of taken
 * slots, and the CACHED flag) decides who has to move the span:
 *
 *   free:     clear the slot's bit; then subtract 1 from usage, and look at what it was.
 *             CACHED                  nothing: the owner finds the slot.
 *             not CACHED, full        mine was the first free slot of a floating span: I put it
 *                                     on the list. Nobody else can: it is on no list, and other
 *                                     freers see "not full". So I may touch it safely.
 *             not CACHED, not full    it is on the list, or the freer above is about to put it
 *                                     there. Nothing to do, and I must not touch the span again:
 *                                     it may be reused at once. If I took the last object I say
 *                                     so in the mcentral's nempty, which is only a hint.
 *   take:     (owner) set bits, then add to usage.
 *   let go:   (owner) CAS the flag away. It was full then: the span floats. It was not: I put it
 *             on the list; freers from then on see "not CACHED, not full".
 *   get:      with the lock, unlink and set CACHED.
 *   reclaim:  with the lock, unlink spans whose count is 0 and give them to the heap. A count of
 *             0 with CACHED clear cannot change except by "get", which needs the lock.
 *   sweep:    as a free of many at once: it is up to whoever took the count from full (or beyond:
 *             slots may be taken again before their freer subtracts) to less than full. A span
 *             that is not swept is owned by nobody; "get" sweeps it first. mspansweep.c.
 * Bits are cleared before the count drops, so count < nelems means the owner can find a slot.
 *
 * Rejected: a lock for every free (spans are shared between Ps whenever objects are handed over a
 * channel); returning empty spans from the freer itself (it could race with the one that is still
 * about to list the span; and it makes alloc/free pairs bounce a span through heap.lock).
 *
 * Lock: mcentral.lock, rank MCENTRAL: above heap.lock, so reclaim frees after unlocking.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

static void
listPush(struct mcentral *mc, struct mspan *s)
{
	assertLockHeld(&mc->lock);
	s->prev = NULL;
	s->next = mc->partial;
	if (s->next != NULL)
		s->next->prev = s;
	store_rlx(&mc->partial, s); /* partialGet looks without the lock */
	mc->npartial++;
}

static void
listRemove(struct mcentral *mc, struct mspan *s)
{
	assertLockHeld(&mc->lock);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		store_rlx(&mc->partial, s->next);
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->next = s->prev = NULL;
	mc->npartial--;
}

/* How many spans a cache sweeps in the hope for one of its class. */
#define SWEEP_FOR_CLASS 32

/* A span off the list, CACHED from here on. *claimed: the caller has to sweep it. */
static struct mspan *
partialGet(struct mcentral *mc, bool *claimed)
{
	*claimed = false;
	if (load_rlx(&mc->partial) == NULL)
		return NULL;
	lock(&mc->lock);
	struct mspan *s = mc->partial;
	while (COLLECTS && s != NULL && !spanSwept(s) && !(*claimed = spanClaimToSweep(s)))
		s = s->next; /* somebody is sweeping it */
	if (s != NULL) {
		listRemove(mc, s);
		uint32_t old = fetch_or(&s->usage, USAGE_CACHED);
		if (old & USAGE_CACHED || USAGE_COUNT(old) >= s->nelems)
			throw("mcentral: span on the partial list is owned or full");
	}
	unlock(&mc->lock);
	return s;
}

struct mspan *
mcentral_cacheSpan(uint32_t spc, struct mcache *c)
{
	struct mcentral *mc = &heap.central[spc];
	bool claimed;
	struct mspan *s = partialGet(mc, &claimed);
	/* Garbage in spans of this class may be nearer than fresh pages. */
	uintptr_t pages;
	for (int i = 0; COLLECTS && s == NULL && i < SWEEP_FOR_CLASS && sweepone(&pages); i++)
		s = partialGet(mc, &claimed);
	if (COLLECTS && s != NULL && claimed)
		spanSweep(s);
	if (s == NULL) {
		s = mheap_alloc(sizeclasses[spc >> 2].npages, spc, 0);
		if (s == NULL)
			return NULL;
		store_rel(&s->usage, USAGE_CACHED);
	}
	s->scan = 0;
	if (COLLECTS && spanKind(s) == SPAN_TYPED && s->types == NULL &&
		USAGE_COUNT(load_acq(&s->usage)) == 0)
		store_rlx(&s->onetype, NULL);
	store_rel(&s->owner, c);
	return s;
}

void
mcentral_uncacheSpan(struct mspan *s)
{
	struct mcentral *mc = &heap.central[s->spanclass];
	store_rel(&s->owner, NULL);
	/* Under the lock: once the flag is gone and the count is 0 the span is reclaimed as soon as
	 * it is on the list, and it is there before anybody can look. */
	lock(&mc->lock);
	uint32_t old = fetch_and(&s->usage, ~USAGE_CACHED);
	if (!(old & USAGE_CACHED))
		throw("mcentral: uncaching a span that is not cached");
	if (USAGE_COUNT(old) < s->nelems) {
		listPush(mc, s);
		if (USAGE_COUNT(old) == 0) {
			xadd(&mc->nempty, 1u);
			xadd(&heap.emptybytes, s->npages * PAGE_SIZE);
		}
	}
	unlock(&mc->lock);
}

/* While marking goes on, an address may lead to any span at any time. */
static bool
spansMayGo(void)
{
	return !COLLECTS || load_rlx(&gcphase) != GCmark;
}

uintptr_t
mcentral_relist(struct mspan *s)
{
	struct mcentral *mc = &heap.central[s->spanclass];
	uintptr_t pages = 0;
	lock(&mc->lock);
	/* Ours alone until it is listed; if its last object is gone too, it need not be. */
	bool empty = load_acq(&s->usage) == 0;
	if (empty && spansMayGo() && spanMayFree(s)) {
		pages = s->npages;
	} else {
		listPush(mc, s);
		if (empty) {
			xadd(&mc->nempty, 1u);
			xadd(&heap.emptybytes, s->npages * PAGE_SIZE);
		}
	}
	unlock(&mc->lock);
	if (pages != 0)
		mheap_freeSpan(s);
	return pages;
}

uintptr_t
mcentral_reclaim(void)
{
	uintptr_t pages = 0;
	if (!spansMayGo())
		return 0;
	store_seq(&heap.emptybytes, 0);
	for (uint32_t spc = 0; spc < NUM_SPANCLASSES; spc++) {
		struct mcentral *mc = &heap.central[spc];
		if (load_rlx(&mc->nempty) == 0)
			continue;
		struct mspan *list = NULL, *next;
		lock(&mc->lock);
		store_rlx(&mc->nempty, 0);
		for (struct mspan *s = mc->partial; s != NULL; s = next) {
			next = s->next;
			if (load_acq(&s->usage) != 0)
				continue;
			if (spanMayFree(s)) {
				listRemove(mc, s);
				s->next = list;
				list = s;
			} else {
				xadd(&mc->nempty, 1u);
				xadd(&heap.emptybytes, s->npages * PAGE_SIZE);
			}
		}
		unlock(&mc->lock);
		for (struct mspan *s = list; s != NULL; s = next) {
			next = s->next;
			pages += s->npages;
			mheap_freeSpan(s);
		}
	}
	return pages;
}
