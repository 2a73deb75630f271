/* timer.c: a heap of deadlines per P.                                                room: event
 *
 * The cast
 *   timers   a P's heap: 4-ary, an array of (when, what) pairs, so that finding the smallest of
 *            four children reads one cache line and never the timers themselves.
 *   timer    a deadline with a callback; it knows its place in the array (nextwhen), so that
 *            stopping one takes it out for good. Programs that set a long time-out for each
 *            request and stop it would otherwise drag a heap of dead ones.
 *   sleeper  a parked G as an element of its own. It can only fire, never be stopped, so it needs
 *            no place to remember: sifting 100,000 sleepers touches the array alone, not 100,000
 *            stacks.
 *   waker    a timer without callback that ends the wait of a G which others can wake too.
 *
 * Locks. Each heap has one, rank TIMERS. A timer is added to the heap of the P that its creator
 * runs on; only that P's owner adds, anybody may stop, change or (thieves, in checkTimers) run.
 *
 * t->pp says which heap the timer is in, and so which lock guards its other fields:
 *   0 -> ts   by compare-and-swap, with ts locked. Two threads that set an idle timer at once:
 *             one wins, the other finds it queued and changes it under the winner's lock.
 *             (addtimer is for a timer that nobody else knows, and just stores.)
 *   ts -> 0   with ts locked.
 *   ts -> ts' moveTimers, with the world stopped.
 * Whoever wants the timer reads pp, locks that heap, and reads pp again: unchanged means that it
 * holds the right lock (timerlock).
 *
 * Firing. A callback runs with the lock dropped, so it may set and stop timers, its own too. A
 * one-shot is taken out first; a periodic one gets its next deadline first. Stopping a timer does
 * therefore not wait for a callback that is under way: users that care compare seq (timesleep.c).
 * The callback still touches the timer: t->firing counts those under way, so that who stops a timer
 * in order to free it can wait for zero. It is raised before t leaves the heap or, for a periodic
 * one, under the heap's lock: once deltimer has returned it can only fall. The callback lowers it
 * (timerFired) under a lock of its own, as its last touch.
 * Sleepers and wakers are decided under the lock and readied after it: deltimer of a waker is
 * final.
 *
 * The lost wake-up. A thread that finds nothing to run sleeps in netpoll until the earliest
 * deadline of all heaps. A new earliest deadline must reach it:
 *   adder:    (1) when0 = when, sequentially consistent; (2) world.wakep(when), which reads the
 *             poller's published deadline and breaks its sleep if it is later.
 *   poller:   (1) publish the deadline; (2) timeSleepUntil() reads every when0; (3) sleep.
 * Of two sequentially consistent store-then-load pairs at least one load sees the other's store:
 * either the poller computes with the new deadline or the adder breaks the sleep. A deadline that
 * goes away may leave when0 or the poller early; that costs a look, never a lost wake-up.
 *
 * sched.timerpMask tells thieves which heaps are worth a look. It is set and cleared under the
 * heap's lock: set by the adder if it is clear, cleared by a thief that finds the heap empty.
 *
 * Rejected: one heap for all (contended); lazy deletion (above); a timer wheel (sleeps of
 * microseconds and hours meet in one program; the heap's first element is what the poller asks
 * for all the time). */
#include "core/rand.h"
#include "core/upcalls.h"
#include "event/event.h"
#include "gc/barrier.h"

/* The array starts so that the four children of an element share a cache line: element 1 is
 * aligned, three elements' worth of the mapping lie unused before element 0. */
#define HEAP_PAD 3

/* How many due sleepers one call of checkTimers readies at most: no more than the ring holds, or
 * they spill to the global queue while nobody runs them. */
#define FIRE_BATCH (RUNQ_SIZE / 2)

static inline struct timer *
entTimer(struct timerent e)
{
	return (e.t & 1) != 0 ? NULL : (struct timer *)e.t;
}

/* ---- the heap ------------------------------------------------------------------------------ */

static always_inline void
heapPut(struct timers *ts, uint32_t i, struct timerent e)
{
	ts->heap[i] = e;
	if ((e.t & 1) == 0)
		((struct timer *)e.t)->nextwhen = i;
}

