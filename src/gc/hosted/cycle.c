/* cycle.c: a collection, and who asks for one.                                       room: gc
 *
 * One goroutine of the runtime's does all collections, the one that the runtime's init task starts; others
 * ask it and wait, or do not wait:
 *     the allocator, when the heap has passed its goal    gcTriggered; the goroutine that allocated
 *                    waits at the end of its entry into the runtime (gcStall), so that the heap does not
 *                    grow on while this one waits for its turn
 *     sysmon, when the last one is two minutes old    gcForceCycle
 *     gcCollect      gort_gc, runtime.GC: parks until a collection that began after the call is over,
 *                    and the heap is swept
 *
 * A collection:
 *     1. what the last one left is swept, with the world running
 *     2. loaded objects are listed (os.h); that may wait for a lock of the loader's, so it is
 *        announced like a system call
 *     3. the world stops. If the list is not right any more it starts again, and 2. comes once more.
 *        If a thread cannot be stopped it starts again, nothing is collected, and the next try is a second
 *        later
 *     4. caches are flushed: a bit in a span's map now means an object
 *     5. roots are marked, and all that can be reached (markobject.c)
 *     6. what is not marked is due to be swept (mem/mspansweep.c); the next goal is set (pacer.c)
 *     7. the world starts
 * gcphase goes through Go's phases on the way. Between 3 and 7 this goroutine's thread works, and those that
 * help it mark (team.c); objects are not born marked because none are born.
 *
 * In a program all of whose code goes by the barrier (gcPureGo; GODEBUG=gcstoptheworld=1 forbids it) the
 * world stands still only for the roots, and for the end:
 *     2a. the flag of the barrier goes up, and all goroutines come by (barrier.c). If one does not
 *         come in time the world stops for this collection as above
 *     5a. roots are marked; from here on objects are born marked, and spans are not freed
 *     5b. the world starts, and all that can be reached is marked (concurrent.c)
 *     5c. the world stops; caches are flushed again; what barriers have left is marked; the flag falls
 *
 * As soon as C code can hold pointers into the heap, no code goes by the barrier. If the kernel says which
 * pages are written (track.c), and there is enough to mark:
 *     2a. all pages count as not written
 *     5a. roots are marked; from here on objects are born marked, and spans are not freed
 *     5b. the world starts; what can be reached is marked, and read again where it was written
 *     5c. lists as in 2; the world stops; caches are flushed again; what was written since, and all roots, are
 *         read again, and marked to the end. If the list was not right, or a thread cannot be stopped, the
 *         program goes on a little and it is tried again; after a few times the mark is given up
 *
 * The collector's stack is one of those that are read, which is why it marks on its thread's
 * scheduling stack: it has left its own registers on its own stack by then.
 *
 * Threads in user code must be stopped by signals. Where there are none (asyncpreemptoff, and the
 * build for ThreadSanitizer) nothing is collected.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

#include "core/broken.h"
#include "mem/profile.h"

enum how {
	STANDING, /* the world stands still */
	BARRIER,  /* the program runs, and goes by the barrier */
	TRACKED,  /* the program runs, and its pages are tracked */
};

enum { LAST_TRIES = 5 };

bool gccollects;
static bool pureGo; /* all code goes by the barrier; constant once the program's goroutines run */
void (*gcPoolCleanup)(void);

static struct bgworker collector;
static struct {
	struct mutex lock;
	struct g *waiters; /* lock: by schedlink; want a collection that has not begun */
	struct g *stalled; /* lock: the same; have allocated beyond the goal */
	uint32_t due;      /* atomic: the allocator wants one */
	uint32_t forced;   /* atomic: sysmon wants one */
	uint32_t underWay; /* atomic: a collection has begun, and is not over */
	uint32_t again;    /* atomic: the last one could not be done */
	uint32_t ticks;    /* atomic: GODEBUG=gcstress */
	int64_t live;      /* heapLive when due rose; atomic */
} asked = {.lock = {.rank = LOCKRANK_GC}};

