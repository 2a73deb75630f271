/* foreign.c: threads of the program's own call the runtime.                          room: sched
 *
 * Any pthread may call the API. The first call makes an M and a G of it: the G's stack is the
 * thread's own, and the G is locked to the M, as LockOSThread does it, so that parking blocks this
 * thread and no other. Go calls the two ends needm and dropm.
 *
 * Between two calls the thread is outside: it runs the program's code and holds no P. Such a
 * stretch is like an announced system call that lasts until the next entry: rtenter finds that
 * the G is not its M's current one and comes here for a P (foreignEnter); the end of the entry lets
 * the P go (foreignLeave). So a main thread that computes, or sits in its own event loop, takes
 * nothing from the goroutines and is not asked to give way. Only a stop of the world halts it, by
 * a signal, as any thread that may write to the program's memory (asyncpark.c).
 *
 * How does rtleave, which must not get longer, know that the P is to be let go? By the request
 * byte of the P, which it looks at anyway: whoever gives a P to a foreign M sets it (acquirep,
 * exitsyscall). rtleaveSlow sees whose thread it is. The byte is cleared before the P goes, and a
 * stop that was requested by it is seen by entersyscall's own look at gcwaiting.
 *
 * Where the P goes: as after any call, it stays with the M, and may be retaken, if that loses
 * nobody any time. If goroutines wait on it and no other P is idle, nobody would look for them
 * before sysmon's next round, so it is handed off at once.
 *
 * Extras. An attaching thread has no g, so it can take no lock and allocate nothing of ours: an M
 * with all that belongs to it must lie ready. They are on a lock-free stack; whoever takes the last
 * one puts a new one there before it does anything that may take long; who finds none sleeps until
 * then. The head is one word, the page number of the first extra and a count of the changes. Extras
 * are page-aligned and never freed, so reading the link of one that somebody else has just taken
 * is harmless, and the count, which would have to go once through 2^29 in between, makes the
 * exchange fail.
 *
 * The scheduler runs on a g0 stack that is mapped when an extra is used first. Signals of ours
 * are taken on the thread's alternate stack if it has one of sufficient size, otherwise on the
 * extra's, until the thread is detached.
 *
 * Detaching: by the program (gort_thread_detach), or when the thread ends, however it does. The G
 * is dead then and the extra goes back. A thread that comes again gets another G.
 *
 * Rejected: a P held between two calls, as goroutines do it: the program's own threads would have
 * to be stopped by signals whenever a goroutine wants to run. A G with a stack of its own onto
 * which each call switches, as Go does it: C's locals may be on the thread's stack or not, so
 * nothing is gained by a second one. */
#include "core/bits.h"
#include "sched/internal.h"

#define G0_STACK (256 * KiB)
#define G0_GUARD (64 * KiB)

#define EXTRA_SHIFT 12 /* alignment of an extra */
#define TAG_BITS    29 /* 64 bits less the 47 - 12 of a page number */

struct extra {
	struct m m;
	struct g g, g0, gsignal;
	struct extra *next; /* atomic; on the stack of extras */
	void *sigstack;     /* ours, mapped at the first use */
	uintptr_t sigstacksize;
	/* What the thread had before; its owner. */
	void *oldsigstack;
	uintptr_t oldsigstacksize;
	bool hadsigstack;
	bool replacedsigstack;
	uint64_t oldmask;
	bool counted; /* has an id, is in allm and the G in allgs */
} aligned_to(1 << EXTRA_SHIFT);

/* Costs nothing as long as nobody attaches. */
large_bss static struct extra firstExtra;
static uint32_t firstTaken;   /* atomic */
static uint64_t extras;       /* atomic: page number and tag */
static uint32_t extraPuts;    /* atomic, futex: moves with each put */
static uint32_t extraWaiters; /* atomic: who sleep on it */

/* ---- the stack of extras ------------------------------------------------------------------- */

static struct extra *
headExtra(uint64_t head)
{
	return (struct extra *)(head >> TAG_BITS << EXTRA_SHIFT);
}

static uint64_t
headWith(struct extra *x, uint64_t old)
{
	uint64_t tag = (old + 1) & ((1ull << TAG_BITS) - 1);
	return (uint64_t)(uintptr_t)x >> EXTRA_SHIFT << TAG_BITS | tag;
}

static void
extraPut(struct extra *x)
{
	uint64_t head;
	do {
		head = load_acq(&extras);
		store_rlx(&x->next, headExtra(head));
	} while (!cas(&extras, head, headWith(x, head)));
	xadd(&extraPuts, 1u);
	if (load_seq(&extraWaiters) != 0)
		futexwakeup(&extraPuts, 1);
}

static struct extra *
extraGet(void)
{
	if (load_rlx(&firstTaken) == 0 && cas(&firstTaken, 0u, 1u))
		return &firstExtra;
	for (;;) {
		uint32_t puts = load_seq(&extraPuts);
		uint64_t head = load_seq(&extras);
		struct extra *x = headExtra(head);
		if (x == NULL) {
			/* A put after the look above has moved extraPuts, or sees a waiter. */
			xadd(&extraWaiters, 1u);
			futexsleep(&extraPuts, puts, -1);
			xadd(&extraWaiters, -1u);
			continue;
		}
		if (cas(&extras, head, headWith(load_rlx(&x->next), head)))
			return x;
	}
}

