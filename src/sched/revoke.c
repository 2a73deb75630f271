/* revoke.c: a thread asleep in a call that nobody announced loses its P.             room: sched
 *
 * C code on a goroutine may call read, poll or pthread_mutex_lock like any C code. The thread then
 * sleeps with a P that others could use. A signal would wake it for nothing; and it need not be
 * stopped, only the P be taken: user code (inrt == 0) has no use for a P before its next entry.
 *
 * sysmon finds the sleeper: at two looks the same M, the same schedtick, and not a nanosecond of
 * CPU used by the thread in between; and the kernel says that it sleeps, rather than waits for a
 * CPU. Then (retakeUser)
 *
 *	sysmon                              the M, at each entry (rtenter)
 *	revoked: NONE -> ASKED              inrt = 1
 *	membarrier                          if revoked != NONE:
 *	if inrt == 0 and m->p is the P:         ASKED -> NONE by CAS: keeps its P
 *	    revoked: ASKED -> TAKEN by CAS      else TAKEN: it has no P; NONE, and gets one
 *	    the P goes to another M
 *	else ASKED -> NONE by CAS
 *
 * The M has no fence between its store and its load: membarrier makes every running thread of the
 * process pass one, and a thread that does not run passed one when it stopped. So either sysmon
 * sees inrt != 0, or the M's next load sees ASKED. While revoked is ASKED and inrt was seen 0, the
 * M cannot enter without taking ASKED back, which makes sysmon's CAS fail: what sysmon reads of
 * the M in between (m->p) is whole. Only sysmon asks, only the M goes from TAKEN to NONE.
 *
 * m->p is the M's own and keeps the old value while the P is gone; with revoked TAKEN it says
 * nothing.
 *
 * tests/model/revoke.pml finds two Ms with one P if the barrier or either CAS is left out.
 *
 * Rejected: waking the thread with a signal (calls that return EINTR whatever is asked for);
 * taking the P by the clock alone (a machine with fewer CPUs than GOMAXPROCS would have ever more
 * threads compute, each without a P). */
#include "sched/internal.h"

static bool
revoke(struct p *pp, struct m *mp)
{
	if (!cas(&mp->revoked, (uint32_t)REVOKE_NONE, (uint32_t)REVOKE_ASKED))
		return false;
	osMembarrier();
	if (load_acq(&mp->inrt) == 0 && load_rlx(&mp->p) == pp &&
		cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_TAKEN)) {
		store_rlx(&pp->m, (struct m *)NULL);
		store_rel(&pp->status, (uint32_t)Pidle);
		return true;
	}
	cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_NONE);
	return false;
}

/* pp is Prunning. */
bool
retakeUser(struct p *pp, int64_t now)
{
	struct m *mp = load_rlx(&pp->m);
	uint32_t tick = load_rlx(&pp->schedtick);
	uint64_t tid;
	if (mp == NULL || load_rlx(&mp->inrt) != 0 || (tid = load_rlx(&mp->tid)) == 0 ||
		!osfacts.haveBarrier) {
		pp->sysmontick.userm = NULL;
		return false;
	}
	int64_t used = osThreadCpu(tid);
	if (pp->sysmontick.userm != mp || pp->sysmontick.usertick != tick ||
		pp->sysmontick.usercpu != used) {
		pp->sysmontick.userm = mp;
		pp->sysmontick.usertick = tick;
		pp->sysmontick.usercpu = used;
		pp->sysmontick.usersince = now;
		return false;
	}
	/* As for an announced call: if nobody wants the P leave it, but not for ever, lest sysmon
	 * never sleep. */
	if (!somethingWaits(pp, now) && load_seq(&sched.nmspinning) + load_seq(&sched.npidle) > 0 &&
		pp->sysmontick.usersince + 10 * MS > now)
		return false;
	if (!osThreadAsleep(tid) || !revoke(pp, mp))
		return false;
	pp->sysmontick.userm = NULL;
	handoffp(pp);
	return true;
}

static void
revoked0(struct g *gp)
{
	struct m *mp = gp->m;
	onG0(mp);
	setgstatus(gp, Grunning, Gsyscall);
	mp->curg = NULL;
	waitForTurn(gp);
}

/* A stop may find the thread in here, without a P: syscall.c says why the registers are pushed. */
static never_inline void
withoutP(struct g *gp, struct m *mp)
{
	__builtin_unwind_init();
	store_rel(&mp->scansp, getsp());
	mp->p = NULL;
	store_rel(&mp->revoked, (uint32_t)REVOKE_NONE);
	struct p *pp = NULL;
	if (load_rlx(&sched.npidle) != 0 && (pp = pidlegetForCall()) != NULL) {
		acquirep(pp);
		store_rlx(&mp->scansp, (uintptr_t)0);
	} else {
		switchToG0(gp, revoked0);
	}
}

struct g *
rtenterSlow(struct g *gp)
{
	/* In the child of a fork who calls may have asked for g before. */
	if (gp == NULL || forkedChild)
		return foreignEnter(NULL);
	struct m *mp = gp->m;
	if (mp->curg != gp) {
		/* A timer's callback that is Go code: the scheduler has the P, and keeps it. */
		if (gp == mp->g0 && mp->inrt > 1)
			return gp;
		if (mp->outside)
			return foreignEnter(gp);
		store_rel(&mp->inrt, mp->inrt - 1);
		notAGoroutine(gp);
	}
	if (cas(&mp->revoked, (uint32_t)REVOKE_ASKED, (uint32_t)REVOKE_NONE))
		return gp;
	if (load_acq(&mp->revoked) == REVOKE_NONE) /* sysmon backed off between two looks */
		return gp;
	gort_assert(mp->inrt == 1);
	withoutP(gp, mp);
	return gp;
}
