/* mapkinds.h: map types of many shapes for the tests of maps. Key number i is made by key(), and
 * index() tells which one it was. */
#ifndef GORT_TESTS_UNIT_LANG_MAPKINDS_H
#define GORT_TESTS_UNIT_LANG_MAPKINDS_H

#include "lang/mapinternal.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIVERSE 9000u

struct big {
	uint64_t word;
	uint8_t rest[192];
};

struct pair { /* a pointer and a number: typed slots */
	void *p;
	uint64_t n;
};

enum fast { FAST_NONE, FAST_32, FAST_64, FAST_PTR, FAST_STR };

struct mapkind {
	const char *name;
	struct maptype t;
	enum fast fast;
	void (*key)(uint32_t i, void *out);
	uint32_t (*index)(const void *key);
};

static inline struct type
typeOf(uintptr_t size, enum kind kind, const uint8_t *mask, uintptr_t ptrdata,
	const struct funcval *equal)
{
	return (struct type){.size = size,
		.ptrdata = ptrdata,
		.align = size % 8 == 0 && size > 0   ? 8
			 : size % 4 == 0 && size > 0 ? 4
						     : 1,
		.kind = (uint8_t)(kind | (ptrdata == 0 ? KindNoPointers : 0)),
		.gcdata = mask,
		.equal = equal};
}

/* ---- keys --------------------------------------------------------------------------------- */

static inline void
keyInt(uint32_t i, void *out)
{
	*(uint64_t *)out = (uint64_t)i * 8;
}
static inline uint32_t
indexInt(const void *key)
{
	return (uint32_t)(*(const uint64_t *)key / 8);
}
static inline void
keyInt32(uint32_t i, void *out)
{
	*(uint32_t *)out = i * 3;
}
static inline uint32_t
indexInt32(const void *key)
{
	return *(const uint32_t *)key / 3;
}
static inline void
keyByte(uint32_t i, void *out)
{
	*(uint8_t *)out = (uint8_t)i;
}
static inline uint32_t
indexByte(const void *key)
{
	return *(const uint8_t *)key;
}
/* Strings of lengths 0 to 100, some alike at both ends; each at two addresses. */
static inline void
keyString(uint32_t i, void *out)
{
	static char *text[2][UNIVERSE];
	uint32_t which = (uint32_t)(testRand() & 1);
	char **p = &text[which][i];
	if (*p == NULL) {
		char b[128];
		int n = i % 5 == 0 ? snprintf(b, sizeof b, "%080u", i)
				   : snprintf(b, sizeof b, "%u", i);
		if (i % 5 == 1)
			n = snprintf(b, sizeof b, "key-%u-%.*s", i, (int)(i % 60),
				"------------------------------------------------------------");
		*p = strndup(b, (size_t)n);
	}
	*(struct gostring *)out = (struct gostring){(const uint8_t *)*p, (intgo)strlen(*p)};
}
static inline uint32_t
indexString(const void *key)
{
	const struct gostring *s = key;
	const char *p = (const char *)s->str;
	return (uint32_t)strtoul(p[0] == 'k' ? p + 4 : p, NULL, 10);
}
static inline void
keyFloat(uint32_t i, void *out)
{
	double d = i;
	if (i == 0 && (testRand() & 1) != 0)
		d = -0.0;
	*(double *)out = d;
}
static inline uint32_t
indexFloat(const void *key)
{
	return (uint32_t) * (const double *)key;
}
static inline void
keyBig(uint32_t i, void *out)
{
	struct big *b = out;
	memset(b, (int)(i % 7), sizeof *b);
	b->word = i;
}
static inline uint32_t
indexBig(const void *key)
{
	return (uint32_t)((const struct big *)key)->word;
}
static inline bool
bigEqual(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct big)) == 0;
}
static inline uintptr_t
bigHash(const void *p, uintptr_t seed)
{
	return memhash(p, seed, sizeof(struct big));
}
/* Keys of interface type: ints and strings. */
static const struct type *anyInt, *anyString;
static inline void
keyAny(uint32_t i, void *out)
{
	static uint64_t ints[UNIVERSE];
	static struct gostring strings[UNIVERSE];
	struct eface *e = out;
	if (i % 2 == 0) {
		keyInt(i, &ints[i]);
		*e = (struct eface){anyInt, &ints[i]};
	} else {
		keyString(i, &strings[i]);
		*e = (struct eface){anyString, &strings[i]};
	}
}
static inline uint32_t
indexAny(const void *key)
{
	const struct eface *e = key;
	return e->type == anyInt ? indexInt(e->data) : indexString(e->data);
}
static inline void
keyPair(uint32_t i, void *out)
{
	*(struct pair *)out = (struct pair){&anyInt, i};
}
static inline uint32_t
indexPair(const void *key)
{
	return (uint32_t)((const struct pair *)key)->n;
}
static inline bool
pairEqual(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct pair)) == 0;
}
static inline uintptr_t
pairHash(const void *p, uintptr_t seed)
{
	return memhash(p, seed, sizeof(struct pair));
}
static inline void
keyNothing(uint32_t i, void *out)
{
	(void)i, (void)out;
}
static inline uint32_t
indexNothing(const void *key)
{
	(void)key;
	return 0;
}

