/* sched.h: goroutines onto threads. Overview of the room.                            room: sched */
#ifndef GORT_SCHED_SCHED_H
#define GORT_SCHED_SCHED_H

#include "event/event.h"
#include "gc/gc.h"
#include "mem/mem.h"

/* ---- entry and exit of the runtime -------------------------------------------------------- */

/* rtenter/rtleave bracket every entry that touches per-P state: the doors do it, mechanisms
 * below assume it. A G parks and switches only at a count of exactly 1. inrt == 0 means that the
 * thread runs user code: a signal may stop it there for any time (asyncpark.c), and its P may be
 * taken away behind its back (revoke.c). */
struct g *rtenterSlow(struct g *gp); /* revoke.c: the P is gone, or gp is not what its M runs */
bool rtleaveSlow(void);              /* preempt.c: honour a request; true: inrt is lowered */
void rtleaveHard(void);              /* hostile build: yield now and then */
_Noreturn void notAGoroutine(struct g *gp);

/* NULL: rtenterSlow(gp) goes on. *was is what inrt was, for rtleaveFast: to read back what has just been
 * written would be half of what a short call costs. */
static always_inline struct m *
rtenterFast(struct g *gp, uint32_t *was)
{
	if (unlikely(gp == NULL))
		return NULL;
	struct m *mp = gp->m;
	*was = mp->inrt;
	store_rlx(&mp->inrt, *was + 1);
	/* Not to be exchanged: revoke.c has the other half. */
	compiler_fence();
	return likely(mp->curg == gp && load_acq(&mp->revoked) == 0) ? mp : NULL;
}

static always_inline struct g *
rtenter(void)
{
	struct g *gp = getg();
	uint32_t was;
	return likely(rtenterFast(gp, &was) != NULL) ? gp : rtenterSlow(gp);
}

/* False: rtleave(gp) does it. */
static always_inline bool
rtleaveFast(struct m *mp, uint32_t was)
{
	compiler_fence();
	if (GORT_HARD || unlikely(load_rlx(&mp->p->preempt)))
		return false;
	store_rel(&mp->inrt, was);
	return true;
}

static always_inline void
rtleave(struct g *gp)
{
	struct m *mp = gp->m;
	compiler_fence();
	if (unlikely(load_rlx(&mp->p->preempt)) && mp->inrt == 1) {
		if (rtleaveSlow())
			return;
	}
#if GORT_HARD
	else if (mp->inrt == 1)
		rtleaveHard();
#endif
	mp = gp->m; /* perhaps another one */
	/* Release: whoever then takes the P sees what was done to it. */
	store_rel(&mp->inrt, mp->inrt - 1);
}

/* ---- hosted/foreign.c: threads of the program's own ---------------------------------------- */

/* rtenter on a thread that the runtime does not know (gp == NULL), or that it knows and that comes
 * back from the program's code (gp->m->outside): it gets a P. Returns its G, inrt is 1. */
struct g *foreignEnter(struct g *gp);
/* The end of such an entry, inrt == 1: the P is let go, and inrt lowered. */
void foreignLeave(struct g *gp);
/* The calling thread, if it is one of those, is forgotten. */
void foreignDetach(void);
void foreigninit(void);  /* before the first thread of ours but m0 */
void forkinit(void);     /* hosted/fork.c */
extern bool forkedChild; /* the child of a fork; written once, when it has one thread */

/* What gort_init was asked for. Constant after the boot; zero in a program that has gort_main. */
extern struct hostoptions {
	bool guest;         /* the program has its own main */
	bool deadlock;      /* report a deadlock all the same */
	bool sigquit;       /* take SIGQUIT all the same */
	int32_t preemptsig; /* 0: SIGURG; -1: none */
} hostoptions;

/* ---- park.c ------------------------------------------------------------------------------- */

/* Parks the calling goroutine. commit(gp, arg) runs after its registers are saved: true leaves
 * it parked, false makes it continue (such parks go through g0). goparkunlock's commit is
 * unlock(l), which cannot fail: it may switch straight to the next G. */
void gopark(bool (*commit)(struct g *, void *), void *arg, enum waitReason reason);
void goparkunlock(struct mutex *l, enum waitReason reason);
/* As goparkunlock with a commit of the caller's that cannot fail (select's unlock of many). */
void goparkcommit(void (*commit)(struct g *, void *), void *arg, enum waitReason reason);
/* gp, which is Gwaiting, becomes runnable: into runnext of this P. */
void goready(struct g *gp);
void goreadytail(struct g *gp); /* to the end of the queue instead */
void Gosched(void);             /* yields; inrt == 1 */
_Noreturn void goexit1(void);   /* ends the calling goroutine */
struct sudog *acquireSudog(void);
void releaseSudog(struct sudog *s);

