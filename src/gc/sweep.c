/* sweep.c: bgsweep.                                                                  room: gc
 *
 * gcfree leaves spans that lost their last object where they are, on their mcentral's list, so
 * that a program that allocates and frees in turns keeps its spans. Once a megabyte of them has
 * come together bgsweep returns them to the page heap, where any size class can use them and the
 * scavenger can see them. An allocation that finds no pages does the same first, so memory never
 * grows while empty spans wait.
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
	return mheap_emptyBytes() >= SWEEP_MIN;
}

void
bgsweep(void *arg unused_ok)
{
	startedfn(startedarg);
	workerInit(&sweeper);
	for (;;) {
		if (sweepDue())
			xadd(&gcstats.sweptPages, (uint64_t)mcentral_reclaim());
		workerPark(&sweeper, waitReasonGCSweepWait);
	}
}
