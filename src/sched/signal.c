/* signal.c: faults become panics, SIGQUIT becomes a dump.                            room: sched
 *
 * The library is a guest in the process: it takes the four signals it can answer and leaves the
 * rest to the program.
 *
 *   SIGSEGV, SIGBUS, SIGFPE   a fault of a goroutine's code; everything else goes to the handler
 *                             that was there before, or dies as it would have without us
 *   SIGQUIT                   "SIGQUIT: quit", all goroutines' stacks, exit status 2
 *
 * SIGABRT is not taken: a C program's abort and assert should leave a core as they always do.
 *
 * Whose fault is it? The handler runs on the M's signal stack with everything blocked, and asks:
 *
 *   1. Is this a thread of ours, and is sp on the stack of its current goroutine, or the address
 *      in the guard below it? If not: chain.
 *   2. Address in the guard: the stack is used up. Nothing can run on it any more, so the report
 *      is made right here. "stack overflow", the first and the last frames, exit status 2.
 *   3. inrt > 0: the runtime was at work, so its state may be half changed: fatal error.
 *   4. Otherwise the program's own code faulted. The context is edited so that the goroutine
 *      continues in sigpanic0 as if the faulting instruction had called it; sigpanic panics in
 *      Go's words, on the goroutine, outside the handler. A deferred call may recover: unwinders go
 *      through sigpanic0 to the instruction.
 *
 * The handler sets g to gsignal while it runs, so that code asking "am I on a goroutine's stack?"
 * gets the right answer, and puts the interrupted g back when it returns.
 */
#include "core/bits.h"
#include "sched/internal.h"

uintptr_t maxstacksize = 1000000000;
bool (*sigsend)(int sig);

enum { SIG_QUIT = 3, SIG_BUS = 7, SIG_FPE = 8, SIG_SEGV = 11 };
enum { FPE_INTDIV = 1, FPE_INTOVF = 2 };
enum { SEGV_MAPERR = 1, SEGV_ACCERR = 2, BUS_ADRERR = 2 };
enum { UNBLOCK = 1, SETMASK = 2 };

static uint64_t initmask; /* m0's signal mask at the start; written before there are other Ms */

/* Below this an address is a field of a nil struct; above it somebody computed a bad pointer. */
#define NIL_PAGE 4096

static struct sigentry {
	int sig;
	const char *name;
	struct oldhandler old; /* written by initsig, then constant */
} sigtable[] = {
	{.sig = SIG_SEGV, .name = "SIGSEGV: segmentation violation"},
	{.sig = SIG_BUS, .name = "SIGBUS: bus error"},
	{.sig = SIG_FPE, .name = "SIGFPE: floating-point exception"},
	{.sig = SIG_QUIT, .name = "SIGQUIT: quit"},
};

static struct sigentry *
entryOf(int sig)
{
	for (uint32_t i = 0; i < nelem(sigtable); i++)
		if (sigtable[i].sig == sig)
			return &sigtable[i];
	return NULL;
}

/* A guest leaves SIGQUIT to the program, unless it was told otherwise. */
static bool
isOurs(const struct sigentry *e)
{
	return e->sig != SIG_QUIT || !hostoptions.guest || hostoptions.sigquit;
}

uint64_t
oursMask(void)
{
	uint64_t mask = 0;
	for (uint32_t i = 0; i < nelem(sigtable); i++)
		if (isOurs(&sigtable[i]))
			mask |= 1ull << (sigtable[i].sig - 1);
	return preemptsig > 0 ? mask | 1ull << (preemptsig - 1) : mask;
}

bool
sigIsOurs(int sig)
{
	return (oursMask() >> (sig - 1) & 1) != 0;
}

/* ---- on the goroutine --------------------------------------------------------------------- */

/* What no nil pointer explains is a panic only if the goroutine asked for it. The CPU does not tell
 * an address that is not canonical: it reads as 0. */
static void
panicAddress(struct g *gp)
{
	if (gp->paniconfault)
		panicFault(gp->sigaddr);
}

