/* Contexts, and timers that start goroutines. */
#include "core/rand.h"
#include "unit/sync/goro.h"

static struct context *
withCancel(const struct context *parent)
{
	struct context *ctx;
	RT(ctx = contextWithCancel(parent));
	return ctx;
}

static struct context *
withDeadline(const struct context *parent, int64_t when)
{
	struct context *ctx;
	RT(ctx = contextWithDeadline(parent, when));
	return ctx;
}

static struct context *
withValue(const struct context *parent, const void *key, void *value)
{
	struct context *ctx;
	RT(ctx = contextWithValue(parent, key, value));
	return ctx;
}

static struct context *
root(void)
{
	return withCancel(contextBackground());
}

static bool
cancel(struct context *ctx)
{
	bool ok;
	RT(ok = contextCancel(ctx, CONTEXT_CANCELED));
	return ok;
}

static int32_t
err(const struct context *ctx)
{
	int32_t e;
	RT(e = contextErr(ctx));
	return e;
}

static int32_t
cause(const struct context *ctx)
{
	int32_t e;
	RT(e = contextCause(ctx));
	return e;
}

static bool
isDone(const struct context *ctx)
{
	return tryRecv(contextDone(ctx), NULL) == 0;
}

static void
waitDone(const struct context *ctx)
{
	CHECK(!recv(contextDone(ctx), NULL));
}

/* Timers that wait on any P. */
static uint32_t
queuedTimers(void)
{
	uint32_t n = 0;
	for (int32_t i = 0; i < gomaxprocs; i++)
		n += load_rlx(&allp[i]->timers.len);
	return n;
}

static void
counts(void *arg)
{
	xadd((int *)arg, 1);
}

static struct contextafter *
afterFunc(const struct context *ctx, int *n)
{
	struct contextafter *a;
	RT(a = contextAfterFunc(ctx, counts, n, (uintptr_t)counts));
	return a;
}

static bool
afterStop(struct contextafter *a)
{
	bool stopped;
	RT(stopped = contextAfterStop(a));
	return stopped;
}

TEST_G(sync, context, background)
{
	struct context *b = contextBackground();
	CHECK(contextDone(b) == NULL);
	CHECK_EQ(err(b), 0);
	CHECK_EQ(contextDeadline(b), INT64_MAX);
	CHECK(!cancel(b));
	CHECK_EQ(err(b), 0);
}

TEST_G(sync, context, cancel_reaches_descendants_alone)
{
	struct context *a = root(), *b = withCancel(a), *c = withCancel(b),
		       *sibling = withCancel(a);
	struct context *v = withValue(b, &a, NULL), *d = withCancel(v);
	struct context *late = withDeadline(c, nanotime() + 3600 * SEC);
	CHECK(!isDone(b));
	RT(contextCancel(b, 77));
	CHECK(isDone(b) && isDone(c) && isDone(v) && isDone(d) && isDone(late));
	CHECK(!isDone(a) && !isDone(sibling));
	CHECK_EQ(err(a), 0);
	CHECK_EQ(cause(a), 0);
	CHECK_EQ(err(late), CONTEXT_CANCELED);
	CHECK_EQ(cause(late), 77);
	CHECK_EQ(cause(v), 77);
	CHECK(cancel(b)); /* again: nothing */
	CHECK_EQ(cause(b), 77);
	/* What is derived from a done context is born done. */
	CHECK(isDone(withCancel(late)));
	CHECK(isDone(withDeadline(late, nanotime() + 3600 * SEC)));
	CHECK_EQ(cause(withDeadline(v, 1)), 77);
	CHECK(cancel(a));
	CHECK_EQ(cause(sibling), CONTEXT_CANCELED);
	CHECK_EQ(cause(late), 77);
	CHECK(!cancel(v)); /* has no cancel of its own */
	CHECK_EQ(queuedTimers(), 0);
}