/* ---- asking ------------------------------------------------------------------------------- */

/* The allocator, inrt > 0. */
static void
gcTriggered(void)
{
	if (debug.gcstress != 0 && xadd(&asked.ticks, 1u) % (uint32_t)debug.gcstress != 0)
		return;
	struct m *mp = getg()->m;
	bool marking = load_rlx(&gcmarking) != 0;
	if (!marking && xchg(&asked.due, 1u) == 0) {
		/* Up to the goal nobody waits. */
		uint64_t goal = pacerGoal();
		store_rlx(&asked.live, load_rlx(&heapLive));
		workerWake(&collector);
		if (pacerConcurrent && debug.gcstress == 0 &&
			(uint64_t)load_rlx(&liveTrigger) < goal)
			store_rlx(&liveTrigger, goal > INT64_MAX ? INT64_MAX : (int64_t)goal);
	}
	if (mp->p != NULL) {
		mp->gcstall = true;
		fetch_or(&mp->p->preempt, (uint8_t)PREEMPT_ASKED); /* others set bits, too */
	}
}

/* wakeStalled comes after due has fallen, and takes the lock: whoever sees due here is on its list. */
static bool
stallCommit(struct g *gp, void *arg unused_ok)
{
	lock(&asked.lock);
	bool due = load_seq(&asked.due) != 0 || load_seq(&gcmarking) != 0;
	if (due) {
		gp->schedlink = asked.stalled;
		asked.stalled = gp;
	}
	unlock(&asked.lock);
	return due;
}

static bool
endCommit(struct g *gp, void *arg unused_ok)
{
	lock(&asked.lock);
	bool wait = load_seq(&asked.underWay) != 0;
	if (wait) {
		gp->schedlink = asked.stalled;
		asked.stalled = gp;
	}
	unlock(&asked.lock);
	return wait;
}

bool
gcUnderWay(void)
{
	return load_seq(&asked.underWay) != 0;
}

void
gcWaitEnd(void)
{
	while (gcUnderWay())
		world.park(endCommit, NULL, waitReasonGCWorkerIdle);
}

void
gcStall(void)
{
	if (load_rlx(&gcmarking) == 0 && pacerConcurrent && debug.gcstress == 0 &&
		(uint64_t)load_rlx(&heapLive) < pacerGoal()) {
		world.yield(); /* to the collector */
		return;
	}
	if (load_rlx(&gcmarking) != 0 ? !concurrentAssist() : load_rlx(&asked.due) != 0)
		world.park(stallCommit, NULL, waitReasonGCAssistWait);
}

/* Not with GOGC=off, unless it is the next try. */
bool
gcForceCycle(void)
{
	if (load_rlx(&gcpacer.gcPercent) < 0 && load_rlx(&asked.again) == 0)
		return false;
	store_seq(&asked.forced, 1u);
	workerWake(&collector);
	return true;
}

static bool
waitCommit(struct g *gp, void *arg unused_ok)
{
	lock(&asked.lock);
	gp->schedlink = asked.waiters;
	asked.waiters = gp;
	unlock(&asked.lock);
	workerWake(&collector);
	return true;
}

void
gcCollect(void)
{
	if (gccollects)
		world.park(waitCommit, NULL, waitReasonGCWorkerIdle);
	else
		gcReleaseCycle();
}

/* The collector parks, unless somebody has asked since it looked. */
static bool
idleCommit(struct g *gp unused_ok, void *arg unused_ok)
{
	store_seq(&collector.parked, 1u);
	lock(&asked.lock);
	bool work = asked.waiters != NULL || asked.stalled != NULL || load_seq(&asked.due) != 0 ||
		    load_seq(&asked.forced) != 0;
	unlock(&asked.lock);
	/* Whoever finds it parked wakes it; it is not woken twice. */
	return !work || !cas(&collector.parked, 1u, 0u);
}

/* ---- a collection ------------------------------------------------------------------------- */

static void
listObjects(void *ok)
{
	*(bool *)ok = osObjectsList();
}

