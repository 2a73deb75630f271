/* lock_futex.c: the mutex of the runtime itself, over futexes.                       room: base
 *
 * For short sections inside the runtime, between threads; goroutines that want a lock use
 * sync/, which parks them instead of the thread.
 *
 * The word, key:  0 unlocked
 *                 1 locked, nobody sleeps
 *                 2 locked, somebody may sleep: unlock must wake one
 *
 * The fast paths are in base.h: lock is one compare-and-swap 0 -> 1, unlock one exchange to 0.
 * A waiter spins a little, because sections are short; then it exchanges the word to 2 and
 * sleeps while it is 2. From then on it takes the lock only as 2: it cannot know whether others
 * sleep too, and a needless wakeup is cheaper than a lost one.
 *
 * Nobody hands the lock over: a woken thread competes with whoever runs. That is unfair and
 * fast; fairness matters for goroutines' locks, not here.
 *
 * With one CPU spinning cannot help and is left out.
 */
#include "base/base.h"

#define SPINS      4  /* rounds of watching the word */
#define SPIN_PAUSE 30 /* pauses a round: about a microsecond */

void
lockInit(struct mutex *l, enum lockrank rank)
{
	l->key = 0;
	l->rank = rank;
}

void
lockSlow(struct mutex *l)
{
	uint32_t want = 1;
	int spins = ncpu > 1 ? SPINS : 0;
	for (;;) {
		for (int i = 0; i < spins; i++) {
			if (load_rlx(&l->key) == 0 && cas_acq(&l->key, 0u, want))
				return;
			procyield(SPIN_PAUSE);
		}
		/* Once more after giving way: the holder may be a thread of this CPU. */
		osyield();
		if (load_rlx(&l->key) == 0 && cas_acq(&l->key, 0u, want))
			return;
		if (__atomic_exchange_n(&l->key, 2u, __ATOMIC_ACQUIRE) == 0)
			return;
		want = 2;
		futexsleep(&l->key, 2, -1);
	}
}

void
unlockSlow(struct mutex *l, uint32_t old)
{
	if (old == 0)
		throw("unlock of unlocked lock");
	futexwakeup(&l->key, 1);
}
