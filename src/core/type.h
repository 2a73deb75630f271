/* type.h: type descriptors and the shapes of Go values.                              room: core
 *
 * There is one layout, the one that gccgo emits on 64-bit targets, so that a descriptor made by
 * gccgo, one made by GORT_POINTERS in C and one made by reflection at run time are the same
 * thing. Layouts only; what they mean to the allocator is in mem/, to conversions in lang/.
 */
#ifndef GORT_CORE_TYPE_H
#define GORT_CORE_TYPE_H

#include "core/types.h"

/* A closure object begins with this word; captured variables follow. The pointer to it is the
 * function value, and the static chain (r10 on amd64) while the function runs. */
struct funcval {
	void *fn;
};

struct gostring {
	const uint8_t *str;
	intgo len;
};

struct goslice {
	void *array;
	intgo len;
	intgo cap;
};

enum kind {
	KindBool = 1,
	KindInt,
	KindInt8,
	KindInt16,
	KindInt32,
	KindInt64,
	KindUint,
	KindUint8,
	KindUint16,
	KindUint32,
	KindUint64,
	KindUintptr,
	KindFloat32,
	KindFloat64,
	KindComplex64,
	KindComplex128,
	KindArray,
	KindChan,
	KindFunc,
	KindInterface,
	KindMap,
	KindPtr,
	KindSlice,
	KindString,
	KindStruct,
	KindUnsafePointer,

	KindMask = 31,
	KindDirectIface = 32, /* the interface's data word is the value itself */
	KindGCProg = 64,      /* gcdata is a program, not a mask */
	KindNoPointers = 128,
};

enum tflag {
	TflagRegularMemory = 8, /* == and hash look at plain bytes */
};

struct uncommontype;

struct type {
	uintptr_t size;
	uintptr_t ptrdata; /* the prefix, in bytes, that can hold pointers */
	uint32_t hash;
	uint8_t tflag;
	uint8_t align;
	uint8_t fieldAlign;
	uint8_t kind;
	const struct funcval *equal; /* bool(void *, void *); NULL: not comparable */
	const uint8_t *gcdata;       /* bit i of the mask: word i holds a pointer */
	const struct gostring *string;
	const struct uncommontype *uncommon;
	struct type *ptrToThis;
};

_Static_assert(sizeof(struct type) == 64, "gccgo's _type is 64 bytes");
_Static_assert(offsetof(struct type, kind) == 23, "gccgo's kind byte");
_Static_assert(offsetof(struct type, gcdata) == 32, "gccgo's gcdata");

/* A method of a type that has some. Sorted by name; the same code serves direct calls and itabs. */
struct method {
	const struct gostring *name;
	const struct gostring *pkgPath; /* NULL: exported */
	const struct type *mtyp;        /* without the receiver */
	const struct type *typ;         /* with it */
	void *tfn;
};

/* What named types, and unnamed ones with methods, have beside. */
struct uncommontype {
	const struct gostring *name;    /* NULL: unnamed */
	const struct gostring *pkgPath; /* NULL: predeclared */
	const struct method *methods;
	intgo nmethods, capmethods;
};

struct imethod {
	const struct gostring *name;
	const struct gostring *pkgPath; /* NULL: exported */
	const struct type *typ;         /* compared with a method's mtyp, by address */
};

struct interfacetype {
	struct type typ;
	const struct imethod *methods; /* sorted by name */
	intgo nmethods, capmethods;
};

struct ptrtype {
	struct type typ;
	const struct type *elem;
};

struct slicetype {
	struct type typ;
	const struct type *elem;
};

struct arraytype {
	struct type typ;
	const struct type *elem;
	const struct type *slice;
	uintptr_t len;
};

enum chandir { RecvDir = 1, SendDir = 2, BothDir = 3 };

struct chantype {
	struct type typ;
	const struct type *elem;
	uintptr_t dir;
};

struct functype {
	struct type typ;
	bool dotdotdot; /* the last of in is a slice */
	const struct type *const *in;
	intgo nin, capin;
	const struct type *const *out;
	intgo nout, capout;
};

struct structfield {
	const struct gostring *name;    /* embedded fields have one, too */
	const struct gostring *pkgPath; /* NULL: exported */
	const struct type *typ;
	const struct gostring *tag; /* or NULL */
	uintptr_t offsetEmbed;      /* offset << 1 | embedded */
};

struct structtype {
	struct type typ;
	const struct structfield *fields;
	intgo nfields, capfields;
};

enum mapflag {
	MapIndirectKey = 1,    /* larger than 128 bytes */
	MapIndirectElem = 2,   /* the same */
	MapReflexiveKey = 4,   /* k == k for every key */
	MapNeedKeyUpdate = 8,  /* an equal key may look different: 0.0 and -0.0 */
	MapHashMightPanic = 16 /* keys hold interfaces */
};

struct maptype {
	struct type typ;
	const struct type *key;
	const struct type *elem;
	const struct type *bucket;    /* of a design that is not ours */
	const struct funcval *hasher; /* uintptr(const void *key, uintptr seed) */
	uint8_t keysize, elemsize;    /* 8 when indirect: ask the types */
	uint16_t bucketsize;
	uint32_t flags;
};

_Static_assert(sizeof(struct method) == 40, "gccgo's method");
_Static_assert(sizeof(struct uncommontype) == 40, "gccgo's uncommonType");
_Static_assert(sizeof(struct imethod) == 24, "gccgo's imethod");
_Static_assert(sizeof(struct interfacetype) == 88, "gccgo's interfaceType");
_Static_assert(sizeof(struct ptrtype) == 72, "gccgo's ptrType");
_Static_assert(sizeof(struct slicetype) == 72, "gccgo's sliceType");
_Static_assert(sizeof(struct arraytype) == 88, "gccgo's arrayType");
_Static_assert(sizeof(struct chantype) == 80, "gccgo's chanType");
_Static_assert(sizeof(struct functype) == 120, "gccgo's funcType");
_Static_assert(sizeof(struct structfield) == 40, "gccgo's structField");
_Static_assert(sizeof(struct structtype) == 88, "gccgo's structType");
_Static_assert(sizeof(struct maptype) == 104, "gccgo's mapType");
_Static_assert(offsetof(struct maptype, flags) == 100, "gccgo's map flags");

/* The types that a compiled package brought: P..types. */
struct typelist {
	intgo count;
	const struct type *types[];
};

struct eface {
	const struct type *type;
	void *data;
};

struct itab {
	const struct type *type; /* dynamic type */
	void *methods[];         /* code, sorted by name */
};

struct iface {
	const struct itab *tab;
	void *data;
};

/* Results of two values, in the registers or the memory that Go's convention says. */
struct efaceok {
	struct eface e;
	bool ok;
};

struct ifaceok {
	struct iface i;
	bool ok;
};

struct ptrok {
	void *p;
	bool ok;
};

struct runenext {
	int32_t r;
	intgo next;
};

#endif
