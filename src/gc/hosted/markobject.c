/* markobject.c: the queue of objects, and what is read in each.                      room: gc
 *
 * drain takes objects off the queue and looks at their words, until it is empty. How the words of an
 * object are read depends on its span: noscan and tiny ones not at all, conservative ones each as an
 * address that may be anything, typed ones by their descriptor's mask. A descriptor describes the
 * first ptrdata bytes of each size bytes; an array's slot repeats it. A descriptor without a mask (a
 * program of gccgo's for types that are too large for one) is read as conservative.
 *
 * Large objects are read in pieces of 128 KiB (PART), each queued by its own address, so that others can
 * take some: the first piece's turn queues the rest.
 *
 * Where pages are tracked (track.c) the queue also has pages that were written, which are told by a bit
 * that no object's address has: it lies in no arena (markpage.c).
 *
 * Objects come off the queue in the order last in, first out, and most are not in the cache when their
 * turn comes. So they are asked for then, and read only after AHEAD others.
 *
 * In a small heap, which lies in the cache, instructions are what marking costs: markquick.c.
 */
#define GORT_GC_IMPL
#include "gc/hosted/markword.h"

#define PART (128 * KiB)

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
	if (spanKind(s) == SPAN_TYPED && hasMask(s->onetype))
		scanTyped(mk, s->base, end, at, hi, s->onetype);
	else
		scanConservative(mk, at, hi);
	return hi - at;
}

/* at: an object, a part of a large one, or a page (PAGE_ITEM). Returns how many bytes that was. */
static always_inline uintptr_t
scanObject(struct marker *mk, uintptr_t at)
{
	if (unlikely(at & PAGE_ITEM))
		return markPage(mk, at);
	struct mspan *s = spanAt(mk, at);
	uintptr_t size = s->elemsize;
	if (unlikely(spanSizeclass(s) == 0))
		return scanLarge(mk, s, at);
	const struct type *t = spanKind(s) == SPAN_TYPED ? slotType(s, objIndex(s, at)) : NULL;
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

uintptr_t
markObject(struct marker *mk, uintptr_t at)
{
	return scanObject(mk, at);
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
	__builtin_prefetch((const void *)(in & ~PAGE_ITEM));
	if (!mk->large)
		return at;
	struct mspan *s = spanIn(mk->arenas, in & ~PAGE_ITEM);
	if (spanKind(s) == SPAN_TYPED)
		slotTypeSoon(s, objIndex(s, in & ~PAGE_ITEM));
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

/* ---- until there is nothing left ------------------------------------------------------------ */

/* As much as LOT says, or what there is. Returns how many bytes that was; 0: there was nothing. */
static uint64_t
drainLot(struct marker *mk)
{
	bool quick = !mk->large && mk->check == NULL && !onValgrind && !BROKEN(MARKLOST) &&
		     !BROKEN(TEAMBITS);
	return quick ? markQuick(mk) : drainPlain(mk);
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
