// What the compiler and __morestack agree on, tried with the boundary between two stacks at every
// place: each check runs below a padding of 0 to 120 small frames on a segment, then below one that
// nearly fills a slot. Somewhere on the way each call is the one that finds no room.
//
// setups: opt debug hard split splitdebug splithard
// secs: 120
// stdout: ok
//
// case: optimised
// build: --split-stack -Wno-psabi
//
// case: unoptimised
// build: --split-stack -Wno-psabi -O0
//
// case: gold
// build: --split-stack -Wno-psabi
// env: GORT_SPLIT_LD=gold
#define _GNU_SOURCE
#include <gort.h>
#include <complex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))

static void
fail(const char *what, long a, long b)
{
	fprintf(stderr, "%s: %ld, expected %ld\n", what, a, b);
	_Exit(1);
}

#define SAME(a, b)                                                                                 \
	do {                                                                                       \
		long a_ = (long)(a), b_ = (long)(b);                                               \
		if (a_ != b_)                                                                      \
			fail(#a, a_, b_);                                                          \
	} while (0)

/* ---- arguments ---------------------------------------------------------------------------- */

NOINLINE static long
sumints(int n, ...)
{
	va_list ap, again;
	long sum = 0, twice = 0;
	va_start(ap, n);
	va_copy(again, ap);
	for (int i = 0; i < n; i++)
		sum += va_arg(ap, int);
	for (int i = 0; i < n; i++)
		twice += va_arg(again, int);
	va_end(again);
	va_end(ap);
	SAME(twice, sum);
	return sum;
}

NOINLINE static double
summixed(const char *kinds, ...)
{
	va_list ap;
	double sum = 0;
	va_start(ap, kinds);
	for (; *kinds != '\0'; kinds++) {
		if (*kinds == 'i')
			sum += va_arg(ap, int);
		else if (*kinds == 'd')
			sum += va_arg(ap, double);
		else if (*kinds == 'l')
			sum += (double)va_arg(ap, long double);
	}
	va_end(ap);
	return sum;
}

static void
varargs(void)
{
	SAME(sumints(0), 0);
	SAME(sumints(3, 1, 2, 3), 6);
	SAME(sumints(20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20),
		210);
	SAME(summixed("ddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9.), 45);
	SAME(summixed("idildididididid", 1, 2., 3, 4.0L, 5., 6, 7., 8, 9., 10, 11., 12, 13., 14,
		     15.),
		120);
}

NOINLINE static long
tenargs(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}

NOINLINE static double
tendoubles(double a, double b, double c, double d, double e, double f, double g, double h, double i,
	double j)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j;
}

struct block {
	unsigned char c[4096];
};

NOINLINE static long
byvalue(int k, struct block b, int last)
{
	long sum = 0;
	for (unsigned i = 0; i < sizeof b.c; i++)
		sum += b.c[i];
	return sum * k + last;
}

struct wide {
	alignas(64) long v[8];
};

NOINLINE static long
aligned(int k, struct wide w)
{
	SAME((uintptr_t)&w % 64, 0);
	return w.v[0] + w.v[7] + k;
}

typedef float v8 __attribute__((vector_size(32)));

__attribute__((target("avx"))) NOINLINE static v8
vectors(v8 a, v8 b, v8 c, v8 d, v8 e, v8 f, v8 g, v8 h)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h;
}

__attribute__((target("avx"))) NOINLINE static void
callvectors(void)
{
	v8 x[8];
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++)
			x[i][j] = (float)(i * 8 + j);
	v8 r = vectors(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]);
	for (int j = 0; j < 8; j++) {
		float want = 0;
		for (int i = 0; i < 8; i++)
			want += (float)(i + 1) * x[i][j];
		SAME(r[j], want);
	}
}