/* Where a fault continues; g->sig* say what happened. Go's runtime.sigpanic. */
_Noreturn void
sigpanic(void)
{
	struct g *gp = getg();
	bool nil = gp->sigaddr < NIL_PAGE;
	switch (gp->sig) {
	case SIG_SEGV:
		if (nil && (gp->sigcode0 == SEGV_MAPERR || gp->sigcode0 == SEGV_ACCERR))
			panicmem();
		panicAddress(gp);
		break;
	case SIG_BUS:
		if (nil && gp->sigcode0 == BUS_ADRERR)
			panicmem();
		panicAddress(gp);
		break;
	case SIG_FPE:
		if (gp->sigcode0 == FPE_INTDIV)
			panicError("integer divide by zero");
		if (gp->sigcode0 == FPE_INTOVF)
			panicError("integer overflow");
		panicError("floating point error");
	}
	struct sigentry *e = entryOf(gp->sig);
	rtprintf("unexpected fault address 0x%lx\n", (unsigned long)gp->sigaddr);
	rtprintf("fatal error: fault\n");
	bool whole = startpanic();
	rtprintf("[signal %s code=0x%x addr=0x%lx pc=0x%lx]\n", e->name, gp->sigcode0,
		(unsigned long)gp->sigaddr, (unsigned long)gp->sigpc);
	if (whole && crash_report != NULL)
		crash_report((uintptr_t)__builtin_return_address(0),
			(uintptr_t)__builtin_frame_address(0),
			*(uintptr_t *)__builtin_frame_address(0), false);
	dieAfterReport();
}

/* ---- on the signal stack ------------------------------------------------------------------ */

static void
dumpregs(const struct sigctx *c)
{
	const char *name;
	uintptr_t value;
	rtprintf("\n");
	for (uint32_t i = 0; (name = sigctxReg(c, i, &value)) != NULL; i++)
		rtprintf("%-6s 0x%lx\n", name, (unsigned long)value);
}

/* What a fault on a full stack and SIGQUIT have in common: report from here, and die. pc is
 * exact, and reports take return addresses; what g->sig* say lets the traceback know that, and
 * find the caller of code that keeps no frame pointer. At last the registers of the thread that got
 * the signal, as Go prints them, unless no stacks are wanted. */
static _Noreturn void
dieHere(struct g *curg, const struct sigctx *c, bool whole, bool all)
{
	if (curg != NULL) {
		curg->sig = c->sig;
		curg->sigpc = c->pc;
		curg->sigsp = c->sp;
	}
	/* If the report faults, a simpler one follows: fatal.c's ladder. */
	osSigMask(UNBLOCK, oursMask() & ~(1ull << (SIG_QUIT - 1)));
	if (whole && crash_report != NULL)
		crash_report(c->pc + 1, c->sp, c->fp, all);
	int level;
	bool everyone, crash;
	gotraceback(&level, &everyone, &crash);
	if (whole && level > 0)
		dumpregs(c);
	dieAfterReport();
}

static _Noreturn void
stackOverflow(struct g *gp, const struct sigctx *c)
{
	bool whole = startpanic();
	uintptr_t limit = stackSize(gp);
	rtprintf("runtime: goroutine stack exceeds %lu-byte limit\n",
		(unsigned long)(limit < maxstacksize ? limit : maxstacksize));
	rtprintf("runtime: sp=0x%lx stack=[0x%lx, 0x%lx]\n", (unsigned long)c->sp,
		(unsigned long)gp->stack.lo, (unsigned long)gp->stack.hi);
	rtprintf("fatal error: stack overflow\n");
	dieHere(gp, c, whole, false);
}

static _Noreturn void
quit(struct m *mp, const char *name, const struct sigctx *c)
{
	bool whole = startpanic();
	rtprintf("%s\nPC=0x%lx m=%ld sigcode=%d\n", name, (unsigned long)c->pc, (long)mp->id,
		c->code);
	dieHere(mp->curg, c, whole, true);
}

no_sanitize void
sigdump(int sig, const char *name, void *info, void *ctx)
{
	struct g *gp = getg();
	if (gp == NULL || gp->m == NULL)
		return;
	struct m *mp = gp->m;
	struct sigctx c;
	sigctxRead(&c, sig, info, ctx);
	setg(mp->gsignal);
	quit(mp, name, &c);
}

static _Noreturn void
runtimeFault(struct sigentry *e, struct g *curg, const struct sigctx *c)
{
	bool whole = startpanic();
	uintptr_t lo, hi;
	if (gcRootAt(c->addr, &lo, &hi))
		rtprintf("runtime: memory that was added with gort_root_add, from 0x%lx to 0x%lx, "
			 "cannot be "
			 "read: gort_root_remove comes before munmap\n",
			(unsigned long)lo, (unsigned long)hi);
	rtprintf("fatal error: unexpected signal during runtime execution\n");
	rtprintf("[signal %s code=0x%x addr=0x%lx pc=0x%lx]\n", e->name, c->code,
		(unsigned long)c->addr, (unsigned long)c->pc);
	dieHere(curg, c, whole, false);
}

static bool
isOn(const struct g *gp, uintptr_t sp)
{
	return stackOf(gp, sp) != NULL;
}

static void
chain(struct sigentry *e, void *info, void *ctx)
{
	if (osSigChain(&e->old, e->sig, info, ctx))
		return;
	/* Nobody was there before: the default action, at this very instruction once we return;
	 * a signal that somebody sent must be sent again. */
	if (osSigDefault(e->sig) != 0)
		os_exit(128 + e->sig); /* as the default action would, but for the core */
	struct sigctx c;
	sigctxRead(&c, e->sig, info, ctx);
	if (c.code <= 0)
		osSigRaise(e->sig);
}

