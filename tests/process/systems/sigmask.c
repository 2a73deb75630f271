// A goroutine's thread never blocks SIGURG, whatever mask the program asks for; otherwise masks
// are what the program asked for, and the functions that set them do what libc's do.
// build: -D_GNU_SOURCE
// setups: opt debug hard
// stdout: ok
#include <gort.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(c)                                                                                   \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			fprintf(stderr, "%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #c);             \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static sigset_t all;
static pid_t tid;       // of the thread under test
static int wake[2];     // a pipe
static atomic_int urgs; // handled

static void
onurg(int sig)
{
	(void)sig;
	urgs++;
}

static void
onusr2(int sig)
{
	(void)sig;
}

// The thread's mask as the kernel has it.
static uint64_t
kernelMask(pid_t t)
{
	char path[64], line[256];
	uint64_t mask = 0;
	snprintf(path, sizeof path, "/proc/self/task/%d/status", t);
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0)
			mask = strtoull(line + 7, NULL, 16);
	fclose(f);
	return mask;
}

static bool
has(uint64_t mask, int sig)
{
	return mask >> (sig - 1) & 1;
}

// All that can be blocked, but SIGURG if urg is not set.
static void
checkAll(const sigset_t *got, bool urg)
{
	for (int sig = 1; sig <= 64; sig++) {
		bool want = sig != SIGKILL && sig != SIGSTOP && sig != 32 && sig != 33 &&
			    (urg || sig != SIGURG);
		if (sigismember(got, sig) != want) {
			fprintf(stderr, "signal %d is %sblocked\n", sig, want ? "not " : "");
			exit(1);
		}
	}
}

static void
masks(bool urg)
{
	sigset_t old, got, some;
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &got) == 0);
	checkAll(&got, urg);
	CHECK(has(kernelMask(gettid()), SIGURG) == urg && has(kernelMask(gettid()), SIGINT));
	CHECK(sigprocmask(SIG_SETMASK, &old, &got) == 0);
	checkAll(&got, urg);
	CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &got) == 0);
	checkAll(&got, urg);
	CHECK(sigprocmask(SIG_UNBLOCK, &all, NULL) == 0);
	CHECK(sigprocmask(0, NULL, &got) == 0);
	CHECK(sigisemptyset(&got));

	// A mask is exactly what was asked for.
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigaddset(&some, SIGRTMAX);
	CHECK(sigprocmask(SIG_SETMASK, &some, NULL) == 0);
	CHECK(pthread_sigmask(SIG_BLOCK, NULL, &got) == 0);
	CHECK(memcmp(&some, &got, 8) == 0);

	// libc's own signals are not blocked, even where the set has them.
	uint64_t bits = 3ull << 31 | 1ull << (SIGUSR2 - 1);
	memcpy(&some, &bits, sizeof bits);
	CHECK(sigprocmask(SIG_SETMASK, &some, NULL) == 0);
	CHECK(kernelMask(gettid()) == 1ull << (SIGUSR2 - 1));

	// Errors.
	errno = 5;
	CHECK(pthread_sigmask(99, &some, NULL) == EINVAL && errno == 5);
	CHECK(sigprocmask(99, &some, NULL) == -1 && errno == EINVAL);
	CHECK(sigprocmask(99, NULL, NULL) == 0);
	errno = 5;
	CHECK(pthread_sigmask(SIG_BLOCK, &some, (sigset_t *)8) == EFAULT && errno == 5);
	CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
}

// ---- waiting under a mask: a helper thread looks at the mask while the call waits ------------

static long
kernelCall(pid_t t)
{
	char path[64];
	long nr = -1;
	snprintf(path, sizeof path, "/proc/self/task/%d/syscall", t);
	FILE *f = fopen(path, "r");
	CHECK(f != NULL);
	if (fscanf(f, "%ld", &nr) != 1)
		nr = -1; // it runs
	fclose(f);
	return nr;
}

static void *
lookAndWake(void *call)
{
	while (kernelCall(tid) != *(const long *)call)
		usleep(100);
	uint64_t mask = kernelMask(tid);
	CHECK(has(mask, SIGUSR1));
	CHECK(!has(mask, SIGURG));
	CHECK(write(wake[1], "x", 1) == 1);
	CHECK(syscall(SYS_tgkill, getpid(), tid, SIGUSR2) == 0);
	return NULL;
}

