/* park.c: a goroutine gives up its processor, and gets it back.                      room: sched
 *
 * The cast: the parking G, the waker (who finds it on some wait queue), the next G.
 *
 * The direct switch. When the P has another G ready and nothing else is due, the parking G
 * switches to it without going through g0:
 *   1. On its own stack: take the next G off the queue, make it the current one, gswitch.
 *   2. gswitch saves the registers, moves to the next G's stack, and there runs the hook: mark
 *      the parked G Gwaiting, then commit the park (unlock the channel).
 *   3. The next G returns from its own gswitch.
 * From the commit on, another M may ready and run the parked G. Everything that it needs was
 * saved in step 2 before the commit; the hook runs on another stack. That order is the whole
 * proof, tests/model/park.pml checks it and finds the bug when commit comes before the save.
 *
 * A commit that can fail (the poller's) needs the parked G back as the current one, which only
 * g0 can arrange; so do G's locked to a thread, goexit, and whatever schedule() must look at
 * first: a stop request, an expired slice, the 61st tick's look at the global queue, timers.
 *
 * inrt is 1 on both sides of a switch: it belongs to the M, and each G lowers what the other
 * raised.
 *
 * A status is written by the G's owner alone: the M that runs it, then whoever took it off a
 * queue. Gwaiting is published by the release store in the hook before the commit; the waker
 * has acquired the commit's lock when it reads it. */
#include "core/broken.h"
#include "gc/barrier.h"
#include "sched/internal.h"

const char *const waitReasonStrings[waitReasonCount] = {
	[waitReasonZero] = "",
	[waitReasonChanReceive] = "chan receive",
	[waitReasonChanSend] = "chan send",
	[waitReasonChanReceiveNilChan] = "chan receive (nil chan)",
	[waitReasonChanSendNilChan] = "chan send (nil chan)",
	[waitReasonSelect] = "select",
	[waitReasonSelectNoCases] = "select (no cases)",
	[waitReasonSleep] = "sleep",
	[waitReasonTimerStop] = "timer stop",
	[waitReasonSemacquire] = "semacquire",
	[waitReasonSyncCondWait] = "sync.Cond.Wait",
	[waitReasonSyncMutexLock] = "sync.Mutex.Lock",
	[waitReasonSyncRWMutexRLock] = "sync.RWMutex.RLock",
	[waitReasonSyncRWMutexLock] = "sync.RWMutex.Lock",
	[waitReasonSyncWaitGroupWait] = "sync.WaitGroup.Wait",
	[waitReasonForceGCIdle] = "force gc (idle)",
	[waitReasonGCSweepWait] = "GC sweep wait",
	[waitReasonGCScavengeWait] = "GC scavenge wait",
	[waitReasonGCWorkerIdle] = "GC worker (idle)",
	[waitReasonGCAssistWait] = "GC assist wait",
	[waitReasonFinalizerWait] = "finalizer wait",
	[waitReasonStoppingTheWorld] = "stopping the world",
	[waitReasonGoroutineDone] = "done",
	[waitReasonPreempted] = "preempted",
	[waitReasonIOWait] = "IO wait",
	[waitReasonPanicWait] = "panicwait",
};

/* How many cycles a chain of direct switches may run before timers get a look through g0: some
 * 50 us. Only asked when the P has a timer at all. */
#define TIMER_LOOK_TICKS (1 << 17)

void
dropg(struct m *mp)
{
	mp->curg->m = NULL;
	mp->curg = NULL;
}

/* ---- what a switch carries ------------------------------------------------------------------
 *
 * Two things that libraries keep of each thread go with the goroutine, which may continue on
 * another one: errno, and the C++ library's record of exceptions, which a goroutine has that parks
 * in a catch block, or in a destructor that an exception runs. They wait on its stack.
 *
 * errno costs a load and a store at each switch. Exceptions cost a test: whoever leaves a thread
 * with some takes them along and leaves none, so whoever comes finds none, and has nothing to do
 * unless it left with some itself. */

