/* mark.c: from addresses to objects, from objects to what they point to.             room: gc
 *
 * Marking is: set the object's mark bit; if it was clear and the object can hold pointers, queue it
 * (gcwork). drain takes objects off the queue and looks at their words, until it is empty. An object
 * is queued by the address of its slot, once.
 *
 * How the words of an object are read depends on its span: noscan and tiny ones not at all,
 * conservative ones each as an address that may be anything, typed ones by their descriptor's mask.
 * A descriptor describes the first ptrdata bytes of each size bytes; an array's slot repeats it. A
 * descriptor without a mask (a program of gccgo's for types that are too large for one) is read as
 * conservative.
 *
 * Pointers that are not to an object's start keep it as well. One past the end is the address of the next
 * slot. In memory in general it counts for the object before only if no object is at that
 * address: were both kept, each live object would keep its neighbour, and all that this one leads
 * to. But compilers turn loops over an array around, so that a register or a stack slot holds
 * nothing but the end: words from there keep both (markStackWord).
 *
 * Bits are set without atomics: one thread marks, the world stands still.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

/* The slot that addr is in, if it holds an object. */
static always_inline struct mspan *
findSlot(uintptr_t addr, uint32_t *index)
{
	struct heapArena *ha = arenaOf(addr);
	if (ha == NULL)
		return NULL;
	struct mspan *s = ha->spans[addr / PAGE_SIZE % ARENA_PAGES];
	if (s == NULL)
		return NULL;
	uint32_t i = objIndex(s, addr);
	if (i >= s->nelems || !(s->allocBits[i / 64] >> (i % 64) & 1))
		return NULL;
	*index = i;
	return s;
}

static always_inline void
markSlot(struct marker *mk, struct mspan *s, uint32_t i)
{
	uint64_t bit = (uint64_t)1 << (i % 64), *word = &s->markBits[i / 64];
	if (*word & bit)
		return;
	*word |= bit;
	mk->bytes += s->elemsize;
	if (spanKind(s) == SPAN_NOSCAN || spanKind(s) == SPAN_TINY)
		return;
	gcwork_put(mk->work, slotAddr(s, i));
}

static always_inline bool
inHeap(const struct marker *mk, uintptr_t addr)
{
	return addr - mk->lo <= mk->size; /* the end of the last object, too */
}

/* addr is the end of a slot: the object in it. */
static never_inline void
markEndOf(struct marker *mk, uintptr_t addr)
{
	uint32_t i;
	struct mspan *s = findSlot(addr - 1, &i);
	if (s != NULL && slotAddr(s, i + 1) == addr)
		markSlot(mk, s, i);
}

static always_inline void
markWord(struct marker *mk, uintptr_t addr)
{
	if (likely(!inHeap(mk, addr)))
		return;
	uint32_t i;
	struct mspan *s = findSlot(addr, &i);
	if (likely(s != NULL))
		markSlot(mk, s, i);
	else if (addr % PTRSIZE == 0)
		markEndOf(mk, addr);
}

static always_inline void
markStackWord(struct marker *mk, uintptr_t addr)
{
	if (likely(!inHeap(mk, addr)))
		return;
	uint32_t i;
	struct mspan *s = findSlot(addr, &i);
	if (s != NULL)
		markSlot(mk, s, i);
	if (s == NULL || slotAddr(s, i) == addr)
		markEndOf(mk, addr);
}

/* Under valgrind: one that may not be defined. */
static cold void
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
	if (unlikely(onValgrind)) {
		markUndefined(mk, lo, hi, false);
		return;
	}
	for (const uintptr_t *p = (const uintptr_t *)lo; (uintptr_t)(p + 1) <= hi; p++)
		markWord(mk, *p);
}

no_sanitize void
markStackRange(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
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
	markWord(mk, addr);
}

static always_inline no_sanitize void
markRead(struct marker *mk, const uintptr_t *p)
{
	if (unlikely(onValgrind))
		markUndefined(mk, (uintptr_t)p, (uintptr_t)(p + 1), false);
	else
		markWord(mk, *p);
}

/* The object of t's, one or several, from p to end. */
static no_sanitize void
scanTyped(struct marker *mk, uintptr_t p, uintptr_t end, const struct type *t)
{
	uintptr_t words = t->ptrdata / PTRSIZE;
	for (; p + t->size <= end; p += t->size) {
		const uintptr_t *w = (const uintptr_t *)p;
		for (uintptr_t i = 0; i < words; i++)
			if (t->gcdata[i / 8] >> (i % 8) & 1)
				markRead(mk, &w[i]);
	}
}

static bool
hasMask(const struct type *t)
{
	return t != NULL && t->gcdata != NULL && !(t->kind & KindGCProg) && t->size != 0 &&
	       t->size % PTRSIZE == 0;
}

static void
scanObject(struct marker *mk, uintptr_t obj)
{
	struct mspan *s = spanOf(obj);
	uint32_t i = objIndex(s, obj);
	uintptr_t end = obj + s->elemsize;
	if (spanSizeclass(s) == 0)
		end = obj + alignUp(s->largesize, PTRSIZE);
	if (spanKind(s) == SPAN_TYPED && hasMask(s->types[i]))
		scanTyped(mk, obj, end, s->types[i]);
	else
		markRange(mk, obj, end);
}

void
markDrain(struct marker *mk)
{
	uintptr_t obj;
	while ((obj = gcwork_tryGet(mk->work)) != 0)
		scanObject(mk, obj);
}

bool
isMarked(uintptr_t addr)
{
	uint32_t i;
	struct mspan *s = findSlot(addr, &i);
	return s != NULL && (s->markBits[i / 64] >> (i % 64) & 1);
}
