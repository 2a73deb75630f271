#include "core/rand.h"
#include "core/upcalls.h"
#include "unit/sync/goro.h"

#include <stdlib.h>

/* ---- the heap against a model: plain list, fake clock ---- */

#define N 300

static struct timer timers[N];
static int64_t model[N]; /* deadline, 0: not pending */
static int64_t period[N];
static int64_t now, lastfired;
static int nfired;

static void
fired(struct eface arg, uintptr_t seq)
{
	struct timer *t = arg.data;
	int i = (int)(t - timers);
	CHECK_EQ(seq, i * 3);
	CHECKF(model[i] != 0 && model[i] <= now, "timer %d fired at %ld, due %ld", i, (long)now,
		(long)model[i]);
	CHECK(model[i] >= lastfired);
	lastfired = model[i];
	if (period[i] > 0)
		model[i] += ((now - model[i]) / period[i] + 1) * period[i];
	else
		model[i] = 0;
	nfired++;
}

static const struct funcval firedFn = {(void *)fired};

static int64_t
modelFirst(void)
{
	int64_t min = 0;
	for (int i = 0; i < N; i++)
		if (model[i] != 0 && (min == 0 || model[i] < min))
			min = model[i];
	return min;
}

TEST_OPT(event, timer, model, GO_ONE_P)
{
	struct g *gp = rtenter();
	struct timers *ts = &gp->m->p->timers;
	uint64_t rand = testRand();
	/* Far ahead, so that the scheduler leaves them alone. */
	int64_t base = nanotime() + 24 * 3600 * SEC;
	now = base;
	int total = 0;
	for (int step = 0; step < 40000; step++) {
		int i = (int)randn(&rand, N);
		int64_t when = now + 1 + randn(&rand, 1000);
		struct timer *t = &timers[i];
		bool pending = model[i] != 0;
		switch (randn(&rand, 8)) {
		case 0:
		case 1:
			if (pending)
				break;
			period[i] = randn(&rand, 4) == 0 ? 1 + randn(&rand, 300) : 0;
			*t = (struct timer){.when = when,
				.period = period[i],
				.f = &firedFn,
				.arg = {NULL, t},
				.seq = (uintptr_t)i * 3};
			addtimer(t);
			model[i] = when;
			break;
		case 2:
			CHECK_EQ(deltimer(t), pending);
			model[i] = 0;
			break;
		case 3:
			if (t->f == NULL)
				break;
			CHECK_EQ(resettimer(t, when), pending);
			model[i] = when;
			break;
		case 4:
			period[i] = randn(&rand, 4) == 0 ? 1 + randn(&rand, 300) : 0;
			CHECK_EQ(modtimer(t, when, period[i], &firedFn, (struct eface){NULL, t},
					 (uintptr_t)i * 3),
				pending);
			model[i] = when;
			break;
		case 5: {
			int64_t next;
			bool ran;
			now += randn(&rand, 60);
			int64_t first = modelFirst();
			nfired = 0;
			lastfired = 0;
			CHECK_EQ(checkTimers(gp->m->p, now, &next, &ran), now);
			CHECK_EQ(ran, first != 0 && first <= now);
			CHECK_EQ(next, modelFirst());
			CHECK(next == 0 || next > now);
			CHECK_EQ(nfired > 0, ran);
			total += nfired;
			break;
		}
		default:
			break;
		}
		CHECK_EQ(ts->when0, modelFirst());
		CHECK_EQ(timeSleepUntil(), modelFirst());
		if (step % 16 == 0) {
			lock(&ts->lock);
			timers_verify(ts);
			unlock(&ts->lock);
		}
	}
	CHECK(total > 1000);
	for (int i = 0; i < N; i++)
		CHECK_EQ(deltimer(&timers[i]), model[i] != 0);
	CHECK_EQ(ts->len, 0);
	rtleave(gp);
}

/* ---- clamping, misuse ---- */

static void
nothing(struct eface arg, uintptr_t seq)
{
	(void)arg;
	(void)seq;
}
static const struct funcval nothingFn = {(void *)nothing};

