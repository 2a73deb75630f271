/* mem.h: memory, from the kernel's pages to objects and stacks. Overview of the room. room: mem
 *
 * The cast
 *   page     8 KiB (PAGE_SIZE here; the kernel's are "OS pages").
 *   arena    64 MiB of address space, 64 MiB aligned; arenaOf(addr) finds its struct heapArena,
 *            which maps each page to its span.
 *   mspan    a run of pages: objects of one size class, or one large object, or stack slots.
 *   spanclass  size class << 2 | kind; kind is how the collector reads the objects:
 *            conservative (every word may be a pointer: C's default), noscan (no pointers),
 *            typed (by a descriptor, which the span has: slotType).
 *   run      a maximal sequence of free slots of a span, zeroed when taken: mcache bumps through
 *            it, so the fast path is an add and a compare.
 *
 * Allocating a small object proceeds up a ladder:
 *   1. mcache (per P, no lock): bump in the current run of the span class.
 *   2. mcache refill: the span's next run; else a span from
 *   3. mcentral (per span class, its own lock): a span with free slots; else
 *   4. mheap (heap.lock): pages for a new span; else
 *   5. the kernel: a new arena.
 * Large objects (over 32 KiB) go to 4 directly.
 *
 * Mark bits, allocation bits and type words lie outside the pages they describe, so that
 * allocating, freeing and collecting do not dirty pages that hold objects.
 */
#ifndef GORT_MEM_MEM_H
#define GORT_MEM_MEM_H

#include "base/base.h"
#include "core/runtime2.h"

#define PAGE_SHIFT      13
#define PAGE_SIZE       ((uintptr_t)1 << PAGE_SHIFT)
#define ARENA_SHIFT     26
#define ARENA_SIZE      ((uintptr_t)1 << ARENA_SHIFT)
#define MAX_SMALL_SIZE  ((uintptr_t)32768)
#define NUM_SIZECLASSES 68

/* SPAN_TINY: blocks of 16 bytes that several noscan objects share. */
/* The odd ones hold no pointers. */
enum spankind { SPAN_CONSERVATIVE, SPAN_NOSCAN, SPAN_TYPED, SPAN_TINY, SPAN_KINDS };

/* The collector's phase. While it is not GCoff every object is born marked: the mark bits are
 * set when a cache takes a run, before malloc returns any of it. World stopped. */
enum gcphase { GCoff, GCmark, GCmarktermination };
extern uint32_t gcphase;

/* Is there a collector? Not yet where there is no libc: mem/mspansweep.c and its callers leave nothing of
 * themselves there. */
#define COLLECTS (!GORT_FREESTANDING)

/* ---- objects: malloc.c -------------------------------------------------------------------- */

void mallocinit(void); /* after this mallocgc works on m0's mcache */

/* Zeroed (unless !needzero and noscan) memory, aligned to 8, without a descriptor to 16 from 16
 * bytes up, and for powers of two to their size, up to PAGE_SIZE. Noscan objects of up to 4 bytes
 * are aligned as the lowest bit of their size asks. size 0: a shared non-NULL address.
 * Throws "out of memory" when the kernel refuses or the size is beyond the address space.
 * Caller is a goroutine or g0 with a P (or boot), with inrt > 0. May trigger a collection. */
void *mallocgc(uintptr_t size, const struct type *typ, bool needzero); /* typ NULL: noscan */
void *mallocConservative(uintptr_t size);
void *mallocNoscan(uintptr_t size, bool zero);
void *mallocTyped(uintptr_t size, const struct type *typ); /* array of typ if size > typ->size */
/* Gives an object back early. NULL is fine. Not the start of a live object: fatal, named. */
void gcfree(void *p);
/* When heapInuse passes this, gc_trigger is called; UINT64_MAX: never. Atomic. */
extern uint64_t heapTrigger;
/* Bytes in objects that the last mark found, and in slots that were taken since, less what was freed
 * by hand: what the pacer goes by. Each cache adds what it has taken now and then, so it may be LIVE_STEP
 * less for each P. Atomic. liveTrigger: as heapTrigger, for it. */
extern int64_t heapLive;
extern int64_t liveTrigger;
/* Bytes that the collector holds beside its tables while it marks (gc/hosted/markpage.c). Atomic. */
#if GORT_FREESTANDING
static const uint64_t markSys;
#else
extern uint64_t markSys;
#endif
/* What to ask for instead of n at no cost: the size of the slot that n bytes take. */
uintptr_t roundupsize(uintptr_t n);

