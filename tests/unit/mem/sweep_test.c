/* Sweeping behind a mark that the test makes. */
#include "fake.h"

#include "core/upcalls.h"
#include "mem/special.h"

#include <pthread.h>
#include <unistd.h>

enum { NSMALL = 100 };

static void
setMark(void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	uint32_t i = objIndex(s, (uintptr_t)p);
	fetch_or(&s->markBits[i / 64], (uint64_t)1 << (i % 64));
}

static bool
isObject(const void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	return s != NULL && bitIsSet(s->allocBits, objIndex(s, (uintptr_t)p)) &&
	       !slotInRun(s, objIndex(s, (uintptr_t)p));
}

static void
flush(void)
{
	mcacheFlush(fakep.mcache);
}

/* What the test has marked lives. */
static void
marked(void)
{
	flush();
	mheap_startSweep(0);
}

static struct mspan *
spanAt(const void *p)
{
	return spanOf((uintptr_t)p);
}

TEST(mem, sweep, dead_and_alive)
{
	fakeBoot();
	static char *p[NSMALL];
	for (int i = 0; i < NSMALL; i++)
		p[i] = mallocConservative(64);
	char *large = mallocConservative(100000), *largeDead = mallocConservative(100000);
	char *tiny = mallocNoscan(3, true);
	for (int i = 0; i < NSMALL; i += 2)
		setMark(p[i]);
	setMark(large);
	marked();
	CHECK(!sweepDone());
	sweepAll();
	CHECK(sweepDone());
	for (int i = 0; i < NSMALL; i++)
		CHECK_EQ(isObject(p[i]), i % 2 == 0);
	CHECK(isObject(large) && !isObject(largeDead) && !isObject(tiny));
	mheap_verify();
	/* No bit is left for the next cycle. */
	marked();
	sweepAll();
	CHECK(!isObject(p[0]) && !isObject(large));
	mheap_verify();
}

TEST(mem, sweep, by_allocation)
{
	fakeBoot();
	static char *p[5000];
	for (int i = 0; i < 5000; i++)
		p[i] = mallocConservative(512);
	uint64_t inuse = mheap_inuse();
	marked();
	/* The same again fits into what is dead. */
	for (int i = 0; i < 5000; i++)
		p[i] = mallocConservative(512);
	CHECK(mheap_inuse() <= inuse);
	for (int i = 0; i < 5000; i++)
		CHECK(isObject(p[i]));
	sweepAll();
	for (int i = 0; i < 5000; i++) /* born in a swept span */
		CHECK(isObject(p[i]));
	mheap_verify();
}

TEST(mem, sweep, weak_pointer_to_the_unmarked)
{
	fakeBoot();
	char *dead = mallocConservative(64), *alive = mallocConservative(64);
	char *largeDead = mallocConservative(100000);
	uintptr_t *w[] = {specialWeakHandle((uintptr_t)dead), specialWeakHandle((uintptr_t)alive),
		specialWeakHandle((uintptr_t)largeDead)};
	for (int i = 0; i < 3; i++)
		setMark(w[i]);
	setMark(alive);
	marked();
	CHECK_EQ(weakLoad(w[0]), 0);
	CHECK(!isObject(dead)); /* its span was swept for that */
	CHECK_EQ(weakLoad(w[1]), (uintptr_t)alive);
	CHECK_EQ(weakLoad(w[2]), 0);
	CHECK(spanAt(largeDead) == NULL);
	CHECK_EQ(heap.nsweeping, 0);
	sweepAll();
	CHECK_EQ(weakLoad(w[1]), (uintptr_t)alive);
	mheap_verify();
}

TEST(mem, sweep, free_large_in_due_span)
{
	fakeBoot();
	char *a = mallocConservative(100000), *b = mallocConservative(100000);
	setMark(a);
	setMark(b);
	marked();
	CHECK(!spanSwept(spanAt(a)));
	gcfree(a);
	CHECK(spanAt(a) == NULL);
	CHECK_EQ(heap.nsweeping, 0);
	char *again = mallocConservative(100000); /* the same pages, a young span */
	sweepAll();
	CHECK(isObject(again) && isObject(b));
	gcfree(b);
	gcfree(again);
	mheap_verify();
}

