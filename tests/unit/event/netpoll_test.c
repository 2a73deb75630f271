#include "event/event.h"
#include "test.h"

#include <pthread.h>

TEST(event, netpoll, break_before_sleep)
{
	netpollinit();
	netpollBreak();
	netpollBreak();
	CHECK(netpoll(-1) == NULL); /* returns, and has seen both */
	int64_t t = nanotime();
	CHECK(netpoll(2 * MS) == NULL);
	CHECK(nanotime() - t >= 1 * MS);
}

TEST(event, netpoll, no_delay)
{
	netpollinit();
	CHECK(netpoll(0) == NULL);
	netpollBreak();
	CHECK(netpoll(0) == NULL); /* leaves the break to the one that sleeps */
	CHECK(netpoll(-1) == NULL);
}

static int rounds;
static uint32_t turn; /* atomic */

static void *
breaker(void *arg)
{
	(void)arg;
	for (int i = 0; i < rounds; i++) {
		while (load_acq(&turn) != 1)
			;
		store_rel(&turn, 0u);
		netpollBreak();
	}
	return NULL;
}

/* A break at any moment around the sleep ends it: a lost one would sleep for ever. */
TEST(event, netpoll, no_lost_break)
{
	netpollinit();
	rounds = (int)(20000 * testSeconds());
	pthread_t th;
	CHECK_EQ(pthread_create(&th, NULL, breaker, NULL), 0);
	for (int i = 0; i < rounds; i++) {
		store_rel(&turn, 1u);
		while (load_acq(&turn) != 0)
			netpoll(-1);
	}
	netpollBreak();
	pthread_join(th, NULL);
}
