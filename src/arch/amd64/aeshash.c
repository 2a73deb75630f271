/* aeshash.c (amd64): hashing with the CPU's AES rounds.                              room: arch
 *
 * One AES round (aesenc) xors a key and spreads each byte over four; two rounds spread it over
 * all sixteen. So a block that goes through two or more rounds under a secret key comes out as
 * if drawn by lot, at a round's cost of one cycle, four in latency.
 *
 *   up to 16 bytes  one block: the bytes and, elsewhere, the length and the seed
 *   17 to 64        two or four blocks that overlap in the middle: each byte is in at least one
 *   above           four independent lanes of 16 bytes, so that the latencies of their rounds
 *                   overlap; the last 64 bytes are taken whole, overlapping
 *
 * Each lane starts from seed and length stirred under its own part of the key schedule, so equal
 * blocks in different lanes do not cancel; all lanes but one go through three rounds before they
 * are added. Three more finish. A lane absorbs with a round whose *key* is the data: state =
 * aesenc(state, data), so the data goes in after the round.
 * Between two places where data goes in lie at least two more: after one round a chosen
 * difference in one byte is a difference in four that can be guessed with a chance of 1 in 64,
 * and cancelled by the next block; after two rounds with odds of less than 1 in a billion.
 *
 * It is not a MAC. It keeps tables balanced against people who can choose keys but cannot see
 * hashes. Never store its value: it differs between processes.
 */
#include "arch/arch.h"

uint8_t aligned_to(16) aeskeysched[AESKEYS] = {
	/* The hexadecimal digits of pi's fraction, until somebody brings better ones. */
	0x24,
	0x3f,
	0x6a,
	0x88,
	0x85,
	0xa3,
	0x08,
	0xd3,
	0x13,
	0x19,
	0x8a,
	0x2e,
	0x03,
	0x70,
	0x73,
	0x44,
	0xa4,
	0x09,
	0x38,
	0x22,
	0x29,
	0x9f,
	0x31,
	0xd0,
	0x08,
	0x2e,
	0xfa,
	0x98,
	0xec,
	0x4e,
	0x6c,
	0x89,
	0x45,
	0x28,
	0x21,
	0xe6,
	0x38,
	0xd0,
	0x13,
	0x77,
	0xbe,
	0x54,
	0x66,
	0xcf,
	0x34,
	0xe9,
	0x0c,
	0x6c,
	0xc0,
	0xac,
	0x29,
	0xb7,
	0xc9,
	0x7c,
	0x50,
	0xdd,
	0x3f,
	0x84,
	0xd5,
	0xb5,
	0xb5,
	0x47,
	0x09,
	0x17,
	0x92,
	0x16,
	0xd5,
	0xd9,
	0x89,
	0x79,
	0xfb,
	0x1b,
	0xd1,
	0x31,
	0x0b,
	0xa6,
	0x98,
	0xdf,
	0xb5,
	0xac,
	0x2f,
	0xfd,
	0x72,
	0xdb,
	0xd0,
	0x1a,
	0xdf,
	0xb7,
	0xb8,
	0xe1,
	0xaf,
	0xed,
	0x6a,
	0x26,
	0x7e,
	0x96,
	0xba,
	0x7c,
	0x90,
	0x45,
	0xf1,
	0x2c,
	0x7f,
	0x99,
	0x24,
	0xa1,
	0x99,
	0x47,
	0xb3,
	0x91,
	0x6c,
	0xf7,
	0x08,
	0x01,
	0xf2,
	0xe2,
	0x85,
	0x8e,
	0xfc,
	0x16,
	0x63,
	0x69,
	0x20,
	0xd8,
	0x71,
	0x57,
	0x4e,
	0x69,
};

typedef long long v2di __attribute__((vector_size(16)));
typedef long long v2diu __attribute__((vector_size(16), aligned(1), may_alias));

#define AES __attribute__((target("aes,ssse3,sse4.1")))

static always_inline AES v2di
load(const uint8_t *p)
{
	return *(const v2diu *)p;
}

static always_inline AES v2di
aes(v2di state, v2di key)
{
	return __builtin_ia32_aesenc128(state, key);
}

/* The i-th 16 bytes of the key schedule. */
static always_inline v2di
key(int i)
{
	return ((const v2di *)aeskeysched)[i];
}

/* Where a lane starts: everything that is not data, under the lane's key. */
static always_inline AES v2di
start(uint64_t seed, uintptr_t n, int lane)
{
	v2di s = {(long long)seed, (long long)(n * 0x9e3779b97f4a7c15 ^ seed >> 32)};
	return aes(s ^ key(lane), key(lane + 4));
}

/* With the round that absorbs, two rounds lie between any two blocks. */
static always_inline AES v2di
stir(v2di s)
{
	return aes(aes(s, key(7)), key(4));
}

/* Before lanes are added. After two rounds, bits in one diagonal of a block still move only 32 bits
 * of the state (times a constant matrix): among the 4,560 ways to set two such bits in three lanes,
 * two had the same sum under 1 key in 100. After three rounds they move all 128. */
static always_inline AES v2di
spread(v2di s)
{
	return aes(stir(s), key(5));
}

static always_inline AES uint64_t
finish(v2di s)
{
	s = aes(s, key(4));
	s = aes(s, key(5));
	s = aes(s, key(6));
	return (uint64_t)s[0] ^ (uint64_t)s[1];
}

/* Up to 16 bytes in one block. Loads stay inside [p, p + n). */
static always_inline AES v2di
loadShort(const uint8_t *p, uintptr_t n)
{
	uint64_t lo = 0, hi = 0;
	if (n >= 8) {
		__builtin_memcpy(&lo, p, 8);
		__builtin_memcpy(&hi, p + n - 8, 8);
	} else if (n >= 4) {
		uint32_t a, b;
		__builtin_memcpy(&a, p, 4);
		__builtin_memcpy(&b, p + n - 4, 4);
		lo = a;
		hi = b;
	} else if (n > 0) {
		/* First, middle and last byte: with the length, all there is. */
		lo = p[0] | (uint64_t)p[n / 2] << 8 | (uint64_t)p[n - 1] << 16;
	}
	return (v2di){(long long)lo, (long long)hi};
}

AES uint64_t
aeshash(const void *data, uint64_t seed, uintptr_t n)
{
	const uint8_t *p = data;
	v2di a = start(seed, n, 0);
	if (n <= 16)
		return finish(aes(a, loadShort(p, n)));
	v2di b = start(seed, n, 1);
	if (n <= 32) {
		a = aes(a, load(p));
		b = aes(b, load(p + n - 16));
		return finish(stir(a) ^ b);
	}
	v2di c = start(seed, n, 2), d = start(seed, n, 3);
	const uint8_t *end = p + n;
	for (; end - p > 64; p += 64) {
		a = stir(aes(a, load(p)));
		b = stir(aes(b, load(p + 16)));
		c = stir(aes(c, load(p + 32)));
		d = stir(aes(d, load(p + 48)));
	}
	/* The last 64 bytes, or all 33 to 64: the halves overlap. */
	if (n > 64)
		p = end - 64;
	a = aes(a, load(p));
	b = aes(b, load(p + 16));
	c = aes(c, load(end - 32));
	d = aes(d, load(end - 16));
	return finish(spread(a) ^ spread(b) ^ spread(c) ^ d);
}
