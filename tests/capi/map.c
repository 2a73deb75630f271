/* Maps: each function of gort/map.h. */
#include "check.h"

#include <stdio.h>

struct point {
	int x, y, z;
};
struct large {
	int64_t word[30];
};
struct node {
	struct node *next;
	int value;
};
GORT_POINTERS(struct node, next);

static void
numbers(void)
{
	gort_map *m = gort_map_make(int, double);
	double d = 7;
	CHECK(gort_map_len(m) == 0 && !gort_map_get(m, 1, &d) && d == 0);
	for (int i = 0; i < 10000; i++)
		gort_map_set(m, i * 7, i / 2.0);
	CHECK(gort_map_len(m) == 10000);
	for (int i = 0; i < 10000; i++) {
		CHECK(gort_map_get(m, i * 7, &d) && d == i / 2.0);
		CHECK(!gort_map_get(m, i * 7 + 1, NULL));
	}
	for (int i = 0; i < 10000; i += 2)
		gort_map_delete(m, i * 7);
	gort_map_delete(m, -1);
	CHECK(gort_map_len(m) == 5000);
	CHECK(!gort_map_get(m, 0, NULL) && gort_map_get(m, 7, NULL));
	gort_map_clear(m);
	CHECK(gort_map_len(m) == 0 && !gort_map_get(m, 7, NULL));
	gort_map_set(m, 7, 1.5);
	CHECK(gort_map_get(m, 7, &d) && d == 1.5);

	gort_map *wide = gort_map_make_n(int64_t, char, 100);
	for (int64_t i = 0; i < 100; i++)
		gort_map_set(wide, i << 40, (char)('a' + i % 26));
	char c;
	CHECK(gort_map_get(wide, (int64_t)3 << 40, &c) && c == 'd');
	gort_map *narrow = gort_map_make(short, short);
	gort_map_set(narrow, (short)3, (short)4);
	CHECK(*gort_map_peek(narrow, (short)3, short) == 4);
}

static void
text(void)
{
	gort_map *m = gort_map_make(const char *, int);
	char word[20];
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 3000; i++) {
			snprintf(word, sizeof word, "word %d", i);
			*gort_map_at(m, word, int) += i;
		}
	memset(word, 0, sizeof word);
	CHECK(gort_map_len(m) == 3000);
	int n;
	CHECK(gort_map_get(m, "word 17", &n) && n == 51);
	CHECK(!gort_map_get(m, "word", &n) && n == 0);
	gort_map_set(m, "", 5);
	CHECK(*gort_map_peek(m, "", int) == 5);
	gort_map_delete(m, "");
	CHECK(gort_map_peek(m, "", int) == NULL);
	const char *key;
	long sum = 0;
	int entries = 0;
	gort_map_each(m, &key, &n)
	{
		int i;
		CHECK(sscanf(key, "word %d", &i) == 1 && n == 3 * i);
		sum += n;
		entries++;
	}
	CHECK(entries == 3000 && sum == 3L * 3000 * 2999 / 2);
	/* An iteration that changes the map. */
	gort_map_each(m, &key, NULL) gort_map_delete(m, key);
	CHECK(gort_map_len(m) == 0);
}

static void
floats(void)
{
	gort_map *m = gort_map_make(double, int);
	gort_map_set(m, 0.0, 1);
	gort_map_set(m, -0.0, 2);
	int n;
	CHECK(gort_map_len(m) == 1 && gort_map_get(m, 0.0, &n) && n == 2);
	double nan = 0.0;
	nan /= nan;
	gort_map_set(m, nan, 3);
	gort_map_set(m, nan, 4);
	CHECK(gort_map_len(m) == 3 && !gort_map_get(m, nan, NULL));
	gort_map *f = gort_map_make(float, float);
	gort_map_set(f, 1.5f, 2.5f);
	float v;
	CHECK(gort_map_get(f, 1.5f, &v) && v == 2.5f);
}

static void
structs(void)
{
	gort_map *m = gort_map_make(struct point, struct large);
	struct point p = {0, 0, 0};
	struct large l;
	memset(&l, 0, sizeof l);
	for (int i = 0; i < 500; i++) {
		p.x = i;
		p.y = -i;
		l.word[29] = i;
		gort_map_set(m, p, l);
	}
	CHECK(gort_map_len(m) == 500);
	p.x = 3;
	p.y = -3;
	CHECK(gort_map_get(m, p, &l) && l.word[29] == 3);
	CHECK(gort_map_peek(m, p, struct large)->word[29] == 3);
	p.y = 3;
	CHECK(!gort_map_get(m, p, &l) && l.word[29] == 0);

	gort_map *big = gort_map_make(struct large, int);
	for (int i = 0; i < 500; i++) {
		l.word[0] = l.word[29] = i;
		gort_map_set(big, l, i);
	}
	CHECK(gort_map_len(big) == 500);
	struct large key;
	int n, sum = 0;
	gort_map_each(big, &key, &n)
	{
		CHECK(key.word[0] == n && key.word[29] == n);
		sum += n;
	}
	CHECK(sum == 500 * 499 / 2);
	l.word[29] = 0;
	gort_map_delete(big, l);
	CHECK(gort_map_len(big) == 500);

	gort_map *texts = gort_map_make(const char *, struct large);
	gort_map_set(texts, "a", l);
	gort_map_set(texts, "b", l);
	gort_map_delete(texts, "a");
	CHECK(gort_map_len(texts) == 1 && gort_map_get(texts, "b", NULL));
}

