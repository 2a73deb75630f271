/* check.h: what the programs of this folder check with. They are programs as a user writes them, on
 * the public headers alone, in the common part of C11 and C++17; tests/process/capi.sh builds and
 * runs each in several languages. */
#ifndef CAPI_CHECK_H
#define CAPI_CHECK_H

#include <gort.h>

#include <string.h>

#define CHECK(c)                                                                                   \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			gort_eprintf("%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #c);                \
			gort_exit(1);                                                              \
		}                                                                                  \
	} while (0)

/* The program's end: main's last line. */
#define PASSED()                                                                                   \
	do {                                                                                       \
		gort_print("ok\n");                                                                \
		return 0;                                                                          \
	} while (0)

#define UNUSED(x) ((void)(x))

#endif
