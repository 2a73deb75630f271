/* main.c: runtime_main, the first goroutine.                                         room: boot
 *
 *   1. the stack limit, 1,000,000,000 bytes
 *   2. sysmon, on a thread of its own, without a P
 *   3. the goroutine is locked to the first thread: init functions may call what must be called
 *      there (graphics, some system calls that are per thread)
 *   4. the runtime's own init tasks: goroutines and channels work from here
 *   5. gcenable: the sweeper and the scavenger run; main waits for both on a channel. After the
 *      init tasks of the runtime, because those set up what it needs; before the packages', which
 *      may allocate a lot
 *   6. init tasks of the packages, in the order of their dependencies
 *   7. unlocked, unless an init function locked it again
 *   8. main.main
 *   9. the end: goroutines that run deferred calls because of a panic get up to 1,000 turns to be
 *      done; if one is printing its panic then, it may finish, and its exit status counts. Everybody
 *      else stops where it is.
 *
 * runtime_main runs as user code does: with inrt 0, raised around each use of the runtime.
 */
#include "boot/boot.h"

#include "base/base.h"
#include "gort/package.h"
#include "lang/lang.h"
#include "prof/prof.h"
#include "sync/sync.h"

int (*main_main)(int argc, char **argv);
int (*main_init)(int64_t t0);
__attribute__((__weak__, visibility("default"))) int gort_main(int argc, char **argv);

static int64_t runtimeInitTime;

/* ---- the runtime's own init tasks --------------------------------------------------------- */

static void
spawnForcegchelper(void)
{
	struct newprocopt opt = {.system = true, .name = "forcegchelper"};
	const char *why = NULL;
	struct g *gp = rtenter();
	if (newproc(forcegchelper, NULL, &opt, (uintptr_t)spawnForcegchelper, &why) == NULL)
		bootfail(2, "cannot create a goroutine of the runtime: %s", why);
	rtleave(gp);
}

static void
runtimeInitTasks(void)
{
	static const struct gort_init_fn inits = {spawnForcegchelper, NULL};
	static const struct inittask task = {.name = "runtime", .inits = &inits};
	doInit(&task, runtimeInitTime);
	bootResult("forcegchelper");
}

/* ---- gcenable ----------------------------------------------------------------------------- */

static void
gcHelperStarted(void *c)
{
	int one = 1;
	struct g *gp = rtenter();
	chansend(c, &one, true);
	rtleave(gp);
}

static void
gcenableAndWait(void)
{
	struct g *gp = rtenter();
	struct hchan *c = makechan(sizeof(int), CHANELEM_NOSCAN, NULL, 2);
	gcenable(gcHelperStarted, c);
	bool received;
	for (int i = 0; i < 2; i++)
		chanrecv(c, NULL, true, &received);
	/* Up to here m0 did everything alone; from here other Ps get threads when there is work. */
	store_rel(&sched.mainStarted, true);
	rtleave(gp);
	bootReached(BOOT_RUNS);
	bootResult("bgsweep and bgscavenge run");
}

/* ---- the order ---------------------------------------------------------------------------- */

static void
startSysmon(void)
{
	struct g *gp = rtenter();
	newSysmon();
	rtleave(gp);
	bootResult("a thread without a P");
}

static void
lockMain(void)
{
	if (getg()->m != &m0)
		throw("runtime_main not on m0");
	struct g *gp = rtenter();
	lockOSThreadInternal(gp);
	rtleave(gp);
	bootResult("goroutine %lu on thread %lu", (unsigned long)gp->goid, (unsigned long)m0.tid);
}

static void
unlockMain(void)
{
	struct g *gp = rtenter();
	unlockOSThreadInternal(gp);
	rtleave(gp);
	bootResult(gp->lockedm != NULL ? "still locked, by an init function" : "unlocked");
}

static void
packageInitTasks(void)
{
	int n = doPackageInits(runtimeInitTime);
	if (main_init != NULL)
		n += main_init(runtimeInitTime);
	bootResult("%d package%s", n, n == 1 ? "" : "s");
}

static void
maxStack(void)
{
	maxstacksize = 1000000000;
	bootResult("limit %lu bytes", (unsigned long)maxstacksize);
}

static int
callMain(void)
{
	int (*fn)(int, char **) = main_main != NULL ? main_main : gort_main;
	if (fn == NULL)
		bootfail(2, "the program defines no gort_main");
	return fn(procargs.argc, procargs.argv);
}

/* The main goroutine ends with main; then the program does. In the child of a fork there is no
 * runtime, and main may return all the same. */
static void
endLocals(void)
{
	if (forkedChild)
		return;
	struct g *gp = rtenter();
	if (gp->haslocals)
		localsEnd(gp);
	rtleave(gp);
}

/* Deferred calls of a panic should not take long, and the report that follows is worth having. The
 * turn ends as at the end of a time slice: programs that never yield go without Gosched. Who panics
 * may run on another P: its thread is to have a turn, too, if they share a CPU. */
static void
panicGrace(void)
{
	enum { TURNS = 1000 };
	if (forkedChild)
		return;
	for (int i = 0; i < TURNS && load_acq(&runningPanicDefers) != 0; i++) {
		struct g *gp = rtenter();
		store_rlx(&gp->m->p->preempt, (uint8_t)PREEMPT_ASKED);
		rtleave(gp);
		osyield();
	}
}

static void
announceMain(void)
{
	bootResult("the bootstrap is over");
}

/* A step by the name that docs/boot.md has for it. */
static void
step(const char *name, void (*fn)(void))
{
	bootStepBegin(name);
	fn();
	bootStepEnd();
}

void
runtime_main(void *unused unused_ok)
{
	step("maxstacksize", maxStack);
	step("sysmon", startSysmon);
	step("lockOSThread", lockMain);
	runtimeInitTime = nanotime();
	step("runtime_inittasks", runtimeInitTasks);
	step("gcenable", gcenableAndWait);
	step("doInit", packageInitTasks);
	step("unlockOSThread", unlockMain);
	step("main_main", announceMain);
	int status = callMain();
	endLocals();
	panicGrace();
	exitProgram(status);
}

/* ---- the end ------------------------------------------------------------------------------ */

/* A goroutine that panics while main returns gets its report out, and decides the exit status:
 * main parks for good. The first who comes ends the program; others park. (An atexit function
 * that ends it again is the first one: libc knows what to do.) Nobody else is waited for:
 * sched.exiting keeps the deadlock detector quiet while atexit functions run. The child of a fork
 * has nobody to wait for, and locks that nobody will let go of. */
_Noreturn void
exitProgram(int status)
{
	static struct g *first; /* atomic */
	if (forkedChild)
		os_exitprogram(status);
	while (panicking() ||
		(!cas(&first, (struct g *)NULL, getg()) && load_acq(&first) != getg())) {
		struct g *gp = rtenter();
		gopark(NULL, NULL, waitReasonPanicWait);
		rtleave(gp);
	}
	store_seq(&sched.exiting, true);
	asyncparkExit();
	os_exitprogram(status);
}
