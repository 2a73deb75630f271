/* stack.c: reserved slots, the stacks of goroutines that run plain C.                room: mem
 *
 * C code cannot have its stack moved, so a goroutine gets address space for the largest stack it
 * may need, and the kernel gives memory page by page as it is touched. docs/stacks.md has the
 * whole picture. A slot, from low to high addresses:
 *
 *     guard (64 KiB, any access faults) | the stack ... | canary | g | colour gap | top
 *
 *   - g lies at the top of its own stack, so a parked goroutine costs one page: g, the canary
 *     and the first frames share it. A g that was never used is zero, and zero means dead.
 *   - Stride. Slots are an odd number of OS pages apart (260 KiB), and g starts at one of 16
 *     cache lines below the top, by slot number. At a round 256 KiB every g and every first
 *     frame would fall into the same cache sets: a ring of 64 goroutines then costs 13 ns a hop
 *     instead of 1.
 *   - The default slot has its guard inside the stride: it pays for 260 KiB of page table, and
 *     has 196 KiB of stack. Slots of the sized orders (64 KiB << k, up to 1 GiB) have it on top:
 *     what was asked for is what there is.
 *   - Guard. MADV_GUARD_INSTALL where the kernel has it: no mapping is split. Else PROT_NONE,
 *     which splits one mapping into two and stops at vm.max_map_count, about 32,750 stacks; the
 *     refusal names it. A frame larger than the guard cannot jump it: code compiled with
 *     -fstack-clash-protection touches every page on its way down.
 *   - Carving. Address space is reserved by the gigabyte without access, and made usable 64 MiB
 *     at a time. Where the kernel counts usable memory (overcommit_memory=2) or limits it and
 *     refuses, default slots shrink to 64 KiB from then on, made usable one by one, with their
 *     guard never made usable at all; this is said once.
 *   - Transparent huge pages are off for slots: one would make 16 pages of stack out of one.
 *
 * A default slot is never freed: the dead G keeps it (sched's free lists), so that a second round
 * of goroutines makes no system call. A sized slot goes back to its pool; its pages go back to
 * the kernel, but the top one stays, and with it g's bounds and id.
 *
 * Rejected: one mmap a stack (two system calls and a mapping each); guards at both ends (the
 * neighbour's guard is below its stack, which is right above our top); returning default slots
 * to a pool (their pages would have to be cleared or their g could not read as dead).
 *
 * Lock: stacks.lock, rank STACK. Held over system calls: carving is rare.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "core/splitstack.h"

#define GUARD_SIZE       (64 * KiB)
#define NCOLOURS         16
#define MANY_SLOTS       32  /* so many, and there may be any number: see guardsAhead */
#define GUARDS_AHEAD     192 /* and GFREE_MAX / 2 for each P */
#define GUARDS_AHEAD_MAX 1024
#define NORDERS          15 /* 64 KiB .. 1 GiB */
#define G_SIZE           ((sizeof(struct g) + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1))
#define CANARY_SPACE     16
#define REGION           (1 * GiB)
#define CARVE            (64 * MiB)

_Static_assert(G_SIZE + (NCOLOURS - 1) * CACHE_LINE + CANARY_SPACE <= 3072,
	"g, colour and canary must leave the first frames a quarter of the top page");

struct freeslot {
	struct freeslot *next;
	struct g *g;
};

/* Reserved address space that slots were or will be cut from; never given back. */
struct slotregion {
	struct slotregion *next;
	uintptr_t base, end;
};

/* stacks.lock */
struct slotpool {
	uintptr_t size;    /* as its user sees it */
	uintptr_t stride;  /* from slot to slot: guard and stack */
	bool onebyone;     /* each stack is made usable by itself, the guard never */
	uintptr_t next;    /* where the next slot begins */
	uintptr_t mapped;  /* usable up to here */
	uintptr_t guarded; /* slots that begin below this have their guard */
	uintptr_t end;     /* reserved up to here */
	struct freeslot *free;
	uint32_t ncarved; /* slots cut so far; the next one's colour */
	uint32_t nfree;
};

static struct {
	struct mutex lock;
	/* lock */
	struct slotpool dflt, sized[NORDERS];
	struct fixalloc slotalloc;
	uint64_t sys; /* bytes made usable */
	uint64_t inuse;
	bool mprotect;
	bool shrunk; /* default slots are small from now on */
	/* atomic: prepended under lock */
	struct slotregion *regions;
} stacks;

