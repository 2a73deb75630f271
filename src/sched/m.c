/* m.c: threads: made when a P has work and no thread, parked when there is none.      room: sched
 *
 * An M without a P does not touch a run queue, allocate, or ready a G. It gets a P by being
 * started with one (nextp, written before notewakeup(park)), or takes an idle one under
 * sched.lock. Idle Ms form a list under sched.lock; the last one parked is the first started:
 * its caches are the warmest.
 *
 * A G locked to a thread (lockOSThread): whoever schedules it hands its own P to the locked M
 * and parks (startlockedm); the locked M, when its G is not runnable, hands its P off and sleeps
 * until then (stoplockedm).
 *
 * New threads, hosted. pthread_create takes locks of libc, and a thread that a signal has parked
 * (asyncpark.c) may hold one of them; were the M that makes a thread to wait for it, with the P that
 * the parked one needs, nothing would move any more. So before the first signal is sent a template
 * thread is made, which has no P and makes all others from then on; and a P that is to go to an M
 * when none is idle goes to a parked one first.
 *
 * The template also makes all threads that are wanted by an M whose thread the program may have changed
 * (a namespace, a working directory or credentials of its own): one with a goroutine that is locked to
 * it, and one of the program's own. A thread inherits such things. So the template is made when a
 * goroutine locks itself for the first time, while its thread is still like all others; when a
 * guest boots; and by sysmon if a thread of the program's own needs it and it is not there.
 *
 * allm only grows, at its head, by CAS; an M that has ended (mexit) stays on it with tid 0, for
 * readers that hold no lock. */
#include "sched/internal.h"

/* ---- making ------------------------------------------------------------------------------- */

void
checkmcount(void)
{
	assertLockHeld(&sched.lock);
	if (mcount() > sched.maxmcount) {
		rtprintf("runtime: program exceeds %d-thread limit\n", sched.maxmcount);
		throw("thread exhaustion");
	}
}

int32_t
mcount(void)
{
	return (int32_t)(sched.mnext - sched.nmfreed);
}

/* An M counts from here on, in mcount and so for checkdead, though its thread does not exist yet.
 * Whoever holds a P for a new M must reserve before it lets go of sched.lock: otherwise the last
 * running M may go idle in between and find all asleep, with a runnable G. */
int64_t
mReserveID(void)
{
	assertLockHeld(&sched.lock);
	int64_t id = sched.mnext++;
	checkmcount();
	return id;
}

static void
mregister(struct m *mp)
{
	if (mp != &m0) { /* which randinit has seeded */
		uint64_t *rand = &getg()->m->rand[0];
		mp->rand[0] = wyrand(rand);
		mp->rand[1] = wyrand(rand);
	}
	allmPush(mp);
}

void
allmPush(struct m *mp)
{
	for (;;) {
		struct m *head = load_acq(&allm);
		mp->alllink = head;
		if (cas(&allm, head, mp))
			break;
	}
}

/* mcommoninit: the first M's place in the list and the count; newm does the others'. */
void
mcommoninit(struct m *mp)
{
	lock(&sched.lock);
	mp->id = mReserveID();
	unlock(&sched.lock);
	mregister(mp);
	bootResult("m0 registered, thread limit %d", sched.maxmcount);
}

static _Noreturn void
mstart1(void *arg)
{
	struct m *mp = arg;
	if (mp->mstartfn != NULL)
		mp->mstartfn();
	if (mp != &m0) {
		if (mp->nextp == NULL) { /* a spare */
			stopm();
		} else {
			acquirep(mp->nextp);
			mp->nextp = NULL;
		}
	}
	schedule();
}

static void
mstart1noreturn(void *arg)
{
	mstart1(arg);
}

/* A new thread's first function. */
static no_sanitize void
mstartthread(struct m *mp)
{
	setg(mp->g0);
	osThreadInit(mp, &mp->g0->stack.lo, &mp->g0->stack.hi);
	osThreadOnExit(mp);
	trackThreadStack(mp->g0);
	minitsig(mp);
	g0base(mp->g0, mstart1noreturn, mp);
}

/* mstart: the first thread enters the scheduler. */
_Noreturn no_sanitize void
mstart(void)
{
	trackThreadStack(&g0);
	minitsig(&m0);
	initsig();
	foreigninit();
	forkinit();
	g0base(&g0, mstart1noreturn, &m0);
}

struct newosprocargs {
	struct m *mp;
	int err;
};