/* Returns with the world stopped; false: running. *start: when it was asked to stop. */
static bool
stopWithObjects(int64_t *start)
{
	static bool listed;
	for (;;) {
		/* No library that comes or goes in a program of nothing but Go knows of the heap. */
		bool constant = pureGo && listed, ok = true;
		if (!constant)
			world.block(listObjects, &ok);
		if (!ok)
			throw("out of memory (list of loaded objects)");
		listed = true;
		*start = nanotime();
		bool all = world.stop();
		if (all && (constant || osObjectsSame(!pureGo)))
			return true;
		world.start();
		if (!all)
			return false;
	}
}

static uint32_t refusals; /* in a row; the collector's */

/* The forced cycle comes in a second. The first time nothing is said: a thread that blocks all signals for
 * a moment, as libc does around the making of a thread, may have lost its CPU there. */
static cold void
notNow(void)
{
	static bool told;
	int64_t period = load_rlx(&forcegcperiod);
	store_rlx(&lastcycle, nanotime() - period + (period < SEC ? period : SEC));
	store_rlx(&liveTrigger, INT64_MAX);
	store_rel(&asked.due, 0u);
	store_rlx(&asked.again, 1u);
	xadd(&gcstats.refused, (uint64_t)1);
	if (++refusals < 2 || told)
		return;
	told = true;
	rtprintf("gort: a thread of the program's blocks the runtime's signal: "
		 "nothing can be collected while it does (docs/memory.md)\n");
}

static void
markAll(void *sum)
{
	markTogether(sum, getg()->m->curg);
	if (unlikely(debug.gccheckmark != 0))
		checkMarks(getg()->m->curg, true);
}

static void
markRoots(void *sum)
{
	markRootsTogether(sum, getg()->m->curg);
}

static void
markRest(void *sum)
{
	markRestTogether(sum, getg()->m->curg);
	if (unlikely(debug.gccheckmark != 0))
		checkMarks(getg()->m->curg, false);
}

static void
markAgain(void *sum)
{
	markAgainTogether(sum, getg()->m->curg);
	if (unlikely(debug.gccheckmark != 0) && !trackLost())
		checkMarks(getg()->m->curg, true);
}

static void
markOnG0(void (*mark)(void *sum), struct marksum *sum)
{
	__builtin_unwind_init(); /* this goroutine's own registers */
	systemstack(mark, sum);
}

static struct timehist pauses;
const struct timehist *const gcPauses = &pauses;

static void
count(const struct cycletimes *t, bool someWait)
{
	if (t->running != 0) {
		timehistAdd(&pauses, t->running - t->start);
		timehistAdd(&pauses, t->end - t->again);
	} else {
		timehistAdd(&pauses, t->end - t->start);
	}
	int64_t sec;
	int32_t nsec;
	walltime(&sec, &nsec);
	uint64_t n = gcstats.collections;
	uint64_t pause = (uint64_t)(t->end - t->start - (t->again - t->running));
	gcstats.pause[n % GC_PAUSES] = pause;
	gcstats.lastEnd = sec * SEC + nsec;
	gcstats.pauseEnd[n % GC_PAUSES] = (uint64_t)gcstats.lastEnd;
	store_rlx(&gcstats.pauseTotal, gcstats.pauseTotal + pause);
	if (pause > gcstats.pauseMax)
		store_rlx(&gcstats.pauseMax, pause);
	store_rlx(&gcstats.asked, gcstats.asked + someWait);
	gcstats.cpu += pause * (uint64_t)t->procs + t->mark.share + t->mark.idle + t->mark.assist;
	gcstats.concurrent += t->running != 0;
	store_rel(&gcstats.collections, n + 1);
}

static void wakeStalled(void);

static void
nap(void *us)
{
	osusleep(*(uint32_t *)us);
}

/* World stopped, the program has run since the roots were read: what it has written is read, and all
 * roots. */
static void
endTracked(struct marksum *rest)
{
	mheap_flushCaches();
	if (trackLast())
		markOnG0(markAgain, rest);
	if (!trackLost())
		return;
	mheap_clearMarks();
	markOnG0(markAll, rest);
}

