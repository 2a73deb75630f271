/* asyncpark.c: C code that computes is stopped by stopping its thread.               room: sched
 *
 * Code that never enters the runtime cannot be asked to give way, and C code cannot be moved off
 * its thread at an arbitrary instruction: it may hold a lock of libc, and it uses thread-local
 * variables. So the thread itself stands still: a signal (SIGURG, which nobody uses and which does
 * nothing by default) finds it in user code, and the handler waits there until the thread is
 * given a P again. The kernel's frame keeps every register; the goroutine stays on its M.
 *
 * The cast: the M in its handler; sysmon, which sends the signal when a slice is over
 * (asyncPreempt); a stopper, which sends it to all (signalRunning, stopThreads).
 *
 * The handler acts on what it finds, not on what the sender meant; a signal that comes late or
 * for nothing finds nothing to do.
 *   inrt > 0              The runtime is at work. Declined; the request flag p->preempt stands,
 *                         and whoever wants the thread sends again.
 *   a P, a stop           The P becomes Pgcstop, as in gcstopm, and remembers its M (stoppedm),
 *                         which startTheWorld wakes with a P.
 *   a P, forEachP         The function is run right here: a P of a thread in user code is in
 *                         nobody's use.
 *   a P, slice over       The P goes to another M, the goroutine to the end of a queue of its own,
 *                         sched.parked (Gpreempted).
 *   no P, stopThreads     The thread is in an announced call or lost its P (revoke.c). It may
 *                         still write to memory, so a stop wants it, too: it waits for the end of
 *                         the stop.
 * While the handler works and waits, inrt is 1: the M counts as inside the runtime. A call to the
 * kernel that the signal ended is made again (os/linux/restart_amd64.c): the program sees nothing.
 *
 * Who gets the P of a parked thread. Only an M that exists, and not one that is to be made: a new
 * thread needs libc's locks, and the parked thread may hold one. If no M is idle, nobody is
 * parked; sysmon has a spare one made (m.c) and sends again. For the same reason threads are made
 * by the template thread once a signal can have parked one.
 *
 * The queue of parked goroutines is part of "runnable": schedule() looks at it as at the global
 * queue, both under sched.lock, so that no one is left behind when Ps go idle; who has waited longest
 * of both is next (parkedafter). A goroutine there costs a thread. Once max(64, 4 * GOMAXPROCS)
 * wait, the queue goes before everything else, and the P of the next one to be parked goes to its head directly: 50,000 goroutines that compute for
 * a while share some seventy threads. But each time that all of them have had a turn one other
 * goroutine gets one (parkedturns): if those that are parked compute for ever, the rest of the
 * program does not wait for ever.
 *
 * A thread with sp outside its goroutine's stack (a handler of the user's on another stack, a
 * foreign coroutine) is not parked when its slice ends, only for a stop.
 *
 * Ordering of the stop against a thread without a P. The stopper sets stopThreads, then makes
 * every thread pass a barrier, then reads each inrt. A thread that goes back to user code stores
 * inrt = 0 and then reads stopThreads. Either the stopper sees the 0 and sends a signal, or the
 * thread sees the flag and waits. "Stopped" is: inrt is not 0 (and no P). The barrier interrupts every
 * processor that runs the program, 5 to 70 us in a virtual machine; so it is left out while no thread can be
 * on such a way: m->mayleave, set before an M's P can be taken, so that who has stopped all Ps sees it, and
 * m->revoked; not at the end of the process. The flag goes up no earlier than that: a thread that is held up while Ps run may hold a lock of libc's that
 * the runtime needs to make a thread, and then the Ps never stop.
 *
 * tests/model/asyncpark.pml: the hand-over and the queue; stop of threads without a P. resume.pml: who
 * wakes whom when the world starts.
 *
 * Rejected: switching goroutines from the handler (the interrupted code's libc locks and
 * thread-locals would go to another thread); letting the kernel time-slice all computing threads
 * (GOMAXPROCS means nothing then, and 50,000 goroutines are 50,000 threads). */
#include "sched/internal.h"

enum { SIG_URG = 23 };
enum { ESRCH = 3, EAGAIN = 11 };

int preemptsig; /* written by asyncparkinit, then constant; 0: none */

#if GORT_HARD
#	define PARKED_MIN 2
#else
#	define PARKED_MIN 64
#endif

