/* Select: each case of gort/select.h, by the macros and by hand. */
#include "check.h"

static void
send_int(void *arg)
{
	gort_send((gort_chan *)arg, 41);
}

static void
recv_int(void *arg)
{
	gort_recv((gort_chan *)arg, NULL);
}

static void
with_default(void)
{
	gort_chan *c = gort_chan_make(int, 1);
	int v = -1;
	bool ok = true;
	CHECK(gort_select(GORT_RECV(c, &v), GORT_DEFAULT) == 1);
	CHECK(gort_select(GORT_DEFAULT, GORT_RECV(c, &v)) == 0);
	CHECK(gort_select(GORT_SEND(c, 5), GORT_DEFAULT) == 0);
	CHECK(gort_select(GORT_SEND(c, 6), GORT_DEFAULT) == 1);
	CHECK(gort_select(GORT_SEND(c, 6), GORT_DEFAULT, GORT_SEND(c, 7)) == 1);
	CHECK(gort_select(GORT_RECV(c, &v), GORT_DEFAULT) == 0 && v == 5);
	CHECK(gort_select(GORT_DEFAULT) == 0);
	gort_close(c);
	CHECK(gort_select(GORT_RECV_OK(c, &v, &ok), GORT_DEFAULT) == 0);
	CHECK(!ok && v == 0);
}

static void
ready_case(void)
{
	gort_chan *a = gort_chan_make(int, 1), *b = gort_chan_make(const char *, 1);
	const char *text = NULL;
	int v;
	bool ok = false;
	gort_send(b, "ready");
	CHECK(gort_select(GORT_RECV(a, &v), GORT_RECV_OK(b, &text, &ok)) == 1);
	CHECK(ok && strcmp(text, "ready") == 0);
	CHECK(gort_select(GORT_RECV(b, &text), GORT_SEND(a, 3)) == 1);
	CHECK(gort_select(GORT_SEND(b, "x"), GORT_SEND(a, 4)) == 0);
	CHECK(gort_select(GORT_RECV(a, &v)) == 0 && v == 3);
	CHECK(gort_select(GORT_SEND(a, v + 1)) == 0);
	CHECK(gort_recv(a, &v) && v == 4);
}

static void
parks(void)
{
	gort_chan *a = gort_chan_make(int, 0), *b = gort_chan_make(int, 0);
	int v = 0;
	gort_go(send_int, b);
	CHECK(gort_select(GORT_RECV(a, &v), GORT_RECV(b, &v)) == 1 && v == 41);
	gort_go(recv_int, a);
	CHECK(gort_select(GORT_SEND(a, 1), GORT_RECV(b, &v)) == 0);
	gort_go(send_int, b);
	CHECK(gort_select(GORT_RECV(a, NULL), GORT_RECV(b, NULL)) == 1);
	gort_go(send_int, b);
	CHECK(gort_select(GORT_RECV(a, &v), GORT_RECV(b, &v), GORT_AFTER(60 * GORT_SEC)) == 1);
}

static void
timeouts(void)
{
	gort_chan *c = gort_chan_make(int, 0);
	int v;
	int64_t start = gort_now();
	CHECK(gort_select(GORT_RECV(c, &v), GORT_AFTER(5 * GORT_MS)) == 1);
	CHECK(gort_now() - start >= 5 * GORT_MS);
	start = gort_now();
	CHECK(gort_select(GORT_AFTER(60 * GORT_SEC), GORT_RECV(c, &v), GORT_AFTER(GORT_MS)) == 2);
	CHECK(gort_now() - start < 50 * GORT_SEC);
	CHECK(gort_select(GORT_RECV(c, &v), GORT_AFTER(0)) == 1);
	CHECK(gort_select(GORT_RECV(c, &v), GORT_AFTER(-5)) == 1);
	CHECK(gort_select(GORT_AFTER(GORT_US)) == 0);
	/* With a default the time does not matter. */
	CHECK(gort_select(GORT_RECV(c, &v), GORT_AFTER(60 * GORT_SEC), GORT_DEFAULT) == 2);
}

static void
null_channels(void)
{
	gort_chan *c = gort_chan_make(int, 1);
	int v;
	gort_send(c, 9);
	CHECK(gort_select(GORT_RECV((gort_chan *)NULL, &v), GORT_RECV(c, &v)) == 1 && v == 9);
	CHECK(gort_select(GORT_SEND((gort_chan *)NULL, 1), GORT_DEFAULT) == 1);
	CHECK(gort_select(GORT_RECV((gort_chan *)NULL, &v), GORT_AFTER(GORT_MS)) == 1);
}

/* More cases than fit the stack, filled by hand. */
static void
many(void)
{
	enum { N = 1000 };
	gort_chan **chans = gort_make(gort_chan *, N);
	gort_case *cases = gort_make(gort_case, N);
	int v = 0;
	for (int i = 0; i < N; i++) {
		chans[i] = gort_chan_make(int, 1);
		cases[i].op = GORT_CASE_RECV;
		cases[i].size = sizeof(int);
		cases[i].chan = chans[i];
		cases[i].elem = &v;
	}
	for (int round = 0; round < 20; round++) {
		int want = round * 37 % N;
		gort_send(chans[want], round);
		CHECK(gort_select_array(cases, N) == want && v == round);
	}
}

/* Every ready case is taken sometimes. */
static void
fair(void)
{
	gort_chan *a = gort_chan_make(int, 1), *b = gort_chan_make(int, 1);
	int n[2] = {0, 0}, v;
	for (int i = 0; i < 1000; i++) {
		(void)gort_try_send(a, 1);
		(void)gort_try_send(b, 1);
		n[gort_select(GORT_RECV(a, &v), GORT_RECV(b, &v))]++;
	}
	CHECK(n[0] > 300 && n[1] > 300);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	with_default();
	ready_case();
	parks();
	timeouts();
	null_channels();
	many();
	fair();
	PASSED();
}
