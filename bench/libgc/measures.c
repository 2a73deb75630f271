/* measures.c: what bench/c/trees.c and mem.c measure, on libgc (Boehm, Demers, Weiser), in its own
 * terms: GC_MALLOC where C says nothing about an object, GC_MALLOC_ATOMIC where it holds no
 * pointers, and threads where gort has goroutines. As Debian builds it: locks, caches of each
 * thread, parallel marking (run.sh sets GC_MARKERS to the processors of the measure).
 *
 * A stop is the time between the collector's events "before the world stops" and "the world runs".
 */
#define GC_THREADS
#include <gc.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
report(const char *name, int64_t start, int64_t ops)
{
	printf("%s %.3f\n", name, (double)(now() - start) / (double)ops);
}

/* ---- trees ---------------------------------------------------------------------------------- */

struct tree {
	struct tree *left, *right;
};

static struct tree *
build(int depth)
{
	struct tree *t = GC_MALLOC(sizeof *t);
	if (depth > 0) {
		t->left = build(depth - 1);
		t->right = build(depth - 1);
	}
	return t;
}

static int64_t
count(const struct tree *t)
{
	return t->left == NULL ? 1 : 1 + count(t->left) + count(t->right);
}

static void
expect(const struct tree *t, int depth)
{
	int64_t n = count(t), want = ((int64_t)2 << depth) - 1;
	if (n != want) {
		fprintf(stderr, "measures: a tree has %" PRId64 " nodes, not %" PRId64 "\n", n,
			want);
		exit(1);
	}
}

static int64_t left;

static void *
buildShare(void *arg)
{
	while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0)
		expect(build(12), 12);
	return arg;
}

static void
trees(const char *name, int64_t ops, int threads)
{
	struct tree *longLived = build(16);
	pthread_t t[4];
	left = ops;
	int64_t start = now();
	if (threads == 1)
		buildShare(NULL);
	for (int i = 0; threads > 1 && i < threads; i++)
		if (pthread_create(&t[i], NULL, buildShare, NULL) != 0)
			abort();
	for (int i = 0; threads > 1 && i < threads; i++)
		pthread_join(t[i], NULL);
	report(name, start, ops);
	expect(longLived, 16);
}

static void
trees12(int64_t ops)
{
	trees("trees12", ops, 1);
}

static void
trees12_par4(int64_t ops)
{
	trees("trees12_par4", ops, 4);
}

/* ---- bt18 ----------------------------------------------------------------------------------- */

enum { DEEPEST = 18 };

static int64_t stopBegan, stopLongest;

static void
onEvent(GC_EventType e)
{
	if (e == GC_EVENT_PRE_STOP_WORLD)
		stopBegan = now();
	else if (e == GC_EVENT_POST_START_WORLD && now() - stopBegan > stopLongest)
		stopLongest = now() - stopBegan;
}

static void
bt18(int64_t ops)
{
	GC_set_on_collection_event(onEvent);
	int64_t start = now();
	for (int64_t i = 0; i < ops; i++) {
		expect(build(DEEPEST + 1), DEEPEST + 1);
		struct tree *longLived = build(DEEPEST);
		for (int depth = 4; depth <= DEEPEST; depth += 2)
			for (int64_t n = (int64_t)1 << (DEEPEST - depth + 4); n > 0; n--)
				expect(build(depth), depth);
		expect(longLived, DEEPEST);
	}
	report("bt18", start, ops);
	printf("bt18_stop %" PRId64 "\n", stopLongest);
}

/* ---- mem ------------------------------------------------------------------------------------ */

static void *volatile sink;

static void
malloc16(int64_t ops)
{
	int64_t start = now();
	for (int64_t i = 0; i < ops; i++)
		sink = GC_MALLOC_ATOMIC(16);
	report("malloc16", start, ops);
}

struct link {
	struct link *prev;
	int64_t rest[7];
};

static void
malloc64ptr(int64_t ops)
{
	struct link *prev = NULL;
	int64_t start = now();
	for (int64_t i = 0; i < ops; i++) {
		struct link *l = GC_MALLOC(sizeof *l);
		if (i % 16 != 0)
			l->prev = prev;
		prev = l;
	}
	report("malloc64ptr", start, ops);
	sink = prev;
}

/* gort_make's memory is zero, as Go's is; GC_MALLOC_ATOMIC's is not. */
static void
buffers(const char *name, int64_t ops, size_t size)
{
	int64_t start = now();
	for (int64_t i = 0; i < ops; i++)
		sink = memset(GC_MALLOC_ATOMIC(size), 0, size);
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

static const struct {
	const char *name;
	void (*run)(int64_t ops);
} measures[] = {
	{"malloc16", malloc16},
	{"malloc64ptr", malloc64ptr},
	{"malloc1k", malloc1k},
	{"malloc64k", malloc64k},
	{"trees12", trees12},
	{"trees12_par4", trees12_par4},
	{"bt18", bt18},
};
enum { NMEASURES = sizeof measures / sizeof measures[0] };

int
main(int argc, char **argv)
{
	int64_t ops = argc == 3 ? strtoll(argv[2], NULL, 10) : 0;
	GC_INIT();
	for (int i = 0; ops > 0 && i < NMEASURES; i++)
		if (strcmp(measures[i].name, argv[1]) == 0) {
			measures[i].run(ops);
			return 0;
		}
	fprintf(stderr, "usage: measures NAME OPS, where NAME is one of\n");
	for (int i = 0; i < NMEASURES; i++)
		fprintf(stderr, "\t%s\n", measures[i].name);
	return 2;
}
