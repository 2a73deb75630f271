/* GODEBUG=gccheckmark=1: a mark with a hole is noticed, one without is not complained about. */
#define GORT_GC_IMPL
#include "../mem/fake.h"

#if !GORT_FREESTANDING
#	include "gc/hosted/collect.h"
#	include "sync/sync.h"

/* The second word of three. */
static const uint8_t mask[] = {0x02};
static const struct gostring name = {(const uint8_t *)"main.link", 9};
static const struct type link = {
	.size = 24, .ptrdata = 16, .gcdata = (uint8_t *)mask, .string = &name};
static uintptr_t roots[4];

static void
boot(void)
{
	fakeBoot();
	allp[0] = &fakep;
	gomaxprocs = ncpu = 1;
	CHECK(gcRootAdd((uintptr_t)roots, sizeof roots));
}

/* n objects in a chain, typed and conservative ones in turn; the first. */
static uintptr_t *
chain(uint32_t n)
{
	uintptr_t *next = NULL;
	for (uint32_t i = 0; i < n; i++) {
		uintptr_t *p = i % 2 == 0 ? mallocTyped(24, &link) : mallocConservative(64);
		p[1] = (uintptr_t)next;
		next = p;
	}
	return next;
}

static void
mark(void)
{
	struct marksum sum;
	mheap_flushCaches();
	markTogether(&sum, &g0);
}

static void
lose(uintptr_t p)
{
	struct mspan *s;
	uintptr_t i;
	CHECK(findObject(p, &s, &i) != 0);
	CHECK(bitIsSet(s->markBits, (uint32_t)i));
	s->markBits[i / 64] &= ~((uint64_t)1 << (i % 64));
}

/* Each object once: typed, conservative, without pointers, tiny, large, by its middle and by its end. */
TEST(gc, checkmark, finds_what_was_marked)
{
	boot();
	roots[0] = (uintptr_t)chain(1000);
	uintptr_t *large = mallocConservative(300 * KiB), *noscan = mallocNoscan(200, true);
	large[20000] = (uintptr_t)noscan + 100;
	noscan[0] = (uintptr_t)chain(1);
	roots[1] = (uintptr_t)large + 1000;
	roots[2] = (uintptr_t)mallocNoscan(3, true);
	roots[3] = (uintptr_t)mallocNoscan(3, true);
	mark();
	uint64_t marked = 0;
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext)
		for (uint32_t i = 0; i < s->nelems; i++)
			marked += bitIsSet(s->markBits, i);
	CHECK(marked >= 1003);
	checkMarks(&g0, true);
	CHECK_EQ(gcstats.checked, marked);
	checkMarks(&g0, true);
	CHECK_EQ(gcstats.checked, 2 * marked);
}

TEST_DIES(gc, checkmark, in_an_object, "+0x8)\nbase=", 2) /* the first: found obj at *(0x...+0x8) */
{
	boot();
	uintptr_t *first = chain(11);
	roots[0] = (uintptr_t)first;
	mark();
	lose(((uintptr_t **)first)[1][1]);
	checkMarks(&g0, true);
}

TEST_DIES(gc, checkmark, names_the_type, "type=main.link", 2)
{
	boot();
	uintptr_t *first = chain(12);
	roots[0] = (uintptr_t)first;
	mark();
	lose(first[1]);
	checkMarks(&g0, true);
}

TEST_DIES(gc, checkmark, from_a_root, "a root", 2)
{
	boot();
	roots[3] = (uintptr_t)mallocNoscan(500, true) + 499;
	mark();
	lose(roots[3]);
	checkMarks(&g0, true);
}

TEST_DIES(gc, checkmark, says_go_s_words, "fatal error: checkmark found unmarked object", 2)
{
	boot();
	roots[3] = (uintptr_t)mallocConservative(500 * KiB);
	mark();
	lose(roots[3]);
	checkMarks(&g0, true);
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static bool stacksCount;

static void
markAndLose(void *local)
{
	struct marksum sum;
	mheap_flushCaches();
	markTogether(&sum, getg()->m->curg);
	lose(*(uintptr_t *)local);
	checkMarks(getg()->m->curg, stacksCount);
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext)
		memset(s->markBits, 0, (s->nelems + 63) / 64 * 8);
}

/* An object that only this stack knows is lost. */
static void
onlyStack(void)
{
	struct g *gp = rtenter();
	if (!gccollects)
		testSkip("nothing is collected in this set-up");
	void *volatile p = mallocConservative(100);
	sweepAll();
	while (!world.stop())
		world.start();
	__builtin_unwind_init();
	systemstack(markAndLose, (void *)&p);
	world.start();
	rtleave(gp);
}

TEST_DIES_G(gc, checkmark, on_a_stack, "on the stack of goroutine 1", 2)
{
	stacksCount = true;
	onlyStack();
}

TEST_G(gc, checkmark, stale_on_a_stack)
{
	stacksCount = false;
	onlyStack();
}
#endif
