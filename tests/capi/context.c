/* Contexts, scopes, timers that start goroutines: each function of gort/context.h and gort/scope.h,
 * and gort_after_func. */
#include "check.h"

static gort_chan *started; /* of after functions: what they were given */

static void
tells(void *arg)
{
	gort_send(started, *(int *)arg);
}

static bool
is_done(const gort_context *ctx)
{
	return gort_try_recv(gort_context_done(ctx), NULL) == GORT_ECLOSED;
}

static void
background(void)
{
	gort_context *b = gort_context_background();
	int64_t when = 7;
	CHECK(b == gort_context_background());
	CHECK(gort_context_done(b) == NULL);
	CHECK(gort_context_err(b) == 0 && gort_context_cause(b) == 0);
	CHECK(!gort_context_deadline(b, &when) && when == 7);
	CHECK(gort_context_value(b, &when) == NULL && gort_context_value(b, NULL) == NULL);
}

static void
cancelling(void)
{
	gort_context *a = gort_context_with_cancel(gort_context_background());
	gort_context *b = gort_context_with_cancel(a);
	const gort_context *c = gort_context_with_timeout(b, 3600 * GORT_SEC);
	CHECK(gort_chan_elemsize(gort_context_done(a)) == 0);
	CHECK(!is_done(a) && !is_done(b) && !is_done(c));
	gort_context_cancel_cause(b, GORT_EPIPE);
	CHECK(!is_done(a) && is_done(b) && is_done(c));
	CHECK(gort_context_err(a) == 0 && gort_context_cause(a) == 0);
	CHECK(gort_context_err(c) == GORT_ECANCELED && gort_context_cause(c) == GORT_EPIPE);
	gort_context_cancel(b);
	CHECK(gort_context_cause(b) == GORT_EPIPE);
	gort_context_cancel_cause(a, 0);
	CHECK(gort_context_err(a) == GORT_ECANCELED && gort_context_cause(a) == GORT_ECANCELED);
	CHECK(is_done(gort_context_with_cancel(a)));
	CHECK(strcmp(gort_strerror(GORT_ECANCELED), "operation canceled") == 0);
	CHECK(strcmp(gort_strerror(GORT_EDEADLINE), "deadline exceeded") == 0);
}

static void
deadlines(void)
{
	int64_t start = gort_now(), when = 0;
	gort_context *a = gort_context_with_timeout(gort_context_background(), 2 * GORT_MS);
	gort_context *b = gort_context_with_deadline(a, start + 3600 * GORT_SEC);
	gort_chan *never = gort_chan_make(int, 0);
	int v;
	CHECK(gort_context_deadline(b, &when) && when >= start + 2 * GORT_MS);
	CHECK(gort_select(GORT_RECV(never, &v), GORT_RECV(gort_context_done(b), NULL),
		      GORT_AFTER(60 * GORT_SEC)) == 1);
	CHECK(gort_now() >= when);
	CHECK(gort_context_err(a) == GORT_EDEADLINE && gort_context_cause(b) == GORT_EDEADLINE);
	gort_context_cancel(b);
	CHECK(gort_context_err(b) == GORT_EDEADLINE);
	CHECK(is_done(gort_context_with_timeout(gort_context_background(), 0)));
	CHECK(is_done(gort_context_with_timeout(gort_context_background(), -GORT_SEC)));
	a = gort_context_with_timeout(gort_context_background(), INT64_MAX);
	CHECK(!is_done(a) && !gort_context_deadline(a, &when));
	gort_context_cancel(a);
}

static void
values(void)
{
	static char key, other;
	int v = 3;
	gort_context *a = gort_context_with_value(gort_context_background(), &key, &v);
	gort_context *b = gort_context_with_cancel(a);
	gort_context *c = gort_context_with_value(b, &other, NULL);
	CHECK(gort_context_value(c, &key) == &v && gort_context_value(c, &other) == NULL);
	CHECK(gort_context_done(a) == NULL && gort_context_done(c) == gort_context_done(b));
	gort_context_cancel(b);
	CHECK(is_done(c) && gort_context_err(c) == GORT_ECANCELED);
}

