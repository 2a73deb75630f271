# A guest's signals: faults of the program's own code, and SIGQUIT, are the program's.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static sigjmp_buf back;
static struct sigaction before;
static volatile int *volatile nowhere = (volatile int *)8;
static volatile int zero, hundred = 100;
static const char *how;
static gort_chan *c;

static void
fault(const char *what)
{
	if (strcmp(what, "fpe") == 0)
		zero = hundred / zero;
	else if (strcmp(what, "kill") == 0)
		raise(SIGSEGV);
	else
		*nowhere = 1;
}

static void
jumps(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

/* The program's own faults are those at 16; others it passes on. */
static void
passes(int sig, siginfo_t *info, void *ctx)
{
	if (info->si_addr == (void *)16)
		siglongjmp(back, 1);
	if ((before.sa_flags & SA_SIGINFO) != 0)
		before.sa_sigaction(sig, info, ctx);
	else
		_exit(99);
}

static void
install(void)
{
	struct sigaction sa = {.sa_handler = jumps, .sa_flags = SA_ONSTACK};
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
}

static void
echo(void *arg)
{
	int v;
	(void)arg;
	while (gort_recv(c, &v))
		gort_send(c, v + 1);
}

static void
works(void)
{
	int v = 1;
	gort_send(c, v);
	gort_recv(c, &v);
	printf("%d,", v);
}

static void
rounds(const char *what)
{
	for (volatile int i = 0; i < 100; i++)
		if (sigsetjmp(back, 1) == 0) {
			fault(what);
			printf("no fault\n");
		} else if (i % 33 == 0) {
			works();
		}
	printf("back\n");
}

static void *
unattached(void *arg)
{
	rounds(arg);
	return NULL;
}

static void
faults(void *arg)
{
	fault(arg);
}

int
main(int argc, char **argv)
{
	how = argv[1];
	const char *what = argc > 2 ? argv[2] : "segv";
	if (strcmp(how, "before") == 0)
		install();
	c = gort_chan_make(int, 0);
	gort_go(echo, NULL);
	if (strcmp(how, "default") == 0)
		fault(what);
	if (strcmp(how, "before") == 0)
		rounds(what);
	if (strcmp(how, "after") == 0) {
		struct sigaction sa = {.sa_flags = SA_ONSTACK | SA_SIGINFO};
		sa.sa_sigaction = passes;
		sigaction(SIGSEGV, &sa, &before);
		nowhere = (volatile int *)16;
		rounds(what);
		nowhere = (volatile int *)8;
		gort_go(faults, (void *)"segv");
		gort_recv((gort_chan *)NULL, NULL);
	}
	if (strcmp(how, "unattached") == 0) {
		install();
		pthread_t t;
		pthread_create(&t, NULL, unattached, (void *)what);
		pthread_join(t, NULL);
	}
	if (strcmp(how, "goroutine") == 0) {
		gort_go(faults, (void *)what);
		gort_recv((gort_chan *)NULL, NULL);
	}
	return 0;
}
C
	gort build -o x x.c
}

test_handler_before() {
	program
	for what in segv fpe kill; do
		run ./x before $what
		want_status 0
		want_equal "$(cat out)" "2,2,2,2,back"
		want_lines err 0
	done
}

test_unattached() {
	program
	run ./x unattached segv
	want_status 0
	want_equal "$(cat out)" "2,2,2,2,back"
}

# Nobody else has a handler: the process dies as it would without us, and nothing is said.
test_default() {
	only opt debug hard # the sanitizers have handlers
	program
	run ./x default segv
	want_status 139
	want_equal "$(grep -v '^Segmentation' err || :)" ""
	run ./x default fpe
	want_status 136
	run ./x default kill
	want_status 139
}

# A handler that the program installs later and that passes on what is not its own.
test_handler_after() {
	program
	run ./x after
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference" "faults(...)"
	want_equal "$(cat out)" "" # stdio is not flushed by a panic
}

test_goroutine() {
	program
	run ./x goroutine segv
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference"
	run ./x goroutine fpe
	want_status 2
	want_err "panic: runtime error: integer divide by zero"
}

test_sigquit() {
	cat >x.c <<'C'
#include <gort.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void
mine(int sig)
{
	(void)!write(1, "mine\n", 5);
	_exit(sig + 40);
}
static void
waits(void *arg)
{
	gort_recv((gort_chan *)arg, NULL);
}
int
main(int argc, char **argv)
{
	(void)argc;
	/* Ignored, perhaps, by what has started the test: a background job of a shell. */
	signal(SIGQUIT, argv[1][0] == 'h' ? mine : SIG_DFL);
	gort_init(&(gort_init_options){.sigquit_dump = argv[1][0] == 'd'});
	gort_go(waits, NULL);
	gort_sleep(20 * GORT_MS);
	kill(getpid(), SIGQUIT);
	for (;;)
		pause();
}
C
	gort build -o x x.c
	ulimit -c 0
	run ./x plain
	want_status 131
	run ./x handler
	want_status 43
	want_out mine
	run ./x dump
	want_status 2
	want_err "SIGQUIT: quit" "waits(...)"
}

