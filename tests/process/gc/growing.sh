# Split stacks: a thread in an announced call asks for stack while the world stands still.
test_in_a_call() { # secs=120
	need gcc ld.lld
	only opt debug hard
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>

#define MAGIC 0x6c697665206f626al

static int64_t end;
static long rounds;

struct object {
	long magic, rest[6];
};

static __attribute__((__noinline__)) long
deep(int n, struct object *o)
{
	volatile char room[600];
	room[n] = (char)n;
	long m = n == 0 ? 0 : deep(n - 1, o);
	return m + (o->magic == MAGIC) + room[n] * 0;
}

static void
call(void *arg)
{
	struct object **place = arg, *o = *place;
	*place = NULL; /* from here on only this thread's registers and stack know it */
	if (deep(20, o) != 21)
		abort();
}

static void
once(void *arg)
{
	struct object *o = gort_new(struct object);
	o->magic = MAGIC;
	gort_block(call, &o);
	__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
	gort_waitgroup_done(arg);
}

static void
starter(void *arg)
{
	(void)arg;
	while (gort_now() < end) {
		gort_waitgroup wg = GORT_WAITGROUP_INIT;
		gort_waitgroup_add(&wg, 8);
		for (int i = 0; i < 8; i++)
			gort_go(once, &wg);
		gort_waitgroup_wait(&wg);
	}
}

int
gort_main(int argc, char **argv)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	end = gort_now() + atoi(argv[argc - 1]) * GORT_SEC;
	for (int i = 0; i < 3; i++)
		gort_waitgroup_go(&wg, starter, NULL);
	while (gort_now() < end)
		gort_gc();
	gort_waitgroup_wait(&wg);
	printf("%s\n", rounds > 100 ? "ok" : "few");
	return 0;
}
C
	gort build --split-stack -o x x.c
	run env GOMAXPROCS=3 GODEBUG=clobberfree=1 timeout 60 ./x 5
	want_status 0
	want_out ok
}
