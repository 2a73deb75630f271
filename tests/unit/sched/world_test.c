/* world_test.c: stopping and starting the world, reaching every P, changing their number. */
#include "sched/internal.h"
#include "unit/sync/goro.h"

#include <string.h>
#include <unistd.h>

static uint32_t stop, ndone;
static int gate[2];
static uint32_t inside;

enum { COUNTERS = 6 };
static uint64_t counters[COUNTERS];

/* Moves its counter only inside the runtime, where it cannot be stopped half way. */
static void
counts(void *arg)
{
	uint64_t *n = arg;
	while (load_acq(&stop) == 0)
		RT(store_rlx(n, *n + 1));
	xadd(&ndone, 1u);
}

/* The same by announced calls, and by parking. */
static void
countsCalls(void *arg)
{
	uint64_t *n = arg;
	while (load_acq(&stop) == 0) {
		struct g *gp = rtenter();
		store_rlx(n, *n + 1);
		entersyscall();
		exitsyscall();
		rtleave(gp);
	}
	xadd(&ndone, 1u);
}

static struct hchan *chans[2];
static void
countsTurns(void *arg)
{
	uint64_t *n = arg;
	int me = (int)(n - counters) % 2;
	while (recvVal(chans[me]) == 0) {
		RT(store_rlx(n, *n + 1));
		send(chans[!me], load_acq(&stop) != 0);
	}
	trySend(chans[!me], 1); /* the other may wait for its turn */
	xadd(&ndone, 1u);
}

static void
waitsInCall(void *arg)
{
	char c;
	(void)arg;
	struct g *gp = rtenter();
	xadd(&inside, 1u);
	entersyscall();
	CHECK_EQ(read(gate[0], &c, 1), 1);
	exitsyscall();
	rtleave(gp);
	xadd(&ndone, 1u);
}

static void
startCounters(void)
{
	chans[0] = intchan(1);
	chans[1] = intchan(1);
	for (int i = 0; i < COUNTERS; i++) {
		void (*fn)(void *) = i < 2 ? counts : i < 4 ? countsCalls : countsTurns;
		spawn(fn, &counters[i]);
	}
	send(chans[0], 0);
}

static void
endCounters(void)
{
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) >= COUNTERS);
}

static void
snapshot(uint64_t *to)
{
	for (int i = 0; i < COUNTERS; i++)
		to[i] = load_rlx(&counters[i]);
}

static void
stopRun(int procs, int rounds)
{
	RT(GOMAXPROCS(procs));
	startCounters();
	uint64_t a[COUNTERS], b[COUNTERS];
	for (int r = 0; r < rounds; r++) {
		struct g *gp = rtenter();
		stopTheWorld();
		assertWorldStopped();
		CHECK_EQ(load_rlx(&sched.gcwaiting), 1);
		snapshot(a);
		for (int i = 0; i < 3; i++)
			osyield();
		snapshot(b);
		for (int i = 0; i < COUNTERS; i++)
			CHECK_EQ(a[i], b[i]);
		for (int i = 0; i < gomaxprocs; i++)
			CHECK_EQ(load_rlx(&allp[i]->status), Pgcstop);
		startTheWorld();
		rtleave(gp);
		/* And on it goes, for each of them. */
		if (r % 100 == 0)
			for (int i = 0; i < COUNTERS; i++)
				WAIT_UNTIL(load_rlx(&counters[i]) != b[i]);
	}
	endCounters();
}

TEST_G(sched, stw, nobody_moves_while_stopped)
{
	stopRun(4, 400);
}

TEST_G(sched, stw, on_one_p)
{
	stopRun(1, 101);
}

/* Stoppers queue. */
static uint32_t stopping;
static void
stops(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		struct g *gp = rtenter();
		stopTheWorld();
		CHECK_EQ(xadd(&stopping, 1u), 1);
		xadd(&stopping, -1u);
		startTheWorld();
		rtleave(gp);
	}
	xadd(&ndone, 1u);
}

TEST_OPT(sched, stw, stoppers_take_turns, .goroutine = true, .env = "GOMAXPROCS=3")
{
	for (int i = 0; i < 5; i++)
		spawn(stops, NULL);
	WAIT_UNTIL(load_acq(&ndone) == 5);
}

#if !GORT_FREESTANDING
/* Idle threads help the stopper, without a P, and are back before the world starts. */
static uint32_t helped[8], nhelping;

static void
helpWith(int32_t number, void *arg)
{
	CHECK(arg == helped && number >= 1 && number < (int32_t)nelem(helped));
	CHECK(getg() == getg()->m->g0 && getg()->m->p == NULL);
	xadd(&nhelping, 1u);
	if (testRand() % 4 == 0)
		osusleep((uint32_t)(testRand() % 200));
	CHECK_EQ(xadd(&helped[number], 1u), 1);
	xadd(&nhelping, -1u);
}

