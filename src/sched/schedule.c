/* schedule.c: find a runnable goroutine and run it.                                  room: sched
 *
 * schedule() runs on g0 of an M that holds a P, and never returns: it ends in gogo.
 *
 * Spinning. An M is spinning while it has no work and looks for some; sched.nmspinning counts
 * them. Two rules keep idle Ps from sleeping beside work, without waking a thread for each G:
 *   submitting work:  (1) publish the G; (2) full fence; (3) if no M spins and a P is idle,
 *                     start one that spins (wakep).
 *   going idle:       (1) put the P on the idle list and, if spinning, decrement nmspinning
 *                     (full fences); (2) look at all queues once more; (3) sleep only if they
 *                     are empty.
 * If the submitter saw a spinning M or no idle P in its step 3, that M, or whoever gives up the
 * next P, has its step 2 still to come and will see the G; if it saw neither, it wakes one. An M
 * that finds work while spinning stops spinning and, being perhaps the last, wakes the next
 * (resetspinning). tests/model/steal.pml checks the pair and finds the lost G when either fence is
 * dropped.
 * At most half of the busy Ps spin. An M that may not spin takes step 2 as well: it did not look
 * at the other Ps at all, and the one that spun may have had no P to take for what it saw. (Go
 * has a flag, needspinning, for this case; the second look needs no state.)
 *
 * Rejected: a central list with one lock (contended past a few Ps, and it moves every G between
 * caches); waking a thread for each readied G (thrashes); handing the G over directly to a
 * parked thread (the waker's cache was the warm one). */
#include "core/broken.h"
#include "sched/internal.h"

_Noreturn void
execute(struct g *gp, bool inheritTime)
{
	struct m *mp = getg()->m;
	struct p *pp = mp->p;
	mp->curg = gp;
	gp->m = mp;
	setgstatus(gp, Grunnable, Grunning);
	if (!inheritTime)
		store_rlx(&pp->slicetick, pp->slicetick + 1);
	store_rlx(&pp->schedtick, pp->schedtick + 1);
	store_rlx(&mp->inrt, 1u);
	trackSwitchStart(mp->g0, gp, false);
	gogo(gp);
}

/* An M that found work stops spinning; it may have been the only one. */
void
resetspinning(struct m *mp)
{
	gort_assert(mp->spinning);
	mp->spinning = false;
	uint32_t n = xadd(&sched.nmspinning, -1u);
	if ((int32_t)n < 0)
		throw("findrunnable: negative nmspinning");
	wakep();
}

static void
becomeSpinning(struct m *mp)
{
	mp->spinning = true;
	xadd(&sched.nmspinning, 1u);
}

/* wakep: work was submitted; see above. */
static never_inline void
wakepSlow(void)
{
	/* The bootstrap is one thread's work until runtime_main says otherwise. */
	if (!load_rlx(&sched.mainStarted))
		return;
	if (!cas(&sched.nmspinning, 0u, 1u))
		return;
	lock(&sched.lock);
	struct p *pp = pidleget();
	if (pp == NULL) {
		unlock(&sched.lock);
		if ((int32_t)xadd(&sched.nmspinning, -1u) < 0)
			throw("wakep: negative nmspinning");
		return;
	}
	startmUnlock(pp, true);
}

void
wakep(void)
{
	if (!BROKEN(FENCE))
		fence();
	if (load_rlx(&sched.npidle) != 0 && load_rlx(&sched.nmspinning) == 0)
		wakepSlow();
}

/* A timer that is due at when was added, earlier than any before: the thread that sleeps in
 * netpoll must not oversleep it. If none sleeps there, a spinning M will look at the timers. */
void
wakeNetPoller(int64_t when)
{
	if (load_seq(&sched.lastpoll) == 0) {
		int64_t until = load_seq(&sched.pollUntil);
		if (until == 0 || until > when)
			netpollBreak();
	} else {
		wakep();
	}
}

/* Looks through the other Ps for work, in random order; in the last round also for timers and
 * for a runnext. */
