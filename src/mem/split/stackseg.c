/* stackseg.c: segments, and the larger stacks a goroutine moves to.                  room: mem
 *
 * Code compiled with -fsplit-stack asks before it takes stack, so a goroutine that runs it needs no
 * address space for the largest stack it may ever use. It begins on a segment of 2 KiB, with its
 * g at the top; a function that finds no room there runs on a slot of 256 KiB, one that finds no room
 * in that on a stack of 1 GiB. Two boundaries at most, however deep the calls. The way over, and
 * which stack code is on, are decided in arch/amd64/split/morestack.S.
 *
 *	segment    2 KiB << k and a cache line, k up to 4; no guard below it but a canary
 *	slot       256 KiB, with a guard of 64 KiB below
 *	1 GiB      with a guard; 1,000,000,000 bytes of it may be used, Go's limit, or
 *	           less if debug.SetMaxStack says so (LIMIT_LEAST counts for less: one frame of
 *	           gccgo's may take a megabyte where gc's takes a few words)
 *
 * Order. All of them come out of one reservation of address space, in three bands: segments lie
 * below slots, slots below 1 GiB stacks. A goroutine moves upwards only. Whatever leaves a stack
 * without telling (longjmp, an exception) leaves a guard word that is above the right one, never
 * below: the next function asks, and finds the guard set right.
 *
 * Segments: like a default slot, a segment of 2 KiB is never freed; the dead G keeps it on the
 * scheduler's free lists. Its size is a power of two and one cache line, so that the lines of many
 * gs fall into all sets of the cache. Larger segments (asked for with gort_go_opt) go back to the
 * list of their order. Two segments share an OS page: that is what they are for. So nothing
 * stands between a segment and the g below it: what runs on a segment unchecked fits in SEG_SLACK,
 * and a word at the low end is looked at when its G ends.
 *
 * A program whose link does not keep the promise (arch.h: splitLinked) has no segments: goroutines
 * start on slots, out of the same band, and move to 1 GiB. As nobody asks for the code that was
 * compiled otherwise, twice as much stack is kept back for it below the guard.
 *
 * Slots and 1 GiB stacks: a goroutine keeps what it moved to until it ends, or until a collection finds
 * it parked and not standing there (stackShrink). That is noted while the world stands still, for up
 * to NSHRUNK stacks; they go back later, because the kernel may take long for a large one. The last ones
 * given back are kept with their pages and go out first; the pages of others go back to the kernel.
 *
 * Lock: split.lock, rank SEGMENT: a function of the library may find its segment full while it holds
 * any other lock. So nothing here allocates through the rest of the room, and what must be
 * remembered of a stack is put aside when the stack is made.
 *
 * Rejected: growing segments by doubling (libgcc's; a loop that calls across a boundary pays for it
 * in each round, and frames cannot be copied together); one step from 2 KiB to 1 GiB (47 bits
 * hold 131,072 of those).
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#include "core/splitstack.h"
#include "core/upcalls.h"

#define SEG_CHUNK (4 * MiB) /* made usable at a time */
#define HOP_GUARD (64 * KiB)
#define HOP_CHUNK (64 * MiB)
#define NWARM     64           /* slots in the pool that keep their pages */
#define WARM_TOP  SLOT_DEFAULT /* and so much of a 1 GiB stack */
#define NSHRUNK   256          /* stacks that one collection may take */
#define NCOLOURS  SLOT_COLOURS
#define CANARY    16
#define G_SIZE    ((sizeof(struct g) + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1))

_Static_assert(2 * KiB + CACHE_LINE - G_SIZE - 2 * CANARY - SEG_SLACK >= 900,
	"a segment must leave the first frames nearly a kilobyte");

/* A band of the reservation: [next, end) was never handed out. split.lock */
struct band {
	uintptr_t base, next, end;
};

struct segpool {
	uintptr_t next, end; /* usable, never handed out */
	struct g *free;      /* dead, by schedlink; orders above 0 */
};

/* Stacks to move to. split.lock */
struct hoppool {
	uintptr_t size, stride;
	struct band *band;
	uintptr_t mapped; /* usable up to here */
	uint32_t ncarved;
	uint32_t nwarm, nbare;
	struct stack *warm; /* room for ncap each: every stack that was carved */
	struct stack *bare;
	uint32_t ncap;
};

static struct {
	struct mutex lock;
	uintptr_t base, end; /* the reservation; constant */
	struct band seg, slot, huge;
	struct segpool pools[SEG_ORDERS];
	struct hoppool hop[2];
	struct {
		struct stack st;
		struct hoppool *pool;
	} shrunk[NSHRUNK]; /* lock: taken from goroutines, not given back yet */
	uint32_t nshrunk;
	uint64_t sys;   /* lock: bytes made usable */
	uint64_t inuse; /* lock: of these, bound to a G */
} split;

