/* collect.h: between the files of the collector.                                     room: gc */
#ifndef GORT_GC_HOSTED_COLLECT_H
#define GORT_GC_HOSTED_COLLECT_H

#include "gc/internal.h"
#include "mem/span.h"

/* A thread that marks. */
struct marker {
	struct gcwork *work;
	uintptr_t lo, size; /* all of the heap lies in there */
	uint64_t bytes;     /* marked by it */
	uint64_t stacks;    /* bytes of stacks that it has read */
	struct g *self;     /* the collector's goroutine, on whose g0 this runs */
};

/* ---- mark.c ------------------------------------------------------------------------------- */

/* What the words from lo to hi point to lives. lo is a multiple of 8. */
void markRange(struct marker *mk, uintptr_t lo, uintptr_t hi);
/* The same for stacks and registers: one past the end of an object counts even where another begins. */
void markStackRange(struct marker *mk, uintptr_t lo, uintptr_t hi);
void markAddress(struct marker *mk, uintptr_t addr);
void markDrain(struct marker *mk);
bool isMarked(uintptr_t addr); /* is there an object, and does it live? */

/* ---- roots.c, scanstack.c ----------------------------------------------------------------- */

void markRoots(struct marker *mk); /* world stopped */
void scanGoroutines(struct marker *mk);

/* ---- pacer.c ------------------------------------------------------------------------------ */

/* After a mark that found live bytes and has read so many of stacks and variables: when the next cycle
 * starts. World stopped. */
void pacerMarked(uint64_t live, uint64_t roots);
void pacerTimes(int64_t start); /* before that */
void pacerPercentChanged(void); /* world stopped */
uint64_t pacerGoal(void);       /* the heap size at which the next cycle is due */

/* ---- trace.c ------------------------------------------------------------------------------ */

/* What gctrace prints of a cycle; times are nanotime's. */
struct cycletimes {
	int64_t start, stopped, marked, end;
	uint64_t heapBefore, heapAfter, live, goal, stacks, globals;
	int32_t procs;
	bool forced;
};
void gctracePrint(uint64_t n, const struct cycletimes *t);

#endif
