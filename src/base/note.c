/* note.c: one-shot sleep and wakeup between threads.                                 room: base
 *
 * key is 0 until the wakeup and 1 from then on, until noteclear. A sleeper that comes late finds
 * 1 and does not sleep, so no wakeup is lost and none needs a lock. Clearing is the sleeper's
 * business, after it was woken and before it gives anybody a reason to wake it again.
 */
#include "base/base.h"

#include "core/broken.h"

void
noteclear(struct note *n)
{
	store_rlx(&n->key, 0u);
}

void
notewakeup(struct note *n)
{
	/* Twice without a clear: two threads think that they alone wake the sleeper. */
	if (__atomic_exchange_n(&n->key, 1u, __ATOMIC_RELEASE) != 0)
		throw("notewakeup - double wakeup");
	if (!BROKEN(NOTE) || !brokenTurn(500))
		futexwakeup(&n->key, UINT32_MAX >> 1);
}

void
notesleep(struct note *n)
{
	while (load_acq(&n->key) == 0)
		futexsleep(&n->key, 0, -1);
}

bool
notetsleep(struct note *n, int64_t ns)
{
	if (ns < 0) {
		notesleep(n);
		return true;
	}
	int64_t now = nanotime(), deadline;
	if (__builtin_add_overflow(now, ns, &deadline))
		deadline = INT64_MAX;
	while (load_acq(&n->key) == 0) {
		if (now >= deadline)
			return false;
		futexsleep(&n->key, 0, deadline - now);
		now = nanotime();
	}
	return true;
}
