/* morestack.c: a prologue asks for stack in the middle of the program's code.        room: sched
 *
 * It is no entry of the runtime like others: the program may hold a lock of libc's (a comparison
 * function that qsort calls, a write function of a stream), and the thread may have lost its P. So
 * nothing is done here that needs a P, and a request to give way is not served: a thread that is
 * asked to can be stopped by a signal a moment later, with its locks.
 *
 * What is needed is that no signal stops the thread while it holds the pool's lock: inrt is
 * raised. And on the way back that a stop of the world which began meanwhile, and counted this
 * thread as inside the runtime, does not find it running: asyncpark.c, "Ordering of the stop". It waits
 * then, and says where its registers are, as leaveForCall does (syscall.c): if that is on g0, whoever
 * reads finds there what morestack.S has saved, and reads all of the goroutine's own stack. */
#include "sched/internal.h"

static struct m *
enter(struct g *gp)
{
	struct m *mp = gp->m;
	store_rlx(&mp->inrt, mp->inrt + 1);
	compiler_fence();
	return mp;
}

static never_inline void
waitWithRegisters(struct m *mp)
{
	__builtin_unwind_init();
	store_rel(&mp->scansp, getsp());
	waitForWorld(mp);
	store_rlx(&mp->scansp, (uintptr_t)0);
}

static void
leave(struct m *mp)
{
	for (;;) {
		store_rel(&mp->inrt, mp->inrt - 1);
		compiler_fence();
		if (mp->inrt != 0 || likely(!load_rlx(&sched.stopThreads)))
			return;
		store_rlx(&mp->inrt, 1u);
		compiler_fence();
		waitWithRegisters(mp);
	}
}

/* On g0. */
void
morestackSlow(struct g *gp, const uintptr_t *frame)
{
	struct m *mp = enter(gp);
	stackGrow(gp, frame);
	leave(mp);
}

/* On the stack of whoever asked, or on the next one: we ask, too. */
void *
morestackAlloca(uintptr_t n, uintptr_t sp)
{
	struct g *gp = getg();
	if (gp == NULL)
		throw("alloca on a thread whose stack has a guard, but no g");
	struct m *mp = enter(gp);
	void *p = stackAlloca(gp, n, sp);
	leave(mp);
	return p;
}
