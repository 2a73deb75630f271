/* map.c: maps of 100,000 entries, looked up, walked and changed; and one that grows. */
#include "bench.h"

enum { ENTRIES = 100000 };

/* Where results go, so that no compiler can leave the work out. */
static volatile int64_t total;

static gort_map *
intMap(void)
{
	gort_map *m = gort_map_make(int64_t, int64_t);
	for (int64_t i = 0; i < ENTRIES; i++)
		gort_map_set(m, i, i);
	return m;
}

static void
checkSum(int64_t sum, int64_t want)
{
	if (sum != want) {
		fprintf(stderr, "measures: got %" PRId64 ", want %" PRId64 "\n", sum, want);
		exit(1);
	}
	total = sum;
}

/* ---- map_get_int: hits, in the order of insertion ------------------------------------------- */

static void
map_get_int(int64_t ops)
{
	gort_map *m = intMap();
	int64_t sum = 0, n = 0;
	int64_t start = gort_now();
	while (n < ops)
		for (int64_t i = 0; i < ENTRIES && n < ops; i++, n++) {
			int64_t v;
			gort_map_get(m, i, &v);
			sum += v - i;
		}
	report("map_get_int", start, ops);
	checkSum(sum, 0);
}

/* ---- map_get_str ------------------------------------------------------------------------------ */

static void
map_get_str(int64_t ops)
{
	gort_map *m = gort_map_make(const char *, int64_t);
	const char **keys = gort_make(const char *, ENTRIES);
	for (int64_t i = 0; i < ENTRIES; i++) {
		char *key = gort_make(char, 16);
		snprintf(key, 16, "key-%" PRId64, i);
		keys[i] = key;
		gort_map_set(m, keys[i], i);
	}
	int64_t sum = 0, n = 0;
	int64_t start = gort_now();
	while (n < ops)
		for (int64_t i = 0; i < ENTRIES && n < ops; i++, n++) {
			int64_t v;
			gort_map_get(m, keys[i], &v);
			sum += v - i;
		}
	report("map_get_str", start, ops);
	checkSum(sum, 0);
}

/* ---- map_insert: from nothing to ops entries ------------------------------------------------- */

static void
map_insert(int64_t ops)
{
	int64_t start = gort_now();
	gort_map *m = gort_map_make(int64_t, int64_t);
	for (int64_t i = 0; i < ops; i++)
		gort_map_set(m, i, i);
	report("map_insert", start, ops);
	checkSum(gort_map_len(m), ops);
}

/* ---- map_iter: an operation is an entry ------------------------------------------------------- */

static void
map_iter(int64_t ops)
{
	gort_map *m = intMap();
	int64_t sum = 0, walks = ops / ENTRIES + 1;
	int64_t start = gort_now();
	for (int64_t i = 0; i < walks; i++) {
		int64_t k, v;
		gort_map_each(m, &k, &v) sum += k - v + 1;
	}
	report("map_iter", start, walks * ENTRIES);
	checkSum(sum, walks * ENTRIES);
}

/* ---- map_del_ins: each key in turn is taken out and put back ----------------------------------- */

static void
map_del_ins(int64_t ops)
{
	gort_map *m = intMap();
	int64_t n = 0;
	int64_t start = gort_now();
	while (n < ops)
		for (int64_t i = 0; i < ENTRIES && n < ops; i++, n++) {
			gort_map_delete(m, i);
			gort_map_set(m, i, n);
		}
	report("map_del_ins", start, ops);
	checkSum(gort_map_len(m), ENTRIES);
}

const struct measure map_measures[] = {
	{"map_get_int", map_get_int},
	{"map_get_str", map_get_str},
	{"map_insert", map_insert},
	{"map_iter", map_iter},
	{"map_del_ins", map_del_ins},
	{NULL, NULL},
};
