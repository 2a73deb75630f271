/* restart_test.c: a signal of ours interrupts no system call.
 *
 * A thread makes one call, the test sends it signal after signal. Times are compared with the
 * call's own time-out only: not before it, and not so late that the clock must have been set
 * back by interruptions, which go on until the call has returned. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#include "base/base.h"
#include "os/os.h"
#include "test.h"

#define HITS 1000
#define LONG (1000 * 1000) /* ms */

static uint32_t hits;    /* atomic: signals handled */
static uint32_t holding; /* atomic: 1: the handler waits, 2: it does */
static int pipefd[2];    /* what ends the calls that wait for data */
static int sockfd[2];

static no_sanitize void
handler(int sig, void *info, void *ctx)
{
	(void)sig, (void)info;
	if (load_acq(&holding) == 1) {
		store_rel(&holding, 2u);
		while (load_acq(&holding) != 0)
			osusleep(100);
	}
	xadd(&hits, 1u);
	sigctxRestart(NULL, ctx);
}

static int64_t
nowns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- a thread in a call ------------------------------------------------------------------- */

/* Makes a call that ends after ms, or, if that is LONG, when end() is called; negative: no
 * time-out at all. 0: it timed out; 1: it got its data; or -errno. */
typedef int callfn(int ms);

static struct {
	callfn *fn;
	int ms;
	uint64_t tid; /* atomic: set when about to call */
	bool done;    /* atomic */
	int result;
	int64_t took;
} job;

/* Nothing of an earlier thread's frames is left where ours will be. */
static never_inline no_sanitize void
wipe(void)
{
	volatile char below[32 * 1024];
	for (size_t i = 0; i < sizeof below; i++)
		below[i] = 0;
}

static no_sanitize void *
caller(void *arg)
{
	(void)arg;
	static char stack[128 * 1024] aligned_to(64);
	stack_t old; /* AddressSanitizer's */
	sigaltstack(NULL, &old);
	osSigAltstack(stack, sizeof stack);
	osSigMask(0, 1ull << (SIGUSR2 - 1)); /* what end() sends */
	wipe();
	store_rel(&job.tid, osgettid());
	int64_t start = nowns();
	job.result = job.fn(job.ms);
	job.took = nowns() - start;
	store_rel(&job.done, true);
	osSigMask(0, 1ull << (SIGURG - 1));
	sigaltstack(&old, NULL);
	return NULL;
}

static pthread_t
begin(callfn *fn, int ms)
{
	memset(&job, 0, sizeof job);
	job.fn = fn;
	job.ms = ms;
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, caller, NULL), 0);
	while (load_acq(&job.tid) == 0)
		sched_yield();
	return t;
}

static void
join(pthread_t t)
{
	pthread_join(t, NULL);
}

/* One signal, handled. False: the thread has ended. */
static bool
interrupt(void)
{
	uint32_t before = load_acq(&hits);
	if (osTgkill(load_acq(&job.tid), SIGURG) != 0)
		return false;
	while (load_acq(&hits) == before) {
		if (load_acq(&job.done))
			return false;
		sched_yield();
	}
	usleep((useconds_t)(testRand() % 100));
	return true;
}

static void
setup(void)
{
	CHECK_EQ(pipe(pipefd), 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockfd), 0);
	CHECK_EQ(osSigInstall(SIGURG, handler, NULL), 0);
}

/* ---- the calls ---------------------------------------------------------------------------- */

static int
outcome(intptr_t r)
{
	return r < 0 ? -errno : r > 0;
}

static struct timespec
timespec(int ms)
{
	return (struct timespec){ms / 1000, ms % 1000 * 1000000L};
}

static int
callPoll(int ms)
{
	struct pollfd p = {.fd = pipefd[0], .events = POLLIN};
	return outcome(poll(&p, 1, ms));
}

