/* Goroutines: each function of gort/go.h. */
#include "check.h"

#include <unistd.h>

static gort_chan *done;

static void
add_one(void *arg)
{
	++*(int *)arg;
	gort_send(done, 1);
}

struct args {
	gort_chan *out;
	int64_t words[100];
};

static void
sum(void *arg)
{
	struct args *a = (struct args *)arg;
	int64_t n = 0;
	CHECK((uintptr_t)a % 16 == 0);
	for (int i = 0; i < 100; i++)
		n += a->words[i];
	gort_send(a->out, n);
}

static void
copies(void)
{
	gort_chan *out = gort_chan_make(int64_t, 0);
	struct args a;
	for (int g = 0; g < 10; g++) {
		a.out = out;
		for (int i = 0; i < 100; i++)
			a.words[i] = g;
		gort_go_copy(sum, &a, sizeof a);
		memset(&a, 0xff, sizeof a); /* the goroutine has its own */
	}
	int64_t total = 0, n;
	for (int g = 0; g < 10; g++) {
		CHECK(gort_recv(out, &n));
		total += n;
	}
	CHECK(total == 4500);
}

/* A frame of the size given, touched at both ends. */
static void
use_stack(void *arg)
{
	volatile char room[3 << 20];
	room[0] = 1;
	room[sizeof room - 1] = 2;
	*(int *)arg = room[0] + room[sizeof room - 1];
	gort_send(done, 1);
}

static void
options(void)
{
	int v = 0;
	gort_go_options o;
	memset(&o, 0, sizeof o);
	o.stack = 4 << 20;
	o.name = "a name longer than fits";
	CHECK(gort_go_opt(use_stack, &v, &o) == 0);
	CHECK(gort_recv(done, NULL) && v == 3);
	o.stack = 1;
	CHECK(gort_go_opt(add_one, &v, &o) == 0);
	CHECK(gort_recv(done, NULL) && v == 4);
	CHECK(gort_go_opt(add_one, &v, NULL) == 0);
	CHECK(gort_recv(done, NULL) && v == 5);
	o.stack = (size_t)1 << 40;
	CHECK(gort_go_opt(add_one, &v, &o) == GORT_EINVAL);
	memset(&o, 0, sizeof o);
	struct args a;
	memset(&a, 0, sizeof a);
	a.out = gort_chan_make(int64_t, 1);
	a.words[7] = 70;
	o.copy = sizeof a;
	int64_t n;
	CHECK(gort_go_opt(sum, &a, &o) == 0);
	CHECK(gort_recv(a.out, &n) && n == 70);
}

static void
leave(void *arg)
{
	*(int *)arg = 1;
	gort_send(done, 1);
	gort_goexit();
}

static void
tell_id(void *arg)
{
	gort_send((gort_chan *)arg, gort_goid());
}

static void
identities(void)
{
	gort_chan *c = gort_chan_make(uint64_t, 0);
	uint64_t a, b;
	CHECK(gort_goid() == 1);
	gort_go(tell_id, c);
	gort_go(tell_id, c);
	CHECK(gort_recv(c, &a) && gort_recv(c, &b));
	CHECK(a != b && a != 1 && b != 1);
}

static void
wait_for(void *arg)
{
	gort_recv((gort_chan *)arg, NULL);
	gort_send(done, 1);
}

static void
counts(void)
{
	gort_chan *c = gort_chan_make(int, 0);
	while (gort_num_goroutine() > 1)
		gort_gosched();
	for (int i = 0; i < 100; i++)
		gort_go(wait_for, c);
	CHECK(gort_num_goroutine() == 101);
	gort_close(c);
	for (int i = 0; i < 100; i++)
		gort_recv(done, NULL);
	while (gort_num_goroutine() > 1)
		gort_gosched();
}

static void
procs(void)
{
	int n = gort_gomaxprocs(0);
	CHECK(n >= 1 && gort_num_cpu() >= 1);
	CHECK(gort_gomaxprocs(3) == n);
	CHECK(gort_gomaxprocs(-1) == 3);
	CHECK(gort_gomaxprocs(5000) == 3);
	CHECK(gort_gomaxprocs(0) == 1024); /* not more */
	CHECK(gort_gomaxprocs(n) == 1024);
}

static void
blocked(void *arg)
{
	*(int *)arg = 9;
	CHECK(gort_now() > 0); /* allowed: marked "anywhere" */
	CHECK(gort_num_cpu() > 0);
	CHECK(strcmp(gort_strerror(GORT_ENOENT), "no such file or directory") == 0);
}

static int ends[2];

static void
read_pipe(void *arg)
{
	CHECK(read(ends[0], arg, 1) == 1);
}

static void
write_pipe(void *arg)
{
	UNUSED(arg);
	CHECK(write(ends[1], "p", 1) == 1);
}

/* With one processor the writer only runs because gort_block gives it away. */
static void
blocking(void)
{
	int v = 0;
	char c = 0;
	gort_block(blocked, &v);
	CHECK(v == 9);
	CHECK(pipe(ends) == 0);
	gort_go(write_pipe, NULL);
	gort_block(read_pipe, &c);
	CHECK(c == 'p');
}

static void
locking(void)
{
	gort_lock_os_thread();
	gort_lock_os_thread();
	gort_gosched();
	gort_unlock_os_thread();
	gort_unlock_os_thread();
	gort_unlock_os_thread();
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	int v = 0;
	done = gort_chan_make(int, 0);
	gort_go(add_one, &v);
	CHECK(gort_recv(done, NULL) && v == 1);
	gort_go(leave, &v);
	CHECK(gort_recv(done, NULL));
	copies();
	options();
	identities();
	counts();
	procs();
	blocking();
	locking();
	PASSED();
}
