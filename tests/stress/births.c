/* births.c: goroutines that begin and end, alone, in storms and in trees; patterns on their stacks
 * and in the heap; and the floor that moves under all of it: GOMAXPROCS, stops of the world. */
#include "torture.h"

/* ---- births: short lives, deep stacks, copied arguments, memory given back -------------------- */

static struct {
	gort_waitgroup wg;
	uint64_t born, died, sum, want;
	gort_sema limit;
} births;

struct seedling {
	uint64_t v, check;
	unsigned char fill[40];
};

/* Frames with a pattern, checked on the way back after others have run. */
static __attribute__((noinline)) uint64_t
deep(uint64_t v, int n)
{
	volatile uint64_t frame[32];
	for (int i = 0; i < 32; i++)
		frame[i] = v ^ (uint64_t)i;
	if (n > 0)
		v = deep(v * 3, n - 1) + 1;
	else
		gort_gosched();
	for (int i = 1; i < 32; i++)
		if ((frame[i] ^ frame[0]) != (uint64_t)i)
			wrong("births", "a stack word", (long long)frame[i], i);
	return v;
}

static void
seedling(void *arg)
{
	struct seedling *s = arg;
	struct rng r = {s->v};
	double x = (double)(s->v & 0xffff), y = x;
	EXPECT("births", "a copied argument", s->check, ~s->v);
	for (int i = 0; i < 4; i++) {
		/* Values that live in registers over a switch. */
		x = x * 1.5 + i;
		gort_gosched();
		y = y * 1.5 + i;
	}
	if (x != y)
		wrong("births", "a floating-point value", (long long)x, (long long)y);
	if (below(&r, 4) == 0)
		deep(s->v, (int)below(&r, 200));
	size_t n = 1 + below(&r, 3000);
	unsigned char *p = gort_alloc_noscan(n);
	memset(p, (int)(s->v & 0xff), n);
	gort_gosched();
	for (size_t i = 0; i < n; i++)
		if (p[i] != (unsigned char)s->v)
			wrong("births", "a byte of memory", p[i], (unsigned char)s->v);
	for (size_t i = 0; i < sizeof s->fill; i++)
		EXPECT("births", "a copied byte", s->fill[i], (unsigned char)(s->v + i));
	gort_free(p);
	ADD(&births.sum, s->v);
	ADD(&births.died, 1);
	gort_sema_release(&births.limit);
	gort_waitgroup_done(&births.wg);
	if (below(&r, 2) == 0)
		gort_goexit();
}

static void
runBirths(void *arg)
{
	struct seat *s = sitDown("the mother of all");
	struct rng r = newrng();
	(void)arg;
	for (int i = 0; i < 300; i++)
		gort_sema_release(&births.limit);
	while (goingOn(s)) {
		struct seedling k = {.v = rnd(&r) >> 1};
		k.check = ~k.v;
		for (size_t i = 0; i < sizeof k.fill; i++)
			k.fill[i] = (unsigned char)(k.v + i);
		gort_sema_acquire(&births.limit);
		gort_waitgroup_add(&births.wg, 1);
		births.born++;
		births.want += k.v;
		if (below(&r, 16) == 0) {
			size_t stack = (size_t)(64 << below(&r, 6)) << 10;
			if (stack < 256 << 10)
				stack = 256 << 10; /* what deep needs */
			gort_go_options o = {.stack = stack, .copy = sizeof k, .name = "sized"};
			int err = gort_go_opt(seedling, &k, &o);
			EXPECT("births", "gort_go_opt", err, 0);
		} else {
			gort_go_copy(seedling, &k, sizeof k);
		}
	}
	standUp(s);
	gort_waitgroup_wait(&births.wg);
	for (int i = 0; i < 300; i++)
		gort_sema_acquire(&births.limit);
	EXPECT("births", "the number", births.died, births.born);
	EXPECT("births", "the sum", births.sum, births.want);
}

/* ---- storms: thousands at once, in bursts and in trees ---------------------------------------- */

static uint64_t stormed;
static struct {
	uint64_t leaves;
	gort_waitgroup wg;
} storm;

static void
drop(void *arg)
{
	ADD((uint64_t *)arg, 1);
	gort_waitgroup_done(&storm.wg);
}

struct twig {
	int depth;
};

