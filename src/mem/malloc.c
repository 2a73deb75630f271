/* malloc.c: allocating and freeing objects.                                          room: mem
 *
 * Overview: mem.h. The fast path is mallocfast.h; mcache.c finds runs; what is here chooses the
 * way by size and kind, does large and tiny objects, and answers wrong pointers.
 *
 * Sizes that cannot be: everything above the address space is "out of memory", as a refusal of
 * the kernel is; overflow in a product of sizes is the door's to check.
 *
 * gcfree(p), by any thread with a P:
 *   1. page -> span -> slot; p must be a slot's start, its bit set, the slot handed out. Anything
 *      else is fatal, with the pointer and what is wrong with it.
 *   2. freeSlot (mcache.c): clear the bit; who sees it set owns the slot now, so of two frees of
 *      one object one is told, unless the slot was handed out again in between: that no allocator
 *      can tell. Then mcentral.c's protocol.
 * A tiny object sets its bit in its block; the last one frees the block. A large object's pages
 * go back at once.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "core/upcalls.h"
#include "mem/profile.h"
#include "mem/special.h"

struct mcache *mcache0;
uint64_t heapTrigger = UINT64_MAX;
int64_t heapLive;
int64_t liveTrigger = INT64_MAX;

void
mallocinit(void)
{
	sizeclassesCheck();
	if (physPageSize == 0 || !isPowerOfTwo(physPageSize) || physPageSize > PAGE_SIZE)
		throwf("bad system page size", "the kernel's page size is %lu, at most %lu works",
			(unsigned long)physPageSize, (unsigned long)PAGE_SIZE);
	persistentInit();
	mheapInit();
	mcache0 = newmcache();
	void *p = mallocgc(16, NULL, true);
	if (spanOf((uintptr_t)p) == NULL || objectSize(p) < 16)
		throw("mallocinit: the first object cannot be found");
	gcfree(p);
	bootResult("%d size classes to %lu KiB, %lu MiB arena at %p, %lu MiB mapped, huge pages of "
		   "%lu KiB",
		NUM_SIZECLASSES - 1, (unsigned long)(MAX_SMALL_SIZE / KiB),
		(unsigned long)(heap.stats.arenas / MiB), (void *)heap.arenas[0]->base,
		(unsigned long)(heap.stats.sys / MiB), (unsigned long)(osfacts.hugePageSize / KiB));
}

static cold _Noreturn void
noCache(void)
{
	throw("malloc without a P");
}

inline struct mcache *
getmcache(void)
{
	struct m *mp = getg()->m;
	if (likely(mp->p != NULL))
		return mp->p->mcache;
	/* Boot: m0 is alone. The first P has this cache already, or will get it. */
	if (mp != &m0 || !load_rlx(&sched.worldstopped))
		noCache();
	return mcache0;
}

/* Atomic. Of several refusals at the same time any is told. */
static struct {
	uintptr_t n;
	const char *what;
} refused;

void
noteRefused(uintptr_t n, const char *what)
{
	store_rlx(&refused.n, n);
	store_rel(&refused.what, what);
}

cold _Noreturn void
outOfMemory(uintptr_t n)
{
	char why[200] = "it is larger than the address space";
	const char *what = load_acq(&refused.what);
	if (n <= MAX_ALLOC - PAGE_SIZE && what != NULL)
		rtsnprintf(why, sizeof why, "the kernel refuses %lu KiB %s",
			(unsigned long)(load_rlx(&refused.n) / KiB), what);
	/* A refusal at start: there is nothing of the program's to show yet. */
	if (sched.starttime != 0 && !load_rlx(&sched.mainStarted))
		bootfail(2, "out of memory at start: %s", why);
	throwf("out of memory", "out of memory: cannot allocate %lu-byte block (%lu in use): %s",
		(unsigned long)n, (unsigned long)load_rlx(&heap.stats.inuse), why);
}

#define CLEAR_STEP (256 * KiB)

void
memclrChunked(uintptr_t p, uintptr_t n)
{
	while (n > CLEAR_STEP) {
		memclr((void *)p, CLEAR_STEP);
		p += CLEAR_STEP;
		n -= CLEAR_STEP;
	}
	memclr((void *)p, n);
}

/* ---- large objects ------------------------------------------------------------------------ */

/* Above this the kernel's zero pages are cheaper than writing zeroes, and take no time now. */
#define CLEAR_MAX (16 * MiB)

static void *
mallocLarge(struct mcache *c, uintptr_t size, enum spankind kind, const struct type *typ, bool zero)
{
	if (size > MAX_ALLOC - PAGE_SIZE)
		outOfMemory(size);
	uintptr_t npages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	struct mspan *s = mheap_alloc(npages, makeSpanClass(0, kind), size);
	if (s == NULL)
		outOfMemory(size);
	if (zero && s->zeroedFrom > 0) {
		if (s->elemsize > CLEAR_MAX)
			sysUnused((void *)s->base, s->elemsize);
		else
			memclrChunked(s->base, s->elemsize);
	} else if (COLLECTS && s->zeroedFrom == 0 && kind != SPAN_NOSCAN) {
		freshLarge(s);
	}
	store_rlx(&s->onetype, typ);
	if (load_rlx(&gcphase) != GCoff)
		store_rlx(&s->markBits[0], (uint64_t)1);
	store_rel(&s->usage, 1u);
	store_rel(&s->allocBits[0], (uint64_t)1);
	store_rlx(&c->largealloc, c->largealloc + s->elemsize);
	store_rlx(&c->nlargealloc, c->nlargealloc + 1);
	liveAdd(c, (intptr_t)s->elemsize);
	return (void *)s->base;
}