static int
callPpoll(int ms)
{
	struct pollfd p = {.fd = pipefd[0], .events = POLLIN};
	struct timespec ts = timespec(ms);
	return outcome(ppoll(&p, 1, ms < 0 ? NULL : &ts, NULL));
}

static int
callSelect(int ms)
{
	fd_set set;
	FD_ZERO(&set);
	FD_SET(pipefd[0], &set);
	struct timeval tv = {ms / 1000, ms % 1000 * 1000L};
	return outcome(select(pipefd[0] + 1, &set, NULL, NULL, ms < 0 ? NULL : &tv));
}

static int
callPselect(int ms)
{
	fd_set set;
	FD_ZERO(&set);
	FD_SET(pipefd[0], &set);
	struct timespec ts = timespec(ms);
	return outcome(pselect(pipefd[0] + 1, &set, NULL, NULL, ms < 0 ? NULL : &ts, NULL));
}

static int
epollOn(int fd)
{
	int ep = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN};
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	return ep;
}

static int
callEpollWait(int ms)
{
	struct epoll_event ev;
	return outcome(epoll_wait(epollOn(pipefd[0]), &ev, 1, ms));
}

static int
callEpollPwait(int ms)
{
	struct epoll_event ev;
	return outcome(epoll_pwait(epollOn(pipefd[0]), &ev, 1, ms, NULL));
}

static int
callEpollPwait2(int ms)
{
	struct epoll_event ev;
	struct timespec ts = timespec(ms);
	return outcome(epoll_pwait2(epollOn(pipefd[0]), &ev, 1, ms < 0 ? NULL : &ts, NULL));
}

static int
callNanosleep(int ms)
{
	struct timespec ts = timespec(ms);
	return outcome(nanosleep(&ts, NULL));
}

static int
callNanosleepRem(int ms)
{
	struct timespec ts = timespec(ms), rem = {0};
	return outcome(nanosleep(&ts, &rem));
}

static int
callUsleep(int ms)
{
	return outcome(usleep((useconds_t)ms * 1000));
}

static int
callClockSame(int ms)
{
	struct timespec ts = timespec(ms);
	return -clock_nanosleep(CLOCK_REALTIME, 0, &ts, &ts);
}

static int
callClockAbs(int ms)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += ms % 1000 * 1000000L;
	ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static int
callSigtimedwait(int ms)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	struct timespec ts = timespec(ms);
	int r = sigtimedwait(&set, NULL, ms < 0 ? NULL : &ts);
	return r == SIGUSR2 ? 1 : errno == EAGAIN ? 0 : -errno;
}

static int semid;

static int
callSemtimedop(int ms)
{
	struct sembuf op = {.sem_num = 0, .sem_op = -1};
	struct timespec ts = timespec(ms);
	int r = semtimedop(semid, &op, 1, ms < 0 ? NULL : &ts);
	return r == 0 ? 1 : errno == EAGAIN ? 0 : -errno;
}

static sem_t sem;

static int
callSemWait(int ms)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms % 1000 * 1000000L;
	ts.tv_sec += ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	int r = sem_timedwait(&sem, &ts);
	return r == 0 ? 1 : errno == ETIMEDOUT ? 0 : -errno;
}

static uint32_t futexWord;

/* Relative, which libc has no call for. The number is a constant: see callnumber_amd64.c. */
static int
callFutex(int ms)
{
	struct timespec ts = timespec(ms);
	intptr_t r = archSyscall6(SYS_futex, (uintptr_t)&futexWord, 128 /* FUTEX_WAIT_PRIVATE */, 0,
		(uintptr_t)(ms < 0 ? NULL : &ts), 0, 0);
	return r == 0 || r == -EAGAIN ? 1 : r == -ETIMEDOUT ? 0 : (int)r;
}

static int
callIoGetevents(int ms)
{
	aio_context_t ctx = 0;
	struct io_event ev;
	struct timespec ts = timespec(ms);
	if (archSyscall6(SYS_io_setup, 1, (uintptr_t)&ctx, 0, 0, 0, 0) != 0)
		testSkip("no aio here");
	return (int)archSyscall6(SYS_io_getevents, ctx, 1, 1, (uintptr_t)&ev, (uintptr_t)&ts, 0);
}

