/* debug.h: looking at a running program.
 *
 * Since 0.1. Most of it needs no code: SIGQUIT (Ctrl-\) ends a program with all its goroutines'
 * stacks, GOTRACEBACK chooses how much a crash shows, GODEBUG=schedtrace=1000 prints a line on the
 * scheduler each second; docs/debug.md lists the keys.
 */
#ifndef GORT_DEBUG_H
#define GORT_DEBUG_H

#include "gort/export.h"

GORT_BEGIN

/* Prints the stack of the calling goroutine to standard error, or those of all goroutines, which
 * are stopped meanwhile. The format is that of a crash.                               since 0.1
 * [goroutine; parks for a moment if all] */
GORT_API void gort_stack_dump(bool all);

/* How much a crash prints from now on, as $GOTRACEBACK: "none", "single", "all", "system", "crash".
 * More than the environment asked for, never less, as in Go. Other words are ignored.   since 0.1
 * [anywhere; never parks] */
GORT_API void gort_set_traceback(const char *level) GORT_NONNULL(1);

/* Prints the scheduler's state to standard error: GODEBUG=schedtrace's line, with one line each
 * P, thread and goroutine if detailed.                                                since 0.1
 * [goroutine; never parks] */
GORT_API void gort_sched_dump(bool detailed);

GORT_END

#endif
