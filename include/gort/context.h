/* context.h: who may stop working: cancellation, deadlines, and values of a request.
 *
 * Since 0.1. A context says "go on" until it is done. It is handed down to whatever works on one
 * thing: a request, a connection, the whole program. Contexts are derived from one another, and one
 * that is done makes all derived from it done. What waits on channels waits for the context too:
 *
 *	gort_context *ctx = gort_context_with_timeout(parent, 2 * GORT_SEC);
 *	gort_go_copy(ask, &(struct question){ctx, answers}, sizeof(struct question));
 *	switch (gort_select(GORT_RECV(answers, &a), GORT_RECV(gort_context_done(ctx), NULL))) {
 *	case 0: use(a); break;
 *	case 1: give_up(gort_context_err(ctx)); break;
 *	}
 *	gort_context_cancel(ctx);
 *
 * Who derives a context with a cancel of its own (with_cancel, with_timeout, with_deadline) cancels
 * it when its work is over, however that ended: until it is done, its parent remembers it. Cancelling
 * what is done does nothing. Pass a context on as const gort_context * to those who shall see it and
 * derive from it but not cancel it.
 *
 * Contexts are collected when nobody can reach them; gort_free must not be called on one. All
 * functions here may be called by many goroutines at once. A NULL parent panics "cannot create
 * context from nil parent".
 */
#ifndef GORT_CONTEXT_H
#define GORT_CONTEXT_H

#include "gort/chan.h"
#include "gort/errors.h"
#include "gort/export.h"

typedef struct gort_context gort_context;
typedef struct gort_context_after gort_context_after;

GORT_BEGIN

/* The context that is never done and holds no values: from which the first is derived. since 0.1
 * [anywhere; never parks] */
GORT_API gort_context *gort_context_background(void);

/* A context that is done when it is cancelled, or when parent is done.                since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_context *gort_context_with_cancel(const gort_context *parent) GORT_NODISCARD;

/* The same, and done ns nanoseconds from now; done at once if ns <= 0.                since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_context *
gort_context_with_timeout(const gort_context *parent, int64_t ns) GORT_NODISCARD;

/* The same with an instant of gort_now(); one that is past makes the context done at once. The
 * parent's deadline holds if it is earlier.                                           since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_context *
gort_context_with_deadline(const gort_context *parent, int64_t when) GORT_NODISCARD;

/* A context as its parent, in which key stands for value. Keys are compared as addresses: the
 * address of a static variable is a key that nobody else has. Panics "nil key" if key is NULL. It
 * has no cancel of its own.                                                           since 0.1
 *
 *	static char user_key;
 *	ctx = gort_context_with_value(ctx, &user_key, user);
 *	...
 *	struct user *user = gort_context_value(ctx, &user_key);
 *
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_context *
gort_context_with_value(const gort_context *parent, const void *key, void *value) GORT_NODISCARD;

/* Makes ctx done, and all contexts derived from it, with gort_context_err GORT_ECANCELED; when it
 * returns they are, and their channels are closed. Nothing happens if ctx is done already. Panics
 * if ctx is the background, or comes from gort_context_with_value.                    since 0.1
 * [goroutine; may park for a moment; panics] */
GORT_API void gort_context_cancel(gort_context *ctx) GORT_NONNULL(1);
/* The same with a code that says more, for gort_context_cause; 0 counts as GORT_ECANCELED.
 *                                                                                     since 0.1
 * [goroutine; may park for a moment; panics] */
GORT_API void gort_context_cancel_cause(gort_context *ctx, int cause) GORT_NONNULL(1);

/* A channel that is closed when ctx is done; the same for its whole life. NULL, which is never
 * ready, for a context that cannot be done. Nothing is ever sent on it: receive into NULL. Not to
 * be closed by the program.                                                           since 0.1
 * [anywhere; never parks] */
GORT_API gort_chan *gort_context_done(const gort_context *ctx) GORT_NONNULL(1);

/* 0 while ctx is not done; then GORT_ECANCELED or GORT_EDEADLINE, whichever was first. since 0.1
 * [goroutine; may park for a moment] */
GORT_API int gort_context_err(const gort_context *ctx) GORT_NONNULL(1);

/* 0 while ctx is not done; then what was given to gort_context_cancel_cause, by whom ctx or the
 * context above it was cancelled; gort_context_err(ctx) if nothing was.               since 0.1
 * [goroutine; may park for a moment] */
GORT_API int gort_context_cause(const gort_context *ctx) GORT_NONNULL(1);

/* True: ctx will be done at *when at the latest. False: it has no deadline, *when is kept.
 *                                                                                     since 0.1
 * [anywhere; never parks] */
GORT_API bool gort_context_deadline(const gort_context *ctx, int64_t *when) GORT_NONNULL(1, 2);

/* What key stands for: the value of the nearest gort_context_with_value above with that key; NULL
 * if there is none.                                                                   since 0.1
 * [anywhere; never parks] */
GORT_API void *gort_context_value(const gort_context *ctx, const void *key) GORT_NONNULL(1);

/* Starts fn(arg) as a goroutine of its own when ctx is done; now, if it is. For calls that do not
 * know contexts: fn closes their descriptor, or wakes them by other means. arg is passed as it is
 * and kept until then. A NULL fn is fatal, as for gort_go.                            since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_context_after *
gort_context_after_func(const gort_context *ctx, void (*fn)(void *arg), void *arg) GORT_NONNULL(1);
/* True: because of this call fn will not be started. False: it was, or this was stopped before;
 * the call does not wait for fn.                                                      since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_context_after_stop(gort_context_after *a) GORT_NONNULL(1);

GORT_END

#endif
