/* Cycles, sweeping and scavenging, with a world that runs what is spawned when told to. */
#define GORT_GC_IMPL
#include "../mem/fake.h"

#include "gc/internal.h"

#include <ucontext.h>

/* The fake world's goroutines: a context each; park switches back to the test. */
static struct fakego {
	ucontext_t ctx;
	struct g g;
	void (*fn)(void *);
	void *arg;
	bool runnable, entered;
} gos[4];
static int ngos;
static struct fakego *running;
static ucontext_t testctx;
static int nstarted;

static void
enter(void)
{
	running->fn(running->arg);
	testFail(__FILE__, __LINE__, "a background goroutine returned");
}

static void
spawn(void (*fn)(void *), void *arg, const char *name unused_ok)
{
	struct fakego *go = &gos[ngos++];
	go->fn = fn;
	go->arg = arg;
	go->g.m = &m0;
	go->runnable = true;
	getcontext(&go->ctx);
	go->ctx.uc_stack.ss_sp = malloc(65536);
	go->ctx.uc_stack.ss_size = 65536;
	makecontext(&go->ctx, enter, 0);
}

static void
park(bool (*commit)(struct g *, void *), void *arg, int reason unused_ok)
{
	struct fakego *go = running;
	CHECK_EQ(m0.inrt, 1); /* as the scheduler demands */
	go->runnable = false;
	CHECK(commit(&go->g, arg));
	swapcontext(&go->ctx, &testctx);
}

static void
ready(struct g *gp)
{
	struct fakego *go = container_of(gp, struct fakego, g);
	CHECK(!go->runnable);
	go->runnable = true;
}

/* Until everybody is parked. Returns how many turns that took. */
static int
runAll(void)
{
	int turns = 0;
	for (int i = 0; i < ngos; i++) {
		while (gos[i].runnable) {
			running = &gos[i];
			m0.curg = &running->g;
			m0.inrt = running->entered ? 1 : 0; /* goroutines start with 0 */
			running->entered = true;
			setg(&running->g);
			swapcontext(&testctx, &running->ctx);
			setg(&g0);
			turns++;
		}
	}
	return turns;
}

static void
started(void *arg)
{
	CHECK_EQ(m0.inrt, 0);
	CHECK(arg == &nstarted);
	nstarted++;
}

static void
gcBoot(void)
{
	fakeBoot();
	world.spawn = spawn;
	world.park = park;
	world.ready = ready;
	gcenable(started, &nstarted);
	CHECK_EQ(ngos, 2);
	runAll();
	CHECK_EQ(nstarted, 2);
}

TEST(gc, gc, init)
{
	fakeBoot();
	CHECK_EQ(gcpacer.gcPercent, 100);
	CHECK_EQ(gcpacer.heapMinimum, 4 * MiB);
	CHECK_EQ(gcpacer.trigger, 4 * MiB);
	CHECK(!gcpacer.enabled);
	CHECK_EQ(writeBarrier.enabled, 0);
	CHECK_EQ(heapTrigger, UINT64_MAX); /* nothing starts before gcenable */
	envvars.gogc = 50;
	gcinit();
	CHECK_EQ(gcpacer.heapMinimum, 2 * MiB);
	envvars.gogc = -1;
	gcinit();
	CHECK_EQ(gcpacer.heapMinimum, UINT64_MAX);
}

TEST_DIES(gc, gc, init_needs_a_stopped_world, "fatal error: world not stopped", 2)
{
	fakeBoot();
	sched.worldstopped = false;
	gcinit();
}

TEST(gc, gc, enable)
{
	gcBoot();
	CHECK(gcpacer.enabled);
	CHECK_EQ(heapTrigger, 4 * MiB);
	CHECK_EQ(sweeper.parked, 1);
	CHECK_EQ(scavenger.parked, 1);
	CHECK_EQ(runAll(), 0);
}

TEST(gc, gc, heap_trigger)
{
	gcBoot();
	static void *p[1000];
	for (int i = 0; i < 100; i++)
		p[i] = mallocConservative(32 * KiB);
	CHECK_EQ(gcstats.cycles, 0);
	for (int i = 0; i < 100; i++)
		gcfree(p[i]);
	for (int i = 0; i < 1000; i++)
		p[i] = mallocConservative(32 * KiB);
	/* 4, 8, 16 and perhaps 32 MiB were passed; each moved the trigger on. */
	CHECKF(gcstats.triggered >= 2 && gcstats.triggered <= 5, "%lu cycles",
		(unsigned long)gcstats.triggered);
	CHECK_EQ(gcstats.cycles, gcstats.triggered);
	CHECK(heapTrigger > mheap_inuse());
}

