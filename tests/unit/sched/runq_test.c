/* runq_test.c: the ring, runnext, the global list, on Ps that no thread runs. */
#include "sched/internal.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

static struct p *
newp(uint32_t start)
{
	static struct p pool[2 * RUNQ_SIZE + 8];
	static uint32_t used;
	CHECK(used < nelem(pool));
	struct p *pp = &pool[used++];
	pp->status = Pidle;
	pp->runqhead = pp->runqtail = start;
	return pp;
}

static struct g gs[4 * RUNQ_SIZE + 8];

static struct g *
get(struct p *pp)
{
	bool inherit;
	return runqget(pp, &inherit);
}

static uint32_t
ringlen(struct p *pp)
{
	return pp->runqtail - pp->runqhead;
}

TEST(sched, runq, first_in_first_out)
{
	struct p *pp = newp(0);
	for (int i = 0; i < 3; i++)
		runqput(pp, &gs[i], false);
	for (int i = 0; i < 3; i++)
		CHECK(get(pp) == &gs[i]);
	CHECK(get(pp) == NULL);
}

TEST(sched, runq, next_comes_first_and_kicks)
{
	struct p *pp = newp(0);
	bool inherit;
	runqput(pp, &gs[0], false);
	runqput(pp, &gs[1], true);
	runqput(pp, &gs[2], true); /* gs[1] goes behind gs[0] */
	CHECK(runqget(pp, &inherit) == &gs[2]);
	CHECK(inherit);
	CHECK(runqget(pp, &inherit) == &gs[0]);
	CHECK(!inherit);
	CHECK(get(pp) == &gs[1]);
	CHECK(get(pp) == NULL);
}

TEST(sched, runq, kicknext)
{
	struct p *pp = newp(0);
	runqkicknext(pp);
	runqput(pp, &gs[0], false);
	runqput(pp, &gs[1], true);
	runqkicknext(pp);
	CHECK(pp->runnext == NULL);
	CHECK(get(pp) == &gs[0]);
	CHECK(get(pp) == &gs[1]);
}

TEST(sched, runq, counters_wrap)
{
	struct p *pp = newp(UINT32_MAX - 1);
	for (int i = 0; i < 4; i++)
		runqput(pp, &gs[i], false);
	CHECK_EQ(pp->runqtail, 2);
	CHECK_EQ(ringlen(pp), 4);
	CHECK(!runqempty(pp));
	for (int i = 0; i < 4; i++)
		CHECK(get(pp) == &gs[i]);
	CHECK(runqempty(pp));

	/* A thief across the wrap, too. */
	struct p *victim = newp(UINT32_MAX - 1), *thief = newp(UINT32_MAX);
	for (int i = 0; i < 4; i++)
		runqput(victim, &gs[i], false);
	CHECK(runqsteal(thief, victim, false) == &gs[1]);
	CHECK(get(thief) == &gs[0]);
	CHECK(get(victim) == &gs[2]);
}

TEST(sched, runq, overflow_goes_to_the_global_list)
{
	struct p *pp = newp(7);
	for (int i = 0; i < RUNQ_SIZE; i++)
		runqput(pp, &gs[i], false);
	CHECK_EQ(ringlen(pp), RUNQ_SIZE);
	CHECK_EQ(sched.runq.n, 0);
	runqput(pp, &gs[RUNQ_SIZE], false);
	CHECK_EQ(ringlen(pp), RUNQ_SIZE / 2);
	CHECK_EQ(sched.runq.n, RUNQ_SIZE / 2 + 1);
	lock(&sched.lock);
	for (int i = 0; i < RUNQ_SIZE / 2; i++)
		CHECK(globrunqpop() == &gs[i]);
	CHECK(globrunqpop() == &gs[RUNQ_SIZE]);
	CHECK(globrunqpop() == NULL);
	unlock(&sched.lock);
	CHECK_EQ(sched.runq.n, 0);
	for (int i = RUNQ_SIZE / 2; i < RUNQ_SIZE; i++)
		CHECK(get(pp) == &gs[i]);
	CHECK(get(pp) == NULL);
}

