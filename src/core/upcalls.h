/* upcalls.h: what a low room needs from a higher one. This list is closed.            room: core
 *
 * Rooms include only downward; these are the exceptions, each with its implementer. Adding a
 * line is a change of architecture and needs a line in docs/layers.md.
 */
#ifndef GORT_CORE_UPCALLS_H
#define GORT_CORE_UPCALLS_H

#include "core/types.h"

struct g;
struct m;
struct p;

/* any -> lang (lang/panic.c): a Go panic of the program's, on the calling goroutine.
 * panicPlain's value is a runtime.Error that prints without the "runtime error: " prefix
 * (close of nil channel); panicError prefixes it; panicString is panic("..."). */
_Noreturn void panicPlain(const char *msg);
_Noreturn void panicError(const char *msg);
_Noreturn void panicmem(void); /* a nil dereference */
_Noreturn void panicString(const char *msg);
/* A fault at an address that SetPanicOnFault has made a panic. */
_Noreturn void panicFault(uintptr_t addr);
/* panic(v). inrt == 0; the three above lower it themselves. */
struct eface;
_Noreturn void gopanic(struct eface v);

/* arch -> lang (lang/hosted/unwind.c): what the frame of trycall needs of the unwinder. record: as
 * trycall was given it; exception: a struct _Unwind_Exception. Hosted only. */
int tryPersonality(int version, int actions, uint64_t class, void *exception, void *context);
void tryForget(void *record);
_Noreturn void tryRethrow(void *exception);

/* arch -> sched (sched/signal.c): a fault, on the goroutine that faulted. */
_Noreturn void sigpanic(void);

/* arch -> sched (sched/newproc.c): the first C function of every goroutine, called by the assembly
 * that its first switch lands in (gostart). Does not return. */
void goroutineEntry(void);

/* sched -> boot (boot/hosted/library.c): a thread of the program's own wants the runtime, which
 * does not run yet. Returns when goroutines run. Called without a g. */
void libraryStart(void);

/* arch -> sched (sched/split/morestack.c): gp needs a stack that it does not have yet, or has none that is
 * large enough. frame: what morestack.S pushed. Runs on g0; returns with the stack, or the process
 * ends. Split flavour only. */
void morestackSlow(struct g *gp, const uintptr_t *frame);
/* The same: memory for alloca in the function whose stack pointer is sp. */
void *morestackAlloca(uintptr_t n, uintptr_t sp);

/* gc, mem -> sched (sched/stw.c): the world. Filled by schedinit before the first collection;
 * tests of mem and gc fill it with a fake. Callers run on g0 or a goroutine, never in a handler. */
struct world_ops {
	bool (*stop)(void); /* returns with every P stopped; false: but not every thread */
	void (*start)(void);
	void (*forEachP)(void (*fn)(struct p *)); /* once a P, at a safe point, world running */
	void (*ready)(struct g *);
	void (*park)(bool (*commit)(struct g *, void *), void *arg, int waitReason);
	void (*yield)(void); /* inrt == 1: others go first */
	void (*spawn)(void (*fn)(void *), void *arg, const char *name); /* a system goroutine */
	void (*wakep)(int64_t when);  /* event: a timer earlier than the poller's deadline exists */
	struct g *(*gAt)(uint32_t i); /* i < nallgs; its slot holds a G, or a dead one */
	void (*block)(void (*fn)(void *), void *arg); /* fn(arg), announced as a long call */
	/* World stopped: up to n idle threads, which have no P, call fn with numbers from 1 on. Returns
	 * how many; helped waits until all have returned. */
	int32_t (*help)(int32_t n, void (*fn)(int32_t number, void *arg), void *arg);
	void (*helped)(void);
	/* World running: returns when every goroutine has been inside the runtime since the call, and so
	 * reads anew what it may have read before. False: it took longer than ns. */
	bool (*ragged)(int64_t ns);
};
extern struct world_ops world;

/* mem -> gc (gc/gc.c): the heap passed its trigger. NULL until gcenable. May be called with
 * inrt > 0; does not park. */
extern void (*gc_trigger)(void);

/* mem -> gc (gc/finalizer.c): finalizers or cleanups are due. NULL until there is somebody to run
 * them. Called by whoever swept, inrt > 0, no lock held; does not park. */
extern void (*specials_queued)(void);

/* base -> prof (prof/traceback.c): print stacks after a fatal message. NULL early in boot: then
 * only the message appears. pc, sp, fp: where the failure was, 0 for the caller.
 * all: every goroutine, not just the current one. Runs with the process dying; takes no lock. */
extern void (*crash_report)(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all);

/* any -> prof: events of interest to profiles and traces. Each NULL by default; prof installs
 * them. Called with inrt > 0; must not block, allocate or take a lock above rank "leaf". */
struct rt_events {
	void (*go_create)(struct g *newg, struct g *parent);
	void (*go_park)(struct g *, int waitReason);
	void (*go_ready)(struct g *);
};
extern struct rt_events rt_events;

#endif
