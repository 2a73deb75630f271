/* cpu.c (amd64): what this CPU is and can do.                                        room: arch
 *
 * Three questions, asked at three times:
 *   cpuLevelWanted, cpuLevelFound   first thing in C: is the CPU up to what the program's files
 *                                   were compiled for (include/gort/cpulevel.h)?
 *   cpuDisable                      when GODEBUG is first read: cpu.NAME=off
 *   cpuinit                         before alginit: the features, less those switched off
 *
 * A feature that needs registers beyond SSE counts only if the kernel saves those registers:
 * cpuid says that XGETBV may be used (osxsave), and XCR0 says what is saved.
 *
 * Levels are those of the x86-64 psABI: v2 up to SSE4.2, v3 up to AVX2, FMA and BMI, v4 the
 * base of AVX-512.
 */
#include <cpuid.h>

#include "arch/amd64/leaves.h"
#include "arch/arch.h"
#include "gort/cpulevel.h"

struct cpufeatures cpu;

/* mem.S: the string instructions are fast; written by cpuinit, before any second thread. */
uint8_t memUseRep;

/* ---- cpuid -------------------------------------------------------------------------------- */

static uint64_t
xgetbv(void)
{
	uint32_t lo, hi;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (uint64_t)hi << 32 | lo;
}

static const struct leaves *
leaves(void)
{
	static struct leaves l; /* boot is single threaded */
	if (l.d1 == 0) {        /* every CPU has something of leaf 1 */
		leavesRead(&l);
		if (l.c1 & BIT(27))
			l.xcr0 = xgetbv();
	}
	return &l;
}

/* Asked for by those who print it: the libc does not keep it, and cpuid costs. */
void
cpuVendor(char vendor[13])
{
	uint32_t max, b, c, d;
	__cpuid(0, max, b, c, d);
	__builtin_memcpy(vendor, &b, 4);
	__builtin_memcpy(vendor + 4, &d, 4);
	__builtin_memcpy(vendor + 8, &c, 4);
	vendor[12] = 0;
}

/* The bits of each level, as cpuid numbers them. */
#define V2_C1 (BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23))
/* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT */
#define V2_CEXT BIT(0)                                            /* LAHF in 64-bit mode */
#define V3_C1   (BIT(12) | BIT(22) | BIT(27) | BIT(28) | BIT(29)) /* FMA MOVBE OSXSAVE AVX F16C */
#define V3_B7   (BIT(3) | BIT(5) | BIT(8))                        /* BMI1 AVX2 BMI2 */
#define V3_CEXT BIT(5)                                            /* LZCNT */
#define V4_B7   (BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31)) /* AVX-512 F DQ CD BW VL */

#define XCR0_AVX    ((uint64_t)0x06)
#define XCR0_AVX512 ((uint64_t)0xe6)

static int
levelOf(const struct leaves *l)
{
	if ((l->c1 & V2_C1) != V2_C1 || (l->cext & V2_CEXT) != V2_CEXT)
		return 1;
	if ((l->c1 & V3_C1) != V3_C1 || (l->b7 & V3_B7) != V3_B7 ||
		(l->cext & V3_CEXT) != V3_CEXT || (l->xcr0 & XCR0_AVX) != XCR0_AVX)
		return 2;
	if ((l->b7 & V4_B7) != V4_B7 || (l->xcr0 & XCR0_AVX512) != XCR0_AVX512)
		return 3;
	return 4;
}

/* ---- levels ------------------------------------------------------------------------------- */

/* The library's own level to begin with; raised by constructors, before main. */
static int wanted = GORT_CPULEVEL;

__attribute__((visibility("default"))) void gort_cpulevel_need(int level);

#if GORT_DEBUG || GORT_HARD
static int pretend = 4;

/* GORT_CPU_PRETEND=1..4 in the environment: a lesser CPU, for tests. Boot calls this with the
 * vector that the kernel made, before anything is parsed. */