/* ---- tiny objects ------------------------------------------------------------------------- */

/* An object of this size needs no more alignment than the lowest bit of its size says: a type's
 * size is a multiple of its alignment. */
static uint32_t
tinyAlign(uintptr_t size)
{
	return size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : 1;
}

/* NULL: no block at hand. */
static void *
mallocTiny(struct mcache *c, uintptr_t size)
{
	const uint32_t spc = makeSpanClass(sizeToClass8[TINY_SIZE / 8], SPAN_TINY);
	if (c->tiny != 0) {
		uint32_t off = (uint32_t)alignUp(c->tinyoff, tinyAlign(size));
		if (off + size <= TINY_SIZE) {
			struct tinyblock *b = c->tinyblk;
			store_rlx(&c->tinyoff, off + (uint32_t)size);
			store_rel(&b->starts, b->starts | (uint32_t)1 << off);
			store_rlx(&c->tinyallocs, c->tinyallocs + 1);
			return (void *)(c->tiny + off);
		}
	}
	struct mrun *r = &c->run[spc];
	uintptr_t p = r->ptr;
	if (p == r->end)
		return NULL;
	struct mspan *s = c->span[spc];
	c->tinyblk = &s->tiny[(p - s->base) / TINY_SIZE];
	store_rel(&c->tinyblk->starts, 1u);
	store_rlx(&c->tinyoff, (uint32_t)size);
	store_rlx(&c->tiny, p);
	store_rel(&r->ptr, p + TINY_SIZE);
	return (void *)p;
}

/* ---- small objects ------------------------------------------------------------------------ */

void
lookAtTrigger(void)
{
	if (unlikely(load_rlx(&heap.stats.inuse) >= load_rlx(&heapTrigger) ||
		     (COLLECTS && load_rlx(&heapLive) >= load_rlx(&liveTrigger))) &&
		gc_trigger != NULL)
		gc_trigger();
}

static never_inline void *
mallocSlow(uintptr_t size, enum spankind kind, const struct type *typ, bool zero)
{
	if (size == 0)
		return &zerobase;
	struct mcache *c = getmcache();
	struct m *mp = getg()->m;
	if (mp->mallocing++ != 0)
		throw("malloc deadlock");
	void *p;
	uint32_t nfresh = mp->nfresh;
	bool sample = false;
	if (unlikely(memprofile != NULL))
		memprofile->look(c);
	if (size > MAX_SMALL_SIZE) {
		p = mallocLarge(c, size, kind, typ, zero);
		size = alignUp(size, PAGE_SIZE);
		sample = memprofile != NULL && memprofile->large(c, size);
	} else {
		uintptr_t slot = kind == SPAN_TINY ? TINY_SIZE : size;
		uint32_t spc = makeSpanClass(sizeToClass(slot, kind != SPAN_TYPED), kind);
		struct mrun *r = &c->run[spc];
		while (r->ptr == r->end) {
			if (!mcache_refill(c, spc))
				outOfMemory(size);
		}
		if (kind == SPAN_TINY) {
			p = mallocTiny(c, size);
		} else {
			p = (void *)r->ptr;
			if (COLLECTS && kind == SPAN_TYPED)
				runType(c, spc, typ);
			store_rel(&r->ptr, r->ptr + r->size);
			if (zero && c->dirty[spc])
				memclrChunked((uintptr_t)p, r->size);
		}
		size = r->size;
		sample = memprofile != NULL && c->sampleNow;
	}
	if (unlikely(sample)) {
		c->sampleNow = false;
		memprofile->sample((uintptr_t)p, size);
	}
	mp->mallocing--;
	if (!COLLECTS || likely(mp->nfresh == nfresh)) /* or it looks when it has touched them */
		lookAtTrigger();
	return p;
}

void *
mallocConservative(uintptr_t size)
{
	if (likely(size - 1 < FAST_MAX_SIZE)) {
		void *p = mallocBump(getmcache(), size, SPAN_CONSERVATIVE);
		if (likely(p != NULL))
			return p;
	}
	return mallocSlow(size, SPAN_CONSERVATIVE, NULL, true);
}

void *
mallocNoscan(uintptr_t size, bool zero)
{
	enum spankind kind = SPAN_NOSCAN;
	if (likely(size - 1 < FAST_MAX_SIZE)) {
		void *p;
		if (size <= TINY_MAX) {
			kind = SPAN_TINY;
			p = mallocTiny(getmcache(), size);
		} else {
			p = mallocBump(getmcache(), size, SPAN_NOSCAN);
		}
		if (likely(p != NULL))
			return p;
	}
	return mallocSlow(size, kind, NULL, zero);
}