static struct oldhandler oldurg; /* written by asyncparkinit, then constant */

bool
parkedMany(void)
{
	uint32_t bound = 4 * (uint32_t)load_rlx(&gomaxprocs), n = load_rlx(&sched.parked.n);
	return n >= (bound > PARKED_MIN ? bound : PARKED_MIN) && load_rlx(&sched.parkedturns) < n;
}

struct g *
parkedPop(void)
{
	assertLockHeld(&sched.lock);
	struct g *gp = gqueuePop(&sched.parked);
	if (gp != NULL)
		store_rlx(&sched.parkedturns, sched.parkedturns + 1);
	return gp;
}

/* mp sleeps on its park note. */
void
givep(struct m *mp, struct p *pp)
{
	if (mp->nextp != NULL)
		throw("givep: m has p");
	mp->nextp = pp;
	notewakeup(&mp->park);
}

/* On g0, having taken gp from the queue of parked ones: our P is for its thread. */
void
resumeParked(struct g *gp)
{
	givep(gp->m, releasep());
	stopm();
}

/* The world starts: up to n of the threads that the stop found computing go on (sched.resume). Each
 * wakes two others when it does, so that the stopper, whose CPU the kernel may give to the one that
 * it wakes, pays for one, and the last of n wakes after log n.
 *
 * Only taken from until it is empty: the next stop, which fills it again, waits for all that were on
 * it, and for all that take. So a head that is the same has the same successor. */
void
resumeStopped(int n)
{
	while (n-- > 0) {
		struct p *pp;
		do {
			pp = load_acq(&sched.resume);
			if (pp == NULL)
				return;
		} while (!cas(&sched.resume, pp, load_rlx(&pp->link)));
		struct m *mp = pp->stoppedm;
		pp->stoppedm = NULL;
		givep(mp, pp);
	}
}

/* ---- in the handler ----------------------------------------------------------------------- */

/* Sleeps until somebody gives this M, whose G is gp, a P, and with it a fresh slice. */
static void
waitForP(struct m *mp, struct g *gp)
{
	mPark(mp);
	if (mp->nextp != NULL) /* else the process ends: it may wake late */
		resumeStopped(2);
	struct p *pp = mp->nextp;
	mp->nextp = NULL;
	if (pp != NULL) {
		acquirep(pp);
		store_rlx(&pp->slicetick, pp->slicetick + 1);
		store_rlx(&pp->schedtick, pp->schedtick + 1);
	} else { /* the process ends: on without one */
		store_rel(&mp->revoked, (uint32_t)REVOKE_TAKEN);
	}
	/* Also after a stop, if the P was not to be had again (procresizeTo). */
	if (load_rlx(&gp->atomicstatus) == Gpreempted)
		setgstatus(gp, Gpreempted, Grunning);
}

/* sched.lock. The world stops. */
static void
stopWithP(struct m *mp, struct g *gp)
{
	struct p *pp = releasep();
	store_rel(&pp->status, Pgcstop);
	pp->stoppedm = mp;
	stoppedUnlock();
	waitForP(mp, gp);
}

/* sched.lock. The slice is over: the P goes on with another M, if there is one. */
static void
handOver(struct m *mp, struct g *gp)
{
	struct p *pp = mp->p;
	struct m *next = NULL;
	struct g *head = NULL;
	bool fresh = !runqempty(pp) || sched.runq.n != 0 || load_rlx(&pp->timers.when0) != 0 ||
		     gcMarkShareDue();
	if (sched.pidle == NULL && !load_rlx(&sched.exiting)) {
		if (fresh && !parkedMany())
			next = mget();
		if (next == NULL && (head = parkedPop()) != NULL)
			next = head->m;
	}
	if (next == NULL) { /* or an idle P will take what waits */
		unlock(&sched.lock);
		return;
	}
	pp->stats.npreempt++;
	/* A stop sets it again under the lock. */
	fetch_and(&pp->preempt, (uint8_t)~PREEMPT_ASKED);
	releasep();
	setgstatus(gp, Grunning, Gpreempted);
	mp->parkedafter = sched.runqtaken + sched.runq.n;
	gqueuePushBack(&sched.parked, gp);
	unlock(&sched.lock);
	givep(next, pp);
	waitForP(mp, gp);
}

