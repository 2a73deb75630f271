/* Slices: each macro and function of gort/slice.h. */
#include "check.h"

GORT_SLICE(ints, int);
GORT_SLICE(bytes, char);

struct pair {
	void *p;
	int n;
};
GORT_SLICE(pairs, struct pair);

static void
appending(void)
{
	ints v = {NULL, 0, 0};
	ptrdiff_t moved = 0, cap = 0;
	for (int i = 0; i < 10000; i++) {
		gort_append(&v, 3 * i);
		moved += v.cap != cap;
		cap = v.cap;
	}
	CHECK(v.len == 10000 && v.cap >= 10000 && moved < 30);
	for (int i = 0; i < 10000; i++)
		CHECK(v.ptr[i] == 3 * i);
	gort_at(&v, 7) = -1;
	CHECK(gort_at(&v, 7) == -1 && v.ptr[7] == -1);
}

/* A copy of a slice goes on with the same array until one of them grows. */
static void
sharing(void)
{
	ints a = {NULL, 0, 0};
	gort_slice_make(&a, 2, 2);
	CHECK(a.len == 2 && a.cap == 2 && a.ptr[0] == 0 && a.ptr[1] == 0);
	ints b = a;
	b.ptr[0] = 5;
	CHECK(a.ptr[0] == 5);
	gort_append(&b, 1);
	b.ptr[0] = 6;
	CHECK(a.ptr[0] == 5 && a.len == 2 && b.len == 3 && b.ptr[2] == 1);
	CHECK(b.cap == 4); /* twice */
}

static void
pointers(void)
{
	pairs v = {NULL, 0, 0};
	for (int i = 0; i < 100; i++) {
		struct pair p = {gort_new(int), i};
		*(int *)p.p = i;
		gort_append(&v, p);
	}
	for (int i = 0; i < 100; i++)
		CHECK(v.ptr[i].n == i && *(int *)v.ptr[i].p == i);
}

static void
many(void)
{
	bytes v = {NULL, 0, 0};
	gort_append_n(&v, "hello", 5);
	gort_append_n(&v, ", world", 7);
	gort_append_n(&v, v.ptr, v.len); /* itself */
	CHECK(v.len == 24 && memcmp(v.ptr, "hello, worldhello, world", 24) == 0);
	gort_append_n(&v, NULL, 0);
	CHECK(v.len == 24);
	/* What is not there yet is zero, also in memory that was used. */
	for (int round = 0; round < 3; round++) {
		bytes w = {NULL, 0, 0};
		gort_slice_make(&w, 1000, 1000);
		memset(w.ptr, 'x', 1000);
		gort_slice_grow(&w, 1, GORT_SCAN_NOTHING, 5000);
		CHECK(w.len == 1000 && w.cap >= 5000 && w.ptr[999] == 'x');
		for (ptrdiff_t i = 1000; i < w.cap; i++)
			CHECK(w.ptr[i] == 0);
		memset(w.ptr, 'y', (size_t)w.cap);
		gort_free(w.ptr);
	}
}

static void
windows(void)
{
	ints v = {NULL, 0, 0};
	for (int i = 0; i < 8; i++)
		gort_append(&v, i);
	ints w = gort_subslice(&v, 2, 5);
	CHECK(w.len == 3 && w.cap == v.cap - 2 && w.ptr == v.ptr + 2);
	ints all = gort_subslice(&w, 0, w.cap);
	CHECK(all.len == v.cap - 2);
	ints none = gort_subslice(&v, v.cap, v.cap);
	CHECK(none.len == 0 && none.cap == 0);
	ints to = {NULL, 0, 0};
	gort_slice_make(&to, 2, 4);
	CHECK(gort_slice_copy(&to, &w) == 2 && to.ptr[0] == 2 && to.ptr[1] == 3);
	ints up = gort_subslice(&v, 1, 8);
	CHECK(gort_slice_copy(&up, &v) == 7); /* overlapping */
	CHECK(v.ptr[0] == 0 && v.ptr[1] == 0 && v.ptr[7] == 6);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	appending();
	sharing();
	pointers();
	many();
	windows();
	PASSED();
}