/* ---- elements ----------------------------------------------------------------------------- */

/* Pointers in elements and keys are addresses of statics: nothing here is collected. */
static inline void
elemSet(const struct maptype *t, void *e, uint64_t v)
{
	uint8_t *p = e;
	for (uintptr_t i = 0; i < t->elem->size; i++)
		p[i] = (uint8_t)(v >> i % 8 * 8);
}

static inline bool
elemIs(const struct maptype *t, const void *e, uint64_t v)
{
	const uint8_t *p = e;
	for (uintptr_t i = 0; i < t->elem->size; i++)
		if (p[i] != (uint8_t)(v >> i % 8 * 8))
			return false;
	return true;
}

static inline bool
elemIsZero(const struct maptype *t, const void *e)
{
	return elemIs(t, e, 0);
}

/* ---- the kinds ---------------------------------------------------------------------------- */

enum { ELEM_0, ELEM_1, ELEM_8, ELEM_16P, ELEM_24P, ELEM_200, NELEMS };

static inline const struct type *
elemType(int i)
{
	static const uint8_t m1[] = {1}, m2[] = {2};
	static struct type elems[NELEMS];
	elems[ELEM_0] = typeOf(0, KindStruct, NULL, 0, &memequal0_f);
	elems[ELEM_1] = typeOf(1, KindBool, NULL, 0, &memequal8_f);
	elems[ELEM_8] = typeOf(8, KindInt, NULL, 0, &memequal64_f);
	elems[ELEM_16P] = typeOf(16, KindString, m1, 8, &strequal_f);
	elems[ELEM_24P] = typeOf(24, KindStruct, m2, 16, NULL);
	elems[ELEM_200] = typeOf(200, KindStruct, m1, 8, NULL);
	return &elems[i];
}

static inline struct mapkind
mapKind(const char *name, const struct type *key, const struct funcval *hasher, uint32_t flags,
	enum fast fast, void (*mk)(uint32_t, void *), uint32_t (*index)(const void *), int elem)
{
	const struct type *e = elemType(elem);
	struct mapkind k = {.name = name, .fast = fast, .key = mk, .index = index};
	k.t.typ = typeOf(8, KindMap, NULL, 0, NULL);
	k.t.key = key;
	k.t.elem = e;
	k.t.hasher = hasher;
	k.t.flags = flags | (key->size > 128 ? MapIndirectKey : 0) |
		    (e->size > 128 ? MapIndirectElem : 0);
	k.t.keysize = key->size > 128 ? 8 : (uint8_t)key->size;
	k.t.elemsize = e->size > 128 ? 8 : (uint8_t)e->size;
	if (e->size > 128)
		k.fast = FAST_NONE;
	return k;
}

enum { NKINDS = 10 };