/* ---- sockets with a time-out -------------------------------------------------------------- */

static void
socketTime(int fd, int ms)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000L};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static int
orAgain(intptr_t r)
{
	return r >= 0 ? 1 : errno == EAGAIN ? 0 : -errno;
}

static int
callRecv(int ms)
{
	char c;
	socketTime(sockfd[0], ms);
	return orAgain(recv(sockfd[0], &c, 1, 0));
}

static int
callRead(int ms)
{
	char c;
	socketTime(sockfd[0], ms);
	return orAgain(read(sockfd[0], &c, 1));
}

static int
callRecvmsg(int ms)
{
	char c;
	struct iovec iov = {&c, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	socketTime(sockfd[0], ms);
	return orAgain(recvmsg(sockfd[0], &m, 0));
}

static int
callRecvmmsg(int ms)
{
	char c;
	struct iovec iov = {&c, 1};
	struct mmsghdr m = {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}};
	struct timespec ts = timespec(LONG);
	socketTime(sockfd[0], ms);
	return orAgain(recvmmsg(sockfd[0], &m, 1, 0, &ts));
}

static int
callSend(int ms)
{
	static char big[1 << 20];
	socketTime(sockfd[0], ms);
	while (send(sockfd[0], big, sizeof big, MSG_DONTWAIT) > 0) {
	}
	return orAgain(send(sockfd[0], big, 1, 0));
}

static int
callAccept(int ms)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in any = {.sin_family = AF_INET};
	if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0 || listen(fd, 1) != 0)
		testSkip("no IPv4 here");
	socketTime(fd, ms);
	return orAgain(accept(fd, NULL, NULL));
}

/* ---- time-outs ---------------------------------------------------------------------------- */

/* Interrupted all the time until it returns, as often as it takes for HITS. */
static void
timesOut(callfn *fn, int ms)
{
	setup();
	while (load_acq(&hits) < HITS) {
		pthread_t t = begin(fn, ms);
		int64_t start = nowns();
		while (!load_acq(&job.done)) {
			if (!interrupt())
				break;
			CHECKF(nowns() - start < 20000ll * 1000000,
				"interruptions keep it from ending");
		}
		join(t);
		CHECKF(job.result == 0, "result %d, after %u interruptions", job.result,
			load_acq(&hits));
		CHECKF(job.took >= ms * 1000000ll, "too early: %lld us of %d ms",
			(long long)job.took / 1000, ms);
	}
}

