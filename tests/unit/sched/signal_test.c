/* signal_test.c: what the handler does when things are worse than a program can bring about: a fault
 * of the runtime, and one in the report of another. */
#include "sched/internal.h"
#include "test.h"

#include <signal.h>
#include <string.h>

/* Volatile itself, or the compiler sees what is coming. */
static volatile int *volatile nowhere = (volatile int *)8;

static void
badReport(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all)
{
	(void)pc, (void)sp, (void)fp, (void)all;
	*nowhere = 1;
}

static volatile int never;

static never_inline int
overflow(volatile int n)
{
	volatile char frame[256];
	frame[0] = (char)n;
	return never ? n : overflow(n + 1) + frame[0];
}

TEST_DIES_G(sched, signal, fault_in_report, "panic during panic\nfatal error: unexpected signal", 3)
{
	crash_report = badReport;
	panicString("first");
}

TEST_DIES_G(sched, signal, fault_in_handlers_report,
	"fatal error: stack overflow\npanic during panic\n", 3)
{
	crash_report = badReport;
	overflow(0);
}

TEST_DIES_G(sched, signal, fault_in_fatal, "fatal error: x\npanic during panic\n", 3)
{
	crash_report = badReport;
	fatal("x");
}

/* A fault while the runtime is at work for the goroutine is not the program's panic. */
TEST_DIES_G(sched, signal, in_runtime,
	"fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation "
	"violation",
	2)
{
	rtenter();
	*nowhere = 1;
}

static void
faultOnG0(void *unused)
{
	(void)unused;
	*nowhere = 1;
}

TEST_DIES_G(sched, signal, on_g0, "fatal error: unexpected signal during runtime execution\n", 2)
{
	systemstack(faultOnG0, NULL);
}

TEST_G(sched, signal, stacks)
{
	struct g *gs = m0.gsignal;
	CHECK(gs != NULL && gs->m == &m0);
	CHECK_EQ(gs->stack.hi - gs->stack.lo, m0.sigaltsize);
	CHECK(m0.sigaltsize >= 32 * KiB + 2 * osfacts.minsigstksz);
	struct sigaction sa;
	CHECK_EQ(sigaction(SIGABRT, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
	CHECK_EQ(sigaction(SIGQUIT, NULL, &sa), 0);
	CHECK((sa.sa_flags & SA_ONSTACK) != 0);
}
