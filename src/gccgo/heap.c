/* heap.c: objects of Go programs: what lang/slice.c does not have.                   room: gccgo */
#include "gccgo/gccgo.h"

#include "gc/barrier.h"

void *
go_mallocgc(uintptr_t size, const struct type *t, bool needzero)
{
	struct g *gp = rtenter();
	void *p = mallocgc(size, t, needzero);
	rtleave(gp);
	return p;
}

void *
go_makeslice64(const struct type *elem, int64_t len, int64_t cap)
{
	return makeslice(elem, len, cap);
}

void
go_unsafeslice64(const struct type *elem, void *p, int64_t len)
{
	unsafeslice(elem, p, len);
}

/* A compiled store of a pointer comes here while go_writeBarrier is set. */
void
go_gcWriteBarrier(uintptr_t *dst, uintptr_t val)
{
	struct g *gp = rtenter();
	gcShade(load_rlx(dst));
	store_rel(dst, val);
	rtleave(gp);
}

/* What it is given was in use up to here, or the caller could not have passed it. */
void
go_KeepAlive(struct eface v)
{
	__asm__ volatile("" : : "r"(v.data) : "memory");
}

/* sync's pools are emptied, with the world stopped. */
void
poolCleanup(void)
{
	const struct funcval *f = gopoolcleanup;
	if (f != NULL)
		CALL_CLOSURE(((void (*)(void))f->fn)(), f);
}

void
go_GC(void)
{
	struct g *gp = rtenter();
	if (gccollects) {
		gcCollect();
	} else {
		/* What a collection begins with is done all the same. */
		stopTheWorld();
		poolCleanup();
		startTheWorld();
	}
	rtleave(gp);
}
