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
 * The world stands still. Several threads may mark (team.c): then bits are set by atomic operations,
 * and whoever has set one queues the object. All else that is written here is the thread's own.
 *
 * Large objects are read in pieces of 128 KiB (PART), each queued by its own address, so that others can
 * take some: the first piece's turn queues the rest.
 *
 * Where pages are tracked (track.c) the queue also has pages that were written, which are told by a bit
 * that no object's address has: it lies in no arena.
 *
 * Objects come off the queue in the order last in, first out, and most are not in the cache when their
 * turn comes. So they are asked for then, and read only after AHEAD others.
 *
 * In a large heap the way from a pointer to its mark bit is no shorter: the span's struct is not in the
 * cache, and its bits are not, and a locked operation on them waits for all that is under way. So
 * pointers found in objects go through a ring (mk->found): the struct's line is asked for first, the bits'
 * after FOUND / 2 others, and after as many again it is marked. Small heaps, whose spans stay
 * in the cache, do without. Measured with four million objects of 64 bytes that point anywhere, ns an
 * object: 64 to 41 for C, 170 to 50 for Go, whose types are one more miss. What waits in the rings has
 * a place in the count of a marker's work as the queue has: nextObject says "none" when all are empty.
 * (Ring buffers before the header is read: OCaml 5's marker. One more stage, for the table of spans, costs more
 * than it brings: it is small enough for the second cache.)
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"
#include "gc/workbuf.h"

#include "core/broken.h"

#define PART (128 * KiB)
/* How many objects are read between two looks around, and how many bytes. */
#define LOT       16
#define LOT_BYTES (16 * KiB)

/* The span that addr, which is below MAX_ALLOC, is in, or NULL. */
static always_inline struct mspan *
spanIn(struct heapArena **const *arenas, uintptr_t addr)
{
	struct heapArena *ha = arenaIn(arenas, addr);
	return likely(ha != NULL) ? ha->spans[addr / PAGE_SIZE % ARENA_PAGES] : NULL;
}

static never_inline struct mspan *
spanInOther(struct marker *mk, uintptr_t addr)
{
	struct heapArena *ha = arenaIn(mk->arenas, addr);
	if (ha == NULL)
		return NULL;
	mk->arena = alignDown(addr, ARENA_SIZE);
	mk->spans = ha->spans;
	return mk->spans[addr / PAGE_SIZE % ARENA_PAGES];
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
			__builtin_prefetch(&s->types[i]);
		gcwork_putFast(mk->work, slotAddr(s, i));
	}
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
	struct mspan *s = slotIn(spanAt(mk, addr - 1), addr - 1, &i);
	if (s != NULL && slotAddr(s, i + 1) == addr)
		markSlot(mk, s, i);
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

/* Marks all that are on their way. False: there were none. */
static never_inline bool
markFound(struct marker *mk)
{
	bool any = false;
	for (uint32_t k = 0; k < FOUND; k++) {
		uint32_t n = mk->found++ % FOUND;
		struct mspan *s = mk->way[n].span;
		mk->way[n].span = NULL;
		if (s != NULL) {
			markInSpan(mk, s, mk->way[n].addr);
			any = true;
		}
	}
	return any;
}

