/* go.h: goroutines.
 *
 * Since 0.1. A goroutine is a function running at the same time as its creator, on a stack of its
 * own: 196 KiB, of which only what is touched costs memory, with a guard below it. Thousands cost
 * little more than their data: start one per connection, per file, per request.
 *
 * GOMAXPROCS of them run at once; a goroutine gives way when it parks, when it calls into the
 * runtime after its time is up, and when it ends.
 */
#ifndef GORT_GO_H
#define GORT_GO_H

#include "gort/export.h"

GORT_BEGIN

/* Starts fn(arg) as a goroutine. arg is passed as it is: what it points to must stay valid until
 * fn is done with it, so it is never the address of a local of a function that may return before.
 * gort_go_copy is for that. The goroutine ends when fn returns.
 * If many goroutines that were just started wait for their first turn, and no stack of an ended one
 * is left, they run first.
 * A NULL fn, and a kernel that refuses memory for the stack, are fatal.               since 0.1
 * [goroutine; never parks; allocates] */
GORT_API void gort_go(void (*fn)(void *arg), void *arg);

/* The same with a copy of the arguments: fn gets the address of its own copy of the size bytes at
 * args, on its stack, aligned to 16, gone when fn returns. At most GORT_COPY_MAX bytes.
 *
 *	struct job { int from, to; gort_chan *out; };
 *	gort_go_copy(work, &(struct job){ 0, 100, out }, sizeof(struct job));
 *
 * Panics if size is larger.                                                           since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void gort_go_copy(void (*fn)(void *args), const void *args, size_t size);
#define GORT_COPY_MAX 4096

/* Options of one goroutine; zero is the default everywhere. */
typedef struct gort_go_options {
	size_t stack;     /* bytes of stack, rounded up to a power of two of at least 64 KiB and
			     at most 1 GiB; 0: the usual 196 KiB */
	size_t copy;      /* not 0: arg points to so many bytes to copy, as gort_go_copy */
	const char *name; /* shown in stack dumps; the first 15 bytes are copied */
	uintptr_t reserved_[5];
} gort_go_options;

/* Starts a goroutine with options; NULL: none. Returns 0, or GORT_EINVAL for a stack of more than
 * 1 GiB, or GORT_ENOMEM when the kernel refuses the stack: then nothing was started. since 0.1
 *
 *	gort_go_opt(parse, file, &(gort_go_options){ .stack = 8 << 20, .name = "parser" });
 *
 * [goroutine; never parks; allocates; panics as gort_go_copy] */
GORT_API int
gort_go_opt(void (*fn)(void *arg), void *arg, const gort_go_options *options) GORT_NODISCARD;

/* Lets other goroutines run; the caller goes to the end of the queue.                 since 0.1
 * [goroutine; parks] */
GORT_API void gort_gosched(void);

/* Ends the calling goroutine, after what it has deferred (gort/panic.h). On the main goroutine: the others go on, and the program
 * dies with "no goroutines (main called runtime.Goexit) - deadlock!" once none is left. since 0.1
 * [goroutine] */
GORT_API GORT_NORETURN void gort_goexit(void);

/* The number of the calling goroutine, as in stack dumps: 1 is the main one, a number is never
 * used twice. For messages; there is no way from a number to a goroutine.             since 0.1
 * [goroutine; never parks] */
GORT_API uint64_t gort_goid(void);

/* How many goroutines of the program exist, running or waiting.                       since 0.1
 * [goroutine; never parks] */
GORT_API int64_t gort_num_goroutine(void);

/* Sets how many goroutines may run at the same time and returns what it was; n < 1 only asks, more
 * than 1,024 counts as 1,024. The default is what the CPU affinity mask and the cgroup's CPU quota
 * (rounded up, at least 2) allow, or $GOMAXPROCS. A change stops all goroutines for a moment.                  since 0.1
 * [goroutine; parks] */
GORT_API int gort_gomaxprocs(int n);

/* CPUs that the process may use, found at start; the quota counts too, unless $GOMAXPROCS says how
 * many to use.                                                                        since 0.1
 * [anywhere; never parks] */
GORT_API int gort_num_cpu(void);

/* From here on the calling goroutine runs on its current thread only, and the thread runs nothing
 * else: for thread-local variables, pthread mutexes held across parks, libraries bound to their
 * thread. Calls nest; unlock as often as locked. A goroutine that ends locked ends its thread.
 * Unlocking what is not locked does nothing.                                          since 0.1
 * [goroutine; never parks] */
GORT_API void gort_lock_os_thread(void);
GORT_API void gort_unlock_os_thread(void);

/* Calls fn(arg), which may block in the kernel or in a library: a slow read, poll, waitpid, a
 * pthread mutex. The goroutine keeps its thread; the right to run goroutines passes to another
 * thread if fn takes long. About 30 ns when it does not.
 * In fn no function of this API may be called but those marked "anywhere": it is fatal. Panics if
 * fn is NULL.                                                                         since 0.1
 * [goroutine; blocks the thread, not the others; panics] */
GORT_API void gort_block(void (*fn)(void *arg), void *arg);

GORT_END

#endif
