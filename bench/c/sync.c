/* sync.c: locks. */
#include "bench.h"

/* ---- mutex_8: eight goroutines increment one counter under one mutex ----------------------- */

struct counter {
	gort_mutex lock;
	int64_t n; /* lock */
	int64_t each;
};

static void
increment(void *arg)
{
	struct counter *c = arg;
	for (int64_t i = 0; i < c->each; i++) {
		gort_mutex_lock(&c->lock);
		c->n++;
		gort_mutex_unlock(&c->lock);
	}
}

static void
mutex_8(int64_t ops)
{
	struct counter c = {.each = (ops + 7) / 8};
	int64_t start = gort_now();
	together(8, increment, &c);
	report("mutex_8", start, 8 * c.each);
	if (c.n != 8 * c.each)
		abort();
}

const struct measure sync_measures[] = {
	{"mutex_8", mutex_8},
	{NULL, NULL},
};
