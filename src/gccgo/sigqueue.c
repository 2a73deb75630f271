/* sigqueue.c: signals as messages, for package os/signal.                           room: gccgo
 *
 * The package has one goroutine that takes signals out (signal_recv) and gives them to the program's
 * channels. A signal may come on any thread, at any instruction, so a handler can do little:
 *
 *   handler      1. the signal's bit in pending    2. if the receiver sleeps, wake it
 *   signal_recv  1. say "sleeping"  2. look at pending  3. if it is empty, sleep on the futex
 *
 * Both orders are sequentially consistent, so one sees the other. A signal that comes twice before it is
 * taken is one message, as it is one pending signal for the kernel. The receiver sleeps in an
 * announced call: it costs a thread, and as long as it is there, nothing is a deadlock.
 *
 * Enabled signals have our handler, unless the library has one anyhow: faults, SIGQUIT and the
 * signal that stops threads ask sigsend before they do anything else with what somebody sent.
 *
 * Ignore does nothing about faults and the signal that stops threads; SIGQUIT is ignored until it is
 * asked for, and makes its report again after a Reset then.
 *
 * At the start     Signals whose default action would end the process, but which a Go program survives
 *                  unless it asks for them (usual[]), get the handler, if nobody has set another; so do
 *                  those that are a bug's sign: they end it with SIGQUIT's report. What ends a Go
 *                  program without a report (SIGHUP, SIGINT, SIGTERM) is left to the kernel. Programs
 *                  that this one executes inherit none of it.
 * SIGPIPE          A write to a broken pipe is an error. os.File calls sigpipe when the descriptor was
 *                  1 or 2: that ends the process, unless the signal is asked for, or ignored. */
#include "gccgo/std.h"

enum {
	NSIG = 65,
	SIG_INT = 2,
	SIG_QUIT = 3,
	SIG_KILL = 9,
	SIG_PIPE = 13,
	SIG_STOP = 19,
	SIG_RTMIN = 35
};
enum { RECV_AWAY, RECV_SLEEPS }; /* what the futex holds */

#define BIT(sig) ((uint64_t)1 << ((sig)-1))

static uint64_t enabled;            /* atomic; handlers read it */
static uint64_t pending;            /* atomic: handlers set, the receiver takes */
static uint32_t receiver;           /* atomic, futex */
static uint32_t delivering;         /* atomic: handlers on their way */
static uint64_t installed;          /* siglock; signalinit, alone */
static uint64_t ignored;            /* siglock: by Ignore, and not asked for since */
static uint64_t atstart;            /* those with a handler from the start: constant */
static struct oldhandler old[NSIG]; /* siglock */
static struct syncmutex siglock;

/* USR1 USR2 PIPE ALRM XCPU XFSZ VTALRM PROF IO PWR; the real-time signals, too. */
static const uint8_t usual[] = {10, 12, 13, 14, 24, 25, 26, 27, 29, 30};
static const struct {
	int sig;
	const char *name;
} bugs[] = {
	{4, "SIGILL: illegal instruction"},
	{5, "SIGTRAP: trace trap"},
	{6, "SIGABRT: abort"},
	{16, "SIGSTKFLT: stack fault"},
	{31, "SIGSYS: bad system call"},
};

static bool
isUsual(int sig)
{
	for (uint32_t i = 0; i < nelem(usual); i++)
		if (usual[i] == sig)
			return true;
	return sig >= SIG_RTMIN;
}

/* The report's first words, or NULL. */
static no_sanitize const char *
bugName(int sig)
{
	for (uint32_t i = 0; i < nelem(bugs); i++)
		if (bugs[i].sig == sig)
			return bugs[i].name;
	return NULL;
}

static no_sanitize bool
send(int sig)
{
	if (sig < 1 || sig >= NSIG)
		return false;
	xadd(&delivering, 1u);
	bool wanted = (load_seq(&enabled) & BIT(sig)) != 0;
	if (wanted) {
		__atomic_fetch_or(&pending, BIT(sig), __ATOMIC_SEQ_CST);
		if (load_seq(&receiver) == RECV_SLEEPS &&
			cas(&receiver, (uint32_t)RECV_SLEEPS, (uint32_t)RECV_AWAY))
			futexwakeup(&receiver, 1);
	}
	xadd(&delivering, -1u);
	return wanted;
}

/* Not somebody's message but the CPU's or the kernel's word on an instruction: it would come again. */
static no_sanitize bool
isFault(int sig, void *info)
{
	return bugName(sig) != NULL && !osSigSent(info);
}