TEST_G(sync, context, values)
{
	static char k1, k2, k3;
	int one, two, other;
	struct context *a = withValue(contextBackground(), &k1, &one);
	struct context *b = withValue(withCancel(a), &k2, &two), *c = withValue(b, &k1, &other);
	CHECK(contextValue(c, &k1) == &other);
	CHECK(contextValue(b, &k1) == &one);
	CHECK(contextValue(c, &k2) == &two);
	CHECK(contextValue(a, &k2) == NULL);
	CHECK(contextValue(c, &k3) == NULL);
	CHECK(contextDone(a) == NULL && contextDone(b) != NULL && contextDone(c) == contextDone(b));
}

TEST_G(sync, context, deadline)
{
	int64_t far = nanotime() + 3600 * SEC, when = nanotime() + 3 * MS;
	/* A later deadline below has no timer of its own. */
	struct context *f = withDeadline(contextBackground(), far);
	CHECK_EQ(contextDeadline(withDeadline(withCancel(f), far + 1)), far);
	CHECK_EQ(queuedTimers(), 1);
	cancel(f);
	CHECK_EQ(queuedTimers(), 0);

	struct context *a = withDeadline(contextBackground(), when), *b = withCancel(a);
	struct context *c = withDeadline(b, when + 1 * SEC);
	CHECK_EQ(contextDeadline(b), when);
	CHECK_EQ(contextDeadline(c), when);
	waitDone(c);
	CHECK(nanotime() >= when);
	CHECK_EQ(err(a), CONTEXT_DEADLINE);
	CHECK_EQ(err(c), CONTEXT_DEADLINE);
	CHECK_EQ(cause(b), CONTEXT_DEADLINE);
	CHECK(isDone(a) && isDone(b));

	struct context *past = withDeadline(contextBackground(), nanotime());
	CHECK(isDone(past));
	CHECK_EQ(err(past), CONTEXT_DEADLINE);
	CHECK(isDone(withDeadline(contextBackground(), -1)));
	CHECK(!isDone(withDeadline(contextBackground(), INT64_MAX)));
	CHECK_EQ(queuedTimers(), 0);
}

/* The order of deadlines is the order of ends, however late each is: the timers' heap decides, not
 * the scheduler. */
TEST_G(sync, context, deadlines_in_order)
{
	enum { N = 200 };
	static struct context *ctx[N];
	int64_t now = nanotime();
	uint64_t rand = testRand();
	for (int i = 0; i < N; i++)
		ctx[i] = withDeadline(contextBackground(), now + i * 100 * US);
	for (int round = 0; round < 1000; round++) {
		int i = (int)randn(&rand, N - 1);
		if (err(ctx[i + 1]) != 0 && gomaxprocs == 1)
			CHECK(err(ctx[i]) != 0);
		if (err(ctx[i]) != 0)
			CHECK(nanotime() >= now + i * 100 * US);
	}
	for (int i = 0; i < N; i++)
		waitDone(ctx[i]);
	CHECK(nanotime() >= now + (N - 1) * 100 * US);
}

TEST_G(sync, context, cancel_stops_timers)
{
	enum { N = 1000 };
	struct context *a = root();
	for (int i = 0; i < N; i++)
		withDeadline(a, nanotime() + 3600 * SEC - i);
	CHECK_EQ(queuedTimers(), N);
	CHECK(cancel(a));
	CHECK_EQ(queuedTimers(), 0);
}

/* No recursion: a chain that no stack would hold. */
TEST_G(sync, context, long_chain)
{
	enum { N = 100000 };
	struct context *top = root(), *last = top;
	for (int i = 0; i < N; i++)
		last = withCancel(last);
	CHECK(cancel(top));
	CHECK(isDone(last));
}

TEST_G(sync, context, wide_tree)
{
	enum { N = 30 };
	static struct context *leaf[N][N];
	struct context *top = root(), *kid[N];
	for (int i = 0; i < N; i++) {
		kid[i] = withCancel(top);
		for (int j = 0; j < N; j++)
			leaf[i][j] = withCancel(withCancel(kid[i]));
	}
	for (int j = 0; j < N; j++) /* out of the middle of a list, its start and its end */
		cancel(leaf[7][j * 11 % N]);
	cancel(kid[0]);
	cancel(kid[N - 1]);
	cancel(kid[13]);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			CHECK_EQ(isDone(leaf[i][j]), i == 7 || i == 0 || i == N - 1 || i == 13);
	cancel(top);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			CHECK(isDone(leaf[i][j]) && isDone(kid[i]));
}

