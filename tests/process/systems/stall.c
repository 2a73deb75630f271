// Nobody can stall the others, with one P: not by computing, not by a call that nobody announced.
// case: computing
// args: computing
// env: GOMAXPROCS=1
// stdout: the timer came in time
// case: sleeping
// args: sleeping
// env: GOMAXPROCS=1
// stdout: both slept at the same time
// case: reading
// args: reading
// env: GOMAXPROCS=1
// stdout: what was awaited was sent
#include <gort.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int over, ends[2];

static void
spin(void *wg)
{
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while (b.tv_sec - a.tv_sec < 3);
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	gort_waitgroup_done(wg);
}

static void
sleep1(void *wg)
{
	struct timespec s = {.tv_sec = 1};
	while (nanosleep(&s, &s) != 0)
		;
	gort_waitgroup_done(wg);
}

static void
reads(void *wg)
{
	char c;
	if (read(ends[0], &c, 1) == 1 && c == 'x')
		puts("what was awaited was sent");
	gort_waitgroup_done(wg);
}

int
gort_main(int argc, char **argv)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	if (argc != 2)
		return 2;
	if (strcmp(argv[1], "computing") == 0) {
		gort_waitgroup_add(&wg, 1);
		gort_go(spin, &wg);
		gort_sleep(10 * GORT_MS); /* the other begins, and never calls the runtime */
		if (__atomic_load_n(&over, __ATOMIC_ACQUIRE) == 0)
			puts("the timer came in time");
	} else if (strcmp(argv[1], "sleeping") == 0) {
		int64_t t = gort_now();
		gort_waitgroup_add(&wg, 2);
		gort_go(sleep1, &wg);
		gort_go(sleep1, &wg);
		gort_waitgroup_wait(&wg);
		if (gort_now() - t < 1900 * GORT_MS)
			puts("both slept at the same time");
	} else if (pipe(ends) == 0) {
		gort_waitgroup_add(&wg, 1);
		gort_go(reads, &wg);
		gort_gosched(); /* it sits in read, and only we can end that */
		if (write(ends[1], "x", 1) != 1)
			return 1;
	}
	gort_waitgroup_wait(&wg);
	return 0;
}
