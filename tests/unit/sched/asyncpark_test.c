/* asyncpark_test.c: C code that never enters the runtime is stopped, at the end of its slice and
 * for a stop of the world; a thread that sleeps in a call that nobody announced loses its P. */
#define _GNU_SOURCE
#include "sched/internal.h"
#include "unit/sync/goro.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

static uint32_t stop, ndone, inside;
static uint64_t count[4];

static void
signalsOnly(void)
{
	if (GORT_TSAN)
		testSkip("no signals to code that computes");
}

static void
burner(void *arg)
{
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0)
		store_rlx(n, *n + 1);
	xadd(&ndone, 1u);
}

/* ---- the end of a slice -------------------------------------------------------------------- */

TEST_OPT(sched, asyncpark, one_burner, .goroutine = true, .env = "GOMAXPROCS=1")
{
	signalsOnly();
	spawn(burner, &count[0]);
	/* main yields; that it comes back at all is the test. */
	for (int i = 0; i < 10; i++) {
		uint64_t n = load_rlx(&count[0]);
		WAIT_UNTIL(load_rlx(&count[0]) != n);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
	uint64_t preempts = 0;
	for (int i = 0; i < gomaxprocs; i++)
		preempts += allp[i]->stats.npreempt;
	CHECK(preempts >= 10);
}

TEST_OPT(sched, asyncpark, sleepers_wake, .goroutine = true, .env = "GOMAXPROCS=1")
{
	signalsOnly();
	spawn(burner, &count[0]);
	for (int i = 0; i < 20; i++)
		RT(timeSleep(1 * MS));
	CHECK(count[0] > 0);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
}

/* Threads of goroutines that compute are bounded, and each goes on where it was. */
static void
sums(void *arg)
{
	uint64_t *n = arg, x = 1;
	int64_t end = osThreadCpu(osgettid()) + 50 * MS;
	while (osThreadCpu(osgettid()) < end) {
		for (int i = 0; i < 100000; i++)
			x = x * 6364136223846793005u + 1;
		*n = x;
	}
	xadd(&ndone, 1u);
}

static void
manyCompute(uint32_t n)
{
	signalsOnly();
	uint64_t *results = calloc(n, sizeof *results);
	for (uint32_t i = 0; i < n; i++)
		spawn(sums, &results[i]);
	WAIT_UNTIL(load_acq(&ndone) == n);
	for (uint32_t i = 0; i < n; i++)
		CHECK(results[i] != 0);
	/* Parked ones, running ones, and a few of the runtime's. */
	CHECKF(mcount() <= 64 + 20, "%d threads", mcount());
}

TEST_OPT(sched, asyncpark, few_threads, .goroutine = true, .env = "GOMAXPROCS=2", .timeout = 600)
{
	manyCompute(GORT_DEBUG || GORT_ASAN || GORT_SPLIT ? 200 : 2000);
}

TEST_OPT(sched, asyncpark, few_threads_long, .goroutine = true, .env = "GOMAXPROCS=2",
	.timeout = 7200)
{
	testLong("20 minutes of two CPUs");
	manyCompute(50000);
}

/* More that compute for ever than there should be threads: others go on, also new ones. */
static void
ends(void *arg)
{
	(void)arg;
	xadd(&ndone, 1u);
}

TEST_OPT(sched, asyncpark, burners_for_ever, .goroutine = true, .env = "GOMAXPROCS=2",
	.timeout = 300)
{
	signalsOnly();
	enum { N = 70, LATER = 3 };
	static uint64_t counts[N];
	for (int i = 0; i < N; i++)
		spawn(burner, &counts[i]);
	for (int i = 0; i < N; i++)
		WAIT_UNTIL(load_rlx(&counts[i]) != 0);
	for (int i = 0; i < LATER; i++)
		spawn(ends, NULL);
	WAIT_UNTIL(load_acq(&ndone) == LATER);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == N + LATER);
}

/* A locked goroutine stays on its thread, also when that is parked. */
static void
lockedBurner(void *arg)
{
	RT(lockOSThread());
	uint64_t tid = osgettid();
	uint64_t *n = arg;
	while (load_rlx(&stop) == 0)
		store_rlx(n, *n + 1);
	CHECK_EQ(osgettid(), tid);
	RT(CHECK(getg()->m->lockedg == getg()));
	RT(unlockOSThread());
	xadd(&ndone, 1u);
}

TEST_OPT(sched, asyncpark, locked, .goroutine = true, .env = "GOMAXPROCS=1")
{
	signalsOnly();
	spawn(lockedBurner, &count[0]);
	spawn(lockedBurner, &count[1]);
	for (int i = 0; i < 5; i++) {
		uint64_t n = load_rlx(&count[0]), k = load_rlx(&count[1]);
		WAIT_UNTIL(load_rlx(&count[0]) != n && load_rlx(&count[1]) != k);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 2);
}

