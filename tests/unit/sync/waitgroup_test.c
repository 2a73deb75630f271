/* Wait groups, once, conditions. */
#include "unit/sync/goro.h"

struct job {
	struct syncwaitgroup *wg;
	int64_t *sum, v;
};

static void
adds(void *arg)
{
	struct job *j = arg;
	xadd(j->sum, j->v);
	wgAdd(j->wg, -1);
}

TEST_G(sync, syncwaitgroup, reuse)
{
	enum { N = 100 };
	static struct job job[N];
	struct syncwaitgroup wg = {0};
	wgWait(&wg);
	for (int round = 0; round < 50; round++) {
		int64_t sum = 0;
		wgAdd(&wg, N);
		for (int i = 0; i < N; i++) {
			job[i] = (struct job){&wg, &sum, i};
			spawn(adds, &job[i]);
		}
		wgWait(&wg);
		CHECK_EQ(sum, N * (N - 1) / 2);
		CHECK_EQ(wg.state, 0);
	}
}

struct wgwait {
	struct syncwaitgroup *wg;
	int *done;
};

static void
waits(void *arg)
{
	struct wgwait *w = arg;
	wgWait(w->wg);
	xadd(w->done, 1);
}

TEST_G(sync, syncwaitgroup, many_waiters)
{
	struct syncwaitgroup wg = {0};
	int done = 0;
	struct wgwait w = {&wg, &done};
	wgAdd(&wg, 2);
	for (int i = 0; i < 30; i++)
		waitParked(spawn(waits, &w), waitReasonSyncWaitGroupWait);
	wgAdd(&wg, -1);
	CHECK_EQ(load_acq(&done), 0);
	wgAdd(&wg, -1);
	WAIT_UNTIL(load_acq(&done) == 30);
}

TEST_DIES_G(sync, syncwaitgroup, negative, "panic: sync: negative WaitGroup counter", 2)
{
	struct syncwaitgroup wg = {0};
	wgAdd(&wg, 1);
	wgAdd(&wg, -2);
}

TEST_DIES_G(sync, syncwaitgroup, add_with_wait,
	"panic: sync: WaitGroup misuse: Add called concurrently with Wait", 2)
{
	struct syncwaitgroup wg = {.state = 1}; /* between the last Done and the wake-up */
	wgAdd(&wg, 1);
}

/* On one P the waiter does not run before we add again. */
TEST_OPT(sync, syncwaitgroup, reused_early, .goroutine = true, .env = "GOMAXPROCS=1",
	.dies = "panic: sync: WaitGroup is reused before previous Wait has returned", .status = 2)
{
	NOT_HARD();
	struct syncwaitgroup wg = {0};
	int done = 0;
	struct wgwait w = {&wg, &done};
	wgAdd(&wg, 1);
	waitParked(spawn(waits, &w), waitReasonSyncWaitGroupWait);
	wgAdd(&wg, -1);
	wgAdd(&wg, 1);
	WAIT_UNTIL(false);
}

/* ---- once ---- */

struct once {
	struct synconce o;
	int64_t work, ran;
	struct syncwaitgroup wg;
};

static void
onces(void *arg)
{
	struct once *o = arg;
	bool mine;
	RT(mine = synconceBegin(&o->o));
	if (mine) {
		o->ran++;
		for (int i = 0; i < 20; i++) {
			yield();
			o->work++;
		}
		RT(synconceDone(&o->o));
	}
	CHECK_EQ(o->work, 20); /* nobody returns before it is done */
	wgAdd(&o->wg, -1);
}

TEST_G(sync, synconce, once)
{
	for (int round = 0; round < 50; round++) {
		static struct once o;
		o = (struct once){0};
		wgAdd(&o.wg, 20);
		for (int i = 0; i < 20; i++)
			spawn(onces, &o);
		wgWait(&o.wg);
		CHECK_EQ(o.ran, 1);
	}
}

/* ---- cond ---- */

struct cond {
	struct synccond c;
	struct syncmutex m;
	int awake, order[40];
};

struct condwait {
	struct cond *c;
	int id;
};

static void
condWaits(void *arg)
{
	struct condwait *w = arg;
	RT(syncmutexLock(&w->c->m));
	RT(synccondWait(&w->c->c, &w->c->m));
	w->c->order[w->c->awake] = w->id;
	store_rel(&w->c->awake, w->c->awake + 1);
	RT(syncmutexUnlock(&w->c->m));
}

