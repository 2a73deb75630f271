# Exceptions over the boundary between two stacks: thrown on the larger, caught on the smaller, with
# destructors that need stack on the way, with parks in catch blocks; and afterwards the stack that is
# stood on is the right one, whatever limit word the other has left.

test_exceptions() { # secs=120
	need g++
	case $GORT_SETUP in
	opt) v=split ;;
	debug | hard) v=split$GORT_SETUP ;;
	split*) v=$GORT_SETUP ;;
	*) skip "split stacks do not go with $GORT_SETUP" ;;
	esac
	cat >x.cc <<'C'
#include <gort.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#define NOINLINE __attribute__((noinline, noclone))

static int destroyed;

static void
fail(const char *what, long got, long want)
{
	std::fprintf(stderr, "%s: %ld, expected %ld\n", what, got, want);
	std::_Exit(1);
}

// Needs more than a segment has left.
NOINLINE static int
needs(int n)
{
	volatile char room[3000];
	room[n & 1023] = 1;
	room[2999] = 2;
	return room[n & 1023] + room[2999];
}

struct Destroys {
	int n;
	explicit Destroys(int n_) : n(n_) {}
	~Destroys()
	{
		if (needs(n) != 3)
			fail("in a destructor", n, 3);
		destroyed++;
	}
};

struct Thrown {
	int depth;
	char more[200];
};

NOINLINE static int
throws(int depth, int left)
{
	volatile char room[700];
	Destroys d(depth);
	room[left & 511] = 1;
	if (left == 0) {
		Thrown t;
		t.depth = depth;
		std::memset(t.more, depth & 127, sizeof t.more);
		throw t;
	}
	return throws(depth, left - 1) + room[left & 511];
}

NOINLINE static int
huge(int depth)
{
	volatile char room[300 << 10];
	room[0] = 1;
	return throws(depth, 3) + room[0];
}

NOINLINE static void
catches(int depth, int (*fn)(int))
{
	int before = destroyed;
	try {
		fn(depth);
		fail("nothing was thrown", depth, 0);
	} catch (const Thrown &t) {
		if (t.depth != depth || t.more[199] != (depth & 127))
			fail("what was thrown", t.depth, depth);
		if (needs(depth) != 3)
			fail("in the catch block", depth, 3);
		gort_gosched();
		if (t.depth != depth)
			fail("after the park", t.depth, depth);
	}
	if (destroyed == before)
		fail("no destructor ran", destroyed, before + 1);
	if (needs(depth) != 3)
		fail("afterwards", depth, 3);
}

NOINLINE static int
little(int depth)
{
	return throws(depth, 0) + 1;
}

NOINLINE static int
much(int depth)
{
	return throws(depth, 12) + 1;
}

NOINLINE static int
rethrows(int depth)
{
	try {
		return much(depth);
	} catch (const Thrown &) {
		if (needs(depth) != 3)
			fail("before it is thrown again", depth, 3);
		throw;
	}
}

// Runs below n frames of 32 bytes or so.
NOINLINE static int
below(int n, int depth)
{
	if (n > 0)
		return below(n - 1, depth + 1) + 1;
	catches(depth, little);
	catches(depth, much);
	catches(depth, rethrows);
	catches(depth, huge);
	return 0;
}

NOINLINE static int
below4k(int n, int small)
{
	volatile char room[4000];
	room[n] = 1;
	return (n == 0 ? below(small, 0) : below4k(n - 1, small)) + room[n];
}

struct job {
	int pages, small;
	gort_waitgroup *wg;
};

static void
runs(void *arg)
{
	job *j = static_cast<job *>(arg);
	if (j->pages == 0)
		below(j->small, 0);
	else
		below4k(j->pages, j->small);
	gort_waitgroup_done(j->wg);
}

static void
go(int pages, int small)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	job j = {pages, small, &wg};
	gort_waitgroup_add(&wg, 1);
	gort_go(runs, &j);
	gort_waitgroup_wait(&wg);
}

// Ends in the middle of it all: what it stood on goes back.
static void
leaves(void *arg)
{
	try {
		throws(1, 12);
	} catch (const Thrown &) {
		gort_waitgroup_done(static_cast<gort_waitgroup *>(arg));
		gort_goexit();
	}
}

int
gort_main(int, char **)
{
	for (int small = 0; small < 120; small++)
		go(0, small);
	for (int pages = 52; pages < 64; pages++)
		for (int small = 0; small < 130; small += 9)
			go(pages, small);
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	gort_waitgroup_add(&wg, 100);
	for (int i = 0; i < 100; i++)
		gort_go(leaves, &wg);
	gort_waitgroup_wait(&wg);
	std::puts("ok");
	return 0;
}
C
	flags="-std=c++17 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -fsplit-stack -fcf-protection=none"
	for ld in lld gold; do
		for o in -O2 -O0; do
			# shellcheck disable=SC2046
			g++ $flags $o -I"$TOP/include" -fuse-ld=$ld -Wl,-z,now -o x x.cc \
				$(GORT_SETUP=$v gort env --libs) || die "$ld"
			run env GOMAXPROCS=2 ./x
			want_status 0
			want_equal "$(cat out)" ok
		done
	done
}

# A thread of the program's own has a stack without segments: code compiled for them runs on it, deep,
# with alloca, between calls and in them.
test_threads() {
	only opt debug hard split splitdebug splithard
	cat >x.c <<'C'
#include <gort.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static gort_chan *c;

__attribute__((noinline)) static int
deep(int n)
{
	volatile char room[500];
	room[n % 500] = 1;
	if (n % 1000 == 999)
		gort_gosched();
	return n == 0 ? 0 : deep(n - 1) + room[n % 500];
}

__attribute__((noinline)) static int
dynamic(size_t n)
{
	char *p = __builtin_alloca(n);
	memset(p, 3, n);
	gort_gosched();
	return p[0] + p[n - 1];
}

static int
compare(const void *a, const void *b)
{
	volatile char room[5000];
	room[0] = 0;
	gort_gosched();
	return *(const int *)a - *(const int *)b + room[0];
}

static void
works(void *arg)
{
	int v[20], sum = deep(8000) + dynamic(1 << 20) + dynamic(3);
	for (int i = 0; i < 20; i++)
		v[i] = i * 7 % 20;
	qsort(v, 20, sizeof v[0], compare);
	for (int i = 0; i < 20; i++)
		sum += v[i] == i;
	gort_send(c, sum);
	(void)arg;
}

static void *
thread(void *arg)
{
	works(arg); /* before the first call, too */
	gort_thread_detach();
	works(arg);
	return NULL;
}

int
main(void)
{
	pthread_t t[8];
	c = gort_chan_make(int, 0);
	for (int i = 0; i < 8; i++)
		if (pthread_create(&t[i], NULL, thread, NULL) != 0)
			return 1;
	for (int i = 0; i < 8; i++)
		gort_go(works, NULL);
	for (int i = 0, v; i < 24; i++)
		if (!gort_recv(c, &v) || v != 8000 + 6 + 6 + 20)
			return 2;
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	puts("ok");
	return 0;
}
C
	gort build --split-stack -o x x.c
	for procs in 1 4; do
		run env GOMAXPROCS=$procs ./x
		want_status 0
		want_equal "$(cat out)" ok
	done
}
