/* reflectcall.c: calls whose arguments are known at run time, by libffi.            room: gccgo
 *
 * reflect.Value.Call and MakeFunc. libffi knows the calling convention; it is among libgo.a's objects,
 * with what it needs for closures. It is told of a function by a cif, which names the types of the
 * arguments and of the result by descriptors of its own. Those are made here from Go's:
 *
 *   numbers, pointers            themselves
 *   strings, slices, interfaces, complex numbers, structs, arrays
 *                                structs of their parts
 *   what has no size             void: nothing is passed
 *   several results              a struct of them
 *
 * A cif is made once for each type of function and kept for ever, as reflect keeps the types. The table
 * is read without a lock: entries never change, and each is linked when it is complete.
 *
 * A result is received in memory of our own, because libffi stores whole words, and copied from there as
 * its type wants. */
#include "gccgo/std.h"

#include "core/bits.h"

/* ---- libffi's layouts and functions, of libgo.a ------------------------------------------- */

enum ffitypecode {
	FFI_VOID = 0,
	FFI_FLOAT = 2,
	FFI_DOUBLE = 3,
	FFI_UINT8 = 5,
	FFI_SINT8,
	FFI_UINT16,
	FFI_SINT16,
	FFI_UINT32,
	FFI_SINT32,
	FFI_UINT64,
	FFI_SINT64,
	FFI_STRUCT,
	FFI_POINTER,
};
enum { FFI_UNIX64 = 2 };

/* ---- types -------------------------------------------------------------------------------- */

static struct ffitype tvoid = {1, 1, FFI_VOID, NULL};
static struct ffitype tpointer = {8, 8, FFI_POINTER, NULL};
static struct ffitype tuint8 = {1, 1, FFI_UINT8, NULL}, tsint8 = {1, 1, FFI_SINT8, NULL};
static struct ffitype tuint16 = {2, 2, FFI_UINT16, NULL}, tsint16 = {2, 2, FFI_SINT16, NULL};
static struct ffitype tuint32 = {4, 4, FFI_UINT32, NULL}, tsint32 = {4, 4, FFI_SINT32, NULL};
static struct ffitype tuint64 = {8, 8, FFI_UINT64, NULL}, tsint64 = {8, 8, FFI_SINT64, NULL};
static struct ffitype tfloat = {4, 4, FFI_FLOAT, NULL}, tdouble = {8, 8, FFI_DOUBLE, NULL};

static struct ffitype *pair[] = {&tpointer, &tpointer, NULL};
static struct ffitype *stringparts[] = {&tpointer, &tsint64, NULL};
static struct ffitype *sliceparts[] = {&tpointer, &tsint64, &tsint64, NULL};
static struct ffitype *complex64parts[] = {&tfloat, &tfloat, NULL};
static struct ffitype *complex128parts[] = {&tdouble, &tdouble, NULL};
static struct ffitype tinterface = {16, 8, FFI_STRUCT, pair};
static struct ffitype tstring = {16, 8, FFI_STRUCT, stringparts};
static struct ffitype tslice = {24, 8, FFI_STRUCT, sliceparts};
static struct ffitype tcomplex64 = {8, 4, FFI_STRUCT, complex64parts};
static struct ffitype tcomplex128 = {16, 8, FFI_STRUCT, complex128parts};

static struct ffitype *const simple[] = {
	[KindBool] = &tuint8,
	[KindInt] = &tsint64,
	[KindInt8] = &tsint8,
	[KindInt16] = &tsint16,
	[KindInt32] = &tsint32,
	[KindInt64] = &tsint64,
	[KindUint] = &tuint64,
	[KindUint8] = &tuint8,
	[KindUint16] = &tuint16,
	[KindUint32] = &tuint32,
	[KindUint64] = &tuint64,
	[KindUintptr] = &tuint64,
	[KindFloat32] = &tfloat,
	[KindFloat64] = &tdouble,
	[KindComplex64] = &tcomplex64,
	[KindComplex128] = &tcomplex128,
	[KindArray] = NULL,
	[KindChan] = &tpointer,
	[KindFunc] = &tpointer,
	[KindInterface] = &tinterface,
	[KindMap] = &tpointer,
	[KindPtr] = &tpointer,
	[KindSlice] = &tslice,
	[KindString] = &tstring,
	[KindStruct] = NULL,
	[KindUnsafePointer] = &tpointer,
};

/* With room for so many parts. */
static struct ffitype *
newstruct(uintptr_t size, uintptr_t align, uintptr_t parts)
{
	struct ffitype *f =
		persistentalloc(sizeof *f + (parts + 1) * sizeof f->elements[0], PTRSIZE);
	*f = (struct ffitype){size, (uint16_t)align, FFI_STRUCT, (struct ffitype **)(f + 1)};
	return f;
}

static struct ffitype *ffitypeOf(const struct type *t);

/* Arrays that go to memory anyhow have only their size looked at. */
static struct ffitype *
arrayOf(const struct arraytype *t)
{
	enum { IN_REGISTERS = 32 };
	uintptr_t n = t->typ.size <= IN_REGISTERS ? t->len : 1;
	struct ffitype *f = newstruct(t->typ.size, t->typ.align, n);
	for (uintptr_t i = 0; i < n; i++)
		f->elements[i] = ffitypeOf(t->elem);
	return f;
}

