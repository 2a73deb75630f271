#include "core/rand.h"
#include "unit/sync/goro.h"

#define MAXC 16

/* Sends first, then receives; out: values to send and received. */
struct seltest {
	struct scase cases[MAXC];
	uint16_t order[2 * MAXC];
	intgo nsends, nrecvs;
	bool received;
};

static void
addSend(struct seltest *s, struct hchan *c, int64_t *v)
{
	CHECK_EQ(s->nrecvs, 0);
	s->cases[s->nsends++] = (struct scase){c, v};
}

static void
addRecv(struct seltest *s, struct hchan *c, int64_t *v)
{
	s->cases[s->nsends + s->nrecvs++] = (struct scase){c, v};
}

static intgo
doSelect(struct seltest *s, bool block)
{
	intgo i;
	RT(i = selectgo(s->cases, s->order, s->nsends, s->nrecvs, block, &s->received));
	return i;
}

static intgo
doSelectUntil(struct seltest *s, int64_t when)
{
	intgo i;
	RT(i = selectgoUntil(s->cases, s->order, s->nsends, s->nrecvs, when, &s->received));
	return i;
}

TEST_G(sync, select, default_)
{
	struct seltest s = {0};
	int64_t v[3] = {1, 0, 0};
	CHECK_EQ(doSelect(&s, false), -1);
	struct hchan *full = intchan(1);
	send(full, 5);
	addSend(&s, full, &v[0]);
	addSend(&s, NULL, &v[0]);
	addRecv(&s, intchan(2), &v[1]);
	addRecv(&s, intchan(0), &v[2]);
	addRecv(&s, NULL, NULL);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(doSelect(&s, false), -1);
	CHECK(!s.received);
}

/* Every subset of ready channels: the choice is uniform over the ready ones, whatever their
 * places. Bounds: six standard deviations. */
TEST_G(sync, select, uniform)
{
	enum { N = 5, ROUNDS = 3000 };
	for (unsigned set = 1; set < 1u << N; set++) {
		struct seltest s = {0};
		struct hchan *c[N];
		int64_t v, hits[N] = {0};
		for (int i = 0; i < N; i++)
			addRecv(&s, c[i] = intchan(1), &v);
		int ready = __builtin_popcount(set);
		for (int i = 0; i < N; i++)
			if (set >> i & 1)
				send(c[i], i);
		for (int r = 0; r < ROUNDS; r++) {
			intgo k = doSelect(&s, r % 2);
			CHECK(k >= 0 && (set >> k & 1) != 0 && s.received);
			CHECK_EQ(v, k);
			hits[k]++;
			send(c[k], k);
		}
		for (int i = 0; i < N; i++) {
			if ((set >> i & 1) == 0)
				continue;
			int64_t mean = ROUNDS / ready;
			int64_t d = hits[i] - mean;
			CHECKF(d * d <= 36 * mean, "set %x: case %d was taken %ld times of %d", set,
				i, (long)hits[i], ROUNDS);
		}
	}
}

TEST_G(sync, select, sends_and_receives)
{
	struct seltest s = {0};
	struct hchan *a = intchan(1), *b = intchan(1);
	int64_t out = 11, in = 0;
	addSend(&s, a, &out);
	addRecv(&s, b, &in);
	CHECK_EQ(doSelect(&s, true), 0);
	CHECK_EQ(recvVal(a), 11);
	send(a, 1); /* full again: only the receive can go */
	send(b, 22);
	CHECK_EQ(doSelect(&s, true), 1);
	CHECK_EQ(in, 22);
	CHECK(s.received);
	closeChan(b);
	CHECK_EQ(doSelect(&s, true), 1);
	CHECK_EQ(in, 0);
	CHECK(!s.received);
}

/* Sending and receiving on one channel in one select: a goroutine does not meet itself. */
TEST_G(sync, select, same_channel_both_ways)
{
	struct seltest s = {0};
	struct hchan *c = intchan(0);
	int64_t out = 1, in = 0;
	addSend(&s, c, &out);
	addRecv(&s, c, &in);
	addRecv(&s, c, &in);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(doSelect(&s, false), -1);
	struct hchan *b = intchan(1);
	struct seltest t = {0};
	addSend(&t, b, &out);
	addRecv(&t, b, &in);
	CHECK_EQ(doSelect(&t, true), 0);
	CHECK_EQ(doSelect(&t, true), 1);
}

struct selector {
	struct seltest s;
	int64_t in[MAXC], out[MAXC];
	intgo chosen;
	int64_t until; /* 0: no deadline */
	bool done;
};

static void
selects(void *arg)
{
	struct selector *g = arg;
	g->chosen = g->until == 0 ? doSelect(&g->s, true) : doSelectUntil(&g->s, g->until);
	store_rel(&g->done, true);
}

