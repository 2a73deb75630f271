/* barrier.c: the deletion barrier.                                                   room: gc
 *
 * While a program of Go's is marked it runs. The mark finds all that could be reached at one instant, the
 * snapshot: the stop with which marking begins. At that instant all roots and all stacks are read
 * (cycle.c); what is in the heap is read later. So a pointer that a heap object, or a variable, held then
 * must not be overwritten before somebody has seen it: who overwrites it marks what it points to
 * first. (Yuasa's barrier. Go's hybrid one marks the new pointer, too, because stacks are read one by one
 * there.)
 *
 * That is enough. An object that the program can reach at any later time was
 *     born since: then it was born marked; or
 *     reachable at the snapshot, by a path of pointers each of which is either still where it was, and will
 *     be read, or was overwritten, and then its object was marked.
 * Stacks are not read again: whatever is put on one comes from one of the two.
 *
 * What is stored into an object that was born since needs no barrier for itself, but does no harm.
 * Pointers that the runtime drops from its own memory, which is read at the snapshot, need none.
 *
 * A barrier is of use only if nobody stores without one. Compiled code tests a flag and then stores;
 * and it may keep what it read of the flag for a while (a loop without calls). So the flag goes up some
 * time before the snapshot, and the collector waits until every goroutine has been inside the runtime
 * since (sched/hosted/ragged.c). Code of ours that tests the flag outside the runtime is treated alike; inside (inrt > 0)
 * nobody is stopped, so there test and store are on one side of the snapshot, and of the end.
 * After the end the flag falls, and barriers may still come, from those who have read it before: they do
 * nothing.
 *
 * Within one section of the runtime the mark may come before the store or after it (an exchange knows only then
 * what was there): the end of the marking, a stop, cannot come between. Two who store into one place at once may both
 * mark what was there first, so that one new pointer is overwritten unseen. It came from a stack: its object was
 * reachable at the snapshot, or born since, and the same argument holds for it.
 *
 * Model: tests/model/snapshot.pml.
 */
#define GORT_GC_IMPL
#include "gc/barrier.h"
#include "gc/hosted/collect.h"

#include "core/broken.h"

uint32_t *gcCompiledFlag;

void
gcShade(uintptr_t addr)
{
	if (load_rlx(&gcphase) == GCmark && !BROKEN(BARRIER))
		shade(getg()->m->p->gcw, addr);
}

no_sanitize void
gcShadeRange(const void *p, uintptr_t n)
{
	if (load_rlx(&gcphase) != GCmark || BROKEN(BARRIERBULK))
		return;
	struct gcwork *work = getg()->m->p->gcw;
	uintptr_t lo = alignUp((uintptr_t)p, PTRSIZE), hi = alignDown((uintptr_t)p + n, PTRSIZE);
	for (; lo < hi; lo += PTRSIZE)
		shade(work, load_rlx((const uintptr_t *)lo));
}

static void
flagSet(uint32_t on)
{
	store_seq(&writeBarrier.enabled, on);
	if (gcCompiledFlag != NULL)
		store_seq(gcCompiledFlag, on);
}

/* From here on everybody tests the flag again before he stores. False: somebody does not come, and the
 * flag is down. The collector, world running. */
bool
barrierRaise(void)
{
	flagSet(1);
	if (BROKEN(RAGGED) || world.ragged(RAGGED_LONGEST))
		return true;
	flagSet(0);
	return false;
}

void
barrierLower(void)
{
	flagSet(0);
}
