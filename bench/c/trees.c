/* trees.c: the collector at work on small objects that point to each other.
 *
 * trees12: binary trees of depth 12 are built, counted and dropped while one of depth 16 lives; an
 * operation is a tree of 8,191 nodes. trees12_par4: four goroutines share the work.
 *
 * bt18: the binary-trees program of the benchmark games, depth 18; an operation is the whole program.
 * With it come bt18_stop, the longest time that the program stood still, and, of a run of its own
 * because reading the clock takes longer than allocating, bt18_alloc, the longest allocation.
 *
 * gc_cycle_1m: one forced collection with so many goroutines parked (OPS says how many); the best of five.
 */
#include "bench.h"

struct tree {
	struct tree *left, *right;
};

static struct tree *
build(int depth)
{
	struct tree *t = gort_new(struct tree);
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

/* ---- trees12 -------------------------------------------------------------------------------- */

static int64_t left;

static void
buildShare(void *arg)
{
	(void)arg;
	while (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0)
		expect(build(12), 12);
}

static void
trees(const char *name, int64_t ops, int goroutines)
{
	struct tree *longLived = build(16);
	left = ops;
	int64_t start = gort_now();
	if (goroutines == 1)
		buildShare(NULL);
	else
		together(goroutines, buildShare, NULL);
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

static int64_t longest;

static struct tree *
buildTimed(int depth)
{
	int64_t t0 = gort_now();
	struct tree *t = gort_new(struct tree);
	int64_t took = gort_now() - t0;
	if (took > longest)
		longest = took;
	if (depth > 0) {
		t->left = buildTimed(depth - 1);
		t->right = buildTimed(depth - 1);
	}
	return t;
}

static void
binaryTrees(struct tree *(*make)(int depth))
{
	expect(make(DEEPEST + 1), DEEPEST + 1);
	struct tree *longLived = make(DEEPEST);
	for (int depth = 4; depth <= DEEPEST; depth += 2)
		for (int64_t n = (int64_t)1 << (DEEPEST - depth + 4); n > 0; n--)
			expect(make(depth), depth);
	expect(longLived, DEEPEST);
}

static void
bt18(int64_t ops)
{
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++)
		binaryTrees(build);
	report("bt18", start, ops);
	gort_memstats m;
	gort_read_memstats(&m);
	printf("bt18_stop %" PRIu64 "\n", m.gc_pause_max);
}

static void
bt18_alloc(int64_t ops)
{
	for (int64_t i = 0; i < ops; i++)
		binaryTrees(buildTimed);
	printf("bt18_alloc %" PRId64 "\n", longest);
}

/* ---- gc_cycle_1m ----------------------------------------------------------------------------- */

struct crowd {
	gort_waitgroup here, gone;
	gort_chan *gate;
};

static void
waitAtGate(void *arg)
{
	struct crowd *k = arg;
	int64_t v;
	gort_waitgroup_done(&k->here);
	gort_recv(k->gate, &v);
	gort_waitgroup_done(&k->gone);
}

static void
gc_cycle_1m(int64_t n)
{
	struct crowd k = {.gate = gort_chan_make(int64_t, 0)};
	int64_t best = INT64_MAX;
	gort_waitgroup_add(&k.here, (int)n);
	gort_waitgroup_add(&k.gone, (int)n);
	for (int64_t i = 0; i < n; i++)
		gort_go(waitAtGate, &k);
	gort_waitgroup_wait(&k.here);
	for (int i = 0; i < 5; i++) {
		int64_t t0 = gort_now();
		gort_gc();
		int64_t took = gort_now() - t0;
		if (took < best)
			best = took;
	}
	gort_close(k.gate);
	gort_waitgroup_wait(&k.gone);
	printf("gc_cycle_1m %" PRId64 "\n", best);
}

const struct measure trees_measures[] = {
	{"trees12", trees12},
	{"trees12_par4", trees12_par4},
	{"bt18", bt18},
	{"bt18_alloc", bt18_alloc},
	{"gc_cycle_1m", gc_cycle_1m},
	{NULL, NULL},
};
