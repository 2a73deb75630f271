/* persistent.c: off-heap memory that is never given back.                            room: mem
 *
 * Bumps through chunks of 256 KiB, of 4 MiB on huge pages once there are 4 MiB (descriptors of
 * typed objects need one byte for each eight of a small object: page faults in small steps would
 * show); what is larger than 64 KiB gets a mapping of its own. It
 * serves everything the runtime keeps for good: span structs, side tables, Ms, Ps. Usable from
 * the first line of mallocinit. Lock: persistent.lock, below mheap's.
 *
 * There are two pools. What comes from persistentalloc may point to heap objects: the collector
 * reads all of it, word by word. The allocator's own structures and the collector's are full of heap
 * addresses that keep nothing alive, and have the other pool (persistentallocNoscan).
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#define PERSISTENT_CHUNK (256 * KiB)
#define PERSISTENT_LARGE (4 * MiB)
#define SPARE_FROM       (PERSISTENT_LARGE - MiB)

struct range {
	uintptr_t lo, hi;
};

struct pool {
	uintptr_t next, end;
};

static struct {
	struct mutex lock;
	struct pool pool[2]; /* lock; [1]: noscan */
	uintptr_t spare;     /* a large chunk for pool[1] whose pages are being made, or 0 */
	uint64_t sys;
	/* What was mapped for the pool that is scanned. Written under lock, n last; a table that was
	 * outgrown stays. */
	struct range *ranges;
	uint32_t nranges, capranges;
} persistent;

static struct range firstRanges[16];

void
persistentInit(void)
{
	lockInit(&persistent.lock, LOCKRANK_PERSISTENT);
}

/* persistent.lock */
static void
noteRange(uintptr_t p, uintptr_t n)
{
	if (persistent.nranges == persistent.capranges) {
		uint32_t cap = persistent.capranges == 0 ? (uint32_t)nelem(firstRanges)
							 : persistent.capranges * 4;
		struct range *r = firstRanges;
		if (persistent.capranges != 0) {
			r = sysAlloc(alignUp(cap * sizeof *r, physPageSize));
			if (r == NULL)
				throw("out of memory (table of the runtime's own memory)");
			memmove(r, persistent.ranges, persistent.nranges * sizeof *r);
		}
		store_rel(&persistent.ranges, r);
		persistent.capranges = cap;
	}
	persistent.ranges[persistent.nranges] = (struct range){p, p + n};
	store_rel(&persistent.nranges, persistent.nranges + 1);
}

bool
persistentRange(uint32_t i, uintptr_t *lo, uintptr_t *hi)
{
	if (i >= load_acq(&persistent.nranges))
		return false;
	const struct range *r = &load_acq(&persistent.ranges)[i];
	*lo = r->lo;
	*hi = r->hi;
	return true;
}

/* persistent.lock. 0: refused. */
static uintptr_t
map(uintptr_t size, bool noscan, bool large)
{
	uintptr_t p = (uintptr_t)sysAlloc(size);
	if (p == 0)
		return 0;
	persistent.sys += size;
	if (COLLECTS && !noscan)
		noteRange(p, size);
	if (large)
		sysHugePage((void *)p, size);
	return p;
}

/* persistent.lock. Half of a large chunk has been used: the next is there, and is touched by the time when it is
 * needed, and not with locks held. */
static void
keepSpare(void)
{
	const struct pool *pool = &persistent.pool[true];
	if (persistent.spare != 0 || pool->end - pool->next > PERSISTENT_LARGE / 2)
		return;
	persistent.spare = map(PERSISTENT_LARGE, true, true);
	if (persistent.spare != 0)
		freshWant(persistent.spare, persistent.spare + PERSISTENT_LARGE);
}

static void *
persistentallocIn(uintptr_t n, uintptr_t align, bool noscan)
{
	if (align == 0)
		align = 8;
	if (!isPowerOfTwo(align) || align > PERSISTENT_CHUNK)
		throw("persistentalloc: align is not a power of two");
	if (n > MAX_ALLOC)
		outOfMemory(n);
	bool own = n > PERSISTENT_CHUNK / 4 && align <= physPageSize;

	lock(&persistent.lock);
	uintptr_t p = own ? 0 : alignUp(persistent.pool[noscan].next, align);
	if (own || p == 0 || p + n > persistent.pool[noscan].end) {
		bool large = !own && persistent.sys >= PERSISTENT_LARGE;
		uintptr_t size = own     ? alignUp(n, physPageSize)
				 : large ? PERSISTENT_LARGE
					 : PERSISTENT_CHUNK + align;
		if (!own && n > PERSISTENT_CHUNK)
			size = alignUp(n + align, physPageSize);
		size = alignUp(size, physPageSize);
		if (COLLECTS && noscan && size == PERSISTENT_LARGE && persistent.spare != 0) {
			p = persistent.spare;
			persistent.spare = 0;
		} else {
			p = map(size, noscan, large);
		}
		if (p == 0) {
			unlock(&persistent.lock);
			noteRefused(size, REFUSED_TABLES);
			outOfMemory(n);
		}
		if (own) {
			unlock(&persistent.lock);
			return (void *)p;
		}
		persistent.pool[noscan].end = p + size;
		p = alignUp(p, align);
	}
	persistent.pool[noscan].next = p + n;
	if (COLLECTS && noscan && persistent.sys >= SPARE_FROM)
		keepSpare();
	unlock(&persistent.lock);
	return (void *)p;
}

void *
persistentalloc(uintptr_t n, uintptr_t align)
{
	return persistentallocIn(n, align, false);
}

void *
persistentallocNoscan(uintptr_t n, uintptr_t align)
{
	return persistentallocIn(n, align, COLLECTS);
}

uint64_t
persistentSys(void)
{
	lock(&persistent.lock);
	uint64_t n = persistent.sys;
	unlock(&persistent.lock);
	return n;
}
