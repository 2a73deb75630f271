/* ragged.c: every goroutine comes by, one after the other, while the world runs.      room: sched
 *
 * Compiled code may hold what it has read of a variable in a register, as long as it calls nothing that
 * the compiler knows nothing about. After worldRagged nobody does so with what he read before: since
 * then each goroutine was inside the runtime, or switched out by itself, at least once.
 *
 * What counts
 *     an entry into the runtime that is asked to give way (rtleaveSlow), and every round of schedule():
 *         they store sched.ragged, as they found it, in m->ragged (raggedPass)
 *     a thread without a goroutine, or whose goroutine is in an announced call: seen from here
 * What does not
 *     a signal that has stopped a goroutine, wherever it is (Gpreempted): it goes on from there
 *     a prologue that asks for stack, in general: the compiler may know that the function reads and writes
 *         nothing, and keep things in registers across the call
 * Split-stack code that was compiled so that callers do not know that, which the driver arranges for a
 * program's own Go code (gort_gotext_begin), comes by at its prologues, too: they are made to ask for
 * stack by a guard that no frame fits below. It may be written over before it is looked at, and is then written
 * again. Code that computes for long without a call is waited for; the caller says for how long.
 *
 * Ordering. The caller has written its variable; then sched.ragged grows; then all threads pass a barrier
 * (membarrier), so that none has read the old value and not yet shown what it was doing then. A thread that stores the
 * new number in m->ragged reads the variable after that.
 */
#include "sched/internal.h"

static bool
passed(struct m *mp, uint32_t turn)
{
	if (load_acq(&mp->ragged) == turn)
		return true;
	struct g *gp = load_acq(&mp->curg);
	if (gp != NULL) {
		uint32_t s = load_acq(&gp->atomicstatus);
		if (s == Grunning || s == Gpreempted)
			return false;
	}
	/* For good: whatever it runs next has come by. */
	store_rlx(&mp->ragged, turn);
	return true;
}

#if GORT_SPLIT
/* mp's thread is to come by at its next prologue. Under the lock it does not end. */
static void
poison(struct m *mp)
{
	lock(&sched.lock);
	if (!mp->ending && load_acq(&mp->tid) != 0)
		stackGuardPoison(mp->tls);
	unlock(&sched.lock);
}
#else
#	define poison(mp) ((void)(mp))
#endif

/* On a goroutine with inrt == 1; one at a time. */
bool
worldRagged(int64_t ns)
{
	struct m *me = getg()->m;
	uint32_t turn = load_rlx(&sched.ragged) + 1;
#if GORT_SPLIT
	store_rel(&morestackTurn, turn);
#endif
	store_seq(&sched.ragged, turn);
	int64_t until = nanotime() + ns;
	osMembarrier();
	for (uint32_t look = 0;; look++) {
		bool all = true;
		me = getg()->m;
		store_rlx(&me->ragged, turn);
		for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
			if (passed(mp, turn))
				continue;
			all = false;
			poison(mp);
		}
		if (all)
			return true;
		if (nanotime() >= until)
			return false;
		preemptall(me->p);
		Gosched();
		if (look > 2)
			osusleep(20);
	}
}
