/* checkmark.c: GODEBUG=gccheckmark=1: every mark is done once more, and compared.       room: gc
 *
 * When a mark is over and the world stands still, what can be reached from the roots is looked for again, by
 * one thread, with bits of its own. What it reaches has to be marked: an object that is not would be
 * freed under the hands of its users. The other way round says nothing: a mark that ran beside the
 * program keeps what was reachable when it began.
 *
 * The bits: one for 8 bytes of an arena, a MiB for each, made for the pass. The way through the heap is
 * mark.c's: a marker with `check` set comes here for each object (checkSlot) instead of setting its mark bit.
 * What it is reading says marker.from, which is where a range begins (odd: of a stack); the word is
 * looked for only when somebody wants to know it.
 *
 * Stacks are read word by word, and hold words that nobody will use again. A frame that was entered after
 * the mark had read the stack shows what lay there before, perhaps the address of an object that is
 * long dead. So:
 *     stacksCount    nothing has run since the mark began: a stack's words count, but for those below
 *                    syscallsp, in frames of the runtime's on its way out of a call, which goes on under a stop
 *     otherwise      an object that only a stack leads to may be unmarked: it is passed over
 * The runtime's own memory is read word by word, too, and counts: two counters of 32 bits, side by side, look
 * like an address when the upper one is at 192. Where something has run meanwhile it does not count either.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"
#include "gc/workbuf.h"

enum { DUMP_WORDS = 16 };

struct checkmark {
	uint64_t *bits;
	uintptr_t bytes; /* of bits */
	bool stacksCount;
	uint64_t n; /* objects found */
};

#define ARENA_BITS (ARENA_SIZE / PTRSIZE)

static struct heapArena *
arenaFor(const struct marker *mk, uintptr_t addr)
{
	return arenaIn(mk->arenas, addr);
}

/* ---- the report --------------------------------------------------------------------------- */

static struct g *
whoseStack(uintptr_t p)
{
	uint32_t n = load_acq(&nallgs);
	for (uint32_t i = 0; i < n; i++)
		if (stackOf(world.gAt(i), p) != NULL)
			return world.gAt(i);
	return NULL;
}

/* The word that led to slot i, at from or after it; 0: it is not to be found. */
static uintptr_t
wordTo(uintptr_t from, const struct mspan *s, uint32_t i)
{
	uintptr_t word, lo = slotAddr(s, i);
	if (from == 0)
		return 0;
	for (uintptr_t p = alignDown(from, PTRSIZE); osPeek(&word, (const void *)p, sizeof word);
		p += PTRSIZE)
		if (word - lo <= s->elemsize)
			return p;
	return 0;
}

static void
dump(const char *what, const struct mspan *s, uint32_t i, uintptr_t mark)
{
	static const char *const kinds[] = {"conservative", "noscan", "typed", "tiny"};
	const struct type *t = spanKind(s) == SPAN_TYPED ? slotType(s, i) : NULL;
	uintptr_t base = slotAddr(s, i), words = s->elemsize / PTRSIZE;
	rtprintf("%s=%p s.base=%p s.spanclass=%u (%s) s.elemsize=%lu s.sweepgen=%u slot=%u", what,
		(void *)base, (void *)s->base, s->spanclass, kinds[spanKind(s)],
		(unsigned long)s->elemsize, load_rlx(&s->sweepgen), i);
	if (t != NULL && t->string != NULL)
		rtprintf(" type=%.*s", (int)t->string->len, (const char *)t->string->str);
	rtprintf("\n");
	for (uintptr_t w = 0; w < words; w++) {
		const uintptr_t *p = (const uintptr_t *)base + w;
		if (w >= DUMP_WORDS && (uintptr_t)p != mark)
			continue;
		rtprintf(" *(%s+%lu) = 0x%lx%s\n", what, (unsigned long)(w * PTRSIZE),
			(unsigned long)*p, (uintptr_t)p == mark ? " <==" : "");
	}
}