static inline struct mapkind
kindOf(int i, int elem)
{
	static const uint8_t m1[] = {1}, m3[] = {3};
	static const struct funcval bigEqual_f = {(void *)bigEqual}, bigHash_f = {(void *)bigHash};
	static const struct funcval pairEqual_f = {(void *)pairEqual},
				    pairHash_f = {(void *)pairHash};
	static struct type i64, i32, i8, str, f64, big, any, pair, none, ptr;
	i64 = typeOf(8, KindInt, NULL, 0, &memequal64_f);
	i64.tflag = TflagRegularMemory;
	i32 = typeOf(4, KindInt32, NULL, 0, &memequal32_f);
	i8 = typeOf(1, KindUint8, NULL, 0, &memequal8_f);
	ptr = typeOf(8, KindPtr, m1, 8, &memequal64_f);
	str = typeOf(16, KindString, m1, 8, &strequal_f);
	f64 = typeOf(8, KindFloat64, NULL, 0, &f64equal_f);
	big = typeOf(sizeof(struct big), KindStruct, NULL, 0, &bigEqual_f);
	any = typeOf(16, KindInterface, m3, 16, &nilinterequal_f);
	pair = typeOf(16, KindStruct, m1, 8, &pairEqual_f);
	none = typeOf(0, KindStruct, NULL, 0, &memequal0_f);
	anyInt = &i64;
	anyString = &str;
	switch (i) {
	case 0:
		return mapKind("int", &i64, &memhash64_f, MapReflexiveKey, FAST_64, keyInt,
			indexInt, elem);
	case 1:
		return mapKind("int32", &i32, &memhash32_f, MapReflexiveKey, FAST_32, keyInt32,
			indexInt32, elem);
	case 2:
		return mapKind("string", &str, &strhash_f, MapReflexiveKey | MapNeedKeyUpdate,
			FAST_STR, keyString, indexString, elem);
	case 3:
		return mapKind("pointer", &ptr, &memhash64_f, MapReflexiveKey, FAST_PTR, keyInt,
			indexInt, elem);
	case 4:
		return mapKind("float", &f64, &f64hash_f, MapNeedKeyUpdate, FAST_NONE, keyFloat,
			indexFloat, elem);
	case 5:
		return mapKind("any", &any, &nilinterhash_f, MapNeedKeyUpdate | MapHashMightPanic,
			FAST_NONE, keyAny, indexAny, elem);
	case 6:
		return mapKind("big", &big, &bigHash_f, MapReflexiveKey, FAST_NONE, keyBig,
			indexBig, elem);
	case 7:
		return mapKind("pair", &pair, &pairHash_f, MapReflexiveKey, FAST_NONE, keyPair,
			indexPair, elem);
	case 8:
		return mapKind("byte", &i8, &memhash8_f, MapReflexiveKey, FAST_NONE, keyByte,
			indexByte, elem);
	default:
		return mapKind("struct{}", &none, &memhash0_f, MapReflexiveKey, FAST_NONE,
			keyNothing, indexNothing, elem);
	}
}

/* How many different keys a kind has. */
static inline uint32_t
keysOf(const struct mapkind *k)
{
	return k->t.key->size == 0 ? 1 : k->t.key->size == 1 ? 256 : UNIVERSE;
}

/* ---- operations, by one of the ways there are --------------------------------------------- */

union anykey {
	uint64_t u64;
	uint32_t u32;
	struct gostring s;
	struct big big;
};

static inline bool
generalWay(const struct mapkind *k)
{
	return k->fast == FAST_NONE || (testRand() & 3) == 0;
}

static inline void *
assign(const struct mapkind *k, struct hmap *m, uint32_t i)
{
	union anykey key;
	k->key(i, &key);
	if (generalWay(k))
		return mapassign(&k->t, m, &key);
	switch (k->fast) {
	case FAST_32:
		return mapassign_fast32(&k->t, m, key.u32);
	case FAST_64:
		return mapassign_fast64(&k->t, m, key.u64);
	case FAST_PTR:
		return mapassign_fast64ptr(&k->t, m, (void *)key.u64);
	default:
		return mapassign_faststr(&k->t, m, key.s);
	}
}

