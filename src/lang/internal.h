/* internal.h: what the files of this room share: memory for values.                  room: lang
 *
 * User code calls the functions of this room with m->inrt at 0. Memory is the only thing they need
 * of a P, so the bracket is here, around as little as can be: what fills or compares the memory can
 * be stopped anywhere.
 */
#ifndef GORT_LANG_INTERNAL_H
#define GORT_LANG_INTERNAL_H

#include "gc/barrier.h"
#include "lang/lang.h"
#include "mem/mallocfast.h"
#include "sched/sched.h"

struct g *overwriteBeginSlow(const void *p, uintptr_t n); /* slice.c */

/* The largest object: more than a 47-bit address space holds. */
#define MAX_OBJECT ((uintptr_t)1 << 47)

/* n bytes without pointers; zeroed only if asked. n is at most MAX_OBJECT. */
static always_inline void *
allocNoscan(uintptr_t n, bool zero)
{
	struct g *gp = rtenter();
	void *p;
	if (likely(n - (TINY_MAX + 1) < FAST_MAX_SIZE - TINY_MAX)) {
		p = mallocBump(gp->m->p->mcache, n, SPAN_NOSCAN);
		if (likely(p != NULL)) {
			rtleave(gp);
			return p;
		}
	}
	p = mallocNoscan(n, zero);
	rtleave(gp);
	return p;
}

/* n bytes of values of type t, which has pointers; zeroed. */
static always_inline void *
allocTyped(uintptr_t n, const struct type *t)
{
	struct g *gp = rtenter();
	void *p;
	if (likely(n - 1 < FAST_MAX_SIZE)) {
		p = mallocBumpTyped(gp->m->p->mcache, n, t);
		if (likely(p != NULL)) {
			rtleave(gp);
			return p;
		}
	}
	p = mallocTyped(n, t);
	rtleave(gp);
	return p;
}

static always_inline void *
allocValue(uintptr_t n, const struct type *t, bool zero)
{
	return t->ptrdata == 0 ? allocNoscan(n, zero) : allocTyped(n, t);
}

/* n bytes at p, which may be in the heap and hold pointers, are about to be overwritten: between the two
 * calls. What the first returns is for the second. */
static always_inline struct g *
overwriteBegin(const void *p, uintptr_t n)
{
	return gcBarrierOn() ? overwriteBeginSlow(p, n) : NULL;
}

static always_inline void
overwriteEnd(struct g *gp)
{
	if (unlikely(gp != NULL))
		rtleave(gp);
}

/* Panics as panicError does, with prefix and the name of t. */
_Noreturn void panicType(const char *prefix, const struct type *t);

static always_inline struct gostring
gostr(const char *s)
{
	return (struct gostring){(const uint8_t *)s, (intgo)__builtin_strlen(s)};
}

#endif
