/* eintr_test.c: 1,000 stops of the world, each of which signals every thread, and no system call of
 * the program's ends with EINTR, or early. os/restart_test.c has each call by itself. */
#define _GNU_SOURCE
#include "sched/internal.h"

/* These names are libc's here. */
#define send chanSend
#define recv chanRecv
#include "unit/sync/goro.h"
#undef send
#undef recv

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static uint32_t stop, ndone; /* atomic */
static int quiet[2], epfd, sock[2];
static sem_t sem;

enum { TIME = 20 }; /* ms that each call takes */

static const struct timespec timeout = {.tv_nsec = TIME * MS};

/* Each returns 0 after TIME, or errno. */
static int
callPoll(void)
{
	struct pollfd p = {.fd = quiet[0], .events = POLLIN};
	int r = poll(&p, 1, TIME);
	return r < 0 ? errno : r;
}

static int
callPpoll(void)
{
	struct pollfd p = {.fd = quiet[0], .events = POLLIN};
	int r = ppoll(&p, 1, &timeout, NULL);
	return r < 0 ? errno : r;
}

static int
callEpoll(void)
{
	struct epoll_event ev;
	int r = epoll_wait(epfd, &ev, 1, TIME);
	return r < 0 ? errno : r;
}

static int
callNanosleep(void)
{
	return nanosleep(&timeout, NULL) < 0 ? errno : 0;
}

static int
callClockNanosleep(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t ns = t.tv_nsec + timeout.tv_nsec;
	t.tv_sec += ns / SEC;
	t.tv_nsec = ns % SEC;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int
callSelect(void)
{
	struct timeval tv = {.tv_usec = TIME * 1000};
	fd_set r;
	FD_ZERO(&r);
	FD_SET(quiet[0], &r);
	int n = select(quiet[0] + 1, &r, NULL, NULL, &tv);
	return n < 0 ? errno : n;
}

static int
callRecv(void)
{
	char c;
	ssize_t n = recv(sock[0], &c, 1, 0);
	return n >= 0 ? -1 : errno == EAGAIN ? 0 : errno;
}

static int
callSem(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	int64_t ns = t.tv_nsec + timeout.tv_nsec;
	t.tv_sec += ns / SEC;
	t.tv_nsec = ns % SEC;
	return sem_timedwait(&sem, &t) == 0 ? -1 : errno == ETIMEDOUT ? 0 : errno;
}

static int
callSigtimedwait(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &timeout) >= 0 ? -1 : errno == EAGAIN ? 0 : errno;
}

static const struct call {
	const char *name;
	int (*fn)(void);
} calls[] = {
	{"poll", callPoll},
	{"ppoll", callPpoll},
	{"epoll_wait", callEpoll},
	{"nanosleep", callNanosleep},
	{"clock_nanosleep", callClockNanosleep},
	{"select", callSelect},
	{"recv", callRecv},
	{"sem_timedwait", callSem},
	{"sigtimedwait", callSigtimedwait},
};

static uint32_t made[nelem(calls)];

static void
makes(void *arg)
{
	const struct call *c = arg;
	while (load_acq(&stop) == 0) {
		int64_t start = nanotime();
		int err = c->fn();
		int64_t took = nanotime() - start;
		CHECKF(err == 0, "%s: errno %d", c->name, err);
		CHECKF(took > (TIME - 1) * MS, "%s: after %ld us", c->name, (long)(took / US));
		xadd(&made[c - calls], 1u);
	}
	xadd(&ndone, 1u);
}

/* A thread of the program's own, whose M is outside. */
static never_inline void
attaches(void)
{
	RT(Gosched());
}

static void *
foreigner(void *arg)
{
	attaches();
	makes(arg);
	return NULL;
}

TEST_OPT(sched, eintr, none_in_1000_stops, .goroutine = true, .env = "GOMAXPROCS=2", .timeout = 300)
{
	if (GORT_TSAN)
		testSkip("no signals to code that computes");
	struct timeval tv = {.tv_usec = TIME * 1000};
	CHECK_EQ(pipe(quiet), 0);
	CHECK((epfd = epoll_create1(0)) >= 0);
	CHECK_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, quiet[0], &(struct epoll_event){.events = EPOLLIN}),
		0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	CHECK_EQ(setsockopt(sock[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0);
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
	pthread_t t[nelem(calls)];
	for (unsigned i = 0; i < nelem(calls); i++) {
		spawn(makes, (void *)(uintptr_t)&calls[i]);
		CHECK_EQ(pthread_create(&t[i], NULL, foreigner, (void *)(uintptr_t)&calls[i]), 0);
	}
	for (int i = 0; i < 1000; i++) {
		RT(stopTheWorld(); startTheWorld());
		RT(timeSleep((int64_t)(testRand() % 1000) * US));
	}
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 2 * nelem(calls));
	for (unsigned i = 0; i < nelem(calls); i++)
		CHECKF(made[i] > 2, "%s: %u calls", calls[i].name, made[i]);
}
