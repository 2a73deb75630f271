/* Time: each function of gort/timer.h. Nothing here depends on how late a timer is. */
#include "check.h"

static void
clocks(void)
{
	int64_t a = gort_now(), b = gort_now();
	CHECK(a > 0 && b >= a);
	CHECK(gort_walltime() > (int64_t)1600000000 * GORT_SEC);
	CHECK(GORT_SEC == 1000 * GORT_MS && GORT_MS == 1000 * GORT_US && GORT_US == 1000 * GORT_NS);
}

static void
sleeping(void)
{
	int64_t start = gort_now();
	gort_sleep(3 * GORT_MS);
	CHECK(gort_now() - start >= 3 * GORT_MS);
	gort_sleep(0);
	gort_sleep(-GORT_SEC);
}

static void
after(void)
{
	int64_t start = gort_now(), when = 0;
	gort_chan *c = gort_after(2 * GORT_MS);
	CHECK(gort_chan_elemsize(c) == sizeof when);
	CHECK(gort_recv(c, &when));
	CHECK(when - start >= 2 * GORT_MS && when <= gort_now());
	CHECK(gort_recv(gort_after(0), &when));
	CHECK(gort_recv(gort_after(-1), &when));
}

static void
timers(void)
{
	int64_t when;
	gort_timer *t = gort_timer_make(GORT_MS);
	gort_chan *c = gort_timer_chan(t);
	CHECK(gort_recv(c, &when));
	CHECK(!gort_timer_stop(t));
	CHECK(!gort_timer_reset(t, GORT_MS));
	CHECK(gort_recv(c, &when));

	CHECK(!gort_timer_reset(t, 3600 * GORT_SEC));
	CHECK(gort_timer_stop(t));
	CHECK(!gort_timer_stop(t));
	CHECK(gort_try_recv(c, &when) == 0);
	CHECK(!gort_timer_reset(t, 3600 * GORT_SEC));
	CHECK(gort_timer_reset(t, GORT_MS));
	CHECK(gort_recv(c, &when));
	CHECK(gort_timer_chan(t) == c);

	/* The end of time is not in the past. */
	t = gort_timer_make(INT64_MAX);
	CHECK(gort_try_recv(gort_timer_chan(t), &when) == 0);
	CHECK(gort_timer_stop(t));
	gort_free(t);
}

/* A thousand stopped timers do not fire, and a thousand others do. */
static void
many_timers(void)
{
	enum { N = 1000 };
	static gort_timer *stopped[N], *firing[N];
	int64_t when;
	for (int i = 0; i < N; i++) {
		stopped[i] = gort_timer_make(20 * GORT_SEC + i * GORT_MS);
		firing[i] = gort_timer_make(i % 10 * GORT_MS);
	}
	for (int i = 0; i < N; i++)
		CHECK(gort_timer_stop(stopped[i * 7 % N]));
	for (int i = 0; i < N; i++)
		CHECK(gort_recv(gort_timer_chan(firing[i]), &when));
	for (int i = 0; i < N; i++)
		CHECK(gort_try_recv(gort_timer_chan(stopped[i]), &when) == 0);
}

static void
tickers(void)
{
	int64_t start = gort_now(), last = start, when;
	gort_ticker *t = gort_ticker_make(GORT_MS);
	gort_chan *c = gort_ticker_chan(t);
	for (int i = 0; i < 5; i++) {
		CHECK(gort_recv(c, &when));
		CHECK(when > last);
		last = when;
	}
	CHECK(last - start >= 5 * GORT_MS);
	gort_ticker_reset(t, 2 * GORT_MS);
	CHECK(gort_recv(c, &when));
	gort_ticker_stop(t);
	CHECK(gort_select(GORT_RECV(c, &when), GORT_AFTER(10 * GORT_MS)) == 1);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	clocks();
	sleeping();
	after();
	timers();
	many_timers();
	tickers();
	PASSED();
}
