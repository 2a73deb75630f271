/* internal.h: between the files of this room.                                        room: gc */
#ifndef GORT_GC_INTERNAL_H
#define GORT_GC_INTERNAL_H

#ifndef GORT_GC_IMPL
#	error "gc/internal.h is private to src/gc: include gc/gc.h"
#endif

#include "core/upcalls.h"
#include "gc/gc.h"

/* A goroutine of this room that parks between its turns. parked is 1 exactly while it waits:
 * set by the park's commit, after its registers are saved; whoever takes it from 1 to 0 by CAS
 * wakes it. A wake-up that comes while it is not parked is not lost: gcforce asks again. */
struct bgworker {
	uint32_t parked; /* atomic */
	struct g *g;     /* written once, before the first park */
};
extern struct bgworker sweeper, scavenger, forcer;

/* Called with inrt 0, as goroutines start; from here on it is 1. */
void workerInit(struct bgworker *w);
void workerPark(struct bgworker *w, int reason);
bool workerWake(struct bgworker *w); /* false: it was not parked */

void gcworkGlobalInit(void);
extern int64_t lastcycle; /* atomic: nanotime of the last cycle's end */
void bgsweep(void *arg);
void bgscavenge(void *arg);
/* sysmon: is there something to do at `now`? */
bool sweepDue(void);
bool scavengeDue(int64_t now);
int64_t scavengeNext(void); /* 0: nothing planned */

/* What gcenable was given. */
extern void (*startedfn)(void *);
extern void *startedarg;

#endif