/* The Ps have stopped, but not every thread: nothing was marked. */
static cold void
giveUp(void)
{
	struct gcwork *work = getg()->m->p->gcw;
	while (gcwork_tryGet(work) != 0)
		;
	mheap_clearMarks();
}

/* With the world stopped; false: only the Ps are. */
static bool
stopAgain(struct cycletimes *t)
{
	for (uint32_t us = 500; us < (uint32_t)500 << LAST_TRIES; us *= 2) {
		if (stopWithObjects(&t->again))
			return true;
		world.block(nap, &us);
	}
	t->again = nanotime();
	return world.stop() && osObjectsSame(true);
}

/* The roots are marked; the program goes on, and the rest is marked meanwhile. World stopped before and
 * after. False: the mark was given up. */
static bool
markWhileRunning(struct marksum *sum, struct cycletimes *t, bool due)
{
	bool all = true;
	uint64_t live = (uint64_t)load_rlx(&heapLive);
	uint64_t from = due ? (uint64_t)load_rlx(&asked.live) : live;
	markOnG0(markRoots, sum);
	concurrentBegin(sum, &collector);
	pacerBegun();
	t->running = nanotime();
	world.start();
	wakeStalled();
	struct marksum rest = {0};
	if (t->tracked) {
		trackRounds();
		all = stopAgain(t);
		concurrentEnd(sum);
		if (all)
			endTracked(&rest);
		else
			giveUp();
		sum->stacks = rest.stacks;
		sum->globals = rest.globals;
	} else {
		concurrentWait();
		t->again = nanotime();
		world.stop(); /* a thread that does not stop does not write without a barrier */
		concurrentEnd(sum);
		mheap_flushCaches();
		if (!gcworkGlobalEmpty() || debug.gccheckmark != 0)
			markOnG0(markRest, &rest);
		barrierLower();
	}
	t->mark = marktimes;
	uint64_t born = (uint64_t)load_rlx(&heapLive) - live;
	pacerAllocated(live + born - (from < live ? from : live));
	sum->bytes += rest.bytes + born;
	return all;
}

/* World running. */
static enum how
prepare(void)
{
	if (!pacerConcurrent)
		return STANDING;
	if (!pureGo)
		return trackBegin() ? TRACKED : STANDING;
	if (barrierRaise())
		return BARRIER;
	xadd(&gcstats.raggedLate, (uint64_t)1);
	return STANDING;
}

/* World running, nothing is marked. */
static void
callOff(enum how how)
{
	if (how == BARRIER)
		barrierLower();
	if (how == TRACKED)
		trackEnd();
}

/* must: somebody else than the allocator wants it. False: nothing was collected. */
static bool
collect(bool someWait, bool must)
{
	struct marksum sum;
	struct cycletimes t = {.forced = someWait, .procs = gomaxprocs};
	sweepAll();
	enum how how = prepare();
	t.tracked = how == TRACKED;
	if (!stopWithObjects(&t.start)) {
		callOff(how);
		notNow();
		return false;
	}
	if (!must && load_acq(&asked.due) == 0) { /* gcSetPercent has called it off */
		world.start();
		callOff(how);
		return false;
	}
	t.stopped = nanotime();
	refusals = 0;
	bool due = xchg(&asked.due, 0u) != 0;
	store_rlx(&asked.again, 0u);
	if (gcPoolCleanup != NULL)
		gcPoolCleanup();
	gort_assert(
		sweepDone()); /* new spans are born swept, and a sweeper is not stopped half way */
	mheap_flushCaches();
	t.heapBefore = (uint64_t)load_rlx(&heapLive);
	t.goal = pacerGoal();
	store_rel(&gcphase, (uint32_t)GCmark);
	if (how == STANDING) {
		markOnG0(markAll, &sum);
	} else if (!markWhileRunning(&sum, &t, due)) {
		store_rel(&gcphase, (uint32_t)GCoff);
		world.start();
		callOff(how);
		notNow();
		return false;
	}
	store_rel(&gcphase, (uint32_t)GCmarktermination);
	t.marked = nanotime();
	t.heapAfter = (uint64_t)load_rlx(&heapLive);
	t.live = sum.bytes;
	t.stacks = sum.stacks;
	t.globals = gcstats.globals = sum.globals;
	mheap_startSweep(sum.bytes);
	if (memprofile != NULL)
		memprofile->nextCycle();
	pacerTimes(t.running == 0 ? 0
				  : t.mark.share + t.mark.assist +
					    (uint64_t)((t.running - t.start) * t.procs),
		t.running == 0 ? t.start : t.again);
	if (!pureGo)
		pacerConcurrent = trackWorth(sum.bytes, t.stacks + t.globals);
	pacerMarked(sum.bytes, t.stacks + t.globals);
	store_rel(&gcphase, (uint32_t)GCoff);
	t.end = nanotime();
	count(&t, someWait);
	world.start();
	if (memprofile != NULL)
		memprofile->flush();
	store_rlx(&lastcycle, t.end);
	if (how == TRACKED)
		trackEnd();
	if (GORT_SPLIT)
		stackShrunk();
	if (debug.gctrace > 0)
		gctracePrint(gcstats.collections, &t);
	if (debug.gcpacertrace > 0)
		gcpacertracePrint(&t);
	return true;
}

