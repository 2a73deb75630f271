/* syncwaitgroup.c: waiting for a number of things to be done.                        room: sync
 *
 * One 64-bit word, so that counter and waiters change together: the counter above, the number of
 * waiters below. The addition that brings the counter to 0 while somebody waits clears the word and
 * wakes them all. Nothing may be added from then on until they have left: the checks below catch
 * programs that do. */
#include "sync/internal.h"

void
syncwaitgroupAdd(struct syncwaitgroup *wg, int32_t delta)
{
	uint64_t state = xadd(&wg->state, (uint64_t)(int64_t)delta << 32);
	int32_t v = (int32_t)(state >> 32);
	uint32_t w = (uint32_t)state;
	if (unlikely(v < 0))
		panicString("sync: negative WaitGroup counter");
	if (unlikely(w != 0 && delta > 0 && v == delta))
		panicString("sync: WaitGroup misuse: Add called concurrently with Wait");
	if (v > 0 || w == 0)
		return;
	/* The counter is 0 and there are waiters: no addition may come now, and no new waiter
	 * can, because Wait sees the 0. */
	if (unlikely(load_seq(&wg->state) != state))
		panicString("sync: WaitGroup misuse: Add called concurrently with Wait");
	store_seq(&wg->state, (uint64_t)0);
	for (; w != 0; w--)
		semrelease(&wg->sema, false);
}

void
syncwaitgroupWait(struct syncwaitgroup *wg)
{
	for (;;) {
		uint64_t state = load_seq(&wg->state);
		if (state >> 32 == 0)
			return;
		if (!cas(&wg->state, state, state + 1))
			continue;
		semacquire(&wg->sema, false, waitReasonSyncWaitGroupWait);
		if (unlikely(load_seq(&wg->state) != 0))
			panicString("sync: WaitGroup is reused before previous Wait has returned");
		return;
	}
}
