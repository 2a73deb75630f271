/* errno.c: where the calling thread's errno is. See gort/errno.h.                    room: capi */
#include "gort.h"

#undef errno
#include <errno.h>

int *
gort_errno_location(void)
{
	return __errno_location();
}
