/* unwind_test.c: unwinding from a signal handler, wherever the signal comes.
 *
 * Profilers unwind from handlers, and exceptions and cancellation unwind from calls: the unwind
 * information must be right at every instruction, also of the code that changes stacks. Three tests.
 *
 *   every_instruction  The trap flag is set around a switch: the CPU stops after each instruction,
 *                      and a handler unwinds. That all instructions of switch.S were met is checked.
 *   storm              Timers send SIGPROF to all threads, every 20 us or so to those that are
 *                      busy, while goroutines switch, begin, end, compute, sleep, recurse, are
 *                      locked to threads, and the world is stopped. `--stress 60` is the long form.
 *   parked             A thread that stands still in the handler of the runtime's own signal takes
 *                      no other, save the two that libc keeps for itself: by one of those.
 *
 * What each unwinding must show: the interrupted instruction; an end that the unwind information
 * declares (the return address is undefined: the unwinder hands over 0), not one where it is
 * missing; as the last function one where stacks begin: gostart below goroutineEntry, mcall, or
 * where libc starts a thread; and not too many frames on the way. */
#define _GNU_SOURCE
#include "arch/amd64/insn.h"
#include "arch/arch.h"
#include "sched/internal.h"
#include "unit/sync/goro.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

enum { MANY_FRAMES = 150 };

/* ---- one unwinding -------------------------------------------------------------------------- */

static uintptr_t threadStarts[2]; /* the program's first function, and that of other threads */

struct walk {
	uintptr_t pc, ip;     /* where the signal came; the last frame's address */
	uintptr_t last, prev; /* its function, and the one before */
	int frames;
	bool met, ended;
};

