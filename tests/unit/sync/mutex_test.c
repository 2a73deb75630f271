#include "unit/sync/goro.h"

enum { Locked = 1, Woken = 2, Starving = 4, Waiter = 8 };

struct counter {
	struct syncmutex *m;
	struct syncwaitgroup *wg;
	int64_t *n;
	int rounds, every;
};

static void
increments(void *arg)
{
	struct counter *c = arg;
	for (int i = 0; i < c->rounds; i++) {
		RT(syncmutexLock(c->m));
		int64_t v = *c->n;
		if (c->every != 0 && i % c->every == 0)
			yield();
		*c->n = v + 1;
		RT(syncmutexUnlock(c->m));
	}
	wgAdd(c->wg, -1);
}

TEST_G(sync, syncmutex, excludes)
{
	for (int procs = 1; procs <= 8; procs *= 2)
		for (int every = 0; every < 20; every += 7) {
			RT(GOMAXPROCS(procs));
			struct syncmutex m = {0};
			struct syncwaitgroup wg = {0};
			int64_t n = 0;
			struct counter c = {&m, &wg, &n, (int)(3000 * testSeconds()), every};
			wgAdd(&wg, 8);
			for (int i = 0; i < 8; i++)
				spawn(increments, &c);
			wgWait(&wg);
			CHECK_EQ(n, 8 * c.rounds);
			CHECK_EQ(m.state, 0);
			CHECK_EQ(m.sema, 0);
		}
}

TEST_G(sync, syncmutex, trylock)
{
	struct syncmutex m = {0};
	bool ok;
	RT(ok = syncmutexTryLock(&m));
	CHECK(ok);
	RT(ok = syncmutexTryLock(&m));
	CHECK(!ok);
	RT(syncmutexUnlock(&m));
	RT(syncmutexLock(&m));
	RT(ok = syncmutexTryLock(&m));
	CHECK(!ok);
	RT(syncmutexUnlock(&m));
}

TEST_DIES_G(sync, syncmutex, unlock_unlocked, "fatal error: sync: unlock of unlocked mutex", 2)
{
	struct syncmutex m = {0};
	RT(syncmutexUnlock(&m));
}

TEST_DIES_G(sync, syncmutex, unlock_twice, "fatal error: sync: unlock of unlocked mutex", 2)
{
	struct syncmutex m = {0};
	RT(syncmutexLock(&m));
	RT(syncmutexUnlock(&m));
	RT(syncmutexUnlock(&m));
}

struct starved {
	struct syncmutex *m;
	int *order;
	int place;
};

static void
locksOnce(void *arg)
{
	struct starved *s = arg;
	RT(syncmutexLock(s->m));
	store_rel(&s->place, xadd(s->order, 1));
	RT(syncmutexUnlock(s->m));
}

/* The whole course of a starvation, on one P: we hold the mutex, two goroutines wait for more than
 * 1 ms; we unlock and lock again at once, so that the first of them wakes, loses, and switches the
 * mutex; from then on nobody can barge in, and unlock hands it over. */
TEST_OPT(sync, syncmutex, starvation, GO_ONE_P)
{
	NOT_HARD();
	struct syncmutex m = {0};
	int order = 0;
	struct starved a = {&m, &order, 0}, b = a;
	RT(syncmutexLock(&m));
	struct g *ga = spawn(locksOnce, &a);
	waitParked(ga, waitReasonSyncMutexLock);
	struct g *gb = spawn(locksOnce, &b);
	waitParked(gb, waitReasonSyncMutexLock);
	CHECK_EQ(m.state, 2 * Waiter | Locked);
	for (int64_t t = nanotime(); nanotime() - t < 2 * MS;)
		;
	int32_t unlocked = 0, relocked = 0;
	RT(syncmutexUnlock(&m);
		unlocked = m.state; /* a is runnable, not running: nobody takes our P */
		syncmutexLock(&m);  /* first come */
		relocked = m.state);
	CHECK_EQ(unlocked, Waiter | Woken);
	CHECK_EQ(relocked, Waiter | Woken | Locked);
	WAIT_UNTIL((load_acq(&m.state) & Starving) != 0);
	waitParked(ga, waitReasonSyncMutexLock);
	CHECK_EQ(m.state, 2 * Waiter | Starving | Locked);
	CHECK_EQ(order, 0);

	/* The yield in unlock runs a, whose unlock runs b: queued at the front, a comes first. */
	RT(syncmutexUnlock(&m));
	WAIT_UNTIL(load_acq(&a.place) != 0 && load_acq(&b.place) != 0);
	CHECK_EQ(a.place, 1);
	CHECK_EQ(b.place, 2);
	WAIT_UNTIL(load_acq(&m.state) == 0);
}

TEST_OPT(sync, syncmutex, starving_refuses_newcomers, GO_ONE_P)
{
	struct syncmutex m = {.state = Starving | Waiter};
	bool ok;
	RT(ok = syncmutexTryLock(&m));
	CHECK(!ok);
}

