/* qsort_apart.c: sorting that keeps every element in sight of the collector.         room: capi
 *
 * glibc's qsort moves what it sorts through a block of malloc's. Nobody scans that: if the array
 * alone knows objects of the heap, and a collection begins while some of its elements are only in
 * the block, these objects are freed. So here are qsort and qsort_r under libc's names.
 *
 * What is sorted is a list of places, by merging, in memory of malloc's; then the elements go to
 * theirs in place, by exchanges through a buffer on the stack, which is scanned as the array is. So no
 * element is ever anywhere else, and none moves before the last comparison: whoever leaves one by a
 * panic or longjmp leaves the array as it was. The order is stable, as glibc's is in fact. Without
 * memory for the list the elements are sorted by a heap, in place, which is not stable.
 *
 * No call of the runtime's: a sort neither parks nor yields, as before. On any thread.
 *
 * Members apart as sigmask_apart.c is: taken only if the program sorts; weak. What libc sorts for itself
 * (scandir, glob) are its own blocks. bsearch moves nothing; tsearch, hsearch and lsearch keep the
 * caller's pointers in nodes of malloc's (tsearch, hsearch): docs/memory.md. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/compiler.h"
#include "gort/export.h"

#define INTERPOSED GORT_API weak

struct sorting {
	char *base;
	size_t size;
	int (*cmp)(const void *, const void *, void *);
	void *arg;
};

static int
compare(const struct sorting *s, size_t i, size_t k)
{
	return s->cmp(s->base + i * s->size, s->base + k * s->size, s->arg);
}

/* Through registers or the stack only. */
static void
exchange(const struct sorting *s, size_t i, size_t k)
{
	char *a = s->base + i * s->size, *b = s->base + k * s->size;
	size_t left = s->size;
	uint64_t word[32];
	if (left == sizeof word[0]) {
		uint64_t other;
		memcpy(&word[0], a, sizeof other);
		memcpy(&other, b, sizeof other);
		memcpy(a, &other, sizeof other);
		memcpy(b, &word[0], sizeof other);
		return;
	}
	while (left > 0) {
		size_t n = left < sizeof word ? left : sizeof word;
		memcpy(word, a, n);
		memcpy(a, b, n);
		memcpy(b, word, n);
		a += n;
		b += n;
		left -= n;
	}
}

/* ---- with a list of places ------------------------------------------------------------------ */

#define RUN 8 /* so many are put in order by insertion */

static void
insertRun(const struct sorting *s, size_t *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		size_t x = at[i], k = i;
		for (; k > 0 && compare(s, at[k - 1], x) > 0; k--)
			at[k] = at[k - 1];
		at[k] = x;
	}
}

/* from[lo, mid) and from[mid, hi), each in order, to to[lo, hi). */
static void
merge(const struct sorting *s, const size_t *from, size_t *to, size_t lo, size_t mid, size_t hi)
{
	size_t i = lo, k = mid;
	if (mid >= hi || compare(s, from[mid - 1], from[mid]) <= 0) {
		memcpy(to + lo, from + lo, (hi - lo) * sizeof *to);
		return;
	}
	for (size_t out = lo; out < hi; out++) {
		if (k >= hi || (i < mid && compare(s, from[i], from[k]) <= 0))
			to[out] = from[i++];
		else
			to[out] = from[k++];
	}
}

/* list: 2n places' room. Afterwards element list'[i] belongs to place i, for the list' returned. */
static size_t *
sortPlaces(const struct sorting *s, size_t *list, size_t n)
{
	size_t *from = list, *to = list + n;
	for (size_t i = 0; i < n; i++)
		from[i] = i;
	for (size_t i = 0; i < n; i += RUN)
		insertRun(s, from + i, n - i < RUN ? n - i : RUN);
	for (size_t width = RUN; width < n; width *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * width) {
			size_t mid = n - lo < width ? n : lo + width;
			size_t hi = n - mid < width ? n : mid + width;
			merge(s, from, to, lo, mid, hi);
		}
		size_t *other = from;
		from = to;
		to = other;
	}
	return from;
}

static void
toPlaces(const struct sorting *s, size_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		while (list[k] !=
			i) { /* along the cycle, until the one of place i is in the last */
			size_t next = list[k];
			exchange(s, k, next);
			list[k] = k;
			k = next;
		}
		list[k] = k;
	}
}

/* ---- without -------------------------------------------------------------------------------- */

static void
siftDown(const struct sorting *s, size_t i, size_t n)
{
	for (;;) {
		size_t k = 2 * i + 1;
		if (k >= n)
			return;
		if (k + 1 < n && compare(s, k, k + 1) < 0)
			k++;
		if (compare(s, i, k) >= 0)
			return;
		exchange(s, i, k);
		i = k;
	}
}

static void
heapSort(const struct sorting *s, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		siftDown(s, i, n);
	while (n-- > 1) {
		exchange(s, 0, n);
		siftDown(s, 0, n);
	}
}

/* -------------------------------------------------------------------------------------------- */

static void
freeList(size_t **list)
{
	free(*list);
}

static void
sort(const struct sorting *s, size_t n)
{
	size_t few[2 * 128];
	if (n < 2 || s->size == 0)
		return;
	if (n <= sizeof few / sizeof few[0] / 2) {
		toPlaces(s, sortPlaces(s, few, n), n);
		return;
	}
	int err = errno; /* as libc's: not changed */
	__attribute__((cleanup(freeList))) size_t *list =
		n <= SIZE_MAX / sizeof *list / 2 ? malloc(2 * n * sizeof *list) : NULL;
	errno = err;
	if (list == NULL)
		heapSort(s, n);
	else
		toPlaces(s, sortPlaces(s, list, n), n);
}

INTERPOSED void
qsort_r(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *, void *),
	void *arg)
{
	struct sorting s = {base, size, cmp, arg};
	sort(&s, n);
}

static int
withoutArg(const void *a, const void *b, void *cmp)
{
	return (*(int (**)(const void *, const void *))cmp)(a, b);
}

INTERPOSED void
qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	struct sorting s = {base, size, withoutArg, &cmp};
	sort(&s, n);
}
