# What the process brings along: descriptors, privileges, variables.

program() {
	cat >x.c <<'C'
#include <gort.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void
link_of(int fd)
{
	char path[64], to[256];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, to, sizeof to - 1);
	to[n > 0 ? n : 0] = 0;
	FILE *f = fopen("fds", "a");
	fprintf(f, "%d %s\n", fd, to);
	fclose(f);
}
int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "fds") == 0)
		for (int fd = 0; fd <= 2; fd++)
			link_of(fd);
	if (strcmp(what, "nil") == 0)
		return *(volatile int *)(uintptr_t)(argc - 2);
	if (strcmp(what, "procs") == 0)
		printf("%d\n", gort_gomaxprocs(0));
	if (strcmp(what, "env") == 0)
		printf("%s|%s\n", getenv("GORT_X"), argv[2]);
	return 0;
}
C
	gort build -o x x.c
}

test_closed_fds() {
	program
	./x fds <&- >&- 2>&-
	want_equal "$(cat fds)" "0 /dev/null
1 /dev/null
2 /dev/null"
	rm fds
	./x fds 2>&- >out </dev/zero
	want_equal "$(cat fds)" "0 /dev/zero
1 $PWD/out
2 /dev/null"
}

# A set-user-ID program ignores GODEBUG and GOTRACEBACK, and prints no stacks.
test_secure() {
	only opt debug hard # the sanitizers explain a nil pointer themselves
	[ "$(id -u)" = 0 ] || skip "needs root"
	program
	run env GODEBUG=boottrace=1 GOTRACEBACK=all ./x nil
	want_err "boot: " "goroutine 1 [running]:"
	chmod 755 .
	chown nobody x
	chmod 4755 x
	run env GODEBUG=boottrace=1 GOTRACEBACK=all ./x nil
	want_status 2
	want_err "panic: runtime error: invalid memory address or nil pointer dereference"
	want_not_err "boot:"
	want_not_err "goroutine"
}

test_arguments() {
	program
	want_equal "$(GORT_X='a b' ./x env 'c d')" "a b|c d"
}

test_gomaxprocs() {
	program
	want_equal "$(GOMAXPROCS=3 ./x procs)" 3
	want_equal "$(GOMAXPROCS=1 ./x procs)" 1
}

# Who says how many needs no quota. A value that is of no use has it read after all, one step later.
test_quota_where_needed() {
	program
	GODEBUG=boottrace=1 GOMAXPROCS=3 ./x procs >out 2>err
	want_err "quota not read"
	GODEBUG=boottrace=1 ./x procs >out 2>err
	want_not_err "quota not read"
	for v in 3:0 x:1 :1; do
		GOMAXPROCS=${v%:*} strace -o trace -e trace=openat ./x procs >out 2>err
		want_equal "$(grep -c /proc/self/cgroup trace)" "${v##*:}"
	done
}

# More than 1,024 counts as 1,024, without a word, as docs/debug.md says; what is no 32-bit number is
# malformed.
test_gomaxprocs_cap() { # secs=120
	program
	for v in 1023 1024 1025 100000 2147483647; do
		run env GOMAXPROCS=$v ./x procs
		want_status 0
		want_lines err 0
		want_equal "$(cat out)" $((v < 1024 ? v : 1024))
	done
	run env GOMAXPROCS=2147483648 ./x procs
	want_status 0
	want_err "gort: malformed GOMAXPROCS \"2147483648\" (want a number above 0), using the default"
	want_equal "$(cat out)" "$(./x procs)"
}

# A malformed value: one line that names the variable, and the default.
test_malformed() {
	program
	default=$(./x procs)
	for v in 0 -1 x 2x "" 99999999999999999999; do
		run env GOMAXPROCS="$v" ./x procs
		want_status 0
		want_equal "$(cat out)" "$default"
		[ -z "$v" ] || {
			want_lines err 1
			want_err GOMAXPROCS
		}
	done
	run env GODEBUG=schedtrace=fast,nosuchkey=1 ./x procs
	want_status 0
	want_lines err 1
	want_err schedtrace
	run env GOGC=lots ./x procs
	want_lines err 1
	want_err GOGC
	run env GOTRACEBACK=loud ./x procs
	want_lines err 1
	want_err GOTRACEBACK
}

test_affinity() {
	need taskset
	program
	want_equal "$(taskset -c 0 ./x procs)" 1
}

# What the kernel refuses at start: one line, and no stacks of ours.
test_refused_memory() {
	only opt debug hard # the sanitizers want terabytes
	program
	default=$(./x procs)
	run sh -c 'ulimit -v 40000 && exec ./x procs'
	want_status 2
	want_lines err 1
	want_err "gort: out of memory at start: the kernel refuses"
	want_lines out 0
	want_equal "$(./x procs)" "$default"
}

test_refused_thread() {
	only opt debug hard
	[ "$(id -u)" = 0 ] || skip "needs root"
	need python3
	program
	chmod 755 . x
	cat >limit.py <<'PY'
import os, resource
os.setgroups([]); os.setgid(65534); os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
os.execv("./x", ["x", "procs"])
PY
	run python3 limit.py
	want_status 2
	want_lines err 1
	want_err "gort: the kernel refuses a thread (errno 11: see ulimit -u, and pids.max of the container)"
	want_lines out 0
}
