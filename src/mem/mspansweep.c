/* mspansweep.c: slots of objects that the mark did not reach are free again.              room: mem
 *
 * After a mark the mark bits say what lives. Sweeping a span makes its allocation bits equal to them, as
 * if somebody had called gcfree for each dead object, and clears them for the next cycle. It is done
 * lazily: by the allocator where it takes a span or looks for pages, by the background sweeper
 * (gc/sweep.c), and, what is left, by the next cycle before it marks.
 *
 * Who sweeps a span. span->sweepgen against heap.sweepgen, which grows by 2 with each mark:
 *     equal         swept, or younger than the mark
 *     2 less        due
 *     1 less        somebody is at it, or frees it
 * From "2 less" only a CAS leads on (spanClaim). Rules that follow:
 *   - A span that is not swept is in no cache. mheap_flushCaches empties the caches before sweepgen
 *     moves, and mcentral sweeps what it hands out.
 *   - A span is freed only by somebody who has found it swept or has claimed it (spanMayFree), so a
 *     sweeper never loses one under its hands. An empty span that is being swept stays on its list,
 *     where the next mcentral_reclaim finds it.
 *   - gcfree of a small object needs no claim: the object is marked, or its user had hidden the
 *     pointer; the sweeper does not touch bits of marked objects.
 *   - sweepgen is set to "swept" before the usage word drops: from then on the span may be taken,
 *     emptied and freed by others. The subtraction is what many gcfrees would do (mcentral.c).
 *
 * sweepone walks heap.allspans behind a cursor that mheap_freeSpan moves on; new spans come in at the
 * head, behind the cursor, and are swept from birth.
 *
 * GODEBUG=clobberfree=1, and the hard build, overwrite what they free.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"
#include "mem/special.h"

#if !GORT_FREESTANDING

/* What Go writes. */
static void
clobber(uintptr_t p, uintptr_t n)
{
	for (uint64_t *w = (uint64_t *)p; (uintptr_t)w < p + n; w++)
		*w = 0xdeadbeefdeadbeef;
}

static bool
clobbers(void)
{
	return GORT_HARD || debug.clobberfree != 0;
}

static uintptr_t
sweepLarge(struct mspan *s, struct mcache *c)
{
	uint32_t gen = heap.sweepgen;
	if (load_rlx(&s->markBits[0]) != 0) {
		store_rlx(&s->markBits[0], (uint64_t)0);
		store_rel(&s->sweepgen, gen);
		return 0;
	}
	uintptr_t pages = s->npages;
	if (clobbers())
		clobber(s->base, s->elemsize);
	store_rel(&s->allocBits[0], (uint64_t)0);
	store_rlx(&c->largefree, c->largefree + s->elemsize);
	store_rlx(&c->nlargefree, c->nlargefree + 1);
	store_rel(&s->sweepgen, gen);
	mheap_freeSpan(s);
	return pages;
}

/* Frees the dead slots of the bit word w. Returns how many. */
static uint32_t
sweepWord(struct mspan *s, uint32_t w)
{
	uint64_t dead = load_acq(&s->allocBits[w]) & ~load_rlx(&s->markBits[w]);
	store_rlx(&s->markBits[w], (uint64_t)0);
	if (dead == 0)
		return 0;
	if (clobbers())
		for (uint64_t left = dead; left != 0; left &= left - 1)
			clobber(slotAddr(s, w * 64 + (uint32_t)ctz64(left)), s->elemsize);
	uint64_t old = fetch_and(&s->allocBits[w], ~dead);
	return (uint32_t)__builtin_popcountll(old & dead);
}

static uintptr_t
sweepSmall(struct mspan *s, struct mcache *c)
{
	uint32_t n = 0, nelems = s->nelems;
	struct mcentral *mc = &heap.central[s->spanclass];
	uintptr_t bytes = s->npages * PAGE_SIZE;
	uint64_t *freed = &c->freed[spanSizeclass(s)];
	for (uint32_t w = 0; w * 64 < nelems; w++)
		n += sweepWord(s, w);
	store_rel(&s->sweepgen, heap.sweepgen);
	if (n == 0)
		return 0;
	store_rlx(freed, *freed + n);
	uint32_t old = __atomic_fetch_sub(&s->usage, n, __ATOMIC_SEQ_CST);
	if (old & USAGE_CACHED)
		return 0;
	if (USAGE_COUNT(old) >= nelems && USAGE_COUNT(old) - n < nelems)
		return mcentral_relist(s);
	if (USAGE_COUNT(old) == n) {
		xadd(&mc->nempty, 1u);
		xadd(&heap.emptybytes, bytes);
	}
	return 0;
}

