/* gc.c: gcinit, gcenable, release cycles and who starts them.                        room: gc
 *
 * A release cycle runs
 *   - when the heap passes its trigger (gc_trigger, called by the allocator with inrt > 0): the
 *     trigger then moves to twice what is in use, at least heapMinimum;
 *   - when the last one is forcegcperiod old: gcforce, on sysmon, wakes the helper.
 * It does what can be done without marking: spans that gcfree emptied go back to the page heap,
 * and the scavenger looks at the result. Where objects are collected (hosted/cycle.c) that
 * comes instead.
 */
#define GORT_GC_IMPL
#include "gc/finalizer.h"
#include "gc/internal.h"

struct gcpacer gcpacer;
large_bss struct gcstats gcstats;
int64_t forcegcperiod = 120 * SEC;
void (*gc_trigger)(void);

__typeof__(writeBarrier) writeBarrier;

struct bgworker forcer;
void (*startedfn)(void *);
void *startedarg;
int64_t lastcycle;

#define HEAP_MINIMUM (4 * MiB)

void
gcinit(void)
{
	assertWorldStopped();
	gcpacer.gcPercent = envvars.gogc;
	gcpacer.memoryLimit = envvars.gomemlimit;
	gcpacer.heapMinimum =
		envvars.gogc < 0 ? UINT64_MAX : HEAP_MINIMUM * (uint64_t)envvars.gogc / 100;
	store_rlx(&gcpacer.trigger, gcpacer.heapMinimum);
	store_rlx(&lastcycle, nanotime());
	gcworkGlobalInit();
	gcCollectorInit();
	finalizersRun = gccollects;

	char limit[32];
	if (gcpacer.memoryLimit == INT64_MAX)
		rtsnprintf(limit, sizeof limit, "none");
	else
		rtsnprintf(limit, sizeof limit, "%lu MiB",
			(unsigned long)((uint64_t)gcpacer.memoryLimit / MiB));
	const char *collects = gccollects ? "" : ", nothing is collected";
	if (gcpacer.gcPercent < 0)
		bootResult("GOGC=off, memory limit %s%s", limit, collects);
	else
		bootResult("GOGC=%d, first trigger at %lu KiB, memory limit %s%s",
			gcpacer.gcPercent, (unsigned long)(gcpacer.trigger / KiB), limit, collects);
}

/* ---- cycles ------------------------------------------------------------------------------- */

uintptr_t
gcReleaseCycle(void)
{
	uintptr_t pages = mcentral_reclaim();
	xadd(&gcstats.sweptPages, (uint64_t)pages);
	xadd(&gcstats.cycles, (uint64_t)1);
	store_rlx(&lastcycle, nanotime());
	return pages * PAGE_SIZE;
}

/* The allocator passed heapTrigger. Many Ps may come at once: who moves the trigger does it. */
static void
heapPassedTrigger(void)
{
	uint64_t old = load_rlx(&heapTrigger), inuse = mheap_inuse();
	if (old == UINT64_MAX || inuse < old)
		return;
	uint64_t next = inuse * 2 > gcpacer.heapMinimum ? inuse * 2 : gcpacer.heapMinimum;
	if (!cas(&heapTrigger, old, next))
		return;
	store_rlx(&gcpacer.trigger, next);
	xadd(&gcstats.triggered, (uint64_t)1);
	gcReleaseCycle();
}

void
forcegchelper(void *arg unused_ok)
{
	if (gccollects)
		gcCollectorMain();
	workerInit(&forcer);
	for (;;) {
		workerPark(&forcer, waitReasonForceGCIdle);
		xadd(&gcstats.forced, (uint64_t)1);
		gcReleaseCycle();
	}
}

void
gcforce(void)
{
	int64_t now = nanotime();
	if (now - load_rlx(&lastcycle) >= load_rlx(&forcegcperiod) &&
		(gccollects ? gcForceCycle() : workerWake(&forcer)))
		store_rlx(&lastcycle, now);
	if (sweepDue())
		workerWake(&sweeper);
	if (scavengeDue(now))
		workerWake(&scavenger);
}

int64_t
gcNextWake(void)
{
	return scavengeNext();
}

void
gcenable(void (*started)(void *), void *arg)
{
	startedfn = started;
	startedarg = arg;
	world.spawn(bgsweep, NULL, "bgsweep");
	world.spawn(bgscavenge, NULL, "bgscavenge");
	if (gccollects) {
		gcCollectorEnable();
	} else {
		store_rlx(&heapTrigger, load_rlx(&gcpacer.trigger));
		gc_trigger = heapPassedTrigger;
	}
	gcpacer.enabled = true;
}

/* ---- background goroutines ---------------------------------------------------------------- */

void
workerInit(struct bgworker *w)
{
	w->g = getg();
	store_rlx(&w->g->m->inrt, w->g->m->inrt + 1);
	compiler_fence();
}

static bool
workerCommit(struct g *gp unused_ok, void *arg)
{
	struct bgworker *w = arg;
	store_seq(&w->parked, 1u);
	return true;
}

void
workerPark(struct bgworker *w, int reason)
{
	world.park(workerCommit, w, reason);
}

bool
workerWake(struct bgworker *w)
{
	if (load_rlx(&w->parked) == 0 || !cas(&w->parked, 1u, 0u))
		return false;
	world.ready(w->g);
	return true;
}
