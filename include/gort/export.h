/* export.h: how the library's functions are declared. A program needs none of these names.
 *
 * Since 0.1. The promise that the compiler may check for the caller stands in the declaration:
 *
 *   GORT_API            part of the public interface: the only symbols the library exports
 *   GORT_NONNULL(n...)  these arguments, counted from 1, must not be NULL
 *   GORT_NODISCARD      the result matters: ignoring it is a warning
 *   GORT_NORETURN       does not return
 *   GORT_MALLOC(n)      returns fresh memory, argument n is its size in bytes
 *   GORT_PRINTF(f, a)   argument f is a format, its arguments start at a
 */
#ifndef GORT_EXPORT_H
#define GORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__GNUC__)
#	error "gort needs gcc or clang"
#endif

#define GORT_API          __attribute__((__visibility__("default")))
#define GORT_NONNULL(...) __attribute__((__nonnull__(__VA_ARGS__)))
#define GORT_NODISCARD    __attribute__((__warn_unused_result__))
#define GORT_NORETURN     __attribute__((__noreturn__))
#define GORT_MALLOC(n)    __attribute__((__malloc__, __alloc_size__(n), __returns_nonnull__))
#define GORT_PRINTF(f, a) __attribute__((__format__(__printf__, f, a)))

#ifdef __cplusplus
#	define GORT_BEGIN               extern "C" {
#	define GORT_END                 }
#	define GORT_STATIC_ASSERT(c, m) static_assert(c, m)
#else
#	define GORT_BEGIN
#	define GORT_END
#	define GORT_STATIC_ASSERT(c, m) _Static_assert(c, m)
#endif

#endif
