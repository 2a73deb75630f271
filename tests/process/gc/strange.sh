# What is read of a process that is not as most are: an object is found, and nothing faults.

# On many: an object that only the stack in question knows; kept() and whole().
objects() {
	cat >objects.h <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#define APART __attribute__((__noinline__))
enum { COOKIE = 4711 };
static APART long *
kept(void)
{
	long *keep = NULL;
	for (int i = 0; i < 300; i++) {
		long *p = gort_alloc(64);
		*p = COOKIE;
		if (i == 150)
			keep = p;
	}
	return keep;
}
static APART void
collect(void)
{
	for (int i = 0; i < 3; i++)
		gort_gc();
	for (int i = 0; i < 10000; i++)
		memset(gort_alloc(64), 0x11, 64);
}
static void
onStack(ucontext_t *co, ucontext_t *back, void (*fn)(void))
{
	char *st = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	getcontext(co);
	co->uc_stack.ss_sp = st;
	co->uc_stack.ss_size = 1 << 18;
	co->uc_link = back;
	makecontext(co, fn, 0);
	swapcontext(back, co);
}
C
}

# Without a file descriptor nobody sees where a coroutine's stack ends.
test_no_descriptors() { # secs=60
	objects
	cat >x.c <<'C'
#include "objects.h"
static ucontext_t back, co;
static volatile int there, stop, lost;
static APART void
spin(void)
{
	there = 1;
	while (!stop)
		;
}
static void
body(void)
{
	long *volatile p = kept();
	spin();
	lost = *p != COOKIE;
}
static void
worker(void *done)
{
	long *volatile p = kept();
	onStack(&co, &back, body);
	lost |= *p != COOKIE;
	gort_send((gort_chan *)done, 1);
}
int
gort_main(int argc, char **argv)
{
	gort_chan *done = gort_chan_make(int, 0);
	int v;
	(void)argc, (void)argv;
	gort_go(worker, done);
	while (!there)
		gort_gosched();
	struct rlimit few = {16, 16};
	setrlimit(RLIMIT_NOFILE, &few);
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	collect();
	stop = 1;
	gort_recv(done, &v);
	puts(lost ? "lost" : "whole");
	return 0;
}
C
	run env GODEBUG=clobberfree=1 "$TOP/gort" run x.c
	want_status 0
	want_out whole
}

# A thread of the program's calls for the first time deep on a coroutine's stack: what libc knows of it is
# another stack, and both count.
test_attached_on_a_coroutine() { # secs=60
	only opt debug hard
	objects
	cat >x.c <<'C'
#include "objects.h"
static ucontext_t back, co;
static int lost;
static APART long *
deepKept(void)
{
	volatile char pad[40000];
	pad[0] = pad[39999] = 1;
	long *p = kept();
	pad[1] = 1;
	return p;
}
static APART void
deepCollect(void)
{
	volatile char pad[40000];
	pad[0] = pad[39999] = 1;
	collect();
	pad[1] = 1;
}
static void
body(void)
{
	long *volatile p = deepKept();
	deepCollect();
	lost |= *p != COOKIE;
	for (;;) {
		swapcontext(&co, &back);
		deepCollect();
	}
}
int
main(void)
{
	onStack(&co, &back, body);
	long *volatile p = kept();
	swapcontext(&back, &co);
	lost |= *p != COOKIE;
	puts(lost ? "lost" : "whole");
	return 0;
}
C
	"${CC:-gcc}" -O1 -I"$TOP/include" -o x x.c $(gort env --libs) -pthread
	run env GODEBUG=clobberfree=1 ./x
	want_status 0
	want_out whole
}

# A variable with a page that the program has closed.
test_closed_page() { # secs=60
	objects
	cat >x.c <<'C'
#include "objects.h"
static struct {
	char first[4096], closed[4096];
	long *before[512];
	char closed2[3 * 4096];
	long *behind[512];
} v __attribute__((__aligned__(4096)));
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	v.before[511] = kept();
	v.behind[0] = kept();
	v.behind[511] = kept();
	mprotect(v.closed, 4096, PROT_NONE);
	mprotect(v.closed2, 3 * 4096, PROT_NONE);
	collect();
	puts(*v.before[511] == COOKIE && *v.behind[0] == COOKIE && *v.behind[511] == COOKIE ? "whole" : "lost");
	return 0;
}
C
	run env GODEBUG=clobberfree=1 "$TOP/gort" run x.c
	want_status 0
	want_out whole
}

