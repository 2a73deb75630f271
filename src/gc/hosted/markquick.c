/* markquick.c: reading objects in a small heap.                                      room: gc
 *
 * The same as markobject.c and markword.h, for a heap that lies in the cache: then instructions are what
 * marking costs. What changes from object to object is in registers, and everything unusual is left to those.
 */
#define GORT_GC_IMPL
#include "gc/hosted/markword.h"

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

no_sanitize uint64_t
markQuick(struct marker *mk)
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
			read += markObject(mk, at);
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