static struct g *
stealWork(struct m *mp, struct p *pp, int64_t *now, int64_t *pollUntil, bool *again)
{
	const int rounds = 4;
	for (int i = 0; i < rounds; i++) {
		bool last = i == rounds - 1;
		uint32_t n = (uint32_t)gomaxprocs;
		uint32_t start = randn(&mp->rand[0], n);
		for (uint32_t k = 0; k < n; k++) {
			struct p *p2 = allp[(start + k) % n];
			if (load_rlx(&sched.gcwaiting)) {
				*again = true;
				return NULL;
			}
			if (p2 == pp || (debug.schedfuzz != 0 && schedfuzzSteals(mp)))
				continue;
			if (last && pmaskRead(sched.timerpMask, p2->id)) {
				int64_t next;
				bool ran;
				*now = checkTimers(p2, *now, &next, &ran);
				if (next != 0 && (*pollUntil == 0 || next < *pollUntil))
					*pollUntil = next;
				if (ran) {
					/* A timer may have readied Gs: they are on our queue. */
					bool inherit;
					struct g *gp = runqget(pp, &inherit);
					if (gp != NULL)
						return gp;
					*again = true;
				}
			}
			if (!pmaskRead(sched.idlepMask, p2->id)) {
				bool next = last || (debug.schedfuzz != 0 && schedfuzzSteals(mp));
				struct g *gp = runqsteal(pp, p2, next);
				if (gp != NULL)
					return gp;
			}
		}
	}
	return NULL;
}

/* Without a P: is there work on any P after all? Takes an idle P for it. */
static struct p *
checkRunqsNoP(void)
{
	int32_t n = load_acq(&gomaxprocs);
	for (int32_t i = 0; i < n; i++) {
		struct p *p2 = load_acq(&allp[i]);
		if (p2 == NULL || pmaskRead(sched.idlepMask, i) || runqempty(p2))
			continue;
		lock(&sched.lock);
		struct p *pp = pidleget();
		unlock(&sched.lock);
		return pp;
	}
	return NULL;
}

static int64_t
checkTimersNoP(int64_t pollUntil)
{
	int64_t t = timeSleepUntil();
	if (t != 0 && (pollUntil == 0 || t < pollUntil))
		return t;
	return pollUntil;
}

/* ---- the shared queues: the global one, and that of parked threads' goroutines ------------- */

static bool
sharedWork(void)
{
	return load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0;
}

/* How many on the global queue have waited longer than the first that is parked. */
static uint32_t
parkedAhead(void)
{
	uint32_t n = sched.parked.head->m->parkedafter - sched.runqtaken;
	return n > sched.runq.n ? 0 : n;
}

/* parkedFirst, or else who has waited longer. max: as globrunqget's. */
static struct g *
sharedGetLocked(struct p *pp, uint32_t max, bool parkedFirst)
{
	uint32_t ahead = sched.runq.n;
	if (sched.parked.n != 0) {
		ahead = parkedFirst ? 0 : parkedAhead();
		if (ahead == 0)
			return parkedPop();
		if (max == 0 || max > ahead)
			max = ahead;
	}
	return ahead != 0 ? globrunqget(pp, (int32_t)max) : NULL;
}

static struct g *
sharedGet(struct p *pp, uint32_t max, bool parkedFirst)
{
	lock(&sched.lock);
	struct g *gp = sharedGetLocked(pp, max, parkedFirst);
	unlock(&sched.lock);
	return gp;
}

/* A wake-up costs the one who asks for it a system call and an interrupt of the other processor: some
 * microseconds, as much as hundreds of switches. A program that readies one goroutine every few
 * microseconds, and runs it itself soon after, pays that each time if the idle thread goes to sleep in
 * between. So a thread that was woken soon after its last sleep began looks that long, some 50 us,
 * before it sleeps again; while it looks it counts as spinning, and nobody wakes it. Who sleeps
 * longer pays nothing. Not where there are more Ps than processors: somebody needs the time.
 *
 * It looks every few microseconds only. What a goroutine starts and then waits for is best run by
 * its own P, and would be stolen in between. */
