/* sched_test.c: goroutines on Ms and Ps: order, turns, hand-offs, counters. What is waited for is a
 * state; a broken scheduler shows as the test's time-out, with all goroutines' stacks. */
#include "sched/internal.h"
#include "unit/sync/goro.h"

#include <time.h>
#include <unistd.h>

static uint64_t
total(size_t field)
{
	uint64_t n = 0;
	for (int i = 0; i < MAXPROCS; i++)
		if (allp[i] != NULL)
			n += load_rlx((uint64_t *)((char *)&allp[i]->stats + field));
	return n;
}
#define TOTAL(f) total(offsetof(struct pstats, f))

/* An announced call that lasts until somebody writes to the pipe. */
static int gate[2];
static uint32_t inside, outside;

static void
throughGate(void *arg)
{
	char c;
	(void)arg;
	struct g *gp = rtenter();
	xadd(&inside, 1u);
	entersyscall();
	CHECK_EQ(read(gate[0], &c, 1), 1);
	exitsyscall();
	rtleave(gp);
	xadd(&outside, 1u);
}

static void
openGate(int n)
{
	while (n-- > 0)
		CHECK_EQ(write(gate[1], "x", 1), 1);
}

/* ---- order --------------------------------------------------------------------------------- */

static char order[64], letters[] = "ABC";
static uint32_t norder, ndone;

static void
threeTurns(void *arg)
{
	for (int i = 0; i < 3; i++) {
		order[norder++] = *(char *)arg;
		yield();
	}
	ndone++;
}

TEST_OPT(sched, park, gosched_is_fair, GO_ONE_P)
{
	NOT_HARD();
	/* A request to give way sends a goroutine to the global queue: only a run without one has
	 * a fixed order. */
	for (;;) {
		uint64_t before = TOTAL(npreempt);
		norder = ndone = 0;
		for (int i = 0; i < 3; i++)
			spawn(threeTurns, &letters[i]);
		WAIT_UNTIL(ndone == 3);
		order[norder] = 0;
		if (TOTAL(npreempt) == before)
			break;
	}
	CHECK_STREQ(order, "ABCABCABC");
}

/* A readied goroutine runs next, before those that wait already. */
static struct hchan *wake1;
static void
readied(void *arg)
{
	(void)arg;
	recvVal(wake1);
	order[norder++] = 'r';
	ndone++;
}

static void
queued(void *arg)
{
	(void)arg;
	order[norder++] = 'q';
	ndone++;
}

TEST_OPT(sched, park, readied_runs_next, GO_ONE_P)
{
	NOT_HARD();
	for (;;) {
		uint64_t before = TOTAL(npreempt);
		norder = ndone = 0;
		wake1 = intchan(0);
		waitParked(spawn(readied, NULL), waitReasonChanReceive);
		spawn(queued, NULL);
		send(wake1, 1);
		WAIT_UNTIL(ndone == 2);
		order[norder] = 0;
		if (TOTAL(npreempt) == before)
			break;
	}
	CHECK_STREQ(order, "rq");
}

/* ---- the direct switch --------------------------------------------------------------------- */

static struct hchan *ping, *pong;
static void
echo(void *arg)
{
	int64_t v;
	(void)arg;
	while (recv(ping, &v))
		send(pong, v + 1);
}

TEST_OPT(sched, park, direct_switches, GO_ONE_P)
{
	ping = intchan(0);
	pong = intchan(0);
	spawn(echo, NULL);
	uint64_t before = TOTAL(ndirect), n = 10000;
	for (uint64_t i = 0; i < n; i++) {
		send(ping, (int64_t)i);
		CHECK_EQ(recvVal(pong), (int64_t)i + 1);
	}
	closeChan(ping);
	CHECKF(TOTAL(ndirect) - before > n, "%lu of %lu", (unsigned long)(TOTAL(ndirect) - before),
		(unsigned long)n);
}

/* A chain of direct switches does not keep the global queue waiting: gosched of a lone goroutine
 * and preempted ones lie there. */
static uint32_t stop, turns;
static void
pingpong(void *arg)
{
	bool first = arg != NULL;
	while (load_acq(&stop) == 0) {
		turns++;
		if (first) {
			send(ping, 0);
			recvVal(pong);
		} else {
			recvVal(ping);
			send(pong, 0);
		}
	}
	ndone++;
}

static void
inGlobalQueue(void *arg)
{
	(void)arg;
	store_rel(&stop, 1u);
}

