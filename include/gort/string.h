/* string.h: strings with a length, in collected memory.
 *
 * Since 0.1.
 *
 *	gort_string name = gort_str("world");
 *	gort_string all = gort_concat(gort_str("hello, "), name, gort_str("\n"));
 *	printf("%.*s", GORT_STR_ARG(all));
 *
 * A gort_string is a pointer and a length, passed by value, as Go's string is and with its layout. Its
 * bytes are shared and never written to; a NUL is a byte like any other and does not stand behind the
 * last one (gort_str_c makes a copy where it does). Text is UTF-8 by convention: what looks at
 * characters takes a byte that begins no proper sequence for U+FFFD, one byte long.
 *
 * {NULL, 0} is the empty string.
 */
#ifndef GORT_STRING_H
#define GORT_STRING_H

#include "gort/export.h"

typedef struct gort_string {
	const char *ptr;
	ptrdiff_t len;
} gort_string;

/* What "%.*s" of printf and gort_printf takes. s is evaluated twice.                  since 0.1 */
#define GORT_STR_ARG(s) (int)(s).len, (s).ptr

/* All the strings, one after the other: gort_concat(a, b, c).                         since 0.1
 * Expands to gort_str_concat. */
#define gort_concat(...)                                                                           \
	__extension__({                                                                            \
		const gort_string gort_parts_[] = {__VA_ARGS__};                                   \
		gort_str_concat(                                                                   \
			gort_parts_, (ptrdiff_t)(sizeof gort_parts_ / sizeof gort_parts_[0]));     \
	})

GORT_BEGIN

/* The string of a C string, which is not copied and must stay. NULL is empty.         since 0.1
 * [anywhere; never parks] */
static inline gort_string
gort_str(const char *s)
{
	gort_string r = {s, s == NULL ? 0 : (ptrdiff_t)__builtin_strlen(s)};
	return r;
}

/* n bytes, not copied either. n is not negative.                                      since 0.1
 * [anywhere; never parks] */
static inline gort_string
gort_str_n(const char *bytes, ptrdiff_t n)
{
	gort_string r = {bytes, n};
	return r;
}

/* A copy of n bytes. Panics "makeslice: len out of range" if n is negative.           since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_string gort_str_copy(const void *bytes, ptrdiff_t n);
/* A copy with a NUL behind it, for functions that want one.                           since 0.1
 * [goroutine; never parks; allocates] */
GORT_API char *gort_str_c(gort_string s) __attribute__((__returns_nonnull__));

/* The n strings at parts, one after the other. If only one of them is not empty, the result is that
 * one, unless its bytes are on the goroutine's stack. Fatal if the length overflows.  since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_string gort_str_concat(const gort_string *parts, ptrdiff_t n);
/* The bytes from the index from up to, not including, to; nothing is copied. Panics
 * "slice bounds out of range" unless 0 <= from <= to <= len.                          since 0.1
 * [goroutine; never parks; panics] */
GORT_API gort_string gort_str_slice(gort_string s, ptrdiff_t from, ptrdiff_t to);

/* By bytes: negative, 0, positive, as memcmp.                                         since 0.1
 * [anywhere; never parks] */
GORT_API int gort_str_compare(gort_string a, gort_string b);
/* [anywhere; never parks]                                                             since 0.1 */
GORT_API bool gort_str_equal(gort_string a, gort_string b);

/* The character at the index *at, which moves behind it. Panics "index out of range" unless
 * 0 <= *at < len. To visit all: for (ptrdiff_t i = 0; i < s.len;) c = gort_str_rune(s, &i);
 *                                                                                     since 0.1
 * [goroutine; never parks; panics] */
GORT_API int32_t gort_str_rune(gort_string s, ptrdiff_t *at) GORT_NONNULL(2);
/* How many characters s has.                                                          since 0.1
 * [anywhere; never parks] */
GORT_API ptrdiff_t gort_str_rune_count(gort_string s);
/* The string of n characters; what is none becomes U+FFFD.                            since 0.1
 * [goroutine; never parks; allocates] */
GORT_API gort_string gort_str_from_runes(const int32_t *runes, ptrdiff_t n);

GORT_END

#endif
