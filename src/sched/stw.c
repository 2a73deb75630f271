/* stw.c: stop the world, start it, and reach every P while it runs.                   room: sched
 *
 * Stopping: the stopper holds worldsema. Under sched.lock it sets gcwaiting and counts the Ps
 * still to stop (stopwait = gomaxprocs). Then each P is accounted for exactly once, by whoever
 * changes its status to Pgcstop under sched.lock:
 *   its own P                     by the stopper
 *   Psyscall                      by the stopper, or by an M that is entering a call, by CAS
 *   idle                          by the stopper, off the idle list
 *   running, in the runtime       by its M: the request flag (preempt) leads it to schedule(),
 *                                 where gcstopm gives the P up
 *   running, in user code         by its M, in the handler of the signal that it is sent
 *                                 (asyncpark.c); it keeps its place as the P's stoppedm
 * The last one wakes the stopper (stopnote). While it waits the stopper repeats the request and
 * the signals each 100 us: an M may have served one for an older reason, or was in the runtime.
 * Then threads without a P that run user code are stopped, too (stopThreads): once stopTheWorld
 * returns true, no thread that the runtime knows runs anything but the runtime or the kernel. It returns
 * false if one cannot be stopped (hosted/refuses.c): then only the Ps are, which is enough for
 * everybody but the collector.
 *
 * worldsema is a queue of goroutines, not a lock: its holder may park. Its state is guarded by
 * sched.lock.
 *
 * Model: tests/model/stw.pml. */
#include "sched/internal.h"

#define LOOK (30 * US)

static struct {
	bool held;
	struct gqueue waiters;
} worldsema; /* sched.lock */

static bool
worldsemaCommit(struct g *gp, void *arg)
{
	(void)arg;
	gqueuePushBack(&worldsema.waiters, gp);
	unlock(&sched.lock);
	return true;
}

static void
worldsemaAcquire(void)
{
	lock(&sched.lock);
	if (!worldsema.held) {
		worldsema.held = true;
		unlock(&sched.lock);
		return;
	}
	/* sched.lock is held over the way to g0 and released by the commit: the holder cannot
	 * release in between. */
	gopark(worldsemaCommit, NULL, waitReasonStoppingTheWorld);
}

static void
worldsemaRelease(void)
{
	lock(&sched.lock);
	struct g *gp = gqueuePop(&worldsema.waiters);
	if (gp == NULL)
		worldsema.held = false; /* else it passes to gp */
	unlock(&sched.lock);
	if (gp != NULL)
		goready(gp);
}

/* Where each of those that are to stop has a processor of its own the answer comes within microseconds;
 * a processor that has gone to sleep takes longer than that to wake up again, in a virtual machine some 50 us. */
static void
lookForStop(int32_t running)
{
	if (running >= ncpu)
		return;
	for (int64_t end = nanotime() + LOOK; load_acq(&sched.stopnote.key) == 0;) {
		procyield(20);
		if (nanotime() >= end)
			break;
	}
}

static bool
stopTheWorldWithSema(void)
{
	struct m *mp = getg()->m;
	struct p *pp = mp->p;
	lock(&sched.lock);
	sched.stopwait = gomaxprocs;
	noteclear(&sched.stopnote);
	store_seq(&sched.gcwaiting, 1u);
	preemptall(pp);
	store_rel(&pp->status, Pgcstop);
	sched.stopwait--;
	for (int32_t i = 0; i < gomaxprocs; i++) {
		struct p *p2 = allp[i];
		if (load_rlx(&p2->status) == Psyscall &&
			cas(&p2->status, (uint32_t)Psyscall, (uint32_t)Pgcstop)) {
			store_rlx(&p2->syscalltick, p2->syscalltick + 1);
			sched.stopwait--;
		}
	}
	struct p *idle;
	while ((idle = pidleget()) != NULL) {
		store_rel(&idle->status, Pgcstop);
		sched.stopwait--;
	}
	int32_t running = sched.stopwait;
	bool wait = running > 0;
	unlock(&sched.lock);
	if (wait) {
		signalRunning();
		lookForStop(running);
	}
	while (wait) {
		if (notetsleep(&sched.stopnote, 100 * US)) {
			noteclear(&sched.stopnote);
			break;
		}
		preemptall(pp);
		signalRunning();
	}
	for (int32_t i = 0; i < gomaxprocs; i++) {
		if (load_rlx(&allp[i]->status) != Pgcstop)
			throw("stopTheWorld: not stopped (status != Pgcstop)");
	}
	if (sched.stopwait != 0)
		throw("stopTheWorld: not stopped (stopwait != 0)");
	bool all = stopThreads();
	store_seq(&sched.worldstopped, true);
	return all;
}

/* stopTheWorld: on a goroutine, inrt == 1. It may park first, behind another stopper; once it
 * returns this goroutine is the only one that runs and must not park until startTheWorld. */
