# C programs that are marked while they run: what they write is read again (src/gc/hosted/track.c).

# The kernel may have none of it, or a container may not let us.
tracked() {
	only opt debug hard # the sanitizers' variables and shadows
	cat >has.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_gc();
	return 0;
}
C
	run env GODEBUG=gctrack=wp,gctrace=1 "$TOP/gort" run has.c
	want_status 0
	grep -qx 'gctrack: wp' err || skip "this kernel does not say which pages are written"
}

# graph GODEBUG SEED PROCS [SECONDS]
graph() {
	run env GODEBUG="gctrack=wp,gctrace=2,$1" "$TOP/gort" run "$TOP"/tests/stress/[a-z]*.c -- "${4:-${GORT_TORTURE_SECONDS:-4}}" "$2" "$3" graph
	want_status 0
	want_out " nodes seen"
	want_err "gc 10 @"
	# It is not always nothing that is left for the end, and rounds find something.
	grep -q "written: [1-9]" err || die "no round has found a page"
}

test_torture() { # secs=300
	tracked
	graph clobberfree=1 1 1
	graph clobberfree=1 2 2
	graph clobberfree=1 3 8
	graph clobberfree=1,gcstress=50 4 4
	graph clobberfree=1,gccheckmark=1 5 3
}

test_torture_fast_code() { # secs=120
	tracked
	"${CC:-gcc}" -O3 -march=native -I"$TOP/include" -o x "$TOP"/tests/stress/[a-z]*.c "$(gort env | sed -n 's/^GORT_LIB=//p')/libgort.a" -lpthread -lm -ldl
	run env GODEBUG=gctrack=wp,gctrace=1,clobberfree=1 ./x "${GORT_TORTURE_SECONDS:-4}" 6 2 graph
	want_status 0
	want_err "gc 10 @"
}

test_torture_split() { # secs=120
	tracked
	only opt
	run env GODEBUG=gctrack=wp,gctrace=1,clobberfree=1 "$TOP/gort" run --split-stack "$TOP"/tests/stress/[a-z]*.c -- "${GORT_TORTURE_SECONDS:-4}" 7 2 graph
	want_status 0
	want_err "gc 10 @"
}

