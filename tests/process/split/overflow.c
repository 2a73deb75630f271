// The end of the stack: Go's words, the frames on both sides of each boundary, exit status 2.
//
// build: --split-stack
// setups: opt debug hard split splitdebug splithard
// status: 2
// secs: 120
//
// case: recursion
// args: recursion
// stderr: runtime: goroutine stack exceeds 1000000000-byte limit
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running]:
// stderr: deeper(...)
// stderr: frames elided...
// stderr: deeper(...)
// stderr: dive(...)
// stderr: created by gort_main in goroutine 1
//
// case: one_frame
// args: frame
// stderr: runtime: goroutine stack exceeds 1000000000-byte limit
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running]:
// stderr: gigabytes(...)
// stderr: dive(...)
// stderr: created by gort_main in goroutine 1
//
// case: main
// args: main
// stderr: runtime: goroutine stack exceeds 1000000000-byte limit
// stderr: fatal error: stack overflow
// stderr: goroutine 1 [running]:
// stderr: deeper(...)
// stderr: frames elided...
// stderr: gort_main(...)
//
// case: refused
// args: refused
// stderr: runtime: goroutine needs a stack of 1 GiB: the kernel refuses memory for it
// stderr: runtime: goroutine stack exceeds 262144-byte limit
// stderr: fatal error: stack overflow
// stderr: deeper(...)
// stderr: dive(...)
//
// case: refused_slot
// args: slots
// env: GOMAXPROCS=1
// stderr: runtime: cannot enlarge a goroutine's stack: the kernel refuses memory for it
// stderr: fatal error: out of memory (stack of a goroutine)
// stderr: created by gort_main in goroutine 1
//
// case: fault
// args: fault
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: [signal SIGSEGV
// stderr: goroutine 5 [running]:
// stderr: faults(...)
// stderr: middle(...)
// stderr: dive(...)
// stderr: created by gort_main in goroutine 1
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define NOINLINE __attribute__((noinline, noclone))

static const char *what;

/* Without the touches of -fstack-clash-protection: address space, not memory. */
__attribute__((optimize("no-stack-clash-protection"))) NOINLINE static int
deeper(int n)
{
	volatile char room[200000];
	room[n & 1023] = 1;
	return n == 0 ? 0 : deeper(n - 1) + room[n & 1023];
}

NOINLINE static int
gigabytes(int n)
{
	volatile char room[1100000000];
	room[n] = 1;
	return room[n];
}

NOINLINE static int
faults(int *p)
{
	volatile char room[300];
	room[0] = 1;
	return *(volatile int *)p + room[0];
}

NOINLINE static int
middle(int *p)
{
	volatile char room[3000];
	room[0] = 1;
	return faults(p) + room[0];
}

NOINLINE static void
takes(int n)
{
	volatile char room[3000];
	room[n] = 1;
}

/* Starts on a segment: it calls no libc. */
static void
dive(void *arg)
{
	(void)arg;
	switch (what[0]) {
	case 'r':
		deeper(1000000);
		break;
	case 'f':
		if (what[1] == 'r')
			gigabytes(1);
		else
			middle(NULL);
		break;
	case 's':
		takes(3);
		gort_select_array(NULL, 0);
	}
	gort_gosched();
}

static rlim_t
data(void)
{
	char line[256];
	rlim_t kb = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "VmData:", 7) == 0)
			kb = (rlim_t)atol(line + 7);
	return kb << 10;
}

static void
nothing(void *arg)
{
	(void)arg;
}

int
gort_main(int argc, char **argv)
{
	what = argc > 1 ? argv[1] : "";
	struct rlimit lim = {0, RLIM_INFINITY};
	if (strcmp(what, "refused") == 0)
		lim.rlim_cur = 900 << 20;
	if (strcmp(what, "slots") == 0)
		lim.rlim_cur = data() + (4 << 20);
	if (lim.rlim_cur != 0) {
		/* A segment is there already. */
		static gort_waitgroup wg;
		gort_waitgroup_go(&wg, nothing, NULL);
		gort_waitgroup_wait(&wg);
		setrlimit(RLIMIT_DATA, &lim);
	}
	if (strcmp(what, "main") == 0)
		deeper(1000000);
	for (int i = 0; i < (what[0] == 's' ? 1000 : 1); i++)
		gort_go(dive, NULL);
	gort_select_array(NULL, 0);
	return 0;
}
