#include "fake.h"

TEST(mem, persistent, aligned_and_zero)
{
	fakeBoot();
	char *last = NULL;
	for (uintptr_t align = 1; align <= 4096; align *= 2) {
		for (uintptr_t n = 1; n < 400000; n = n * 7 + 1) {
			char *p = persistentalloc(n, align);
			CHECK_EQ((uintptr_t)p % align, 0);
			CHECK(p != last && p[0] == 0 && p[n - 1] == 0);
			memset(p, 0xff, n);
			last = p;
		}
	}
}

TEST(mem, fixalloc, reuse)
{
	fakeBoot();
	struct fixalloc f;
	fixallocInit(&f, 40);
	char *p[2000];
	for (int i = 0; i < 2000; i++) {
		p[i] = fixallocAlloc(&f);
		for (int k = 0; k < 40; k++)
			CHECK_EQ(p[i][k], 0);
		memset(p[i], i, 40);
	}
	for (int i = 0; i < 2000; i++) {
		CHECK_EQ(p[i][39], (char)i);
		fixallocFree(&f, p[i]);
	}
	CHECK_EQ(f.inuse, 0);
	char *q = fixallocAlloc(&f);
	CHECK(q == p[1999]);
	CHECK_EQ(q[8], 0);
}

TEST_DIES(mem, persistent, bad_align, "align is not a power of two", 2)
{
	fakeBoot();
	persistentalloc(8, 24);
}

TEST(mem, memstats, add_up)
{
	fakeBoot();
	struct memstats a, b;
	readmemstats(&a);
	for (int i = 0; i < 1000; i++)
		mallocConservative(100);
	void *p = mallocNoscan(1 << 20, false);
	gcfree(p);
	readmemstats(&b);
	CHECK_EQ(b.heapAlloc - a.heapAlloc, 1000 * 112);
	CHECK_EQ(b.totalAlloc - a.totalAlloc, 1000 * 112 + (1 << 20));
	CHECK_EQ(b.mallocs - a.mallocs, 1001);
	CHECK_EQ(b.frees - a.frees, 1);
	CHECK_EQ(b.bySize[sizeToClass(112, true)].size, 112);
	CHECK_EQ(
		b.bySize[sizeToClass(112, true)].mallocs - a.bySize[sizeToClass(112, true)].mallocs,
		1000);
	CHECK_EQ(b.heapSys, b.heapInuse + b.heapIdle);
	CHECK(b.sys > b.heapSys);
}
