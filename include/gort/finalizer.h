/* finalizer.h: what happens when an object can no longer be reached; weak pointers.
 *
 * Since 0.1. Objects are found dead by collections. In programs without libc, which do not collect yet, no
 * finalizer and no cleanup is ever called and no weak pointer becomes NULL, except by gort_free.
 *
 *	static void
 *	close_it(void *arg)
 *	{
 *		close((int)(intptr_t)arg);
 *	}
 *	struct file *f = gort_new(struct file);
 *	f->fd = fd;
 *	gort_cleanup(f, close_it, (void *)(intptr_t)fd);
 *
 * When they are called, and whether before the program ends, cannot be known: what must happen is
 * not theirs to do. Prefer cleanups. A finalizer gets the object itself, which therefore has to be
 * kept once more, with all that it points to, and objects with finalizers that point to each other in
 * a cycle are never freed. A cleanup gets only arg, and the object is gone.
 *
 * Finalizers are called one after the other by a goroutine of the runtime's, cleanups by another. They
 * may do what any goroutine may; one that waits holds up the others of its kind; so one that takes long
 * starts a goroutine of its own. A panic there ends the program, and gort_goexit ends that goroutine: no
 * further one is called.
 *
 * arg is kept alive, and with it what it points to: if it leads to the object, that never dies.
 *
 * Objects of up to 4 bytes without pointers (gort_alloc_noscan, gort_make(char, n)) share blocks:
 * they are found dead together, the last one with the first.
 */
#ifndef GORT_FINALIZER_H
#define GORT_FINALIZER_H

#include "gort/export.h"

GORT_BEGIN

/* fn(p, arg) is called once, some time after p's object could no longer be reached. The object lives
 * until fn has returned: fn may make it reachable again, also with a new finalizer. fn NULL: p has no
 * finalizer any more. What p's object points to lives as long as it does, so of objects that refer
 * to each other the one that nobody refers to is finalized first. gort_free(p) forgets the finalizer
 * and does not call it. An object of size 0 lives for ever.
 *
 * p is what an allocation returned; fatal, in Go's words, if it is NULL ("runtime.SetFinalizer: first
 * argument is nil"), lies in the middle of an object ("pointer not at beginning of allocated block") or
 * in none ("pointer not in heap"), or if its object has a finalizer already ("finalizer already set").
 *                                                                                     since 0.1
 * [goroutine; never parks] */
GORT_API void gort_finalizer(void *p, void (*fn)(void *p, void *arg), void *arg);

/* A cleanup, for gort_cleanup_stop; does not keep the object. */
typedef struct gort_cleanup_ref {
	uint64_t id_;
	uintptr_t at_;
} gort_cleanup_ref;

/* fn(arg) is called once, some time after the object that p points to, or into, could no longer be
 * reached: after its finalizer, if it has one. An object may have several, in no order. gort_free
 * forgets them. Fatal if p points to no object, or if arg is p: it would never die.    since 0.1
 * [goroutine; never parks] */
GORT_API gort_cleanup_ref gort_cleanup(void *p, void (*fn)(void *arg), void *arg) GORT_NONNULL(2);

/* True: it will not be called. False: it was, or will be in a moment; or it was stopped before, or
 * forgotten.                                                                          since 0.1
 * [goroutine; never parks] */
GORT_API bool gort_cleanup_stop(gort_cleanup_ref c);

/* A pointer that does not keep its object. */
typedef struct gort_weak gort_weak;

/* A weak pointer to what p points to, or into: the same for the same address as long as the object
 * lives, so weak pointers may be compared with each other. It is itself collected, never freed. p
 * NULL: NULL. Fatal if p points to no object.                                         since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_weak *gort_weak_make(void *p);

/* The address that w was made from, which keeps the object from now on, or NULL if it was found dead:
 * before its finalizer was called, and for good, or by gort_free. w NULL: NULL.       since 0.1
 * [goroutine; never parks] */
GORT_API void *gort_weak_get(gort_weak *w);

GORT_END

#endif