#define TIMES_OUT(what, fn)                                                                        \
	TEST(os, restart, timeout_##what)                                                          \
	{                                                                                          \
		timesOut(fn, 150);                                                                 \
	}

TIMES_OUT(poll, callPoll)
TIMES_OUT(ppoll, callPpoll)
TIMES_OUT(select, callSelect)
TIMES_OUT(pselect, callPselect)
TIMES_OUT(epoll_wait, callEpollWait)
TIMES_OUT(epoll_pwait, callEpollPwait)
TIMES_OUT(epoll_pwait2, callEpollPwait2)
TIMES_OUT(nanosleep, callNanosleep)
TIMES_OUT(nanosleep_rem, callNanosleepRem)
TIMES_OUT(usleep, callUsleep)
TIMES_OUT(clock_same, callClockSame)
TIMES_OUT(clock_abs, callClockAbs)
TIMES_OUT(sigtimedwait, callSigtimedwait)
TIMES_OUT(sem_timedwait, callSemWait)
TIMES_OUT(futex, callFutex)
TIMES_OUT(io_getevents, callIoGetevents)
TIMES_OUT(recv, callRecv)
TIMES_OUT(read, callRead)
TIMES_OUT(recvmsg, callRecvmsg)
TIMES_OUT(recvmmsg, callRecvmmsg)
TIMES_OUT(send, callSend)
TIMES_OUT(accept, callAccept)

TEST(os, restart, timeout_semtimedop)
{
	semid = semget(IPC_PRIVATE, 1, 0600);
	if (semid < 0)
		testSkip("no System V semaphores here");
	timesOut(callSemtimedop, 150);
	semctl(semid, 0, IPC_RMID);
}

/* ---- data --------------------------------------------------------------------------------- */

/* What ends each of them. */
static void
end(void)
{
	CHECK_EQ(write(pipefd[1], "x", 1), 1);
	CHECK_EQ(write(sockfd[1], "x", 1), 1);
	sem_post(&sem);
	osTgkill(load_acq(&job.tid), SIGUSR2);
	store_rel(&futexWord, 1u);
	futexwakeup(&futexWord, 1);
}

static void
untilData(callfn *fn, int ms)
{
	setup();
	pthread_t t = begin(fn, ms);
	while (load_acq(&hits) < HITS)
		CHECKF(interrupt(), "result %d, after %u interruptions", job.result,
			load_acq(&hits));
	end();
	join(t);
	CHECKF(job.result == 1, "result %d", job.result);
}

#define UNTIL_DATA(what, fn)                                                                       \
	TEST(os, restart, data_##what)                                                             \
	{                                                                                          \
		untilData(fn, LONG);                                                               \
	}                                                                                          \
	TEST(os, restart, forever_##what)                                                          \
	{                                                                                          \
		untilData(fn, -1);                                                                 \
	}

UNTIL_DATA(poll, callPoll)
UNTIL_DATA(ppoll, callPpoll)
UNTIL_DATA(select, callSelect)
UNTIL_DATA(pselect, callPselect)
UNTIL_DATA(epoll_wait, callEpollWait)
UNTIL_DATA(epoll_pwait, callEpollPwait)
UNTIL_DATA(epoll_pwait2, callEpollPwait2)
UNTIL_DATA(sigtimedwait, callSigtimedwait)
UNTIL_DATA(futex, callFutex)

TEST(os, restart, data_sem_timedwait)
{
	untilData(callSemWait, LONG);
}

TEST(os, restart, data_recv)
{
	untilData(callRecv, LONG);
}

TEST(os, restart, data_read)
{
	untilData(callRead, LONG);
}

TEST(os, restart, data_recvmsg)
{
	untilData(callRecvmsg, LONG);
}

/* ---- the program's own signals ------------------------------------------------------------ */

static uint32_t usr1s; /* atomic */
static volatile bool sawCall;
static volatile uintptr_t callSp; /* its sp */
static sigjmp_buf away;

static void
onUsr1(int sig)
{
	(void)sig;
	xadd(&usr1s, 1u);
}

static int callThrough(int ms);

static _Unwind_Reason_Code
frame(struct _Unwind_Context *c, void *arg)
{
	(void)arg;
	uintptr_t pc = _Unwind_GetIP(c);
	if (pc > (uintptr_t)callThrough && pc < (uintptr_t)callThrough + 300) {
		sawCall = true;
		callSp = _Unwind_GetCFA(c);
	}
	return _URC_NO_REASON;
}

static void
onUsr1Unwind(int sig)
{
	(void)sig;
	xadd(&usr1s, 1u);
	_Unwind_Backtrace(frame, NULL);
}

static void
onUsr1Jump(int sig)
{
	(void)sig;
	xadd(&usr1s, 1u);
	siglongjmp(away, 1);
}

static void
usr1(void (*fn)(int), int flags)
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};
	sigfillset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
}

/* In poll itself, and in a poll that was made again. */
static void
ownSignal(int before, int ms, int flags)
{
	setup();
	usr1(onUsr1, flags);
	for (int round = 1; round <= 100; round++) {
		pthread_t t = begin(callPoll, ms);
		for (int i = 0; i < before; i++)
			CHECK(interrupt());
		usleep((useconds_t)(testRand() % 1000));
		/* It may have come before the call: until it has been seen. */
		while (!load_acq(&job.done)) {
			osTgkill(load_acq(&job.tid), SIGUSR1);
			usleep(1000);
		}
		join(t);
		CHECK_EQ(job.result, -EINTR);
		CHECK(load_acq(&usr1s) >= (uint32_t)round);
	}
}

TEST(os, restart, own_signal)
{
	ownSignal(0, LONG, 0);
}

TEST(os, restart, own_signal_later)
{
	ownSignal(3, LONG, 0);
}

TEST(os, restart, own_signal_forever)
{
	ownSignal(3, -1, 0);
}

/* poll is interrupted by any handler. */
TEST(os, restart, own_signal_sa_restart)
{
	ownSignal(3, LONG, SA_RESTART);
}

/* Both at once: the program's signal waits until our handler returns, and its EINTR is seen. */
static void
both(int sig, bool seen)
{
	setup();
	for (int before = 0; before < 2; before++) {
		pthread_t t = begin(callPoll, LONG);
		if (before)
			CHECK(interrupt());
		/* In the call for sure: nothing else makes it sleep. */
		while (!osThreadAsleep(load_acq(&job.tid)))
			sched_yield();
		store_rel(&holding, 1u);
		osTgkill(load_acq(&job.tid), SIGURG);
		while (load_acq(&holding) != 2)
			sched_yield();
		osTgkill(load_acq(&job.tid), sig);
		store_rel(&holding, 0u);
		if (seen) {
			join(t);
			CHECK_EQ(job.result, -EINTR);
		} else {
			CHECK(interrupt());
			CHECK(!load_acq(&job.done));
			end();
			join(t);
			CHECK_EQ(job.result, 1);
			char c;
			CHECK(read(pipefd[0], &c, 1) == 1);
		}
	}
}

TEST(os, restart, both_pending)
{
	usr1(onUsr1, 0);
	both(SIGUSR1, true);
	CHECK_EQ(load_acq(&usr1s), 2);
}

TEST(os, restart, both_ignored)
{
	signal(SIGUSR1, SIG_IGN);
	both(SIGUSR1, false);
}

TEST(os, restart, both_default)
{
	both(SIGCHLD, false);
}

/* ppoll's mask is the one window for SIGUSR1: it never gets lost, however close the two are. A
 * handler's frame of the round before may look like this round's: one more EINTR. */
static int
callPpollMasked(int ms)
{
	(void)ms;
	sigset_t block, old;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &block, &old);
	struct pollfd p = {.fd = pipefd[0], .events = POLLIN};
	struct timespec ts = timespec(LONG);
	for (int i = 1; i <= HITS; i++) {
		store_rel(&futexWord, (uint32_t)i);
		int more = 0;
		do {
			int r = ppoll(&p, 1, &ts, &old);
			if (r != -1 || errno != EINTR || load_acq(&usr1s) > (uint32_t)i || more > 1)
				return -i;
			more++;
		} while (load_acq(&usr1s) < (uint32_t)i);
	}
	return 0;
}

