/* signal_linux_test.c: handlers, chains, masks, and unwinding out of a handler. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "base/base.h"
#include "os/os.h"
#include "test.h"

static volatile int hits, oldhits;
static struct oldhandler old;
static uint64_t maskInside;
static bool chained;

static void
handler(int sig, void *info, void *ctx)
{
	hits++;
	maskInside = osSigMask(0, 0);
	chained = osSigChain(&old, sig, info, ctx);
}

static void
oldhandler3(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	CHECK(sig == SIGUSR1 && info->si_signo == SIGUSR1);
	oldhits++;
	/* The mask that it asked for, not the one that ours runs under. */
	uint64_t mask = osSigMask(0, 0);
	CHECK(mask >> (SIGUSR1 - 1) & 1);
	CHECK(mask >> (SIGUSR2 - 1) & 1);
#if !GORT_TSAN /* whose own sigaction asks for more */
	CHECK(!(mask >> (SIGTERM - 1) & 1));
#endif
}

static void
oldhandler1(int sig)
{
	CHECK_EQ(sig, SIGUSR1);
	oldhits++;
}

TEST(os, signal_linux, install)
{
	CHECK_EQ(osSigInstall(SIGUSR1, handler, &old), 0);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK(!chained); /* the default action was there */
	/* All but those of libc's threads, and the two that cannot be blocked. */
	CHECK_EQ(maskInside, ~(3ull << 31 | 1ull << 8 | 1ull << 18));
	CHECK_EQ(osSigMask(0, 0) >> (SIGUSR1 - 1) & 1, 0);
	CHECK_EQ(osSigInstall(SIGKILL, handler, NULL), -22);
	osSigDefault(SIGUSR1);
	struct sigaction sa;
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);
}

TEST(os, signal_linux, chain_siginfo)
{
	struct sigaction sa = {.sa_sigaction = oldhandler3, .sa_flags = SA_SIGINFO};
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(osSigInstall(SIGUSR1, handler, &old), 0);
	raise(SIGUSR1);
	CHECK(hits == 1 && oldhits == 1 && chained);
}

TEST(os, signal_linux, chain_plain)
{
	signal(SIGUSR1, oldhandler1);
	osSigInstall(SIGUSR1, handler, &old);
	raise(SIGUSR1);
	CHECK(hits == 1 && oldhits == 1 && chained);
}

TEST(os, signal_linux, chain_ignored)
{
	signal(SIGUSR1, SIG_IGN);
	osSigInstall(SIGUSR1, handler, &old);
	raise(SIGUSR1);
	CHECK(hits == 1 && chained);
}

TEST(os, signal_linux, mask)
{
	osSigInstall(SIGUSR1, handler, &old);
	uint64_t bit = 1ull << (SIGUSR1 - 1);
	uint64_t before = osSigMask(0, bit);
	CHECK_EQ(before & bit, 0);
	raise(SIGUSR1);
	CHECK_EQ(hits, 0);
	CHECK((osSigMask(1, bit) & bit) != 0);
	CHECK_EQ(hits, 1);
	osSigMask(2, before);
	CHECK_EQ(osSigMask(0, 0), before);
}

/* The kernel queues no siginfo of ours when the user has RLIMIT_SIGPENDING signals pending. */
TEST(os, signal_linux, sender)
{
	siginfo_t si = {.si_code = SI_TKILL};
	si.si_pid = getpid();
	CHECK_EQ(osSigSender(&si), SENDER_OURS);
	si.si_pid = getpid() + 1;
	CHECK_EQ(osSigSender(&si), SENDER_OTHER);
	si = (siginfo_t){.si_code = SI_USER};
	CHECK_EQ(osSigSender(&si), SENDER_UNKNOWN);
	si.si_pid = getpid();
	CHECK_EQ(osSigSender(&si), SENDER_OTHER);
}

TEST(os, signal_linux, tgkill)
{
	osSigInstall(SIGUSR1, handler, &old);
	CHECK_EQ(osTgkill(osgettid(), SIGUSR1), 0);
	CHECK_EQ(hits, 1);
	CHECK(osTgkill(1, SIGUSR1) < 0);
	osSigMask(0, 1ull << (SIGUSR1 - 1));
	osSigRaise(SIGUSR1);
	CHECK_EQ(hits, 2);
}

