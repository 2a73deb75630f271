/* alg_test.c: the two hashes. Every test runs on aeshash and on the portable one; the measures are
 * those of SMHasher in small: what a table with a power-of-two size needs from a hash. */
#include "lang/lang.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* One body, two tests: with the CPU's AES, and without. */
#define HASH_TEST(what)                                                                            \
	static void body_##what(void);                                                             \
	TEST_OPT(lang, alg, what##_aes, .goroutine = true)                                         \
	{                                                                                          \
		if (!usesAeshash())                                                                \
			testSkip("this CPU has no AES");                                           \
		body_##what();                                                                     \
	}                                                                                          \
	TEST_OPT(lang, alg, what##_fallback, .goroutine = true, .env = "GODEBUG=cpu.aes=off")      \
	{                                                                                          \
		CHECK(!usesAeshash());                                                             \
		body_##what();                                                                     \
	}                                                                                          \
	static void body_##what(void)

/* ---- counting collisions ------------------------------------------------------------------ */

static uint64_t *hashes;
static size_t nhashes, caphashes;

static void
add(uint64_t h)
{
	if (nhashes == caphashes) {
		caphashes = caphashes == 0 ? 1 << 16 : 2 * caphashes;
		hashes = realloc(hashes, caphashes * sizeof *hashes);
		CHECK(hashes != NULL);
	}
	hashes[nhashes++] = h;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static size_t
collisions(int shift, uint64_t mask)
{
	uint64_t *v = malloc(nhashes * sizeof *v);
	CHECK(v != NULL);
	for (size_t i = 0; i < nhashes; i++)
		v[i] = hashes[i] >> shift & mask;
	qsort(v, nhashes, sizeof *v, compare);
	size_t n = 0;
	for (size_t i = 1; i < nhashes; i++)
		n += v[i] == v[i - 1];
	free(v);
	return n;
}

static uint64_t
hashWord(uint64_t word, uintptr_t seed)
{
	return memhash64(&word, seed);
}

static uint64_t
hashString(const void *p, uint64_t seed, uintptr_t n)
{
	struct gostring s = {p, (intgo)n};
	return strhash(&s, seed);
}

/* All 64 bits distinct; the upper and the lower 32 collide about as often as random ones. */
static void
checkHashes(const char *what)
{
	CHECKF(collisions(0, ~0ull) == 0, "%s: two of %zu keys have one hash", what, nhashes);
	double pairs = (double)nhashes * (double)(nhashes - 1) / 2;
	double expected = pairs / 4294967296.0;
	double most = expected + 5 + 4 * (expected > 1 ? expected / 2 : 1);
	for (int shift = 0; shift <= 32; shift += 32) {
		size_t n = collisions(shift, 0xffffffff);
		CHECKF((double)n <= most, "%s: %zu collisions in bits %d.., %.1f expected", what, n,
			shift, expected);
	}
	nhashes = 0;
}

/* ---- inputs ------------------------------------------------------------------------------- */

HASH_TEST(zeros)
{
	static const uint8_t zero[512];
	for (size_t n = 0; n <= sizeof zero; n++)
		add(memhash(zero, 0, n));
	checkHashes("runs of zeros");
}

HASH_TEST(appended_zeros)
{
	uint8_t s[256];
	for (size_t n = 0; n < 100; n++) {
		memset(s, 0, sizeof s);
		for (size_t i = 0; i < n; i++)
			s[i] = (uint8_t)testRand();
		s[n] = 1;
		for (size_t z = 0; z < 100; z++)
			add(memhash(s, 0, n + 1 + z));
	}
	checkHashes("strings with zeros behind");
}

HASH_TEST(small_keys)
{
	for (uint32_t n = 0; n < 1u << 18; n++) {
		uint8_t b[3] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)};
		add(memhash(b, 0, 3));
	}
	checkHashes("3-byte keys");
	for (uint64_t n = 0; n < 1u << 18; n++)
		add(hashWord(n, 7));
	checkHashes("counting");
	for (uint64_t n = 0; n < 1u << 18; n++)
		add(hashWord(n << 44, 7));
	checkHashes("counting in the upper bits");
	for (uint64_t n = 0; n < 1u << 18; n++)
		add(hashWord(0x7f0000000000 + 16 * n, 7));
	checkHashes("addresses");
}

static void
sparse(uint64_t (*hash)(const void *, uint64_t, uintptr_t))
{
	static const size_t sizes[] = {4, 8, 12, 16, 20, 32, 40, 64, 100};
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		uint8_t s[128] = {0};
		size_t bits = 8 * sizes[k];
		add(hash(s, 0, sizes[k]));
		for (size_t i = 0; i < bits; i++) {
			s[i / 8] ^= (uint8_t)(1 << i % 8);
			add(hash(s, 0, sizes[k]));
			for (size_t j = i + 1; j < bits; j++) {
				s[j / 8] ^= (uint8_t)(1 << j % 8);
				add(hash(s, 0, sizes[k]));
				s[j / 8] ^= (uint8_t)(1 << j % 8);
			}
			s[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		checkHashes("one or two bits set");
	}
}

HASH_TEST(sparse)
{
	sparse(memhash);
	sparse(hashString);
}

HASH_TEST(permutations)
{
	/* Every word of 1 to 8 letters out of 4 words of 32 bits that share most bits. */
	static const uint32_t alphabet[] = {0, 1, 0x80000000, 0x80000001};
	for (int len = 1; len <= 8; len++) {
		uint32_t s[8];
		for (uint32_t n = 0; n < 1u << 2 * len; n++) {
			for (int i = 0; i < len; i++)
				s[i] = alphabet[n >> 2 * i & 3];
			add(memhash(s, 0, (size_t)len * 4));
		}
		checkHashes("permutations");
	}
}

HASH_TEST(cyclic)
{
	/* A random pattern repeated: only one period differs between keys. */
	for (int n = 0; n < 50000; n++) {
		uint64_t unit = testRand();
		uint8_t s[96];
		for (size_t i = 0; i < sizeof s; i++)
			s[i] = (uint8_t)(unit >> i % 8 * 8);
		add(memhash(s, 0, sizeof s));
	}
	checkHashes("repeated patterns");
}

HASH_TEST(words)
{
	char s[32];
	for (int n = 0; n < 200000; n++) {
		int len = snprintf(s, sizeof s, "key%d", n);
		add(memhash(s, 0, (size_t)len));
	}
	checkHashes("key0, key1, ...");
	for (int a = 0; a < 4; a++)
		for (int n = 0; n < 50000; n++) {
			int len = snprintf(s, sizeof s, "/usr/lib/%c/%08d.o", 'a' + a, n);
			add(memhash(s, 0, (size_t)len));
		}
	checkHashes("paths");
}

/* ---- seeds -------------------------------------------------------------------------------- */

HASH_TEST(seeds)
{
	for (uint64_t seed = 0; seed < 100000; seed++)
		add(memhash("hello", seed, 5));
	checkHashes("one key, counting seeds");
	for (int bit = 0; bit < 64; bit++)
		add(memhash("hello", 1ull << bit, 5));
	checkHashes("one key, one bit of seed");
}

HASH_TEST(same)
{
	/* The same bytes at any alignment, read no further than their end. */
	uint8_t *page =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(mprotect(page, 4096, PROT_NONE), 0);
	CHECK_EQ(mprotect(page + 2 * 4096, 4096, PROT_NONE), 0);
	uint8_t *lo = page + 4096, *hi = page + 2 * 4096;
	for (size_t n = 0; n <= 300; n++) {
		uint8_t s[300];
		for (size_t i = 0; i < n; i++)
			s[i] = (uint8_t)testRand();
		uint64_t want = memhash(s, 42, n);
		memcpy(lo, s, n);
		CHECK_EQ(memhash(lo, 42, n), want);
		memcpy(hi - n, s, n);
		CHECK_EQ(memhash(hi - n, 42, n), want);
		for (size_t off = 1; off < 16; off++) {
			memmove(lo + off, s, n);
			CHECK_EQ(memhash(lo + off, 42, n), want);
		}
		want = hashString(s, 42, n);
		CHECK_EQ(hashString(lo + 15, 42, n), want);
		memcpy(hi - n, s, n);
		CHECK_EQ(hashString(hi - n, 42, n), want);
	}
}

/* ---- avalanche ---------------------------------------------------------------------------- */

/* Flipping any bit of the key flips every bit of the hash half of the time. In so many trials a
 * fair coin stays within 6 sigma of a half in all 64 * 8 * n cases. Keys of one and two bytes are
 * too few for that measure. */
#define TRIALS (GORT_TSAN || GORT_ASAN ? 512 : 8192)

static void
avalanche(uint64_t (*hash)(const void *, uint64_t, uintptr_t), size_t n)
{
	double sigma = 0.5 / sqrt(TRIALS);
	static uint32_t flips[8 * 64][64];
	uint8_t s[64];
	memset(flips, 0, sizeof flips);
	for (int r = 0; r < TRIALS; r++) {
		for (size_t i = 0; i < n; i++)
			s[i] = (uint8_t)testRand();
		uint64_t h = hash(s, 0, n);
		for (size_t i = 0; i < 8 * n; i++) {
			s[i / 8] ^= (uint8_t)(1 << i % 8);
			uint64_t d = h ^ hash(s, 0, n);
			s[i / 8] ^= (uint8_t)(1 << i % 8);
			for (int j = 0; j < 64; j++)
				flips[i][j] += d >> j & 1;
		}
	}
	for (size_t i = 0; i < 8 * n; i++)
		for (int j = 0; j < 64; j++) {
			double p = (double)flips[i][j] / TRIALS;
			CHECKF(p > 0.5 - 6 * sigma && p < 0.5 + 6 * sigma,
				"%zu bytes: bit %zu flips bit %d of the hash in %.3f", n, i, j, p);
		}
}

HASH_TEST(avalanche)
{
	static const size_t sizes[] = {3, 4, 8, 12, 16, 17, 32, 48, 49};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		avalanche(memhash, sizes[i]);
	avalanche(hashString, 4);
	avalanche(hashString, 8);
}

/* ---- comparing ---------------------------------------------------------------------------- */

TEST_G(lang, alg, equal)
{
	CHECK(memequal("abc", "abd", 2));
	CHECK(!memequal("abc", "abd", 3));
	CHECK(memequal("x", "y", 0));
	struct gostring a = {(const uint8_t *)"abc", 3}, b = {(const uint8_t *)"abcd", 4};
	CHECK(!strequal(&a, &b));
	b.len = 3;
	CHECK(strequal(&a, &b));
}
