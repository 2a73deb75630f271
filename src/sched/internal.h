/* internal.h: what the files of this room share and nobody else may call.            room: sched */
#ifndef GORT_SCHED_INTERNAL_H
#define GORT_SCHED_INTERNAL_H

#include "core/rand.h"
#include "core/track.h"
#include "core/upcalls.h"
#include "sched/sched.h"

/* ---- runq.c ------------------------------------------------------------------------------- */
bool runqempty(struct p *pp);
void runqput(struct p *pp, struct g *gp, bool next);
struct g *runqget(struct p *pp, bool *inheritTime);
void runqkicknext(struct p *pp); /* runnext to the end of the ring; owner */
struct g *runqsteal(struct p *pp, struct p *p2, bool stealRunNext);
void globrunqput(struct g *gp);                      /* sched.lock */
void globrunqputhead(struct g *gp);                  /* sched.lock */
void globrunqputbatch(struct g **batch, uint32_t n); /* sched.lock */
struct g *globrunqpop(void);                         /* sched.lock; NULL if empty */
struct g *globrunqget(struct p *pp, int32_t max);    /* sched.lock */
void gqueuePushBack(struct gqueue *q, struct g *gp);
void gqueuePushFront(struct gqueue *q, struct g *gp);
struct g *gqueuePop(struct gqueue *q);

/* ---- schedule.c --------------------------------------------------------------------------- */
_Noreturn void execute(struct g *gp, bool inheritTime);
void injectglist(struct g *list); /* linked by schedlink; with or without a P */
void wakeNetPoller(int64_t when);
void resetspinning(struct m *mp);

/* ---- park.c ------------------------------------------------------------------------------- */
void dropg(struct m *mp);
void switchToG0(struct g *gp, void (*fn)(struct g *)); /* mcall, with the sanitizers told */
void onG0(struct m *mp);                               /* first call of each fn given to it */
void dropExceptions(struct m *mp);                     /* what a G that ends had of them */
void worldPark(bool (*commit)(struct g *, void *), void *arg, int reason);

/* ---- newproc.c ---------------------------------------------------------------------------- */
void allgsinit(void);
void allgadd(struct g *gp);
uint64_t newgoid(struct p *pp);
void gfput(struct p *pp, struct g *gp);
void gfpurge(struct p *pp); /* all of pp's free Gs to the global list */
void worldSpawn(void (*fn)(void *), void *arg, const char *name);

/* ---- m.c ---------------------------------------------------------------------------------- */
void startm(struct p *pp, bool spinning);
void startmUnlock(struct p *pp, bool spinning); /* sched.lock, let go of */
void stopm(void);
void handoffp(struct p *pp);
void mPark(struct m *mp);
void templateWait(void);      /* templateReady, until it is */
bool templateDue(void);       /* sysmon has to make it */
bool worldRagged(int64_t ns); /* hosted/ragged.c */

/* mp's goroutine is inside the runtime, or gives way: it has read nothing that it relies on afterwards. */
static always_inline void
raggedPass(struct m *mp)
{
	if (COLLECTS)
		store_rlx(&mp->ragged, load_acq(&sched.ragged));
}

void spareM(bool oneOfMany); /* an idle M is needed, and there is none; or some, but too few */
void mput(struct m *mp);     /* sched.lock */
struct m *mget(void);        /* sched.lock */
void stoplockedm(void);
void startlockedm(struct g *gp);
_Noreturn void mexit(void);
int32_t mcount(void);     /* sched.lock */
int64_t mReserveID(void); /* sched.lock */
void allmPush(struct m *mp);
void checkmcount(void); /* sched.lock */

/* ---- p.c ---------------------------------------------------------------------------------- */
void acquirep(struct p *pp);
struct p *releasep(void);
void pidleput(struct p *pp); /* sched.lock */
struct p *pidleget(void);    /* sched.lock */
static inline void
pmaskSet(uint64_t *mask, int32_t id)
{
	fetch_or(&mask[id / 64], 1ull << (id % 64));
}
static inline void
pmaskClear(uint64_t *mask, int32_t id)
{
	fetch_and(&mask[id / 64], ~(1ull << (id % 64)));
}
static inline bool
pmaskRead(uint64_t *mask, int32_t id)
{
	return load_acq(&mask[id / 64]) >> (id % 64) & 1;
}
void procresizeTo(int32_t n, struct p **runnable);

