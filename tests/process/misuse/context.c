/* Contexts and scopes used wrongly. */
// status: 2
#include <gort.h>

#include <string.h>

static int
nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int
waits(void *arg)
{
	gort_recv(gort_context_done((gort_context *)arg), NULL);
	return 0;
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_context *b = gort_context_background(), *ctx = gort_context_with_cancel(b);
	gort_scope s = GORT_SCOPE_INIT;
	char byte;

	// case: parent_null
	// args: parent_null
	// stderr: panic: cannot create context from nil parent
	// stderr: gort_main(...)
	if (strcmp(what, "parent_null") == 0)
		return gort_context_with_cancel(NULL) == NULL;
	// case: timeout_parent_null
	// args: timeout_parent_null
	// stderr: panic: cannot create context from nil parent
	if (strcmp(what, "timeout_parent_null") == 0)
		return gort_context_with_timeout(NULL, GORT_SEC) == NULL;
	// case: key_null
	// args: key_null
	// stderr: panic: nil key
	if (strcmp(what, "key_null") == 0)
		return gort_context_with_value(ctx, NULL, &s) == NULL;
	// case: cancel_background
	// args: cancel_background
	// stderr: panic: gort_context_cancel of a context without a cancel of its own
	// stderr: gort_main(...)
	if (strcmp(what, "cancel_background") == 0)
		gort_context_cancel(b);
	// case: cancel_value
	// args: cancel_value
	// stderr: panic: gort_context_cancel of a context without a cancel of its own
	if (strcmp(what, "cancel_value") == 0)
		gort_context_cancel(gort_context_with_value(ctx, &byte, &s));
	// case: receive_something
	// args: receive_something
	// stderr: panic: receive of 1 byte on a channel of 0-byte elements
	if (strcmp(what, "receive_something") == 0)
		gort_recv(gort_context_done(ctx), &byte);
	// case: closed_by_hand
	// args: closed_by_hand
	// stderr: panic: close of closed channel
	if (strcmp(what, "closed_by_hand") == 0) {
		gort_close(gort_context_done(ctx));
		gort_context_cancel(ctx);
	}
	// case: free_channel
	// args: free_channel
	// stderr: fatal error:
	if (strcmp(what, "free_channel") == 0)
		gort_free(gort_context_done(ctx));
	// case: after_null
	// args: after_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "after_null") == 0)
		gort_context_after_func(ctx, NULL, NULL);
	// case: after_time_null
	// args: after_time_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "after_time_null") == 0)
		gort_after_func(GORT_SEC, NULL, NULL);
	// case: wait_for_ever
	// args: wait_for_ever
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [chan receive]:
	if (strcmp(what, "wait_for_ever") == 0)
		gort_recv(gort_context_done(ctx), NULL);

	// case: scope_null
	// args: scope_null
	// stderr: fatal error: go of nil func value
	if (strcmp(what, "scope_null") == 0)
		gort_scope_go(&s, NULL, NULL);
	// case: scope_over
	// args: scope_over
	// stderr: panic: a goroutine for a scope that was waited for
	// stderr: gort_main(...)
	if (strcmp(what, "scope_over") == 0) {
		gort_scope_go(&s, nothing, NULL);
		gort_scope_wait(&s);
		gort_scope_go(&s, nothing, NULL);
	}
	// case: negative_limit
	// args: negative_limit
	// stderr: panic: scope with a limit of -1 goroutines
	if (strcmp(what, "negative_limit") == 0) {
		s.limit = -1;
		gort_scope_go(&s, nothing, NULL);
	}
	// case: scope_for_ever
	// args: scope_for_ever
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [sync.WaitGroup.Wait]:
	// stderr: goroutine
	if (strcmp(what, "scope_for_ever") == 0) {
		gort_scope_go(&s, waits, ctx);
		return gort_scope_wait(&s);
	}
	return 0;
}
