/* finalizer.c: the goroutines that call finalizers and cleanups.                     room: gc
 *
 * Sweeping queues what is due (mem/special.c) and wakes these. Finalizers are called one after the
 * other, in the order in which their objects were found dead; cleanups the same, by a goroutine of their
 * own, so that neither waits for the other. Both are made when the first record of their kind is, and
 * not in a program whose memory is not collected.
 *
 * They are the runtime's own: not counted as goroutines, and no hope for a program whose others all
 * wait for each other. What they call is the program's: it may do anything, also wait; it then holds up
 * all the others. A panic there that it does not recover ends the program. If it ends its goroutine
 * nothing of that kind is called any more, as in Go.
 */
#define GORT_GC_IMPL
#include "gc/finalizer.h"

#include "gc/internal.h"

bool finalizersRun;

static struct runner {
	struct bgworker worker;
	const char *name;
	enum specialkind kind;
	uint32_t made; /* atomic */
} runners[] = {
	{.name = "finalizers", .kind = SPECIAL_FINALIZER},
	{.name = "cleanups", .kind = SPECIAL_CLEANUP},
};

static void
queued(void)
{
	fence(); /* either this sees that the runner has parked, or its commit what was queued */
	for (uint32_t i = 0; i < nelem(runners); i++)
		if (specialWaits(runners[i].kind))
			workerWake(&runners[i].worker);
}

/* Parks, unless something has come since it looked. Whoever finds it parked wakes it, once. */
static bool
idleCommit(struct g *gp unused_ok, void *arg)
{
	struct runner *r = arg;
	store_seq(&r->worker.parked, 1u);
	return !specialWaits(r->kind) || !cas(&r->worker.parked, 1u, 0u);
}

/* Not inlined: while the runner is parked nothing of the last object is left in its frame. */
static never_inline bool
callNext(enum specialkind kind)
{
	struct specialcall call;
	uintptr_t addr;
	if (!specialTake(kind, &call, &addr))
		return false;
	call.run(addr, call.word);
	*(struct specialcall volatile *)&call = (struct specialcall){0};
	return true;
}

/* What finalizers have left below runnerMain's frame would look like pointers while it is parked. */
static never_inline void
scrub(void)
{
	uintptr_t volatile words[100];
	for (uint32_t i = 0; i < nelem(words); i++)
		words[i] = 0;
}

static void
runnerMain(void *arg)
{
	struct runner *r = arg;
	workerInit(&r->worker);
	for (;;) {
		while (callNext(r->kind))
			;
		scrub();
		world.park(idleCommit, r, waitReasonFinalizerWait);
	}
}

static void
need(enum specialkind kind)
{
	struct runner *r = &runners[kind == SPECIAL_CLEANUP];
	if (!finalizersRun || load_rlx(&r->made) != 0 || xchg(&r->made, 1u) != 0)
		return;
	store_rel(&specials_queued, queued);
	world.spawn(runnerMain, r, r->name);
}

bool
finalizerSet(uintptr_t addr, const struct specialcall *call)
{
	need(SPECIAL_FINALIZER);
	return specialSetFinalizer(addr, call);
}

uint64_t
cleanupAdd(uintptr_t addr, const struct specialcall *call)
{
	need(SPECIAL_CLEANUP);
	return specialAddCleanup(addr, call);
}
