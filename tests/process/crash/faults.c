// What the program did wrong, in Go's words: a panic or a fatal error, the goroutine's stack in Go's
// format with file and line, exit status 2.
// build: -O1
// status: 2
//
// case: nil
// args: nil
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x
// stderr: goroutine 1 [running]:
// stderr: nilread(...)
// stderr: faults.c:147
// stderr: gort_main(...)
// stderr: faults.c:
// nostderr: goroutineEntry
// nostderr: sigpanic
//
// case: nil_field
// args: field
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: addr=0x60 pc=0x
//
// case: bad_address
// args: addr
// setups: opt debug hard ubsan
// stderr: unexpected fault address 0x123456789000
// stderr: fatal error: fault
// stderr: [signal SIGSEGV: segmentation violation code=0x1 addr=0x123456789000 pc=0x
// stderr: goroutine 1 [running]:
// stderr: nilread(...)
//
// case: readonly
// args: readonly
// stderr: unexpected fault address 0x
// stderr: fatal error: fault
// stderr: [signal SIGSEGV: segmentation violation code=0x2 addr=0x
//
// case: divide
// args: div
// stderr: panic: runtime error: integer divide by zero
// stderr: [signal SIGFPE: floating-point exception code=0x1 addr=0x
// stderr: goroutine 1 [running]:
// stderr: divide(...)
//
// case: call_nil
// args: callnil
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x0]
// stderr: goroutine 1 [running]:
// stderr: callnil(...)
// stderr: gort_main(...)
//
// case: stale
// args: stale
// stderr: goroutine 1 [running]:
// stderr: faulter(...)
// stderr: gort_main(...)
// nostderr: leaver(...)
// nostderr: leaves(...)
//
// case: in_libc
// args: strlen
// setups: opt debug hard
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: goroutine 1 [running]:
// stderr: strlen
// stderr: length(...)
// stderr: gort_main(...)
//
// case: on_goroutine
// args: goroutine
// stderr: panic: runtime error: invalid memory address or nil pointer dereference
// stderr: goroutine 5 [running]:
// stderr: nilread(...)
// stderr: panicker(...)
// stderr: created by starter in goroutine 1
// stderr: faults.c:
// nostderr: gort_main
//
// case: overflow
// args: deep
// stderr: runtime: goroutine stack exceeds
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running]:
// stderr: deep(...)
// stderr: faults.c:
// stderr: frames elided...
// stderr: deep(...)
// stderr: created by gort_main in goroutine 1
//
// case: overflow_large_frame
// setups: opt debug hard asan tsan ubsan
// args: large
// stderr: runtime: goroutine stack exceeds
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running]:
// stderr: created by gort_main in goroutine 1
//
// case: overflow_option
// args: option
// stderr: runtime: goroutine stack exceeds
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running labels:{"name": "deepest"}]:
//
// case: overflow_in_libc
// args: qsort
// stderr: fatal error: stack overflow
// stderr: goroutine 5 [running]:
//
// case: close_nil
// args: closenil
// stderr: panic: close of nil channel
// stderr:
// stderr: goroutine 1 [running]:
// stderr: gort_main(...)
// nostderr: runtime error
//
// case: unlock
// args: unlock
// stderr: fatal error: sync: unlock of unlocked mutex
// stderr: goroutine 1 [running]:
// stderr: gort_main(...)
//
// case: mprotect_guard
// env: GODEBUG=stackguard=mprotect
// args: deep
// stderr: runtime: goroutine stack exceeds
// stderr: fatal error: stack overflow
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

struct wide {
	char pad[96];
	int field;
};

static volatile int zero;
static const char constant[] = "constant";

static NOINLINE int
nilread(volatile int *p)
{
	return *p; /* faults.c:147 */
}

static NOINLINE int
divide(int a)
{
	return a / zero;
}

static NOINLINE void
callnil(void (*f)(void))
{
	f();
	__asm__ volatile("");
}

static NOINLINE size_t
length(const char *s)
{
	size_t n = strlen(s);
	__asm__ volatile("" : "+r"(n));
	return n;
}

/* Return addresses that an earlier call left behind, in the frame of one that faults: no callers. */
static NOINLINE int
leaves(int n)
{
	volatile char pad[16];
	pad[0] = (char)n;
	return n <= 0 ? pad[0] : leaves(n - 1) + pad[0];
}

static NOINLINE int
leaver(int n)
{
	return leaves(n) + n;
}

static NOINLINE int
faulter(volatile int *p)
{
	volatile char unset[512];
	int v = *p;
	unset[0] = (char)v;
	return unset[0];
}

static NOINLINE int
deep(int n)
{
	volatile char frame[64];
	frame[0] = (char)n;
	return deep(n + 1) + frame[0];
}

static void
recurse(void *arg)
{
	(void)arg;
	printf("%d\n", deep(0));
}

/* A local larger than the stack and its guard together cannot jump over the guard. */
static NOINLINE int
large(int n)
{
	volatile char frame[1 << 20];
	frame[0] = (char)n;
	return frame[0] + frame[n + zero];
}

static void
growlarge(void *arg)
{
	(void)arg;
	printf("%d\n", large(1));
}

static int
compare(const void *a, const void *b)
{
	char inner[4096];
	memset(inner, *(const char *)a, sizeof inner);
	qsort(inner, 2, 1, compare);
	return inner[7] - *(const char *)b;
}

static void
growqsort(void *arg)
{
	(void)arg;
	char s[2] = {1, 2};
	qsort(s, 2, 1, compare);
}

static void
panicker(void *arg)
{
	printf("%d\n", nilread(arg));
}

static NOINLINE void
starter(void)
{
	gort_go(panicker, NULL);
	__asm__ volatile("");
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "nil") == 0)
		return nilread(NULL);
	if (strcmp(what, "field") == 0)
		return nilread(&((struct wide *)(uintptr_t)zero)->field);
	if (strcmp(what, "addr") == 0)
		return nilread((int *)(0x123456789000 + zero));
	if (strcmp(what, "readonly") == 0)
		*(volatile char *)(uintptr_t)constant = 1;
	if (strcmp(what, "div") == 0)
		return divide(10);
	if (strcmp(what, "callnil") == 0)
		callnil((void (*)(void))(uintptr_t)zero);
	if (strcmp(what, "stale") == 0)
		return leaver(20) + faulter((int *)(uintptr_t)zero);
	if (strcmp(what, "strlen") == 0)
		return (int)length((char *)(uintptr_t)zero);
	if (strcmp(what, "closenil") == 0)
		gort_close(NULL);
	if (strcmp(what, "unlock") == 0) {
		static gort_mutex m;
		gort_mutex_unlock(&m);
	}
	if (strcmp(what, "goroutine") == 0)
		starter();
	if (strcmp(what, "deep") == 0)
		gort_go(recurse, NULL);
	if (strcmp(what, "large") == 0)
		gort_go(growlarge, NULL);
	if (strcmp(what, "qsort") == 0)
		gort_go(growqsort, NULL);
	if (strcmp(what, "option") == 0 &&
		gort_go_opt(recurse, NULL,
			&(gort_go_options){.stack = 1 << 20, .name = "deepest"}) != 0)
		return 99;
	gort_select_array(NULL, 0);
	return 0;
}