static struct ffitype *
structOf(const struct structtype *t)
{
	struct ffitype *f = newstruct(t->typ.size, t->typ.align, (uintptr_t)t->nfields);
	uintptr_t n = 0;
	for (intgo i = 0; i < t->nfields; i++)
		if (t->fields[i].typ->size > 0)
			f->elements[n++] = ffitypeOf(t->fields[i].typ);
	return f;
}

static struct ffitype *
ffitypeOf(const struct type *t)
{
	if (t->size == 0)
		return &tvoid;
	switch (t->kind & KindMask) {
	case KindArray:
		return arrayOf((const struct arraytype *)t);
	case KindStruct:
		return structOf((const struct structtype *)t);
	default:
		return simple[t->kind & KindMask];
	}
}

static uintptr_t
alignTo(uintptr_t n, uintptr_t align)
{
	return (n + align - 1) / align * align;
}

static struct ffitype *
resultOf(const struct functype *t)
{
	if (t->nout == 0)
		return &tvoid;
	if (t->nout == 1)
		return ffitypeOf(t->out[0]);
	uintptr_t size = 0, align = 1, n = 0;
	for (intgo i = 0; i < t->nout; i++) {
		size = alignTo(size, t->out[i]->align) + t->out[i]->size;
		if (t->out[i]->align > align)
			align = t->out[i]->align;
	}
	if (size == 0)
		return &tvoid;
	struct ffitype *f = newstruct(alignTo(size, align), align, (uintptr_t)t->nout);
	for (intgo i = 0; i < t->nout; i++)
		if (t->out[i]->size > 0)
			f->elements[n++] = ffitypeOf(t->out[i]);
	return f;
}

/* ---- cifs --------------------------------------------------------------------------------- */

/* What a function is called as. */
enum callkind {
	CALL_FUNC,
	CALL_INTERFACE, /* a pointer comes first that the type does not mention */
	CALL_METHOD,    /* the first argument is passed by its address */
};

struct cifentry {
	struct cifentry *next;
	const struct functype *type;
	uint32_t kind;
	struct fficif cif;
};

enum { BUCKETS = 512 };
static struct cifentry *cifs[BUCKETS]; /* atomic; entries are complete */
static struct mutex ciflock;           /* for adding */

static struct cifentry *
find(struct cifentry *e, const struct functype *t, enum callkind kind)
{
	while (e != NULL && (e->type != t || e->kind != kind))
		e = e->next;
	return e;
}

static void
make(struct cifentry *e, const struct functype *t, enum callkind kind)
{
	uintptr_t n = (uintptr_t)t->nin + (kind == CALL_INTERFACE);
	struct ffitype **args = persistentalloc((n + 1) * sizeof *args, PTRSIZE);
	uintptr_t at = 0;
	if (kind == CALL_INTERFACE)
		args[at++] = &tpointer;
	for (intgo i = 0; i < t->nin; i++)
		args[at++] = i == 0 && kind == CALL_METHOD ? &tpointer : ffitypeOf(t->in[i]);
	e->type = t;
	e->kind = kind;
	if (ffi_prep_cif(&e->cif, FFI_UNIX64, (unsigned)n, resultOf(t), args) != 0)
		throw("libffi does not know a type");
}

static void
makeOnG0(void *arg)
{
	struct cifentry *e = arg;
	make(e, e->type, e->kind);
}

static struct fficif *
cifOf(const struct functype *t, enum callkind kind)
{
	struct cifentry **head = &cifs[((uintptr_t)t >> 4 ^ (uintptr_t)kind) % BUCKETS];
	struct cifentry *e = find(load_acq(head), t, kind);
	if (likely(e != NULL))
		return &e->cif;
	struct g *gp = rtenter();
	struct cifentry *fresh = persistentalloc(sizeof *fresh, PTRSIZE);
	fresh->type = t;
	fresh->kind = kind;
	systemstack(makeOnG0, fresh);
	lock(&ciflock);
	e = find(*head, t, kind);
	if (e == NULL) {
		e = fresh;
		e->next = *head;
		store_rel(head, e);
	}
	unlock(&ciflock);
	rtleave(gp);
	return &e->cif;
}

struct fficif *
reflect_makeCIF(const struct functype *t)
{
	return cifOf(t, CALL_FUNC);
}

/* ---- the call ----------------------------------------------------------------------------- */

enum { ENOUGH = 128 };

void
reflectcall(const struct functype *t, const struct funcval *fn, bool isinterface, bool ismethod,
	void **params, void **results)
{
	struct fficif *cif = cifOf(t, isinterface ? CALL_INTERFACE
				      : ismethod  ? CALL_METHOD
						  : CALL_FUNC);
	uintptr_t space[ENOUGH / PTRSIZE], *result = space;
	if (cif->rtype->size > sizeof space) {
		struct g *gp = rtenter();
		result = mallocConservative(cif->rtype->size);
		rtleave(gp);
	}
	ffi_call_go(cif, (void (*)(void))fn->fn, result, params, (void *)(uintptr_t)fn);
	if (results == NULL)
		return;
	uintptr_t at = 0;
	for (intgo i = 0; i < t->nout; i++) {
		const struct type *out = t->out[i];
		at = alignTo(at, out->align);
		if (out->size > 0)
			typedmemmove(out, results[i], (uint8_t *)result + at);
		at += out->size;
	}
}
