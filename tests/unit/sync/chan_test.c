#include "unit/sync/goro.h"

#include <string.h>

TEST_G(sync, chan, layout)
{
	struct hchan *c = intchan(5);
	CHECK_EQ(((intgo *)c)[0], 0);
	CHECK_EQ(((intgo *)c)[1], 5);
	send(c, 1);
	send(c, 2);
	CHECK_EQ(((intgo *)c)[0], 2);
	CHECK_EQ(chanlen(c), 2);
	CHECK_EQ(chancap(c), 5);
	CHECK_EQ(chanlen(NULL), 0);
	CHECK_EQ(chancap(NULL), 0);
}

TEST_G(sync, chan, fifo_buffered)
{
	for (intgo cap = 1; cap < 9; cap++) {
		struct hchan *c = intchan(cap);
		int64_t in = 0, out = 0, v;
		for (int round = 0; round < 200; round++) {
			int n = (int)(testRand() % (uint64_t)(cap + 1));
			for (int i = 0; i < n; i++)
				if (trySend(c, in))
					in++;
			n = (int)(testRand() % (uint64_t)(cap + 1));
			for (int i = 0; i < n; i++) {
				int r = tryRecv(c, &v);
				CHECK_EQ(r, in > out ? 1 : -1);
				if (r == 1)
					CHECK_EQ(v, out++);
			}
			CHECK_EQ(chanlen(c), in - out);
		}
	}
}

struct waiter {
	struct hchan *c;
	struct syncwaitgroup *wg;
	int64_t v, seen;
	bool ok, ran;
};

static void
receiver(void *arg)
{
	struct waiter *w = arg;
	bool ok = recv(w->c, &w->seen);
	store_rel(&w->ok, ok);
	store_rel(&w->ran, true);
	if (w->wg != NULL)
		wgAdd(w->wg, -1);
}

static void
sender(void *arg)
{
	struct waiter *w = arg;
	send(w->c, w->v);
	store_rel(&w->ran, true);
	if (w->wg != NULL)
		wgAdd(w->wg, -1);
}

/* The value lies in the receiver's variable when send returns, before the receiver has run, and
 * the buffer was not involved. */
TEST_OPT(sync, chan, direct_send, GO_ONE_P)
{
	NOT_HARD();
	for (intgo cap = 0; cap < 2; cap++) {
		struct hchan *c = intchan(cap);
		struct waiter w = {.c = c, .seen = -1};
		waitParked(spawn(receiver, &w), waitReasonChanReceive);
		send(c, 42);
		CHECK_EQ(w.seen, 42);
		CHECK_EQ(chanlen(c), 0);
		CHECK(!w.ran);
		WAIT_UNTIL(load_acq(&w.ran));
		CHECK(w.ok);
	}
}

TEST_OPT(sync, chan, direct_recv, GO_ONE_P)
{
	NOT_HARD();
	struct hchan *c = intchan(0);
	struct waiter w = {.c = c, .v = 7};
	waitParked(spawn(sender, &w), waitReasonChanSend);
	int64_t v;
	CHECK_EQ(tryRecv(c, &v), 1);
	CHECK_EQ(v, 7);
	CHECK(!w.ran);
	WAIT_UNTIL(load_acq(&w.ran));
}

#define WAITERS 50

TEST_G(sync, chan, receivers_fifo)
{
	struct hchan *c = intchan(3);
	struct syncwaitgroup wg = {0};
	static struct waiter w[WAITERS];
	wgAdd(&wg, WAITERS);
	for (int i = 0; i < WAITERS; i++) {
		w[i] = (struct waiter){.c = c, .wg = &wg, .seen = -1};
		waitParked(spawn(receiver, &w[i]), waitReasonChanReceive);
	}
	for (int i = 0; i < WAITERS; i++)
		send(c, i);
	wgWait(&wg);
	for (int i = 0; i < WAITERS; i++)
		CHECK_EQ(w[i].seen, i);
	CHECK_EQ(chanlen(c), 0);
}