static _Noreturn void
noMemory(uintptr_t n, const char *what)
{
	startpanic(); /* another thread may be dying of the same cause: one report */
	bootfail(2, "cannot attach a thread: the kernel refuses %lu KiB for %s (ulimit -v?)",
		(unsigned long)(n / KiB), what);
}

/* The one that lies ready for the next thread. */
static void
extraAhead(void)
{
	if (headExtra(load_acq(&extras)) != NULL)
		return;
	struct extra *x = sysAlloc(alignUp(sizeof *x, physPageSize));
	if (x == NULL)
		noMemory(sizeof *x, "the next one");
	extraPut(x);
}

/* ---- attaching ----------------------------------------------------------------------------- */

/* What an extra keeps from one thread to the next. */
static void
extraStacks(struct extra *x)
{
	char *p = sysAlloc(G0_STACK + G0_GUARD);
	if (p == NULL || sysGuard(p, G0_GUARD, true) != 0)
		noMemory(G0_STACK + G0_GUARD, "a stack");
	x->g0.stack.lo = (uintptr_t)p + G0_GUARD;
	x->g0.stack.hi = (uintptr_t)p + G0_GUARD + G0_STACK;
	/* The base that mcall and systemstack start from; an empty frame. */
	x->g0.sched.sp = x->g0.stack.hi - 64;
	x->sigstacksize = sigstackSize();
	x->sigstack = sysAlloc(x->sigstacksize);
	if (x->sigstack == NULL)
		noMemory(x->sigstacksize, "a signal stack");
	x->m.isforeign = true;
	x->m.g0 = &x->g0;
	x->m.gsignal = &x->gsignal;
	x->g0.m = x->gsignal.m = &x->m;
}

static void
signalStackOn(struct extra *x)
{
	x->hadsigstack = osSigAltstackGet(&x->oldsigstack, &x->oldsigstacksize);
	x->replacedsigstack = !x->hadsigstack || x->oldsigstacksize < x->sigstacksize;
	if (x->replacedsigstack)
		osSigAltstack(x->sigstack, x->sigstacksize);
	void *base = x->replacedsigstack ? x->sigstack : x->oldsigstack;
	uintptr_t n = x->replacedsigstack ? x->sigstacksize : x->oldsigstacksize;
	x->gsignal.stack = (struct stack){(uintptr_t)base, (uintptr_t)base + n};
	x->m.sigaltstack = base;
	x->m.sigaltsize = n;
}

/* Not if the program has put another one in the place of ours. */
static void
signalStackOff(struct extra *x)
{
	void *base;
	uintptr_t n;
	if (!x->replacedsigstack || !osSigAltstackGet(&base, &n) || base != x->sigstack)
		return;
	if (x->hadsigstack)
		osSigAltstack(x->oldsigstack, x->oldsigstacksize);
	else
		osSigAltstackOff();
}

/* The thread becomes an M that is outside. */
static never_inline struct extra *
needm(void)
{
	struct extra *x = extraGet();
	struct m *mp = &x->m;
	struct g *gp = &x->g;
	/* No signal may stop this thread before it is whole. */
	store_rlx(&mp->inrt, 1u);
	extraAhead();
	if (x->sigstack == NULL)
		extraStacks(x);
	osThreadAdopt(mp, &gp->stack.lo, &gp->stack.hi);
	osRandom(mp->rand, sizeof mp->rand);
	mp->rand[0] |= 1;
	gp->m = mp;
	gp->lockedm = mp;
	mp->lockedg = gp;
	mp->lockedInt = 1; /* unlockOSThread never gets it down to 0 */
	mp->lockedExt = 0;
	mp->curg = NULL;
	mp->oldp = NULL;
	mp->outside = true;
	store_rlx(&mp->mayleave, true);
	setgstatus(gp, Gdead, Gsyscall);
	signalStackOn(x);
	x->oldmask = osSigMask(1, oursMask());
	setg(gp);
	trackThreadStack(gp);
	osThreadOnExit(mp);

	lock(&sched.lock);
	store_rlx(&sched.foreign, true);
	if (x->counted)
		sched.nmspare--;
	else
		mp->id = mReserveID();
	store_rlx(&sched.nmforeign, sched.nmforeign + 1);
	unlock(&sched.lock);
	if (!x->counted)
		allmPush(mp);
	return x;
}

/* A P is held for the first time. */
static void
attached(struct extra *x)
{
	struct g *gp = &x->g;
	gp->goid = newgoid(x->m.p);
	gp->waitreason = waitReasonZero;
	store_rlx(&gp->waitsince, (int64_t)0);
	if (!x->counted)
		allgadd(gp);
	x->counted = true;
}

/* ---- entry and leave ----------------------------------------------------------------------- */

static cold _Noreturn void
inForkedChild(void)
{
	bootfail(2,
		"the runtime does not go on in a forked child: exec, or fork before its first use");
}

