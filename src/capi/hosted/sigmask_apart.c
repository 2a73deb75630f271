/* sigmask_apart.c: signal masks without the runtime's signal.                        room: capi
 *
 * Programs block all signals around a critical section, or for good in threads that have one to
 * wait for them. On a goroutine's thread that would block the signal too by which the runtime
 * takes a processor back, and the thread could not be stopped. So here are libc's functions that
 * set a mask, under libc's names, which leave this one signal out; and those that wait for
 * signals, which leave it out of what they wait for, or a sigwait for "all" would eat it.
 *
 * On threads that are not the runtime's at the time nothing is left out (gort_preempt_signal
 * is 0 there). On all of them the functions do what libc's do, but for that: the results, errno,
 * signals 32 and 33, which are libc's own, and cancellation: where libc's function is a point of
 * cancellation, so is this one. The kernel is called directly, as libc does; going through libc
 * would need dlsym, which a static program has not.
 *
 * What the mask holds is what the program reads back: a mask of all signals reads back without
 * SIGURG. Showing it as blocked would be a lie to whoever waits for it.
 *
 * This object stays outside the sealed one, as main.c does: the linker takes it only if the program
 * calls one of the functions; in the shared library they stand before libc's. The definitions are
 * weak: a program's own go first. What calls the kernel by itself is not reached: syscall(2),
 * libc's own uses (siglongjmp restores what was saved, which is clean; posix_spawn blocks
 * signals for a moment), swapcontext, and sa_mask while a handler runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

#include "arch/arch.h"
#include "gort/signal.h"

#define INTERPOSED GORT_API weak

/* The kernel's sigset_t. libc's is larger and begins with it. */
typedef uint64_t kset;
#define LIBC_SIGNALS ((kset)3 << (32 - 1))

static kset
ksetOf(const sigset_t *set)
{
	kset k;
	__builtin_memcpy(&k, set, sizeof k);
	return k;
}

static kset
reserved(void)
{
	int sig = gort_preempt_signal();
	return sig > 0 ? (kset)1 << (sig - 1) : 0;
}

/* What of a mask, or of a set to wait for, goes to the kernel; NULL stays NULL. */
static const kset *
without(kset *k, const sigset_t *set)
{
	if (set == NULL)
		return NULL;
	*k = ksetOf(set) & ~reserved();
	return k;
}

static int
result(intptr_t r)
{
	if (r < 0) {
		errno = (int)-r;
		return -1;
	}
	return (int)r;
}

/* A system call that pthread_cancel may end. Always inlined: the number must be a constant. */
static always_inline int
cancelPoint(
	uintptr_t nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
	int type;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	intptr_t r = archSyscall6(nr, a, b, c, d, e, f);
	pthread_setcanceltype(type, NULL);
	return result(r);
}

/* ---- the mask ------------------------------------------------------------------------------ */

static intptr_t
setmask(int how, const sigset_t *set, sigset_t *old)
{
	kset k;
	const kset *p = NULL;
	if (set != NULL) {
		k = ksetOf(set) & ~LIBC_SIGNALS;
		if (how != SIG_UNBLOCK)
			k &= ~reserved();
		p = &k;
	}
	return archSyscall6(
		SYS_rt_sigprocmask, (uintptr_t)how, (uintptr_t)p, (uintptr_t)old, sizeof k, 0, 0);
}

INTERPOSED int
sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return result(setmask(how, set, old));
}

INTERPOSED int
pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)-setmask(how, set, old);
}

/* ---- waiting under another mask ------------------------------------------------------------ */

INTERPOSED int
sigsuspend(const sigset_t *set)
{
	kset k;
	return cancelPoint(SYS_rt_sigsuspend, (uintptr_t)without(&k, set), sizeof k, 0, 0, 0, 0);
}

/* The kernel writes what is left of the time; programs see theirs unchanged. */
static struct timespec *
copyOf(struct timespec *copy, const struct timespec *t)
{
	if (t == NULL)
		return NULL;
	*copy = *t;
	return copy;
}

INTERPOSED int
ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *set)
{
	kset k;
	struct timespec t;
	return cancelPoint(SYS_ppoll, (uintptr_t)fds, n, (uintptr_t)copyOf(&t, timeout),
		(uintptr_t)without(&k, set), sizeof k, 0);
}

