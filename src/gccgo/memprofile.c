/* memprofile.c: the profile of the heap: runtime.MemProfile, and the stacks of samples.   room: gccgo
 *
 * mem/profile.c takes samples. What it asks for a stack runs on the scheduler's stack, since the goroutine
 * may stand on a small one. A stack begins in the allocator and ends where goroutines do; how much of it is the runtime's
 * is found out when somebody reads the profile: looking names up is slow, and most programs never read. */
#include "gccgo/std.h"
#include "gccgo/unwind.h"

#include "mem/profile.h"
#include "prof/prof.h"

struct stackwalk {
	struct g *gp;
	struct unwindregs start;
	uintptr_t *pcs;
	uint32_t n, max;
};

static bool
onPc(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	struct stackwalk *w = arg;
	(void)sp;
	(void)fp;
	w->pcs[w->n++] = pc;
	return w->n < w->max;
}

static void
walk(void *arg)
{
	struct stackwalk *w = arg;
	unwind(w->gp, &w->start, onPc, w);
}

/* Empty for what the scheduler allocates on its own stack. */
static uint32_t
callers(uintptr_t *pcs, uint32_t n)
{
	uintptr_t *frame = __builtin_frame_address(0);
	struct stackwalk w = {.gp = getg(), .pcs = pcs, .max = n};
	w.start = (struct unwindregs){.pc = frame[1], .sp = (uintptr_t)(frame + 2), .fp = frame[0]};
	if (w.gp != w.gp->m->g0)
		systemstack(walk, &w);
	return w.n;
}

void
memProfileStart(void)
{
	memprofStart(&go_MemProfileRate, callers);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* As package runtime has it. */
struct memprofilerecord {
	int64_t allocBytes, freeBytes, allocObjects, freeObjects;
	uintptr_t stack[32];
};

struct reading {
	struct memprofilerecord *records;
	intgo len, n;
};

/* Under a lock: where the stack is, is filled in for now. */
static void
onPlace(void *arg, const struct memrecord *m)
{
	struct reading *r = arg;
	if (r->n < r->len)
		r->records[r->n] = (struct memprofilerecord){(int64_t)m->allocBytes,
			(int64_t)m->freeBytes, (int64_t)m->allocs, (int64_t)m->frees,
			{(uintptr_t)m->pcs, m->npcs}};
	r->n++;
}

static void
onSymbol(void *arg, const struct symframe *f)
{
	bool *runtime = arg;
	*runtime = *runtime && f->runtime;
}

static bool
isRuntime(uintptr_t pc)
{
	bool runtime = true;
	symbolize(pc - 1, onSymbol, &runtime);
	return runtime;
}

/* On g0: looking names up takes room. */
static void
stackFill(struct memprofilerecord *r)
{
	const uintptr_t *pcs = (const uintptr_t *)r->stack[0];
	uint32_t n = (uint32_t)r->stack[1], from = 0;
	while (from < n && isRuntime(pcs[from]))
		from++;
	while (n > from && isRuntime(pcs[n - 1]))
		n--;
	n -= from;
	if (n > nelem(r->stack))
		n = nelem(r->stack);
	r->stack[0] = r->stack[1] = 0;
	__builtin_memcpy(r->stack, pcs + from, n * sizeof *pcs);
}

static void
stacksFill(void *arg)
{
	struct reading *r = arg;
	for (intgo i = 0; i < r->n; i++)
		stackFill(&r->records[i]);
}

struct intbool
memProfile(struct goslice records, bool zero)
{
	struct reading r = {.records = records.array, .len = records.len};
	struct g *gp = rtenter();
	memprofRead(zero, onPlace, &r);
	bool fits = r.n <= r.len;
	if (fits && r.n > 0)
		systemstack(stacksFill, &r);
	rtleave(gp);
	return (struct intbool){r.n, fits};
}
