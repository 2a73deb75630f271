/* scope.c: goroutines that end together.                                             room: sync
 *
 * A scope starts goroutines and waits until the last of them has ended; the first that reports an
 * error cancels the scope's context, which tells the others. So a function that uses one starts
 * goroutines and leaves none behind.
 *
 * Made of a wait group (how many are inside), a semaphore (how many more may be, if there is a
 * limit), and a mutex for the rest. The context is made when somebody asks for it: if the scope
 * has failed by then it is born cancelled.
 *
 * The life of one member
 *   1. scopeBegin, by the starter: a seat, if there is a limit (this may park); then the count.
 *   2. the door starts a goroutine, which calls the function outside of the runtime.
 *   3. scopeEnd, there: the error, if it is the first; the seat is free; the count. The count comes
 *      last: the scope may lie in the frame of the one who waits for it.
 *
 * Waiting ends the scope: its context is cancelled, so that nothing hangs below the parent any
 * more, and it takes no more members. Waiting again gives the same answer. Members may start
 * members: the count is not 0 while they do. Others must not while somebody waits: the wait group
 * panics if it sees that. */
#include "core/upcalls.h"
#include "sync/sync.h"

static cold _Noreturn void
badLimit(int32_t limit)
{
	char text[64];
	rtsnprintf(text, sizeof text, "scope with a limit of %d goroutines", limit);
	panicPlain(text);
}

/* The checks, and the first member's: seats. */
static void
scopeOpen(struct scope *s)
{
	syncmutexLock(&s->lock);
	bool over = s->over;
	if (!s->begun) {
		if (s->limit < 0) {
			int32_t limit = s->limit;
			syncmutexUnlock(&s->lock);
			badLimit(limit);
		}
		s->begun = true;
		s->seats = (uint32_t)s->limit;
	}
	syncmutexUnlock(&s->lock);
	if (over)
		panicPlain("a goroutine for a scope that was waited for");
}

bool
scopeBegin(struct scope *s, bool block)
{
	scopeOpen(s);
	if (s->limit > 0) {
		if (block)
			semacquire(&s->seats, false, waitReasonSemacquire);
		else if (!semtryacquire(&s->seats))
			return false;
	}
	syncwaitgroupAdd(&s->members, 1);
	return true;
}

static void
scopeFail(struct scope *s, int32_t err)
{
	struct context *ctx = NULL;
	syncmutexLock(&s->lock);
	if (s->err == 0) {
		s->err = err;
		ctx = s->ctx;
	}
	syncmutexUnlock(&s->lock);
	if (ctx != NULL)
		contextCancel(ctx, err);
}

void
scopeEnd(struct scope *s, int32_t err)
{
	if (err != 0)
		scopeFail(s, err);
	if (s->limit > 0)
		semrelease(&s->seats, false);
	syncwaitgroupAdd(&s->members, -1);
}

int32_t
scopeWait(struct scope *s)
{
	syncwaitgroupWait(&s->members);
	syncmutexLock(&s->lock);
	struct context *ctx = s->over ? NULL : s->ctx;
	int32_t err = s->err;
	s->over = true;
	syncmutexUnlock(&s->lock);
	if (ctx != NULL)
		contextCancel(ctx, err != 0 ? err : CONTEXT_CANCELED);
	return err;
}

struct context *
scopeContext(struct scope *s)
{
	syncmutexLock(&s->lock);
	if (s->ctx == NULL) {
		s->ctx = contextWithCancel(s->parent != NULL ? s->parent : contextBackground());
		if (s->err != 0 || s->over)
			contextCancel(s->ctx, s->err != 0 ? s->err : CONTEXT_CANCELED);
	}
	struct context *ctx = s->ctx;
	syncmutexUnlock(&s->lock);
	return ctx;
}