/* Registers of all kinds survive: the sums are those of a run without anybody else. */
static double
mixes(uint64_t rounds, uint64_t *ints)
{
	double a = 1, b = 2, c = 3, d = 4;
	long double e = 1;
	uint64_t h = 14695981039346656037u;
	for (uint64_t i = 0; i < rounds; i++) {
		a = a * 1.0000001 + b, b = b * 0.9999999 + c, c = c * 0.5 + d,
		d = d * 0.25 + a * 1e-9;
		e = e * 1.0000001L + 1e-9L;
		h = (h ^ i) * 1099511628211u;
		if (a > 1e100)
			a = 1;
	}
	*ints = h;
	return a + b + c + d + (double)e;
}

enum { MIX_ROUNDS = 20000000 };
static double mixresult[3];
static uint64_t mixints[3];

static void
mixer(void *arg)
{
	int i = (int)(intptr_t)arg;
	mixresult[i] = mixes(MIX_ROUNDS, &mixints[i]);
	xadd(&ndone, 1u);
}

TEST_OPT(sched, asyncpark, registers, .goroutine = true, .env = "GOMAXPROCS=1", .timeout = 120)
{
	signalsOnly();
	mixer((void *)0);
	spawn(mixer, (void *)1);
	spawn(mixer, (void *)2);
	while (load_acq(&ndone) != 3)
		RT(timeSleep(200 * US)); /* each wake preempts */
	for (int i = 1; i < 3; i++) {
		CHECK_EQ(mixints[i], mixints[0]);
		CHECK(mixresult[i] == mixresult[0]);
	}
}

TEST_OPT(sched, asyncpark, off, .goroutine = true, .env = "GOMAXPROCS=2 GODEBUG=asyncpreemptoff=1")
{
	CHECK_EQ(preemptsig, 0);
	spawn(burner, &count[0]);
	WAIT_UNTIL(load_rlx(&count[0]) != 0);
	for (int i = 0; i < 30; i++) /* longer than a slice */
		RT(timeSleep(MS));
	CHECK_EQ(sched.parked.n, 0);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
}

/* ---- stops of the world -------------------------------------------------------------------- */

/* In an announced call, and writing all the time. */
static void
callBurner(void *arg)
{
	uint64_t *n = arg;
	struct g *gp = rtenter();
	entersyscall();
	while (load_rlx(&stop) == 0)
		store_rlx(n, *n + 1);
	exitsyscall();
	rtleave(gp);
	xadd(&ndone, 1u);
}

static void
nobodyWrites(void)
{
	uint64_t before[4];
	for (int i = 0; i < 4; i++)
		before[i] = load_rlx(&count[i]);
	osusleep(1000);
	for (int i = 0; i < 4; i++)
		CHECKF(load_rlx(&count[i]) == before[i], "%d still counts", i);
}

TEST_OPT(sched, asyncpark, stop_stops_all, .goroutine = true, .env = "GOMAXPROCS=2", .timeout = 120)
{
	signalsOnly();
	spawn(burner, &count[0]);
	spawn(burner, &count[1]);
	spawn(callBurner, &count[2]);
	spawn(callBurner, &count[3]);
	for (int i = 0; i < 4; i++)
		WAIT_UNTIL(load_rlx(&count[i]) > 0);
	int rounds = (int)(200 * testSeconds());
	for (int i = 0; i < rounds; i++) {
		RT(stopTheWorld(); nobodyWrites(); startTheWorld());
		if (i % 10 == 0) { /* and that they go on again */
			for (int k = 0; k < 4; k++) {
				uint64_t n = load_rlx(&count[k]);
				WAIT_UNTIL(load_rlx(&count[k]) != n);
			}
		}
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 4);
}

/* The threads that a stop found computing wake each other: all of them go on. */
TEST_OPT(sched, asyncpark, start_wakes_all, .goroutine = true, .env = "GOMAXPROCS=12",
	.timeout = 120)
{
	signalsOnly();
	enum { N = 11 };
	static uint64_t counts[N];
	for (int i = 0; i < N; i++)
		spawn(burner, &counts[i]);
	for (int i = 0; i < N; i++)
		WAIT_UNTIL(load_rlx(&counts[i]) > 0);
	for (int i = 0; i < 20; i++) {
		uint64_t before[N];
		RT(stopTheWorld(); startTheWorld());
		for (int k = 0; k < N; k++)
			before[k] = load_rlx(&counts[k]);
		if (i % 4 != 0) /* stops that meet the wakes of the one before, too */
			continue;
		for (int k = 0; k < N; k++)
			WAIT_UNTIL(load_rlx(&counts[k]) != before[k]);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == N);
}