/* ---- rwmutex ---- */

struct rw {
	struct syncrwmutex *rw;
	int *order, place;
	struct syncwaitgroup *wg;
	int *readers, *writers;
	int rounds;
	bool writes;
};

static void
rlocksOnce(void *arg)
{
	struct rw *r = arg;
	RT(syncrwmutexRLock(r->rw));
	store_rel(&r->place, xadd(r->order, 1));
	RT(syncrwmutexRUnlock(r->rw));
}

static void
wlocksOnce(void *arg)
{
	struct rw *r = arg;
	RT(syncrwmutexLock(r->rw));
	store_rel(&r->place, xadd(r->order, 1));
	RT(syncrwmutexUnlock(r->rw));
}

TEST_G(sync, syncrwmutex, writer_before_new_readers)
{
	struct syncrwmutex rw = {0};
	int order = 0;
	struct rw w = {.rw = &rw, .order = &order}, r = w;
	bool ok;
	RT(syncrwmutexRLock(&rw));
	RT(ok = syncrwmutexTryRLock(&rw));
	CHECK(ok);
	RT(syncrwmutexRUnlock(&rw));
	waitParked(spawn(wlocksOnce, &w), waitReasonSyncRWMutexLock);
	RT(ok = syncrwmutexTryRLock(&rw));
	CHECK(!ok);
	RT(ok = syncrwmutexTryLock(&rw));
	CHECK(!ok);
	waitParked(spawn(rlocksOnce, &r), waitReasonSyncRWMutexRLock);
	RT(syncrwmutexRUnlock(&rw));
	WAIT_UNTIL(load_acq(&w.place) != 0 && load_acq(&r.place) != 0);
	CHECK_EQ(w.place, 1);
	CHECK_EQ(r.place, 2);
	WAIT_UNTIL(load_acq(&rw.readerCount) == 0);
	RT(ok = syncrwmutexTryLock(&rw));
	CHECK(ok);
	RT(ok = syncrwmutexTryRLock(&rw));
	CHECK(!ok);
	RT(syncrwmutexUnlock(&rw));
}

static void
readsOrWrites(void *arg)
{
	struct rw *r = arg;
	for (int i = 0; i < r->rounds; i++) {
		if (r->writes) {
			RT(syncrwmutexLock(r->rw));
			CHECK_EQ(xadd(r->writers, 1), 1);
			CHECK_EQ(load_seq(r->readers), 0);
			if (i % 8 == 0)
				yield();
			xadd(r->writers, -1);
			RT(syncrwmutexUnlock(r->rw));
		} else {
			RT(syncrwmutexRLock(r->rw));
			xadd(r->readers, 1);
			CHECK_EQ(load_seq(r->writers), 0);
			if (i % 8 == 0)
				yield();
			xadd(r->readers, -1);
			RT(syncrwmutexRUnlock(r->rw));
		}
	}
	wgAdd(r->wg, -1);
}

TEST_G(sync, syncrwmutex, excludes)
{
	enum { N = 10 };
	static struct rw r[N];
	for (int procs = 1; procs <= 4; procs *= 2)
		for (int writers = 1; writers < N; writers += 4) {
			RT(GOMAXPROCS(procs));
			struct syncrwmutex rw = {0};
			struct syncwaitgroup wg = {0};
			int nr = 0, nw = 0;
			wgAdd(&wg, N);
			for (int i = 0; i < N; i++) {
				r[i] = (struct rw){.rw = &rw,
					.wg = &wg,
					.readers = &nr,
					.writers = &nw,
					.writes = i < writers,
					.rounds = (int)(1000 * testSeconds())};
				spawn(readsOrWrites, &r[i]);
			}
			wgWait(&wg);
			CHECK_EQ(rw.readerCount, 0);
			CHECK_EQ(rw.w.state, 0);
		}
}

TEST_DIES_G(
	sync, syncrwmutex, runlock_unlocked, "fatal error: sync: RUnlock of unlocked RWMutex", 2)
{
	struct syncrwmutex rw = {0};
	RT(syncrwmutexRUnlock(&rw));
}

TEST_DIES_G(
	sync, syncrwmutex, runlock_of_writer, "fatal error: sync: RUnlock of unlocked RWMutex", 2)
{
	struct syncrwmutex rw = {0};
	RT(syncrwmutexLock(&rw));
	RT(syncrwmutexRUnlock(&rw));
}

TEST_DIES_G(sync, syncrwmutex, unlock_unlocked, "fatal error: sync: Unlock of unlocked RWMutex", 2)
{
	struct syncrwmutex rw = {0};
	RT(syncrwmutexUnlock(&rw));
}

TEST_DIES_G(sync, syncrwmutex, unlock_of_reader, "fatal error: sync: Unlock of unlocked RWMutex", 2)
{
	struct syncrwmutex rw = {0};
	RT(syncrwmutexRLock(&rw));
	RT(syncrwmutexUnlock(&rw));
}
