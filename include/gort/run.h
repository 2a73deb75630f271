/* run.h: how a program starts and ends.
 *
 * Since 0.1. Two kinds of programs:
 *
 *   with gort_main  in the place of main. The library's main boots the runtime and calls it on the
 *                   main goroutine. Nothing has to be initialised or shut down.
 *   with main       The program keeps its main and its threads, and the runtime is a guest in its
 *                   process. It starts at gort_init, or at the first call of a function that
 *                   needs it; any thread may call. gort/thread.h has the rules.
 */
#ifndef GORT_RUN_H
#define GORT_RUN_H

#include "gort/export.h"

GORT_BEGIN

/* The program's entry, written by the program. argv and its strings live as long as the process
 * and may be changed.
 *
 * When it returns the process ends with the result as exit status, as if by gort_exit: other
 * goroutines are stopped where they are, nothing of theirs runs. Wait for those whose work
 * matters, with a channel or a gort_waitgroup.
 *
 * It runs on the main goroutine, whose stack is as large as the thread's (ulimit -s). Package
 * initialisers (gort/package.h) have run before.                                      since 0.1 */
int gort_main(int argc, char **argv);

/* Options of gort_init; zero is the default everywhere. */
typedef struct gort_init_options {
	int preempt_signal;   /* the signal that takes a processor from a goroutine which computes
				 for long; 0: SIGURG; -1: none, then such a goroutine keeps others
				 from running until it calls the runtime */
	bool deadlock_report; /* end the process with Go's report when every goroutine and every
				 thread of the process waits inside a call of this API; off: what
				 the program's threads wait for is not the runtime's to judge */
	bool sigquit_dump;    /* SIGQUIT prints all stacks and ends the process with status 2; off:
				 the signal is the program's */
	uintptr_t reserved_[6];
} gort_init_options;

/* Starts the runtime in a program that has a main of its own, with options; NULL: none. The
 * calling thread is attached. Package initialisers (gort/package.h) have run when it returns 0.
 * GORT_EALREADY: the runtime runs already, the options were not looked at.
 * GORT_EINVAL: preempt_signal is no signal, or one that cannot be taken for this.
 * What the machine refuses (threads, memory) ends the process with one line, status 2.
 * Calling it is not needed, unless for the options.                                   since 0.1
 * [anywhere but in a signal handler; blocks the calling thread while the runtime starts] */
GORT_API int gort_init(const gort_init_options *options);

/* Ends the process with the exit status: stdio buffers are written and atexit functions run
 * once, as exit(3) does; without libc there are none. exit(3) itself does the same when called
 * on a goroutine or on any thread.                                                    since 0.1
 * [anywhere but in a signal handler] */
GORT_API GORT_NORETURN void gort_exit(int status);

/* Boots the runtime on the calling thread, which must be the process's first, and runs main_fn
 * on the main goroutine. This is what the library's own main calls; a program that keeps its own
 * main calls it as the last thing in there. Does not return: the process ends when main_fn does.
 * It is fatal if the runtime runs already, in either way.
 * argv must be the vector that main got, with the environment behind it.              since 0.1
 * [the first thread, once] */
GORT_API GORT_NORETURN void
gort_start(int argc, char **argv, int (*main_fn)(int argc, char **argv)) GORT_NONNULL(2, 3);

GORT_END

#endif
