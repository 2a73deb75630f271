/* Ways back from a panic through all sorts of frames: what runs on the way, and that whoever goes on has
 * its registers, its stack and its arguments. */
// case: ours
// env: GODEBUG=unwind=ours
// case: libgcc
// env: GODEBUG=unwind=libgcc
// case: compare
// env: GODEBUG=unwind=compare
#define _GNU_SOURCE
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline))

static void
check(long got, long want, int line)
{
	if (got == want)
		return;
	fprintf(stderr, "line %d: %ld, expected %ld\n", line, got, want);
	exit(1);
}
#define CHECK(got, want) check((long)(got), (long)(want), __LINE__)

static volatile long zero;
static long *volatile null;

enum how { VALUE, NIL, DIVIDE };

NOINLINE static long
fails(enum how how)
{
	if (how == NIL)
		return *null;
	if (how == DIVIDE)
		return 100 / zero;
	gort_panic_value((void *)&zero);
}

/* ---- plain frames ---------------------------------------------------------------------------- */

static void
plain(void *how)
{
	zero += fails(*(enum how *)how) + 1;
}

/* Six registers and more are live over the call. */
NOINLINE static long
keeps(const long *v, enum how how)
{
	long a = v[0] * 3, b = v[1] * 5, c = v[2] * 7, d = v[3] * 11, e = v[4] * 13, f = v[5] * 17;
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	CHECK(gort_try(NULL, plain, &how), false);
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	return a + b + c + d + e + f;
}

/* ---- frames of other shapes ------------------------------------------------------------------ */

NOINLINE static long
use(char *p, size_t n)
{
	memset(p, 1, n);
	return p[n / 2];
}

NOINLINE static long
variable(size_t n, enum how how)
{
	char *p = __builtin_alloca(n);
	return use(p, n) + fails(how) + p[1];
}

NOINLINE static long
realigned(enum how how)
{
	char p[256] __attribute__((aligned(128)));
	CHECK((uintptr_t)p % 128, 0);
	return use(p, sizeof p) + fails(how) + p[1];
}

NOINLINE static long
both(size_t n, enum how how)
{
	char p[64] __attribute__((aligned(64)));
	char *q = __builtin_alloca(n);
	return use(p, sizeof p) + use(q, n) + variable(n, how) + p[1] + q[1];
}

static int
compares(const void *a, const void *b)
{
	return (int)fails(*(const enum how *)a) + *(const int *)b;
}

static void
shapes(void *arg)
{
	static long n;
	enum how how = *(enum how *)arg, two[2] = {how, how};
	switch (n++ % 4) {
	case 0:
		variable(100, how);
		break;
	case 1:
		realigned(how);
		break;
	case 2:
		both(1000, how);
		break;
	default: /* through libc */
		qsort(two, 2, sizeof two[0], compares);
	}
}

/* ---- cleanups -------------------------------------------------------------------------------- */

static char trail[64];
static long cleaned;

static void
mark(const char *letter)
{
	strcat(trail, letter);
}

static void
cleanup(char *letter)
{
	char s[2] = {*letter, 0};
	mark(s);
	cleaned++;
}

/* Panics itself, and ends it. */
static void
cleanupThatTries(char *letter)
{
	enum how how = VALUE;
	CHECK(gort_try(NULL, plain, &how), false);
	cleanup(letter);
}

#define CLEANUP(fn, letter) __attribute__((cleanup(fn), unused)) char c_##fn = (letter)

/* Most arguments are pushed for the call, and the cleanup does not have them any more. */
NOINLINE static long
ninth(long a, long b, long c, long d, long e, long f, long g, long h, enum how how)
{
	return a + b + c + d + e + f + g + h + fails(how);
}

NOINLINE static long
pushes(enum how how, long n)
{
	CLEANUP(cleanup, 'p');
	long v[4] = {n, n + 1, n + 2, n + 3};
	__asm__ volatile("" : : "r"(v) : "memory");
	return ninth(n, n, n, n, n, n, n, n + 1, how) + v[0];
}

/* The same by hand (gcc gives such a function a frame pointer): what the cleanup needs is found from the
 * stack pointer. Not with split stacks, whose linkers want a prologue. */
