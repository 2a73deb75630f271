/* gc.h: the collector's place in the boot order. Overview of the room.               room: gc
 *
 * gcinit builds the pacer's state and the per-P work queues; gcenable starts the background
 * sweeper and scavenger and waits for both. Nothing is marked yet: objects live until gcfree.
 * What a cycle does today is the part behind the mark: a *release cycle* gives spans without
 * objects back to the page heap and lets the scavenger give free pages back to the kernel.
 *
 *   gc.c        boot, pacer state, the release cycle, the forced-cycle helper, sysmon's hook
 *   sweep.c     bgsweep: empty spans to the page heap
 *   scavenge.c  bgscavenge: free pages to the kernel, by pace and by GOMEMLIMIT
 *   work.c      work buffers: the queue of objects to scan that each P will have
 *
 * The three goroutines of this room park between their turns. sysmon calls gcforce every round;
 * it wakes those that have something to do. It needs no timer (those live above this room), but
 * when sysmon wants to sleep for long it asks gcNextWake first.
 */
#ifndef GORT_GC_GC_H
#define GORT_GC_GC_H

#include "mem/mem.h"

void gcinit(void);
/* Per-P work queue: created by procresize for a new P. */
void gcworkInit(struct p *pp);
void gcworkDestroy(struct p *pp);
/* Starts bgsweep and bgscavenge; each calls started(arg) when it runs. The caller (boot/main.c)
 * waits for both on a channel: channels live above this room. */
void gcenable(void (*started)(void *), void *arg);
void forcegchelper(void *arg); /* the runtime's own init task starts it */
/* sysmon, every round, without a P: wakes the helpers that have work. Cheap when there is none. */
void gcforce(void);
/* nanotime when gcforce will next have something to do, 0 if that is not known. */
int64_t gcNextWake(void);
/* One release cycle, now: returns the bytes that went back to the page heap. inrt > 0. */
uintptr_t gcReleaseCycle(void);

struct gcpacer {
	int32_t gcPercent;
	int64_t memoryLimit;
	uint64_t heapMinimum; /* 4 MiB * GOGC / 100; UINT64_MAX if GOGC=off */
	uint64_t trigger;     /* heapInuse at which a cycle starts; atomic */
	bool enabled;         /* gcenable has run */
};
extern struct gcpacer gcpacer;
extern struct {
	uint32_t enabled;
} writeBarrier; /* the flag that compiled Go code tests */

/* Atomic; read by tests and traces. */
extern struct gcstats {
	uint64_t cycles;    /* release cycles */
	uint64_t forced;    /* of them, because the last was two minutes ago */
	uint64_t triggered; /* of them, because the heap passed its trigger */
	uint64_t sweptPages;
	uint64_t scavengedBytes;
} gcstats;

/* How old the last cycle may get: two minutes. Tests shorten it. Atomic. */
extern int64_t forcegcperiod;

/* ---- work.c ------------------------------------------------------------------------------- */

/* put and tryGet are the owner P's; what a P cannot use others find on the global list. An
 * object is the address of its first byte, never 0. */
void gcwork_put(struct gcwork *w, uintptr_t obj);
uintptr_t gcwork_tryGet(struct gcwork *w); /* own buffers, then the global list; 0: none */
bool gcwork_empty(const struct gcwork *w); /* of the owner's buffers only */
void gcwork_balance(struct gcwork *w);     /* offers part of what w holds to others */
void gcwork_dispose(struct gcwork *w);     /* everything to the global list */
bool gcworkGlobalEmpty(void);
uint64_t gcworkBuffers(void); /* buffers made so far; they are reused, never freed */

#endif
