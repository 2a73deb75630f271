#include "fake.h"

TEST(mem, msize, table)
{
	static const uint32_t some[][4] = {/* class, size, pages, objects: Go's table */
		{1, 8, 1, 1024}, {2, 16, 1, 512}, {3, 24, 1, 341}, {6, 64, 1, 128},
		{32, 1024, 1, 8}, {35, 1408, 2, 11}, {50, 6912, 6, 7}, {65, 27264, 10, 3},
		{67, 32768, 4, 1}};
	for (uint32_t i = 0; i < nelem(some); i++) {
		const struct sizeclass *sc = &sizeclasses[some[i][0]];
		CHECK_EQ(sc->size, some[i][1]);
		CHECK_EQ(sc->npages, some[i][2]);
		CHECK_EQ(sc->nelems, some[i][3]);
	}
	sizeclassesCheck(); /* throws if anything is wrong with the rest */
}

TEST(mem, msize, every_slot_and_size)
{
	for (uint32_t c = 1; c < NUM_SIZECLASSES; c++) {
		const struct sizeclass *sc = &sizeclasses[c];
		for (uint64_t i = 0; i < sc->nelems; i++) {
			uint64_t first = i * sc->size, last = first + sc->size - 1;
			CHECK_EQ(first * sc->divmul >> 32, i);
			CHECK_EQ(last * sc->divmul >> 32, i);
		}
	}
	for (uintptr_t n = 1; n <= MAX_SMALL_SIZE; n++) {
		uint32_t c = sizeToClass(n, false), raw = sizeToClass(n, true);
		CHECK(sizeclasses[c].size >= n && sizeclasses[c - 1].size < n);
		CHECK_EQ(raw, n > 16 && n <= 24 ? c + 1 : c);
	}
}

TEST(mem, msize, roundup)
{
	CHECK_EQ(roundupsize(0), 0);
	CHECK_EQ(roundupsize(1), 8);
	CHECK_EQ(roundupsize(24), 24);
	CHECK_EQ(roundupsize(50), 64);
	CHECK_EQ(roundupsize(1024), 1024);
	CHECK_EQ(roundupsize(1025), 1152);
	CHECK_EQ(roundupsize(32768), 32768);
	CHECK_EQ(roundupsize(32769), 40960);
	CHECK_EQ(roundupsize(UINTPTR_MAX), UINTPTR_MAX);
}

TEST(mem, msize, waste)
{
	/* A sixth of the slot is the most that is lost to rounding, above the small steps. */
	for (uintptr_t n = 129; n <= MAX_SMALL_SIZE; n++)
		CHECKF(roundupsize(n) - n <= roundupsize(n) / 6, "%lu rounds to %lu", n,
			roundupsize(n));
}
