/* internal.h: the structures of the allocator.                                       room: mem
 *
 * For the files of this room and for its tests, which define GORT_MEM_IMPL. The theory is in
 * mem.h; each structure's protocol stands in the file that owns it.
 */
#ifndef GORT_MEM_INTERNAL_H
#define GORT_MEM_INTERNAL_H

#ifndef GORT_MEM_IMPL
#	error "mem/internal.h is private to src/mem: include mem/mem.h"
#endif

#include "core/bits.h"
#include "mem/mallocfast.h"
#include "mem/mem.h"
#include "mem/span.h"

/* ---- sizes: msize.c ----------------------------------------------------------------------- */

struct sizeclass {
	uint32_t size;   /* bytes an object; 0 for class 0 */
	uint16_t npages; /* of a span */
	uint16_t nelems; /* objects in it */
	uint32_t divmul; /* offset * divmul >> 32 is offset / size, for offsets inside a span */
};
extern const struct sizeclass sizeclasses[NUM_SIZECLASSES];
void sizeclassesCheck(void);
/* Class of a small size; raw: the object must lie on 16 bytes if it has 16. */
uint32_t sizeToClass(uintptr_t size, bool raw);

static inline uint32_t
makeSpanClass(uint32_t sizeclass, uint32_t kind)
{
	return sizeclass << 2 | kind;
}

/* ---- spans: mspan.c; struct mspan is in span.h ----------------------------------------------- */

/* heap.lock. false: no memory for the bits. */
void mspanInit(struct mspan *s, uintptr_t base, uintptr_t npages, uint32_t spanclass,
	uintptr_t size, bool needzero);
void mspanFini(struct mspan *s);
void mspanMix(struct mspan *s);
/* Side memory: bits, type words. heap.lock. A power of two of at least 64 bytes; not zeroed. */
void *sideAlloc(uintptr_t n);
void sideFree(void *p, uintptr_t n);

/* ---- arenas and pages: arena.c, pagealloc.c ----------------------------------------------- */

/* heap.lock. Makes at least npages more contiguous pages free. false: the kernel refused. */
bool heapGrow(uintptr_t npages);
/* heap.lock: a small span begins at base. The G may be told to touch pages; freshPopulate. */
void freshPages(uintptr_t base, uintptr_t npages);
/* The same for a large object that may hold pointers. */
void freshLarge(const struct mspan *s);
/* The G is told to touch these, if this M can. */
void freshWant(uintptr_t lo, uintptr_t hi);

/* All under heap.lock. */
uintptr_t pagesAlloc(uintptr_t npages, uintptr_t *nscav); /* first fit; 0: no such run */
/* The same; leaf: for objects without pointers. */
uintptr_t pagesAllocCached(uintptr_t npages, bool leaf, uintptr_t *nscav);
void pcacheFlush(void);
void pagesFree(uintptr_t base, uintptr_t npages);
void pagesAddArena(struct heapArena *ha);
void pagesAddMapped(uintptr_t base, uintptr_t n); /* whole chunks, zero and not backed yet */
/* A run of free pages that hold memory, at most max, from high addresses; taken out of the free
 * pages. 0: none. pagesScavenged puts it back. */
uintptr_t pagesTakeDirty(uintptr_t max, uintptr_t *npages);
void pagesScavenged(uintptr_t base, uintptr_t npages);
void pagesVerify(void);

/* ---- stack.c ------------------------------------------------------------------------------ */

/* Split: the word below a new segment, which stackCanaryCheck looks at. */
void stackLowCanary(struct g *gp);

/* ---- mcentral.c --------------------------------------------------------------------------- */

struct mcentral {
	struct mutex lock;
	struct mspan
		*partial;  /* lock, the head atomic: not owned by a cache, at least one free slot */
	uint32_t nempty;   /* atomic hint: spans on the list that lost their last object */
	uint32_t npartial; /* lock */
} aligned_to(CACHE_LINE);

/* A span with a free slot, owned by c from now on. NULL: out of memory. */
struct mspan *mcentral_cacheSpan(uint32_t spc, struct mcache *c);
/* c, its owner, lets go of s. */
void mcentral_uncacheSpan(struct mspan *s);
/* A freer took the first slot out of a full span that nobody owned. */
/* Returns pages that went back to the heap. */
uintptr_t mcentral_relist(struct mspan *s);
/* ---- mcache.c ----------------------------------------------------------------------------- */

/* The next run of spanclass spc; false: out of memory. */
bool mcache_refill(struct mcache *c, uint32_t spc);
/* The run's next slot, which there is, is to hold a t. */
void runType(struct mcache *c, uint32_t spc, const struct type *t);
void freeSlot(struct mspan *s, uint32_t i, struct mcache *c);
void tinyClose(struct mspan *s, struct mcache *c);

#define LIVE_STEP (GORT_HARD ? (intptr_t)1 : (intptr_t)(32 * KiB))
void liveFlush(struct mcache *c);
/* c took slots of n bytes, or gave some back. */
static inline void
liveAdd(struct mcache *c, intptr_t n)
{
	if (!COLLECTS)
		return;
	c->live += n;
	if (unlikely(c->live >= LIVE_STEP || c->live <= -LIVE_STEP))
		liveFlush(c);
}

/* ---- mheap.c ------------------------------------------------------------------------------ */

/* Up to 64 neighbouring pages: pagealloc.c. Bits are relative to base. */
struct pagecache {
	uintptr_t base;
	uint64_t free, scav;
};