/* GOMAXPROCS changes under code that computes: nobody is lost, whose P goes. */
TEST_OPT(sched, asyncpark, resize, .goroutine = true, .env = "GOMAXPROCS=4", .timeout = 120)
{
	signalsOnly();
	for (int i = 0; i < 4; i++)
		spawn(burner, &count[i]);
	int rounds = (int)(100 * testSeconds());
	for (int i = 0; i < rounds; i++) {
		RT(GOMAXPROCS(1 + (int32_t)(testRand() % 5)));
		uint64_t n = load_rlx(&count[i % 4]);
		if (i % 10 == 0)
			WAIT_UNTIL(load_rlx(&count[i % 4]) != n);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 4);
}

static uint32_t reached;
static void
reach(struct p *pp)
{
	(void)pp;
	xadd(&reached, 1u);
}

TEST_OPT(sched, asyncpark, foreachp_reaches, .goroutine = true, .env = "GOMAXPROCS=3")
{
	signalsOnly();
	for (int i = 0; i < 3; i++)
		spawn(burner, &count[i]);
	for (int i = 0; i < 3; i++)
		WAIT_UNTIL(load_rlx(&count[i]) > 0);
	for (uint32_t i = 1; i <= 100; i++) {
		RT(forEachP(reach));
		CHECK_EQ(load_acq(&reached), 3 * i);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 3);
}

/* ---- calls that nobody announced ----------------------------------------------------------- */

static int pipes[2][2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
reader(void *arg)
{
	char c = 0;
	xadd(&inside, 1u);
	CHECK_EQ(read(*(int *)arg, &c, 1), 1);
	CHECK_EQ(c, 'x');
	RT(CHECK(getg()->m->p != NULL && getg()->m->p->m == getg()->m));
	xadd(&ndone, 1u);
}

static void
locker(void *arg)
{
	(void)arg;
	xadd(&inside, 1u);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	xadd(&ndone, 1u);
}

TEST_OPT(sched, revoke, sleepers_lose_their_p, .goroutine = true, .env = "GOMAXPROCS=1")
{
	CHECK_EQ(pipe(pipes[0]), 0);
	CHECK_EQ(pipe(pipes[1]), 0);
	for (int round = 0; round < 5; round++) {
		inside = ndone = 0;
		pthread_mutex_lock(&mutex);
		spawn(reader, &pipes[0][0]);
		spawn(reader, &pipes[1][0]);
		spawn(locker, NULL);
		/* One P: each that sleeps must have lost it before the next can begin. */
		WAIT_UNTIL(load_acq(&inside) == 3);
		CHECK_EQ(load_acq(&ndone), 0);
		for (int i = 0; i < 3; i++)
			RT(timeSleep(MS));
		pthread_mutex_unlock(&mutex);
		CHECK_EQ(write(pipes[0][1], "x", 1), 1);
		CHECK_EQ(write(pipes[1][1], "x", 1), 1);
		WAIT_UNTIL(load_acq(&ndone) == 3);
	}
}

/* Back again at once, all the time: the hand-over and the entry race. */
static void
naps(void *arg)
{
	uint64_t *n = arg;
	while (load_acq(&stop) == 0) {
		osusleep((uint32_t)(*n % 7) * 20); /* as user code: nobody announced it */
		RT(store_rlx(n, *n + 1));
		RT(CHECK(getg()->m->p->m == getg()->m); CHECK(getg()->m->inrt == 1));
	}
	xadd(&ndone, 1u);
}

TEST_OPT(sched, revoke, races_entry, .goroutine = true, .env = "GOMAXPROCS=2", .timeout = 120)
{
	for (int i = 0; i < 4; i++)
		spawn(naps, &count[i]);
	int64_t end = nanotime() + (int64_t)(1e9 * testSeconds());
	while (nanotime() < end) {
		yield();
		if (nanotime() % 64 == 0)
			RT(stopTheWorld(); startTheWorld());
	}
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(count[i] > 0);
}

/* A goroutine locked to its thread comes back to a queue, and to its thread. */
static void
lockedReader(void *arg)
{
	RT(lockOSThread());
	uint64_t tid = osgettid();
	reader(arg);
	CHECK_EQ(osgettid(), tid);
	RT(unlockOSThread());
}

TEST_OPT(sched, revoke, locked, .goroutine = true, .env = "GOMAXPROCS=1")
{
	signalsOnly();
	CHECK_EQ(pipe(pipes[0]), 0);
	spawn(lockedReader, &pipes[0][0]);
	WAIT_UNTIL(load_acq(&inside) == 1);
	RT(timeSleep(5 * MS));
	spawn(burner, &count[0]); /* no P is idle when it comes back */
	WAIT_UNTIL(load_rlx(&count[0]) > 0);
	CHECK_EQ(write(pipes[0][1], "x", 1), 1);
	WAIT_UNTIL(load_acq(&ndone) == 1);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 2);
}