static void
arguments(void)
{
	SAME(tenargs(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 385);
	SAME(tendoubles(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 385);
	if (__builtin_cpu_supports("avx"))
		callvectors();
}

static void
structs(void)
{
	struct block b;
	memset(&b, 3, sizeof b);
	SAME(byvalue(2, b, 5), 2 * 3 * 4096 + 5);
	struct wide w = {.v = {7, 0, 0, 0, 0, 0, 0, 9}};
	SAME(aligned(1, w), 17);
}

/* ---- results ------------------------------------------------------------------------------ */

struct twoints {
	long a, b;
};
struct mixed {
	long a;
	double b;
};
struct twodoubles {
	double a, b;
};

NOINLINE static struct twoints
ints(long k)
{
	return (struct twoints){k, k + 1};
}

NOINLINE static struct mixed
mixed(long k)
{
	return (struct mixed){k, (double)k + 1};
}

NOINLINE static struct twodoubles
doubles(double k)
{
	return (struct twodoubles){k, k + 1};
}

NOINLINE static struct block
inmemory(int k)
{
	struct block b;
	memset(&b, k, sizeof b);
	return b;
}

NOINLINE static long double
x87(long double k)
{
	return k * 2;
}

NOINLINE static _Complex long double
x87pair(long double k)
{
	return k + (k + 1) * (_Complex long double)_Complex_I;
}

NOINLINE static _Complex double
ssepair(double k)
{
	return k + (k + 1) * (_Complex double)_Complex_I;
}

NOINLINE static __int128
wideint(long k)
{
	return ((__int128)k << 64) + k + 1;
}

static void
results(void)
{
	struct twoints i = ints(5);
	SAME(i.a * 100 + i.b, 506);
	struct mixed m = mixed(7);
	SAME(m.a * 100 + (long)m.b, 708);
	struct twodoubles d = doubles(9);
	SAME(d.a * 100 + d.b, 910);
	SAME(x87(21), 42);
	_Complex long double l = x87pair(3);
	SAME(creall(l) * 100 + cimagl(l), 304);
	_Complex double c = ssepair(4);
	SAME(creal(c) * 100 + cimag(c), 405);
	SAME(wideint(11) >> 64, 11);
	SAME((long)wideint(11), 12);
}

static void
memoryresult(void)
{
	struct block b = inmemory(6);
	SAME(b.c[0] + b.c[4095], 12);
}

/* ---- nested functions: the static chain travels in r10, which prologues use ---------------- */

NOINLINE static void
chain(void)
{
	long outer = 3;
	NOINLINE long inner(long k)
	{
		volatile char room[200];
		room[k & 63] = 1;
		return outer * k + room[k & 63] - 1;
	}
	NOINLINE long variadic(int n, ...)
	{
		va_list ap;
		long sum = outer;
		va_start(ap, n);
		for (int i = 0; i < n; i++)
			sum += va_arg(ap, int);
		va_end(ap);
		return sum;
	}
	SAME(inner(5), 15);
	outer = 4;
	SAME(inner(5), 20);
	SAME(variadic(8, 1, 2, 3, 4, 5, 6, 7, 8), 40);
}

/* ---- sizes known late --------------------------------------------------------------------- */

NOINLINE static unsigned char *
fill(unsigned char *p, size_t n, int with)
{
	memset(p, with, n);
	return p;
}

NOINLINE static void
check(const unsigned char *p, size_t n, int with)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != with)
			fail("alloca's memory", p[i], with);
}

NOINLINE static void
dynamic(int n)
{
	unsigned char *a = fill(__builtin_alloca((size_t)n), (size_t)n, 1);
	unsigned char *b = fill(__builtin_alloca(3000), 3000, 2);
	{
		unsigned char vla[n];
		fill(vla, (size_t)n, 3);
		check(vla, (size_t)n, 3);
	}
	unsigned char *c = NULL;
	for (int i = 0; i < 8; i++) {
		unsigned char *next = fill(__builtin_alloca(700), 700, 10 + i);
		if (c != NULL)
			check(c, 700, 9 + i);
		c = next;
	}
	check(a, (size_t)n, 1);
	check(b, 3000, 2);
}

NOINLINE static int
nestedalloca(int depth)
{
	int n = 100 + depth * 37;
	unsigned char *p = fill(__builtin_alloca((size_t)n), (size_t)n, depth);
	int r = depth == 0 ? 0 : nestedalloca(depth - 1) + 1;
	check(p, (size_t)n, depth);
	return r;
}

