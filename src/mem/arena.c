/* arena.c: address space for the heap.                                               room: mem
 *
 * An arena is 64 MiB, 64 MiB aligned. Its struct heapArena lies elsewhere and maps each page to
 * its span; heap.l1 finds it in two loads (2048 x 1024 entries cover 47 bits; only the tables
 * that are used exist).
 *
 * Space is reserved by whole arenas, as one stretch for what needs several, and made usable in
 * chunks of 4 MiB along heap.frontier: the kernel charges a small program for a chunk, and
 * memory is only taken when a page is touched. Pages of the part that is not mapped yet count as
 * in use, so the page allocator never meets them.
 *
 * We ask for addresses from 0xc000000000 up, so that heap pointers are easy to tell in a dump;
 * the kernel may place us elsewhere. Under a sanitizer it decides alone: its shadow lies there.
 *
 * Huge pages: beyond HUGE_FROM bytes of heap the chunks are marked for them: at that size the
 * first touch of each page costs more than everything the allocator does.
 *
 * Who touches a page first waits until the kernel has made it, for a huge page a fifth of a
 * millisecond, and where a hypervisor has to find the memory some milliseconds; so long nobody can stop
 * the thread. So in a heap above POPULATE_FROM the first span in the next 2 MiB of the frontier has its
 * goroutine touch all of them when it leaves the runtime, without its P (callWithoutP, sched/syscall.c),
 * so that a stop of the world does not wait for it. Likewise for a large object that may hold pointers, and
 * for the next chunk of persistent.c's. Not for large buffers, nor beyond 64 MiB: they may never be touched.
 *
 * Lock: heap.lock for all of it; spans[] and l1 are read without (atomic).
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#define ARENA_HINT ((uintptr_t)0xc0 << 32)
#define HUGE_FROM  CHUNK_SIZE

#define POPULATE_FROM  (GORT_HARD ? CHUNK_SIZE : 2 * CHUNK_SIZE)
#define POPULATE_STEP  (2 * MiB)
#define POPULATE_SMALL (MiB / PAGE_SIZE) /* pages of a span */
#define POPULATE_LARGE (64 * MiB / PAGE_SIZE)

struct heapArena *
arenaOf(uintptr_t addr)
{
	uintptr_t i = addr >> ARENA_SHIFT;
	if (unlikely(i >= ARENA_L1 * ARENA_L2))
		return NULL;
	struct heapArena **l2 = load_acq(&heap.l1[i / ARENA_L2]);
	return l2 == NULL ? NULL : load_acq(&l2[i % ARENA_L2]);
}

static bool
addArena(uintptr_t base)
{
	uintptr_t i = base >> ARENA_SHIFT;
	struct heapArena **l2 = heap.l1[i / ARENA_L2];
	if (l2 == NULL) {
		l2 = persistentallocNoscan(ARENA_L2 * sizeof *l2, CACHE_LINE);
		store_rel(&heap.l1[i / ARENA_L2], l2);
	}
	/* Mapped, not persistentalloc'd: mostly never touched, and refusal is an answer here. */
	struct heapArena *ha = sysAlloc(alignUp(sizeof *ha, physPageSize));
	if (ha == NULL) {
		noteRefused(alignUp(sizeof *ha, physPageSize), REFUSED_TABLES);
		return false;
	}
	ha->base = base;
	pagesAddArena(ha);
	heap.stats.arenas += ARENA_SIZE;
	store_rel(&l2[i % ARENA_L2], ha);
	return true;
}

/* Reserves n bytes (whole arenas) aligned to an arena; NULL if refused or out of reach. */
static uintptr_t
reserveArenas(uintptr_t n)
{
	uintptr_t hint = heap.frontierend != 0 ? heap.frontierend : ARENA_HINT;
	if (GORT_ASAN || GORT_TSAN)
		hint = heap.frontierend;
	if (hint != 0) {
		uintptr_t p = (uintptr_t)sysReserve((void *)hint, n);
		if (p != 0 && p % ARENA_SIZE == 0 && p + n <= MAX_ALLOC)
			return p;
		if (p != 0)
			sysFree((void *)p, n);
	}
	/* Anywhere: ask for one arena more and trim. */
	uintptr_t p = (uintptr_t)sysReserve(NULL, n + ARENA_SIZE);
	if (p == 0) {
		noteRefused(n, REFUSED_SPACE);
		return 0;
	}
	uintptr_t base = alignUp(p, ARENA_SIZE), end = p + n + ARENA_SIZE;
	if (base > p)
		sysFree((void *)p, base - p);
	if (end > base + n)
		sysFree((void *)(base + n), end - (base + n));
	if (base + n > MAX_ALLOC) {
		sysFree((void *)base, n);
		noteRefused(n, REFUSED_SPACE);
		return 0;
	}
	return base;
}