TEST_OPT(event, timer, clamp, GO_ONE_P)
{
	struct timer t = {.when = -5, .f = &nothingFn};
	RT(addtimer(&t));
	CHECK_EQ(t.when, INT64_MAX);
	bool was;
	RT(was = resettimer(&t, INT64_MIN));
	CHECK(was);
	CHECK_EQ(t.when, INT64_MAX);
	RT(was = deltimer(&t));
	CHECK(was);
	t = (struct timer){.when = 0, .f = &nothingFn};
	RT(addtimer(&t)); /* due at once */
	WAIT_UNTIL(load_acq(&t.pp) == 0);
	/* A period that leads beyond the end of time. */
	t = (struct timer){.when = 1, .period = INT64_MAX, .f = &nothingFn};
	RT(addtimer(&t));
	WAIT_UNTIL(load_acq(&t.when) == INT64_MAX);
	RT(was = deltimer(&t));
	CHECK(was);
}

TEST_DIES_G(event, timer, add_twice, "fatal error: addtimer: the timer is queued already", 2)
{
	static struct timer t;
	t = (struct timer){.when = INT64_MAX, .f = &nothingFn};
	RT(addtimer(&t));
	RT(addtimer(&t));
}

TEST_DIES_G(event, timer, corrupt_index, "fatal error: timer data corruption", 2)
{
	static struct timer t, u;
	t = (struct timer){.when = INT64_MAX, .f = &nothingFn};
	u = t;
	RT(addtimer(&t); addtimer(&u)); /* on one P */
	t.nextwhen = u.nextwhen;
	RT(deltimer(&t));
}

TEST_DIES_G(event, timer, corrupt_status, "fatal error: timer data corruption", 2)
{
	static struct timer t;
	t = (struct timer){.when = INT64_MAX, .f = &nothingFn, .status = 7};
	RT(addtimer(&t));
}

TEST_DIES_G(event, timer, corrupt_heap, "fatal error: timer data corruption", 2)
{
	static struct timer t;
	t = (struct timer){.when = INT64_MAX, .f = &nothingFn};
	RT(addtimer(&t));
	t.status = TimerIdle;
	RT(resettimer(&t, INT64_MAX));
}

TEST_DIES_G(event, timer, negative_period, "fatal error: timer period must be non-negative", 2)
{
	static struct timer t;
	t = (struct timer){.when = INT64_MAX, .period = -1, .f = &nothingFn};
	RT(addtimer(&t));
}

/* ---- several Ps on the same timers ---- */

/* Each arming (a set that found the timer idle) ends in exactly one firing or one stop. */
struct shared {
	struct timer t;
	uint64_t armed, stopped, fired; /* atomic */
} aligned_to(CACHE_LINE);

enum { SHARED = 6, WORKERS = 6 };
static struct shared shared[SHARED];
static struct syncwaitgroup workers;
static int rounds;

static void
sharedFired(struct eface arg, uintptr_t seq)
{
	struct shared *s = arg.data;
	(void)seq;
	xadd(&s->fired, 1ul);
}
static const struct funcval sharedFiredFn = {(void *)sharedFired};

static void
sharedWorker(void *arg)
{
	uint64_t rand = (uint64_t)(uintptr_t)arg;
	for (int i = 0; i < rounds; i++) {
		struct shared *s = &shared[randn(&rand, SHARED)];
		int64_t when = nanotime() + randn(&rand, 4000);
		bool was;
		if (randn(&rand, 3) == 0) {
			RT(was = deltimer(&s->t));
			if (was)
				xadd(&s->stopped, 1ul);
		} else {
			RT(was = modtimer(
				   &s->t, when, 0, &sharedFiredFn, (struct eface){NULL, s}, 0));
			if (!was)
				xadd(&s->armed, 1ul);
		}
		if (randn(&rand, 4) == 0) { /* as a thief would */
			int64_t next;
			bool ran;
			RT(checkTimers(allp[randn(&rand, (uint32_t)gomaxprocs)], 0, &next, &ran));
		}
		if (randn(&rand, 20) == 0)
			yield();
	}
	wgAdd(&workers, -1);
}

