# fork, vfork and posix_spawn beside a running runtime.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <gort.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
static const char *child;
static int rounds = 1;
static gort_chan *done;

static int
status(pid_t pid)
{
	int w;
	while (waitpid(pid, &w, 0) < 0)
		if (errno != EINTR)
			abort();
	return WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
}

static void
bye(void)
{
	if (strcmp(child, "exit") == 0)
		(void)!write(1, "bye\n", 4);
}

static volatile int *volatile nowhere = (volatile int *)8;
static char *const command[] = {"sh", "-c", "exit 23", NULL};

static int
inChild(void)
{
	if (strcmp(child, "exec") == 0) {
		execv("/bin/sh", command);
		_exit(1);
	}
	if (strcmp(child, "_exit") == 0)
		_exit(23);
	if (strcmp(child, "exit") == 0) {
		char *p = malloc(100000);
		memset(p, 1, 100000);
		printf("buffered\n");
		exit(23);
	}
	if (strcmp(child, "gort_exit") == 0)
		gort_exit(23);
	if (strcmp(child, "fault") == 0)
		*nowhere = 1;
	if (strcmp(child, "print") == 0) {
		gort_printf("child\n");
		_exit(23);
	}
	if (strcmp(child, "go") == 0)
		gort_go(abort == NULL ? NULL : (void (*)(void *))inChild, NULL);
	if (strcmp(child, "init") == 0)
		gort_init(NULL);
	if (strcmp(child, "again") == 0) {
		pid_t pid = fork();
		if (pid == 0)
			gort_gosched();
		_exit(status(pid) == 2 ? 23 : 1);
	}
	if (strcmp(child, "thread") == 0)
		pthread_exit(NULL); /* the last thread: status 0 */
	return 23;
}

/* Forks, and says how the child ended. */
static int
forks(void)
{
	int s = 0;
	for (int i = 0; i < rounds; i++) {
		pid_t pid;
		if (strcmp(child, "vfork") == 0) {
			pid = vfork();
			if (pid == 0) {
				execv("/bin/sh", command);
				_exit(1);
			}
		} else if (strcmp(child, "spawn") == 0) {
			if (posix_spawn(&pid, "/bin/sh", NULL, NULL, command, environ) != 0)
				abort();
		} else {
			pid = fork();
			if (pid == 0)
				exit(inChild());
		}
		s = status(pid);
		gort_gosched();
	}
	return s;
}

static void
onGoroutine(void *arg)
{
	(void)arg;
	int s = forks();
	gort_send(done, s);
}

static int stop;
static void
busy(void *arg)
{
	gort_chan *c = arg;
	for (long i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		free(malloc((size_t)i % 5000 + 1));
		gort_free(gort_make(char, i % 5000 + 1)); /* or fork is refused in the end */
		(void)gort_chan_try_send(c, &i, sizeof i);
		gort_gosched();
	}
	int s = -1;
	gort_send(done, s);
}

static void *
unattached(void *arg)
{
	int *s = arg;
	pid_t pid = fork();
	if (pid == 0)
		exit(inChild());
	*s = status(pid);
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *where = argv[1];
	child = argv[2];
	rounds = argc > 3 ? atoi(argv[3]) : 1;
	int s = 0, v;
	if (strcmp(where, "first") == 0) { /* before the runtime: both sides may use it */
		pid_t pid = fork();
		done = gort_chan_make(int, 1);
		gort_send(done, 23);
		gort_recv(done, &v);
		if (pid == 0)
			exit(v);
		printf("%d\n", status(pid));
		return 0;
	}
	atexit(bye);
	done = gort_chan_make(int, 0);
	gort_chan *c = gort_chan_make(long, 1);
	enum { BUSY = 4 };
	for (int i = 0; i < BUSY; i++)
		gort_go(busy, c);
	if (strcmp(where, "goroutine") == 0) {
		gort_go(onGoroutine, NULL);
		gort_recv(done, &s);
	} else if (strcmp(where, "thread") == 0) {
		s = forks();
	} else {
		pthread_t t;
		pthread_create(&t, NULL, unattached, &s);
		pthread_join(t, NULL);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < BUSY; i++)
		gort_recv(done, &v);
	char line[50];
	child = "";
	int n = snprintf(line, sizeof line, "%d\n", s);
	return write(1, line, (size_t)n) == n ? 0 : 1;
}
C
	gort build -o x x.c
}