static bool
queued(struct hchan *c)
{
	return c->recvq.first != NULL || c->sendq.first != NULL;
}

/* Parked on four cases, three channels; each in turn is served, and nothing is left behind. */
TEST_G(sync, select, parked_each_case)
{
	for (int64_t until = 0; until < 2; until++)
		for (int which = 0; which < 4; which++) {
			static struct selector g;
			g = (struct selector){.out = {100, 101}};
			g.until = until == 0 ? 0 : INT64_MAX;
			struct hchan *c[3] = {intchan(0), intchan(0), intchan(3)};
			addSend(&g.s, c[0], &g.out[0]);
			addSend(&g.s, c[1], &g.out[1]);
			addRecv(&g.s, c[0], &g.in[2]);
			addRecv(&g.s, c[2], &g.in[3]);
			struct g *gp = spawn(selects, &g);
			waitParked(gp, waitReasonSelect);
			CHECK(queued(c[0]) && queued(c[1]) && queued(c[2]));
			switch (which) {
			case 0:
				CHECK_EQ(recvVal(c[0]), 100);
				break;
			case 1:
				CHECK_EQ(recvVal(c[1]), 101);
				break;
			case 2:
				CHECK(trySend(c[0], 7));
				break;
			case 3:
				CHECK(trySend(c[2], 8));
				break;
			}
			WAIT_UNTIL(load_acq(&g.done));
			CHECK_EQ(g.chosen, which);
			CHECK_EQ(g.in[2], which == 2 ? 7 : 0);
			CHECK_EQ(g.in[3], which == 3 ? 8 : 0);
			CHECK(!queued(c[0]) && !queued(c[1]) && !queued(c[2]));
		}
}

TEST_G(sync, select, parked_twice_on_one)
{
	static struct selector g;
	struct hchan *c = intchan(0);
	addRecv(&g.s, c, &g.in[0]);
	addRecv(&g.s, c, &g.in[1]);
	addRecv(&g.s, c, &g.in[2]);
	waitParked(spawn(selects, &g), waitReasonSelect);
	CHECK(trySend(c, 5));
	CHECK(!trySend(c, 6)); /* it has been won: its other sudogs count for nothing */
	WAIT_UNTIL(load_acq(&g.done));
	CHECK_EQ(g.in[g.chosen], 5);
	CHECK(!queued(c));
}

TEST_G(sync, select, close_wakes)
{
	static struct selector g;
	struct hchan *a = intchan(0), *b = intchan(0);
	g.in[1] = 9;
	addRecv(&g.s, a, &g.in[0]);
	addRecv(&g.s, b, &g.in[1]);
	waitParked(spawn(selects, &g), waitReasonSelect);
	closeChan(b);
	WAIT_UNTIL(load_acq(&g.done));
	CHECK_EQ(g.chosen, 1);
	CHECK(!g.s.received);
	CHECK_EQ(g.in[1], 0);
	CHECK(!queued(a) && !queued(b));
}

TEST_DIES_G(sync, select, close_wakes_sender, "panic: send on closed channel", 2)
{
	static struct selector g;
	struct hchan *a = intchan(0), *b = intchan(0);
	addSend(&g.s, a, &g.out[0]);
	addRecv(&g.s, b, &g.in[1]);
	waitParked(spawn(selects, &g), waitReasonSelect);
	closeChan(a);
	WAIT_UNTIL(false);
}

TEST_DIES_G(sync, select, send_closed, "panic: send on closed channel", 2)
{
	struct seltest s = {0};
	int64_t v = 1;
	struct hchan *a = intchan(0);
	closeChan(a);
	addSend(&s, a, &v);
	addRecv(&s, intchan(0), &v);
	doSelect(&s, false);
}

static void
selectsNothing(void *arg)
{
	(void)arg;
	RT(selectblock());
}

TEST_G(sync, select, block_for_ever)
{
	waitParked(spawn(selectsNothing, NULL), waitReasonSelectNoCases);
	static struct selector g; /* only nil channels */
	addSend(&g.s, NULL, &g.out[0]);
	addRecv(&g.s, NULL, &g.in[0]);
	waitParked(spawn(selects, &g), waitReasonSelect);
}

