# The kernel refuses. For each line of src/os/linux/syscalls.def there is a test_NAME here that states
# what docs/debug.md promises: a message that names the thing and exit status 2, or the program's
# regular result. Never a crash, never silence, never a hang.
#
# GORT_FAULT=call:n refuses the n-th call (src/os/linux/fault.c), in debug and hard builds. What the
# flavour without libc does is in container.sh: filters of system calls refuse there.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
static int fds[2];
static int stop;
static void
worker(void *arg)
{
	char big[3000];
	memset(big, 1, sizeof big);
	char *p = gort_make(char, 100000);
	p[99999] = big[2999];
	gort_send((gort_chan *)arg, (int)p[99999]);
}
static void
locked(void *arg)
{
	gort_lock_os_thread();
	worker(arg);
}
static void
burner(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		__asm__ volatile("pause");
	gort_send((gort_chan *)arg, 1);
}
static void
reader(void *arg)
{
	char b;
	int n = (int)read(fds[0], &b, 1);
	gort_send((gort_chan *)arg, n);
}
static pid_t tid;
/* Until the receiver sleeps in its call, or has left it. */
static void
wait_for_receiver(void)
{
	char path[64], now[16];
	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid);
	for (int i = 0; i < 50; i++) {
		FILE *f = fopen(path, "r");
		if (f == NULL)
			return;
		if (fgets(now, sizeof now, f) == NULL)
			now[0] = 0;
		fclose(f);
		if (strncmp(now, "45 ", 3) == 0)
			return;
		gort_sleep(GORT_MS);
	}
}
/* Must take as long as it was asked to, however often it is interrupted. */
static void
receiver(void *arg)
{
	struct timeval tv = {0, 100000};
	int s[2];
	char b;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
		_exit(80);
	setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	tid = gettid();
	gort_send((gort_chan *)arg, 1);
	int64_t began = gort_now();
	int n = (int)recv(s[0], &b, 1, 0), ok = n == -1 && errno == EAGAIN;
	gort_send((gort_chan *)arg, ok && gort_now() - began >= 100 * GORT_MS);
}
static void *
thread(void *arg)
{
	gort_send((gort_chan *)arg, 1);
	return NULL;
}
static int
sum(gort_chan *c, int n)
{
	int s = 0, v;
	for (int i = 0; i < n; i++) {
		(void)gort_recv(c, &v);
		s += v;
	}
	return s;
}
/* 60 ones: from goroutines, one that sleeps in a call, a thread of the program's. */
static int
cooperative(gort_chan *c)
{
	pthread_t t;
	int s = 0;
	for (int i = 0; i < 58; i++)
		gort_go(i < 3 ? locked : worker, c);
	s += sum(c, 58);
	if (pthread_create(&t, NULL, thread, c) == 0)
		s += sum(c, 1);
	else
		s++; /* the program's own is not the question */
	gort_go(reader, c);
	gort_sleep(GORT_MS);
	if (write(fds[1], "x", 1) != 1)
		_exit(81);
	return s + sum(c, 1);
}
/* 3 more: the world stops while one goroutine computes and one sleeps in a call. */
static int
preemptive(gort_chan *c)
{
	int s = 0, procs = gort_gomaxprocs(0);
	gort_go(burner, c);
	gort_go(receiver, c);
	s += sum(c, 1);
	wait_for_receiver();
	for (int i = 0; i < 5; i++) {
		gort_sleep(GORT_MS);
		gort_gomaxprocs(2 + i % 2);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	s += sum(c, 2);
	gort_gomaxprocs(procs);
	return s;
}
static char text[40000];
int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_chan *c = gort_chan_make(int, 0);
	if (pipe(fds) != 0)
		return 82;
	if (strcmp(what, "cpus") == 0) {
		gort_printf("%d %d\n", gort_num_cpu(), gort_gomaxprocs(0));
		return 0;
	}
	if (strcmp(what, "fault") == 0)
		return *(volatile int *)(uintptr_t)(argc - 2);
	if (strcmp(what, "deadlock") == 0)
		return sum(c, 1);
	if (strcmp(what, "open") == 0) {
		printf("%d\n", gort_open("/dev/null", 0, 0));
		return 0;
	}
	if (strcmp(what, "files") == 0) {
		char b;
		int fd = gort_open("/dev/zero", 0, 0);
		int got = (int)gort_read(fd, &b, 1);
		int put = (int)gort_write(1, "+", 1);
		printf("%d %d %d %d\n", got, put, gort_close_fd(fd), gort_printf("."));
		return 0;
	}
	int s = cooperative(c);
	if (strcmp(what, "cooperative") != 0)
		s += preemptive(c) - 3;
	memset(text, ' ', sizeof text - 1);
	text[sizeof text - 2] = '\n';
	int r = gort_printf("%s", text);
	if (r != (int)sizeof text - 1 && r != GORT_ENOMEM)
		return 83;
	gort_printf("sum %d\n", s);
	return s == 60 ? 0 : 9;
}
C
	gort build -o x x.c -pthread
}

