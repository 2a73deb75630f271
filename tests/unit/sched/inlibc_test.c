/* inlibc_test.c: a thread that is stopped inside libc, with a lock of libc's, stops nobody else for
 * good: it gets its turn, who waits for the lock does not keep the P meanwhile, and the runtime
 * itself, which makes threads and stops the world, needs no such lock. */
#define _GNU_SOURCE
#include "sched/internal.h"
#include "unit/sync/goro.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t stop, ndone, ended;
static uint64_t count[2];
static FILE *null;

static void
mallocs(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0) {
		void *p[16];
		for (int i = 0; i < 16; i++)
			p[i] = malloc((size_t)(100 << (i % 8)));
		for (int i = 0; i < 16; i++)
			free(p[i]);
		store_rlx(n, *n + 1);
	}
	xadd(&ndone, 1u);
}

static int
seen(struct dl_phdr_info *info, size_t size, void *n)
{
	(void)info;
	(void)size;
	for (volatile int i = 0; i < 10000; i++) { /* under the loader's lock */
	}
	++*(uint64_t *)n;
	return 0;
}

static void
phdrs(void *arg)
{
	while (load_rlx(&stop) == 0)
		dl_iterate_phdr(seen, arg);
	xadd(&ndone, 1u);
}

static void
opens(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0) {
		void *h = dlopen("libm.so.6", RTLD_NOW);
		if (h != NULL)
			dlclose(h);
		store_rlx(n, *n + 1);
	}
	xadd(&ndone, 1u);
}

static void
prints(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0) {
		fprintf(null, "%d %s\n", 17, "text");
		store_rlx(n, *n + 1);
	}
	xadd(&ndone, 1u);
}

static void *
thread(void *arg)
{
	return arg;
}

static void
creates(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0) {
		pthread_t t;
		CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
		store_rlx(n, *n + 1);
	}
	xadd(&ndone, 1u);
}

static void
forks(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0) {
		int w;
		pid_t pid = fork();
		if (pid == 0)
			_exit(3);
		CHECK(pid > 0);
		CHECK_EQ(waitpid(pid, &w, 0), pid);
		CHECK(WIFEXITED(w) && WEXITSTATUS(w) == 3);
		store_rlx(n, *n + 1);
	}
	xadd(&ndone, 1u);
}

/* Takes its thread along: another must be made. */
static void
endsThread(void *arg)
{
	(void)arg;
	RT(lockOSThread());
	xadd(&ended, 1u);
}

/* Two goroutines that fight for a lock of libc, preempted 1,000 times. Meanwhile threads are made,
 * goroutines born, and the world is stopped. */
static void
insideLibc(void (*fn)(void *), int rounds)
{
	enum { AT_A_TIME = 50 };
	if (GORT_TSAN)
		testSkip("no signals to code that computes");
	null = fopen("/dev/null", "w");
	if (GORT_DEBUG || GORT_ASAN || GORT_SPLIT)
		rounds /= 10;
	rounds = (int)(rounds * testSeconds());
	for (int i = 0; i < rounds;) {
		store_rlx(&stop, 0u);
		store_rlx(&ndone, 0u);
		spawn(fn, &count[0]);
		spawn(fn, &count[1]);
		for (int k = 0; k < AT_A_TIME; k++, i++) {
			uint32_t before = load_acq(&ended);
			spawn(endsThread, NULL);
			RT(timeSleep(200 * US));
			RT(stopTheWorld(); startTheWorld());
			free(malloc(100000));
			fprintf(null, "main\n");
			WAIT_UNTIL(load_acq(&ended) != before);
		}
		uint64_t was[2] = {load_rlx(&count[0]), load_rlx(&count[1])};
		for (int k = 0; k < 2; k++)
			WAIT_UNTIL(load_rlx(&count[k]) != was[k]);
		store_rlx(&stop, 1u);
		WAIT_UNTIL(load_acq(&ndone) == 2);
	}
	fclose(null);
}

#define LIBC_TEST(name, procs, fn, rounds)                                                         \
	TEST_OPT(sched, inlibc, name, .goroutine = true, .env = "GOMAXPROCS=" procs,               \
		.timeout = 300)                                                                    \
	{                                                                                          \
		insideLibc(fn, rounds);                                                            \
	}

LIBC_TEST(malloc, "1", mallocs, 1000)
LIBC_TEST(dl_iterate_phdr, "1", phdrs, 1000)
LIBC_TEST(dlopen, "1", opens, 1000)
LIBC_TEST(stdio, "2", prints, 1000)
LIBC_TEST(pthread_create, "1", creates, 1000)
LIBC_TEST(fork, "2", forks, 500)
