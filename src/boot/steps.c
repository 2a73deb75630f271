/* steps.c: the steps of schedinit that are too small for a file of their own.        room: boot */
#include "boot/boot.h"

#include "base/base.h"
#include "sync/sync.h"

/* No goroutine exists, so the world is stopped; saying so lets procresize and friends assert it
 * here and after a real stop alike. starttime is what schedtrace counts from. */
void
worldStopped(void)
{
	sched.starttime = nanotime();
	store_rel(&sched.worldstopped, true);
	bootResult("stopped: no goroutine exists");
}

void
worldStarted(void)
{
	assertWorldStopped();
	store_rel(&sched.worldstopped, false);
	bootResult("started, %ld us after the stop", (long)((nanotime() - sched.starttime) / 1000));
}

/* Ranks of the locks that are plain globals, and the poller, which has none. A lock inside an
 * object gets its rank where the object is made. */
void
lockinit(void)
{
	schedlocksinit();
	syncinit();
	netpollinit();
	bootResult("%d ranks%s", LOCKRANK_COUNT, GORT_DEBUG || GORT_HARD ? ", checked" : "");
}

/* The first thread's random state comes from the kernel; later threads draw theirs from it. */
void
randinit(void)
{
	osRandom(m0.rand, sizeof m0.rand);
	m0.rand[0] |= 1;
	bootResult("%lu bits from the kernel", (unsigned long)(8 * sizeof m0.rand));
}
