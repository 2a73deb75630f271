/* algtype.c: == and hash of every kind of value.                                     room: lang
 *
 * A descriptor's equal, and a map's hasher, are Go function values. For types whose bytes decide
 * they are one of memequalN and memhashN; for floats, strings and interfaces one of the others;
 * for structs and arrays of those, code that the compiler made and that calls these.
 *
 * Floats     0.0 == -0.0, so both have one hash; NaN != NaN, so each hash of a NaN is another one:
 *            a map that is given the same NaN again and again does not put all into one place.
 * Interfaces compare the dynamic types, then the values. A dynamic type without equal panics, but
 *            only once the types have turned out to be the same.
 *
 * typehash does for any descriptor what the compiler's functions do for the types that it knew:
 * for what an interface holds, and for types that reflection makes.
 *
 * None of this touches the P, allocates or locks; the panics do.
 */
#include "lang/hash64.h"
#include "lang/internal.h"

#include "core/upcalls.h"

#define CLOSURE(name) const struct funcval name##_f = {(void *)name};
LANG_EQUALS(CLOSURE)
LANG_HASHES(CLOSURE)

/* ---- plain memory ------------------------------------------------------------------------- */

#define WORD_EQUAL(name, T)                                                                        \
	bool name(const void *a, const void *b)                                                    \
	{                                                                                          \
		T x, y;                                                                            \
		__builtin_memcpy(&x, a, sizeof x);                                                 \
		__builtin_memcpy(&y, b, sizeof y);                                                 \
		return x == y;                                                                     \
	}
#define WORD_HASH(name, n)                                                                         \
	uintptr_t name(const void *p, uintptr_t seed)                                              \
	{                                                                                          \
		return memhash(p, seed, n);                                                        \
	}

WORD_EQUAL(memequal8, uint8_t)
WORD_EQUAL(memequal16, uint16_t)
WORD_EQUAL(memequal32, uint32_t)
WORD_EQUAL(memequal64, uint64_t)
WORD_EQUAL(memequal128, __uint128_t)
WORD_EQUAL(pointerequal, uintptr_t)
WORD_HASH(memhash8, 1)
WORD_HASH(memhash16, 2)
WORD_HASH(memhash32, 4)
WORD_HASH(memhash64, 8)
WORD_HASH(memhash128, 16)

bool
memequal0(const void *a, const void *b)
{
	(void)a, (void)b;
	return true;
}

uintptr_t
memhash0(const void *p, uintptr_t seed)
{
	(void)p;
	return seed;
}

/* ---- strings ------------------------------------------------------------------------------ */

bool
strequal(const void *a, const void *b)
{
	const struct gostring *x = a, *y = b;
	return x->len == y->len && memequal(x->str, y->str, (uintptr_t)x->len);
}

uintptr_t
strhash(const void *p, uintptr_t seed)
{
	const struct gostring *s = p;
	return hashText(s->str, seed, (uintptr_t)s->len);
}

/* ---- floats ------------------------------------------------------------------------------- */

static uintptr_t
hashNaN(uintptr_t seed)
{
	static uint64_t count; /* atomic: any two values differ, the order is of no interest */
	uint64_t n = xadd(&count, (uint64_t)1);
	return memhash(&n, seed, sizeof n);
}

static always_inline uintptr_t
hashDouble(double v, uintptr_t seed, uintptr_t n, const void *p)
{
	if (v == 0) {
		static const uint64_t zero;
		return memhash(&zero, seed, n);
	}
	return v != v ? hashNaN(seed) : memhash(p, seed, n);
}

bool
f32equal(const void *a, const void *b)
{
	return *(const float *)a == *(const float *)b;
}

bool
f64equal(const void *a, const void *b)
{
	return *(const double *)a == *(const double *)b;
}

bool
c64equal(const void *a, const void *b)
{
	const float *x = a, *y = b;
	return x[0] == y[0] && x[1] == y[1];
}

bool
c128equal(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return x[0] == y[0] && x[1] == y[1];
}

uintptr_t
f32hash(const void *p, uintptr_t seed)
{
	return hashDouble((double)*(const float *)p, seed, sizeof(float), p);
}

uintptr_t
f64hash(const void *p, uintptr_t seed)
{
	return hashDouble(*(const double *)p, seed, sizeof(double), p);
}

