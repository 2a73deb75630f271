/* persistent.c: off-heap memory that is never given back.                            room: mem
 *
 * Bumps through chunks of 256 KiB, of 4 MiB on huge pages once there are 4 MiB (descriptors of
 * typed objects need one byte for each eight of a small object: page faults in small steps would
 * show); what is larger than 64 KiB gets a mapping of its own. It
 * serves everything the runtime keeps for good: span structs, side tables, Ms, Ps. Usable from
 * the first line of mallocinit. Lock: persistent.lock, below mheap's.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

#define PERSISTENT_CHUNK (256 * KiB)
#define PERSISTENT_LARGE (4 * MiB)

static struct {
	struct mutex lock;
	uintptr_t next, end; /* lock */
	uint64_t sys;        /* lock */
} persistent;

void
persistentInit(void)
{
	lockInit(&persistent.lock, LOCKRANK_PERSISTENT);
}

void *
persistentalloc(uintptr_t n, uintptr_t align)
{
	if (align == 0)
		align = 8;
	if (!isPowerOfTwo(align) || align > PERSISTENT_CHUNK)
		throw("persistentalloc: align is not a power of two");
	if (n > MAX_ALLOC)
		outOfMemory(n);
	bool own = n > PERSISTENT_CHUNK / 4 && align <= physPageSize;

	lock(&persistent.lock);
	uintptr_t p = own ? 0 : alignUp(persistent.next, align);
	if (own || persistent.next == 0 || p + n > persistent.end) {
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
		if (large)
			sysHugePage((void *)p, size);
		if (own) {
			unlock(&persistent.lock);
			return (void *)p;
		}
		persistent.end = p + size;
		p = alignUp(p, align);
	}
	persistent.next = p + n;
	unlock(&persistent.lock);
	return (void *)p;
}

uint64_t
persistentSys(void)
{
	lock(&persistent.lock);
	uint64_t n = persistent.sys;
	unlock(&persistent.lock);
	return n;
}