static no_sanitize void
handler(int sig, void *info, void *ctx)
{
	if ((!isFault(sig, info) && send(sig)) || isUsual(sig))
		return;
	const char *bug = bugName(sig);
	if (bug != NULL) {
		sigdump(sig, bug, info, ctx);
		osSigDefault(sig);
		osSigRaise(sig);
	}
	osSigChain(&old[sig], sig, info, ctx);
}

uint32_t
go_signal_recv(void)
{
	for (;;) {
		store_seq(&receiver, (uint32_t)RECV_AWAY);
		uint64_t now = __atomic_load_n(&pending, __ATOMIC_SEQ_CST);
		if (now != 0) {
			uint32_t sig = (uint32_t)__builtin_ctzll(now) + 1;
			__atomic_fetch_and(&pending, ~BIT(sig), __ATOMIC_SEQ_CST);
			return sig;
		}
		store_seq(&receiver, (uint32_t)RECV_SLEEPS);
		if (__atomic_load_n(&pending, __ATOMIC_SEQ_CST) != 0)
			continue;
		struct g *gp = rtenter();
		entersyscall();
		futexsleep(&receiver, RECV_SLEEPS, -1);
		exitsyscall();
		rtleave(gp);
	}
}

/* Until every signal that has come has been taken out. */
void
go_signalWaitUntilIdle(void)
{
	while (load_seq(&delivering) != 0 || load_seq(&pending) != 0 ||
		load_seq(&receiver) != RECV_SLEEPS)
		go_Gosched();
}

static void
siglocked(void (*fn)(int sig), uint32_t sig)
{
	if (sig < 1 || sig >= NSIG || sig == SIG_KILL || sig == SIG_STOP)
		return;
	struct g *gp = rtenter();
	syncmutexLock(&siglock);
	fn((int)sig);
	syncmutexUnlock(&siglock);
	rtleave(gp);
}

static void
install(int sig)
{
	if (sig == SIG_QUIT && (ignored & BIT(sig)) != 0 && sigquitAgain())
		ignored &= ~BIT(sig);
	if (sigIsOurs(sig) || (installed & BIT(sig)) != 0)
		return;
	/* What Ignore did is not what Reset goes back to; but to a terminal's signals Go does. */
	if ((ignored & BIT(sig)) != 0 && sig > SIG_INT)
		osSigDefault(sig);
	ignored &= ~BIT(sig);
	if (osSigInstall(sig, handler, &old[sig]) == 0)
		installed |= BIT(sig);
}

static void
enable(int sig)
{
	store_rel(&sigsend, send);
	__atomic_fetch_or(&enabled, BIT(sig), __ATOMIC_SEQ_CST);
	install(sig);
}

static void
disable(int sig)
{
	__atomic_fetch_and(&enabled, ~BIT(sig), __ATOMIC_SEQ_CST);
	if ((atstart & BIT(sig)) != 0 || (installed & BIT(sig)) == 0)
		return;
	installed &= ~BIT(sig);
	osSigRestore(sig, &old[sig]);
}

static void
ignore(int sig)
{
	__atomic_fetch_and(&enabled, ~BIT(sig), __ATOMIC_SEQ_CST);
	installed &= ~BIT(sig);
	if (sig == SIG_QUIT && sigquitIgnore()) {
		ignored |= BIT(sig);
	} else if (!sigIsOurs(sig)) {
		osSigIgnore(sig);
		ignored |= BIT(sig);
	}
}

void
go_signal_enable(uint32_t sig)
{
	/* The package asks once for signal 0, to say that it is there. */
	siglocked(enable, sig);
}

void
go_signal_disable(uint32_t sig)
{
	siglocked(disable, sig);
}

void
go_signal_ignore(uint32_t sig)
{
	siglocked(ignore, sig);
}

bool
go_signal_ignored(uint32_t sig)
{
	return sig >= 1 && sig < NSIG && osSigIgnored((int)sig);
}

void
go_sigpipe(void)
{
	if (osSigIgnored(SIG_PIPE) || send(SIG_PIPE))
		return;
	osSigDefault(SIG_PIPE);
	osSigRaise(SIG_PIPE);
	os_exit(2); /* it was blocked */
}

/* Nobody's handler is taken away, not for a moment: it may be needed just then. */
static void
installFirst(int sig)
{
	if (osSigHandled(sig) || osSigIgnored(sig))
		return;
	install(sig);
	atstart |= installed & BIT(sig);
}

void
signalinit(void)
{
	for (uint32_t i = 0; i < nelem(usual); i++)
		installFirst(usual[i]);
	for (int sig = SIG_RTMIN; sig < NSIG; sig++)
		installFirst(sig);
	for (uint32_t i = 0; i < nelem(bugs); i++)
		installFirst(bugs[i].sig);
}
