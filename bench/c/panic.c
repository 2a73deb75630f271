/* panic.c: calls deferred, and panics that are ended. */
#include "bench.h"

/* ---- defer: a function with one deferred call ------------------------------------------------ */

static void
count(void *n)
{
	++*(int64_t *)n;
}

static void __attribute__((noinline)) count_at_end(int64_t *n)
{
	gort_defer(count, n);
}

static void
defer(int64_t ops)
{
	int64_t n = 0;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		count_at_end(&n);
	report("defer", start, ops);
	if (n != ops)
		abort();
}

/* ---- panic_recover: a panic that is ended one function further out --------------------------- */

static void __attribute__((noinline)) panics(void *v)
{
	gort_panic_value(v);
}

static void
calls_panics(void *v)
{
	panics(v);
}

static void
panic_recover(int64_t ops)
{
	int64_t sum = 0, value = 1;
	struct gort_panic p;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		if (!gort_try(&p, calls_panics, &value))
			sum += *(int64_t *)p.value;
	report("panic_recover", start, ops);
	if (sum != ops)
		abort();
}

/* ---- panic_deep: one that is ended 32 functions further out ---------------------------------- */

static int64_t __attribute__((noinline)) deeper(int depth, int64_t *v)
{
	if (depth == 0)
		panics(v);
	return deeper(depth - 1, v) + 1;
}

static void
goes_deep(void *v)
{
	deeper(30, v);
}

static void
panic_deep(int64_t ops)
{
	int64_t sum = 0, value = 1;
	struct gort_panic p;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		if (!gort_try(&p, goes_deep, &value))
			sum += *(int64_t *)p.value;
	report("panic_deep", start, ops);
	if (sum != ops)
		abort();
}

const struct measure panic_measures[] = {
	{"defer", defer},
	{"panic_recover", panic_recover},
	{"panic_deep", panic_deep},
	{0},
};
