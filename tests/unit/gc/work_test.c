#include "../mem/fake.h"

#include "gc/gc.h"

#include <pthread.h>

TEST(gc, work, last_in_first_out_in_a_buffer)
{
	fakeBoot();
	struct gcwork *w = fakep.gcw;
	CHECK(gcwork_empty(w));
	CHECK_EQ(gcwork_tryGet(w), 0);
	gcwork_put(w, 1);
	gcwork_put(w, 2);
	CHECK(!gcwork_empty(w));
	CHECK_EQ(gcwork_tryGet(w), 2);
	CHECK_EQ(gcwork_tryGet(w), 1);
	CHECK_EQ(gcwork_tryGet(w), 0);
}

TEST(gc, work, nothing_is_lost)
{
	fakeBoot();
	enum { N = 100000 };
	static uint8_t seen[N + 1];
	struct gcwork *w = fakep.gcw;
	for (uintptr_t i = 1; i <= N; i++)
		gcwork_put(w, i);
	CHECK(!gcworkGlobalEmpty()); /* what two buffers cannot hold can be stolen */
	uintptr_t x, n = 0;
	while ((x = gcwork_tryGet(w)) != 0) {
		CHECK(x <= N && !seen[x]);
		seen[x] = 1;
		n++;
	}
	CHECK_EQ(n, N);
	CHECK(gcworkGlobalEmpty() && gcwork_empty(w));
	/* Buffers are reused. */
	uint64_t made = gcworkBuffers();
	for (uintptr_t i = 1; i <= N; i++)
		gcwork_put(w, i);
	CHECK_EQ(gcworkBuffers(), made);
}

TEST(gc, work, balance_and_dispose)
{
	fakeBoot();
	static struct p other;
	gcworkInit(&other);
	for (uintptr_t i = 1; i <= 4; i++)
		gcwork_put(fakep.gcw, i);
	CHECK_EQ(gcwork_tryGet(other.gcw), 0);
	gcwork_balance(fakep.gcw);
	gcwork_put(fakep.gcw, 5);
	gcwork_put(fakep.gcw, 6);
	gcwork_balance(fakep.gcw);
	CHECK(gcwork_tryGet(other.gcw) != 0);
	gcworkDestroy(&fakep);
	CHECK(gcwork_empty(fakep.gcw));
	int n = 1;
	while (gcwork_tryGet(other.gcw) != 0)
		n++;
	CHECK_EQ(n, 6);
}

/* Four Ps pass each number on until all are used up: each is seen exactly once. */
enum { NUMBERS = 400000, THREADS = 4 };
static uint8_t count[NUMBERS * 2 + 2];
static uint64_t done;

struct worker {
	struct m m;
	struct g g;
	struct p p;
	pthread_t thread;
};

static void *
drain(void *arg)
{
	struct worker *w = arg;
	fakeThread(&w->m, &w->g, &w->p);
	gcworkInit(&w->p);
	while (load_rlx(&done) < NUMBERS) {
		uintptr_t x = gcwork_tryGet(w->p.gcw);
		if (x == 0) {
			osyield();
			continue;
		}
		__atomic_fetch_add(&count[x], 1, __ATOMIC_RELAXED);
		xadd(&done, (uint64_t)1);
		if (2 * x <= NUMBERS)
			gcwork_put(w->p.gcw, 2 * x);
		if (2 * x + 1 <= NUMBERS)
			gcwork_put(w->p.gcw, 2 * x + 1);
		if (x % 64 == 0)
			gcwork_balance(w->p.gcw);
	}
	gcworkDestroy(&w->p);
	return NULL;
}

TEST(gc, work, stealing)
{
	fakeBoot();
	static struct worker w[THREADS];
	int rounds = (int)(3 * testSeconds());
	for (int round = 0; round < rounds; round++) {
		memset(count, 0, sizeof count);
		memset(w, 0, sizeof w);
		done = 0;
		gcwork_put(fakep.gcw, 1);
		gcwork_dispose(fakep.gcw);
		for (int i = 0; i < THREADS; i++)
			CHECK_EQ(pthread_create(&w[i].thread, NULL, drain, &w[i]), 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(w[i].thread, NULL);
		for (uintptr_t x = 1; x <= NUMBERS; x++)
			CHECKF(count[x] == 1, "%lu was seen %d times", x, count[x]);
		CHECK(gcworkGlobalEmpty());
	}
}
