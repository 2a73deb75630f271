/* compiler.h: what we ask of gcc and clang, under one name each.                     room: core
 *
 * Everything in the library is built with -fvisibility=hidden; GORT_API (include/gort/export.h)
 * is the one way out. A sanitizer hook is spelled in core/track.h, never here and never inline.
 */
#ifndef GORT_CORE_COMPILER_H
#define GORT_CORE_COMPILER_H

#define likely(x)         __builtin_expect(!!(x), 1)
#define unlikely(x)       __builtin_expect(!!(x), 0)
#define always_inline     inline __attribute__((always_inline))
#define never_inline      __attribute__((noinline))
#define cold              __attribute__((cold, noinline))
#define aligned_to(n)     __attribute__((aligned(n)))
#define line_begin        aligned_to(CACHE_LINE) /* a function that is short and hot: one line less */
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define weak              __attribute__((weak))
#define unused_ok         __attribute__((unused))
/* A large zeroed array of which a short program touches little. Linkers lay .lbss (x86-64's large
 * data; by the name alone it is addressed as ever) behind .bss, so that the small variables lie
 * close together: each page that the boot does not touch is a microsecond. clang would write the
 * zeroes into the file. */
#if defined(__clang__)
#	define large_bss
#else
#	define large_bss __attribute__((section(".lbss.large")))
#endif

/* call, a function call through a Go function value's code, with the value itself as its static
 * chain: captured variables are found behind it. */
#define CALL_CLOSURE(call, funcval) __builtin_call_with_static_chain(call, (void *)(funcval))

/* Code that the sanitizers must not instrument: it runs while a stack or a thread is half
 * switched, or it reads other goroutines' stacks on purpose. */
#define no_sanitize __attribute__((no_sanitize("address", "thread", "undefined")))

#define CACHE_LINE 64

#define nelem(a)              (sizeof(a) / sizeof((a)[0]))
#define container_of(p, T, f) ((T *)((char *)(p) - __builtin_offsetof(T, f)))

#if defined(__SANITIZE_ADDRESS__)
#	define GORT_ASAN 1
#elif defined(__has_feature)
#	if __has_feature(address_sanitizer)
#		define GORT_ASAN 1
#	endif
#endif
#if defined(__SANITIZE_THREAD__)
#	define GORT_TSAN 1
#elif defined(__has_feature)
#	if __has_feature(thread_sanitizer)
#		define GORT_TSAN 1
#	endif
#endif
#ifndef GORT_ASAN
#	define GORT_ASAN 0
#endif
#ifndef GORT_TSAN
#	define GORT_TSAN 0
#endif
#ifndef GORT_HARD
#	define GORT_HARD 0 /* the hostile build: tiny queues, yields everywhere, poison */
#endif
#ifndef GORT_DEBUG
#	define GORT_DEBUG 0 /* lock ranks and the internal assertions */
#endif
#ifndef GORT_SPLIT
#	define GORT_SPLIT 0 /* compiled with -fsplit-stack: goroutines may start on 2 KiB */
#endif
/* A short function with a small frame or none, which calls others as its last deed only: what lies below
 * the guard is enough for it, and it need not look where the guard is. */
#if GORT_SPLIT
#	define frameless __attribute__((no_split_stack))
#else
#	define frameless
#endif
#ifndef GORT_FREESTANDING
#	define GORT_FREESTANDING 0
#endif

#endif
