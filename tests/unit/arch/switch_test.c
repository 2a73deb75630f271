/* switch_test.c: changing stacks: registers, order of events, g0, unwinding. */
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#include "arch/arch.h"
#include "test.h"

static struct g mainstack, other, third, g0s;
static struct m mm;
static char stacks[3][64 * 1024] aligned_to(64);
static char trace[64];
static int at;

static void
say(char c)
{
	trace[at++] = c;
}

static void
bind(struct g *gp, int i)
{
	gp->m = &mm;
	gp->stack.lo = (uintptr_t)stacks[i];
	gp->stack.hi = (uintptr_t)stacks[i] + sizeof stacks[i];
}

static void
hook(struct g *from, void *arg)
{
	CHECK(getg_again() != from);
	say(*(const char *)arg);
}

/* goroutineEntry belongs to the scheduler: a frame is made by hand instead. */
static void
entry(void)
{
	say('2');
	CHECK(getg_again() == &other);
	CHECK_EQ((uintptr_t)__builtin_frame_address(0) & 15, 0);
	gswitch(&other, &mainstack, hook, (void *)(uintptr_t) "h");
	say('4');
	gswitch(&other, &mainstack, NULL, NULL);
	abort();
}

static void
frameFor(struct g *gp, void (*fn)(void))
{
	gostartstack(gp, gp->stack.hi);
	uintptr_t pc, fp, sp;
	gobufFrame(gp, &pc, &fp, &sp);
	CHECK_EQ(fp, 0);
	CHECK_EQ(sp & 15, 0); /* as before a call */
	/* The return address is the last word of the frame; fn is entered as if called. */
	((uintptr_t *)sp)[-1] = (uintptr_t)fn;
	uintptr_t *f = (uintptr_t *)gp->sched.sp;
	memmove(f - 1, f, sp - gp->sched.sp);
	gp->sched.sp -= 8;
	((uintptr_t *)sp)[-1] = 0; /* nobody to return to */
}

TEST(arch, switch, order)
{
	bind(&other, 0);
	mm.g0 = &g0s;
	mainstack.m = &mm;
	setg(&mainstack);
	frameFor(&other, entry);
	say('1');
	register uint64_t keep __asm__("r13") = 0x1122334455667788;
	__asm__ volatile("" : "+r"(keep));
	gswitch(&mainstack, &other, hook, (void *)(uintptr_t) "H");
	__asm__ volatile("" : "+r"(keep));
	CHECK_EQ(keep, 0x1122334455667788);
	CHECK(getg_again() == &mainstack);
	say('3');
	gswitch(&mainstack, &other, NULL, NULL);
	say('5');
	CHECK_STREQ(trace, "1H2h345");
}

/* All callee-saved registers come back from a round trip that destroys them. */
static void
destroyer(void)
{
	for (;;) {
		__asm__ volatile(
			"xorl %%ebx, %%ebx\n\txorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\t"
			"xorl %%r14d, %%r14d\n\txorl %%r15d, %%r15d"
			:
			:
			: "rbx", "r12", "r13", "r14", "r15");
		gswitch(&other, &mainstack, NULL, NULL);
	}
}

TEST(arch, switch, registers)
{
	static uint64_t out[5];
	bind(&other, 0);
	mainstack.m = &mm;
	setg(&mainstack);
	frameFor(&other, destroyer);
	for (int i = 0; i < 3; i++) {
		struct g *from = &mainstack, *to = &other;
		__asm__ volatile("xorl %%edx, %%edx\n\t"
				 "movq $11, %%rbx\n\tmovq $12, %%r12\n\tmovq $13, %%r13\n\t"
				 "movq $14, %%r14\n\tmovq $15, %%r15\n\t"
				 "movq %%rsp, %%rax\n\tsubq $128, %%rsp\n\tandq $-16, %%rsp\n\t"
				 "pushq %%rax\n\tsubq $8, %%rsp\n\t"
				 "call gswitch\n\t"
				 "addq $8, %%rsp\n\tpopq %%rsp\n\t"
				 "movq %%rbx, %[o]\n\tmovq %%r12, 8+%[o]\n\tmovq %%r13, 16+%[o]\n\t"
				 "movq %%r14, 24+%[o]\n\tmovq %%r15, 32+%[o]"
				 : [o] "=m"(out), "+D"(from), "+S"(to)
				 :
				 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12",
				 "r13", "r14", "r15", "memory", "cc");
		for (uint64_t r = 0; r < 5; r++)
			CHECK_EQ(out[r], 11 + r);
	}
}

/* ---- g0 ----------------------------------------------------------------------------------- */

static bool
on(const struct g *gp)
{
	uintptr_t sp = getsp();
	return sp > gp->stack.lo && sp < gp->stack.hi;
}

static void
onG0Stack(void *arg)
{
	CHECK(getg_again() == &g0s);
	CHECK(on(&g0s));
	CHECK_EQ((uintptr_t)__builtin_frame_address(0) & 15, 0);
	*(int *)arg += 1;
	/* On g0 already: a plain call. */
	static bool nested;
	if (!nested) {
		nested = true;
		systemstack(onG0Stack, arg);
	}
}

static uintptr_t lastFunction;

static _Unwind_Reason_Code
findLast(struct _Unwind_Context *c, void *n)
{
	if (_Unwind_GetIP(c) != 0)
		lastFunction = _Unwind_GetRegionStart(c);
	return ++*(int *)n > 50 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void
mcalled(struct g *gp)
{
	/* Frames end here, whatever is found where a switched-out stack has its return address. */
	int n = 0;
	((uintptr_t *)g0s.sched.sp)[6] = (uintptr_t)findLast + 1;
	_Unwind_Backtrace(findLast, &n);
	CHECK(lastFunction == (uintptr_t)mcall);
	CHECK(gp == &third && getg_again() == &g0s && on(&g0s));
	CHECK_EQ((uintptr_t)__builtin_frame_address(0) & 15, 0);
	say('b');
	gogo(gp);
}

static int frames;

static _Unwind_Reason_Code
count(struct _Unwind_Context *c, void *arg)
{
	(void)c, (void)arg;
	return ++frames > 50 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void
onThird(void)
{
	int n = 0;
	mm.curg = &third;
	systemstack(onG0Stack, &n);
	CHECK_EQ(n, 2);
	CHECK(getg_again() == &third && on(&third));
	say('a');
	mcall(mcalled);
	say('c');
	CHECK(getg_again() == &third && on(&third));
	/* The chain of frames ends below this one. */
	_Unwind_Backtrace(count, NULL);
	CHECKF(frames < 10, "%d frames", frames);
	CHECK_STREQ(trace, "abc");
	exit(0);
}

static void
base(void *arg)
{
	frameFor(&third, onThird);
	gogo(arg);
}

TEST(arch, switch, g0)
{
	bind(&third, 1);
	g0s.m = &mm;
	mm.g0 = &g0s;
	setg(&g0s);
	g0s.stack.hi = (uintptr_t)__builtin_frame_address(0);
	g0s.stack.lo = g0s.stack.hi - 256 * 1024;
	g0base(&g0s, base, &third);
}

TEST(arch, switch, syscalls)
{
	CHECK_EQ(archSyscall6(39, 0, 0, 0, 0, 0, 0),
		archSyscall6(39, 1, 2, 3, 4, 5, 6)); /* getpid */
	CHECK(cputicks() < cputicks() || cputicks() != 0);
	procyield(3);
	setStackGuard(0);
}
