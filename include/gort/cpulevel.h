/* gort/cpulevel.h: which x86-64 level each source file was compiled for.
 *
 * A program compiled with -march=x86-64-v3 contains instructions that a lesser CPU does not
 * have, and would die of an illegal instruction somewhere. Each file that includes a header of
 * gort and was compiled for more than the baseline tells the runtime so before main; the boot
 * takes the largest level and refuses a CPU that is below it, with one line and exit status 1.
 *
 * It is a constructor, and the first one, because it then works in every way to link: with the
 * archive, with the shared library, without libc, in a plugin. Its code is one call.
 */
#ifndef GORT_CPULEVEL_H
#define GORT_CPULEVEL_H

#include "gort/export.h"

#if defined(__x86_64__)
#	if defined(__AVX512F__)
#		define GORT_CPULEVEL 4
#	elif defined(__AVX__) || defined(__FMA__) || defined(__BMI__) || defined(__BMI2__)
#		define GORT_CPULEVEL 3
#	elif defined(__SSE3__) || defined(__POPCNT__)
#		define GORT_CPULEVEL 2
#	else
#		define GORT_CPULEVEL 1
#	endif
#endif

#if defined(GORT_CPULEVEL) && GORT_CPULEVEL > 1 && !defined(GORT_BUILDING)
#	ifdef __cplusplus
extern "C" {
#	endif
/* Not for calling: the constructor below does. level: 2, 3 or 4. */
GORT_API void gort_cpulevel_need(int level);
__attribute__((constructor(101))) static void
gort_cpulevel_say_(void)
{
	gort_cpulevel_need(GORT_CPULEVEL);
}
#	ifdef __cplusplus
}
#	endif
#endif

#endif
