/* Goroutine-local variables: each function and macro of gort/local.h. */
#include "check.h"

static void end_buffer(void *value);
static void end_main(void *value);

struct buffer {
	char *text;
	int64_t used;
};

GORT_LOCAL(int, depth);
GORT_LOCAL(struct buffer, buffer, end_buffer);
GORT_LOCAL(const char *, of_main, end_main);
GORT_LOCAL(int[4], numbers);
GORT_LOCAL_DECLARE(double, shared);
GORT_LOCAL_DEFINE(shared);
GORT_LOCAL_DECLARE(int, shared_with_end);
GORT_LOCAL_DEFINE(shared_with_end, end_buffer);

static gort_mutex lock = GORT_MUTEX_INIT;
static int ends;
static gort_chan *done;

static void
end_buffer(void *value)
{
	struct buffer *b = (struct buffer *)value;
	CHECK(b->used == 1000);
	gort_free(b->text);
	gort_mutex_lock(&lock);
	ends++;
	gort_mutex_unlock(&lock);
	gort_send(done, 1);
}

/* When main returns: the last thing that the program says. */
static void
end_main(void *value)
{
	CHECK(strcmp(*(const char **)value, "of main") == 0);
	gort_print("ok\n");
}

static void
recurse(int n)
{
	int *d = gort_local(depth);
	CHECK(*d == 100 - n);
	++*d;
	if (n > 0)
		recurse(n - 1);
	gort_gosched();
	CHECK(d == gort_local(depth)); /* on whatever thread */
	--*d;
	CHECK(*d == 100 - n);
}

static void
worker(void *arg)
{
	UNUSED(arg);
	CHECK(*gort_local(depth) == 0 && *gort_local(shared) == 0);
	*gort_local(shared) = 1.5;
	recurse(100);
	gort_local(buffer)->text = gort_make(char, 1000);
	for (int i = 0; i < 1000; i++) {
		struct buffer *b = gort_local(buffer);
		CHECK(b->used == i);
		b->text[b->used++] = (char)i;
		if (i % 100 == 0)
			gort_sleep(GORT_US);
	}
	(*gort_local(numbers))[3] = 7;
	CHECK(sizeof *gort_local(numbers) == 4 * sizeof(int));
	CHECK((*gort_local(numbers))[0] == 0 && (*gort_local(numbers))[3] == 7);
	CHECK(*gort_local(shared) == 1.5);
}

/* One that was used before is there in gort_block, too. */
static void
in_block(void *arg)
{
	CHECK(gort_local(depth) == arg && *gort_local(depth) == 5);
	*gort_local(depth) = 6;
}

/* At block scope, and by the function that the macro expands to. */
static int
counted(void)
{
	GORT_LOCAL(int, calls);
	CHECK(gort_local(calls) == gort_local_get(&calls.var_));
	return ++*gort_local(calls);
}

int
gort_main(int argc, char **argv)
{
	enum { N = 100 };
	UNUSED(argc);
	UNUSED(argv);
	done = gort_chan_make(int, 0);
	*gort_local(of_main) = "of main";
	*gort_local(shared) = 2.5;
	for (int i = 0; i < N; i++)
		gort_go(worker, NULL);
	for (int i = 0; i < N; i++)
		CHECK(gort_recv(done, NULL));
	CHECK(ends == N);
	*gort_local(depth) = 5;
	gort_block(in_block, gort_local(depth));
	CHECK(*gort_local(depth) == 6);
	CHECK(counted() == 1 && counted() == 2);
	CHECK(*gort_local(shared) == 2.5);
	return 0;
}
