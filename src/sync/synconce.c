/* synconce.c: something is done once, and everybody waits until it is.               room: sync
 *
 * done is set after the work: who sees it, sees the work's results. Until then others wait for the
 * mutex, which the one that works holds. */
#include "sync/internal.h"

bool
synconceBegin(struct synconce *o)
{
	if (likely(load_acq(&o->done) != 0))
		return false;
	syncmutexLock(&o->m);
	if (load_rlx(&o->done) == 0)
		return true;
	syncmutexUnlock(&o->m);
	return false;
}

void
synconceDone(struct synconce *o)
{
	store_rel(&o->done, 1u);
	syncmutexUnlock(&o->m);
}