/* A thread without a P in user code, while the world stands still. */
void
waitForWorld(struct m *mp)
{
	(void)mp;
	xadd(&sched.threadstops, 1u);
	futexwakeup(&sched.threadstops, 1);
	for (;;) {
		uint32_t gen = load_acq(&sched.worldgen);
		if (!load_seq(&sched.stopThreads))
			return;
		futexsleep(&sched.worldgen, gen, -1);
	}
}

static void
serve(struct m *mp, struct g *gp, const struct sigctx *c)
{
	struct p *pp = NULL;
	if (mp->curg == gp) {
		/* As at an entry: sysmon, if it is about to take the P, backs off. */
		if (load_rlx(&mp->revoked) == REVOKE_NONE ||
			cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_NONE))
			pp = mp->p;
	}
	if (pp == NULL) {
		if (load_seq(&sched.stopThreads))
			waitForWorld(mp);
		return;
	}
again:
	lock(&sched.lock);
	if (load_rlx(&pp->runSafePointFn) && cas(&pp->runSafePointFn, 1u, 0u)) {
		sched.safePointFn(pp);
		if (--sched.safePointWait == 0)
			notewakeup(&sched.safePointNote);
	}
	if (load_rlx(&sched.gcwaiting)) {
		stopWithP(mp, gp);
		/* The next stop, as inrt is 1, sent no signal. */
		if ((pp = mp->p) != NULL && load_rlx(&sched.gcwaiting))
			goto again;
	} else if (load_rlx(&pp->preempt) & PREEMPT_ASKED && stackOf(gp, c->sp) != NULL) {
		handOver(mp, gp);
	} else {
		unlock(&sched.lock);
	}
}

no_sanitize void
preempthandler(int sig, void *info, void *ctx)
{
	struct g *gp = getg();
	struct sigctx c;
	sigctxRead(&c, sig, info, ctx);
	enum sender from = osSigSender(info);
	if (gp == NULL || gp->m == NULL || from != SENDER_OURS) {
		bool (*send)(int) = load_acq(&sigsend);
		if (send == NULL || !send(sig))
			osSigChain(&oldurg, sig, info, ctx);
		if (gp == NULL || gp->m == NULL || from == SENDER_OTHER)
			return;
	}
	struct m *mp = gp->m;
	if (load_rlx(&mp->inrt) != 0)
		return;
	do {
		store_rlx(&mp->inrt, 1u);
		compiler_fence();
		setg(mp->gsignal);
		store_rel(&mp->stopctx, ctx);
		gp->syscallpc = c.pc;
		gp->syscallfp = c.fp;
		gp->syscallsp = c.sp;
		serve(mp, gp, &c);
		gp->syscallsp = 0;
		store_rel(&mp->stopctx, (void *)NULL);
		setg(gp);
		store_rel(&mp->inrt, 0u);
		compiler_fence();
		/* A stop that began since wants this thread; one with a P is stopped before. */
	} while (unlikely(load_rlx(&sched.stopThreads)));
	sigctxRestart(mp, ctx);
}

/* ---- those who send ----------------------------------------------------------------------- */

static void
sendTo(struct m *mp)
{
	uint64_t tid = load_rlx(&mp->tid);
	/* If the thread has ended meanwhile, nobody gets it, or one that finds nothing to do. If too
	 * many signals are pending, it is sent again. */
	int err = tid != 0 ? osTgkill(tid, preemptsig) : 0;
	if (unlikely(err != 0 && err != -ESRCH && err != -EAGAIN) && !panicking())
		throwf("system call refused", "the kernel refuses tgkill (errno %d)\n", -err);
}

/* Is there a reason to take pp from the code that computes on it? */
bool
somethingWaits(struct p *pp, int64_t now)
{
	int64_t when = load_rlx(&pp->timers.when0);
	return !runqempty(pp) || load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0 ||
	       (when != 0 && when <= now) || load_rlx(&pp->runSafePointFn) != 0 ||
	       load_rlx(&sched.gcwaiting) != 0 || gcMarkShareDue();
}

/* sysmon: pp's slice is over, the request flag is set. A signal once a millisecond, if there is a
 * reason, and somebody to take the P. */