static void
readyAll(struct g *list)
{
	while (list != NULL) {
		struct g *gp = list;
		list = gp->schedlink;
		gp->schedlink = NULL;
		world.ready(gp);
	}
}

static void
wakeStalled(void)
{
	lock(&asked.lock);
	struct g *list = asked.stalled;
	asked.stalled = NULL;
	unlock(&asked.lock);
	readyAll(list);
}

void
gcCollectorMain(void)
{
	workerInit(&collector);
	for (;;) {
		lock(&asked.lock);
		struct g *waiters = asked.waiters;
		asked.waiters = NULL;
		unlock(&asked.lock);
		bool forced = xchg(&asked.forced, 0u) != 0;
		if (waiters == NULL && !forced && load_seq(&asked.due) == 0) {
			wakeStalled(); /* gcSetPercent has called it off */
			world.park(idleCommit, NULL, waitReasonForceGCIdle);
			continue;
		}
		xadd(&gcstats.forced, (uint64_t)forced);
		store_seq(&asked.underWay, 1u);
		bool done = collect(waiters != NULL, waiters != NULL || forced);
		if (!done && waiters != NULL) /* perhaps only a moment: notNow */
			done = collect(true, true);
		store_seq(&asked.underWay, 0u);
		wakeStalled();
		if (done && waiters != NULL) {
			sweepAll();
			if (memprofile != NULL)
				memprofile->swept();
		} else if (done)
			workerWake(&sweeper);
		readyAll(waiters);
	}
}

int32_t
gcSetPercent(int32_t percent)
{
	int32_t old = gcpacer.gcPercent;
	store_rlx(&gcpacer.gcPercent, percent < 0 ? -1 : percent);
	if (gccollects) {
		pacerPercentChanged();
		if (percent < 0) /* what the heap has asked for so far is off, too */
			store_rel(&asked.due, 0u);
	}
	return old;
}

/* ---- boot --------------------------------------------------------------------------------- */

void
gcCollectorInit(void)
{
	osObjectsInit();
	gccollects =
		debug.gccollect != 0 && !debug.asyncpreemptoff && !GORT_TSAN && osfacts.haveBarrier;
	trackInit();
}

void
gcPureGo(uint32_t *flag)
{
	gcCompiledFlag = flag;
	pureGo = !trackForced();
	pacerConcurrent = gccollects && debug.gcstoptheworld == 0;
	if (pacerConcurrent)
		pacerPercentChanged();
}

void
gcCollectorEnable(void)
{
	if (!pureGo)
		pacerConcurrent = gccollects && trackWorth(0, 0);
	pacerMarked(0, 0);
	gc_trigger = gcTriggered;
}
