/* memstats.c: the numbers.                                                           room: mem
 *
 * Nothing is counted when an object is allocated. A cache counts the slots of a run when it takes
 * the run, and what lies unused in its runs is subtracted here; frees are counted by the cache of
 * the P that frees. Sums are over all caches and over what freed caches had counted. With the
 * world running the result is a moment's approximation, never torn in a single number.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#if !GORT_FREESTANDING
uint64_t markSys;
#endif

/* Slots of class sc that c took and has not handed out. */
static uint64_t
unusedSlots(const struct mcache *c, uint32_t sc)
{
	uint64_t n = 0;
	for (uint32_t kind = 0; kind < SPAN_KINDS; kind++) {
		const struct mrun *r = &c->run[makeSpanClass(sc, kind)];
		uintptr_t ptr, end;
		uint32_t seq;
		do {
			seq = load_acq(&r->seq) & ~(uint32_t)1;
			ptr = load_acq(&r->ptr);
			end = load_acq(&r->end);
		} while (load_rlx(&r->seq) != seq);
		n += (end - ptr) / sizeclasses[sc].size;
	}
	return n;
}

uint64_t
sysBeside(void)
{
	uint64_t tables = load_rlx(&heap.narenas) * alignUp(sizeof(struct heapArena), physPageSize);
	return persistentSys() + tables + load_rlx(&markSys);
}

void
readmemstats(struct memstats *ms)
{
	uint64_t tiny, large, nlarge, largefree, nlargefree;
	memclr(ms, sizeof *ms);
	lock(&heap.lock);
	tiny = heap.deadTiny;
	large = heap.deadLargeAlloc;
	nlarge = heap.deadNlargealloc;
	largefree = heap.deadLargeFree;
	nlargefree = heap.deadNlargefree;
	for (uint32_t sc = 0; sc < NUM_SIZECLASSES; sc++) {
		ms->bySize[sc].size = sizeclasses[sc].size;
		ms->bySize[sc].mallocs = heap.deadTaken[sc];
		ms->bySize[sc].frees = heap.deadFreed[sc];
	}
	for (const struct mcache *c = heap.allcaches; c != NULL; c = c->allnext) {
		tiny += load_rlx(&c->tinyallocs);
		large += load_rlx(&c->largealloc);
		nlarge += load_rlx(&c->nlargealloc);
		largefree += load_rlx(&c->largefree);
		nlargefree += load_rlx(&c->nlargefree);
		for (uint32_t sc = 1; sc < NUM_SIZECLASSES; sc++) {
			uint64_t taken = load_rlx(&c->taken[sc]), left = unusedSlots(c, sc);
			ms->bySize[sc].mallocs += taken > left ? taken - left : 0;
			ms->bySize[sc].frees += load_rlx(&c->freed[sc]);
		}
	}
	ms->bySize[0].mallocs = nlarge;
	ms->bySize[0].frees = nlargefree;
	ms->totalAlloc = large;
	ms->heapAlloc = large - largefree;
	for (uint32_t sc = 0; sc < NUM_SIZECLASSES; sc++) {
		uint64_t size = sizeclasses[sc].size, mallocs = ms->bySize[sc].mallocs,
			 frees = ms->bySize[sc].frees;
		ms->mallocs += mallocs;
		ms->frees += frees;
		ms->totalAlloc += mallocs * size;
		ms->heapAlloc += mallocs > frees ? (mallocs - frees) * size : 0;
	}
	/* As in Go: an object in a shared block counts as allocated and freed, so that the
	 * difference is what can be freed. */
	ms->mallocs += tiny;
	ms->frees += tiny;
	ms->tiny = tiny;
	ms->heapSys = heap.stats.sys;
	ms->heapInuse = heap.stats.inuse;
	ms->heapIdle = heap.stats.sys - heap.stats.inuse;
	ms->heapReleased = heap.stats.released;
	ms->mspanInuse = heap.spanalloc.inuse;
	ms->mcacheInuse = heap.cachealloc.inuse;
	unlock(&heap.lock);
	stackStats(&ms->stackSys, &ms->stackInuse);
	ms->otherSys = sysBeside() - ms->mspanInuse - ms->mcacheInuse;
	ms->sys = ms->heapSys + ms->stackSys + ms->mspanInuse + ms->mcacheInuse + ms->otherSys;
}