/* ---- what the collector and the curious ask: mspan.c, arena.c ----------------------------- */

struct mspan;
struct mspan *spanOf(uintptr_t addr); /* NULL: not in a heap span */
/* The object that addr points into; if there is none, the one that addr is one past the end of;
 * 0 if none. (A collector marks both: mspan.c.) A tiny object's block counts as the object. */
uintptr_t findObject(uintptr_t addr, struct mspan **span, uintptr_t *index);
uintptr_t objectSize(void *p); /* usable size of an object's slot; 0: not ours */

/* Per-P caches. */
struct mcache *allocmcache(void);
void freemcache(struct mcache *c);
void mcacheFlush(struct mcache *c); /* spans back to mcentral; owner P or world stopped */

/* ---- sweeping: mspansweep.c ------------------------------------------------------------------- */

/* All caches give back what they have; from here on "bit set" means "object". World stopped. */
void mheap_flushCaches(void);
/* The mark is done, mark bits say what lives: from here on every span has to be swept. World
 * stopped, caches flushed, everything swept since the last time. live: bytes marked. */
void mheap_startSweep(uint64_t live);
/* The mark is given up: no object is marked. World stopped. */
void mheap_clearMarks(void);
/* The i-th arena by address; NULL: there are no more. */
struct heapArena *mheap_arena(uint32_t i);
/* Sweeps a span. False: there is none left to begin with. *pages: given back by it. A P is held. */
bool sweepone(uintptr_t *pages);
/* Sweeps what is left, and waits for those who are at it. */
void sweepAll(void);
bool sweepDone(void); /* nothing is left, or being swept */

/* ---- stacks: stack.c ---------------------------------------------------------------------- */

#define SLOT_DEFAULT (256 * KiB)
#define SLOT_MIN     (64 * KiB)
#define SLOT_MAX     (1 * GiB)

void stackinit(void); /* pools empty; chooses the guard mechanism; no allocation yet */
/* A slot with room for a stack of at least n bytes (0 or SLOT_DEFAULT: the default slot, whose
 * guard takes a quarter of it) and its g at the top: returns the g with stack bounds and sizedslot
 * set and colour applied; zero otherwise, or, from the pool of a sized order, as its last owner
 * left it, id included. *sp0 is where the first frame goes. NULL: refused; *why says what the
 * kernel refused, in words for a user. Called on g0 with inrt > 0. Never called for a pooled G:
 * free Gs keep their slot. */
struct g *stackalloc(uintptr_t n, uintptr_t *sp0, const char **why);
void stackfree(struct g *gp);     /* slot of a non-default order goes back to its pool */
uintptr_t stackSP0(struct g *gp); /* where the first frame of a reused G goes */
/* Does addr lie in the guard below gp's stack? (the SIGSEGV handler asks) */
bool stackGuardHit(const struct g *gp, uintptr_t addr);
void stackCanaryCheck(const struct g *gp); /* throws if the word below g was overwritten */
uintptr_t stackSize(const struct g *gp);   /* the limit that the overflow message names */
bool stackContains(uintptr_t addr); /* in a slot, its guard included, or on this thread's g0 */
/* Which of gp's stacks addr lies on (split stacks: it has up to three); NULL: on none of them. The
 * one way to ask whose stack an address is on. */
const struct stack *stackOf(const struct g *gp, uintptr_t addr);

/* ---- split stacks: split/stackseg.c, which the plain flavour has not ------------------------ */

/* Goroutines may start on segments: the flavour is split and the program was linked for it. Written
 * by stackinit, then constant. */
#if GORT_SPLIT
extern bool splitstacks;
/* All stacks come from the bands, and goroutines may move; so it is without segments, too. */
extern bool splitreserved;
/* No stack may be larger than n bytes from now on; a slot is the least. */
void stackLimitSet(uintptr_t n);
#else
#	define splitstacks   false
#	define splitreserved false
#endif

#define SEG_ORDERS 5 /* 2 KiB << order */
/* A segment with its g at the top, as stackalloc's slots. NULL: refused; *why as there. On g0. */
struct g *segalloc(uint32_t order, const char **why);
void segfree(struct g *gp);        /* orders above 0 only; a dead G keeps a segment of 2 KiB */
uintptr_t segRoom(uint32_t order); /* what is left of it for frames */
/* gp ends, or nothing of it stands on the stacks that it has moved to: they go back. */
void hopRelease(struct g *gp);
/* Takes from gp the stacks that it has no frame on, as far as there is room to note them. gp is switched out (its
 * sched.sp holds) and nobody can start it: the world is stopped. Several threads. */
