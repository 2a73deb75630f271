/* lockrank_test.c: the checker dies on wrong orders and is silent on right ones. */
#include "base/base.h"
#include "test.h"

static struct mutex a, b, c;

static void
ranks(enum lockrank ra, enum lockrank rb)
{
#if !(GORT_DEBUG || GORT_HARD)
	testSkip("ranks are checked in debug and hard builds");
#endif
	g0.m = &m0;
	m0.g0 = &g0;
	setg(&g0);
	lockInit(&a, ra);
	lockInit(&b, rb);
	lockInit(&c, LOCKRANK_LEAF);
}

TEST(base, lockrank, right_order)
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&a);
	lock(&b);
	lock(&c);
	unlock(&a); /* releasing has no order */
	unlock(&c);
	lock(&c);
	unlock(&b);
	unlock(&c);
	CHECK_EQ(m0.locks, 0);
}

#define DIES(what, text) TEST_OPT(base, lockrank, what, .dies = (text), .status = 2)

#if GORT_DEBUG || GORT_HARD

DIES(wrong_order, "while holding MHEAP")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&b);
	lock(&a);
}

DIES(under_leaf, "nothing is taken under a leaf")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&c);
	lock(&b);
}

DIES(under_segment, "nothing is taken under a leaf")
{
	ranks(LOCKRANK_SEGMENT, LOCKRANK_MHEAP);
	lock(&b);
	lock(&c);
	lock(&a); /* under a leaf, too */
	unlock(&c);
	lock(&c);
}

DIES(twice, "it is the same lock")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&a);
	lock(&a);
}

DIES(not_held, "fatal error: lock not held")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&a);
	assertLockHeld(&a);
	assertLockHeld(&b);
}

static struct mutex two[2];

DIES(equal_rank_down, "its address is lower")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lockInit(&two[0], LOCKRANK_HCHAN);
	lockInit(&two[1], LOCKRANK_HCHAN);
	lock(&two[1]);
	lock(&two[0]);
}

TEST(base, lockrank, equal_rank_up)
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lockInit(&two[0], LOCKRANK_HCHAN);
	lockInit(&two[1], LOCKRANK_HCHAN);
	lock(&two[0]);
	lock(&two[1]);
	unlock(&two[0]);
	unlock(&two[1]);
}

/* trylock cannot deadlock, so a wrong order is right; but it counts for what comes after. */
DIES(under_trylock, "while holding MHEAP")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	lock(&b);
	CHECK(trylock(&a));
	unlock(&a);
	CHECK(trylock(&a));
	unlock(&b);
	lock(&b);
	unlock(&a);
	lock(&a);
}

DIES(release_not_held, "does not hold")
{
	ranks(LOCKRANK_SCHED, LOCKRANK_MHEAP);
	unlock(&a);
}

#endif
