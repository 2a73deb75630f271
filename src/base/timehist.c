/* timehist.c: how often something took how long.                                     room: base
 *
 * A histogram whose classes grow with what they hold: eight to each power of two, so that a class
 * is never wider than an eighth of its lower end, and 328 of them reach from a nanosecond to two
 * hours and a half. Below 8 ns each nanosecond is a class of its own. What is longer than the last
 * falls into the last.
 *
 *     ns      1 0 1 1 0 1 1     the highest bit says which power, the next three which eighth
 *             ^ ^^^^^
 *
 * One thread at a time adds; anybody reads, at any time. (The idea is Go's runtime/histogram.go; HDR
 * histograms are the same.)
 */
#include "base/base.h"

#include "core/atomic.h"
#include "core/bits.h"

#define BITS   3
#define EIGHTH (1 << BITS)

static uint32_t
classOf(int64_t ns)
{
	if (ns < EIGHTH)
		return ns < 0 ? 0 : (uint32_t)ns;
	uint32_t high = (uint32_t)len64((uint64_t)ns) - 1;
	uint32_t class =
		(high - BITS + 1) * EIGHTH + (uint32_t)((uint64_t)ns >> (high - BITS)) % EIGHTH;
	return class < TIMEHIST_CLASSES ? class : TIMEHIST_CLASSES - 1;
}

int64_t
timehistFrom(uint32_t class)
{
	if (class < EIGHTH)
		return class;
	return (int64_t)(EIGHTH + class % EIGHTH) << (class / EIGHTH - 1);
}

void
timehistAdd(struct timehist *h, int64_t ns)
{
	uint64_t *count = &h->counts[classOf(ns)];
	store_rlx(count, *count + 1);
}
