/* swar.h: eight bytes in a word, looked at at once.                                  room: core
 *
 * For CPUs without a quicker way; src/arch/NAME/inline.h names what is used. Results have bit i for
 * byte i, the lowest byte being byte 0.
 */
#ifndef GORT_CORE_SWAR_H
#define GORT_CORE_SWAR_H

#include "core/compiler.h"
#include "core/types.h"

#define SWAR_ONES ((uint64_t)0x0101010101010101)
#define SWAR_TOPS ((uint64_t)0x8080808080808080)

/* Only top bits are set in w: brings them together. Each partial product puts one of them into the
 * highest byte, and no two meet below it. */
static always_inline uint32_t
swarGather(uint64_t w)
{
	return (uint32_t)((w >> 7) * (uint64_t)0x0102040810204080 >> 56);
}

/* The bytes whose top bit is set. */
static always_inline uint32_t
swarTops(uint64_t w)
{
	return swarGather(w & SWAR_TOPS);
}

/* The bytes that equal b. Exact: no carry leaves a byte, because the top bits stay out of the sum. */
static always_inline uint32_t
swarMatch(uint64_t w, uint8_t b)
{
	uint64_t x = w ^ SWAR_ONES * b;
	return swarGather(~(((x & ~SWAR_TOPS) + ~SWAR_TOPS) | x) & SWAR_TOPS);
}

#endif
