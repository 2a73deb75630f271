/* fork.c: what fork leaves of the runtime.                                           room: sched
 *
 * The child of a fork has one thread: the one that called it. All other Ms are gone, with the Ps
 * that they held, the locks that they were about to let go of, and sysmon. Restarting a scheduler
 * in the middle of such a state would mean to guess for each structure what its owner was doing.
 * So the runtime ends there, and the child is a plain C process: it may exec, compute, use libc as
 * far as a forked child may, return from main or gort_main, exit, _exit. g is NULL in it, so faults
 * and signals take the way that they would take without the runtime, and a call that needs the
 * runtime ends it with one line (sched/hosted/foreign.c).
 *
 * A process that forks before it uses the runtime is free to use it on both sides.
 *
 * While fork copies, the calling goroutine must not be stopped by a signal: it holds libc's locks.
 * inrt is raised around it. Nothing is done about a request that came meanwhile: the next entry
 * serves it, and libc holds locks of its own here as well.
 *
 * vfork and posix_spawn call none of these handlers, and need none: the child has the parent's
 * memory until it execs, on the parent's stack or one of libc's. */
#include "sched/internal.h"

bool forkedChild;

static bool
onOwnG(struct g *gp)
{
	return gp != NULL && gp->m != NULL && gp->m->curg == gp;
}

static void
beforeFork(void)
{
	struct g *gp = getg();
	if (onOwnG(gp))
		store_rlx(&gp->m->inrt, gp->m->inrt + 1);
	compiler_fence();
}

static void
afterFork(void)
{
	struct g *gp = getg();
	compiler_fence();
	if (onOwnG(gp))
		store_rel(&gp->m->inrt, gp->m->inrt - 1);
}

static void
afterForkInChild(void)
{
	forkedChild = true;
	setg(NULL);
}

void
forkinit(void)
{
	int err = osAtFork(beforeFork, afterFork, afterForkInChild);
	if (err != 0)
		bootfail(2, "libc refuses pthread_atfork (errno %d)", -err);
}