TEST(os, restart, masked_call)
{
	setup();
	usr1(onUsr1, 0);
	pthread_t t = begin(callPpollMasked, 0);
	for (uint32_t i = 1; i <= HITS; i++) {
		while (load_acq(&futexWord) != i && !load_acq(&job.done))
			sched_yield();
		uint64_t tid = load_acq(&job.tid);
		int pause = (int)(testRand() % 300);
		if (testRand() % 2 == 0) {
			osTgkill(tid, SIGURG);
			for (int k = 0; k < pause; k++)
				procyield(1);
			osTgkill(tid, SIGUSR1);
		} else {
			osTgkill(tid, SIGUSR1);
			for (int k = 0; k < pause; k++)
				procyield(1);
			osTgkill(tid, SIGURG);
		}
	}
	join(t);
	CHECK_EQ(job.result, 0);
}

/* ---- what the caller sees ----------------------------------------------------------------- */

static never_inline int
callThrough(int ms)
{
	struct pollfd p = {.fd = pipefd[0], .events = POLLIN};
	intptr_t r = archSyscall6(SYS_poll, (uintptr_t)&p, 1, (uintptr_t)ms, 0, 0, 0);
	compiler_fence(); /* no tail call */
	return (int)r;
}

/* A handler on top of a call that was made again unwinds into its caller. */
TEST(os, restart, unwinds)
{
	if (GORT_TSAN)
		testSkip("ThreadSanitizer runs handlers later");
	setup();
	usr1(onUsr1Unwind, 0);
	pthread_t t = begin(callThrough, LONG);
	CHECK(interrupt());
	usleep(20000);
	CHECK(interrupt());
	usleep(20000);
	osTgkill(load_acq(&job.tid), SIGUSR1);
	join(t);
	CHECK_EQ(job.result, -EINTR);
	CHECK(sawCall);
}

