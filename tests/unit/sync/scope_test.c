/* Scopes: the mechanism; the door's part is in tests/capi/context.c. */
#include "unit/sync/goro.h"

struct part {
	struct scope *s;
	struct context *ctx; /* waits for it, if not NULL */
	int32_t err;
	int *running, *most, *ran;
	struct syncmutex *lock;
};

static void
part(void *arg)
{
	struct part *p = arg;
	if (p->lock != NULL) {
		RT(syncmutexLock(p->lock));
		if (++*p->running > *p->most)
			*p->most = *p->running;
		RT(syncmutexUnlock(p->lock));
		yield();
		RT(syncmutexLock(p->lock));
		--*p->running;
		++*p->ran;
		RT(syncmutexUnlock(p->lock));
	}
	if (p->ctx != NULL)
		CHECK(!recv(contextDone(p->ctx), NULL));
	RT(scopeEnd(p->s, p->err));
}

static bool
begin(struct part *p, bool block)
{
	bool begun;
	RT(begun = scopeBegin(p->s, block));
	if (begun)
		spawn(part, p);
	return begun;
}

static int32_t
wait(struct scope *s)
{
	int32_t err;
	RT(err = scopeWait(s));
	return err;
}

static struct context *
contextOfScope(struct scope *s)
{
	struct context *ctx;
	RT(ctx = scopeContext(s));
	return ctx;
}

static int32_t
cause(struct context *ctx)
{
	int32_t e;
	RT(e = contextCause(ctx));
	return e;
}

TEST_G(sync, scope, nothing)
{
	struct scope s = {0};
	CHECK_EQ(wait(&s), 0);
	CHECK_EQ(wait(&s), 0);
	CHECK_EQ(cause(contextOfScope(&s)), CONTEXT_CANCELED); /* asked for too late */
}

TEST_G(sync, scope, joins)
{
	enum { N = 300 };
	static struct part p[N];
	int running = 0, most = 0, ran = 0;
	struct syncmutex lock = {0};
	for (int round = 0; round < 20; round++) {
		struct scope s = {.limit = round % 2 * 7};
		ran = most = 0;
		for (int i = 0; i < N; i++) {
			p[i] = (struct part){&s, NULL, 0, &running, &most, &ran, &lock};
			CHECK(begin(&p[i], true));
		}
		CHECK_EQ(wait(&s), 0);
		CHECK_EQ(ran, N);
		CHECK(s.limit == 0 || most <= s.limit);
		CHECK(s.ctx == NULL); /* nobody has asked */
	}
}

/* The first error tells the others, who wait for the context. */
TEST_G(sync, scope, first_error)
{
	enum { N = 20 };
	struct part p[N + 1];
	struct context *parent, *ctx;
	RT(parent = contextWithCancel(contextBackground()));
	struct scope s = {.parent = parent};
	ctx = contextOfScope(&s);
	CHECK(ctx == contextOfScope(&s));
	for (int i = 0; i < N; i++) {
		p[i] = (struct part){.s = &s, .ctx = ctx, .err = 1000 + i};
		begin(&p[i], true);
	}
	CHECK_EQ(cause(ctx), 0);
	p[N] = (struct part){.s = &s, .err = -5};
	begin(&p[N], true);
	CHECK_EQ(wait(&s), -5);
	CHECK_EQ(wait(&s), -5);
	CHECK_EQ(cause(ctx), -5);
	CHECK_EQ(cause(parent), 0);
}

/* Asked for after the first error, the context is born done. */
TEST_G(sync, scope, context_after_error)
{
	struct scope s = {0};
	struct part p = {.s = &s, .err = 3}, q = {.s = &s};
	begin(&p, true);
	WAIT_UNTIL(load_acq(&s.members.state) == 0);
	q.ctx = contextOfScope(&s);
	CHECK_EQ(cause(q.ctx), 3);
	begin(&q, true);
	CHECK_EQ(wait(&s), 3);
}

/* Waiting ends the context; a parent that ends does the same, and is no error. */
TEST_G(sync, scope, context_ends)
{
	struct scope s = {0};
	struct context *ctx = contextOfScope(&s), *parent;
	CHECK_EQ(wait(&s), 0);
	CHECK_EQ(cause(ctx), CONTEXT_CANCELED);

	RT(parent = contextWithDeadline(contextBackground(), nanotime() + 1 * MS));
	struct scope t = {.parent = parent};
	struct part p = {.s = &t, .ctx = contextOfScope(&t)};
	begin(&p, true);
	CHECK_EQ(wait(&t), 0);
	CHECK_EQ(cause(p.ctx), CONTEXT_DEADLINE);
}

TEST_G(sync, scope, limit)
{
	struct scope s = {.limit = 2};
	struct context *ctx;
	RT(ctx = contextWithCancel(contextBackground()));
	struct part p = {.s = &s, .ctx = ctx};
	CHECK(begin(&p, false));
	CHECK(begin(&p, true));
	CHECK(!begin(&p, false));
	RT(contextCancel(ctx, 1));
	CHECK(begin(&p, true)); /* parks until one has ended */
	CHECK_EQ(wait(&s), 0);
}

/* Members start members. */
static void
grows(void *arg)
{
	struct part *p = arg;
	if (xadd(p->ran, 1) < 200) {
		RT(CHECK(scopeBegin(p->s, true)));
		spawn(grows, p);
		if (xadd(p->ran, 1) < 200) {
			RT(CHECK(scopeBegin(p->s, true)));
			spawn(grows, p);
		}
	}
	RT(scopeEnd(p->s, 0));
}

TEST_G(sync, scope, grows)
{
	RT(GOMAXPROCS(4));
	for (int i = 0; i < 50; i++) {
		struct scope s = {0};
		int ran = 0;
		struct part p = {.s = &s, .ran = &ran};
		RT(CHECK(scopeBegin(&s, true)));
		spawn(grows, &p);
		CHECK_EQ(wait(&s), 0);
		CHECK(ran >= 200);
	}
}

/* Many fail at once, while others ask for the context and a time-out comes. */
static void
asks(void *arg)
{
	struct part *p = arg;
	struct context *ctx = contextOfScope(p->s);
	CHECK(!recv(contextDone(ctx), NULL));
	RT(scopeEnd(p->s, 0));
}

TEST_G(sync, scope, errors_race)
{
	enum { N = 16 };
	RT(GOMAXPROCS(4));
	int64_t until = nanotime() + (int64_t)(testSeconds() * 0.5 * (double)SEC);
	do {
		struct part p[N];
		struct context *parent;
		RT(parent = contextWithDeadline(contextBackground(), nanotime() + 50 * US));
		struct scope s = {.parent = parent};
		for (int i = 0; i < N; i++) {
			p[i] = (struct part){.s = &s, .err = i + 1};
			RT(scopeBegin(&s, true));
			spawn(i % 2 == 0 ? part : asks, &p[i]);
		}
		int32_t e = wait(&s);
		CHECK(e >= 1 && e <= N && e % 2 == 1);
		int32_t c = cause(s.ctx);
		CHECK(c == e || c == CONTEXT_DEADLINE);
		CHECK_EQ(s.seats, 0);
	} while (nanotime() < until);
}

TEST_DIES_G(sync, scope, over, "panic: a goroutine for a scope that was waited for", 2)
{
	struct scope s = {0};
	wait(&s);
	RT(scopeBegin(&s, true));
}

TEST_DIES_G(sync, scope, negative_limit, "panic: scope with a limit of -3 goroutines", 2)
{
	struct scope s = {.limit = -3};
	RT(scopeBegin(&s, true));
}
