/* inittask_test.c: the order of packages. The programs of tests/process/boot see the same from
 * outside; here whole graphs are tried. */
#include "lang/lang.h"
#include "test.h"

#include "gort/package.h"

#include <stdio.h>
#include <string.h>

#define MAXPKG 40

static struct gort_package pkgs[MAXPKG];
static char names[MAXPKG][8];
static const char *deps[MAXPKG][MAXPKG];
static struct gort_init_fn inits[MAXPKG];
static int npkgs;
static int ran[MAXPKG], nran;

/* Functions know who they are by their position. */
#define FN(i)                                                                                      \
	static void fn##i(void)                                                                    \
	{                                                                                          \
		ran[nran++] = i;                                                                   \
	}
/* A list of calls, which clang-format takes for casts. */
/* clang-format off */
#define EACH(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) \
	X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
	X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) \
	X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39)
/* clang-format on */
EACH(FN)
#define ADDR(i) fn##i,
static void (*const fns[MAXPKG])(void) = {EACH(ADDR)};

static int
add(const char *name)
{
	int i = npkgs++;
	snprintf(names[i], sizeof names[i], "%s", name);
	inits[i].fn = fns[i];
	pkgs[i] = (struct gort_package){.name = names[i], .deps = deps[i], .object = pkgs};
	packageAddInit(&pkgs[i], &inits[i]);
	packageRegister(&pkgs[i]);
	return i;
}

static void
depends(int i, const char *on)
{
	deps[i][pkgs[i].ndeps++] = on;
}

static int
runAll(void)
{
	modulesinit();
	return doPackageInits(0);
}

TEST_G(lang, inittask, by_name)
{
	add("zoo");
	add("ant");
	add("mid");
	CHECK_EQ(runAll(), 3);
	CHECK_EQ(nran, 3);
	CHECK_EQ(ran[0], 1);
	CHECK_EQ(ran[1], 2);
	CHECK_EQ(ran[2], 0);
	CHECK_EQ(npackages, 3);
	CHECK(modules != NULL && modules->next == NULL);
	CHECK_EQ(modules->npackages, 3);
}

/* Go's rule: the first by name that is ready, again and again from the start. */
TEST_G(lang, inittask, first_ready)
{
	int a = add("a"), b = add("b"), c = add("c"), d = add("d");
	depends(a, "d");
	depends(b, "c");
	CHECK_EQ(runAll(), 4);
	/* c is the first ready one; then b (c is done); then d; then a. */
	CHECK_EQ(ran[0], c);
	CHECK_EQ(ran[1], b);
	CHECK_EQ(ran[2], d);
	CHECK_EQ(ran[3], a);
}

static int
position(int pkg)
{
	for (int i = 0; i < nran; i++)
		if (ran[i] == pkg)
			return i;
	return -1;
}

TEST_G(lang, inittask, random_graphs)
{
	/* A random order of ranks makes the graph acyclic; names are unrelated to it. */
	int rank[MAXPKG];
	char name[8];
	for (int i = 0; i < MAXPKG; i++)
		rank[i] = i;
	for (int i = MAXPKG - 1; i > 0; i--) {
		int j = (int)(testRand() % (uint64_t)(i + 1));
		int t = rank[i];
		rank[i] = rank[j];
		rank[j] = t;
	}
	for (int i = 0; i < MAXPKG; i++) {
		snprintf(name, sizeof name, "p%02u", (unsigned)i % 100);
		add(name);
	}
	for (int i = 0; i < MAXPKG; i++)
		for (int j = 0; j < MAXPKG; j++)
			if (rank[j] < rank[i] && testRand() % 8 == 0)
				depends(i, names[j]);
	CHECK_EQ(runAll(), MAXPKG);
	CHECK_EQ(nran, MAXPKG);
	for (int i = 0; i < MAXPKG; i++)
		for (int d = 0; d < pkgs[i].ndeps; d++)
			for (int j = 0; j < MAXPKG; j++)
				if (strcmp(names[j], pkgs[i].deps[d]) == 0)
					CHECK(position(j) < position(i));
}

TEST_DIES_G(lang, inittask, missing, "package a needs package b, which is not in the program", 2)
{
	depends(add("a"), "b");
	runAll();
}

TEST_DIES_G(lang, inittask, cycle, "initialization cycle", 2)
{
	/* in -> x -> y -> z -> x: "in" leads there and is not part of it. */
	depends(add("in"), "x");
	depends(add("x"), "y");
	depends(add("y"), "z");
	depends(add("z"), "x");
	runAll();
}

TEST_DIES_G(lang, inittask, cycle_names, "package y needs z", 2)
{
	depends(add("in"), "x");
	depends(add("x"), "y");
	depends(add("y"), "z");
	depends(add("z"), "x");
	runAll();
}

TEST_DIES_G(lang, inittask, self, "package a needs itself", 2)
{
	depends(add("a"), "a");
	runAll();
}

TEST_DIES_G(lang, inittask, twice, "package a is in the program twice", 2)
{
	add("a");
	add("a");
	runAll();
}