/* Two of each until the leaves; a parent does not wait for its children. */
static void
twig(void *arg)
{
	int depth = ((struct twig *)arg)->depth;
	if (depth == 0) {
		ADD(&storm.leaves, 1);
	} else {
		gort_waitgroup_add(&storm.wg, 2);
		for (int i = 0; i < 2; i++)
			gort_go_copy(twig, &(struct twig){depth - 1}, sizeof(struct twig));
	}
	gort_waitgroup_done(&storm.wg);
}

static void
runStorms(void *arg)
{
	struct seat *s = sitDown("the maker of storms");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		uint64_t drops = 0;
		int n = (int)below(&r, 5000), depth = (int)below(&r, 11);
		storm.leaves = 0;
		gort_waitgroup_add(&storm.wg, n + 1);
		gort_go_copy(twig, &(struct twig){depth}, sizeof(struct twig));
		for (int i = 0; i < n; i++)
			gort_go(drop, &drops);
		gort_waitgroup_wait(&storm.wg);
		EXPECT("storms", "drops", drops, n);
		EXPECT("storms", "leaves", storm.leaves, 1 << depth);
		stormed += (uint64_t)n + (2u << depth) - 1;
		if (below(&r, 4) == 0)
			gort_sleep((int64_t)below(&r, 2000) * GORT_US);
	}
	standUp(s);
}

/* ---- heap: objects that keep their bytes while others come and go ------------------------------ */

enum { HELD = 64 };
static uint64_t objects;

static void
holder(void *arg)
{
	struct seat *s = sitDown("a holder of memory");
	struct rng r = newrng();
	struct held {
		unsigned char *p;
		size_t n;
		unsigned char fill;
	} held[HELD] = {{NULL, 0, 0}};
	(void)arg;
	while (goingOn(s)) {
		struct held *h = &held[below(&r, HELD)];
		for (size_t i = 0; i < h->n; i++)
			if (h->p[i] != h->fill)
				wrong("heap", "a byte", h->p[i], h->fill);
		gort_free(h->p);
		h->n = below(&r, 32) == 0 ? below(&r, 200000) : below(&r, 2000);
		h->fill = (unsigned char)rnd(&r);
		h->p = below(&r, 2) == 0 ? gort_alloc(h->n) : gort_alloc_noscan(h->n);
		for (size_t i = 0; i < h->n; i++)
			if (h->p[i] != 0)
				wrong("heap", "a new byte", h->p[i], 0);
		memset(h->p, h->fill, h->n);
		ADD(&objects, 1);
		if (below(&r, 16) == 0)
			gort_gosched();
	}
	for (int i = 0; i < HELD; i++)
		gort_free(held[i].p);
	standUp(s);
}

static void
runHeap(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	(void)arg;
	crowd(&wg, 4, holder, NULL);
	gort_waitgroup_wait(&wg);
}

/* ---- floor: it moves ---------------------------------------------------------------------------- */

static uint64_t stops;

static void
runFloor(void *arg)
{
	struct seat *s = sitDown("the mover of the floor");
	struct rng r = newrng();
	int was = gort_gomaxprocs(0), home = was;
	(void)arg;
	while (goingOn(s)) {
		int n = 1 + (int)below(&r, 1 + (uint32_t)tortureProcs);
		EXPECT("floor", "GOMAXPROCS", gort_gomaxprocs(n), was);
		was = n;
		ADD(&stops, 1);
		gort_sleep((int64_t)below(&r, 3000) * GORT_US);
	}
	gort_gomaxprocs(home);
	standUp(s);
}

/* Readers of statistics, which stop the world or walk over all Ps. */
static void
runCensus(void *arg)
{
	struct seat *s = sitDown("the census");
	struct rng r = newrng();
	gort_memstats m;
	(void)arg;
	while (goingOn(s)) {
		gort_read_memstats(&m);
		if (m.sys == 0)
			wrong("census", "mapped memory", 0, 1);
		if (gort_num_goroutine() < 2)
			wrong("census", "goroutines", gort_num_goroutine(), 2);
		ADD(&stops, 1);
		gort_sleep((int64_t)below(&r, 2000) * GORT_US);
	}
	standUp(s);
}

const struct part birthParts[] = {
	{"births", runBirths, &births.died, "births", false},
	{"storms", runStorms, &stormed, "in storms", false},
	{"heap", runHeap, &objects, "objects", false},
	{"floor", runFloor, &stops, "stops", false},
	{"census", runCensus, NULL, NULL, false},
	{NULL, NULL, NULL, NULL, false},
};
