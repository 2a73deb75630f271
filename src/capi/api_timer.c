/* api_timer.c: clocks, sleeping, timers, tickers.                                    room: capi
 *
 * gort_timer and gort_ticker are both a struct chantimer of sync/timesleep.c; two names, because
 * their resets mean different things. */
#include "capi/capi.h"

int64_t
gort_now(void)
{
	return nanotime();
}

int64_t
gort_walltime(void)
{
	int64_t sec;
	int32_t nsec;
	walltime(&sec, &nsec);
	return sec * SEC + nsec;
}

void
gort_sleep(int64_t ns)
{
	struct g *gp = rtenter();
	timeSleep(ns);
	rtleave(gp);
}

static struct chantimer *
start(int64_t when, int64_t period)
{
	struct g *gp = rtenter();
	struct chantimer *t = newchantimer(when, period);
	rtleave(gp);
	return t;
}

static bool
stop(struct chantimer *t)
{
	struct g *gp = rtenter();
	bool pending = chantimerStop(t);
	rtleave(gp);
	return pending;
}

static bool
reset(struct chantimer *t, int64_t when, int64_t period)
{
	struct g *gp = rtenter();
	bool pending = chantimerReset(t, when, period);
	rtleave(gp);
	return pending;
}

gort_chan *
gort_after(int64_t ns)
{
	return (gort_chan *)chantimerChan(start(deadlineAfter(ns), 0));
}

gort_timer *
gort_timer_make(int64_t ns)
{
	return (gort_timer *)start(deadlineAfter(ns), 0);
}

gort_chan *
gort_timer_chan(gort_timer *t)
{
	return (gort_chan *)chantimerChan((struct chantimer *)t);
}

bool
gort_timer_stop(gort_timer *t)
{
	return stop((struct chantimer *)t);
}

bool
gort_timer_reset(gort_timer *t, int64_t ns)
{
	return reset((struct chantimer *)t, deadlineAfter(ns), 0);
}

gort_ticker *
gort_ticker_make(int64_t period)
{
	if (unlikely(period <= 0))
		panicPlain("non-positive interval for NewTicker");
	return (gort_ticker *)start(deadlineAfter(period), period);
}

gort_chan *
gort_ticker_chan(gort_ticker *t)
{
	return (gort_chan *)chantimerChan((struct chantimer *)t);
}

void
gort_ticker_stop(gort_ticker *t)
{
	stop((struct chantimer *)t);
}

void
gort_ticker_reset(gort_ticker *t, int64_t period)
{
	if (unlikely(period <= 0))
		panicPlain("non-positive interval for Ticker.Reset");
	reset((struct chantimer *)t, deadlineAfter(period), period);
}
