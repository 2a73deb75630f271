/* iface_test.c: the itab table: what was added is found, a pair is there once, growth keeps all. */
#include "lang/lang.h"
#include "test.h"

#include <pthread.h>

#define N 3000

static struct type types[N];
static struct itab tabs[N];
static char inters[3];

TEST_G(lang, iface, add_find)
{
	uint32_t before = itabCount();
	for (int i = 0; i < N; i++) {
		tabs[i].type = &types[i];
		const void *inter = &inters[i % 3];
		CHECK(itabFind(inter, &types[i]) == NULL);
		CHECK(itabAdd(inter, &tabs[i]) == &tabs[i]);
		CHECK(itabFind(inter, &types[i]) == &tabs[i]);
		CHECK(itabFind(&inters[(i + 1) % 3], &types[i]) == NULL);
	}
	CHECK_EQ(itabCount(), before + N);
	for (int i = 0; i < N; i++)
		CHECK(itabFind(&inters[i % 3], &types[i]) == &tabs[i]);
}

TEST_G(lang, iface, first_wins)
{
	static struct itab a, b;
	a.type = b.type = &types[0];
	CHECK(itabAdd(&inters[0], &a) == &a);
	CHECK(itabAdd(&inters[0], &b) == &a);
	CHECK(itabFind(&inters[0], &types[0]) == &a);
}

/* A reader without the lock sees each itab complete, or not at all, while the table grows. */
static uint32_t added; /* atomic: so many are certainly there */
static uint32_t failed;

static void *
reader(void *unused)
{
	(void)unused;
	uint32_t n;
	do {
		n = load_acq(&added);
		for (uint32_t i = 0; i < n; i++)
			if (itabFind(&inters[i % 3], &types[i]) != &tabs[i])
				store_rel(&failed, i + 1);
		if (n < N) {
			const struct itab *t = itabFind(&inters[n % 3], &types[n]);
			if (t != NULL && t != &tabs[n])
				store_rel(&failed, n + 1);
		}
	} while (n < N);
	return NULL;
}

TEST_G(lang, iface, readers)
{
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, reader, NULL), 0);
	for (uint32_t i = 0; i < N; i++) {
		tabs[i].type = &types[i];
		itabAdd(&inters[i % 3], &tabs[i]);
		store_rel(&added, i + 1);
	}
	pthread_join(t, NULL);
	CHECK_EQ(load_acq(&failed), 0);
}
