/* panic.h: panics, and calls that are made however a block ends.
 *
 * Since 0.1. A panic is for what should not have happened: a broken promise, a nil pointer, a message
 * nobody can answer. It runs what is deferred, innermost first, up to the next gort_try around it; if there
 * is none it prints what happened and the goroutine's stack, and the program ends with status 2.
 *
 *	static int
 *	copy(const char *from, const char *to)
 *	{
 *		int a = open(from, O_RDONLY);
 *		gort_defer(close_fd, &a);
 *		...
 *	}
 *
 *	struct gort_panic p;
 *	if (!gort_try(&p, serve, conn))
 *		gort_eprintf("connection dropped: %s\n", p.text);
 *
 * What the runtime itself finds wrong (a send on a closed channel, a NULL pointer that is followed, an
 * integer that is divided by 0) panics in the same way, and can be caught in the same way.
 *
 * Deferred calls run on top of the stack that panicked, so their tracebacks show where. Then, if a
 * gort_try ends the panic, the frames up to it are unwound: functions of the cleanup attribute run in C
 * code compiled with -fexceptions (gort run and gort build do that), and destructors in C++; in a
 * program without libc (gort build --freestanding) neither does. All code in between must have unwind
 * tables, as code compiled by default has.
 *
 * A goroutine is left only by the end of its function, gort_goexit, or a panic; longjmp out of a
 * block with deferred calls does not run them.
 */
#ifndef GORT_PANIC_H
#define GORT_PANIC_H

#include "gort/export.h"

GORT_BEGIN

/* A deferred call; its contents belong to the runtime. */
struct gort_deferred {
	uintptr_t reserved_[8];
};

/* gort_defer(fn, arg): fn(arg) is called when the block that this stands in ends: by its last
 * statement, return, break, goto, an exception of C++, a panic, or gort_goexit. Several are
 * called last in, first out. arg is evaluated at once; what it points to is seen as it is at the end.
 * fn may panic. A declaration: it cannot be the body of an if.                         since 0.1
 * [goroutine; never parks] */
#define gort_defer(fn, arg)  GORT_DEFER_(fn, arg, __COUNTER__)
#define GORT_DEFER_(f, a, n) GORT_DEFER__(f, a, n)
#define GORT_DEFER__(f, a, n)                                                                      \
	__attribute__((__cleanup__(gort_defer_end))) struct gort_deferred gort_deferred_##n##_;    \
	gort_defer_begin(&gort_deferred_##n##_, f, a)

/* What gort_defer consists of, for bindings: begin, and end exactly once, in reverse order. *d stays
 * where it is in between. End calls fn(arg), unless a panic or gort_goexit has.        since 0.1
 * [goroutine; never parks] */
GORT_API void gort_defer_begin(struct gort_deferred *d, void (*fn)(void *arg), void *arg);
GORT_API void gort_defer_end(struct gort_deferred *d);

/* What a panic was about. */
struct gort_panic {
	const char *text; /* what would have been printed after "panic: "; collected memory */
	void *value;      /* gort_panic_value's argument, otherwise NULL */
	uintptr_t reserved_[2];
};

/* Panics with a text, formatted as by gort_printf.                                     since 0.1
 *
 *	gort_panic("record %d has no owner", r->id);
 *
 * [goroutine; allocates] */
GORT_API GORT_NORETURN void gort_panic(const char *format, ...) GORT_PRINTF(1, 2);

/* Panics with a pointer, which whoever catches it understands. It is kept until then. since 0.1
 * [goroutine] */
GORT_API GORT_NORETURN void gort_panic_value(void *value);

/* Panics again with what *p says: for a catcher that finds it is not the right one.    since 0.1
 * [goroutine] */
GORT_API GORT_NORETURN void gort_panic_again(const struct gort_panic *p);

/* Calls fn(arg). True: it returned. False: it panicked; everything deferred in it has run, and *p says
 * what happened; p may be NULL. An exception of C++ passes through, as does gort_goexit. since 0.1
 * [goroutine; allocates if fn panics] */
GORT_API bool gort_try(struct gort_panic *p, void (*fn)(void *arg), void *arg);

/* In a deferred call: if a panic is what made it run, ends the panic. True then, and *p says what it was
 * about; p may be NULL. The rest of the deferred call runs, the deferred calls further out run, and
 * the innermost gort_try around returns true, as if its function had returned. If there is none
 * the goroutine ends, as by gort_goexit.                                               since 0.1
 * [goroutine; allocates] */
GORT_API bool gort_recover(struct gort_panic *p);

GORT_END

#endif