void *
mallocTyped(uintptr_t size, const struct type *typ)
{
	if (typ == NULL)
		throw("mallocTyped: no type");
	if (typ->ptrdata == 0)
		return mallocNoscan(size, true);
	if (likely(size - 1 < FAST_MAX_SIZE)) {
		void *p = mallocBumpTyped(getmcache(), size, typ);
		if (likely(p != NULL))
			return p;
	}
	return mallocSlow(size, SPAN_TYPED, typ, true);
}

void *
mallocgc(uintptr_t size, const struct type *typ, bool needzero)
{
	if (typ == NULL)
		return mallocNoscan(size, needzero);
	return mallocTyped(size, typ);
}

/* ---- gcfree ------------------------------------------------------------------------------- */

static cold _Noreturn void
badFree(uintptr_t addr, const char *what)
{
	throwf("invalid pointer given to gort_free", "gort_free: %p %s", (void *)addr, what);
}

/* addr is in no span. */
static cold _Noreturn void
badFreeOutside(uintptr_t addr)
{
	if (stackContains(addr))
		badFree(addr, "lies on a stack");
	if (arenaOf(addr) == NULL)
		badFree(addr, "is not from the heap");
	badFree(addr, "was freed before, or was never allocated");
}

static cold _Noreturn void
badFreeSlot(const struct mspan *s, uint32_t i, uintptr_t addr)
{
	if (i >= s->nelems || (slotAddr(s, i) == addr && i >= s->zeroedFrom))
		badFree(addr, "was never allocated");
	if (slotAddr(s, i) == addr && bitIsSet(s->allocBits, i))
		badFree(addr, "was freed before, or was never allocated"); /* in a run */
	if (slotAddr(s, i) == addr)
		badFree(addr, "was freed before");
	throwf("invalid pointer given to gort_free",
		"gort_free: %p points into the middle of an object of %lu bytes at %p",
		(void *)addr, (unsigned long)s->elemsize, (void *)slotAddr(s, i));
}

/* What is being marked may be on somebody's queue: it is left to the sweeper. */
static bool
marking(void)
{
	return COLLECTS && unlikely(load_rlx(&gcphase) == GCmark);
}

static void
freeTiny(struct mspan *s, uint32_t i, uintptr_t addr, struct mcache *c)
{
	struct tinyblock *b = &s->tiny[i];
	uint32_t bit = (uint32_t)1 << (addr - slotAddr(s, i));
	if (!(load_acq(&b->starts) & bit))
		badFree(addr, "points into the middle of an object of at most 4 bytes");
	struct specials *specials = load_acq(&s->specials);
	if (unlikely(specials != NULL))
		specials->drop(s, addr, objectSize((void *)addr));
	if (marking())
		return;
	uint32_t f = fetch_or(&b->freed, bit);
	if (f & bit)
		badFree(addr, "was freed before");
	uint32_t open = load_seq(&s->tinyopen), gen = f >> TINY_GENSHIFT;
	if (i >= open >> 16 && i < (open & 0xffff))
		return; /* the owner looks when it closes the block */
	for (;;) {
		f = load_acq(&b->freed);
		if (f >> TINY_GENSHIFT != gen || (f & 0xffff) != load_acq(&b->starts) ||
			f & TINY_CLAIMED)
			return;
		if (cas(&b->freed, f, f | TINY_CLAIMED)) {
			freeSlot(s, i, c);
			return;
		}
	}
}

void
gcfree(void *p)
{
	uintptr_t addr = (uintptr_t)p;
	if (addr == 0 || addr == (uintptr_t)&zerobase)
		return;
	struct mspan *s = spanOf(addr);
	if (unlikely(s == NULL))
		badFreeOutside(addr);
	struct mcache *c = getmcache();
	uint32_t i = objIndex(s, addr);
	if (unlikely(i >= s->nelems || !bitIsSet(s->allocBits, i) || slotInRun(s, i)))
		badFreeSlot(s, i, addr);
	if (spanKind(s) == SPAN_TINY) {
		freeTiny(s, i, addr, c);
		return;
	}
	if (unlikely(slotAddr(s, i) != addr))
		badFreeSlot(s, i, addr);
	struct specials *specials = load_acq(&s->specials);
	if (unlikely(specials != NULL))
		specials->drop(s, addr, s->elemsize);
	if (marking())
		return;
	if (spanSizeclass(s) != 0) {
		freeSlot(s, i, c);
		return;
	}
	if (COLLECTS && unlikely(!spanSwept(s))) {
		sweepWait(s, addr);
		if (spanOf(addr) != s)
			badFree(addr, "was freed before");
	}
#if GORT_HARD
	__builtin_memset((void *)s->base, 0xdb, s->elemsize);
#endif
	if (!(fetch_and(&s->allocBits[0], ~(uint64_t)1) & 1))
		badFree(addr, "was freed before");
	store_rlx(&c->largefree, c->largefree + s->elemsize);
	store_rlx(&c->nlargefree, c->nlargefree + 1);
	liveAdd(c, -(intptr_t)s->elemsize);
	mheap_freeSpan(s);
}