static always_inline bool
hasExceptions(const struct m *mp)
{
	return unlikely(((uintptr_t)mp->eh->caught | mp->eh->uncaught) != 0);
}

static no_sanitize struct ehglobals
takeExceptions(struct m *mp)
{
	struct ehglobals eh = *mp->eh;
	*mp->eh = (struct ehglobals){0};
	return eh;
}

static no_sanitize void
giveExceptions(struct m *mp, struct ehglobals eh)
{
	gort_assert_internal(!hasExceptions(mp));
	*mp->eh = eh;
}

static cold void
switchWithExceptions(struct g *gp, struct g *next, void (*hook)(struct g *, void *), void *arg);
static cold void switchToG0WithExceptions(struct g *gp, void (*fn)(struct g *));

/* Leaves gp's stack for next's, or for g0, and returns when gp runs again, perhaps on another
 * thread. */
static always_inline no_sanitize void
switchTo(struct g *gp, struct g *next, void (*hook)(struct g *, void *), void *arg)
{
	if (hasExceptions(gp->m)) {
		switchWithExceptions(gp, next, hook, arg);
		return;
	}
	int err = *gp->m->errnop;
	trackSwitchStart(gp, next, false);
	gswitch(gp, next, hook, arg);
	trackSwitchFinish(gp);
	if (!BROKEN(ERRNO))
		*gp->m->errnop = err;
}

static cold no_sanitize void
switchWithExceptions(struct g *gp, struct g *next, void (*hook)(struct g *, void *), void *arg)
{
	struct ehglobals eh = takeExceptions(gp->m);
	switchTo(gp, next, hook, arg);
	giveExceptions(gp->m, eh);
}

no_sanitize void
switchToG0(struct g *gp, void (*fn)(struct g *))
{
	if (hasExceptions(gp->m)) {
		switchToG0WithExceptions(gp, fn);
		return;
	}
	int err = *gp->m->errnop;
	trackSwitchStart(gp, gp->m->g0, false);
	mcall(fn);
	trackSwitchFinish(gp);
	*gp->m->errnop = err;
}

static cold no_sanitize void
switchToG0WithExceptions(struct g *gp, void (*fn)(struct g *))
{
	struct ehglobals eh = takeExceptions(gp->m);
	switchToG0(gp, fn);
	giveExceptions(gp->m, eh);
}

/* gp ends, perhaps in the middle of a catch block. */
no_sanitize void
dropExceptions(struct m *mp)
{
	if (hasExceptions(mp))
		takeExceptions(mp);
}

no_sanitize void
onG0(struct m *mp)
{
	trackSwitchFinish(mp->g0);
}

/* The G to switch to directly, taken off the queue; NULL if the way goes through g0 or there is
 * none. The caller holds pp and is about to leave gp's stack. */
static always_inline no_sanitize struct g *
directNext(struct m *mp, struct p *pp)
{
	if (unlikely(load_rlx(&pp->preempt) != 0 || mp->lockedg != NULL))
		return NULL;
	if (unlikely(pp->schedtick % 61 == 0 &&
		     (load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0)))
		return NULL;
	if (load_rlx(&pp->timers.when0) != 0 && cputicks() - pp->timerlook > TIMER_LOOK_TICKS)
		return NULL;
	bool inheritTime;
	struct g *next = runqget(pp, &inheritTime);
	if (next == NULL)
		return NULL;
	if (unlikely(next->lockedm != NULL)) {
		runqput(pp, next, true);
		return NULL;
	}
	if (!inheritTime)
		pp->slicetick++;
	return next;
}

/* Makes next the running G of mp, whose old one is about to leave. */
static always_inline no_sanitize void
becomeCurrent(struct m *mp, struct p *pp, struct g *next)
{
	setgstatus(next, Grunnable, Grunning);
	next->m = mp;
	mp->curg = next;
	store_rlx(&pp->schedtick, pp->schedtick + 1);
	pp->stats.ndirect++;
}

