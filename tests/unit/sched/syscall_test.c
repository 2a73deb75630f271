/* syscall_test.c: announced calls: who gives the P away, and when. */
#include "sched/internal.h"
#include "unit/sync/goro.h"

static uint32_t stop, ndone;
static uint64_t turns;

static void
yielder(void *unused)
{
	(void)unused;
	while (load_rlx(&stop) == 0) {
		xadd(&turns, (uint64_t)1);
		RT(Gosched());
	}
	xadd(&ndone, 1u);
}

static void
call(void (*fn)(void))
{
	struct g *gp = rtenter();
	entersyscall();
	fn();
	exitsyscall();
	rtleave(gp);
}

static void
sleeps(void)
{
	osusleep(2000);
}

static void
returns(void)
{
}

/* The first call of a kind shows what it is like; the later ones do not wait for sysmon. */
TEST_OPT(sched, syscall, long_calls_hand_over, .goroutine = true, .env = "GOMAXPROCS=1")
{
	spawn(yielder, NULL);
	WAIT_UNTIL(load_rlx(&turns) != 0);
	call(sleeps);
	CHECK(getg()->longcall);
	int used = 0; /* in how many the P was put to use meanwhile: a wake may be late */
	for (int i = 0; i < 20; i++) {
		uint32_t n = load_rlx(&sched.callhandoffs);
		uint64_t t = load_rlx(&turns);
		call(sleeps);
		CHECK_EQ(load_rlx(&sched.callhandoffs), n + 1);
		used += load_rlx(&turns) != t;
		CHECK(getg()->longcall);
	}
	CHECK(used > 0);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
	/* Nobody waits: nothing is given away. */
	uint32_t n = load_rlx(&sched.callhandoffs);
	call(sleeps);
	CHECK_EQ(load_rlx(&sched.callhandoffs), n);
}

/* Some of the short ones are long, on a machine that has other things to do. */
TEST_OPT(sched, syscall, short_calls_do_not, .goroutine = true, .env = "GOMAXPROCS=1")
{
	spawn(yielder, NULL);
	WAIT_UNTIL(load_rlx(&turns) != 0);
	call(sleeps);
	uint32_t n = load_rlx(&sched.callhandoffs);
	bool kept = false;
	for (int i = 0; i < 1000; i++) {
		call(returns);
		kept |= !getg()->longcall;
	}
	CHECK(kept);
	CHECKF(load_rlx(&sched.callhandoffs) - n < 500, "%u of 1000 calls gave the P away",
		load_rlx(&sched.callhandoffs) - n);
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 1);
}

/* A G has no history of the one that had its slot before. */
static void
notes(void *p)
{
	*(bool *)p = getg()->longcall;
	call(sleeps);
	xadd(&ndone, 1u);
}

TEST_OPT(sched, syscall, history_ends, .goroutine = true, .env = "GOMAXPROCS=1")
{
	bool had = false;
	spawn(yielder, NULL);
	for (uint32_t i = 0; i < 10; i++) {
		spawn(notes, &had);
		WAIT_UNTIL(load_acq(&ndone) == i + 1);
		CHECK(!had);
	}
	store_rlx(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 11);
}
