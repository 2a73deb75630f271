/* version.h: which gort this is, and what that promises.
 *
 * Since 0.1. Versions with the same major number are ABI stable: a program built against an
 * older minor version runs with a newer shared library. While the major number is 0 this holds
 * between patch versions only: rebuild after a change of the minor number. Struct layouts and
 * macro expansions in these headers are part of the promise; what stands in a field whose name
 * ends in an underscore is not.
 */
#ifndef GORT_VERSION_H
#define GORT_VERSION_H

#include "gort/export.h"

#define GORT_VERSION_MAJOR 0
#define GORT_VERSION_MINOR 1
#define GORT_VERSION_PATCH 0
#define GORT_VERSION       "0.1.0"

/* The version as one number, for comparisons: 0x000100 is 0.1.0. */
#define GORT_VERSION_HEX                                                                           \
	((GORT_VERSION_MAJOR << 16) | (GORT_VERSION_MINOR << 8) | GORT_VERSION_PATCH)

GORT_BEGIN

/* The version of the library that the program runs with, as text and as a number. It is at least
 * the one that the program was compiled with, or the dynamic linker found a wrong library.
 *                                                                                   since 0.1
 * [anywhere; never parks] */
GORT_API const char *gort_version(void);
GORT_API unsigned gort_version_hex(void);

GORT_END

#endif
