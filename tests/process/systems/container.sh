# System call filters, as containers have them: what is refused has a fallback.

setup() {
	cat >deny.c <<'C'
/* deny ERRNO NR[:ARG2]... -- CMD: runs CMD where these system calls fail with ERRNO (only with that
 * third argument, if one is given). */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
static struct sock_filter code[100];
static unsigned short n;
static void
add(struct sock_filter f)
{
	code[n++] = f;
}
int
main(int argc, char **argv)
{
	unsigned err = (unsigned)atoi(argv[1]);
	int i = 2;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		char *colon = strchr(argv[i], ':');
		unsigned nr = (unsigned)atoi(argv[i]);
		add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)));
		if (colon) {
			add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3));
			add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				offsetof(struct seccomp_data, args[2])));
			nr = (unsigned)atoi(colon + 1);
		}
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
		add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | err));
	}
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	struct sock_fprog prog = { n, code };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
		return 77;
	execv(argv[i + 1], argv + i + 1);
	return 78;
}
C
	gcc -o deny deny.c
	cat >nr.c <<'C'
#include <sys/syscall.h>
membarrier = __NR_membarrier
mmap = __NR_mmap
mprotect = __NR_mprotect
clone = __NR_clone
rt_sigprocmask = __NR_rt_sigprocmask
sigaltstack = __NR_sigaltstack
futex = __NR_futex
nanosleep = __NR_nanosleep
arch_prctl = __NR_arch_prctl
getrandom = __NR_getrandom
madvise = __NR_madvise
sched_getaffinity = __NR_sched_getaffinity
prlimit64 = __NR_prlimit64
statfs = __NR_statfs
openat = __NR_openat
fcntl = __NR_fcntl
rt_sigaction = __NR_rt_sigaction
C
	gcc -E -P nr.c | sed 's/ *= */=/' >nr.sh
	. ./nr.sh
	cat >x.c <<'C'
#include <gort.h>
static void
worker(void *arg)
{
	volatile char local[9000];
	local[0] = 1;
	char *p = gort_make(char, 50000);
	p[0] = local[0];
	gort_send((gort_chan *)arg, (int)p[0]);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 4);
	int sum = 0, v;
	gort_sleep(GORT_MS); /* threads sleep by futex */
	for (int i = 0; i < 300; i++)
		gort_go(worker, c);
	for (int i = 0; i < 300; i++) {
		(void)gort_recv(c, &v);
		sum += v;
	}
	gort_printf("sum %d\n", sum);
	return 0;
}
C
	gort build -o x x.c
	gort build --freestanding -o f x.c
	./deny 1 -- ./x >/dev/null || skip "no system call filters here"
}

# fine ERRNO NR...: both flavours run as if nothing were refused.
fine() {
	for flavour in ./x ./f; do
		run ./deny "$@" -- "$flavour"
		want_status 0
		want_equal "$(cat out)" "sum 300"
		want_lines err 0
	done
}

test_refused_calls() { # secs=180
	only opt debug hard
	setup
	for err in 1 38; do # EPERM, ENOSYS: filters use either
		fine $err "$getrandom"
		fine $err "$sched_getaffinity"
		fine $err "$prlimit64"
		fine $err "$statfs"
		fine $err "$madvise:102" # MADV_GUARD_INSTALL, on kernels that do not know it (EINVAL)
	done
	fine 22 "$madvise:102"
	fine 22 "$madvise"
	fine 38 "$getrandom" "$sched_getaffinity" "$prlimit64" "$statfs" "$madvise" "$nanosleep"
}

# Without a barrier nobody can be preempted; that is said, once.
test_no_membarrier() { # secs=180
	only opt debug hard
	setup
	for flavour in ./x ./f; do
		for err in 1 38; do
			run ./deny $err "$membarrier" -- "$flavour"
			want_status 0
			want_equal "$(cat out)" "sum 300"
			want_lines err 1
			want_err "gort: the kernel refuses membarrier: goroutines that compute or sleep without entering the runtime are not preempted (GODEBUG=asyncpreemptoff=1 accepts that)"
			run env GODEBUG=asyncpreemptoff=1 ./deny $err "$membarrier" -- "$flavour"
			want_status 0
			want_lines err 0
		done
	done
}

# The flavour without libc, where every call is the runtime's own: what has no fallback ends it in
# words. (The other flavour: refusals.sh.)
test_freestanding_dies() { # secs=180
	only opt
	setup
	while read -r call text; do
		eval "nr=\$$call"
		# shellcheck disable=SC2154
		run ./deny 1 "$nr" -- ./f
		want_status 2
		want_err "$text"
		want_not_err "panic during panic"
	done <<E
mmap gort: out of memory at start: the kernel refuses
mprotect gort: out of memory at start: the kernel refuses
clone gort: the kernel refuses a thread (errno 1)
rt_sigaction gort: cannot install the handler of SIGSEGV
rt_sigprocmask runtime: the kernel refuses rt_sigprocmask (errno 1)
sigaltstack runtime: the kernel refuses sigaltstack (errno 1)
futex runtime: the kernel refuses futex (errno 1)
fcntl runtime: the kernel refuses fcntl (errno 1)
arch_prctl gort: the kernel refuses arch_prctl
E
}

# With no file to be had, too: no /proc, no /sys.
test_no_files() { # secs=120
	only opt debug hard
	setup
	run ./deny 2 "$openat" -- ./f
	want_status 0
	want_equal "$(cat out)" "sum 300"
}
