# A program with its own main, and its threads on channels, select, mutexes, goroutines.

# How many goroutines a thread of the large test has; the sanitizers and the hostile build are slow.
per_thread() {
	case $GORT_SETUP in
	opt) echo 1000 ;;
	debug | ubsan) echo 200 ;;
	*) echo 20 ;;
	esac
}

# 100 threads, each with 1,000 goroutines that are all there at once: no message is lost. The
# goroutines of a thread answer on the channels of others, so messages cross.
test_messages() { # secs=240
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
enum { THREADS = 100 };
static int per;
static gort_chan *in[THREADS], *out[THREADS];
static long sums[THREADS];
static pthread_barrier_t ready;

struct who {
	int thread, number;
};

static void
answer(void *arg)
{
	struct who *w = arg;
	long v;
	if (!gort_recv(in[w->thread], &v))
		abort();
	gort_send(out[(w->thread + w->number) % THREADS], v * 2);
}

static void *
thread(void *arg)
{
	int me = (int)(long)arg;
	for (int i = 0; i < per; i++)
		gort_go_copy(answer, &(struct who){me, i}, sizeof(struct who));
	pthread_barrier_wait(&ready); /* all goroutines of all threads are there, and wait */
	if (me == 0)
		printf("%d\n", gort_num_goroutine() >= THREADS * per);
	pthread_barrier_wait(&ready);
	gort_chan *mine = out[me];
	long sum = 0;
	/* Sends and receives as they come: a thread that only sent could wait for ever for one
	 * that only sends, too. */
	for (int sent = 0, got = 0; sent < per || got < per;) {
		long v = (long)me * per + sent, r;
		switch (gort_select(GORT_SEND(sent < per ? in[me] : NULL, v),
			GORT_RECV(got < per ? mine : NULL, &r))) {
		case 0:
			sent++;
			break;
		case 1:
			got++;
			sum += r;
			break;
		}
	}
	sums[me] = sum;
	return NULL;
}

int
main(int argc, char **argv)
{
	(void)argc;
	per = atoi(argv[1]);
	pthread_barrier_init(&ready, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		in[i] = gort_chan_make(long, 0);
		out[i] = gort_chan_make(long, i % 3);
	}
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, thread, (void *)i);
	long sum = 0, n = (long)THREADS * per;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum += sums[i];
	}
	printf("%s\n", sum == n * (n - 1) ? "all" : "lost");
	while (gort_num_goroutine() != 1)
		gort_gosched();
	return 0;
}
C
	gort build -o x x.c
	for procs in 1 2 8; do
		run env GOMAXPROCS=$procs ./x "$(per_thread)"
		want_status 0
		want_equal "$(cat out)" "1
all"
		want_lines err 0
	done
}

# Threads come and go, more than there ever are at once, some by pthread_exit, some cancelled, some
# detached and attached again, some with destructors that use the API.
test_come_and_go() { # secs=240
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static gort_chan *c;
static pthread_key_t key;
static gort_mutex m;
static long counter;

static void
destructor(void *arg)
{
	long one = (long)arg;
	gort_send(c, one);
}

static void
spawned(void *arg)
{
	long one = (long)arg;
	gort_send(c, one);
}

static void *
comes(void *arg)
{
	long i = (long)arg, v = 1;
	if (i % 5 == 0)
		pthread_setspecific(key, (void *)1);
	else
		gort_go(spawned, (void *)1);
	gort_mutex_lock(&m);
	counter++;
	gort_mutex_unlock(&m);
	gort_send(c, v);
	if (i % 3 == 0) {
		gort_thread_detach();
		gort_thread_detach();
		gort_send(c, v);
	} else {
		gort_go(spawned, (void *)1);
	}
	switch (i % 4) {
	case 0:
		pthread_exit(NULL);
	case 1:
		pthread_cancel(pthread_self());
		pthread_testcancel();
		abort();
	}
	return NULL;
}

static void *
batch(void *arg)
{
	int n = (int)(long)arg;
	for (long i = 0; i < n; i++) {
		pthread_t t;
		if (pthread_create(&t, NULL, comes, (void *)i) != 0)
			abort();
		pthread_join(t, NULL);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	(void)argc;
	int n = atoi(argv[1]);
	enum { BATCHES = 8 };
	pthread_t t[BATCHES];
	pthread_key_create(&key, destructor);
	c = gort_chan_make(long, 1);
	for (int i = 0; i < BATCHES; i++)
		pthread_create(&t[i], NULL, batch, (void *)(long)n);
	long sum = 0, v;
	for (int i = 0; i < 3 * n * BATCHES; i++) {
		if (!gort_recv(c, &v))
			abort();
		sum += v;
	}
	for (int i = 0; i < BATCHES; i++)
		pthread_join(t[i], NULL);
	printf("%d %d\n", sum == 3 * n * BATCHES, counter == n * BATCHES);
	while (gort_num_goroutine() != 1)
		gort_gosched();
	return gort_chan_try_recv(c, &v, sizeof v);
}
C
	gort build -o x x.c
	n=300
	case $GORT_SETUP in opt) ;; *) n=60 ;; esac
	for procs in 1 4; do
		run env GOMAXPROCS=$procs ./x $n
		want_status 0
		want_equal "$(cat out)" "1 1"
		want_lines err 0
	done
}

