/* thread.h: threads of the program's own.
 *
 * Since 0.1. A thread that the program has made (pthread_create, C11 threads, std::thread, main
 * itself in a program that keeps its main) may call every function of this API, as a goroutine
 * may. At its first call it is attached: it counts as a goroutine, which is locked to it. What parks
 * a goroutine blocks this thread, and no other. Between two calls the thread is as it was before:
 * it takes no processor from the goroutines, however long it computes or blocks. It is stopped only
 * for the moments in which all goroutines are (a change of gort_gomaxprocs, a collection).
 *
 * What differs from a goroutine that the runtime has made:
 *
 *   - gort_goexit panics: return from the thread's function, or call pthread_exit.
 *   - it is always locked to its thread; gort_lock_os_thread and its opposite change nothing.
 *   - a call costs some 50 ns more, and a switch to another thread when it has to wait.
 *   - faults outside of calls are the program's: its handlers run, or the default action.
 *   - it needs stack for its own code only, not for the runtime's.
 *
 * When the thread ends it is detached, be it by return, pthread_exit or cancellation. Destructors
 * of thread-specific data may still use the API.
 *
 * A child of fork has no runtime: it may exec, _exit, run plain C; a call that needs the runtime
 * ends it with one line and status 2. docs/library-mode.md says more.
 */
#ifndef GORT_THREAD_H
#define GORT_THREAD_H

#include "gort/export.h"

GORT_BEGIN

/* Gives back what the calling thread has of the runtime, before it ends: for a thread that will
 * not call again for long. A later call attaches it anew, as another goroutine. Does nothing on a
 * thread that is not attached. Panics on a goroutine.                                 since 0.1
 * [anywhere; panics] */
GORT_API void gort_thread_detach(void);

GORT_END

#endif