bool
stopTheWorld(void)
{
	templateWait();
	worldsemaAcquire();
	return stopTheWorldWithSema();
}

static void
startTheWorldWithSema(int32_t procs)
{
	assertWorldStopped();
	struct p *list = NULL;
	procresizeTo(procs, &list); /* ends the stop, too: gcwaiting is 0 */
	frozenWait();
	store_seq(&sched.worldstopped, false);
	startThreads();
	while (list != NULL) {
		struct p *pp = list;
		list = pp->link;
		startm(pp, false);
	}
	resumeStopped(1);
	wakep();
}

void
startTheWorld(void)
{
	startTheWorldWithSema(gomaxprocs);
	worldsemaRelease();
}

int32_t
GOMAXPROCS(int32_t n)
{
	int32_t old = load_acq(&gomaxprocs);
	if (n < 1 || n == old)
		return old;
	stopTheWorld();
	old = gomaxprocs;
	startTheWorldWithSema(n);
	worldsemaRelease();
	return old;
}

/* sched.lock, which it lets go of: one P more has stopped. The stopper is woken after that: it takes the
 * lock next, and nothing else wakes it. */
void
stoppedUnlock(void)
{
	bool last = --sched.stopwait == 0;
	unlock(&sched.lock);
	if (last)
		notewakeup(&sched.stopnote);
}

/* gcstopm: on g0, P held, a stop is wanted: give the P up and sleep. Returns with a P. */
void
gcstopm(void)
{
	struct m *mp = getg()->m;
	if (!load_rlx(&sched.gcwaiting))
		throw("gcstopm: not waiting for gc");
	if (mp->spinning) {
		mp->spinning = false;
		/* No other M is woken for it: the world is about to stop. */
		if ((int32_t)xadd(&sched.nmspinning, -1u) < 0)
			throw("gcstopm: negative nmspinning");
	}
	struct p *pp = releasep();
	lock(&sched.lock);
	if (!load_rlx(&sched.gcwaiting)) {
		/* Over before we came to it: the P is ours to dispose of. */
		unlock(&sched.lock);
		acquirep(pp);
		return;
	}
	store_rel(&pp->status, Pgcstop);
	stoppedUnlock();
	stopm();
}

/* ---- forEachP ----------------------------------------------------------------------------- */

/* Ps in announced calls: take each, hand it off; handoffp runs the function. */
static void
safePointSyscalls(void)
{
	for (int32_t i = 0; i < gomaxprocs; i++) {
		struct p *p2 = allp[i];
		if (load_rlx(&p2->status) == Psyscall && load_rlx(&p2->runSafePointFn) &&
			cas(&p2->status, (uint32_t)Psyscall, (uint32_t)Pidle)) {
			store_rlx(&p2->syscalltick, p2->syscalltick + 1);
			handoffp(p2);
		}
	}
}

/* forEachP: fn(pp) runs once for every P, at a point where the P's holder is not inside a
 * mechanism that uses it. On a goroutine with inrt == 1; the world runs meanwhile; no two at
 * once, which worldsema ensures. */
void
forEachP(void (*fn)(struct p *))
{
	worldsemaAcquire();
	struct p *pp = getg()->m->p;
	lock(&sched.lock);
	gort_assert(sched.safePointWait == 0);
	sched.safePointWait = gomaxprocs - 1;
	sched.safePointFn = fn;
	noteclear(&sched.safePointNote);
	for (int32_t i = 0; i < gomaxprocs; i++) {
		if (allp[i] != pp)
			store_seq(&allp[i]->runSafePointFn, 1u);
	}
	preemptall(pp);
	/* Idle Ps: nobody can take them while we hold the lock. */
	for (struct p *p2 = sched.pidle; p2 != NULL; p2 = p2->link) {
		if (cas(&p2->runSafePointFn, 1u, 0u)) {
			fn(p2);
			sched.safePointWait--;
		}
	}
	bool wait = sched.safePointWait > 0;
	unlock(&sched.lock);
	fn(pp);
	safePointSyscalls();
	if (wait)
		signalRunning();
	while (wait) {
		if (notetsleep(&sched.safePointNote, 100 * US)) {
			noteclear(&sched.safePointNote);
			break;
		}
		/* A P may have entered a call since, one that lasts. */
		safePointSyscalls();
		preemptall(pp);
		signalRunning();
	}
	if (sched.safePointWait != 0)
		throw("forEachP: not done");
	worldsemaRelease();
}

/* On g0 or in rtleave, P held: serve a forEachP request. */
void
runSafePointFn(void)
{
	struct p *pp = getg()->m->p;
	if (!cas(&pp->runSafePointFn, 1u, 0u))
		return;
	sched.safePointFn(pp);
	lock(&sched.lock);
	if (--sched.safePointWait == 0)
		notewakeup(&sched.safePointNote);
	unlock(&sched.lock);
}
