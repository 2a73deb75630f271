/* mcache.c: a P's own slots, run by run.                                             room: mem
 *
 * For each span class the cache owns at most one span and, in it, one run: neighbouring free
 * slots whose bits are all set at once. mallocBump (mallocfast.h) hands them out; this file finds
 * the next run. What that costs is spread over the run, so the locked instructions are here:
 *
 *   1. publish [ptr, end) in the cache, inside the run's seqlock
 *   2. set the slots' allocation bits; while a collection marks, their mark bits first
 *   3. add the slots to the span's usage
 * Between 1 and 3 and as long as a slot is not handed out, "bit set and inside the owner's run"
 * reads as "no object here" (slotInRun). Giving slots back goes the other way round.
 *
 * Zeroes. A slot at or above span->zeroedFrom was never handed out and is zero; below it the run
 * is cleared when taken, and is cut to RUN_ZERO bytes so that what is cleared is still in the
 * cache when the program writes it. Noscan slots above FAST_MAX_SIZE are not cleared here: their
 * caller may not want it.
 *
 * The scan for the next run continues where the last one ended and starts over when the end is
 * reached and the usage word says that slots were freed meanwhile. So a program that allocates
 * and frees stays in one span.
 *
 * Tiny blocks. Noscan objects of up to 4 bytes share 16-byte blocks; a block is freed with its last
 * object. For each block starts says where objects begin (written by the owner only) and freed
 * which of them were freed (atomic). Blocks in span->tinyopen may still get objects: a freer
 * leaves them to the owner, who looks at them when it closes the range (tinyClose). The owner
 * clears tinyopen and then reads freed; the freer sets its bit and then reads tinyopen; both
 * sequentially consistent, so one of them sees that the block is done, and if both do, the
 * CLAIMED bit decides. The generation in freed keeps a slow freer off the block's next life.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "core/broken.h"
#include "mem/bits.h"
#include "mem/profile.h"

#if GORT_HARD
#	define RUN_MAX  3
#	define RUN_ZERO ((uintptr_t)64)
#else
#	define RUN_MAX  ((uint32_t)UINT16_MAX)
#	define RUN_ZERO ((uintptr_t)4096)
#endif

/* ---- runs --------------------------------------------------------------------------------- */

static void
runSet(struct mrun *r, uintptr_t ptr, uintptr_t end, uintptr_t type)
{
	store_rlx(&r->seq, r->seq + 1);
	store_rel(&r->ptr, ptr); /* release: not before seq is odd */
	store_rel(&r->end, end);
	r->type = type;
	store_rel(&r->seq, r->seq + 1);
}

/* For mrun.type, with slot i of s next. */
static uintptr_t
runsType(const struct mspan *s, uint32_t i)
{
	return s->types == NULL ? (uintptr_t)s->onetype : (uintptr_t)(s->types + i) | TYPE_LISTED;
}

never_inline void
runType(struct mcache *c, uint32_t spc, const struct type *t)
{
	struct mrun *r = &c->run[spc];
	struct mspan *s = c->span[spc];
	uint32_t i = objIndex(s, r->ptr);
	if (s->types == NULL && s->onetype == NULL)
		store_rel(&s->onetype, t);
	else if (s->types == NULL && s->onetype != t)
		mspanMix(s);
	r->type = runsType(s, i);
	if (r->type & TYPE_LISTED) {
		store_rlx(&s->types[i], t);
		r->type += sizeof t;
	}
}

