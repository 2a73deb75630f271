// Panics and exceptions in one program: each passes through frames that know only the other.
#include "../capi/check.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

static std::string trail;

static void
step(void *letter)
{
	trail += static_cast<const char *>(letter);
}

static void
expect(const char *want)
{
	if (trail != want) {
		gort_eprintf("%s, expected %s\n", trail.c_str(), want);
		gort_exit(1);
	}
	CHECK(std::uncaught_exceptions() == 0 && std::current_exception() == nullptr);
	trail.clear();
}

#define DEFER(s) gort_defer(step, const_cast<char *>(s))

struct Says {
	const char *what;
	~Says() { trail += what; }
};

// ---- exceptions through what C has

static void
throws(void *arg)
{
	Says s{"s"};
	DEFER("d");
	if (arg != nullptr)
		throw std::runtime_error(static_cast<const char *>(arg));
}

static void
triesToCatch(void *arg)
{
	DEFER("t");
	struct gort_panic p;
	bool returned = gort_try(&p, throws, arg);
	CHECK(returned);
	trail += "r";
}

static void
exceptionPassesTry()
{
	triesToCatch(nullptr);
	expect("dsrt");
	for (int i = 0; i < 100; i++) {
		bool caught = false;
		try {
			triesToCatch(const_cast<char *>("out"));
		} catch (const std::exception &e) {
			CHECK(std::string(e.what()) == "out");
			caught = true;
		}
		CHECK(caught);
		expect("dst");
	}
	// The tries that were passed are no longer there.
	struct gort_panic p;
	CHECK(!gort_try(&p, [](void *) { gort_panic("after"); }, nullptr));
	CHECK(std::string(p.text) == "after");
}

// ---- panics through what C++ has

static void
panics(void *)
{
	Says s{"p"};
	DEFER("1");
	gort_panic("from below");
}

static void
catchesAll(void *arg)
{
	Says s{"a"};
	try {
		Says t{"b"};
		panics(arg);
	} catch (const std::exception &) {
		trail += "!"; // a panic is no exception of C++
	} catch (...) {
		trail += "c";
		throw;
	}
}

static void
panicPassesCatch()
{
	struct gort_panic p;
	for (int i = 0; i < 100; i++) {
		CHECK(!gort_try(&p, catchesAll, nullptr));
		CHECK(std::string(p.text) == "from below");
		expect("1pbca");
	}
}

// A deferred call throws and catches for itself, while a panic runs it.
static void
catchesInside(void *)
{
	try {
		throws(const_cast<char *>("inner"));
	} catch (const std::exception &) {
		trail += "i";
	}
}

static void
panicsOutside(void *)
{
	gort_defer(catchesInside, nullptr);
	gort_panic("outer");
}

static void
catchInDeferred()
{
	struct gort_panic p;
	CHECK(!gort_try(&p, panicsOutside, nullptr));
	CHECK(std::string(p.text) == "outer");
	expect("dsi");
}

// A panic begins and ends in a catch block; its exception is still there.
static void
tryInCatch()
{
	try {
		throw 7;
	} catch (int v) {
		struct gort_panic p;
		CHECK(!gort_try(&p, panics, nullptr));
		CHECK(v == 7 && std::current_exception() != nullptr);
		try {
			throw;
		} catch (int again) {
			CHECK(again == 7);
		}
	}
	expect("1p");
}

// A destructor that an exception runs panics, and ends it.
struct TriesInDestructor {
	~TriesInDestructor()
	{
		struct gort_panic p;
		CHECK(!gort_try(&p, panics, nullptr));
		CHECK(std::uncaught_exceptions() == 1);
	}
};

static void
tryInDestructor()
{
	try {
		TriesInDestructor t;
		throw 9;
	} catch (int v) {
		CHECK(v == 9);
	}
	expect("1p");
}

// gort_goexit runs what is deferred; the frames are gone, and no destructor runs, as after exit().
static void
leaves(void *)
{
	Says s{"!"};
	DEFER("x");
	gort_goexit();
}

static void
goexitRunsDeferred()
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	gort_waitgroup_go(&wg, leaves, nullptr);
	gort_waitgroup_wait(&wg);
	expect("x");
}

int
gort_main(int, char **)
{
	exceptionPassesTry();
	panicPassesCatch();
	catchInDeferred();
	tryInCatch();
	tryInDestructor();
	goexitRunsDeferred();
	std::puts("ok");
	return 0;
}
