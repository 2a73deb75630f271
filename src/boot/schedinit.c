/* schedinit.c: the ordered list of what must exist before a goroutine can run.       room: boot
 *
 * Nothing but the order and its reasons. The order is that of docs/boot.md;
 * where Go versions differ, randinit stands where today's Go has it. Each step
 * says one observable thing with bootResult, and GODEBUG=boottrace=1 prints it.
 */
#include "boot/boot.h"

#include "base/base.h"
#include "gc/gc.h"
#include "lang/lang.h"
#include "mem/mem.h"
#include "sched/sched.h"

/* How many Ps: what the user asked for, else one for each CPU we may use. */
static int32_t
procs(void)
{
	int32_t n = envvars.gomaxprocs;
	if (n <= 0) {
		osQuota(); /* osinit has asked, unless it saw a GOMAXPROCS that was malformed */
		n = ncpu;
	}
	return n < MAXPROCS ? n : MAXPROCS;
}

/* The reasons stand in a column. */
/* clang-format off */
void
schedinit(void)
{
	BOOT_STEP(worldStopped());      /* no goroutine exists; steps that need it assert it */
	BOOT_STEP(lockinit());          /* ranks, before the first lock that can be contended */
	BOOT_STEP(stackinit());         /* mem:  pools are empty; chooses how guards are made */
	BOOT_STEP(randinit());          /* before mallocinit, alginit, mcommoninit: they draw numbers */
	BOOT_STEP(mallocinit());        /* mem:  from here mallocgc works, on m0's cache */
	BOOT_STEP(cpuinit());           /* arch: before alginit, which asks for AES */
	BOOT_STEP(alginit());           /* lang: no hash before this line */
	BOOT_STEP(modulesinit());       /* lang: packages of each loaded object */
	BOOT_STEP(typelinksinit());     /* lang: type descriptors of those objects */
	BOOT_STEP(itabsinit());         /* lang: needs the types */
	BOOT_STEP(mcommoninit(&m0));    /* sched: m0 joins allm; its random state is seeded */
	BOOT_STEP(goargs());            /* needs mallocinit: builds strings */
	BOOT_STEP(goenvs());            /* likewise; before secure, which may hide some */
	BOOT_STEP(secure());            /* before parsedebugvars: AT_SECURE switches debugging off */
	BOOT_STEP(checkfds());          /* os:   closed 0, 1, 2 become /dev/null, before an open */
	BOOT_STEP(parsedebugvars());    /* base: the environment, and what secure left of it */
	BOOT_STEP(gcinit());            /* gc:   needs GOGC, GOMEMLIMIT; enabled by gcenable only */
	BOOT_STEP(procresize(procs())); /* sched: needs gcinit (work queues) and GOMAXPROCS */
	BOOT_STEP(worldStarted());      /* from here goroutines may run */
}
/* clang-format on */