TEST(gc, gc, forced)
{
	gcBoot();
	spawn(forcegchelper, NULL, "forcegchelper");
	runAll();
	CHECK_EQ(forcer.parked, 1);
	gcforce();
	CHECK_EQ(runAll(), 0); /* two minutes have not passed */
	forcegcperiod = 0;
	gcforce();
	CHECK_EQ(runAll(), 1);
	CHECK_EQ(gcstats.forced, 1);
	CHECK_EQ(gcstats.cycles, 1);
	forcegcperiod = INT64_MAX;
	gcforce();
	CHECK_EQ(runAll(), 0);
}

TEST(gc, sweep, empty_spans_come_back)
{
	gcBoot();
	static void *p[4096];
	heapTrigger = UINT64_MAX;
	for (int i = 0; i < 4096; i++)
		p[i] = mallocConservative(1024);
	for (int i = 0; i < 4096; i++)
		gcfree(p[i]);
	uint64_t inuse = mheap_inuse();
	CHECK(mheap_emptyBytes() >= 3 * MiB);
	gcforce();
	CHECK(runAll() >= 1);
	CHECK(mheap_inuse() <= inuse - 3 * MiB);
	CHECK(gcstats.sweptPages >= 3 * MiB / PAGE_SIZE);
	CHECK_EQ(mheap_emptyBytes(), 0);
	mheap_verify();
	/* Without bgsweep an allocation that finds no pages helps itself. */
	for (int i = 0; i < 4096; i++)
		p[i] = mallocConservative(1024);
	for (int i = 0; i < 4096; i++)
		gcfree(p[i]);
	struct memstats a, b;
	for (readmemstats(&a); a.heapIdle > 0; readmemstats(&a))
		mallocNoscan(PAGE_SIZE, false);
	void *big = mallocNoscan(MiB, false);
	readmemstats(&b);
	CHECK_EQ(b.heapSys, a.heapSys);
	gcfree(big);
}

TEST(gc, scavenge, memory_goes_back)
{
	gcBoot();
	void *p = mallocNoscan(64 * MiB, false);
	memset(p, 1, 64 * MiB);
	uintptr_t full = residentBytes();
	gcfree(p);
	heap.peakwindow = 0;
	/* sysmon's rounds, as fast as they can; each turn rests 99 times as long as it worked, which
	 * the test skips. */
	int64_t now = nanotime();
	for (int i = 0; i < 100000 && mheap_scavengeLater() > 0; i++) {
		now += SEC;
		if (scavengeDue(now))
			workerWake(&scavenger);
		runAll();
	}
	CHECK(residentBytes() < full - 55 * MiB);
	CHECK(gcstats.scavengedBytes > 55 * MiB);
	CHECK_EQ(mheap_scavengeLater(), 0);
	/* Nothing to do: it is not woken again. */
	now += 10 * SEC;
	if (scavengeDue(now))
		workerWake(&scavenger);
	runAll();
	CHECK(!scavengeDue(now + 100 * SEC));
	CHECK_EQ(gcNextWake(), 0);
	mheap_verify();
}

TEST(gc, scavenge, rests)
{
	gcBoot();
	void *p = mallocNoscan(512 * MiB, false);
	memset(p, 1, 512 * MiB);
	gcfree(p);
	heap.peakwindow = 0;
	mheap_scavengeGoal();
	CHECK(scavengeDue(nanotime() + SEC));
	workerWake(&scavenger);
	int64_t start = nanotime();
	runAll();
	int64_t worked = nanotime() - start, next = gcNextWake();
	CHECK(next > nanotime());
	CHECK(next - nanotime() > worked * 20); /* 99, but for what the test itself costs */
	CHECK(gcstats.scavengedBytes < 512 * MiB);
	CHECK(!scavengeDue(next - 1) && scavengeDue(next));
}

TEST(gc, scavenge, memory_limit)
{
	gcBoot();
	void *p = mallocNoscan(64 * MiB, false);
	memset(p, 1, 64 * MiB);
	gcfree(p);
	heap.peakwindow = INT64_MAX; /* the peak would keep it all */
	gcpacer.memoryLimit = (int64_t)(20 * MiB);
	CHECK(scavengeDue(nanotime() + SEC));
	workerWake(&scavenger);
	runAll();
	CHECK(mheap_held() <= 20 * MiB + PAGE_SIZE);
	CHECK(mheap_held() > 19 * MiB);
}
