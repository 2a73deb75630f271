/* hash64.h: the hash of a word, for those who inline it.                             room: lang
 *
 * Keys of 4 and 8 bytes are most of what maps are asked for. For one word two multiplications to
 * 128 bits, folded, take less time than three AES rounds with the way there and back (3.8 ns against
 * 6.1 on an AMD EPYC), and need no choice at run time; so this is the hash of 4 and 8 bytes whatever alginit chose for the rest,
 * and memhash gives the same. Each bit of the word reaches each bit of the result: alg_test.c.
 *
 * The secrets are random, odd factors, so a word that makes a product 0 is one that nobody knows. */
#ifndef GORT_LANG_HASH64_H
#define GORT_LANG_HASH64_H

#include "core/compiler.h"
#include "core/types.h"

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

#endif
