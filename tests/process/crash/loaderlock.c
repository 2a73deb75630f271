// A report asks nobody for a lock of the loader: its owner may stand still, by chance or because the
// report has stopped it.
//
// setups: opt debug hard
// status: 2
// secs: 30
//
// case: thread
// args: thread
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: goroutine 1 [running]:
// stderr: nilread(...)
// stderr: loaderlock.c:56
//
// case: goroutine
// args: goroutine
// env: GOMAXPROCS=1 GOTRACEBACK=all
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: goroutine 1 [running]:
// stderr: nilread(...)
// stderr: loaderlock.c:56
// stderr: goroutine 5 [
//
// case: sigquit
// args: quit
// stderr: SIGQUIT: quit
// stderr: goroutine 1 [
// stderr: gort_main(...)
// stderr: loaderlock.c:
//
// case: sigquit_holder
// args: quitholder
// stderr: SIGQUIT: quit
// stderr: goroutine 1 [
// stderr: gort_main(...)
// stderr: loaderlock.c:
//
// case: static
// build: -static
// args: thread
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: nilread(...)
// stderr: loaderlock.c:56
#define _GNU_SOURCE
#include <gort.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static int held;

static __attribute__((noinline)) int
nilread(volatile int *p)
{
	return *p; /* loaderlock.c:56 */
}

/* For ever under the loader's lock. */
static int
holds(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info, (void)size, (void)arg;
	__atomic_store_n(&held, 1, __ATOMIC_SEQ_CST);
	for (;;) {
	}
	return 0;
}

static void
goroutine(void *arg)
{
	dl_iterate_phdr(holds, arg);
}

static void *
thread(void *arg)
{
	goroutine(arg);
	return NULL;
}

static void
quits(void *t)
{
	pthread_kill(t != NULL ? *(pthread_t *)t : pthread_self(), SIGQUIT);
}

int
gort_main(int argc, char **argv)
{
	pthread_t t;
	if (argc != 2)
		return 1;
	if (strcmp(argv[1], "goroutine") == 0)
		gort_go(goroutine, NULL);
	else if (pthread_create(&t, NULL, thread, NULL) != 0)
		return 1;
	while (!__atomic_load_n(&held, __ATOMIC_SEQ_CST))
		gort_sleep(GORT_MS);
	if (argv[1][0] == 'q') {
		gort_go(quits, strcmp(argv[1], "quitholder") == 0 ? &t : NULL);
		gort_sleep(100 * GORT_SEC);
	}
	return nilread(NULL);
}