static bool
nextRun(struct mcache *c, uint32_t spc, struct mspan *s)
{
	uint32_t i, j, n = s->nelems;
	for (;;) {
		i = rangeNext(s->allocBits, s->scan, n, false);
		if (i < n)
			break;
		if (USAGE_COUNT(load_acq(&s->usage)) == n)
			return false;
		s->scan = 0;
	}
	uintptr_t size = s->elemsize;
	uint32_t max = RUN_MAX;
	bool lazy = spanKind(s) == SPAN_NOSCAN && size > FAST_MAX_SIZE;
	bool dirty = i < s->zeroedFrom;
	if (dirty && !lazy && RUN_ZERO / size < max)
		max = RUN_ZERO >= size ? (uint32_t)(RUN_ZERO / size) : 1;
	j = rangeNext(s->allocBits, i, i + max < n ? i + max : n, true);
	if (dirty && j > s->zeroedFrom)
		j = s->zeroedFrom;
	if (unlikely(memprofile != NULL))
		j = i + memprofile->cut(c, spc, j - i, size);
	if (dirty && !lazy)
		memclrChunked(slotAddr(s, i), (j - i) * size);
	if (j > s->zeroedFrom)
		s->zeroedFrom = j;
	s->scan = j;
	c->dirty[spc] = dirty && lazy;
	if (spanKind(s) == SPAN_TINY) {
		for (uint32_t b = i; b < j; b++) {
			store_rlx(&s->tiny[b].starts, 0u);
			store_rlx(&s->tiny[b].freed, ((s->tiny[b].freed >> TINY_GENSHIFT) + 1)
							     << TINY_GENSHIFT);
		}
		store_seq(&s->tinyopen, i << 16 | j);
	}
	/* Not in newmcache: three pages that a short life does not touch. */
	store_rlx(&c->run[spc].size, (uint32_t)size);
	runSet(&c->run[spc], slotAddr(s, i), slotAddr(s, j),
		COLLECTS && spanKind(s) == SPAN_TYPED ? runsType(s, i) : 0);
	if (unlikely(load_rlx(&gcphase) != GCoff) && !BROKEN(BORN))
		rangeSet(s->markBits, i, j);
	rangeSet(s->allocBits, i, j);
	xadd(&s->usage, j - i);
	uint64_t *taken = &c->taken[spc >> 2];
	store_rlx(taken, *taken + (j - i));
	liveAdd(c, (intptr_t)((j - i) * size));
	return true;
}

/* The owner has no slots left in s: it floats, unless somebody frees in this moment. */
static bool
letFloat(struct mspan *s, struct mcache *c)
{
	store_rel(&s->owner, NULL);
	uint32_t old = load_acq(&s->usage);
	do {
		if (USAGE_COUNT(old) < s->nelems) {
			store_rel(&s->owner, c);
			return false;
		}
		if (cas(&s->usage, old, old & ~USAGE_CACHED))
			return true;
		old = load_acq(&s->usage);
	} while (true);
}

bool
mcache_refill(struct mcache *c, uint32_t spc)
{
	for (;;) {
		struct mspan *s = c->span[spc];
		if (s == NULL) {
			s = mcentral_cacheSpan(spc, c);
			if (s == NULL)
				return false;
			c->span[spc] = s;
		} else if (spanKind(s) == SPAN_TINY) {
			c->tiny = 0;
			tinyClose(s, c);
		}
		if (nextRun(c, spc, s))
			return true;
		if (letFloat(s, c)) {
			runSet(&c->run[spc], 0, 0, 0);
			c->span[spc] = NULL;
		}
	}
}

void
liveFlush(struct mcache *c)
{
	xadd(&heapLive, c->live);
	c->live = 0;
}

/* ---- freeing a slot: any thread ----------------------------------------------------------- */

/* The slot's bit is still set; the caller has made sure that it frees an object. */
void
freeSlot(struct mspan *s, uint32_t i, struct mcache *c)
{
	/* Read what is needed first: after the subtraction s may be somebody else's. */
	uint32_t nelems = s->nelems;
	uintptr_t elemsize = s->elemsize;
	struct mcentral *mc = &heap.central[s->spanclass];
	uintptr_t bytes = s->npages * PAGE_SIZE;
	uint64_t *freed = &c->freed[spanSizeclass(s)];

#if GORT_HARD
	__builtin_memset((void *)slotAddr(s, i), 0xdb, s->elemsize);
#endif
	uint64_t bit = (uint64_t)1 << (i % 64);
	if (!(fetch_and(&s->allocBits[i / 64], ~bit) & bit))
		throwf("invalid pointer given to gort_free", "gort_free: %p was freed before",
			(void *)slotAddr(s, i));
	store_rlx(freed, *freed + 1);
	liveAdd(c, -(intptr_t)elemsize);
	uint32_t old = __atomic_fetch_sub(&s->usage, 1u, __ATOMIC_SEQ_CST);
	if (old & USAGE_CACHED)
		return;
	if (USAGE_COUNT(old) == nelems) {
		mcentral_relist(s);
	} else if (USAGE_COUNT(old) == 1) {
		xadd(&mc->nempty, 1u);
		xadd(&heap.emptybytes, bytes);
	}
}

