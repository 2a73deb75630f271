/* Random work with a model: every object carries its own pattern; the heap is verified. */
#include "fake.h"

#include "core/rand.h"
#include "core/upcalls.h"
#include "unit/sync/goro.h"

#include <pthread.h>

static const struct type pairtype = {.size = 16, .ptrdata = 16, .align = 8};

struct obj {
	uint8_t *p;
	uint32_t size;
	uint8_t fill;
};

static uintptr_t
randomSize(uint64_t r)
{
	switch (r % 8) {
	case 0:
		return 1 + (r >> 8) % 15;
	case 1:
		return 1 + (r >> 8) % 40000;
	case 2:
		return 1 + (r >> 8) % 2000;
	case 3:
		return (r >> 8) % 50 == 0 ? 1 + (r >> 20) % (2 * MiB) : 48;
	default:
		return 8 + (r >> 8) % 120;
	}
}

static void
objMake(struct obj *o, uint64_t r)
{
	o->size = (uint32_t)randomSize(r);
	o->fill = (uint8_t)(1 + (r >> 40) % 255);
	bool zero = true;
	switch ((r >> 50) % 4) {
	case 0:
		o->p = mallocConservative(o->size);
		break;
	case 1:
		zero = (r >> 55) % 2;
		o->p = mallocNoscan(o->size, zero);
		break;
	case 2:
		o->p = mallocNoscan(o->size, true);
		break;
	default:
		o->p = mallocTyped(o->size, &pairtype);
	}
	if (zero) {
		for (uint32_t i = 0; i < o->size; i++)
			CHECKF(o->p[i] == 0, "byte %u of %u at %p", i, o->size, (void *)o->p);
	}
	memset(o->p, o->fill, o->size);
}

static void
objEnd(struct obj *o)
{
	for (uint32_t i = 0; i < o->size; i++)
		CHECKF(o->p[i] == o->fill, "byte %u of %u at %p is %x, not %x", i, o->size,
			(void *)o->p, o->p[i], o->fill);
	gcfree(o->p);
	o->p = NULL;
}

TEST(mem, stress, one_thread)
{
	fakeBoot();
	static struct obj live[5000];
	int rounds = (int)(100000 * testSeconds());
	for (int i = 0; i < rounds; i++) {
		struct obj *o = &live[testRand() % nelem(live)];
		if (o->p != NULL)
			objEnd(o);
		else
			objMake(o, testRand());
		if (testRand() % 1000 == 0)
			mheap_scavenge(testRand() % (4 * MiB));
		if (testRand() % 1000 == 0)
			mcentral_reclaim();
		if (testRand() % 2000 == 0)
			mcacheFlush(fakep.mcache);
		if (i % 5000 == 0)
			mheap_verify();
	}
	mheap_verify();
	for (uint32_t i = 0; i < nelem(live); i++) {
		if (live[i].p != NULL)
			objEnd(&live[i]);
	}
	mcacheFlush(fakep.mcache);
	mcentral_reclaim();
	mheap_verify();
	struct memstats ms;
	readmemstats(&ms);
	CHECK_EQ(ms.heapAlloc, 0);
	CHECK_EQ(ms.mallocs, ms.frees);
	CHECK_EQ(ms.heapInuse, 0);
}

/* Several Ps: each allocates, and frees what any of them allocated. */
enum { THREADS = 4, SHARED = 512 };
static struct obj *mailbox[SHARED]; /* atomic */
static int64_t deadline;

struct worker {
	struct m m;
	struct g g;
	struct p p;
	pthread_t thread;
	uint64_t rand;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	fakeThread(&w->m, &w->g, &w->p);
	for (uint64_t n = 0; n % 256 != 0 || nanotime() < deadline; n++) {
		uint64_t r = wyrand(&w->rand);
		struct obj *o = malloc(sizeof *o);
		objMake(o, wyrand(&w->rand));
		o = xchg(&mailbox[r % SHARED], o);
		if (o != NULL) {
			objEnd(o);
			free(o);
		}
		if (r >> 32 == 0)
			mcacheFlush(w->p.mcache);
		if (r >> 40 == 0)
			mcentral_reclaim();
	}
	freemcache(w->p.mcache);
	return NULL;
}

