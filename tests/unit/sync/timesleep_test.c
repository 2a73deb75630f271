#include "core/rand.h"
#include "unit/sync/goro.h"

#include <string.h>

struct sleeper {
	struct syncwaitgroup *wg;
	int64_t ns;
	int64_t over; /* woken so much after the deadline */
};

static void
sleeps(void *arg)
{
	struct sleeper *s = arg;
	int64_t t = nanotime();
	RT(timeSleep(s->ns));
	s->over = nanotime() - t - s->ns;
	wgAdd(s->wg, -1);
}

TEST_G(sync, timesleep, sleepers)
{
	enum { N = GORT_TSAN ? 300 : 20000 };
	static struct sleeper s[N];
	for (int procs = 1; procs <= 4; procs *= 2) {
		struct syncwaitgroup wg = {0};
		RT(GOMAXPROCS(procs));
		wgAdd(&wg, N);
		for (int i = 0; i < N; i++) {
			s[i] = (struct sleeper){&wg, i % 100 * 10 * US, 0};
			spawn(sleeps, &s[i]);
		}
		wgWait(&wg);
		for (int i = 0; i < N; i++)
			CHECK(s[i].over >= 0);
	}
}

static void
abortsTimer(struct eface arg, uintptr_t seq)
{
	(void)arg;
	(void)seq;
	CHECK(false);
}

/* The poller sleeps until a far deadline; a nearer one must wake it. */
TEST_G(sync, timesleep, nearer_deadline)
{
	static struct sleeper far, near;
	struct syncwaitgroup a = {0}, b = {0};
	wgAdd(&a, 1);
	far = (struct sleeper){&a, 3600 * SEC, 0};
	waitParked(spawn(sleeps, &far), waitReasonSleep);
	for (int i = 0; i < 50; i++) {
		wgAdd(&b, 1);
		near = (struct sleeper){&b, 200 * US, 0};
		spawn(sleeps, &near);
		wgWait(&b); /* everybody waits: only the clock can go on */
		CHECK(near.over >= 0);
	}
}

/* A thread sleeps until a far deadline; a nearer one that is set by a goroutine which goes on
 * running must reach it. sched.pollUntil says what it sleeps for. */
TEST_G(sync, timesleep, sleeping_poller)
{
	static struct sleeper far;
	static struct timer t;
	static const struct funcval f = {(void *)abortsTimer};
	struct syncwaitgroup a = {0};
	RT(GOMAXPROCS(2));
	wgAdd(&a, 1);
	far = (struct sleeper){&a, 7200 * SEC, 0};
	waitParked(spawn(sleeps, &far), waitReasonSleep);
	while (load_seq(&sched.lastpoll) != 0 || load_seq(&sched.pollUntil) == 0)
		procyield(10);
	for (int64_t when = nanotime() + 3600 * SEC, i = 0; i < 100; i++, when -= 1 * SEC) {
		t.f = &f;
		t.when = when;
		RT(addtimer(&t));
		while (load_seq(&sched.pollUntil) != when)
			procyield(10);
		RT(deltimer(&t));
	}
}

TEST_G(sync, timesleep, not_positive)
{
	RT(timeSleep(0));
	RT(timeSleep(-1));
	RT(timeSleep(INT64_MIN));
}

static void
sleepsForEver(void *arg)
{
	(void)arg;
	RT(timeSleep(INT64_MAX));
	CHECK(false);
}

TEST_G(sync, timesleep, overflow)
{
	waitParked(spawn(sleepsForEver, NULL), waitReasonSleep);
	RT(timeSleep(1 * MS));
	CHECK_EQ(whenAfter(INT64_MAX), INT64_MAX);
	CHECK(whenAfter(INT64_MIN) <= nanotime());
}

static struct chantimer *
mktimer(int64_t when, int64_t period)
{
	struct chantimer *t;
	RT(t = newchantimer(when, period));
	return t;
}

static bool
stop(struct chantimer *t)
{
	bool was;
	RT(was = chantimerStop(t));
	return was;
}

