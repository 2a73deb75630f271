/* Marking by several threads, against a count of our own of what can be reached. The threads are the
 * test's; the world is a fake. */
#define GORT_GC_IMPL
#include "../mem/fake.h"

#include "core/rand.h"

#if !GORT_FREESTANDING
#	include "gc/hosted/collect.h"

#	include <pthread.h>

enum { THREADS = 4, ROOTS = 64 };

static struct helper {
	struct m m;
	struct g g;
	pthread_t thread;
	int32_t number;
} helpers[THREADS];
static struct p ps[THREADS];
static int32_t nhelpers;
static uint32_t came; /* atomic */
static bool late;     /* the collector does not wait for its helpers to be there */
static void (*helpfn)(int32_t number, void *arg);

static void *
helperMain(void *arg)
{
	struct helper *h = arg;
	h->g.m = &h->m;
	h->m.g0 = h->m.curg = &h->g;
	h->m.inrt = 1;
	setg(&h->g);
	xadd(&came, 1u);
	helpfn(h->number, NULL);
	return NULL;
}

static int32_t
fakeHelp(int32_t n, void (*fn)(int32_t number, void *arg), void *arg unused_ok)
{
	CHECK(n < THREADS);
	helpfn = fn;
	came = 0;
	for (nhelpers = 0; nhelpers < n; nhelpers++) {
		struct helper *h = &helpers[nhelpers];
		memset(h, 0, sizeof *h);
		h->number = nhelpers + 1;
		CHECK_EQ(pthread_create(&h->thread, NULL, helperMain, h), 0);
	}
	while (!late && load_acq(&came) < (uint32_t)n)
		osyield();
	return n;
}

static void
fakeHelped(void)
{
	for (int32_t i = 0; i < nhelpers; i++)
		pthread_join(helpers[i].thread, NULL);
}

static void
teamBoot(int32_t procs)
{
	fakeBoot();
	debug.gcstress = 1; /* as many helpers as there are Ps, however little there is to do */
	allp[0] = &fakep;
	for (int32_t i = 1; i < procs; i++) {
		allp[i] = &ps[i];
		ps[i].id = i;
		ps[i].mcache = allocmcache();
		gcworkInit(&ps[i]);
	}
	gomaxprocs = ncpu = procs;
	world.help = fakeHelp;
	world.helped = fakeHelped;
}

/* ---- a heap ------------------------------------------------------------------------------------- */

enum nodekind { CONSERVATIVE, NOSCAN, TYPED, NODEKINDS };

struct node {
	uintptr_t *p; /* the object */
	uintptr_t words;
	enum nodekind kind;
	uint32_t to[4]; /* nodes that it points to; 0: none */
	bool reached;
};
static struct node *nodes;
static uint32_t nnodes;
static uintptr_t rootwords[ROOTS];

/* The second and the fifth word of seven. */
static const uint8_t mask[] = {0x12};
static const struct type seven = {.size = 56, .ptrdata = 40, .gcdata = (uint8_t *)mask};

static uint32_t
draw(uint64_t *seed, uint32_t n)
{
	return (uint32_t)(wyrand(seed) >> 32) % n;
}

/* Where the i-th pointer of an object lies. */
static uintptr_t
placeOf(const struct node *n, uint32_t i)
{
	if (n->kind == TYPED) {
		uintptr_t elem = n->words / 7 * i / nelem(n->to);
		return elem * 7 + (i % 2 == 0 ? 1 : 4);
	}
	return n->words * i / nelem(n->to);
}

static void
makeNode(struct node *n, uint64_t *seed)
{
	uint32_t lot = draw(seed, 1000);
	n->kind = draw(seed, NODEKINDS);
	/* Small ones, and now and then one that is marked in parts. */
	n->words = lot < 990   ? 4 + draw(seed, 60)
		   : lot < 999 ? 500 + draw(seed, 5000)
			       : 50000 + draw(seed, 20000);
	if (n->kind == TYPED)
		n->words = (n->words / 7 + 4) * 7;
	uintptr_t size = n->words * PTRSIZE;
	n->p = n->kind == CONSERVATIVE ? mallocConservative(size)
	       : n->kind == NOSCAN     ? mallocNoscan(size, true)
				       : mallocTyped(size, &seven);
}