/* ---- stw.c -------------------------------------------------------------------------------- */
void gcstopm(void);
void stoppedUnlock(void);
void forEachP(void (*fn)(struct p *));
void runSafePointFn(void);

/* ---- freeze.c ----------------------------------------------------------------------------- */
void frozenWait(void); /* a stopper that starts the world: for ever, if the process is dying */

/* ---- hosted/helpers.c --------------------------------------------------------------------- */
int32_t worldHelp(int32_t n, void (*fn)(int32_t number, void *arg), void *arg);
void worldHelped(void);
void helpOut(struct m *mp);

/* ---- signal.c ----------------------------------------------------------------------------- */
uintptr_t sigstackSize(void); /* bytes that handlers of ours may need */
uint64_t oursMask(void);      /* the signals that we have taken */

/* ---- waitsince.c -------------------------------------------------------------------------- */
void noteWaiters(int64_t now); /* sysmon */

/* ---- schedfuzz.c: the rest is in sched.h ---------------------------------------------------- */
void schedfuzzInit(void); /* at boot, once GODEBUG is known */
void schedfuzzStart(struct p *pp);
void schedfuzzRound(struct p *pp);
bool schedfuzzYields(struct m *mp);
bool schedfuzzSteals(struct m *mp);

/* One slice: after so long a P is asked to give way. */
#define FORCE_PREEMPT_NS (10 * MS)

/* ---- asyncpark.c -------------------------------------------------------------------------- */
bool asyncPreempt(struct p *pp, int64_t now); /* sysmon: a signal to the M that computes on pp */
void signalRunning(void);                     /* a stopper: to every M that computes */
void preempthandler(int sig, void *info, void *ctx);
struct g *parkedPop(void); /* sched.lock: the one that waits longest, or NULL */
extern int preemptsig;
void asyncparkinit(void);
bool preemptOnlyOurs(void);             /* the handler of preemptsig: sigOnlyOurs */
bool parkedMany(void);                  /* more threads are parked than a process should have */
void resumeParked(struct g *gp);        /* g0: our P goes to gp's thread; returns with another */
void givep(struct m *mp, struct p *pp); /* a parked thread goes on with pp */
void resumeStopped(int n);
void callWithoutP(void (*fn)(void *), void *arg); /* syscall.c; inrt == 1 */
bool stopThreads(void);
void startThreads(void);
void waitForWorld(struct m *mp);
/* hosted/refuses.c: mp's thread has been sent our signal and runs on. Is it of no use to wait longer?
 * *began: 0 at first. */
#if GORT_FREESTANDING
#	define threadRefuses(mp, began) ((void)(began), false)
#else
bool threadRefuses(const struct m *mp, int64_t *began);
#endif

/* ---- syscall.c ----------------------------------------------------------------------------- */
void leaveForCall(struct m *mp); /* inrt becomes 0 */
struct p *pidlegetForCall(void);
_Noreturn void waitForTurn(struct g *gp);

/* ---- revoke.c ----------------------------------------------------------------------------- */
enum revocation {
	REVOKE_NONE,
	REVOKE_ASKED, /* set by sysmon; the M sets it back, or sysmon goes on to: */
	REVOKE_TAKEN, /* the P is gone; the M finds out at its next entry, and sets it back */
};
bool retakeUser(struct p *pp, int64_t now); /* sysmon */
bool somethingWaits(struct p *pp, int64_t now);

/* ---- preempt.c ---------------------------------------------------------------------------- */
void preemptall(const struct p *mine);
void preemptone(struct p *pp);
void gopreempt_m(struct g *gp);

/* Sets a G's status. Only the G's owner calls it: the M that runs it, or whoever took it off a
 * queue, so no compare is needed. The collector that will scan stacks claims a G through the
 * owner's cooperation (design of the scan), not by a bit here. */
static inline void
setgstatus(struct g *gp, uint32_t from, uint32_t to)
{
	gort_assert_internal(load_rlx(&gp->atomicstatus) == from);
	(void)from;
	store_rel(&gp->atomicstatus, to);
}

/* g, and the first frames, which lie below it. */
static always_inline void
prefetchG(const struct g *gp)
{
	const char *p = (const char *)gp;
	__builtin_prefetch(p, 1);
	__builtin_prefetch(p + CACHE_LINE, 1);
	__builtin_prefetch(p + 2 * CACHE_LINE, 1);
	__builtin_prefetch(p - CACHE_LINE, 1);
	__builtin_prefetch(p - 2 * CACHE_LINE, 1);
}

#endif
