/* freeze_test.c: nobody runs goroutines any more once the world is frozen, and nothing is waited
 * for that does not come. Also how old a wait looks. */
#include "sched/internal.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t rounds;

static void
yielder(void *unused)
{
	(void)unused;
	for (;;) {
		xadd(&rounds, (uint64_t)1);
		struct g *gp = rtenter();
		Gosched();
		rtleave(gp);
	}
}

/* Enters the runtime and never yields: has to be asked. */
static void
visitor(void *unused)
{
	(void)unused;
	for (;;) {
		xadd(&rounds, (uint64_t)1);
		rtleave(rtenter());
	}
}

static void
burner(void *unused)
{
	(void)unused;
	for (;;)
		xadd(&rounds, (uint64_t)1);
}

static struct g *
spawn(void (*fn)(void *))
{
	struct g *gp = rtenter();
	struct g *newg = newproc(fn, NULL, NULL, 0, NULL);
	rtleave(gp);
	CHECK(newg != NULL);
	return newg;
}

/* Nobody has a next turn: each thread ends the one that it has, if it was not stopped in it; with a
 * busy machine that may be a while later. */
static void
checkFrozen(void)
{
	uint64_t before = load_acq(&rounds);
	lock(&sched.lock);
	uint64_t threads = (uint64_t)mcount();
	unlock(&sched.lock);
	osusleep(50000);
	uint64_t more = load_acq(&rounds) - before;
	CHECKF(more <= threads, "%llu rounds with %llu threads", (unsigned long long)more,
		(unsigned long long)threads);
}

/* Until the others have run for a while, here or elsewhere. */
static void
untilRunning(void)
{
	while (load_acq(&rounds) < 1000) {
		struct g *gp = rtenter();
		Gosched();
		rtleave(gp);
	}
}

TEST_OPT(sched, freeze, stops, .goroutine = true, .env = "GOMAXPROCS=4")
{
	for (int i = 0; i < 20; i++)
		spawn(i % 2 == 0 ? yielder : visitor);
	untilRunning();
	freezetheworld();
	checkFrozen();
	_exit(0); /* the world does not start again */
}

/* The thread that dies has lost its P in a call that nobody announced, and its m->p is another's. */
TEST_OPT(sched, freeze, stops_who_has_its_p, .goroutine = true,
	.env = "GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1")
{
	struct m *mp = getg()->m;
	if (!osfacts.haveBarrier)
		testSkip("nobody takes a P from who sleeps");
	spawn(visitor);
	spawn(yielder);
	while (load_acq(&mp->revoked) != REVOKE_TAKEN || load_acq(&rounds) < 1000)
		usleep(1000);
	freezetheworld();
	checkFrozen();
	_exit(0);
}

/* One that never enters the runtime is stopped by a signal. */
TEST_OPT(sched, freeze, stops_who_computes, .goroutine = true, .env = "GOMAXPROCS=2")
{
	if (GORT_TSAN)
		testSkip("no signals to code that computes");
	spawn(burner);
	while (load_acq(&rounds) == 0)
		osyield();
	freezetheworld();
	uint64_t before = load_acq(&rounds);
	osusleep(20000);
	CHECK_EQ(load_acq(&rounds), before);
	_exit(0);
}

/* Where that may not be, it is given up on. */
TEST_OPT(
	sched, freeze, gives_up, .goroutine = true, .env = "GOMAXPROCS=2 GODEBUG=asyncpreemptoff=1")
{
	spawn(burner);
	while (load_acq(&rounds) == 0)
		osyield();
	int64_t start = nanotime();
	freezetheworld();
	CHECK(nanotime() - start < 10 * SEC);
	_exit(0);
}

/* The world has been stopped when it happens, and is to start again while the report is printed. */
static uint32_t stopped, dying;

static void *
dies(void *unused)
{
	(void)unused;
	while (load_acq(&stopped) == 0)
		usleep(100);
	freezetheworld();
	uint64_t before = load_acq(&rounds);
	store_rel(&dying, 1u);
	usleep(50000);
	CHECK_EQ(load_acq(&rounds), before);
	_exit(0);
}

TEST_OPT(sched, freeze, no_start, .goroutine = true, .env = "GOMAXPROCS=4")
{
	pthread_t t;
	for (int i = 0; i < 6; i++)
		spawn(i % 2 == 0 ? yielder : visitor);
	untilRunning();
	CHECK_EQ(pthread_create(&t, NULL, dies, NULL), 0);
	rtenter();
	stopTheWorld();
	store_rel(&stopped, 1u);
	while (load_acq(&dying) == 0)
		osyield();
	startTheWorld();
	CHECKF(false, "the world goes on");
}

static bool
keep(struct g *gp, void *unused)
{
	(void)gp;
	(void)unused;
	return true;
}

static void
parker(void *unused)
{
	(void)unused;
	struct g *gp = rtenter();
	gopark(keep, NULL, waitReasonSleep);
	rtleave(gp);
}

TEST_G(sched, waitsince, noted_once)
{
	struct g *parked = spawn(parker);
	while (load_acq(&parked->atomicstatus) != Gwaiting) {
		struct g *gp = rtenter();
		Gosched();
		rtleave(gp);
	}
	/* As sysmon will a minute later (if it has not seen it yet), and once more after that. */
	int64_t later = nanotime() + 60 * SEC;
	noteWaiters(later);
	int64_t since = load_rlx(&parked->waitsince);
	CHECK(since > 0 && since <= later);
	CHECK_EQ(getg()->waitsince, 0);
	noteWaiters(later + 60 * SEC);
	CHECK_EQ(load_rlx(&parked->waitsince), since);
}