static void
sizes(void)
{
	dynamic(10);
	dynamic(1500);
	SAME(nestedalloca(20), 20);
}

/* ---- frames of any size, libc, jumps ------------------------------------------------------- */

#define FRAME(name, size)                                                                          \
	NOINLINE static long name(long k)                                                          \
	{                                                                                          \
		volatile char room[size];                                                          \
		room[0] = (char)k;                                                                 \
		room[(size)-1] = (char)(k + 1);                                                    \
		return room[0] + room[(size)-1];                                                   \
	}
FRAME(frame200, 200)
FRAME(frame300, 300)
FRAME(frame2k, 2048)
FRAME(frame40k, 40 << 10)
FRAME(frame230k, 230 << 10)
FRAME(frame300k, 300 << 10)
FRAME(frame5m, 5 << 20)

static void
frames(void)
{
	SAME(frame200(1), 3);
	SAME(frame300(2), 5);
	SAME(frame2k(3), 7);
}

static void
largeframes(void)
{
	SAME(frame40k(4), 9);
	SAME(frame230k(5), 11);
	SAME(frame300k(6), 13);
	SAME(frame5m(7), 15);
}

static int
compare(const void *a, const void *b)
{
	volatile char room[300];
	room[0] = 1;
	return *(const int *)a - *(const int *)b + room[0] - 1;
}

static void
callbacks(void)
{
	int v[100];
	for (int i = 0; i < 100; i++)
		v[i] = i * 7919 % 100;
	qsort(v, 100, sizeof v[0], compare);
	for (int i = 0; i < 100; i++)
		SAME(v[i], i);
	char text[64];
	snprintf(text, sizeof text, "%d %s %.2f", 42, "x", 1.5);
	SAME(strcmp(text, "42 x 1.50"), 0);
}

static jmp_buf env;

NOINLINE static void
jumps(int depth)
{
	volatile char room[300];
	room[depth & 63] = 1;
	if (depth == 0)
		longjmp(env, 1);
	jumps(depth - 1);
	room[depth & 63] = 2;
}

static void
longjumps(void)
{
	for (volatile int i = 0; i < 3; i++) {
		if (setjmp(env) == 0)
			jumps(10);
		SAME(frame300(3), 7); /* the guard is the other stack's */
	}
}

static void
yields(void)
{
	gort_gosched();
	SAME(sumints(3, 1, 2, 3), 6);
}

/* ---- where the boundary falls --------------------------------------------------------------- */

static void (*const checks[])(void) = {varargs, arguments, structs, results, memoryresult, chain,
	sizes, frames, callbacks, longjumps, yields, largeframes};
enum { NCHECKS = sizeof checks / sizeof checks[0] };

/* Runs f below n frames of 32 bytes or so. */
NOINLINE static int
below(int n, void (*f)(void))
{
	if (n == 0) {
		f();
		return 0;
	}
	return below(n - 1, f) + 1;
}

NOINLINE static int
below4k(int n, int small, void (*f)(void))
{
	volatile char room[4000];
	room[n] = 1;
	return (n == 0 ? below(small, f) : below4k(n - 1, small, f)) + room[n];
}

struct job {
	int pages, small;
	void (*f)(void);
	gort_waitgroup *wg;
};

static void
runs(void *arg)
{
	struct job *j = arg;
	if (j->pages == 0)
		below(j->small, j->f);
	else
		below4k(j->pages, j->small, j->f);
	gort_waitgroup_done(j->wg);
}

static void
go(int check, int pages, int small)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	struct job j = {pages, small, checks[check], &wg};
	gort_waitgroup_add(&wg, 1);
	gort_go(runs, &j);
	gort_waitgroup_wait(&wg);
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int c = 0; c < NCHECKS; c++) {
		for (int small = 0; small < 120; small++)
			go(c, 0, small);
		for (int pages = 52; pages < 64; pages++)
			for (int small = 0; small < 130; small += 9)
				go(c, pages, small);
	}
	puts("ok");
	return 0;
}
