/* What a panic runs, what it prints, and what of it main's return waits for. */
#include <gort.h>

#include <stdio.h>
#include <string.h>

/* A panic is under way when main returns: it gets its turns, and its report. */
// case: grace
// args: grace
// env: GOMAXPROCS=1
// status: 2
// stdout: deferred: the end
// stderr: panic: late
// stderr: goroutine 5 [running]:

/* But not for ever. */
// case: grace_ends
// args: grace_ends
// env: GOMAXPROCS=1
// status: 0
// stdout: deferred: the beginning
// nostderr: panic

/* Who merely runs is not waited for, and what it has deferred does not run. */
// case: running
// args: running
// env: GOMAXPROCS=1
// status: 0
// stdout: running

/* A second panic in what the first one runs: both are reported. */
// case: nested
// args: nested
// status: 2
// stdout: deferred: outer
// stderr: panic: first
// stderr: 	panic: second

/* A panic that was ended says nothing; one that is raised again says what it said. */
// case: again
// args: again
// status: 2
// stdout: caught: one
// stderr: panic: one

/* The end of a goroutine runs what it has deferred, and no more. */
// case: goexit
// args: goexit
// status: 0
// stdout: deferred: inner
// stdout: deferred: outer

static int begun;

static void
say(void *what)
{
	printf("deferred: %s\n", (const char *)what);
	fflush(stdout);
}

static void
turns(void *arg)
{
	(void)arg;
	__atomic_store_n(&begun, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 100; i++)
		gort_gosched();
	say("the end");
}

static void
late(void *arg)
{
	(void)arg;
	gort_defer(turns, NULL);
	gort_panic("late");
}

static void
sleeps(void *arg)
{
	(void)arg;
	say("the beginning");
	__atomic_store_n(&begun, 1, __ATOMIC_SEQ_CST);
	gort_sleep(3600 * GORT_SEC);
}

static void
later(void *arg)
{
	(void)arg;
	gort_defer(sleeps, NULL);
	gort_panic("too late");
}

static void
runs(void *arg)
{
	(void)arg;
	gort_defer(say, "of who runs");
	puts("running");
	fflush(stdout);
	__atomic_store_n(&begun, 1, __ATOMIC_SEQ_CST);
	for (;;)
		gort_gosched();
}

static void
second(void *arg)
{
	(void)arg;
	gort_panic("second");
}

static void
first(void *arg)
{
	(void)arg;
	gort_defer(say, "outer");
	gort_defer(second, NULL);
	gort_panic("first");
}

static void
one(void *arg)
{
	(void)arg;
	gort_panic("one");
}

static void
done(void *wg)
{
	gort_waitgroup_done(wg);
}

static void
ends(void *arg)
{
	gort_defer(done, arg);
	gort_defer(say, "outer");
	{
		gort_defer(say, "inner");
		gort_goexit();
	}
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct gort_panic p;
	if (strcmp(what, "grace") == 0)
		gort_go(late, NULL);
	else if (strcmp(what, "grace_ends") == 0)
		gort_go(later, NULL);
	else if (strcmp(what, "running") == 0)
		gort_go(runs, NULL);
	else if (strcmp(what, "nested") == 0)
		first(NULL);
	else if (strcmp(what, "again") == 0) {
		if (!gort_try(&p, one, NULL)) {
			printf("caught: %s\n", p.text);
			fflush(stdout);
			gort_panic_again(&p);
		}
	} else if (strcmp(what, "goexit") == 0) {
		gort_waitgroup wg = GORT_WAITGROUP_INIT;
		gort_waitgroup_add(&wg, 1);
		gort_go(ends, &wg);
		gort_waitgroup_wait(&wg);
		return 0;
	}
	while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST))
		gort_gosched();
	return 0;
}
