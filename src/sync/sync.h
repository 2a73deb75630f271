/* sync.h: what goroutines wait on: channels, select, semaphores, and what is built on them.
 * Overview of the room.                                                              room: sync
 *
 * Everything here runs on a goroutine with inrt == 1 (a door raised it) and may park it, unless
 * a line says otherwise. Sizes are bytes. Misuse panics or dies with Go's words.
 */
#ifndef GORT_SYNC_SYNC_H
#define GORT_SYNC_SYNC_H

#include "sched/sched.h"

/* ---- chan.c ------------------------------------------------------------------------------- */

/* A ring of sudogs, oldest first; first->prev is the newest. */
struct waitq {
	struct sudog *first; /* lock; read racily to see whether anybody waits */
};

/* What a send or receive touches fills one cache line. Writes of qcount, state and the queues
 * are release stores under the lock, because non-blocking operations look at them without it:
 * chan.c has the reasoning. */
struct hchan {
	intgo qcount;       /* lock; elements in buf. len() of compiled Go code reads this word */
	uintptr_t dataqsiz; /* constant: capacity. cap() of compiled Go code reads this word */
	uint8_t *buf;       /* constant: dataqsiz elements */
	struct mutex lock;
	uintptr_t sendx;    /* lock: where the next element goes */
	uint32_t state;     /* lock; bit 0: closed; the rest counts changes */
	uint32_t elemsize;  /* constant */
	struct waitq recvq; /* lock */
	struct waitq sendq; /* lock */

	const struct type *elemtype; /* constant; NULL: see noscan */
	bool noscan;                 /* constant: elements hold no pointers */
	bool timer;                  /* constant: part of a struct chantimer */
};

enum chanelem { CHANELEM_CONSERVATIVE, CHANELEM_NOSCAN, CHANELEM_TYPED };
/* NULL never: panics "makechan: size out of range" on a negative cap, on a cap whose elements
 * overflow the address space, and on an element of 4 GiB or more. */
struct hchan *makechan(uintptr_t elemsize, enum chanelem kind, const struct type *t, intgo cap);
/* c NULL: parks for ever (block) or false. Returns false only if !block and not ready. Panics
 * "send on closed channel". */
bool chansend(struct hchan *c, const void *elem, bool block);
/* elem NULL: the value is dropped. Returns selected; *received false once closed and drained,
 * and then *elem is zeroed. */
bool chanrecv(struct hchan *c, void *elem, bool block, bool *received);
void closechan(struct hchan *c);
intgo chanlen(struct hchan *c);
intgo chancap(struct hchan *c);

#define CHAN_CLOSED 1u
#define CHAN_CHANGE 2u /* added to state by every change under the lock */

/* Looks without the lock: would the operation proceed? A no is right at that instant; a yes is
 * worth taking the lock for. */

static always_inline bool
chanMaySend(const struct hchan *c)
{
	if (c->dataqsiz == 0 ? load_acq(&c->recvq.first) != NULL
			     : (uintptr_t)load_acq(&c->qcount) != c->dataqsiz)
		return true;
	return (load_acq(&c->state) & CHAN_CLOSED) != 0;
}

static always_inline bool
chanEmpty(const struct hchan *c)
{
	return c->dataqsiz == 0 ? load_acq(&c->sendq.first) == NULL : load_acq(&c->qcount) == 0;
}

static always_inline bool
chanMayRecv(const struct hchan *c)
{
	return !chanEmpty(c) || (load_acq(&c->state) & CHAN_CLOSED) != 0;
}

/* ---- select.c ----------------------------------------------------------------------------- */

struct scase {
	struct hchan *c;
	void *elem; /* receive: where to; send: where from */
};
/* cases: nsends sends first, then nrecvs receives, in one array (as compiled Go code lays them
 * out). order: 2*(nsends+nrecvs) scratch words of the caller's. block false: -1 if none ready.
 * Returns the chosen index; *received as chanrecv's for a receive. */
intgo selectgo(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs, bool block,
	bool *received);
/* As selectgo with block, until deadline (nanotime): -1 if that passed first. No allocation, no
 * channel: the door's time-outs are made of this. */
intgo selectgoUntil(struct scase *cases, uint16_t *order, intgo nsends, intgo nrecvs,
	int64_t deadline, bool *received);
#define SELECT_MAX 65536          /* more cases panic: "select: too many cases (max 65536)" */
_Noreturn void selectblock(void); /* select {}: parks for ever */

/* ---- sema.c ------------------------------------------------------------------------------- */

void semacquire(uint32_t *addr, bool lifo, enum waitReason reason);
bool semtryacquire(uint32_t *addr);
void semrelease(uint32_t *addr, bool handoff);

struct notifyList {
	uint32_t wait;   /* atomic: next ticket */
	uint32_t notify; /* lock: next ticket to be notified; read atomically outside */
	struct mutex lock;
	struct sudog *head, *tail;
};
uint32_t notifyListAdd(struct notifyList *l);
void notifyListWait(struct notifyList *l, uint32_t t);
void notifyListNotifyAll(struct notifyList *l);
void notifyListNotifyOne(struct notifyList *l);

/* ---- syncmutex.c, syncrwmutex.c, syncwaitgroup.c, synconce.c, synccond.c: Go's package sync - */

struct syncmutex {      /* zero value: unlocked. Starvation mode after 1 ms of waiting, as Go's */
	uint32_t state; /* atomic: locked 1, woken 2, starving 4, waiters << 3 */
	uint32_t sema;
};
enum {
	mutexLocked = 1,
	mutexWoken = 2,
	mutexStarving = 4,
	mutexWaiterShift = 3,
	mutexWaiter = 1 << mutexWaiterShift,
};

