/* netpoll.c: where a thread without work sleeps.                                     room: event
 *
 * One thread at a time polls (the scheduler sees to that by exchanging sched.lastpoll); others may
 * look without blocking. Today only the clock is waited for: the poller sleeps on a futex word
 * with a time-out.
 *
 * The lost wake-up. breakword is 1 from a break until a poller has seen it:
 *   netpollBreak: (1) breakword 0 -> 1; (2) if it was 0, futexwakeup.
 *   netpoll:      (1) breakword 1 -> 0: do not sleep; (2) futexsleep while it is 0.
 * The kernel compares the word and queues the sleeper in one step: a break before that makes the
 * sleep return at once, a break after it finds the sleeper queued. A second break before the first
 * was seen has nobody new to wake. A break that arrives when nobody sleeps shortens the next sleep
 * to nothing: the scheduler then looks for work once more, and sleeps.
 *
 * Descriptors: the poll proper replaces the futex sleep when a port has one (epoll_wait with an
 * event descriptor for netpollBreak); the functions and what they promise stay. */
#include "event/event.h"

static uint32_t breakword; /* atomic: a break that no poller has seen */

void
netpollinit(void)
{
	store_rel(&breakword, 0u);
}

struct g *
netpoll(int64_t delay)
{
	if (delay == 0)
		return NULL; /* the break, if any, is the blocked poller's to see */
	if (xchg(&breakword, 0u) != 0)
		return NULL;
	futexsleep(&breakword, 0, delay);
	xchg(&breakword, 0u);
	return NULL;
}

void
netpollBreak(void)
{
	if (xchg(&breakword, 1u) == 0)
		futexwakeup(&breakword, 1);
}