enum { SUSPEND, PPOLL, PSELECT, EPOLL, EPOLL2, CALLS };
static const long numbers[CALLS] = {
	SYS_rt_sigsuspend, SYS_ppoll, SYS_pselect6, SYS_epoll_pwait, SYS_epoll_pwait2};

static void
waits(void)
{
	static const struct timespec hour = {3600, 5};
	struct timespec t = hour;
	sigset_t before, most = all;
	char c;
	sigdelset(&most, SIGUSR2);
	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &before) == 0);
	tid = gettid();
	struct timespec none = {0, 0};
	struct epoll_event none_ev;
	// (Linux 5.11)
	bool epoll2 = epoll_pwait2(-1, &none_ev, 1, &none, NULL) == -1 && errno != ENOSYS;
	for (int call = 0; call < CALLS - !epoll2; call++) {
		pthread_t helper;
		struct pollfd p = {.fd = wake[0], .events = POLLIN};
		struct epoll_event ev = {.events = EPOLLIN};
		fd_set r;
		FD_ZERO(&r);
		FD_SET(wake[0], &r);
		int ep = epoll_create1(0);
		CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, wake[0], &ev) == 0);
		CHECK(pthread_create(&helper, NULL, lookAndWake, (void *)&numbers[call]) == 0);
		int n = 0;
		switch (call) {
		case SUSPEND:
			n = sigsuspend(&most);
			break;
		case PPOLL:
			n = ppoll(&p, 1, &t, &all);
			break;
		case PSELECT:
			n = pselect(wake[0] + 1, &r, NULL, NULL, &t, &all);
			break;
		case EPOLL:
			n = epoll_pwait(ep, &ev, 1, 3600000, &all);
			break;
		case EPOLL2:
			n = epoll_pwait2(ep, &ev, 1, &t, &all);
			break;
		}
		if (call == SUSPEND)
			CHECK(n == -1 && errno == EINTR);
		else
			CHECK(n == 1);
		CHECK(memcmp(&t, &hour, sizeof t) == 0);
		CHECK(pthread_join(helper, NULL) == 0);
		CHECK(read(wake[0], &c, 1) == 1);
		close(ep);
	}
	// A time-out, and no mask at all.
	CHECK(ppoll(NULL, 0, &none, NULL) == 0);
	CHECK(pselect(0, NULL, NULL, NULL, &none, NULL) == 0);
	sigset_t after;
	CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
	CHECK(memcmp(&before, &after, 8) == 0);
}

// ---- waiting for signals ----------------------------------------------------------------------

static void *
sendUrgThenUsr1(void *unused)
{
	(void)unused;
	int before = urgs;
	CHECK(syscall(SYS_tgkill, getpid(), tid, SIGURG) == 0);
	while (urgs == before) // who waits for "all" does not get it
		usleep(100);
	CHECK(syscall(SYS_tgkill, getpid(), tid, SIGUSR1) == 0);
	return NULL;
}

static void
sigwaits(void)
{
	struct sigaction sa = {.sa_handler = onurg, .sa_flags = SA_ONSTACK}, old;
	sigset_t was, usr1;
	siginfo_t info;
	pthread_t helper;
	int sig = 0;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK(sigaction(SIGURG, &sa, &old) == 0);
	CHECK(pthread_sigmask(SIG_BLOCK, &usr1, &was) == 0);
	tid = gettid();
	for (int call = 0; call < 3; call++) {
		static const struct timespec hour = {3600, 0};
		int n = -1;
		CHECK(pthread_create(&helper, NULL, sendUrgThenUsr1, NULL) == 0);
		errno = 5;
		if (call == 0) {
			n = sigwait(&all, &sig);
			if (n != 0 || sig != SIGUSR1 || errno != 5)
				fprintf(stderr, "sigwait: %d, signal %d, errno %d\n", n, sig,
					errno);
			CHECK(n == 0 && sig == SIGUSR1 && errno == 5);
		} else {
			// A handler that ran ends these with EINTR, if nobody makes them again.
			do
				n = call == 1 ? sigwaitinfo(&all, &info)
					      : sigtimedwait(&all, &info, &hour);
			while (n == -1 && errno == EINTR);
			CHECK(n == SIGUSR1 && info.si_signo == SIGUSR1 && info.si_code == SI_USER);
			CHECK(info.si_pid == getpid());
		}
		CHECK(pthread_join(helper, NULL) == 0);
	}
	struct timespec none = {0, 0};
	CHECK(sigtimedwait(&usr1, NULL, &none) == -1 && errno == EAGAIN);
	CHECK(pthread_sigmask(SIG_SETMASK, &was, NULL) == 0);
	CHECK(sigaction(SIGURG, &old, NULL) == 0);
}

