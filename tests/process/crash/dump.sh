# SIGQUIT, GOTRACEBACK, and handlers that the program had before us.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void waiter(void *c) { int v; gort_recv((gort_chan *)c, &v); }
static int burning;
static void
burner(void *c)
{
	gort_send((gort_chan *)c, 1);
	__atomic_store_n(&burning, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("pause");
}
static void
theirs(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	printf("their handler: %d at %p\n", sig, info->si_addr);
	fflush(stdout);
	_exit(9);
}
static void *
foreign(void *arg)
{
	if (strcmp(arg, "quit") == 0)
		pthread_kill(pthread_self(), SIGQUIT);
	else
		*(volatile int *)0x5000 = 1;
	pause();
	return NULL;
}
__attribute__((constructor)) static void
before(void)
{
	if (getenv("HANDLER") != NULL) {
		struct sigaction sa = {.sa_sigaction = theirs, .sa_flags = SA_SIGINFO};
		sigaction(SIGSEGV, &sa, NULL);
	}
}
int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_chan *c = gort_chan_make(int, 0), *ready = gort_chan_make(int, 0);
	int v;
	pthread_t t;
	if (strcmp(what, "quit") == 0) {
		gort_go(waiter, c);
		gort_go(burner, ready);
		gort_recv(ready, &v);
		while (!__atomic_load_n(&burning, __ATOMIC_SEQ_CST))
			gort_gosched();
		kill(getpid(), SIGQUIT);
		pause();
	}
	if (strcmp(what, "idle") == 0) {
		gort_go(waiter, c);
		puts("idle");
		fflush(stdout);
		gort_sleep(100 * GORT_SEC);
	}
	if (strcmp(what, "nil") == 0) {
		gort_go(waiter, c);
		gort_gosched();
		gort_sleep(GORT_MS);
		return *(volatile int *)(uintptr_t)(argc - 2);
	}
	if (strcmp(what, "kill") == 0) {
		kill(getpid(), SIGSEGV);
		pause();
	}
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "foreign") == 0) {
		pthread_create(&t, NULL, foreign, argv[2]);
		gort_sleep(100 * GORT_SEC);
	}
	return 0;
}
C
	gort build -o x x.c -pthread
}

test_sigquit() {
	program
	run env GOMAXPROCS=2 ./x quit
	want_status 2
	want_err "SIGQUIT: quit" "PC=0x" " m=" " sigcode=0" "goroutine 1 [" "goroutine 5 [" \
		"goroutine 6 [running]:" "created by gort_main in goroutine 1"
	want_equal "$(head -n 1 err)" "SIGQUIT: quit"
	want_not_err "bgsweep"
}

# registers FILE: the block of registers at its end, a line each, in Go's order.
registers() {
	tail -n 21 "$1" | grep -cE '^r?[0-9a-z]{1,5} +0x[0-9a-f]+$' | grep -qx 21 || {
		show >&2
		die "no block of registers"
	}
	want_equal "$(tail -n 21 "$1" | awk '{ printf "%s ", $1 }')" \
		"rax rbx rcx rdx rdi rsi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip rflags cs fs gs "
	want_equal "$(tail -n 22 "$1" | head -n 1)" ""
}

# The registers are those of the code that the signal found.
test_registers() {
	cat >y.c <<'C'
#include <gort.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
static __attribute__((noinline)) int deep(volatile int n) { return deep(n + 1) + n; }
static void recurse(void *arg) { (void)arg; deep(0); }
int
gort_main(int argc, char **argv)
{
	if (argc > 1) {
		gort_go(recurse, NULL);
		gort_sleep(100 * GORT_SEC);
	}
	long self = getpid();
	register long number __asm__("rax") = SYS_KILL, pid __asm__("rdi") = self,
		sig __asm__("rsi") = SIGQUIT, r13 __asm__("r13") = 0xfeed,
		r14 __asm__("r14") = -2;
	(void)argv;
	__asm__ volatile("syscall\n1:	pause\n	jmp 1b"
			 : "+r"(number)
			 : "r"(pid), "r"(sig), "r"(r13), "r"(r14)
			 : "rcx", "r11", "memory");
	return 0;
}
C
	gort build -DSYS_KILL=62 -o y y.c
	run env GOMAXPROCS=1 ./y
	want_status 2
	registers err
	want_err "r13    0xfeed" "r14    0xfffffffffffffffe" "rsi    0x3"
	# The context's pc is in both places.
	want_equal "$(sed -n 's/^rip *//p' err)" "$(sed -n 's/^PC=\(0x[0-9a-f]*\) .*/\1/p' err)"
	run env GOTRACEBACK=none ./y
	want_status 2
	want_not_err "rax"
	# A full stack is no place to look for them, so here they are.
	run ./y overflow
	want_status 2
	want_err "fatal error: stack overflow"
	registers err
	# A panic is not about registers.
	program
	run ./x nil
	want_status 2
	want_not_err "rax"
}

