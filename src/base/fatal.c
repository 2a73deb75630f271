/* fatal.c: how the process dies when it must.                                        room: base
 *
 *   throw, throwf   our bug, or a state we cannot go on from: "fatal error: ...", every
 *                   goroutine's stack with the runtime's frames, exit status 2
 *   fatal           the program's fault beyond recovery: the same without the runtime's frames
 *   bootfail        a refusal at start: one line, no stacks, the status that is asked for
 *
 * Code that reports a failure may fail itself: the heap may be torn, the stack nearly used up.
 * So death is a ladder, climbed by the dying thread when it dies again:
 *
 *   0 -> 1  the whole report; exit 2
 *   1 -> 2  "panic during panic", the message, no stacks; exit 3
 *   2 -> 3  "stack trace unavailable"; exit 4
 *   3       nothing; exit 5
 *
 * Only one thread dies: the first to call startpanic. Others that fail meanwhile, often of the
 * same cause, wait for ever, so that one report stands alone. Threads are told apart by their
 * kernel ids, which needs neither a g nor an M: a foreign thread and the first microseconds of
 * the boot die here too.
 *
 * Stacks come from the prof room through the crash_report upcall; before it is installed, only
 * the message appears. Nothing here allocates, takes a lock, or calls libc.
 */
#include "base/base.h"

#include "base/internal.h"
#include "core/upcalls.h"

void (*crash_report)(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all);

static uint64_t dyingtid; /* atomic: 0, then the one dying thread's id, for ever */
static uint8_t rung;      /* how far that thread has climbed; its own */

uint8_t throwing; /* atomic: enum throwtype, what gotraceback() wants to know */

bool
startpanic(void)
{
	uint64_t tid = osgettid();
	if (!cas(&dyingtid, (uint64_t)0, tid) && load_rlx(&dyingtid) != tid)
		oshang();
	struct g *gp = getg();
	struct m *mp = gp != NULL ? gp->m : NULL;
	if (mp != NULL)
		mp->dying = rung + 1;
	printRelease(); /* it failed while it printed */
	switch (rung) {
	case 0:
		rung = 1;
		return true;
	case 1:
		rung = 2;
		rtprintf("panic during panic\n");
		return false;
	case 2:
		rung = 3;
		rtprintf("stack trace unavailable\n");
		os_exit(4);
	default:
		os_exit(5);
	}
}

bool
panicking(void)
{
	return load_acq(&dyingtid) != 0;
}

_Noreturn void
dieAfterReport(void)
{
	int level;
	bool all, crash;
	gotraceback(&level, &all, &crash);
	if (crash && rung < 2)
		os_abort();
	os_exit(rung < 2 ? 2 : 3);
}

/* details: lines to print before, or "". */
static _Noreturn void
die(const char *msg, const char *details, enum throwtype type)
{
	struct g *gp = getg();
	if (gp != NULL && gp->m != NULL)
		gp->m->throwing = true;
	store_rlx(&throwing, type);
	bool whole = startpanic();
	rtprintf("%sfatal error: %s\n", details, msg);
	if (whole) {
		debuglogDump();
		int level;
		bool all, crash;
		gotraceback(&level, &all, &crash);
		if (level > 0 && crash_report != NULL)
			crash_report(0, 0, 0, all);
	}
	dieAfterReport();
}

_Noreturn cold void throw(const char *msg)
{
	die(msg, "", THROW_RUNTIME);
}

_Noreturn cold void
fatal(const char *msg)
{
	die(msg, "", THROW_USER);
}

_Noreturn cold void
throwf(const char *msg, const char *fmt, ...)
{
	static const char head[] = "runtime: ";
	char buf[512];
	__builtin_memcpy(buf, head, sizeof head);
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvsnprintf(buf + sizeof head - 1, sizeof buf - sizeof head, fmt, ap);
	__builtin_va_end(ap);
	uintptr_t n = rtstrlen(buf);
	if (buf[n - 1] != '\n')
		__builtin_memcpy(buf + n, "\n", 2);
	die(msg, buf, THROW_RUNTIME);
}

_Noreturn cold void
bootfail(int status, const char *fmt, ...)
{
	char buf[512];
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvsnprintf(buf, sizeof buf, fmt, ap);
	__builtin_va_end(ap);
	rtprintf("gort: %s\n", buf);
	os_exit(status);
}