/* Places e, whose slot i is free, at i or above. Returns where. */
static uint32_t
siftUp(struct timers *ts, uint32_t i, struct timerent e)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / 4;
		if (ts->heap[parent].when <= e.when)
			break;
		heapPut(ts, i, ts->heap[parent]);
		i = parent;
	}
	heapPut(ts, i, e);
	return i;
}

/* Places e, whose slot i is free, at i or below. */
static void
siftDown(struct timers *ts, uint32_t i, struct timerent e)
{
	uint32_t n = ts->len;
	for (;;) {
		uint64_t child = (uint64_t)i * 4 + 1;
		if (child >= n)
			break;
		uint32_t end = child + 4 < n ? (uint32_t)child + 4 : n;
		uint32_t min = (uint32_t)child;
		for (uint32_t c = min + 1; c < end; c++)
			if (ts->heap[c].when < ts->heap[min].when)
				min = c;
		if (e.when <= ts->heap[min].when)
			break;
		heapPut(ts, i, ts->heap[min]);
		i = min;
	}
	heapPut(ts, i, e);
}

static cold void
heapGrow(struct timers *ts)
{
	uintptr_t old = ts->heap == NULL ? 0 : (ts->cap + HEAP_PAD) * sizeof(struct timerent);
	uintptr_t bytes = old == 0 ? physPageSize : old * 2;
	uintptr_t cap = bytes / sizeof(struct timerent) - HEAP_PAD;
	char *mem = cap > INT32_MAX ? NULL : sysAlloc(bytes);
	if (mem == NULL)
		throwf("out of memory", "cannot allocate %lu bytes for a heap of timers\n",
			(unsigned long)bytes);
	struct timerent *heap = (struct timerent *)mem + HEAP_PAD;
	if (old != 0) {
		memmove(heap, ts->heap, ts->len * sizeof(struct timerent));
		sysFree(ts->heap - HEAP_PAD, old);
	}
	ts->heap = heap;
	ts->cap = (uint32_t)cap;
}

/* The bit of ts's P in sched.timerpMask. */
static inline uint64_t *
maskWord(struct timers *ts, uint64_t *bit)
{
	uint32_t id = (uint32_t)container_of(ts, struct p, timers)->id;
	*bit = 1ull << (id % 64);
	return &sched.timerpMask[id / 64];
}

/* ts locked. True if e is the new earliest: then the caller tells world.wakep, after unlock. */
static bool
heapAdd(struct timers *ts, struct timerent e)
{
	if (unlikely(ts->len == ts->cap))
		heapGrow(ts);
	uint64_t bit, *word = maskWord(ts, &bit);
	if (unlikely((load_rlx(word) & bit) == 0))
		fetch_or(word, bit);
	uint32_t i = ts->len;
	store_rlx(&ts->len, i + 1);
	ts->adds++;
	if (siftUp(ts, i, e) != 0)
		return false;
	store_seq(&ts->when0, e.when);
	return true;
}

static inline void
updateWhen0(struct timers *ts)
{
	int64_t w = ts->len == 0 ? 0 : ts->heap[0].when;
	if (load_rlx(&ts->when0) != w)
		store_rel(&ts->when0, w);
}

/* ts locked. */
static void
heapRemove(struct timers *ts, uint32_t i)
{
	uint32_t last = ts->len - 1;
	store_rlx(&ts->len, last);
	if (i != last) {
		struct timerent e = ts->heap[last];
		if (e.when < ts->heap[i].when)
			siftUp(ts, i, e);
		else
			siftDown(ts, i, e);
	}
	if (i == 0)
		updateWhen0(ts);
}

/* ts locked; the element at i has a new deadline. True if it is the new earliest. */
static bool
heapChange(struct timers *ts, uint32_t i, int64_t when)
{
	struct timerent e = ts->heap[i];
	int64_t old = e.when;
	e.when = when;
	if (when < old) {
		if (siftUp(ts, i, e) != 0)
			return false;
		store_seq(&ts->when0, when);
		return true;
	}
	siftDown(ts, i, e);
	if (i == 0)
		updateWhen0(ts);
	return false;
}