/* Senders blocked on a full buffer: values come out in the order of arrival. */
TEST_G(sync, chan, senders_fifo)
{
	for (intgo cap = 0; cap < 5; cap++) {
		struct hchan *c = intchan(cap);
		struct syncwaitgroup wg = {0};
		static struct waiter w[WAITERS];
		for (int i = 0; i < cap; i++)
			send(c, i);
		CHECK(!trySend(c, 0));
		wgAdd(&wg, WAITERS);
		for (int i = 0; i < WAITERS; i++) {
			w[i] = (struct waiter){.c = c, .wg = &wg, .v = cap + i};
			waitParked(spawn(sender, &w[i]), waitReasonChanSend);
		}
		for (int i = 0; i < cap + WAITERS; i++)
			CHECK_EQ(recvVal(c), i);
		wgWait(&wg);
		CHECK_EQ(chanlen(c), 0);
	}
}

TEST_G(sync, chan, close_wakes_receivers)
{
	struct hchan *c = intchan(2);
	struct syncwaitgroup wg = {0};
	static struct waiter w[WAITERS];
	wgAdd(&wg, WAITERS);
	for (int i = 0; i < WAITERS; i++) {
		w[i] = (struct waiter){.c = c, .wg = &wg, .seen = 99, .ok = true};
		waitParked(spawn(receiver, &w[i]), waitReasonChanReceive);
	}
	closeChan(c);
	wgWait(&wg);
	for (int i = 0; i < WAITERS; i++) {
		CHECK(!w[i].ok);
		CHECK_EQ(w[i].seen, 0);
	}
	CHECK(c->recvq.first == NULL && c->sendq.first == NULL);
}

TEST_G(sync, chan, close_drains)
{
	struct hchan *c = intchan(4);
	send(c, 1);
	send(c, 2);
	closeChan(c);
	CHECK_EQ(recvVal(c), 1);
	int64_t v = 9;
	CHECK_EQ(tryRecv(c, &v), 1);
	CHECK_EQ(v, 2);
	v = 9;
	CHECK_EQ(tryRecv(c, &v), 0);
	CHECK_EQ(v, 0);
	v = 9;
	CHECK(!recv(c, &v));
	CHECK_EQ(v, 0);
	bool received;
	RT(CHECK(chanrecv(c, NULL, true, &received)));
	CHECK(!received);
}

static void
closesLater(void *arg)
{
	closeChan(arg);
}

TEST_DIES_G(sync, chan, close_wakes_senders, "panic: send on closed channel", 2)
{
	struct hchan *c = intchan(0);
	struct waiter w = {.c = c};
	waitParked(spawn(sender, &w), waitReasonChanSend);
	closeChan(c);
	WAIT_UNTIL(false);
}

TEST_DIES_G(sync, chan, close_wakes_main_sender, "panic: send on closed channel", 2)
{
	struct hchan *c = intchan(0);
	spawn(closesLater, c);
	send(c, 1);
}

TEST_DIES_G(sync, chan, send_closed, "panic: send on closed channel", 2)
{
	struct hchan *c = intchan(1);
	closeChan(c);
	send(c, 1);
}

TEST_DIES_G(sync, chan, try_send_closed, "panic: send on closed channel", 2)
{
	struct hchan *c = intchan(0);
	closeChan(c);
	trySend(c, 1);
}

TEST_DIES_G(sync, chan, try_send_closed_full, "panic: send on closed channel", 2)
{
	struct hchan *c = intchan(1);
	send(c, 1);
	closeChan(c);
	trySend(c, 1);
}

TEST_DIES_G(sync, chan, close_nil, "panic: close of nil channel", 2)
{
	closeChan(NULL);
}

TEST_DIES_G(sync, chan, close_twice, "panic: close of closed channel", 2)
{
	struct hchan *c = intchan(0);
	closeChan(c);
	closeChan(c);
}