# The same, in a program with its own main.
guest() {
	program
	sed 's/^gort_main(/main(/' x.c >g.c
	gort build -o g g.c -pthread
}

# faulty SPEC CMD...: with GORT_FAULT=SPEC, on two processors or $procs.
faulty() {
	faulty_spec=$1
	shift
	run env GORT_FAULT="$faulty_spec" GOMAXPROCS="${procs-2}" timeout -s QUIT 20 "$@"
}

# reached CALL CMD...: the program makes such a call at all.
reached() {
	reached_call=$1
	shift
	faulty "$reached_call:1:die" "$@"
	want_status 2
	want_err "of $reached_call" "fatal error: GORT_FAULT"
}

works() {
	if [ "${status:?}" -ne 0 ] || ! grep -q "sum 60" out; then
		show >&2
		die "$faulty_spec: not as if nothing were refused"
	fi
}

# fine SPEC [CMD...]: as if nothing were refused, and not a word.
fine() {
	fine_spec=$1
	shift
	[ $# -gt 0 ] || set -- ./x
	faulty "$fine_spec" "$@"
	works
	want_lines err 0
}

# dead TEXT: the end in words, one report, status 2.
dead() {
	if [ "$status" -ne 2 ] || ! grep -q -e "$1" err; then
		show >&2
		die "$faulty_spec: no \"$1\" and status 2"
	fi
	for dead_t in "panic during panic" "signal SIGSEGV"; do
		want_not_err "$dead_t"
	done
	[ "$(grep -c -e '^fatal error: ' -e '^gort: .*cannot' -e '^gort: out of memory' err)" -le 1 ] || {
		show >&2
		die "$faulty_spec: more than one report"
	}
}

# each CALL TEXT [CMD...]: the n-th and all from the n-th on, until three more make no difference:
# works, or dies with TEXT.
each() {
	each_call=$1 each_text=$2
	shift 2
	[ $# -gt 0 ] || set -- ./x
	refused=0
	clean=0
	n=1
	while [ "$clean" -lt 3 ] && [ "$n" -le "${upto-60}" ]; do
		differs=
		for more in "" +; do
			faulty "$each_call:$n$more" "$@"
			if [ "$status" -eq 0 ]; then
				works
			else
				dead "$each_text"
				differs=yes
				refused=$((refused + 1))
			fi
		done
		clean=$((clean + 1))
		[ -z "$differs" ] || clean=0
		n=$((n + 1))
	done
	[ "$refused" -gt 0 ] || die "no $each_call was ever refused"
}

# One test a line.
test_table() {
	sed -n 's/^SYSCALL(\([a-z0-9_]*\),.*/\1/p' "$TOP/src/os/linux/syscalls.def" >calls
	while read -r call; do
		grep -q "^test_$call() {" "$TOP/tests/process/systems/refusals.sh" ||
			die "no test of a refused $call"
		grep -q "^| \`$call\` |" "$TOP/docs/debug.md" || die "docs/debug.md says nothing of $call"
	done <calls
	[ "$(wc -l <calls)" -ge 30 ] || die "syscalls.def was not read"
}

# ---- memory ------------------------------------------------------------------------------------

memory='^gort: .*the kernel \(refuses\|has no address space\)\|^fatal error: out of memory'

test_mmap() { # secs=600
	only debug hard
	program
	each mmap "$memory"
	faulty mmap:1 ./x
	dead "gort: out of memory at start: the kernel refuses [0-9]* KiB for tables of the runtime"
	# The second is the heap's, at its own addresses; elsewhere will do.
	fine mmap:2
	faulty mmap:2+ ./x
	dead "gort: out of memory at start: the kernel refuses 65536 KiB of address space for the heap"
}

test_munmap() { # secs=120
	only debug hard
	program
	reached munmap ./x
	fine munmap:1
	fine munmap:1+
	faulty munmap:1:EINVAL ./x
	dead "runtime: the kernel refuses munmap (errno 22)"
}

test_mprotect() { # secs=600
	only debug hard
	program
	each mprotect "$memory"
	faulty mprotect:1 ./x
	dead "gort: out of memory at start: the kernel refuses 4096 KiB of memory for the heap"
	faulty mprotect:2 ./x
	works
	want_lines err 1
	want_err "gort: the kernel refuses 64 MiB for goroutine stacks; new stacks are 64 KiB"
}

test_madvise() { # secs=120
	only debug hard
	program
	reached madvise ./x
	for n in 1 1+ 2 2+ 3 5+; do
		fine madvise:$n
		fine madvise:$n:ENOMEM
	done
}

test_guard() { # secs=600
	only debug hard
	program
	upto=20
	each guard "vm.max_map_count"
	fine guard:1
	faulty guard:1+ ./x
	dead "^gort: cannot create the main goroutine.*: the kernel refuses a stack guard"
}

# ---- the collector -------------------------------------------------------------------------------

# A program with a heap that is worth it, whose list a collection must not lose.
collecting() {
	cat >x.c <<'C'
#include <gort.h>
struct node { struct node *next; long n; char more[80]; };
int
gort_main(int argc, char **argv)
{
	struct node *volatile first = NULL;
	(void)argc, (void)argv;
	for (long i = 0; i < 100000; i++) {
		struct node *p = gort_alloc(sizeof *p);
		p->next = first;
		p->n = i;
		first = p;
		gort_alloc(100);
	}
	for (int i = 0; i < 3; i++)
		gort_gc();
	long sum = 0;
	for (struct node *p = first; p != NULL; p = p->next)
		sum += p->n;
	gort_printf("%s\n", sum == 100000l * 99999 / 2 ? "sum 60" : "lost");
	return 0;
}
C
	gort build -o x x.c
	run env GODEBUG=gctrace=2 ./x
	want_status 0
	grep -q '^gctrack: wp, ' err || skip "this kernel has none of it"
	export GODEBUG=clobberfree=1,gctrace=2
}

# standing WHAT: the program works, and says that WHAT was refused.
standing() {
	works
	grep -q "^gctrack: stw: the kernel refuses .*$1" err || die "$faulty_spec: $(grep gctrack err | tail -3)"
}

test_userfaultfd() { # secs=60
	only debug hard
	collecting
	faulty userfaultfd:1 ./x
	standing "userfaultfd (errno 1)"
	! grep -q "^gctrack: wp" err || die "it is tracked"
	faulty userfaultfd:1:ENOSYS ./x
	standing "userfaultfd (errno 38)"
}

# Once in each place; each collection after it stands still.
test_ioctl() { # secs=300
	only debug hard
	collecting
	faulty ioctl:1 ./x
	standing "asynchronous write protection"
	for n in 2 3 4 5 6 7 8 10 12 15 20 25 30; do
		for more in "" +; do
			faulty "ioctl:$n$more:EBADF" ./x
			standing "pages"
		done
	done
}

# ---- threads and time --------------------------------------------------------------------------

test_clone() { # secs=600
	only debug hard
	program
	each clone "gort: the kernel refuses a thread (errno 11: see ulimit -u\|failed to create new OS thread (have [0-9]* already; errno=11: see ulimit -u"
	faulty clone:1:ENOMEM ./x
	dead "gort: the kernel refuses a thread (errno 12: no memory for its stack, see ulimit -v"
	guest
	each clone "gort: the kernel refuses a thread\|failed to create new OS thread" ./g
}

test_pthread_attr_init() { # secs=300
	only debug hard
	program
	upto=4
	each pthread_attr_init "refuses a thread (errno 12\|failed to create new OS thread"
	guest
	faulty pthread_attr_init:1 ./g
	dead "gort: the kernel refuses a thread (errno 12"
}

test_malloc() { # secs=120
	only debug hard
	guest
	reached malloc ./g
	faulty malloc:1 ./g
	dead "gort: the kernel refuses a thread (errno 12"
}

test_pthread_getattr_np() { # secs=120
	only debug hard
	program
	reached pthread_getattr_np ./x
	fine pthread_getattr_np:1
	guest
	fine pthread_getattr_np:1+ ./g
}

test_pthread_key_create() { # secs=120
	only debug hard
	program
	faulty pthread_key_create:1 ./x
	dead "gort: libc has no key for thread-specific data left (errno 11)"
}

test_pthread_setspecific() { # secs=300
	only debug hard
	program
	upto=6
	each pthread_setspecific "runtime: libc refuses pthread_setspecific (errno 12)"
}

test_pthread_atfork() { # secs=120
	only debug hard
	program
	faulty pthread_atfork:1 ./x
	dead "gort: libc refuses pthread_atfork (errno 12)"
}

test_futex() { # secs=600
	only debug hard
	program
	upto=15
	each futex "runtime: the kernel refuses futex (errno 38)"
}

test_nanosleep() { # secs=120
	only debug hard
	program
	reached nanosleep ./x
	for n in 1 1+ 2+ 1+:EINTR; do
		fine nanosleep:$n
	done
}

test_clock_gettime() { # secs=300
	only debug hard
	program
	upto=12
	each clock_gettime "runtime: the kernel refuses clock_gettime (errno 1)"
}

test_membarrier() { # secs=300
	only debug hard
	program
	# The private one cannot be had: the global one serves.
	fine membarrier:1
	# Neither: said once; who does not compute without end or sleep in a call notices nothing.
	procs=4
	faulty membarrier:1+ ./x cooperative
	works
	want_lines err 1
	want_err "gort: the kernel refuses membarrier: goroutines that compute or sleep"
	faulty membarrier:1+ env GODEBUG=asyncpreemptoff=1 ./x cooperative
	works
	want_lines err 0
	for n in 2 2+; do
		faulty membarrier:$n ./x
		dead "runtime: the kernel refuses membarrier (errno 1)"
	done
}

# ---- signals -----------------------------------------------------------------------------------

test_rt_sigaction() { # secs=300
	only debug hard
	program
	n=1
	for sig in "SIGSEGV: " "SIGBUS: " "SIGFPE: " "SIGQUIT: "; do
		faulty rt_sigaction:$n ./x
		dead "gort: cannot install the handler of $sig.* (errno 22)"
		n=$((n + 1))
	done
	faulty rt_sigaction:$n ./x
	dead "gort: cannot install a handler of signal 23 (errno 22)"
	n=$((n + 1))
	# A fault of a thread that is none of ours is left to the default action.
	cat >f.c <<'C'
#include <gort.h>
#include <pthread.h>
static void *thread(void *arg) { (void)arg; *(volatile int *)0x5000 = 1; return NULL; }
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	gort_sleep(100 * GORT_SEC);
	return 0;
}
C
	gort build -o f f.c -pthread
	reached_at rt_sigaction:$n ./f
	faulty rt_sigaction:$n+ ./f
	want_status 139
}

# reached_at CALL:N CMD...: as reached, for the n-th.
reached_at() {
	reached_spec=$1
	shift
	faulty "$reached_spec:die" "$@"
	want_status 2
	want_err "fatal error: GORT_FAULT"
}

test_rt_sigprocmask() { # secs=300
	only debug hard
	program
	upto=12
	each rt_sigprocmask "runtime: the kernel refuses rt_sigprocmask (errno 1)"
}

test_rt_sigpending() { # secs=120
	only debug hard
	program
	reached rt_sigpending ./x
	fine rt_sigpending:1
	fine rt_sigpending:1+
}

test_process_vm_readv() { # secs=120
	only debug hard
	program
	for err in EPERM ENOSYS; do
		faulty process_vm_readv:1+:$err ./x fault
		want_status 2
		want_err "panic: runtime error: invalid memory address" "goroutine 1 [running]:" \
			"gort_main(...)" "/x.c:"
	done
	faulty process_vm_readv:1+:EFAULT ./x fault
	want_status 2
	want_err "panic: runtime error: invalid memory address" "goroutine 1 [running]:"
}

test_getsockopt() { # secs=120
	only debug hard
	program
	reached getsockopt ./x
	fine getsockopt:1
	fine getsockopt:1+
}

test_sigaltstack() { # secs=300
	only debug hard
	program
	upto=12
	each sigaltstack "runtime: the kernel refuses sigaltstack (errno 12)"
}

test_tgkill() { # secs=120
	only debug hard
	program
	procs=2
	faulty tgkill:1 ./x
	dead "runtime: the kernel refuses tgkill (errno 1)"
	faulty tgkill:1+ ./x
	dead "runtime: the kernel refuses tgkill (errno 1)"
	# Gone, or later: asked again.
	fine tgkill:1:ESRCH
	fine tgkill:1:EAGAIN
}

# A user who has as many signals pending as RLIMIT_SIGPENDING allows: the kernel still delivers ours,
# but says nothing of its sender.
test_pending_signals() { # secs=120
	need prlimit
	program
	faulty_spec="prlimit --sigpending"
	run env GOMAXPROCS=2 prlimit --sigpending=0 ./x
	works
	want_lines err 0
}

# ---- facts and files ---------------------------------------------------------------------------

test_sched_getaffinity() { # secs=120
	only debug hard
	program
	procs=
	faulty sched_getaffinity:1 ./x cpus
	want_status 0
	want_equal "$(cat out)" "1 1"
	fine sched_getaffinity:1
}

test_prlimit64() { # secs=120
	only debug hard
	program
	# shellcheck disable=SC3045
	ulimit -s 4000
	faulty nothing env GODEBUG=boottrace=1 ./x cpus
	want_err "for runtime_main, stack 40"
	faulty prlimit64:1+ env GODEBUG=boottrace=1 ./x cpus
	want_status 0
	want_err "for runtime_main, stack 8"
	fine prlimit64:1+
}

test_getrandom() { # secs=120
	only debug hard
	program
	reached getrandom ./x
	for n in 1 1+ 1:EINTR 1:EAGAIN; do
		fine getrandom:$n
	done
}

test_statfs() { # secs=120
	only debug hard
	program
	cpus=$(./x cpus)
	fine statfs:1+
	procs=
	faulty statfs:1+ ./x cpus
	want_equal "$(cat out)" "$cpus"
}

test_openat() { # secs=120
	only debug hard
	program
	reached openat ./x
	for procs in 1 2; do
		for n in 1 1+ 2 2+:EMFILE 3+; do
			fine openat:$n
		done
	done
	faulty openat:1+:EACCES ./x open
	want_status 0
	want_equal "$(cat out)" -13
	faulty openat:1+ ./x <&-
	dead "runtime: cannot open /dev/null as the closed descriptor 0 (errno 2)"
	# Is it a deadlock? Other threads may exist.
	if [ "$GORT_SETUP" = hard ]; then # after a second instead of a minute
		run env GORT_FAULT=openat:1+ timeout -s QUIT 5 ./x deadlock
		want_equal "$(grep -c "^gort: all goroutines are asleep; whether other threads can wake them is unknown, /proc/self/stat cannot be read" err)" 1
		want_not_err "deadlock!"
	fi
	# A guest takes its arguments from there.
	guest
	fine openat:1+ ./g
}

test_read() { # secs=120
	only debug hard
	program
	reached read ./x
	for n in 1 1+ 2 2+ 1:EINTR; do
		fine read:$n
	done
	faulty read:1+:EBADF ./x files
	want_equal "$(cat out)" "+.-9 1 0 1"
}

test_write() { # secs=120
	only debug hard
	program
	faulty write:1+ ./x files
	want_status 0
	want_equal "$(cat out)" "1 -5 0 -5"
	# A message that cannot be written does not change the end.
	faulty write:1+ ./x fault
	want_status 2
	want_lines err 0
	faulty write:2:EINTR ./x fault
	want_status 2
	want_err "panic: runtime error: invalid memory address" "goroutine 1 [running]:"
}

test_close() { # secs=120
	only debug hard
	program
	reached close ./x
	fine close:1
	fine close:1+
	faulty close:1+ ./x files
	want_equal "$(cat out)" "+.1 1 -5 1"
}

test_fcntl() { # secs=120
	only debug hard
	program
	for n in 1 2 3; do
		faulty fcntl:$n ./x
		dead "runtime: the kernel refuses fcntl (errno 1)"
	done
	guest
	fine fcntl:1+ ./g # somebody else's descriptors
}

# Freestanding programs only, in both flavours: refused by a filter, see container.sh.
test_arch_prctl() { # secs=120
	only opt
	need strace
	strace -o /dev/null true || skip "no ptrace here"
	echo 'int gort_main(int c, char **v) { (void)c, (void)v; return 0; }' >n.c
	for flavour in "" --split-stack; do
		gort build --freestanding $flavour -o n n.c
		for when in 1 2; do
			run strace -o trace -e trace=arch_prctl -e inject=arch_prctl:error=EPERM:when=$when ./n
			if grep -q INJECTED trace; then
				want_status 2
				want_lines err 1
				want_err "gort: the kernel refuses arch_prctl"
			else
				want_equal "$flavour $when" " 2" # only split stacks need a second one
			fi
		done
	done
}

# ---- limits ------------------------------------------------------------------------------------

# The kernel's own refusals, in the build that users have: it works, or one message names what there
# was no room for.
limited() {
	# shellcheck disable=SC3045
	run sh -c "ulimit -v $1; GOMAXPROCS=4 exec timeout -s QUIT 20 ./x cooperative"
	faulty_spec="ulimit -v $1"
	if [ "$status" -eq 0 ]; then
		works
		want_lines err 0
	else
		dead "$memory\|no memory for its stack, see ulimit -v"
	fi
}

test_address_space() { # secs=300
	only opt debug hard
	program
	for kib in 15000 30000 51200 60000 70000 75000 80000 85000 90000 95000 100000 150000 204800 300000 512000 \
		1000000 4000000; do
		limited $kib
		case $kib in
		15000 | 30000 | 51200)
			dead "gort: out of memory at start: the kernel refuses 65536 KiB of address space for the heap (ulimit -v?)"
			want_lines err 1
			;;
		204800 | 512000 | 1000000 | 4000000) works ;;
		esac
	done
}

# The main goroutine's stack is as large as ulimit -s says; without a limit, as can be had.
test_main_stack() { # secs=120
	only opt debug hard
	program
	# shellcheck disable=SC3045
	run sh -c "ulimit -s unlimited; ulimit -v 1000000; exec env GODEBUG=boottrace=1 ./x cooperative"
	works
	want_err "for runtime_main, stack 13107"
	# shellcheck disable=SC3045
	run sh -c "ulimit -s 900000; ulimit -v 400000; exec ./x cooperative"
	faulty_spec="ulimit -s"
	dead "gort: cannot create the main goroutine, with a stack of 9[0-9]* KiB (ulimit -s): the kernel has no address space left for a stack (ulimit -v"
	want_lines err 1
}

# Private writable memory is what ulimit -d counts.
test_data_limit() { # secs=120
	only opt debug hard
	program
	for kib in 2000 5000 20000 60000; do
		# shellcheck disable=SC3045
		run sh -c "ulimit -d $kib; exec timeout -s QUIT 20 ./x cooperative"
		faulty_spec="ulimit -d $kib"
		if [ "$status" -eq 0 ]; then works; else dead "$memory\|no memory for its stack"; fi
	done
}