# More of them than there is room for, and no memory for more room: that is said.
test_closed_pages_no_memory() { # secs=60
	only opt debug hard
	objects
	cat >x.c <<'C'
#include "objects.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
enum { PAGES = 200 };
static struct {
	struct {
		long *keeps[512];
		char closed[4096];
	} page[PAGES];
} v __attribute__((__aligned__(4096)));
/* Threads may still be made; all threads. */
static void
noSmallMappings(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 32768, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = {6, f};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &all) != 0)
		exit(77);
}
int
gort_main(int argc, char **argv)
{
	(void)argv;
	v.page[PAGES - 1].keeps[511] = kept();
	collect();
	for (int i = 0; i < PAGES; i++)
		mprotect(v.page[i].closed, 4096, PROT_NONE);
	if (argc > 1)
		noSmallMappings();
	collect();
	puts(*v.page[PAGES - 1].keeps[511] == COOKIE ? "whole" : "lost");
	return 0;
}
C
	gort build -o x x.c
	run env GODEBUG=clobberfree=1 ./x
	want_status 0
	want_out whole
	run timeout 20 ./x limit
	[ "$status" != 77 ] || skip "no filters of system calls here"
	want_status 2
	want_err "fatal error: out of memory (list of loaded objects)"
}

# Memory that the program has added, and unmapped: the report says which.
test_root_unmapped() { # secs=60
	only opt debug hard
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <sys/mman.h>
int
gort_main(int argc, char **argv)
{
	(void)argv;
	size_t n = 1 << 20;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	gort_root_add(p, n);
	printf("from %p to %p\n", (void *)p, (void *)(p + n));
	fflush(stdout);
	if (argc > 1)
		gort_root_remove(p);
	munmap(p, n);
	gort_gc();
	puts("read");
	return 0;
}
C
	gort build -o x x.c
	run ./x removed
	want_status 0
	want_out read
	run ./x
	want_status 2
	want_err "runtime: memory that was added with gort_root_add, $(head -n 1 out), cannot be read: " \
		"fatal error: unexpected signal during runtime execution"
}

# A thread that has not noticed that a library is gone still has its thread-local variables, under the number
# of a library with more of them.
test_thread_locals_of_another() { # secs=60
	only opt debug hard
	echo '__thread char v[16]; char *touch(void) { return v; }' >a.c
	echo '__thread char v[4 << 20]; char *touch(void) { return v; }' >b.c
	gcc -shared -fPIC -o a.so a.c
	gcc -shared -fPIC -o b.so b.c
	cat >x.c <<'C'
#include <dlfcn.h>
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *volatile handle;
static volatile int step;
static void
next(int n)
{
	step = n;
}
static void
await(int n)
{
	while (step < n)
		gort_gosched();
}
static char *
touch(void)
{
	char *(*f)(void) = (char *(*)(void))dlsym(handle, "touch");
	return f();
}
static void *
thread(void *arg)
{
	(void)arg;
	gort_gosched();
	await(1);
	*touch() = 1;
	next(2);
	await(3);
	return NULL;
}
int
gort_main(int argc, char **argv)
{
	pthread_t t;
	(void)argc, (void)argv;
	pthread_create(&t, NULL, thread, NULL);
	handle = dlopen("./a.so", RTLD_NOW);
	next(1);
	await(2);
	dlclose(handle);
	handle = dlopen("./b.so", RTLD_NOW);
	void **p = (void **)touch();
	p[1000] = gort_alloc(64);
	*(long *)p[1000] = 4711;
	for (int i = 0; i < 3; i++)
		gort_gc();
	puts(*(long *)p[1000] == 4711 ? "whole" : "lost");
	next(3);
	pthread_join(t, NULL);
	return 0;
}
C
	run env GODEBUG=clobberfree=1 "$TOP/gort" run x.c
	want_status 0
	want_out whole
}

# A goroutine that has let go of its P gets stack while the world stops: where its registers are is known.
test_growth() { # secs=60
	only split splitdebug splithard
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
static __attribute__((__noinline__)) long
large(int n)
{
	char a[n];
	long *volatile p = (long *)(void *)((unsigned long)(a + 15) & -16ul);
	p[0] = n;
	p[n / 16] = 1;
	return p[0];
}
static void
blocked(void *sum)
{
	for (int i = 0; i < 10; i++)
		*(long *)sum += large(300000 + i);
}
static void
worker(void *done)
{
	long sum = 0;
	gort_block(blocked, &sum);
	gort_send((gort_chan *)done, sum);
}
int
gort_main(int argc, char **argv)
{
	gort_chan *done = gort_chan_make(long, 0);
	long v, ok = 1;
	(void)argc, (void)argv;
	for (int i = 0; i < 300; i++) {
		gort_go(worker, done);
		gort_gc();
		gort_gc();
		gort_recv(done, &v);
		ok &= v == 3000045;
	}
	puts(ok ? "whole" : "lost");
	return 0;
}
C
	run timeout 50 "$TOP/gort" run --split-stack x.c
	want_status 0
	want_out whole
}
