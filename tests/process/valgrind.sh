# Programs under valgrind: memcheck follows goroutines from stack to stack, and sees the program's
# errors and no others. (It has no AVX-512, and the sanitizers do not run under it.)

# program OPTION...: ping-pong, spawns with deep frames before and after, copied arguments, malloc, select, block.
program() {
	cat >prog.c <<'C'
#include <gort.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gort_waitgroup wg = GORT_WAITGROUP_INIT;
static gort_chan *ping, *pong;

static int
deep(int n)
{
	volatile char room[500];
	for (size_t i = 0; i < sizeof room; i++)
		room[i] = (char)n;
	if (n == 0)
		gort_gosched();
	else
		deep(n - 1);
	return room[n];
}

static void
player(void *arg)
{
	int v;
	(void)arg;
	while (gort_recv(ping, &v))
		gort_send(pong, v + 1);
	gort_close(pong);
}

struct args {
	char text[3000];
	int n;
};

static void
copied(void *arg)
{
	struct args *a = arg;
	char *p = malloc(a->n + 1);
	memcpy(p, a->text, a->n);
	p[a->n] = 0;
	if (strlen(p) != (size_t)a->n)
		gort_exit(3);
	gort_sleep(10 * GORT_US);
	free(p);
	gort_waitgroup_done(&wg);
}

static void
spawned(void *arg)
{
	deep(*(int *)arg % 100);
	if (*(int *)arg % 3 == 0)
		gort_goexit();
	free(arg);
	gort_waitgroup_done(&wg);
}

static void
spawnedUntilExit(void *arg)
{
	int *n = malloc(sizeof *n);
	*n = *(int *)arg;
	gort_waitgroup_done(&wg);
	int keep = *n;
	free(n);
	deep(keep % 50);
	gort_goexit();
}

static void
nap(void *arg)
{
	usleep(*(unsigned *)arg);
}

int
gort_main(int argc, char **argv)
{
	int v = 0;
	(void)argv;
	ping = gort_chan_make(int, 0);
	pong = gort_chan_make(int, 0);
	gort_go(player, NULL);
	for (int i = 0; i < 500; i++) {
		gort_send(ping, v);
		gort_recv(pong, &v);
	}
	gort_close(ping);
	gort_recv(pong, NULL);
	for (int round = 0; round < 3; round++) {
		static struct args a;
		memset(a.text, 'x', sizeof a.text);
		for (int i = 1; i <= 100; i++) {
			int *n = malloc(sizeof *n);
			*n = i * 3 + 1; /* not divisible: ends by return */
			gort_waitgroup_add(&wg, 3);
			gort_go(spawned, n);
			static int depth = 40;
			gort_go(spawnedUntilExit, &depth);
			a.n = 10 * i;
			gort_go_copy(copied, &a, sizeof a);
		}
		static void *list;
		for (int i = 0; i < 1000; i++) {
			void **o = i % 2 ? gort_alloc(50) : gort_make(struct args *, 10);
			if (i % 3 == 0) {
				*o = list;
				list = o;
			}
		}
		gort_gc(); /* reads the stacks of all that wait, dead frames and holes in structs too */
		gort_waitgroup_wait(&wg);
		gort_gc();
		/* Alone: valgrind cannot tell two threads on goroutines' stacks apart. */
		while (gort_num_goroutine() > 1)
			gort_gosched();
		unsigned us = 500;
		gort_block(nap, &us);
	}
	if (argc > 1) { /* an error of the program's */
		volatile char *p = malloc(10);
		p[10] = 1;
		free((void *)p);
	}
	gort_print(v == 500 ? "ok\n" : "bad\n");
	return 0;
}
C
	gort build "$@" -o prog prog.c
}

memcheck() {
	run valgrind --tool=memcheck --error-exitcode=9 "$@"
	! grep -iE "switching stacks|client switch" err || die "valgrind is not told of stacks"
}

test_memcheck() { # secs=180
	need valgrind
	only opt debug hard
	program
	memcheck ./prog
	grep -q 'ERROR SUMMARY: 0 errors' err || {
		cat err >&2
		die "valgrind sees errors"
	}
	want_status 0
	want_equal "$(cat out)" ok
}

# On split stacks, which are small and close together.
test_memcheck_split() { # secs=180
	need valgrind ld.lld
	only opt
	program --split-stack
	memcheck ./prog
	grep -q 'ERROR SUMMARY: 0 errors' err || {
		cat err >&2
		die "valgrind sees errors"
	}
	want_status 0
	want_equal "$(cat out)" ok
}

# What is wrong is seen, and where: on a goroutine's stack.
test_memcheck_finds() { # secs=180
	need valgrind
	only opt debug
	program
	memcheck ./prog x
	want_status 9
	want_err "Invalid write of size 1" "gort_main (prog.c:" "is 0 bytes after a block of size 10 alloc'd"
}