static void
newosprocg0(void *arg)
{
	struct newosprocargs *a = arg;
	a->err = newosproc(a->mp, mstartthread);
}

/* Makes mp's thread, here and now. */
static void
newmNow(struct m *mp)
{
	struct newosprocargs a = {.mp = mp};
	systemstack(newosprocg0, &a);
	if (a.err == 0)
		return;
	if (mp->mstartfn == NULL && mp->nextp == NULL) { /* a spare: nobody waits for it */
		lock(&sched.lock);
		sched.nmfreed++;
		sched.spareAsked = false;
		unlock(&sched.lock);
		return;
	}
	if (!load_rlx(&sched.mainStarted))
		bootfail(2, "the kernel refuses a thread (errno %d%s)", -a.err, osThreadWhy(a.err));
	throwf("newosproc", "failed to create new OS thread (have %d already; errno=%d%s)\n",
		mcount() - 1, -a.err, osThreadWhy(a.err));
}

/* ---- the template thread ------------------------------------------------------------------ */

static struct {
	uint32_t up;        /* atomic, futex: requests go to it; never falls */
	bool asked;         /* atomic: somebody makes it */
	bool wanted;        /* atomic: sysmon is to make it */
	struct m *requests; /* atomic: by schedlink, newest first */
	uint32_t nrequests; /* atomic, futex: moves with each */
} template;

static void
templateMain(void)
{
	store_seq(&template.up, 1u);
	futexwakeup(&template.up, UINT32_MAX >> 1);
	for (;;) {
		uint32_t seen = load_acq(&template.nrequests);
		struct m *list = xchg(&template.requests, (struct m *)NULL);
		if (list == NULL)
			futexsleep(&template.nrequests, seen, -1);
		while (list != NULL) {
			struct m *mp = list;
			list = mp->schedlink;
			mp->schedlink = NULL;
			newmNow(mp);
		}
	}
}

static void
templateAsk(struct m *mp)
{
	struct m *head;
	do {
		head = load_rlx(&template.requests);
		mp->schedlink = head;
	} while (!cas(&template.requests, head, mp));
	xadd(&template.nrequests, 1u);
	futexwakeup(&template.nrequests, 1);
}

/* A thread that is made by this one might inherit what the program has done to it. */
static bool
changedThread(void)
{
	struct m *me = getg()->m;
	return osThreadLocks && (me->lockedExt != 0 || me->isforeign);
}

/* sysmon is awake, or about to look. */
static void
templateWant(void)
{
	if (load_acq(&template.asked))
		return;
	lock(&sched.lock);
	store_rlx(&template.wanted, true);
	if (load_rlx(&sched.sysmonwait)) {
		store_rlx(&sched.sysmonwait, 0u);
		notewakeup(&sched.sysmonnote);
	}
	unlock(&sched.lock);
}

bool
templateDue(void)
{
	return unlikely(load_rlx(&template.wanted)) && !load_acq(&template.asked);
}

/* newm: a thread that runs fn (may be NULL), then schedules with pp. id: from mReserveID. */
static void
newm(void (*fn)(void), struct p *pp, int64_t id)
{
	struct m *mp = persistentalloc(sizeof *mp, CACHE_LINE);
	mp->g0 = persistentalloc(sizeof *mp->g0, CACHE_LINE);
	mp->gsignal = persistentalloc(sizeof *mp->gsignal, CACHE_LINE);
	mp->g0->m = mp;
	mp->gsignal->m = mp;
	mp->mstartfn = fn;
	mp->nextp = pp;
	mp->spinning = fn == NULL && pp != NULL && pp->startspinning;
	mp->id = id;
	store_rlx(&mp->inrt, 1u);
	mregister(mp);
	if (load_acq(&template.up) != 0) {
		templateAsk(mp);
	} else if (changedThread()) {
		templateAsk(mp);
		templateWant();
	} else {
		newmNow(mp);
	}
}

/* True once no thread of ours makes threads while others may be stopped. The thread that asks
 * first makes it, if it is one like all others, while nobody is parked, and the caller comes back
 * later. */
bool
templateReady(void)
{
	if (!osThreadLocks || load_acq(&template.up) != 0)
		return true;
	if (changedThread()) {
		templateWant();
	} else if (cas(&template.asked, false, true)) {
		lock(&sched.lock);
		sched.nmsys++;
		int64_t id = mReserveID();
		unlock(&sched.lock);
		newm(templateMain, NULL, id);
	}
	return false;
}

