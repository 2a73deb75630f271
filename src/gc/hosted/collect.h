/* collect.h: between the files of the collector.                                     room: gc */
#ifndef GORT_GC_HOSTED_COLLECT_H
#define GORT_GC_HOSTED_COLLECT_H

#include "gc/internal.h"
#include "mem/span.h"

enum { AHEAD = 16, FOUND = 16 };

/* On the queue: not an object but a page that was written. */
#define PAGE_ITEM ((uintptr_t)1 << 63)

struct marksum {
	uint64_t bytes;   /* marked */
	uint64_t stacks;  /* bytes of stacks read */
	uint64_t globals; /* bytes of variables */
};

/* A thread that marks. */
struct marker {
	struct gcwork *work;
	struct heapArena **const *arenas;
	uintptr_t lo, size;   /* all of the heap lies in there */
	uintptr_t arena;      /* the arena that the last address was in */
	struct mspan **spans; /* its spans; NULL: there was none yet */
	bool alone;           /* no other thread sets bits */
	struct g *self; /* the collector's goroutine, which left its registers in its sched.sp */
	/* The type of an object that was read lately, and which of its words are pointers. */
	const struct type *type;
	uint64_t mask;
	/* Objects on their way from the queue into the cache: a ring, the oldest at next; 0: none. */
	uintptr_t ahead[AHEAD];
	uint32_t next;
	bool large; /* the heap is too large for the cache: pointers go through the ring */
	/* Pointers into the heap on their way to their mark bits: a ring, the oldest at found. */
	uint32_t found;
	struct {
		struct mspan *span; /* NULL: none */
		uintptr_t addr;
	} way[FOUND];
	/* roots.c: where the ranges that it reads pieces of begin, and how many pieces come before. */
	bool (*ranges)(uint32_t i, uintptr_t *lo, uintptr_t *hi);
	uint32_t range;
	uint64_t pieces;
	struct marksum sum; /* its share */
	/* checkmark.c; NULL: it marks. */
	struct checkmark *check;
	uintptr_t from; /* where what it is reading begins; odd: a stack; 0: a record */
};

/* ---- mark.c ------------------------------------------------------------------------------- */

/* What the words from lo to hi point to lives. lo is a multiple of 8. */
void markRange(struct marker *mk, uintptr_t lo, uintptr_t hi);
/* The same, for memory in which most words are no pointers. */
void markSparse(struct marker *mk, uintptr_t lo, uintptr_t hi);
/* The same for stacks and registers: one past the end of an object counts even where another begins. */
void markStackRange(struct marker *mk, uintptr_t lo, uintptr_t hi);
void markAddress(struct marker *mk, uintptr_t addr);
/* For marker.large. Measured, in a second cache of 1 MiB: trees are marked faster without the ring up to
 * 24 MiB, objects that point anywhere up to 6. */
static inline bool
heapIsLarge(void)
{
	return load_rlx(&heapLive) > (int64_t)(GORT_HARD ? 64 * KiB : 8 * MiB);
}
/* Until its own queue is empty and there was nothing on the list of full buffers. */
void markDrain(struct marker *mk);
bool isMarked(uintptr_t addr); /* is there an object, and does it live? */

/* At most about bytes of objects, until nothing is left or somebody else wants pp. The objects on the way
 * are on mk's queue again. World running. */
void markSome(struct marker *mk, struct p *pp, uint64_t bytes, int64_t until);
/* A barrier: what addr points to is marked, and on the queue. */
void shade(struct gcwork *work, uintptr_t addr);

/* ---- team.c ------------------------------------------------------------------------------- */

/* Marks all that is reachable, on this thread and on others that are idle. World stopped, caches flushed;
 * on g0, and self, the goroutine that it is for, has left its registers on its own stack. */
void markTogether(struct marksum *sum, struct g *self);
/* The same, but only the roots: what they point to is marked and on the list. */
void markRootsTogether(struct marksum *sum, struct g *self);
/* The same without roots: what is on the list, and can be reached from there. */
void markRestTogether(struct marksum *sum, struct g *self);
/* All that is reachable once more, by the pages that were written since (trackLastNext). */
void markAgainTogether(struct marksum *sum, struct g *self);
bool teamHungry(void); /* somebody waits for work, and there is none on the list */

/* ---- checkmark.c -------------------------------------------------------------------------- */

/* What can be reached must be marked: throws if it is not. World stopped, after a mark; on g0, as
 * markTogether. stacksCount: nothing has run since the mark began. */
void checkMarks(struct g *self, bool stacksCount);
void checkSlot(struct marker *mk, struct mspan *s, uint32_t i); /* for markword.h */

/* ---- concurrent.c --------------------------------------------------------------------------- */