# A thread that waits blocks itself alone: with one P, threads in every kind of wait, a goroutine
# and a ticker go on.
test_waits() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static gort_chan *never, *go;
static gort_mutex m;
static gort_waitgroup wg;
static int started;

static void
up(void)
{
	__atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
}

static void *
receives(void *arg)
{
	int v;
	up();
	gort_recv(never, &v);
	return arg;
}

static void *
selects(void *arg)
{
	int v;
	up();
	gort_select(GORT_RECV(never, &v), GORT_AFTER(3600 * GORT_SEC));
	return arg;
}

static void *
waits(void *arg)
{
	up();
	gort_waitgroup_wait(&wg);
	return arg;
}

static void *
locks(void *arg)
{
	up();
	gort_mutex_lock(&m);
	gort_mutex_unlock(&m);
	return arg;
}

static void *
sleeps(void *arg)
{
	up();
	gort_sleep(3600 * GORT_SEC);
	return arg;
}

/* Between two calls: it holds nothing. */
static void *
computes(void *arg)
{
	up();
	gort_gosched();
	for (volatile long n = 0;; n++)
		;
	return arg;
}

static void
blocked(void *arg)
{
	int fd[2];
	char b;
	(void)arg;
	if (pipe(fd) != 0)
		return;
	up();
	(void)!read(fd[0], &b, 1);
}

static void *
reads(void *arg)
{
	gort_gosched();
	blocked(arg);
	return arg;
}

static void *
blocks(void *arg)
{
	gort_block(blocked, arg);
	return arg;
}

static void
pingpong(void *arg)
{
	int v;
	(void)arg;
	while (gort_recv(go, &v))
		gort_send(go, v + 1);
}

int
main(void)
{
	void *(*const fns[])(void *) = {receives, selects, waits, locks, sleeps, computes, reads, blocks};
	int n = sizeof fns / sizeof fns[0];
	never = gort_chan_make(int, 0);
	go = gort_chan_make(int, 0);
	gort_waitgroup_add(&wg, 1);
	gort_mutex_lock(&m);
	pthread_t t[8];
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, fns[i], NULL);
	while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < n)
		gort_sleep(GORT_MS);
	gort_go(pingpong, NULL);
	int v = 0;
	for (int i = 0; i < 1000; i++) {
		gort_send(go, v);
		gort_recv(go, &v);
	}
	gort_sleep(10 * GORT_MS);
	printf("%d %d\n", v, (int)gort_num_goroutine());
	return 0;
}
C
	gort build -o x x.c
	run env GOMAXPROCS=1 ./x
	want_status 0
	want_equal "$(cat out)" "1000 10"
	want_lines err 0
}

# gort_init: options, twice, from several threads at once.
test_init() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
static int zeros;

static void *
starts(void *arg)
{
	if (gort_init(NULL) == 0)
		__atomic_add_fetch(&zeros, 1, __ATOMIC_SEQ_CST);
	gort_gosched();
	return arg;
}

GORT_PACKAGE(p);
static int initialised;
GORT_INIT(p)
{
	initialised = 1;
}

int
main(void)
{
	const int bad[] = {-2, 65, 9, 11, 19, 32};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (gort_init(&(gort_init_options){.preempt_signal = bad[i]}) != GORT_EINVAL)
			printf("%d was taken\n", bad[i]);
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, starts, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	printf("%d %d %s\n", zeros, initialised, gort_strerror(gort_init(NULL)));
	return 0;
}
C
	gort build -o x x.c
	run ./x
	want_status 0
	want_equal "$(cat out)" "1 1 operation already in progress"
}

