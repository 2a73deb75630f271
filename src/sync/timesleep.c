/* timesleep.c: sleeping, and channels that tell the time.                            room: sync
 *
 * A sleeping goroutine is an element of its P's timer heap (event/timer.c: sleeper): sleeping
 * allocates nothing, and the heap's lock, which the park's commit drops, keeps it from firing
 * before the goroutine is parked.
 *
 * A chantimer is a timer whose callback sends the time on a channel of capacity 1, dropping it if
 * the last one still lies there. Channel and timer are one object.
 *
 * No stale ticks. After Stop or Reset has returned, nothing of before may be received, though a
 * tick may lie in the buffer, and a callback may be under way that has left the heap but not
 * reached the channel. Everything happens under the channel's lock:
 *   - Stop and Reset empty the buffer and move on to a new generation, gen;
 *   - the callback carries the generation it was set for (seq), and sends only if that is gen.
 * So Reset needs to wait for nobody. active says that a tick of this generation is to come: what Stop
 * and Reset report does not depend on how far a callback has got.
 *
 * What has been stopped may be freed at once, and a callback that is under way would then take a
 * lock that is no more. So Stop, having stopped the timer, parks until no callback is under way;
 * the last of them readies who stands in stoppers. This is rare and short: a callback does not
 * park, and there is none unless the deadline fell into the moment of the stop.
 *
 * Order of locks: the channel's, then the heap's. The callback runs without the heap's. */
#include "sync/internal.h"

struct chantimer {
	struct hchan c; /* first: the object is the channel */
	int64_t buf;
	struct timer t;
	int64_t period;     /* c.lock */
	uintptr_t gen;      /* c.lock */
	struct g *stoppers; /* c.lock; linked by schedlink */
	bool active;        /* c.lock */
	bool func;          /* constant: part of a struct functimer, which sends nothing */
};

/* Starts a goroutine at each tick. The channel's lock and the generations serve as for the others,
 * the channel itself is shown to nobody. */
struct functimer {
	struct chantimer t; /* first */
	void (*fn)(void *); /* constant, as the rest */
	void *arg;
	uintptr_t pc;
};

static void
sleepcommit(struct g *gp, void *token)
{
	(void)gp;
	timersRelease(token);
}

void
timeSleep(int64_t ns)
{
	if (ns <= 0)
		return;
	void *token = addsleeper(getg(), whenAfter(ns));
	goparkcommit(sleepcommit, token, waitReasonSleep);
}

static void
chantimerFire(struct eface arg, uintptr_t seq)
{
	struct chantimer *t = arg.data;
	struct sudog *wake = NULL;
	void (*fn)(void *) = NULL;
	void *fnarg = NULL;
	uintptr_t pc = 0;
	struct g *stoppers = NULL;
	int64_t now = nanotime();
	lock(&t->c.lock);
	if (t->gen == seq && (t->c.state & CHAN_CLOSED) == 0) {
		if (t->period == 0)
			t->active = false;
		if (t->func) {
			struct functimer *f = container_of(t, struct functimer, t);
			fn = f->fn;
			fnarg = f->arg;
			pc = f->pc;
		} else { /* no room: the reader lags, the tick is lost */
			chanTrySendCall(&t->c, &now, &wake);
		}
	}
	if (timerFired(&t->t) && unlikely(t->stoppers != NULL)) {
		stoppers = t->stoppers;
		t->stoppers = NULL;
	}
	unlock(&t->c.lock); /* t may be freed */
	if (wake != NULL)
		chanWake(wake);
	if (fn != NULL)
		startGoroutine(fn, fnarg, 0, pc);
	while (unlikely(stoppers != NULL)) {
		struct g *gp = stoppers;
		stoppers = gp->schedlink;
		gp->schedlink = NULL;
		goready(gp);
	}
}

static const struct funcval chantimerFireFn = {(void *)chantimerFire};

/* c.lock held. True if there was a tick to come or unread. */
static bool
chantimerCancel(struct chantimer *t)
{
	bool was = t->active;
	t->active = false;
	t->gen++;
	if (t->c.qcount != 0) {
		store_rel(&t->c.qcount, (intgo)0);
		chanChanged(&t->c);
		was = true;
	}
	return was;
}

/* c.lock held. */
static void
chantimerStart(struct chantimer *t, int64_t when, int64_t period)
{
	t->active = true;
	t->period = period;
	modtimer(&t->t, when, period, &chantimerFireFn, (struct eface){NULL, t}, t->gen);
}

/* t is zero, and nobody else knows it. */
static void
chantimerInit(struct chantimer *t, int64_t when, int64_t period)
{
	t->c.buf = (uint8_t *)&t->buf;
	t->c.dataqsiz = 1;
	t->c.elemsize = sizeof t->buf;
	t->c.noscan = true;
	t->c.timer = true;
	lockInit(&t->c.lock, LOCKRANK_HCHAN);
	/* The callback comes after addtimer: no lock. */
	t->active = true;
	t->period = period;
	t->t.when = when;
	t->t.period = period;
	t->t.f = &chantimerFireFn;
	t->t.arg.data = t;
	addtimer(&t->t);
}

struct chantimer *
newchantimer(int64_t when, int64_t period)
{
	/* Nothing in it keeps another object alive. */
	struct chantimer *t = mallocNoscan(sizeof *t, true);
	chantimerInit(t, when, period);
	return t;
}

struct chantimer *
newfunctimer(int64_t when, void (*fn)(void *), void *arg, uintptr_t pc)
{
	struct functimer *f = mallocConservative(sizeof *f);
	f->fn = fn;
	f->arg = arg;
	f->pc = pc;
	f->t.func = true;
	chantimerInit(&f->t, when, 0);
	return &f->t;
}

struct hchan *
chantimerChan(struct chantimer *t)
{
	return t->func ? NULL : &t->c;
}

bool
chantimerStop(struct chantimer *t)
{
	lock(&t->c.lock);
	bool was = chantimerCancel(t);
	deltimer(&t->t);
	if (unlikely(load_acq(&t->t.firing) != 0)) {
		struct g *gp = getg();
		gp->schedlink = t->stoppers;
		t->stoppers = gp;
		goparkunlock(&t->c.lock, waitReasonTimerStop);
	} else {
		unlock(&t->c.lock);
	}
	return was;
}

bool
chantimerReset(struct chantimer *t, int64_t when, int64_t period)
{
	lock(&t->c.lock);
	bool was = chantimerCancel(t);
	chantimerStart(t, when, period);
	unlock(&t->c.lock);
	return was;
}
