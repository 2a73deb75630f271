/* bits.h: alignment and bit counting.                                                room: core */
#ifndef GORT_CORE_BITS_H
#define GORT_CORE_BITS_H

#include "core/types.h"

static inline uintptr_t
alignUp(uintptr_t n, uintptr_t a)
{
	return (n + a - 1) & ~(a - 1);
}

static inline uintptr_t
alignDown(uintptr_t n, uintptr_t a)
{
	return n & ~(a - 1);
}

static inline bool
isPowerOfTwo(uintptr_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* ctz64(0) and clz64(0) are 64, as Go's TrailingZeros64 and LeadingZeros64. */
static inline int
ctz64(uint64_t x)
{
	return x == 0 ? 64 : __builtin_ctzll(x);
}

static inline int
clz64(uint64_t x)
{
	return x == 0 ? 64 : __builtin_clzll(x);
}

static inline int
len64(uint64_t x)
{
	return 64 - clz64(x);
}

#endif