static no_sanitize _Unwind_Reason_Code
frame(struct _Unwind_Context *c, void *arg)
{
	struct walk *w = arg;
	w->ip = _Unwind_GetIP(c);
	if (w->ip == 0) {
		w->ended = true;
		return _URC_NORMAL_STOP;
	}
	w->met |= w->ip == w->pc;
	w->prev = w->last;
	w->last = _Unwind_GetRegionStart(c);
	return ++w->frames > MANY_FRAMES ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

/* The first failure; the others may follow from it. */
static struct {
	uint32_t n; /* atomic */
	const char *what;
	struct walk w;
} failure;

static no_sanitize void
fail(const char *what, const struct walk *w)
{
	if (xadd(&failure.n, 1u) == 1) {
		failure.what = what;
		failure.w = *w;
	}
}

static void
noFailure(void)
{
	const struct walk *w = &failure.w;
	CHECKF(load_acq(&failure.n) == 0,
		"%u times; pc %#lx: %s (at %#lx in %#lx after %#lx, %d frames)", failure.n,
		(unsigned long)w->pc, failure.what, (unsigned long)w->ip, (unsigned long)w->last,
		(unsigned long)w->prev, w->frames);
}

static uint64_t samples; /* atomic */

/* In a handler of a signal that came at pc. */
static no_sanitize void
unwindFrom(uintptr_t pc)
{
	struct walk w = {.pc = pc};
	xadd(&samples, (uint64_t)1);
	_Unwind_Backtrace(frame, &w);
	/* lld's procedure linkage table has no unwind information: jmp *address(%rip). */
	if (GORT_SPLIT && w.ip == pc && memcmp((const void *)pc, "\xff\x25", 2) == 0)
		return;
	if (!w.met)
		fail("does not meet the interrupted instruction", &w);
	else if (w.frames > MANY_FRAMES)
		fail("goes on and on", &w);
	else if (!w.ended)
		fail("no unwind information", &w);
	else if (w.last == (uintptr_t)gostart) {
		/* Below it is goroutineEntry, or it was just about to be entered. */
		bool begins = w.prev == (uintptr_t)gogo || w.prev == (uintptr_t)gswitch ||
			      (pc >= (uintptr_t)gostart && pc < (uintptr_t)gostart + 16);
		if (w.prev != (uintptr_t)goroutineEntry && !begins)
			fail("not through goroutineEntry to gostart", &w);
	} else if (w.last != (uintptr_t)mcall && w.last != threadStarts[0] &&
		   w.last != threadStarts[1])
		fail("ends where no stack begins", &w);
}

static no_sanitize void *
knowStart(void *which)
{
	struct walk w = {0};
	_Unwind_Backtrace(frame, &w);
	threadStarts[(intptr_t)which] = w.last;
	CHECK(w.ended);
	return NULL;
}

__attribute__((constructor)) static void
knowFirst(void)
{
	knowStart((void *)0);
}

static void
setup(int sig, void (*fn)(int, siginfo_t *, void *))
{
	pthread_t t;
	if (GORT_TSAN)
		testSkip("ThreadSanitizer runs handlers later");
	CHECK_EQ(pthread_create(&t, NULL, knowStart, (void *)1), 0);
	pthread_join(t, NULL);
	struct sigaction sa = {
		.sa_sigaction = fn, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static uintptr_t
pcOf(const void *ctx)
{
	return (uintptr_t)((const ucontext_t *)ctx)->uc_mcontext.gregs[REG_RIP];
}

/* ---- every instruction ---------------------------------------------------------------------- */

static struct {
	const char *name;
	const uint8_t *code;
	bool met[256];
} stepped[] = {
	{.name = "gswitch", .code = (const uint8_t *)gswitch},
	{.name = "mcall", .code = (const uint8_t *)mcall},
	{.name = "gogo", .code = (const uint8_t *)gogo},
	{.name = "systemstack", .code = (const uint8_t *)systemstack},
	{.name = "gostart", .code = (const uint8_t *)gostart + 1}, /* returned to, behind a nop */
};
static uint32_t stepping; /* atomic */

enum { TRAP_FLAG = 0x100 };

static no_sanitize void
onTrap(int sig, siginfo_t *info, void *ctx)
{
	(void)sig, (void)info;
	uintptr_t pc = pcOf(ctx);
	if (load_rlx(&stepping) == 0) {
		((ucontext_t *)ctx)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
		return;
	}
	for (unsigned i = 0; i < nelem(stepped); i++) {
		uintptr_t off = pc - (uintptr_t)stepped[i].code;
		if (off < sizeof stepped[i].met)
			stepped[i].met[off] = true;
	}
	unwindFrom(pc);
}

/* Red zone: the words below rsp may be in use. */
static never_inline no_sanitize void
step(void (*fn)(struct hchan *c), struct hchan *c)
{
	store_rlx(&stepping, 1u);
	__asm__ volatile("subq $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; addq $128, %%rsp" ::
				 : "memory", "cc");
	fn(c);
	store_rlx(&stepping, 0u);
	__asm__ volatile("nop; nop" ::: "memory");
}

/* Everything but what stops the CPU must have been met. Each function ends in ret or ud2. */
static void
allMet(unsigned i)
{
	struct insn in = {0};
	int n = 0;
	for (uintptr_t off = 0; in.flow != INSN_END; off += in.len, n++) {
		const uint8_t *p = stepped[i].code + off;
		CHECKF(off < sizeof stepped[i].met && insnDecode(p, p + 16, &in),
			"%s+%#lx: cannot be decoded", stepped[i].name, (unsigned long)off);
		bool ud2 = p[0] == 0x0f && p[1] == 0x0b;
		CHECKF(stepped[i].met[off] || ud2, "%s+%#lx: not met", stepped[i].name,
			(unsigned long)off);
	}
	CHECK(n >= 3);
}

static uint32_t stop, ndone; /* atomic */

static void
yields(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0)
		yield();
	xadd(&ndone, 1u);
}

static void
echoes(void *arg)
{
	struct hchan *c = arg;
	int64_t v;
	while (recv(c, &v))
		send(c, v + 1);
	xadd(&ndone, 1u);
}

static void
ends(void *arg)
{
	(void)arg;
	xadd(&ndone, 1u);
}

static void
stepYield(struct hchan *c)
{
	(void)c;
	yield();
}

static void
stepEcho(struct hchan *c)
{
	send(c, 1);
	(void)recvVal(c);
}

static void
nested(void *arg)
{
	if (arg != NULL)
		systemstack(nested, NULL);
}

static void
stepSystemstack(struct hchan *c)
{
	RT(systemstack(nested, c));
}

static void
stepBirth(struct hchan *c)
{
	(void)c;
	uint32_t n = load_acq(&ndone);
	spawn(ends, NULL);
	WAIT_UNTIL(load_acq(&ndone) == n + 1);
}

TEST_OPT(sched, unwind, every_instruction, .goroutine = true,
	.env = "GOMAXPROCS=1 GODEBUG=asyncpreemptoff=1", .timeout = 120)
{
	setup(SIGTRAP, onTrap);
	void (*const what[])(struct hchan *) = {
		stepYield, stepEcho, stepSystemstack, stepBirth, stepYield};
	struct hchan *c = intchan(0);
	spawn(yields, NULL);
	spawn(echoes, c);
	stepBirth(NULL); /* a stack lies ready */
	for (unsigned i = 0; i < nelem(what); i++)
		for (int k = 0; k < (GORT_ASAN ? 1 : 3); k++)
			step(what[i], c);
	noFailure();
	for (unsigned i = 0; i < nelem(stepped); i++)
		allMet(i);
	store_rel(&stop, 1u);
	closeChan(c);
	uint32_t all = ndone;
	WAIT_UNTIL(load_acq(&ndone) >= all);
}

/* ---- the storm ------------------------------------------------------------------------------ */

enum { SLOW = 5 * MS, ROUND = 5 * MS, MAX_THREADS = 256 };

/* Each thread has a timer that strikes once; the handler sets it again. So a thread moves on between
 * two samples, however long one takes. */
static struct target {
	uint64_t tid;
	timer_t timer;
	int64_t cpu;
	uint32_t fast, draw; /* atomic; by the handler */
} targets[MAX_THREADS];
static int ntargets;

static no_sanitize void
arm(struct target *t)
{
	t->draw = t->draw * 1664525 + 1013904223;
	long ns = load_rlx(&t->fast) ? 2000 + (t->draw >> 8) % 40000 : SLOW;
	struct itimerspec its = {.it_value.tv_nsec = ns};
	timer_settime(t->timer, 0, &its, NULL);
}

static no_sanitize void
onProf(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	unwindFrom(pcOf(ctx));
	if (load_acq(&stop) == 0)
		arm(info->si_value.sival_ptr);
}

static void
target(uint64_t tid)
{
	struct target *t = targets;
	while (t < &targets[ntargets] && t->tid != tid)
		t++;
	if (t < &targets[ntargets]) {
		/* Those that sleep most of the time are woken less often. */
		int64_t used = osThreadCpu(tid);
		store_rlx(&t->fast, (uint32_t)(used - t->cpu > ROUND / 5));
		t->cpu = used;
		return;
	}
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
	ev.sigev_value.sival_ptr = t;
	ev._sigev_un._tid = (pid_t)tid;
	if (ntargets == MAX_THREADS || timer_create(CLOCK_MONOTONIC, &ev, &t->timer) != 0)
		return;
	t->tid = tid;
	ntargets++;
	arm(t);
}

static void *
stormer(void *arg)
{
	uint64_t me = osgettid();
	while (load_acq(&stop) == 0) {
		DIR *d = opendir("/proc/self/task");
		struct dirent *e;
		while (d != NULL && (e = readdir(d)) != NULL) {
			uint64_t tid = strtoul(e->d_name, NULL, 10);
			if (tid != 0 && tid != me)
				target(tid);
		}
		closedir(d);
		osusleep(ROUND / US);
	}
	return arg;
}

static never_inline void
pings(void *arg)
{
	struct hchan *c = arg;
	while (load_acq(&stop) == 0) {
		send(c, 1);
		(void)recvVal(c);
	}
	closeChan(c);
	xadd(&ndone, 1u);
}

static void
pingsLocked(void *arg)
{
	RT(lockOSThread());
	pings(arg);
	RT(unlockOSThread());
}

static void
systemstacks(void *arg)
{
	while (load_acq(&stop) == 0) {
		for (int i = 0; i < 100; i++)
			RT(systemstack(nested, &ndone));
		yield();
	}
	(void)arg;
	xadd(&ndone, 1u);
}

static uint32_t born, died;
static void
dies(void *arg)
{
	(void)arg;
	xadd(&died, 1u);
}

static void
bears(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		spawn(dies, NULL);
		xadd(&born, 1u);
		WAIT_UNTIL(load_acq(&died) == born);
	}
	xadd(&ndone, 1u);
}

/* For more than a slice, now and then: the others are what this is about. */
static void
burns(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		int64_t end = nanotime() + 15 * MS;
		while (load_acq(&stop) == 0 && nanotime() < end) {
		}
		RT(timeSleep(100 * MS));
	}
	xadd(&ndone, 1u);
}

