/* steps_test.c: one observable effect of each step of the bootstrap, in a table. The names are
 * those of docs/boot.md; tests/process/boot/order.sh holds that list against the trace, and the
 * last test here holds this table against that list's length. */
#include "base/base.h"
#include "boot/boot.h"
#include "gc/gc.h"
#include "lang/lang.h"
#include "mem/mem.h"
#include "prof/prof.h"
#include "sync/sync.h"
#include "test.h"

#include "core/upcalls.h"
#include "gort/package.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
rt0(void)
{
	/* g0 and m0 know each other, and the report of a fatal error can print stacks. */
	return g0.m == &m0 && m0.g0 == &g0 && m0.curg == getg() && getg() != &g0 &&
	       crash_report != NULL && g0.stack.lo < g0.stack.hi;
}

static bool
stepArgs(void)
{
	return procargs.argc >= 1 && procargs.argv[procargs.argc] == NULL &&
	       procargs.envp == procargs.argv + procargs.argc + 1 &&
	       physPageSize == (uintptr_t)sysconf(_SC_PAGESIZE) &&
	       osfacts.random == getauxval(AT_RANDOM);
}

static bool
stepOsinit(void)
{
	return ncpu >= 1 && ncpu <= sysconf(_SC_NPROCESSORS_CONF) && osfacts.affinitycpus >= ncpu;
}

static bool
stepWorldStopped(void)
{
	return sched.starttime > 0 && sched.starttime < nanotime();
}

static bool
stepLockinit(void)
{
	return sched.lock.rank == LOCKRANK_SCHED && world.stop == stopTheWorld &&
	       sched.maxmcount == 10000;
}

static bool
stepStackinit(void)
{
	struct g *gp = getg();
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	return here > gp->stack.lo && here < gp->stack.hi && stackGuardHit(gp, gp->stack.lo - 8) &&
	       !stackGuardHit(gp, here);
}

static bool
stepRandinit(void)
{
	return m0.rand[0] != 0 || m0.rand[1] != 0;
}

static bool
stepMallocinit(void)
{
	struct g *gp = rtenter();
	char *p = mallocNoscan(50, true);
	bool ok = objectSize(p) == 64 && spanOf((uintptr_t)p) != NULL && p[49] == 0;
	gcfree(p);
	rtleave(gp);
	return ok;
}

static bool
stepCpuinit(void)
{
	char vendor[13];
	cpuVendor(vendor);
	return strlen(vendor) == 12 && cpu.level >= 1 && cpu.level <= 4 && cpu.cx16;
}

static bool
stepAlginit(void)
{
	return usesAeshash() == (cpu.aes && cpu.ssse3 && cpu.sse41) &&
	       memhash("a", 1, 1) == memhash("a", 1, 1) && memhash("a", 1, 1) != memhash("b", 1, 1);
}

static bool
stepModulesinit(void)
{
	return npackages == 0 || (modules != NULL && packages[0]->name != NULL);
}

static bool
stepItabsinit(void)
{
	return itabFind(&npackages, NULL) == NULL;
}

static bool
stepMcommoninit(void)
{
	bool there = false;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink)
		there = there || mp == &m0;
	return there && m0.id == 0;
}

static bool
stepGoargs(void)
{
	const struct gostring *a = argstrings.args;
	return argstrings.nargs == procargs.argc && a[0].str == (uint8_t *)procargs.argv[0] &&
	       a[0].len == (intgo)strlen(procargs.argv[0]);
}

static bool
stepGoenvs(void)
{
	for (intgo i = 0; i < argstrings.nenvs; i++) {
		const struct gostring *e = &argstrings.envs[i];
		if (e->len == 15 && memcmp(e->str, "GORT_STEPS_TEST", 15) == 0)
			return false;
		if (e->len > 15 && memcmp(e->str, "GORT_STEPS_TEST=", 16) == 0)
			return e->len == 18;
	}
	return false;
}

static bool
stepSecure(void)
{
	return osfacts.secure == (getauxval(AT_SECURE) != 0);
}

