/* map_test.c: maps against a table of what should be in them, for many shapes of keys and elements;
 * growth, cleaning, two at once. Iteration: mapiter_test.c. */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "mapkinds.h"

#include "core/swar.h"

/* ---- groups ------------------------------------------------------------------------------- */

TEST(lang, map, group_match)
{
	for (int round = 0; round < 200000; round++) {
		uint64_t w = testRand();
		if (round % 3 == 0) /* bytes near to each other, and of the kinds that occur */
			w &= 0x8181818181818181;
		if (round % 3 == 1)
			w &= 0x0101010101010101;
		uint8_t b = (uint8_t)(round % 2 == 0 ? w >> 8 * (testRand() % 8) : testRand());
		uint32_t match = 0, tops = 0, empty = 0;
		for (uint32_t i = 0; i < 8; i++) {
			uint8_t c = (uint8_t)(w >> 8 * i);
			match |= (uint32_t)(c == b) << i;
			tops |= (uint32_t)(c >> 7) << i;
			empty |= (uint32_t)(c == 0) << i;
		}
		CHECK_EQ(archMatch8(w, b), match);
		CHECK_EQ(swarMatch(w, b), match);
		CHECK_EQ(archTops8(w), tops);
		CHECK_EQ(swarTops(w), tops);
		if (round % 3 != 2) /* control bytes */
			CHECK_EQ(groupHasEmpty(w), empty != 0);
	}
}

/* ---- against a model ---------------------------------------------------------------------- */

struct model {
	bool present[UNIVERSE];
	uint64_t value[UNIVERSE];
	intgo n;
};
static struct model model;

static void
checkAll(const struct mapkind *k, struct hmap *m, uint32_t keys)
{
	static uint8_t seen[UNIVERSE];
	verify(k, m);
	CHECK_EQ(maplen(m), model.n);
	memset(seen, 0, sizeof seen);
	struct hiter it;
	intgo n = 0;
	for (mapiterinit(&k->t, m, &it); it.key != NULL; mapiternext(&it), n++) {
		uint32_t i = k->index(it.key);
		CHECKF(i < keys && model.present[i], "%s: key %u is not there", k->name, i);
		CHECKF(!seen[i]++, "%s: key %u twice", k->name, i);
		CHECK(elemIs(&k->t, it.elem, model.value[i]));
	}
	CHECK_EQ(n, model.n);
	for (uint32_t i = 0; i < keys; i++) {
		void *e = get(k, m, i);
		CHECKF((e != NULL) == model.present[i], "%s: key %u: %d", k->name, i, e != NULL);
		CHECK(e == NULL || elemIs(&k->t, e, model.value[i]));
	}
}

static void
randomOps(const struct mapkind *k, uint32_t keys, int ops)
{
	memset(&model, 0, sizeof model);
	struct hmap *m = testRand() % 2 == 0 ? makemap_small()
					     : makemap(&k->t, (intgo)(testRand() % 3000), NULL);
	/* More assignments than deletions for a while, then the reverse. */
	for (int op = 0; op < ops; op++) {
		uint32_t i = (uint32_t)(testRand() % keys);
		uint32_t what = (uint32_t)(testRand() % 16);
		if (what < (op < ops * 2 / 3 ? 8u : 3u)) {
			uint64_t v = testRand() | 1;
			void *e = assign(k, m, i);
			CHECK(model.present[i] ? elemIs(&k->t, e, model.value[i])
					       : elemIsZero(&k->t, e));
			elemSet(&k->t, e, v);
			model.n += !model.present[i];
			model.present[i] = true;
			model.value[i] = v;
		} else if (what < 12) {
			del(k, m, i);
			model.n -= model.present[i];
			model.present[i] = false;
		} else {
			void *e = get(k, m, i);
			CHECK((e != NULL) == model.present[i]);
			CHECK(e == NULL || elemIs(&k->t, e, model.value[i]));
		}
		CHECK_EQ(maplen(m), model.n);
		if (testRand() % (uint32_t)ops == 0) {
			mapclear(&k->t, m);
			memset(&model, 0, sizeof model);
		}
		if (op % (ops / 4) == 0)
			checkAll(k, m, keys);
	}
	checkAll(k, m, keys);
	mapclear(&k->t, m);
	memset(&model, 0, sizeof model);
	checkAll(k, m, keys);
}