/* The same after each instruction of the way back, and when the call has been made again. */
static uint32_t trapping, steps, lost; /* atomic */

static no_sanitize void
onUrgTrap(int sig, void *info, void *ctx)
{
	enum { TRAP_FLAG = 0x100 };
	(void)sig, (void)info;
	sigctxRestart(NULL, ctx);
	((ucontext_t *)ctx)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
	store_rel(&trapping, 1u);
}

static no_sanitize void
onTrap(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info;
	greg_t *r = ((ucontext_t *)ctx)->uc_mcontext.gregs;
	uintptr_t pc = (uintptr_t)r[REG_RIP];
	if (pc > (uintptr_t)callThrough && pc < (uintptr_t)callThrough + 300) {
		r[REG_EFL] &= ~0x100;
		return;
	}
	xadd(&steps, 1u);
	uintptr_t before = callSp;
	sawCall = false;
	_Unwind_Backtrace(frame, NULL);
	if (!sawCall || (before != 0 && callSp != before))
		xadd(&lost, 1u);
}

TEST(os, restart, unwinds_everywhere)
{
	if (GORT_TSAN)
		testSkip("ThreadSanitizer runs handlers later");
	setup();
	struct oldhandler old;
	CHECK_EQ(osSigInstall(SIGURG, onUrgTrap, &old), 0);
	struct sigaction sa = {.sa_sigaction = onTrap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	CHECK_EQ(sigaction(SIGTRAP, &sa, NULL), 0);
	for (int i = 0; i < 3; i++) {
		callSp = 0;
		pthread_t t = begin(callThrough, 300);
		usleep(20000);
		osTgkill(load_acq(&job.tid), SIGURG);
		join(t);
		CHECK_EQ(job.result, 0);
		CHECK(load_acq(&trapping) == 1);
	}
	CHECKF(steps >= 3 * 9, "%u steps", steps);
	CHECKF(lost == 0, "%u of %u steps unwind elsewhere", lost, steps);
}

/* All registers but rax, rcx and r11 are the call's, and so are the flags. */
static int
callRegisters(int ms)
{
	struct pollfd p = {.fd = pipefd[0], .events = POLLIN};
	struct {
		uintptr_t in[9], out[9], sp, spAfter, flags;
	} r = {.in = {(uintptr_t)&p, 1, (uintptr_t)ms, 104, 105, 106, 107, 108, 109}};
	uintptr_t result;
	__asm__ volatile(
		"movq %%rsp, 144(%%rbx)\n\t"
		"movq 24(%%rbx), %%r10; movq 32(%%rbx), %%r8; movq 40(%%rbx), %%r9\n\t"
		"movq 48(%%rbx), %%r12; movq 56(%%rbx), %%r13; movq 64(%%rbx), %%r14\n\t"
		"movq 0(%%rbx), %%rdi; movq 8(%%rbx), %%rsi; movq 16(%%rbx), %%rdx\n\t"
		"stc; movl $7, %%eax; syscall\n\t"
		"movq %%rdi, 72(%%rbx); movq %%rsi, 80(%%rbx); movq %%rdx, 88(%%rbx)\n\t"
		"movq %%r10, 96(%%rbx); movq %%r8, 104(%%rbx); movq %%r9, 112(%%rbx)\n\t"
		"movq %%r12, 120(%%rbx); movq %%r13, 128(%%rbx); movq %%r14, 136(%%rbx)\n\t"
		"movq %%rsp, 152(%%rbx)\n\t"
		"pushfq; popq 160(%%rbx)"
		: "=&a"(result)
		: "b"(&r)
		: "rdi", "rsi", "rdx", "r10", "r8", "r9", "r12", "r13", "r14", "rcx", "r11",
		"memory", "cc");
	CHECK_EQ(memcmp(r.in, r.out, sizeof r.in), 0);
	CHECK_EQ(r.sp, r.spAfter);
	CHECK(r.flags & 1);
	return (int)result;
}

TEST(os, restart, registers)
{
	untilData(callRegisters, LONG);
}

/* A handler's siglongjmp leaves the call and what it had on the stack. */
static int
callJump(int ms)
{
	while (load_acq(&usr1s) < 100) {
		if (sigsetjmp(away, 1) == 0) {
			wipe();
			return callPoll(ms);
		}
	}
	return 77;
}

TEST(os, restart, longjmp)
{
	setup();
	usr1(onUsr1Jump, 0);
	pthread_t t = begin(callJump, LONG);
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 3; k++)
			interrupt();
		usleep(1000);
		osTgkill(load_acq(&job.tid), SIGUSR1);
		while (load_acq(&usr1s) != (uint32_t)i + 1)
			sched_yield();
	}
	join(t);
	CHECK_EQ(job.result, 77);
}