struct parkcommit {
	void (*commit)(struct g *, void *);
	void *arg;
};

static void
hookUnlock(struct g *from, void *l)
{
	if (BROKEN(UNLOCK))
		unlock((struct mutex *)l);
	from->m = NULL;
	setgstatus(from, Grunning, Gwaiting);
	if (!BROKEN(UNLOCK))
		unlock((struct mutex *)l);
}

/* pc lies on the parked G's stack: read before the commit, which may let it run. */
static void
hookCommit(struct g *from, void *arg)
{
	struct parkcommit pc = *(struct parkcommit *)arg;
	from->m = NULL;
	setgstatus(from, Grunning, Gwaiting);
	pc.commit(from, pc.arg);
}

/* g0: the slow park. The commit may fail, and then gp goes on. */
static void
park_m(struct g *gp)
{
	struct m *mp = gp->m;
	onG0(mp);
	setgstatus(gp, Grunning, Gwaiting);
	dropg(mp);
	bool (*commit)(struct g *, void *) = mp->waitunlockf;
	void *arg = mp->waitlock;
	mp->waitunlockf = NULL;
	mp->waitlock = NULL;
	if (commit != NULL && !commit(gp, arg)) {
		setgstatus(gp, Gwaiting, Grunnable);
		execute(gp, true);
	}
	schedule();
}

static void
parkcheck(struct g *gp, struct m *mp)
{
	if (unlikely(mp->inrt != 1 || mp->curg != gp)) {
		rtprintf("runtime: park with inrt=%u on goroutine %lu\n", mp->inrt,
			(unsigned long)gp->goid);
		throw("park inside the runtime");
	}
}

void
gopark(bool (*commit)(struct g *, void *), void *arg, enum waitReason reason)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	parkcheck(gp, mp);
	gp->waitreason = (uint8_t)reason;
	store_rlx(&gp->waitsince, (int64_t)0);
	mp->waitunlockf = commit;
	mp->waitlock = arg;
	switchToG0(gp, park_m);
}

static bool
unlockcommit(struct g *gp, void *l)
{
	(void)gp;
	unlock((struct mutex *)l);
	return true;
}

no_sanitize void
goparkunlock(struct mutex *l, enum waitReason reason)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	struct p *pp = mp->p;
	parkcheck(gp, mp);
	gp->waitreason = (uint8_t)reason;
	store_rlx(&gp->waitsince, (int64_t)0);
	struct g *next = directNext(mp, pp);
	if (next != NULL) {
		becomeCurrent(mp, pp, next);
		switchTo(gp, next, hookUnlock, l);
		return;
	}
	mp->waitunlockf = unlockcommit;
	mp->waitlock = l;
	switchToG0(gp, park_m);
}

static bool
commitTrue(struct g *gp, void *arg)
{
	struct parkcommit pc = *(struct parkcommit *)arg;
	pc.commit(gp, pc.arg);
	return true;
}

no_sanitize void
goparkcommit(void (*commit)(struct g *, void *), void *arg, enum waitReason reason)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	struct p *pp = mp->p;
	struct parkcommit pc = {commit, arg};
	parkcheck(gp, mp);
	gp->waitreason = (uint8_t)reason;
	store_rlx(&gp->waitsince, (int64_t)0);
	struct g *next = directNext(mp, pp);
	if (next != NULL) {
		becomeCurrent(mp, pp, next);
		switchTo(gp, next, hookCommit, &pc);
		return;
	}
	mp->waitunlockf = commitTrue;
	mp->waitlock = &pc;
	switchToG0(gp, park_m);
}

void
worldPark(bool (*commit)(struct g *, void *), void *arg, int reason)
{
	gopark(commit, arg, (enum waitReason)reason);
}