/* ---- the alternate stack and unwinding ---------------------------------------------------- */

static char altstack[64 * 1024] aligned_to(64);
static volatile bool onAlt, sawCaller;
static struct sigctx seen;

static void outer(void);

static _Unwind_Reason_Code
frame(struct _Unwind_Context *c, void *arg)
{
	(void)arg;
	uintptr_t pc = _Unwind_GetIP(c);
	if (pc > (uintptr_t)outer && pc < (uintptr_t)outer + 200)
		sawCaller = true;
	return _URC_NO_REASON;
}

static void
unwinds(int sig, void *info, void *ctx)
{
	uintptr_t here = getsp();
	onAlt = here >= (uintptr_t)altstack && here < (uintptr_t)altstack + sizeof altstack;
	sigctxRead(&seen, sig, info, ctx);
	_Unwind_Backtrace(frame, NULL);
}

static never_inline void
outer(void)
{
	__asm__ volatile("movl $42, %%r12d\n\tud2\n\tnop" : : : "r12", "memory");
	hits++;
}

static void
skipsUd2(int sig, void *info, void *ctx)
{
	unwinds(sig, info, ctx);
	((ucontext_t *)ctx)->uc_mcontext.gregs[REG_RIP] += 2;
}

TEST(os, signal_linux, unwind)
{
	osSigAltstack(altstack, sizeof altstack);
	CHECK_EQ(osSigInstall(SIGILL, skipsUd2, NULL), 0);
	outer();
	CHECK(hits == 1 && onAlt);
	CHECKF(sawCaller, "the unwinder does not get through the restorer");
	CHECK_EQ(seen.sig, SIGILL);
	CHECK(seen.pc > (uintptr_t)outer && seen.pc < (uintptr_t)outer + 200);
	CHECK(seen.sp != 0 && seen.fp != 0);
	osSigAltstackOff();
	stack_t ss;
	sigaltstack(NULL, &ss);
	CHECK(ss.ss_flags & SS_DISABLE);
}

static uintptr_t faultpc;
static volatile bool inPushed;

/* Its return address is looked at: it must not ask for a stack first. */
#if GORT_SPLIT
__attribute__((no_split_stack))
#endif
static void
pushed(void)
{
	inPushed = true;
	CHECK_EQ((uintptr_t)__builtin_return_address(0), faultpc + 1);
	CHECK_EQ((uintptr_t)__builtin_frame_address(0) & 15, 0);
	const uintptr_t *frame = __builtin_frame_address(0); /* old rbp, pc, sp */
	CHECK_EQ(frame[2], seen.sp);
	CHECKF((uintptr_t)(frame + 3) <= seen.sp - 128, "the red zone is written to");
	_exit(0);
}

static void
pushesFault(int sig, void *info, void *ctx)
{
	sigctxRead(&seen, sig, info, ctx);
	faultpc = seen.pc;
	sigctxPushFault(ctx, pushed);
}

TEST(os, signal_linux, push_fault)
{
	CHECK_EQ(osSigInstall(SIGSEGV, pushesFault, NULL), 0);
	volatile uintptr_t nowhere = 8;
	*(volatile int *)nowhere = 1;
	CHECK(false);
}

/* After a call through a nil pointer there is no code to return to: the caller is shown. */
static uintptr_t calledsp;

#if GORT_SPLIT
__attribute__((no_split_stack))
#endif
static void
pushedNil(void)
{
	const uintptr_t *frame = __builtin_frame_address(0);
	CHECK_EQ(frame[1], *(uintptr_t *)calledsp);
	CHECK_EQ(frame[2], calledsp + sizeof(uintptr_t));
	_exit(0);
}

static void
pushesNil(int sig, void *info, void *ctx)
{
	sigctxRead(&seen, sig, info, ctx);
	CHECK_EQ(seen.pc, 0);
	calledsp = seen.sp;
	sigctxPushFault(ctx, pushedNil);
}

TEST(os, signal_linux, push_nil_call)
{
	CHECK_EQ(osSigInstall(SIGSEGV, pushesNil, NULL), 0);
	void (*volatile nil)(void) = NULL;
	nil();
	CHECK(false);
}