void syncmutexLockSlow(struct syncmutex *m);
void syncmutexUnlockSlow(struct syncmutex *m, uint32_t state);
static inline void
syncmutexLock(struct syncmutex *m)
{
	if (unlikely(!cas_acq(&m->state, 0u, 1u)))
		syncmutexLockSlow(m);
}
static inline void
syncmutexUnlock(struct syncmutex *m) /* fatal "sync: unlock of unlocked mutex" */
{
	uint32_t s = xadd(&m->state, -1u);
	if (unlikely(s != 0))
		syncmutexUnlockSlow(m, s);
}
bool syncmutexTryLock(struct syncmutex *m);

struct syncrwmutex {
	struct syncmutex w;
	uint32_t writerSem, readerSem;
	int32_t readerCount, readerWait;
};
void syncrwmutexLock(struct syncrwmutex *rw);
void syncrwmutexUnlock(struct syncrwmutex *rw);
void syncrwmutexRLock(struct syncrwmutex *rw);
void syncrwmutexRUnlock(struct syncrwmutex *rw);
bool syncrwmutexTryLock(struct syncrwmutex *rw);
bool syncrwmutexTryRLock(struct syncrwmutex *rw);

struct syncwaitgroup {
	uint64_t state; /* atomic: counter << 32 | waiters */
	uint32_t sema;
};
void syncwaitgroupAdd(struct syncwaitgroup *wg, int32_t delta);
void syncwaitgroupWait(struct syncwaitgroup *wg);

struct synconce {
	uint32_t done;
	struct syncmutex m;
};
/* False: somebody has done it. True: do it now, then call synconceDone. */
bool synconceBegin(struct synconce *o);
void synconceDone(struct synconce *o);

struct synccond {
	struct notifyList l;
};
void synccondWait(struct synccond *c, struct syncmutex *m);
void synccondSignal(struct synccond *c);
void synccondBroadcast(struct synccond *c);

/* ---- timesleep.c -------------------------------------------------------------------------- */

void timeSleep(int64_t ns); /* ns <= 0 returns at once */
/* A channel of capacity 1 that receives the time (int64_t nanotime) at when, then every period
 * if period > 0 (a reader who lags loses ticks, not time). One object holds timer and channel,
 * and that object's address is the channel's: while either is in use, both are.
 * Stop and Reset return true if a tick was still to come, or had come and lay unread. Once they
 * have returned, no tick of before will be received. */
struct chantimer;
struct chantimer *newchantimer(int64_t when, int64_t period);
struct hchan *chantimerChan(struct chantimer *t);
bool chantimerStop(struct chantimer *t);
bool chantimerReset(struct chantimer *t, int64_t when, int64_t period);
/* A chantimer that starts fn(arg) as a goroutine instead of sending. It has no channel: NULL. Stop
 * and Reset return true if a start was still to come; they do not wait for fn. pc: newproc's. */
struct chantimer *newfunctimer(int64_t when, void (*fn)(void *), void *arg, uintptr_t pc);

/* ---- context.c ---------------------------------------------------------------------------- */

/* Why a context is done. */
enum { CONTEXT_CANCELED = -125, CONTEXT_DEADLINE = -4097 };

struct context;
struct contextafter;
struct context *contextBackground(void); /* never done */
/* Each is done no later than parent, and for parent's reason if that is first. */
struct context *contextWithCancel(const struct context *parent);
struct context *contextWithDeadline(const struct context *parent, int64_t when);
struct context *contextWithValue(const struct context *parent, const void *key, void *value);
/* ctx and all derived from it are done on return: by this call, with the cause, or by an earlier
 * one. False: ctx is not one of WithCancel or WithDeadline, nothing was done. */
bool contextCancel(struct context *ctx, int32_t cause);
/* Closed when done; of elements of no bytes; NULL: never. */
struct hchan *contextDone(const struct context *ctx);
/* 0: not done. Otherwise one of the two above; the channel is closed then (so this may park). */
int32_t contextErr(const struct context *ctx);
int32_t contextCause(const struct context *ctx);
int64_t contextDeadline(const struct context *ctx);             /* INT64_MAX: none */
void *contextValue(const struct context *ctx, const void *key); /* the nearest; NULL: none */
/* When ctx is done, or now if it is, fn(arg) is started as a goroutine. Stop: true if that will
 * not happen any more because of this call. */
struct contextafter *
contextAfterFunc(const struct context *ctx, void (*fn)(void *), void *arg, uintptr_t pc);
bool contextAfterStop(struct contextafter *a);

/* newproc where a kernel that refuses the stack is fatal. On a goroutine or g0. */
void startGoroutine(void (*fn)(void *), void *arg, uint32_t copy, uintptr_t pc);

/* ---- scope.c ------------------------------------------------------------------------------ */

struct scope {                        /* zero but for parent and limit */
	const struct context *parent; /* constant; NULL: the background */
	int32_t limit;                /* constant; 0: none */
	int32_t err;                  /* lock: the first */
	struct context *ctx;          /* lock; NULL: nobody has asked yet */
	struct syncwaitgroup members;
	struct syncmutex lock;
	uint32_t seats; /* semaphore, if limit > 0 */
	bool begun;     /* lock: seats is filled */
	bool over;      /* lock: was waited for */
};
/* Before the start of a member; false: no seat, and !block. Panics if the scope is over. */
bool scopeBegin(struct scope *s, bool block);
void scopeEnd(struct scope *s, int32_t err); /* the member's last act */
int32_t scopeWait(struct scope *s);          /* the first error, or 0 */
struct context *scopeContext(struct scope *s);

/* Roots of the room: sema table locks and so on. Called by schedinit before any goroutine. */
void syncinit(void);

#endif