/* c owns s and will add no more objects to its open blocks. */
void
tinyClose(struct mspan *s, struct mcache *c)
{
	uint32_t open = s->tinyopen;
	store_seq(&s->tinyopen, 0u);
	for (uint32_t i = open >> 16; i < (open & 0xffff); i++) {
		struct tinyblock *b = &s->tiny[i];
		uint32_t f = load_seq(&b->freed), starts = b->starts;
		if (starts == 0 || (f & 0xffff) != starts || f & TINY_CLAIMED)
			continue;
		if (cas(&b->freed, f, f | TINY_CLAIMED))
			freeSlot(s, i, c);
	}
}

/* ---- a cache's life ----------------------------------------------------------------------- */

/* A cache is whole before readmemstats can find it in the list: it divides by the runs' sizes. */
struct mcache *
newmcache(void)
{
	lock(&heap.lock);
	struct mcache *c = fixallocAlloc(&heap.cachealloc);
	c->allnext = heap.allcaches;
	if (c->allnext != NULL)
		c->allnext->allprev = c;
	heap.allcaches = c;
	unlock(&heap.lock);
	return c;
}

/* The first P takes over the cache of the boot, with what is in it. */
struct mcache *
allocmcache(void)
{
	static bool given;
	lock(&heap.lock);
	bool first = !given;
	given = true;
	unlock(&heap.lock);
	return first ? mcache0 : newmcache();
}

void
mcacheFlush(struct mcache *c)
{
	c->tiny = 0;
	for (uint32_t spc = 0; spc < NUM_SPANCLASSES; spc++) {
		struct mspan *s = c->span[spc];
		if (s == NULL)
			continue;
		struct mrun *r = &c->run[spc];
		uint32_t i = objIndex(s, r->ptr), j = objIndex(s, r->end);
		if (r->end == slotAddr(s, s->nelems))
			j = s->nelems; /* the end of the span is no slot */
		if (r->ptr < r->end) {
			rangeClear(s->allocBits, i, j);
			__atomic_fetch_sub(&s->usage, j - i, __ATOMIC_SEQ_CST);
			uint64_t *taken = &c->taken[spc >> 2];
			store_rlx(taken, *taken - (j - i));
			c->live -= (int64_t)((j - i) * s->elemsize);
			if (memprofile != NULL)
				c->sampleAfter += (int64_t)((j - i) * s->elemsize);
			/* The rest of the run is zero still, unless it never was. */
			if (j == s->zeroedFrom && !c->dirty[spc])
				s->zeroedFrom = i;
		}
		if (spanKind(s) == SPAN_TINY)
			tinyClose(s, c);
		runSet(r, 0, 0, 0);
		c->span[spc] = NULL;
		mcentral_uncacheSpan(s);
	}
	if (COLLECTS)
		liveFlush(c);
}

void
freemcache(struct mcache *c)
{
	mcacheFlush(c);
	lock(&heap.lock);
	for (uint32_t sc = 0; sc < NUM_SIZECLASSES; sc++) {
		heap.deadTaken[sc] += c->taken[sc];
		heap.deadFreed[sc] += c->freed[sc];
	}
	heap.deadTiny += c->tinyallocs;
	heap.deadLargeAlloc += c->largealloc;
	heap.deadNlargealloc += c->nlargealloc;
	heap.deadLargeFree += c->largefree;
	heap.deadNlargefree += c->nlargefree;
	if (c->allprev != NULL)
		c->allprev->allnext = c->allnext;
	else
		heap.allcaches = c->allnext;
	if (c->allnext != NULL)
		c->allnext->allprev = c->allprev;
	fixallocFree(&heap.cachealloc, c);
	unlock(&heap.lock);
}
