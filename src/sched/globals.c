/* globals.c: the scheduler's one instance, the first goroutine and the first thread.  room: sched */
#include "sched/sched.h"

#include "core/upcalls.h"
#include "sched/internal.h"

struct schedt sched;
struct g g0;
struct m m0;
large_bss struct p *allp[MAXPROCS];
int32_t gomaxprocs;
struct m *allm;
uint32_t nallgs;

struct hostoptions hostoptions;
struct world_ops world;
struct rt_events rt_events;

/* A room below makes a goroutine runnable: with a P, or from sysmon, which has none. */
static void
worldReady(struct g *gp)
{
	if (getg()->m->p != NULL) {
		goready(gp);
		return;
	}
	gp->schedlink = NULL;
	injectglist(gp);
}

#if !GORT_FREESTANDING /* where nobody asks for it, and size counts */
static void
worldBlock(void (*fn)(void *), void *arg)
{
	entersyscall();
	fn(arg);
	exitsyscall();
}
#endif

/* schedlocksinit: ranks before the first contended lock. */
void
schedlocksinit(void)
{
	lockInit(&sched.lock, LOCKRANK_SCHED);
	lockInit(&sched.gFreeLock, LOCKRANK_GFREE);
	allgsinit();
	sched.maxmcount = 10000;
	world = (struct world_ops)
	{
		.stop = stopTheWorld, .start = startTheWorld, .forEachP = forEachP,
		.ready = worldReady, .park = worldPark, .spawn = worldSpawn, .wakep = wakeNetPoller,
#if !GORT_FREESTANDING
		.yield = Gosched, .gAt = allgsGet, .block = worldBlock, .help = worldHelp,
		.helped = worldHelped, .ragged = worldRagged,
#endif
	};
}

const char *
gstatusName(uint32_t s)
{
	static const char *const names[] = {
		[Gdead] = "dead",
		[Grunnable] = "runnable",
		[Grunning] = "running",
		[Gsyscall] = "syscall",
		[Gwaiting] = "waiting",
		[Gpreempted] = "preempted",
	};
	return s < nelem(names) ? names[s] : "???";
}