static void
againstModel(int kind)
{
	static const uint32_t universes[] = {1, 8, 12, 100, 800, 1000, UNIVERSE};
	for (int elem = 0; elem < NELEMS; elem++) {
		struct mapkind k = kindOf(kind, elem);
		for (uint32_t u = 0; u < nelem(universes); u++) {
			if (universes[u] > 256 && keysOf(&k) <= 256)
				break;
			/* Large ones with one kind of element, and that in turn: they take long. */
			if (universes[u] > 1000 && elem != (int)(testSeed() % NELEMS))
				break;
			uint32_t keys = universes[u] < keysOf(&k) ? universes[u] : keysOf(&k);
			int ops = (int)keys * (keys < 200 ? 30 : 4);
			randomOps(&k, keys, ops < 200 ? 200 : ops);
		}
	}
}

#define MODEL_TEST(kind, what)                                                                     \
	TEST_G(lang, map, model_##what)                                                            \
	{                                                                                          \
		againstModel(kind);                                                                \
	}
MODEL_TEST(0, int)
MODEL_TEST(1, int32)
MODEL_TEST(2, string)
MODEL_TEST(3, pointer)
MODEL_TEST(4, float)
MODEL_TEST(5, any)
MODEL_TEST(6, big)
MODEL_TEST(7, pair)
MODEL_TEST(8, byte)
MODEL_TEST(9, nothing)

TEST_OPT(lang, map, model_string_without_aes, .goroutine = true, .env = "GODEBUG=cpu.aes=off")
{
	againstModel(2);
}

/* ---- nil, empty, hints -------------------------------------------------------------------- */

TEST_G(lang, map, nil_and_empty)
{
	struct hmap *maps[] = {NULL, makemap_small()};
	for (int kind = 0; kind < NKINDS; kind++) {
		struct mapkind k = kindOf(kind, ELEM_8);
		for (int i = 0; i < 2; i++) {
			CHECK(get(&k, maps[i], 0) == NULL);
			del(&k, maps[i], 0);
			mapclear(&k.t, maps[i]);
			CHECK_EQ(maplen(maps[i]), 0);
			struct hiter it;
			memset(&it, 0xa5, sizeof it);
			mapiterinit(&k.t, maps[i], &it);
			CHECK(it.key == NULL && it.t == &k.t);
			mapiternext(&it);
			CHECK(it.key == NULL);
		}
	}
}

TEST_DIES_G(lang, map, assign_to_nil, "panic: assignment to entry in nil map", 2)
{
	struct mapkind k = kindOf(0, ELEM_8);
	mapassign(&k.t, NULL, &(uint64_t){1});
}

TEST_DIES_G(lang, map, assign_to_nil_fast, "panic: assignment to entry in nil map", 2)
{
	struct mapkind k = kindOf(2, ELEM_8);
	mapassign_faststr(&k.t, NULL, (struct gostring){NULL, 0});
}

/* With room made at the start nothing has to be moved; a hint beyond reason is none. */
TEST_G(lang, map, hints)
{
	struct mapkind k = kindOf(0, ELEM_8);
	static const intgo hints[] = {0, 1, 8, 9, 14, 15, 896, 897, 5000, 8999};
	for (uint32_t h = 0; h < nelem(hints); h++) {
		struct hmap *m = makemap(&k.t, hints[h], NULL);
		uint8_t depth = m->depth;
		CHECK_EQ(depth != 0, hints[h] > 8);
		/* Splits come earlier than the sum says, as tables do not fill alike. */
		intgo n = depth > 1 ? hints[h] / 2 : hints[h];
		for (intgo i = 0; i < n; i++)
			elemSet(&k.t, assign(&k, m, (uint32_t)i), 1);
		if (!GORT_HARD)
			CHECK_EQ(m->depth, depth);
		CHECK_EQ(maplen(m), n);
		verify(&k, m);
	}
	static const intgo silly[] = {-1, INTPTR_MIN, INTPTR_MAX, (intgo)1 << 45};
	for (uint32_t h = 0; h < nelem(silly); h++) {
		struct hmap *m = makemap64(&k.t, silly[h], NULL);
		CHECK_EQ(m->depth, 0);
		elemSet(&k.t, assign(&k, m, 1), 1);
		CHECK_EQ(maplen(m), 1);
	}
}

TEST_G(lang, map, literal)
{
	struct entry {
		uint64_t key;
		uint8_t pad[8], elem[24];
	} entries[100];
	struct mapkind k = kindOf(0, ELEM_24P);
	for (uint32_t n = 0; n <= 100; n += 10) {
		for (uint32_t i = 0; i < n; i++) {
			k.key(i, &entries[i].key);
			elemSet(&k.t, entries[i].elem, i);
		}
		struct hmap *m = construct_map(
			&k.t, n, sizeof entries[0], offsetof(struct entry, elem), entries);
		CHECK_EQ(maplen(m), n);
		for (uint32_t i = 0; i < n; i++)
			CHECK(elemIs(&k.t, get(&k, m, i), i));
	}
}

/* ---- keys with a mind of their own -------------------------------------------------------- */

TEST_G(lang, map, nan)
{
	struct mapkind k = kindOf(4, ELEM_8);
	double nan = __builtin_nan("");
	struct hmap *m = makemap_small();
	for (uint32_t n = 1; n <= 3000; n++) {
		*(uint64_t *)mapassign(&k.t, m, &nan) = n;
		CHECK_EQ(maplen(m), n);
		CHECK(mapaccess(&k.t, m, &nan) == NULL);
		mapdelete(&k.t, m, &nan);
		CHECK_EQ(maplen(m), n);
	}
	uint64_t sum = 0;
	struct hiter it;
	for (mapiterinit(&k.t, m, &it); it.key != NULL; mapiternext(&it)) {
		CHECK(*(double *)it.key != *(double *)it.key);
		sum += *(uint64_t *)it.elem;
	}
	CHECK_EQ(sum, 3000 * 3001 / 2);
	mapclear(&k.t, m);
	CHECK_EQ(maplen(m), 0);
	mapiterinit(&k.t, m, &it);
	CHECK(it.key == NULL);
}

/* An equal key that looks different takes the place of the old one: 0.0 and -0.0, strings. */
TEST_G(lang, map, key_update)
{
	struct mapkind k = kindOf(4, ELEM_8);
	double keys[] = {0.0, -0.0};
	struct hmap *m = makemap_small();
	struct hiter it;
	for (int i = 0; i < 100; i++) {
		*(uint64_t *)mapassign(&k.t, m, &keys[i % 2]) = (uint64_t)i;
		CHECK_EQ(maplen(m), 1);
		mapiterinit(&k.t, m, &it);
		CHECK_EQ(__builtin_signbit(*(double *)it.key) != 0, i % 2);
		CHECK_EQ(*(uint64_t *)it.elem, i);
	}
	struct mapkind s = kindOf(2, ELEM_8);
	char a[] = "a key", b[] = "a key";
	m = makemap_small();
	mapassign_faststr(&s.t, m, (struct gostring){(uint8_t *)a, 5});
	for (int i = 0; i < 4; i++) {
		struct gostring key = {(uint8_t *)(i % 2 == 0 ? b : a), 5};
		if (i < 2)
			mapassign_faststr(&s.t, m, key);
		else
			mapassign(&s.t, m, &key);
		mapiterinit(&s.t, m, &it);
		CHECK(((struct gostring *)it.key)->str == key.str);
	}
}

static struct eface
unhashable(void)
{
	static struct type slice;
	static const struct gostring name = {(const uint8_t *)"[]int", 5};
	slice = typeOf(24, KindSlice, (const uint8_t *)"\1", 8, NULL);
	slice.string = &name;
	static struct goslice value;
	return (struct eface){&slice, &value};
}

#define UNHASHABLE "panic: runtime error: hash of unhashable type []int"

TEST_DIES_G(lang, map, unhashable_in_nil, UNHASHABLE, 2)
{
	struct mapkind k = kindOf(5, ELEM_8);
	struct eface e = unhashable();
	mapaccess1(&k.t, NULL, &e);
}

TEST_DIES_G(lang, map, unhashable_in_empty, UNHASHABLE, 2)
{
	struct mapkind k = kindOf(5, ELEM_8);
	struct eface e = unhashable();
	mapdelete(&k.t, makemap_small(), &e);
}

TEST_DIES_G(lang, map, unhashable_assigned, UNHASHABLE, 2)
{
	struct mapkind k = kindOf(5, ELEM_8);
	struct eface e = unhashable();
	mapassign(&k.t, makemap_small(), &e);
}

/* ---- growth ------------------------------------------------------------------------------- */

TEST_G(lang, map, grows)
{
	struct mapkind k = kindOf(0, ELEM_8);
	struct hmap *m = makemap_small();
	const uint64_t n = 300000;
	for (uint64_t i = 0; i < n; i++) {
		uint8_t depth = m->depth;
		*(uint64_t *)mapassign_fast64(&k.t, m, i) = i;
		CHECK(m->depth <= depth + 1);
	}
	verify(&k, m);
	CHECK_EQ(maplen(m), n);
	for (uint64_t i = 0; i < n; i++)
		CHECK_EQ(*(uint64_t *)mapaccess1_fast64(&k.t, m, i), i);
	for (uint64_t i = n; i < 2 * n; i++)
		CHECK(!mapaccess2_fast64(&k.t, m, i).ok);
	/* Tables: between half full and full, on the average. */
	uintptr_t entries = (uintptr_t)1 << m->depth;
	CHECK(entries * TABLE_MAXSLOTS < 16 * n);
	for (uint64_t i = 0; i < n; i += 2)
		mapdelete_fast64(&k.t, m, i);
	verify(&k, m);
	for (uint64_t i = 0; i < n; i++)
		CHECK_EQ(mapaccess2_fast64(&k.t, m, i).ok, i % 2);
	for (uint64_t i = 1; i < n; i += 2)
		mapdelete_fast64(&k.t, m, i);
	CHECK_EQ(maplen(m), 0);
	verify(&k, m);
}

/* A queue of keys runs through a map: what is deleted must make room, or it would grow for ever. */
TEST_G(lang, map, deleted_makes_room)
{
	struct mapkind k = kindOf(0, ELEM_8);
	struct hmap *m = makemap_small();
	const uint64_t window = TABLE_MAXSLOTS / 16 * 9;
	for (uint64_t i = 0; i < 200000; i++) {
		*(uint64_t *)mapassign_fast64(&k.t, m, i) = i;
		if (i >= window)
			mapdelete_fast64(&k.t, m, i - window);
	}
	CHECK_EQ(maplen(m), window);
	verify(&k, m);
	/* Small tables are at the mercy of chance. */
	if (GORT_HARD)
		CHECK(m->depth <= 3);
	else
		CHECKF(((struct dirent *)m->p)->tab->localDepth == 0,
			"a table for %d entries was split", (int)window);
	for (uint64_t i = 200000 - window; i < 200000; i++)
		CHECK_EQ(*(uint64_t *)mapaccess1_fast64(&k.t, m, i), i);
}

/* ---- two at once -------------------------------------------------------------------------- */

/* An equality that comes back to the map: as another thread would, but each time. */
static struct mapkind meddled;
static struct hmap *meddledMap;
static void (*meddle)(void);

static bool
meddlingEqual(const void *a, const void *b)
{
	if (meddle != NULL)
		meddle();
	return memequal64(a, b);
}

static void
meddling(void (*fn)(void))
{
	static const struct funcval equal = {(void *)meddlingEqual};
	static struct type key;
	meddled = kindOf(0, ELEM_8);
	key = *meddled.t.key;
	key.equal = &equal;
	meddled.t.key = &key;
	meddledMap = makemap_small();
	mapassign(&meddled.t, meddledMap, &(uint64_t){8});
	meddle = fn;
	mapassign(&meddled.t, meddledMap, &(uint64_t){8});
	testFail(__FILE__, __LINE__, "nobody noticed");
}

static void
read(void)
{
	mapaccess1_fast64(&meddled.t, meddledMap, 8);
}

static void
readGeneral(void)
{
	mapaccess1(&meddled.t, meddledMap, &(uint64_t){8});
}

static void
write(void)
{
	mapassign_fast64(&meddled.t, meddledMap, 16);
}

static void
removeOne(void)
{
	mapdelete_fast64(&meddled.t, meddledMap, 16);
}

static void
iterate(void)
{
	struct hiter it;
	mapiterinit(&meddled.t, meddledMap, &it);
}

static void
clear(void)
{
	mapclear(&meddled.t, meddledMap);
}

/* Another writer came and went: the first one finds the flag down. */
static void
quietly(void)
{
	store_rlx(&meddledMap->writing, (uint8_t)0);
}

#define MEDDLE(what, fn, text)                                                                     \
	TEST_DIES_G(lang, map, what, "fatal error: " text, 2)                                      \
	{                                                                                          \
		meddling(fn);                                                                      \
	}
MEDDLE(race_read, read, "concurrent map read and map write")
MEDDLE(race_read_general, readGeneral, "concurrent map read and map write")
MEDDLE(race_write, write, "concurrent map writes")
MEDDLE(race_delete, removeOne, "concurrent map writes")
MEDDLE(race_clear, clear, "concurrent map writes")
MEDDLE(race_iterate, iterate, "concurrent map iteration and map write")
MEDDLE(race_end, quietly, "concurrent map writes")

/* ---- what the collector is told ----------------------------------------------------------- */

static const struct type *
typeAt(const void *p)
{
	struct mspan *s;
	uintptr_t i;
	CHECK(findObject((uintptr_t)p, &s, &i) != 0);
	if (spanKind(s) == SPAN_NOSCAN)
		return NULL;
	CHECK_EQ(spanKind(s), SPAN_TYPED);
	return slotType(s, i);
}

static uint64_t
maskOf(const struct type *t)
{
	uint64_t mask = 0;
	for (uintptr_t i = 0; i < t->ptrdata / 8; i++)
		mask |= (uint64_t)(t->gcdata[i / 8] >> i % 8 & 1) << i;
	return mask;
}

TEST_G(lang, map, described)
{
	static const struct {
		int kind, elem;
		uintptr_t size;
		uint64_t mask; /* 0: no pointers */
	} want[] = {
		{0, ELEM_8, 16, 0},
		{0, ELEM_0, 8, 0},
		{1, ELEM_1, 8, 0},
		{0, ELEM_16P, 24, 2},
		{0, ELEM_24P, 32, 4},
		{2, ELEM_8, 24, 1},
		{2, ELEM_24P, 40, 1 | 8},
		{5, ELEM_16P, 32, 3 | 4},
		{6, ELEM_8, 16, 1},
		{6, ELEM_200, 16, 3},
		{7, ELEM_1, 24, 1},
		{1, ELEM_16P, 24, 2},
	};
	for (uint32_t w = 0; w < nelem(want); w++) {
		struct mapkind k = kindOf(want[w].kind, want[w].elem);
		struct hmap *m = makemap_small();
		for (uint32_t i = 0; i < 2000; i++) {
			assign(&k, m, i);
			if (i != 0 && i != 20 && i != 1999)
				continue;
			const struct type *header = typeAt(m);
			CHECK(header != NULL && maskOf(header) == 4);
			const uint8_t *slots = m->p;
			if (m->depth != 0) {
				const struct type *dir = typeAt(m->p);
				CHECK(dir != NULL && maskOf(dir) == 3 && dir->size == 16);
				CHECK(typeAt(((struct dirent *)m->p)->tab) == NULL);
				slots = ((struct dirent *)m->p)->slots;
			}
			const struct type *t = typeAt(slots);
			CHECK_EQ(m->slotSize, want[w].size);
			CHECK_EQ(t != NULL, want[w].mask != 0);
			if (t != NULL) {
				CHECK_EQ(t->size, want[w].size);
				CHECK_EQ(maskOf(t), want[w].mask);
			}
		}
	}
}
