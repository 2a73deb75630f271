/* api_map.c: maps.                                                                   room: capi
 *
 * A gort_map is a struct hmap with what C has to remember about it behind it: the map type, which
 * Go's compiler passes with each call, and how keys are given. A map type is put together from
 * sizes and the descriptions of GORT_POINTERS, once for each combination; what gort_map_make found
 * stays in its static.
 *
 * Text as a key is a struct gostring inside. Who puts a key in that is not there yet pays for the
 * copy. */
#include "capi/capi.h"

#include "lang/lang.h"
#include "lang/map.h"

enum keyway { WAY_ANY, WAY_32, WAY_64, WAY_PTR, WAY_TEXT };

/* What a map type is made from. */
struct shape {
	enum gort_keys keys;
	enum gort_scan keyscan, elemscan;
	uintptr_t keysize, elemsize;   /* as the program has them */
	const struct type *key, *elem; /* described, or NULL */
};

struct maptypeC {
	struct maptype t;
	struct shape shape;
	enum keyway way;
	struct maptypeC *next;
};

static struct maptypeC *maptypes; /* atomic; only ever added to */

static always_inline struct hmap *
hmapOf(const gort_map *m)
{
	return (struct hmap *)(uintptr_t)m;
}

/* Behind the struct hmap. */
static always_inline const struct maptypeC **
typeWord(const gort_map *m)
{
	return (const struct maptypeC **)((uintptr_t)m + HMAP_SIZE);
}

/* ---- map types ---------------------------------------------------------------------------- */

struct sizedclosure {
	struct funcval f;
	uintptr_t size;
};

/* In which the size is the third argument: arch/this/inline.h. */
ARCH_CLOSURE_THUNK(memhashSized, memhash)
ARCH_CLOSURE_THUNK(memequalSized, memequal)

static const struct funcval *
sizedClosure(void *fn, uintptr_t size)
{
	struct sizedclosure *c = persistentalloc(sizeof *c, PTRSIZE);
	c->f.fn = fn;
	c->size = size;
	return &c->f;
}

/* A type of which only the size is known: every word may be a pointer, or none. */
static const struct type *
sizedType(uintptr_t size, enum gort_scan scan)
{
	struct type *t = persistentalloc(sizeof *t, PTRSIZE);
	uintptr_t words = scan == GORT_SCAN_NOTHING || size % PTRSIZE != 0 ? 0 : size / PTRSIZE;
	uint8_t *mask = NULL;
	if (words != 0) {
		mask = persistentalloc((words + 7) / 8, 1);
		for (uintptr_t i = 0; i < words; i++)
			mask[i / 8] |= (uint8_t)(1 << i % 8);
	}
	uintptr_t lowest = size & -size;
	*t = (struct type){
		.size = size,
		.ptrdata = words * PTRSIZE,
		.align = (uint8_t)(lowest == 0  ? 1
				   : lowest > 8 ? 8
						: lowest),
		.kind = KindStruct,
		.gcdata = mask,
	};
	t->fieldAlign = t->align;
	return t;
}

static const struct type *
keyType(const struct shape *s)
{
	static const struct gostring name = {(const uint8_t *)"string", 6};
	static const uint8_t mask[] = {1};
	static const struct type text = {
		.size = sizeof(struct gostring),
		.ptrdata = PTRSIZE,
		.align = PTRSIZE,
		.fieldAlign = PTRSIZE,
		.kind = KindString,
		.equal = &strequal_f,
		.gcdata = mask,
		.string = &name,
	};
	if (s->keys == GORT_KEY_TEXT)
		return &text;
	struct type *t = persistentalloc(sizeof *t, PTRSIZE);
	*t = s->key != NULL ? *s->key : *sizedType(s->keysize, s->keyscan);
	if (s->keys == GORT_KEY_FLOAT)
		t->equal = s->keysize == sizeof(float) ? &f32equal_f : &f64equal_f;
	else if (s->keysize == sizeof(uint32_t))
		t->equal = &memequal32_f;
	else if (s->keysize == sizeof(uint64_t))
		t->equal = &memequal64_f;
	else
		t->equal = sizedClosure((void *)memequalSized, s->keysize);
	return t;
}

