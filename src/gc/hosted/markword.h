/* markword.h: from an address to its mark bit, inline: for the files that mark.       room: gc
 *
 * Marking is: set the object's mark bit; if it was clear and the object can hold pointers, queue it
 * (gcwork). An object is queued by the address of its slot, once.
 *
 * Several threads may mark (team.c, concurrent.c): then bits are set by atomic operations, and whoever has set
 * one queues the object. All else that is written here is the thread's own.
 *
 * Pointers that are not to an object's start keep it as well. One past the end is the address of the next
 * slot. In memory in general it counts for the object before only if no object is at that
 * address: were both kept, each live object would keep its neighbour, and all that this one leads
 * to. But compilers turn loops over an array around, so that a register or a stack slot holds
 * nothing but the end: words from there keep both (mark.c: markStackWord).
 *
 * In a large heap a pointer's way to its mark bit is long: the span's struct is not in the cache, and its
 * bits are not, and a locked operation on them waits for all that is under way. So pointers found
 * in objects go through a ring (mk->way): the struct's line is asked for first, the bits'
 * after FOUND / 2 others, and after as many again it is marked. Small heaps, whose spans stay
 * in the cache, do without. Measured with four million objects of 64 bytes that point anywhere, ns an
 * object: 64 to 41 for C, 170 to 50 for Go, whose types are one more miss. What waits in the rings has
 * a place in the count of a marker's work as the queue has: nextObject (markobject.c) says "none" when all
 * are empty. (Ring buffers before the header is read: OCaml 5's marker. One more stage, for the table of spans,
 * costs more than it brings: it is small enough for the second cache.)
 */
#ifndef GORT_GC_HOSTED_MARKWORD_H
#define GORT_GC_HOSTED_MARKWORD_H

#include "gc/hosted/collect.h"
#include "gc/workbuf.h"

#include "core/broken.h"

/* How many objects are read between two looks around, and how many bytes. */
#define LOT       16
#define LOT_BYTES (16 * KiB)

/* ---- mark.c: what is seldom wanted -------------------------------------------------------- */

struct mspan *spanInOther(struct marker *mk, uintptr_t addr);
/* addr is the end of a slot: the object in it. */
void markEndOf(struct marker *mk, uintptr_t addr);
/* Under valgrind: words that may not be defined. */
void markUndefined(struct marker *mk, uintptr_t lo, uintptr_t hi, bool stack);

/* ---- markobject.c --------------------------------------------------------------------------- */

/* What is at `at` on the queue. Returns how many bytes that was. */
uintptr_t markObject(struct marker *mk, uintptr_t at);

static inline bool
hasMask(const struct type *t)
{
	return t != NULL && t->gcdata != NULL && !(t->kind & KindGCProg) && t->size != 0 &&
	       t->size % PTRSIZE == 0;
}

/* ---- markpage.c, markquick.c ---------------------------------------------------------------- */

/* A page that was written, as it is on the queue: what lies on it of objects that are marked. Returns its size. */
uintptr_t markPage(struct marker *mk, uintptr_t item);
/* Some objects off the queue, in a small heap. Returns how many bytes that was; 0: there was nothing. */
uint64_t markQuick(struct marker *mk);

/* ---- addresses ------------------------------------------------------------------------------ */

/* The span that addr, which is below MAX_ALLOC, is in, or NULL. */
static always_inline struct mspan *
spanIn(struct heapArena **const *arenas, uintptr_t addr)
{
	struct heapArena *ha = arenaIn(arenas, addr);
	return likely(ha != NULL) ? ha->spans[addr / PAGE_SIZE % ARENA_PAGES] : NULL;
}

/* The same. All of a small heap is most likely in one arena. */
static always_inline struct mspan *
spanAt(struct marker *mk, uintptr_t addr)
{
	if (mk->large)
		return spanIn(mk->arenas, addr);
	uintptr_t offset = addr - mk->arena; /* at first 0, where no arena is */
	return likely(offset < ARENA_SIZE) ? mk->spans[offset / PAGE_SIZE] : spanInOther(mk, addr);
}

