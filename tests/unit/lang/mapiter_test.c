/* mapiter_test.c: what an iteration may and may not show while the map changes under it. */
#include "mapkinds.h"

/* What happened to a key since the iteration began. */
struct fate {
	bool atStart;  /* was there when it began */
	bool now;      /* is there */
	bool deleted;  /* was away at some time since */
	uint32_t seen; /* times */
	uint64_t value;
};
static struct fate fates[UNIVERSE];

static void
put(const struct mapkind *k, struct hmap *m, uint32_t i, uint64_t v)
{
	elemSet(&k->t, assign(k, m, i), v);
	fates[i].now = true;
	fates[i].value = v;
}

static void
drop(const struct mapkind *k, struct hmap *m, uint32_t i)
{
	del(k, m, i);
	fates[i].now = false;
	fates[i].deleted = true;
}

static void
clearAll(const struct mapkind *k, struct hmap *m, uint32_t keys)
{
	mapclear(&k->t, m);
	for (uint32_t i = 0; i < keys; i++) {
		fates[i].now = false;
		fates[i].deleted = true;
	}
}

static struct hmap *
filled(const struct mapkind *k, uint32_t n, uint32_t keys)
{
	memset(fates, 0, sizeof fates);
	struct hmap *m = makemap_small();
	for (uint32_t j = 0; j < n; j++)
		put(k, m, (uint32_t)(testRand() % keys), testRand());
	/* Some holes. */
	for (uint32_t j = 0; j < n / 4; j++)
		drop(k, m, (uint32_t)(testRand() % keys));
	for (uint32_t i = 0; i < keys; i++) {
		fates[i].atStart = fates[i].now;
		fates[i].deleted = false;
	}
	return m;
}

enum change { NOTHING, GROW, SHRINK, BOTH, SWAP_ALL, CLEAR, NCHANGES };

static void
changeMap(enum change c, const struct mapkind *k, struct hmap *m, uint32_t keys, uint32_t step)
{
	uint32_t some = (uint32_t)(testRand() % 4);
	switch (c) {
	case NOTHING:
		break;
	case GROW:
		for (uint32_t j = 0; j < 3 * some; j++)
			put(k, m, (uint32_t)(testRand() % keys), testRand());
		break;
	case SHRINK:
		for (uint32_t j = 0; j < some; j++)
			drop(k, m, (uint32_t)(testRand() % keys));
		break;
	case BOTH:
		for (uint32_t j = 0; j < 2 * some; j++)
			put(k, m, (uint32_t)(testRand() % keys), testRand());
		for (uint32_t j = 0; j < some; j++)
			drop(k, m, (uint32_t)(testRand() % keys));
		break;
	case SWAP_ALL: /* once, much at a time */
		if (step != 2)
			break;
		for (uint32_t i = 0; i < keys; i += 2)
			put(k, m, i, testRand());
		for (uint32_t i = 0; i < keys; i += 3)
			drop(k, m, i);
		break;
	case CLEAR:
		if (step == 3)
			clearAll(k, m, keys);
		if (step > 3 && some == 0)
			put(k, m, (uint32_t)(testRand() % keys), testRand());
		break;
	default:
		break;
	}
}

static void
walk(const struct mapkind *k, struct hmap *m, uint32_t keys, enum change c)
{
	struct hiter it;
	uint32_t step = 0;
	memset(&it, 0xff, sizeof it);
	mapiterinit(&k->t, m, &it);
	for (; it.key != NULL; mapiternext(&it), step++) {
		uint32_t i = k->index(it.key);
		struct fate *f = &fates[i];
		CHECKF(i < keys && f->now, "%s, %d: key %u came, but is not there", k->name, c, i);
		CHECKF(f->seen++ == 0 || f->deleted, "%s, %d: key %u came twice", k->name, c, i);
		CHECKF(elemIs(&k->t, it.elem, f->value), "%s, %d: an old element", k->name, c);
		if (step < 20000)
			changeMap(c, k, m, keys, step);
	}
	for (uint32_t i = 0; i < keys; i++) {
		const struct fate *f = &fates[i];
		if (f->atStart && f->now && !f->deleted)
			CHECKF(f->seen == 1, "%s, %d: key %u did not come", k->name, c, i);
	}
	mapiternext(&it);
	CHECK(it.key == NULL);
}

