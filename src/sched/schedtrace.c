/* schedtrace.c: GODEBUG=schedtrace=N and scheddetail=1: the scheduler's state.       room: sched
 *
 * The lines are Go's, so that what reads them goes on working. Ours come after them: a COUNT
 * line with the sums, and in the detailed form five counters at the end of each P line.
 *
 * Under sched.lock, which keeps the idle lists and the Ms still; what belongs to a running M or
 * P is read racily, on purpose, and may be a moment old (hence no_sanitize).
 */
#include "sched/internal.h"

static void
printID(const char *label, bool known, int64_t id)
{
	if (known)
		rtprintf("%s%ld", label, (long)id);
	else
		rtprintf("%snil", label);
}

static const char *
yesno(bool b)
{
	return b ? "true" : "false";
}

static no_sanitize struct pstats
sumStats(void)
{
	struct pstats s = {0};
	for (int32_t i = 0; i < MAXPROCS && allp[i] != NULL; i++) {
		const struct pstats *t = &allp[i]->stats;
		s.ngo += load_rlx(&t->ngo);
		s.nsteal += load_rlx(&t->nsteal);
		s.nhandoff += load_rlx(&t->nhandoff);
		s.npreempt += load_rlx(&t->npreempt);
		s.ndirect += load_rlx(&t->ndirect);
		s.nsched += load_rlx(&t->nsched);
	}
	return s;
}

static no_sanitize void
printPs(void)
{
	for (int32_t i = 0; i < gomaxprocs; i++) {
		struct p *pp = allp[i];
		struct m *mp = load_rlx(&pp->m);
		rtprintf("  P%d: status=%u schedtick=%u syscalltick=%u", i, load_rlx(&pp->status),
			load_rlx(&pp->schedtick), load_rlx(&pp->syscalltick));
		printID(" m=", mp != NULL, mp != NULL ? mp->id : 0);
		rtprintf(" runqsize=%u gfreecnt=%u timerslen=%u",
			load_rlx(&pp->runqtail) - load_rlx(&pp->runqhead), load_rlx(&pp->ngfree[0]),
			load_rlx(&pp->timers.len));
		rtprintf(" steals=%lu handoffs=%lu preempts=%lu direct=%lu sched=%lu\n",
			(unsigned long)load_rlx(&pp->stats.nsteal),
			(unsigned long)load_rlx(&pp->stats.nhandoff),
			(unsigned long)load_rlx(&pp->stats.npreempt),
			(unsigned long)load_rlx(&pp->stats.ndirect),
			(unsigned long)load_rlx(&pp->stats.nsched));
	}
}

static no_sanitize void
printMs(void)
{
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
		struct p *pp = load_rlx(&mp->p);
		struct g *gp = load_rlx(&mp->curg), *lockedg = load_rlx(&mp->lockedg);
		rtprintf("  M%ld:", (long)mp->id);
		printID(" p=", pp != NULL, pp != NULL ? pp->id : 0);
		printID(" curg=", gp != NULL, gp != NULL ? (int64_t)gp->goid : 0);
		rtprintf(" mallocing=%d throwing=%d preemptoff=%s locks=%d dying=%d", mp->mallocing,
			mp->throwing, "", mp->locks, mp->dying);
		rtprintf(" spinning=%s blocked=%s", yesno(mp->spinning), yesno(mp->blocked));
		printID(" lockedg=", lockedg != NULL, lockedg != NULL ? (int64_t)lockedg->goid : 0);
		rtprintf("\n");
	}
}

static no_sanitize void
printGs(void)
{
	uint32_t n = load_acq(&nallgs);
	for (uint32_t i = 0; i < n; i++) {
		struct g *gp = allgsGet(i);
		if (gp == NULL)
			continue;
		uint32_t s = load_acq(&gp->atomicstatus);
		if (s == Gdead)
			continue; /* its page may have been given back */
		struct m *mp = load_rlx(&gp->m), *lockedm = load_rlx(&gp->lockedm);
		const char *why =
			gp->waitreason < waitReasonCount ? waitReasonStrings[gp->waitreason] : "";
		rtprintf("  G%lu: status=%u(%s)", (unsigned long)gp->goid, s, why);
		printID(" m=", mp != NULL, mp != NULL ? mp->id : 0);
		printID(" lockedm=", lockedm != NULL, lockedm != NULL ? lockedm->id : 0);
		rtprintf("\n");
	}
}

static no_sanitize never_inline void
printSummary(int64_t now, int32_t threads)
{
	rtprintf("SCHED %ldms: gomaxprocs=%d idleprocs=%u threads=%d spinningthreads=%u"
		 " needspinning=%u idlethreads=%d runqueue=%u",
		(long)((now - sched.starttime) / MS), gomaxprocs, load_rlx(&sched.npidle), threads,
		load_rlx(&sched.nmspinning), 0u, sched.nmidle, load_rlx(&sched.runq.n));
}

static no_sanitize never_inline void
printQueues(void)
{
	rtprintf(" [");
	for (int32_t i = 0; i < gomaxprocs; i++)
		rtprintf(" %u", load_rlx(&allp[i]->runqtail) - load_rlx(&allp[i]->runqhead));
	rtprintf(" ] schedticks=[ ");
	for (int32_t i = 0; i < gomaxprocs; i++)
		rtprintf("%u ", load_rlx(&allp[i]->schedtick));
	rtprintf("]\n");
}

static no_sanitize never_inline void
printDetail(void)
{
	rtprintf(" gcwaiting=%s nmidlelocked=%d stopwait=%d sysmonwait=%s\n",
		yesno(load_rlx(&sched.gcwaiting) != 0), sched.nmidlelocked, sched.stopwait,
		yesno(load_rlx(&sched.sysmonwait) != 0));
	printPs();
	printMs();
	printGs();
}

static no_sanitize never_inline void
printCounts(void)
{
	struct pstats s = sumStats();
	rtprintf("COUNT goroutines=%lu steals=%lu handoffs=%lu preempts=%lu direct=%lu sched=%lu\n",
		(unsigned long)s.ngo, (unsigned long)s.nsteal, (unsigned long)s.nhandoff,
		(unsigned long)s.npreempt, (unsigned long)s.ndirect, (unsigned long)s.nsched);
}

/* The lock is taken where the sanitizers see it; what is printed under it is not for them. */
void
schedtrace(bool detailed)
{
	int64_t now = nanotime();
	lock(&sched.lock);
	printlock();
	printSummary(now, mcount());
	if (detailed)
		printDetail();
	else
		printQueues();
	printCounts();
	printunlock();
	unlock(&sched.lock);
}