static void
helpRun(int procs, int32_t most, int rounds)
{
	RT(GOMAXPROCS(procs));
	startCounters();
	int32_t all = 0, full = 0;
	for (int r = 0; r < rounds; r++) {
		struct g *gp = rtenter();
		stopTheWorld();
		memset(helped, 0, sizeof helped);
		int32_t n = world.help(most, helpWith, helped);
		CHECK(n >= 0 && n <= most);
		world.helped();
		CHECK_EQ(load_acq(&nhelping), 0);
		for (int32_t i = 0; i < (int32_t)nelem(helped); i++)
			CHECK_EQ(helped[i], i >= 1 && i <= n);
		startTheWorld();
		rtleave(gp);
		all += n;
		full += n == most;
	}
	/* There is one thread more each time that there were too few. */
	CHECKF(full > rounds / 2, "%d helpers in %d stops, %d times all %d", all, rounds, full,
		most);
	lock(&sched.lock);
	int64_t threads = sched.mnext - sched.nmfreed;
	unlock(&sched.lock);
	CHECKF(threads < 40, "%ld threads", (long)threads);
	endCounters();
}

TEST_G(sched, helpers, come_and_go)
{
	helpRun(4, 3, 400);
}

TEST_G(sched, helpers, more_than_there_are)
{
	helpRun(2, 7, 200);
}

/* Threads that a signal stops do not help: others are made. */
static void
computes(void *arg unused_ok)
{
	while (load_acq(&stop) == 0)
		;
	xadd(&ndone, 1u);
}

TEST_G(sched, helpers, threads_that_compute_do_not)
{
	if (debug.asyncpreemptoff)
		testSkip("no signals to code that computes");
	for (int i = 0; i < 3; i++)
		spawn(computes, NULL);
	helpRun(3, 2, 100);
	WAIT_UNTIL(load_acq(&ndone) == COUNTERS + 3);
}
#endif

/* Who lets go of a P while a stop is wanted counts it, exactly once. Here the stop is played: nobody
 * waits for it. */
static void
playStop(int32_t wait)
{
	lock(&sched.lock);
	sched.stopwait = wait;
	noteclear(&sched.stopnote);
	store_seq(&sched.gcwaiting, wait > 0);
	unlock(&sched.lock);
}

TEST_OPT(sched, stw, entering_a_call_counts_the_p, .goroutine = true, .env = "GOMAXPROCS=1")
{
	struct g *gp = rtenter();
	struct p *pp = gp->m->p;
	playStop(2);
	entersyscall();
	CHECK_EQ(load_acq(&pp->status), Pgcstop);
	CHECK_EQ(sched.stopwait, 1);
	CHECK_EQ(load_acq(&sched.stopnote.key), 0);
	playStop(0);
	store_seq(&pp->status, (uint32_t)Psyscall);
	exitsyscall();
	playStop(1);
	entersyscall();
	CHECK_EQ(sched.stopwait, 0);
	CHECK_EQ(load_acq(&sched.stopnote.key), 1);
	playStop(0);
	store_seq(&pp->status, (uint32_t)Psyscall);
	exitsyscall();
	rtleave(gp);
}

TEST_OPT(sched, stw, handing_off_counts_the_p, .goroutine = true, .env = "GOMAXPROCS=4")
{
	struct g *gp;
	struct p *pp = NULL;
	for (;;) {
		WAIT_UNTIL(load_acq(&sched.npidle) == 3 && load_acq(&sched.nmspinning) == 0);
		gp = rtenter();
		lock(&sched.lock);
		/* As if somebody looked for work: nobody else is started, for a timer say, and stopped. */
		xadd(&sched.nmspinning, 1u);
		if (load_rlx(&sched.npidle) == 3) /* nor was since we looked */
			pp = pidleget();
		unlock(&sched.lock);
		if (pp != NULL)
			break;
		xadd(&sched.nmspinning, -1u);
		rtleave(gp);
	}
	playStop(2);
	handoffp(pp);
	CHECK_EQ(load_acq(&pp->status), Pgcstop);
	CHECK_EQ(sched.stopwait, 1);
	playStop(0);
	lock(&sched.lock);
	store_rel(&pp->status, (uint32_t)Pidle);
	pidleput(pp);
	unlock(&sched.lock);
	xadd(&sched.nmspinning, -1u);
	rtleave(gp);
}

TEST_DIES_G(sched, p, resize_needs_a_stopped_world, "world not stopped", 2)
{
	rtenter();
	procresize(3);
}

/* ---- forEachP ------------------------------------------------------------------------------ */

static uint32_t reached[MAXPROCS];
static void
reach(struct p *pp)
{
	xadd(&reached[pp->id], 1u);
}

TEST_G(sched, stw, foreachp_reaches_each_once)
{
	enum { PROCS = 6, CALLS = 2 };
	CHECK_EQ(pipe(gate), 0);
	RT(GOMAXPROCS(PROCS));
	for (int i = 0; i < CALLS; i++)
		spawn(waitsInCall, NULL);
	WAIT_UNTIL(load_acq(&inside) == CALLS);
	startCounters();
	for (uint32_t r = 1; r <= 50; r++) {
		RT(forEachP(reach));
		for (int i = 0; i < PROCS; i++)
			CHECKF(reached[i] == r, "P %d: %u times in %u rounds", i, reached[i], r);
		CHECK_EQ(reached[PROCS], 0);
	}
	for (int i = 0; i < CALLS; i++)
		CHECK_EQ(write(gate[1], "x", 1), 1);
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == COUNTERS + CALLS);
}