/* A stopper, before it stops anybody: who makes the template may wait for a lock of libc's, whose holder must
 * not be stopped then; nor must the start of the world make a thread itself, before all go on. Its
 * making needs no P but its maker's, so this ends. */
void
templateWait(void)
{
	while (!templateReady())
		futexsleep(&template.up, 0, -1);
}

/* One thread more, idle: for the next P that is taken from code that computes. Or for the next stop,
 * which has use for many (helpers.c). */
void
spareM(bool oneOfMany)
{
	if (!templateReady())
		return;
	lock(&sched.lock);
	bool make = !sched.spareAsked && (oneOfMany || sched.midle == NULL) &&
		    mcount() < sched.maxmcount;
	int64_t id = 0;
	if (make) {
		sched.spareAsked = true;
		id = mReserveID();
	}
	unlock(&sched.lock);
	if (make)
		newm(NULL, NULL, id);
}

void
newSysmon(void)
{
	lock(&sched.lock);
	sched.nmsys++;
	int64_t id = mReserveID();
	unlock(&sched.lock);
	newm(sysmon, NULL, id);
}

/* ---- idle ones ---------------------------------------------------------------------------- */

void
mput(struct m *mp)
{
	assertLockHeld(&sched.lock);
	mp->schedlink = sched.midle;
	sched.midle = mp;
	sched.spareAsked = false;
	sched.nmidle++;
	checkdead();
}

struct m *
mget(void)
{
	assertLockHeld(&sched.lock);
	struct m *mp = sched.midle;
	if (mp != NULL) {
		sched.midle = mp->schedlink;
		mp->schedlink = NULL;
		sched.nmidle--;
	}
	return mp;
}

void
mPark(struct m *mp)
{
	store_rlx(&mp->blocked, true);
	notesleep(&mp->park);
	noteclear(&mp->park);
	store_rlx(&mp->blocked, false);
}

/* stopm: without a P, not spinning; returns with a P. */
void
stopm(void)
{
	struct m *mp = getg()->m;
	if (mp->p != NULL)
		throw("stopm holding p");
	if (mp->spinning)
		throw("stopm spinning");
	lock(&sched.lock);
	mput(mp);
	unlock(&sched.lock);
	mPark(mp);
	while (!GORT_FREESTANDING && mp->helps != 0) {
		helpOut(mp);
		mPark(mp);
	}
	acquirep(mp->nextp);
	mp->nextp = NULL;
}

/* startmUnlock: a thread, idle or new, runs with pp. spinning: the caller has counted it in
 * nmspinning. Comes with sched.lock held and lets go of it. A caller that took pp off the idle list
 * holds the lock since then: if it is sysmon, which is not counted as running, the last M that is
 * could come back from a call in between, find no P, go idle, and see a deadlock. */
void
startmUnlock(struct p *pp, bool spinning)
{
	struct m *mp = mget();
	if (mp == NULL && !spinning) {
		/* Not to a thread that is yet to be made, if one waits for a P that may hold what
		 * the making needs. */
		struct g *gp = parkedPop();
		if (gp != NULL) {
			bool fresh = sched.runq.n != 0;
			unlock(&sched.lock);
			givep(gp->m, pp);
			if (fresh) /* whose turn it was; the next time there is one */
				spareM(false);
			return;
		}
	}
	if (mp == NULL) {
		int64_t id = mReserveID();
		unlock(&sched.lock);
		pp->startspinning = spinning;
		newm(NULL, pp, id);
		return;
	}
	unlock(&sched.lock);
	if (mp->spinning)
		throw("startm: m is spinning");
	if (mp->nextp != NULL)
		throw("startm: m has p");
	mp->spinning = spinning;
	mp->nextp = pp;
	notewakeup(&mp->park);
}

/* startm: pp, which the caller has on its hands, gets a thread. */
void
startm(struct p *pp, bool spinning)
{
	lock(&sched.lock);
	startmUnlock(pp, spinning);
}

