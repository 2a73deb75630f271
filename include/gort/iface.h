/* iface.h: interfaces: a table of methods and what they work on, with the type known at run time.
 *
 * Since 0.1.
 *
 *	// What a shape can do. METHOD and T are passed through.
 *	#define shape_METHODS(METHOD, T)                                            \
 *		METHOD(T, area, double, (void *))                                   \
 *		METHOD(T, scale, void, (void *, double))
 *	GORT_INTERFACE(shape);
 *
 *	// What a circle does, as functions named after both.
 *	struct circle { double r; };
 *	static double circle_area(void *self) { ... }
 *	static void circle_scale(void *self, double by) { ... }
 *	GORT_IMPLEMENT(shape, circle, struct circle);
 *
 *	shape s = circle_as_shape(&c);
 *	s.m->scale(s.self, 2);
 *	struct circle *back = circle_in_shape(s);       // NULL if s is something else
 *
 * A value of an interface type is two words, passed by value: the table m and the pointer self, which
 * keeps what it points to alive. {NULL, NULL} is the nil interface; to call a method of it is a nil
 * dereference.
 *
 * A table knows the type that it is for. So it can be asked at run time what an interface value
 * is, and what else it can do: gort_as(closer, s) is s as a closer if its type has all the
 * methods of one, whichever interfaces it was declared for; that the type's author knew of closer is
 * not needed. Methods are the same if name and types are spelled the same way (write parameters
 * without names).
 *
 * GORT_INTERFACE may stand in a header. So may GORT_IMPLEMENTS, which declares what GORT_IMPLEMENTATION,
 * in one source file, defines; GORT_IMPLEMENT is both.
 */
#ifndef GORT_IFACE_H
#define GORT_IFACE_H

#include "gort/export.h"

/* Declares the interface type I of the methods in the macro I_METHODS(METHOD, T), each
 * METHOD(T, name, result, (void *, parameters...)). At file scope.                    since 0.1 */