struct heapstats {         /* heap.lock */
	uint64_t sys;      /* bytes mapped; also read without the lock: atomic */
	uint64_t inuse;    /* bytes in spans; also read without the lock */
	uint64_t released; /* bytes in free pages without memory */
	uint64_t peak[2];  /* highest inuse of this window and the one before */
	int64_t window;    /* when this one began */
	uint64_t arenas;   /* bytes reserved */
};

struct mheap {
	struct mutex lock;

	/* lock */
	struct heapArena **arenas;   /* by address */
	struct pagesum *arenasum;    /* parallel to arenas */
	struct pagesum *groupsum;    /* of ARENAS_PER_GROUP of them */
	uint32_t narenas, caparenas; /* narenas: also read without the lock; atomic */
	uint32_t hint; /* no free page below chunk number hint (arena pos * 16 + chunk) */
	struct pagecache pcache[2]; /* the second: for objects without pointers */
	struct heapArena *
		stale; /* sum and dirty of its stalechunks, a bit each, are to be made anew; NULL */
	uint32_t stalechunks;
	uintptr_t frontier, frontierend; /* reserved, not mapped yet */
	uintptr_t
		populated; /* below, pages have been touched, or are left to the program: freshPages */
	struct fixalloc spanalloc, cachealloc;
	struct mspan *allspans;
	struct mcache *allcaches;
	void *sidefree[16]; /* by log2 of the size */
	struct heapstats stats;
	uint64_t deadTaken[NUM_SIZECLASSES]; /* what freed mcaches had counted */
	uint64_t deadFreed[NUM_SIZECLASSES];
	uint64_t deadTiny, deadLargeAlloc, deadLargeFree, deadNlargealloc, deadNlargefree;

	uint32_t sweepgen; /* changes only with the world stopped: +2 for each collection */
	/* lock to write, atomic: where sweepone goes on in allspans; NULL: all were begun */
	struct mspan *sweepnext;
	uint32_t nsweeping; /* atomic: spans that somebody is sweeping */
	int64_t peakwindow; /* nanoseconds; how long a peak is remembered: two of these */

	/* atomic */
	struct heapArena **l1[ARENA_L1];
	uint64_t emptybytes; /* hint: in empty spans that wait for mcentral_reclaim */

	struct mcentral central[NUM_SPANCLASSES];
};
extern struct mheap heap;
extern uintptr_t zerobase; /* where objects of size 0 live */

/* NULL: the kernel refused. size: as asked for, for large objects. */
struct mspan *mheap_alloc(uintptr_t npages, uint32_t spanclass, uintptr_t size);
void mheap_freeSpan(struct mspan *s);

void mheapInit(void);
void persistentInit(void);
uint64_t persistentSys(void);
/* Bytes of slots made usable, and of those bound to a G. Address space, not memory. */
void stackStats(uint64_t *sys, uint64_t *inuse);
/* split/stackseg.c, for stack.c */
void stacksegInit(void);
uintptr_t splitReserve(uintptr_t n, bool huge); /* from the right band; 0: none left */
bool splitContains(uintptr_t addr);
void allocaRelease(struct g *gp);                /* split/alloca.c: gp ends */
void splitStats(uint64_t *sys, uint64_t *inuse); /* adds */
_Noreturn void outOfMemory(uintptr_t n);
/* For its message: the kernel has just refused n bytes. what: "of memory for ...". */
void noteRefused(uintptr_t n, const char *what);
#define REFUSED_SPACE "of address space for the heap (ulimit -v?)"
#define REFUSED_MEMORY                                                                             \
	"of memory for the heap (vm.overcommit_memory, ulimit -v, ulimit -d or a container's "     \
	"limit)"
#define REFUSED_TABLES "for tables of the runtime (ulimit -v?)"
/* Zeroes n bytes, in pieces. */
void memclrChunked(uintptr_t p, uintptr_t n);
extern struct mcache *mcache0; /* of the boot, then of the first P */
struct mcache *newmcache(void);
/* The P's cache, or the boot's before there is a P. */
struct mcache *getmcache(void);

/* ---- mspansweep.c ------------------------------------------------------------------------- */

/* The span is the caller's to sweep, or to free without; false: it is swept, or somebody is at it. */
static inline bool
spanClaim(struct mspan *s)
{
	uint32_t due = heap.sweepgen - 2;
	return load_acq(&s->sweepgen) == due && cas(&s->sweepgen, due, due + 1);
}

/* The same for who will call spanSweep, which is counted from here on: nobody says meanwhile that all is
 * swept. */
static inline bool
spanClaimToSweep(struct mspan *s)
{
	if (load_acq(&s->sweepgen) != heap.sweepgen - 2)
		return false;
	xadd(&heap.nsweeping, 1u);
	if (spanClaim(s))
		return true;
	xadd(&heap.nsweeping, -1u);
	return false;
}

static inline bool
spanSwept(const struct mspan *s)
{
	return !COLLECTS || load_acq(&s->sweepgen) == heap.sweepgen;
}

/* May whoever found s empty free it? Not under the hands of a sweeper. */
static inline bool
spanMayFree(struct mspan *s)
{
	return spanSwept(s) || spanClaim(s);
}

/* s is claimed by spanClaimToSweep. Returns the pages that went back to the heap. */
uintptr_t spanSweep(struct mspan *s);
/* addr's object, a large one, is about to be freed by hand: nobody is sweeping s from here on; or it is
 * not addr's any more. */
void sweepWait(struct mspan *s, uintptr_t addr);
/* Sweeps until npages or more are free, or nothing is left. */
void sweepForPages(uintptr_t npages);

#endif
