/* file.h: files, read and written without holding up other goroutines.
 *
 * Since 0.1. Each call is an announced system call: if the kernel takes long, the calling
 * goroutine's thread waits and another thread runs the other goroutines. They work with and
 * without libc. Calls interrupted by a signal are continued. stdio works too; it has its own
 * buffers, so use one of the two for a descriptor.
 */
#ifndef GORT_FILE_H
#define GORT_FILE_H

#include "gort/export.h"

GORT_BEGIN

/* Opens path; flags and mode are those of open(2), from <fcntl.h>; the descriptor is closed on
 * exec. Returns the descriptor or a negative code.                                    since 0.1
 * [goroutine; blocks its thread, not the others] */
GORT_API int gort_open(const char *path, int flags, unsigned mode) GORT_NONNULL(1) GORT_NODISCARD;

/* Reads up to n bytes. Returns the count, 0 at the end of the file, or a negative code. since 0.1
 * [goroutine; blocks its thread, not the others] */
GORT_API ptrdiff_t gort_read(int fd, void *buf, size_t n) GORT_NODISCARD;

/* Writes all n bytes, in several system calls if need be. Returns n or a negative code; part of
 * the bytes may have been written then.                                               since 0.1
 * [goroutine; blocks its thread, not the others] */
GORT_API ptrdiff_t gort_write(int fd, const void *buf, size_t n);

/* Closes fd. Returns 0 or a negative code; the descriptor is gone in either case.     since 0.1
 * [goroutine; blocks its thread, not the others] */
GORT_API int gort_close_fd(int fd);

GORT_END

#endif
