/* scope.h: goroutines that end together.
 *
 * Since 0.1. A scope starts goroutines, waits for all of them, and keeps the first error. It lives
 * in a local variable, and a function that waits for its scope leaves no goroutine behind:
 *
 *	gort_scope s = GORT_SCOPE_INIT;
 *	for (int i = 0; i < n; i++)
 *		gort_scope_go(&s, fetch, &pages[i]);
 *	int err = gort_scope_wait(&s);
 *
 * The first function that returns something else than 0 cancels the scope's context, so that the
 * others can stop early: they select on gort_context_done(gort_scope_context(&s)), or look at
 * gort_context_err. Nobody is stopped by force.
 *
 * A scope is for one wait. It must not be copied, and must live until gort_scope_wait has returned.
 */
#ifndef GORT_SCOPE_H
#define GORT_SCOPE_H

#include "gort/context.h"
#include "gort/export.h"
#include "gort/sync.h"

/* Zero is the default everywhere. parent and limit are set before the first use, if at all:
 *
 *	gort_scope s = {.parent = ctx, .limit = 8};                                    */
typedef struct gort_scope {
	const gort_context *parent; /* of the scope's context; NULL: the background */
	int limit;                  /* goroutines at the same time; 0: any number */
	int err_;
	gort_context *context_;
	gort_waitgroup members_;
	gort_mutex lock_;
	uint32_t seats_;
	bool begun_, over_;
} gort_scope;

/* clang-format off */
#define GORT_SCOPE_INIT {NULL, 0, 0, NULL, GORT_WAITGROUP_INIT, GORT_MUTEX_INIT, 0, false, false}
/* clang-format on */

GORT_BEGIN

/* Starts fn(arg) as a goroutine of the scope; what it returns is 0 or an error, a gort code or any
 * other number. arg is passed as it is. With a limit, parks until fewer are running. A goroutine that
 * ends by gort_goexit has ended without an error. fn may start others in the same scope.
 * A NULL fn is fatal, as for gort_go. Panics after gort_scope_wait has returned, and if the limit is
 * negative.                                                                           since 0.1
 * [goroutine; parks if there is a limit; allocates; panics] */
GORT_API void gort_scope_go(gort_scope *s, int (*fn)(void *arg), void *arg) GORT_NONNULL(1);
/* The same without parking: false, and nothing was started, if the limit is reached.  since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API bool
gort_scope_try_go(gort_scope *s, int (*fn)(void *arg), void *arg) GORT_NONNULL(1) GORT_NODISCARD;

/* Waits until all goroutines of the scope have ended, cancels its context, and returns the first
 * error, or 0. Once it has returned, calling it again gives the same answer.          since 0.1
 * [goroutine; parks] */
GORT_API int gort_scope_wait(gort_scope *s) GORT_NONNULL(1);

/* The scope's context, derived from parent. It is done when parent is, when a function of the scope
 * has returned an error (which is its gort_context_cause), when it is cancelled, or when
 * gort_scope_wait is about to return. Cancelling it is no error of the scope.         since 0.1
 * [goroutine; parks for a moment; allocates] */
GORT_API gort_context *gort_scope_context(gort_scope *s) GORT_NONNULL(1);

GORT_END

#endif
