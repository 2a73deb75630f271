/* api_version.c: which library this is.                                              room: capi */
#include "capi/capi.h"

const char *
gort_version(void)
{
	return GORT_VERSION;
}

unsigned
gort_version_hex(void)
{
	return GORT_VERSION_HEX;
}
