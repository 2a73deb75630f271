/* Channels: each function of gort/chan.h. */
#include "check.h"

struct pair {
	int64_t a;
	char b;
};

static void
send_three(void *arg)
{
	gort_chan *c = (gort_chan *)arg;
	for (int i = 0; i < 3; i++)
		gort_send(c, i);
	gort_close(c);
}

static void
echo_pair(void *arg)
{
	gort_chan **cc = (gort_chan **)arg;
	struct pair p;
	while (gort_recv(cc[0], &p)) {
		p.a++;
		gort_send(cc[1], p);
	}
	gort_close(cc[1]);
}

static void
unbuffered(void)
{
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(send_three, c);
	int v = -1;
	for (int i = 0; i < 3; i++) {
		CHECK(gort_recv(c, &v));
		CHECK(v == i);
	}
	v = 77;
	CHECK(!gort_recv(c, &v));
	CHECK(v == 0);
	CHECK(!gort_recv(c, NULL));
	CHECK(gort_try_recv(c, &v) == GORT_ECLOSED);
}

static void
buffered(void)
{
	gort_chan *c = gort_chan_make(int, 2);
	int v;
	CHECK(gort_cap(c) == 2 && gort_len(c) == 0 && gort_chan_elemsize(c) == sizeof(int));
	CHECK(gort_try_recv(c, &v) == 0);
	CHECK(gort_try_send(c, 1));
	CHECK(gort_try_send(c, 2));
	CHECK(!gort_try_send(c, 3));
	CHECK(gort_len(c) == 2);
	CHECK(gort_try_recv(c, &v) == 1 && v == 1);
	gort_send(c, 4);
	gort_close(c);
	CHECK(gort_recv(c, &v) && v == 2);
	CHECK(gort_try_recv(c, &v) == 1 && v == 4);
	CHECK(gort_try_recv(c, &v) == GORT_ECLOSED && v == 0);
	CHECK(gort_try_recv(c, NULL) == GORT_ECLOSED);
}

/* Any expression is sent as a function argument would be. */
static void
expressions(void)
{
	const int ci = 5;
	int v;
	gort_chan *c = gort_chan_make(int, 8);
	gort_send(c, ci);
	gort_send(c, ci + 1);
	gort_send(c, ci > 4 ? 7 : 0);
	CHECK(gort_recv(c, &v) && v == 5);
	CHECK(gort_recv(c, &v) && v == 6);
	CHECK(gort_recv(c, &v) && v == 7);

	gort_chan *text = gort_chan_make(const char *, 2);
	const char *s = NULL;
	gort_send(text, "a string");
	CHECK(gort_recv(text, &s) && strcmp(s, "a string") == 0);

	gort_chan *letters = gort_chan_make(char, 2);
	char x = 'x', y = 0;
	gort_send(letters, x);
	CHECK(gort_recv(letters, &y) && y == 'x');

	gort_chan *numbers = gort_chan_make(double, 1);
	double d = 0;
	gort_send(numbers, 2.5);
	CHECK(gort_recv(numbers, &d) && d == 2.5);

	gort_chan *chans = gort_chan_make(gort_chan *, 1), *got = NULL;
	gort_send(chans, c);
	CHECK(gort_recv(chans, &got) && got == c);
}

static void
structs(void)
{
	gort_chan *cc[2] = {gort_chan_make(struct pair, 0), gort_chan_make(struct pair, 0)};
	gort_go(echo_pair, cc);
	for (int i = 0; i < 100; i++) {
		struct pair p = {i, 'b'};
		const struct pair cp = p;
		gort_send(cc[0], cp);
		CHECK(gort_recv(cc[1], &p));
		CHECK(p.a == i + 1 && p.b == 'b');
	}
	gort_close(cc[0]);
	CHECK(!gort_recv(cc[1], NULL));
}

/* Elements of no bytes are signals: only their number counts. */
static void
no_bytes(void)
{
	gort_chan *c = gort_chan_make_sized(0, 3, GORT_SCAN_NOTHING);
	char dummy = 1;
	gort_chan_send(c, &dummy, 0);
	gort_chan_send(c, &dummy, 0);
	CHECK(gort_len(c) == 2 && gort_cap(c) == 3 && gort_chan_elemsize(c) == 0);
	CHECK(gort_chan_recv(c, &dummy, 0) && dummy == 1);
}

static void
large_elements(void)
{
	static char big[200000], back[200000];
	memset(big, 7, sizeof big);
	gort_chan *c = gort_chan_make_sized(sizeof big, 1, GORT_SCAN_NOTHING);
	gort_chan_send(c, big, sizeof big);
	CHECK(gort_chan_recv(c, back, sizeof back));
	CHECK(memcmp(big, back, sizeof big) == 0);
}

static void
null_channel(void)
{
	int v;
	CHECK(gort_len(NULL) == 0 && gort_cap(NULL) == 0 && gort_chan_elemsize(NULL) == 0);
	CHECK(!gort_try_send(NULL, 1));
	CHECK(gort_try_recv(NULL, &v) == 0);
}

/* Channels come and go: the second thousand lies where the first one lay. */
static void
freed(void)
{
	gort_memstats before, after;
	for (int round = 0; round < 3; round++) {
		gort_read_memstats(round < 2 ? &before : &after);
		for (int i = 0; i < 1000; i++) {
			gort_chan *c = gort_chan_make(int64_t, 100);
			gort_send(c, (int64_t)i);
			gort_close(c);
			gort_free(c);
		}
	}
	gort_read_memstats(&after);
	CHECK(after.heap_alloc < before.heap_alloc + 500 * 800);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	unbuffered();
	buffered();
	expressions();
	structs();
	no_bytes();
	large_elements();
	null_channel();
	freed();
	PASSED();
}
