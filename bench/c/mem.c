/* mem.c: allocation of objects that are garbage at once. Collections run as they like, and are in the
 * figure, as in Go's. malloc1k_free gives each object back, which is what a C program can do.
 */
#include "bench.h"

/* Where each object's address goes, so that no compiler can leave the allocation out. */
void *volatile sink;

/* ---- malloc16: 16 bytes without pointers ---------------------------------------------------- */

static void
malloc16(int64_t ops)
{
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		sink = gort_alloc_noscan(16);
	report("malloc16", start, ops);
}

/* The same through the typed macro. */
struct pair {
	int64_t a, b;
};
GORT_NO_POINTERS(struct pair);

static void
malloc16_new(int64_t ops)
{
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		sink = gort_new(struct pair);
	report("malloc16_new", start, ops);
}

/* ---- malloc64ptr: 64 bytes, the first word points to the object before ----------------------
 *
 * As a C program has it that describes nothing: every word may be a pointer. malloc64ptr_typed is
 * the same with a description, which costs a word beside each object. */

struct link {
	struct link *prev;
	int64_t rest[7];
};

struct typedlink {
	struct typedlink *prev;
	int64_t rest[7];
};
GORT_POINTERS(struct typedlink, prev);

#define CHAIN(name, type)                                                                          \
	static void name(int64_t ops)                                                              \
	{                                                                                          \
		type *prev = NULL;                                                                 \
		int64_t start = gort_now();                                                        \
		for (int64_t i = 0; i < ops; i++) {                                                \
			type *l = gort_new(type);                                                  \
			if (i % 16 != 0)                                                           \
				l->prev = prev;                                                    \
			prev = l;                                                                  \
		}                                                                                  \
		report(#name, start, ops);                                                         \
		sink = prev;                                                                       \
	}

CHAIN(malloc64ptr, struct link)
CHAIN(malloc64ptr_typed, struct typedlink)

/* ---- malloc1k, malloc64k: byte buffers ------------------------------------------------------ */

static void
buffers(const char *name, int64_t ops, int64_t size)
{
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		sink = gort_make(char, size);
	report(name, start, ops);
}

static void
malloc1k(int64_t ops)
{
	buffers("malloc1k", ops, 1024);
}

static void
malloc64k(int64_t ops)
{
	buffers("malloc64k", ops, 65536);
}

static void
malloc1k_free(int64_t ops)
{
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		char *p = gort_make(char, 1024);
		sink = p;
		gort_free(p);
	}
	report("malloc1k_free", start, ops);
}

const struct measure mem_measures[] = {
	{"malloc16", malloc16},
	{"malloc16_new", malloc16_new},
	{"malloc64ptr", malloc64ptr},
	{"malloc64ptr_typed", malloc64ptr_typed},
	{"malloc1k", malloc1k},
	{"malloc64k", malloc64k},
	{"malloc1k_free", malloc1k_free},
	{NULL, NULL},
};
