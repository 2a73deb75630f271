/* sched.c: starting, switching and sleeping goroutines; the use of two processors. */
#include "bench.h"

/* ---- spawn_join: goroutines that only signal; the spawner yields every 1,024 --------------- */

static void
signal_done(void *wg)
{
	gort_waitgroup_done(wg);
}

static void
spawn_join(int64_t ops)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		gort_waitgroup_add(&wg, 1);
		gort_go(signal_done, &wg);
		if (i % 1024 == 1023)
			gort_gosched();
	}
	gort_waitgroup_wait(&wg);
	report("spawn_join", start, ops);
}

/* ---- gosched2: two goroutines yield in turn ------------------------------------------------ */

static void
yield_many(void *arg)
{
	int64_t n = *(int64_t *)arg;
	for (int64_t i = 0; i < n; i++)
		gort_gosched();
}

static void
gosched2(int64_t ops)
{
	int64_t each = (ops + 1) / 2;
	int64_t start = gort_now();
	together(2, yield_many, &each);
	report("gosched2", start, 2 * each);
}

/* ---- sleepers: goroutine i sleeps (i mod 100) * 10 us -------------------------------------- */

struct sleeper {
	int64_t ns;
	gort_waitgroup *wg;
};

static void
sleeper(void *arg)
{
	struct sleeper *s = arg;
	gort_sleep(s->ns);
	gort_waitgroup_done(s->wg);
}

static void
sleepers(int64_t ops)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		gort_waitgroup_add(&wg, 1);
		gort_go_copy(sleeper, &(struct sleeper){i % 100 * 10 * GORT_US, &wg},
			sizeof(struct sleeper));
	}
	gort_waitgroup_wait(&wg);
	report("sleepers", start, ops);
}

/* ---- timer_startstop: a one-hour timer made and stopped ------------------------------------ */

static void
timer_startstop(int64_t ops)
{
	int64_t stopped = 0;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		stopped += gort_timer_stop(gort_timer_make(3600 * GORT_SEC));
	report("timer_startstop", start, ops);
	if (stopped != ops)
		abort();
}

/* ---- cpu_split: computing, in 64 goroutines ------------------------------------------------ */

enum { PIECES = 64 };

static uint64_t cpu_result[PIECES];

struct piece {
	int64_t steps;
	uint64_t *result;
};

static void
compute(void *arg)
{
	struct piece *p = arg;
	uint64_t x = 88172645463325252u;
	for (int64_t i = 0; i < p->steps; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	*p->result = x;
}

static void
cpu_split(int64_t ops)
{
	struct piece piece[PIECES];
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t each = (ops + PIECES - 1) / PIECES;
	int64_t start = gort_now();
	for (int i = 0; i < PIECES; i++) {
		piece[i] = (struct piece){each, &cpu_result[i]};
		gort_waitgroup_go(&wg, compute, &piece[i]);
	}
	gort_waitgroup_wait(&wg);
	report("cpu_split", start, each * PIECES);
	for (int i = 1; i < PIECES; i++)
		if (cpu_result[i] != cpu_result[0])
			abort();
}

const struct measure sched_measures[] = {
	{"spawn_join", spawn_join},
	{"gosched2", gosched2},
	{"sleepers", sleepers},
	{"timer_startstop", timer_startstop},
	{"cpu_split", cpu_split},
	{NULL, NULL},
};