# Go programs have a barrier; they must do without.
test_torture_go() { # secs=300
	tracked
	only opt
	need gccgo-12
	run env GOMAXPROCS=2 GODEBUG=gctrack=wp,gctrace=1,clobberfree=1 "$TOP/gort" run "$TOP"/tests/gotorture/*.go -- "${GORT_TORTURE_SECONDS:-4}" 1
	want_status 0
	want_err "gctrack: wp" "gc 10 @"
}

# A heap of some size, in which one goroutine writes and counts its turns, and the longest time between two.
writer() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
struct node { struct node *to[3]; long n; };
enum { N = 200000 };
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct node **table = gort_alloc(N * sizeof *table);
	for (int i = 0; i < N; i++)
		table[i] = gort_alloc(sizeof **table);
	unsigned x = 1;
	int64_t end = gort_now() + 2 * GORT_SEC;
	long turns = 0;
	while (gort_now() < end) {
		for (int i = 0; i < 100; i++) {
			x = x * 1664525 + 1013904223;
			struct node *p = gort_alloc(sizeof *p);
			p->to[0] = table[x % N]->to[1];
			p->n = 7;
			table[x / 64 % N] = p;
		}
		turns++;
	}
	for (int i = 0; i < N; i++)
		if (table[i]->to[0] != NULL && table[i]->to[0]->n != 7)
			return 1;
	printf("%ld turns\n", turns);
	return 0;
}
C
}

# The program gets on during the mark: in most collections more time goes by beside it than it is stopped, and
# a round finds what it has written. Not in all: others may have the CPUs when it is to be stopped.
test_progress() { # secs=60
	tracked
	writer
	run env GOMAXPROCS=2 GODEBUG=gctrace=2 "$TOP/gort" run x.c
	want_status 0
	awk '/^gctrack: wp, / && $9 > 0 { wrote++ }
	/^gc / {
		split($5, ms, "+")
		if (ms[2] > 0) n++
		if (ms[2] > ms[1] + ms[3]) more++
	} END {
		print n " collections, " more " mostly beside the program, which wrote in " wrote
		exit !(n >= 5 && 2 * more > n && 2 * wrote > n)
	}' err >sums || die "$(cat sums; tail -5 err)"
}

# Who asks for it gets it otherwise.
test_choice() { # secs=60
	tracked
	writer
	for debug in gctrack=stw gcstoptheworld=1 gctrack=wp,gcstoptheworld=1; do
		run env GODEBUG=$debug,gctrace=2 "$TOP/gort" run x.c
		want_status 0
		want_err "gc 5 @"
		! grep -q gctrack err || die "$debug: $(grep gctrack err | head -3)"
		awk '/^gc / { split($5, ms, "+"); if (ms[2] != 0) exit 1 }' err || die "$debug: it runs during the mark"
	done
	run env GODEBUG=gctrack=softdirty,gctrace=2 "$TOP/gort" run x.c
	want_status 0
	want_err "gort: GODEBUG=gctrack=softdirty: not there"
	! grep -q "gctrack: " err || die "$(grep 'gctrack: ' err | head -3)"
	run env GODEBUG=gctrack=soft "$TOP/gort" run has.c
	want_status 0
	want_err gctrack
}

# Small programs, and programs of Go's, ask the kernel for nothing.
test_asks_only_if_needed() { # secs=120
	tracked
	only opt debug # hard has tiny limits
	need strace
	cat >small.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < 100000; i++)
		gort_alloc(100);
	gort_gc();
	return 0;
}
C
	gort build -o small small.c
	strace -f -o trace -e trace=userfaultfd ./small
	! grep -q userfaultfd\( trace || die "a small program: $(cat trace)"
	writer
	gort build -o x x.c
	strace -f -o trace -e trace=userfaultfd ./x
	grep -q userfaultfd\( trace || die "a large one does not: $(cat trace)"
	need gccgo-12
	cat >x.go <<'GO'
package main

import "runtime"

type node struct{ l, r *node }

func tree(d int) *node {
	if d == 0 {
		return &node{}
	}
	return &node{tree(d - 1), tree(d - 1)}
}

func main() {
	keep := tree(18)
	for i := 0; i < 20; i++ {
		tree(14)
	}
	runtime.GC()
	runtime.KeepAlive(keep)
}
GO
	gort build -o xgo x.go
	strace -f -o trace -e trace=userfaultfd ./xgo
	! grep -q userfaultfd\( trace || die "a program of Go's: $(cat trace)"
}

# The child of a fork in the middle of a mark has none of the descriptors, and its parent goes on.
# A program that closes all descriptors that it does not know is marked as before there were any.
test_descriptors() { # secs=60
	tracked
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
struct node { struct node *to[3]; long n; };
enum { N = 200000 };
static struct node **table;
static int
ours(void)
{
	char to[100], path[300];
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
		ssize_t k = readlink(path, to, sizeof to - 1);
		to[k < 0 ? 0 : k] = 0;
		n += strstr(to, "userfaultfd") != NULL || strstr(to, "pagemap") != NULL;
		if ((strstr(to, "userfaultfd") != NULL || strstr(to, "pagemap") != NULL) && atoi(e->d_name) < 100)
			n += 100;
	}
	closedir(d);
	return n;
}
static void
churn(int turns)
{
	static unsigned x = 1;
	for (int i = 0; i < turns; i++) {
		x = x * 1664525 + 1013904223;
		struct node *p = gort_alloc(sizeof *p);
		p->to[0] = table[x % N]->to[1];
		p->n = 7;
		table[x / 64 % N] = p;
	}
}
int
gort_main(int argc, char **argv)
{
	table = gort_alloc(N * sizeof *table);
	for (int i = 0; i < N; i++)
		table[i] = gort_alloc(sizeof **table);
	churn(1000000);
	printf("parent %d\n", ours());
	fflush(stdout);
	for (int i = 0; i < 20; i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			for (int k = 0; k < N; k++)
				table[k]->to[2] = (struct node *)table[k];
			_exit(ours());
		}
		churn(50000);
		if (waitpid(pid, &status, 0) != pid || status != 0) {
			printf("child %x\n", status);
			return 1;
		}
	}
	printf("parent %d\n", ours());
	fflush(stdout);
	if (argc > 1)
		closefrom(3);
	(void)argv;
	churn(2000000);
	for (int i = 0; i < N; i++)
		if (table[i]->n != 0 && table[i]->n != 7)
			return 1;
	printf("whole\n");
	return 0;
}
C
	run env GODEBUG=clobberfree=1,gctrace=1 "$TOP/gort" run x.c
	want_status 0
	want_out "parent 2" whole
	! grep -q "gctrack: stw" err || die "$(grep gctrack err)"
	run env GODEBUG=clobberfree=1,gctrace=1 "$TOP/gort" run x.c -- close
	want_status 0
	want_out "parent 2" whole
	grep -q "gctrack: stw: the kernel refuses" err || die "$(grep gctrack err)"
}

# A thread that blocks the runtime's signal: nothing is collected while it does, and nothing hangs.
test_cannot_be_stopped() { # secs=60
	tracked
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
struct node { struct node *to[3]; long n; };
enum { N = 200000 };
static struct node **table;
static volatile int stop, blocked;
static void *
blocks(void *arg)
{
	unsigned long all = ~0ul, none = 0;
	struct timespec ms = {0, 1000000};
	gort_alloc(10);
	(void)arg;
	while (!stop) {
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
		for (int i = 0; i < 300 && !stop; i++) {
			blocked = 1;
			for (volatile int k = 0; k < 300000; k++)
				;
		}
		blocked = 0;
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
		for (int i = 0; i < 20; i++)
			nanosleep(&ms, NULL);
	}
	return NULL;
}
int
gort_main(int argc, char **argv)
{
	pthread_t t;
	(void)argc, (void)argv;
	table = gort_alloc(N * sizeof *table);
	for (int i = 0; i < N; i++)
		table[i] = gort_alloc(sizeof **table);
	gort_gc();
	if (pthread_create(&t, NULL, blocks, NULL) != 0)
		return 1;
	unsigned x = 1;
	int64_t end = gort_now() + 4 * GORT_SEC;
	while (gort_now() < end)
		for (int i = 0; i < 1000; i++) {
			x = x * 1664525 + 1013904223;
			struct node *p = gort_alloc(sizeof *p);
			p->to[0] = table[x % N]->to[1];
			p->n = 7;
			table[x / 64 % N] = p;
		}
	stop = 1;
	pthread_join(t, NULL);
	for (int i = 0; i < N; i++)
		if (table[i]->n != 0 && table[i]->n != 7)
			return 1;
	printf("whole\n");
	return 0;
}
C
	run env GOMEMLIMIT=2GiB GODEBUG=clobberfree=1,gctrace=1 "$TOP/gort" run x.c
	want_status 0
	want_out whole
	want_err "gc 3 @"
}

# A mark that leaves something out: noticed within a minute.
test_can_fail() { # secs=900
	tracked
	only opt
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	for broken in TRACKROUND:track TRACKLAST:track TRACKSEEN:markpage TRACKSTACKS:roots ROOTREGS:scanstack; do
		name=${broken%:*}
		make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" ${b:+B="$b"} CC="${CC:-gcc}" SRC="src/gc/hosted/${broken#*:}.c" \
			OUT="$PWD/$name.a" BREAK="-DGORT_BREAK=BREAK_$name" broken >make.log 2>&1 || die "$(cat make.log)"
		"${CC:-gcc}" -O2 -I"$TOP/include" -o "$name" "$TOP"/tests/stress/[a-z]*.c "$name.a" -lpthread -lm -ldl
		run env GODEBUG=gctrack=wp,clobberfree=1 "./$name" 100 1 2 graph
		[ "$status" != 0 ] || die "nobody noticed that $name is left out"
	done
}