#define LOOK_TICKS (1 << 17)

static bool
lookLonger(int64_t *since)
{
	int64_t now = cputicks();
	if (*since == 0)
		*since = now;
	if (now - *since >= LOOK_TICKS || gomaxprocs > ncpu)
		return false;
	for (int i = 0; i < 8 && !load_rlx(&sched.gcwaiting) && !sharedWork(); i++)
		procyield(20);
	return true;
}

/* Blocks until there is something to run. */
static struct g *
findrunnable(bool *inheritTime)
{
	struct m *mp = getg()->m;
	bool marked = false; /* for the collector's share */
	int64_t since = 0;   /* that it has found nothing, in ticks; 0: not yet */
	for (;;) {
		struct p *pp = mp->p;
		if (load_seq(&sched.gcwaiting)) {
			gcstopm();
			continue;
		}
		if (load_rlx(&pp->runSafePointFn))
			runSafePointFn();

		int64_t now = 0, pollUntil = 0;
		bool ran = false;
		if (load_rlx(&pp->timers.when0) != 0) {
			pp->timerlook = cputicks();
			now = checkTimers(pp, 0, &pollUntil, &ran);
		}

		if (unlikely(gcmarking != 0) && !marked && gcMarkShareDue()) {
			marked = true;
			if (mp->spinning)
				resetspinning(mp);
			(void)gcMarkShare(pp);
			continue;
		}

		struct g *gp;
		/* The shared queues: now and then, or all the time if too many threads are parked. */
		bool many = load_rlx(&sched.parked.n) != 0 && parkedMany();
		if (many || (pp->schedtick % 61 == 0 && sharedWork())) {
			gp = sharedGet(pp, 1, many);
			if (gp != NULL) {
				*inheritTime = false;
				return gp;
			}
		}
		gp = runqget(pp, inheritTime);
		if (gp != NULL)
			return gp;
		*inheritTime = false;
		if (sharedWork()) {
			gp = sharedGet(pp, 0, false);
			if (gp != NULL)
				return gp;
		}

		bool spin = mp->spinning || 2 * load_rlx(&sched.nmspinning) <
						    (uint32_t)gomaxprocs - load_rlx(&sched.npidle);
		if (spin && debug.schedfuzz != 0 && schedfuzzSteals(mp))
			spin = false;
		if (spin) {
			if (!mp->spinning)
				becomeSpinning(mp);
			bool again = false;
			gp = stealWork(mp, pp, &now, &pollUntil, &again);
			if (gp != NULL)
				return gp;
			if (again)
				continue;
		}

		/* Nothing but marking. */
		if (unlikely(gcmarking != 0) && gcMarkWorkFor(pp)) {
			if (mp->spinning)
				resetspinning(mp);
			gcMarkIdle(pp);
			continue;
		}

		if (!GORT_FREESTANDING && mp->spinning && mp->wokensoon && lookLonger(&since))
			continue;

		/* Nothing. Give up the P, then look once more. Its dead Gs go where the next ones
		 * are born. */
		gfpurge(pp);
		lock(&sched.lock);
		if (load_rlx(&sched.gcwaiting) || load_rlx(&pp->runSafePointFn)) {
			unlock(&sched.lock);
			continue;
		}
		gp = sharedGetLocked(pp, 0, false);
		if (gp != NULL) {
			unlock(&sched.lock);
			return gp;
		}
		struct p *old = releasep();
		pidleput(old);
		unlock(&sched.lock);

		if (mp->spinning) {
			mp->spinning = false;
			if ((int32_t)xadd(&sched.nmspinning, -1u) < 0)
				throw("findrunnable: negative nmspinning");
		}
		/* Work may have been submitted by somebody who counted on us. */
		if (load_seq(&sched.runq.n) != 0 || load_seq(&sched.parked.n) != 0) {
			lock(&sched.lock);
			pp = sharedWork() ? pidleget() : NULL;
			gp = pp != NULL ? sharedGetLocked(pp, 0, false) : NULL;
			unlock(&sched.lock);
			if (pp != NULL) {
				acquirep(pp);
				becomeSpinning(mp);
				return gp;
			}
		}
		pp = BROKEN(RECHECK) ? NULL : checkRunqsNoP();
		if (pp != NULL) {
			acquirep(pp);
			becomeSpinning(mp);
			continue;
		}
		pollUntil = checkTimersNoP(pollUntil);

		/* One thread sleeps until the next timer; it has no P meanwhile. */
		if (pollUntil != 0 && xchg(&sched.lastpoll, (int64_t)0) != 0) {
			store_seq(&sched.pollUntil, pollUntil);
			if (mp->spinning || mp->p != NULL)
				throw("findrunnable: netpoll with a p or spinning");
			/* A timer that was added before pollUntil was published is seen here;
			 * one added later sees pollUntil and breaks the sleep. */
			int64_t t = timeSleepUntil();
			if (t != 0 && t < pollUntil) {
				pollUntil = t;
				store_seq(&sched.pollUntil, pollUntil);
			}
			int64_t delay = pollUntil - nanotime();
			struct g *list = netpoll(delay < 0 ? 0 : delay);
			store_seq(&sched.pollUntil, (int64_t)0);
			store_seq(&sched.lastpoll, nanotime());
			lock(&sched.lock);
			pp = pidleget();
			unlock(&sched.lock);
			if (pp == NULL) {
				injectglist(list);
			} else {
				acquirep(pp);
				injectglist(list);
				becomeSpinning(mp);
				continue;
			}
		} else if (pollUntil != 0) {
			int64_t until = load_seq(&sched.pollUntil);
			if (until == 0 || until > pollUntil)
				netpollBreak();
		}
		since = cputicks();
		stopm();
		if (!GORT_FREESTANDING)
			mp->wokensoon = cputicks() - since < LOOK_TICKS;
		since = 0;
	}
}

