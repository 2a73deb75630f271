/* The goroutines that call what is due, in a booted runtime; the test sweeps by hand. */
#include "../mem/fake.h"

#include "core/upcalls.h"
#include "gc/finalizer.h"
#include "lang/lang.h"
#include "sync/sync.h"

enum { N = 100 };
static uintptr_t called[2 * N]; /* word[0] of each, in order */
static uint32_t ncalled;
static struct hchan *hold;

static void
note(uintptr_t addr unused_ok, void *const *word)
{
	store_rlx(&called[xadd(&ncalled, 1u) - 1], (uintptr_t)word[0]);
}

/* As a finalizer of the program's that waits. */
static void
waitForTest(uintptr_t addr, void *const *word)
{
	uintptr_t v;
	bool received;
	chanrecv(hold, &v, true, &received);
	note(addr, word);
}

static void
panics(uintptr_t addr unused_ok, void *const *word unused_ok)
{
	panicString("from a finalizer");
}

static void
waitCalled(uint32_t n)
{
	while (load_acq(&ncalled) < n)
		timeSleep(1 * MS);
	CHECK_EQ(ncalled, n);
}

static void
finalizer(void *p, void (*run)(uintptr_t, void *const *), uintptr_t word)
{
	struct specialcall call = {run, {(void *)word, NULL, NULL}};
	CHECK(finalizerSet((uintptr_t)p, &call));
}

static void
cleanup(void *p, void (*run)(uintptr_t, void *const *), uintptr_t word)
{
	struct specialcall call = {run, {(void *)word, NULL, NULL}};
	CHECK(cleanupAdd((uintptr_t)p, &call) != 0);
}

static struct g *
begin(void)
{
	struct g *gp = rtenter();
	finalizersRun = true;
	return gp;
}

static void
sweep(void *p)
{
	specialsSweep(spanOf((uintptr_t)p));
}

TEST_G(gc, finalizer, in_order)
{
	struct g *gp = begin();
	int64_t before = gcount();
	void *p[N];
	for (uintptr_t i = 0; i < N; i++) {
		p[i] = mallocConservative(40000);
		finalizer(p[i], note, i);
	}
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i += 2)
			sweep(p[i + round]);
		waitCalled((uint32_t)(N / 2 * (round + 1)));
		for (uintptr_t i = 0; i < N / 2; i++)
			CHECK_EQ(called[(uintptr_t)round * N / 2 + i], i * 2 + (uintptr_t)round);
	}
	CHECK_EQ(gcount(), before); /* it is the runtime's */
	rtleave(gp);
}

/* A finalizer that waits holds up finalizers, not cleanups. */
TEST_G(gc, finalizer, that_waits)
{
	struct g *gp = begin();
	hold = makechan(8, CHANELEM_NOSCAN, NULL, 0);
	void *p = mallocConservative(40000), *q = mallocConservative(40000);
	void *r = mallocConservative(40000);
	finalizer(p, waitForTest, 1);
	finalizer(q, note, 2);
	cleanup(r, note, 3);
	sweep(p);
	sweep(q);
	sweep(r);
	waitCalled(1);
	CHECK_EQ(called[0], 3);
	uintptr_t v = 0;
	chansend(hold, &v, true);
	waitCalled(3);
	CHECK_EQ(called[1], 1);
	CHECK_EQ(called[2], 2);
	rtleave(gp);
}

/* Found dead while the goroutine runs, parks, is parked: none is forgotten. Nobody sweeps during a mark, so
 * none must go on here. */
TEST_OPT(gc, finalizer, none_is_forgotten, .goroutine = true, .env = "GODEBUG=gctrack=stw")
{
	struct g *gp = begin();
	double seconds = testSeconds();
	int64_t end = nanotime() + (int64_t)(seconds * 1e9);
	uint32_t n = 0;
	while (nanotime() < end) {
		ncalled = 0;
		uint32_t k = 1 + (uint32_t)(testRand() % 3);
		for (uint32_t i = 0; i < k; i++) {
			void *p = mallocConservative(40000);
			if (testRand() % 2)
				finalizer(p, note, 0);
			else
				cleanup(p, note, 0);
			sweep(p);
			for (uint64_t turns = testRand() % 200; turns > 0; turns--)
				procyield(10);
		}
		while (load_acq(&ncalled) < k)
			Gosched();
		n += k;
	}
	CHECK(n > 100);
	rtleave(gp);
}

TEST_OPT(gc, finalizer, that_panics, .goroutine = true, .dies = "panic: from a finalizer",
	.status = 2)
{
	struct g *gp = begin();
	void *p = mallocConservative(40000);
	finalizer(p, panics, 0);
	sweep(p);
	for (;;)
		timeSleep(1 * MS);
	rtleave(gp);
}

/* The goroutine that waits for something to do will wake nobody. */
TEST_OPT(gc, finalizer, is_no_hope, .goroutine = true,
	.dies = "all goroutines are asleep - deadlock!", .status = 2)
{
	struct g *gp = begin();
	void *p = mallocConservative(40000);
	finalizer(p, note, 0);
	sweep(p);
	waitCalled(1);
	hold = makechan(8, CHANELEM_NOSCAN, NULL, 0);
	uintptr_t v;
	bool received;
	chanrecv(hold, &v, true, &received);
	rtleave(gp);
}

/* Without a collector there is nothing for it to do. */
TEST_G(gc, finalizer, not_made_in_vain)
{
	struct g *gp = rtenter();
	uint32_t before = sched.ngsys;
	finalizersRun = false;
	finalizer(mallocConservative(64), note, 0);
	CHECK_EQ(sched.ngsys, before);
	finalizersRun = true;
	finalizer(mallocConservative(64), note, 0);
	finalizer(mallocConservative(64), note, 0);
	CHECK_EQ(sched.ngsys, before + 1);
	rtleave(gp);
}