void
timers_verify(struct timers *ts)
{
	if (ts->len > ts->cap)
		throw("timers: length exceeds capacity");
	if (ts->when0 != (ts->len == 0 ? 0 : ts->heap[0].when))
		throw("timers: when0 is not the first deadline");
	for (uint32_t i = 0; i < ts->len; i++) {
		struct timerent e = ts->heap[i];
		struct timer *t = entTimer(e);
		if (i > 0 && e.when < ts->heap[(i - 1) / 4].when)
			throw("timers: heap order");
		if (t != NULL && (t->pp != (uintptr_t)ts || t->nextwhen != i || t->when != e.when ||
					 t->status != TimerQueued))
			throw("timers: element and timer disagree");
	}
}

#if GORT_HARD
#	define hardVerify(ts) timers_verify(ts)
#else
#	define hardVerify(ts) ((void)(ts))
#endif

/* ---- timers -------------------------------------------------------------------------------- */

static cold _Noreturn void
badTimer(const struct timer *t)
{
	throwf("timer data corruption", "timer %p: heap %p, index %ld, status %x\n",
		(const void *)t, (void *)t->pp, (long)t->nextwhen, t->status);
}

/* ts locked and t->pp == ts: the other fields must agree. */
static inline void
timercheck(const struct timers *ts, const struct timer *t)
{
	if (unlikely(t->status != TimerQueued || (uint64_t)t->nextwhen >= ts->len ||
		     ts->heap[t->nextwhen].t != (uintptr_t)t))
		badTimer(t);
}

static inline int64_t
clampWhen(int64_t when)
{
	if (unlikely(when <= 0))
		return when < 0 ? INT64_MAX : 1;
	return when;
}

/* The heap that t is in, locked; NULL if it is in none. */
static struct timers *
timerlock(struct timer *t)
{
	for (;;) {
		struct timers *ts = (struct timers *)load_acq(&t->pp);
		if (ts == NULL)
			return NULL;
		lock(&ts->lock);
		if (likely(load_rlx(&t->pp) == (uintptr_t)ts)) {
			timercheck(ts, t);
			return ts;
		}
		unlock(&ts->lock);
	}
}

/* This P's heap, locked, with t claimed for it; NULL if t is queued already. fresh: nobody else
 * may try at the same time, which spares the exchange. */
static always_inline struct timers *
timerclaim(struct timer *t, bool fresh)
{
	struct timers *ts = &getg()->m->p->timers;
	lock(&ts->lock);
	if (fresh ? load_rlx(&t->pp) != 0 : !cas(&t->pp, (uintptr_t)0, (uintptr_t)ts)) {
		unlock(&ts->lock);
		return NULL;
	}
	if (fresh)
		store_rel(&t->pp, (uintptr_t)ts);
	if (unlikely(t->status != TimerIdle))
		badTimer(t);
	t->status = TimerQueued;
	return ts;
}

/* ts locked; t, which was claimed or found in it, is out of the array. */
static inline void
timerRelease(struct timer *t)
{
	t->status = TimerIdle;
	store_rel(&t->pp, (uintptr_t)0);
}

static inline void
unlockAndWake(struct timers *ts, bool first, int64_t when)
{
	hardVerify(ts);
	unlock(&ts->lock);
	if (first)
		world.wakep(when);
}

static void
checkArgs(int64_t period, const struct funcval *f)
{
	if (unlikely(period < 0))
		throw("timer period must be non-negative");
	if (unlikely(f == NULL))
		throw("timer without a function");
}

void
addtimer(struct timer *t)
{
	checkArgs(t->period, t->f);
	struct timers *ts = timerclaim(t, true);
	if (unlikely(ts == NULL))
		throw("addtimer: the timer is queued already");
	t->when = clampWhen(t->when);
	int64_t when = t->when;
	bool first = heapAdd(ts, (struct timerent){when, (uintptr_t)t});
	unlockAndWake(ts, first, when);
}

bool
deltimer(struct timer *t)
{
	struct timers *ts = timerlock(t);
	if (ts == NULL)
		return false;
	heapRemove(ts, (uint32_t)t->nextwhen);
	ts->dels++;
	timerRelease(t);
	hardVerify(ts);
	unlock(&ts->lock);
	return true;
}

struct timerset {
	int64_t when, period;
	const struct funcval *f;
	struct eface arg;
	uintptr_t seq;
	bool all; /* false: the deadline alone */
};

