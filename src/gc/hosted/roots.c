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
 * The work is in jobs, for the threads that mark (team.c): ranges in pieces of 256 KiB, goroutines by the
 * dozen, the rest one for each. rootsPrepare counts them. Nothing of what they are about changes before
 * the world starts, so that a job is its number.
 *
 * core/broken.h has a line for each kind, so that tests can see what happens without it.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

#include "core/broken.h"
#include "mem/special.h"

#define PIECE (256 * KiB)

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

static bool
registeredRange(uint32_t i, uintptr_t *lo, uintptr_t *hi)
{
	if (i >= roots.n)
		return false;
	*lo = roots.ranges[i].lo;
	*hi = roots.ranges[i].hi;
	return true;
}

/* Without the lock: it is to explain the fault that ends the process. */
cold no_sanitize bool
gcRootAt(uintptr_t addr, uintptr_t *lo, uintptr_t *hi)
{
	if (load_acq(&gcphase) == GCoff)
		return false;
	for (uint32_t i = 0; registeredRange(i, lo, hi); i++)
		if (addr - *lo < *hi - *lo)
			return true;
	return false;
}

/* ---- in pieces ---------------------------------------------------------------------------- */

/* The i-th of a kind of ranges; false: there are no more. */
typedef bool rangefn(uint32_t i, uintptr_t *lo, uintptr_t *hi);

static uint64_t
piecesOf(uintptr_t lo, uintptr_t hi)
{
	return hi > lo ? (hi - lo + PIECE - 1) / PIECE : 0;
}

static uint64_t
piecesOfAll(rangefn *range)
{
	uint64_t n = 0;
	uintptr_t lo, hi;
	for (uint32_t i = 0; range(i, &lo, &hi); i++)
		n += piecesOf(lo, hi);
	return n;
}

/* The n-th piece of all. A thread asks for pieces in their order. */
static void
pieceAt(struct marker *mk, rangefn *range, uint64_t n, uintptr_t *lo, uintptr_t *hi)
{
	uintptr_t from, end;
	if (mk->ranges != range) {
		mk->ranges = range;
		mk->range = 0;
		mk->pieces = 0;
	}
	for (;; mk->range++) {
		bool there = range(mk->range, &from, &end);
		gort_assert(there);
		if (n - mk->pieces < piecesOf(from, end))
			break;
		mk->pieces += piecesOf(from, end);
	}
	*lo = from + (n - mk->pieces) * PIECE;
	*hi = *lo + PIECE < end ? *lo + PIECE : end;
}

/* ---- marking them ------------------------------------------------------------------------- */

/* Variables of ours that are not to be read: the heap's own struct, which is full of addresses of the heap;
 * the table of goroutines, whose gs are read one by one; the scheduler's, which knows no object, and in
 * which two counters side by side may look like the address of one. */
static struct rootrange ours[3]; /* rootsPrepare */

/* From lo to hi without those of ours from the i-th on. */
static void
markWithout(struct marker *mk, uintptr_t lo, uintptr_t hi, uint32_t i)
{
	for (; i < nelem(ours); i++) {
		if (ours[i].lo >= hi || ours[i].hi <= lo)
			continue;
		if (ours[i].lo > lo)
			markWithout(mk, lo, ours[i].lo, i + 1);
		lo = ours[i].hi;
	}
	if (lo < hi) {
		mk->sum.globals += hi - lo;
		markSparse(mk, lo, hi);
	}
}

static void
markVariables(struct marker *mk, uint64_t n)
{
	uintptr_t lo, hi;
	pieceAt(mk, osObjectsData, n, &lo, &hi);
	markWithout(mk, lo, hi, 0);
}

static void
markRegistered(struct marker *mk, uint64_t n)
{
	uintptr_t lo, hi;
	pieceAt(mk, registeredRange, n, &lo, &hi);
	markSparse(mk, lo, hi);
}

