/* Memory: each function of gort/mem.h. */
#include "check.h"

struct node {
	struct node *left, *right;
	int key;
	void *more[3];
};
GORT_POINTERS(struct node, left, right, more);

struct point {
	int x, y, z;
};
GORT_NO_POINTERS(struct point);

struct plain {
	void *p;
	int n;
};

static bool
zeroed(const void *p, size_t n)
{
	const char *b = (const char *)p;
	for (size_t i = 0; i < n; i++)
		if (b[i] != 0)
			return false;
	return true;
}

static void
objects(void)
{
	struct node *n = gort_new(struct node);
	CHECK(zeroed(n, sizeof *n) && (uintptr_t)n % 16 == 0);
	struct point *p = gort_new(struct point);
	CHECK(zeroed(p, sizeof *p));
	struct plain *q = gort_new(struct plain);
	CHECK(zeroed(q, sizeof *q));
	double *d = gort_new(double);
	CHECK(*d == 0);
	n->left = gort_new(struct node);
	n->left->key = 5;
	CHECK(n->left->key == 5 && n->left != n);
	int(*array)[10] = gort_new(int[10]);
	CHECK(zeroed(array, sizeof *array));
}

static void
arrays(void)
{
	char *text = gort_make(char, 4096);
	CHECK(zeroed(text, 4096));
	memset(text, 1, 4096);
	struct node *nodes = gort_make(struct node, 100);
	CHECK(zeroed(nodes, 100 * sizeof *nodes));
	memset(nodes, 0, 100 * sizeof *nodes);
	struct node **table = gort_make(struct node *, 10);
	CHECK(zeroed(table, 10 * sizeof *table));
	CHECK(gort_make(struct node, 0) != NULL);
	CHECK(gort_make(char, 0) != NULL);
	uint8_t *huge = gort_make(uint8_t, (size_t)100 << 20);
	huge[0] = huge[((size_t)100 << 20) - 1] = 1;
	gort_free(huge);
}

/* Objects of every small size: aligned, zeroed, apart. */
static void
sizes(void)
{
	enum { N = 2500 };
	static char *at[2][N];
	for (size_t n = 1; n < N; n++) {
		at[0][n] = (char *)gort_alloc(n);
		at[1][n] = (char *)gort_alloc_noscan(n);
		for (int k = 0; k < 2; k++) {
			CHECK(zeroed(at[k][n], n));
			if (n >= 16)
				CHECK((uintptr_t)at[k][n] % 16 == 0);
			CHECK(gort_usable_size(at[k][n]) == 0 || gort_usable_size(at[k][n]) >= n);
			memset(at[k][n], (int)(n % 251) + k, n);
		}
	}
	for (size_t n = 1; n < N; n++)
		for (int k = 0; k < 2; k++)
			for (size_t i = 0; i < n; i += 1 + n / 4)
				CHECK((unsigned char)at[k][n][i] == n % 251 + (size_t)k);
	for (size_t n = 1; n < N; n++) {
		gort_free(at[0][n]);
		gort_free(at[1][n]);
	}
	/* What was given back and comes again is zeroed. */
	for (size_t n = 1; n < N; n++)
		CHECK(zeroed(gort_alloc(n), n));
}

static void
freeing(void)
{
	gort_free(NULL);
	gort_memstats before, after;
	gort_read_memstats(&before);
	for (int i = 0; i < 1000; i++)
		gort_free(gort_alloc(100000));
	gort_read_memstats(&after);
	CHECK(after.mallocs - before.mallocs >= 1000);
	CHECK(after.frees - before.frees >= 1000);
	CHECK(after.total_alloc - before.total_alloc >= (uint64_t)1000 * 100000);
	CHECK(after.heap_alloc < before.heap_alloc + 10 * 100000);
	CHECK(after.sys >= after.heap_sys && after.heap_sys >= after.heap_inuse);
	CHECK(after.heap_sys < (uint64_t)1 << 30);
	CHECK(gort_usable_size(&before) == 0);
	CHECK(gort_usable_size(NULL) == 0);
	CHECK(gort_usable_size(gort_alloc(5000)) >= 5000);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	objects();
	arrays();
	sizes();
	freeing();
	PASSED();
}