bool splitstacks, splitreserved;

/* ---- the reservation ---------------------------------------------------------------------- */

static void
bandInit(struct band *b, uintptr_t base, uintptr_t n)
{
	b->base = b->next = base;
	b->end = base + n;
}

static uintptr_t
bandTake(struct band *b, uintptr_t n)
{
	if (b->end - b->next < n)
		return 0;
	uintptr_t p = b->next;
	b->next += n;
	return p;
}

/* 32 TiB where nobody limits address space, else a quarter of what can be had. */
static uintptr_t
reserveAll(void)
{
	for (uintptr_t n = (uintptr_t)1 << 45; n >= 64 * MiB; n /= 4) {
		uintptr_t p = (uintptr_t)sysReserve(NULL, n);
		if (p == 0)
			continue;
		if (n == (uintptr_t)1 << 45) {
			split.base = p;
			return n;
		}
		sysFree((void *)p, n);
		split.base = (uintptr_t)sysReserve(NULL, n / 4);
		return split.base == 0 ? 0 : n / 4;
	}
	return 0;
}

static void
hopInit(struct hoppool *h, uintptr_t size, struct band *band)
{
	h->size = size;
	h->stride = size + HOP_GUARD + physPageSize;
	if (h->stride / physPageSize % 2 == 0)
		h->stride += physPageSize;
	h->band = band;
	h->mapped = band->base;
}

void
stacksegInit(void)
{
	const char *why = splitLinked();
	lockInit(&split.lock, LOCKRANK_SEGMENT);
	uintptr_t n = reserveAll();
	split.end = split.base + n;
	bandInit(&split.seg, split.base, n / 16);
	bandInit(&split.slot, split.seg.end, n / 16 * 7);
	bandInit(&split.huge, split.slot.end, n / 2);
	hopInit(&split.hop[0], SLOT_DEFAULT, &split.slot);
	hopInit(&split.hop[1], SLOT_MAX, &split.huge);
	if (n == 0) {
		bootResult("no small segments: %s", why != NULL ? why : "no address space");
		return;
	}
	sysNoHugePage((void *)split.base, n);
	splitreserved = true;
	if (why != NULL) {
		morestackSlack = FOREIGN_SLACK;
		bootResult("no small segments: %s; slots of %lu KiB, then 1 GiB", why,
			(unsigned long)(SLOT_DEFAULT / KiB));
		return;
	}
	splitstacks = true;
	bootResult("segments of %lu bytes, then slots of %lu KiB, then 1 GiB; %lu GiB reserved",
		(unsigned long)(2 * KiB + CACHE_LINE), (unsigned long)(SLOT_DEFAULT / KiB),
		(unsigned long)(n / GiB));
}

uintptr_t
splitReserve(uintptr_t n, bool huge)
{
	lock(&split.lock);
	uintptr_t p = bandTake(huge ? &split.huge : &split.slot, n);
	/* Stacks to move to continue behind. */
	struct hoppool *h = &split.hop[huge];
	if (p != 0 && h->mapped < h->band->next)
		h->mapped = h->band->next;
	unlock(&split.lock);
	return p;
}

bool
splitContains(uintptr_t addr)
{
	return addr >= split.base && addr < split.end;
}

/* ---- segments ----------------------------------------------------------------------------- */

static uintptr_t
segStride(uint32_t order)
{
	return (2 * KiB << order) + CACHE_LINE;
}

uintptr_t
segRoom(uint32_t order)
{
	return segStride(order) - G_SIZE - 2 * CANARY - SEG_SLACK;
}

/* A chunk that is usable, for order. */
static bool
segGrow(uint32_t order)
{
	uintptr_t p = bandTake(&split.seg, SEG_CHUNK);
	if (p == 0 || sysMap((void *)p, SEG_CHUNK) != 0)
		return false;
	/* Many goroutines: huge pages, which cost the kernel less than 512 faults. */
	if (split.sys >= 4 * SEG_CHUNK)
		sysHugePage((void *)p, SEG_CHUNK);
	split.sys += SEG_CHUNK;
	split.pools[order].next = p;
	split.pools[order].end = p + SEG_CHUNK;
	return true;
}

