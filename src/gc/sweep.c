/* sweep.c: bgsweep.                                                                  room: gc
 *
 * gcfree leaves spans that lost their last object where they are, on their mcentral's list, so
 * that a program that allocates and frees in turns keeps its spans. Once a megabyte of them has
 * come together bgsweep returns them to the page heap, where any size class can use them and the
 * scavenger can see them. An allocation that finds no pages does the same first, so memory never
 * grows while empty spans wait.
 *
 * After a collection it sweeps what the allocator has not swept yet (mem/mspansweep.c), a few spans between
 * two looks whether others want the processor.
 */
#define GORT_GC_IMPL
#include "gc/internal.h"

struct bgworker sweeper;

#if GORT_HARD
#	define SWEEP_MIN PAGE_SIZE
#else
#	define SWEEP_MIN MiB
#endif

bool
sweepDue(void)
{
	return mheap_emptyBytes() >= SWEEP_MIN || (gccollects && !sweepDone());
}

static void
sweepInBackground(void)
{
	uintptr_t pages;
	for (uint32_t n = 1; sweepone(&pages); n++) {
		xadd(&gcstats.sweptPages, (uint64_t)pages);
		if (n % 64 == 0)
			world.yield();
	}
}

void
bgsweep(void *arg unused_ok)
{
	startedfn(startedarg);
	workerInit(&sweeper);
	for (;;) {
		if (gccollects)
			sweepInBackground();
		if (mheap_emptyBytes() >= SWEEP_MIN)
			xadd(&gcstats.sweptPages, (uint64_t)mcentral_reclaim());
		workerPark(&sweeper, waitReasonGCSweepWait);
	}
}
