/* Interfaces: each macro and function of gort/iface.h. */
#include "check.h"

#define shape_METHODS(METHOD, T)                                                                   \
	METHOD(T, area, double, (void *))                                                          \
	METHOD(T, scale, void, (void *, double))
GORT_INTERFACE(shape);

#define closer_METHODS(METHOD, T) METHOD(T, close, int, (void *))
GORT_INTERFACE(closer);

/* Nobody is declared to be one of these. */
#define areal_METHODS(METHOD, T)                                                                   \
	METHOD(T, close, int, (void *))                                                            \
	METHOD(T, area, double, (void *))
GORT_INTERFACE(areal);
#define whole_METHODS(METHOD, T) METHOD(T, area, int, (void *))
GORT_INTERFACE(whole);

struct circle {
	double r;
	int closed;
};

static double
circle_area(void *self)
{
	struct circle *c = (struct circle *)self;
	return 3 * c->r * c->r;
}

static void
circle_scale(void *self, double by)
{
	((struct circle *)self)->r *= by;
}

static int
circle_close(void *self)
{
	return ++((struct circle *)self)->closed;
}

GORT_IMPLEMENT(shape, circle, struct circle);
GORT_IMPLEMENT(closer, circle, struct circle);

typedef struct square {
	double side;
} square_type;

static double
square_area(void *self)
{
	square_type *s = (square_type *)self;
	return s->side * s->side;
}

static void
square_scale(void *self, double by)
{
	((square_type *)self)->side *= by;
}

GORT_IMPLEMENT(shape, square, square_type);

static void
calls(void)
{
	struct circle c = {2, 0};
	square_type q = {3};
	shape all[] = {circle_as_shape(&c), square_as_shape(&q)};
	double sum = 0;
	for (int i = 0; i < 2; i++) {
		all[i].m->scale(all[i].self, 2);
		sum += all[i].m->area(all[i].self);
	}
	CHECK(sum == 3 * 16 + 36);
}

static void
types(void)
{
	struct circle c = {2, 0};
	square_type q = {3};
	shape s = circle_as_shape(&c), nil = {NULL, NULL};
	CHECK(circle_in_shape(s) == &c && square_in_shape(s) == NULL);
	CHECK(circle_from_shape(s) == &c);
	s = square_as_shape(&q);
	CHECK(circle_in_shape(s) == NULL && square_from_shape(s) == &q);
	CHECK(circle_in_shape(nil) == NULL);
}

static void
conversions(void)
{
	struct circle c = {2, 0};
	square_type q = {3};
	shape s = circle_as_shape(&c), nil = {NULL, NULL};
	closer k = gort_as(closer, s);
	CHECK(k.m->close(k.self) == 1 && c.closed == 1);
	CHECK(k.m == circle_as_closer(&c).m); /* the table that was registered */
	shape back = gort_as(shape, k);
	CHECK(circle_from_shape(back) == &c);
	/* Made of the methods of two. */
	areal a;
	for (int round = 0; round < 2; round++) {
		CHECK(gort_try_as(areal, s, &a) && a.self == &c);
		CHECK(a.m->area(a.self) == 12 && a.m->close(a.self) == 2 + round);
	}
	CHECK(gort_iface_find(&gort_interface_areal, s.m) == a.m);
	/* No close, another area, nothing at all. */
	CHECK(!gort_try_as(areal, square_as_shape(&q), &a) && a.m == NULL && a.self == NULL);
	CHECK(!gort_try_as(closer, square_as_shape(&q), &k));
	whole w;
	CHECK(!gort_try_as(whole, s, &w));
	CHECK(!gort_try_as(shape, nil, &back) && back.m == NULL);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	calls();
	types();
	conversions();
	PASSED();
}