TEST_G(sync, select, deadline)
{
	struct seltest s = {0};
	int64_t v;
	struct hchan *a = intchan(0), *b = intchan(0);
	addRecv(&s, a, &v);
	addRecv(&s, b, &v);
	for (int i = 0; i < 20; i++) {
		int64_t when = nanotime() + i * 100 * US;
		CHECK_EQ(doSelectUntil(&s, when), -1);
		CHECK(nanotime() >= when);
		CHECK(!queued(a) && !queued(b));
	}
	struct seltest none = {0};
	int64_t when = nanotime() + 1 * MS;
	CHECK_EQ(doSelectUntil(&none, when), -1);
	CHECK(nanotime() >= when);
	CHECK_EQ(doSelectUntil(&s, 1), -1); /* long past */
	/* Ready beats a deadline that has passed. */
	struct hchan *c = intchan(1);
	send(c, 3);
	addRecv(&s, c, &v);
	CHECK_EQ(doSelectUntil(&s, 1), 2);
}

/* Both sides give up at random moments: what one side has sent, the other has received. */
struct giveup {
	struct hchan *c[2];
	struct syncwaitgroup *wg;
	uint64_t rand;
	int64_t sum, count, rounds;
	bool sends;
};

static void
givesUp(void *arg)
{
	struct giveup *g = arg;
	for (int64_t i = 1; i <= g->rounds; i++) {
		struct seltest s = {0};
		int64_t v[2] = {i, i};
		for (int k = 0; k < 2; k++) {
			if (g->sends)
				addSend(&s, g->c[k], &v[k]);
			else
				addRecv(&s, g->c[k], &v[k]);
		}
		intgo k = doSelectUntil(&s, nanotime() + randn(&g->rand, 8000));
		if (k >= 0) {
			g->sum += v[k];
			g->count++;
		}
	}
	wgAdd(g->wg, -1);
}

TEST_G(sync, select, deadline_race)
{
	enum { N = 6 };
	static struct giveup g[N];
	for (int procs = 1; procs <= 4; procs *= 2) {
		RT(GOMAXPROCS(procs));
		struct syncwaitgroup wg = {0};
		struct hchan *a = intchan(0), *b = intchan(procs % 2);
		wgAdd(&wg, N);
		for (int i = 0; i < N; i++) {
			g[i] = (struct giveup){.c = {a, b},
				.wg = &wg,
				.rand = testRand(),
				.rounds = (int64_t)(2000 * testSeconds()),
				.sends = i % 2};
			spawn(givesUp, &g[i]);
		}
		wgWait(&wg);
		int64_t v, sum = 0, count = 0;
		for (int i = 0; i < N; i++) {
			sum += g[i].sends ? g[i].sum : -g[i].sum;
			count += g[i].sends ? g[i].count : -g[i].count;
		}
		while (tryRecv(b, &v) == 1) {
			sum -= v;
			count--;
		}
		CHECK_EQ(count, 0);
		CHECK_EQ(sum, 0);
		CHECK(!queued(a) && !queued(b));
	}
}

/* A token is always in a or in b, or in both while it moves. A select over both with a default must
 * never find neither: looking at one after the other without care would. */
struct mover {
	struct hchan *a, *b;
	bool stop, done;
};

static void
moves(void *arg)
{
	struct mover *m = arg;
	int64_t v;
	/* Never parks, so it stays on its own P. */
	while (!load_acq(&m->stop)) {
		send(m->b, 1);
		while (tryRecv(m->a, &v) != 1)
			procyield(1);
		send(m->a, 1);
		while (tryRecv(m->b, &v) != 1)
			procyield(1);
	}
	store_rel(&m->done, true);
}

TEST_G(sync, select, default_is_a_snapshot)
{
	/* Many channels on which nothing ever happens lie between the two looks. */
	enum { DUMMIES = 400 };
	static struct mover m;
	static struct scase cases[DUMMIES + 2];
	static uint16_t order[2 * (DUMMIES + 2)];
	RT(GOMAXPROCS(2));
	m.a = intchan(4);
	m.b = intchan(4);
	int64_t v, n = 0;
	for (int i = 0; i < DUMMIES; i++)
		cases[i + 1] = (struct scase){intchan(0), &v};
	cases[0] = (struct scase){m.a, &v};
	cases[DUMMIES + 1] = (struct scase){m.b, &v};
	send(m.a, 1);
	spawn(moves, &m);
	int64_t end = nanotime() + (int64_t)(500e6 * testSeconds());
	while (nanotime() < end || n < 1000) {
		bool received;
		intgo k;
		RT(k = selectgo(cases, order, 0, DUMMIES + 2, false, &received));
		CHECKF(k >= 0, "round %ld: neither channel had the token", (long)n);
		send(cases[k].c, 1);
		if (++n % 64 == 0)
			yield();
	}
	store_rel(&m.stop, true);
	WAIT_UNTIL(load_acq(&m.done));
}

struct manysel {
	struct scase *cases;
	uint16_t *order;
	intgo n, chosen;
	bool done;
};