static always_inline no_sanitize void
ready(struct g *gp, bool next)
{
	struct p *pp = getg()->m->p;
	if (unlikely(load_acq(&gp->atomicstatus) != Gwaiting)) {
		rtprintf("runtime: goroutine %lu is %s, not waiting\n", (unsigned long)gp->goid,
			gstatusName(load_rlx(&gp->atomicstatus)));
		throw("bad g->status in ready");
	}
	if (BROKEN(READY) && brokenTurn(20000))
		return;
	setgstatus(gp, Gwaiting, Grunnable);
	runqput(pp, gp, next);
	if (!BROKEN(WAKEUP))
		wakep();
}

void
goready(struct g *gp)
{
	ready(gp, true);
}

void
goreadytail(struct g *gp)
{
	ready(gp, false);
}

/* The yielding G goes behind everything that this P could run, once its registers are saved: to
 * the end of the ring, or of the global queue if there is one. (The ring alone would let a G that
 * starts others and yields overtake those that overflowed, and pile them up.) Work was submitted,
 * hence wakep: a thief that looked while the ring was empty may have gone to sleep, and two Gs
 * that yield to each other would share this P for ever beside an idle one. */
static void
hookYield(struct g *from, void *pp)
{
	from->m = NULL;
	setgstatus(from, Grunning, Grunnable);
	if (load_rlx(&sched.runq.n) == 0) {
		runqput(pp, from, false);
	} else {
		lock(&sched.lock);
		globrunqput(from);
		unlock(&sched.lock);
	}
	wakep();
}

/* g0: nothing was there to switch to directly. */
static void
gosched_m(struct g *gp)
{
	struct m *mp = gp->m;
	onG0(mp);
	setgstatus(gp, Grunning, Grunnable);
	dropg(mp);
	lock(&sched.lock);
	globrunqput(gp);
	unlock(&sched.lock);
	wakep();
	schedule();
}

/* Gosched: lets everything that is runnable on this P go first. With nothing else to run it is
 * a few loads. */
no_sanitize void
Gosched(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	struct p *pp = mp->p;
	parkcheck(gp, mp);
	struct g *next = directNext(mp, pp);
	if (next != NULL) {
		becomeCurrent(mp, pp, next);
		switchTo(gp, next, hookYield, pp);
		return;
	}
	/* Alone, and nothing is due: stay. The tick moves, so that the 61st yield looks at the
	 * global queue and a timer gets its turn. */
	store_rlx(&pp->schedtick, pp->schedtick + 1);
	if (load_rlx(&pp->preempt) == 0 && load_rlx(&sched.runq.n) == 0 && runqempty(pp) &&
		(load_rlx(&pp->timers.when0) == 0 ||
			cputicks() - pp->timerlook <= TIMER_LOOK_TICKS))
		return;
	switchToG0(gp, gosched_m);
}

/* ---- sudogs: the G's own for the common single wait, else from the P's cache ---------------- */

struct sudog *
acquireSudog(void)
{
	struct g *gp = getg();
	if (likely(!gp->sudog0busy)) {
		gp->sudog0busy = 1;
		return &gp->sudog0;
	}
	struct p *pp = gp->m->p;
	if (pp->nsudog > 0) {
		struct sudog *s = pp->sudogcache[--pp->nsudog];
		pp->sudogcache[pp->nsudog] = NULL;
		return s;
	}
	return mallocConservative(sizeof(struct sudog));
}

void
releaseSudog(struct sudog *s)
{
	struct g *gp = getg();
	gort_assert_internal(s->elem == NULL && s->next == NULL && s->prev == NULL &&
			     s->waitlink == NULL && s->c == NULL);
	if (s == &gp->sudog0) {
		s->isSelect = false;
		s->success = false;
		gp->sudog0busy = 0;
		return;
	}
	struct p *pp = gp->m->p;
	/* It may have been found by links that are no more, and the P's cache is not read until the next
	 * collection. */
	if (gcBarrierOn())
		gcShade((uintptr_t)s);
	if (pp->nsudog < SUDOGCACHE) {
		pp->sudogcache[pp->nsudog++] = s;
		return;
	}
	gcfree(s);
}