bool
asyncPreempt(struct p *pp, int64_t now)
{
	struct m *mp = load_rlx(&pp->m);
	if (debug.asyncpreemptoff || mp == NULL || load_rlx(&mp->inrt) != 0 ||
		now - pp->sysmontick.signalled < MS || load_rlx(&sched.exiting) ||
		!somethingWaits(pp, now))
		return false;
	if (!templateReady())
		return false;
	if (load_rlx(&sched.gcwaiting) == 0 && load_rlx(&sched.nmidle) == 0 && !parkedMany()) {
		/* Between those that are parked alone the P would go round and round. If no thread
		 * comes, that is better than nothing. */
		spareM(false);
		if (load_rlx(&sched.parked.n) == 0 ||
			now - pp->sysmontick.schedwhen < 2 * FORCE_PREEMPT_NS)
			return false;
	}
	pp->sysmontick.signalled = now;
	sendTo(mp);
	return true;
}

/* A stopper: all Ps whose M is in user code. */
void
signalRunning(void)
{
	int32_t n = load_acq(&gomaxprocs);
	if (debug.asyncpreemptoff)
		return;
	for (int32_t i = 0; i < n; i++) {
		struct p *pp = load_acq(&allp[i]);
		struct m *mp = load_rlx(&pp->m);
		if (load_rlx(&pp->status) == Prunning && mp != NULL && load_rlx(&mp->inrt) == 0)
			sendTo(mp);
	}
}

/* ---- threads without a P ------------------------------------------------------------------ */

/* All Ps are stopped. Could a thread be on its way to user code? Who has stopped a P has seen what was
 * written before by whoever had it. At the end of the process parked threads go on without a P
 * (asyncparkExit). */
static bool
someMayLeave(const struct m *me)
{
	if (load_seq(&sched.exiting))
		return true;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink)
		if (mp != me && (load_rlx(&mp->mayleave) || load_acq(&mp->revoked) != REVOKE_NONE))
			return true;
	return false;
}

/* All Ps are stopped. Returns when no thread runs user code; false: there is one that does not stop. */
bool
stopThreads(void)
{
	struct m *me = getg()->m;
	if (debug.asyncpreemptoff)
		return true;
	int64_t began = 0;
	store_seq(&sched.stopThreads, 1u);
	if (someMayLeave(me))
		osMembarrier();
	for (;;) {
		uint32_t seen = load_acq(&sched.threadstops);
		struct m *left = NULL;
		for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
			if (mp == me || load_acq(&mp->inrt) != 0)
				continue;
			left = mp;
			sendTo(mp);
		}
		if (left == NULL)
			return true;
		if (threadRefuses(left, &began))
			return false;
		futexsleep(&sched.threadstops, seen, 100 * US);
	}
}

void
startThreads(void)
{
	if (!load_rlx(&sched.stopThreads))
		return;
	store_seq(&sched.stopThreads, 0u);
	xadd(&sched.worldgen, 1u);
	futexwakeup(&sched.worldgen, UINT32_MAX >> 1);
}

/* The process is about to end: what parked threads hold, libc's locks above all, whoever flushes
 * its files may need. They go on, without Ps. sched.exiting is set. */
void
asyncparkExit(void)
{
	lock(&sched.lock);
	struct g *gp;
	while ((gp = parkedPop()) != NULL)
		givep(gp->m, NULL);
	unlock(&sched.lock);
}

bool
preemptOnlyOurs(void)
{
	return osSigOnly(preemptsig, preempthandler, &oldurg);
}

void
asyncparkinit(void)
{
	/* ThreadSanitizer's runtime cannot be interrupted at any instruction. */
	if (GORT_TSAN || hostoptions.preemptsig < 0)
		debug.asyncpreemptoff = 1;
	if (debug.asyncpreemptoff)
		return;
	if (!osfacts.haveBarrier) {
		rtprintf("gort: the kernel refuses membarrier: goroutines that compute or sleep "
			 "without entering the runtime are not preempted "
			 "(GODEBUG=asyncpreemptoff=1 accepts that)\n");
		debug.asyncpreemptoff = 1;
		return;
	}
	preemptsig = hostoptions.preemptsig > 0 ? hostoptions.preemptsig : SIG_URG;
	int err = osSigInstall(preemptsig, preempthandler, &oldurg);
	if (err != 0)
		bootfail(2, "cannot install a handler of signal %d (errno %d)", preemptsig, -err);
	osSigMask(1, 1ull << (preemptsig - 1)); /* the first thread's, should it be blocked there */
}