never_inline struct g *
foreignEnter(struct g *gp)
{
	struct extra *x = NULL;
	if (gp == NULL) {
		if (forkedChild)
			inForkedChild();
		if (!load_acq(&sched.mainStarted))
			libraryStart();
		x = needm();
		gp = &x->g;
	}
	struct m *mp = gp->m;
	store_rlx(&mp->inrt, 1u);
	compiler_fence();
	mp->outside = false;
	exitsyscall();
	if (x != NULL)
		attached(x);
	return gp;
}

/* Is there something on pp, which nobody else would run soon? */
static bool
handoffNow(struct p *pp)
{
	return load_rlx(&sched.npidle) == 0 &&
	       (!runqempty(pp) || load_rlx(&sched.runq.n) != 0 || load_rlx(&sched.parked.n) != 0);
}

never_inline void
foreignLeave(struct g *gp)
{
	struct m *mp = gp->m;
	struct p *pp = mp->p;
	__builtin_unwind_init(); /* syscall.c */
	store_rlx(&pp->preempt, (uint8_t)0);
	mp->outside = true;
	if (!handoffNow(pp)) {
		entersyscall();
		gp->syscallsp = 0; /* the stack moves on: not for dumps */
		return;
	}
	gp->syscallsp = 0;
	store_rel(&mp->scansp, getsp());
	setgstatus(gp, Grunning, Gsyscall);
	mp->curg = NULL;
	mp->oldp = NULL;
	store_rlx(&mp->mayleave, true);
	handoffp(releasep());
	leaveForCall(mp);
}

/* ---- detaching ----------------------------------------------------------------------------- */

/* The P of the last call goes to whoever has use for it, unless it is gone already. */
static void
giveUpOldP(struct m *mp)
{
	struct p *pp = mp->oldp;
	mp->oldp = NULL;
	if (pp != NULL && cas(&pp->status, (uint32_t)Psyscall, (uint32_t)Pidle)) {
		store_rlx(&pp->syscalltick, pp->syscalltick + 1);
		handoffp(pp);
	}
}

/* Needs no P, unless there are goroutine-local variables to end: a thread can end while every P is
 * busy, or held by a goroutine that waits for just this in pthread_join. */
void
foreignDetach(void)
{
	struct g *gp = getg();
	if (gp == NULL || !gp->m->isforeign || !gp->m->outside)
		return;
	struct m *mp = gp->m;
	struct extra *x = container_of(mp, struct extra, m);
	if (gp->haslocals) {
		foreignEnter(gp);
		localsEnd(gp);
		foreignLeave(gp);
	}
	/* And so as long as the extra has no thread: there is nothing to be stopped. */
	store_rlx(&mp->inrt, 1u);
	compiler_fence();
	store_rel(&mp->scansp, getsp());
	giveUpOldP(mp);
	gort_assert_internal(gp->param == NULL && gp->waiting == NULL && gp->schedlink == NULL);
	gp->sudog0busy = 0;
	gp->named = false;
	setgstatus(gp, Gsyscall, Gdead);
	store_rel(&mp->scansp, (uintptr_t)0);
	mp->lockedg = NULL;
	gp->lockedm = NULL;

	lock(&sched.lock);
	sched.nmspare++;
	store_rlx(&sched.nmforeign, sched.nmforeign - 1);
	checkdead();
	unlock(&sched.lock);
	/* A stop that began while inrt was up takes this thread for stopped, and a collection may be
	 * reading its thread-local variables: they stay until it is over. One that begins later sees no
	 * thread here. */
	store_seq(&mp->tid, (uint64_t)0);
	if (load_seq(&sched.stopThreads))
		waitForWorld(mp);
	store_rel(&mp->mayleave, false);
	osThreadOnExit(NULL);
	signalStackOff(x);
	trackThreadGone(gp, mp->g0);
	uint64_t ours = oursMask();
	setg(NULL);
	osSigMask(0, x->oldmask & ours);
	extraPut(x);
}

/* libc's destructor of thread-specific data. A thread of the program's is detached. One of ours
 * got here by pthread_exit, or was cancelled, on a goroutine or below the scheduler: its stack
 * has been unwound, its P is lost, and nobody could stop the process in an orderly way any more. */
static void
threadEnds(void *arg)
{
	struct m *mp = arg;
	struct g *gp = getg();
	if (forkedChild || gp == NULL)
		return;
	if (mp->isforeign && load_rlx(&gp->atomicstatus) == Gsyscall) {
		mp->outside = true; /* also in gort_block */
		foreignDetach();
		return;
	}
	if (gp == mp->g0)
		bootfail(2, "a thread of the runtime has been ended (pthread_cancel?)");
	bootfail(2, "pthread_exit or pthread_cancel on goroutine %lu: gort_goexit ends a goroutine",
		(unsigned long)gp->goid);
}

void
foreigninit(void)
{
	int err = osThreadOnExitInit(threadEnds);
	if (err != 0)
		bootfail(2, "libc has no key for thread-specific data left (errno %d)", -err);
	osThreadOnExit(&m0);
}
