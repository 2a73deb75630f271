/* shapes: an interface, three types that implement it, and a question asked at run time: can you do
 * something else as well? */
#include <gort.h>

#include <stdio.h>

#define shape_METHODS(METHOD, T)                                                                   \
	METHOD(T, area, double, (void *))                                                          \
	METHOD(T, scale, void, (void *, double))
GORT_INTERFACE(shape);

/* Circles have a name; nobody who knows shapes needs to know. */
#define named_METHODS(METHOD, T) METHOD(T, name, const char *, (void *))
GORT_INTERFACE(named);

struct square {
	double side;
};

static double
square_area(void *self)
{
	const struct square *s = self;
	return s->side * s->side;
}

static void
square_scale(void *self, double by)
{
	struct square *s = self;
	s->side *= by;
}

GORT_IMPLEMENT(shape, square, struct square);

struct circle {
	double radius;
	const char *name;
};

static double
circle_area(void *self)
{
	const struct circle *c = self;
	return 3.14159265358979 * c->radius * c->radius;
}

static void
circle_scale(void *self, double by)
{
	struct circle *c = self;
	c->radius *= by;
}

static const char *
circle_name(void *self)
{
	const struct circle *c = self;
	return c->name;
}

GORT_IMPLEMENT(shape, circle, struct circle);
GORT_IMPLEMENT(named, circle, struct circle);

static double
total(const shape *shapes, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += shapes[i].m->area(shapes[i].self);
	return sum;
}

static void
as_circle(void *arg)
{
	circle_from_shape(*(shape *)arg); /* panics if it is none */
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct square a = {2}, b = {3};
	struct circle c = {1, "unit circle"};
	shape all[] = {square_as_shape(&a), circle_as_shape(&c), square_as_shape(&b)};
	enum { N = sizeof all / sizeof all[0] };

	printf("area %.2f\n", total(all, N));
	for (int i = 0; i < N; i++)
		all[i].m->scale(all[i].self, 2);
	printf("area %.2f\n", total(all, N));

	for (int i = 0; i < N; i++) {
		named who;
		if (gort_try_as(named, all[i], &who))
			printf("shape %d is called %s\n", i, who.m->name(who.self));
		else if (square_in_shape(all[i]) != NULL)
			printf("shape %d is a square of side %g\n", i,
				square_in_shape(all[i])->side);
	}

	struct gort_panic p;
	if (!gort_try(&p, as_circle, &all[0]))
		printf("caught: %s\n", p.text);
	return 0;
}