static void
pointers(void)
{
	gort_map *m = gort_map_make(void *, struct node *);
	static struct node nodes[100];
	for (int i = 0; i < 100; i++)
		gort_map_set(m, (void *)&nodes[i], &nodes[99 - i]);
	struct node *n;
	CHECK(gort_map_get(m, (void *)&nodes[10], &n) && n == &nodes[89]);
	gort_map *described = gort_map_make(int, struct node);
	for (int i = 0; i < 100; i++)
		gort_map_at(described, i, struct node)->value = i;
	for (int i = 0; i < 100; i++)
		CHECK(gort_map_peek(described, i, struct node)->value == i);
}

static void
iterators(void)
{
	gort_map *m = gort_map_make(int, int);
	for (int i = 0; i < 50; i++)
		gort_map_set(m, i, i * i);
	int pairs = 0, a, b;
	gort_map_each(m, &a, NULL) gort_map_each(m, &b, NULL) pairs += a <= b;
	CHECK(pairs == 50 * 51 / 2);
	gort_map_iter it = GORT_MAP_ITER(m);
	int n = 0, square;
	while (gort_map_next(&it, &a, sizeof a, &square, sizeof square)) {
		CHECK(square == a * a);
		n++;
	}
	CHECK(n == 50);
	CHECK(!gort_map_next(&it, NULL, 0, NULL, 0));
	gort_map_each(m, NULL, NULL) n--;
	CHECK(n == 0);
	/* The order is another one each time. */
	int differ = 0;
	for (int i = 0; i < 20; i++) {
		gort_map_iter x = GORT_MAP_ITER(m), y = GORT_MAP_ITER(m);
		gort_map_next(&x, &a, sizeof a, NULL, 0);
		gort_map_next(&y, &b, sizeof b, NULL, 0);
		differ += a != b;
	}
	CHECK(differ > 0);
}

static void
null(void)
{
	gort_map *m = NULL;
	int n = 5;
	CHECK(gort_map_len(m) == 0 && !gort_map_get(m, 1, &n) && n == 0);
	CHECK(gort_map_peek(m, 1, int) == NULL);
	gort_map_delete(m, 1);
	gort_map_clear(m);
	gort_map_each(m, &n, NULL) CHECK(false);
}

/* What the macros call. */
static void
sized(void)
{
	gort_map *m =
		gort_map_make_sized(GORT_KEY_BYTES, 3, GORT_SCAN_NOTHING, 5, GORT_SCAN_NOTHING, 40);
	for (int i = 0; i < 1000; i++) {
		unsigned char key[3] = {(unsigned char)i, (unsigned char)(i >> 8), 1};
		char elem[5] = {(char)i, 1, 2, 3, 4};
		gort_map_put(m, key, sizeof key, elem, sizeof elem);
	}
	CHECK(gort_map_len(m) == 1000);
	char elem[5];
	CHECK(gort_map_find(m, "\xe7\x03\x01", 3, elem, 5) && elem[0] == (char)0xe7 &&
		elem[4] == 4);
	CHECK(gort_map_lookup(m, "\xe8\x03\x01", 3, 5) == NULL);
	CHECK(((char *)gort_map_assign(m, "\xe8\x03\x01", 3, 5))[4] == 0);
	gort_map_remove(m, "\xe7\x03\x01", 3);
	CHECK(gort_map_len(m) == 1000);
	/* A set: elements of nothing. */
	gort_map *set = gort_map_make_sized(
		GORT_KEY_TEXT, sizeof(char *), GORT_SCAN_NOTHING, 0, GORT_SCAN_NOTHING, 0);
	for (int i = 0; i < 100; i++) {
		char word[8];
		snprintf(word, sizeof word, "%d", i % 50);
		const char *key = word;
		gort_map_assign(set, &key, sizeof key, 0);
	}
	CHECK(gort_map_len(set) == 50);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	numbers();
	text();
	floats();
	structs();
	pointers();
	iterators();
	null();
	sized();
	PASSED();
}