static void
setHasher(struct maptypeC *c, const struct shape *s)
{
	/* The functions for special keys hold elements in their slots. */
	bool fast = s->elemsize <= 128;
	if (s->keys == GORT_KEY_TEXT) {
		c->t.hasher = &strhash_f;
		c->way = fast ? WAY_TEXT : WAY_ANY;
	} else if (s->keys == GORT_KEY_FLOAT) {
		c->t.hasher = s->keysize == sizeof(float) ? &f32hash_f : &f64hash_f;
	} else if (s->keysize == sizeof(uint32_t)) {
		c->t.hasher = &memhash32_f;
		c->way = fast && c->t.key->align == 4 ? WAY_32 : WAY_ANY;
	} else if (s->keysize == sizeof(uint64_t)) {
		c->t.hasher = &memhash64_f;
		c->way = !fast ? WAY_ANY : c->t.key->ptrdata != 0 ? WAY_PTR : WAY_64;
	} else {
		c->t.hasher = sizedClosure((void *)memhashSized, s->keysize);
	}
}

static const struct maptypeC *
newMapType(const struct shape *s)
{
	struct g *gp = rtenter();
	struct maptypeC *c = persistentalloc(sizeof *c, PTRSIZE);
	c->shape = *s;
	c->t.typ.kind = KindMap;
	c->t.typ.size = c->t.typ.ptrdata = PTRSIZE;
	c->t.key = keyType(s);
	c->t.elem = s->elem != NULL ? s->elem : sizedType(s->elemsize, s->elemscan);
	setHasher(c, s);
	c->t.flags = (c->t.key->size > 128 ? MapIndirectKey : 0) |
		     (c->t.elem->size > 128 ? MapIndirectElem : 0) |
		     (s->keys == GORT_KEY_FLOAT ? MapNeedKeyUpdate : MapReflexiveKey);
	rtleave(gp);
	do { /* two threads may add the same: either will do */
		c->next = load_acq(&maptypes);
	} while (!cas(&maptypes, c->next, c));
	return c;
}

/* Types of the same shape are one, or a program that makes maps by size would leak them. */
static const struct maptypeC *
mapType(const struct shape *s)
{
	for (const struct maptypeC *c = load_acq(&maptypes); c != NULL; c = c->next) {
		const struct shape *o = &c->shape;
		if (o->keys == s->keys && o->keysize == s->keysize && o->elemsize == s->elemsize &&
			o->keyscan == s->keyscan && o->elemscan == s->elemscan &&
			o->key == s->key && o->elem == s->elem)
			return c;
	}
	if (s->keysize > INT32_MAX || s->elemsize > INT32_MAX)
		panicPlain("gort_map_make: size out of range");
	if ((s->keys == GORT_KEY_TEXT && s->keysize != sizeof(char *)) ||
		(s->keys == GORT_KEY_FLOAT && s->keysize != sizeof(float) &&
			s->keysize != sizeof(double)))
		panicFormat("gort_map_make: %s key of %lu bytes",
			s->keys == GORT_KEY_TEXT ? "a text" : "a floating-point", s->keysize);
	return newMapType(s);
}

/* ---- making ------------------------------------------------------------------------------- */

static gort_map *
makeMap(const struct maptypeC *c, ptrdiff_t n)
{
	gort_map *m = (gort_map *)makemapWith(&c->t, n, sizeof c);
	*typeWord(m) = c;
	return m;
}

gort_map *
gort_map_make_sized(enum gort_keys keys, size_t keysize, enum gort_scan key_scan, size_t elemsize,
	enum gort_scan elem_scan, ptrdiff_t n)
{
	struct shape s = {keys, key_scan, elem_scan, keysize, elemsize, NULL, NULL};
	return makeMap(mapType(&s), n);
}

static cold const struct maptypeC *
findMapType(gort_map_type *t)
{
	struct shape s = {t->keys, t->key_scan, t->elem_scan, t->key.size, t->elem.size,
		describedType(&t->key), describedType(&t->elem)};
	const struct maptypeC *c = mapType(&s);
	store_rel(&t->found_, (const void *)c);
	return c;
}

