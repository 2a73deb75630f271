/* capi.h: what the files of the C door share.                                        room: capi
 *
 * Door 1 is thin. There is one file per public header, and a public function is: a check of what
 * the caller may get wrong, rtenter, one call of the mechanism, rtleave. Whatever takes longer to
 * say belongs into a room below.
 *
 * The checks answer with Go's words where Go has some, and otherwise with one sentence that names
 * the function and the numbers. The manual of each function stands in its header.
 */
#ifndef GORT_CAPI_CAPI_H
#define GORT_CAPI_CAPI_H

#include "gort.h"

#include "core/upcalls.h"
#include "sync/sync.h"

/* The largest object: more than a 47-bit address space holds. */
#define MAX_OBJECT ((uintptr_t)1 << 47)

/* A Go panic with a text that is put together here: "panic: " + the text. */
_Noreturn void panicFormat(const char *fmt, ...) printf_like(1, 2);

/* api_mem.c: what GORT_POINTERS said about a type; NULL: nothing. */
struct type;
const struct type *describedType(gort_typeref *ref);

/* now + ns, at most the end of time; ns < 0 is now. */
static inline int64_t
deadlineAfter(int64_t ns)
{
	int64_t when;
	if (__builtin_add_overflow(nanotime(), ns < 0 ? 0 : ns, &when))
		when = INT64_MAX;
	return when;
}

/* Should the calling goroutine go through rtleave? True also where there is no goroutine: rtenter
 * has the words for it. */
static always_inline bool
preemptAsked(void)
{
	struct g *gp = getg();
	if (unlikely(gp == NULL))
		return true;
	/* inrt is 0: the P may go at any instant. It is never freed, and a late answer is as good. */
	struct p *pp = load_rlx(&gp->m->p);
	return unlikely(pp == NULL || load_rlx(&pp->preempt) != 0);
}

/* Does this code run on a goroutine, outside of the runtime and of announced calls? The few
 * functions marked "anywhere" ask; the others find out by rtenter. */
static inline bool
onGoroutine(void)
{
	struct g *gp = getg();
	return gp != NULL && gp->m->curg == gp && gp->m->inrt == 0;
}

#endif
