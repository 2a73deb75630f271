/* roots.c: memory outside the heap that points into it.                              room: gc
 *
 * All of it is read word by word. A root that is forgotten is a live object that is freed, so the rule is
 * to read whole regions rather than fields:
 *     variables        of the program and of every loaded object, the runtime's own included
 *     thread-local     variables of each thread that the runtime knows
 *     registered       gcRootAdd: what the program says
 *     the runtime's    memory outside the heap: all that persistentalloc has given, and the heaps of
 *                      timers; not the allocator's and the collector's own (persistentallocNoscan)
 *     records          of finalizers, cleanups, weak handles (mem/special.c)
 *     goroutines       scanstack.c
 * Go's compiler registers its packages' variables; they are among the program's.
 *
 * core/broken.h has a line for each kind, so that tests can see what happens without it.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

#include "core/broken.h"
#include "mem/special.h"

/* ---- registered --------------------------------------------------------------------------- */

struct rootrange {
	uintptr_t lo, hi;
};

static struct {
	struct mutex lock;
	/* lock; read with the world stopped */
	struct rootrange *ranges;
	uint32_t n, cap;
} roots = {.lock = {.rank = LOCKRANK_GC}};

bool
gcRootAdd(uintptr_t p, uintptr_t n)
{
	uintptr_t lo = alignUp(p, PTRSIZE), hi = alignDown(p + n, PTRSIZE);
	bool ok = true;
	lock(&roots.lock);
	if (roots.n == roots.cap) {
		uint32_t cap = roots.cap == 0 ? 256 : roots.cap * 2;
		struct rootrange *r = sysAlloc(alignUp(cap * sizeof *r, physPageSize));
		ok = r != NULL;
		if (ok) {
			if (roots.cap != 0) {
				memmove(r, roots.ranges, roots.n * sizeof *r);
				sysFree(roots.ranges, alignUp(roots.cap * sizeof *r, physPageSize));
			}
			roots.ranges = r;
			roots.cap = cap;
		}
	}
	if (ok)
		roots.ranges[roots.n++] = (struct rootrange){lo, hi};
	unlock(&roots.lock);
	return ok;
}

bool
gcRootRemove(uintptr_t p)
{
	uintptr_t lo = alignUp(p, PTRSIZE);
	bool found = false;
	lock(&roots.lock);
	for (uint32_t i = 0; i < roots.n && !found; i++) {
		if (roots.ranges[i].lo != lo)
			continue;
		roots.ranges[i] = roots.ranges[--roots.n];
		found = true;
	}
	unlock(&roots.lock);
	return found;
}

/* ---- marking them ------------------------------------------------------------------------- */

/* The heap's own struct is among the variables and is full of addresses of the heap. */
static void
markVariables(struct marker *mk)
{
	uintptr_t lo, hi, selflo, selfhi;
	mheap_self(&selflo, &selfhi);
	for (uint32_t i = 0; osObjectsData(i, &lo, &hi); i++) {
		gcstats.globals += hi - lo;
		if (selflo >= lo && selfhi <= hi) {
			markRange(mk, lo, selflo);
			lo = selfhi;
		}
		markRange(mk, lo, hi);
	}
}

static void
markThreadLocals(struct marker *mk)
{
	uintptr_t lo, hi;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
		if (load_acq(&mp->tid) == 0)
			continue;
		for (uint32_t i = 0; osThreadLocals(mp, i, &lo, &hi); i++)
			markRange(mk, lo, hi);
	}
}

static void
markRegistered(struct marker *mk)
{
	for (uint32_t i = 0; i < roots.n; i++)
		markRange(mk, roots.ranges[i].lo, roots.ranges[i].hi);
}

static void
markTimers(struct marker *mk)
{
	for (uint32_t i = 0; i < MAXPROCS; i++) {
		const struct p *pp = load_acq(&allp[i]);
		if (pp != NULL && pp->timers.len != 0)
			markRange(mk, (uintptr_t)pp->timers.heap,
				(uintptr_t)(pp->timers.heap + pp->timers.len));
	}
}

static void
markRuntime(struct marker *mk)
{
	uintptr_t lo, hi;
	for (uint32_t i = 0; persistentRange(i, &lo, &hi); i++)
		markRange(mk, lo, hi);
	markTimers(mk);
}

static void
markPointer(void *mk, uintptr_t addr)
{
	markAddress(mk, addr);
}

/* It is read, whether or not it is marked; that is done again if it is marked later. */
static void
markContent(void *mk, struct mspan *s, uintptr_t obj)
{
	if (spanKind(s) != SPAN_NOSCAN && spanKind(s) != SPAN_TINY && !isMarked(obj))
		gcwork_put(((struct marker *)mk)->work, obj);
}

static void
markRecords(struct marker *mk)
{
	struct specialvisitor v = {markPointer, markContent, mk};
	specialsMark(&v);
}

void
markRoots(struct marker *mk)
{
	gcstats.globals = 0;
	if (!BROKEN(ROOTDATA))
		markVariables(mk);
	if (!BROKEN(ROOTTLS))
		markThreadLocals(mk);
	if (!BROKEN(ROOTADDED))
		markRegistered(mk);
	if (!BROKEN(ROOTRUNTIME))
		markRuntime(mk);
	if (!BROKEN(ROOTRECORDS))
		markRecords(mk);
	scanGoroutines(mk);
}