gort_map *
gort_map_make_typed(gort_map_type *type, ptrdiff_t n)
{
	const struct maptypeC *c = load_acq(&type->found_);
	return makeMap(likely(c != NULL) ? c : findMapType(type), n);
}

/* ---- what the caller may get wrong -------------------------------------------------------- */

static cold _Noreturn void
wrongSize(const char *what, size_t size, size_t right)
{
	panicFormat("%s of %lu byte%s for a map whose %ss have %lu", what, size,
		size == 1 ? "" : "s", what, right);
}

static always_inline void
checkKey(const struct maptypeC *c, size_t size)
{
	if (unlikely(size != c->shape.keysize))
		wrongSize("key", size, c->shape.keysize);
}

static always_inline void
checkElem(const struct maptypeC *c, size_t size)
{
	if (unlikely(size != c->shape.elemsize))
		wrongSize("element", size, c->shape.elemsize);
}

/* ---- one entry ---------------------------------------------------------------------------- */

static always_inline struct gostring
textOf(const void *key)
{
	const char *s = *(const char *const *)key;
	return (struct gostring){(const uint8_t *)s, (intgo)__builtin_strlen(s)};
}

static always_inline uint32_t
word32(const void *key)
{
	uint32_t v;
	__builtin_memcpy(&v, key, sizeof v);
	return v;
}

static always_inline uint64_t
word64(const void *key)
{
	uint64_t v;
	__builtin_memcpy(&v, key, sizeof v);
	return v;
}

static always_inline void *
lookup(const struct maptypeC *c, struct hmap *m, const void *key)
{
	struct ptrok r;
	switch (c->way) {
	case WAY_32:
		r = mapaccess2_fast32(&c->t, m, word32(key));
		break;
	case WAY_64:
	case WAY_PTR:
		r = mapaccess2_fast64(&c->t, m, word64(key));
		break;
	case WAY_TEXT:
		return mapaccess_faststr(&c->t, m, textOf(key));
	default:
		if (c->shape.keys != GORT_KEY_TEXT)
			return mapaccess(&c->t, m, key);
		struct gostring s = textOf(key);
		return mapaccess(&c->t, m, &s);
	}
	return r.ok ? r.p : NULL;
}

/* What is there already keeps its copy of the key. */
static void *
assignText(const struct maptypeC *c, struct hmap *m, const void *key)
{
	struct gostring s = textOf(key);
	void *e = c->way == WAY_TEXT ? mapaccess_faststr(&c->t, m, s) : mapaccess(&c->t, m, &s);
	if (e != NULL)
		return e;
	struct g *gp = rtenter();
	uint8_t *copy = mallocNoscan((uintptr_t)s.len + 1, false);
	rtleave(gp);
	__builtin_memcpy(copy, s.str, (uintptr_t)s.len + 1);
	s.str = copy;
	return c->way == WAY_TEXT ? mapassign_faststr(&c->t, m, s) : mapassign(&c->t, m, &s);
}

static always_inline void *
assign(const struct maptypeC *c, struct hmap *m, const void *key)
{
	switch (c->way) {
	case WAY_32:
		return mapassign_fast32(&c->t, m, word32(key));
	case WAY_64:
		return mapassign_fast64(&c->t, m, word64(key));
	case WAY_PTR:
		return mapassign_fast64ptr(&c->t, m, (void *)word64(key));
	default:
		if (c->shape.keys != GORT_KEY_TEXT)
			return mapassign(&c->t, m, key);
		return assignText(c, m, key);
	}
}

static always_inline void
copyElem(const struct maptypeC *c, void *dst, const void *src)
{
	if (likely(c->shape.elemsize == sizeof(uint64_t)))
		__builtin_memcpy(dst, src, sizeof(uint64_t));
	else if (c->shape.elemsize == sizeof(uint32_t))
		__builtin_memcpy(dst, src, sizeof(uint32_t));
	else
		__builtin_memcpy(dst, src, c->shape.elemsize);
}

static cold _Noreturn void
nilMap(void)
{
	panicPlain("assignment to entry in nil map");
}