# The thread's alternate stack: one that is large enough stays, another comes back.
test_altstack() {
	only opt debug hard
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static char *
now(size_t *n)
{
	stack_t ss;
	sigaltstack(NULL, &ss);
	*n = ss.ss_flags & SS_DISABLE ? 0 : ss.ss_size;
	return ss.ss_sp;
}
static void *
thread(void *arg)
{
	size_t size = (size_t)arg, n;
	char *p = malloc(size + 1);
	stack_t ss = {.ss_sp = p, .ss_size = size};
	if (size != 0)
		sigaltstack(&ss, NULL);
	gort_gosched();
	char *q = now(&n);
	printf("%s ", q == p ? "its own" : n >= 32768 ? "ours" : "none");
	if (size == 20000) { /* and now the program puts another one there */
		ss.ss_size = 19999;
		sigaltstack(&ss, NULL);
		size = 19999;
	}
	gort_thread_detach();
	q = now(&n);
	printf("%s\n", n == 0 ? "none" : q == p && n == size ? "its own" : "wrong");
	return NULL;
}
int
main(void)
{
	const size_t sizes[] = {0, 16384, 20000, 1 << 20};
	for (int i = 0; i < 4; i++) {
		pthread_t t;
		pthread_create(&t, NULL, thread, (void *)sizes[i]);
		pthread_join(t, NULL);
	}
	return 0;
}
C
	gort build -o x x.c
	run ./x
	want_status 0
	want_equal "$(cat out)" "ours none
ours its own
ours its own
its own its own"
}

# Threads that run goroutines have the mask of the thread that started the runtime.
test_mask() {
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
static gort_chan *c;
static volatile sig_atomic_t got;
static void
handler(int sig)
{
	got = sig;
}
static void
raises(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
	int r = got == SIGUSR1;
	sigset_t set;
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	r += 2 * sigismember(&set, SIGUSR2);
	gort_send(c, r);
}
int
main(void)
{
	sigset_t set;
	signal(SIGUSR1, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c = gort_chan_make(int, 0);
	for (int i = 0, r; i < 20; i++) {
		got = 0;
		gort_go(raises, NULL);
		gort_recv(c, &r);
		if (r != 3)
			return 1;
	}
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	printf("%d %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
	gort_thread_detach();
	return 0;
}
C
	gort build -o x x.c
	for procs in 1 3; do
		run env GOMAXPROCS=$procs ./x
		want_status 0
		want_equal "$(cat out)" "0 1"
	done
}

# The signal that takes a processor from code that computes: SIGURG, another one, or none.
test_preempt_signal() {
	only opt debug hard ubsan
	cat >x.c <<'C'
#include <gort.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static gort_chan *c;
static volatile sig_atomic_t urgs;
static int spinning, over, sig;

static void
mine(int s)
{
	(void)s;
	urgs++;
}

static void
spin(void *arg)
{
	struct timespec a, b;
	int ms = *(int *)arg;
	__atomic_store_n(&spinning, 1, __ATOMIC_RELEASE);
	clock_gettime(CLOCK_MONOTONIC, &a);
	do
		clock_gettime(CLOCK_MONOTONIC, &b);
	while (ms == 0 || (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < ms);
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
}

static void
echo(void *arg)
{
	int v;
	(void)arg;
	sig = gort_preempt_signal();
	while (gort_recv(c, &v))
		gort_send(c, v);
}

int
main(int argc, char **argv)
{
	(void)argc;
	int v = 7, option = atoi(argv[1]), ms = option == -1 ? 500 : 0;
	signal(SIGURG, mine);
	if (gort_init(&(gort_init_options){.preempt_signal = option}) != 0)
		return 1;
	c = gort_chan_make(int, 0);
	gort_go(echo, NULL);
	gort_send(c, v);
	gort_recv(c, &v);
	gort_go(spin, &ms);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE)) {
	}
	for (int i = 0; i < 10; i++) {
		gort_send(c, v);
		gort_recv(c, &v);
	}
	printf("%d %d ", sig, __atomic_load_n(&over, __ATOMIC_ACQUIRE));
	if (urgs != 0)
		return 2;
	kill(getpid(), SIGURG); /* one that is the program's, on any thread */
	while (urgs == 0) {
	}
	printf("%d\n", urgs);
	return 0;
}
C
	gort build -o x x.c
	for option in 0 23 12 40; do
		run env GOMAXPROCS=1 ./x $option
		want_status 0
		s=$option
		[ $s != 0 ] || s=23
		want_equal "$(cat out)" "$s 0 1"
	done
	run env GOMAXPROCS=1 ./x -1
	want_status 0
	want_equal "$(cat out)" "0 1 1"
}