/* The global ring wraps, and grows with its order kept, from either end. */
TEST(sched, runq, global_ring_grows)
{
	enum { N = 5000 };
	static struct g many[N];
	uintptr_t in = 0, out = 0;
	lock(&sched.lock);
	for (int round = 0; round < 40 && in < N; round++) {
		for (int i = 0; i < 300 && in < N; i++)
			globrunqput(&many[in++]);
		for (int i = 0; i < 100; i++)
			CHECK(globrunqpop() == &many[out++]);
	}
	CHECK_EQ(sched.runq.n, in - out);
	CHECK(sched.runq.cap >= sched.runq.n);
	globrunqputhead(&many[0]);
	CHECK(globrunqpop() == &many[0]);
	while (out < in)
		CHECK(globrunqpop() == &many[out++]);
	CHECK(globrunqpop() == NULL);
	unlock(&sched.lock);
}

TEST(sched, runq, kicked_next_overflows)
{
	struct p *pp = newp(0);
	for (int i = 0; i < RUNQ_SIZE; i++)
		runqput(pp, &gs[i], false);
	runqput(pp, &gs[RUNQ_SIZE], true);
	CHECK_EQ(sched.runq.n, 0);
	runqput(pp, &gs[RUNQ_SIZE + 1], true);
	CHECK(pp->runnext == &gs[RUNQ_SIZE + 1]);
	CHECK_EQ(sched.runq.n, RUNQ_SIZE / 2 + 1);
	CHECK(sched.runq.ring[(sched.runq.head + RUNQ_SIZE / 2) & (sched.runq.cap - 1)] ==
		&gs[RUNQ_SIZE]);
}

TEST(sched, runq, steal_takes_half_rounded_up)
{
	for (uint32_t n = 1; n <= RUNQ_SIZE; n++) {
		struct p *victim = newp(n * 3), *thief = newp(n * 5);
		for (uint32_t i = 0; i < n; i++)
			runqput(victim, &gs[i], false);
		uint32_t take = n - n / 2;
		struct g *gp = runqsteal(thief, victim, false);
		CHECK(gp == &gs[take - 1]);
		CHECK_EQ(ringlen(thief), take - 1);
		CHECK_EQ(ringlen(victim), n - take);
		CHECK_EQ(thief->stats.nsteal, take);
		for (uint32_t i = 0; i < take - 1; i++)
			CHECK(get(thief) == &gs[i]);
		for (uint32_t i = take; i < n; i++)
			CHECK(get(victim) == &gs[i]);
	}
}

TEST(sched, runq, runnext_is_stolen_last)
{
	struct p *victim = newp(0), *thief = newp(0);
	runqput(victim, &gs[0], true);
	CHECK(runqsteal(thief, victim, false) == NULL);
	CHECK(victim->runnext == &gs[0]);
	CHECK(runqsteal(thief, victim, true) == &gs[0]);
	CHECK(victim->runnext == NULL);
	CHECK(runqempty(victim));
	CHECK(runqsteal(thief, victim, true) == NULL);

	/* While there is a ring, runnext stays. */
	runqput(victim, &gs[0], true);
	runqput(victim, &gs[1], false);
	CHECK(runqsteal(thief, victim, true) == &gs[1]);
	CHECK(victim->runnext == &gs[0]);
}

/* A victim that switches all the time keeps its runnext: here a thread moves the tick. */
static struct p *ticking;
static uint32_t tickstop;

static void *
tick(void *arg)
{
	(void)arg;
	while (load_acq(&tickstop) == 0)
		store_rel(&ticking->schedtick, ticking->schedtick + 1);
	return NULL;
}

TEST(sched, runq, runnext_of_a_switching_p_stays)
{
	struct p *thief = newp(0);
	ticking = newp(0);
	ticking->status = Prunning;
	runqput(ticking, &gs[0], true);
	pthread_t th;
	CHECK_EQ(pthread_create(&th, NULL, tick, NULL), 0);
	/* Until it is seen to move: the thread runs. */
	uint32_t t0 = load_acq(&ticking->schedtick);
	while (load_acq(&ticking->schedtick) - t0 < 1000)
		osyield();
	/* The thief may be lucky: the other thread lost its CPU meanwhile. Not for ever. */
	struct g *got;
	while ((got = runqsteal(thief, ticking, true)) != NULL) {
		CHECK(got == &gs[0]);
		runqput(ticking, got, true);
	}
	store_rel(&tickstop, 1u);
	pthread_join(th, NULL);
	CHECK(runqsteal(thief, ticking, true) == &gs[0]);
}

