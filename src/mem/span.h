/* span.h: spans and the way from an address to its object.                           room: mem
 *
 * For this room, and for the collector (src/gc), which reads spans and sets their mark bits; who may
 * write what else stands beside each field.
 */
#ifndef GORT_MEM_SPAN_H
#define GORT_MEM_SPAN_H

#include "core/bits.h"
#include "mem/mallocfast.h"
#include "mem/mem.h"

/* ---- spans -------------------------------------------------------------------------------- */

enum spanstate {
	SPAN_DEAD = 0, /* zero on purpose: a fresh or freed struct */
	SPAN_INUSE,
};

/* One 16-byte block of the tiny allocator: where objects start in it, and which were freed.
 * malloc.c has the protocol. */
struct tinyblock {
	uint32_t starts; /* bit n: an object starts at byte n; owner of the span */
	uint32_t freed;  /* atomic: bits as above, TINY_CLAIMED, and a generation above it */
};
#define TINY_CLAIMED  ((uint32_t)1 << 16)
#define TINY_GENSHIFT 17

/* usage: how many slots are taken, and whether an mcache owns the span; one word, so that who
 * must do what next is decided by one atomic operation (mcentral.c). */
#define USAGE_COUNT(u) ((u)&0xffff)
#define USAGE_CACHED   ((uint32_t)1 << 16)

/* The first line is what a mark reads of a span, and constant while the span is in use. (fixalloc links
 * free structs by the first word.) */
struct mspan {
	/* Written before state becomes SPAN_INUSE. */
	uintptr_t base;
	uintptr_t elemsize; /* large: the pages' size */
	uint32_t nelems;
	uint32_t divmul;
	uint16_t spanclass;
	uint64_t *allocBits; /* atomic: bit n: slot n is taken, by an object or a cache's run */
	uint64_t *markBits;  /* atomic: set when taken while gcphase != GCoff, and by the marker */
	union {
		const struct type **types; /* SPAN_TYPED, atomic: see slotType */
		struct tinyblock *tiny;    /* SPAN_TINY */
	};
	const struct type *onetype; /* SPAN_TYPED, atomic: see slotType */

	uint64_t inlinebits[2]; /* allocBits and markBits of up to 64 objects */
	uintptr_t npages;
	uintptr_t largesize; /* large: the size asked for; constant */

	uint32_t state;       /* atomic, enum spanstate */
	uint32_t usage;       /* atomic */
	uint32_t tinyopen;    /* atomic: lo << 16 | hi: blocks the owner may still add objects to */
	uint32_t sweepgen;    /* atomic: is it swept, and by whom: mspansweep.c */
	struct mcache *owner; /* atomic: the cache that bumps in it, or NULL */
	struct specials *specials; /* atomic: finalizers, cleanups, weak handles: special.c */

	/* Owner of the span: its mcache, or whoever holds it during a hand-over. */
	uint32_t scan;       /* where to look for the next run */
	uint32_t zeroedFrom; /* slots from here on were never handed out and hold zeroes */

	struct mspan *next, *prev;       /* mcentral.lock: the partial list */
	struct mspan *allnext, *allprev; /* heap.lock: every span in use */
} aligned_to(CACHE_LINE);
_Static_assert(offsetof(struct mspan, inlinebits) == CACHE_LINE, "struct mspan");

static inline uint32_t
spanKind(const struct mspan *s)
{
	return s->spanclass & 3;
}

static inline uint32_t
spanSizeclass(const struct mspan *s)
{
	return s->spanclass >> 2;
}

static inline uint32_t
objIndex(const struct mspan *s, uintptr_t addr)
{
	return (uint32_t)((uint64_t)(addr - s->base) * s->divmul >> 32);
}

static inline uintptr_t
slotAddr(const struct mspan *s, uint32_t i)
{
	return s->base + (uintptr_t)i * s->elemsize;
}

