/* itab.h: looking up an itab, for those who inline it. iface.c has the protocol.    room: lang */
#ifndef GORT_LANG_ITAB_H
#define GORT_LANG_ITAB_H

#include "arch/arch.h"
#include "core/atomic.h"
#include "core/compiler.h"
#include "core/type.h"

/* Four words, so that the place of an entry is what the hash says, with no more arithmetic. tab is set
 * before type and inter: who finds those finds it. An entry with ITAB_LACKS in tab has it in type
 * as well, so that itabFast does not find it. */
struct itabEntry {
	const void *inter; /* atomic */
	uintptr_t type;    /* atomic */
	uintptr_t tab; /* atomic: 0 while empty; | ITAB_LACKS: the type does not implement inter */
	uintptr_t unused;
};

#define ITAB_LACKS ((uintptr_t)1)

struct itabTable {
	uint32_t size;  /* a power of two; constant */
	uint32_t count; /* itabLock */
	uint64_t mask;  /* of an entry's place in bytes; constant */
	struct itabEntry entries[];
};

extern struct itabTable *itabTable
	__attribute__((visibility("hidden"))); /* atomic; replaced under itabLock */

static always_inline const struct itab *
itabOf(uintptr_t word)
{
	return (const struct itab *)(word & ~ITAB_LACKS);
}

/* What an assertion waits for is the way from the type to the itab and on to the method: after a call of a
 * method that the CPU did not foresee, all of it. So the type is hashed by two instructions; the interface,
 * which is at hand long before, by a multiplication, and spreads the pairs. Descriptors lie on 32 bytes, and
 * often at distances that are all alike: the second term has those bits that the mask leaves out. */
static always_inline uintptr_t
itabPlace(struct itabTable *table, const void *inter, const struct type *t)
{
	uint64_t a = (uint32_t)(uintptr_t)inter * 0x9e3779b1u >> 12, b = (uintptr_t)t;
	a ^= b;
	__asm__("" : "+r"(a)); /* beside the shift, not after it */
	return (a ^ b >> 7) & table->mask;
}

static always_inline struct itabEntry *
itabAt(struct itabTable *table, uintptr_t place)
{
	return (struct itabEntry *)(void *)((uint8_t *)table->entries + place);
}

/* The pair's entry, or the empty one where it would stand; *word is what its tab was. */
static always_inline struct itabEntry *
itabEntry(struct itabTable *table, const void *inter, const struct type *t, uintptr_t *word)
{
	for (struct itabEntry *e = itabAt(table, itabPlace(table, inter, t));;) {
		uintptr_t w = *word = load_acq(&e->tab);
		if (w == 0 || (load_rlx(&e->inter) == inter &&
				      (load_rlx(&e->type) & ~ITAB_LACKS) == (uintptr_t)t))
			return e;
		if (++e == &table->entries[table->size])
			e = table->entries;
	}
}

/* 0: not known yet. */
static always_inline uintptr_t
itabWord(const void *inter, const struct type *t)
{
	uintptr_t word;
	archForetell((uintptr_t)t); /* where the method's call will go */
	itabEntry(load_acq(&itabTable), inter, t, &word);
	return word;
}

/* NULL: ask getitab. One look, at the pair's own place, where most are. */
static always_inline const struct itab *
itabFast(const void *inter, const struct type *t)
{
	archForetell((uintptr_t)t); /* where the method's call will go */
	struct itabTable *table = load_acq(&itabTable);
	uintptr_t place = itabPlace(table, inter, t), same = place;
	__asm__("" : "+r"(same)); /* so that tab's address is not that of e, plus 16 */
	const struct itabEntry *e = itabAt(table, place);
	if (likely(load_acq(&e->inter) == inter && load_acq(&e->type) == (uintptr_t)t)) {
		uintptr_t w = load_rlx(&itabAt(table, same)->tab);
		if (w == 0)
			__builtin_unreachable(); /* saves the caller a test */
		return (const struct itab *)w;
	}
	return NULL;
}

#endif