TEST_OPT(sched, park, pair_leaves_room_for_the_global_queue, GO_ONE_P)
{
	ping = intchan(1);
	pong = intchan(1);
	struct g *a = spawn(pingpong, &stop);
	struct g *b = spawn(pingpong, NULL);
	(void)a;
	(void)b;
	struct g *gp = rtenter();
	struct g *late;
	const char *why;
	late = newproc(inGlobalQueue, NULL, NULL, 0, &why);
	CHECK(late != NULL);
	/* Out of the ring, into the global list. */
	struct p *pp = gp->m->p;
	struct gqueue q = {0};
	bool inherit, found = false;
	struct g *x;
	while ((x = runqget(pp, &inherit)) != NULL)
		gqueuePushBack(&q, x);
	while ((x = gqueuePop(&q)) != NULL) {
		if (x == late) {
			lock(&sched.lock);
			globrunqput(x);
			unlock(&sched.lock);
			found = true;
		} else {
			runqput(pp, x, false);
		}
	}
	CHECK(found);
	rtleave(gp);
	turns = 0;
	WAIT_UNTIL(load_acq(&stop) != 0);
	/* Each switch counts, and main's, too; sysmon's request alone would come after 100,000. */
	CHECKF(turns < 5000, "%u turns", turns);
}

/* ---- goexit -------------------------------------------------------------------------------- */

static void
exits(void *arg)
{
	ndone++;
	if (arg != NULL) {
		rtenter();
		goexit1();
	}
	ndone++;
}

TEST_OPT(sched, newproc, goexit, GO_ONE_P)
{
	int64_t before = 0, now;
	struct g *gp = rtenter();
	const char *why;
	before = gcount();
	for (int i = 0; i < 100; i++)
		CHECK(newproc(exits, i % 2 != 0 ? &ndone : NULL, NULL, 0, &why) != NULL);
	now = gcount();
	rtleave(gp);
	CHECK_EQ(now, before + 100);
	do
		RT(Gosched(); now = gcount());
	while (now != before);
	CHECK_EQ(ndone, 150);
}

/* ---- who runs where ------------------------------------------------------------------------ */

static uint32_t locktid, others, lockedturns;
static struct hchan *locked1;

static void
lockedLoop(void *arg)
{
	(void)arg;
	RT(lockOSThread());
	RT(lockOSThread()); /* nests */
	RT(unlockOSThread());
	uint64_t tid = osgettid();
	store_rel(&locktid, (uint32_t)tid);
	for (int i = 0; i < 300; i++) {
		switch (i % 3) {
		case 0:
			yield();
			break;
		case 1:
			recvVal(locked1);
			break;
		case 2: {
			struct g *gp = rtenter();
			entersyscall();
			osusleep(1);
			exitsyscall();
			rtleave(gp);
		} break;
		}
		CHECK_EQ(osgettid(), tid);
		xadd(&lockedturns, 1u);
	}
	store_rel(&locktid, 0u);
	RT(unlockOSThread());
	xadd(&ndone, 1u);
}

static void
otherLoop(void *arg)
{
	(void)arg;
	while (load_acq(&ndone) == 0) {
		/* Read before and after: the lock may begin or end in between. */
		uint32_t t0 = load_acq(&locktid), t1;
		uint32_t me = (uint32_t)osgettid();
		t1 = load_acq(&locktid);
		CHECK(t0 != me || t1 != me);
		xadd(&others, 1u);
		trySend(locked1, 1);
		yield();
	}
	xadd(&outside, 1u);
}

static void
lockedRun(int procs)
{
	RT(GOMAXPROCS(procs));
	locked1 = intchan(0);
	spawn(lockedLoop, NULL);
	for (int i = 0; i < 4; i++)
		spawn(otherLoop, NULL);
	WAIT_UNTIL(load_acq(&ndone) == 1 && load_acq(&outside) == 4);
	CHECK_EQ(lockedturns, 300);
	CHECK(others > 0);
}

TEST_G(sched, m, locked_goroutine_keeps_its_thread)
{
	lockedRun(2);
}

TEST_G(sched, m, locked_goroutine_on_one_p)
{
	lockedRun(1);
}

static void
endsLocked(void *arg)
{
	(void)arg;
	RT(lockOSThread());
	xadd(&ndone, 1u);
}

static int64_t
freed(void)
{
	lock(&sched.lock);
	int64_t n = sched.nmfreed;
	unlock(&sched.lock);
	return n;
}

TEST_G(sched, m, locked_goroutine_takes_its_thread_along)
{
	int64_t n, before;
	RT(before = freed());
	for (int i = 0; i < 20; i++)
		spawn(endsLocked, NULL);
	/* Those that ran on m0 let it live, but then m0 runs nothing any more: at most one. */
	do {
		yield();
		RT(n = freed());
	} while (load_acq(&ndone) != 20 || n - before < 19);
}

/* Two goroutines that yield to each other on one P spread to the idle one, though nobody was woken
 * for them when they were made. */
static uint32_t where[2], apart, woken;
static struct hchan *spread;
static void
yielder(void *arg)
{
	int me = arg != NULL;
	while (load_acq(&apart) == 0) {
		struct g *gp = rtenter();
		store_rel(&where[me], (uint32_t)gp->m->p->id + 1);
		uint32_t other = load_acq(&where[!me]);
		if (other != 0 && other != where[me])
			store_rel(&apart, 1u);
		Gosched();
		/* The yields do it, not sysmon's request 10 ms later. */
		if (load_acq(&sched.npidle) == 0)
			store_rel(&woken, 1u);
		CHECK(xadd(&turns, 1u) < 1000 || load_acq(&woken) != 0);
		rtleave(gp);
	}
	if (xadd(&ndone, 1u) == 2)
		send(spread, 1);
}

