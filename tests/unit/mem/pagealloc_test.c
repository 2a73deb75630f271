/* The page allocator against a model: one byte a page. */
#include "fake.h"

#define MODEL_PAGES (3 * ARENA_PAGES)

static uint8_t taken[MODEL_PAGES]; /* as the allocator should see them */
static uintptr_t base;

static uintptr_t
modelFirstFit(uintptr_t n)
{
	uintptr_t run = 0;
	for (uintptr_t i = 0; i < MODEL_PAGES; i++) {
		run = taken[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return MODEL_PAGES;
}

TEST(mem, pagealloc, random_model)
{
	fakeBoot();
	static struct {
		uintptr_t page, n;
	} live[4000];
	uint32_t nlive = 0;
	uintptr_t nscav;
	lock(&heap.lock);
	/* One stretch for the model; every page outside it is taken out of the game. */
	CHECK(heapGrow(4 * ARENA_PAGES));
	base = heap.frontier - 4 * ARENA_SIZE;
	static uintptr_t pages[MODEL_PAGES];
	uintptr_t p, n = 0;
	while ((p = pagesAlloc(1, &nscav)) != 0) {
		if (p >= base && p < base + MODEL_PAGES * PAGE_SIZE)
			pages[n++] = p;
	}
	CHECK_EQ(n, MODEL_PAGES);
	while (n > 0)
		pagesFree(pages[--n], 1);
	memset(taken, 0, sizeof taken);
	int rounds = (int)(20000 * testSeconds());
	for (int round = 0; round < rounds; round++) {
		if (nlive < nelem(live) && testRand() % 5 < 3) {
			n = 1;
			switch (testRand() % 6) {
			case 0:
				n = 1 + testRand() % 10000;
				break;
			case 1:
				n = 1 + testRand() % 600;
				break;
			case 2:
			case 3:
				n = 1 + testRand() % 10;
			}
			uintptr_t want = modelFirstFit(n);
			if (want == MODEL_PAGES)
				continue; /* the real one may go beyond the model */
			p = pagesAlloc(n, &nscav);
			CHECK_EQ((p - base) / PAGE_SIZE, want);
			memset(&taken[want], 1, n);
			live[nlive].page = want;
			live[nlive++].n = n;
		} else if (nlive > 0) {
			uint32_t k = (uint32_t)(testRand() % nlive);
			pagesFree(base + live[k].page * PAGE_SIZE, live[k].n);
			memset(&taken[live[k].page], 0, live[k].n);
			live[k] = live[--nlive];
		}
		if (round % 512 == 0)
			pagesVerify();
	}
	pagesVerify();
	unlock(&heap.lock);
}

/* Arenas that arrive out of order: the tree is sorted, and runs never cross a gap. */
TEST(mem, pagealloc, arenas_out_of_order)
{
	fakeBoot();
	uintptr_t nscav, space = (uintptr_t)sysReserve(NULL, 40 * ARENA_SIZE);
	CHECK(space != 0);
	space = alignUp(space, ARENA_SIZE);
	static const int order[] = {30, 4, 6, 5, 20, 38, 7, 19, 0, 21};
	static struct heapArena fake[nelem(order)];
	lock(&heap.lock);
	while (pagesAlloc(1, &nscav) != 0)
		continue;
	for (uint32_t i = 0; i < nelem(order); i++) {
		fake[i].base = space + (uintptr_t)order[i] * ARENA_SIZE;
		pagesAddArena(&fake[i]);
		struct heapArena **l2 = persistentalloc(ARENA_L2 * sizeof *l2, 64);
		uintptr_t a = fake[i].base >> ARENA_SHIFT;
		if (heap.l1[a / ARENA_L2] == NULL)
			heap.l1[a / ARENA_L2] = l2;
		heap.l1[a / ARENA_L2][a % ARENA_L2] = &fake[i];
		pagesAddMapped(fake[i].base, ARENA_SIZE);
		pagesVerify();
	}
	/* 4, 5, 6, 7 touch: four arenas in a row exist once. 19, 20, 21 next. */
	uintptr_t four = pagesAlloc(4 * ARENA_PAGES, &nscav);
	CHECK_EQ(four, space + 4 * ARENA_SIZE);
	CHECK_EQ(nscav, 4 * ARENA_PAGES);
	CHECK_EQ(pagesAlloc(4 * ARENA_PAGES, &nscav), 0);
	CHECK_EQ(pagesAlloc(2 * ARENA_PAGES + 1, &nscav), space + 19 * ARENA_SIZE);
	CHECK_EQ(pagesAlloc(1, &nscav), space);
	CHECK_EQ(pagesAlloc(ARENA_PAGES, &nscav), space + 30 * ARENA_SIZE);
	pagesFree(four + ARENA_SIZE, ARENA_PAGES);
	CHECK_EQ(pagesAlloc(ARENA_PAGES, &nscav), four + ARENA_SIZE);
	CHECK_EQ(nscav, 0);
	pagesVerify();
	unlock(&heap.lock);
}

TEST(mem, pagealloc, scavenged_pages_are_zero)
{
	fakeBoot();
	char *p = mallocConservative(10 * MiB);
	memset(p, 0x55, 10 * MiB);
	gcfree(p);
	uintptr_t n = mheap_scavenge(UINTPTR_MAX);
	CHECK(n >= 10 * MiB);
	CHECK_EQ(mheap_scavenge(UINTPTR_MAX), 0);
	mheap_verify();
	struct memstats ms;
	readmemstats(&ms);
	CHECK_EQ(ms.heapReleased, ms.heapIdle);
	char *q = mallocConservative(10 * MiB);
	for (uintptr_t i = 0; i < 10 * MiB; i += 64)
		CHECK_EQ(q[i], 0);
	mheap_verify();
}

TEST(mem, pagealloc, rss_falls)
{
	fakeBoot();
	uintptr_t before = residentBytes();
	enum { N = 64 * 1024 };
	static void *p[N];
	for (int i = 0; i < N; i++) {
		p[i] = mallocConservative(1024);
		*(char *)p[i] = 1;
	}
	uintptr_t full = residentBytes();
	CHECK(full - before >= 60 * MiB);
	for (int i = 0; i < N; i++)
		gcfree(p[i]);
	mcacheFlush(fakep.mcache);
	CHECK(mcentral_reclaim() > 60 * MiB / PAGE_SIZE);
	heap.peakwindow = 0; /* peaks are forgotten at once */
	mheap_scavengeGoal();
	uintptr_t goal = mheap_scavengeGoal();
	CHECK(goal > 55 * MiB);
	CHECK_EQ(goal, mheap_scavengeLater());
	CHECK(mheap_scavenge(goal) >= goal);
	CHECK_EQ(mheap_scavengeGoal(), 0);
	CHECK(residentBytes() < full - 50 * MiB);
	mheap_verify();
}

TEST(mem, pagealloc, goal_remembers_the_peak)
{
	fakeBoot();
	heap.peakwindow = INT64_MAX;
	void *p = mallocNoscan(50 * MiB, false);
	memset(p, 1, 50 * MiB);
	CHECK_EQ(mheap_scavengeGoal(), 0);
	gcfree(p);
	CHECK_EQ(mheap_scavengeGoal(), 0); /* it may be needed again in a moment */
	CHECK(mheap_scavengeLater() > 45 * MiB);
	heap.peakwindow = 0;
	mheap_scavengeGoal();
	CHECK(mheap_scavengeGoal() > 45 * MiB);
}

/* The caches of one word: nothing is lost, nothing handed out twice, whatever is asked for. */
TEST(mem, pagealloc, cached_word)
{
	fakeBoot();
	static struct {
		uintptr_t p, n;
	} live[2000];
	uint32_t nlive = 0;
	uintptr_t nscav, total = 0;
	lock(&heap.lock);
	pcacheFlush();
	while (pagesAlloc(1, &nscav) != 0)
		continue;
	CHECK(heapGrow(3 * CHUNK_PAGES));
	int rounds = (int)(30000 * testSeconds());
	for (int round = 0; round < rounds; round++) {
		if (testRand() % 2 && nlive < nelem(live)) {
			uintptr_t n = testRand() % 50 ? 1 + testRand() % 18 : 1 + testRand() % 300;
			uintptr_t p = pagesAllocCached(n, testRand() % 2, &nscav);
			CHECK(nscav <= n);
			if (p == 0) {
				/* Then nobody else has such a run either. */
				pcacheFlush();
				CHECK_EQ(pagesAlloc(n, &nscav), 0);
				continue;
			}
			for (uint32_t i = 0; i < nlive; i++)
				CHECK(p + n * PAGE_SIZE <= live[i].p ||
					p >= live[i].p + live[i].n * PAGE_SIZE);
			live[nlive].p = p;
			live[nlive++].n = n;
			total += n;
		} else if (nlive > 0) {
			uint32_t k = (uint32_t)(testRand() % nlive);
			pagesFree(live[k].p, live[k].n);
			total -= live[k].n;
			live[k] = live[--nlive];
		}
		if (round % 1000 == 0) {
			pcacheFlush();
			pagesVerify();
			uintptr_t maxfree = 0;
			for (uint32_t a = 0; a < heap.narenas; a++)
				for (uint32_t i = 0; i < ARENA_PAGES; i++)
					maxfree += !(heap.arenas[a]->alloc[i / 64] >> (i % 64) & 1);
			CHECK_EQ(maxfree + total, 3 * CHUNK_PAGES);
		}
	}
	unlock(&heap.lock);
}

/* Where there is room, pages with pointers and pages without share no word. */
TEST(mem, pagealloc, apart)
{
	fakeBoot();
	static uint8_t kinds[4 * CHUNK_PAGES / 64];
	uintptr_t nscav, from;
	lock(&heap.lock);
	pcacheFlush();
	while (pagesAlloc(1, &nscav) != 0)
		continue;
	CHECK(heapGrow(4 * CHUNK_PAGES));
	from = heap.frontier - 4 * CHUNK_SIZE;
	memset(kinds, 0, sizeof kinds);
	for (uint32_t i = 0; i < 3 * CHUNK_PAGES; i++) {
		bool leaf = testRand() % 3 == 0;
		uintptr_t p = pagesAllocCached(1, leaf, &nscav);
		CHECK(p >= from);
		kinds[(p - from) / PAGE_SIZE / 64] |= leaf ? 2 : 1;
	}
	for (uint32_t w = 0; w < nelem(kinds); w++)
		CHECK(kinds[w] != 3);
	unlock(&heap.lock);
}