#ifdef PUSHES
#	define PUSHED "dh"
long pushesByHand(long how, char *letter);
__attribute__((used)) static void
cleanupByHand(char *letter)
{
	cleanup(letter);
}
__attribute__((used)) static long
failsByHand(long how)
{
	return fails((enum how)how);
}
__asm__(".text\n"
	"pushesByHand:\n"
	".cfi_startproc\n"
	".cfi_personality 0x9b, DW.ref.__gcc_personality_v0\n"
	".cfi_lsda 0x1b, .Lpushes\n"
	"subq $24, %rsp\n"
	".cfi_adjust_cfa_offset 24\n"
	"movq %rsi, 8(%rsp)\n"
	"pushq $1\n"
	".cfi_adjust_cfa_offset 8\n"
	"pushq $2\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_escape 0x2e, 16\n"
	".Lcall: call failsByHand\n"
	".Lreturn: addq $16, %rsp\n"
	".cfi_adjust_cfa_offset -16\n"
	".cfi_escape 0x2e, 0\n"
	"addq $24, %rsp\n"
	".cfi_remember_state\n"
	".cfi_adjust_cfa_offset -24\n"
	"ret\n"
	".cfi_restore_state\n"
	".Lpad: movq %rax, (%rsp)\n"
	"movq 8(%rsp), %rdi\n"
	"call cleanupByHand\n"
	"movq (%rsp), %rdi\n"
	"call _Unwind_Resume@PLT\n"
	".cfi_endproc\n"
	".section .gcc_except_table, \"a\", @progbits\n"
	".Lpushes: .byte 0xff, 0xff, 1\n"
	".uleb128 2f - 1f\n"
	"1: .uleb128 .Lcall - pushesByHand\n"
	".uleb128 .Lreturn - .Lcall\n"
	".uleb128 .Lpad - pushesByHand\n"
	".uleb128 0\n"
	"2: .text\n");
#else
#	define PUSHED                    "hdp"
#	define pushesByHand(how, letter) (cleanup(letter), pushes(how, 7))
#endif

NOINLINE static long
middle(enum how how)
{
	CLEANUP(cleanupThatTries, 'm');
	char h = 'h';
	return how == VALUE ? pushes(how, 7) + 1 : pushesByHand(how, &h) + 1;
}

static void
end(void *letter)
{
	mark(letter);
}

static void
outer(void *how)
{
	CLEANUP(cleanup, 'o');
	gort_defer(end, (void *)"d");
	zero += middle(*(enum how *)how) + 1;
}

NOINLINE static long
deep(long n, enum how how)
{
	CLEANUP(cleanup, 0);
	return (n == 0 ? fails(how) : deep(n - 1, how)) + 1;
}

static void
goesDeep(void *how)
{
	zero += deep(2000, *(enum how *)how) + 1;
}

/* ---- ended by a deferred call ---------------------------------------------------------------- */

static void
recovers(void *value)
{
	struct gort_panic p;
	if (gort_recover(&p))
		*(void **)value = p.value;
}

static void
inner(void *how)
{
	void *value = NULL;
	gort_defer(end, (void *)"1");
	{
		CLEANUP(cleanup, 'i');
		gort_defer(recovers, &value);
		gort_defer(end, (void *)"2");
		fails(*(enum how *)how);
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void
everything(void *unused)
{
	(void)unused;
	for (int i = 0; i < 30; i++) {
		enum how how = (enum how)(i % 3);
		long v[6] = {i, i + 1, i + 2, i + 3, i + 4, i + 5};
		CHECK(keeps(v, how), 56 * i + 5 + 14 + 33 + 52 + 85);
		for (int k = 0; k < 4; k++)
			CHECK(gort_try(NULL, shapes, &how), false);
	}
}

static void
oneByOne(enum how how)
{
	trail[0] = 0;
	CHECK(gort_try(NULL, outer, &how), false);
	CHECK(strcmp(trail, how == VALUE ? "dpmo" : PUSHED "mo"), 0);
	trail[0] = 0;
	CHECK(gort_try(NULL, inner, &how), true);
	CHECK(strcmp(trail, "21i"), 0);
	cleaned = 0;
	CHECK(gort_try(NULL, goesDeep, &how), false);
	CHECK(cleaned, 2001);
	CHECK(zero, 0);
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	everything(NULL);
	for (int i = 0; i < 6; i++)
		oneByOne((enum how)(i % 3));
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	for (int i = 0; i < 8; i++)
		gort_waitgroup_go(&wg, everything, NULL);
	gort_waitgroup_wait(&wg);
	return 0;
}
