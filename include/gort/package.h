/* package.h: parts of a program that initialise themselves, in the order of their dependencies.
 *
 * Since 0.1. As Go's packages do: before gort_main runs, each package's variables are set up, then
 * its init functions run, after those of all packages it depends on. On the main goroutine, which
 * is on the process's first thread then; they may use the whole API.
 *
 *	GORT_PACKAGE(config, log, files);      // config depends on log and files
 *	GORT_VARS(config) { path = getenv("CONFIG"); }
 *	GORT_INIT(config) { load(path); }      // as many as you like, in this and other files
 *
 * Names are C identifiers, unique in the program or shared library. A dependency that no loaded
 * object registers, and a cycle, are fatal: the names are printed. GODEBUG=inittrace=1 prints a
 * line for each package with the time and memory it took.
 */
#ifndef GORT_PACKAGE_H
#define GORT_PACKAGE_H

#include "gort/export.h"

/* One init function of a package; static, kept for ever. */
typedef struct gort_init_fn {
	void (*fn)(void);
	struct gort_init_fn *next; /* in the order of registration */
} gort_init_fn;

/* A package; static, kept for ever. Everything is filled in before the boot reads it. */
typedef struct gort_package {
	const char *name;
	const char *const *deps; /* names */
	int ndeps;
	void (*vars)(void);        /* or NULL */
	gort_init_fn *inits;       /* first of the list, or NULL */
	const void *object;        /* the loaded object it belongs to: one address for all of it */
	struct gort_package *next; /* the list of all; the library's */
	void *reserved_;
} gort_package;

/* Registers package NAME, at file scope, once. The names of the packages it depends on follow, up
 * to 16.                                                                              since 0.1
 * Expands to a gort_package and one call of gort_package_register before main. */
#define GORT_PACKAGE(...) GORT_PACKAGE_(__VA_ARGS__, )

/* The function that sets up the package's variables; at most one a package.           since 0.1 */
#define GORT_VARS(name)                                                                            \
	GORT_PACKAGE_EXTERN_(name);                                                                \
	GORT_C_LINKAGE_ __attribute__((__visibility__("hidden"))) void gort_vars_##name(void);     \
	__attribute__((__constructor__)) static void gort_vars_register_##name(void)               \
	{                                                                                          \
		gort_package_##name.vars = gort_vars_##name;                                       \
	}                                                                                          \
	void gort_vars_##name(void)

/* An init function. Those of one file run in their order there; those of several files of a package
 * in the order in which the files are linked.                                         since 0.1 */
#define GORT_INIT(name) GORT_INIT_(name, GORT_PKGCAT_(gort_init_##name##_, __COUNTER__))

GORT_BEGIN

/* Adds a package to the list of the process. Called before the runtime boots, from a constructor;
 * p is kept. In a shared object opened later the functions run when the runtime next looks, which
 * version 0.1 does not do.                                                            since 0.1
 * [anywhere, before boot] */
GORT_API void gort_package_register(gort_package *p) GORT_NONNULL(1);

/* Appends an init function to a package, registered already or not; f is kept.        since 0.1
 * [anywhere, before boot] */
GORT_API void gort_package_add_init(gort_package *p, gort_init_fn *f) GORT_NONNULL(1, 2);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

#ifdef __cplusplus
#	define GORT_C_LINKAGE_ extern "C"
#else
#	define GORT_C_LINKAGE_
#endif
#define GORT_PKGCAT_(a, b)  GORT_PKGCAT2_(a, b)
#define GORT_PKGCAT2_(a, b) a##b

/* The address by which the executable and each shared library are told apart. */
GORT_BEGIN
extern const char
	gort_object_ __asm__("__dso_handle") __attribute__((__weak__, __visibility__("hidden")));
GORT_END

/* One package a loaded object, whatever other objects call theirs. */
#define GORT_PACKAGE_EXTERN_(name)                                                                 \
	GORT_PACKAGE_DECLARE_ __attribute__((__visibility__("hidden")))                            \
	gort_package gort_package_##name
#ifdef __cplusplus
#	define GORT_PACKAGE_DECLARE_ extern "C"
#else
#	define GORT_PACKAGE_DECLARE_ extern
#endif

#define GORT_PACKAGE_(name, ...)                                                                   \
	GORT_PACKAGE_EXTERN_(name);                                                                \
	static const char *const gort_deps_##name[] = {GORT_NAMES_(__VA_ARGS__) NULL};             \
	gort_package gort_package_##name = {#name, gort_deps_##name,                               \
		(int)(sizeof gort_deps_##name / sizeof gort_deps_##name[0]) - 1, NULL, NULL,       \
		&gort_object_, NULL, NULL};                                                        \
	__attribute__((__constructor__)) static void gort_package_register_##name(void)            \
	{                                                                                          \
		gort_package_register(&gort_package_##name);                                       \
	}                                                                                          \
	struct gort_semicolon_

#define GORT_INIT_(name, id)                                                                       \
	GORT_PACKAGE_EXTERN_(name);                                                                \
	static void id(void);                                                                      \
	static gort_init_fn GORT_PKGCAT_(id, _fn) = {id, NULL};                                    \
	__attribute__((__constructor__)) static void GORT_PKGCAT_(id, _register)(void)             \
	{                                                                                          \
		gort_package_add_init(&gort_package_##name, &GORT_PKGCAT_(id, _fn));               \
	}                                                                                          \
	static void id(void)

/* "a", "b", of the names of a list that ends in an empty one. */
#define GORT_NAMES_(...)                                                                           \
	GORT_PKGCAT_(GORT_NAMES, GORT_NAMES_COUNT_(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8,  \
					 7, 6, 5, 4, 3, 2, 1, 0, 0))                               \
	(__VA_ARGS__)
#define GORT_NAMES_COUNT_(                                                                         \
	a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, n, ...)        \
	n
#define GORT_NAMES0(a)
#define GORT_NAMES1(a, ...)  #a, GORT_NAMES0(__VA_ARGS__)
#define GORT_NAMES2(a, ...)  #a, GORT_NAMES1(__VA_ARGS__)
#define GORT_NAMES3(a, ...)  #a, GORT_NAMES2(__VA_ARGS__)
#define GORT_NAMES4(a, ...)  #a, GORT_NAMES3(__VA_ARGS__)
#define GORT_NAMES5(a, ...)  #a, GORT_NAMES4(__VA_ARGS__)
#define GORT_NAMES6(a, ...)  #a, GORT_NAMES5(__VA_ARGS__)
#define GORT_NAMES7(a, ...)  #a, GORT_NAMES6(__VA_ARGS__)
#define GORT_NAMES8(a, ...)  #a, GORT_NAMES7(__VA_ARGS__)
#define GORT_NAMES9(a, ...)  #a, GORT_NAMES8(__VA_ARGS__)
#define GORT_NAMES10(a, ...) #a, GORT_NAMES9(__VA_ARGS__)
#define GORT_NAMES11(a, ...) #a, GORT_NAMES10(__VA_ARGS__)
#define GORT_NAMES12(a, ...) #a, GORT_NAMES11(__VA_ARGS__)
#define GORT_NAMES13(a, ...) #a, GORT_NAMES12(__VA_ARGS__)
#define GORT_NAMES14(a, ...) #a, GORT_NAMES13(__VA_ARGS__)
#define GORT_NAMES15(a, ...) #a, GORT_NAMES14(__VA_ARGS__)
#define GORT_NAMES16(a, ...) #a, GORT_NAMES15(__VA_ARGS__)

#endif