/* Maps the next n bytes (whole chunks) at the frontier. */
static bool
mapFrontier(uintptr_t n)
{
	uintptr_t p = heap.frontier;
	if (sysMap((void *)p, n) != 0) {
		noteRefused(n, REFUSED_MEMORY);
		return false;
	}
	if (heap.stats.sys >= HUGE_FROM)
		sysHugePage((void *)p, n);
	if (COLLECTS && heap.populated > p)
		heap.populated = p; /* it was somewhere else, further up */
	heap.frontier += n;
	store_rlx(&heap.stats.sys, heap.stats.sys + n);
	heap.stats.released += n;
	pagesAddMapped(p, n);
	return true;
}

bool
heapGrow(uintptr_t npages)
{
	assertLockHeld(&heap.lock);
	uintptr_t n = alignUp(npages * PAGE_SIZE, CHUNK_SIZE);
	if (heap.frontierend - heap.frontier < n) {
		uintptr_t left = heap.frontierend - heap.frontier;
		uintptr_t size = alignUp(n, ARENA_SIZE);
		uintptr_t base = reserveArenas(size);
		if (base == 0)
			return false;
		/* A size that the kernel will not give is refused before it costs us tables. */
		if (size > ARENA_SIZE && sysMap((void *)base, n) != 0) {
			sysFree((void *)base, size);
			noteRefused(n, REFUSED_MEMORY);
			return false;
		}
		for (uintptr_t a = base; a < base + size; a += ARENA_SIZE) {
			if (!addArena(a)) {
				/* What was added stays: its pages count as in use. */
				return false;
			}
		}
		if (base == heap.frontierend) {
			heap.frontierend += size;
		} else {
			/* The new space is elsewhere: use up the old stretch, if the kernel lets us. */
			if (left > 0)
				mapFrontier(left);
			heap.frontier = base;
			heap.frontierend = base + size;
		}
	}
	return mapFrontier(n);
}

void
freshWant(uintptr_t lo, uintptr_t hi)
{
	struct m *mp = getg()->m;
	if (mp->p == NULL || mp->isforeign || mp->nfresh == nelem(mp->fresh))
		return;
	mp->fresh[mp->nfresh++] = (struct stack){lo, hi};
	fetch_or(&mp->p->preempt, (uint8_t)PREEMPT_ASKED);
}

void
freshPages(uintptr_t base, uintptr_t npages)
{
	uintptr_t end = base + npages * PAGE_SIZE;
	assertLockHeld(&heap.lock);
	if (end <= heap.populated || end > heap.frontier || heap.stats.sys < POPULATE_FROM ||
		npages > POPULATE_SMALL)
		return;
	uintptr_t from = alignDown(base, POPULATE_STEP), to = alignUp(end, POPULATE_STEP);
	if (from < heap.populated)
		from = heap.populated;
	heap.populated = to;
	freshWant(from, to);
}

void
freshLarge(const struct mspan *s)
{
	if (s->npages > POPULATE_SMALL && s->npages <= POPULATE_LARGE &&
		load_rlx(&heap.stats.sys) >= POPULATE_FROM)
		freshWant(s->base, s->base + s->npages * PAGE_SIZE);
}

/* By touching, not by madvise (MADV_POPULATE_WRITE): that holds the lock of the whole address space, for which
 * everybody waits who maps memory, and who comes after those. Other goroutines may have objects on the
 * pages already: what is there stays as it is. */
no_sanitize void
freshPopulate(void *m)
{
	struct m *mp = m;
	for (uint32_t i = 0; i < mp->nfresh; i++) {
		struct stack r = mp->fresh[i];
		for (uintptr_t p = r.lo; p < r.hi && !onValgrind; p += physPageSize)
			cas((uint64_t *)p, (uint64_t)0, (uint64_t)0);
		mp->fresh[i] = (struct stack){
			0}; /* the collector reads ms, and it is an object's address */
	}
	mp->nfresh = 0;
}

struct mspan *
spanOf(uintptr_t addr)
{
	struct heapArena *ha = arenaOf(addr);
	if (ha == NULL)
		return NULL;
	struct mspan *s = load_acq(&ha->spans[addr / PAGE_SIZE % ARENA_PAGES]);
	if (s == NULL || load_acq(&s->state) != SPAN_INUSE)
		return NULL;
	if (addr < s->base || addr >= s->base + s->npages * PAGE_SIZE)
		return NULL;
	return s;
}