TEST_G(event, timer, shared)
{
	rounds = (int)(60000 * testSeconds());
	for (int procs = 1; procs <= 4; procs *= 2) {
		RT(GOMAXPROCS(procs)); /* moves the timers of the Ps that go */
		wgAdd(&workers, WORKERS);
		for (int i = 0; i < WORKERS; i++)
			spawn(sharedWorker, (void *)(uintptr_t)testRand());
		wgWait(&workers);
	}
	RT(GOMAXPROCS(1));
	uint64_t nf = 0;
	for (int i = 0; i < SHARED; i++) {
		struct shared *s = &shared[i];
		bool was;
		RT(was = deltimer(&s->t));
		if (was)
			s->stopped++;
		WAIT_UNTIL(load_seq(&s->fired) + s->stopped >= s->armed);
		CHECK_EQ(load_seq(&s->fired) + s->stopped, s->armed);
		nf += s->fired;
	}
	CHECK(nf > 0);
	for (int i = 0; i < gomaxprocs; i++) {
		lock(&allp[i]->timers.lock);
		timers_verify(&allp[i]->timers);
		unlock(&allp[i]->timers.lock);
	}
}

/* ---- procresize takes timers along ---- */

enum { MOVED = 200 };
static struct timer movers[2 * MOVED];
static bool moversSet;

static void
setsMovers(void *arg)
{
	struct timer *t = arg;
	int64_t base = nanotime() + 3600 * SEC;
	for (int i = 0; i < MOVED; i++) {
		t[i] = (struct timer){.when = base + i * 17 % 31, .f = &nothingFn};
		RT(addtimer(&t[i]));
	}
	store_rel(&moversSet, true);
}

TEST_G(event, timer, moved)
{
	NOT_HARD();
	RT(GOMAXPROCS(2));
	spawn(setsMovers, movers);
	while (!load_acq(&moversSet))
		; /* we keep our P, so it runs on the other */
	setsMovers(movers + MOVED);
	CHECK(movers[0].pp != movers[MOVED].pp);
	RT(GOMAXPROCS(1));
	struct timers *ts = &allp[0]->timers;
	for (int i = 0; i < 2 * MOVED; i++)
		CHECK_EQ(movers[i].pp, ts);
	lock(&ts->lock);
	timers_verify(ts);
	unlock(&ts->lock);
	bool was;
	for (int i = 0; i < 2 * MOVED; i++) {
		RT(was = deltimer(&movers[i]));
		CHECK(was);
	}
}

/* ---- timers set and stop timers from their callbacks ---- */

static struct timer chain[2];
static int64_t links;

static void
link(struct eface arg, uintptr_t seq)
{
	(void)arg;
	if (xadd(&links, 1) < 100)
		modtimer(&chain[!seq], nanotime(), 0, chain[seq].f, (struct eface){NULL, NULL},
			!seq);
}
static const struct funcval linkFn = {(void *)link};

TEST_G(event, timer, from_callback)
{
	chain[0] = (struct timer){.when = 1, .f = &linkFn};
	chain[1] = (struct timer){.f = &linkFn};
	RT(addtimer(&chain[0]));
	WAIT_UNTIL(load_acq(&links) == 100);
}

/* The static chain of a callback is its function value. */
struct closure {
	struct funcval f;
	int64_t seen;
};

static void
closureFired(struct eface arg, uintptr_t seq)
{
	struct closure *c;
	__asm__ volatile("mov %%r10, %0" : "=r"(c));
	if (arg.data == (void *)c && seq == 77)
		store_rel(&c->seen, 1);
}

TEST_G(event, timer, static_chain)
{
	static struct closure c = {.f = {(void *)closureFired}};
	static struct timer t;
	t = (struct timer){.when = 1, .f = &c.f, .arg = {NULL, &c}, .seq = 77};
	RT(addtimer(&t));
	WAIT_UNTIL(load_acq(&c.seen));
}
