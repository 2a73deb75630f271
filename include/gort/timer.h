/* timer.h: time: now, sleeping, timers and tickers.
 *
 * Since 0.1. Durations are int64_t nanoseconds, written 10 * GORT_MS. Instants are those of
 * gort_now(): nanoseconds on the monotonic clock, which no one can set. A timer sends the instant
 * at which it fired, an int64_t, on a channel of capacity 1:
 *
 *	int64_t when;
 *	gort_chan *timeout = gort_after(GORT_SEC);
 *	gort_select(GORT_RECV(answer, &a), GORT_RECV(timeout, &when));
 *
 * For the usual time limit of one select, GORT_AFTER (gort/select.h) is shorter and allocates
 * nothing.
 */
#ifndef GORT_TIMER_H
#define GORT_TIMER_H

#include "gort/chan.h"
#include "gort/export.h"

#define GORT_NS  ((int64_t)1)
#define GORT_US  ((int64_t)1000)
#define GORT_MS  ((int64_t)1000000)
#define GORT_SEC ((int64_t)1000000000)

typedef struct gort_timer gort_timer;
typedef struct gort_ticker gort_ticker;

GORT_BEGIN

/* The monotonic clock, in nanoseconds since some moment before the program started.   since 0.1
 * [anywhere; never parks] */
GORT_API int64_t gort_now(void);

/* The time of day: nanoseconds since 1970-01-01 00:00 UTC. May jump.                  since 0.1
 * [anywhere; never parks] */
GORT_API int64_t gort_walltime(void);

/* Parks the calling goroutine for at least ns nanoseconds; ns <= 0 returns at once.   since 0.1
 * [goroutine; parks] */
GORT_API void gort_sleep(int64_t ns);

/* A channel on which one int64_t, the instant, is sent after ns nanoseconds.          since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_chan *gort_after(int64_t ns) GORT_NODISCARD;

/* A timer that fires once, after ns nanoseconds, on gort_timer_chan(t). It is collected when
 * nothing points to it or to its channel; gort_free gives back one that gort_timer_stop has
 * stopped, and that nobody receives from any more.                                    since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_timer *gort_timer_make(int64_t ns) GORT_NODISCARD;
/* A timer that starts fn(arg) as a goroutine of its own after ns nanoseconds. arg is passed as it
 * is and kept until then. gort_timer_stop and gort_timer_reset are as for the others: true if fn
 * was still going to be started; stop does not wait for an fn that runs. Reset after fn was
 * started starts it once more. There is no channel: gort_timer_chan is NULL. A NULL fn is fatal,
 * as for gort_go.                                                                     since 0.1
 *
 *	gort_timer *t = gort_after_func(5 * GORT_SEC, hang_up, conn);
 *	...
 *	gort_timer_stop(t);
 *
 * [goroutine; never parks; allocates] */
GORT_API gort_timer *gort_after_func(int64_t ns, void (*fn)(void *arg), void *arg);
/* The channel; the same for the timer's whole life.                                   since 0.1
 * [goroutine; never parks] */
GORT_API gort_chan *gort_timer_chan(gort_timer *t) GORT_NONNULL(1);
/* Stops the timer. True: it was going to fire, or had fired and nobody had received the instant.
 * Either way nothing will be received from its channel after this, so a timer can be used again
 * without emptying the channel first, or be freed. Parks only if it fires at this very moment, for
 * as long as that takes.                                                              since 0.1
 * [goroutine; may park] */
GORT_API bool gort_timer_stop(gort_timer *t) GORT_NONNULL(1);
/* Makes it fire ns nanoseconds from now, whatever its state; result as gort_timer_stop's. since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_timer_reset(gort_timer *t, int64_t ns) GORT_NONNULL(1);

/* A ticker fires every period nanoseconds. An instant for which nobody has made room in the
 * channel is dropped: a slow receiver loses ticks, it never finds a queue of them. A ticker runs
 * until it is stopped. Panics "non-positive interval for NewTicker" if period <= 0.   since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_ticker *gort_ticker_make(int64_t period) GORT_NODISCARD;
GORT_API gort_chan *gort_ticker_chan(gort_ticker *t) GORT_NONNULL(1);
/* No more ticks; the channel stays open. It can be freed then, as a timer.            since 0.1
 * [goroutine; may park, as gort_timer_stop] */
GORT_API void gort_ticker_stop(gort_ticker *t) GORT_NONNULL(1);
/* Another period, from now on. Panics "non-positive interval for Ticker.Reset".       since 0.1
 * [goroutine; never parks; panics] */
GORT_API void gort_ticker_reset(gort_ticker *t, int64_t period) GORT_NONNULL(1);

GORT_END

#endif