void
cpuPretend(char *const *envp)
{
	static const char name[] = "GORT_CPU_PRETEND=";
	for (; *envp != NULL; envp++) {
		const char *s = *envp, *n = name;
		while (*n != 0 && *s == *n) {
			s++;
			n++;
		}
		if (*n == 0 && *s >= '1' && *s <= '4' && s[1] == 0)
			pretend = *s - '0';
	}
}
#endif

/* The one name of this room that programs see: include/gort/cpulevel.h calls it before main. */
__attribute__((visibility("default"))) void
gort_cpulevel_need(int level)
{
	if (level > wanted)
		wanted = level;
}

int
cpuLevelWanted(void)
{
	return wanted;
}

int
cpuLevelFound(void)
{
	int level = levelOf(leaves());
#if GORT_DEBUG || GORT_HARD
	if (level > pretend)
		level = pretend;
#endif
	return level;
}

/* ---- features ----------------------------------------------------------------------------- */

/* The features by the names that GODEBUG uses. */
static const struct {
	const char *name;
	bool *have;
} features[] = {
	{"aes", &cpu.aes},
	{"sse41", &cpu.sse41},
	{"ssse3", &cpu.ssse3},
	{"sse42", &cpu.sse42},
	{"popcnt", &cpu.popcnt},
	{"avx", &cpu.avx},
	{"avx2", &cpu.avx2},
	{"avx512f", &cpu.avx512f},
	{"avx512vl", &cpu.avx512vl},
	{"bmi1", &cpu.bmi1},
	{"bmi2", &cpu.bmi2},
	{"erms", &cpu.erms},
	{"fsrm", &cpu.fsrm},
	{"fma", &cpu.fma},
	{"cx16", &cpu.cx16},
	{"rdtscp", &cpu.rdtscp},
};

static uint32_t disabled; /* bit i: features[i] is to be done without; written during boot */

static void
applyDisabled(void)
{
	for (uint32_t i = 0; i < nelem(features); i++) {
		if (disabled & BIT(i))
			*features[i].have = false;
	}
}

bool
cpuDisable(const char *name, uintptr_t len)
{
	bool known = false;
	bool all = len == 3 && __builtin_memcmp(name, "all", 3) == 0;
	for (uint32_t i = 0; i < nelem(features); i++) {
		uintptr_t n = 0;
		while (n < len && features[i].name[n] != 0 && features[i].name[n] == name[n])
			n++;
		if (all || (n == len && features[i].name[n] == 0)) {
			disabled |= BIT(i);
			known = true;
		}
	}
	applyDisabled();
	return known;
}

void
cpuinit(void)
{
	const struct leaves *l = leaves();
	bool avx = (l->xcr0 & XCR0_AVX) == XCR0_AVX;
	bool avx512 = (l->xcr0 & XCR0_AVX512) == XCR0_AVX512;
	cpu.level = cpuLevelFound();
	cpu.aes = l->c1 & BIT(25);
	cpu.ssse3 = l->c1 & BIT(9);
	cpu.sse41 = l->c1 & BIT(19);
	cpu.sse42 = l->c1 & BIT(20);
	cpu.popcnt = l->c1 & BIT(23);
	cpu.cx16 = l->c1 & BIT(13);
	cpu.osxsave = l->c1 & BIT(27);
	cpu.avx = avx && (l->c1 & BIT(28));
	cpu.fma = avx && (l->c1 & BIT(12));
	cpu.avx2 = avx && (l->b7 & BIT(5));
	cpu.avx512f = avx512 && (l->b7 & BIT(16));
	cpu.avx512vl = avx512 && (l->b7 & BIT(31));
	cpu.bmi1 = l->b7 & BIT(3);
	cpu.bmi2 = l->b7 & BIT(8);
	cpu.erms = l->b7 & BIT(9);
	cpu.fsrm = l->d7 & BIT(4);
	cpu.rdtscp = l->dext & BIT(27);
	applyDisabled();
	memUseRep = cpu.erms;
}
