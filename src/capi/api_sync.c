/* api_sync.c: mutexes, wait groups, conditions.                                      room: capi
 *
 * The public structs are the rooms' own under other names; their layouts are compared here. */
#include "capi/capi.h"

#include "lang/lang.h"

#define SAME_LAYOUT(pub, own)                                                                      \
	_Static_assert(sizeof(pub) == sizeof(own) && _Alignof(pub) == _Alignof(own), #pub)
SAME_LAYOUT(gort_mutex, struct syncmutex);
SAME_LAYOUT(gort_rwmutex, struct syncrwmutex);
SAME_LAYOUT(gort_waitgroup, struct syncwaitgroup);
SAME_LAYOUT(gort_once, struct synconce);
SAME_LAYOUT(gort_cond, struct synccond);

/* ---- mutex -------------------------------------------------------------------------------- */

/* A free mutex is taken, and one that nobody waits for let go, by one instruction that touches
 * nothing of the P's: no rtenter. */
static never_inline void
mutexLockSlow(struct syncmutex *m)
{
	struct g *gp = rtenter();
	syncmutexLockSlow(m);
	rtleave(gp);
}

void
gort_mutex_lock(gort_mutex *m)
{
	struct syncmutex *sm = (struct syncmutex *)m;
	uint32_t old = 0;
	if (likely(cas_acq(&sm->state, old, (uint32_t)mutexLocked)))
		return;
	/* With waiters the word is not 0, but the mutex may be free all the same. */
	old = load_rlx(&sm->state);
	if ((old & (mutexLocked | mutexStarving)) == 0 &&
		cas_acq(&sm->state, old, old | mutexLocked))
		return;
	mutexLockSlow(sm);
}

bool
gort_mutex_trylock(gort_mutex *m)
{
	struct g *gp = rtenter();
	bool locked = syncmutexTryLock((struct syncmutex *)m);
	rtleave(gp);
	return locked;
}

static never_inline void
mutexUnlockSlow(struct syncmutex *m, uint32_t state)
{
	struct g *gp = rtenter();
	if (state != 0)
		syncmutexUnlockSlow(m, state);
	rtleave(gp);
}

/* One of the pair must look for a request to give way: a loop around the two enters nothing else. */
void
gort_mutex_unlock(gort_mutex *m)
{
	struct syncmutex *sm = (struct syncmutex *)m;
	uint32_t state = xadd(&sm->state, -1u);
	/* Nobody waits, or somebody is awake already and trying. */
	bool idle =
		state == 0 || (state & (mutexLocked | mutexWoken | mutexStarving)) == mutexWoken;
	if (likely(idle) && !GORT_HARD && !preemptAsked())
		return;
	mutexUnlockSlow(sm, state);
}

/* ---- rwmutex ------------------------------------------------------------------------------ */

void
gort_rwmutex_lock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	syncrwmutexLock((struct syncrwmutex *)rw);
	rtleave(gp);
}

void
gort_rwmutex_unlock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	syncrwmutexUnlock((struct syncrwmutex *)rw);
	rtleave(gp);
}

void
gort_rwmutex_rlock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	syncrwmutexRLock((struct syncrwmutex *)rw);
	rtleave(gp);
}

void
gort_rwmutex_runlock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	syncrwmutexRUnlock((struct syncrwmutex *)rw);
	rtleave(gp);
}

bool
gort_rwmutex_trylock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	bool locked = syncrwmutexTryLock((struct syncrwmutex *)rw);
	rtleave(gp);
	return locked;
}

bool
gort_rwmutex_tryrlock(gort_rwmutex *rw)
{
	struct g *gp = rtenter();
	bool locked = syncrwmutexTryRLock((struct syncrwmutex *)rw);
	rtleave(gp);
	return locked;
}

/* ---- waitgroup ---------------------------------------------------------------------------- */

void
gort_waitgroup_add(gort_waitgroup *wg, int delta)
{
	struct g *gp = rtenter();
	syncwaitgroupAdd((struct syncwaitgroup *)wg, delta);
	rtleave(gp);
}

void
gort_waitgroup_done(gort_waitgroup *wg)
{
	gort_waitgroup_add(wg, -1);
}

void
gort_waitgroup_wait(gort_waitgroup *wg)
{
	struct g *gp = rtenter();
	syncwaitgroupWait((struct syncwaitgroup *)wg);
	rtleave(gp);
}

struct member {
	gort_waitgroup *wg;
	void (*fn)(void *);
	void *arg;
};

static void
memberDone(void *wg)
{
	gort_waitgroup_done(wg);
}

/* Deferred: whoever waits is not left waiting by gort_goexit, or by a panic that ended. */
static void
memberMain(void *arg)
{
	struct member *m = arg;
	struct deferrec d;
	deferBegin(&d, memberDone, m->wg);
	m->fn(m->arg);
	deferEnd(&d);
}

void
gort_waitgroup_go(gort_waitgroup *wg, void (*fn)(void *), void *arg)
{
	if (unlikely(fn == NULL))
		fatal("go of nil func value");
	struct member m = {wg, fn, arg};
	gort_waitgroup_add(wg, 1);
	struct g *gp = rtenter();
	startGoroutine(memberMain, &m, sizeof m, (uintptr_t)__builtin_return_address(0));
	rtleave(gp);
}

/* ---- once --------------------------------------------------------------------------------- */

/* Deferred: a first call that panics was the first call all the same. */
static void
onceDone(void *o)
{
	struct g *gp = rtenter();
	synconceDone(o);
	rtleave(gp);
}

void
gort_once_do(gort_once *o, void (*fn)(void *), void *arg)
{
	if (unlikely(fn == NULL))
		panicPlain("gort_once_do of nil func value");
	struct g *gp = rtenter();
	bool first = synconceBegin((struct synconce *)o);
	rtleave(gp);
	if (!first)
		return;
	struct deferrec d;
	deferBegin(&d, onceDone, o);
	fn(arg);
	deferEnd(&d);
}

/* ---- cond --------------------------------------------------------------------------------- */

void
gort_cond_wait(gort_cond *c, gort_mutex *m)
{
	struct g *gp = rtenter();
	synccondWait((struct synccond *)c, (struct syncmutex *)m);
	rtleave(gp);
}

void
gort_cond_signal(gort_cond *c)
{
	struct g *gp = rtenter();
	synccondSignal((struct synccond *)c);
	rtleave(gp);
}

void
gort_cond_broadcast(gort_cond *c)
{
	struct g *gp = rtenter();
	synccondBroadcast((struct synccond *)c);
	rtleave(gp);
}

/* ---- semaphore ---------------------------------------------------------------------------- */

void
gort_sema_acquire(gort_sema *s)
{
	struct g *gp = rtenter();
	semacquire(&s->count_, false, waitReasonSemacquire);
	rtleave(gp);
}

bool
gort_sema_tryacquire(gort_sema *s)
{
	for (;;) {
		uint32_t n = load_acq(&s->count_);
		if (n == 0)
			return false;
		if (cas_acq(&s->count_, n, n - 1))
			return true;
	}
}

void
gort_sema_release(gort_sema *s)
{
	struct g *gp = rtenter();
	semrelease(&s->count_, false);
	rtleave(gp);
}
