/* descr.h: descriptors made by hand, as gccgo makes them, for the tests of this folder. */
#ifndef GORT_TESTS_DESCR_H
#define GORT_TESTS_DESCR_H

#include "core/compiler.h"
#include "lang/lang.h"

#include <string.h>

#define STR(s)                                                                                     \
	(struct gostring)                                                                          \
	{                                                                                          \
		(const uint8_t *)(s), (intgo)(sizeof(s) - 1)                                       \
	}
#define STRING(id, s)                                                                              \
	static const struct gostring id unused_ok = {(const uint8_t *)(s), (intgo)(sizeof(s) - 1)}

static inline bool
isStr(struct gostring s, const char *want)
{
	return s.len == (intgo)strlen(want) && memcmp(s.str, want, strlen(want)) == 0;
}

/* A type without pointers, stored in an interface by address. */
#define PLAIN(id, text, ctype, kindName, eq, flags)                                                \
	STRING(id##_name, text);                                                                   \
	static const struct type id unused_ok = {.size = sizeof(ctype),                            \
		.tflag = flags,                                                                    \
		.align = _Alignof(ctype),                                                          \
		.fieldAlign = _Alignof(ctype),                                                     \
		.kind = kindName | KindNoPointers,                                                 \
		.equal = eq,                                                                       \
		.string = &id##_name}

PLAIN(t_bool, "bool", bool, KindBool, &memequal8_f, TflagRegularMemory);
PLAIN(t_int, "int", int64_t, KindInt, &memequal64_f, TflagRegularMemory);
PLAIN(t_int8, "int8", int8_t, KindInt8, &memequal8_f, TflagRegularMemory);
PLAIN(t_int16, "int16", int16_t, KindInt16, &memequal16_f, TflagRegularMemory);
PLAIN(t_int32, "int32", int32_t, KindInt32, &memequal32_f, TflagRegularMemory);
PLAIN(t_int64, "int64", int64_t, KindInt64, &memequal64_f, TflagRegularMemory);
PLAIN(t_uint, "uint", uint64_t, KindUint, &memequal64_f, TflagRegularMemory);
PLAIN(t_uint8, "uint8", uint8_t, KindUint8, &memequal8_f, TflagRegularMemory);
PLAIN(t_uint16, "uint16", uint16_t, KindUint16, &memequal16_f, TflagRegularMemory);
PLAIN(t_uint32, "uint32", uint32_t, KindUint32, &memequal32_f, TflagRegularMemory);
PLAIN(t_uint64, "uint64", uint64_t, KindUint64, &memequal64_f, TflagRegularMemory);
PLAIN(t_uintptr, "uintptr", uintptr_t, KindUintptr, &memequal64_f, TflagRegularMemory);
PLAIN(t_float32, "float32", float, KindFloat32, &f32equal_f, 0);
PLAIN(t_float64, "float64", double, KindFloat64, &f64equal_f, 0);
PLAIN(t_complex64, "complex64", float _Complex, KindComplex64, &c64equal_f, 0);
PLAIN(t_complex128, "complex128", double _Complex, KindComplex128, &c128equal_f, 0);

static const uint8_t maskFirst[] unused_ok = {1};
static const uint8_t maskTwo[] unused_ok = {3};

STRING(t_string_name, "string");
static const struct type t_string unused_ok = {.size = 16,
	.ptrdata = 8,
	.align = 8,
	.fieldAlign = 8,
	.kind = KindString,
	.equal = &strequal_f,
	.gcdata = maskFirst,
	.string = &t_string_name};

/* []int: cannot be compared. */
STRING(t_slice_name, "[]int");
static const struct slicetype t_slice unused_ok = {.typ = {.size = 24,
							   .ptrdata = 8,
							   .align = 8,
							   .fieldAlign = 8,
							   .kind = KindSlice,
							   .gcdata = maskFirst,
							   .string = &t_slice_name},
	.elem = &t_int};

/* *int: the word itself. */
STRING(t_ptr_name, "*int");
static const struct ptrtype t_ptr unused_ok = {.typ = {.size = 8,
						       .ptrdata = 8,
						       .tflag = TflagRegularMemory,
						       .align = 8,
						       .fieldAlign = 8,
						       .kind = KindPtr | KindDirectIface,
						       .equal = &memequal64_f,
						       .gcdata = maskFirst,
						       .string = &t_ptr_name},
	.elem = &t_int};

STRING(t_any_name, "interface {}");
static const struct interfacetype t_any unused_ok = {.typ = {.size = 16,
							     .ptrdata = 16,
							     .align = 8,
							     .fieldAlign = 8,
							     .kind = KindInterface,
							     .equal = &nilinterequal_f,
							     .gcdata = maskTwo,
							     .string = &t_any_name}};

#endif
