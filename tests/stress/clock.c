/* clock.c: nobody wakes early, nothing stale comes out of a timer, and what was not stopped fires. */
#include "torture.h"

static uint64_t naps;
static gort_waitgroup clockwg;

static void
napper(void *arg)
{
	struct seat *s = sitDown("a sleeper");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		int64_t d = (int64_t)below(&r, 2000) * GORT_US, t = gort_now();
		gort_sleep(d);
		int64_t took = gort_now() - t;
		if (took < d)
			wrong("clock", "a sleep", took, d);
		ADD(&naps, 1);
	}
	standUp(s);
}

static void
timerUser(void *arg)
{
	struct seat *s = sitDown("a user of timers");
	struct rng r = newrng();
	gort_timer *t = gort_timer_make(GORT_SEC);
	gort_ticker *tick = gort_ticker_make(300 * GORT_US);
	int64_t when, lasttick = 0;
	(void)arg;
	while (goingOn(s)) {
		int64_t d = (int64_t)below(&r, 500) * GORT_US, set = gort_now();
		gort_timer_reset(t, d);
		switch (below(&r, 4)) {
		case 0:
			gort_timer_stop(t);
			if (gort_try_recv(gort_timer_chan(t), &when) == 1)
				wrong("clock", "a tick after stop", when, 0);
			break;
		case 1:
			gort_recv(gort_timer_chan(t), &when);
			if (when < set + d)
				wrong("clock", "a tick", when, set + d);
			break;
		case 2:
			gort_ticker_reset(tick, (int64_t)(1 + below(&r, 400)) * GORT_US);
			gort_recv(gort_ticker_chan(tick), &when);
			if (when < lasttick)
				wrong("clock", "the ticker's time", when, lasttick);
			lasttick = when;
			break;
		default:
			gort_select(GORT_RECV(gort_timer_chan(t), &when),
				GORT_RECV(gort_ticker_chan(tick), NULL),
				GORT_AFTER((int64_t)below(&r, 400) * GORT_US));
			break;
		}
	}
	gort_timer_stop(t);
	gort_ticker_stop(tick);
	gort_free(t);
	gort_free(tick);
	standUp(s);
}

/* ---- after functions: each fires once, or was stopped ----------------------------------------- */

enum { FUSES = 8 };
static uint64_t fires;

struct fuse {
	gort_timer *t;
	int64_t not_before;
	uint64_t lit, stopped, fired;
};

static void
blow(void *arg)
{
	struct fuse *f = arg;
	if (gort_now() < LOAD(&f->not_before))
		wrong("clock", "an after function", gort_now(), f->not_before);
	ADD(&f->fired, 1);
	ADD(&fires, 1);
}

static void
fuseUser(void *arg)
{
	struct seat *s = sitDown("a user of after functions");
	struct rng r = newrng();
	static const int64_t far = 3600 * GORT_SEC;
	struct fuse *f = gort_make(struct fuse, FUSES);
	(void)arg;
	for (int i = 0; i < FUSES; i++) {
		f[i].t = gort_after_func(far, blow, &f[i]);
		f[i].lit = 1;
	}
	while (goingOn(s)) {
		struct fuse *g = &f[below(&r, FUSES)];
		switch (below(&r, 4)) {
		case 0:
			g->stopped += gort_timer_stop(g->t);
			break;
		case 1:
			gort_sleep((int64_t)below(&r, 300) * GORT_US);
			break;
		default: {
			int64_t d = (int64_t)below(&r, 400) * GORT_US;
			/* One that is on its way may still come before the new time. */
			g->stopped += gort_timer_stop(g->t);
			while (LOAD(&g->fired) + g->stopped != g->lit) {
				moved(s);
				gort_gosched();
			}
			STORE(&g->not_before, gort_now() + d);
			g->lit++;
			EXPECT("clock", "reset of a stopped timer", gort_timer_reset(g->t, d),
				false);
		} break;
		}
	}
	for (int i = 0; i < FUSES; i++) {
		f[i].stopped += gort_timer_stop(f[i].t);
		while (LOAD(&f[i].fired) + f[i].stopped < f[i].lit) {
			moved(s);
			gort_gosched();
		}
		EXPECT("clock", "after functions that fired", f[i].fired + f[i].stopped, f[i].lit);
		gort_free(f[i].t);
	}
	gort_free(f);
	standUp(s);
}

static void
runClock(void *arg)
{
	(void)arg;
	crowd(&clockwg, 12, napper, NULL);
	crowd(&clockwg, 6, timerUser, NULL);
	crowd(&clockwg, 3, fuseUser, NULL);
	gort_waitgroup_wait(&clockwg);
}

/* ---- dawn: everybody sleeps, then one timer wakes one of them -------------------------------- */

/* With nothing else to do the process sleeps in the kernel until the earliest deadline, and a timer
 * that is set must shorten that sleep. The far one is what the thread would sleep for. */
static uint64_t dawns;

static void
farSleeper(void *arg)
{
	gort_chan *c = arg;
	gort_select(GORT_RECV(c, NULL), GORT_AFTER(3600 * GORT_SEC));
}

static void
nearSleeper(void *arg)
{
	struct seat *s = sitDown("a sleeper at dawn");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		gort_sleep((int64_t)(1 + below(&r, 3000)) * GORT_US);
		ADD(&dawns, 1);
	}
	standUp(s);
}

static void
runDawn(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT, rest = GORT_WAITGROUP_INIT;
	gort_chan *c = gort_chan_make(int, 0);
	(void)arg;
	crowd(&rest, 2, farSleeper, c);
	crowd(&wg, 3, nearSleeper, NULL);
	gort_waitgroup_wait(&wg);
	gort_close(c);
	gort_waitgroup_wait(&rest);
	gort_free(c);
}

const struct part clockParts[] = {
	{"clock", runClock, &naps, "sleeps", false},
	{"dawn", runDawn, &dawns, "dawns", true},
	{NULL, NULL, NULL, NULL, false},
};
