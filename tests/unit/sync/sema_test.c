#include "core/rand.h"
#include "unit/sync/goro.h"

struct semwait {
	uint32_t *addr;
	bool lifo;
	int *order; /* next place; one P, or under the semaphore itself */
	int place;
	bool done;
};

static void
acquires(void *arg)
{
	struct semwait *w = arg;
	RT(semacquire(w->addr, w->lifo, waitReasonSemacquire));
	w->place = (*w->order)++;
	store_rel(&w->done, true);
}

#define N 20

TEST_OPT(sync, sema, fifo, GO_ONE_P)
{
	NOT_HARD();
	static struct semwait w[N];
	uint32_t sema = 0;
	int order = 0;
	for (int i = 0; i < N; i++) {
		w[i] = (struct semwait){.addr = &sema, .order = &order};
		waitParked(spawn(acquires, &w[i]), waitReasonSemacquire);
	}
	for (int i = 0; i < N; i++) {
		RT(semrelease(&sema, false));
		WAIT_UNTIL(load_acq(&w[i].done));
		CHECK_EQ(w[i].place, i);
		CHECK_EQ(sema, 0);
	}
}

TEST_OPT(sync, sema, lifo, GO_ONE_P)
{
	NOT_HARD();
	static struct semwait w[N];
	uint32_t sema = 0;
	int order = 0;
	for (int i = 0; i < N; i++) {
		w[i] = (struct semwait){.addr = &sema, .order = &order, .lifo = true};
		waitParked(spawn(acquires, &w[i]), waitReasonSemacquire);
	}
	for (int i = N; i-- > 0;) {
		RT(semrelease(&sema, false));
		WAIT_UNTIL(load_acq(&w[i].done));
		CHECK_EQ(w[i].place, N - 1 - i);
	}
}

/* With hand-over the waiter has run by the time semrelease returns: it got our time slice. */
TEST_OPT(sync, sema, handoff, GO_ONE_P)
{
	NOT_HARD();
	static struct semwait w;
	uint32_t sema = 0;
	int order = 0;
	w = (struct semwait){.addr = &sema, .order = &order};
	waitParked(spawn(acquires, &w), waitReasonSemacquire);
	RT(semrelease(&sema, true));
	CHECK(w.done);
	CHECK_EQ(sema, 0);
}

TEST_G(sync, sema, counts)
{
	uint32_t sema = 3;
	for (int i = 0; i < 3; i++)
		RT(semacquire(&sema, false, waitReasonSemacquire));
	bool got;
	RT(got = semtryacquire(&sema));
	CHECK(!got);
	RT(semrelease(&sema, false));
	CHECK_EQ(sema, 1);
	RT(got = semtryacquire(&sema));
	CHECK(got);
}

/* Many addresses, several waiters on each, queued and woken in random order at both ends: every
 * waiter wakes, and only by its own address. */
TEST_OPT(sync, sema, many_addresses, GO_ONE_P)
{
	enum { ADDRS = 700, WAITERS = 2000 };
	static uint32_t sema[ADDRS * 2];
	static struct semwait w[WAITERS];
	static int waiting[ADDRS], woken[ADDRS], order;
	for (int i = 0; i < WAITERS; i++) {
		int a = (int)(testRand() % ADDRS);
		w[i] = (struct semwait){
			.addr = &sema[a * 2], .order = &order, .lifo = testRand() % 2};
		waitParked(spawn(acquires, &w[i]), waitReasonSemacquire);
		waiting[a]++;
	}
	for (int left = WAITERS; left > 0;) {
		int a = (int)(testRand() % ADDRS);
		if (waiting[a] == 0)
			continue;
		RT(semrelease(&sema[a * 2], false));
		WAIT_UNTIL(order == WAITERS - left + 1);
		waiting[a]--;
		woken[a]++;
		left--;
		CHECK_EQ(sema[a * 2], 0);
	}
	for (int i = 0; i < WAITERS; i++) {
		CHECK(w[i].done);
		woken[(w[i].addr - sema) / 2]--;
	}
	for (int a = 0; a < ADDRS; a++)
		CHECK_EQ(woken[a], 0);
}

struct pairing {
	uint32_t sema;
	int round, done; /* atomic */
	uint64_t rand;
};

static void
pause_(uint64_t *rand)
{
	for (uint64_t n = wyrand(rand) % 200; n > 0; n--)
		compiler_fence();
}

static void
pairs(void *arg)
{
	struct pairing *p = arg;
	for (int i = 1;; i++) {
		while (load_acq(&p->round) != i)
			yield();
		pause_(&p->rand);
		RT(semacquire(&p->sema, false, waitReasonSemacquire));
		store_rel(&p->done, i);
	}
}

/* One release and one acquire that meet at any moment: a lost wake-up waits for ever. */
TEST_G(sync, sema, no_lost_wakeup)
{
	static struct pairing p;
	RT(GOMAXPROCS(2));
	p.rand = testRand();
	uint64_t rand = testRand();
	spawn(pairs, &p);
	int rounds = (int)((GORT_TSAN ? 4000 : 100000) * testSeconds());
	for (int i = 1; i <= rounds; i++) {
		store_rel(&p.round, i);
		pause_(&rand);
		RT(semrelease(&p.sema, false));
		WAIT_UNTIL(load_acq(&p.done) == i);
	}
}

struct semstress {
	uint32_t *sema;
	int *inside, *max;
	int rounds, limit;
	struct syncwaitgroup *wg;
};

static void
enters(void *arg)
{
	struct semstress *s = arg;
	for (int i = 0; i < s->rounds; i++) {
		RT(semacquire(s->sema, i % 3 == 0, waitReasonSemacquire));
		int n = xadd(s->inside, 1);
		CHECK(n <= s->limit);
		if (i % 16 == 0)
			yield();
		xadd(s->inside, -1);
		RT(semrelease(s->sema, i % 5 == 0));
	}
	wgAdd(s->wg, -1);
}

TEST_G(sync, sema, limits)
{
	for (int procs = 1; procs <= 4; procs *= 2)
		for (int limit = 1; limit < 4; limit++) {
			RT(GOMAXPROCS(procs));
			uint32_t sema = (uint32_t)limit;
			int inside = 0;
			struct syncwaitgroup wg = {0};
			struct semstress s = {.sema = &sema,
				.inside = &inside,
				.limit = limit,
				.rounds = (int)(1000 * testSeconds()),
				.wg = &wg};
			wgAdd(&wg, 10);
			for (int i = 0; i < 10; i++)
				spawn(enters, &s);
			wgWait(&wg);
			CHECK_EQ(sema, limit);
		}
}