TEST(sched, runq, global_share)
{
	struct p *pp = newp(0);
	gomaxprocs = 4;
	int n = RUNQ_SIZE;
	lock(&sched.lock);
	for (int i = 0; i < n; i++)
		globrunqput(&gs[i]);
	CHECK(globrunqget(pp, 1) == &gs[0]);
	CHECK_EQ(ringlen(pp), 0);
	/* A fair share: a quarter and one, the first of them to run. */
	uint32_t left = sched.runq.n, share = left / 4 + 1;
	CHECK(globrunqget(pp, 0) == &gs[1]);
	CHECK_EQ(ringlen(pp), share - 1);
	CHECK_EQ(sched.runq.n, left - share);
	CHECK(get(pp) == &gs[2] || share == 1);
	/* Never more than the ring holds. */
	gomaxprocs = 1;
	while (ringlen(pp) < RUNQ_SIZE - 1)
		runqput(pp, &gs[n + 1], false);
	left = sched.runq.n;
	CHECK(globrunqget(pp, 0) != NULL);
	CHECK(ringlen(pp) <= RUNQ_SIZE);
	CHECK(left - sched.runq.n <= 2);
	while (globrunqget(pp, 1) != NULL)
		;
	CHECK_EQ(sched.runq.n, 0);
	globrunqputhead(&gs[0]);
	globrunqputhead(&gs[1]);
	globrunqput(&gs[2]);
	CHECK(globrunqget(pp, 1) == &gs[1]);
	CHECK(globrunqget(pp, 1) == &gs[0]);
	CHECK(globrunqget(pp, 1) == &gs[2]);
	unlock(&sched.lock);
}

/* ---- an owner and thieves at once: each G comes out exactly once ----------------------------- */

enum { HAMMERED = 200000, THIEVES = 2 };
static struct g *hammered;
static uint8_t *seen;
static struct p *owned;
static uint32_t hammerdone;

static void
ranOnce(struct g *gp)
{
	uint8_t *s = &seen[gp - hammered];
	CHECK_EQ(__atomic_add_fetch(s, 1, __ATOMIC_RELAXED), 1);
}

static void *
hammerThief(void *arg)
{
	struct p *pp = arg;
	bool inherit;
	for (;;) {
		bool last = load_acq(&hammerdone) != 0;
		struct g *gp = runqsteal(pp, owned, true);
		if (gp != NULL) {
			ranOnce(gp);
			while ((gp = runqget(pp, &inherit)) != NULL)
				ranOnce(gp);
		} else if (last) {
			return NULL;
		}
	}
}

static void
drainGlobal(void)
{
	struct g *gp;
	lock(&sched.lock);
	while ((gp = globrunqpop()) != NULL)
		ranOnce(gp);
	unlock(&sched.lock);
}

TEST(sched, runq, owner_and_thieves)
{
	pthread_t th[THIEVES];
	hammered = calloc(HAMMERED, sizeof *hammered);
	seen = calloc(HAMMERED, 1);
	owned = newp(UINT32_MAX - 1000);
	gomaxprocs = 1 + THIEVES;
	for (int i = 0; i < THIEVES; i++)
		CHECK_EQ(pthread_create(&th[i], NULL, hammerThief, newp(0)), 0);
	for (int i = 0; i < HAMMERED;) {
		uint64_t r = testRand();
		for (int n = (int)(r % 50); n > 0 && i < HAMMERED; n--)
			runqput(owned, &hammered[i++], (r >> 8) % 4 == 0);
		if ((r >> 16) % 16 == 0)
			runqkicknext(owned);
		struct g *gp;
		for (int n = (int)((r >> 24) % 50); n > 0 && (gp = get(owned)) != NULL; n--)
			ranOnce(gp);
		if ((r >> 32) % 16 == 0)
			drainGlobal();
	}
	struct g *gp;
	while ((gp = get(owned)) != NULL)
		ranOnce(gp);
	store_rel(&hammerdone, 1u);
	for (int i = 0; i < THIEVES; i++)
		pthread_join(th[i], NULL);
	drainGlobal();
	for (int i = 0; i < HAMMERED; i++)
		CHECK_EQ(seen[i], 1);
}
