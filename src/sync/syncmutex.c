/* syncmutex.c: the mutex of goroutines.                                              room: sync
 *
 * One word: locked, woken, starving, and above them the number of waiters; and a semaphore that the
 * waiters sleep on. Two regimes:
 *
 *   normal      Waiters queue first in, first out, but a woken one does not own the mutex: it
 *               competes with whoever comes by. Those run already and usually win, which keeps the
 *               mutex busy instead of idle during each wake-up. A waiter that loses queues at
 *               the front. Having waited for more than 1 ms, it switches the mutex to
 *   starvation  Unlock hands the mutex to the first waiter, which runs at once in the unlocker's
 *               time slice. Newcomers do not try, they queue at the end. The waiter that gets it
 *               ends this regime if it is the last, or waited for less than 1 ms.
 *
 * woken says that some goroutine is awake and trying: unlock then need not wake another. It is set
 * by unlock for the one it wakes, or by a spinner for itself, and cleared by that goroutine when it
 * gets the mutex or goes to sleep.
 *
 * Spinning makes sense for a few rounds, only if another processor can let go of the mutex
 * meanwhile and this one has nothing else to run. */
#include "sync/internal.h"

#define STARVATION  (1 * MS)
#define SPIN_ROUNDS 4
#define SPIN_PAUSES 300

static bool
canSpin(int rounds)
{
	if (rounds >= SPIN_ROUNDS || ncpu <= 1)
		return false;
	/* Some other P runs something that is not looking for work. */
	if ((uint32_t)gomaxprocs <= load_rlx(&sched.npidle) + load_rlx(&sched.nmspinning) + 1)
		return false;
	struct p *pp = getg()->m->p;
	return load_rlx(&pp->runqhead) == pp->runqtail && load_rlx(&pp->runnext) == NULL;
}

static bool
starves(int64_t since)
{
	if (unlikely(debug.schedfuzz != 0))
		return schedfuzzDraw(4) == 0; /* not by the clock: the run can be repeated */
	return nanotime() - since > STARVATION;
}

static cold _Noreturn void
inconsistent(void)
{
	throw("sync: inconsistent mutex state");
}

never_inline void
syncmutexLockSlow(struct syncmutex *m)
{
	int64_t waitStart = 0;
	bool starving = false, awoke = false;
	int rounds = 0;
	uint32_t old = load_rlx(&m->state);
	for (;;) {
		/* In starvation the mutex goes to a waiter whatever we do: no spinning then. */
		if ((old & (mutexLocked | mutexStarving)) == mutexLocked && canSpin(rounds)) {
			if (!awoke && (old & mutexWoken) == 0 && old >> mutexWaiterShift != 0 &&
				cas(&m->state, old, old | mutexWoken))
				awoke = true;
			procyield(SPIN_PAUSES);
			rounds++;
			old = load_rlx(&m->state);
			continue;
		}
		uint32_t new = old;
		if ((old & mutexStarving) == 0)
			new |= mutexLocked;
		if ((old & (mutexLocked | mutexStarving)) != 0)
			new += mutexWaiter;
		/* Not if it is free: unlock expects waiters in starvation. */
		if (starving && (old & mutexLocked) != 0)
			new |= mutexStarving;
		if (awoke) {
			if ((new &mutexWoken) == 0)
				inconsistent();
			if (!BROKEN(MUTEX) || !brokenTurn(100))
				new &= ~(uint32_t)mutexWoken;
		}
		if (!cas(&m->state, old, new)) {
			old = load_rlx(&m->state);
			continue;
		}
		if ((old & (mutexLocked | mutexStarving)) == 0)
			return; /* the exchange locked it */
		bool lifo = waitStart != 0;
		if (waitStart == 0)
			waitStart = nanotime();
		semacquire(&m->sema, lifo, waitReasonSyncMutexLock);
		starving = starving || starves(waitStart);
		old = load_rlx(&m->state);
		if ((old & mutexStarving) != 0) {
			/* It was handed to us, though the word does not say locked yet and counts
			 * us as a waiter still. */
			if ((old & (mutexLocked | mutexWoken)) != 0 || old >> mutexWaiterShift == 0)
				inconsistent();
			uint32_t delta = mutexLocked - mutexWaiter;
			if (!starving || old >> mutexWaiterShift == 1)
				delta -= mutexStarving;
			xadd(&m->state, delta);
			return;
		}
		awoke = true;
		rounds = 0;
	}
}

never_inline void
syncmutexUnlockSlow(struct syncmutex *m, uint32_t state)
{
	if (((state + mutexLocked) & mutexLocked) == 0)
		fatal("sync: unlock of unlocked mutex");
	if ((state & mutexStarving) != 0) {
		/* Still marked starving, so nobody can take it before the waiter runs. */
		semrelease(&m->sema, true);
		return;
	}
	for (uint32_t old = state;;) {
		/* No waiters, or somebody is awake or has the mutex already and will see to them. */
		if (old >> mutexWaiterShift == 0 ||
			(old & (mutexLocked | mutexWoken | mutexStarving)) != 0)
			return;
		if (cas(&m->state, old, (old - mutexWaiter) | mutexWoken)) {
			semrelease(&m->sema, false);
			return;
		}
		old = load_rlx(&m->state);
	}
}

bool
syncmutexTryLock(struct syncmutex *m)
{
	uint32_t old = load_rlx(&m->state);
	return (old & (mutexLocked | mutexStarving)) == 0 && cas(&m->state, old, old | mutexLocked);
}