static void
selectsMany(void *arg)
{
	struct manysel *m = arg;
	bool received;
	RT(m->chosen = selectgo(m->cases, m->order, 0, m->n, true, &received));
	store_rel(&m->done, true);
}

/* A thousand channels, each listed twice, parked; any of them wakes it and all are clean after. */
TEST_G(sync, select, many)
{
	enum { N = 1000 };
	static struct scase cases[2 * N];
	static uint16_t order[4 * N];
	static struct hchan *c[N];
	static int64_t v[2 * N];
	for (int i = 0; i < N; i++)
		c[i] = intchan(0);
	for (int i = 0; i < 2 * N; i++)
		cases[i] = (struct scase){c[i * 7 % N], &v[i]};
	for (int r = 0; r < 4; r++) {
		static struct manysel m;
		m = (struct manysel){cases, order, 2 * N, -1, false};
		waitParked(spawn(selectsMany, &m), waitReasonSelect);
		int k = (int)(testRand() % N);
		CHECK(trySend(c[k], 1000 + r));
		WAIT_UNTIL(load_acq(&m.done));
		CHECK(cases[m.chosen].c == c[k]);
		CHECK_EQ(v[m.chosen], 1000 + r);
		for (int i = 0; i < N; i++)
			CHECK(!queued(c[i]));
	}
}

static void
limit(intgo n)
{
	struct scase *cases;
	uint16_t *order;
	bool received;
	RT(cases = mallocConservative((uintptr_t)n * sizeof *cases));
	RT(order = mallocNoscan((uintptr_t)n * 4, true));
	struct hchan *c = intchan(1);
	int64_t v = 0;
	for (intgo i = 0; i < n; i++)
		cases[i] = (struct scase){c, &v};
	intgo k;
	RT(k = selectgo(cases, order, 0, n, false, &received));
	CHECK_EQ(k, -1);
	send(c, 4);
	RT(k = selectgo(cases, order, 0, n, true, &received));
	CHECK(k >= 0 && k < n && v == 4);
}

TEST_G(sync, select, max_cases)
{
	limit(SELECT_MAX);
}

TEST_DIES_G(sync, select, too_many_cases, "panic: select: too many cases (max 65536)", 2)
{
	limit(SELECT_MAX + 1);
}

/* Goroutines that send or receive on random channels of a common pool, until each has done its
 * share. Every receiver waits on all of the channels, so nobody can be left over. */
struct trader {
	struct hchan **c;
	int nc;
	struct syncwaitgroup *wg;
	uint64_t rand;
	int64_t tosend, torecv, sum;
};

static void
trades(void *arg)
{
	struct trader *t = arg;
	while (t->tosend > 0 || t->torecv > 0) {
		struct seltest s = {0};
		int64_t out = (int64_t)randn(&t->rand, 1000000), in[3];
		int k = (int)randn(&t->rand, (uint32_t)t->nc);
		if (t->tosend > 0) {
			addSend(&s, t->c[k], &out);
			addSend(&s, t->c[(k + 1) % t->nc], &out);
		}
		intgo ns = s.nsends;
		if (t->torecv > 0)
			for (int i = 0; i < t->nc && i < 3; i++)
				addRecv(&s, t->c[(k + i) % t->nc], &in[i]);
		intgo i = doSelect(&s, true);
		CHECK(i >= 0);
		if (i < ns) {
			t->tosend--;
			t->sum += out;
		} else {
			CHECK(s.received);
			t->torecv--;
			t->sum -= in[i - ns];
		}
	}
	wgAdd(t->wg, -1);
}

TEST_G(sync, select, stress)
{
	enum { N = 12, C = 3 };
	static struct trader t[N];
	for (int procs = 1; procs <= 8; procs *= 2)
		for (intgo cap = 0; cap < 3; cap++) {
			RT(GOMAXPROCS(procs));
			struct hchan *c[C];
			struct syncwaitgroup wg = {0};
			for (int i = 0; i < C; i++)
				c[i] = intchan(cap);
			int64_t n = (int64_t)(500 * testSeconds());
			wgAdd(&wg, N);
			for (int i = 0; i < N; i++) {
				t[i] = (struct trader){.c = c,
					.nc = C,
					.wg = &wg,
					.rand = testRand(),
					.tosend = i % 2 ? n : 0,
					.torecv = i % 2 ? 0 : n};
				spawn(trades, &t[i]);
			}
			wgWait(&wg);
			int64_t sum = 0;
			for (int i = 0; i < N; i++)
				sum += t[i].sum;
			CHECK_EQ(sum, 0);
			for (int i = 0; i < C; i++)
				CHECK(!queued(c[i]) && chanlen(c[i]) == 0);
		}
}