TEST_DIES_G(sync, chan, make_negative, "panic: makechan: size out of range", 2)
{
	intchan(-1);
}

TEST_DIES_G(sync, chan, make_overflow, "panic: makechan: size out of range", 2)
{
	intchan(INTPTR_MAX);
}

TEST_DIES_G(sync, chan, make_beyond_memory, "panic: makechan: size out of range", 2)
{
	mkchan(1 << 20, (intgo)1 << 28);
}

TEST_DIES_G(sync, chan, make_huge_element, "panic: makechan: size out of range", 2)
{
	mkchan((uintptr_t)1 << 32, 0);
}

TEST_G(sync, chan, nil_nonblocking)
{
	int64_t v = 3;
	CHECK(!trySend(NULL, 1));
	CHECK_EQ(tryRecv(NULL, &v), -1);
	CHECK_EQ(v, 3);
}

static void
receivesFromNil(void *arg)
{
	(void)arg;
	recv(NULL, NULL);
}

static void
sendsToNil(void *arg)
{
	(void)arg;
	send(NULL, 1);
}

TEST_G(sync, chan, nil_parks)
{
	waitParked(spawn(receivesFromNil, NULL), waitReasonChanReceiveNilChan);
	waitParked(spawn(sendsToNil, NULL), waitReasonChanSendNilChan);
}

/* More elements than 32 bits count need no memory when they have no size. */
TEST_G(sync, chan, zero_size)
{
	struct hchan *c = mkchan(0, (intgo)1 << 40);
	for (int i = 0; i < 1000; i++)
		send(c, 0);
	CHECK_EQ(chanlen(c), 1000);
	for (int i = 0; i < 1000; i++)
		CHECK(recv(c, NULL));
	CHECK_EQ(tryRecv(c, NULL), -1);
}

struct big {
	struct hchan *c;
	uint8_t *from;
	int n;
	uint32_t size;
};

static void
sendsBig(void *arg)
{
	struct big *b = arg;
	for (int i = 0; i < b->n; i++) {
		memset(b->from, i + 1, b->size);
		RT(chansend(b->c, b->from, true));
	}
}

/* Every size class of copy, buffered and direct in both directions; the bytes around the variable
 * stay as they are. */
TEST_G(sync, chan, element_sizes)
{
	static const uint32_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 24, 31, 100, 4096,
		65535, 65536, 65537, 100000, 1 << 20};
	for (unsigned k = 0; k < nelem(sizes); k++) {
		uint32_t n = sizes[k];
		uint8_t *from, *to;
		RT(from = mallocNoscan(n, true));
		RT(to = mallocNoscan(n + 2, true));
		for (intgo cap = 0; cap < 4; cap += 3) {
			struct big *b; /* the sender may look at it after we are done */
			RT(b = mallocConservative(sizeof *b));
			*b = (struct big){mkchan(n, cap), from, 9, n};
			spawn(sendsBig, b);
			for (int i = 0; i < b->n; i++) {
				bool received;
				memset(to, 0xee, n + 2);
				RT(chanrecv(b->c, to + 1, true, &received));
				CHECK(received);
				CHECK_EQ(to[0], 0xee);
				CHECK_EQ(to[n + 1], 0xee);
				for (uint32_t j = 1; j <= n; j++)
					CHECK_EQ(to[j], i + 1);
			}
			closeChan(b->c);
			bool received;
			RT(chanrecv(b->c, to + 1, true, &received));
			CHECK(!received);
			CHECK_EQ(to[0], 0xee);
			CHECK_EQ(to[1], 0);
			CHECK_EQ(to[n], 0);
			CHECK_EQ(to[n + 1], 0xee);
		}
	}
}

/* What was received is not kept alive by the buffer. */
TEST_G(sync, chan, slot_cleared)
{
	struct hchan *c = mkchan(sizeof(void *), 2);
	send(c, (int64_t)0x1234);
	recvVal(c);
	CHECK_EQ(*(int64_t *)c->buf, 0);
}