/* handoffp: pp, which the caller just released or retook, goes to whoever has use for it. */
void
handoffp(struct p *pp)
{
	pp->stats.nhandoff++;
	if (!runqempty(pp) || load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0) {
		startm(pp, false);
		return;
	}
	/* No local work; but if nobody spins and nobody is idle, somebody must look. */
	if (load_seq(&sched.nmspinning) + load_seq(&sched.npidle) == 0 &&
		cas(&sched.nmspinning, 0u, 1u)) {
		startm(pp, true);
		return;
	}
	lock(&sched.lock);
	if (load_rlx(&sched.gcwaiting)) {
		store_rel(&pp->status, Pgcstop);
		stoppedUnlock();
		return;
	}
	if (load_rlx(&pp->runSafePointFn) && cas(&pp->runSafePointFn, 1u, 0u)) {
		sched.safePointFn(pp);
		if (--sched.safePointWait == 0)
			notewakeup(&sched.safePointNote);
	}
	if (sched.runq.n != 0 || sched.parked.n != 0) {
		unlock(&sched.lock);
		startm(pp, false);
		return;
	}
	/* If this is the last running P and nobody polls, somebody has to wait for timers. */
	if (load_rlx(&sched.npidle) == (uint32_t)gomaxprocs - 1 && load_rlx(&sched.lastpoll) != 0) {
		unlock(&sched.lock);
		startm(pp, false);
		return;
	}
	pidleput(pp);
	unlock(&sched.lock);
	int64_t when = load_seq(&pp->timers.when0);
	if (when != 0)
		wakeNetPoller(when);
}

/* ---- goroutines locked to threads ---------------------------------------------------------- */

void
lockOSThread(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	if (load_rlx(&sched.mainStarted))
		templateReady();
	if (++mp->lockedExt == 0) {
		mp->lockedExt--;
		panicPlain("LockOSThread nesting overflow");
	}
	mp->lockedg = gp;
	gp->lockedm = mp;
}

/* As Go's: without a matching lock it does nothing. */
void
unlockOSThread(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	if (mp->lockedExt == 0)
		return;
	if (--mp->lockedExt != 0 || mp->lockedInt != 0)
		return;
	mp->lockedg = NULL;
	gp->lockedm = NULL;
}

/* The same for the runtime's own purposes, to whom the thread is as good as any other. Also without
 * a P: who goes on with inrt == 0 stays on its thread, too. */
void
lockOSThreadInternal(struct g *gp)
{
	struct m *mp = gp->m;
	mp->lockedInt++;
	mp->lockedg = gp;
	gp->lockedm = mp;
}

void
unlockOSThreadInternal(struct g *gp)
{
	struct m *mp = gp->m;
	if (--mp->lockedInt != 0 || mp->lockedExt != 0)
		return;
	mp->lockedg = NULL;
	gp->lockedm = NULL;
}

/* The M's own G is not runnable: sleep until somebody schedules it. */
void
stoplockedm(void)
{
	struct m *mp = getg()->m;
	if (mp->lockedg == NULL || mp->lockedg->lockedm != mp)
		throw("stoplockedm: inconsistent locking");
	if (mp->p != NULL)
		handoffp(releasep());
	lock(&sched.lock);
	sched.nmidlelocked++;
	checkdead();
	unlock(&sched.lock);
	mPark(mp);
	if (load_acq(&mp->lockedg->atomicstatus) != Grunnable)
		throw("stoplockedm: not runnable");
	acquirep(mp->nextp);
	mp->nextp = NULL;
}

/* gp, which the caller took off a queue, is locked to another M: that one gets our P. */
void
startlockedm(struct g *gp)
{
	struct m *mp = getg()->m;
	struct m *lm = gp->lockedm;
	if (lm == mp)
		throw("startlockedm: locked to me");
	if (lm->nextp != NULL)
		throw("startlockedm: m has p");
	lock(&sched.lock);
	sched.nmidlelocked--;
	unlock(&sched.lock);
	lm->nextp = releasep();
	notewakeup(&lm->park);
	stopm();
}

/* The thread of a G that ended while locked ends too. The first thread of a process cannot (the
 * process would look dead to the kernel's tools): it sleeps for ever. */
_Noreturn void
mexit(void)
{
	struct m *mp = getg()->m;
	handoffp(releasep());
	lock(&sched.lock);
	if (mp == &m0) {
		sched.nmidlelocked++; /* neither idle nor running: for the deadlock count */
		checkdead();
		unlock(&sched.lock);
		for (;;)
			mPark(mp);
	}
	sched.nmfreed++;
	mp->ending = true;
	checkdead();
	unlock(&sched.lock);
	store_seq(&mp->tid, (uint64_t)0); /* foreignDetach says why */
	if (load_seq(&sched.stopThreads))
		waitForWorld(mp);
	osSigAltstackOff();
	osThreadExit(mp);
}
