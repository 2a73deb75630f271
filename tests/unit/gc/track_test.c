/* track_test.c: marks with tracked pages that do not come to their regular end. tests/process/gc/track.sh has
 * the others. */
#include "../mem/fake.h"

#include "core/upcalls.h"
#include "gc/gc.h"
#include "sync/sync.h"

#if !GORT_FREESTANDING

struct item {
	struct item *next;
	uint64_t n;
	char more[100];
};
enum { ITEMS = 50000 };

static struct item *first; /* a root */

static void
fill(void)
{
	first = NULL;
	for (uint64_t i = 0; i < ITEMS; i++) {
		struct item *p = mallocConservative(sizeof *p);
		p->next = first;
		p->n = i;
		first = p;
		mallocConservative(sizeof *p);
	}
}

static void
whole(void)
{
	uint64_t n = ITEMS;
	for (struct item *p = first; p != NULL; p = p->next)
		CHECK_EQ(p->n, --n);
	CHECK_EQ(n, 0);
}

static bool (*realStop)(void);
static uint32_t refuse, refusals, closings;

static bool
stopHook(void)
{
	bool all = realStop();
	if (load_rlx(&gcphase) != GCmark)
		return all;
	if (closings > 0 && closings-- > 0)
		osWrittenClose();
	if (refuse > 0 && refuse-- > 0) {
		refusals++;
		return false;
	}
	return all;
}

static bool
tracks(void)
{
	const char *what;
	int err = osWrittenOpen(&what);
	osWrittenClose();
	return gccollects && err == 0;
}

static struct g *
start(void)
{
	struct g *gp = rtenter();
	if (!tracks())
		testSkip("this kernel does not say which pages are written");
	fill();
	realStop = world.stop;
	world.stop = stopHook;
	return gp;
}

static bool
anyMark(void)
{
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext)
		for (uint32_t w = 0; w * 64 < s->nelems; w++)
			if (load_rlx(&s->markBits[w]) != 0)
				return true;
	return false;
}

static void
collectAndCheck(void)
{
	uint64_t n = gcstats.collections;
	gcCollect();
	CHECK(gcstats.collections > n);
	CHECK_EQ(gcphase, GCoff);
	world.stop = realStop;
	whole();
	world.stop();
	mheap_verify();
	world.start();
	/* It was a collection: what is not on the list is gone. */
	struct memstats ms;
	readmemstats(&ms);
	CHECK(ms.heapAlloc < (uint64_t)ITEMS * 112 * 3 / 2);
}

/* A thread that cannot be stopped for a moment. */
TEST_OPT(gc, track, stopped_later, .goroutine = true, .env = "GODEBUG=gctrack=wp,clobberfree=1")
{
	struct g *gp = start();
	refuse = 3;
	uint64_t before = gcstats.concurrent;
	collectAndCheck();
	CHECK_EQ(refusals, 3);
	CHECK(gcstats.concurrent > before);
	rtleave(gp);
}

/* One that cannot be stopped at all: the mark is given up, and nothing is freed. */
TEST_OPT(gc, track, given_up, .goroutine = true, .env = "GODEBUG=gctrack=wp,clobberfree=1 GOGC=off")
{
	struct g *gp = start();
	refuse = UINT32_MAX;
	uint64_t n = gcstats.collections, refused = load_rlx(&gcstats.refused);
	gcCollect();
	CHECK_EQ(gcstats.collections, n);
	CHECK_EQ(load_rlx(&gcstats.refused), refused + 2); /* it is tried twice */
	CHECK_EQ(gcphase, GCoff);
	CHECK(refusals >= 10);
	whole();
	refuse = 0;
	world.stop();
	CHECK(!anyMark());
	CHECK(gcworkGlobalEmpty());
	mheap_verify();
	world.start();
	for (int i = 0; i < 1000; i++)
		mallocConservative(64);
	collectAndCheck();
	rtleave(gp);
}

/* The descriptors go in the middle of a mark: it is done again with the world stopped, as are the next. */
TEST_OPT(gc, track, closed_during_a_mark, .goroutine = true,
	.env = "GODEBUG=gctrack=wp,clobberfree=1 GOGC=off")
{
	struct g *gp = start();
	uint64_t before = gcstats.concurrent;
	closings = 1;
	collectAndCheck();
	CHECK_EQ(closings, 0);
	CHECK_EQ(gcstats.concurrent, before + 1);
	gcCollect();
	CHECK_EQ(gcstats.concurrent, before + 1);
	whole();
	rtleave(gp);
}

#endif
