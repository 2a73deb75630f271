/* embed: a program that has its own main and its own threads, as programs do, and lets goroutines
 * work for them. The runtime starts with the first call. What is a thread here stays one: main
 * sits in its own poll loop, the sensors measure; goroutines add up what they send. One of them
 * computes without end, one sits in a bare read, one waits for a pthread mutex, one recurses five
 * million times, and still a ticker of 10 ms keeps time, also with GOMAXPROCS=1.
 *
 * gort: --split-stack
 */
#include <gort.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SENSORS = 4, READINGS = 50, WORKERS = 8, TICKS = 50, ENDING = 4 };

#define PERIOD (10 * GORT_MS)

static gort_chan *readings; /* of int64_t */
static gort_chan *sums;     /* the same */
static gort_chan *ended;    /* of int: ticks, the depth that was reached, or 0 */
static int wake[2];         /* commands for main's poll loop */
static int quiet[2];        /* nobody writes to it until the end */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile long spins;
static int64_t worst; /* how late a tick was, in ns */

/* ---- the program's threads ----------------------------------------------------------------- */

static void *
sensor(void *arg)
{
	int64_t base = (intptr_t)arg * READINGS;
	for (int64_t i = 0; i < READINGS; i++)
		gort_send(readings, base + i); /* blocks this thread, if nobody takes it */
	return NULL;
}

/* ---- goroutines ---------------------------------------------------------------------------- */

static void
worker(void *unused)
{
	int64_t v, sum = 0;
	(void)unused;
	while (gort_recv(readings, &v))
		sum += v;
	gort_send(sums, sum);
}

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
	gort_send(ended, 0);
}

static void
wait_for_mutex(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	gort_send(ended, 0);
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
	gort_send(ended, (int)depth(5000000, &none));
}

static void
ticks(void *unused)
{
	int64_t now, due = gort_now() + PERIOD;
	gort_ticker *t = gort_ticker_make(PERIOD);
	int n = 0;
	(void)unused;
	for (; n < TICKS && gort_recv(gort_ticker_chan(t), NULL); n++) {
		now = gort_now();
		if (now - due > worst)
			worst = now - due;
		while (due <= now) /* what nobody could take in time is lost */
			due += PERIOD;
	}
	gort_ticker_stop(t);
	if (write(quiet[1], "x", 1) != 1 || write(wake[1], "u", 1) != 1)
		abort();
	gort_send(ended, n);
}

/* Waits for all, and tells main. */
static void
collect(void *unused)
{
	int64_t v, sum = 0;
	int n, all = 0;
	(void)unused;
	for (int i = 0; i < WORKERS && gort_recv(sums, &v); i++)
		sum += v;
	printf("sum %lld\n", (long long)sum);
	for (int i = 0; i < ENDING && gort_recv(ended, &n); i++)
		all += n;
	printf("ticks and depth %d\n", all - 1);
	if (write(wake[1], "q", 1) != 1)
		abort();
}

int
main(int argc, char **argv)
{
	int64_t limit = (argc > 1 ? atoi(argv[1]) : 20) * GORT_MS;
	pthread_t threads[SENSORS];
	if (pipe(wake) != 0 || pipe(quiet) != 0)
		return 1;
	pthread_mutex_lock(&mutex);
	readings = gort_chan_make(int64_t, 64);
	sums = gort_chan_make(int64_t, WORKERS);
	ended = gort_chan_make(int, ENDING);
	gort_go(spin, NULL);
	gort_go(wait_for_input, NULL);
	gort_go(wait_for_mutex, NULL);
	gort_go(recurse, NULL);
	gort_go(ticks, NULL);
	for (int i = 0; i < WORKERS; i++)
		gort_go(worker, NULL);
	gort_go(collect, NULL);
	for (int i = 0; i < SENSORS; i++)
		if (pthread_create(&threads[i], NULL, sensor, (void *)(intptr_t)i) != 0)
			return 1;

	/* main's own loop, which knows nothing of goroutines. */
	struct pollfd fd = {.fd = wake[0], .events = POLLIN};
	char command = 0;
	for (int turns = 0; command != 'q'; turns++) {
		if (turns == 1) {
			for (int i = 0; i < SENSORS; i++)
				pthread_join(threads[i], NULL);
			gort_close(readings);
		}
		int ready = poll(&fd, 1, 5);
		if (ready < 0 || (ready > 0 && read(wake[0], &command, 1) != 1))
			return 1;
		if (ready > 0 && command == 'u')
			pthread_mutex_unlock(&mutex);
	}
	fprintf(stderr, "%d ticks, the worst %.3f ms late\n", TICKS, (double)worst / 1e6);
	if (worst > limit || spins == 0)
		return 1;
	printf("main was woken\n");
	return 0;
}