static void
poolInit(struct slotpool *p, uintptr_t size, bool guardInside)
{
	*p = (struct slotpool){.size = size};
	p->stride = size + physPageSize + (guardInside ? 0 : GUARD_SIZE);
	if (p->stride / physPageSize % 2 == 0)
		p->stride += physPageSize;
}

void
stackinit(void)
{
	lockInit(&stacks.lock, LOCKRANK_STACK);
	stacks.mprotect = debug.stackguard == 1 || !osfacts.haveGuardInstall;
	poolInit(&stacks.dflt, SLOT_DEFAULT, true);
	for (uint32_t k = 0; k < NORDERS; k++)
		poolInit(&stacks.sized[k], SLOT_MIN << k, false);
	fixallocInit(&stacks.slotalloc, sizeof(struct freeslot));
	bootResult("slots of %lu KiB every %lu KiB, guard %lu KiB by %s, %d colours",
		(unsigned long)(SLOT_DEFAULT / KiB), (unsigned long)(stacks.dflt.stride / KiB),
		(unsigned long)(GUARD_SIZE / KiB),
		stacks.mprotect ? "PROT_NONE" : "MADV_GUARD_INSTALL", NCOLOURS);
	if (GORT_SPLIT)
		stacksegInit();
}

/* ---- where things are in a slot ----------------------------------------------------------- */

static uintptr_t
slotTop(const struct g *gp)
{
	return alignDown((uintptr_t)gp, physPageSize) + physPageSize;
}

static uint64_t *
canaryOf(const struct g *gp)
{
	return (uint64_t *)gp->stack.hi;
}

static uint64_t
canaryFor(const struct g *gp)
{
	return (uint64_t)(uintptr_t)gp * 0x9e3779b97f4a7c15ULL | 1;
}

/* Below a segment lies the next one's g, and no guard. Written when the segment is made, never again: a
 * line that is only read is in the caches of both CPUs, the one of births and the one of deaths. */
static uint64_t *
lowCanaryOf(const struct g *gp)
{
	return (uint64_t *)gp->stack.lo - 1;
}

#if GORT_SPLIT
void
stackLowCanary(struct g *gp)
{
	*lowCanaryOf(gp) = canaryFor(gp);
}
#endif

uintptr_t
stackSP0(struct g *gp)
{
	*canaryOf(gp) = canaryFor(gp);
	if (GORT_SPLIT)
		gp->stackguard0 = gp->stack.lo +
				  (gp->stackkind >= STACK_SEGMENT ? SEG_SLACK : morestackSlack);
	return gp->stack.hi;
}

no_sanitize void
stackCanaryCheck(const struct g *gp)
{
	if (unlikely(*canaryOf(gp) != canaryFor(gp)))
		throwf("stack canary overwritten",
			"goroutine %lu: the word between its first frame and its g at %p was "
			"overwritten: something wrote past the end of an object on its stack",
			(unsigned long)gp->goid, (const void *)gp);
	if (GORT_SPLIT &&
		unlikely(gp->stackkind >= STACK_SEGMENT && *lowCanaryOf(gp) != canaryFor(gp)))
		throwf("stack canary overwritten",
			"goroutine %lu: the word below its segment at 0x%lx was overwritten: code "
			"that does not ask for stack used more than there was",
			(unsigned long)gp->goid, (unsigned long)gp->stack.lo);
}

static bool
isIn(const struct stack *st, uintptr_t addr)
{
	return addr >= st->lo && addr < st->hi;
}

static bool
isGuardOf(const struct stack *st, uintptr_t addr)
{
	return addr < st->lo && addr >= st->lo - GUARD_SIZE;
}

no_sanitize const struct stack *
stackOf(const struct g *gp, uintptr_t addr)
{
	if (isIn(&gp->stack, addr))
		return &gp->stack;
	if (GORT_SPLIT && isIn(&gp->hop[0], addr))
		return &gp->hop[0];
	if (GORT_SPLIT && isIn(&gp->hop[1], addr))
		return &gp->hop[1];
	return NULL;
}

bool
stackGuardHit(const struct g *gp, uintptr_t addr)
{
	if (gp->stackkind < STACK_SEGMENT && isGuardOf(&gp->stack, addr))
		return true;
	return GORT_SPLIT && (isGuardOf(&gp->hop[0], addr) || isGuardOf(&gp->hop[1], addr));
}

uintptr_t
stackSize(const struct g *gp)
{
	return gp->stackkind >= STACK_SEGMENT ? STACK_LIMIT : gp->stack.hi - gp->stack.lo;
}

