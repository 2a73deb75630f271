/* gc.h: the collector's place in the boot order. Overview of the room.               room: gc
 *
 * gcinit builds the pacer's state and the per-P work queues; gcenable starts the background
 * sweeper and scavenger and waits for both. Where threads cannot be stopped by signals, without libc, and
 * with GODEBUG=gccollect=0 nothing is collected: objects live until gcfree, and a cycle is
 * what comes behind a mark: a *release cycle* gives spans without objects back to the page heap and
 * lets the scavenger give free pages back to the kernel.
 *
 *   gc.c        boot, pacer state, the release cycle, the forced-cycle helper, sysmon's hook
 *   sweep.c     bgsweep: empty spans to the page heap
 *   scavenge.c  bgscavenge: free pages to the kernel, by pace and by GOMEMLIMIT
 *   work.c      work buffers: the queue of objects to scan that each P will have
 *   barrier.h           what the program overwrites while it is marked
 *   hosted/cycle.c      a collection from its start to its end, and who asks for one
 *   hosted/barrier.c    why nothing is lost then, in Go programs
 *   hosted/track.c      the same, as soon as there is C code
 *   hosted/concurrent.c who marks then, and for how long
 *   hosted/pacer.c      when the next one is due
 *   hosted/team.c       the threads that mark together
 *   hosted/mark*.c      finding objects, marking, reading them
 *   hosted/roots.c      memory outside the heap that points into it
 *   hosted/scanstack.c  stacks and registers
 *   hosted/trace.c      gctrace
 *   finalizer.c the goroutines that call finalizers and cleanups
 *   freestanding/       says that there is none of this
 *
 * The goroutines of this room park between their turns. sysmon calls gcforce every round;
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
/* The runtime's own init task starts it: forced cycles, or all collections. */
void forcegchelper(void *arg);
/* sysmon, every round, without a P: wakes the helpers that have work. Cheap when there is none. */
void gcforce(void);
/* nanotime when gcforce will next have something to do, 0 if that is not known. */
int64_t gcNextWake(void);
/* One release cycle, now: returns the bytes that went back to the page heap. inrt > 0. */
uintptr_t gcReleaseCycle(void);

struct gcpacer {
	int32_t gcPercent; /* changes with the world stopped; atomic */
	int64_t memoryLimit;
	uint64_t heapMinimum; /* 4 MiB * GOGC / 100; UINT64_MAX if GOGC=off */
	uint64_t trigger;     /* heapInuse at which a cycle starts; atomic */
	bool enabled;         /* gcenable has run */
};
extern struct gcpacer gcpacer;
extern struct {
	uint32_t enabled;
} writeBarrier; /* the flag that compiled Go code tests */

enum { GC_PAUSES = 256 };

/* Atomic; read by tests and traces. */
extern struct gcstats {
	uint64_t cycles;    /* release cycles */
	uint64_t forced;    /* of them, because the last was two minutes ago */
	uint64_t triggered; /* of them, because the heap passed its trigger */
	/* Collections; world stopped, except the first. Read at any time. */
	uint64_t collections;
	uint64_t asked;   /* of them, because somebody asked */
	uint64_t refused; /* not done because a thread could not be stopped; atomic */
	uint64_t pauseTotal, pauseMax;
	int64_t lastEnd;     /* wall clock, ns since 1970; 0: none yet */
	uint64_t globals;    /* bytes of variables that the last one has read */
	uint64_t checked;    /* objects that GODEBUG=gccheckmark has found marked; atomic */
	uint64_t concurrent; /* collections during which the program ran */
	uint64_t raggedLate; /* that were to be, but somebody did not come to the runtime in time */
	uint64_t cpu;        /* ns of all processors together that collections have taken */
	uint64_t pause[GC_PAUSES],
		pauseEnd[GC_PAUSES]; /* by number modulo GC_PAUSES, the first is 0 */
	uint64_t sweptPages;
	uint64_t scavengedBytes;
} gcstats;

/* How old the last cycle may get: two minutes. Tests shorten it. Atomic. */
extern int64_t forcegcperiod;

/* ---- hosted/: collections ------------------------------------------------------------------ */

/* It can be done, and GODEBUG=gccollect=0 does not forbid it. Written by gcinit, then constant. */
#if GORT_FREESTANDING
#	define gccollects             false
#	define gcCollectorMain()      ((void)0)
#	define gcForceCycle()         false
#	define gcStall()              ((void)0)
#	define gcRootAt(addr, lo, hi) ((void)(lo), (void)(hi), false)
#	define gcPauses               ((const struct timehist *)NULL)
#else
extern bool gccollects;
extern const struct timehist *const gcPauses; /* each stop by itself; the collector adds */
_Noreturn void gcCollectorMain(void);         /* the collector's goroutine, inrt 0 */
/* m->gcstall was set: parks until the collection that the heap has asked for is over. inrt == 1. */
void gcStall(void);
bool gcUnderWay(void);   /* a collection has begun and is not over */
void gcWaitEnd(void);    /* parks until there is none; on a goroutine, inrt == 1 */
bool gcForceCycle(void); /* sysmon: the last one is old. False: nothing is wanted */
/* A handler's: is addr in what gcRootAdd was told, and the collector at work? From *lo to *hi. */
bool gcRootAt(uintptr_t addr, uintptr_t *lo, uintptr_t *hi);
#endif
/* A whole collection that begins after the call, sweep included. On a goroutine, inrt == 1; parks.
 * Without gccollects: a release cycle. */
void gcCollect(void);
void gcCollectorInit(void);   /* gcinit */
void gcCollectorEnable(void); /* gcenable */
/* percent < 0: no collection by the size of the heap. Returns what was. World stopped. */
int32_t gcSetPercent(int32_t percent);

/* Marking goes on while the program runs. Changes with the world stopped; atomic. The scheduler asks. */
#if GORT_FREESTANDING
#	define gcmarking         0u
#	define gcMarkShareDue()  false
#	define gcMarkShare(pp)   ((void)(pp), false)
#	define gcMarkWorkFor(pp) ((void)(pp), false)
#	define gcMarkIdle(pp)    ((void)(pp))
#else
extern uint32_t gcmarking;
/* The collector has had less than its quarter of the processors so far. */
bool gcMarkShareDue(void);
/* g0: marks for that, on pp, until somebody wants pp. False: it was not due, or there was nothing. */
bool gcMarkShare(struct p *pp);
bool gcMarkWorkFor(struct p *pp); /* is there something to mark? */
void gcMarkIdle(struct p *pp);    /* g0: pp has nothing to run: marks for a moment */
/* All code that stores pointers into the heap goes by the barrier: the program may run while it is marked.
 * flag: what compiled stores test. The boot, before the first goroutine of the program's. */
void gcPureGo(uint32_t *flag);
#endif

/* The bytes from p hold pointers into the heap. False: no memory to remember it. */
bool gcRootAdd(uintptr_t p, uintptr_t n);
bool gcRootRemove(uintptr_t p); /* false: was not added */
/* Called with the world stopped, before the mark: sync's pools. NULL: nothing to do. */
extern void (*gcPoolCleanup)(void);

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