static void
walks(int kind)
{
	static const uint32_t sizes[] = {1, 5, 8, 9, 14, 60, 500, 1000, 3000};
	static const int elems[] = {ELEM_0, ELEM_8, ELEM_200};
	for (uint32_t s = 0; s < nelem(sizes); s++)
		for (int c = 0; c < NCHANGES; c++)
			for (uint32_t r = 0; r < (sizes[s] < 100 ? 20 : 2); r++) {
				struct mapkind k = kindOf(kind, elems[testRand() % nelem(elems)]);
				uint32_t keys = 3 * sizes[s];
				keys = keys < keysOf(&k) ? keys : keysOf(&k);
				struct hmap *m = filled(&k, sizes[s], keys);
				walk(&k, m, keys, (enum change)c);
				verify(&k, m);
			}
}

#define WALK_TEST(kind, what)                                                                      \
	TEST_G(lang, mapiter, walk_##what)                                                         \
	{                                                                                          \
		walks(kind);                                                                       \
	}
WALK_TEST(0, int)
WALK_TEST(2, string)
WALK_TEST(4, float)
WALK_TEST(5, any)
WALK_TEST(6, big)
WALK_TEST(8, byte)

/* A directory in which tables stand several times, side by side with others that do not: a walk may
 * begin in the middle of a run. */
TEST_G(lang, mapiter, uneven_directory)
{
	struct mapkind k = kindOf(0, ELEM_8);
	struct hmap *m = filled(&k, 0, 1);
	uint32_t uneven = 0;
	for (uint32_t i = 0; i < UNIVERSE; i++) {
		put(&k, m, i, i);
		if (m->depth < 2 || i % 50 != 0)
			continue;
		const struct dirent *dir = m->p;
		uint32_t longest = 0, shortest = UINT32_MAX;
		for (uint32_t j = 0; j < (uint32_t)1 << m->depth; j++) {
			uint32_t run = (uint32_t)1 << (m->depth - dir[j].tab->localDepth);
			longest = run > longest ? run : longest;
			shortest = run < shortest ? run : shortest;
		}
		if (longest == shortest)
			continue;
		uneven++;
		for (int r = 0; r < 2; r++) {
			for (uint32_t j = 0; j <= i; j++)
				fates[j].seen = 0;
			walk(&k, m, i + 1, NOTHING);
		}
	}
	CHECK(uneven > 5);
}

/* An entry that was deleted and put back may come again, but never when it is away. Deleting each
 * key as it comes empties the map: the idiom. */
TEST_G(lang, mapiter, delete_each)
{
	struct mapkind k = kindOf(2, ELEM_8);
	for (uint32_t n = 1; n < 8000; n = n * 3 + 1) {
		struct hmap *m = filled(&k, n, n);
		struct hiter it;
		for (mapiterinit(&k.t, m, &it); it.key != NULL; mapiternext(&it)) {
			CHECK(fates[k.index(it.key)].seen++ == 0);
			mapdelete_faststr(&k.t, m, *(struct gostring *)it.key);
		}
		CHECK_EQ(maplen(m), 0);
	}
}

/* NaNs cannot be found, and are still there after the table was replaced; but not after a clear. */
TEST_G(lang, mapiter, nan)
{
	struct mapkind k = kindOf(4, ELEM_8);
	double nan = __builtin_nan("");
	static uint8_t seen[4000];
	for (uint32_t n = 3; n < 1200; n *= 3)
		for (int clear = 0; clear < 2; clear++) {
			struct hmap *m = makemap_small();
			for (uint32_t i = 0; i < n; i++)
				*(uint64_t *)mapassign(&k.t, m, &nan) = i;
			memset(seen, 0, sizeof seen);
			struct hiter it;
			uint32_t came = 0, old = 0;
			for (mapiterinit(&k.t, m, &it); it.key != NULL; mapiternext(&it), came++) {
				uint64_t v = *(uint64_t *)it.elem;
				CHECKF(!seen[v]++, "NaN %u came twice", (unsigned)v);
				old += v < n;
				CHECK(!clear || came <= n / 2 || v >= n);
				if (came != n / 2)
					continue;
				/* The table is replaced several times over. */
				for (uint64_t i = n; i < 3 * n; i++)
					*(uint64_t *)mapassign(&k.t, m, &nan) = i;
				if (clear)
					mapclear(&k.t, m);
			}
			CHECK(clear ? came == n / 2 + 1 : old == n);
		}
}

/* A clear, and then so many new ones that the table is another: the old ones stay away. */
TEST_G(lang, mapiter, clear_and_refill)
{
	struct mapkind k = kindOf(4, ELEM_8);
	for (uint32_t n = 4; n < 3000; n *= 3) {
		struct hmap *m = makemap_small();
		double d = __builtin_nan("");
		for (uint32_t i = 0; i < n; i++)
			*(uint64_t *)mapassign(&k.t, m, &d) = 1;
		struct hiter it;
		mapiterinit(&k.t, m, &it);
		for (uint32_t i = 0; i < n; i++) /* stale */
			*(uint64_t *)mapassign(&k.t, m, &d) = 1;
		mapclear(&k.t, m);
		for (uint32_t i = 0; i < 4 * n; i++)
			*(uint64_t *)mapassign(&k.t, m, &(double){i}) = 2;
		for (mapiternext(&it); it.key != NULL; mapiternext(&it))
			CHECK_EQ(*(uint64_t *)it.elem, 2);
	}
}

/* Each entry of a map comes first now and then, whatever its size. */
TEST_G(lang, mapiter, random_start)
{
	struct mapkind k = kindOf(0, ELEM_8);
	static const uint32_t sizes[] = {2, 5, 8, 13, 100};
	for (uint32_t s = 0; s < nelem(sizes); s++) {
		static uint32_t first[100];
		memset(first, 0, sizeof first);
		struct hmap *m = filled(&k, 0, 1);
		for (uint32_t i = 0; i < sizes[s]; i++)
			put(&k, m, i, i);
		for (uint32_t r = 0; r < sizes[s] * 300; r++) {
			struct hiter it;
			mapiterinit(&k.t, m, &it);
			first[k.index(it.key)]++;
		}
		for (uint32_t i = 0; i < sizes[s]; i++)
			CHECKF(first[i] > 0, "%u entries: number %u never came first", sizes[s], i);
	}
	/* The tables, too. */
	struct hmap *m = filled(&k, 0, 1);
	for (uint32_t i = 0; i < 8000; i++)
		put(&k, m, i, i);
	const struct dirent *dir = m->p;
	uint64_t seen = 0;
	for (uint32_t r = 0; r < 3000; r++) {
		struct hiter it;
		mapiterinit(&k.t, m, &it);
		uintptr_t i = 0;
		while (dir[i].tab != it.tab)
			i++;
		seen |= (uint64_t)1 << (i * 16 >> m->depth);
	}
	/* One that has not split has two places in the directory, and is found in the first. */
	uint64_t all = 0;
	for (uintptr_t i = 0; i >> m->depth == 0; i++)
		if (i == 0 || dir[i].tab != dir[i - 1].tab)
			all |= (uint64_t)1 << (i * 16 >> m->depth);
	CHECK(__builtin_popcountll(all) > 8);
	CHECK_EQ(seen, all);
}

/* Compiled code ends an iteration by not asking on, and reflection starts one anew in the same
 * place. */
TEST_G(lang, mapiter, again)
{
	struct mapkind k = kindOf(0, ELEM_8);
	struct hmap *m = filled(&k, 3000, 9000);
	struct hiter it;
	for (uint32_t r = 0; r < 50; r++) {
		mapiterinit(&k.t, m, &it);
		CHECK(it.t == &k.t);
		intgo n = it.key != NULL;
		if (r % 2 == 0)
			for (mapiternext(&it); it.key != NULL; mapiternext(&it))
				n++;
		CHECK(r % 2 != 0 || n == maplen(m));
	}
}
