/* lang.c: interfaces, slices and strings. */
#include "bench.h"

/* ---- iface_assert: what an interface value is asked to be is another interface ---------------
 *
 * Four objects of four types, known as named; each is made a counter, and its method is called. */
#define named_METHODS(METHOD, T) METHOD(T, name, const char *, (void *))
GORT_INTERFACE(named);
#define counter_METHODS(METHOD, T) METHOD(T, count, int64_t, (void *))
GORT_INTERFACE(counter);

#define COUNTER(type)                                                                              \
	struct type {                                                                              \
		int64_t n;                                                                         \
	};                                                                                         \
	static const char *type##_name(void *self)                                                 \
	{                                                                                          \
		(void)self;                                                                        \
		return #type;                                                                      \
	}                                                                                          \
	static int64_t type##_count(void *self)                                                    \
	{                                                                                          \
		return ++((struct type *)self)->n;                                                 \
	}                                                                                          \
	GORT_IMPLEMENT(named, type, struct type);                                                  \
	GORT_IMPLEMENT(counter, type, struct type)
COUNTER(ant);
COUNTER(bee);
COUNTER(cat);
COUNTER(dog);

static void
iface_assert(int64_t ops)
{
	struct ant a = {0};
	struct bee b = {0};
	struct cat c = {0};
	struct dog d = {0};
	named all[] = {ant_as_named(&a), bee_as_named(&b), cat_as_named(&c), dog_as_named(&d)};
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		counter k = gort_as(counter, all[i & 3]);
		k.m->count(k.self);
	}
	report("iface_assert", start, ops);
	if (a.n + b.n + c.n + d.n != ops)
		abort();
}

/* ---- append_grow: one by one, from nothing --------------------------------------------------- */
GORT_SLICE(numbers, int64_t);

static void
append_grow(int64_t ops)
{
	numbers v = {0};
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		gort_append(&v, i);
	report("append_grow", start, ops);
	if (v.len != ops || v.ptr[ops - 1] != ops - 1)
		abort();
}

/* ---- str_concat: "a", a number, "bcdef" ------------------------------------------------------ */

static gort_string
decimal(int64_t v, char buf[24])
{
	char *p = buf + 24;
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	return gort_str_n(p, buf + 24 - p);
}

static void
str_concat(int64_t ops)
{
	const gort_string a = gort_str("a"), z = gort_str("bcdef");
	int64_t total = 0;
	char buf[24];
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		total += gort_concat(a, decimal(i, buf), z).len;
	report("str_concat", start, ops);
	if (total < 7 * ops)
		abort();
}

const struct measure lang_measures[] = {
	{"iface_assert", iface_assert},
	{"append_grow", append_grow},
	{"str_concat", str_concat},
	{0},
};
