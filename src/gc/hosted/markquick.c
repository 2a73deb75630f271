/* markquick.c: reading objects in a small heap.                                      room: gc
 *
 * The same as markobject.c and markword.h, for a heap that lies in the cache: then instructions are what
 * marking costs, and the locked ones of several threads that mark together. What changes from object to
 * object is in registers, and everything unusual is left to those two.
 *
 * Objects that were made together lie and die together, so most pointers lead where the last one led. Two
 * things are therefore kept at hand: the last pointer's span, which saves the way by the table of spans, and
 * one word of its mark bits, for up to 64 objects. Bits that were set in the copy are published by one
 * atomic operation when another word's turn comes, and before anything else is done or asked.
 *
 * What the copy does not know is harmless. Bits that others have set since: the object is queued
 * and read twice, which does nothing the second time; when the word is published, it shows, and the bytes are
 * counted once. An object that was made since: it is marked from birth, and neither it nor its bit is in
 * the copy; but the bit that says that there is an object is not there either, since that one is set
 * after the mark (mcache.c: nextRun) and was copied before it. Such a pointer is unusual.
 */
#define GORT_GC_IMPL
#include "gc/hosted/markword.h"

#define QUICK_LOT 64
#define NO_WORD   UINT32_MAX

struct quick {
	uintptr_t lo, size;
	bool alone;
	struct workbuf *b; /* the queue's first buffer, and how many are in it */
	uint32_t n;
	uint64_t bytes;
	/* The span at hand; extent is 0 if there is none. */
	struct mspan *span;
	uintptr_t base, extent, elemsize;
	uint64_t divmul;
	uint64_t *markBits;
	bool leaf; /* its objects hold no pointers */
	/* The word at hand: of allocBits, of markBits as it was and as it is to be. */
	uint32_t at;
	uint64_t taken, was, seen;
};

static always_inline void
quickPublish(struct quick *q)
{
	uint64_t fresh = q->seen & ~q->was;
	if (fresh == 0)
		return;
	q->was = q->seen;
	if (BROKEN(TEAMBITS))
		brokenPause();
	if (q->alone || BROKEN(TEAMBITS)) {
		store_rlx(&q->markBits[q->at], q->seen);
	} else {
		uint64_t twice =
			fresh & __atomic_fetch_or(&q->markBits[q->at], fresh, __ATOMIC_RELAXED);
		for (; unlikely(twice != 0); twice &= twice - 1)
			q->bytes -= q->elemsize;
	}
}

static always_inline void
quickBegin(const struct marker *mk, struct quick *q)
{
	q->b = mk->work->wbuf1;
	q->n = q->b->n;
}

static always_inline void
quickEnd(struct quick *q)
{
	quickPublish(q);
	q->at = NO_WORD;
	q->b->n = q->n;
}

/* addr's span to hand. False: it is unusual. */
static never_inline bool
quickSpan(struct marker *mk, struct quick *q, uintptr_t addr)
{
	quickPublish(q);
	q->at = NO_WORD;
	uintptr_t offset = addr - mk->arena;
	struct mspan *s = likely(offset < ARENA_SIZE) ? mk->spans[offset / PAGE_SIZE] : NULL;
	if (s == NULL || spanSizeclass(s) == 0)
		return false;
	q->span = s;
	q->base = s->base;
	q->elemsize = s->elemsize;
	q->extent = s->nelems * s->elemsize;
	q->divmul = s->divmul;
	q->markBits = s->markBits;
	q->leaf = spanKind(s) == SPAN_NOSCAN || spanKind(s) == SPAN_TINY;
	return addr - q->base < q->extent;
}

static always_inline bool
quickHas(struct marker *mk, struct quick *q, uintptr_t addr)
{
	return likely(addr - q->base < q->extent) || quickSpan(mk, q, addr);
}

static never_inline void
quickUnusual(struct marker *mk, struct quick *q, uintptr_t addr)
{
	quickEnd(q);
	markHeapWord(mk, addr);
	quickBegin(mk, q);
}

static always_inline void
quickWord(struct marker *mk, struct quick *q, uintptr_t addr)
{
	if (addr - q->lo > q->size)
		return;
	if (unlikely(!quickHas(mk, q, addr) || q->n == nelem(q->b->obj))) {
		quickUnusual(mk, q, addr);
		return;
	}
	uint32_t i = (uint32_t)((addr - q->base) * q->divmul >> 32);
	if (i / 64 != q->at) {
		quickPublish(q);
		q->at = i / 64;
		q->taken = load_acq(&q->span->allocBits[q->at]);
		q->was = q->seen = load_rlx(&q->markBits[q->at]);
	}
	uint64_t bit = (uint64_t)1 << (i % 64);
	if (q->seen & bit)
		return;
	if (unlikely(!(q->taken & bit))) {
		quickUnusual(mk, q, addr);
		return;
	}
	q->seen |= bit;
	q->bytes += q->elemsize;
	if (!q->leaf) {
		uintptr_t slot = q->base + i * q->elemsize;
		__builtin_prefetch((const void *)slot);
		q->b->obj[q->n++] = slot;
	}
}

no_sanitize uint64_t
markQuick(struct marker *mk)
{
	struct quick q = {.lo = mk->lo, .size = mk->size, .alone = mk->alone, .at = NO_WORD};
	uint64_t read = 0;
	uintptr_t at = gcwork_getFast(mk->work);
	if (at == 0)
		return 0;
	quickBegin(mk, &q);
	for (uint32_t n = 1;; n++) {
		const struct type *t = NULL;
		bool usual = quickHas(mk, &q, at);
		if (usual && spanKind(q.span) == SPAN_TYPED) {
			t = slotType(q.span, (uint32_t)((at - q.base) * q.divmul >> 32));
			usual = t != NULL && t == mk->type && q.elemsize < 2 * t->size;
		}
		if (unlikely(!usual)) {
			quickEnd(&q);
			read += markObject(mk, at);
			quickBegin(mk, &q);
		} else {
			uintptr_t size = q.elemsize;
			read += size;
			if (t != NULL) {
				for (uint64_t m = mk->mask; m != 0; m &= m - 1)
					quickWord(
						mk, &q, load_rlx((const uintptr_t *)at + ctz64(m)));
			} else {
				for (uintptr_t end = at + size; at < end; at += PTRSIZE)
					quickWord(mk, &q, load_rlx((const uintptr_t *)at));
			}
		}
		if (n == QUICK_LOT || read >= LOT_BYTES)
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
