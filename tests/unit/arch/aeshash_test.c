/* aeshash_test.c: determinism, reads inside bounds, avalanche, collisions. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/arch.h"
#include "test.h"

static void
setup(void)
{
	cpuinit();
	if (!cpu.aes || !cpu.ssse3 || !cpu.sse41)
		testSkip("this CPU has no AES instructions");
}

/* Every length, at the very end of a page and at its start: nothing outside is read. And the
 * alignment does not matter. */
TEST(arch, aeshash, bounds)
{
	setup();
	char *p = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE) == 0);
	char *lo = p + 4096, *hi = p + 2 * 4096;
	uint64_t rnd = testRand();
	for (int i = 0; i < 4096; i++)
		lo[i] = (char)(rnd >> (i % 57));
	for (uintptr_t n = 0; n <= 600; n++) {
		memmove(hi - n, lo, n);
		uint64_t h = aeshash(hi - n, 1, n);
		memmove(lo, hi - n, n);
		CHECK_EQ(aeshash(lo, 1, n), h);
	}
}

/* Each single bit of data and seed, at every length, flips about half of the result. Which bits
 * flip is for a good hash as if drawn by lot, so for PAIRS pairs of keys that differ in a bit
 *
 *   the number of pairs in which a bit of the result flips is binomial, with a standard deviation of
 *   32: it is 256 = 8 of them off with a chance of 1.2e-15, any of 64 bits at 80 lengths 6e-12
 *   fewer than 4 of 64 bits flip in a pair with a chance of 43745 / 2^64 = 2.4e-15, in any of
 *   400,000 pairs 1e-9
 *
 * so that this fails by chance once in a billion runs. (The mean over a length's own bits alone
 * is no such number: of the 8 pairs of length 1, 512 bits, it is outside 28 to 36 in 1 run of 200.) */
enum { PAIRS = 4096 };

TEST(arch, aeshash, avalanche)
{
	setup();
	static uint8_t buf[200];
	for (uintptr_t n = 1; n <= sizeof buf; n += n < 70 ? 1 : 13) {
		uint32_t flips[64] = {0}, pairs = 0;
		while (pairs < PAIRS) {
			uint64_t seed = testRand();
			for (uintptr_t i = 0; i < n; i++)
				buf[i] = (uint8_t)(testRand() >> 32);
			uint64_t h = aeshash(buf, seed, n);
			for (uintptr_t bit = 0; bit < n * 8; bit++, pairs++) {
				buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
				uint64_t d = h ^ aeshash(buf, seed, n);
				buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
				CHECKF(__builtin_popcountll(d) >= 4,
					"length %lu, bit %lu: %d bits differ", (unsigned long)n,
					(unsigned long)bit, __builtin_popcountll(d));
				for (int i = 0; pairs < PAIRS && i < 64; i++)
					flips[i] += d >> i & 1;
			}
		}
		for (int i = 0; i < 64; i++)
			CHECKF(flips[i] > PAIRS / 2 - 256 && flips[i] < PAIRS / 2 + 256,
				"length %lu: bit %d of the result flips in %u of %d pairs",
				(unsigned long)n, i, flips[i], PAIRS);
	}
	for (int round = 0; round < 64; round++) {
		uint64_t seed = testRand(), h = aeshash(buf, seed, 20);
		for (int bit = 0; bit < 64; bit++)
			CHECK(__builtin_popcountll(h ^ aeshash(buf, seed ^ 1ull << bit, 20)) >= 4);
	}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static void
noCollisions(uint64_t *h, size_t n, const char *what)
{
	qsort(h, n, sizeof *h, compare);
	for (size_t i = 1; i < n; i++)
		CHECKF(h[i] != h[i - 1], "%s: a collision among %zu", what, n);
}

enum { KEYS = 200000 };
static uint64_t hashes[KEYS];

/* Keys that programs have: small numbers, multiples, zero blocks of each length, sparse ones. */
TEST(arch, aeshash, structured)
{
	setup();
	for (uint64_t i = 0; i < KEYS; i++)
		hashes[i] = aeshash(&i, 1, sizeof i);
	noCollisions(hashes, KEYS, "small numbers");
	/* And the low bits, which a table uses, are spread. */
	static uint32_t buckets[1024];
	for (uint64_t i = 0; i < KEYS; i++)
		buckets[hashes[i] & 1023]++;
	for (int i = 0; i < 1024; i++)
		CHECKF(buckets[i] > 100 && buckets[i] < 300, "bucket %d: %u", i, buckets[i]);
	for (uint64_t i = 0; i < KEYS; i++) {
		uint64_t k = i << 32;
		hashes[i] = aeshash(&k, 1, sizeof k);
	}
	noCollisions(hashes, KEYS, "multiples");
	static uint8_t zero[4096];
	for (uint64_t i = 0; i < 4096; i++)
		hashes[i] = aeshash(zero, 1, i);
	noCollisions(hashes, 4096, "zeros");
	/* Two bytes set, in different lanes and rounds of a long key. */
	size_t n = 0;
	for (int a = 0; a < 256; a += 3) {
		for (int b = a + 1; b < 256; b += 3) {
			for (int v = 1; v < 256; v *= 4) {
				zero[a] = (uint8_t)v;
				zero[b] = 1;
				if (n < KEYS)
					hashes[n++] = aeshash(zero, 1, 256);
				zero[a] = zero[b] = 0;
			}
		}
	}
	noCollisions(hashes, n, "two bytes");
}

TEST(arch, aeshash, keys)
{
	setup();
	uint64_t h = aeshash("abc", 1, 3);
	aeskeysched[0] ^= 1;
	CHECK(aeshash("abc", 1, 3) != h);
}
