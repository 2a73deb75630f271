/* fixalloc.c: structs of one size, reused.                                           room: mem
 *
 * For the allocator's own structs (spans, caches, stack slots). Freed ones stay structs of that
 * kind for ever, so that somebody who reads one too late reads a wrong value, not foreign memory.
 * The first word of a free struct links it. Everything is under the owner's lock. The collector does
 * not look into them.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#define FIXALLOC_CHUNK (16 * KiB)

void
fixallocInit(struct fixalloc *f, uintptr_t size)
{
	gort_assert(size >= sizeof(void *));
	*f = (struct fixalloc){.size = alignUp(size, size >= CACHE_LINE ? CACHE_LINE : 16)};
}

void *
fixallocAlloc(struct fixalloc *f)
{
	if (f->size == 0)
		throw("fixalloc: alloc before init");
	void *p = f->list;
	if (p != NULL) {
		f->list = *(void **)p;
		memclr(p, f->size);
	} else {
		if (f->nchunk < f->size) {
			f->nchunk = FIXALLOC_CHUNK / f->size * f->size;
			if (f->nchunk < f->size)
				f->nchunk = f->size;
			f->chunk = (uintptr_t)persistentallocNoscan(f->nchunk, CACHE_LINE);
		}
		p = (void *)f->chunk;
		f->chunk += f->size;
		f->nchunk -= f->size;
	}
	f->inuse += f->size;
	return p;
}

void
fixallocFree(struct fixalloc *f, void *p)
{
	f->inuse -= f->size;
	*(void **)p = f->list;
	f->list = p;
}
