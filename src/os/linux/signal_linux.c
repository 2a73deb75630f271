/* signal_linux.c: handlers, masks and alternate stacks, by raw system calls.         room: os
 *
 * Both flavours talk to the kernel directly. libc's sigaction would add a lock, errno, and a
 * refusal of the two signals that its threads use between themselves (32 and 33), which we leave
 * alone by ourselves. What it does bring is the restorer, the piece of code that a handler
 * returns to; ours is in sigreturn_amd64.S, with unwind information, so that a backtrace goes
 * through a handler into the code it interrupted.
 *
 * A handler of ours runs with all signals blocked but 32 and 33, on the alternate stack, and
 * interrupted system calls are restarted where the kernel can.
 */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>

#include "os/linux/internal.h"

void sigreturn_restorer(void); /* sigreturn_amd64.S */

#define LIBC_SIGNALS (1ull << (32 - 1) | 1ull << (33 - 1))

/* The kernel's struct sigaction; what struct oldhandler holds. */
struct ksigaction {
	uintptr_t handler;
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};
_Static_assert(sizeof(struct ksigaction) <= sizeof(struct oldhandler), "struct oldhandler");

static int
ksigaction(int sig, const struct ksigaction *sa, struct ksigaction *old)
{
	return (int)SYS4(rt_sigaction, sig, sa, old, sizeof sa->mask);
}

int
osSigInstall(int sig, sighandlerfn *fn, struct oldhandler *old)
{
	struct ksigaction sa = {
		.handler = (uintptr_t)fn,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_RESTORER,
		.restorer = sigreturn_restorer,
		.mask = ~LIBC_SIGNALS,
	};
	struct ksigaction was = {0};
	int r = ksigaction(sig, &sa, &was);
	if (r == 0 && old != NULL)
		__builtin_memcpy(old, &was, sizeof was);
	return r;
}

/* Runs the handler that was there before ours, under the mask it asked for. False: there was
 * none but the default action, which the caller takes if it wants. */
bool
osSigChain(const struct oldhandler *old, int sig, void *info, void *ctx)
{
	struct ksigaction was;
	__builtin_memcpy(&was, old, sizeof was);
	if (was.handler == (uintptr_t)SIG_DFL)
		return false;
	if (was.handler == (uintptr_t)SIG_IGN)
		return true;
	uint64_t mask;
	__builtin_memcpy(&mask, &((struct ucontext *)ctx)->uc_sigmask, sizeof mask);
	mask |= was.mask;
	if ((was.flags & SA_NODEFER) == 0)
		mask |= 1ull << (sig - 1);
	if ((was.flags & SA_RESETHAND) != 0)
		osSigDefault(sig);
	uint64_t saved = osSigMask(2, mask);
	if ((was.flags & SA_SIGINFO) != 0)
		((sighandlerfn *)was.handler)(sig, info, ctx);
	else
		((void (*)(int))was.handler)(sig);
	osSigMask(2, saved);
	return true;
}

bool
osSigSent(const void *info)
{
	return ((const siginfo_t *)info)->si_code <= 0;
}

enum sender
osSigSender(const void *info)
{
	const siginfo_t *si = info;
	if (si->si_code == SI_TKILL && si->si_pid == osgetpid())
		return SENDER_OURS;
	return si->si_code == SI_USER && si->si_pid == 0 ? SENDER_UNKNOWN : SENDER_OTHER;
}

int
osSigDefault(int sig)
{
	struct ksigaction sa = {.handler = (uintptr_t)SIG_DFL};
	return ksigaction(sig, &sa, NULL);
}

void
osSigIgnore(int sig)
{
	struct ksigaction sa = {.handler = (uintptr_t)SIG_IGN};
	ksigaction(sig, &sa, NULL);
}

no_sanitize bool
osSigIgnored(int sig)
{
	struct ksigaction sa = {0};
	ksigaction(sig, NULL, &sa);
	return sa.handler == (uintptr_t)SIG_IGN;
}

void
osSigRestore(int sig, const struct oldhandler *old)
{
	struct ksigaction was;
	__builtin_memcpy(&was, old, sizeof was);
	ksigaction(sig, &was, NULL);
}

no_sanitize bool
osSigHandled(int sig)
{
	struct ksigaction sa = {0};
	ksigaction(sig, NULL, &sa);
	return sa.handler != (uintptr_t)SIG_DFL && sa.handler != (uintptr_t)SIG_IGN;
}

bool
osSigOnly(int sig, sighandlerfn *fn, const struct oldhandler *old)
{
	struct ksigaction sa = {0}, was;
	ksigaction(sig, NULL, &sa);
	__builtin_memcpy(&was, old, sizeof was);
	return sa.handler == (uintptr_t)fn &&
	       (was.handler == (uintptr_t)SIG_DFL || was.handler == (uintptr_t)SIG_IGN);
}

/* For the end of the process: whether the kernel does any of this shows when we come back. */
void
osSigRaise(int sig)
{
	uint64_t set = 1ull << (sig - 1);
	SYS4(rt_sigprocmask, SIG_UNBLOCK, &set, NULL, sizeof set);
	SYS3(tgkill, osgetpid(), osgettid(), sig);
}

uint64_t
osSigMask(int how, uint64_t set)
{
	static const int hows[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK};
	uint64_t old = 0;
	intptr_t r = SYS4(rt_sigprocmask, hows[how], &set, &old, sizeof set);
	if (r != 0)
		sysRefused("rt_sigprocmask", r);
	return old;
}

int
osTgkill(uint64_t tid, int sig)
{
	return (int)SYS3(tgkill, osgetpid(), tid, sig);
}

enum { SS_DISABLE_ = 2 };

static void
sigaltstack(const stack_t *ss, stack_t *old)
{
	intptr_t r = SYS2(sigaltstack, ss, old);
	if (r != 0)
		sysRefused("sigaltstack", r);
}

void
osSigAltstack(void *base, uintptr_t n)
{
	stack_t ss = {.ss_sp = base, .ss_size = n};
	sigaltstack(&ss, NULL);
}

bool
osSigAltstackGet(void **base, uintptr_t *n)
{
	stack_t ss = {0};
	sigaltstack(NULL, &ss);
	if ((ss.ss_flags & SS_DISABLE_) != 0)
		return false;
	*base = ss.ss_sp;
	*n = ss.ss_size;
	return true;
}

void
osSigAltstackOff(void)
{
	stack_t ss = {.ss_flags = SS_DISABLE_};
	sigaltstack(&ss, NULL);
}