TEST_OPT(sched, schedule, yielding_pair_spreads, .goroutine = true, .env = "GOMAXPROCS=2")
{
	spread = intchan(0);
	WAIT_UNTIL(load_acq(&sched.npidle) == 1 && load_acq(&sched.nmspinning) == 0);
	sched.mainStarted = false; /* newproc wakes nobody */
	spawn(yielder, NULL);
	spawn(yielder, &apart);
	sched.mainStarted = true;
	recvVal(spread);
}

static uint32_t usedps;
static void
untilTwoPs(void *arg)
{
	(void)arg;
	do {
		struct g *gp = rtenter();
		fetch_or(&usedps, 1u << gp->m->p->id);
		rtleave(gp);
	} while (load_acq(&usedps) != 3);
	xadd(&ndone, 1u);
}

TEST_OPT(sched, schedule, steals, .goroutine = true, .env = "GOMAXPROCS=2")
{
	/* Some may come to the other P by the global queue, if its thread is slow to start. */
	for (uint64_t before = TOTAL(nsteal); TOTAL(nsteal) == before;) {
		ndone = usedps = 0;
		for (uint32_t i = 0; i < 100; i++)
			spawn(untilTwoPs, NULL);
		WAIT_UNTIL(load_acq(&ndone) == 100);
	}
}

/* ---- giving way ---------------------------------------------------------------------------- */

static void
entriesOnly(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0)
		RT((void)0);
	ndone++;
}

TEST_OPT(sched, preempt, entries_give_way, GO_ONE_P)
{
	uint64_t before = TOTAL(npreempt);
	spawn(entriesOnly, NULL);
	yield(); /* comes back by a request of sysmon's only */
	store_rel(&stop, 1u);
	WAIT_UNTIL(ndone == 1);
	if (!GORT_HARD)
		CHECK(TOTAL(npreempt) > before);
}

/* A pair that inherits its slice for ever does not starve the ring. */
TEST_OPT(sched, preempt, pair_leaves_room_for_the_ring, GO_ONE_P)
{
	ping = intchan(0);
	pong = intchan(0);
	spawn(pingpong, &stop);
	spawn(pingpong, NULL);
	yield(); /* to the end of the ring; the pair lives in runnext */
	store_rel(&stop, 1u);
}

/* ---- announced calls ------------------------------------------------------------------------ */

TEST_OPT(sched, syscall, blocked_threads_hand_off, GO_ONE_P)
{
	enum { N = 8 };
	CHECK_EQ(pipe(gate), 0);
	uint64_t before = TOTAL(nhandoff);
	for (int i = 0; i < N; i++)
		spawn(throughGate, NULL);
	/* One P, and each of them blocks its thread: we go on because the P is handed on. */
	WAIT_UNTIL(load_acq(&inside) == N);
	for (int i = 0; i < 10000; i++)
		yield();
	CHECK_EQ(load_acq(&outside), 0);
	CHECK(TOTAL(nhandoff) - before >= 1);
	openGate(N);
	WAIT_UNTIL(load_acq(&outside) == N);
}

/* Calls of about the length of sysmon's tick: retake and return race, with nobody else awake. The
 * last thread that comes back must not be taken for a deadlock. */
TEST_G(sched, syscall, return_races_retake)
{
	for (int procs = 1; procs <= 2; procs++) {
		RT(GOMAXPROCS(procs));
		for (int i = 0; i < 2000; i++) {
			struct g *gp = rtenter();
			entersyscall();
			osusleep((uint32_t)(testRand() % 60));
			exitsyscall();
			rtleave(gp);
		}
	}
}

static void
shortCalls(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		struct g *gp = rtenter();
		entersyscall();
		if (i % 8 == 0)
			osusleep(50);
		exitsyscall();
		rtleave(gp);
	}
	xadd(&ndone, 1u);
}

TEST_OPT(sched, syscall, many_at_once, .goroutine = true, .env = "GOMAXPROCS=2")
{
	for (int i = 0; i < 50; i++)
		spawn(shortCalls, NULL);
	WAIT_UNTIL(load_acq(&ndone) == 50);
}

TEST_DIES_G(sched, syscall, entry_inside_a_call, "call of the runtime inside gort_block", 2)
{
	rtenter();
	entersyscall();
	rtenter();
}

/* ---- limits -------------------------------------------------------------------------------- */

TEST_DIES_G(sched, m, thread_limit, "runtime: program exceeds 6-thread limit\n", 2)
{
	CHECK_EQ(pipe(gate), 0);
	RT(GOMAXPROCS(2));
	struct g *gp = rtenter();
	lock(&sched.lock);
	sched.maxmcount = 6;
	unlock(&sched.lock);
	rtleave(gp);
	for (int i = 0; i < 10; i++)
		spawn(throughGate, NULL);
	WAIT_UNTIL(load_acq(&inside) == 10);
	CHECK(false);
}