TEST_G(sync, synccond, signal_in_order)
{
	enum { N = 20 };
	static struct cond c;
	static struct condwait w[N];
	RT(synccondSignal(&c.c)); /* nobody: forgotten */
	for (int i = 0; i < N; i++) {
		w[i] = (struct condwait){&c, i};
		waitParked(spawn(condWaits, &w[i]), waitReasonSyncCondWait);
	}
	for (int i = 0; i < N / 2; i++) {
		CHECK_EQ(load_acq(&c.awake), i);
		RT(synccondSignal(&c.c));
		WAIT_UNTIL(load_acq(&c.awake) == i + 1);
	}
	for (int i = 0; i < N / 2; i++)
		CHECK_EQ(c.order[i], i);
	RT(synccondBroadcast(&c.c));
	WAIT_UNTIL(load_acq(&c.awake) == N);
	bool seen[N] = {false};
	for (int i = 0; i < N; i++) {
		CHECK(!seen[c.order[i]]);
		seen[c.order[i]] = true;
	}
	RT(synccondBroadcast(&c.c));
	RT(synccondSignal(&c.c));
}

struct ticket {
	struct notifyList *l;
	uint32_t t;
	bool done;
};

static void
ticketWaits(void *arg)
{
	struct ticket *t = arg;
	RT(notifyListWait(t->l, t->t));
	store_rel(&t->done, true);
}

/* A signal is for the oldest ticket, even if a younger one is parked already and it is not. */
TEST_G(sync, synccond, signal_by_ticket)
{
	static struct notifyList l;
	uint32_t a = notifyListAdd(&l);
	static struct ticket b, c;
	b = (struct ticket){&l, notifyListAdd(&l), false};
	c = (struct ticket){&l, notifyListAdd(&l), false};
	waitParked(spawn(ticketWaits, &c), waitReasonSyncCondWait);
	struct g *gb = spawn(ticketWaits, &b);
	waitParked(gb, waitReasonSyncCondWait);
	RT(notifyListNotifyOne(&l));
	CHECK(l.head != NULL && l.head->next == l.tail);
	RT(notifyListWait(&l, a));
	RT(notifyListNotifyOne(&l)); /* b, from behind c */
	WAIT_UNTIL(load_acq(&b.done));
	CHECK(!load_acq(&c.done));
	CHECK(l.head != NULL && l.head == l.tail);
	RT(notifyListNotifyOne(&l));
	WAIT_UNTIL(load_acq(&c.done));
	CHECK(l.head == NULL && l.tail == NULL);
}

/* A ticket that was called up before its owner comes to park. */
TEST_G(sync, synccond, signal_before_park)
{
	struct notifyList l = {0};
	uint32_t a = notifyListAdd(&l), b = notifyListAdd(&l);
	RT(notifyListNotifyOne(&l));
	RT(notifyListWait(&l, a));
	RT(notifyListNotifyAll(&l));
	RT(notifyListWait(&l, b));
	/* Across the wrap of the tickets. */
	l.wait = l.notify = UINT32_MAX;
	a = notifyListAdd(&l);
	b = notifyListAdd(&l);
	CHECK_EQ(a, UINT32_MAX);
	CHECK_EQ(b, 0);
	RT(notifyListNotifyAll(&l));
	RT(notifyListWait(&l, b));
	RT(notifyListWait(&l, a));
}

/* A bounded buffer with two conditions. */
struct buffer {
	struct syncmutex m;
	struct synccond notFull, notEmpty;
	int64_t slot[4];
	int n, rounds;
	int64_t in, out;
	struct syncwaitgroup wg;
};

static void
puts_(void *arg)
{
	struct buffer *b = arg;
	for (int i = 1; i <= b->rounds; i++) {
		RT(syncmutexLock(&b->m));
		while (b->n == 4)
			RT(synccondWait(&b->notFull, &b->m));
		b->slot[b->n++] = i;
		b->in += i;
		RT(synccondSignal(&b->notEmpty));
		RT(syncmutexUnlock(&b->m));
	}
	wgAdd(&b->wg, -1);
}

static void
gets_(void *arg)
{
	struct buffer *b = arg;
	for (int i = 1; i <= b->rounds; i++) {
		RT(syncmutexLock(&b->m));
		while (b->n == 0)
			RT(synccondWait(&b->notEmpty, &b->m));
		b->out += b->slot[--b->n];
		RT(syncmutexUnlock(&b->m));
		RT(synccondSignal(&b->notFull));
	}
	wgAdd(&b->wg, -1);
}

TEST_G(sync, synccond, stress)
{
	for (int procs = 1; procs <= 4; procs *= 2) {
		static struct buffer b;
		b = (struct buffer){.rounds = (int)(2000 * testSeconds())};
		RT(GOMAXPROCS(procs));
		wgAdd(&b.wg, 8);
		for (int i = 0; i < 4; i++) {
			spawn(puts_, &b);
			spawn(gets_, &b);
		}
		wgWait(&b.wg);
		CHECK_EQ(b.n, 0);
		CHECK_EQ(b.in, b.out);
	}
}
