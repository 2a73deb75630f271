/* barrier.h: what the program overwrites while marking goes on.                       room: gc
 *
 * For the rooms whose code stores pointers into the heap for Go programs; hosted/barrier.c has the
 * theory. Three forms, by who calls:
 *     inside the runtime (inrt > 0)   gcOverwrite(p, n); then the store
 *     anywhere                        overwriteBegin(p, n); the store; overwriteEnd (lang/internal.h)
 *     a compiled store                gcWriteBarrier, which stores as well (gccgo/heap.c)
 * In each the test of the flag, the look at what is overwritten and the store are one step for a stop of
 * the world.
 */
#ifndef GORT_GC_BARRIER_H
#define GORT_GC_BARRIER_H

#include "gc/gc.h"

#if GORT_FREESTANDING
#	define gcBarrierOn()      false
#	define gcShade(addr)      ((void)(addr))
#	define gcShadeRange(p, n) ((void)(p), (void)(n))
#else
static always_inline bool
gcBarrierOn(void)
{
	return unlikely(load_rlx(&writeBarrier.enabled) != 0);
}

/* What addr points to is marked, if it is an object and marking goes on. inrt > 0, a P. */
void gcShade(uintptr_t addr);
void gcShadeRange(const void *p, uintptr_t n); /* what the words of n bytes at p point to */
#endif

/* n bytes at p, which may hold pointers, are about to be overwritten. */
static always_inline void
gcOverwrite(const void *p, uintptr_t n)
{
	if (gcBarrierOn())
		gcShadeRange(p, n);
}

#endif
