/* hash64.h: the hash of a word and of a short string, for those who inline it.       room: lang
 *
 * Keys of 4 and 8 bytes are most of what maps are asked for. For one word two multiplications to
 * 128 bits, folded, take less time than three AES rounds with the way there and back (3.8 ns against
 * 6.1 on an AMD EPYC), and need no choice at run time; so this is the hash of 4 and 8 bytes whatever alginit chose for the rest,
 * and memhash gives the same. Each bit of the word reaches each bit of the result: alg_test.c.
 *
 * Up to 16 bytes are two words, read with overlap rather than byte by byte, and cost two multiplications
 * as well; the length enters between them, so that a zero more is another input. Longer ones go to alg.c.
 *
 * The secrets are random, odd factors, so a word that makes a product 0 is one that nobody knows. */
#ifndef GORT_LANG_HASH64_H
#define GORT_LANG_HASH64_H

#include "core/compiler.h"
#include "core/types.h"

#define HASH_SHORT 16u

/* Random odd numbers; alg.c. Constant after alginit. */
extern uint64_t hashkey[4] __attribute__((visibility("hidden")));

static always_inline uint64_t
hashFold(uint64_t a, uint64_t b)
{
	__uint128_t x = (__uint128_t)a * b;
	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

static always_inline uint64_t
hash64(uint64_t word, uint64_t seed)
{
	return hashFold(hashFold(word ^ seed, hashkey[0]) ^ hashkey[1], hashkey[2]);
}

/* Other secrets, so that 4 bytes and 8 bytes of the same number are strangers. */
static always_inline uint64_t
hash32(uint32_t word, uint64_t seed)
{
	return hashFold(hashFold(word ^ seed, hashkey[3]) ^ hashkey[0], hashkey[2]);
}

/* n is at most HASH_SHORT. Reads inside [p, p + n). */
static always_inline uint64_t
hashShort(const uint8_t *p, uint64_t seed, uintptr_t n)
{
	uint64_t a = 0, b = 0;
	if (n >= 8) {
		__builtin_memcpy(&a, p, 8);
		__builtin_memcpy(&b, p + n - 8, 8);
	} else if (n >= 4) {
		uint32_t lo, hi;
		__builtin_memcpy(&lo, p, 4);
		__builtin_memcpy(&hi, p + n - 4, 4);
		a = lo;
		b = hi;
	} else if (n > 0) {
		/* First, middle and last byte: with the length, all there is. */
		a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
	}
	__uint128_t x = (__uint128_t)(a ^ hashkey[2]) * (b ^ seed ^ hashkey[0]);
	return hashFold((uint64_t)x ^ hashkey[3] ^ n, (uint64_t)(x >> 64) ^ hashkey[1]);
}

/* More bytes than HASH_SHORT. */
uint64_t memhashLong(const void *p, uint64_t seed, uintptr_t n);

/* The hash of a string. For 4 and 8 bytes it is another one than memhash's, which is that of words. */
static always_inline uint64_t
hashText(const uint8_t *p, uint64_t seed, uintptr_t n)
{
	return likely(n <= HASH_SHORT) ? hashShort(p, seed, n) : memhashLong(p, seed, n);
}

#endif