TEST_OPT(mem, stress, many_threads, .timeout = 300)
{
	fakeBoot();
	static struct worker w[THREADS];
	deadline = nanotime() + (int64_t)(1e9 * testSeconds());
	for (int i = 0; i < THREADS; i++) {
		w[i].rand = testRand();
		CHECK_EQ(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	while (nanotime() < deadline) {
		mheap_scavenge(MiB);
		mcentral_reclaim();
		struct memstats ms;
		readmemstats(&ms);
		CHECK(ms.heapInuse <= ms.heapSys);
		osusleep(1000);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
	mheap_verify();
	for (int i = 0; i < SHARED; i++) {
		if (mailbox[i] != NULL)
			objEnd(mailbox[i]);
	}
	mcacheFlush(fakep.mcache);
	mcentral_reclaim();
	mheap_verify();
	struct memstats ms;
	readmemstats(&ms);
	CHECK_EQ(ms.heapAlloc, 0);
	CHECK_EQ(ms.heapInuse, 0);
}

/* Ps come and go while another reads the numbers: a cache is in the list only while it is whole. */
static void *
comeAndGo(void *arg)
{
	struct worker *w = arg;
	fakeThread(&w->m, &w->g, &w->p);
	while (nanotime() < deadline) {
		struct mcache *c = newmcache();
		freemcache(c);
	}
	freemcache(w->p.mcache);
	return NULL;
}

TEST(mem, stress, caches_come_and_go)
{
	fakeBoot();
	static struct worker w;
	deadline = nanotime() + (int64_t)(2e8 * testSeconds());
	CHECK_EQ(pthread_create(&w.thread, NULL, comeAndGo, &w), 0);
	while (nanotime() < deadline) {
		struct memstats ms;
		readmemstats(&ms);
		CHECK_EQ(ms.heapAlloc, 0);
	}
	pthread_join(w.thread, NULL);
}

/* One P allocates, another frees each object at once, two or one to a span: every span floats, or
 * is about to, when its slot is freed. */
static void *slotmail; /* atomic */
static bool stopmail;  /* atomic */

static void *
freer(void *arg)
{
	struct worker *w = arg;
	fakeThread(&w->m, &w->g, &w->p);
	for (;;) {
		bool stop = load_acq(&stopmail);
		void *p = xchg(&slotmail, NULL);
		if (p != NULL)
			gcfree(p);
		else if (stop)
			return NULL;
	}
}

TEST(mem, stress, floating_spans)
{
	fakeBoot();
	static struct worker w;
	CHECK_EQ(pthread_create(&w.thread, NULL, freer, &w), 0);
	int64_t end = nanotime() + (int64_t)(1e9 * testSeconds());
	for (uint64_t n = 0; n % 256 != 0 || nanotime() < end; n++) {
		void *p = xchg(&slotmail, mallocConservative(n & 256 ? 4096 : 8192));
		if (p != NULL)
			gcfree(p);
	}
	store_rel(&stopmail, true);
	pthread_join(w.thread, NULL);
	mheap_verify();
	mcacheFlush(fakep.mcache);
	mcacheFlush(w.p.mcache);
	mcentral_reclaim();
	struct memstats ms;
	readmemstats(&ms);
	CHECK_EQ(ms.heapInuse, 0);
}

/* Goroutines on the real scheduler; the world is stopped and the heap verified meanwhile. */
enum { GOROUTINES = 16 };

static void
churn(void *arg)
{
	uint64_t rand = (uintptr_t)arg;
	struct obj mine[50] = {{0}};
	while (!load_acq(&stopmail)) {
		struct obj *o = &mine[wyrand(&rand) % nelem(mine)];
		if (o->p != NULL)
			RT(objEnd(o));
		else
			RT(objMake(o, wyrand(&rand)));
		void *p, *q;
		RT(p = mallocConservative(2000));
		RT(q = xchg(&slotmail, p));
		RT(gcfree(q));
	}
	for (uint32_t i = 0; i < nelem(mine); i++) {
		if (mine[i].p != NULL)
			RT(objEnd(&mine[i]));
	}
	xadd(&deadline, (int64_t)1);
}

static void
verifyStopped(void)
{
	struct g *gp = rtenter(); /* throughout: a goroutine that leaves would be stopped too */
	world.stop();
	mheap_verify();
	world.start();
	rtleave(gp);
}

TEST_OPT(mem, stress, goroutines, .goroutine = true, .timeout = 300)
{
	heap.peakwindow = 0;
	deadline = 0;
	for (uintptr_t i = 0; i < GOROUTINES; i++)
		spawn(churn, (void *)(uintptr_t)testRand());
	int64_t end = nanotime() + (int64_t)(1e9 * testSeconds());
	int verified = 0;
	while (nanotime() < end || verified < 3) {
		verifyStopped();
		verified++;
		RT(timeSleep(3 * MS));
		if (verified % 20 == 0)
			RT(GOMAXPROCS(1 + (int32_t)(testRand() % 4)));
	}
	store_rel(&stopmail, true);
	WAIT_UNTIL(load_acq(&deadline) == GOROUTINES);
	verifyStopped();
}
