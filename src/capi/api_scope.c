/* api_scope.c: goroutines that end together.                                         room: capi */
#include "capi/capi.h"

#include "lang/lang.h"

_Static_assert(sizeof(gort_scope) == sizeof(struct scope), "layout");
_Static_assert(_Alignof(gort_scope) == _Alignof(struct scope), "layout");
_Static_assert(offsetof(gort_scope, seats_) == offsetof(struct scope, seats), "layout");

struct member {
	struct scope *s;
	int (*fn)(void *);
	void *arg;
	int err;
};

static void
memberEnd(void *arg)
{
	struct member *m = arg;
	struct g *gp = rtenter();
	scopeEnd(m->s, m->err);
	rtleave(gp);
}

/* The function runs outside of the runtime; the scope's word comes last, also after gort_goexit, or
 * a panic that ended. */
static void
memberMain(void *arg)
{
	struct member *m = arg;
	struct deferrec d;
	deferBegin(&d, memberEnd, m);
	m->err = m->fn(m->arg);
	deferEnd(&d);
}

static bool
memberStart(gort_scope *s, int (*fn)(void *), void *arg, bool block, uintptr_t pc)
{
	struct member m = {(struct scope *)s, fn, arg, 0};
	if (unlikely(fn == NULL))
		fatal("go of nil func value");
	struct g *gp = rtenter();
	bool begun = scopeBegin(m.s, block);
	if (begun)
		startGoroutine(memberMain, &m, sizeof m, pc);
	rtleave(gp);
	return begun;
}

void
gort_scope_go(gort_scope *s, int (*fn)(void *), void *arg)
{
	memberStart(s, fn, arg, true, (uintptr_t)__builtin_return_address(0));
}

bool
gort_scope_try_go(gort_scope *s, int (*fn)(void *), void *arg)
{
	return memberStart(s, fn, arg, false, (uintptr_t)__builtin_return_address(0));
}

int
gort_scope_wait(gort_scope *s)
{
	struct g *gp = rtenter();
	int err = scopeWait((struct scope *)s);
	rtleave(gp);
	return err;
}

gort_context *
gort_scope_context(gort_scope *s)
{
	struct g *gp = rtenter();
	struct context *ctx = scopeContext((struct scope *)s);
	rtleave(gp);
	return (gort_context *)ctx;
}
