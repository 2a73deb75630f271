/* api_slice.c: slices.                                                               room: capi
 *
 * Whatever GORT_SLICE declared is a struct goslice. A made-up descriptor tells the growth policy the
 * size; elements that may hold pointers get conservative memory, because their map is not known. */
#include "capi/capi.h"

#include "lang/lang.h"

static void *
elements(uintptr_t bytes, enum gort_scan scan)
{
	return scan == GORT_SCAN_NOTHING ? gort_alloc_noscan(bytes) : gort_alloc(bytes);
}

void
gort_slice_make_sized(void *slice, size_t elemsize, enum gort_scan scan, ptrdiff_t n, ptrdiff_t cap)
{
	const struct type elem = {.size = elemsize};
	uintptr_t bytes = checkMakeSlice(&elem, n, cap);
	*(struct goslice *)slice = (struct goslice){elements(bytes, scan), n, cap};
}

void
gort_slice_grow(void *slice, size_t elemsize, enum gort_scan scan, ptrdiff_t needed)
{
	struct goslice *s = slice;
	if (needed <= s->cap && needed >= 0)
		return;
	const struct type elem = {.size = elemsize};
	if (scan == GORT_SCAN_NOTHING) {
		struct goslice grown = growslice(&elem, s->array, s->len, s->cap, needed);
		/* What append is about to fill is not zeroed there. */
		memclr((char *)grown.array + (size_t)s->len * elemsize,
			(size_t)(needed - s->len) * elemsize);
		s->array = grown.array;
		s->cap = grown.cap;
		return;
	}
	uintptr_t bytes;
	intgo cap = growcap(elemsize, s->cap, needed, &bytes);
	void *p = gort_alloc(bytes);
	if (s->len > 0)
		memmove(p, s->array, (size_t)s->len * elemsize);
	s->array = p;
	s->cap = cap;
}

void
gort_slice_append(void *slice, size_t elemsize, enum gort_scan scan, const void *p, ptrdiff_t n)
{
	struct goslice *s = slice;
	ptrdiff_t needed;
	if (unlikely(n < 0 || __builtin_add_overflow(s->len, n, &needed)))
		needed = PTRDIFF_MIN; /* growcap has the words */
	if (n == 0)
		return;
	gort_slice_grow(slice, elemsize, scan, needed);
	memmove((char *)s->array + (size_t)s->len * elemsize, p, (size_t)n * elemsize);
	s->len = needed;
}

void
gort_panic_index(ptrdiff_t i, ptrdiff_t n)
{
	if (i < 0)
		panicFormat("runtime error: index out of range [%ld]", (long)i);
	panicFormat("runtime error: index out of range [%ld] with length %ld", (long)i, (long)n);
}

/* The upper bound is looked at first, as compiled Go code does. */
void
gort_panic_slice(ptrdiff_t from, ptrdiff_t to, ptrdiff_t cap)
{
	if (to < 0)
		panicFormat("runtime error: slice bounds out of range [:%ld]", (long)to);
	if (to > cap)
		panicFormat("runtime error: slice bounds out of range [:%ld] with capacity %ld",
			(long)to, (long)cap);
	if (from < 0)
		panicFormat("runtime error: slice bounds out of range [%ld:]", (long)from);
	panicFormat("runtime error: slice bounds out of range [%ld:%ld]", (long)from, (long)to);
}
