/* syscall.c: announced system calls.                                                 room: sched
 *
 * entersyscall leaves the P in Psyscall, still remembered by the M (oldp). Whoever changes the
 * status by CAS from Psyscall owns the P: the M on its return (the common case, one CAS), or
 * sysmon after a tick (retake), or a stop-the-world. The P's syscalltick moves at every call and
 * every retake, so sysmon can tell a long call from many short ones.
 *
 * Calls of one goroutine resemble each other: who reads from a socket waits, who writes to a file
 * does not. So if somebody waits for the P, the time of the call is taken; and if it was long, the
 * next one does not wait for sysmon to notice: entersyscall hands the P over itself (longcall).
 * sysmon alone sees a call only if it lasts from one of its looks to the next, and of a goroutine
 * that makes one call of a millisecond after the other it may see none.
 *
 * The goroutine is Gsyscall meanwhile and is not its M's curg: an entry into the runtime from
 * inside the call is recognised (notAGoroutine says so). inrt is 0 meanwhile, as in all code that
 * is not the runtime's: a stop halts such a thread by a signal, too (asyncpark.c). The stack as the
 * caller saw it is in syscallsp/pc/fp, for dumps.
 *
 * For the collector. A stop also counts those as stopped that are on their way into a call or out of
 * one, without a P and inside the runtime, where no signal takes their registers down. Therefore
 * entersyscall and exitsyscall push all registers that a call preserves (__builtin_unwind_init), and
 * m->scansp says from where up the stack has everything. It is set before the P can be lost and
 * 0 again before inrt is, or with the P. Who reads it under a stop waits while it is 0: the thread
 * is on its way to one of the places that set it. */
#include "core/broken.h"
#include "sched/internal.h"

/* sysmon sleeps because every P was idle; a P in a call is one to look after. */
static void
entersyscallSysmon(void)
{
	lock(&sched.lock);
	if (load_rlx(&sched.sysmonwait)) {
		store_rlx(&sched.sysmonwait, 0u);
		notewakeup(&sched.sysmonnote);
	}
	unlock(&sched.lock);
}

/* A stop is wanted: give the P to it, unless somebody was faster. */
static void
entersyscallGcwait(struct p *pp)
{
	lock(&sched.lock);
	if (sched.stopwait > 0 && cas(&pp->status, (uint32_t)Psyscall, (uint32_t)Pgcstop)) {
		store_rlx(&pp->syscalltick, pp->syscalltick + 1);
		stoppedUnlock();
	} else {
		unlock(&sched.lock);
	}
}

#define LONG_CALL (20 * US)

static void
handoffpG0(void *pp)
{
	handoffp(pp);
}

/* Somebody waits for the P of gp, whose call begins. */
static never_inline void
entersyscallWanted(struct g *gp, struct m *mp, struct p *pp)
{
	if (mp->isforeign)
		return;
	mp->callstart = nanotime();
	if (!gp->longcall || !cas(&pp->status, (uint32_t)Psyscall, (uint32_t)Pidle))
		return;
	store_rlx(&pp->syscalltick, pp->syscalltick + 1);
	mp->oldp = NULL;
	xadd(&sched.callhandoffs, 1u);
	systemstack(handoffpG0, pp);
}

/* The call is over. Nothing is learnt from one that nobody waited for. */
static void
callTook(struct g *gp, struct m *mp)
{
	if (likely(mp->callstart == 0))
		return;
	gp->longcall = nanotime() - mp->callstart >= LONG_CALL;
	mp->callstart = 0;
}

/* Out into user code without a P, unless a stop has passed by this M while it was still inside: see
 * asyncpark.c for why one of the two sees the other. */
void
leaveForCall(struct m *mp)
{
	for (;;) {
		store_rlx(&mp->scansp, (uintptr_t)0);
		store_rel(&mp->inrt, 0u);
		compiler_fence();
		if (likely(!load_rlx(&sched.stopThreads)))
			return;
		store_rlx(&mp->inrt, 1u);
		store_rel(&mp->scansp, getsp());
		waitForWorld(mp);
	}
}

