/* signal.h: the signal that belongs to the runtime.
 *
 * Since 0.1. A goroutine that computes for long without calling the runtime is stopped by a signal,
 * SIGURG. The thread must not block it; so in a program that is linked with libgort, sigprocmask,
 * pthread_sigmask, sigsuspend, ppoll, pselect, epoll_pwait, epoll_pwait2, sigwait, sigwaitinfo and
 * sigtimedwait are the library's own. On threads that run goroutines they leave this signal out of
 * the set; otherwise they do what libc's do. A program that blocks all signals and reads its
 * mask back finds all but this one. docs/c-programs.md says what is not reached.
 */
#ifndef GORT_SIGNAL_H
#define GORT_SIGNAL_H

#include "gort/export.h"

GORT_BEGIN

/* The signal by which the runtime stops the calling thread, and which the thread must not block;
 * 0 if the thread is not the runtime's or there is no such signal. For code that sets masks by
 * system calls of its own.                                                            since 0.1
 * [anywhere, also in signal handlers; never parks] */
GORT_API int gort_preempt_signal(void);

/* Has the runtime a handler for the signal, and the program none, neither in its place nor one
 * that was there first and that the runtime calls? For code that has to know which handlers of the
 * process are the program's.                                                          since 0.1
 * [anywhere, also in signal handlers; never parks] */
GORT_API bool gort_signal_owned(int sig);

GORT_END

#endif
