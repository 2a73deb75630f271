/* note_test.c: one-shot notes: no wakeup is lost, time-outs are neither early nor endless. */
#include <pthread.h>

#include "base/base.h"
#include "test.h"

static struct note n, back;

TEST(base, note, wakeup_before_sleep)
{
	notewakeup(&n);
	notesleep(&n);
	CHECK(notetsleep(&n, 0));
	CHECK(notetsleep(&n, -1));
	noteclear(&n);
	CHECK(!notetsleep(&n, 0));
}

static void *
sleeper(void *arg)
{
	(void)arg;
	notesleep(&n);
	notewakeup(&back);
	return NULL;
}

TEST(base, note, ping_pong)
{
	for (int i = 0; i < 300; i++) {
		noteclear(&n);
		noteclear(&back);
		pthread_t t;
		CHECK_EQ(pthread_create(&t, NULL, sleeper, NULL), 0);
		if (i % 2)
			osyield();
		notewakeup(&n);
		notesleep(&back);
		pthread_join(t, NULL);
	}
}

static void *
manysleeper(void *arg)
{
	(void)arg;
	notesleep(&n);
	return NULL;
}

TEST(base, note, wakes_all)
{
	pthread_t t[5];
	for (int i = 0; i < 5; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, manysleeper, NULL), 0);
	notewakeup(&n);
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
}

TEST(base, note, timeout)
{
	int64_t t0 = nanotime();
	CHECK(!notetsleep(&n, 20 * MS));
	CHECK(nanotime() - t0 >= 20 * MS);
	/* The end of time is not in the past. */
	notewakeup(&n);
	CHECK(notetsleep(&n, INT64_MAX));
}

TEST_DIES(base, note, double_wakeup, "fatal error: notewakeup - double wakeup", 2)
{
	notewakeup(&n);
	notewakeup(&n);
}
