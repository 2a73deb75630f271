/* api_context.c: contexts, and timers that start goroutines.                         room: capi
 *
 * A gort_context is a struct context, a gort_context_after a struct contextafter. */
#include "capi/capi.h"

_Static_assert((int)GORT_ECANCELED == (int)CONTEXT_CANCELED, "gort/errors.h and sync/sync.h");
_Static_assert((int)GORT_EDEADLINE == (int)CONTEXT_DEADLINE, "gort/errors.h and sync/sync.h");

static const struct context *
contextOf(const gort_context *ctx)
{
	return (const struct context *)ctx;
}

static const struct context *
parentOf(const gort_context *parent)
{
	if (unlikely(parent == NULL))
		panicPlain("cannot create context from nil parent");
	return contextOf(parent);
}

static void
checkFn(void (*fn)(void *))
{
	if (unlikely(fn == NULL))
		fatal("go of nil func value");
}

gort_context *
gort_context_background(void)
{
	return (gort_context *)contextBackground();
}

gort_context *
gort_context_with_cancel(const gort_context *parent)
{
	const struct context *p = parentOf(parent);
	struct g *gp = rtenter();
	struct context *ctx = contextWithCancel(p);
	rtleave(gp);
	return (gort_context *)ctx;
}

gort_context *
gort_context_with_timeout(const gort_context *parent, int64_t ns)
{
	return gort_context_with_deadline(parent, deadlineAfter(ns));
}

gort_context *
gort_context_with_deadline(const gort_context *parent, int64_t when)
{
	const struct context *p = parentOf(parent);
	struct g *gp = rtenter();
	struct context *ctx = contextWithDeadline(p, when);
	rtleave(gp);
	return (gort_context *)ctx;
}

gort_context *
gort_context_with_value(const gort_context *parent, const void *key, void *value)
{
	const struct context *p = parentOf(parent);
	if (unlikely(key == NULL))
		panicPlain("nil key");
	struct g *gp = rtenter();
	struct context *ctx = contextWithValue(p, key, value);
	rtleave(gp);
	return (gort_context *)ctx;
}

void
gort_context_cancel(gort_context *ctx)
{
	gort_context_cancel_cause(ctx, GORT_ECANCELED);
}

void
gort_context_cancel_cause(gort_context *ctx, int cause)
{
	struct g *gp = rtenter();
	bool ok = contextCancel((struct context *)ctx, cause != 0 ? cause : GORT_ECANCELED);
	rtleave(gp);
	if (unlikely(!ok))
		panicPlain("gort_context_cancel of a context without a cancel of its own");
}

gort_chan *
gort_context_done(const gort_context *ctx)
{
	return (gort_chan *)contextDone(contextOf(ctx));
}

int
gort_context_err(const gort_context *ctx)
{
	struct g *gp = rtenter();
	int err = contextErr(contextOf(ctx));
	rtleave(gp);
	return err;
}

int
gort_context_cause(const gort_context *ctx)
{
	struct g *gp = rtenter();
	int cause = contextCause(contextOf(ctx));
	rtleave(gp);
	return cause;
}

bool
gort_context_deadline(const gort_context *ctx, int64_t *when)
{
	int64_t deadline = contextDeadline(contextOf(ctx));
	if (deadline == INT64_MAX)
		return false;
	*when = deadline;
	return true;
}

void *
gort_context_value(const gort_context *ctx, const void *key)
{
	return key == NULL ? NULL : contextValue(contextOf(ctx), key);
}

gort_context_after *
gort_context_after_func(const gort_context *ctx, void (*fn)(void *), void *arg)
{
	checkFn(fn);
	struct g *gp = rtenter();
	struct contextafter *a =
		contextAfterFunc(contextOf(ctx), fn, arg, (uintptr_t)__builtin_return_address(0));
	rtleave(gp);
	return (gort_context_after *)a;
}

bool
gort_context_after_stop(gort_context_after *a)
{
	struct g *gp = rtenter();
	bool stopped = contextAfterStop((struct contextafter *)a);
	rtleave(gp);
	return stopped;
}

/* In gort/timer.h, beside the timers whose stop and reset it shares. */
gort_timer *
gort_after_func(int64_t ns, void (*fn)(void *), void *arg)
{
	checkFn(fn);
	struct g *gp = rtenter();
	struct chantimer *t =
		newfunctimer(deadlineAfter(ns), fn, arg, (uintptr_t)__builtin_return_address(0));
	rtleave(gp);
	return (gort_timer *)t;
}
