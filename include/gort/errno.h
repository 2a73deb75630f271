/* errno.h: errno on goroutines.
 *
 * errno belongs to a thread. The runtime carries its value with each goroutine: what errno held
 * before a park it holds after it, wherever the goroutine continues; a new goroutine starts with
 * 0. But compilers look its address up once in a function and keep it, since the C library says
 * that it cannot change (__errno_location is declared const); after a park that is the address of
 * another thread's errno. So gort.h replaces the macro by one whose address is looked up at each
 * use. It does not matter whether <errno.h> comes before gort.h or after it.
 *
 * Code that does not see this header (libraries) keeps the old macro: it is right as long as no
 * call between two uses of errno parks.                                                since 0.1 */
#ifndef GORT_ERRNO_H
#define GORT_ERRNO_H

#if !defined(GORT_FREESTANDING) || !GORT_FREESTANDING

#	include <errno.h>

#	include "gort/export.h"

GORT_BEGIN

/* The address of the calling thread's errno, valid until the next call that may park. What the
 * errno macro calls.                                                                   since 0.1
 * [anywhere; never parks] */
GORT_API int *gort_errno_location(void);

GORT_END

#	undef errno
#	define errno (*gort_errno_location())

#endif
#endif