struct g *
segalloc(uint32_t order, const char **why)
{
	struct segpool *p = &split.pools[order];
	uintptr_t n = segStride(order);
	lock(&split.lock);
	struct g *gp = p->free;
	if (gp != NULL) {
		p->free = gp->schedlink;
		gp->schedlink = NULL;
	} else if (p->end - p->next >= n || segGrow(order)) {
		uintptr_t base = p->next;
		p->next += n;
		valgrindStack(base, base + n);
		gp = (struct g *)(base + n - G_SIZE);
		gp->stack.lo = base + CANARY;
		gp->stack.hi = (uintptr_t)gp - CANARY;
		gp->stackkind = (uint8_t)(STACK_SEGMENT + order);
		stackLowCanary(gp);
	} else {
		*why = "the kernel refuses memory for a stack segment "
		       "(vm.overcommit_memory, ulimit -v, ulimit -d or a container's limit)";
	}
	if (gp != NULL)
		split.inuse += n;
	unlock(&split.lock);
	return gp;
}

void
segfree(struct g *gp)
{
	uint32_t order = gp->stackkind - STACK_SEGMENT;
	lock(&split.lock);
	gp->schedlink = split.pools[order].free;
	split.pools[order].free = gp;
	split.inuse -= segStride(order);
	unlock(&split.lock);
}

/* ---- stacks to move to -------------------------------------------------------------------- */

static const char whyMemory[] =
	"the kernel refuses memory for it (vm.overcommit_memory, ulimit -v, ulimit -d or a "
	"container's limit)";
static const char whyAddresses[] = "the address space for such stacks is used up (ulimit -v?)";
static const char whyGuard[] = "the kernel refuses its guard: vm.max_map_count";

/* Room to remember one more stack, in either list. */
static bool
hopRemember(struct hoppool *h)
{
	if (h->ncarved < h->ncap)
		return true;
	uint32_t cap = h->ncap == 0 ? 2048 : h->ncap * 2;
	struct stack *both = sysAlloc(alignUp(2 * cap * sizeof *both, physPageSize));
	if (both == NULL)
		return false;
	if (h->ncap != 0) {
		memmove(both, h->warm, h->nwarm * sizeof *both);
		memmove(both + cap, h->bare, h->nbare * sizeof *both);
		sysFree(h->warm, alignUp(2 * h->ncap * sizeof *both, physPageSize));
	}
	h->warm = both;
	h->bare = both + cap;
	h->ncap = cap;
	return true;
}

/* Makes the next stack of h usable: many at once, or, where the kernel counts, one. */
static bool
hopMap(struct hoppool *h, uintptr_t end)
{
	if (end <= h->mapped)
		return true;
	uintptr_t n = end - h->mapped;
	uintptr_t many = n < HOP_CHUNK ? HOP_CHUNK : n;
	if (many > h->band->end - h->mapped)
		many = n;
	if (sysMap((void *)h->mapped, many) != 0) {
		if (many == n || sysMap((void *)h->mapped, n) != 0)
			return false;
		many = n;
	}
	split.sys += many;
	h->mapped += many;
	return true;
}

static bool
hopCarve(struct hoppool *h, struct stack *st, const char **why)
{
	*why = whyAddresses;
	if (h->band->end - h->band->next < h->stride)
		return false;
	uintptr_t base = h->band->next;
	*why = whyMemory;
	if (!hopRemember(h) || !hopMap(h, base + h->stride))
		return false;
	*why = whyGuard;
	if (sysGuard((void *)base, HOP_GUARD, !osfacts.haveGuardInstall) != 0)
		return false;
	h->band->next += h->stride;
	st->lo = base + HOP_GUARD;
	st->hi = base + h->stride - h->ncarved % NCOLOURS * CACHE_LINE;
	h->ncarved++;
	valgrindStack(st->lo, st->hi);
	return true;
}

static bool
hopAlloc(struct hoppool *h, struct stack *st, const char **why)
{
	bool ok = true;
	lock(&split.lock);
	if (h->nwarm > 0)
		*st = h->warm[--h->nwarm];
	else if (h->nbare > 0)
		*st = h->bare[--h->nbare];
	else
		ok = hopCarve(h, st, why);
	if (ok)
		split.inuse += h->size;
	unlock(&split.lock);
	return ok;
}

static void
hopFree(struct hoppool *h, struct stack *st)
{
	if (st->hi == 0)
		return;
	bool keep = load_rlx(&h->nwarm) < NWARM; /* about */
	uintptr_t lo = st->lo, top = st->hi;
	if (!keep)
		top = alignUp(top, physPageSize);
	else if (h->size > WARM_TOP)
		top = alignDown(top - (WARM_TOP - physPageSize), physPageSize);
	else
		top = lo;
	if (top > lo)
		sysUnused((void *)lo, top - lo);
	lock(&split.lock);
	if (keep)
		h->warm[h->nwarm++] = *st;
	else
		h->bare[h->nbare++] = *st;
	split.inuse -= h->size;
	unlock(&split.lock);
	*st = (struct stack){0};
}