static bool
reset(struct chantimer *t, int64_t when, int64_t period)
{
	bool was;
	RT(was = chantimerReset(t, when, period));
	return was;
}

TEST_G(sync, timesleep, timer)
{
	int64_t when = nanotime() + 2 * MS, v;
	struct chantimer *t = mktimer(when, 0);
	struct hchan *c = chantimerChan(t);
	CHECK(recv(c, &v));
	CHECK(v >= when && v <= nanotime());
	CHECK_EQ(tryRecv(c, &v), -1);
	CHECK(!stop(t));
	CHECK(!reset(t, nanotime() + 1 * MS, 0));
	CHECK(recv(c, &v));
}

TEST_G(sync, timesleep, stop_before)
{
	int64_t v;
	struct chantimer *t = mktimer(nanotime() + 3600 * SEC, 0);
	CHECK(stop(t));
	CHECK(!stop(t));
	CHECK(!reset(t, nanotime() + 3600 * SEC, 0));
	CHECK(reset(t, nanotime() + 1 * MS, 0));
	CHECK(recv(chantimerChan(t), &v));
}

/* A tick that lies in the channel, unread, is taken back. */
TEST_G(sync, timesleep, no_stale_tick)
{
	int64_t v;
	struct chantimer *t = mktimer(1, 0);
	WAIT_UNTIL(chanlen(chantimerChan(t)) == 1);
	CHECK(stop(t));
	CHECK_EQ(tryRecv(chantimerChan(t), &v), -1);
	CHECK(!reset(t, 1, 0));
	WAIT_UNTIL(chanlen(chantimerChan(t)) == 1);
	CHECK(reset(t, nanotime() + 3600 * SEC, 0));
	CHECK_EQ(tryRecv(chantimerChan(t), &v), -1);
	CHECK(stop(t));
}

/* The struct timer of x, which is in the heap of this P. */
static struct timer *
timerOf(struct chantimer *x)
{
	struct timers *ts = &getg()->m->p->timers;
	for (uint32_t i = 0; i < ts->len; i++)
		if ((ts->heap[i].t & 1) == 0 && ((struct timer *)ts->heap[i].t)->arg.data == x)
			return (struct timer *)ts->heap[i].t;
	CHECK(false);
	return NULL;
}

static void
fires(struct timer *t, timerfn *f, struct eface arg, uintptr_t seq)
{
	xadd(&t->firing, 1u); /* as the heap does */
	RT(f(arg, seq));
}

static void
stops(void *arg)
{
	stop(arg);
}

/* What has been stopped may be freed: Stop returns after the last callback has. */
TEST_OPT(sync, timesleep, stop_waits_for_callback, GO_ONE_P)
{
	struct chantimer *x = mktimer(nanotime() + 3600 * SEC, 0);
	struct timer *t = timerOf(x);
	timerfn *f = (timerfn *)t->f->fn;
	struct eface arg = t->arg;
	uintptr_t seq = t->seq;
	xadd(&t->firing, 2u);
	struct g *a = spawn(stops, x), *b = spawn(stops, x);
	waitParked(a, waitReasonTimerStop);
	waitParked(b, waitReasonTimerStop);
	RT(f(arg, seq));
	CHECK_EQ(load_rlx(&a->waitreason), waitReasonTimerStop);
	CHECK_EQ(load_rlx(&b->waitreason), waitReasonTimerStop);
	RT(f(arg, seq));
	while (gcount() != 1)
		RT(Gosched());
	CHECK_EQ(t->firing, 0);
}

/* The same with true callbacks, which another thread runs: each is held up at the channel's lock,
 * and what it waits at is poisoned as soon as Stop has returned. */
TEST_G(sync, timesleep, stop_then_free)
{
	RT(GOMAXPROCS(4));
	uint64_t rand = testRand();
	for (int i = 0; i < 200; i++) {
		struct g *gp = rtenter();
		struct chantimer *x = newchantimer(nanotime() + 3600 * SEC, 0);
		struct timer *t = timerOf(x);
		chantimerReset(x, nanotime() + 10 * US, randn(&rand, 2) == 0 ? 0 : 20 * US);
		lock(&chantimerChan(x)->lock);
		while (load_acq(&t->firing) == 0 && load_acq(&t->pp) != 0)
			procyield(10);
		procyield((uint32_t)randn(&rand, 1000));
		unlock(&chantimerChan(x)->lock);
		chantimerStop(x);
		memset(chantimerChan(x), 0xdb, sizeof(struct hchan));
		gcfree(x);
		rtleave(gp);
	}
}

