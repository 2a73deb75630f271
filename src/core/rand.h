/* rand.h: wyrand, one state a thread; seeded by randinit (boot) from the kernel.    room: core
 * Source of the generator: Wang Yi, "wyhash" (public domain), the form Go uses for cheaprand. */
#ifndef GORT_CORE_RAND_H
#define GORT_CORE_RAND_H

#include "core/types.h"

static inline uint64_t
wyrand(uint64_t *state)
{
	*state += 0xa0761d6478bd642fULL;
	__uint128_t x = (__uint128_t)*state * (*state ^ 0xe7037ed1a0b428dbULL);
	return (uint64_t)(x >> 64) ^ (uint64_t)x;
}

/* A number in [0, n) for n > 0; the bias for n far below 2^32 is beyond notice. */
static inline uint32_t
randn(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((wyrand(state) & 0xffffffffULL) * n) >> 32);
}

#endif