static never_inline int
grows(int n)
{
	volatile char room[700];
	room[n] = 1;
	return n == 0 ? 0 : grows(n - 1) + room[n];
}

static void
recurses(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		for (int i = 0; i < 10; i++)
			CHECK_EQ(grows(40), 40);
		yield();
	}
	xadd(&ndone, 1u);
}

static void
naps(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		usleep(300); /* nobody announced it */
		RT(timeSleep(100 * US));
	}
	xadd(&ndone, 1u);
}

static void
calls(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		struct g *gp = rtenter();
		entersyscall();
		osusleep(50);
		exitsyscall();
		rtleave(gp);
	}
	xadd(&ndone, 1u);
}

static void
stops(void *arg)
{
	(void)arg;
	while (load_acq(&stop) == 0) {
		RT(stopTheWorld(); startTheWorld());
		RT(timeSleep(MS));
	}
	xadd(&ndone, 1u);
}

/* A thread of the program's own. Its first entry makes a goroutine of it, which getg() must see: not
 * in the same function. */
static never_inline void
attaches(void)
{
	RT();
}

static void *
foreigner(void *arg)
{
	attaches();
	pings(arg);
	return NULL;
}

TEST_OPT(sched, unwind, storm, .goroutine = true, .env = "GOMAXPROCS=2", .timeout = 120)
{
	setup(SIGPROF, onProf);
	static void (*const what[])(void *) = {
		yields, yields, systemstacks, bears, burns, burns, recurses, naps, calls, stops};
	static void (*const pairs[])(void *) = {pings, pingsLocked, pings};
	pthread_t storm, own;
	uint32_t n = 0;
	for (unsigned i = 0; i < nelem(what); i++, n++)
		spawn(what[i], NULL);
	for (unsigned i = 0; i < nelem(pairs); i++, n += 2) {
		struct hchan *c = intchan(0);
		spawn(echoes, c);
		spawn(pairs[i], c);
	}
	struct hchan *c = intchan(0);
	spawn(echoes, c);
	CHECK_EQ(pthread_create(&own, NULL, foreigner, c), 0);
	n += 2;
	CHECK_EQ(pthread_create(&storm, NULL, stormer, NULL), 0);
	int64_t end = nanotime() + (int64_t)(1e9 * testSeconds());
	/* On a busy machine the storm blows when it has a CPU. */
	uint64_t enough = (uint64_t)(1000 * testSeconds());
	while ((nanotime() < end || load_rlx(&samples) < enough) && load_acq(&failure.n) == 0)
		RT(timeSleep(10 * MS));
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == n);
	noFailure();
}