/* NULL: absent, and what the functions return then was checked. */
static inline void *
get(const struct mapkind *k, struct hmap *m, uint32_t i)
{
	static const uint8_t zero[256];
	union anykey key;
	k->key(i, &key);
	void *one;
	struct ptrok two;
	if (generalWay(k)) {
		if ((testRand() & 1) != 0) {
			one = mapaccess1(&k->t, m, &key);
			two = mapaccess2(&k->t, m, &key);
		} else {
			one = mapaccess1_fat(&k->t, m, &key, zero);
			two = mapaccess2_fat(&k->t, m, &key, zero);
		}
		CHECK(mapaccess(&k->t, m, &key) == (two.ok ? two.p : NULL));
	} else if (k->fast == FAST_32) {
		one = mapaccess1_fast32(&k->t, m, key.u32);
		two = mapaccess2_fast32(&k->t, m, key.u32);
	} else if (k->fast == FAST_STR) {
		one = mapaccess1_faststr(&k->t, m, key.s);
		two = mapaccess2_faststr(&k->t, m, key.s);
		CHECK(mapaccess_faststr(&k->t, m, key.s) == (two.ok ? two.p : NULL));
	} else {
		one = mapaccess1_fast64(&k->t, m, key.u64);
		two = mapaccess2_fast64(&k->t, m, key.u64);
	}
	CHECK(one == two.p);
	if (two.ok)
		return one;
	CHECK(elemIsZero(&k->t, one));
	return NULL;
}

static inline void
del(const struct mapkind *k, struct hmap *m, uint32_t i)
{
	union anykey key;
	k->key(i, &key);
	if (generalWay(k))
		mapdelete(&k->t, m, &key);
	else if (k->fast == FAST_32)
		mapdelete_fast32(&k->t, m, key.u32);
	else if (k->fast == FAST_STR)
		mapdelete_faststr(&k->t, m, key.s);
	else
		mapdelete_fast64(&k->t, m, key.u64);
}

/* ---- what must hold of a map's inside ------------------------------------------------------ */

static inline void
verify(const struct mapkind *k, struct hmap *m)
{
	if (m->slotSize == 0) {
		CHECK_EQ(m->count, 0);
		return;
	}
	if (m->depth == 0) {
		CHECK_EQ(__builtin_popcount(groupFull(m->ctrl)), m->count);
		return;
	}
	const struct dirent *dir = m->p;
	intgo sum = 0;
	CHECK_EQ(m->shift, 64 - m->depth);
	for (uintptr_t i = 0; i < (uintptr_t)1 << m->depth;) {
		const struct maptable *tab = dir[i].tab;
		uintptr_t run = (uintptr_t)1 << (m->depth - tab->localDepth);
		CHECK(tab->localDepth <= m->depth && i % run == 0 && !tab->stale);
		for (uintptr_t j = 1; j < run; j++)
			CHECK(dir[i + j].tab == tab && dir[i + j].slots == dir[i].slots);
		CHECK_EQ(tab->nslots, (m->groupMask + 1) * GROUP_SLOTS);
		CHECK(tab->localDepth == 0 || tab->nslots == TABLE_MAXSLOTS);
		uint32_t used = 0, deleted = 0;
		for (uint32_t g = 0; g <= m->groupMask; g++) {
			used += (uint32_t)__builtin_popcount(groupFull(tab->ctrl[g]));
			deleted += (uint32_t)__builtin_popcount(groupDeleted(tab->ctrl[g]));
			FOREACH_SLOT(s, ~groupFull(tab->ctrl[g]) & 0xff)
			CHECK(k->t.elem->size > 128 || /* then it lies elsewhere */
				elemIsZero(&k->t,
					dir[i].slots + (g * 8 + s) * m->slotSize + m->elemOff));
		}
		CHECK_EQ(used, tab->used);
		CHECK_EQ(used + deleted + tab->growthLeft, tableLimit(tab->nslots));
		sum += used;
		i += run;
	}
	CHECK_EQ(sum, m->count);
}

#endif