static void
after_functions(void)
{
	int one = 1, two = 2, v = 0;
	gort_context *a = gort_context_with_cancel(gort_context_background());
	gort_context_after *first = gort_context_after_func(a, tells, &one);
	gort_context_after *second = gort_context_after_func(a, tells, &two);
	CHECK(gort_context_after_stop(first) && !gort_context_after_stop(first));
	gort_context_cancel(a);
	CHECK(!gort_context_after_stop(second));
	CHECK(gort_recv(started, &v) && v == 2);
	CHECK(!gort_context_after_stop(gort_context_after_func(a, tells, &one)));
	CHECK(gort_recv(started, &v) && v == 1);
	CHECK(gort_context_after_stop(
		gort_context_after_func(gort_context_background(), tells, &one)));
}

static void
after_time(void)
{
	int three = 3, v = 0;
	int64_t start = gort_now();
	gort_timer *t = gort_after_func(2 * GORT_MS, tells, &three);
	CHECK(gort_timer_chan(t) == NULL);
	CHECK(gort_recv(started, &v) && v == 3);
	CHECK(gort_now() - start >= 2 * GORT_MS);
	CHECK(!gort_timer_stop(t));
	CHECK(!gort_timer_reset(t, 3600 * GORT_SEC));
	CHECK(gort_timer_stop(t));
	CHECK(!gort_timer_stop(t));
	CHECK(!gort_timer_reset(t, 0));
	CHECK(gort_recv(started, &v) && v == 3);
	CHECK(gort_timer_stop(gort_after_func(INT64_MAX, tells, &three)));
	gort_after_func(-1, tells, &three);
	CHECK(gort_recv(started, &v) && v == 3);
}

/* ---- scopes ------------------------------------------------------------------------------- */

struct part {
	gort_scope *scope;
	int result;
};

static int
returns(void *arg)
{
	return ((struct part *)arg)->result;
}

static int
waits(void *arg)
{
	struct part *p = (struct part *)arg;
	gort_recv(gort_context_done(gort_scope_context(p->scope)), NULL);
	return p->result;
}

static int
grows(void *arg)
{
	struct part *p = (struct part *)arg;
	gort_scope_go(p->scope, returns, p);
	gort_scope_go(p->scope, returns, p);
	return 0;
}

static void
scopes(void)
{
	gort_scope none = GORT_SCOPE_INIT;
	CHECK(gort_scope_wait(&none) == 0 && gort_scope_wait(&none) == 0);
	CHECK(is_done(gort_scope_context(&none)));

	gort_scope s = GORT_SCOPE_INIT;
	struct part ok = {&s, 0}, late = {&s, 22}, fails = {&s, GORT_EIO};
	for (int i = 0; i < 50; i++)
		gort_scope_go(&s, i % 2 == 0 ? grows : returns, &ok);
	for (int i = 0; i < 50; i++)
		gort_scope_go(&s, waits, &late);
	CHECK(gort_context_err(gort_scope_context(&s)) == 0);
	gort_scope_go(&s, returns, &fails);
	CHECK(gort_scope_wait(&s) == GORT_EIO && gort_scope_wait(&s) == GORT_EIO);
	CHECK(gort_context_cause(gort_scope_context(&s)) == GORT_EIO);
}

static void
scope_options(void)
{
	gort_context *parent = gort_context_with_cancel(gort_context_background());
	gort_scope s = GORT_SCOPE_INIT;
	s.parent = parent;
	s.limit = 2;
	struct part p = {&s, 0};
	CHECK(gort_scope_try_go(&s, waits, &p));
	gort_scope_go(&s, waits, &p);
	CHECK(!gort_scope_try_go(&s, waits, &p));
	gort_context_cancel_cause(parent, 5);
	gort_scope_go(&s, waits, &p);
	CHECK(gort_scope_wait(&s) == 0);
	CHECK(gort_context_cause(gort_scope_context(&s)) == 5);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	started = gort_chan_make(int, 0);
	background();
	cancelling();
	deadlines();
	values();
	after_functions();
	after_time();
	scopes();
	scope_options();
	PASSED();
}
