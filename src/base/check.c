/* check.c: check(): the promises that everything else is built on.                   room: base
 *
 * Most are facts of the ABI that a compiler option, a wrong port or a broken CPU can take away;
 * each is cheap to prove at start, and expensive to find out about later:
 *
 *   sizes    the fixed-width types are as wide as their names, pointers are 64 bits
 *   offsets  the assembly's idea of struct g and struct m is the compiler's: the assembly
 *            writes a mark through each offset that it uses, and C reads the fields
 *   cas      compare-and-swap swaps when equal, and only then, in both widths
 *   xadd     add returns the new value and wraps
 *   nan      a NaN is unordered (-ffast-math takes that away; sorted timers and maps need it)
 *   clock    nanotime moves forward
 *
 * Building this file with -DGORT_BREAK_SIZES (_OFFSETS, _CAS, _XADD, _NAN, _CLOCK) breaks one
 * of them, so that a test can see the abort. Thread-local storage is proved in boot/rt0_go.c,
 * before anything may ask for g.
 */
#include "base/base.h"

/* arch: writes 0x1000 + offset through each offset of offsets.h. */
#include "arch/this/probe.h"

static cold void
broken(const char *what)
{
	bootfail(2, "check failed: %s", what);
}

static void
checkSizes(void)
{
	static const struct {
		const char *what;
		uintptr_t size, want;
	} sizes[] = {
		{"size of int8_t", sizeof(int8_t), 1},
		{"size of int16_t", sizeof(int16_t), 2},
		{"size of int32_t", sizeof(int32_t), 4},
#ifdef GORT_BREAK_SIZES
		{"size of int64_t", sizeof(int32_t), 8},
#else
		{"size of int64_t", sizeof(int64_t), 8},
#endif
		{"size of float", sizeof(float), 4},
		{"size of double", sizeof(double), 8},
		{"size of a pointer", sizeof(void *), 8},
		{"size of a function pointer", sizeof(void (*)(void)), 8},
		{"size of intgo", sizeof(intgo), 8},
		{"size of bool", sizeof(bool), 1},
		{"size of enum gstatus", sizeof(enum gstatus), 4},
		{"size of struct gostring", sizeof(struct gostring), 16},
		{"size of struct goslice", sizeof(struct goslice), 24},
		{"size of struct eface", sizeof(struct eface), 16},
		{"size of struct type", sizeof(struct type), 64},
		{"size of struct mutex", sizeof(struct mutex), 8},
	};
	for (uintptr_t i = 0; i < nelem(sizes); i++) {
		/* Through memory: the compiler must not answer for the machine. */
		uintptr_t size = *(const volatile uintptr_t *)&sizes[i].size;
		if (size != sizes[i].want)
			broken(sizes[i].what);
	}
}

static void
checkOffsets(void)
{
	static struct g gp;
	static struct m mp;
	__builtin_memset(&gp, 0, sizeof gp);
	__builtin_memset(&mp, 0, sizeof mp);
#ifdef GORT_BREAK_OFFSETS
	offsetsProbe((struct g *)((char *)&gp + 8), &mp);
#else
	offsetsProbe(&gp, &mp);
#endif
	const struct {
		const char *what;
		const void *field;
		uintptr_t mark;
	} fields[] = {
		{"offset of g.stack.lo", &gp.stack.lo, PROBE_G_STACK_LO},
		{"offset of g.stack.hi", &gp.stack.hi, PROBE_G_STACK_HI},
		{"offset of g.sched.sp", &gp.sched.sp, PROBE_G_SCHED_SP},
		{"offset of g.m", &gp.m, PROBE_G_M},
		{"offset of g.stackguard0", &gp.stackguard0, PROBE_G_STACKGUARD0},
		{"offset of m.g0", &mp.g0, PROBE_M_G0},
		{"offset of m.curg", &mp.curg, PROBE_M_CURG},
		{"offset of m.p", &mp.p, PROBE_M_P},
	};
	for (uintptr_t i = 0; i < nelem(fields); i++) {
		if (*(const volatile uintptr_t *)fields[i].field != fields[i].mark)
			broken(fields[i].what);
	}
}

static void
checkAtomics(void)
{
	/* Pointers that the compiler cannot follow, so that it must use the instructions. */
	static uint32_t word;
	static uint64_t dword;
	uint32_t *volatile hidden = &word;
	uint64_t *volatile dhidden = &dword;
	uint32_t *w = hidden;
	uint64_t *d = dhidden;

	*w = 1;
#ifdef GORT_BREAK_CAS
	*w = 3;
#endif
	if (!cas(w, 1u, 2u) || *w != 2)
		broken("compare-and-swap of equals");
	*w = 4;
	if (cas(w, 5u, 6u) || *w != 4)
		broken("compare-and-swap of what differs");
	*w = 0xffffffff;
	if (!cas(w, 0xffffffffu, 0xfffffffeu) || *w != 0xfffffffe)
		broken("compare-and-swap of all bits");
	*d = 1ull << 40;
	if (cas(d, (uint64_t)0, (uint64_t)1) || !cas(d, (uint64_t)1 << 40, (uint64_t)7) || *d != 7)
		broken("compare-and-swap of 64 bits");

	*w = 40;
#ifdef GORT_BREAK_XADD
	*w = 39;
#endif
	if (xadd(w, 2u) != 42 || *w != 42)
		broken("atomic add");
	*w = 0xffffffff;
	if (xadd(w, 1u) != 0)
		broken("atomic add over the edge");
	*d = 0xffffffff;
	if (xadd(d, (uint64_t)1) != 1ull << 32)
		broken("atomic add of 64 bits");
	if (xchg(d, (uint64_t)9) != 1ull << 32 || *d != 9)
		broken("atomic exchange");
}

static void
checkNan(void)
{
	static volatile uint64_t bits = 0x7ff8000000000001;
#ifdef GORT_BREAK_NAN
	bits = 0x3ff0000000000000;
#endif
	double x;
	uint64_t b = bits;
	__builtin_memcpy(&x, &b, sizeof x);
	volatile double nan = x, one = 1;
	if (nan == nan || !(nan != nan) || nan < one || nan > one || nan <= nan || nan >= nan)
		broken("NaN compares as a number");
	static volatile uint32_t fbits = 0x7fc00001;
	float y;
	uint32_t fb = fbits;
	__builtin_memcpy(&y, &fb, sizeof y);
	volatile float fnan = y;
	if (fnan == fnan || !(fnan != fnan))
		broken("float NaN compares as a number");
}

static void
checkClock(void)
{
	int64_t a = nanotime();
	for (int i = 0; i < 2; i++) {
		int64_t b = nanotime();
#ifdef GORT_BREAK_CLOCK
		b -= 1000 * SEC;
#endif
		if (a <= 0 || b < a)
			broken("the monotonic clock goes back");
		a = b;
	}
}

void
check(void)
{
	checkSizes();
	checkOffsets();
	checkAtomics();
	checkNan();
	checkClock();
	bootResult("sizes, offsets, atomics, NaN, clock");
}
