/* mheap.c: pages to spans and back.                                                  room: mem
 *
 * mheap_alloc takes pages from the page allocator; if there are none, first from empty spans that
 * wait in the mcentrals, then from the kernel. The new span is published in three steps, in this
 * order, because spanOf reads without a lock: its fields, the page table, its state. Freeing
 * goes the other way round.
 *
 * heap.stats.peak remembers the highest use of the last two windows; the scavenger keeps a tenth
 * more than that and gives back the rest.
 *
 * Lock: heap.lock, rank MHEAP: below the mcentrals', above persistent's. It is never held over
 * a system call that gives memory back.
 */
#define GORT_MEM_IMPL
#include "mem/bits.h"
#include "mem/internal.h"
#include "mem/special.h"

large_bss struct mheap heap;
uint32_t gcphase;
uintptr_t zerobase;

#define PEAK_WINDOW (5 * SEC)

void
mheapInit(void)
{
	lockInit(&heap.lock, LOCKRANK_MHEAP);
	fixallocInit(&heap.spanalloc, sizeof(struct mspan));
	fixallocInit(&heap.cachealloc, sizeof(struct mcache));
	for (uint32_t i = 0; i < NUM_SPANCLASSES; i++)
		lockInitZeroed(&heap.central[i].lock, LOCKRANK_MCENTRAL);
	heap.peakwindow = PEAK_WINDOW;
	heap.sweepgen = 2;
}

static void
spansSet(uintptr_t base, uintptr_t npages, struct mspan *s)
{
	while (npages > 0) {
		struct heapArena *ha = arenaOf(base);
		uintptr_t i = base / PAGE_SIZE % ARENA_PAGES;
		uintptr_t n = ARENA_PAGES - i < npages ? ARENA_PAGES - i : npages;
		for (uintptr_t k = i; k < i + n; k++)
			store_rel(&ha->spans[k], s);
		base += n * PAGE_SIZE;
		npages -= n;
	}
}

/* s, which holds objects with pointers, is there from now on, or till now. */
static void
pointersSet(const struct mspan *s, bool there)
{
	uintptr_t base = s->base, npages = s->npages;
	while (npages > 0) {
		struct heapArena *ha = arenaOf(base);
		uint32_t i = base / PAGE_SIZE % ARENA_PAGES;
		uint32_t end = ARENA_PAGES - i < npages ? ARENA_PAGES : i + (uint32_t)npages;
		(there ? rangeSet : rangeClear)(ha->pointers, i, end);
		base += (end - i) * PAGE_SIZE;
		npages -= end - i;
	}
}

struct mspan *
mheap_alloc(uintptr_t npages, uint32_t spanclass, uintptr_t size)
{
	uintptr_t nscav;
	bool leaf = COLLECTS && spanclass & 1;
	lock(&heap.lock);
	uintptr_t base = pagesAllocCached(npages, leaf, &nscav);
	if (base == 0 && load_rlx(&heap.emptybytes) > 0) {
		unlock(&heap.lock);
		mcentral_reclaim();
		lock(&heap.lock);
		base = pagesAllocCached(npages, leaf, &nscav);
	}
	if (COLLECTS && base == 0 && heap.sweepnext != NULL) {
		unlock(&heap.lock);
		sweepForPages(npages);
		lock(&heap.lock);
		base = pagesAllocCached(npages, leaf, &nscav);
	}
	if (base == 0 && heapGrow(npages))
		base = pagesAllocCached(npages, leaf, &nscav);
	if (base == 0) {
		unlock(&heap.lock);
		return NULL;
	}
	struct mspan *s = fixallocAlloc(&heap.spanalloc);
	/* Pages given back lazily may still hold what they held. */
	bool needzero = nscav != npages || !debug.madvdontneed;
	mspanInit(s, base, npages, spanclass, size, needzero);
	s->allnext = heap.allspans;
	if (s->allnext != NULL)
		s->allnext->allprev = s;
	heap.allspans = s;
	store_rlx(&heap.stats.inuse, heap.stats.inuse + npages * PAGE_SIZE);
	heap.stats.released -= nscav * PAGE_SIZE;
	if (heap.stats.inuse > heap.stats.peak[0])
		heap.stats.peak[0] = heap.stats.inuse;
	spansSet(base, npages, s);
	if (COLLECTS && !leaf)
		pointersSet(s, true);
	if (COLLECTS)
		freshPages(base, npages);
	store_rel(&s->state, SPAN_INUSE);
	unlock(&heap.lock);
	return s;
}

