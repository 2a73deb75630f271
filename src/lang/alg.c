/* alg.c: hashing and comparing plain memory.                                         room: lang
 *
 * Two hashes, chosen once by alginit, before anything is hashed:
 *
 *   aeshash   (arch) rounds of AES over the bytes: a few cycles for a word
 *   wyhash's idea, in portable C: multiply 64 by 64 bits to 128 and fold the halves. Every bit
 *             of the product depends on many of both factors; two multiplications mix a word
 *             well enough for every test in tests/unit/lang/alg_test.c, which run on both
 *
 * GODEBUG=cpu.aes=off forces the second. Keys of 4 and 8 bytes always go the second way, in a form
 * that can be inlined: hash64.h. Both mix in hashkey, drawn from the kernel at start: an
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

/* Up to 16 bytes become two words, read with overlap rather than byte by byte; longer inputs
 * are folded 16 (or 48, in three independent lanes) at a time, and the last 16 bytes overlap
 * what was read before. The length enters at the end, so that a zero more is another input. */
static uint64_t
memhashFallback(const void *ptr, uint64_t seed, uintptr_t n)
{
	const uint8_t *p = ptr;
	uint64_t a, b;
	seed = hashFold(seed ^ hashkey[0], hashkey[1]);
	if (n <= 16) {
		if (n >= 8) {
			a = load64(p);
			b = load64(p + n - 8);
		} else if (n >= 4) {
			a = load32(p);
			b = load32(p + n - 4);
		} else if (n > 0) {
			a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
			b = 0;
		} else {
			a = b = 0;
		}
	} else {
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
		a = load64(p + left - 16);
		b = load64(p + left - 8);
	}
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
memhash(const void *p, uint64_t seed, uintptr_t n)
{
	/* As those have it who know the size: hash64.h. */
	if (n == sizeof(uint64_t))
		return hash64(load64(p), seed);
	if (n == sizeof(uint32_t))
		return hash32((uint32_t)load32(p), seed);
	if (likely(useAes))
		return aeshash(p, seed ^ hashkey[0], n);
	return memhashFallback(p, seed, n);
}

bool
memequal(const void *a, const void *b, uintptr_t n)
{
	return a == b || __builtin_memcmp(a, b, n) == 0;
}
