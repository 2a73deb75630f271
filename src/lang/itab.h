/* itab.h: looking up an itab, for those who inline it. iface.c has the protocol.    room: lang */
#ifndef GORT_LANG_ITAB_H
#define GORT_LANG_ITAB_H

#include "core/atomic.h"
#include "core/compiler.h"
#include "core/type.h"

/* Two words, so that a probe looks at one cache line; the type is in the itab, which the caller
 * reads next anyway. tab is set before inter: who finds inter finds it. */
struct itabEntry {
	const void *inter; /* atomic */
	uintptr_t tab; /* atomic: 0 while empty; | ITAB_LACKS: the type does not implement inter */
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

/* Descriptors are aligned and lie close together: the low bits of one and the middle ones of the other
 * must not fall on each other. */
static always_inline struct itabEntry *
itabPlace(struct itabTable *table, const void *inter, const struct type *t)
{
	uint64_t a = (uintptr_t)inter, b = (uintptr_t)t;
	uint64_t hash = (b ^ (a << 23 | a >> 41)) * 0x9e3779b97f4a7c15ull;
	return (struct itabEntry *)(void *)((uint8_t *)table->entries + (hash >> 33 & table->mask));
}

/* The pair's entry, or the empty one where it would stand; *word is what its tab was. */
static always_inline struct itabEntry *
itabEntry(struct itabTable *table, const void *inter, const struct type *t, uintptr_t *word)
{
	for (struct itabEntry *e = itabPlace(table, inter, t);;) {
		uintptr_t w = *word = load_acq(&e->tab);
		if (w == 0 || (load_rlx(&e->inter) == inter && itabOf(w)->type == t))
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
	itabEntry(load_acq(&itabTable), inter, t, &word);
	return word;
}

/* NULL: ask getitab. One look, at the pair's own place, where most are. */
static always_inline const struct itab *
itabFast(const void *inter, const struct type *t)
{
	const struct itabEntry *e = itabPlace(load_acq(&itabTable), inter, t);
	if (likely(load_acq(&e->inter) == inter)) {
		uintptr_t w = load_acq(&e->tab);
		const struct itab *tab = (const struct itab *)w;
		if (likely(!(w & ITAB_LACKS) && tab->type == t))
			return tab;
	}
	return NULL;
}

#endif