TEST_G(sync, context, after)
{
	int n = 0;
	struct context *a = root(), *b = withCancel(a);
	afterFunc(b, &n);
	struct contextafter *stopped = afterFunc(a, &n), *twice = afterFunc(a, &n);
	CHECK(afterStop(stopped));
	CHECK(!afterStop(stopped));
	yield();
	CHECK_EQ(load_acq(&n), 0);
	cancel(a);
	WAIT_UNTIL(load_acq(&n) == 2);
	CHECK(!afterStop(twice));
	/* Of a done context: now. */
	struct contextafter *now = afterFunc(b, &n);
	CHECK(!afterStop(now));
	WAIT_UNTIL(load_acq(&n) == 3);
	/* Of one that is never done: never. */
	struct contextafter *never = afterFunc(contextBackground(), &n);
	CHECK(afterStop(never));
	CHECK(!afterStop(never));
	yield();
	CHECK_EQ(load_acq(&n), 3);
}

struct look {
	struct context *ctx;
	bool done;
	int looked;
};

static void
looks(void *arg)
{
	struct look *l = arg;
	l->done = isDone(l->ctx) && err(l->ctx) != 0;
	store_rel(&l->looked, 1);
}

/* An after function finds its context done, also after a deadline, whose callback starts it. */
TEST_G(sync, context, after_finds_it_done)
{
	RT(GOMAXPROCS(4));
	for (int i = 0; i < 300; i++) {
		struct context *ctx = withDeadline(contextBackground(), nanotime() + 20 * US);
		struct look l = {.ctx = ctx};
		struct contextafter *a;
		RT(a = contextAfterFunc(withCancel(ctx), looks, &l, (uintptr_t)looks));
		WAIT_UNTIL(load_acq(&l.looked) == 1);
		CHECK(l.done);
		CHECK(!afterStop(a));
	}
}

/* A cancel that comes while another goroutine is at it: both return with all done. Reasons agree
 * over the whole tree. Children are born meanwhile, and after functions set and stopped. */
struct race {
	struct context *top;
	struct hchan *start;
	struct syncwaitgroup *wg;
	int64_t when;
	uint64_t rand;
	int started;        /* after functions */
	int registered;     /* that were not stopped */
	int32_t outcome[8]; /* what each canceller saw */
};

static void
cancels(void *arg)
{
	struct race *r = arg;
	CHECK(!recv(r->start, NULL));
	cancel(r->top);
	CHECK(isDone(r->top));
	CHECK(err(r->top) != 0);
	wgAdd(r->wg, -1);
}

static void
derives(void *arg)
{
	struct race *r = arg;
	CHECK(!recv(r->start, NULL));
	for (int i = 0; i < 20; i++) {
		struct context *a = withDeadline(r->top, r->when + (i % 3 - 1) * 10 * US);
		struct context *b = withCancel(a);
		if (afterStop(afterFunc(b, &r->started)))
			afterFunc(b, &r->started);
		xadd(&r->registered, 1);
		if (i % 4 == 0) {
			cancel(a);
			CHECK(isDone(a) && isDone(b));
		}
		/* a was derived before top was done, or is done itself. */
		if (err(r->top) != 0) {
			CHECK(isDone(a) && isDone(b));
			CHECK(err(a) != 0);
			CHECK_EQ(err(b), err(a));
			CHECK_EQ(cause(b), cause(a));
		}
	}
	wgAdd(r->wg, -1);
}