# What a thread may not.
test_misuse() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdlib.h>
static void
detaches(void *arg)
{
	(void)arg;
	gort_thread_detach();
}
int
main(int argc, char **argv)
{
	(void)argc;
	gort_init(NULL);
	switch (atoi(argv[1])) {
	case 0:
		gort_goexit();
	case 1:
		gort_go(detaches, NULL);
		gort_recv((gort_chan *)NULL, NULL);
		break;
	case 2:
		gort_block(detaches, NULL);
		break;
	case 3:
		gort_unlock_os_thread();
		gort_lock_os_thread();
		gort_lock_os_thread();
		gort_unlock_os_thread();
		gort_unlock_os_thread();
		gort_unlock_os_thread();
		gort_sleep(GORT_MS);
		return 3;
	}
	return 0;
}
C
	gort build -o x x.c
	run ./x 0
	want_status 2
	want_err "panic: gort_goexit on a thread that is no goroutine of the runtime's"
	run ./x 1
	want_status 2
	want_err "panic: gort_thread_detach on a goroutine"
	run ./x 2
	want_status 2
	want_err "fatal error: gort_thread_detach inside gort_block"
	run ./x 3
	want_status 3
}

# The report of a deadlock: not in a guest, unless it asked for it.
test_deadlock() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static gort_chan *c;

static void *
waits(void *arg)
{
	int v;
	gort_recv(c, &v);
	return arg;
}

static void *
computes(void *arg)
{
	gort_send(c, 1);
	usleep(200000);
	printf("a thread is outside\n");
	fflush(stdout);
	gort_close(c);
	return arg;
}

static void *
ends(void *arg)
{
	usleep(200000); /* not attached */
	printf("nobody was reported\n");
	fflush(stdout);
	_exit(0);
	return arg;
}

int
main(int argc, char **argv)
{
	(void)argc;
	int v;
	pthread_t t;
	gort_init(&(gort_init_options){.deadlock_report = argv[1][0] == 'r'});
	c = gort_chan_make(int, 0);
	pthread_create(&t, NULL, argv[2][0] == 'o' ? computes : argv[2][0] == 'w' ? waits : ends, NULL);
	gort_recv(c, &v);
	if (argv[2][0] == 'o') {
		gort_recv(c, &v); /* closed after a while: not a deadlock before */
		pthread_join(t, NULL);
	}
	gort_recv((gort_chan *)NULL, NULL);
	return 0;
}
C
	gort build -o x x.c
	run ./x - e
	want_status 0
	want_out "nobody was reported"
	for how in w o; do
		run ./x r $how
		want_status 2
		want_err "fatal error: all goroutines are asleep - deadlock!" "locked to thread"
		want_equal "$(cat out)" "$([ $how = w ] || echo a thread is outside)"
	done
}

# What a program does to a thread of its own, or to one that a goroutine is locked to, no other thread
# inherits: here a working directory.
test_state_stays() {
	only opt debug hard
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
enum { N = 20 };
static char home[4096];
static int wrong, away;
static void
sleeps(void *arg)
{
	(void)arg;
	usleep(20000); /* the P needs another thread */
}
static void
looks(void *arg)
{
	char now[4096];
	gort_block(sleeps, NULL);
	if (getcwd(now, sizeof now) == NULL || strcmp(now, home) != 0)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	int one = 1;
	gort_send((gort_chan *)arg, one);
}
static void
leave(void)
{
	if (unshare(CLONE_FS) != 0 || chdir("/") != 0)
		away = 1;
}
static void
ask(void)
{
	int v;
	gort_chan *c = gort_chan_make(int, 0);
	for (int i = 0; i < N; i++)
		gort_go(looks, c);
	for (int i = 0; i < N; i++)
		gort_recv(c, &v);
}
static void
locked(void *done)
{
	gort_lock_os_thread();
	leave();
	ask();
	int one = 1;
	gort_send((gort_chan *)done, one);
	/* The thread ends with its goroutine. */
}
static void *
foreign(void *arg)
{
	(void)arg;
	leave();
	ask();
	return NULL;
}
static void
joins(void *t)
{
	pthread_join(*(pthread_t *)t, NULL);
}
int
gort_main(int argc, char **argv)
{
	(void)argc;
	if (getcwd(home, sizeof home) == NULL)
		return 3;
	if (argv[1][0] == 'l') {
		int v;
		gort_chan *c = gort_chan_make(int, 0);
		gort_go(locked, c);
		gort_recv(c, &v);
	} else {
		pthread_t t;
		if (pthread_create(&t, NULL, foreign, NULL) != 0)
			return 3;
		gort_block(joins, &t);
	}
	printf("%d\n", away != 0 ? -1 : wrong);
	return 0;
}
C
	gort build -o x x.c
	for who in locked foreign; do
		for n in 1 4; do
			GOMAXPROCS=$n run ./x $who
			want_status 0
			[ "$(cat out)" != -1 ] || skip "no unshare here"
			want_equal "$(cat out)" 0
			want_lines err 0
		done
	done
}