TEST_OPT(sched, stw, foreachp_reaches_idle_ones, .goroutine = true, .env = "GOMAXPROCS=4")
{
	WAIT_UNTIL(load_acq(&sched.npidle) == 3 && load_acq(&sched.nmspinning) == 0);
	for (uint32_t r = 1; r <= 3; r++) {
		RT(forEachP(reach));
		for (int i = 0; i < 4; i++)
			CHECK_EQ(reached[i], r);
	}
}

/* A P that enters a long call after the sweep over such Ps is not waited for. */
static void
callsAndAsks(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		struct g *gp = rtenter();
		entersyscall();
		osusleep(200);
		exitsyscall();
		rtleave(gp);
	}
	xadd(&ndone, 1u);
}

TEST_G(sched, stw, foreachp_against_calls)
{
	RT(GOMAXPROCS(4));
	for (int i = 0; i < 8; i++)
		spawn(callsAndAsks, NULL);
	for (int r = 0; r < 100; r++)
		RT(forEachP(reach));
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 8);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(reached[i], 100);
}

/* ---- GOMAXPROCS ------------------------------------------------------------------------------ */

static uint64_t sum;
static struct hchan *work;

static void
worker(void *arg)
{
	int64_t v;
	(void)arg;
	while (recv(work, &v)) {
		xadd(&sum, (uint64_t)v);
		if (v % 7 == 0)
			yield();
		if (v % 13 == 0)
			RT(timeSleep(20 * US));
		if (v % 17 == 0) {
			struct g *gp = rtenter();
			entersyscall();
			exitsyscall();
			rtleave(gp);
		}
	}
	xadd(&ndone, 1u);
}

static void
feeder(void *arg)
{
	int64_t n = (intptr_t)arg;
	for (int64_t i = 1; i <= n; i++)
		send(work, i);
	closeChan(work);
}

TEST_G(sched, p, gomaxprocs_under_load)
{
	enum { WORKERS = 40, N = 20000 };
	work = intchan(3);
	for (int i = 0; i < WORKERS; i++)
		spawn(worker, NULL);
	spawn(feeder, (void *)(intptr_t)N);
	int32_t was = 0, now = 0;
	RT(was = GOMAXPROCS(0));
	while (load_acq(&ndone) != WORKERS) {
		int32_t n = 1 + (int32_t)(testRand() % 9);
		RT(now = GOMAXPROCS(n));
		CHECK_EQ(now, was);
		was = n;
		yield();
	}
	CHECK_EQ(sum, (uint64_t)N * (N + 1) / 2);
	RT(now = GOMAXPROCS(-1));
	CHECK_EQ(now, was);
	/* Idle Ps are where they belong. */
	RT(GOMAXPROCS(5));
	RT(stopTheWorld(); startTheWorld());
}

/* A thread that polls when the world stops is still the one that polls when it starts. */
static void
sleepsLong(void *arg)
{
	(void)arg;
	RT(timeSleep(3600 * SEC));
}

TEST_OPT(sched, p, start_leaves_the_poller, .goroutine = true, .env = "GOMAXPROCS=2")
{
	spawn(sleepsLong, NULL);
	WAIT_UNTIL(load_seq(&sched.lastpoll) == 0 && load_seq(&sched.pollUntil) != 0);
	int64_t until = load_seq(&sched.pollUntil);
	struct g *gp = rtenter();
	for (int i = 0; i < 10; i++) {
		stopTheWorld();
		startTheWorld();
		CHECK_EQ(load_seq(&sched.lastpoll), 0);
		CHECK_EQ(load_seq(&sched.pollUntil), until);
	}
	rtleave(gp);
}

/* Sleeps go on through changes of their Ps. */
static void
sleeps(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++)
		RT(timeSleep((int64_t)(50 + i) * US));
	xadd(&ndone, 1u);
}

TEST_G(sched, p, stops_between_sleeps)
{
	for (int i = 0; i < 20; i++)
		spawn(sleeps, NULL);
	for (int r = 0; load_acq(&ndone) != 20; r++) {
		RT(GOMAXPROCS(1 + r % 4));
		RT(timeSleep(100 * US));
	}
}

/* The Ps that leave take nothing along: their goroutines, timers and dead Gs. */
static void
sleepsOnce(void *arg)
{
	(void)arg;
	RT(timeSleep(2 * MS));
	xadd(&ndone, 1u);
}

TEST_G(sched, p, shrinking_loses_nothing)
{
	enum { N = 500 };
	for (uint32_t r = 1; r <= 10; r++) {
		RT(GOMAXPROCS(8));
		for (int i = 0; i < N; i++)
			spawn(sleepsOnce, NULL);
		for (int i = 0; i < 20; i++)
			yield();
		RT(GOMAXPROCS(1));
		WAIT_UNTIL(load_acq(&ndone) == r * N);
	}
	int64_t n = 0;
	do
		RT(Gosched(); n = gcount());
	while (n != 1);
}