static void
races(int procs)
{
	enum { CANCELLERS = 3, DERIVERS = 8 };
	uint64_t rand = testRand();
	RT(GOMAXPROCS(procs));
	int64_t until = nanotime() + (int64_t)(testSeconds() * 0.5 * (double)SEC);
	do {
		struct syncwaitgroup wg = {0};
		struct race r = {.start = intchan(0), .wg = &wg};
		r.when = nanotime() + 20 * US + (int64_t)randn(&rand, 60 * US);
		r.top = withDeadline(root(), r.when);
		wgAdd(&wg, CANCELLERS + DERIVERS);
		bool byTime = randn(&rand, 4) == 0;
		for (int i = 0; i < DERIVERS; i++)
			spawn(derives, &r);
		for (int i = 0; i < CANCELLERS; i++) {
			if (byTime)
				wgAdd(&wg, -1);
			else
				spawn(cancels, &r);
		}
		closeChan(r.start);
		waitDone(r.top);
		CHECK(byTime ? err(r.top) == CONTEXT_DEADLINE : err(r.top) != 0);
		wgWait(&wg);
		/* All children are done, so every function that was not stopped starts, once. */
		WAIT_UNTIL(load_acq(&r.started) == load_acq(&r.registered));
		CHECK_EQ(queuedTimers(), 0);
		for (int i = 0; i < 3; i++)
			yield();
		CHECK_EQ(load_acq(&r.started), load_acq(&r.registered));
	} while (nanotime() < until);
}

TEST_OPT(sync, context, race_one_p, GO_ONE_P, .timeout = 120)
{
	races(1);
}

TEST_OPT(sync, context, race, .goroutine = true, .timeout = 120)
{
	races(4);
}

/* Hundreds of goroutines wait for one context, in receives and selects. */
static void
selects(void *arg)
{
	struct race *r = arg;
	struct scase cases[2] = {{contextDone(r->top), NULL}, {r->start, NULL}};
	uint16_t order[4];
	bool received;
	intgo i;
	RT(i = selectgo(cases, order, 0, 2, true, &received));
	CHECK_EQ(i, 0);
	CHECK(!received);
	CHECK_EQ(err(r->top), CONTEXT_DEADLINE);
	wgAdd(r->wg, -1);
}

static void
receives(void *arg)
{
	struct race *r = arg;
	waitDone(r->top);
	wgAdd(r->wg, -1);
}

TEST_G(sync, context, many_waiters)
{
	enum { N = 500 };
	struct syncwaitgroup wg = {0};
	struct race r = {.start = intchan(0), .wg = &wg};
	r.top = withCancel(withDeadline(contextBackground(), nanotime() + 2 * MS));
	wgAdd(&wg, 2 * N);
	for (int i = 0; i < N; i++) {
		spawn(selects, &r);
		spawn(receives, &r);
	}
	wgWait(&wg);
}

/* ---- timers that start goroutines ----------------------------------------------------------- */

static struct chantimer *
funcTimer(int64_t when, int *n)
{
	struct chantimer *t;
	RT(t = newfunctimer(when, counts, n, (uintptr_t)counts));
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
reset(struct chantimer *t, int64_t when)
{
	bool was;
	RT(was = chantimerReset(t, when, 0));
	return was;
}

TEST_G(sync, functimer, start_stop_reset)
{
	int n = 0;
	struct chantimer *t = funcTimer(nanotime() + 1 * MS, &n);
	CHECK(chantimerChan(t) == NULL);
	WAIT_UNTIL(load_acq(&n) == 1);
	CHECK(!stop(t));
	CHECK(!reset(t, nanotime() + 3600 * SEC));
	CHECK(stop(t));
	CHECK(!stop(t));
	CHECK(!reset(t, nanotime() + 3600 * SEC));
	CHECK(reset(t, nanotime()));
	WAIT_UNTIL(load_acq(&n) == 2);
	CHECK(!stop(t));
}

/* What stop says is what happens: of N timers as many start as stop was too late for. */
TEST_G(sync, functimer, stop_race)
{
	RT(GOMAXPROCS(3));
	uint64_t rand = testRand();
	int n = 0, late = 0;
	for (int i = 0; i < 5000; i++) {
		struct chantimer *t = funcTimer(nanotime() + randn(&rand, 3000), &n);
		for (uint32_t k = randn(&rand, 3000); k > 0; k--)
			compiler_fence();
		if (i % 8 == 0)
			yield();
		if (!stop(t))
			late++;
	}
	WAIT_UNTIL(load_acq(&n) == late);
	for (int i = 0; i < 10; i++)
		yield();
	CHECK_EQ(load_acq(&n), late);
}