# In the child of a fork: plain C, exec and every way to end work, wherever it was forked.
test_child_works() { # secs=120
	program
	for where in goroutine thread unattached; do
		for child in exec _exit gort_exit return; do
			run ./x $where $child
			want_status 0
			want_equal "$(cat out)" 23
			want_lines err 0
		done
		run ./x $where exit
		want_equal "$(cat out)" "bye
buffered
23"
		run ./x $where print
		want_equal "$(cat out)" "child
23"
		run ./x $where again
		want_equal "$(cat out)" 23
	done
	run ./x goroutine vfork
	want_equal "$(cat out)" 23
	run ./x thread spawn
	want_equal "$(cat out)" 23
}

# The child's faults are those of a plain process.
test_child_faults() {
	only opt debug hard
	program
	for where in goroutine thread unattached; do
		run ./x $where fault
		want_status 0
		want_equal "$(cat out)" 139
		want_not_err goroutine
	done
}

test_child_thread_ends() {
	only opt debug hard
	program
	for where in thread unattached; do
		run ./x $where thread
		want_status 0
		want_equal "$(cat out)" 0
		want_lines err 0
	done
}

# What needs the runtime says clearly that it is not there.
test_child_uses_runtime() {
	program
	for where in goroutine thread unattached; do
		for child in go init; do
			run ./x $where $child
			want_status 0
			want_equal "$(cat out)" 2
			want_err "gort: the runtime does not go on in a forked child"
			want_lines err 1
		done
	done
}

# Many forks while others allocate: none hangs.
test_many() { # secs=240
	program
	n=200
	case $GORT_SETUP in opt) ;; *) n=30 ;; esac
	for child in _exit exit gort_exit vfork spawn; do
		run ./x goroutine $child $n
		want_status 0
		want_equal "$(tail -n 1 out)" 23
	done
	run ./x thread exit $n
	want_status 0
	want_equal "$(tail -n 1 out)" 23
}

# A thread that was stopped while it holds a lock of malloc's gets its turn while fork waits for that
# lock, also if there is one P.
test_only_p() {
	only opt debug hard # the others stop nobody, or are slow
	cat >y.c <<'C'
#include <gort.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
enum { BURNERS = 4, FORKS = 100 };
static int stop;
static void
burn(void *c)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		void *volatile p[8];
		for (size_t i = 0; i < 8; i++)
			p[i] = malloc(3000 + 200 * i); /* too large for a thread's own cache */
		for (size_t i = 0; i < 8; i++)
			free(p[i]);
	}
	int one = 1;
	gort_send((gort_chan *)c, one);
}
static void
forks(void *c)
{
	int w = 0;
	for (int i = 0; i < FORKS && w == 0; i++) {
		gort_gosched(); /* with a P from here on */
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, &w, 0);
	}
	gort_send((gort_chan *)c, w);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	int w, v, bad = 0;
	gort_chan *c = gort_chan_make(int, 0), *d = gort_chan_make(int, 0);
	for (int i = 0; i < BURNERS; i++)
		gort_go(burn, c);
	for (int i = 0; i < 2; i++)
		gort_go(forks, d);
	for (int i = 0; i < 2; i++) {
		gort_recv(d, &w);
		bad |= w;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < BURNERS; i++)
		gort_recv(c, &v);
	return bad;
}
C
	gort build -o y y.c
	for n in 1 2; do
		GOMAXPROCS=$n run ./y
		want_status 0
		want_lines err 0
	done
}

test_before_first_use() {
	program
	run ./x first -
	want_status 0
	want_equal "$(cat out)" 23
}

# In a program that has gort_main.
test_gort_main() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static void
returns(void *arg)
{
	int w;
	pid_t pid = fork();
	if (pid == 0)
		return; /* into the runtime */
	waitpid(pid, &w, 0);
	gort_send((gort_chan *)arg, w);
}
static void
blocks(void *arg)
{
	pid_t pid = fork();
	if (pid != 0)
		waitpid(pid, arg, 0);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	int w;
	gort_chan *c = gort_chan_make(int, 0);
	pid_t pid = fork();
	if (pid == 0)
		return 23;
	waitpid(pid, &w, 0);
	printf("%d\n", WEXITSTATUS(w));
	gort_go(returns, c);
	gort_recv(c, &w);
	printf("%d\n", WEXITSTATUS(w));
	gort_block(blocks, &w);
	printf("%d\n", WEXITSTATUS(w));
	return 0;
}
C
	gort build -o x x.c
	run ./x
	want_status 0
	want_equal "$(cat out)" "23
2
2"
	want_err "gort: the runtime does not go on in a forked child"
	want_lines err 2
}