# All threads idle: the signal lands on one that sleeps in the scheduler.
test_sigquit_idle() {
	program
	mkfifo line
	./x idle >line 2>err &
	pid=$!
	read -r word <line
	want_equal "$word" idle
	# Until every thread sleeps: in futex, nanosleep or clock_nanosleep.
	until ! cat /proc/$pid/task/*/syscall | grep -qvE '^(202|35|230) '; do :; done
	kill -QUIT $pid
	status=0
	wait $pid || status=$?
	: >out
	want_status 2
	want_err "SIGQUIT: quit" "goroutine 1 [sleep]:" "gort_main(...)"
}

# A goroutine inside an announced call shows the stack it called from.
test_syscall() {
	cat >y.c <<'C'
#include <gort.h>
#include <signal.h>
#include <unistd.h>
static gort_chan *c;
static int in_call;
static void
wait_for_it(void *arg)
{
	(void)arg;
	__atomic_store_n(&in_call, 1, __ATOMIC_SEQ_CST);
	pause();
}
static __attribute__((noinline)) void
blocker(void *arg)
{
	(void)arg;
	gort_send(c, 1);
	gort_block(wait_for_it, NULL);
	__asm__ volatile("");
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	c = gort_chan_make(int, 0);
	gort_go(blocker, NULL);
	int v;
	gort_recv(c, &v);
	while (!__atomic_load_n(&in_call, __ATOMIC_SEQ_CST))
		gort_gosched();
	kill(getpid(), SIGQUIT);
	gort_sleep(10 * GORT_SEC);
	return 0;
}
C
	gort build -o y y.c
	run ./y
	want_status 2
	want_err "goroutine 5 [syscall]:" "blocker(...)" "created by gort_main in goroutine 1"
}

test_sigquit_foreign_thread() {
	program
	run ./x foreign quit
	want_status 2
	want_equal "$(head -n 1 err)" "SIGQUIT: quit"
	want_err " m=0 " "goroutine 1 ["
}

# Somebody else's SIGSEGV: another thread's, or one that was sent, is not ours to explain.
test_chain() {
	only opt debug hard ubsan # the others have handlers of their own
	program
	run ./x foreign segv
	want_status 139
	want_not_err "panic"
	run env HANDLER=1 ./x foreign segv
	want_status 9
	want_out "their handler: 11 at 0x5000"
	run ./x kill
	want_status 139
	run env HANDLER=1 ./x kill
	want_status 9
	# A goroutine's fault is ours even then.
	run env HANDLER=1 ./x nil
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference"
}

test_abort_is_theirs() {
	program
	run ./x abort
	want_status 134
	want_not_err "goroutine"
	want_not_err "SIGABRT"
}

levels() {
	run env GOTRACEBACK="$1" ./x nil
	want_err "panic: runtime error: invalid memory address or nil pointer dereference"
}

test_gotraceback() {
	program
	levels none
	want_status 2
	want_not_err "goroutine"

	levels single
	want_status 2
	want_err "goroutine 1 [running]:" "gort_main(...)"
	want_not_err "goroutine 5"
	want_not_err "gopark"

	levels ""
	want_not_err "goroutine 5"

	levels all
	want_status 2
	want_err "goroutine 1 [running]:" "goroutine 5 [chan receive]:" "waiter(...)"
	want_not_err "gopark"
	want_not_err "forcegchelper"

	levels system
	want_status 2
	want_err "goroutine 1 gp=0x" "sigpanic(...)" "runtime_main(...)" "goroutine 5 gp=0x" "gopark(...)" \
		"forcegchelper" " fp=0x" " sp=0x" " pc=0x"

	levels crash
	want_status 134
	want_err "goroutine 5 gp=0x"

	levels 0
	want_status 2
	want_not_err "goroutine"
	levels 2
	want_err "goroutine 5 gp=0x"
}

# Two goroutines panic at once, and main returns: one report, whole, status 2.
test_one_report() { # secs=120
	cat >y.c <<'C'
#include <gort.h>
static void boom(void *arg) { (void)arg; gort_close((gort_chan *)NULL); }
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < 50; i++)
		gort_go(boom, NULL);
	gort_gosched();
	return 0;
}
C
	gort build -o y y.c
	i=0
	while [ $i -lt 20 ]; do
		run ./y
		[ $status = 2 ] || [ $status = 0 ] || want_status 2
		if [ $status = 2 ]; then
			want_equal "$(grep -c '^panic: close of nil channel$' err)" 1
			want_equal "$(grep -c '^goroutine .*running' err)" 1
		fi
		i=$((i + 1))
	done
}

# The world stands still while stacks are printed: nobody writes between the lines of a report.
test_frozen() {
	cat >y.c <<'C'
#include <gort.h>
static gort_waitgroup started;
static void
writer(void *arg)
{
	(void)arg;
	gort_waitgroup_done(&started);
	for (;;) {
		(void)gort_write(2, "X\n", 2);
		gort_gosched();
	}
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_waitgroup_add(&started, 100);
	for (int i = 0; i < 100; i++)
		gort_go(writer, NULL);
	gort_waitgroup_wait(&started);
	gort_close((gort_chan *)NULL);
	return 0;
}
C
	gort build -o y y.c
	run env GOMAXPROCS=4 GOTRACEBACK=all ./y
	want_status 2
	want_err "panic: close of nil channel"
	want_equal "$(grep -c '^goroutine ' err)" 101
	grep -q '^X$' err || die "nobody wrote before"
	sed -n '/^goroutine 1 \[running\]/,$p' err >report
	# Each of the 100 may be inside write(2) already, on a thread of its own, and finish it; nobody
	# starts another.
	n=$(grep -c '^X$' report || :)
	[ "$n" -le 100 ] || die "$n lines of goroutines between the lines of the report"
}

# A stripped program still says what it can.
test_stripped() {
	program
	strip -s x
	run ./x nil
	want_status 2
	want_err "panic: runtime error: invalid memory address" "goroutine 1 [running]:"
}

test_freestanding() {
	only opt
	cat >f.c <<'C'
#include <gort.h>
static __attribute__((noinline)) int nilread(volatile int *p) { return *p; }
static __attribute__((noinline)) int deep(volatile int n) { return deep(n + 1) + n; }
static void waiter(void *c) { int v; gort_recv((gort_chan *)c, &v); }
static void recurse(void *arg) { (void)arg; deep(0); }
int
gort_main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == 'n')
		return nilread((int *)(uintptr_t)(argc - 2)) + 1;
	if (argc > 1 && argv[1][0] == 'o')
		gort_go(recurse, NULL);
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(waiter, c);
	int v;
	gort_recv(c, &v);
	return 0;
}
C
	gort build --freestanding -o f f.c
	run ./f nil
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference" \
		"goroutine 1 [running]:" "nilread(...)" "gort_main(...)"
	want_not_err "sigpanic"
	want_not_err "runtime_main"
	run ./f deadlock
	want_status 2
	want_err "fatal error: all goroutines are asleep - deadlock!" "goroutine 1 [chan receive]:" \
		"goroutine 5 [chan receive]:" "waiter(...)" "created by gort_main in goroutine 1"
	want_not_err "gopark"
	run ./f overflow
	want_status 2
	want_err "runtime: goroutine stack exceeds " "fatal error: stack overflow" "deep(...)"
	strip -s f
	run ./f nil
	want_status 2
	want_err "panic: runtime error: invalid memory address" "?(...)" " pc=0x"
}

# A function whose last act is the call that fails is in the traceback, and so is who started the
# goroutine through a wait group.
test_tail_call() {
	cat >x.c <<'C'
#include <gort.h>
static gort_waitgroup wg;
static void __attribute__((noinline))
closes(gort_chan *c)
{
	gort_close(c);
}
static void
worker(void *arg)
{
	closes((gort_chan *)arg);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_waitgroup_go(&wg, worker, NULL);
	gort_waitgroup_wait(&wg);
	return 0;
}
C
	run gort run x.c
	want_status 2
	want_err "panic: close of nil channel" "goroutine 5 [running]:" "closes(...)" "worker(...)" \
		"created by gort_main in goroutine 1"
}
