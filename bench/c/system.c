/* system.c: what meets the kernel: calls that block, stops of the world, a crowd's start and end. */
#include "bench.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- go_end_1m: started in one loop that does not yield ------------------------------------- */

static void
end_at_once(void *wg)
{
	gort_waitgroup_done(wg);
}

static void
go_end_1m(int64_t ops)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t start = gort_now();
	gort_waitgroup_add(&wg, (int)ops);
	for (int64_t i = 0; i < ops; i++)
		gort_go(end_at_once, &wg);
	gort_waitgroup_wait(&wg);
	report("go_end_1m", start, ops);
}

/* ---- computing, the same in all of these ----------------------------------------------------- */

static uint64_t computed; /* so that the loop is not left out */

static void
steps(int64_t n)
{
	uint64_t x = 88172645463325252u;
	for (int64_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	__atomic_fetch_add(&computed, x, __ATOMIC_RELAXED);
}

/* ---- syscall_handoff: eight in calls of 1 ms beside one that computes, GOMAXPROCS=1 ---------- */

enum { CALLERS = 8 };

struct office {
	int closed;
	int64_t calls;
	bool announced;
	gort_waitgroup wg;
};

static void
sleep_1ms(void *arg)
{
	struct timespec ms = {.tv_nsec = 1000000};
	(void)arg;
	nanosleep(&ms, NULL);
}

static void
caller(void *arg)
{
	struct office *o = arg;
	int64_t n = 0;
	for (; !__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE); n++) {
		if (o->announced)
			gort_block(sleep_1ms, NULL);
		else
			sleep_1ms(NULL);
	}
	__atomic_fetch_add(&o->calls, n, __ATOMIC_RELAXED);
}

/* The share: the time that the steps take alone, of the time that they take in company. */
static void
handoff(const char *name, int64_t ops, bool announced)
{
	struct office o = {.announced = announced, .wg = GORT_WAITGROUP_INIT};
	int64_t t0 = gort_now();
	steps(ops);
	int64_t alone = gort_now() - t0;
	for (int i = 0; i < CALLERS; i++)
		gort_waitgroup_go(&o.wg, caller, &o);
	gort_gosched();
	int64_t t1 = gort_now();
	steps(ops);
	int64_t together_ns = gort_now() - t1;
	__atomic_store_n(&o.closed, 1, __ATOMIC_RELEASE);
	gort_waitgroup_wait(&o.wg);
	int64_t all = gort_now() - t1;
	printf("%s %.2f\n", name, 100.0 * (double)alone / (double)together_ns);
	printf("%s_calls %.1f\n", name, 1e9 * (double)o.calls / (double)all);
}

static void
syscall_handoff(int64_t ops)
{
	handoff("syscall_handoff", ops, true);
}

/* The same without a word to the runtime, as a library would. */
static void
syscall_plain(int64_t ops)
{
	handoff("syscall_plain", ops, false);
}

/* ---- stop_the_world: GOMAXPROCS changes to and fro beside two that compute ------------------- */

static int computing = 1;

static void
compute_on(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&computing, __ATOMIC_RELAXED))
		steps(1000000);
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The median of the stops, as one that meets a busy kernel says nothing about the runtime. The
 * process has a third P, which is idle, so that whoever stops does not wait for a turn. */
static void
stop_the_world(int64_t ops)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int64_t *took = gort_make(int64_t, ops);
	int procs = gort_gomaxprocs(0);
	for (int i = 0; i < 2; i++)
		gort_waitgroup_go(&wg, compute_on, NULL);
	gort_sleep(50 * GORT_MS);
	for (int64_t i = 0; i < ops; i++) {
		gort_sleep(2 * GORT_MS);
		int64_t t = gort_now();
		gort_gomaxprocs(procs + (i % 2 == 0));
		took[i] = gort_now() - t;
	}
	__atomic_store_n(&computing, 0, __ATOMIC_RELAXED);
	gort_waitgroup_wait(&wg);
	qsort(took, (size_t)ops, sizeof took[0], by_size);
	printf("stop_the_world %.0f\n", (double)took[ops / 2]);
	printf("stop_the_world_worst %.0f\n", (double)took[ops - 1]);
}

/* ---- exit_10k: the clock at main's return, with so many parked; launch -e does the rest ------- */

struct crowd10k {
	gort_waitgroup here;
	gort_chan *gate;
};

static void
stay(void *arg)
{
	struct crowd10k *k = arg;
	int64_t v;
	gort_waitgroup_done(&k->here);
	gort_recv(k->gate, &v);
}

static void
exit_10k(int64_t ops)
{
	static struct crowd10k k;
	struct timespec t;
	char line[32];
	k.gate = gort_chan_make(int64_t, 0);
	gort_waitgroup_add(&k.here, (int)ops);
	for (int64_t i = 0; i < ops; i++)
		gort_go(stay, &k);
	gort_waitgroup_wait(&k.here);
	clock_gettime(CLOCK_MONOTONIC, &t);
	int n = snprintf(line, sizeof line, "%lld\n", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
	if (write(1, line, (size_t)n) != n)
		exit(1);
}

const struct measure system_measures[] = {
	{"go_end_1m", go_end_1m},
	{"syscall_handoff", syscall_handoff},
	{"syscall_plain", syscall_plain},
	{"stop_the_world", stop_the_world},
	{"exit_10k", exit_10k},
	{NULL, NULL},
};