/* World stopped: the roots are marked, sum says what that was; from here on all Ps mark. */
void concurrentBegin(const struct marksum *sum, struct bgworker *collector);
/* The collector, world running: returns when nothing was left to mark, or almost nothing. */
void concurrentWait(void);
void concurrentQuiet(void);              /* nothing was on the list, and nobody was at it */
void concurrentShare(uint32_t quarters); /* of the processors, from now on */
/* World stopped again: nobody marks any more, queues are on the list. sum is added to. */
void concurrentEnd(struct marksum *sum);
/* gcStall, while marking goes on. False: there is nothing to help with, and too much was allocated. */
bool concurrentAssist(void);
struct marktimes {
	uint64_t share, idle, assist; /* ns of processors */
};
extern struct marktimes marktimes; /* of the last mark; atomic */

/* ---- track.c -------------------------------------------------------------------------------- */

void trackInit(void);   /* gcinit */
bool trackForced(void); /* GODEBUG=gctrack=wp */
/* A mark of live bytes in the heap, and of roots in variables and stacks, is to be done so. */
bool trackWorth(uint64_t live, uint64_t roots);
/* In this order; the collector. World running. False: it cannot be done. */
bool trackBegin(void);
void trackRounds(void); /* world running */
bool trackLast(void);   /* world stopped; false: nothing that was marked counts */
/* Those who mark then, each on its queue: what was written in one arena. False: all are done. */
bool trackLastNext(struct gcwork *work);
bool trackLost(void); /* afterwards: nothing that was marked counts */
void trackEnd(void);  /* world running */
#define TRACK_ROUNDS 5
/* Of the last mark; the collector's. */
extern struct tracktimes {
	int64_t clean; /* ns to begin */
	int64_t look;  /* ns of all threads, to find out what was written last; atomic meanwhile */
	uint32_t rounds;
	uint64_t round[TRACK_ROUNDS], last; /* pages; last: atomic meanwhile */
} tracktimes;

/* ---- markpage.c ----------------------------------------------------------------------------- */

/* The collector, world running: a mark of live bytes begins. */
void seenBegin(uint64_t live);
/* What is read on the page, which a round will read, is to leave traces, if there is room. */
void seenWant(struct heapArena *ha, uintptr_t page);
void seenEnd(struct heapArena *ha); /* nobody marks any more */

/* ---- barrier.c ------------------------------------------------------------------------------ */

#define RAGGED_LONGEST (100 * MS)
extern uint32_t *gcCompiledFlag; /* constant once the program's goroutines run */
bool barrierRaise(void);
void barrierLower(void);

/* ---- roots.c, scanstack.c ----------------------------------------------------------------- */

/* The roots, in jobs: made by one thread, then each taken by whoever comes first. World stopped. */
void rootsPrepare(void);
bool rootsMarkNext(struct marker *mk); /* false: there is no job left */

enum { STACKS_A_JOB = 32 };
void scanGoroutines(struct marker *mk, uint32_t from, uint32_t to);

/* ---- pacer.c ------------------------------------------------------------------------------ */

/* After a mark that found live bytes and has read so many of stacks and variables: when the next cycle
 * starts. World stopped. */
void pacerMarked(uint64_t live, uint64_t roots);
void pacerTimes(uint64_t took, int64_t again); /* before that */
void pacerPercentChanged(void);                /* world stopped */
uint64_t pacerMost(void); /* at which who allocates waits for the end of the mark */
uint64_t pacerGoal(void); /* the heap size at which the next cycle is due */
/* Marking goes on while the program runs, from now on or not: the trigger lies before the goal. */
extern bool pacerConcurrent;
/* How many bytes to mark for n that were allocated, so that marking ends at the goal. marked: so far. */
uint64_t pacerAssist(uint64_t n, uint64_t marked);
void pacerBegun(void); /* world stopped, as marking begins: when to assist from */
/* As it was then; the collector's. */
extern struct pacerwas {
	uint64_t heap, goal, live, roots; /* live, roots: what the mark before has found */
	uint64_t ratio; /* thousandths of a byte to be marked for each that is allocated */
} pacerwas;
void pacerAllocated(uint64_t during); /* world stopped, at its end; before pacerMarked */

/* ---- trace.c ------------------------------------------------------------------------------ */

/* What gctrace prints of a cycle; times are nanotime's. */
struct cycletimes {
	int64_t start, stopped, marked, end;
	int64_t ragged, running,
		again; /* of a concurrent one: the flag went up; the world ran; it stopped */
	struct marktimes mark;
	bool tracked;
	uint64_t heapBefore, heapAfter, live, goal, stacks, globals;
	int32_t procs;
	bool forced;
};
void gctracePrint(uint64_t n, const struct cycletimes *t);
void gcpacertracePrint(const struct cycletimes *t);

#endif