/* ---- parked --------------------------------------------------------------------------------- */

enum { SIG_OF_LIBC = 33 };

static uint32_t taken;
static bool throughHandler;

static no_sanitize _Unwind_Reason_Code
meets(struct _Unwind_Context *c, void *arg)
{
	uintptr_t f = _Unwind_GetRegionStart(c);
	uint32_t *seen = arg;
	if (f == (uintptr_t)preempthandler)
		*seen |= 1;
	if (f == (uintptr_t)burns && (*seen & 1) != 0)
		*seen |= 2;
	return _URC_NO_REASON;
}

static no_sanitize void
onLibcs(int sig, void *info, void *ctx)
{
	(void)sig, (void)info;
	uint32_t seen = 0;
	unwindFrom(pcOf(ctx));
	_Unwind_Backtrace(meets, &seen);
	throughHandler = seen == 3;
	store_rel(&taken, 1u);
}

TEST_OPT(sched, unwind, parked, .goroutine = true, .env = "GOMAXPROCS=1", .timeout = 120)
{
	struct oldhandler old;
	setup(SIGPROF, onProf);
	CHECK_EQ(osSigInstall(SIG_OF_LIBC, onLibcs, &old), 0);
	spawn(burns, NULL);
	spawn(burns, NULL);
	int rounds = (int)(20 * testSeconds());
	for (int i = 0; i < rounds;) {
		RT(timeSleep(MS));
		uint64_t tid = 0;
		/* As long as we have the only P, and keep it, nobody wakes it. */
		struct g *gp = rtenter();
		lock(&sched.lock);
		if (sched.parked.head != NULL)
			tid = sched.parked.head->m->tid;
		unlock(&sched.lock);
		if (tid != 0) {
			store_rel(&taken, 0u);
			throughHandler = false;
			osTgkill(tid, SIG_OF_LIBC);
			while (load_acq(&taken) == 0)
				osyield();
			CHECK(throughHandler);
			i++;
		}
		rtleave(gp);
	}
	noFailure();
	store_rel(&stop, 1u);
	WAIT_UNTIL(load_acq(&ndone) == 2);
}