/* ---- newproc.c ---------------------------------------------------------------------------- */

struct newprocopt {
	uintptr_t stack; /* bytes, 0: default */
	const char *name;
	uint32_t copy; /* > 0: arg is copied into the new stack, so many bytes */
	bool system;
	/* Before it can run, if not NULL; inrt > 0. */
	void (*before)(struct g *from, struct g *to);
};
/* NULL if refused; *why then says what the kernel refused. Panics never. pc: of the go
 * statement. */
struct g *newproc(void (*fn)(void *), void *arg, const struct newprocopt *opt, uintptr_t pc,
	const char **why);
/* Before a newproc of the program's: no new stack is cut while many goroutines wait for their first
 * turn and may well give theirs back. inrt == 1, no lock held; may yield. */
void newprocWait(struct g *gp);
static always_inline void
newprocMayWait(struct g *gp)
{
	struct p *pp = gp->m->p;
	if (unlikely(pp->ngfree[0] == 0 && pp->ngfree[GFREE_KINDS - 1] == 0))
		newprocWait(gp);
}
struct g *allgsGet(uint32_t i); /* i < nallgs */
int64_t gcount(void);           /* user goroutines alive */

/* ---- local.c ------------------------------------------------------------------------------ */

struct localvar {
	uintptr_t size;
	void (*end)(void *value); /* may be NULL */
	uint32_t index;           /* atomic; 0: none yet, then constant */
	uint32_t reserved;
};
struct localcell;
struct locals {
	uint32_t n;
	struct localcell *newest; /* of those that have not ended */
	struct localcell *ended;
	void *value[]; /* by index; NULL: this G has not used it */
};

/* gp's value of v, or NULL. Needs no P; gp is the caller's own. */
static always_inline void *
localFind(const struct g *gp, const struct localvar *v)
{
	const struct locals *l = gp->locals;
	uint32_t i = load_rlx(&v->index);
	return l != NULL && i < l->n ? l->value[i] : NULL;
}
/* The same; makes it if need be. inrt > 0. */
void *localMake(struct g *gp, struct localvar *v);
/* All of gp's, which is the caller, end; gp->haslocals. inrt == 1, lowered for end functions. */
void localsEnd(struct g *gp);

/* ---- the rest, by file -------------------------------------------------------------------- */

_Noreturn void schedule(void);
void mcommoninit(struct m *mp);
_Noreturn void mstart(void); /* m0, on its g0 */
void newSysmon(void);
void procresize(int32_t n); /* world stopped; throws otherwise */
void wakep(void);
bool stopTheWorld(void); /* false: a thread of the program's cannot be stopped */
void startTheWorld(void);
int32_t GOMAXPROCS(int32_t n); /* n < 1: ask */
void entersyscall(void);
void exitsyscall(void);
void lockOSThread(void);
void unlockOSThread(void);
void lockOSThreadInternal(struct g *gp);
void unlockOSThreadInternal(struct g *gp);
/* True once a thread of the runtime's own makes all others; made by the first who asks (m.c). */
bool templateReady(void); /* never on a thread that may be parked; inrt > 0 */
void goschedguarded(void);
void sysmon(void);
void checkdead(void);
void checkdeadAgain(void); /* sysmon: nothing has moved for long */
void asyncparkExit(void);  /* the process ends: parked threads go on, without Ps */
void freezetheworld(void); /* freeze.c: before a dying process prints stacks */
void schedtrace(bool detailed);
uint32_t schedfuzzDraw(uint32_t n); /* schedfuzz.c: from [0, n); only if debug.schedfuzz != 0 */
extern uintptr_t maxstacksize;      /* no stack may be larger; runtime_main sets it */
void initsig(void);                 /* signal.c: handlers of the process */
/* Who wants signals as messages (the Go door's os/signal): asked in handlers, on any thread, before
 * a signal that somebody sent takes its usual way. True: it is taken. NULL: nobody. Atomic. */
extern bool (*sigsend)(int sig);
bool sigIsOurs(int sig);   /* the library has a handler for it */
bool sigOnlyOurs(int sig); /* and the program has none, neither instead nor behind it */
/* SIGQUIT, if it is ours: ignored, or ours again, when the program says so. True: done. */
bool sigquitIgnore(void);
bool sigquitAgain(void);
/* In a handler: SIGQUIT's report under another signal's name, and the end. Returns on a thread that
 * runs no goroutines. */
void sigdump(int sig, const char *name, void *info, void *ctx);
void minitsig(struct m *mp); /* alternate stack and mask of a thread */
void schedlocksinit(void);
const char *gstatusName(uint32_t s);

#endif