// ---- a wait that nothing ended ------------------------------------------------------------------

// In a child, which stops and goes on; it has no handler but the runtime's, or one for SIGUSR2.
// Meanwhile sigtimedwait waits for SIGUSR1. Its errno.
static int
acrossStop(bool handler)
{
	struct timespec tenth = {0, 100000000};
	sigset_t usr1;
	int status = 0;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pid_t child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		struct timespec start, end;
		signal(SIGUSR2, handler ? onusr2 : SIG_DFL);
		clock_gettime(CLOCK_MONOTONIC, &start);
		int n = sigtimedwait(&usr1, NULL, &tenth), err = errno;
		clock_gettime(CLOCK_MONOTONIC, &end);
		double took = (double)(end.tv_sec - start.tv_sec) +
			      (double)(end.tv_nsec - start.tv_nsec) / 1e9;
		_exit(n != -1 || (err == EAGAIN && took < 0.1) ? 99 : err);
	}
	for (int i = 0; i < 3; i++) {
		usleep(20000);
		CHECK(kill(child, SIGSTOP) == 0);
		CHECK(waitpid(child, &status, WUNTRACED) == child);
		if (WIFEXITED(status))
			break;
		CHECK(kill(child, SIGCONT) == 0);
	}
	if (!WIFEXITED(status))
		CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
stops(void)
{
	CHECK(acrossStop(false) == EAGAIN);
	int err = acrossStop(true);
	CHECK(err == EINTR || err == EAGAIN);
}

// ---- threads of the program's own ---------------------------------------------------------------

static void *
ownThread(void *unused)
{
	(void)unused;
	CHECK(gort_preempt_signal() == 0);
	masks(true);
	return NULL;
}

static atomic_int waiting;

static void *
waitsForEver(void *arg)
{
	sigset_t none;
	sigemptyset(&none);
	waiting = 1;
	switch (*(int *)arg) {
	case 0:
		sigsuspend(&none);
		break;
	case 1:
		ppoll(NULL, 0, NULL, &none);
		break;
	case 2:
		pselect(0, NULL, NULL, NULL, NULL, &none);
		break;
	case 3: {
		struct epoll_event ev;
		epoll_pwait(epoll_create1(0), &ev, 1, -1, &none);
		break;
	}
	case 4: {
		sigaddset(&none, SIGUSR1);
		sigwait(&none, &(int){0});
		break;
	}
	}
	return NULL;
}

static void
ownThreads(void *unused)
{
	(void)unused;
	pthread_t t;
	CHECK(pthread_create(&t, NULL, ownThread, NULL) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	for (int call = 0; call < 5; call++) {
		void *result = NULL;
		waiting = 0;
		CHECK(pthread_create(&t, NULL, waitsForEver, &call) == 0);
		while (!waiting)
			usleep(100);
		CHECK(pthread_cancel(t) == 0);
		CHECK(pthread_join(t, &result) == 0);
		CHECK(result == PTHREAD_CANCELED);
	}
}

static void
onGoroutine(void *done)
{
	CHECK(gort_preempt_signal() == SIGURG);
	masks(false);
	waits();
	sigwaits();
	CHECK(gort_signal_owned(SIGURG) && gort_signal_owned(SIGSEGV));
	CHECK(!gort_signal_owned(SIGUSR2) && !gort_signal_owned(0) && !gort_signal_owned(99));
	stops();
	gort_send((gort_chan *)done, 1);
}

int
gort_main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = onusr2, .sa_flags = SA_ONSTACK};
	(void)argc, (void)argv;
	sigfillset(&all);
	CHECK(pipe(wake) == 0);
	CHECK(sigaction(SIGUSR2, &sa, NULL) == 0);
	gort_chan *done = gort_chan_make(int, 0);
	onGoroutine(gort_chan_make(int, 1));
	gort_go(onGoroutine, done);
	CHECK(gort_recv(done, NULL));
	gort_block(ownThreads, NULL);
	puts("ok");
	return 0;
}
