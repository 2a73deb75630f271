/* What happens when an object is dead, and weak pointers: each function of gort/finalizer.h, as far as it
 * can be seen without a collection. */
#include "check.h"

static void
never(void *p, void *arg)
{
	UNUSED(p), UNUSED(arg);
	gort_eprintf("a finalizer was called\n");
	gort_exit(1);
}

static void
neverArg(void *arg)
{
	never(NULL, arg);
}

static void
finalizers(void)
{
	void *p = gort_alloc(100);
	gort_finalizer(p, never, NULL);
	gort_finalizer(p, NULL, NULL);
	gort_finalizer(p, NULL, NULL);
	gort_finalizer(p, never, p);
	gort_free(p);
	gort_finalizer(gort_alloc(0), never, NULL);
	char *small = gort_make(char, 3);
	gort_finalizer(small, never, NULL);
	gort_finalizer(small, NULL, NULL);
	char *large = gort_make(char, 1000000);
	gort_finalizer(large, never, NULL);
	gort_free(large);
}

static void
cleanups(void)
{
	char *p = gort_make(char, 100);
	gort_cleanup_ref a = gort_cleanup(p, neverArg, NULL), b = gort_cleanup(p, neverArg, NULL);
	gort_cleanup_ref c = gort_cleanup(p + 99, neverArg, NULL);
	CHECK(gort_cleanup_stop(b));
	CHECK(!gort_cleanup_stop(b));
	CHECK(gort_cleanup_stop(c));
	gort_free(p);
	CHECK(!gort_cleanup_stop(a));
	gort_cleanup_ref none;
	memset(&none, 0, sizeof none);
	CHECK(!gort_cleanup_stop(none));
	CHECK(!gort_cleanup_stop(gort_cleanup(gort_alloc(0), neverArg, NULL)));
}

static void
weak(void)
{
	char *p = gort_make(char, 100);
	gort_weak *w = gort_weak_make(p), *inner = gort_weak_make(p + 1);
	CHECK(w == gort_weak_make(p) && w != inner);
	CHECK(gort_weak_get(w) == p && gort_weak_get(inner) == p + 1);
	gort_free(p);
	CHECK(gort_weak_get(w) == NULL && gort_weak_get(inner) == NULL);
	char *q = gort_make(char, 100);
	CHECK(gort_weak_make(q) != w);
	CHECK(gort_weak_get(w) == NULL);
	CHECK(gort_weak_make(NULL) == NULL && gort_weak_get(NULL) == NULL);
	void *zero = gort_alloc(0);
	CHECK(gort_weak_get(gort_weak_make(zero)) == zero);
	/* Three that share a block. */
	char *t[30];
	gort_weak *tw[30];
	for (int i = 0; i < 30; i++) {
		t[i] = gort_make(char, 3);
		tw[i] = gort_weak_make(t[i]);
	}
	for (int i = 0; i < 30; i += 2)
		gort_free(t[i]);
	for (int i = 0; i < 30; i++)
		CHECK(gort_weak_get(tw[i]) == (i % 2 ? t[i] : NULL));
}

/* Many goroutines, each with objects of its own in spans of all: nothing is mixed up. */
static void
many(void *arg)
{
	enum { N = 300 };
	gort_waitgroup *wg = (gort_waitgroup *)arg;
	gort_weak *w[N];
	char *p[N];
	gort_cleanup_ref c[N];
	for (int i = 0; i < N; i++) {
		p[i] = (char *)gort_alloc(48);
		w[i] = gort_weak_make(p[i]);
		gort_finalizer(p[i], never, NULL);
		c[i] = gort_cleanup(p[i], neverArg, NULL);
		if (i % 16 == 0)
			gort_gosched();
	}
	for (int i = 0; i < N; i++) {
		CHECK(gort_weak_get(w[i]) == p[i]);
		CHECK(gort_weak_make(p[i]) == w[i]);
		if (i % 3 == 0)
			CHECK(gort_cleanup_stop(c[i]));
		gort_free(p[i]);
		CHECK(gort_weak_get(w[i]) == NULL);
		CHECK(!gort_cleanup_stop(c[i]));
	}
	gort_waitgroup_done(wg);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	finalizers();
	cleanups();
	weak();
	static gort_waitgroup wg;
	for (int i = 0; i < 30; i++) {
		gort_waitgroup_add(&wg, 1);
		gort_go(many, &wg);
	}
	gort_waitgroup_wait(&wg);
	PASSED();
}
