/* boottrace.c: GODEBUG=boottrace=1, the bootstrap as it happens.                     room: base
 *
 * BOOT_STEP(f()) runs f between bootStepBegin and bootStepEnd; f says what it did with
 * bootResult. A line is
 *
 *	boot: +137us mallocinit: arenas of 64 MiB, ...
 *
 * with the time since the first step. Whether the trace is wanted is known only after args (the
 * second step) found the environment; the lines until then are kept and printed when it is.
 *
 * Rooms below this one (arch, os) cannot say bootResult; what their steps did is read off their
 * facts here, in saidBelow.
 *
 * Boot is single threaded up to the last step that is traced in schedinit; the steps of
 * runtime_main run on one goroutine. So nothing here is locked.
 */
#include "base/base.h"

#include "base/internal.h"

static struct {
	int64_t start; /* nanotime of the first step */
	const char *name;
	char result[160];
	bool known; /* debug.boottrace is final */
	char early[512];
	uintptr_t nearly;
} trace;

static void
sayOsinit(void)
{
	char number[32];
	const char *quota = osfacts.quotaAsked ? "none" : "not read";
	if (osfacts.quotaMilli != 0) {
		rtsnprintf(number, sizeof number, "%ld.%03ld CPUs", osfacts.quotaMilli / 1000,
			osfacts.quotaMilli % 1000);
		quota = number;
	}
	bootResult("ncpu=%d (affinity %d, quota %s), guards by %s%s", ncpu, osfacts.affinitycpus,
		quota, osfacts.haveGuardInstall ? "MADV_GUARD_INSTALL" : "mprotect",
		osfacts.haveMembarrier ? ", membarrier" : "");
}

static void
sayCpuinit(void)
{
	char vendor[13];
	cpuVendor(vendor);
	bootResult("%s x86-64-v%d%s%s%s%s", vendor, cpu.level, cpu.aes ? " aes" : "",
		cpu.avx2 ? " avx2" : "", cpu.avx512f ? " avx512f" : "", cpu.erms ? " erms" : "");
}

static void
sayCheckfds(void)
{
	if (osfacts.fdsOpened == 0)
		bootResult(osfacts.guest ? "not looked at: they are the program's"
					 : "0, 1, 2 are open");
	else
		bootResult("opened on /dev/null:%s%s%s", osfacts.fdsOpened & 1 ? " 0" : "",
			osfacts.fdsOpened & 2 ? " 1" : "", osfacts.fdsOpened & 4 ? " 2" : "");
}

static const struct {
	const char *name;
	void (*say)(void);
} saidBelow[] = {
	{"osinit", sayOsinit},
	{"cpuinit", sayCpuinit},
	{"checkfds", sayCheckfds},
};

void
bootStepBegin(const char *name)
{
	if (trace.start == 0)
		trace.start = nanotime();
	trace.name = name;
	trace.result[0] = 0;
}

void
bootResult(const char *fmt, ...)
{
	if (trace.known && debug.boottrace == 0)
		return;
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvsnprintf(trace.result, sizeof trace.result, fmt, ap);
	__builtin_va_end(ap);
}

void
bootStepEnd(void)
{
	if (trace.known && debug.boottrace == 0)
		return;
	/* The name is the call as written: f(args). */
	int n = 0;
	while (trace.name[n] != 0 && trace.name[n] != '(')
		n++;
	for (uintptr_t i = 0; i < nelem(saidBelow); i++) {
		if (trace.result[0] == 0 && rtstreq(saidBelow[i].name, trace.name, (uintptr_t)n))
			saidBelow[i].say();
	}
	char line[256];
	uintptr_t len = rtsnprintf(line, sizeof line, "boot: +%ldus %.*s: %s\n",
		(long)((nanotime() - trace.start) / US), n, trace.name, trace.result);
	if (len >= sizeof line)
		len = sizeof line - 1;
	if (trace.known) {
		rtwrite(2, line, len);
	} else if (trace.nearly + len <= sizeof trace.early) {
		memmove(trace.early + trace.nearly, line, len);
		trace.nearly += len;
	}
}

void
bootTraceKnown(void)
{
	trace.known = true;
	if (debug.boottrace != 0)
		rtwrite(2, trace.early, trace.nearly);
	trace.nearly = 0;
}
