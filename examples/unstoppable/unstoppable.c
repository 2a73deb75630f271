/* unstoppable: nobody can stall it. Run it with GOMAXPROCS=1: a ticker of 10 ms keeps its time while
 * one goroutine computes and never calls anything, one sits in a bare read, one waits for a pthread
 * mutex, and one calls itself five million times.
 *
 * gort: --split-stack
 */
#include <gort.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICKS = 100 };

#define PERIOD (10 * GORT_MS)

static int quiet[2]; /* a pipe that nobody writes to until the end */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long spins;

static void
spin(void *unused)
{
	(void)unused;
	for (;;)
		spins++;
}

static void
wait_for_input(void *unused)
{
	char c;
	(void)unused;
	if (read(quiet[0], &c, 1) != 1)
		abort();
}

static void
wait_for_mutex(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static __attribute__((noinline)) long
depth(long n, const long *above)
{
	long here = n;
	return n == 0 ? *above : depth(n - 1, &here) + 1;
}

static void
recurse(void *unused)
{
	long none = 0;
	(void)unused;
	if (depth(5000000, &none) != 5000001) /* the innermost gives the 1 of the one above it */
		abort();
}

int
gort_main(int argc, char **argv)
{
	int64_t limit = (argc > 1 ? atoi(argv[1]) : 20) * GORT_MS, worst = 0;
	gort_waitgroup others = GORT_WAITGROUP_INIT;
	if (pipe(quiet) != 0)
		return 1;
	pthread_mutex_lock(&mutex);
	gort_go(spin, NULL);
	gort_waitgroup_go(&others, wait_for_input, NULL);
	gort_waitgroup_go(&others, wait_for_mutex, NULL);
	gort_waitgroup_go(&others, recurse, NULL);

	/* A tick is due each 10 ms from the start. One that nobody could take in time is lost: the next
	 * one received is measured by when the lost one was due. */
	int64_t start = gort_now(), due = start + PERIOD;
	gort_ticker *ticker = gort_ticker_make(PERIOD);
	for (int i = 0; i < TICKS && gort_recv(gort_ticker_chan(ticker), NULL); i++) {
		int64_t now = gort_now();
		if (now - due > worst)
			worst = now - due;
		while (due <= now)
			due += PERIOD;
	}
	int64_t took = gort_now() - start;
	gort_ticker_stop(ticker);

	pthread_mutex_unlock(&mutex);
	if (write(quiet[1], "x", 1) != 1)
		return 1;
	gort_waitgroup_wait(&others);
	fprintf(stderr, "%d ticks in %.3f s, the worst %.3f ms late\n", TICKS, (double)took / 1e9,
		(double)worst / 1e6);
	if (worst > limit || spins == 0)
		return 1;
	printf("nobody stalled it\n");
	return 0;
}
