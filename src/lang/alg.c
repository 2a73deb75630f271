/* alg.c: hashing and comparing plain memory.                                         room: lang
 *
 * Two hashes, chosen once by alginit, before anything is hashed:
 *
 *   aeshash   (arch) rounds of AES over the bytes: a few cycles for a word
 *   wyhash's idea, in portable C: multiply 64 by 64 bits to 128 and fold the halves. Every bit
 *             of the product depends on many of both factors; two multiplications mix a word
 *             well enough for every test in tests/unit/lang/alg_test.c, which run on both
 *
 * GODEBUG=cpu.aes=off forces the second. Up to 16 bytes always go the second way, in forms that can be
 * inlined: hash64.h. Both mix in hashkey, drawn from the kernel at start: an
 * attacker who picks keys cannot know which of them collide, and nobody can come to depend on
 * an order that hashing gives.
 *
 * hashkey is written by alginit on the only thread and constant afterwards.
 */
#include "lang/hash64.h"
#include "lang/lang.h"

#include "core/rand.h"

uint64_t hashkey[4];
static bool useAes;

/* ---- the portable hash -------------------------------------------------------------------- */

static always_inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

static always_inline uint64_t
load32(const uint8_t *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

/* More than 16 bytes are folded 16 (or 48, in three independent lanes) at a time, and the last 16 bytes
 * overlap what was read before. The length enters at the end. */
static uint64_t
memhashFallback(const uint8_t *p, uint64_t seed, uintptr_t n)
{
	seed = hashFold(seed ^ hashkey[0], hashkey[1]);
	uintptr_t left = n;
	if (left > 48) {
		uint64_t s1 = seed, s2 = seed;
		do {
			seed = hashFold(load64(p) ^ hashkey[1], load64(p + 8) ^ seed);
			s1 = hashFold(load64(p + 16) ^ hashkey[2], load64(p + 24) ^ s1);
			s2 = hashFold(load64(p + 32) ^ hashkey[3], load64(p + 40) ^ s2);
			p += 48;
			left -= 48;
		} while (left > 48);
		seed ^= s1 ^ s2;
	}
	while (left > 16) {
		seed = hashFold(load64(p) ^ hashkey[1], load64(p + 8) ^ seed);
		p += 16;
		left -= 16;
	}
	uint64_t a = load64(p + left - 16), b = load64(p + left - 8);
	__uint128_t x = (__uint128_t)(a ^ hashkey[2]) * (b ^ seed);
	return hashFold((uint64_t)x ^ hashkey[3] ^ n, (uint64_t)(x >> 64) ^ hashkey[1]);
}

/* ---- the choice --------------------------------------------------------------------------- */

bool
usesAeshash(void)
{
	return useAes;
}

void
alginit(void)
{
	/* Odd and far from trivial: a zero factor would forget the other one. */
	for (uint32_t i = 0; i < nelem(hashkey); i++)
		hashkey[i] = wyrand(&m0.rand[0]) | 1;
	for (uint32_t i = 0; i < AESKEYS; i += sizeof(uint64_t)) {
		uint64_t key = wyrand(&m0.rand[0]);
		__builtin_memcpy(aeskeysched + i, &key, sizeof key);
	}
	useAes = cpu.aes && cpu.ssse3 && cpu.sse41;
	bootResult("%s", useAes ? "aeshash" : "fallback: memhash in C");
}

uint64_t
memhashLong(const void *p, uint64_t seed, uintptr_t n)
{
	return likely(useAes) ? aeshash(p, seed ^ hashkey[0], n) : memhashFallback(p, seed, n);
}

uint64_t
memhash(const void *p, uint64_t seed, uintptr_t n)
{
	/* As those have it who know the size. */
	if (n == sizeof(uint64_t))
		return hash64(load64(p), seed);
	if (n == sizeof(uint32_t))
		return hash32((uint32_t)load32(p), seed);
	return n <= HASH_SHORT ? hashShort(p, seed, n) : memhashLong(p, seed, n);
}

bool
memequal(const void *a, const void *b, uintptr_t n)
{
	/* n == 0: a pointer to nothing may be NULL, which memcmp is not to be given. */
	return a == b || n == 0 || __builtin_memcmp(a, b, n) == 0;
}