/* Threads of the program's own, outside between two calls: they may write, so a stop halts them. */
static never_inline void
attaches(void)
{
	RT(Gosched());
}

static void *
foreignBurner(void *arg)
{
	attaches();
	burner(arg);
	return NULL;
}

TEST_OPT(sched, asyncpark, stop_stops_foreign, .goroutine = true, .env = "GOMAXPROCS=2",
	.timeout = 120)
{
	signalsOnly();
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, foreignBurner, &count[i]), 0);
	for (int i = 0; i < 4; i++)
		WAIT_UNTIL(load_rlx(&count[i]) > 0);
	int rounds = (int)(200 * testSeconds());
	for (int i = 0; i < rounds; i++) {
		RT(stopTheWorld(); nobodyWrites(); startTheWorld());
		uint64_t n = load_rlx(&count[i % 4]);
		if (i % 10 == 0)
			WAIT_UNTIL(load_rlx(&count[i % 4]) != n);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 4);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

/* ---- on stacks that are not the goroutine's ------------------------------------------------ */

/* A coroutine of some library's, a handler on another stack: whoever waits there for its turn may
 * wait for a lock of the very code that was interrupted. A slice does not end there; a stop of the
 * world halts it all the same. */
static uint64_t others;       /* turns that another goroutine had */
static uint64_t seen[2];      /* the same, before and after 50 ms on another stack */
static uint32_t elsewhere;    /* atomic: a round on another stack is under way */
static ucontext_t here, away; /* a coroutine */

static void
turns(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		xadd(&others, (uint64_t)1);
		yield();
	}
	xadd(&ndone, 1u);
}

/* Several slices without a call of the runtime. */
static void
computes(void)
{
	seen[0] = load_acq(&others);
	for (int64_t end = nanotime() + 50 * MS; nanotime() < end;)
		store_rlx(&count[0], count[0] + 1);
	seen[1] = load_acq(&others);
}

static void
coroutine(void)
{
	store_rel(&elsewhere, 1u);
	computes();
	store_rel(&elsewhere, 0u);
	swapcontext(&away, &here);
}

static void
onUsr1(int sig)
{
	(void)sig;
	store_rel(&elsewhere, 1u);
	computes();
	store_rel(&elsewhere, 0u);
}

static void
asCoroutine(void)
{
	enum { SIZE = 256 * 1024 };
	static char *stack;
	if (stack == NULL)
		stack = malloc(SIZE);
	getcontext(&away);
	away.uc_stack.ss_sp = stack;
	away.uc_stack.ss_size = SIZE;
	away.uc_link = NULL;
	makecontext(&away, coroutine, 0);
	swapcontext(&here, &away);
}

static void
asHandler(void)
{
	raise(SIGUSR1);
}

static void
staysElsewhere(void *fn)
{
	while (load_acq(&stop) == 0)
		((void (*)(void))(uintptr_t)fn)();
	xadd(&ndone, 1u);
}

static void
otherStack(void (*fn)(void))
{
	signalsOnly();
	spawn(turns, NULL);
	for (int i = 0; i < 5; i++) {
		fn();
		CHECKF(seen[0] == seen[1], "another goroutine had %lu turns",
			(unsigned long)(seen[1] - seen[0]));
		for (uint64_t n = load_acq(&others); load_acq(&others) == n;)
			store_rlx(&count[0], count[0] + 1);
	}
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
	store_rel(&stop, 0u);
	RT(GOMAXPROCS(2));
	spawn(staysElsewhere, (void *)(uintptr_t)fn);
	for (int halted = 0; halted < 20;) {
		RT(timeSleep(MS));
		RT(stopTheWorld(); nobodyWrites(); halted += load_acq(&elsewhere); startTheWorld());
	}
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 2);
}

TEST_OPT(sched, asyncpark, on_a_coroutines_stack, .goroutine = true, .env = "GOMAXPROCS=1")
{
	otherStack(asCoroutine);
}

TEST_OPT(sched, asyncpark, on_the_alternate_stack, .goroutine = true, .env = "GOMAXPROCS=1")
{
	struct sigaction sa = {.sa_handler = onUsr1, .sa_flags = SA_ONSTACK};
	sigaction(SIGUSR1, &sa, NULL);
	otherStack(asHandler);
}