/* The slot of s that addr is in: s, if it holds an object. */
static always_inline struct mspan *
slotIn(struct mspan *s, uintptr_t addr, uint32_t *index)
{
	if (s == NULL)
		return NULL;
	uint32_t i = objIndex(s, addr);
	if (i >= s->nelems || !(s->allocBits[i / 64] >> (i % 64) & 1))
		return NULL;
	*index = i;
	return s;
}

/* False: it was set. */
static always_inline bool
setBit(struct marker *mk, uint64_t *word, uint64_t bit)
{
	uint64_t old = load_rlx(word);
	if (old & bit)
		return false;
	if (BROKEN(TEAMBITS))
		brokenPause();
	if (mk->alone || BROKEN(TEAMBITS)) {
		store_rlx(word, old | bit);
		return true;
	}
	return !(__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit);
}

static always_inline void
markSlot(struct marker *mk, struct mspan *s, uint32_t i)
{
	if (unlikely(mk->check != NULL)) {
		checkSlot(mk, s, i);
		return;
	}
	if (BROKEN(MARKLOST) && brokenTurn(1000))
		return;
	if (!setBit(mk, &s->markBits[i / 64], (uint64_t)1 << (i % 64)))
		return;
	mk->sum.bytes += s->elemsize;
	if (spanKind(s) != SPAN_NOSCAN && spanKind(s) != SPAN_TINY) {
		if (spanKind(s) == SPAN_TYPED)
			slotTypeSoon(s, i);
		gcwork_putFast(mk->work, slotAddr(s, i));
	}
}

static always_inline bool
inHeap(const struct marker *mk, uintptr_t addr)
{
	return addr - mk->lo <= mk->size; /* the end of the last object, too */
}

/* addr lies in the heap. */
static always_inline void
markHeapWord(struct marker *mk, uintptr_t addr)
{
	uint32_t i;
	struct mspan *s = slotIn(spanAt(mk, addr), addr, &i);
	if (likely(s != NULL))
		markSlot(mk, s, i);
	else if (addr % PTRSIZE == 0)
		markEndOf(mk, addr);
}

/* The end of a pointer's way: its span is in the cache, and its bits are or will be soon. */
static always_inline void
markInSpan(struct marker *mk, struct mspan *s, uintptr_t addr)
{
	uint32_t i = objIndex(s, addr);
	if (likely(i < s->nelems && (s->allocBits[i / 64] >> (i % 64) & 1)))
		markSlot(mk, s, i);
	else if (addr % PTRSIZE == 0)
		markEndOf(mk, addr);
}

/* addr lies in the heap, which is large. */
static always_inline void
markHeapWordLater(struct marker *mk, uintptr_t addr)
{
	struct mspan *s = spanIn(mk->arenas, addr);
	if (unlikely(s == NULL)) {
		if (addr % PTRSIZE == 0)
			markEndOf(mk, addr);
		return;
	}
	__builtin_prefetch(s);
	uint32_t n = mk->found++ % FOUND;
	struct mspan *old = mk->way[n].span;
	uintptr_t oldaddr = mk->way[n].addr;
	mk->way[n].span = s;
	mk->way[n].addr = addr;
	uint32_t half = (n + FOUND / 2) % FOUND;
	struct mspan *next = mk->way[half].span;
	if (likely(next != NULL))
		__builtin_prefetch(&next->markBits[objIndex(next, mk->way[half].addr) / 64]);
	if (likely(old != NULL))
		markInSpan(mk, old, oldaddr);
}

static always_inline void
markWord(struct marker *mk, uintptr_t addr)
{
	if (unlikely(inHeap(mk, addr)))
		markHeapWord(mk, addr);
}

#endif
