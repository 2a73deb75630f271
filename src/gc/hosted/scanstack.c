/* scanstack.c: stacks and registers.                                                 room: gc
 *
 * With the world stopped each goroutine is in one of these states, and its stack is read from where
 * its stack pointer is to the end, its g included (which lies there, and holds what a deferred call, a
 * panic, a start argument or a wait needs):
 *     switched out     sched.sp; the registers that calls preserve lie there
 *     stopped by a signal (computing, waiting for a turn, or in a call)    the kernel's frame has sp
 *                      and all registers; what lies in the 128 bytes below sp counts, too; and so do
 *                      vector registers: a copy under way may be the only one who knows a pointer
 *     inside the runtime without a P, on the way into a call or out of it    m->scansp
 *     the collector's own    sched.sp, which systemstack has left
 * The third state may change under our eyes: such a thread runs on until it needs a P, and is the first
 * then. Each place where its registers are is made known before the last one becomes wrong.
 *
 * Split stacks. A goroutine stands on one of up to three stacks, in their order, and those below have
 * frames up to an unknown place: they are read whole. One that is switched out loses those above.
 *
 * sp on none of them: a handler of the program's on the signal stack, a coroutine of a library's, a
 * callback on a stack that it allocated. Then that stack is read to the end of its mapping, and the
 * goroutine's own as far as it is mapped, because nobody knows how much of it is in use. So it is always
 * with a thread of the program's that was on such a stack when it first called.
 * Where a mapping ends /proc/self/maps says; a process without a file descriptor left does not get to
 * know it, and tries page by page.
 *
 * Scheduling stacks (g0) hold goroutines' addresses but none of objects.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

#include "core/broken.h"

static bool
readable(uintptr_t p)
{
	uintptr_t word;
	return osPeek(&word, (const void *)p, sizeof word);
}

static void
scanMapped(struct marker *mk, const struct stack *st)
{
	uintptr_t lo, hi;
	if (st->hi == 0)
		return;
	if (!osMapping(st->hi - PTRSIZE, &lo, &hi)) {
		lo = alignDown(st->hi - PTRSIZE, physPageSize);
		while (lo > st->lo && readable(lo - physPageSize))
			lo -= physPageSize;
	}
	markStackRange(mk, lo > st->lo ? lo : alignUp(st->lo, PTRSIZE), st->hi);
}

/* sp is on none of gp's stacks. A mapping may have guards inside, which do not part it: it is read as
 * far as the kernel lets us. */
static cold void
scanElsewhere(struct marker *mk, struct g *gp, uintptr_t sp)
{
	uintptr_t lo, hi, from = sp - SIGCTX_REDZONE;
	if (!osMapping(sp, &lo, &hi)) {
		lo = alignDown(sp, physPageSize);
		hi = UINTPTR_MAX - physPageSize;
	}
	if (from < lo || !readable(from))
		from = sp;
	for (uintptr_t end; from < hi && readable(from); from = end) {
		end = alignUp(from + 1, physPageSize);
		markStackRange(mk, from, end);
	}
	scanMapped(mk, &gp->stack);
	scanMapped(mk, &gp->hop[0]);
	scanMapped(mk, &gp->hop[1]);
	if (gp->lockedm != NULL)
		scanMapped(mk, &gp->lockedm->ownstack);
}

/* From sp up. */
static void
scanFrom(struct marker *mk, struct g *gp, uintptr_t sp)
{
	sp = alignDown(sp, PTRSIZE);
	const struct stack *on = stackOf(gp, sp);
	if (on == NULL || (gp->lockedm != NULL && gp->lockedm->ownstack.hi != 0)) {
		scanElsewhere(mk, gp, sp);
		return;
	}
	mk->sum.stacks += on->hi - sp;
	markStackRange(mk, sp, on->hi);
	if (on != &gp->stack)
		markStackRange(mk, alignUp(gp->stack.lo, PTRSIZE), gp->stack.hi);
	if (on == &gp->hop[1] && gp->hop[0].hi != 0)
		markStackRange(mk, alignUp(gp->hop[0].lo, PTRSIZE), gp->hop[0].hi);
}

static void
scanSignalled(struct marker *mk, struct g *gp, const void *ctx)
{
	uintptr_t lo, hi;
	for (uint32_t i = 0; sigctxRange(ctx, i, &lo, &hi); i++)
		if (!BROKEN(ROOTREGS) && !(BROKEN(ROOTVECTORS) && i > 0))
			markStackRange(mk, lo, hi);
	uintptr_t sp = sigctxSp(ctx), from = sp - SIGCTX_REDZONE;
	/* The red zone of a stack that is used up would be in its guard. */
	const struct stack *on = stackOf(gp, sp);
	scanFrom(mk, gp, on == NULL ? sp : from > on->lo ? from : on->lo);
}

/* The memory that alloca found no room for on a small stack. */
static void
scanAllocas(struct marker *mk, struct g *gp)
{
	uintptr_t lo, hi;
	const struct allocablock *b = gp->allocas;
	while (b != NULL) {
		b = allocaNext(b, &lo, &hi);
		markStackRange(mk, lo, hi);
	}
}

/* How often to look before the processor is given up, and how long before it must be a bug: a thread may
 * be held up by a debugger, or by a machine that is out of memory. */
enum { LOOKS = 1000 };
#define LOOKS_LONGEST (5 * 60 * SEC)

static void
scanG(struct marker *mk, struct g *gp)
{
	int64_t began = 0;
	for (uint64_t look = 0;; look++) {
		uint32_t st = load_acq(&gp->atomicstatus);
		if (st == Gdead)
			return;
		struct m *mp = load_acq(&gp->m);
		if (st == Gwaiting || st == Grunnable || gp == mk->self) {
			if (GORT_SPLIT && gp != mk->self && debug.gcshrinkstackoff == 0)
				stackShrink(gp);
			scanFrom(mk, gp, gp->sched.sp);
			break;
		}
		const void *ctx = mp != NULL ? load_acq(&mp->stopctx) : NULL;
		if (ctx != NULL) {
			scanSignalled(mk, gp, ctx);
			break;
		}
		uintptr_t sp = mp != NULL ? load_acq(&mp->scansp) : 0;
		if (sp != 0) {
			if (!BROKEN(ROOTCALLS))
				scanFrom(mk, gp, sp);
			break;
		}
		if (look == LOOKS)
			began = nanotime();
		if (look > LOOKS && look % LOOKS == 0 && nanotime() - began > LOOKS_LONGEST)
			throwf("gc: a goroutine's registers cannot be found",
				"goroutine %lu is %u, m=%ld", (unsigned long)gp->goid, st,
				mp != NULL ? (long)mp->id : -1l);
		if (look > LOOKS)
			osyield();
		else
			procyield(10);
	}
	markRange(mk, (uintptr_t)gp, (uintptr_t)(gp + 1));
	if (GORT_SPLIT)
		scanAllocas(mk, gp);
}

void
scanGoroutines(struct marker *mk, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		scanG(mk, world.gAt(i));
}