/* The caller has made sure that nobody else can reach s: it is on no list, in no cache, and
 * holds no object. */
void
mheap_freeSpan(struct mspan *s)
{
	struct specials *specials = s->specials;
	if (unlikely(specials != NULL))
		specials->fini(s);
	lock(&heap.lock);
	if (load_rlx(&s->state) != SPAN_INUSE || load_rlx(&s->owner) != NULL || s->specials != NULL)
		throw("mheap_freeSpan: span is still in use");
	store_rel(&s->state, SPAN_DEAD);
	if (COLLECTS && !(s->spanclass & 1))
		pointersSet(s, false);
	spansSet(s->base, s->npages, NULL);
	if (s->allprev != NULL)
		s->allprev->allnext = s->allnext;
	else
		heap.allspans = s->allnext;
	if (s->allnext != NULL)
		s->allnext->allprev = s->allprev;
	if (COLLECTS && heap.sweepnext == s)
		store_rlx(&heap.sweepnext, s->allnext);
	mspanFini(s);
	store_rlx(&heap.stats.inuse, heap.stats.inuse - s->npages * PAGE_SIZE);
	pagesFree(s->base, s->npages);
	fixallocFree(&heap.spanalloc, s);
	unlock(&heap.lock);
}

/* ---- giving memory back ------------------------------------------------------------------- */

/* Largest piece given back at a time: bounds the system call, and what a concurrent allocation
 * cannot see. */
#define SCAVENGE_STEP ((uintptr_t)64 * PAGE_SIZE)

uintptr_t
mheap_scavenge(uintptr_t n)
{
	uintptr_t done = 0;
	while (done < n) {
		uintptr_t npages, max = (n - done + PAGE_SIZE - 1) / PAGE_SIZE;
		if (max > SCAVENGE_STEP / PAGE_SIZE)
			max = SCAVENGE_STEP / PAGE_SIZE;
		lock(&heap.lock);
		uintptr_t p = pagesTakeDirty(max, &npages);
		unlock(&heap.lock);
		if (p == 0)
			break;
		if (debug.madvdontneed)
			sysUnused((void *)p, npages * PAGE_SIZE);
		else
			sysUnusedLazily((void *)p, npages * PAGE_SIZE);
		lock(&heap.lock);
		pagesScavenged(p, npages);
		heap.stats.released += npages * PAGE_SIZE;
		unlock(&heap.lock);
		done += npages * PAGE_SIZE;
	}
	return done;
}

/* What is always kept: a small program never sees the scavenger. */
#define KEEP_MIN MiB

/* heap.lock */
static uint64_t
excess(uint64_t peak)
{
	uint64_t keep = peak + (peak / 10 > KEEP_MIN ? peak / 10 : KEEP_MIN);
	uint64_t held = heap.stats.sys - heap.stats.released;
	return held > keep ? held - keep : 0;
}

uintptr_t
mheap_scavengeGoal(void)
{
	int64_t now = nanotime();
	lock(&heap.lock);
	struct heapstats *st = &heap.stats;
	if (now - st->window >= heap.peakwindow) {
		st->peak[1] = st->peak[0];
		st->peak[0] = st->inuse;
		st->window = now;
	}
	uint64_t goal = excess(st->peak[0] > st->peak[1] ? st->peak[0] : st->peak[1]);
	unlock(&heap.lock);
	return goal;
}

uintptr_t
mheap_scavengeLater(void)
{
	lock(&heap.lock);
	uint64_t n = excess(heap.stats.inuse);
	unlock(&heap.lock);
	return n;
}

uintptr_t
mheap_emptyBytes(void)
{
	return load_rlx(&heap.emptybytes);
}

uint64_t
mheap_inuse(void)
{
	return load_rlx(&heap.stats.inuse);
}

uint64_t
mheap_held(void)
{
	lock(&heap.lock);
	uint64_t n = heap.stats.sys - heap.stats.released;
	unlock(&heap.lock);
	return n;
}
