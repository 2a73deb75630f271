/* freeze.c: the world stands still while the process dies.                           room: sched
 *
 * A report of a fatal error walks the stacks of goroutines that are parked or runnable. They must
 * not start to run meanwhile: their stacks would change under the walk, and what is printed would
 * belong to no moment at all. So the dying thread asks everybody to stop, as a stop of the world
 * does, but without its promises: it holds no semaphore, takes no lock (the thread may hold any),
 * waits a few milliseconds at most, and never starts the world again.
 *
 * stopwait is set so high that those who stop never bring it to zero: nobody is told.
 * A thread that computes is stopped by a signal, and waits in its handler for ever (asyncpark.c). One
 * that is not reached in time goes on as far as its next entry; the traceback says of its goroutine
 * that the stack is unavailable. But no goroutine starts. GODEBUG=dontfreezetheworld=1 leaves everybody
 * running, to debug what the freeze itself disturbs.
 *
 * If the world stands still already, whoever has stopped it does not start it again: it waits for the end
 * instead (frozenWait), before it lets anybody go on.
 *
 * The dying thread may have lost its P without having noticed (revoke.c): a signal can find it in any
 * call. Then m->p is somebody else's by now, who is to stop like all others. */
#include "sched/internal.h"

#define FREEZE_STOPWAIT 0x40000000

static uint32_t frozen; /* atomic; never falls */

static bool
othersRun(const struct p *mine)
{
	int32_t n = load_acq(&gomaxprocs);
	for (int32_t i = 0; i < n; i++) {
		struct p *pp = load_acq(&allp[i]);
		if (pp != NULL && pp != mine && load_acq(&pp->status) == Prunning)
			return true;
	}
	return false;
}

/* The caller's P, which it keeps from here on, or NULL. */
static struct p *
keepP(struct m *mp)
{
	store_rlx(&mp->inrt, mp->inrt + 1);
	compiler_fence();
	if (load_acq(&mp->revoked) == REVOKE_NONE ||
		cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_NONE) ||
		load_acq(&mp->revoked) == REVOKE_NONE)
		return mp->p;
	return NULL;
}

/* no_sanitize: stopwait is written without its lock, on purpose. */
no_sanitize void
freezetheworld(void)
{
	struct g *gp = getg();
	struct p *mine = NULL;
	if (debug.dontfreezetheworld != 0)
		return;
	if (gp != NULL && gp->m != NULL)
		mine = keepP(gp->m);
	store_seq(&frozen, 1u);
	for (int i = 0; i < 5; i++) {
		sched.stopwait = FREEZE_STOPWAIT;
		store_seq(&sched.gcwaiting, 1u);
		/* Before the look: a thread that comes back from a call gets its P, or an idle
		 * one, without a look at gcwaiting, and a chain of direct switches has none. */
		preemptall(mine);
		fence();
		signalRunning();
		if (!othersRun(mine))
			return;
		osusleep(1000);
	}
}

/* A stopper, which has just written gcwaiting = 0 and has woken nobody yet. Either it sees frozen, or the
 * freeze sets gcwaiting after that. */
void
frozenWait(void)
{
	fence();
	if (likely(load_rlx(&frozen) == 0))
		return;
	store_seq(&sched.gcwaiting, 1u);
	oshang();
}