_Noreturn void
schedule(void)
{
	struct m *mp = getg()->m;
	/* During the bootstrap m0 is alone, and the main goroutine, locked to it, shares it with
	 * the runtime's own goroutines: no thread is made for them. */
	if (mp->lockedg != NULL && load_rlx(&sched.mainStarted)) {
		stoplockedm();
		execute(mp->lockedg, false);
	}
	for (;;) {
		struct p *pp = mp->p;
		if (mp->spinning && !runqempty(pp))
			throw("schedule: spinning with local work");
		pp->stats.nsched++;
		raggedPass(mp);
		if (load_rlx(&pp->preempt) != 0) {
			/* The request is about to be served. xchg: the look at gcwaiting in
			 * findrunnable must not move before this. */
			if ((xchg(&pp->preempt, (uint8_t)0) & PREEMPT_ASKED) != 0)
				runqkicknext(pp); /* the slice is over for the pair, too */
			if (debug.schedfuzz != 0)
				schedfuzzRound(pp);
		}
		bool inheritTime = false;
		struct g *gp = findrunnable(&inheritTime);
		if (mp->spinning)
			resetspinning(mp);
		if (load_rlx(&gp->atomicstatus) == Gpreempted) {
			resumeParked(gp);
			continue;
		}
		if (unlikely(load_rlx(&sched.parkedturns) != 0))
			store_rlx(&sched.parkedturns, 0u);
		if (gp->lockedm != NULL && gp->lockedm != mp) {
			startlockedm(gp);
			continue;
		}
		execute(gp, inheritTime);
	}
}

/* injectglist: each G on the list, which the caller owns, becomes runnable. */
void
injectglist(struct g *list)
{
	if (list == NULL)
		return;
	uint32_t n = 0;
	lock(&sched.lock);
	for (struct g *gp = list, *next; gp != NULL; gp = next, n++) {
		next = gp->schedlink;
		gp->schedlink = NULL;
		setgstatus(gp, Gwaiting, Grunnable);
		globrunqput(gp);
	}
	unlock(&sched.lock);
	while (n-- > 0 && load_rlx(&sched.npidle) != 0)
		wakep();
}
