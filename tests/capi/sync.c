/* Locks and counters: each function of gort/sync.h. */
#include "check.h"

#define N    20
#define EACH 500

static gort_mutex lock = GORT_MUTEX_INIT;
static gort_waitgroup all = GORT_WAITGROUP_INIT;
static int counter;

static void
count(void *arg)
{
	UNUSED(arg);
	for (int i = 0; i < EACH; i++) {
		gort_mutex_lock(&lock);
		int n = counter;
		if (i % 50 == 0)
			gort_gosched();
		counter = n + 1;
		gort_mutex_unlock(&lock);
	}
}

static void
mutexes(void)
{
	for (int i = 0; i < N; i++)
		gort_waitgroup_go(&all, count, NULL);
	gort_waitgroup_wait(&all);
	CHECK(counter == N * EACH);
	CHECK(gort_mutex_trylock(&lock));
	CHECK(!gort_mutex_trylock(&lock));
	gort_mutex_unlock(&lock);
}

static gort_rwmutex rw = GORT_RWMUTEX_INIT;
static int readers, most, writes; /* most: under lock; writes: under rw */

static void
read_it(void *arg)
{
	UNUSED(arg);
	gort_rwmutex_rlock(&rw);
	gort_mutex_lock(&lock);
	if (++readers > most)
		most = readers;
	gort_mutex_unlock(&lock);
	for (int i = 0; i < 10; i++)
		gort_gosched();
	int seen = writes;
	gort_gosched();
	CHECK(seen == writes);
	gort_mutex_lock(&lock);
	readers--;
	gort_mutex_unlock(&lock);
	gort_rwmutex_runlock(&rw);
	gort_waitgroup_done(&all);
}

static void
write_it(void *arg)
{
	UNUSED(arg);
	gort_rwmutex_lock(&rw);
	CHECK(readers == 0);
	int n = writes;
	gort_gosched();
	writes = n + 1;
	gort_rwmutex_unlock(&rw);
	gort_waitgroup_done(&all);
}

static void
rwmutexes(void)
{
	gort_waitgroup_add(&all, 2 * N);
	for (int i = 0; i < N; i++) {
		gort_go(read_it, NULL);
		gort_go(write_it, NULL);
	}
	gort_waitgroup_wait(&all);
	CHECK(writes == N && readers == 0 && most >= 1);
	CHECK(gort_rwmutex_tryrlock(&rw));
	CHECK(gort_rwmutex_tryrlock(&rw));
	CHECK(!gort_rwmutex_trylock(&rw));
	gort_rwmutex_runlock(&rw);
	gort_rwmutex_runlock(&rw);
	CHECK(gort_rwmutex_trylock(&rw));
	CHECK(!gort_rwmutex_tryrlock(&rw));
	gort_rwmutex_unlock(&rw);
}

static gort_once once = GORT_ONCE_INIT;
static int ran;

static void
first_time(void *arg)
{
	gort_gosched();
	ran += *(int *)arg;
	gort_gosched();
}

static void
all_come(void *arg)
{
	gort_once_do(&once, first_time, arg);
	CHECK(ran == 3);
}

static void
onces(void)
{
	int three = 3;
	for (int i = 0; i < N; i++)
		gort_waitgroup_go(&all, all_come, &three);
	gort_waitgroup_wait(&all);
	CHECK(ran == 3);
}

static gort_cond nonempty = GORT_COND_INIT;
static int items, taken;

static void
take(void *arg)
{
	UNUSED(arg);
	gort_mutex_lock(&lock);
	while (items == 0)
		gort_cond_wait(&nonempty, &lock);
	items--;
	taken++;
	gort_mutex_unlock(&lock);
}

static void
conds(void)
{
	for (int i = 0; i < N; i++)
		gort_waitgroup_go(&all, take, NULL);
	for (int i = 0; i < N / 2; i++) {
		gort_mutex_lock(&lock);
		items++;
		gort_cond_signal(&nonempty);
		gort_mutex_unlock(&lock);
		gort_gosched();
	}
	gort_mutex_lock(&lock);
	items += N / 2;
	gort_mutex_unlock(&lock);
	gort_cond_broadcast(&nonempty);
	gort_waitgroup_wait(&all);
	CHECK(items == 0 && taken == N);
}

static gort_sema seats = GORT_SEMA_INIT(3);
static int inside;

static void
enter(void *arg)
{
	UNUSED(arg);
	gort_sema_acquire(&seats);
	gort_mutex_lock(&lock);
	CHECK(++inside <= 3);
	gort_mutex_unlock(&lock);
	gort_gosched();
	gort_mutex_lock(&lock);
	inside--;
	gort_mutex_unlock(&lock);
	gort_sema_release(&seats);
}

static void
semas(void)
{
	for (int i = 0; i < N; i++)
		gort_waitgroup_go(&all, enter, NULL);
	gort_waitgroup_wait(&all);
	for (int i = 0; i < 3; i++)
		CHECK(gort_sema_tryacquire(&seats));
	CHECK(!gort_sema_tryacquire(&seats));
	gort_sema_release(&seats);
	CHECK(gort_sema_tryacquire(&seats));
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	gort_waitgroup_wait(&all); /* 0: returns */
	mutexes();
	rwmutexes();
	onces();
	conds();
	semas();
	PASSED();
}
