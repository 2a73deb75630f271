/* local.h: goroutine-local variables: what _Thread_local is for threads.
 *
 * Since 0.1. A thread-local variable is wrong on goroutines: it belongs to the thread, several
 * goroutines share one, and a goroutine that parks may find another thread's afterwards. A
 * goroutine-local one belongs to the goroutine:
 *
 *	GORT_LOCAL(int, depth);
 *	GORT_LOCAL(struct arena, scratch, arena_free);
 *
 *	static void
 *	visit(struct node *n)
 *	{
 *		int *d = gort_local(depth);
 *		if (++*d < 100)
 *			...
 *		--*d;
 *	}
 *
 * Each goroutine has its own, made of zero bytes when it first asks for it, and gone when it ends.
 * A new goroutine inherits nothing: what it is to know it gets as an argument, or in a
 * gort_context. The address stays the same for the goroutine's whole life, wherever it runs: it
 * may be kept over parks, and other goroutines may use it as long as this one lives.
 *
 * The first use costs an allocation; each later one a function call and a few loads, about as much
 * as a thread-local variable of a shared library.
 */
#ifndef GORT_LOCAL_H
#define GORT_LOCAL_H

#include "gort/export.h"

/* What the macros make of a variable. Its address is its name: not to be copied or moved, and a
 * shared library that holds one must stay loaded. */
typedef struct gort_local_var {
	size_t size;              /* of the value, in bytes */
	void (*end)(void *value); /* NULL: nothing to do at the end */
	uint32_t index_;          /* 0: not used yet */
	uint32_t reserved_;
} gort_local_var;

/* GORT_LOCAL(T, name);
 * GORT_LOCAL(T, name, end);
 *
 * Defines a goroutine-local variable of type T, for use in this file or block. T is any type of C
 * aligned to at most 16; in C++ one that can be made of zero bytes and copied as bytes.
 *
 * When a goroutine ends that has used the variable, end(p) is called on it, with the address of
 * its value: also after gort_goexit, and for gort_main when it returns. The variable that was used
 * last comes first. An end function may do what a goroutine may, and use other variables of this
 * kind: of those that have ended already it finds zero bytes, and they do not end again. Then the
 * memory is freed. Goroutines that still exist when the program exits end without.    since 0.1
 *
 * To share a variable between files, declare it in a header and define it in one file, which
 * includes the header:
 *
 *	GORT_LOCAL_DECLARE(struct user *, current_user);
 *	GORT_LOCAL_DEFINE(current_user);       or GORT_LOCAL_DEFINE(current_user, end);     */
#define GORT_LOCAL(T, ...) GORT_LOCAL_STATIC_(T, __VA_ARGS__, NULL, ~)
#define GORT_LOCAL_DECLARE(T, name)                                                                \
	GORT_LOCAL_CHECK_(T);                                                                      \
	extern GORT_LOCAL_UNION_(T, name) name
#define GORT_LOCAL_DEFINE(...) GORT_LOCAL_HOME_(__VA_ARGS__, NULL, ~)

/* The address of the calling goroutine's own, a T *.                                  since 0.1
 * Expands to gort_local_get. */
#ifndef __cplusplus
#	define gort_local(name) ((__typeof__((name).value_))gort_local_get(&(name).var_))
#else
#	define gort_local(name) gort_cxx_local(name)
#endif

GORT_BEGIN

/* The calling goroutine's value of v: v->size bytes, zero at first, aligned to 16 if there are
 * so many. Also in gort_block and in signal handlers, if this goroutine has used v before; for the
 * first time only where a goroutine may allocate.                                     since 0.1
 * [goroutine; never parks; allocates] */
GORT_API void *gort_local_get(gort_local_var *v) GORT_NONNULL(1);

GORT_END

/* ---- what the macros are made of ----------------------------------------------------------- */

/* clang-format off */
#define GORT_LOCAL_UNION_(T, name)                                                                 \
	union gort_local_##name {                                                                  \
		gort_local_var var_;                                                               \
		__typeof__(T) *value_; /* for its type */                                          \
	}
#define GORT_LOCAL_STATIC_(T, name, end, ...)                                                      \
	GORT_LOCAL_CHECK_(T);                                                                      \
	static GORT_LOCAL_UNION_(T, name) name = {{sizeof(T), end, 0, 0}}
#define GORT_LOCAL_HOME_(name, end, ...)                                                           \
	union gort_local_##name name = {{sizeof *name.value_, end, 0, 0}}
/* clang-format on */
#ifndef __cplusplus
#	define GORT_LOCAL_CHECK_(T)                                                               \
		GORT_STATIC_ASSERT(__alignof__(T) <= 16, "goroutine-local: aligned to 16 at most")
#else
#	define GORT_LOCAL_CHECK_(T)                                                               \
		GORT_STATIC_ASSERT(                                                                \
			__alignof__(T) <= 16, "goroutine-local: aligned to 16 at most");           \
		GORT_STATIC_ASSERT(__is_trivially_copyable(T),                                     \
			"goroutine-local: made of zero bytes, without a constructor")

template <class Local>
inline auto
gort_cxx_local(Local &name) -> decltype(name.value_)
{
	return static_cast<decltype(name.value_)>(gort_local_get(&name.var_));
}
#endif

#endif
