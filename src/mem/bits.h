/* bits.h: ranges of bits, set and read by several threads.                           room: mem */
#ifndef GORT_MEM_BITS_H
#define GORT_MEM_BITS_H

#include "core/atomic.h"
#include "core/compiler.h"

/* Of the bits from i below end those in a word, which has some. */
static inline uint64_t
rangeMask(uint32_t i, uint32_t end, uint32_t word)
{
	uint32_t lo = i > word * 64 ? i - word * 64 : 0;
	uint32_t hi = end < (word + 1) * 64 ? end - word * 64 : 64;
	return ~(uint64_t)0 >> (64 - (hi - lo)) << lo;
}

static inline void
rangeSet(uint64_t *bits, uint32_t i, uint32_t end)
{
	for (uint32_t w = i / 64; w * 64 < end; w++)
		fetch_or(&bits[w], rangeMask(i, end, w));
}

static inline void
rangeClear(uint64_t *bits, uint32_t i, uint32_t end)
{
	for (uint32_t w = i / 64; w * 64 < end; w++)
		fetch_and(&bits[w], ~rangeMask(i, end, w));
}

/* The next from i whose bit is `set`, or n. */
static inline uint32_t
rangeNext(const uint64_t *bits, uint32_t i, uint32_t n, bool set)
{
	while (i < n) {
		uint64_t w = load_acq(&bits[i / 64]);
		w = (set ? w : ~w) >> (i % 64);
		if (w != 0) {
			i += (uint32_t)__builtin_ctzll(w);
			return i < n ? i : n;
		}
		i = (i / 64 + 1) * 64;
	}
	return n;
}

#endif
