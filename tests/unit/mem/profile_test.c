/* Samples of the heap: each object, one by chance, none; what is published when. */
#include "fake.h"

#include "mem/profile.h"
#include "mem/special.h"

static intgo rate;
static uintptr_t line; /* what callers says */

static uint32_t
callers(uintptr_t *pcs, uint32_t n)
{
	CHECK(n >= 32);
	pcs[0] = line;
	pcs[1] = 7;
	return 2;
}

static void
boot(void)
{
	fakeBoot();
	memprofStart(&rate, callers);
}

struct want {
	uintptr_t line;
	struct memrecord found;
	int n;
};

static void
onRecord(void *arg, const struct memrecord *r)
{
	struct want *w = arg;
	CHECK(r->npcs == 2 && r->pcs[1] == 7);
	if (r->pcs[0] != w->line)
		return;
	w->found.allocs += r->allocs;
	w->found.frees += r->frees;
	w->found.allocBytes += r->allocBytes;
	w->found.freeBytes += r->freeBytes;
	w->n++;
}

static struct want
at(uintptr_t where, bool zero)
{
	struct want w = {.line = where};
	memprofRead(zero, onRecord, &w);
	return w;
}

static bool
says(uintptr_t where, uint64_t allocs, uint64_t frees, uint64_t size)
{
	struct want w = at(where, true);
	return w.found.allocs == allocs && w.found.frees == frees &&
	       w.found.allocBytes == allocs * size && w.found.freeBytes == frees * size;
}

TEST(mem, profile, each_object)
{
	boot();
	rate = 1;
	static void *p[1000];
	(void)mallocNoscan(40000, true); /* here the rate is seen, and this is one, too */
	line = 1;
	for (int i = 0; i < 1000; i++)
		p[i] = mallocConservative(24);
	line = 2;
	for (int i = 0; i < 10; i++)
		gcfree(mallocNoscan(100000, false));
	line = 3;
	for (int i = 0; i < 12; i++)
		(void)mallocNoscan(4, true); /* four share a block */
	line = 4;
	void *two = mallocNoscan(2000, false);
	CHECK(says(1, 1000, 0, 32) && says(2, 10, 10, 106496) && says(3, 3, 0, 16) &&
		says(4, 1, 0, 2048));
	CHECK_EQ(at(2, false).n, 0);
	CHECK_EQ(at(1, false).n, 1);
	for (int i = 0; i < 400; i++)
		gcfree(p[i]);
	gcfree(two);
	/* What was published is all that there was; what came since counts from the next marks on. */
	CHECK(says(1, 1000, 0, 32));
}

/* An allocation counts when the mark after it was swept, a death when the mark that found it was. */
TEST(mem, profile, cycles)
{
	boot();
	rate = 1;
	(void)mallocNoscan(40000, true);
	line = 1;
	void *old = mallocConservative(64);
	CHECK(says(1, 1, 0, 64)); /* nothing was published: everything is shown */
	store_rel(&sched.worldstopped, true);
	line = 2;
	void *p = mallocConservative(64);
	memprofile->nextCycle(); /* a mark, which has seen p */
	memprofile->flush();
	CHECK(says(2, 0, 0, 64)); /* not yet swept */
	line = 3;
	void *q = mallocConservative(64);
	gcfree(old); /* as the sweeper would */
	memprofile->swept();
	CHECK(says(1, 1, 1, 64) && says(2, 1, 0, 64) && says(3, 0, 0, 64));
	gcfree(p);
	memprofile->nextCycle();
	CHECK(says(1, 1, 1, 64) &&
		says(2, 1, 1, 64)); /* who asks publishes, if flush was not here yet */
	memprofile->flush();
	CHECK(says(3, 0, 0, 64));
	memprofile->nextCycle();
	memprofile->flush();
	CHECK(says(3, 1, 0, 64));
	gcfree(q);
	memprofile->swept();
	CHECK(says(3, 1, 1, 64) && says(2, 1, 1, 64));
}

/* By chance, but evenly by bytes, whatever sizes are mixed and however often caches are flushed. */
TEST(mem, profile, by_chance)
{
	boot();
	rate = 4096;
	(void)mallocNoscan(40000, true);
	static const uintptr_t sizes[] = {16, 64, 1024, 4096, 16384};
	enum { BYTES = SLOW_BUILD || GORT_HARD ? 2 << 20 : 16 << 20 };
	uintptr_t done[nelem(sizes)] = {0};
	/* Always of the size that has had least: who takes short runs is asked often. */
	for (uint32_t n = 0;; n++) {
		uint32_t k = 0;
		for (uint32_t i = 1; i < nelem(sizes); i++)
			if (done[i] < done[k])
				k = i;
		if (done[k] >= BYTES)
			break;
		line = 100 + k;
		gcfree(mallocConservative(sizes[k]));
		done[k] += sizes[k];
		if (n % 20000 == 0)
			mcacheFlush(getmcache());
	}
	for (uint32_t k = 0; k < nelem(sizes); k++) {
		/* 1 - e^-x of the objects have a byte that is one. */
		double x = (double)sizes[k] / 4096, want, e = 1, term = 1;
		for (int i = 1; i < 60; i++)
			e += (term *= -x / i);
		want = (1 - e) * (double)done[k] / (double)sizes[k];
		double got = (double)at(100 + k, true).found.allocs;
		double slack = GORT_HARD || SLOW_BUILD ? 0.35 : 0.12;
		CHECKF(got > want * (1 - slack) && got < want * (1 + slack),
			"%lu bytes: %d samples of %d", (unsigned long)sizes[k], (int)got,
			(int)want);
	}
}

TEST(mem, profile, none)
{
	boot();
	rate = 0;
	line = 1;
	for (int i = 0; i < 10000; i++)
		(void)mallocConservative(512);
	CHECK_EQ(at(1, true).n, 0);
	/* The rate changes: seen when memory is taken the slow way. */
	rate = 1;
	(void)mallocNoscan(40000, true);
	for (int i = 0; i < 100; i++)
		(void)mallocConservative(512);
	CHECK(at(1, true).found.allocs == 101);
	rate = -1;
	(void)mallocNoscan(40000, true);
	for (int i = 0; i < 100; i++)
		(void)mallocConservative(512);
	CHECK(at(1, true).found.allocs == 101);
}