#define GORT_INTERFACE(I)                                                                          \
	struct I##_methods {                                                                       \
		const void *type_;                                                                 \
		I##_METHODS(GORT_IFACE_FIELD_, )                                                   \
	};                                                                                         \
	typedef struct I {                                                                         \
		const struct I##_methods *m;                                                       \
		void *self;                                                                        \
	} I;                                                                                       \
	static const gort_method gort_methods_##I[] = {I##_METHODS(GORT_IFACE_METHOD_, )};         \
	extern gort_interface gort_interface_##I;                                                  \
	__attribute__((__weak__)) gort_interface gort_interface_##I = {{0}, #I, gort_methods_##I,  \
		(int)(sizeof gort_methods_##I / sizeof gort_methods_##I[0]), 0}

/* Declares that the C type T, called name here, implements I, and three functions:
 *
 *	I name_as_I(T *p)       the interface value; p is kept in it
 *	T *name_in_I(I v)       what v holds, or NULL if that is not a T
 *	T *name_from_I(I v)     the same; panics "interface conversion: I is X, not T"
 *
 * At file scope, where I and T are known.                                             since 0.1
 * The last one expands to gort_iface_type. */
#define GORT_IMPLEMENTS(I, name, T)                                                                \
	extern gort_dyntype gort_dyntype_##name;                                                   \
	extern const struct I##_methods gort_itab_##I##_##name;                                    \
	__attribute__((__unused__)) static inline I name##_as_##I(T *p)                            \
	{                                                                                          \
		I gort_i_ = {&gort_itab_##I##_##name, p};                                          \
		return gort_i_;                                                                    \
	}                                                                                          \
	__attribute__((__unused__)) static inline T *name##_in_##I(I v)                            \
	{                                                                                          \
		return v.m != NULL && v.m->type_ == &gort_dyntype_##name ? (T *)v.self             \
									 : (T *)NULL;              \
	}                                                                                          \
	__attribute__((__unused__)) static inline T *name##_from_##I(I v)                          \
	{                                                                                          \
		if (v.m == NULL || v.m->type_ != &gort_dyntype_##name)                             \
			gort_iface_type(&gort_interface_##I, v.m, &gort_dyntype_##name);           \
		return (T *)v.self;                                                                \
	}                                                                                          \
	struct gort_iface_semicolon_

/* Defines what GORT_IMPLEMENTS has declared: the functions name_METHOD, of exactly the declared types, are
 * the methods. Once in a program for each I and name.                                 since 0.1
 * Expands to constants and one call of gort_iface_register before main. */
#define GORT_IMPLEMENTATION(I, name, T)                                                            \
	__asm__(".comm gort_dyntype_" #name ", " GORT_DYNTYPE_SIZE_ ", 8");                        \
	const struct I##_methods gort_itab_##I##_##name = {                                        \
		&gort_dyntype_##name, I##_METHODS(GORT_IFACE_FUNCTION_, name)};                    \
	static gort_implementation gort_implementation_##I##_##name = {                            \
		&gort_interface_##I, &gort_dyntype_##name, #T, &gort_itab_##I##_##name, NULL};     \
	__attribute__((__constructor__)) static void gort_implement_##I##_##name(void)             \
	{                                                                                          \
		gort_iface_register(&gort_implementation_##I##_##name);                            \
	}                                                                                          \
	struct gort_iface_semicolon_

/* Both at once, for what one source file keeps to itself.                             since 0.1 */
#define GORT_IMPLEMENT(I, name, T)                                                                 \
	GORT_IMPLEMENTS(I, name, T);                                                               \
	GORT_IMPLEMENTATION(I, name, T)

/* The interface value v, of whatever interface type, as an I. Panics "interface conversion: T is not
 * I: missing method M", or, if v is nil, "interface conversion: interface is nil, not I". v is
 * evaluated once.                                                                     since 0.1
 * Expands to gort_iface_assert. */
#define gort_as(I, v)                                                                              \
	__extension__({                                                                            \
		__typeof__(v) gort_v_ = (v);                                                       \
		I gort_i_ = {(const struct I##_methods *)gort_iface_assert(                        \
				     &gort_interface_##I, gort_v_.m),                              \
			gort_v_.self};                                                             \
		gort_i_;                                                                           \
	})

/* True, and *out is v as an I; or false, and *out is nil.                             since 0.1
 * Expands to gort_iface_find. */
#define gort_try_as(I, v, out)                                                                     \
	__extension__({                                                                            \
		__typeof__(v) gort_v_ = (v);                                                       \
		I *gort_out_ = (out);                                                              \
		gort_out_->m = (const struct I##_methods *)gort_iface_find(                        \
			&gort_interface_##I, gort_v_.m);                                           \
		gort_out_->self = gort_out_->m != NULL ? gort_v_.self : NULL;                      \
		gort_out_->m != NULL;                                                              \
	})

/* A method of an interface. */
typedef struct gort_method {
	const char *name;
	const char *signature; /* as the program spells it */
} gort_method;

/* An interface type; one in a program. */
typedef struct gort_interface {
	uint64_t descriptor_[16];
	const char *name;
	const gort_method *methods;
	int nmethods;
	int known_; /* atomic */
} gort_interface;

/* A type that implements some; one in a program, zeroed until it is registered. */
typedef struct gort_dyntype {
	uint64_t descriptor_[16];
} gort_dyntype;

/* That a type implements an interface. */
typedef struct gort_implementation {
	gort_interface *inter;
	gort_dyntype *type;
	const char *name; /* of the type, as the program spells it */
	const void *itab;
	struct gort_implementation *next; /* in the process */
} gort_implementation;

GORT_BEGIN

/* The table of inter for the type whose table m is; NULL if the type lacks a method, or m is NULL.
 *                                                                                     since 0.1
 * [goroutine; never parks] */
GORT_API const void *gort_iface_find(gort_interface *inter, const void *m) GORT_NONNULL(1);
/* The same; panics instead of returning NULL.                                         since 0.1
 * [goroutine; never parks; panics] */
GORT_API const void *gort_iface_assert(gort_interface *inter, const void *m)
	__attribute__((__returns_nonnull__)) GORT_NONNULL(1);
/* Panics: an interface value of type inter with the table m is not of that type.      since 0.1
 * [goroutine; panics] */
GORT_API GORT_NORETURN void
gort_iface_type(gort_interface *inter, const void *m, const gort_dyntype *type) GORT_NONNULL(1, 3);
/* Called by GORT_IMPLEMENTATION before main; i is kept.                                    since 0.1
 * [anywhere] */
GORT_API void gort_iface_register(gort_implementation *i) GORT_NONNULL(1);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

/* A type's descriptor has no one file that it belongs to: each file that implements something for it
 * brings the same common symbol. */
#define GORT_DYNTYPE_SIZE_ "128"
GORT_STATIC_ASSERT(sizeof(gort_dyntype) == 128, "the size in the directive");

#define GORT_IFACE_FIELD_(T, name, result, parameters)    result(*name) parameters;
#define GORT_IFACE_METHOD_(T, name, result, parameters)   {#name, #result " " #parameters},
#define GORT_IFACE_FUNCTION_(T, name, result, parameters) GORT_IFACE_PASTE_(T, name),
#define GORT_IFACE_PASTE_(T, name)                        T##_##name

#endif
