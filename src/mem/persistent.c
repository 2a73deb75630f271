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

struct range {
	uintptr_t lo, hi;
};

static struct {
	struct mutex lock;
	/* lock; [1]: noscan */
	struct {
		uintptr_t next, end;
	} pool[2];
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
		p = (uintptr_t)sysAlloc(size);
		if (p == 0) {
			unlock(&persistent.lock);
			noteRefused(size, REFUSED_TABLES);
			outOfMemory(n);
		}
		persistent.sys += size;
		if (COLLECTS && !noscan)
			noteRange(p, size);
		if (large)
			sysHugePage((void *)p, size);
		if (own) {
			unlock(&persistent.lock);
			return (void *)p;
		}
		persistent.pool[noscan].end = p + size;
		p = alignUp(p, align);
	}
	persistent.pool[noscan].next = p + n;
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
