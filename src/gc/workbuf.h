/* workbuf.h: work buffers, for work.c and the mark loop.                             room: gc */
#ifndef GORT_GC_WORKBUF_H
#define GORT_GC_WORKBUF_H

#ifndef GORT_GC_IMPL
#	error "gc/workbuf.h is private to src/gc: include gc/gc.h"
#endif

#include "gc/gc.h"

#define WORKBUF_BYTES 2048

struct workbuf {
	uint64_t next; /* link on a global list: a packed head; atomic */
	uint64_t pushes;
	uint32_t n; /* whoever has the buffer */
#if GORT_HARD
	uintptr_t obj[4];
#else
	uintptr_t obj[(WORKBUF_BYTES - 24) / sizeof(uintptr_t)];
#endif
} aligned_to(CACHE_LINE);

struct gcwork {
	struct workbuf *wbuf1, *wbuf2; /* owner P; both NULL or neither */
	uint64_t shaded; /* owner P: bytes that barriers have marked, and nobody has counted */
} aligned_to(CACHE_LINE);

/* gcwork_put and gcwork_tryGet, without a call where the first buffer will do. */
static always_inline void
gcwork_putFast(struct gcwork *w, uintptr_t obj)
{
	struct workbuf *b = w->wbuf1;
	if (likely(b != NULL && b->n < nelem(b->obj)))
		b->obj[b->n++] = obj;
	else
		gcwork_put(w, obj);
}

static always_inline uintptr_t
gcwork_getFast(struct gcwork *w)
{
	struct workbuf *b = w->wbuf1;
	return likely(b != NULL && b->n > 0) ? b->obj[--b->n] : gcwork_tryGet(w);
}

#endif