static bool
stepCheckfds(void)
{
	return fcntl(0, F_GETFD) >= 0 && fcntl(1, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0;
}

static bool
stepParsedebugvars(void)
{
	int level;
	bool all, crash;
	gotraceback(&level, &all, &crash);
	return debug.schedtrace == 123456 && envvars.gogc == 77 && level == 2 && all && !crash;
}

static bool
stepGcinit(void)
{
	return gcpacer.gcPercent == 77;
}

static bool
stepProcresize(void)
{
	return gomaxprocs == 3 && allp[2] != NULL && allp[3] == NULL && allp[0]->mcache != NULL &&
	       allp[0]->mcache != allp[1]->mcache && allp[0]->gcw != NULL;
}

static bool
stepWorldStarted(void)
{
	return !load_acq(&sched.worldstopped);
}

static bool
stepNewproc(void)
{
	struct g *gp = getg();
	return gp->goid == 1 && gp->startfn == runtime_main && allgsGet(0) == gp &&
	       stackSize(gp) >= SLOT_DEFAULT;
}

static bool
stepMstart(void)
{
	stack_t ss;
	struct sigaction sa;
	sigaltstack(NULL, &ss);
	sigaction(SIGSEGV, NULL, &sa);
	return ss.ss_sp == m0.sigaltstack && ss.ss_size >= 32 * KiB &&
	       (sa.sa_flags & SA_ONSTACK) != 0 && sa.sa_sigaction != NULL;
}

static bool
stepMaxstacksize(void)
{
	return maxstacksize == 1000000000;
}

static bool
stepSysmon(void)
{
	bool found = false;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink)
		found = found || mp->mstartfn == sysmon;
	return found && sched.nmsys == 1;
}

static bool
stepLockOSThread(void)
{
	/* It was locked during init, so it never left. */
	return getpid() == (pid_t)m0.tid;
}

static struct g *
findNamed(const char *name)
{
	for (uint32_t i = 0; i < load_acq(&nallgs); i++) {
		struct g *gp = allgsGet(i);
		if (gp != NULL && strcmp(gp->name, name) == 0)
			return gp;
	}
	return NULL;
}

static bool
stepRuntimeInittasks(void)
{
	struct g *gp = findNamed("forcegchelper");
	return gp != NULL && gp->issystem && gp->goid > 1;
}

static bool
stepGcenable(void)
{
	return gcpacer.enabled && load_acq(&sched.ngsys) >= 3;
}

static bool
stepUnlockOSThread(void)
{
	return getg()->lockedm == NULL && m0.lockedg == NULL;
}

static bool
always(void)
{
	return true; /* that we are here is the effect */
}

static const struct {
	const char *step;
	bool (*effect)(void);
} steps[] = {
	{"rt0_go", rt0},
	{"check", always}, /* tests/process/boot/broken.sh: each promise broken is noticed */
	{"args", stepArgs},
	{"osinit", stepOsinit},
	{"worldStopped", stepWorldStopped},
	{"lockinit", stepLockinit},
	{"stackinit", stepStackinit},
	{"randinit", stepRandinit},
	{"mallocinit", stepMallocinit},
	{"cpuinit", stepCpuinit},
	{"alginit", stepAlginit},
	{"modulesinit", stepModulesinit},
	{"typelinksinit", always}, /* tests/unit/lang/type_test.c counts them */
	{"itabsinit", stepItabsinit},
	{"mcommoninit", stepMcommoninit},
	{"goargs", stepGoargs},
	{"goenvs", stepGoenvs},
	{"secure", stepSecure},
	{"checkfds", stepCheckfds},
	{"parsedebugvars", stepParsedebugvars},
	{"gcinit", stepGcinit},
	{"procresize", stepProcresize},
	{"worldStarted", stepWorldStarted},
	{"newproc", stepNewproc},
	{"mstart", stepMstart},
	{"maxstacksize", stepMaxstacksize},
	{"sysmon", stepSysmon},
	{"lockOSThread", stepLockOSThread},
	{"runtime_inittasks", stepRuntimeInittasks},
	{"gcenable", stepGcenable},
	{"doInit", always}, /* tests/process/boot/init*.c */
	{"unlockOSThread", stepUnlockOSThread},
	{"main_main", always},
};

TEST_OPT(boot, steps, effects, .goroutine = true,
	.env = "GODEBUG=schedtrace=123456 GOGC=77 GOTRACEBACK=system GOMAXPROCS=3 "
	       "GORT_STEPS_TEST=12")
{
	for (size_t i = 0; i < nelem(steps); i++)
		CHECKF(steps[i].effect(), "%s had no effect", steps[i].step);
}

/* A step of the boot asserts the stopped world afterwards too. */
TEST_DIES_G(boot, steps, procresize_running, "fatal error: world not stopped", 2)
{
	struct g *gp = rtenter();
	procresize(2);
	rtleave(gp);
}

TEST_DIES_G(boot, steps, world_started_twice, "fatal error: world not stopped", 2)
{
	worldStarted();
}