uintptr_t
c64hash(const void *p, uintptr_t seed)
{
	return f32hash((const float *)p + 1, f32hash(p, seed));
}

uintptr_t
c128hash(const void *p, uintptr_t seed)
{
	return f64hash((const double *)p + 1, f64hash(p, seed));
}

/* ---- interfaces --------------------------------------------------------------------------- */

/* Two values of one dynamic type. */
static bool
dataequal(const struct type *t, const void *a, const void *b)
{
	if (unlikely(t->equal == NULL))
		panicType("comparing uncomparable type ", t);
	if (isDirectIface(t))
		return a == b;
	return callEqual(t->equal, a, b);
}

static uintptr_t
datahash(const struct type *t, void *const *data, uintptr_t seed)
{
	if (unlikely(t->equal == NULL))
		panicType("hash of unhashable type ", t);
	return typehash(t, isDirectIface(t) ? (const void *)data : *data, seed);
}

static always_inline const struct type *
tabType(const struct itab *tab)
{
	return tab == NULL ? NULL : tab->type;
}

bool
efaceeq(struct eface a, struct eface b)
{
	return a.type == b.type && (a.type == NULL || dataequal(a.type, a.data, b.data));
}

/* The same type may be seen through different itabs: gccgo makes some in each package. */
bool
ifaceeq(struct iface a, struct iface b)
{
	const struct type *t = tabType(a.tab);
	return t == tabType(b.tab) && (t == NULL || dataequal(t, a.data, b.data));
}

bool
ifaceefaceeq(struct iface a, struct eface b)
{
	const struct type *t = tabType(a.tab);
	return t == b.type && (t == NULL || dataequal(t, a.data, b.data));
}

bool
efacevaleq(struct eface a, const struct type *t, const void *p)
{
	return a.type == t && dataequal(t, a.data, p);
}

bool
ifacevaleq(struct iface a, const struct type *t, const void *p)
{
	return tabType(a.tab) == t && dataequal(t, a.data, p);
}

bool
nilinterequal(const void *a, const void *b)
{
	return efaceeq(*(const struct eface *)a, *(const struct eface *)b);
}

bool
interequal(const void *a, const void *b)
{
	return ifaceeq(*(const struct iface *)a, *(const struct iface *)b);
}

uintptr_t
nilinterhash(const void *p, uintptr_t seed)
{
	const struct eface *e = p;
	return e->type == NULL ? seed : datahash(e->type, &e->data, seed);
}

uintptr_t
interhash(const void *p, uintptr_t seed)
{
	const struct iface *i = p;
	return i->tab == NULL ? seed : datahash(i->tab->type, &i->data, seed);
}

/* ---- any type ----------------------------------------------------------------------------- */

static bool
isBlank(const struct structfield *f)
{
	return f->name != NULL && f->name->len == 1 && f->name->str[0] == '_';
}

uintptr_t
typehash(const struct type *t, const void *p, uintptr_t seed)
{
	if (t->tflag & TflagRegularMemory)
		return t->size == 0 ? seed : memhash(p, seed, t->size);
	switch (t->kind & KindMask) {
	case KindFloat32:
		return f32hash(p, seed);
	case KindFloat64:
		return f64hash(p, seed);
	case KindComplex64:
		return c64hash(p, seed);
	case KindComplex128:
		return c128hash(p, seed);
	case KindString:
		return strhash(p, seed);
	case KindInterface:
		if (((const struct interfacetype *)t)->nmethods == 0)
			return nilinterhash(p, seed);
		return interhash(p, seed);
	case KindArray: {
		const struct arraytype *a = (const struct arraytype *)t;
		for (uintptr_t i = 0; i < a->len; i++)
			seed = typehash(a->elem, (const char *)p + i * a->elem->size, seed);
		return seed;
	}
	case KindStruct: {
		const struct structtype *s = (const struct structtype *)t;
		for (intgo i = 0; i < s->nfields; i++) {
			const struct structfield *f = &s->fields[i];
			if (!isBlank(f))
				seed = typehash(
					f->typ, (const char *)p + (f->offsetEmbed >> 1), seed);
		}
		return seed;
	}
	case KindSlice:
	case KindMap:
	case KindFunc:
		panicType("hash of unhashable type ", t);
	}
	/* The rest are plain words, whatever the flag says. */
	return memhash(p, seed, t->size);
}