static void *
freesLarge(void *p)
{
	static struct m m;
	static struct g g;
	static struct p mine;
	fakeThread(&m, &g, &mine);
	gcfree(p);
	return NULL;
}

/* Who frees a large object waits for the one that sweeps its span. */
TEST(mem, sweep, free_large_under_a_sweeper)
{
	fakeBoot();
	char *a = mallocConservative(100000);
	pthread_t t;
	setMark(a);
	marked();
	CHECK(spanClaimToSweep(spanAt(a)));
	pthread_create(&t, NULL, freesLarge, a);
	usleep(50000);
	CHECK(isObject(a));
	spanSweep(spanAt(a));
	pthread_join(t, NULL);
	CHECK(spanAt(a) == NULL);
	sweepAll();
	mheap_verify();
}

TEST(mem, sweep, free_small_in_due_span)
{
	fakeBoot();
	char *p = mallocConservative(64), *q = mallocConservative(64);
	setMark(p);
	setMark(q);
	marked();
	gcfree(p);
	sweepAll();
	CHECK(!isObject(p) && isObject(q));
	mheap_verify();
}

TEST(mem, sweep, empty_span_under_a_sweeper)
{
	fakeBoot();
	char *p = mallocConservative(2048);
	struct mspan *s = spanAt(p);
	uint32_t spc = s->spanclass;
	uintptr_t pages = s->npages;
	flush();
	mcentral_reclaim(); /* spans of the boot */
	gcfree(p);
	CHECK_EQ(heap.central[spc].nempty, 1);
	marked();
	CHECK(spanClaimToSweep(s)); /* a sweeper is at it */
	CHECK(!sweepDone());
	CHECK_EQ(mcentral_reclaim(), 0);
	CHECK(spanAt(p) == s);
	CHECK_EQ(heap.central[spc].nempty, 1); /* not forgotten */
	CHECK_EQ(heap.emptybytes, pages * PAGE_SIZE);
	spanSweep(s);
	CHECK_EQ(mcentral_reclaim(), pages);
	CHECK(spanAt(p) == NULL);
	sweepAll();
	mheap_verify();
}

TEST(mem, sweep, cursor_moves_on)
{
	fakeBoot();
	char *p[4];
	for (int i = 0; i < 4; i++) {
		p[i] = mallocConservative(100000);
		setMark(p[i]);
	}
	marked();
	/* New spans are at the head. */
	CHECK(heap.sweepnext == spanAt(p[3]));
	gcfree(p[3]);
	CHECK(heap.sweepnext == spanAt(p[2]));
	uintptr_t got;
	CHECK(sweepone(&got));
	CHECK(spanSwept(spanAt(p[2])) && heap.sweepnext == spanAt(p[1]));
	struct mspan *next = spanAt(p[0]);
	gcfree(p[1]); /* due, and under the cursor */
	CHECK(heap.sweepnext == next);
	gcfree(p[2]); /* behind it */
	CHECK(heap.sweepnext == next);
	sweepAll();
	CHECK(sweepDone() && isObject(p[0]));
	mheap_verify();
}

TEST(mem, sweep, dead_large_object_under_the_cursor)
{
	fakeBoot();
	char *p = mallocConservative(100000), *q = mallocConservative(100000);
	setMark(p);
	marked();
	CHECK(heap.sweepnext == spanAt(q));
	uintptr_t pages;
	CHECK(sweepone(&pages));
	CHECK_EQ(pages, (100000 + PAGE_SIZE - 1) / PAGE_SIZE);
	CHECK(spanAt(q) == NULL && heap.sweepnext == spanAt(p));
	sweepAll();
	CHECK(isObject(p));
	mheap_verify();
}

TEST(mem, sweep, for_pages)
{
	fakeBoot();
	uint64_t sys = heap.stats.sys;
	int n = 0;
	for (; heap.stats.sys == sys; n++) /* until the chunk is full */
		CHECK(mallocConservative(64 * KiB) != NULL);
	marked();
	sys = heap.stats.sys;
	while (n-- > 0)
		CHECK(mallocConservative(64 * KiB) != NULL);
	CHECK_EQ(heap.stats.sys, sys);
	mheap_verify();
}