static void
markRuntime(struct marker *mk, uint64_t n)
{
	uintptr_t lo, hi;
	pieceAt(mk, persistentRange, n, &lo, &hi);
	markSparse(mk, lo, hi);
}

static void
markStacks(struct marker *mk, uint64_t n)
{
	uint32_t from = (uint32_t)n * STACKS_A_JOB, all = load_acq(&nallgs);
	scanGoroutines(mk, from, all - from < STACKS_A_JOB ? all : from + STACKS_A_JOB);
}

static void
markThreadLocals(struct marker *mk, uint64_t n unused_ok)
{
	uintptr_t lo, hi;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
		if (load_acq(&mp->tid) == 0)
			continue;
		for (uint32_t i = 0; osThreadLocals(mp, i, &lo, &hi); i++)
			markSparse(mk, lo, hi);
	}
}

static void
markTimers(struct marker *mk, uint64_t n unused_ok)
{
	for (uint32_t i = 0; i < MAXPROCS; i++) {
		const struct p *pp = load_acq(&allp[i]);
		if (pp != NULL && pp->timers.len != 0)
			markRange(mk, (uintptr_t)pp->timers.heap,
				(uintptr_t)(pp->timers.heap + pp->timers.len));
	}
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

/* As long as there are any; others may do the same. */
static void
markRecords(struct marker *mk, uint64_t n unused_ok)
{
	struct specialvisitor v = {markPointer, markContent, mk};
	specialsMark(&v);
}

/* ---- jobs --------------------------------------------------------------------------------- */

enum { VARIABLES, REGISTERED, RUNTIME, TIMERS, THREADLOCALS, RECORDS, STACKS, KINDS };

static void (*const markers[KINDS])(struct marker *mk, uint64_t n) = {
	[VARIABLES] = markVariables,
	[REGISTERED] = markRegistered,
	[RUNTIME] = markRuntime,
	[TIMERS] = markTimers,
	[THREADLOCALS] = markThreadLocals,
	[RECORDS] = markRecords,
	[STACKS] = markStacks,
};

static struct {
	uint64_t next aligned_to(CACHE_LINE);     /* atomic: the first that nobody has taken */
	uint64_t n[KINDS] aligned_to(CACHE_LINE); /* written by rootsPrepare, then constant */
} jobs;

void
rootsPrepare(void)
{
	uint64_t *n = jobs.n;
	mheap_self(&ours[0].lo, &ours[0].hi);
	ours[1].lo = (uintptr_t)allgschunks;
	ours[1].hi = (uintptr_t)(allgschunks + nelem(allgschunks));
	ours[2].lo = (uintptr_t)&sched;
	ours[2].hi = (uintptr_t)(&sched + 1);
	n[VARIABLES] = BROKEN(ROOTDATA) ? 0 : piecesOfAll(osObjectsData);
	n[THREADLOCALS] = BROKEN(ROOTTLS) ? 0 : 1;
	n[REGISTERED] = BROKEN(ROOTADDED) ? 0 : piecesOfAll(registeredRange);
	n[RUNTIME] = BROKEN(ROOTRUNTIME) ? 0 : piecesOfAll(persistentRange);
	n[TIMERS] = BROKEN(ROOTRUNTIME) ? 0 : 1;
	n[RECORDS] = BROKEN(ROOTRECORDS) ? 0 : (uint64_t)gomaxprocs; /* at most one a thread */
	if (BROKEN(TRACKSTACKS) && tracktimes.rounds != 0)
		n[STACKS] = 0;
	else
		n[STACKS] = (load_acq(&nallgs) + STACKS_A_JOB - 1) / STACKS_A_JOB;
	specialsMarkBegin();
	store_rel(&jobs.next, (uint64_t)0);
}

bool
rootsMarkNext(struct marker *mk)
{
	uint64_t i = xadd(&jobs.next, (uint64_t)1) - 1;
	for (uint32_t k = 0; k < KINDS; k++) {
		if (i < jobs.n[k]) {
			markers[k](mk, i);
			return true;
		}
		i -= jobs.n[k];
	}
	return false;
}
