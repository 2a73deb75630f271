# The end of a program with its own main, from anywhere.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
enum { MANY = 10000 };
static gort_chan *never, *up;
static gort_mutex m;
static pthread_t mainThread;

static void
bye(void)
{
	usleep(2000);
	printf("bye\n");
}

static void
lives(void *arg)
{
	long n = (long)arg;
	int v = 0;
	gort_send(up, v);
	switch (n % 5) {
	case 0:
		gort_recv(never, &v);
		break;
	case 1:
		gort_sleep(3600 * GORT_SEC);
		break;
	case 2:
		gort_mutex_lock(&m);
		break;
	case 3:
		if (n < 100)
			for (;;)
				gort_gosched();
		gort_select(GORT_RECV(never, &v), GORT_AFTER(3600 * GORT_SEC));
		break;
	case 4:
		for (;;) {
			gort_sleep(GORT_MS);
			free(malloc((size_t)n));
			(void)gort_make(char, n);
		}
	}
}

static void
ends(void *how)
{
	printf("from here,");
	if (strcmp(how, "exit") == 0)
		exit(7);
	if (strcmp(how, "pthread_exit") == 0)
		pthread_exit(NULL);
	gort_exit(7);
}

static void *
endsThread(void *how)
{
	if (strcmp(how, "unattached") == 0)
		ends("exit");
	gort_gosched();
	ends(how);
	return NULL;
}

/* The exit of the process comes from here, after main's thread has gone. */
static void *
later(void *arg)
{
	pthread_join(mainThread, NULL);
	printf("main is gone,");
	return exit(8), arg;
}

int
main(int argc, char **argv)
{
	const char *where = argv[1], *how = argc > 2 ? argv[2] : "";
	pthread_t t;
	atexit(bye);
	never = gort_chan_make(int, 0);
	up = gort_chan_make(int, 0);
	gort_mutex_lock(&m);
	for (long i = 0; i < MANY; i++)
		gort_go(lives, (void *)i);
	for (int i = 0, v; i < MANY; i++)
		gort_recv(up, &v);
	printf("not flushed,");
	if (strcmp(where, "return") == 0)
		return 7;
	if (strcmp(where, "main") == 0)
		ends((void *)how);
	if (strcmp(where, "goroutine") == 0) {
		gort_go(ends, (void *)how);
		gort_recv((gort_chan *)NULL, NULL);
	}
	if (strcmp(where, "thread") == 0) {
		pthread_create(&t, NULL, endsThread, (void *)how);
		gort_recv((gort_chan *)NULL, NULL);
	}
	if (strcmp(where, "main_leaves") == 0) {
		mainThread = pthread_self();
		pthread_create(&t, NULL, later, NULL);
		pthread_exit(NULL);
	}
	return 1;
}
C
	# There each of them yields at each call: main's messages take as long as the square of them.
	[ "$GORT_SETUP" != hard ] || sed -i 's/MANY = 10000/MANY = 2000/' x.c
	gort build -o x x.c
}

# Whoever ends it: what was printed is written and atexit runs, once.
test_anywhere() { # secs=240
	program
	for way in "return -" "main exit" "main gort_exit" "goroutine exit" "goroutine gort_exit" \
		"thread exit" "thread gort_exit" "thread unattached"; do
		# shellcheck disable=SC2086
		run ./x $way
		want_status 7
		case $way in
		return*) want_equal "$(cat out)" "not flushed,bye" ;;
		*) want_equal "$(cat out)" "not flushed,from here,bye" ;;
		esac
		want_lines err 0
	done
}

test_main_leaves() {
	program
	run ./x main_leaves
	want_status 8
	want_equal "$(cat out)" "not flushed,main is gone,bye"
	want_lines err 0
}

# pthread_exit takes the thread from under the scheduler: said in one line, in both kinds of
# programs. (On a thread of the program's own it ends that thread.)
test_pthread_exit() {
	program
	run ./x goroutine pthread_exit
	want_status 2
	want_err "gort: pthread_exit or pthread_cancel on goroutine "
	want_lines err 1
	cat >y.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static void
ends(void *arg)
{
	(void)arg;
	pthread_exit(NULL);
}
static void
cancelled(void *arg)
{
	(void)arg;
	pthread_cancel(pthread_self());
	pthread_testcancel();
}
int
gort_main(int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[1], "main") == 0)
		ends(NULL);
	if (strcmp(argv[1], "block") == 0)
		gort_block(ends, NULL);
	if (strcmp(argv[1], "locked") == 0) {
		gort_lock_os_thread();
		ends(NULL);
	}
	gort_go(strcmp(argv[1], "cancel") == 0 ? cancelled : ends, NULL);
	for (;;)
		gort_sleep(GORT_SEC);
	return 0;
}
C
	gort build -o y y.c
	for how in main block locked other cancel; do
		run ./y $how
		want_status 2
		want_err "gort: pthread_exit or pthread_cancel on goroutine "
		want_lines err 1
	done
}

# On an attached thread inside gort_block: the thread ends, nobody else is hurt.
test_thread_ends_in_block() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
static void
ends(void *arg)
{
	pthread_exit(arg);
}
static void *
thread(void *arg)
{
	gort_block(ends, arg);
	return NULL;
}
int
main(void)
{
	void *p;
	gort_init(NULL);
	for (int i = 0; i < 100; i++) {
		pthread_t t;
		pthread_create(&t, NULL, thread, &p);
		pthread_join(t, &p);
		if (p != &p)
			return 1;
	}
	printf("%d\n", (int)gort_num_goroutine());
	return 0;
}
C
	gort build -o x x.c
	run ./x
	want_status 0
	want_equal "$(cat out)" 1
}

# Many ends at once, from threads, goroutines and main: bye is said once.
test_race() { # secs=240
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_barrier_t b;
static void
bye(void)
{
	usleep(3000);
	printf("bye\n");
}
static void
ends(void *arg)
{
	(void)arg;
	gort_exit(8);
}
static void *
thread(void *arg)
{
	gort_gosched();
	pthread_barrier_wait(&b);
	ends(arg);
	return NULL;
}
int
main(void)
{
	pthread_t t;
	atexit(bye);
	pthread_barrier_init(&b, NULL, 9);
	for (int i = 0; i < 8; i++)
		pthread_create(&t, NULL, thread, NULL);
	for (int i = 0; i < 20; i++)
		gort_go(ends, NULL);
	pthread_barrier_wait(&b);
	gort_exit(8);
}
C
	gort build -o x x.c
	i=0
	while [ $i -lt 20 ]; do
		run ./x
		want_status 8
		want_equal "$(grep -o bye out | wc -l)" 1
		i=$((i + 1))
	done
}