void
hopRelease(struct g *gp)
{
	hopFree(&split.hop[0], &gp->hop[0]);
	hopFree(&split.hop[1], &gp->hop[1]);
	if (gp->allocas != NULL)
		allocaRelease(gp);
}

static void
take(struct stack *st, struct hoppool *pool)
{
	if (st->hi == 0 || split.nshrunk == NSHRUNK)
		return;
	split.shrunk[split.nshrunk].st = *st;
	split.shrunk[split.nshrunk++].pool = pool;
	*st = (struct stack){0};
}

/* What gp stands on is where its stack pointer is; what lies above in the order of the bands holds nothing. */
void
stackShrink(struct g *gp)
{
	const struct stack *on;
	if ((gp->hop[0].hi == 0 && gp->hop[1].hi == 0) ||
		(on = stackOf(gp, gp->sched.sp)) == NULL || on == &gp->hop[1])
		return;
	lock(&split.lock);
	take(&gp->hop[1], &split.hop[1]);
	if (on == &gp->stack)
		take(&gp->hop[0], &split.hop[0]);
	unlock(&split.lock);
}

void
stackShrunk(void)
{
	for (;;) {
		lock(&split.lock);
		if (split.nshrunk == 0) {
			unlock(&split.lock);
			return;
		}
		uint32_t n = --split.nshrunk;
		struct stack st = split.shrunk[n].st;
		struct hoppool *pool = split.shrunk[n].pool;
		unlock(&split.lock);
		hopFree(pool, &st);
	}
}

/* ---- morestack ---------------------------------------------------------------------------- */

#define LIMIT_LEAST (2 * MiB)
static uintptr_t limitSaid = STACK_LIMIT; /* atomic: what the message says */

/* The words that morestack.S pushed, by their distance from rbp. */
enum { FRAME_PC = 1, FRAME_CALLER = 2, FRAME_WANTED = -4 };

/* No stack is large enough, or the one that is cannot be had. The function at pc did not begin. */
static cold _Noreturn void
stackOverflow(struct g *gp, const uintptr_t *frame, const char *refused)
{
	const struct stack *on = stackOf(gp, (uintptr_t)frame);
	bool whole = startpanic();
	if (refused != NULL) {
		rtprintf("runtime: goroutine needs a stack of 1 GiB: %s\n", refused);
		rtprintf("runtime: goroutine stack exceeds %lu-byte limit\n",
			(unsigned long)SLOT_DEFAULT);
	} else {
		rtprintf("runtime: goroutine stack exceeds %lu-byte limit\n",
			(unsigned long)load_rlx(&limitSaid));
	}
	rtprintf("runtime: sp=0x%lx stack=[0x%lx, 0x%lx]\n", (unsigned long)frame,
		(unsigned long)on->lo, (unsigned long)on->hi);
	rtprintf("fatal error: stack overflow\n");
	if (whole && crash_report != NULL)
		crash_report((uintptr_t)__morestack + 1, (uintptr_t)frame, (uintptr_t)frame, false);
	dieAfterReport();
}

/* A slot of its own, for which the program asked, may be as large as any stack. */
static bool
largest(const struct g *gp, const struct stack *on)
{
	return on == &gp->hop[1] || on->hi - on->lo > STACK_LIMIT / 2;
}

void
stackGrow(struct g *gp, const uintptr_t *frame)
{
	const char *why = NULL;
	uintptr_t wanted = frame[FRAME_WANTED];
	const struct stack *on = stackOf(gp, (uintptr_t)frame);
	uintptr_t limit = load_rlx(&morestackLimit);
	if (wanted > limit || largest(gp, on))
		stackOverflow(gp, frame, NULL);
	if (on == &gp->stack && gp->stackkind >= STACK_SEGMENT && gp->hop[0].hi == 0 &&
		wanted <= SLOT_FITS) {
		if (!hopAlloc(&split.hop[0], &gp->hop[0], &why)) {
			rtprintf("runtime: cannot enlarge a goroutine's stack: %s\n", why);
			throw("out of memory (stack of a goroutine)");
		}
	} else {
		if (gp->hop[1].hi != 0)
			stackOverflow(gp, frame, NULL);
		if (!hopAlloc(&split.hop[1], &gp->hop[1], &why))
			stackOverflow(gp, frame, why);
	}
}

void
stackLimitSet(uintptr_t n)
{
	n = n < STACK_LIMIT ? n : STACK_LIMIT;
	store_rlx(&limitSaid, n);
	store_rlx(&morestackLimit, n > LIMIT_LEAST ? n : LIMIT_LEAST);
}

void
splitStats(uint64_t *sys, uint64_t *inuse)
{
	if (!splitreserved)
		return;
	lock(&split.lock);
	*sys += split.sys;
	*inuse += split.inuse;
	unlock(&split.lock);
}
