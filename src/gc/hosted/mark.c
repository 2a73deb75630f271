/* mark.c: what words in memory point to.                                             room: gc
 *
 * A range of memory - variables, stacks, registers, an object of which nothing is known - is read word by word,
 * each as an address that may be anything; those that lie in the heap lead to their objects (markword.h).
 * How objects are read is markobject.c's, pages that were written markpage.c's.
 */
#define GORT_GC_IMPL
#include "gc/hosted/markword.h"

never_inline struct mspan *
spanInOther(struct marker *mk, uintptr_t addr)
{
	struct heapArena *ha = arenaIn(mk->arenas, addr);
	if (ha == NULL)
		return NULL;
	mk->arena = alignDown(addr, ARENA_SIZE);
	mk->spans = ha->spans;
	return mk->spans[addr / PAGE_SIZE % ARENA_PAGES];
}

never_inline void
markEndOf(struct marker *mk, uintptr_t addr)
{
	uint32_t i;
	struct mspan *s = slotIn(spanAt(mk, addr - 1), addr - 1, &i);
	if (s != NULL && slotAddr(s, i + 1) == addr)
		markSlot(mk, s, i);
}

static always_inline void
markStackWord(struct marker *mk, uintptr_t addr)
{
	if (likely(!inHeap(mk, addr)))
		return;
	uint32_t i;
	struct mspan *s = slotIn(spanAt(mk, addr), addr, &i);
	if (s != NULL)
		markSlot(mk, s, i);
	if (s == NULL || slotAddr(s, i) == addr)
		markEndOf(mk, addr);
}

/* Under valgrind: one that may not be defined. */
cold void
markUndefined(struct marker *mk, uintptr_t lo, uintptr_t hi, bool stack)
{
	valgrindQuiet(true);
	for (const uintptr_t *p = (const uintptr_t *)lo; (uintptr_t)(p + 1) <= hi; p++) {
		uintptr_t addr = *p;
		valgrindDefined(&addr, sizeof addr);
		if (stack)
			markStackWord(mk, addr);
		else
			markWord(mk, addr);
	}
	valgrindQuiet(false);
}

no_sanitize void
markRange(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
	mk->from = lo;
	if (unlikely(onValgrind)) {
		markUndefined(mk, lo, hi, false);
		return;
	}
	uintptr_t heap = mk->lo, size = mk->size; /* in registers */
	for (hi = alignDown(hi, PTRSIZE); lo < hi; lo += PTRSIZE) {
		uintptr_t addr = load_rlx((const uintptr_t *)lo);
		if (addr - heap <= size)
			markHeapWord(mk, addr);
	}
}

no_sanitize void
markSparse(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
	if (unlikely(onValgrind)) {
		markRange(mk, lo, hi);
		return;
	}
	mk->from = lo;
	const uintptr_t *p = (const uintptr_t *)lo,
			*end = (const uintptr_t *)alignDown(hi, PTRSIZE);
	while (p < end && (p = findWord(p, end, mk->lo, mk->size)) < end)
		markHeapWord(mk, *p++);
}

no_sanitize void
markStackRange(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
	mk->from = lo | 1;
	if (unlikely(onValgrind)) {
		markUndefined(mk, lo, hi, true);
		return;
	}
	for (const uintptr_t *p = (const uintptr_t *)lo; (uintptr_t)(p + 1) <= hi; p++)
		markStackWord(mk, *p);
}

void
markAddress(struct marker *mk, uintptr_t addr)
{
	mk->from = 0;
	markWord(mk, addr);
}

void
shade(struct gcwork *work, uintptr_t addr)
{
	uint32_t i;
	struct heapArena **const *arenas = arenaTable();
	if (addr >= MAX_ALLOC)
		return;
	struct mspan *s = slotIn(spanIn(arenas, addr), addr, &i);
	if (s == NULL && (addr % PTRSIZE != 0 || addr == 0 ||
				 (s = slotIn(spanIn(arenas, addr - 1), addr - 1, &i)) == NULL ||
				 slotAddr(s, i + 1) != addr))
		return;
	uint64_t *word = &s->markBits[i / 64], bit = (uint64_t)1 << (i % 64);
	if (load_rlx(word) & bit || __atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit)
		return;
	work->shaded += s->elemsize;
	if (spanKind(s) != SPAN_NOSCAN && spanKind(s) != SPAN_TINY)
		gcwork_putFast(work, slotAddr(s, i));
}

bool
isMarked(uintptr_t addr)
{
	uint32_t i;
	struct mspan *s = slotIn(spanIn(arenaTable(), addr), addr, &i);
	return s != NULL && (load_rlx(&s->markBits[i / 64]) >> (i % 64) & 1);
}