void stackShrink(struct g *gp);
/* Gives back what stackShrink has taken; that may take a while. World running. */
void stackShrunk(void);
/* gp gets a stack that it does not have yet and that is large enough, or the process ends. frame: what
 * morestack.S pushed. On g0; no P is needed. */
void stackGrow(struct g *gp, const uintptr_t *frame);
/* The memory of b, a block of gp->allocas, for the collector; the next one, or NULL. */
const struct allocablock *allocaNext(const struct allocablock *b, uintptr_t *lo, uintptr_t *hi);
/* n bytes that stay until the function whose stack pointer is sp returns. */
void *stackAlloca(struct g *gp, uintptr_t n, uintptr_t sp);

/* ---- off-heap: fixalloc.c, persistent.c --------------------------------------------------- */

/* Never freed, zeroed; aligned to 8 unless said (a power of two). Throws when refused. The
 * collector looks for pointers in it, but not in the second kind. */
void *persistentalloc(uintptr_t n, uintptr_t align);
void *persistentallocNoscan(uintptr_t n, uintptr_t align);
/* The i-th stretch of the first kind; false: there are no more. No lock. */
bool persistentRange(uint32_t i, uintptr_t *lo, uintptr_t *hi);

struct fixalloc {
	uintptr_t size;
	void *list;
	uintptr_t chunk, nchunk;
	uint64_t inuse;
};
void fixallocInit(struct fixalloc *f, uintptr_t size);
void *fixallocAlloc(struct fixalloc *f); /* zeroed; under the owner's lock */
void fixallocFree(struct fixalloc *f, void *p);

/* ---- numbers ------------------------------------------------------------------------------ */

/* Sums over the Ps; exact when the world is stopped, otherwise a moment's approximation. */
struct memstats {
	uint64_t heapAlloc;  /* bytes in live (not yet freed) objects */
	uint64_t totalAlloc; /* bytes ever allocated */
	uint64_t mallocs, frees;
	uint64_t tiny;         /* of both, objects in shared blocks: in no bySize */
	uint64_t heapSys;      /* mapped for the heap */
	uint64_t heapInuse;    /* in spans in use */
	uint64_t heapIdle;     /* in free pages */
	uint64_t heapReleased; /* of heapIdle, given back to the kernel */
	uint64_t stackSys, stackInuse;
	uint64_t mcacheInuse, mspanInuse, otherSys;
	uint64_t sys;
	struct {
		uint32_t size;
		uint64_t mallocs, frees;
	} bySize[NUM_SIZECLASSES];
};
void readmemstats(struct memstats *ms);
uint64_t sysBeside(void); /* bytes of the runtime's own, beside heap and stacks */
/* Touches the pages of m->fresh, and empties it. May take milliseconds. No P needed. */
void freshPopulate(void *m);
void lookAtTrigger(void); /* calls gc_trigger if it is time */
void mheap_verify(void);  /* throws on the first inconsistency; world stopped or single thread */

/* Scavenger's work step: gives back up to n bytes of free pages; returns what it did. */
uintptr_t mheap_scavenge(uintptr_t n);
/* Bytes that scavenging should bring back now: what is held beyond a tenth more than the highest
 * use of the last 5 to 10 seconds. */
uintptr_t mheap_scavengeGoal(void);
/* The same beyond a tenth more than the present use: what the goal will be once the peak is
 * forgotten. 0: nothing to wait for. */
uintptr_t mheap_scavengeLater(void);
/* Spans that hold no object any more go back to the page heap. Returns pages. */
uintptr_t mcentral_reclaim(void);
/* Bytes in such spans, about. */
uintptr_t mheap_emptyBytes(void);
uint64_t mheap_inuse(void); /* bytes in spans */
/* All that the heap has is in [*lo, *hi). */
void mheap_bounds(uintptr_t *lo, uintptr_t *hi);
void mheap_self(uintptr_t *lo, uintptr_t *hi); /* where its own struct lies, a variable of ours */
uint64_t mheap_held(void); /* bytes the kernel has given for the heap and not got back */

#endif
