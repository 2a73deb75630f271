/* local_test.c: goroutine-local variables: tables that grow, the order of the end, memory. */
#include <string.h>

#include "gort.h"
#include "mem/mem.h"
#include "sched/sched.h"
#include "test.h"

static char order[64];
static int norder;

static void
note(void *value)
{
	CHECK(norder < (int)sizeof order - 1);
	order[norder++] = *(char *)value;
}

GORT_LOCAL(char, a, note);
GORT_LOCAL(char, b, note);
GORT_LOCAL(char, c, note);
GORT_LOCAL(char, d);

static gort_waitgroup ended = GORT_WAITGROUP_INIT;

/* Starts fn as a goroutine and waits until it has ended, end functions and all: an end function
 * runs before the goroutine is off the count. */
static void
runToEnd(void (*fn)(void *), void *arg)
{
	int64_t before = gort_num_goroutine();
	gort_waitgroup_add(&ended, 1);
	gort_go(fn, arg);
	gort_waitgroup_wait(&ended);
	while (gort_num_goroutine() != before)
		gort_gosched();
}

static void
usesABC(void *arg)
{
	(void)arg;
	CHECK_EQ(*gort_local(a), 0);
	*gort_local(a) = 'a';
	*gort_local(b) = 'b';
	*gort_local(c) = 'c';
	*gort_local(d) = 'd';
	*gort_local(a) = 'A';
	gort_waitgroup_done(&ended);
}

TEST_G(sched, local, last_in_first_out)
{
	for (int i = 0; i < 3; i++)
		runToEnd(usesABC, NULL);
	CHECK_STREQ(order, "cbAcbAcbA");
}

/* ---- many variables: the table grows, values stay where they are -------------------------- */

enum { MANY = 100 };
static gort_local_var many[MANY];
static int nended;

static void
countEnd(void *value)
{
	CHECK_EQ(*(int *)value, 100 + nended);
	nended++;
}

static void
usesMany(void *arg)
{
	int *p[MANY];
	(void)arg;
	/* The last first, so that indices and order of use differ from place. */
	for (int i = MANY - 1; i >= 0; i--) {
		many[i].size = sizeof(int);
		many[i].end = countEnd;
		p[i] = gort_local_get(&many[i]);
		CHECK_EQ(*p[i], 0);
		*p[i] = 100 + i;
	}
	for (int i = 0; i < MANY; i++)
		CHECK(gort_local_get(&many[i]) == p[i] && *p[i] == 100 + i);
	gort_waitgroup_done(&ended);
}

TEST_G(sched, local, table_grows)
{
	for (int i = 0; i < 3; i++) {
		nended = 0;
		runToEnd(usesMany, NULL);
		CHECK_EQ(nended, MANY);
	}
}

/* ---- end functions that use variables ------------------------------------------------------ */

static void endFirst(void *value);
static void endSecond(void *value);
GORT_LOCAL(int, second, endSecond);
GORT_LOCAL(int, first, endFirst);
GORT_LOCAL(int, late, endSecond);
static int firsts, seconds;

/* `first` was used last, so it ends first; `second` is still whole; `late` is new. */
static void
endFirst(void *value)
{
	CHECK_EQ(*(int *)value, 1);
	CHECK_EQ(*gort_local(second), 2);
	CHECK_EQ(*gort_local(late), 0);
	*gort_local(late) = 2;
	firsts++;
}

/* Of `first`, which has ended, zeros are left, to write on, and it does not end again. */
static void
endSecond(void *value)
{
	CHECK_EQ(*(int *)value, 2);
	if (seconds++ % 2 == 0)
		CHECK_EQ(*gort_local(first), 0);
	*gort_local(first) = 77;
	gort_gosched();
}

static void
usesEach(void *arg)
{
	(void)arg;
	*gort_local(second) = 2;
	*gort_local(first) = 1;
	gort_waitgroup_done(&ended);
	gort_goexit();
}

TEST_G(sched, local, end_functions_use_others)
{
	runToEnd(usesEach, NULL);
	CHECK_EQ(firsts, 1);
	CHECK_EQ(seconds, 2);
}

/* An end function that ends the goroutine itself: the others still end. */
static void
endByGoexit(void *value)
{
	note(value);
	gort_goexit();
}
GORT_LOCAL(char, bad, endByGoexit);

static void
usesBad(void *arg)
{
	(void)arg;
	*gort_local(a) = '1';
	*gort_local(bad) = '2';
	*gort_local(b) = '3';
	gort_waitgroup_done(&ended);
}

TEST_G(sched, local, goexit_in_an_end_function)
{
	runToEnd(usesBad, NULL);
	CHECK_STREQ(order, "321");
}

/* ---- memory ------------------------------------------------------------------------------- */

struct large {
	char bytes[1 << 20];
};
GORT_LOCAL(struct large, large);

static void
usesLarge(void *arg)
{
	(void)arg;
	struct large *p = gort_local(large);
	CHECK_EQ((uintptr_t)p % 16, 0);
	for (size_t i = 0; i < sizeof p->bytes; i += 4096)
		CHECK_EQ(p->bytes[i], 0);
	memset(p, 0xff, sizeof *p);
	usesMany(NULL);
}

/* What a goroutine had is free when it has ended: 200 MiB pass through a few, no object stays. */
TEST_G(sched, local, memory_is_freed)
{
	gort_memstats one, s;
	for (int i = 0; i < 200; i++) {
		nended = 0;
		runToEnd(usesLarge, NULL);
		if (i == 0)
			gort_read_memstats(&one);
	}
	gort_read_memstats(&s);
	CHECK(s.heap_sys < 64 << 20);
	CHECK(s.total_alloc > 200u << 20);
	CHECK_EQ(s.mallocs - s.frees, one.mallocs - one.frees);
}

TEST_G(sched, local, alignment)
{
	static gort_local_var sized[64];
	for (size_t i = 0; i < 64; i++) {
		sized[i].size = i + 1;
		uintptr_t p = (uintptr_t)gort_local_get(&sized[i]);
		CHECK_EQ(p % (i + 1 >= 16 ? 16 : i + 1 >= 8 ? 8 : i + 1 >= 4 ? 4 : 1), 0);
		memset((void *)p, 0xff, i + 1);
	}
}

/* Threads that race to give a variable its index agree. */
enum { RACERS = 8, ROUNDS = 200 };
static gort_local_var raced[ROUNDS];
static gort_waitgroup start = GORT_WAITGROUP_INIT, raceEnd = GORT_WAITGROUP_INIT;

static void
racer(void *arg)
{
	gort_waitgroup_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		int *p = gort_local_get(&raced[i]);
		CHECK_EQ(*p, 0);
		*p = *(int *)arg;
	}
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(*(int *)gort_local_get(&raced[i]), *(int *)arg);
	gort_waitgroup_done(&raceEnd);
}

TEST_G(sched, local, racing_for_an_index)
{
	int id[RACERS];
	gort_gomaxprocs(RACERS);
	for (int i = 0; i < ROUNDS; i++)
		raced[i].size = sizeof(int);
	gort_waitgroup_add(&start, 1);
	gort_waitgroup_add(&raceEnd, RACERS);
	for (int i = 0; i < RACERS; i++) {
		id[i] = i + 1;
		gort_go(racer, &id[i]);
	}
	gort_waitgroup_done(&start);
	gort_waitgroup_wait(&raceEnd);
}
