/* panic_test.c: the three kinds of panic in Go's words, and where they come from. */
#include "core/upcalls.h"
#include "lang/lang.h"
#include "sched/sched.h"
#include "test.h"

TEST_DIES_G(lang, panic, plain, "panic: close of nil channel\n\ngoroutine 1 [running]:\n", 2)
{
	panicPlain("close of nil channel");
}

TEST_DIES_G(lang, panic, error, "panic: runtime error: integer divide by zero\n", 2)
{
	panicError("integer divide by zero");
}

TEST_DIES_G(lang, panic, string, "panic: oops\n\ngoroutine 1", 2)
{
	panicString("oops");
}

static void
onG0(void *unused)
{
	(void)unused;
	panicPlain("close of nil channel");
}

TEST_DIES_G(
	lang, panic, on_g0, "panic: close of nil channel\nfatal error: panic on system stack", 2)
{
	systemstack(onG0, NULL);
}

TEST_DIES(lang, panic, before_boot, "gort: panic before the runtime is up: oops", 2)
{
	panicString("oops");
}

/* ---- what a panic does, in C -------------------------------------------------------------- */

static char trail[32];

static void
step(void *letter)
{
	uintptr_t n = rtstrlen(trail);
	CHECK(n < sizeof trail - 1);
	trail[n] = *(const char *)letter;
}

static void
inRuntime(void *unused unused_ok)
{
	struct deferrec d;
	deferBegin(&d, step, (void *)"d");
	rtenter();
	panicPlain("from inside");
}

static bool
isText(struct eface v, const char *want)
{
	struct gostring s;
	if (v.type == NULL || !runtimeErrors.text(v, &s))
		s = *(const struct gostring *)v.data;
	return rtstreq(want, (const char *)s.str, (uintptr_t)s.len);
}

/* A mechanism panics at inrt 1; deferred calls and who goes on afterwards are user code. */
TEST_G(lang, panic, leaves_the_runtime)
{
	struct eface v;
	CHECK(!tryCall(inRuntime, NULL, &v));
	CHECK(isText(v, "from inside"));
	CHECK_EQ(getg()->m->inrt, 0);
	CHECK_STREQ(trail, "d");
	CHECK(deferNewest(getg()) == NULL && getg()->panicking == NULL);
	CHECK_EQ(runningPanicDefers, 0);
}

static void
deeperInRuntime(void *unused unused_ok)
{
	rtenter();
	rtenter();
	panicPlain("from deep inside");
}

TEST_DIES_G(
	lang, panic, in_runtime, "panic: from deep inside\nfatal error: panic in the runtime", 2)
{
	struct eface v;
	tryCall(deeperInRuntime, NULL, &v);
}

/* The list of deferred calls does not grow over what a jump left on it. */
static void
leavesRecords(void *where)
{
	struct deferrec d;
	deferBegin(&d, step, (void *)"!");
	tryresume(*(uintptr_t *)where);
}

static uintptr_t tryFrame;

static void
jumpsOut(void *unused unused_ok)
{
	tryFrame = deferNewest(getg())->retaddr;
	leavesRecords(&tryFrame);
}

TEST_G(lang, panic, after_a_jump)
{
	struct deferrec d;
	struct eface v;
	trail[0] = 0;
	deferBegin(&d, step, (void *)"o");
	CHECK(tryCall(jumpsOut, NULL, &v));
	deferEnd(&d);
	CHECK_STREQ(trail, "o");
	CHECK(deferNewest(getg()) == NULL);
}

/* A sanitizer's own look at the address would fault first. */
static no_sanitize void
faults(void *at)
{
	*(volatile int *)at = 1;
}

TEST_G(lang, panic, fault_address)
{
	struct eface v;
	getg()->paniconfault = true;
	CHECK(!tryCall(faults, (void *)0x613456789000, &v));
	CHECK(isText(v, "runtime error: invalid memory address or nil pointer dereference"));
	CHECK_EQ(getg()->sigaddr, 0x613456789000);
	CHECK_EQ(getg()->sig, 0); /* the next report is not about this signal */
}

TEST_DIES_G(lang, panic, fault_address_off, "unexpected fault address 0x613456789000\n", 2)
{
	struct eface v;
	tryCall(faults, (void *)0x613456789000, &v);
}

static void
again(void *unused unused_ok)
{
	panicString("b");
}

TEST_DIES_G(lang, panic, nested_report, "panic: a\n\tpanic: b\n\ngoroutine 1 [running]:\n", 2)
{
	struct deferrec d;
	deferBegin(&d, again, NULL);
	panicString("a");
}

static void
recoversAndPanics(void *unused unused_ok)
{
	struct eface v;
	CHECK(recoverInDeferred(&v) && isText(v, "a"));
	panicString("b");
}

TEST_DIES_G(lang, panic, recovered_report, "panic: a [recovered]\n\tpanic: b\n\ngoroutine 1", 2)
{
	struct deferrec d;
	deferBegin(&d, recoversAndPanics, NULL);
	panicString("a");
}

/* Neither an exit nor what it interrupted is in the report. */
static void
exits(void *unused unused_ok)
{
	Goexit();
}

TEST_DIES_G(lang, panic, exit_report, "panic: b\n\ngoroutine 1 [running]:\n", 2)
{
	struct deferrec d;
	deferBegin(&d, again, NULL);
	exits(NULL);
}
