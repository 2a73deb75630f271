/* assert.h: assertions by blame and by price.                                        room: core
 *
 * gort_assert(c)            our bug; cheap enough for every build
 * gort_assert_internal(c)   our bug; debug and hard builds
 * gort_assert_expensive(c)  our bug; hard build only (walks structures)
 * The caller's mistakes are not assertions: doors panic with Go's words or return an error.
 */
#ifndef GORT_CORE_ASSERT_H
#define GORT_CORE_ASSERT_H

#include "core/compiler.h"

/* base/fatal.c. throw's text is a constant; throwf prints details first: "runtime: " and fmt. */
_Noreturn void throw(const char *msg);
_Noreturn void throwf(const char *msg, const char *fmt, ...) printf_like(2, 3);

#define GORT_STR_(x) #x
#define GORT_STR(x)  GORT_STR_(x)
#define gort_assert(c)                                                                             \
	do {                                                                                       \
		if (unlikely(!(c)))                                                                \
			throw(__FILE__ ":" GORT_STR(__LINE__) ": " #c);                            \
	} while (0)

#if GORT_DEBUG || GORT_HARD
#	define gort_assert_internal(c) gort_assert(c)
#else
#	define gort_assert_internal(c)                                                            \
		do {                                                                               \
			if (0)                                                                     \
				(void)(c);                                                         \
		} while (0)
#endif
#if GORT_HARD
#	define gort_assert_expensive(c) gort_assert(c)
#else
#	define gort_assert_expensive(c)                                                           \
		do {                                                                               \
			if (0)                                                                     \
				(void)(c);                                                         \
		} while (0)
#endif

#endif
