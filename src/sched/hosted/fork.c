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
 * Where fork waits. libc takes every lock of its malloc and of its files before it copies, and one of
 * them may be held by a thread that a signal has parked (asyncpark.c), which needs a P to go on. So
 * a goroutine forks as in an announced call, without a P: with the last one in its hands it would wait
 * for ever. Its slice cannot end meanwhile either, which would leave all those locks with a thread
 * that is parked. Only a stop of the world halts it, and who stops the world uses no lock of libc.
 * The goroutine stays on its thread, which has to let go of what it took.
 *
 * Not so where the P cannot be let go: the runtime is at work below a handler of the program's; or
 * where a switch to the scheduler may not come from: such a handler on a stack of its own. There
 * nothing is done; revoke.c takes the P of the second if it waits. Nor with ThreadSanitizer, which parks
 * nobody, and holds a lock around all of fork that new threads need.
 *
 * vfork and posix_spawn call none of these handlers, and need none: the child has the parent's
 * memory until it execs, on the parent's stack or one of libc's. */
#include "arch/arch.h"
#include "sched/internal.h"

bool forkedChild;

static void
beforeFork(void)
{
	struct g *gp = getg();
	if (GORT_TSAN || gp == NULL || gp->m == NULL || gp->m->curg != gp ||
		load_rlx(&gp->m->inrt) != 0 || stackOf(gp, getsp()) == NULL)
		return;
	struct m *mp = gp->m;
	lockOSThreadInternal(gp);
	rtenter();
	mp->forking = true;
	entersyscall();
	gp->syscallsp = 0; /* the stack moves on: not for dumps */
}

static void
afterFork(void)
{
	struct g *gp = getg();
	if (gp == NULL || gp->m == NULL || !gp->m->forking)
		return;
	struct m *mp = gp->m;
	mp->forking = false;
	exitsyscall();
	unlockOSThreadInternal(gp);
	/* Not rtleave: whatever else wants to run after a fork, still inside of it, runs on this thread.
	 * The next entry serves a request. */
	compiler_fence();
	store_rel(&mp->inrt, mp->inrt - 1);
}

static void
afterForkInChild(void)
{
	struct g *gp = getg();
	osWrittenClose(); /* of the parent's memory */
	forkedChild = true;
	/* Code of ours that called the program's may know g still: its next entry sees this. */
	if (gp != NULL && gp->m != NULL)
		gp->m->curg = NULL;
	setg(NULL);
}

void
forkinit(void)
{
	int err = osAtFork(beforeFork, afterFork, afterForkInChild);
	if (err != 0)
		bootfail(2, "libc refuses pthread_atfork (errno %d)", -err);
}
