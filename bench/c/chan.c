/* chan.c: channels and select. Elements are int64_t, which is Go's int. */
#include "bench.h"

static void
check(int64_t got, int64_t want)
{
	if (got != want) {
		fprintf(stderr, "measures: got %" PRId64 ", want %" PRId64 "\n", got, want);
		abort();
	}
}

/* ---- chan_pingpong: two unbuffered channels, one peer -------------------------------------- */

struct court {
	gort_chan *there, *back;
};

static void
peer(void *arg)
{
	struct court *c = arg;
	int64_t v;
	while (gort_recv(c->there, &v))
		gort_send(c->back, v + 1);
	gort_close(c->back);
}

static void
chan_pingpong(int64_t ops)
{
	struct court c = {gort_chan_make(int64_t, 0), gort_chan_make(int64_t, 0)};
	int64_t v = 0;
	gort_go(peer, &c);
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		gort_send(c.there, v);
		gort_recv(c.back, &v);
	}
	report("chan_pingpong", start, ops);
	gort_close(c.there);
	check(v, ops);
	check(gort_recv(c.back, &v), false);
}

/* ---- chan_buffered: capacity 128, one sender, one receiver, close, range ------------------- */

struct flow {
	gort_chan *c;
	int64_t n;
};

static void
send_all(void *arg)
{
	struct flow *f = arg;
	for (int64_t i = 0; i < f->n; i++)
		gort_send(f->c, i);
	gort_close(f->c);
}

static void
chan_buffered(int64_t ops)
{
	struct flow f = {gort_chan_make(int64_t, 128), ops};
	int64_t v, sum = 0;
	int64_t start = gort_now();
	gort_go(send_all, &f);
	while (gort_recv(f.c, &v))
		sum += v;
	report("chan_buffered", start, ops);
	check(sum, ops * (ops - 1) / 2);
}

/* ---- chan_4to4: capacity 64, four senders, four receivers ---------------------------------- */

struct crowd {
	gort_chan *c;
	int64_t each;
	gort_mutex lock;
	int64_t sum; /* lock */
};

static void
send_some(void *arg)
{
	struct crowd *k = arg;
	for (int64_t i = 0; i < k->each; i++)
		gort_send(k->c, i);
}

static void
receive_some(void *arg)
{
	struct crowd *k = arg;
	int64_t v, sum = 0;
	while (gort_recv(k->c, &v))
		sum += v;
	gort_mutex_lock(&k->lock);
	k->sum += sum;
	gort_mutex_unlock(&k->lock);
}

static void
chan_4to4(int64_t ops)
{
	struct crowd k = {.c = gort_chan_make(int64_t, 64), .each = (ops + 3) / 4};
	gort_waitgroup receivers = GORT_WAITGROUP_INIT;
	int64_t start = gort_now();
	for (int i = 0; i < 4; i++)
		gort_waitgroup_go(&receivers, receive_some, &k);
	together(4, send_some, &k);
	gort_close(k.c);
	gort_waitgroup_wait(&receivers);
	report("chan_4to4", start, 4 * k.each);
	check(k.sum, 4 * (k.each * (k.each - 1) / 2));
}

/* ---- select_2way: the sender alternates two channels, the receiver selects over three ------ */

struct fork {
	gort_chan *left, *right, *done;
	int64_t n;
};

static void
alternate(void *arg)
{
	struct fork *f = arg;
	for (int64_t i = 0; i < f->n; i++)
		gort_send(i % 2 == 0 ? f->left : f->right, i);
	gort_close(f->done);
}

static void
select_2way(int64_t ops)
{
	struct fork f = {gort_chan_make(int64_t, 0), gort_chan_make(int64_t, 0),
		gort_chan_make(int64_t, 0), ops};
	int64_t v, sum = 0;
	bool more = true;
	int64_t start = gort_now();
	gort_go(alternate, &f);
	while (more) {
		switch (gort_select(
			GORT_RECV(f.left, &v), GORT_RECV(f.right, &v), GORT_RECV(f.done, &v))) {
		case 0:
		case 1:
			sum += v;
			break;
		case 2:
			more = false;
			break;
		}
	}
	report("select_2way", start, ops);
	check(sum, ops * (ops - 1) / 2);
}

/* ---- select_nb: two empty channels and a default ------------------------------------------- */

static void
select_nb(int64_t ops)
{
	gort_chan *a = gort_chan_make(int64_t, 0), *b = gort_chan_make(int64_t, 0);
	int64_t v, idle = 0;
	int64_t start = gort_now();
	for (int64_t i = 0; i < ops; i++) {
		switch (gort_select(GORT_RECV(a, &v), GORT_RECV(b, &v), GORT_DEFAULT)) {
		case 0:
		case 1:
			break;
		default:
			idle++;
		}
	}
	report("select_nb", start, ops);
	check(idle, ops);
}

const struct measure chan_measures[] = {
	{"chan_pingpong", chan_pingpong},
	{"chan_buffered", chan_buffered},
	{"chan_4to4", chan_4to4},
	{"select_2way", select_2way},
	{"select_nb", select_nb},
	{NULL, NULL},
};