void
gort_map_put(gort_map *m, const void *key, size_t keysize, const void *elem, size_t elemsize)
{
	if (unlikely(m == NULL))
		nilMap();
	const struct maptypeC *c = *typeWord(m);
	checkKey(c, keysize);
	checkElem(c, elemsize);
	void *e = assign(c, hmapOf(m), key);
	if (likely(c->t.elem->ptrdata == 0))
		copyElem(c, e, elem);
	else
		typedmemmove(c->t.elem, e, elem);
}

void *
gort_map_assign(gort_map *m, const void *key, size_t keysize, size_t elemsize)
{
	if (unlikely(m == NULL))
		nilMap();
	const struct maptypeC *c = *typeWord(m);
	checkKey(c, keysize);
	checkElem(c, elemsize);
	return assign(c, hmapOf(m), key);
}

void *
gort_map_lookup(gort_map *m, const void *key, size_t keysize, size_t elemsize)
{
	if (unlikely(m == NULL))
		return NULL;
	const struct maptypeC *c = *typeWord(m);
	checkKey(c, keysize);
	checkElem(c, elemsize);
	return lookup(c, hmapOf(m), key);
}

bool
gort_map_find(gort_map *m, const void *key, size_t keysize, void *elem, size_t elemsize)
{
	if (unlikely(m == NULL)) {
		if (elem != NULL)
			memclr(elem, elemsize);
		return false;
	}
	const struct maptypeC *c = *typeWord(m);
	checkKey(c, keysize);
	void *e = lookup(c, hmapOf(m), key);
	if (elem == NULL)
		return e != NULL;
	checkElem(c, elemsize);
	if (likely(e != NULL))
		copyElem(c, elem, e);
	else
		memclr(elem, elemsize);
	return e != NULL;
}

void
gort_map_remove(gort_map *m, const void *key, size_t keysize)
{
	if (unlikely(m == NULL))
		return;
	const struct maptypeC *c = *typeWord(m);
	checkKey(c, keysize);
	switch (c->way) {
	case WAY_32:
		mapdelete_fast32(&c->t, hmapOf(m), word32(key));
		break;
	case WAY_64:
	case WAY_PTR:
		mapdelete_fast64(&c->t, hmapOf(m), word64(key));
		break;
	case WAY_TEXT:
		mapdelete_faststr(&c->t, hmapOf(m), textOf(key));
		break;
	default:
		if (c->shape.keys != GORT_KEY_TEXT) {
			mapdelete(&c->t, hmapOf(m), key);
		} else {
			struct gostring s = textOf(key);
			mapdelete(&c->t, hmapOf(m), &s);
		}
		break;
	}
}

/* ---- all entries -------------------------------------------------------------------------- */

void
gort_map_clear(gort_map *m)
{
	if (m != NULL)
		mapclear(&(*typeWord(m))->t, hmapOf(m));
}

ptrdiff_t
gort_map_len(const gort_map *m)
{
	return maplen(hmapOf(m));
}

_Static_assert(sizeof(struct hiter) <= 12 * sizeof(void *), "a gort_map_iter holds one");

bool
gort_map_next(gort_map_iter *it, void *key, size_t keysize, void *elem, size_t elemsize)
{
	struct hiter *h = (struct hiter *)(void *)it->state_;
	void **begun = &it->state_[12];
	if (it->map_ == NULL)
		return false;
	const struct maptypeC *c = *typeWord(it->map_);
	if (likely(*begun != NULL)) {
		mapiternext(h);
	} else {
		*begun = it;
		mapiterinit(&c->t, hmapOf(it->map_), h);
	}
	if (h->key == NULL)
		return false;
	if (key != NULL) {
		checkKey(c, keysize);
		/* Text: the first word of a string. */
		if (likely(keysize == sizeof(uint64_t)))
			__builtin_memcpy(key, h->key, sizeof(uint64_t));
		else
			__builtin_memcpy(key, h->key, keysize);
	}
	if (elem != NULL) {
		checkElem(c, elemsize);
		copyElem(c, elem, h->elem);
	}
	return true;
}
