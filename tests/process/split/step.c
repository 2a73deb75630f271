// A signal at every instruction of the way from stack to stack. The trap flag is set before a call
// that finds no room; from then on the CPU stops after each instruction, in the prologue, in
// __morestack, on g0 while a stack is being made, and back. Each time a handler, on the thread's signal
// stack,
//
//	- calls functions that ask for stack, and needs some: they run right there
//	- unwinds, and must meet the function that made the call and the goroutine's first one
//	- walks no further than the end: the unwinder says it was the end
//
// build: --split-stack
// setups: opt debug split splitdebug
// secs: 120
// stdout: ok
#define _GNU_SOURCE
#include <gort.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

#define NOINLINE __attribute__((noinline, noclone))

extern char __morestack[], __morestack_non_split[];

static volatile int stepping;
static volatile long steps, inMorestack, onOther;
static uintptr_t callerStack;

static void starts(void *arg);
static void stepped(void (*f)(int), int arg);
static void takesLittle(int n);

static void
fail(const char *what, uintptr_t pc)
{
	fprintf(stderr, "step %ld, pc %#lx (__morestack+%#lx): %s\n", steps, (unsigned long)pc,
		(unsigned long)(pc - (uintptr_t)__morestack), what);
	_Exit(1);
}

struct walk {
	int frames, caller, first;
};

static _Unwind_Reason_Code
frame(struct _Unwind_Context *c, void *arg)
{
	struct walk *w = arg;
	w->frames++;
	/* The address may be that of an instruction, or of the one after a call. */
	uintptr_t fn = (uintptr_t)_Unwind_FindEnclosingFunction((void *)(_Unwind_GetIP(c) - 1));
	if (fn == (uintptr_t)stepped)
		w->caller++;
	if (fn == (uintptr_t)starts)
		w->first++;
	return w->frames > 100 ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

NOINLINE static int
deep(int n)
{
	volatile char room[100];
	room[n] = 1;
	return n == 0 ? 0 : deep(n - 1) + room[n];
}

static void
onTrap(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	(void)info;
	greg_t *r = ((ucontext_t *)ctx)->uc_mcontext.gregs;
	uintptr_t pc = (uintptr_t)r[REG_RIP], sp = (uintptr_t)r[REG_RSP];
	if (!stepping) {
		r[REG_EFL] &= ~0x100;
		return;
	}
	steps++;
	if (pc >= (uintptr_t)__morestack && pc < (uintptr_t)__morestack + 0x240)
		inMorestack++;
	if (sp - callerStack + (1 << 20) > 2 << 20)
		onOther++;
	if (deep(60) != 60)
		fail("a function in the handler went wrong", pc);
	/* lld's procedure linkage table has no unwind information: jmp *address(%rip). */
	if (memcmp((void *)pc, "\xff\x25", 2) == 0)
		return;
	struct walk w = {0};
	_Unwind_Reason_Code rc = _Unwind_Backtrace(frame, &w);
	if (rc != _URC_END_OF_STACK)
		fail("the unwinder does not find the end", pc);
	if (w.caller != 1)
		fail("the unwinder does not meet the caller", pc);
	if (w.first == 0)
		fail("the unwinder does not meet the goroutine's first function", pc);
}

/* With the trap flag on around the call. Red zone: the words below rsp may be in use. */
NOINLINE static void
stepped(void (*f)(int), int arg)
{
	callerStack = (uintptr_t)__builtin_frame_address(0);
	steps = inMorestack = onOther = 0;
	if (f == takesLittle) /* a guard that is another stack's */
		__asm__ volatile("movq $-1, %%fs:0x70" ::: "memory");
	stepping = 1;
	__asm__ volatile("subq $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq; addq $128, %%rsp" ::
				 : "memory", "cc");
	f(arg);
	stepping = 0;
	__asm__ volatile("nop; nop" ::: "memory");
}

/* ---- what is stepped through --------------------------------------------------------------- */

NOINLINE static void
takes(int n)
{
	volatile char room[3000];
	room[n] = 1;
}

NOINLINE static void
takesMore(int n)
{
	volatile char room[300 << 10];
	room[n] = 1;
}

NOINLINE static void
argsOnStack(long a, long b, long c, long d, long e, long f, long g, long h)
{
	volatile char room[3000];
	room[a & 7] = (char)(b + c + d + e + f + g + h);
}

static void
takesArgs(int n)
{
	argsOnStack(n, 2, 3, 4, 5, 6, 7, 8);
}

NOINLINE static void
callsLibc(int n)
{
	volatile int v = abs(n) + atoi("7"); /* atoi is libc's */
	(void)v;
}

NOINLINE static void
dynamic(int n)
{
	volatile char *p = __builtin_alloca((size_t)n + 2000);
	p[n] = 1;
}

NOINLINE static void
takesLittle(int n)
{
	volatile char room[16];
	room[n] = 1;
}

NOINLINE static void
expect(const char *what, int crosses)
{
	if (inMorestack < 20) {
		fprintf(stderr, "%s: only %ld steps in __morestack\n", what, inMorestack);
		_Exit(1);
	}
	if (crosses && onOther == 0) {
		fprintf(stderr, "%s: no step on another stack\n", what);
		_Exit(1);
	}
}

NOINLINE static void
onSlot(gort_waitgroup *wg)
{
	volatile char room[4000];
	room[0] = 1;
	stepped(callsLibc, 3); /* room here: in place */
	expect("in place", 0);
	stepped(takesMore, 3); /* the 1 GiB stack is made */
	expect("to 1 GiB", 1);
	stepped(takesMore, 3);
	expect("to 1 GiB again", 1);
	gort_waitgroup_done(wg);
}

static void
starts(void *arg)
{
	stepped(takes, 3); /* the slot is made */
	expect("first", 1);
	stepped(takes, 3);
	expect("again", 1);
	stepped(takesArgs, 3);
	expect("with arguments", 1);
	stepped(callsLibc, 3);
	expect("non-split", 1);
	stepped(dynamic, 3);
	stepped(takesMore, 3); /* from the segment to 1 GiB */
	expect("huge", 1);
	stepped(takesLittle, 3);
	expect("stale guard", 0);
	onSlot(arg);
}

int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct sigaction sa = {.sa_sigaction = onTrap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaction(SIGTRAP, &sa, NULL);
	struct walk w = {0};
	_Unwind_Backtrace(frame, &w); /* what the loader must bring is there */
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	gort_waitgroup_add(&wg, 1);
	gort_go(starts, &wg);
	gort_waitgroup_wait(&wg);
	puts("ok");
	return 0;
}
