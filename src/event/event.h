/* event.h: what makes goroutines runnable from outside: the clock today.             room: event
 *
 * Timers lie in a 4-ary heap per P under the heap's own lock. The scheduler asks for due timers
 * (checkTimers) and sleeps in netpoll until the earliest; netpoll returns a list of Gs.
 */
#ifndef GORT_EVENT_EVENT_H
#define GORT_EVENT_EVENT_H

#include "base/base.h"

/* The layout of a timer is the one that Go programs embed in time.Timer (72 bytes). All zero: not
 * queued. */
struct timer {
	uintptr_t pp; /* struct timers * it is in, 0: none. timer.c has the protocol */
	int64_t when; /* nanotime; heap's lock while queued */
	int64_t period;
	const struct funcval *f; /* timerfn, static chain = f; NULL: a waker, see addwaker */
	struct eface arg;
	uintptr_t seq;
	int64_t nextwhen; /* ours: index in the heap */
	uint32_t status;  /* ours: enum timerstatus; heap's lock */
	uint32_t firing;  /* ours: callbacks under way. timer.c: Firing */
};
_Static_assert(sizeof(struct timer) == 72, "time.runtimeTimer");

/* Runs on g0 with a P and no lock held: must not park. If somebody may wait for
 * it, it calls timerFired(t) when it is done with t. */
typedef void timerfn(struct eface arg, uintptr_t seq);

/* True: no callback of t is under way now. */
static inline bool
timerFired(struct timer *t)
{
	return xadd(&t->firing, -1u) == 0;
}

enum timerstatus {
	TimerIdle = 0,
	TimerQueued = 0x51,
	/* If you add one: timercheck in timer.c must learn it. */
};

/* The instant d from now; d <= 0: now. Too far to count: the end of time, which never comes. */
static inline int64_t
whenAfter(int64_t d)
{
	int64_t now = nanotime();
	if (d <= 0)
		return now;
	return d > INT64_MAX - now ? INT64_MAX : now + d;
}

/* On a goroutine or g0 with a P, inrt > 0. A negative when is a sum that overflowed: it means
 * the end of time. */
void addtimer(struct timer *t);                 /* t is idle, and the caller's alone until now */
bool deltimer(struct timer *t);                 /* true: it was pending and will not fire */
bool resettimer(struct timer *t, int64_t when); /* true: it was pending */
bool modtimer(struct timer *t, int64_t when, int64_t period, const struct funcval *f,
	struct eface arg, uintptr_t seq);

/* Two shapes of waiting that need no callback. Each returns with this P's heap locked, so that
 * gp, the caller, can park before it fires; the park's commit calls timersRelease with the
 * result.
 * addsleeper: gp becomes runnable at when, nothing else may ready it; no struct timer at all.
 * addwaker:   at when, gp->selectDone is won (0 -> 1) and gp readied with param NULL, unless
 *             somebody else had won. t may lie in gp's frame: when gp was woken by somebody else
 *             it calls deltimer(t), after which the heap no longer touches t or gp. */
void *addsleeper(struct g *gp, int64_t when);
void *addwaker(struct timer *t, struct g *gp, int64_t when);
void timersRelease(void *token);

/* Runs the due timers of pp; on g0 or a goroutine, P held. Returns the time of the next one (0:
 * none) and whether any ran. A long queue of due ones is served in pieces: *next is then in the
 * past. now 0: reads the clock if there is a timer at all. */
int64_t checkTimers(struct p *pp, int64_t now, int64_t *next, bool *ran); /* returns now */
/* Earliest deadline over all Ps, 0 none; racy but never misses a timer added before the call by
 * a thread that then called world.wakep. */
int64_t timeSleepUntil(void);
void moveTimers(struct p *from, struct p *to); /* procresize: world stopped */
void timers_verify(struct timers *ts);         /* throws on the first inconsistency; ts locked */

/* The poller. delay < 0: until netpollBreak; 0: do not block; > 0: at most that long. Returns
 * runnable Gs linked by schedlink. Descriptors join with the network issue. */
void netpollinit(void);
struct g *netpoll(int64_t delay);
void netpollBreak(void);

#endif