static bool
timerSet(struct timer *t, const struct timerset *set)
{
	int64_t when = clampWhen(set->when);
	for (;;) {
		struct timers *ts = timerlock(t);
		bool pending = ts != NULL;
		if (!pending && (ts = timerclaim(t, false)) == NULL)
			continue; /* somebody queued it since we looked */
		t->when = when;
		if (set->all) {
			gcOverwrite(&t->f, sizeof t->f);
			gcOverwrite(&t->arg, sizeof t->arg);
			t->period = set->period;
			t->f = set->f;
			t->arg = set->arg;
			t->seq = set->seq;
		}
		bool first = pending ? heapChange(ts, (uint32_t)t->nextwhen, when)
				     : heapAdd(ts, (struct timerent){when, (uintptr_t)t});
		unlockAndWake(ts, first, when);
		return pending;
	}
}

bool
resettimer(struct timer *t, int64_t when)
{
	return timerSet(t, &(struct timerset){.when = when});
}

bool
modtimer(struct timer *t, int64_t when, int64_t period, const struct funcval *f, struct eface arg,
	uintptr_t seq)
{
	checkArgs(period, f);
	return timerSet(t, &(struct timerset){when, period, f, arg, seq, true});
}

/* ---- sleepers and wakers ------------------------------------------------------------------- */

/* The token is the locked heap, with bit 0 set if the deadline is its new first. */
void *
addsleeper(struct g *gp, int64_t when)
{
	struct timers *ts = &gp->m->p->timers;
	lock(&ts->lock);
	bool first = heapAdd(ts, (struct timerent){clampWhen(when), (uintptr_t)gp | 1});
	return (void *)((uintptr_t)ts | first);
}

void *
addwaker(struct timer *t, struct g *gp, int64_t when)
{
	*t = (struct timer){.when = clampWhen(when), .arg = {NULL, gp}};
	struct timers *ts = timerclaim(t, true);
	bool first = heapAdd(ts, (struct timerent){t->when, (uintptr_t)t});
	return (void *)((uintptr_t)ts | first);
}

void
timersRelease(void *token)
{
	struct timers *ts = (struct timers *)((uintptr_t)token & ~(uintptr_t)1);
	int64_t when = ts->heap[0].when;
	unlockAndWake(ts, ((uintptr_t)token & 1) != 0, when);
}

/* ---- firing -------------------------------------------------------------------------------- */

/* Gs to be readied once the lock is dropped, in order of their deadlines. */
struct firelist {
	struct g *head, **tail;
	uint32_t n;
};

static inline void
fireAdd(struct firelist *l, struct g *gp)
{
	gp->schedlink = NULL;
	*l->tail = gp;
	l->tail = &gp->schedlink;
	l->n++;
}

static void
fireReady(struct firelist *l)
{
	struct g *gp = l->head;
	l->head = NULL;
	l->tail = &l->head;
	while (gp != NULL) {
		struct g *next = gp->schedlink;
		gp->schedlink = NULL;
		world.ready(gp);
		gp = next;
	}
}

/* A waker's time has come; ts locked, t out of the array. If another waker of the G was first,
 * the G comes to deltimer(t) and meets our lock, or finds pp 0 and leaves: t lives until the
 * store of pp, and that is our last touch. If we are first, the G stays parked until fireReady. */
static void
fireWaker(struct firelist *l, struct timer *t)
{
	struct g *gp = t->arg.data;
	bool won = cas(&gp->selectDone, 0u, 1u);
	if (won)
		gp->param = NULL;
	timerRelease(t);
	if (won)
		fireAdd(l, gp);
}