bool
stackContains(uintptr_t addr)
{
	if (splitreserved && splitContains(addr))
		return true;
	for (struct slotregion *r = load_acq(&stacks.regions); r != NULL; r = r->next) {
		if (addr >= r->base && addr < r->end)
			return true;
	}
	const struct g *gp = getg();
	const struct g *thread = gp->m->g0;
	return (addr >= gp->stack.lo && addr < gp->stack.hi) ||
	       (addr >= thread->stack.lo && addr < thread->stack.hi);
}

/* ---- carving ------------------------------------------------------------------------------ */

/* New address space for p, at least one slot. A large slot comes alone and usable, a call less;
 * who is refused that reserves, and hears from poolMapTo what was refused. */
static bool
poolReserve(struct slotpool *p)
{
	uintptr_t want = p == &stacks.dflt ? REGION : p->size < MiB ? 16 * p->stride : p->stride;
	uintptr_t base = 0, n = 0;
	bool usable = false;
	if (want == p->stride && !splitreserved && !p->onebyone) {
		n = alignUp(want, physPageSize);
		base = (uintptr_t)sysAlloc(n);
		usable = base != 0;
	}
	while (base == 0) {
		n = alignUp(want < p->stride ? p->stride : want, physPageSize);
		base = splitreserved ? splitReserve(n, p->size == SLOT_MAX)
				     : (uintptr_t)sysReserve(NULL, n);
		if (base == 0 && n == p->stride)
			return false;
		want /= 4;
	}
	sysNoHugePage((void *)base, n);
	struct slotregion *r = persistentallocNoscan(sizeof *r, 8);
	r->base = base;
	r->end = base + n;
	r->next = stacks.regions;
	store_rel(&stacks.regions, r);
	p->next = p->mapped = p->guarded = base;
	p->end = base + n;
	if (usable) {
		p->mapped = p->end;
		stacks.sys += n;
	}
	return true;
}

/* Makes slots of p usable, at least the one that ends at slotend. */
static bool
poolMapTo(struct slotpool *p, uintptr_t slotend)
{
	if (slotend <= p->mapped)
		return true;
	uintptr_t n = p->end - p->mapped, need = slotend - p->mapped;
	uintptr_t carve = alignUp(CARVE > need ? CARVE : need, physPageSize);
	if (n > carve)
		n = carve;
	if (sysMap((void *)p->mapped, n) != 0)
		return false;
	stacks.sys += n;
	p->mapped += n;
	return true;
}

/* Makes the next slot of p usable. */
static bool
poolMap(struct slotpool *p)
{
	uintptr_t slotend = p->next + p->stride;
	if (!p->onebyone)
		return poolMapTo(p, slotend);
	uintptr_t lo = p->next + GUARD_SIZE;
	if (sysMap((void *)lo, slotend - lo) != 0)
		return false;
	stacks.sys += slotend - lo;
	p->mapped = slotend;
	return true;
}

static const char whySpace[] = "the kernel has no address space left for a stack "
			       "(ulimit -v, or 47 bits are used up)";
static const char whyCommit[] =
	"the kernel refuses memory for a stack "
	"(vm.overcommit_memory, ulimit -v, ulimit -d or a container's limit)";
static const char whyMaps[] = "the kernel refuses a stack guard: the process has as many mappings "
			      "as vm.max_map_count allows; raise it: sysctl -w "
			      "vm.max_map_count=1000000";

/* Default slots become 64 KiB, mapped one by one: all that is counted is what is usable. */
static void
shrinkDefault(void)
{
	uintptr_t old = stacks.dflt.size;
	uint32_t ncarved = stacks.dflt.ncarved;
	stacks.shrunk = true;
	poolInit(&stacks.dflt, SLOT_MIN, false);
	stacks.dflt.onebyone = true;
	stacks.dflt.ncarved = ncarved;
	rtprintf("gort: the kernel refuses %lu MiB for goroutine stacks; new stacks are %lu KiB "
		 "instead of %lu KiB\n",
		(unsigned long)(CARVE / MiB), (unsigned long)(SLOT_MIN / KiB),
		(unsigned long)(old / KiB));
}

/* How many slots have their guard before they are cut, when p has n. A program that runs as many
 * goroutines as before makes no call for it, and "as many" is not exact: each P may hold a list of
 * dead Gs that the others cannot use, and what it stole of their queues. Who has few pays for few. */
static uint32_t
guardsAhead(uint32_t n)
{
	if (n < MANY_SLOTS)
		return n / 8;
	uint32_t ahead = GUARDS_AHEAD + GFREE_MAX / 2 * (uint32_t)load_rlx(&gomaxprocs);
	return ahead < GUARDS_AHEAD_MAX ? ahead : GUARDS_AHEAD_MAX;
}

