/* leaves.c (amd64, hosted): glibc has read cpuid, to choose its own functions.          room: arch
 *
 * It gives the words away since 2.33 (sys/platform/x86.h): as the CPU said them (cpuid_array) and
 * less what cannot be used (active_array). The first are taken; what the kernel saves is cpu.c's
 * own question, and GLIBC_TUNABLES switches off the second only.
 */
#include "arch/amd64/leaves.h"

#if __has_include(<sys/platform/x86.h>)
#	include <sys/platform/x86.h>
void
leavesRead(struct leaves *l)
{
	const unsigned *one = __x86_get_cpuid_feature_leaf(CPUID_INDEX_1)->cpuid_array;
	const unsigned *seven = __x86_get_cpuid_feature_leaf(CPUID_INDEX_7)->cpuid_array;
	const unsigned *ext = __x86_get_cpuid_feature_leaf(CPUID_INDEX_80000001)->cpuid_array;
	l->c1 = one[2];
	l->d1 = one[3];
	l->b7 = seven[1];
	l->c7 = seven[2];
	l->d7 = seven[3];
	l->cext = ext[2];
	l->dext = ext[3];
	if (l->d1 == 0)
		leavesByCpuid(l);
}
#else
void
leavesRead(struct leaves *l)
{
	leavesByCpuid(l);
}
#endif
