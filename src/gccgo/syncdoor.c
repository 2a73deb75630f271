/* syncdoor.c: what packages sync, sync/atomic and internal/poll ask for.             room: gccgo
 *
 * Semaphores and notification lists are the runtime's own; Go's mutexes and so on are built on
 * them by package sync, in Go. A notifyList of Go's is ours, 32 bytes, all zero at first.
 *
 * procPin raises inrt and procUnpin lowers it: what sync.Pool does between the two it does on one P,
 * without a park. */
#include "gccgo/gccgo.h"

#include "arch/arch.h"
#include "gc/barrier.h"

const struct funcval *gopoolcleanup;

void
gosemacquire(uint32_t *addr)
{
	struct g *gp = rtenter();
	semacquire(addr, false, waitReasonSemacquire);
	rtleave(gp);
}

void
go_semacquireMutex(uint32_t *addr, bool lifo, intgo skip)
{
	(void)skip;
	struct g *gp = rtenter();
	semacquire(addr, lifo, waitReasonSemacquire); /* sync of Go 1.18 does not say for what */
	rtleave(gp);
}

void
gosemrelease(uint32_t *addr)
{
	go_semrelease(addr, false, 0);
}

void
go_semrelease(uint32_t *addr, bool handoff, intgo skip)
{
	(void)skip;
	struct g *gp = rtenter();
	semrelease(addr, handoff);
	rtleave(gp);
}

uint32_t
go_notifyListAdd(struct notifyList *l)
{
	return notifyListAdd(l);
}

void
go_notifyListWait(struct notifyList *l, uint32_t t)
{
	struct g *gp = rtenter();
	notifyListWait(l, t);
	rtleave(gp);
}

void
go_notifyListNotifyAll(struct notifyList *l)
{
	struct g *gp = rtenter();
	notifyListNotifyAll(l);
	rtleave(gp);
}

void
go_notifyListNotifyOne(struct notifyList *l)
{
	struct g *gp = rtenter();
	notifyListNotifyOne(l);
	rtleave(gp);
}

void
go_notifyListCheck(uintptr_t size)
{
	if (size != sizeof(struct notifyList))
		throw("bad notifyList size");
}

/* ---- spinning, pinning -------------------------------------------------------------------- */

/* Four rounds of thirty pauses, if the owner may be running meanwhile and nobody here wants
 * the P. */
bool
go_canSpin(intgo i)
{
	if (i >= 4 || ncpu <= 1)
		return false;
	struct g *gp = rtenter();
	struct p *pp = gp->m->p;
	bool can =
		(uint32_t)gomaxprocs > load_rlx(&sched.npidle) + load_rlx(&sched.nmspinning) + 1 &&
		pp->runqtail == load_rlx(&pp->runqhead) && load_rlx(&pp->runnext) == NULL;
	rtleave(gp);
	return can;
}

void
go_doSpin(void)
{
	procyield(30);
}

static never_inline intgo
pinSlow(struct g *gp)
{
	return rtenterSlow(gp)->m->p->id;
}

frameless intgo
goprocPin(void)
{
	struct g *gp = getg();
	uint32_t was;
	struct m *mp = rtenterFast(gp, &was);
	return likely(mp != NULL) ? mp->p->id : pinSlow(gp);
}

static never_inline void
unpinSlow(struct g *gp)
{
	rtleave(gp);
}

frameless void
goprocUnpin(void)
{
	struct g *gp = getg();
	if (unlikely(!rtleaveFast(gp->m, gp->m->inrt - 1)))
		unpinSlow(gp);
}

void
go_registerPoolCleanup(const struct funcval *fn)
{
	gopoolcleanup = fn;
	gcPoolCleanup = poolCleanup;
}

/* ---- sync/atomic -------------------------------------------------------------------------- */

bool
go_CompareAndSwapPointer(void **p, void *old, void *new)
{
	if (!gcBarrierOn())
		return cas(p, old, new);
	struct g *gp = rtenter();
	bool ok = cas(p, old, new);
	if (ok)
		gcShade((uintptr_t)old);
	rtleave(gp);
	return ok;
}

void
go_StorePointer(void **p, void *v)
{
	if (gcBarrierOn())
		go_SwapPointer(p, v);
	else
		store_seq(p, v);
}

void *
go_SwapPointer(void **p, void *v)
{
	if (!gcBarrierOn())
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
	/* Who has been overwritten is known afterwards; the mark cannot end in between (inrt). */
	struct g *gp = rtenter();
	void *old = __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
	gcShade((uintptr_t)old);
	rtleave(gp);
	return old;
}

/* ---- throw -------------------------------------------------------------------------------- */

/* A rule of the library's that nothing can go on from: unlock of an unlocked mutex. */
void
gothrow(struct gostring s)
{
	static char text[256]; /* the process is on its way out */
	rtenter();
	rtsnprintf(text, sizeof text, "%.*s", (int)s.len, (const char *)s.str);
	fatal(text);
}
