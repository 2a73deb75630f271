/* lock_futex_test.c: mutual exclusion, sleeping and waking, under real threads. */
#include <pthread.h>

#include "base/base.h"
#include "test.h"

static struct mutex l;
static uint64_t plain; /* l: torn if the lock does not exclude */

enum { THREADS = 6, ROUNDS = 20000 };

static void *
adder(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		lock(&l);
		uint64_t v = plain;
		if (i % 64 == 0)
			osyield(); /* let others run into the lock */
		plain = v + 1;
		unlock(&l);
	}
	return NULL;
}

static void
hammer(void)
{
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, adder, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(plain, (uint64_t)THREADS * ROUNDS);
	CHECK_EQ(l.key, 0);
}

TEST(base, lock_futex, excludes)
{
	lockInit(&l, LOCKRANK_LEAF);
	ncpu = 2; /* waiters spin first */
	hammer();
}

TEST(base, lock_futex, excludes_one_cpu)
{
	lockInit(&l, LOCKRANK_LEAF);
	ncpu = 1;
	hammer();
}

static void *
taker(void *arg)
{
	lock(&l);
	*(bool *)arg = true;
	unlock(&l);
	return NULL;
}

/* A sleeper on the word is seen as key 2, and unlock wakes it. */
TEST(base, lock_futex, wakes_sleeper)
{
	lockInit(&l, LOCKRANK_LEAF);
	lock(&l);
	CHECK_EQ(l.key, 1);
	bool got = false;
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, taker, &got), 0);
	while (load_acq(&l.key) != 2)
		osyield();
	CHECK(!got);
	unlock(&l);
	pthread_join(t, NULL);
	CHECK(got);
}

TEST(base, lock_futex, trylock)
{
	lockInit(&l, LOCKRANK_LEAF);
	CHECK(trylock(&l));
	CHECK(!trylock(&l));
	unlock(&l);
	CHECK(trylock(&l));
	unlock(&l);
}

TEST_DIES(base, lock_futex, unlock_unlocked, "fatal error: unlock of unlocked lock", 2)
{
	lockInit(&l, LOCKRANK_LEAF);
	lock(&l);
	unlock(&l);
	unlock(&l);
}