/* ts locked, t its first element and due. Returns with the lock taken again. */
static void
fireCallback(struct timers *ts, struct firelist *l, struct timer *t, int64_t now)
{
	timercheck(ts, t);
	const struct funcval *f = t->f;
	struct eface arg = t->arg;
	uintptr_t seq = t->seq;
	xadd(&t->firing, 1u);
	if (t->period > 0) {
		/* The next deadline after now that is a whole number of periods away: a late
		 * ticker skips ticks. */
		int64_t add, next;
		if (__builtin_mul_overflow(t->period, (now - t->when) / t->period + 1, &add) ||
			__builtin_add_overflow(t->when, add, &next))
			next = INT64_MAX;
		t->when = next;
		heapChange(ts, 0, next);
	} else {
		heapRemove(ts, 0);
		timerRelease(t);
	}
	ts->fired++;
	hardVerify(ts);
	unlock(&ts->lock);
	fireReady(l);
	timerfn *fn = (timerfn *)f->fn;
	__builtin_call_with_static_chain(fn(arg, seq), (void *)(uintptr_t)f);
	lock(&ts->lock);
}

static bool
runtimers(struct timers *ts, int64_t now, int64_t *next)
{
	struct firelist l = {.tail = &l.head};
	bool ran = false;
	lock(&ts->lock);
	while (ts->len > 0 && ts->heap[0].when <= now && l.n < FIRE_BATCH) {
		struct timerent e = ts->heap[0];
		struct timer *t = entTimer(e);
		ran = true;
		if (t != NULL && t->f != NULL) {
			fireCallback(ts, &l, t, now);
			continue;
		}
		heapRemove(ts, 0);
		ts->fired++;
		if (t != NULL)
			fireWaker(&l, t);
		else
			fireAdd(&l, (struct g *)(e.t & ~(uintptr_t)1));
	}
	*next = ts->len == 0 ? 0 : ts->heap[0].when;
	hardVerify(ts);
	unlock(&ts->lock);
	fireReady(&l);
	return ran;
}

/* A thief found the heap empty: let others spare the look. */
static never_inline void
clearMask(struct timers *ts)
{
	uint64_t bit, *word = maskWord(ts, &bit);
	if ((load_rlx(word) & bit) == 0)
		return;
	lock(&ts->lock);
	if (ts->len == 0)
		fetch_and(word, ~bit);
	unlock(&ts->lock);
}

/* With a seed a deadline may be served late, by as much as its hash says. */
#define FUZZ_LATE (2 * MS)

static cold bool
fuzzLate(int64_t late, int64_t when)
{
	uint64_t s = (uint64_t)when * 0x9e3779b97f4a7c15ULL ^ (uint64_t)debug.schedfuzz;
	return randn(&s, 2) == 0 && late < randn(&s, FUZZ_LATE);
}

int64_t
checkTimers(struct p *pp, int64_t now, int64_t *next, bool *ran)
{
	struct timers *ts = &pp->timers;
	int64_t w = load_acq(&ts->when0);
	*ran = false;
	*next = w;
	if (w == 0) {
		if (pp != getg()->m->p)
			clearMask(ts);
		return now;
	}
	if (now == 0)
		now = nanotime();
	if (now >= w && (likely(debug.schedfuzz == 0) || !fuzzLate(now - w, w)))
		*ran = runtimers(ts, now, next);
	return now;
}

int64_t
timeSleepUntil(void)
{
	int64_t min = 0;
	int32_t n = load_acq(&gomaxprocs);
	for (int32_t i = 0; i < n; i++) {
		struct p *pp = load_acq(&allp[i]);
		if (pp == NULL)
			continue;
		int64_t w = load_seq(&pp->timers.when0);
		if (w != 0 && (min == 0 || w < min))
			min = w;
	}
	return min;
}

void
moveTimers(struct p *from, struct p *to)
{
	assertWorldStopped();
	struct timers *a = &from->timers, *b = &to->timers;
	/* Equal ranks go in address order. */
	lock(a < b ? &a->lock : &b->lock);
	lock(a < b ? &b->lock : &a->lock);
	for (uint32_t i = 0; i < a->len; i++) {
		struct timer *t = entTimer(a->heap[i]);
		if (t != NULL) {
			timercheck(a, t);
			store_rel(&t->pp, (uintptr_t)b);
		}
		heapAdd(b, a->heap[i]);
	}
	store_rlx(&a->len, 0u);
	store_seq(&a->when0, (int64_t)0);
	uint64_t bit, *word = maskWord(a, &bit);
	fetch_and(word, ~bit);
	hardVerify(b);
	unlock(&a->lock);
	unlock(&b->lock);
	/* A poller that read b before and a after the move has missed these deadlines. */
	netpollBreak();
}