/* A callback that has left the heap when stop or reset come: we call it ourselves, late. */
TEST_OPT(sync, timesleep, no_late_callback, GO_ONE_P)
{
	int64_t v;
	struct chantimer *x = mktimer(nanotime() + 3600 * SEC, 0);
	struct timer *t = timerOf(x);
	timerfn *f = (timerfn *)t->f->fn;
	struct eface arg = t->arg;
	uintptr_t seq = t->seq;
	CHECK(stop(x));
	fires(t, f, arg, seq);
	CHECK_EQ(tryRecv(chantimerChan(x), &v), -1);
	CHECK(!reset(x, nanotime() + 3600 * SEC, 0));
	fires(t, f, arg, seq);
	CHECK_EQ(tryRecv(chantimerChan(x), &v), -1);
	seq = t->seq;
	CHECK(reset(x, nanotime() + 3600 * SEC, 5 * SEC));
	fires(t, f, arg, seq);
	CHECK_EQ(tryRecv(chantimerChan(x), &v), -1);
	fires(t, f, arg, t->seq); /* the right one */
	CHECK_EQ(tryRecv(chantimerChan(x), &v), 1);
	CHECK(stop(x));
	/* Nor does it send on a channel that the program has closed. */
	reset(x, nanotime() + 3600 * SEC, 0);
	closeChan(chantimerChan(x));
	fires(t, f, arg, t->seq);
	CHECK_EQ(tryRecv(chantimerChan(x), &v), 0);
}

/* The same with callbacks under way on other Ps: after a reset to the far future nothing comes. */
TEST_G(sync, timesleep, no_stale_tick_race)
{
	enum { N = 4 };
	RT(GOMAXPROCS(3));
	struct chantimer *t[N];
	int64_t v, fired = 0;
	uint64_t rand = testRand();
	for (int i = 0; i < N; i++)
		t[i] = mktimer(nanotime() + 3600 * SEC, 0);
	for (int round = 0; round < (int)(20000 * testSeconds()); round++) {
		struct chantimer *x = t[round % N];
		reset(x, nanotime() + randn(&rand, 2000), round % 2 * 300);
		for (uint32_t k = randn(&rand, 3000); k > 0; k--)
			compiler_fence();
		if (round % 8 == 0)
			yield();
		if (tryRecv(chantimerChan(x), &v) == 1)
			fired++;
		if (round % 3 == 0)
			stop(x);
		else
			reset(x, nanotime() + 3600 * SEC, 0);
		CHECK_EQ(tryRecv(chantimerChan(x), &v), -1);
	}
	(void)fired;
}

TEST_G(sync, timesleep, ticker)
{
	int64_t begin = nanotime(), v, last = begin;
	struct chantimer *t = mktimer(begin + 1 * MS, 1 * MS);
	for (int i = 1; i <= 20; i++) {
		CHECK(recv(chantimerChan(t), &v));
		CHECK(v >= begin + i * MS);
		CHECK(v >= last);
		last = v;
	}
	CHECK(stop(t));
	CHECK_EQ(tryRecv(chantimerChan(t), &v), -1);
}

/* Ticks that nobody reads are dropped: after a long pause one lies there. */
TEST_G(sync, timesleep, ticker_drops)
{
	int64_t v;
	struct chantimer *t = mktimer(nanotime() + 100 * US, 100 * US);
	RT(timeSleep(5 * MS));
	WAIT_UNTIL(chanlen(chantimerChan(t)) == 1);
	CHECK(reset(t, nanotime() + 3600 * SEC, 1 * SEC));
	CHECK_EQ(tryRecv(chantimerChan(t), &v), -1);
	CHECK(stop(t));
}
