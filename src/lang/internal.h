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

/* What is left to do for the two below if something is in the way (slice.c). The first of a pair: with gp not
 * entered (rtenterFast said so); the second: no slot is at hand. allocLeave: somebody wants the P. */
void *allocNoscanEnter(uintptr_t n, bool zero, struct g *gp);
void *allocNoscanSlow(uintptr_t n, bool zero, struct g *gp);
void *allocTypedEnter(uintptr_t n, const struct type *t, struct g *gp);
void *allocTypedSlow(uintptr_t n, const struct type *t, struct g *gp);
void *allocLeave(void *p, struct g *gp);

/* n bytes without pointers; zeroed only if asked. n is at most MAX_OBJECT. */
static always_inline void *
allocNoscan(uintptr_t n, bool zero)
{
	struct g *gp = getg();
	uint32_t was;
	struct m *mp = rtenterFast(gp, &was);
	if (unlikely(mp == NULL))
		return allocNoscanEnter(n, zero, gp);
	if (unlikely(n - (TINY_MAX + 1) >= FAST_MAX_SIZE - TINY_MAX))
		return allocNoscanSlow(n, zero, gp);
	void *p = mallocBump(mp->p->mcache, n, SPAN_NOSCAN);
	if (unlikely(p == NULL))
		return allocNoscanSlow(n, zero, gp);
	return likely(rtleaveFast(mp, was)) ? p : allocLeave(p, gp);
}

/* n bytes of values of type t, which has pointers; zeroed. */
static always_inline void *
allocTyped(uintptr_t n, const struct type *t)
{
	struct g *gp = getg();
	uint32_t was;
	struct m *mp = rtenterFast(gp, &was);
	if (unlikely(mp == NULL))
		return allocTypedEnter(n, t, gp);
	if (unlikely(n - 1 >= FAST_MAX_SIZE))
		return allocTypedSlow(n, t, gp);
	void *p = mallocBumpTyped(mp->p->mcache, n, t);
	if (unlikely(p == NULL))
		return allocTypedSlow(n, t, gp);
	return likely(rtleaveFast(mp, was)) ? p : allocLeave(p, gp);
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
