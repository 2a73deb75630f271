/* execdoor.c: syscall's hooks around fork and exec.                                 room: gccgo
 *
 * syscall.ForkExec makes a child that has the parent's memory (CLONE_VM | CLONE_VFORK) and goes on in
 * the same Go function, on the same stack, until it executes another program. Meanwhile the parent's
 * thread stands still. In the child no handler may run: what it did would happen to the parent.
 *
 *   BeforeFork         every signal is blocked, on this thread; inrt is raised, so that neither a stop
 *                      nor sysmon disturbs it
 *   AfterForkInChild   handlers become the default (the child has its own set of those), then the
 *                      mask is what it was. Memory is not touched.
 *   AfterFork          the parent undoes BeforeFork
 *
 * syscall.ForkLock is held around all of it: one at a time. The stack that the child may need for
 * its calls is there before: what is asked for between is little.
 *
 * Exec   The kernel ends the other threads; one that is being made at that moment makes the call fail
 *        (EAGAIN). So the world stands still, and starts again if the call comes back. */
#include "gccgo/std.h"

enum { SETMASK = 2, NSIG = 65 };

static uint64_t maskBefore; /* ForkLock */

void
go_BeforeFork(void)
{
	struct g *gp = rtenter();
	(void)gp;
	maskBefore = osSigMask(SETMASK, ~0ull);
}

void
go_AfterFork(void)
{
	osSigMask(SETMASK, maskBefore);
	rtleave(getg());
}

void
go_AfterForkInChild(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (osSigHandled(sig))
			osSigDefault(sig);
	osSigMask(SETMASK, maskBefore);
}

void
go_BeforeExec(void)
{
	struct g *gp = rtenter();
	(void)gp;
	stopTheWorld();
}

void
go_AfterExec(void)
{
	startTheWorld();
	rtleave(getg());
}
