/* Slices, strings and interfaces used wrongly: Go's words, status 2. */
// status: 2
#include <gort.h>

#include <string.h>

GORT_SLICE(ints, int);

#define shape_METHODS(METHOD, T) METHOD(T, area, double, (void *))
GORT_INTERFACE(shape);
#define closer_METHODS(METHOD, T) METHOD(T, close, int, (void *))
GORT_INTERFACE(closer);

struct circle {
	double r;
};

static double
circle_area(void *self)
{
	return ((struct circle *)self)->r;
}

struct square {
	double side;
};

static double
square_area(void *self)
{
	return ((struct square *)self)->side;
}

GORT_IMPLEMENT(shape, circle, struct circle);
GORT_IMPLEMENT(shape, square, struct square);

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	ints v = {NULL, 0, 0};
	gort_slice_make(&v, 3, 5);
	gort_string s = gort_str("hello");
	struct circle c = {1};
	struct square q = {1};
	shape round = circle_as_shape(&c), nil = {NULL, NULL};
	ptrdiff_t at = 5;

	// case: index
	// args: index
	// stderr: panic: runtime error: index out of range [3] with length 3
	// stderr: goroutine 1 [running]:
	if (strcmp(what, "index") == 0)
		gort_at(&v, 3) = 1;
	// case: index_negative
	// args: index_negative
	// stderr: panic: runtime error: index out of range [-1]
	if (strcmp(what, "index_negative") == 0)
		gort_at(&v, -1) = 1;
	// case: subslice
	// args: subslice
	// stderr: panic: runtime error: slice bounds out of range [:6] with capacity 5
	if (strcmp(what, "subslice") == 0)
		v = gort_subslice(&v, 2, 6);
	// case: subslice_crossed
	// args: subslice_crossed
	// stderr: panic: runtime error: slice bounds out of range [4:2]
	if (strcmp(what, "subslice_crossed") == 0)
		v = gort_subslice(&v, 4, 2);
	// case: subslice_negative
	// args: subslice_negative
	// stderr: panic: runtime error: slice bounds out of range [-1:]
	if (strcmp(what, "subslice_negative") == 0)
		v = gort_subslice(&v, -1, 2);
	// case: make
	// args: make
	// stderr: panic: runtime error: makeslice: len out of range
	if (strcmp(what, "make") == 0)
		gort_slice_make(&v, -1, 5);
	// case: make_cap
	// args: make_cap
	// stderr: panic: runtime error: makeslice: cap out of range
	if (strcmp(what, "make_cap") == 0)
		gort_slice_make(&v, 5, 4);
	// case: append_negative
	// args: append_negative
	// stderr: panic: runtime error: growslice: cap out of range
	if (strcmp(what, "append_negative") == 0)
		gort_append_n(&v, v.ptr, -1);
	// case: substring
	// args: substring
	// stderr: panic: runtime error: slice bounds out of range [:6] with length 5
	if (strcmp(what, "substring") == 0)
		s = gort_str_slice(s, 0, 6);
	// case: substring_crossed
	// args: substring_crossed
	// stderr: panic: runtime error: slice bounds out of range [3:2]
	if (strcmp(what, "substring_crossed") == 0)
		s = gort_str_slice(s, 3, 2);
	// case: rune
	// args: rune
	// stderr: panic: runtime error: index out of range [5] with length 5
	if (strcmp(what, "rune") == 0)
		gort_str_rune(s, &at);
	// case: other_type
	// args: other_type
	// stderr: panic: interface conversion: shape is struct circle, not struct square
	if (strcmp(what, "other_type") == 0)
		square_from_shape(round);
	// case: nil_type
	// args: nil_type
	// stderr: panic: interface conversion: shape is nil, not struct square
	if (strcmp(what, "nil_type") == 0)
		square_from_shape(nil);
	// case: missing_method
	// args: missing_method
	// stderr: panic: interface conversion: struct square is not closer: missing method close
	if (strcmp(what, "missing_method") == 0)
		gort_as(closer, square_as_shape(&q));
	// case: nil_interface
	// args: nil_interface
	// stderr: panic: interface conversion: interface is nil, not closer
	if (strcmp(what, "nil_interface") == 0)
		gort_as(closer, nil);
	return 0;
}
