/* The API without libc: only the gort API and what compilers call by themselves. Built both ways. */
#include "check.h"

#define O_READ  0     /* open(2)'s O_RDONLY, whose header is libc's */
#define O_WRITE 01101 /* O_WRONLY | O_CREAT | O_TRUNC */

struct node {
	struct node *next;
	int n;
};
GORT_POINTERS(struct node, next);

static int initialised;

GORT_PACKAGE(first);
GORT_PACKAGE(second, first);
GORT_VARS(first)
{
	initialised = 1;
}
GORT_INIT(second)
{
	initialised = initialised * 10 + 2;
}

static gort_waitgroup all;
static gort_mutex lock;
static int64_t total;

static void
add(void *arg)
{
	int64_t *n = (int64_t *)arg;
	for (int i = 0; i < 100; i++) {
		gort_mutex_lock(&lock);
		total += *n;
		gort_mutex_unlock(&lock);
		if (i % 10 == 0)
			gort_gosched();
	}
	gort_waitgroup_done(&all);
}

static void
send_list(void *arg)
{
	gort_chan *c = (gort_chan *)arg;
	struct node *list = NULL;
	for (int i = 0; i < 1000; i++) {
		struct node *n = gort_new(struct node);
		n->n = i;
		n->next = list;
		list = n;
	}
	gort_send(c, list);
	gort_close(c);
}

static void
recurse(void *arg)
{
	volatile char room[1000];
	int *depth = (int *)arg;
	room[999] = 1;
	if (++*depth < 5000)
		recurse(depth);
	room[0] = room[999];
}

static void
deep(void *arg)
{
	int depth = 0;
	recurse(&depth);
	gort_send((gort_chan *)arg, depth);
}

static void
wait_in_kernel(void *arg)
{
	*(int64_t *)arg = gort_now();
}

static void
files(void)
{
	char buf[20];
	int fd = gort_open("freestanding.txt", O_WRITE, 0600);
	CHECK(fd > 2);
	CHECK(gort_write(fd, "written", 7) == 7);
	CHECK(gort_close_fd(fd) == 0);
	fd = gort_open("freestanding.txt", O_READ, 0);
	CHECK(gort_read(fd, buf, sizeof buf) == 7 && buf[0] == 'w' && buf[6] == 'n');
	CHECK(gort_close_fd(fd) == 0);
	CHECK(gort_open("no/such/file", O_READ, 0) == GORT_ENOENT);
}

int
gort_main(int argc, char **argv)
{
	CHECK(argc >= 1 && argv[argc] == NULL && argv[0][0] != 0);
	CHECK(initialised == 12);

	for (int64_t i = 1; i <= 50; i++) {
		gort_waitgroup_add(&all, 1);
		gort_go_copy(add, &i, sizeof i);
	}
	gort_waitgroup_wait(&all);
	CHECK(total == 100 * 50 * 51 / 2);

	gort_chan *c = gort_chan_make(struct node *, 0);
	struct node *list = NULL;
	int n = 0;
	gort_go(send_list, c);
	CHECK(gort_select(GORT_RECV(c, &list), GORT_AFTER(60 * GORT_SEC)) == 0);
	for (; list != NULL; list = list->next)
		n += list->n;
	CHECK(n == 999 * 1000 / 2);
	CHECK(!gort_recv(c, NULL));

	gort_chan *depths = gort_chan_make(int, 0);
	static gort_go_options o;
	o.stack = 16 << 20;
	CHECK(gort_go_opt(deep, depths, &o) == 0);
	CHECK(gort_recv(depths, &n) && n == 5000);

	int64_t start = gort_now(), when = 0;
	gort_sleep(2 * GORT_MS);
	CHECK(gort_now() - start >= 2 * GORT_MS);
	gort_ticker *t = gort_ticker_make(GORT_MS);
	CHECK(gort_recv(gort_ticker_chan(t), &when) && when > start);
	gort_ticker_stop(t);
	gort_block(wait_in_kernel, &when);
	CHECK(when >= start);

	CHECK(gort_gomaxprocs(4) >= 1 && gort_gomaxprocs(0) == 4);
	char *big = gort_make(char, 1 << 20);
	CHECK(big[0] == 0 && big[(1 << 20) - 1] == 0);
	gort_free(big);
	files();
	CHECK(gort_printf("%s %d %lx\n", "text", -1, 0xabcdefUL) == 15);
	PASSED();
}
