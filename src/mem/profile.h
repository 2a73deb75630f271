/* profile.h: which objects were allocated where: samples for heap profiles.          room: mem
 *
 * profile.c has the theory. A program in which nobody asks for samples does not link it: the allocator
 * calls it through memprofile.
 */
#ifndef GORT_MEM_PROFILE_H
#define GORT_MEM_PROFILE_H

#include "mem/mem.h"

struct mcache;

/* All called with inrt > 0; NULL: nothing is sampled. */
struct memprofile {
	/* c's owner is about to take memory by the slow way: has the rate changed? */
	void (*look)(struct mcache *c);
	/* A run of n slots of size bytes was found: how many of them to take now, at least 1. */
	uint32_t (*cut)(struct mcache *c, uint32_t spc, uint32_t n, uintptr_t size);
	bool (*large)(struct mcache *c, uintptr_t size); /* is this large object a sample? */
	void (*sample)(uintptr_t obj, uintptr_t size);   /* an object that is one */
	void (*ended)(void *const *word);                /* a sample's record ends */
	void (*nextCycle)(void);                         /* marked; world stopped */
	void (*flush)(void);                             /* the same, the world runs again */
	void (*swept)(void);                             /* all of it was swept */
};
/* Written while no other thread allocates, at the latest by the first that the program starts. */
#if GORT_FREESTANDING
#	define memprofile ((const struct memprofile *)NULL)
#else
extern const struct memprofile *memprofile;
#endif

/* One sample each *rate bytes on average, 1: each object, 0 or less: none. The program may change *rate at
 * any time: a cache finds that out when it next takes memory by the slow way. callers: the stack of the
 * calling goroutine, innermost first, at most n; returns how many. */
void memprofStart(const intgo *rate, uint32_t (*callers)(uintptr_t *pcs, uint32_t n));

/* More than Go shows: who reads takes the runtime's own off. */
#define MEMPROF_DEPTH 40

struct memrecord {
	uint64_t allocs, frees, allocBytes, freeBytes;
	const uintptr_t *pcs; /* constant, for ever */
	uint32_t npcs;
};
/* What was sampled up to the last mark but one, or if there was none so far. Calls visit for each place and
 * size, under a lock: it allocates nothing. zero: also where nothing is in use. inrt > 0. */
void memprofRead(bool zero, void (*visit)(void *arg, const struct memrecord *r), void *arg);

#endif
