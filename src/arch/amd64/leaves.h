/* leaves.h: what cpuid says, as far as cpu.c asks.                                   room: arch
 *
 * Each cpuid instruction traps to the hypervisor in a virtual machine, at some microseconds. The
 * answers are read once, and not at all where the libc has read them already for its own use:
 *   hosted/leaves.c         from the libc, else by cpuid
 *   freestanding/leaves.c   by cpuid
 */
#ifndef GORT_ARCH_AMD64_LEAVES_H
#define GORT_ARCH_AMD64_LEAVES_H

#include <cpuid.h>

#include "core/types.h"

#define BIT(n) ((uint32_t)1 << (n))

struct leaves {
	uint32_t c1, d1;     /* leaf 1: ecx, edx */
	uint32_t b7, c7, d7; /* leaf 7; 0 if there is none */
	uint32_t cext, dext; /* leaf 0x80000001 */
	uint64_t xcr0;       /* 0 without osxsave */
};

void leavesRead(struct leaves *l); /* all but xcr0 */

/* Leaf 0x80000001 exists on every CPU that has long mode. */
static inline void
leavesByCpuid(struct leaves *l)
{
	uint32_t max, a, b, c, d;
	__cpuid(0, max, b, c, d);
	__cpuid(1, a, b, l->c1, l->d1);
	if (max >= 7)
		__cpuid_count(7, 0, a, l->b7, l->c7, l->d7);
	__cpuid(0x80000001, a, b, l->cext, l->dext);
}

#endif
