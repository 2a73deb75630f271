/* print.h: text without stdio.
 *
 * Since 0.1. For programs without libc, for messages while something is wrong, and for small
 * examples. Nothing is buffered: one call is one write(2), so lines of several goroutines do not
 * mix. Programs with libc have printf, which is faster for much output.
 */
#ifndef GORT_PRINT_H
#define GORT_PRINT_H

#include "gort/export.h"

GORT_BEGIN

/* Writes s to standard output, no newline added.                                      since 0.1
 * [anywhere; may block its thread, not the others] */
GORT_API void gort_print(const char *s) GORT_NONNULL(1);

/* printf to standard output and to standard error. Understood: %d %u %x %c %s %p %% with l, ll,
 * z, j, with width, - and 0, and precision for %s. No floating point, no locale.
 * Returns the bytes written or a negative code.                                       since 0.1
 * [anywhere; may block its thread, not the others; maps memory for more than 1,000 bytes] */
GORT_API int gort_printf(const char *format, ...) GORT_PRINTF(1, 2);
GORT_API int gort_eprintf(const char *format, ...) GORT_PRINTF(1, 2);

/* The same into buf: at most size bytes with the final NUL. Returns the length it would have had.
 *                                                                                     since 0.1
 * [anywhere; never parks] */
GORT_API int gort_snprintf(char *buf, size_t size, const char *format, ...) GORT_PRINTF(3, 4);

GORT_END

#endif
