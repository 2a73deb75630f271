/* mapgroup.h: a group of eight slots, and what its control bytes say.                room: lang
 *
 *   0        empty: nothing was ever here, or nothing that anybody looks past
 *   1        deleted: a search goes on
 *   0x80|h2  in use; h2 are the low 7 bits of the key's hash
 *
 * Zeroed memory is a group of empty slots. The eight bytes are one word, so that a search compares
 * all of them at once (arch/inline.h; core/swar.h for CPUs without a way of their own). A set of
 * slots is a mask, bit i for slot i.
 */
#ifndef GORT_LANG_MAPGROUP_H
#define GORT_LANG_MAPGROUP_H

#include "arch/arch.h"

#define GROUP_SLOTS 8u

enum ctrl { CTRL_EMPTY = 0, CTRL_DELETED = 1, CTRL_FULL = 0x80 };

static always_inline uint8_t
ctrlOf(uint64_t hash)
{
	return (uint8_t)(CTRL_FULL | hash);
}

static always_inline uint32_t
groupMatch(uint64_t ctrl, uint8_t b)
{
	return archMatch8(ctrl, b);
}

static always_inline uint32_t
groupFull(uint64_t ctrl)
{
	return archTops8(ctrl);
}

static always_inline uint32_t
groupEmpty(uint64_t ctrl)
{
	return archMatch8(ctrl, CTRL_EMPTY);
}

/* Is any slot empty? Exact, and for a yes or no a word is quicker than a mask: a byte that is
 * neither full nor deleted has neither its top bit nor its lowest set. */
static always_inline bool
groupHasEmpty(uint64_t ctrl)
{
	return (~(ctrl >> 7 | ctrl) & (uint64_t)0x0101010101010101) != 0;
}

static always_inline uint32_t
groupDeleted(uint64_t ctrl)
{
	return archMatch8(ctrl, CTRL_DELETED);
}

static always_inline uint32_t
firstSlot(uint32_t mask)
{
	return (uint32_t)__builtin_ctz(mask);
}

/* Visits the slots of mask: for (...) FOREACH style, i is the slot. */
#define FOREACH_SLOT(i, mask)                                                                      \
	for (uint32_t slots_##i = (mask), i; slots_##i != 0 && (i = firstSlot(slots_##i), true);   \
		slots_##i &= slots_##i - 1)

#endif
