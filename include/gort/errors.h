/* errors.h: the codes that functions return when the world says no.
 *
 * Since 0.1. One rule: a code is negative, success is 0 or a count. A code that comes from the
 * kernel is the kernel's errno with a minus sign, so gort_read() == GORT_EBADF says what read(2)
 * says with errno == EBADF, and a code without a name below still has its number. Codes below
 * -4095 are gort's own.
 */
#ifndef GORT_ERRORS_H
#define GORT_ERRORS_H

#include "gort/export.h"

/* X(name, number, text). The numbers are Linux's. */
#define GORT_ERRNO_MAP(X)                                                                          \
	X(EPERM, -1, "operation not permitted")                                                    \
	X(ENOENT, -2, "no such file or directory")                                                 \
	X(ESRCH, -3, "no such process")                                                            \
	X(EINTR, -4, "interrupted system call")                                                    \
	X(EIO, -5, "input/output error")                                                           \
	X(ENXIO, -6, "no such device or address")                                                  \
	X(EBADF, -9, "bad file descriptor")                                                        \
	X(EAGAIN, -11, "resource temporarily unavailable")                                         \
	X(ENOMEM, -12, "cannot allocate memory")                                                   \
	X(EACCES, -13, "permission denied")                                                        \
	X(EFAULT, -14, "bad address")                                                              \
	X(EBUSY, -16, "device or resource busy")                                                   \
	X(EEXIST, -17, "file exists")                                                              \
	X(EXDEV, -18, "invalid cross-device link")                                                 \
	X(ENODEV, -19, "no such device")                                                           \
	X(ENOTDIR, -20, "not a directory")                                                         \
	X(EISDIR, -21, "is a directory")                                                           \
	X(EINVAL, -22, "invalid argument")                                                         \
	X(ENFILE, -23, "too many open files in system")                                            \
	X(EMFILE, -24, "too many open files")                                                      \
	X(ENOTTY, -25, "inappropriate ioctl for device")                                           \
	X(ETXTBSY, -26, "text file busy")                                                          \
	X(EFBIG, -27, "file too large")                                                            \
	X(ENOSPC, -28, "no space left on device")                                                  \
	X(ESPIPE, -29, "illegal seek")                                                             \
	X(EROFS, -30, "read-only file system")                                                     \
	X(EMLINK, -31, "too many links")                                                           \
	X(EPIPE, -32, "broken pipe")                                                               \
	X(ERANGE, -34, "numerical result out of range")                                            \
	X(ENAMETOOLONG, -36, "file name too long")                                                 \
	X(ENOSYS, -38, "function not implemented")                                                 \
	X(ENOTEMPTY, -39, "directory not empty")                                                   \
	X(ELOOP, -40, "too many levels of symbolic links")                                         \
	X(EOVERFLOW, -75, "value too large for defined data type")                                 \
	X(EOPNOTSUPP, -95, "operation not supported")                                              \
	X(ETIMEDOUT, -110, "timed out")                                                            \
	X(EALREADY, -114, "operation already in progress")                                         \
	X(ESTALE, -116, "stale file handle")                                                       \
	X(EDQUOT, -122, "disk quota exceeded")                                                     \
	X(ECANCELED, -125, "operation canceled")                                                   \
	X(ECLOSED, -4096, "channel closed")                                                        \
	X(EDEADLINE, -4097, "deadline exceeded")

enum gort_error {
#define GORT_ERRNO_X_(name, number, text) GORT_##name = number,
	GORT_ERRNO_MAP(GORT_ERRNO_X_)
#undef GORT_ERRNO_X_
		GORT_OK = 0
};

GORT_BEGIN

/* The text of a code: "no such file or directory". 0 is "no error"; a number without a name is
 * "unknown error". The string is constant and the library's.                          since 0.1
 * [anywhere; never parks] */
GORT_API const char *gort_strerror(int err);

GORT_END

#endif
