// Exceptions and parks: a goroutine that parks in a catch block, or in a destructor that an
// exception runs, continues on another thread with its exceptions, and never sees another's.
#include "../capi/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <unistd.h>

static std::atomic<int> moves;  // parks from which a goroutine came back on another thread
static std::atomic<int> alive;  // exception objects
static std::atomic<int> enough; // rounds go on until moves is this
static gort_chan *turn;
static gort_mutex mu = GORT_MUTEX_INIT;
static gort_waitgroup done = GORT_WAITGROUP_INIT;

struct Numbered {
	int g, depth;
	Numbered(int g_, int depth_) : g(g_), depth(depth_) { alive++; }
	Numbered(const Numbered &o) : g(o.g), depth(o.depth) { alive++; }
	~Numbered() { alive--; }
};

static void
nap(void *)
{
	usleep(50);
}

// Parks, each time in another way. [goroutine; parks]
static void
park(int how)
{
	pid_t before = gettid();
	switch (how % 5) {
	case 0: gort_gosched(); break;
	case 1: gort_sleep(20 * GORT_US); break;
	case 2: gort_send(turn, how); break;
	case 3:
		gort_mutex_lock(&mu);
		gort_gosched();
		gort_mutex_unlock(&mu);
		break;
	case 4: gort_block(nap, nullptr); break;
	}
	if (gettid() != before)
		moves++;
}

static void
nothingHere()
{
	CHECK(std::current_exception() == nullptr);
	CHECK(std::uncaught_exceptions() == 0);
}

// A destructor that parks while an exception passes.
struct Parks {
	int how;
	~Parks()
	{
		CHECK(std::uncaught_exceptions() == 1);
		park(how);
		CHECK(std::uncaught_exceptions() == 1);
		try {
			throw Numbered(how, 9);
		} catch (const Numbered &n) {
			park(how + 1);
			CHECK(n.g == how && n.depth == 9);
			CHECK(std::uncaught_exceptions() == 1);
		}
	}
};

static void
nested(int g, int i)
{
	try {
		throw Numbered(g, 0);
	} catch (const Numbered &outer) {
		park(i);
		try {
			throw Numbered(g, 1);
		} catch (const Numbered &inner) {
			park(i + 1);
			CHECK(inner.g == g && inner.depth == 1 && outer.g == g && outer.depth == 0);
			CHECK(std::uncaught_exceptions() == 0);
			try {
				throw; // the inner one, perhaps on another thread
			} catch (const Numbered &again) {
				park(i + 2);
				CHECK(&again == &inner);
			}
		}
		park(i + 3);
		try {
			throw; // the outer one
		} catch (const Numbered &again) {
			CHECK(&again == &outer && again.g == g && again.depth == 0);
		}
		CHECK(std::current_exception() != nullptr);
	}
	nothingHere();
}

static void
inDestructor(int g, int i)
{
	try {
		Parks p{i};
		throw Numbered(g, 5);
	} catch (const Numbered &n) {
		CHECK(n.g == g && n.depth == 5);
		CHECK(std::uncaught_exceptions() == 0);
	}
	nothingHere();
}

static void
worker(void *arg)
{
	int g = *static_cast<int *>(arg);
	nothingHere();
	for (int i = g; i < g + 20 || moves < enough; i++) {
		nested(g, i);
		inDestructor(g, i);
		park(i);
		nothingHere();
	}
	gort_waitgroup_done(&done);
}

// Between the others: has no exceptions, and must not see theirs.
static void
bystander(void *)
{
	int v;
	while (gort_recv(turn, &v))
		nothingHere();
	gort_waitgroup_done(&done);
}

// Ends in the middle of a catch block: the next goroutine on this thread starts without.
static void
leaver(void *)
{
	nothingHere();
	try {
		throw 1;
	} catch (int) {
		gort_waitgroup_done(&done);
		gort_goexit();
	}
}

int
gort_main(int, char **)
{
	enum { WORKERS = 20 };
	static int number[WORKERS];
	turn = gort_chan_make(int, 2);
	enough = gort_gomaxprocs(0) > 1 ? 200 : 0;
	try {
		throw Numbered(-1, -1);
	} catch (const Numbered &n) {
		gort_waitgroup_add(&done, WORKERS + 50);
		for (int i = 0; i < WORKERS; i++) {
			number[i] = i;
			gort_go(worker, &number[i]);
		}
		for (int i = 0; i < 50; i++)
			gort_go(leaver, nullptr);
		gort_go(bystander, nullptr);
		gort_waitgroup_wait(&done);
		CHECK(n.g == -1 && n.depth == -1);
		gort_waitgroup_add(&done, 1);
		gort_close(turn);
		gort_waitgroup_wait(&done);
		try {
			throw;
		} catch (const Numbered &again) {
			CHECK(&again == &n);
		}
	}
	nothingHere();
	CHECK(alive == 0);
	std::puts("ok");
	return 0;
}