/* The descriptor of the object in slot i of s, SPAN_TYPED. Most spans hold objects of one type: onetype, NULL before
 * the first. When one of another type comes the owner makes a list (mspanMix), a descriptor for each slot, which is
 * complete before types leads to it; and types leads to it before such an object leaves the run: whoever finds
 * an object finds its type. A span that has become empty may begin anew. */
static inline const struct type *
slotType(const struct mspan *s, uint32_t i)
{
	const struct type **types = load_acq(&s->types);
	return likely(types == NULL) ? load_acq(&s->onetype) : load_rlx(&types[i]);
}

/* It will be asked for. */
static inline void
slotTypeSoon(const struct mspan *s, uint32_t i)
{
	if (s->types != NULL)
		__builtin_prefetch(&s->types[i]);
}

/* Is slot i taken but still in its owner's run, not handed out? */
bool slotInRun(const struct mspan *s, uint32_t i);

static inline bool
bitIsSet(const uint64_t *bits, uint32_t i)
{
	return load_acq(&bits[i / 64]) >> (i % 64) & 1;
}

/* ---- arenas -------------------------------------------------------------------------------- */

#define CHUNK_SHIFT      22 /* a chunk: the step in which arenas are mapped */
#define CHUNK_SIZE       ((uintptr_t)1 << CHUNK_SHIFT)
#define CHUNK_PAGES      ((uint32_t)(CHUNK_SIZE / PAGE_SIZE))
#define CHUNK_WORDS      (CHUNK_PAGES / 64)
#define CHUNKS_PER_ARENA ((uint32_t)(ARENA_SIZE / CHUNK_SIZE))
#define ARENA_PAGES      ((uint32_t)(ARENA_SIZE / PAGE_SIZE))

/* Free pages of a stretch: how many at its start, in its longest run, at its end. */
struct pagesum {
	uint32_t start, max, end;
};

struct heapArena {
	uintptr_t base;
	/* gc/hosted/track.c, markpage.c, which alone use them */
	bool known;        /* the kernel was told of it */
	struct seen *seen; /* markpage.c; atomic */
	/* Bit n: of the n-th 64 pages some may be write-protected. */
	uint64_t watched[ARENA_PAGES / 64 / 64];

	uint32_t pos; /* index in heap.arenas; heap.lock */
	/* heap.lock */
	uint64_t alloc[ARENA_PAGES / 64]; /* 1: in use, or not mapped yet */
	uint64_t scav[ARENA_PAGES / 64];  /* of free pages: 1: not backed by memory, reads zero */
	struct pagesum sum[CHUNKS_PER_ARENA];
	uint16_t dirty[CHUNKS_PER_ARENA]; /* free pages with scav 0 */
	/* Atomic, written under heap.lock. A page's bit: its span holds objects with pointers; set after spans. So
	 * who walks the heap need not look at every span. */
	uint64_t pointers[ARENA_PAGES / 64];
	/* atomic: page -> span; written under heap.lock */
	struct mspan *spans[ARENA_PAGES];
};

#define ADDR_BITS    47
#define ARENA_L2BITS 10
#define ARENA_L2     ((uintptr_t)1 << ARENA_L2BITS)
#define ARENA_L1     ((uintptr_t)1 << (ADDR_BITS - ARENA_SHIFT - ARENA_L2BITS))
#define MAX_ALLOC    ((uintptr_t)1 << ADDR_BITS)

/* The struct of the arena that holds addr, or NULL. */
struct heapArena *arenaOf(uintptr_t addr);
/* The same for an address below MAX_ALLOC, inline: table is arenaTable's, constant. */
struct heapArena **const *arenaTable(void);
static always_inline struct heapArena *
arenaIn(struct heapArena **const *table, uintptr_t addr)
{
	struct heapArena **l2 = load_acq(&table[addr >> (ARENA_SHIFT + ARENA_L2BITS)]);
	return l2 == NULL ? NULL : load_acq(&l2[(addr >> ARENA_SHIFT) % ARENA_L2]);
}

#endif