static void
makeHeap(uint32_t n, uint64_t *seed)
{
	nodes = calloc(n + 1, sizeof *nodes);
	nnodes = n;
	for (uint32_t i = 1; i <= n; i++)
		makeNode(&nodes[i], seed);
	for (uint32_t i = 1; i <= n; i++)
		for (uint32_t k = 0; k < nelem(nodes[i].to); k++) {
			if (draw(seed, 100) < 55)
				continue;
			struct node *from = &nodes[i];
			/* Most point near: long chains. */
			uint32_t to =
				draw(seed, 10) == 0 ? 1 + draw(seed, n) : i + 1 + draw(seed, 3);
			if (to > n)
				continue;
			from->p[placeOf(from, k)] = (uintptr_t)nodes[to].p +
						    draw(seed, (uint32_t)nodes[to].words) * PTRSIZE;
			from->to[k] = from->kind == NOSCAN ? 0 : to;
			/* No pointer, whatever it looks like. */
			if (from->kind == TYPED)
				from->p[placeOf(from, k) + 1] =
					(uintptr_t)nodes[1 + draw(seed, n)].p;
		}
}

static void
reach(uint32_t first)
{
	static uint32_t *stack;
	stack = realloc(stack, (nnodes + 1) * sizeof *stack);
	uint32_t n = 0;
	if (!nodes[first].reached)
		stack[n++] = first;
	nodes[first].reached = true;
	while (n > 0) {
		const struct node *from = &nodes[stack[--n]];
		for (uint32_t k = 0; k < nelem(from->to); k++) {
			struct node *to = &nodes[from->to[k]];
			if (from->to[k] == 0 || to->reached)
				continue;
			to->reached = true;
			stack[n++] = from->to[k];
		}
	}
}

static uint32_t
chooseRoots(uint64_t *seed)
{
	uint32_t n = 0;
	for (uint32_t i = 1; i <= nnodes; i++)
		nodes[i].reached = false;
	for (uint32_t i = 0; i < ROOTS; i++) {
		uint32_t r = draw(seed, 4) == 0 ? 1 + draw(seed, nnodes) : 0;
		rootwords[i] = r == 0 ? draw(seed, 1000) : (uintptr_t)nodes[r].p;
		if (r != 0)
			reach(r);
	}
	for (uint32_t i = 1; i <= nnodes; i++)
		n += nodes[i].reached;
	return n;
}

/* Against the bits; clears them. */
static void
compare(const struct marksum *sum)
{
	uint64_t bytes = 0;
	for (uint32_t i = 1; i <= nnodes; i++) {
		struct mspan *s;
		uintptr_t slot;
		CHECK(findObject((uintptr_t)nodes[i].p, &s, &slot) != 0);
		bool marked = bitIsSet(s->markBits, (uint32_t)slot);
		CHECKF(marked == nodes[i].reached, "node %u of kind %d, %lu words: %s", i,
			nodes[i].kind, (unsigned long)nodes[i].words, marked ? "marked" : "lost");
		bytes += marked ? s->elemsize : 0;
	}
	CHECK_EQ(sum->bytes, bytes);
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext)
		memset(s->markBits, 0, (s->nelems + 63) / 64 * 8);
	for (int32_t i = 0; i < gomaxprocs; i++)
		CHECK(gcwork_empty(allp[i]->gcw));
	CHECK(gcworkGlobalEmpty());
}

static void
marksRight(int32_t procs, uint32_t n, int rounds)
{
	uint64_t seed = testRand();
	teamBoot(procs);
	makeHeap(n, &seed);
	CHECK(gcRootAdd((uintptr_t)rootwords, sizeof rootwords));
	mheap_flushCaches();
	for (int round = 0; round < rounds; round++) {
		struct marksum sum;
		late = round % 2;
		chooseRoots(&seed);
		markTogether(&sum, &g0);
		compare(&sum);
	}
}

TEST(gc, team, one)
{
	marksRight(1, 3000, 30);
}

TEST(gc, team, two)
{
	marksRight(2, 3000, 100);
}

TEST(gc, team, four)
{
	marksRight(4, 3000, 100);
}

TEST(gc, team, four_of_many)
{
	marksRight(4, SLOW_BUILD ? 20000 : 100000, 10);
}

/* A single chain: there is work for one, and the others must not leave, nor keep him from it. */
TEST(gc, team, chain)
{
	teamBoot(THREADS);
	enum { N = 20000 };
	uintptr_t *first = NULL;
	for (int i = 0; i < N; i++) {
		uintptr_t *p = mallocConservative(64);
		p[3] = (uintptr_t)first;
		first = p;
	}
	rootwords[0] = (uintptr_t)first;
	CHECK(gcRootAdd((uintptr_t)rootwords, sizeof rootwords));
	mheap_flushCaches();
	struct marksum sum;
	markTogether(&sum, &g0);
	CHECK_EQ(sum.bytes, (uint64_t)N * 64);
}
#endif