INTERPOSED int
pselect(int n, fd_set *r, fd_set *w, fd_set *x, const struct timespec *timeout, const sigset_t *set)
{
	kset k;
	struct timespec t;
	struct {
		const kset *set;
		size_t size;
	} sixth = {without(&k, set), sizeof k};
	return cancelPoint(SYS_pselect6, (uintptr_t)n, (uintptr_t)r, (uintptr_t)w, (uintptr_t)x,
		(uintptr_t)copyOf(&t, timeout), (uintptr_t)&sixth);
}

INTERPOSED int
epoll_pwait(int fd, struct epoll_event *events, int n, int timeout, const sigset_t *set)
{
	kset k;
	return cancelPoint(SYS_epoll_pwait, (uintptr_t)fd, (uintptr_t)events, (uintptr_t)n,
		(uintptr_t)timeout, (uintptr_t)without(&k, set), sizeof k);
}

#ifdef SYS_epoll_pwait2
INTERPOSED int
epoll_pwait2(int fd, struct epoll_event *events, int n, const struct timespec *timeout,
	const sigset_t *set)
{
	kset k;
	return cancelPoint(SYS_epoll_pwait2, (uintptr_t)fd, (uintptr_t)events, (uintptr_t)n,
		(uintptr_t)timeout, (uintptr_t)without(&k, set), sizeof k);
}
#endif

/* ---- waiting for signals ------------------------------------------------------------------- */

/* Could a handler of the program's have run on this thread while it waited for `waited`? */
static never_inline bool
handlerPossible(kset waited)
{
	kset blocked = 0;
	archSyscall6(SYS_rt_sigprocmask, SIG_BLOCK, 0, (uintptr_t)&blocked, sizeof blocked, 0, 0);
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction sa;
		if (((blocked | waited | LIBC_SIGNALS) >> (sig - 1) & 1) != 0 ||
			sigaction(sig, NULL, &sa) != 0)
			continue;
		bool handled = (sa.sa_flags & SA_SIGINFO) != 0 ||
			       (sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN);
		if (handled && !gort_signal_owned(sig))
			return true;
	}
	return false;
}

/* What is left of a time-out that began at start, on the monotonic clock. */
static struct timespec
leftOf(const struct timespec *timeout, const struct timespec *start)
{
	struct timespec now, left;
	clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = timeout->tv_sec - (now.tv_sec - start->tv_sec);
	left.tv_nsec = timeout->tv_nsec - (now.tv_nsec - start->tv_nsec);
	if (left.tv_nsec < 0) {
		left.tv_nsec += 1000000000;
		left.tv_sec--;
	} else if (left.tv_nsec >= 1000000000) {
		left.tv_nsec -= 1000000000;
		left.tv_sec++;
	}
	return left.tv_sec >= 0 ? left : (struct timespec){0, 0};
}

/* The kernel does not look why it wakes up: this one call ends with EINTR when a wake-up comes
 * late that another thread's futex call meant for an earlier sleep, and when the process was
 * stopped and goes on. No signal, no handler is seen; so whether the program has any decides. If
 * not, it did not expect EINTR, and waits on. */
INTERPOSED int
sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	kset k = 0;
	const kset *wanted = without(&k, set);
	struct timespec t, start;
	const struct timespec *left = timeout;
	if (timeout != NULL)
		clock_gettime(CLOCK_MONOTONIC, &start);
	int sig;
	while ((sig = cancelPoint(SYS_rt_sigtimedwait, (uintptr_t)wanted, (uintptr_t)info,
			(uintptr_t)left, sizeof k, 0, 0)) < 0 &&
		errno == EINTR && !handlerPossible(k)) {
		if (timeout != NULL) {
			t = leftOf(timeout, &start);
			left = &t;
		}
	}
	/* raise and pthread_kill look like kill to programs. */
	if (sig > 0 && info != NULL && info->si_code == SI_TKILL)
		info->si_code = SI_USER;
	return sig;
}

INTERPOSED int
sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sigtimedwait(set, info, NULL);
}

INTERPOSED int
sigwait(const sigset_t *set, int *sig)
{
	int saved = errno, n;
	do
		n = sigtimedwait(set, NULL, NULL);
	while (n < 0 && errno == EINTR);
	int err = n < 0 ? errno : 0;
	errno = saved;
	if (err == 0)
		*sig = n;
	return err;
}