static always_inline void
markWord(struct marker *mk, uintptr_t addr)
{
	if (unlikely(inHeap(mk, addr)))
		markHeapWord(mk, addr);
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

/* markRange, in a large heap. */
static no_sanitize void
scanLater(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
	uintptr_t heap = mk->lo, size = mk->size; /* in registers */
	for (hi = alignDown(hi, PTRSIZE); lo < hi; lo += PTRSIZE) {
		uintptr_t addr = load_rlx((const uintptr_t *)lo);
		if (addr - heap <= size)
			markHeapWordLater(mk, addr);
	}
}

static always_inline void
scanConservative(struct marker *mk, uintptr_t lo, uintptr_t hi)
{
	if (mk->large && likely(!onValgrind))
		scanLater(mk, lo, hi);
	else
		markRange(mk, lo, hi);
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

static always_inline no_sanitize void
markRead(struct marker *mk, const uintptr_t *p, bool later)
{
	if (unlikely(onValgrind)) {
		markUndefined(mk, (uintptr_t)p, (uintptr_t)(p + 1), false);
		return;
	}
	uintptr_t addr = *p;
	if (likely(!inHeap(mk, addr)))
		return;
	if (later)
		markHeapWordLater(mk, addr);
	else
		markHeapWord(mk, addr);
}

/* Of the object from base to end, one t or several, the words from lo to hi. */
static always_inline no_sanitize void
scanMasked(struct marker *mk, uintptr_t base, uintptr_t end, uintptr_t lo, uintptr_t hi,
	const struct type *t, bool later)
{
	uintptr_t bytes =
		(t->ptrdata / PTRSIZE + 7) / 8; /* of the mask; bits beyond ptrdata are 0 */
	uintptr_t p = lo == base ? lo : lo - (lo - base) % t->size;
	mk->from = lo;
	for (; p < hi && p + t->size <= end; p += t->size)
		for (uintptr_t i = 0; i < bytes; i++)
			for (uint32_t m = t->gcdata[i]; m != 0; m &= m - 1) {
				uintptr_t w = p + (i * 8 + (uint32_t)ctz64(m)) * PTRSIZE;
				if (w >= lo && w < hi)
					markRead(mk, (const uintptr_t *)w, later);
			}
}

static no_sanitize void
scanTyped(struct marker *mk, uintptr_t base, uintptr_t end, uintptr_t lo, uintptr_t hi,
	const struct type *t)
{
	if (mk->large)
		scanMasked(mk, base, end, lo, hi, t, true);
	else
		scanMasked(mk, base, end, lo, hi, t, false);
}

static bool
hasMask(const struct type *t)
{
	return t != NULL && t->gcdata != NULL && !(t->kind & KindGCProg) && t->size != 0 &&
	       t->size % PTRSIZE == 0;
}

/* t, which has a mask, is what the last object was: its mask in one word, if that holds it. */
static void
rememberType(struct marker *mk, const struct type *t)
{
	uintptr_t bytes = (t->ptrdata / PTRSIZE + 7) / 8;
	if (bytes > sizeof mk->mask)
		return;
	mk->type = t;
	mk->mask = 0;
	__builtin_memcpy(&mk->mask, t->gcdata, bytes);
}

/* One t. */
static always_inline no_sanitize void
scanOne(struct marker *mk, uintptr_t at, bool later)
{
	mk->from = at;
	for (uint64_t m = mk->mask; m != 0; m &= m - 1)
		markRead(mk, (const uintptr_t *)at + ctz64(m), later);
}

/* A large object, or a part of it. Returns how many bytes that was. */
static never_inline uintptr_t
scanLarge(struct marker *mk, const struct mspan *s, uintptr_t at)
{
	uintptr_t end = s->base + alignUp(s->largesize, PTRSIZE);
	uintptr_t hi = end - at > PART ? at + PART : end;
	/* The first part's turn. The next one is to be the first off the queue. */
	for (uintptr_t n = at == s->base ? (end - s->base - 1) / PART : 0; n > 0; n--)
		gcwork_put(mk->work, s->base + n * PART);
	if (spanKind(s) == SPAN_TYPED && hasMask(s->largetype))
		scanTyped(mk, s->base, end, at, hi, s->largetype);
	else
		scanConservative(mk, at, hi);
	return hi - at;
}

/* A page that was written: what lies on it of objects that are marked. The others are read when they are.
 * Those of a run that are not handed out hold nothing, and perhaps no type. Returns its size. */
static never_inline uintptr_t
scanPage(struct marker *mk, uintptr_t page)
{
	struct mspan *s = spanAt(mk, page);
	uintptr_t pageEnd = page + physPageSize;
	for (uint32_t i = objIndex(s, page); i < s->nelems; i++) {
		uintptr_t base = slotAddr(s, i), end = base + s->elemsize;
		if (base >= pageEnd)
			break;
		if (!bitIsSet(s->markBits, i) || !bitIsSet(s->allocBits, i) || slotInRun(s, i))
			continue;
		if (unlikely(spanSizeclass(s) == 0))
			end = base + alignUp(s->largesize, PTRSIZE);
		uintptr_t lo = base > page ? base : page, hi = end < pageEnd ? end : pageEnd;
		if (lo >= hi)
			continue;
		if (spanKind(s) == SPAN_TYPED && hasMask(s->types[i]))
			scanTyped(mk, base, end, lo, hi, s->types[i]);
		else
			scanConservative(mk, lo, hi);
	}
	return physPageSize;
}

/* at: an object, a part of a large one, or a page (PAGE_ITEM). Returns how many bytes that was. */
static always_inline uintptr_t
scanObject(struct marker *mk, uintptr_t at)
{
	if (unlikely(at & PAGE_ITEM))
		return scanPage(mk, at - PAGE_ITEM);
	struct mspan *s = spanAt(mk, at);
	uintptr_t size = s->elemsize;
	if (unlikely(spanSizeclass(s) == 0))
		return scanLarge(mk, s, at);
	const struct type *t = spanKind(s) == SPAN_TYPED ? s->types[objIndex(s, at)] : NULL;
	if (t == NULL) {
		scanConservative(mk, at, at + size);
	} else if (likely(t == mk->type && size < 2 * t->size)) {
		if (mk->large)
			scanOne(mk, at, true);
		else
			scanOne(mk, at, false);
	} else if (hasMask(t)) {
		rememberType(mk, t);
		scanTyped(mk, at, at + size, at, at + size, t);
	} else {
		scanConservative(mk, at, at + size);
	}
	return size;
}

/* The oldest of those on their way; 0: there is none. */
static never_inline uintptr_t
oldestAhead(struct marker *mk)
{
	for (uint32_t i = 0; i < AHEAD; i++) {
		uint32_t n = mk->next++ % AHEAD;
		uintptr_t at = mk->ahead[n];
		mk->ahead[n] = 0;
		if (at != 0)
			return at;
	}
	return 0;
}

/* `in` goes onto its way; the one whose way ends: 0: there is none yet. */
static always_inline uintptr_t
aheadSwap(struct marker *mk, uintptr_t in)
{
	uint32_t n = mk->next++;
	uintptr_t at = mk->ahead[n % AHEAD];
	mk->ahead[n % AHEAD] = in;
	__builtin_prefetch((const void *)in);
	if (!mk->large)
		return at;
	struct mspan *s = spanIn(mk->arenas, in & ~PAGE_ITEM);
	if (spanKind(s) == SPAN_TYPED)
		__builtin_prefetch(&s->types[objIndex(s, in & ~PAGE_ITEM)]);
	return at;
}

/* The next object to read; 0: there is none, on its way or on the queue. */
static always_inline uintptr_t
nextObject(struct marker *mk)
{
	uintptr_t in, at;
	do {
		while (likely((in = gcwork_getFast(mk->work)) != 0)) {
			at = aheadSwap(mk, in);
			if (likely(at != 0))
				return at;
		}
		if ((at = oldestAhead(mk)) != 0)
			return at;
	} while (mk->large && markFound(mk));
	return 0;
}

/* Reads objects off the queue, LOT of them or LOT_BYTES, or what there is. Returns how many bytes that was;
 * 0: there was nothing, neither on the queue nor on its way. */
static uint64_t
drainPlain(struct marker *mk)
{
	uint64_t read = 0;
	uintptr_t at;
	for (uint32_t n = 0; n < LOT && read < LOT_BYTES && (at = nextObject(mk)) != 0; n++)
		read += scanObject(mk, at);
	return read;
}

/* ---- small heaps -------------------------------------------------------------------------- */

/* The same as the functions above, for a heap that lies in the cache: then instructions are what marking
 * costs. What changes from object to object is in registers, and everything unusual is left to those. */
struct quick {
	uintptr_t lo, size, arena;
	struct mspan **spans;
	struct workbuf *b; /* the queue's first buffer, and how many are in it */
	uint32_t n;
	bool alone;
	uint64_t bytes;
};

static always_inline void
quickBegin(const struct marker *mk, struct quick *q)
{
	q->arena = mk->arena;
	q->spans = mk->spans;
	q->b = mk->work->wbuf1;
	q->n = q->b->n;
}

static always_inline void
quickEnd(struct quick *q)
{
	q->b->n = q->n;
}

static always_inline void
quickWord(struct marker *mk, struct quick *q, uintptr_t addr)
{
	if (addr - q->lo > q->size)
		return;
	uintptr_t offset = addr - q->arena;
	struct mspan *s = likely(offset < ARENA_SIZE) ? q->spans[offset / PAGE_SIZE] : NULL;
	uint32_t i;
	if (unlikely(slotIn(s, addr, &i) == NULL || q->n == nelem(q->b->obj))) {
		quickEnd(q);
		markHeapWord(mk, addr);
		quickBegin(mk, q);
		return;
	}
	uint64_t *word = &s->markBits[i / 64], bit = (uint64_t)1 << (i % 64);
	uint64_t old = load_rlx(word);
	if (old & bit)
		return;
	if (q->alone)
		store_rlx(word, old | bit);
	else if (__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit)
		return;
	q->bytes += s->elemsize;
	if (spanKind(s) != SPAN_NOSCAN && spanKind(s) != SPAN_TINY) {
		uintptr_t slot = slotAddr(s, i);
		__builtin_prefetch((const void *)slot);
		q->b->obj[q->n++] = slot;
	}
}

/* drainPlain, in a small heap. */
static no_sanitize uint64_t
drainQuick(struct marker *mk)
{
	struct quick q = {.lo = mk->lo, .size = mk->size, .alone = mk->alone};
	uint64_t read = 0;
	uintptr_t at = gcwork_getFast(mk->work);
	if (at == 0)
		return 0;
	quickBegin(mk, &q);
	for (uint32_t n = 1;; n++) {
		uintptr_t offset = at - q.arena;
		struct mspan *s = likely(offset < ARENA_SIZE) ? q.spans[offset / PAGE_SIZE] : NULL;
		const struct type *t = NULL;
		bool usual = s != NULL && spanSizeclass(s) != 0;
		if (usual && spanKind(s) == SPAN_TYPED) {
			t = s->types[objIndex(s, at)];
			usual = t != NULL && t == mk->type && s->elemsize < 2 * t->size;
		}
		if (unlikely(!usual)) {
			quickEnd(&q);
			read += scanObject(mk, at);
			quickBegin(mk, &q);
		} else {
			read += s->elemsize;
			if (t != NULL) {
				for (uint64_t m = mk->mask; m != 0; m &= m - 1)
					quickWord(
						mk, &q, load_rlx((const uintptr_t *)at + ctz64(m)));
			} else {
				uintptr_t end = at + s->elemsize;
				for (; at < end; at += PTRSIZE)
					quickWord(mk, &q, load_rlx((const uintptr_t *)at));
			}
		}
		if (n == LOT || read >= LOT_BYTES)
			break;
		if (likely(q.n > 0)) {
			at = q.b->obj[--q.n];
			continue;
		}
		quickEnd(&q);
		at = gcwork_tryGet(mk->work);
		quickBegin(mk, &q);
		if (at == 0)
			break;
	}
	quickEnd(&q);
	mk->sum.bytes += q.bytes;
	return read;
}

/* ---- until there is nothing left ------------------------------------------------------------ */

/* As much as LOT says, or what there is. Returns how many bytes that was; 0: there was nothing. */
static uint64_t
drainLot(struct marker *mk)
{
	bool quick = !mk->large && mk->check == NULL && !onValgrind && !BROKEN(MARKLOST) &&
		     !BROKEN(TEAMBITS);
	return quick ? drainQuick(mk) : drainPlain(mk);
}

void
markDrain(struct marker *mk)
{
	while (drainLot(mk) != 0)
		if (!mk->alone && teamHungry())
			gcwork_balance(mk->work);
}

/* Is pp wanted for something that cannot wait? */
static bool
wanted(struct p *pp)
{
	return load_rlx(&sched.gcwaiting) != 0 || load_rlx(&pp->runSafePointFn) != 0 ||
	       load_rlx(&pp->runnext) != NULL;
}

void
markSome(struct marker *mk, struct p *pp, uint64_t bytes, int64_t until)
{
	uint64_t read = 0, lot;
	uintptr_t at;
	for (uint32_t n = 1; (lot = drainLot(mk)) != 0; n++) {
		read += lot;
		if (gcworkGlobalEmpty())
			gcwork_balance(mk->work);
		if (read >= bytes || wanted(pp))
			break;
		if ((n % 8 == 0 || lot >= LOT_BYTES) && nanotime() >= until)
			break;
	}
	if (mk->large)
		markFound(mk);
	while ((at = oldestAhead(mk)) != 0)
		gcwork_put(mk->work, at);
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
