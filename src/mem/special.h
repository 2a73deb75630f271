/* special.h: records beside objects: finalizers, cleanups, weak handles.              room: mem
 *
 * For the doors, which make them, and for the collector. special.c has the theory.
 */
#ifndef GORT_MEM_SPECIAL_H
#define GORT_MEM_SPECIAL_H

#include "mem/mem.h"

enum specialkind {
	SPECIAL_WEAK,      /* word[0]: the handle, which reads 0 from then on; one an address */
	SPECIAL_FINALIZER, /* one an address */
	SPECIAL_CLEANUP,
	SPECIAL_SAMPLE, /* word[0]: profile.c's; nothing is called */
};

/* What is to be called for the object at addr, once it is dead. */
struct specialcall {
	void (*run)(uintptr_t addr, void *const *word); /* on a goroutine, inrt == 1 */
	void *word[3];                                  /* kept alive; run's */
};

struct special {
	struct special *next; /* lock of the span's records; in the queue: of the queue */
	/* Constant. */
	uintptr_t addr; /* as the program gave it: perhaps inside the object */
	uint64_t id;    /* of a cleanup: never given twice */
	uint32_t kind;
	struct specialcall call;
};

struct mspan;

enum specialplace {
	PLACE_NONE,   /* in no object of the heap */
	PLACE_ZERO,   /* an object of size 0: it lives for ever */
	PLACE_START,  /* an object starts there */
	PLACE_INSIDE, /* behind its start */
};
enum specialplace specialPlace(uintptr_t addr);

/* addr lies in an object that somebody holds. Callers have inrt > 0 and no lock above ITAB. */
bool specialSetFinalizer(uintptr_t addr, const struct specialcall *call); /* false: has one */
bool specialRemoveFinalizer(uintptr_t addr);                              /* false: had none */
uint64_t specialAddCleanup(uintptr_t addr, const struct specialcall *call);
bool specialStopCleanup(uintptr_t addr, uint64_t id); /* false: it runs, or has been stopped */
void specialAddSample(uintptr_t addr, void *place);
/* addr's handle: an object without pointers of its own, the same as long as addr's object lives. */
uintptr_t *specialWeakHandle(uintptr_t addr); /* also for objects of size 0 */
/* The address that a handle was made for; 0: its object is dead. */
uintptr_t weakLoad(uintptr_t *handle);

/* span->specials begins so. What malloc.c and mheap.c need of special.c goes through it: a program
 * without records does not link that. */
struct specials {
	/* gcfree: the object of size bytes at addr ends; its records with it, nothing is called. */
	void (*drop)(struct mspan *s, uintptr_t addr, uintptr_t size);
	/* s, which holds no object, is freed. */
	void (*fini)(struct mspan *s);
};

/* ---- for the collector -------------------------------------------------------------------- */

/* What it has to mark because of records. Any of the functions may be called more than once for
 * an address. */
struct specialvisitor {
	/* addr may point to an object, which lives. */
	void (*pointer)(void *arg, uintptr_t addr);
	/* What the object at obj points to lives; that it lives itself does not follow. */
	void (*content)(void *arg, struct mspan *s, uintptr_t obj);
	void *arg;
};
/* World stopped. specialsMarkBegin, then specialsMark by as many threads as like: they share the work, and
 * it is done when all have returned. */
void specialsMarkBegin(void);
void specialsMark(const struct specialvisitor *v);

/* The mark is over and s is about to be swept; the caller is the only one who may sweep it. Objects with
 * finalizers that are not marked are marked now; what is due for those and for the dead is queued. */
void specialsSweep(struct mspan *s);

/* ---- the queue ------------------------------------------------------------------------------ */

/* The call that has waited longest, of kind SPECIAL_FINALIZER or SPECIAL_CLEANUP. *addr: its object,
 * which a finalizer keeps. False: none waits. */
bool specialTake(enum specialkind kind, struct specialcall *call, uintptr_t *addr);
bool specialWaits(enum specialkind kind);

#endif