static cold _Noreturn void
unmarked(const struct marker *mk, struct mspan *s, uint32_t i)
{
	struct mspan *holder;
	uintptr_t at = wordTo(mk->from, s, i), index, base;
	const struct g *gp = whoseStack(at);
	printlock();
	rtprintf("runtime: checkmarks found unexpected unmarked object obj=%p\n",
		(void *)slotAddr(s, i));
	base = at != 0 ? findObject(at, &holder, &index) : 0;
	if (base != 0 && at - base < holder->elemsize) {
		rtprintf("runtime: found obj at *(%p+0x%lx)\n", (void *)base,
			(unsigned long)(at - base));
		dump("base", holder, (uint32_t)index, at);
	} else if (gp != NULL) {
		rtprintf("runtime: found obj at *%p, on the stack of goroutine %lu\n", (void *)at,
			(unsigned long)gp->goid);
	} else if (at != 0) {
		rtprintf("runtime: found obj at *%p, %s\n", (void *)at,
			mk->from % 2 != 0 ? "in registers" : "a root");
	} else {
		rtprintf("runtime: found obj in a record of finalizers, cleanups, weak handles\n");
	}
	dump("obj", s, i, 0);
	printunlock();
	throw("checkmark found unmarked object");
}

/* ---- the pass ------------------------------------------------------------------------------ */

/* Is that neither the heap nor a variable, but memory of the runtime's? */
static bool
runtimes(const struct marker *mk, uintptr_t from)
{
	uintptr_t lo, hi;
	if (from == 0 || from - mk->lo <= mk->size)
		return false;
	for (uint32_t i = 0; osObjectsData(i, &lo, &hi); i++)
		if (from >= lo && from < hi)
			return false;
	return true;
}

/* Is an object that is not marked, found in what mk reads, lost? */
static bool
isLost(const struct marker *mk, const struct mspan *s, uint32_t i)
{
	if (mk->from % 2 == 0)
		return mk->check->stacksCount || !runtimes(mk, mk->from);
	if (!mk->check->stacksCount)
		return false;
	uintptr_t at = wordTo(mk->from, s, i);
	const struct g *gp = whoseStack(at);
	return gp == NULL || at >= gp->syscallsp;
}

void
checkSlot(struct marker *mk, struct mspan *s, uint32_t i)
{
	const struct heapArena *ha = arenaFor(mk, s->base);
	uintptr_t base = slotAddr(s, i);
	/* A large object's first page may be in another arena than what was found; never its start. */
	uint64_t n = ha->pos * (uint64_t)ARENA_BITS + (base - ha->base) / PTRSIZE;
	uint64_t *word = &mk->check->bits[n / 64], bit = (uint64_t)1 << (n % 64);
	if (*word & bit)
		return;
	if (!(load_rlx(&s->markBits[i / 64]) >> (i % 64) & 1)) {
		if (isLost(mk, s, i))
			unmarked(mk, s, i);
		return;
	}
	*word |= bit;
	mk->check->n++;
	if (spanKind(s) != SPAN_NOSCAN && spanKind(s) != SPAN_TINY)
		gcwork_put(mk->work, base);
}

void
checkMarks(struct g *self, bool stacksCount)
{
	struct marker mk = {.arenas = arenaTable(), .alone = true, .self = self};
	struct checkmark check = {.stacksCount = stacksCount};
	uintptr_t hi;
	mheap_bounds(&mk.lo, &hi);
	mk.size = hi - mk.lo;
	/* Arenas are numbered by their addresses. */
	check.bytes = mk.size == 0 ? 0 : (arenaOf(hi - 1)->pos + (uintptr_t)1) * (ARENA_BITS / 8);
	check.bits = check.bytes == 0 ? NULL : sysAlloc(check.bytes);
	if (check.bytes != 0 && check.bits == NULL)
		throw("out of memory (bits of gccheckmark)");
	mk.check = &check;
	mk.work = getg()->m->p->gcw;
	rootsPrepare();
	do
		markDrain(&mk);
	while (rootsMarkNext(&mk));
	gort_assert(gcwork_empty(mk.work));
	if (check.bits != NULL)
		sysFree(check.bits, check.bytes);
	xadd(&gcstats.checked, check.n);
}