/* A thread of the program's own got SIGQUIT: the first thread of ours makes the dump. */
static void
forwardQuit(void)
{
	osTgkill(m0.tid, SIG_QUIT);
}

static no_sanitize void
sighandler(int sig, void *info, void *ctx)
{
	struct sigentry *e = entryOf(sig);
	struct g *gp = getg();
	bool (*send)(int) = load_acq(&sigsend);
	if (send != NULL && (sig == SIG_QUIT || osSigSent(info)) && send(sig))
		return;
	if (gp == NULL || gp->m == NULL) {
		if (sig == SIG_QUIT && !forkedChild)
			forwardQuit();
		else
			chain(e, info, ctx);
		return;
	}
	struct m *mp = gp->m;
	struct sigctx c;
	sigctxRead(&c, sig, info, ctx);
	struct g *curg = mp->curg;
	setg(mp->gsignal);

	if (sig == SIG_QUIT)
		quit(mp, e->name, &c);

	/* Sent with kill(2) and friends, not a fault. The program's handler may leave by siglongjmp,
	 * so g is put back before. */
	if (c.code <= 0) {
		setg(gp);
		chain(e, info, ctx);
		return;
	}
	if (curg != NULL && sig != SIG_FPE && stackGuardHit(curg, c.addr) &&
		(isOn(curg, c.sp) || stackGuardHit(curg, c.sp)))
		stackOverflow(curg, &c);
	if (gp == mp->gsignal || isOn(mp->g0, c.sp) ||
		(curg != NULL && isOn(curg, c.sp) && mp->inrt > 0))
		runtimeFault(e, curg, &c);
	if (curg == NULL || gp != curg || !isOn(curg, c.sp)) {
		setg(gp);
		chain(e, info, ctx);
		return;
	}
	gp->sig = sig;
	gp->sigcode0 = c.code;
	gp->sigaddr = c.addr;
	gp->sigpc = c.pc;
	gp->sigsp = c.sp;
	sigctxPushFault(ctx, sigpanic0);
	setg(gp);
}

/* ---- setting up --------------------------------------------------------------------------- */

void
initsig(void)
{
	for (uint32_t i = 0; i < nelem(sigtable); i++) {
		if (!isOurs(&sigtable[i]))
			continue;
		int err = osSigInstall(sigtable[i].sig, sighandler, &sigtable[i].old);
		if (err != 0)
			bootfail(2, "cannot install the handler of %s (errno %d)", sigtable[i].name,
				-err);
	}
	asyncparkinit();
}

bool
sigOnlyOurs(int sig)
{
	if (!sigIsOurs(sig))
		return false;
	const struct sigentry *e = entryOf(sig);
	return e != NULL ? osSigOnly(sig, sighandler, &e->old) : preemptOnlyOurs();
}

bool
sigquitIgnore(void)
{
	if (!sigIsOurs(SIG_QUIT))
		return false;
	osSigIgnore(SIG_QUIT);
	return true;
}

/* Who was there before us stays written down. */
bool
sigquitAgain(void)
{
	return sigIsOurs(SIG_QUIT) && osSigInstall(SIG_QUIT, sighandler, NULL) == 0;
}

/* The signal stack holds the kernel's frame, twice (a chained handler may be interrupted by what
 * its own mask allows), and the report. AT_MINSIGSTKSZ is what the frame takes on this CPU. */
uintptr_t
sigstackSize(void)
{
	return alignUp(32 * KiB + 2 * osfacts.minsigstksz, physPageSize);
}

void
minitsig(struct m *mp)
{
	uintptr_t n = sigstackSize();
	void *p = sysAlloc(n);
	if (p == NULL)
		throwf("out of memory", "cannot map %lu bytes for a signal stack\n",
			(unsigned long)n);
	if (mp->gsignal == NULL)
		mp->gsignal = persistentalloc(sizeof *mp->gsignal, CACHE_LINE);
	mp->gsignal->m = mp;
	mp->gsignal->stack.lo = (uintptr_t)p;
	mp->gsignal->stack.hi = (uintptr_t)p + n;
	mp->sigaltstack = p;
	mp->sigaltsize = n;
	osSigAltstack(p, n);
	/* The thread starts with all signals blocked. One that runs goroutines takes those that the
	 * first thread took when the runtime started; the runtime's own threads leave the program's
	 * signals to the others. */
	uint64_t mask = osSigMask(UNBLOCK, oursMask());
	if (mp == &m0)
		initmask = mask & ~oursMask();
	else if (mp->mstartfn == NULL)
		osSigMask(SETMASK, initmask);
}
