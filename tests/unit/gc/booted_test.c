/* The background goroutines in a booted runtime. */
#include "../mem/fake.h"

#include "core/upcalls.h"
#include "gc/gc.h"
#include "sync/sync.h"

/* Asleep on a timer, so that the process is idle: sysmon has to wake up for the scavenger. */
static void
nap(void)
{
	timeSleep(20 * MS);
}

TEST_G(gc, booted, rss_falls_while_idle)
{
	struct g *gp = rtenter();
	heap.peakwindow = 50 * MS;
	void *p = mallocNoscan(64 * MiB, false);
	memset(p, 1, 64 * MiB);
	uintptr_t full = residentBytes();
	gcfree(p);
	while (residentBytes() > full - 48 * MiB)
		nap();
	CHECK(load_rlx(&gcstats.scavengedBytes) >= 48 * MiB);
	world.stop();
	mheap_verify();
	world.start();
	rtleave(gp);
}

TEST_G(gc, booted, spans_come_back_while_idle)
{
	struct g *gp = rtenter();
	enum { N = 20000 };
	void **p = mallocConservative(N * sizeof *p);
	for (int i = 0; i < N; i++)
		p[i] = mallocConservative(1000);
	for (int i = 0; i < N; i++)
		gcfree(p[i]);
	uint64_t inuse = mheap_inuse();
	while (mheap_inuse() > inuse - 15 * MiB)
		nap();
	rtleave(gp);
}

TEST_G(gc, booted, forced_cycle)
{
	struct g *gp = rtenter();
	uint64_t before = load_rlx(&gcstats.forced);
	store_rlx(&forcegcperiod, 1 * MS);
	while (load_rlx(&gcstats.forced) < before + 3)
		nap();
	rtleave(gp);
}

/* It is a collection, where there are any; with GOGC=off there is none. */
TEST_G(gc, booted, forced_collection)
{
	struct g *gp = rtenter();
	if (!gccollects)
		testSkip("nothing is collected in this set-up");
	uint64_t before = load_rlx(&gcstats.collections), asked = load_rlx(&gcstats.asked);
	store_rlx(&forcegcperiod, 1 * MS);
	while (load_rlx(&gcstats.collections) < before + 3)
		nap();
	CHECK_EQ(load_rlx(&gcstats.asked), asked);
	world.stop();
	gcSetPercent(-1);
	world.start();
	nap(); /* one may be under way */
	nap();
	before = load_rlx(&gcstats.collections);
	for (int i = 0; i < 5; i++)
		nap();
	CHECK_EQ(load_rlx(&gcstats.collections), before);
	gcCollect();
	CHECK_EQ(load_rlx(&gcstats.collections), before + 1);
	CHECK_EQ(load_rlx(&gcstats.asked), asked + 1);
	rtleave(gp);
}