struct stress {
	struct hchan *c;
	struct syncwaitgroup *wg;
	int64_t n, sum, count, base;
	bool nonblock;
};

static void
produces(void *arg)
{
	struct stress *s = arg;
	for (int64_t i = 0; i < s->n; i++) {
		if (!s->nonblock)
			send(s->c, s->base + i);
		else
			WAIT_UNTIL(trySend(s->c, s->base + i));
		s->sum += s->base + i;
	}
	wgAdd(s->wg, -1);
}

static void
consumes(void *arg)
{
	struct stress *s = arg;
	int64_t v, last[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
	for (;;) {
		if (!s->nonblock) {
			if (!recv(s->c, &v))
				break;
		} else {
			int r = tryRecv(s->c, &v);
			if (r == 0)
				break;
			if (r < 0) {
				yield();
				continue;
			}
		}
		/* Of each producer's values, those that come here come in order. */
		int who = (int)(v >> 32);
		CHECK(v > last[who]);
		last[who] = v;
		s->sum += v;
		s->count++;
	}
	wgAdd(s->wg, -1);
}

static void
chanStress(int procs, int producers, int consumers, intgo cap, int64_t n, bool nonblock)
{
	struct hchan *c = intchan(cap);
	static struct syncwaitgroup pw, cw;
	static struct stress p[8], q[8];
	RT(GOMAXPROCS(procs));
	wgAdd(&pw, producers);
	wgAdd(&cw, consumers);
	for (int i = 0; i < consumers; i++) {
		q[i] = (struct stress){.c = c, .wg = &cw, .nonblock = nonblock && i % 2};
		spawn(consumes, &q[i]);
	}
	for (int i = 0; i < producers; i++) {
		p[i] = (struct stress){.c = c,
			.wg = &pw,
			.n = n,
			.base = (int64_t)i << 32,
			.nonblock = nonblock && i % 2};
		spawn(produces, &p[i]);
	}
	wgWait(&pw);
	closeChan(c);
	wgWait(&cw);
	int64_t in = 0, out = 0, count = 0;
	for (int i = 0; i < producers; i++)
		in += p[i].sum;
	for (int i = 0; i < consumers; i++) {
		out += q[i].sum;
		count += q[i].count;
	}
	CHECK_EQ(count, producers * n);
	CHECK_EQ(in, out);
	CHECK(c->recvq.first == NULL && c->sendq.first == NULL);
}

TEST_G(sync, chan, stress)
{
	static const intgo caps[] = {0, 1, 3, 128};
	int64_t n = (int64_t)(2000 * testSeconds());
	for (int procs = 1; procs <= 8; procs *= 2)
		for (unsigned k = 0; k < nelem(caps); k++) {
			chanStress(procs, 1, 1, caps[k], n, false);
			chanStress(procs, 4, 4, caps[k], n, false);
			chanStress(procs, 8, 1, caps[k], n, false);
			chanStress(procs, 1, 8, caps[k], n, false);
			chanStress(procs, 4, 4, caps[k], n, true);
		}
}

static void
filter(void *arg)
{
	struct hchan **io = arg;
	int64_t v;
	while (recv(io[0], &v))
		send(io[1], v + 1);
	closeChan(io[1]);
}

/* A value through a long chain of goroutines. */
TEST_G(sync, chan, chain)
{
	enum { N = 2000 };
	static struct hchan *c[N + 1];
	for (int i = 0; i <= N; i++)
		c[i] = intchan(i % 3);
	for (int i = 0; i < N; i++)
		spawn(filter, &c[i]);
	for (int i = 0; i < 5; i++) {
		send(c[0], i);
		CHECK_EQ(recvVal(c[N]), N + i);
	}
	closeChan(c[0]);
	int64_t v;
	CHECK(!recv(c[N], &v));
}