/* The next slot of p has its guard, and so have those ahead of it; topped up when half of these are
 * used up. */
static bool
poolGuard(struct slotpool *p)
{
	uint32_t ahead = guardsAhead(p->ncarved);
	if (p->next + ahead / 2 * p->stride < p->guarded)
		return true;
	uintptr_t end = p->next + (ahead + 1) * p->stride;
	while (p->guarded < end && p->guarded + p->stride <= p->end &&
		poolMapTo(p, p->guarded + p->stride)) {
		void *guard = (void *)p->guarded;
		int err = sysGuard(guard, GUARD_SIZE, stacks.mprotect);
		if (err != 0 && !stacks.mprotect)
			err = sysGuard(guard, GUARD_SIZE, true); /* mlocked memory */
		if (err != 0)
			break;
		p->guarded += p->stride;
	}
	return p->next < p->guarded;
}

/* Cuts a slot. Its base, or 0. */
static uintptr_t
poolCarve(struct slotpool *p, const char **why)
{
	if (p->end - p->next < p->stride && !poolReserve(p)) {
		*why = whySpace;
		return 0;
	}
	if (!poolMap(p)) {
		if (p != &stacks.dflt || stacks.shrunk) {
			*why = whyCommit;
			return 0;
		}
		shrinkDefault();
		return poolCarve(p, why);
	}
	uintptr_t base = p->next;
	if (!p->onebyone && !poolGuard(p)) {
		*why = whyMaps;
		return 0;
	}
	p->next += p->stride;
	p->ncarved++;
	valgrindStack(base + GUARD_SIZE, base + p->stride);
	return base;
}

/* ---- slots to goroutines and back --------------------------------------------------------- */

static struct slotpool *
poolFor(uintptr_t n)
{
	if (n == 0 || n == SLOT_DEFAULT)
		return &stacks.dflt;
	for (uint32_t k = 0; k < NORDERS; k++) {
		if (n <= stacks.sized[k].size)
			return &stacks.sized[k];
	}
	return NULL;
}

struct g *
stackalloc(uintptr_t n, uintptr_t *sp0, const char **why)
{
	struct slotpool *p = poolFor(n);
	if (p == NULL) {
		*why = "a stack of more than 1 GiB was asked for";
		return NULL;
	}
	struct g *gp = NULL;
	lock(&stacks.lock);
	if (p->free != NULL) {
		struct freeslot *fs = p->free;
		p->free = fs->next;
		p->nfree--;
		gp = fs->g;
		fixallocFree(&stacks.slotalloc, fs);
	} else {
		uint32_t colour = p->ncarved % NCOLOURS;
		uintptr_t base = poolCarve(p, why);
		if (base != 0) {
			uintptr_t top = base + p->stride;
			gp = (struct g *)(top - G_SIZE - colour * CACHE_LINE);
			gp->stack.lo = base + GUARD_SIZE;
			gp->stack.hi = (uintptr_t)gp - CANARY_SPACE;
			gp->sizedslot = p != &stacks.dflt;
			gp->stackkind = STACK_SLOT;
		}
	}
	if (gp != NULL)
		stacks.inuse += slotTop(gp) - gp->stack.lo;
	unlock(&stacks.lock);
	if (gp != NULL)
		*sp0 = stackSP0(gp);
	return gp;
}

void
stackfree(struct g *gp)
{
	if (!gp->sizedslot)
		throw("stackfree: a default slot stays with its g");
	uintptr_t lo = gp->stack.lo, top = slotTop(gp);
	sysUnused((void *)lo, top - physPageSize - lo);
	lock(&stacks.lock);
	struct slotpool *p = NULL;
	for (uint32_t k = 0; k < NORDERS; k++) {
		if (stacks.sized[k].stride == top - lo + GUARD_SIZE)
			p = &stacks.sized[k];
	}
	if (p == NULL)
		throw("stackfree: not a slot of any order");
	struct freeslot *fs = fixallocAlloc(&stacks.slotalloc);
	fs->g = gp;
	fs->next = p->free;
	p->free = fs;
	p->nfree++;
	stacks.inuse -= top - lo;
	unlock(&stacks.lock);
}

void
stackStats(uint64_t *sys, uint64_t *inuse)
{
	lock(&stacks.lock);
	*sys = stacks.sys;
	*inuse = stacks.inuse;
	unlock(&stacks.lock);
	if (GORT_SPLIT)
		splitStats(sys, inuse);
}
