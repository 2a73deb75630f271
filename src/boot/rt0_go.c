/* rt0_go.c: where the three entries meet.                                            room: boot
 *
 * Go does this part in assembly (asm_amd64.s); in C the compiler can, because a C function needs
 * no g. What must hold before the five calls at the end:
 *
 *   1. g0 and m0 are linked: the scheduler's goroutine on the process's first stack, and the
 *      first thread. Everything later asks "which goroutine, which thread?" and these answer.
 *   2. g is in thread-local storage, and TLS works: a magic value written through setg is read
 *      back both by the assembly that switches stacks and through the C view of the word. If a
 *      linker or a loader broke the offset, the process ends here, with one line, instead of
 *      running with two threads' worlds mixed.
 *   3. The CPU has what the binary was compiled for; otherwise one line and exit status 1
 *      instead of an illegal instruction in a random place.
 *
 * None of this allocates, locks, or reads the environment.
 */
#include "boot/boot.h"

#include "base/base.h"
#include "prof/prof.h"
#include "sched/sched.h"

#define TLS_MAGIC ((struct g *)(uintptr_t)0x123456789abcdef0)

/* Write a magic value the way setg does, read it back the way getg and plain C do. */
static void
tlsCheck(void)
{
	setg(TLS_MAGIC);
	struct g *seen = getg_again();
#ifdef GORT_BREAK_TLS
	seen = (struct g *)((uintptr_t)seen ^ 1);
#endif
	bool ok = seen == TLS_MAGIC && *(struct g *volatile *)&gort_tls_g == TLS_MAGIC;
	setg(&g0);
	if (!ok)
		bootfail(2, "thread-local storage does not work: wrote %p, read %p",
			(void *)TLS_MAGIC, (void *)seen);
}

static void
cpuLevelCheck(void)
{
	int wanted = cpuLevelWanted(), found = cpuLevelFound();
#ifdef GORT_BREAK_CPULEVEL
	wanted = GORT_BREAK_CPULEVEL;
#endif
	if (found < wanted)
		bootfail(1, "this program was built for x86-64-v%d, this CPU is x86-64-v%d", wanted,
			found);
}

/* The stack of the main goroutine is as large as the shell's limit says, like main's in C. Without
 * a limit it is as large as can be had between these. */
#define UNLIMITED_MIN (16 * MiB)
#define UNLIMITED_MAX SLOT_MAX

static uintptr_t
mainStackSize(void)
{
	uintptr_t n = osfacts.stackRlimit;
	if (n == 0)
		return UNLIMITED_MAX;
	if (n > SLOT_MAX)
		return SLOT_MAX;
	return n < SLOT_DEFAULT ? SLOT_DEFAULT : n;
}

static void
newprocMain(void)
{
	bootStepBegin("newproc");
	const char *why = NULL;
	struct newprocopt opt = {.stack = mainStackSize()};
	struct g *gp;
	while ((gp = newproc(runtime_main, NULL, &opt, (uintptr_t)rt0_go, &why)) == NULL) {
		/* Who has no limit has not asked for so much. */
		if (osfacts.stackRlimit != 0 || opt.stack <= UNLIMITED_MIN)
			bootfail(2,
				"cannot create the main goroutine, with a stack of %lu KiB "
				"(ulimit -s): %s",
				(unsigned long)(opt.stack / KiB), why);
		opt.stack /= 8;
	}
	bootResult("goroutine %lu for runtime_main, stack %lu KiB", (unsigned long)gp->goid,
		(unsigned long)(stackSize(gp) / KiB));
	bootStepEnd();
	bootStepBegin("mstart");
	bootResult("m%ld schedules, on g0", (long)m0.id);
	bootStepEnd();
}

_Noreturn void
rt0_go(int argc, char **argv)
{
	g0.m = &m0;
	m0.g0 = &g0;
	setg(&g0);
	tlsCheck();
	tracebackinit();
	osFaults(argv + argc + 1);
	cpuPretend(argv + argc + 1);
	cpuLevelCheck();
	osThreadInit(&m0, &g0.stack.lo, &g0.stack.hi);

	BOOT_STEP(check());          /* base: the compiler's and the CPU's promises */
	BOOT_STEP(args(argc, argv)); /* boot: argv, envp, auxv; nothing is copied yet */
	BOOT_STEP(osinit());         /* os:   how many CPUs, page size, what the kernel can do */
	schedinit();                 /* boot: everything else, in its own list */
	newprocMain();               /* sched: runtime_main waits in the first P's queue */
	mstart();                    /* sched: m0 schedules; it finds runtime_main. No return */
}
