/* threads.c: goroutines and the threads under them: locked ones, calls that block, announced or not,
 * code that computes and never calls, and what a switch must carry. */
#include "torture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- threads: locked goroutines keep theirs; announced calls keep nobody ---------------------- */

static __thread uint64_t mine;
static struct {
	gort_chan *c;
	uint64_t calls, done;
	gort_waitgroup wg;
} threads;

static long
tid(void)
{
	return syscall(SYS_gettid);
}

struct call {
	long ns;
	uint64_t *done;
};

static void
nap(void *arg)
{
	struct call *c = arg;
	struct timespec ts = {.tv_nsec = c->ns};
	nanosleep(&ts, NULL);
	ADD(c->done, 1);
}

/* noinline: the address of a thread-local must not be kept over a park. */
static __attribute__((noinline)) void
setMine(uint64_t v)
{
	mine = v;
}
static __attribute__((noinline)) uint64_t
getMine(void)
{
	return mine;
}

static void
block(struct rng *r, uint64_t *calls, uint64_t *done)
{
	struct call c = {below(r, 4) == 0 ? 200000 : below(r, 3000), done};
	ADD(calls, 1);
	gort_block(nap, &c);
}

static void
lockedOne(void *arg)
{
	struct seat *s = sitDown("a locked goroutine");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		gort_lock_os_thread();
		long t = tid();
		uint64_t v = rnd(&r);
		setMine(v);
		for (int i = 0; i < 20; i++) {
			int x;
			moved(s);
			switch (below(&r, 5)) {
			case 0:
				gort_gosched();
				break;
			case 1:
				gort_sleep(below(&r, 50) * GORT_US);
				break;
			case 2:
				block(&r, &threads.calls, &threads.done);
				break;
			case 3:
				gort_try_send(threads.c, 1);
				break;
			default:
				gort_select(GORT_RECV(threads.c, &x), GORT_AFTER(100 * GORT_US));
				break;
			}
			EXPECT("threads", "the thread", tid(), t);
			EXPECT("threads", "its variable", getMine(), v);
		}
		gort_unlock_os_thread();
	}
	standUp(s);
}

static void
blocker(void *arg)
{
	struct seat *s = sitDown("a caller that blocks");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		block(&r, &threads.calls, &threads.done);
		if (below(&r, 4) == 0)
			gort_try_send(threads.c, 1);
	}
	standUp(s);
}

static void
endsLocked(void *arg)
{
	(void)arg;
	gort_lock_os_thread();
	gort_gosched();
	gort_waitgroup_done(&threads.wg);
	gort_goexit();
}

static void
runThreads(void *arg)
{
	struct seat *s = sitDown("the maker of threads");
	(void)arg;
	threads.c = gort_chan_make(int, 0);
	crowd(&threads.wg, 4, lockedOne, NULL);
	crowd(&threads.wg, 6, blocker, NULL);
	while (goingOn(s)) {
		gort_waitgroup_add(&threads.wg, 1);
		gort_go(endsLocked, NULL);
		gort_sleep(5 * GORT_MS);
	}
	standUp(s);
	gort_waitgroup_wait(&threads.wg);
	EXPECT("threads", "the number of calls", threads.done, threads.calls);
	gort_free(threads.c);
}

/* ---- luggage: what a goroutine finds again after it was away ---------------------------------- */

static uint64_t trips;
static struct {
	gort_chan *c;
	gort_mutex lock;
	uint64_t calls; /* begun and ended */
	gort_waitgroup wg;
} luggage;

static __attribute__((noinline)) void
goAway(struct rng *r)
{
	int x;
	switch (below(r, 6)) {
	case 0:
		gort_gosched();
		break;
	case 1:
		gort_sleep((int64_t)below(r, 30) * GORT_US);
		break;
	case 2:
		gort_select(GORT_RECV(luggage.c, &x), GORT_SEND(luggage.c, 1),
			GORT_AFTER(30 * GORT_US));
		break;
	case 3:
		gort_select(GORT_SEND(luggage.c, 1), GORT_RECV(luggage.c, &x));
		break;
	case 4:
		gort_mutex_lock(&luggage.lock);
		gort_gosched();
		gort_mutex_unlock(&luggage.lock);
		break;
	default:
		block(r, &luggage.calls, &luggage.calls);
		break;
	}
}

