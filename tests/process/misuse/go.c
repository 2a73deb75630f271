/* Goroutines, locks, memory and time used wrongly. */
// status: 2
#include <gort.h>

#include <string.h>

static gort_chan *c;
static gort_once once;
static gort_mutex *volatile nomutex;

static void
nothing(void *arg)
{
	(void)arg;
}

static void
sends(void *arg)
{
	(void)arg;
	gort_send(c, 1);
}

static void
leave(void *arg)
{
	(void)arg;
	gort_goexit();
}

int
gort_main(int argc, char **argv)
{
	static const char big[GORT_COPY_MAX + 1];
	const char *what = argc > 1 ? argv[1] : "";
	gort_mutex m = GORT_MUTEX_INIT;
	gort_rwmutex rw = GORT_RWMUTEX_INIT;
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	ptrdiff_t n = argc;
	c = gort_chan_make(int, 0);

	// case: go_null
	// args: go_null
	// stderr: fatal error: go of nil func value
	// stderr: goroutine 1 [running]:
	// stderr: gort_main(...)
	if (strcmp(what, "go_null") == 0)
		gort_go(NULL, NULL);
	// case: go_copy_null
	// args: go_copy_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "go_copy_null") == 0)
		gort_go_copy(NULL, &n, sizeof n);
	// case: go_copy_null_block
	// args: go_copy_null_block
	// stderr: panic: runtime error: invalid memory address or nil pointer dereference
	// stderr: goroutine 1 [running]:
	if (strcmp(what, "go_copy_null_block") == 0)
		gort_go_copy(nothing, NULL, sizeof n);
	// case: go_opt_null
	// args: go_opt_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "go_opt_null") == 0)
		return gort_go_opt(NULL, NULL, NULL);
	// case: waitgroup_go_null
	// args: waitgroup_go_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "waitgroup_go_null") == 0)
		gort_waitgroup_go(&wg, NULL, NULL);
	// case: block_null
	// args: block_null
	// stderr: panic: gort_block of nil func value
	if (strcmp(what, "block_null") == 0)
		gort_block(NULL, NULL);
	// case: once_null
	// args: once_null
	// stderr: panic: gort_once_do of nil func value
	if (strcmp(what, "once_null") == 0)
		gort_once_do(&once, NULL, NULL);
	// case: null_mutex
	// args: null_mutex
	// setups: opt debug hard
	// stderr: panic: runtime error: invalid memory address or nil pointer dereference
	// stderr: [signal SIGSEGV
	// stderr: gort_main(...)
	if (strcmp(what, "null_mutex") == 0)
		gort_mutex_lock(nomutex);
	// case: copy_too_large
	// args: copy_too_large
	// stderr: panic: gort_go_copy: 4097 bytes of arguments, at most 4096 can be copied
	if (strcmp(what, "copy_too_large") == 0)
		gort_go_copy(nothing, big, sizeof big);
	// case: in_block
	// args: in_block
	// stderr: inside gort_block
	// stderr: gort_main(...)
	if (strcmp(what, "in_block") == 0)
		gort_block(sends, NULL);
	// case: main_goexit
	// args: main_goexit
	// stderr: fatal error: no goroutines (main called runtime.Goexit) - deadlock!
	if (strcmp(what, "main_goexit") == 0) {
		gort_go(leave, NULL);
		gort_goexit();
	}

	// case: unlock
	// args: unlock
	// stderr: fatal error: sync: unlock of unlocked mutex
	// stderr: gort_main(...)
	if (strcmp(what, "unlock") == 0)
		gort_mutex_unlock(&m);
	// case: rwunlock
	// args: rwunlock
	// stderr: fatal error: sync: Unlock of unlocked RWMutex
	if (strcmp(what, "rwunlock") == 0)
		gort_rwmutex_unlock(&rw);
	// case: runlock
	// args: runlock
	// stderr: fatal error: sync: RUnlock of unlocked RWMutex
	if (strcmp(what, "runlock") == 0)
		gort_rwmutex_runlock(&rw);
	// case: negative_waitgroup
	// args: negative_waitgroup
	// stderr: panic: sync: negative WaitGroup counter
	if (strcmp(what, "negative_waitgroup") == 0)
		gort_waitgroup_done(&wg);
	// case: lock_twice
	// args: lock_twice
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [sync.Mutex.Lock]:
	if (strcmp(what, "lock_twice") == 0) {
		gort_mutex_lock(&m);
		gort_mutex_lock(&m);
	}
	// case: wait_for_ever
	// args: wait_for_ever
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [sync.WaitGroup.Wait]:
	if (strcmp(what, "wait_for_ever") == 0) {
		gort_waitgroup_add(&wg, 1);
		gort_waitgroup_wait(&wg);
	}

	// case: ticker_zero
	// args: ticker_zero
	// stderr: panic: non-positive interval for NewTicker
	if (strcmp(what, "ticker_zero") == 0)
		gort_ticker_stop(gort_ticker_make(0));
	// case: ticker_reset_negative
	// args: ticker_reset_negative
	// stderr: panic: non-positive interval for Ticker.Reset
	if (strcmp(what, "ticker_reset_negative") == 0)
		gort_ticker_reset(gort_ticker_make(GORT_SEC), -1);

	// case: make_negative
	// args: make_negative
	// stderr: panic: runtime error: makeslice: len out of range
	// stderr: gort_main(...)
	if (strcmp(what, "make_negative") == 0)
		return gort_make(int, -n) != NULL;
	// case: make_overflow
	// args: make_overflow
	// stderr: panic: runtime error: makeslice: len out of range
	if (strcmp(what, "make_overflow") == 0)
		return gort_make(int64_t, PTRDIFF_MAX / n) != NULL;
	// case: alloc_too_large
	// args: alloc_too_large
	// stderr: panic: gort_alloc: size out of range: 18446744073709551614 bytes
	if (strcmp(what, "alloc_too_large") == 0)
		return gort_alloc((size_t)-n) != NULL;
	// case: out_of_memory
	// args: out_of_memory
	// setups: opt debug hard
	// stderr: runtime: out of memory: cannot allocate 140737488347136-byte block
	// stderr: fatal error:
	if (strcmp(what, "out_of_memory") == 0)
		return gort_alloc(((size_t)1 << 47) - 4096 * (size_t)n) != NULL;
	// case: free_inside
	// args: free_inside
	// stderr: fatal error:
	if (strcmp(what, "free_inside") == 0)
		gort_free((char *)gort_alloc(64) + 8);
	// case: free_twice
	// args: free_twice
	// stderr: fatal error:
	if (strcmp(what, "free_twice") == 0) {
		void *p = gort_alloc(64);
		gort_free(p);
		gort_free(p);
	}
	// case: free_local
	// args: free_local
	// stderr: fatal error:
	if (strcmp(what, "free_local") == 0)
		gort_free(&m);
	return 0;
}
