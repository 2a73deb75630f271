/* gort.h: the Go runtime for C programs. Includes every header of the C API, nothing else.
 *
 * The smallest program:
 *
 *	#include <gort.h>
 *
 *	int
 *	gort_main(int argc, char **argv)
 *	{
 *		gort_print("hello\n");
 *		return 0;
 *	}
 *
 * Each header under gort/ is the manual of its functions. What all of them share:
 *
 *   Sizes     are bytes, counts are elements.
 *   Times     are int64_t nanoseconds; instants are those of gort_now(). GORT_MS and its like
 *             turn other units into nanoseconds.
 *   Errors    are negative codes (gort/errors.h). A function that cannot fail for a reason
 *             outside the program returns no code.
 *   Misuse    (closing a channel twice, unlocking an unlocked mutex) panics with Go's words:
 *             a message and the stacks of the goroutines on standard error, exit status 2.
 *   Pointers  are not kept after a call returns, unless the manual of the function says so.
 *
 * The last line of each manual entry, in brackets, is its contract:
 *
 *   goroutine   may only be called on a goroutine (gort_main runs on one) or on a thread of the
 *               program's own, which is then attached (gort/thread.h)
 *   anywhere    may also be called elsewhere: in gort_block, before the runtime runs, and without
 *               attaching a thread
 *   parks       may park the calling goroutine; its thread runs others meanwhile
 *   never parks returns without waiting for anybody
 *   allocates   may allocate memory from the collected heap
 *   panics      may panic, for the reasons given
 *
 * What a goroutine keeps while it is parked and may continue on another thread: its stack, its
 * registers, errno, C++ exceptions that it is handling. What it does not keep: thread-local
 * variables, pthread mutexes that it holds, the signal mask, the floating-point control modes. A
 * goroutine that needs those calls gort_lock_os_thread().
 */
#ifndef GORT_H
#define GORT_H

#include "gort/export.h"
#include "gort/version.h"
#include "gort/errors.h"
#include "gort/errno.h"
#include "gort/run.h"
#include "gort/thread.h"
#include "gort/go.h"
#include "gort/panic.h"
#include "gort/chan.h"
#include "gort/timer.h"
#include "gort/select.h"
#include "gort/sync.h"
#include "gort/context.h"
#include "gort/scope.h"
#include "gort/local.h"
#include "gort/mem.h"
#include "gort/finalizer.h"
#include "gort/map.h"
#include "gort/string.h"
#include "gort/slice.h"
#include "gort/iface.h"
#include "gort/file.h"
#include "gort/print.h"
#include "gort/package.h"
#include "gort/debug.h"
#include "gort/signal.h"
#include "gort/cpulevel.h"

#endif