static void
traveller(void *arg)
{
	struct seat *s = sitDown("a traveller");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		int err = 1 + (int)below(&r, 100000);
		double x = (double)err, y = x;
		errno = err;
		for (int i = 0; i < 4; i++) {
			x = x * 1.5 + i;
			goAway(&r);
			y = y * 1.5 + i;
		}
		EXPECT("luggage", "errno", errno, err);
		if (x != y)
			wrong("luggage", "a floating-point value", (long long)x, (long long)y);
		ADD(&trips, 4);
	}
	standUp(s);
}

/* A pair of travellers may both wait for somebody to meet. */
static void
companion(void *arg)
{
	struct seat *s = sitDown("a companion");
	int x, *left = arg;
	while (LOAD(left) != 0) {
		moved(s);
		gort_select(GORT_RECV(luggage.c, &x), GORT_AFTER(50 * GORT_US));
		gort_select(GORT_SEND(luggage.c, 1), GORT_AFTER(50 * GORT_US));
	}
	standUp(s);
}

static void
runLuggage(void *arg)
{
	gort_waitgroup end = GORT_WAITGROUP_INIT;
	int left = 1;
	(void)arg;
	luggage.c = gort_chan_make(int, 0);
	gort_waitgroup_go(&end, companion, &left);
	crowd(&luggage.wg, 8, traveller, NULL);
	gort_waitgroup_wait(&luggage.wg);
	STORE(&left, 0);
	gort_waitgroup_wait(&end);
	gort_free(luggage.c);
}

/* ---- burners: code that never calls ------------------------------------------------------------ */

static uint64_t burns;

struct burnt {
	uint64_t word;
	double sum;
	uint64_t frame;
};

/* A result of integer registers, floating-point registers, and a frame that is written and read all
 * the time: what a stop in the middle must give back as it was. */
static __attribute__((noinline)) struct burnt
burn(uint64_t seed, uint32_t steps)
{
	volatile uint64_t frame[64];
	uint64_t x = seed | 1;
	double a = (double)(seed & 0xffff), b = 1, c = 0.5, d = 3;
	for (int i = 0; i < 64; i++)
		frame[i] = x;
	for (uint32_t i = 0; i < steps; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		a = a * 0.999 + (double)(x & 0xff);
		b = b * 0.5 + a;
		c = c + b * 0.25;
		d = d * 0.75 - c;
		c = c * 0.5;
		frame[x % 64] += x;
	}
	struct burnt out = {x, a + b + c + d, 0};
	for (int i = 0; i < 64; i++)
		out.frame = out.frame * 31 + frame[i];
	return out;
}

static void
burner(void *arg)
{
	struct seat *s = sitDown("a burner");
	struct rng r = newrng();
	(void)arg;
	while (goingOn(s)) {
		uint64_t seed = rnd(&r);
		uint32_t steps = below(&r, 4) == 0 ? 2000000 : below(&r, 100000);
		struct burnt a = burn(seed, steps);
		moved(s);
		if (below(&r, 2) == 0)
			gort_gosched();
		struct burnt b = burn(seed, steps);
		if (a.word != b.word || a.frame != b.frame ||
			memcmp(&a.sum, &b.sum, sizeof a.sum) != 0)
			wrong("burners", "a result", (long long)b.word, (long long)a.word);
		ADD(&burns, 2);
	}
	standUp(s);
}

static void
runBurners(void *arg)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	struct rng r = newrng();
	(void)arg;
	crowd(&wg, 1 + (int)below(&r, 2 * (uint32_t)tortureProcs), burner, NULL);
	gort_waitgroup_wait(&wg);
}

const struct part threadParts[] = {
	{"threads", runThreads, &threads.done, "calls", false},
	{"luggage", runLuggage, &trips, "trips", false},
	{"burners", runBurners, &burns, "burns", false},
	{NULL, NULL, NULL, NULL, false},
};