uintptr_t
spanSweep(struct mspan *s)
{
	struct mcache *c = getmcache();
	if (load_acq(&s->specials) != NULL)
		specialsSweep(s);
	uintptr_t pages = spanSizeclass(s) == 0 ? sweepLarge(s, c) : sweepSmall(s, c);
	xadd(&heap.nsweeping, -1u);
	return pages;
}

bool
sweepone(uintptr_t *pages)
{
	*pages = 0;
	if (load_acq(&heap.sweepnext) == NULL)
		return false;
	lock(&heap.lock);
	struct mspan *s = heap.sweepnext;
	while (s != NULL && !spanClaimToSweep(s))
		s = s->allnext;
	/* After s is counted: who finds that nothing is left sees that somebody is at it. */
	store_rel(&heap.sweepnext, s == NULL ? NULL : s->allnext);
	unlock(&heap.lock);
	if (s == NULL)
		return false;
	*pages = spanSweep(s);
	return true;
}

bool
sweepDone(void)
{
	return load_acq(&heap.sweepnext) == NULL && load_acq(&heap.nsweeping) == 0;
}

void
sweepAll(void)
{
	uintptr_t pages;
	while (sweepone(&pages))
		;
	while (load_acq(&heap.nsweeping) != 0)
		osyield();
}

void
sweepForPages(uintptr_t npages)
{
	uintptr_t freed = 0, pages;
	while (freed + load_rlx(&heap.emptybytes) / PAGE_SIZE < npages && sweepone(&pages))
		freed += pages;
	if (load_rlx(&heap.emptybytes) > 0)
		mcentral_reclaim();
}

void
sweepWait(struct mspan *s, uintptr_t addr)
{
	while (!spanMayFree(s) && spanOf(addr) == s)
		osyield();
}

/* ---- for the mark ------------------------------------------------------------------------- */

void
mheap_bounds(uintptr_t *lo, uintptr_t *hi)
{
	lock(&heap.lock);
	*lo = heap.arenas[0]->base;
	*hi = heap.arenas[heap.narenas - 1]->base + ARENA_SIZE;
	unlock(&heap.lock);
}

struct heapArena *
mheap_arena(uint32_t i)
{
	lock(&heap.lock);
	struct heapArena *ha = i < heap.narenas ? heap.arenas[i] : NULL;
	unlock(&heap.lock);
	return ha;
}

struct heapArena **const *
arenaTable(void)
{
	return heap.l1;
}

void
mheap_self(uintptr_t *lo, uintptr_t *hi)
{
	*lo = (uintptr_t)&heap;
	*hi = alignUp((uintptr_t)(&heap + 1), PTRSIZE);
}

/* ---- between cycles: world stopped -------------------------------------------------------- */

void
mheap_flushCaches(void)
{
	assertWorldStopped();
	for (int32_t i = 0; i < gomaxprocs; i++)
		mcacheFlush(allp[i]->mcache);
}

void
mheap_clearMarks(void)
{
	assertWorldStopped();
	lock(&heap.lock);
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext)
		for (uint32_t w = 0; w * 64 < s->nelems; w++)
			store_rlx(&s->markBits[w], (uint64_t)0);
	unlock(&heap.lock);
}

void
mheap_startSweep(uint64_t live)
{
	assertWorldStopped();
	gort_assert(sweepDone());
	lock(&heap.lock);
	store_rel(&heap.sweepgen, heap.sweepgen + 2);
	store_rlx(&heap.sweepnext, heap.allspans);
	unlock(&heap.lock);
	store_rlx(&heapLive, (int64_t)live);
}

#endif
