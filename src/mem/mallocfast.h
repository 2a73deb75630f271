/* mallocfast.h: the fast path of allocation, for those who inline it.                room: mem
 *
 * mcache holds, for every span class, a run of free slots [ptr, end) that are zero already.
 * Taking one is: class from the size, compare, add, store. No call, no locked instruction, no
 * zeroing, no counter: what was taken is counted when the run is, and what is left of it is
 * subtracted when somebody asks.
 *
 * The caller holds inrt, so the P and its cache stay its own. When mallocBump answers NULL, call
 * the function in malloc.c that takes the same arguments; it refills.
 */
#ifndef GORT_MEM_MALLOCFAST_H
#define GORT_MEM_MALLOCFAST_H

#include "core/atomic.h"
#include "core/compiler.h"
#include "mem/mem.h"

#define NUM_SPANCLASSES (NUM_SIZECLASSES * 4)
#define FAST_MAX_SIZE   ((uintptr_t)1024)
#define TINY_SIZE       16 /* a block of the tiny allocator */
#define TINY_MAX        4  /* its largest object */

/* ptr is written by the owner alone and read by others (findObject, gcfree, statistics). */
struct mrun {
	uintptr_t ptr, end; /* slots still to hand out; ptr == end: none */
	uint32_t size;      /* of a slot; set with the first run, then constant */
	uint32_t seq;       /* odd while the owner changes run; others retry */
	/* SPAN_TYPED: the span's onetype; or where its list has the slot at ptr, and TYPE_LISTED. */
	uintptr_t type;
};
#define TYPE_LISTED ((uintptr_t)1)

struct mspan;
struct tinyblock;

/* Owner P; other Ps read run, and the counters for statistics. */
struct mcache {
	struct mrun run[NUM_SPANCLASSES];
	struct mspan *span[NUM_SPANCLASSES]; /* where the run lies, or NULL */
	bool dirty[NUM_SPANCLASSES]; /* the run was not zeroed (large noscan classes only) */

	/* The open block of the tiny allocator. */
	uintptr_t tiny; /* 0: none */
	uint32_t tinyoff;
	struct tinyblock *tinyblk;

	/* Since the cache was made. taken: slots in runs. */
	uint64_t taken[NUM_SIZECLASSES];
	uint64_t freed[NUM_SIZECLASSES];
	uint64_t tinyallocs; /* objects that shared a block with an earlier one */
	uint64_t largealloc, nlargealloc, largefree, nlargefree; /* bytes, objects */
	int64_t live; /* bytes taken less freed that heapLive does not know yet */

	/* Samples of the heap (profile.c). */
	intgo sampleRate;                /* as it was when this cache last looked */
	int64_t sampleAfter;             /* so many more bytes, then one */
	bool sampleDue[NUM_SPANCLASSES]; /* the next slot that is taken from the class is one */
	bool sampleNow;                  /* and it has been taken: the slow way makes it one */

	struct mcache *allnext, *allprev; /* heap.lock */
} aligned_to(CACHE_LINE);

/* Class of a size up to FAST_MAX_SIZE, by (size + 7) / 8. Raw: for objects without a descriptor,
 * which must lie on 16 bytes from 16 bytes up (so 24 bytes take 32). */
extern const uint8_t sizeToClass8[FAST_MAX_SIZE / 8 + 1];
extern const uint8_t sizeToClass8Raw[FAST_MAX_SIZE / 8 + 1];

static always_inline struct mrun *
mallocRun(struct mcache *c, const uint8_t *class, uintptr_t size, enum spankind kind)
{
	struct mrun *r = c->run + (uintptr_t) class[(size + 7) / 8] * 4;
	__asm__("" : "+r"(r)); /* the kind is in the displacements */
	return r + kind;
}

/* size <= FAST_MAX_SIZE, not 0, and for SPAN_NOSCAN above TINY_MAX; kind SPAN_CONSERVATIVE or
 * SPAN_NOSCAN. NULL: no slot at hand. */
static always_inline void *
mallocBump(struct mcache *c, uintptr_t size, enum spankind kind)
{
	struct mrun *r = mallocRun(c, sizeToClass8Raw, size, kind);
	uintptr_t p = r->ptr;
	if (unlikely(p == r->end))
		return NULL;
	if (p == 0)
		__builtin_unreachable(); /* saves the caller a test */
	store_rlx(&r->ptr, p + r->size);
	return (void *)p;
}

/* If the span's objects have another type, and no list yet, NULL as well. A descriptor is stored before the slot
 * leaves the run: whoever finds the object finds it. */
static always_inline void *
mallocBumpTyped(struct mcache *c, uintptr_t size, const struct type *typ)
{
	struct mrun *r = mallocRun(c, sizeToClass8, size, SPAN_TYPED);
	uintptr_t p = r->ptr;
	if (unlikely(p == r->end))
		return NULL;
	if (p == 0)
		__builtin_unreachable();
	if (COLLECTS && unlikely(r->type != (uintptr_t)typ)) {
		if (!(r->type & TYPE_LISTED))
			return NULL;
		store_rlx((const struct type **)(r->type - TYPE_LISTED), typ);
		r->type += sizeof typ;
	}
	store_rel(&r->ptr, p + r->size);
	return (void *)p;
}

#endif