/* Goes on without its P. Part of the function that is called, whose frame this notes. */
static always_inline void
dropP(struct g *gp, struct m *mp, bool mayleave)
{
	struct p *pp = mp->p;
	gp->syscallpc = (uintptr_t)__builtin_return_address(0);
	gp->syscallfp = *(uintptr_t *)__builtin_frame_address(0);
	gp->syscallsp = (uintptr_t)__builtin_frame_address(0) + 2 * PTRSIZE;
	__builtin_unwind_init();
	store_rel(&mp->scansp, getsp());
	setgstatus(gp, Grunning, Gsyscall);
	if (load_rlx(&sched.sysmonwait))
		entersyscallSysmon();
	mp->syscalltick = pp->syscalltick;
	mp->oldp = pp;
	mp->p = NULL;
	mp->curg = NULL;
	store_rlx(&mp->mayleave, mayleave);
	store_rlx(&pp->m, (struct m *)NULL);
	store_seq(&pp->status, (uint32_t)Psyscall);
	if (load_seq(&sched.gcwaiting))
		entersyscallGcwait(pp);
	if (!runqempty(pp) || load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0)
		entersyscallWanted(gp, mp, pp);
}

never_inline void
entersyscall(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	if (unlikely(mp->inrt != 1))
		throw("entersyscall inside the runtime");
	dropP(gp, mp, true);
	leaveForCall(mp);
}

#if !GORT_FREESTANDING
/* The runtime's own call of fn(arg), which takes long in the kernel and looks at nothing of the program's.
 * inrt stays up, so that a stop counts the thread as stopped, and needs not wait until the kernel
 * lets a signal through. */
never_inline void
callWithoutP(void (*fn)(void *), void *arg)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	dropP(gp, mp, false);
	fn(arg);
	exitsyscall();
}
#endif

/* The M has a P again: go on. */
static void
exitsyscallWith(struct g *gp, struct m *mp, struct p *pp)
{
	mp->p = pp;
	store_rlx(&pp->m, mp);
	store_rlx(&mp->mayleave, false);
	mp->curg = gp;
	store_rlx(&mp->scansp, (uintptr_t)0);
	store_rlx(&pp->syscalltick, pp->syscalltick + 1);
	gp->syscallsp = 0;
	setgstatus(gp, Gsyscall, Grunning);
	if (unlikely(mp->isforeign))
		preemptone(pp); /* rtleave lets go of it: hosted/foreign.c */
}

/* An idle P for the M of a call that ended, or NULL. */
struct p *
pidlegetForCall(void)
{
	lock(&sched.lock);
	struct p *pp = pidleget();
	if (pp != NULL && load_rlx(&sched.sysmonwait)) {
		store_rlx(&sched.sysmonwait, 0u);
		notewakeup(&sched.sysmonnote);
	}
	unlock(&sched.lock);
	return pp;
}

/* g0: gp, which is Gsyscall and has no P, gets one, or its turn in the queue. */
_Noreturn void
waitForTurn(struct g *gp)
{
	setgstatus(gp, Gsyscall, Grunnable);
	store_rel(&gp->m->mayleave, false);
	store_rel(&gp->m->scansp, (uintptr_t)0); /* gp's own sp has it all now */
	gp->m = NULL;
	struct p *pp = NULL;
	bool locked = gp->lockedm != NULL;
	lock(&sched.lock);
	pp = pidleget();
	if (pp == NULL)
		globrunqput(gp);
	else if (load_rlx(&sched.sysmonwait)) {
		store_rlx(&sched.sysmonwait, 0u);
		notewakeup(&sched.sysmonnote);
	}
	unlock(&sched.lock);
	if (pp != NULL) {
		acquirep(pp);
		execute(gp, false);
	}
	if (locked) {
		/* Only this thread may run it; whoever picks it hands us a P. */
		stoplockedm();
		execute(gp, false);
	}
	stopm();
	schedule();
}

static void
exitsyscall0(struct g *gp)
{
	onG0(gp->m);
	waitForTurn(gp);
}

never_inline void
exitsyscall(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	struct p *pp = mp->oldp;
	__builtin_unwind_init();
	store_rlx(&mp->inrt, 1u);
	store_rel(&mp->scansp, getsp());
	compiler_fence();
	/* sysmon asked, for a P that this M held before. */
	if (unlikely(load_acq(&mp->revoked) != REVOKE_NONE))
		cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_NONE);
	mp->oldp = NULL;
	callTook(gp, mp);
	if (BROKEN(SYSCALL) && pp != NULL)
		store_rel(&pp->status, (uint32_t)Psyscall);
	if (likely(pp != NULL && load_rlx(&pp->status) == Psyscall &&
		    cas(&pp->status, (uint32_t)Psyscall, (uint32_t)Prunning))) {
		exitsyscallWith(gp, mp, pp);
		return;
	}
	if (load_rlx(&sched.npidle) != 0) {
		pp = pidlegetForCall();
		if (pp != NULL) {
			store_rel(&pp->status, Prunning);
			exitsyscallWith(gp, mp, pp);
			return;
		}
	}
	switchToG0(gp, exitsyscall0);
	gp->syscallsp = 0;
}
