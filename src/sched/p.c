/* p.c: processors: how many there are, who holds which.                              room: sched
 *
 * A P is Pidle on the idle list, Prunning with an M, Psyscall beside an M in an announced call,
 * Pgcstop while the world is stopped, Pdead above GOMAXPROCS. Every change but one is made by
 * the P's owner; out of Psyscall whoever wins the CAS (sched/syscall.c).
 *
 * allp[i] is set once and never cleared: a P that GOMAXPROCS dropped is kept, Pdead, and comes
 * back when it grows again, so a thief's pointer to it never dangles. */
#include "core/broken.h"
#include "sched/internal.h"

void
pidleput(struct p *pp)
{
	assertLockHeld(&sched.lock);
	if (!runqempty(pp))
		throw("pidleput: P has non-empty run queue");
	if (load_rlx(&pp->timers.when0) == 0)
		pmaskClear(sched.timerpMask, pp->id);
	pmaskSet(sched.idlepMask, pp->id);
	store_rlx(&pp->link, sched.pidle);
	sched.pidle = pp;
	xadd(&sched.npidle, 1u);
}

struct p *
pidleget(void)
{
	assertLockHeld(&sched.lock);
	struct p *pp = sched.pidle;
	if (pp != NULL) {
		pmaskSet(sched.timerpMask, pp->id); /* it may get timers at any time now */
		pmaskClear(sched.idlepMask, pp->id);
		sched.pidle = pp->link;
		store_rlx(&pp->link, (struct p *)NULL);
		xadd(&sched.npidle, -1u);
	}
	return pp;
}

void
acquirep(struct p *pp)
{
	struct m *mp = getg()->m;
	if (mp->p != NULL)
		throw("acquirep: already in go");
	if (pp == NULL || pp->m != NULL || load_rlx(&pp->status) != Pidle)
		throw("acquirep: invalid p state");
	mp->p = pp;
	store_rlx(&pp->m, mp);
	store_rel(&pp->status, Prunning);
	if (mp->isforeign)
		preemptone(pp); /* rtleave lets go of it: hosted/foreign.c */
}

struct p *
releasep(void)
{
	struct m *mp = getg()->m;
	struct p *pp = mp->p;
	if (pp == NULL || pp->m != mp || load_rlx(&pp->status) != Prunning)
		throw("releasep: invalid p state");
	mp->p = NULL;
	store_rlx(&pp->m, (struct m *)NULL);
	store_rel(&pp->status, Pidle);
	return pp;
}

static void
pinit(struct p *pp, int32_t id)
{
	pp->id = id;
	store_rel(&pp->status, Pgcstop);
	if (pp->mcache == NULL)
		pp->mcache = allocmcache();
	if (pp->gcw == NULL)
		gcworkInit(pp);
	pmaskSet(sched.timerpMask, id);
	pmaskClear(sched.idlepMask, id);
	schedfuzzStart(pp);
}

/* pp leaves: what it holds goes to the global lists and to the P that does the work. */
static void
pdestroy(struct p *pp, struct p *heir)
{
	struct g *gp;
	bool inherit;
	lock(&sched.lock);
	while ((gp = runqget(pp, &inherit)) != NULL)
		globrunqput(gp);
	unlock(&sched.lock);
	if (!BROKEN(TIMERS))
		moveTimers(pp, heir);
	for (; pp->nsudog > 0; pp->nsudog--)
		gcfree(pp->sudogcache[pp->nsudog - 1]);
	gfpurge(pp);
	mcacheFlush(pp->mcache);
	sched.ngalive += pp->ngalive;
	pp->ngalive = 0;
	pmaskClear(sched.timerpMask, pp->id);
	pmaskClear(sched.idlepMask, pp->id);
	store_rel(&pp->status, Pdead);
}

/* procresizeTo: the world is stopped and the caller is its stopper. On return the caller holds
 * allp[0] or the P it had; *runnable lists, by link, Ps with local work, each without an M. */
void
procresizeTo(int32_t n, struct p **runnable)
{
	assertWorldStopped();
	struct m *mp = getg()->m;
	int32_t old = gomaxprocs;
	if (n < 1)
		throw("procresize: invalid arg");
	if (n > MAXPROCS)
		n = MAXPROCS;
	int64_t now = nanotime();
	if (sched.procresizetime != 0)
		sched.totaltime += (int64_t)old * (now - sched.procresizetime);
	else
		store_seq(&sched.lastpoll, now); /* later 0 means that a thread is polling */
	sched.procresizetime = now;

	for (int32_t i = 0; i < n; i++) {
		struct p *pp = allp[i];
		if (pp == NULL) {
			pp = persistentalloc(sizeof *pp, CACHE_LINE);
			/* Once: sysmon, which does not stop, may hold the lock of a P that left. */
			lockInit(&pp->timers.lock, LOCKRANK_TIMERS);
		}
		if (i >= old)
			pinit(pp, i);
		store_rel(&allp[i], pp);
	}

	/* Keep our P if it stays; else move to P 0. */
	struct p *mine = mp->p;
	if (mine == NULL || mine->id >= n) {
		struct p *p0 = allp[0];
		if (mine != NULL) {
			store_rlx(&mine->m, (struct m *)NULL);
			mp->p = NULL;
		}
		store_rel(&p0->status, Pidle);
		store_rlx(&p0->m, (struct m *)NULL);
		acquirep(p0);
	} else {
		store_rel(&mine->status, Prunning);
	}
	for (int32_t i = n; i < old; i++)
		pdestroy(allp[i], mp->p);
	/* Threads that the stop found computing get their P back; those whose P is gone wait for
	 * another, before the ones whose slice was over. */
	for (int32_t i = 0; i < old; i++) {
		struct p *pp = allp[i];
		if (pp->stoppedm == NULL || (i < n && pp != mp->p))
			continue;
		struct g *gp = pp->stoppedm->curg;
		pp->stoppedm = NULL;
		lock(&sched.lock);
		setgstatus(gp, Grunning, Gpreempted);
		gqueuePushFront(&sched.parked, gp); /* nobody is ahead, whatever parkedafter says */
		unlock(&sched.lock);
	}

	struct p *list = NULL;
	lock(&sched.lock);
	store_rel(&gomaxprocs, n);
	for (int32_t i = n - 1; i >= 0; i--) {
		struct p *pp = allp[i];
		if (pp == mp->p)
			continue;
		store_rel(&pp->status, Pidle);
		if (pp->stoppedm != NULL) {
			store_rlx(&pp->link, sched.resume);
			store_rel(&sched.resume, pp);
		} else if (runqempty(pp)) {
			pidleput(pp);
		} else {
			store_rlx(&pp->link, list);
			list = pp;
		}
	}
	/* The Ps are to be had from here on, so the stop ends in the same step: an M that comes
	 * back from a call, takes one and parks would otherwise stop it for a stopper who counts
	 * no more. The lock also orders this with sysmon, which decides under it to sleep while
	 * gcwaiting is set. (At boot there is no stop to end.) */
	store_seq(&sched.gcwaiting, 0u);
	if (load_rlx(&sched.sysmonwait)) {
		store_rlx(&sched.sysmonwait, 0u);
		notewakeup(&sched.sysmonnote);
	}
	unlock(&sched.lock);
	*runnable = list;
}

/* procresize: the bootstrap's call. */
void
procresize(int32_t n)
{
	struct p *runnable = NULL;
	schedfuzzInit();
	procresizeTo(n, &runnable);
	gort_assert(runnable == NULL);
	bootResult("%d Ps, P 0 held by m0", gomaxprocs);
}