/* A signal of the program's ends nanosleep with the rest in *rem, whatever came before. */
static int
callRest(int ms)
{
	struct timespec ts = timespec(ms), rem = {0};
	int64_t start = nowns();
	int r = nanosleep(&ts, &rem);
	if (r != -1 || errno != EINTR)
		return -1;
	int64_t rest = rem.tv_sec * 1000000000 + rem.tv_nsec, slept = nowns() - start;
	/* Not less than the truth, and by no more than what passed before the first signal. */
	CHECKF(slept + rest >= ms * 1000000ll, "slept %lld, rest %lld", (long long)slept,
		(long long)rest);
	CHECK(rest < ms * 1000000ll);
	return 0;
}

TEST(os, restart, rest)
{
	setup();
	usr1(onUsr1, 0);
	pthread_t t = begin(callRest, LONG);
	for (int i = 0; i < 100; i++)
		interrupt();
	while (!load_acq(&job.done)) {
		usleep(1000);
		osTgkill(load_acq(&job.tid), SIGUSR1);
	}
	join(t);
	CHECK_EQ(job.result, 0);
}

/* Code that computes is left alone, whatever rax and the bytes before it say: an instruction that
 * can be interrupted in its middle stands right behind a syscall, and fills memory with -EINTR. */
static int
callNothing(int ms)
{
	static char mem[1 << 18];
	(void)ms;
	do {
		char *p = mem;
		size_t n = sizeof mem;
		__asm__ volatile("jmp 1f\n\t"
				 "movl $7, %%eax\n\t"
				 "syscall\n"
				 "1:\trep stosb"
				 : "+D"(p), "+c"(n)
				 : "a"((uintptr_t)-EINTR)
				 : "memory");
		if (p != mem + sizeof mem || n != 0 || p[-1] != -EINTR)
			return -1;
	} while (load_acq(&hits) < HITS);
	return 0;
}

TEST(os, restart, not_a_call)
{
	setup();
	pthread_t t = begin(callNothing, 0);
	while (interrupt()) {
	}
	join(t);
	CHECK_EQ(job.result, 0);
}
