/* preempt.c: asking a P to give way.                                                  room: sched
 *
 * A request is one byte, p->preempt, set by sysmon (the slice is over), by a stop-the-world or
 * by forEachP. It is served where the runtime is left (rtleave, when inrt falls to 0) and where
 * a goroutine parks or yields: there directNext declines and the way leads through schedule(),
 * which clears the byte and then looks at gcwaiting and runSafePointFn. The order of the two is
 * a full fence, so that a request set after the clearing is either seen or still in the byte.
 *
 * This is the cooperative half. asyncpark.c reaches code that never enters the runtime, and
 * revoke.c the P of a thread that sleeps in the kernel. */
#include "sched/internal.h"

void
preemptone(struct p *pp)
{
	store_rlx(&pp->preempt, (uint8_t)PREEMPT_ASKED);
}

/* mine: the P that asks, if one does; it need not give way for it. */
void
preemptall(const struct p *mine)
{
	int32_t n = load_acq(&gomaxprocs);
	for (int32_t i = 0; i < n; i++) {
		struct p *pp = load_acq(&allp[i]);
		if (pp != mine)
			preemptone(pp);
	}
}

/* g0: the goroutine gives way to everybody. */
void
gopreempt_m(struct g *gp)
{
	struct m *mp = gp->m;
	onG0(mp);
	mp->p->stats.npreempt++;
	setgstatus(gp, Grunning, Grunnable);
	dropg(mp);
	lock(&sched.lock);
	globrunqput(gp);
	unlock(&sched.lock);
	wakep();
	schedule();
}

/* rtleaveSlow: a request was seen at the end of an entry, inrt still 1. */
bool
rtleaveSlow(void)
{
	struct g *gp = getg();
	struct m *mp = gp->m;
	if (mp->p == NULL)
		return false;
	uint8_t asked = load_rlx(&mp->p->preempt);
	raggedPass(mp);
	if (asked == 0 || (asked == PREEMPT_FUZZ && !schedfuzzYields(mp)))
		return false;
	if (COLLECTS && mp->nfresh != 0) {
		callWithoutP(freshPopulate, mp);
		lookAtTrigger();
		mp = gp->m;
	}
	if (COLLECTS && mp->gcstall) {
		mp->gcstall = false;
		gcStall();
		if (!mp->isforeign)
			return false;
	}
	if (mp->isforeign) {
		foreignLeave(gp);
		return true;
	}
	switchToG0(gp, gopreempt_m);
	return false;
}

/* The runtime was entered from where it cannot serve. */
_Noreturn void
notAGoroutine(struct g *gp)
{
	if (load_rlx(&gp->atomicstatus) == Gsyscall)
		fatal("gort: call of the runtime inside gort_block");
	throw("entry on the scheduler's stack");
}

#if GORT_HARD
/* The hostile build yields where an ordinary one merely could. */
void
rtleaveHard(void)
{
	struct m *mp = getg()->m;
	if (mp->lockedg == NULL && sched.mainStarted && randn(&mp->rand[0], 4) == 0)
		Gosched();
}
#endif
