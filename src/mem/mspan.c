/* mspan.c: spans, their side memory, and finding objects.                            room: mem
 *
 * What belongs to a span but must not dirty its pages lies in side memory: allocation and mark
 * bits, type words, tiny blocks. Up to 64 objects the bits are in the struct itself.
 *
 * An address that comes from anywhere (a conservative scan, gort_free) is looked up without a
 * lock: page -> span -> slot -> allocation bit. Structs of spans are never unmapped, and a freed
 * one has state SPAN_DEAD, so a late reader gets "nothing there". A slot whose bit is set may
 * still be in the owner's run: then no object is there yet. Which slots those are is in the
 * owner's mcache, and slotInRun reads it as a seqlock, because the owner may be running.
 *
 * One past the end. C may hold only a pointer just behind an array. findObject answers the
 * object that an address lies in; if there is none and the address is the end of the slot before,
 * that one. Where both are objects the collector marks both: the scan calls findObject for the
 * address and, when it is the start of a slot, for the byte before. So objects need no spare byte
 * and 16 stays 16.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

/* ---- side memory: powers of two on free lists --------------------------------------------- */

static uint32_t
sideOrder(uintptr_t n)
{
	return (uint32_t)len64((n < 64 ? 64 : n) - 1);
}

void *
sideAlloc(uintptr_t n)
{
	assertLockHeld(&heap.lock);
	uint32_t order = sideOrder(n);
	gort_assert(order < nelem(heap.sidefree));
	void *p = heap.sidefree[order];
	if (p != NULL) {
		heap.sidefree[order] = *(void **)p;
		return p;
	}
	return persistentallocNoscan((uintptr_t)1 << order, CACHE_LINE);
}

void
sideFree(void *p, uintptr_t n)
{
	assertLockHeld(&heap.lock);
	uint32_t order = sideOrder(n);
	*(void **)p = heap.sidefree[order];
	heap.sidefree[order] = p;
}

/* ---- a span's life ------------------------------------------------------------------------ */

static uint32_t
bitWords(const struct mspan *s)
{
	return (s->nelems + 63) / 64;
}

void
mspanInit(struct mspan *s, uintptr_t base, uintptr_t npages, uint32_t spanclass, uintptr_t size,
	bool needzero)
{
	const struct sizeclass *sc = &sizeclasses[spanclass >> 2];
	bool large = sc->size == 0;
	s->base = base;
	s->npages = npages;
	s->spanclass = (uint16_t)spanclass;
	s->elemsize = large ? npages * PAGE_SIZE : sc->size;
	s->largesize = large ? size : 0;
	s->nelems = large ? 1 : sc->nelems;
	s->divmul = large ? 0 : sc->divmul;
	s->zeroedFrom = needzero ? s->nelems : 0;
	store_rlx(&s->sweepgen, heap.sweepgen);
	if (s->nelems <= 64) {
		s->allocBits = &s->inlinebits[0];
		s->markBits = &s->inlinebits[1];
	} else {
		uint32_t words = bitWords(s);
		s->allocBits = sideAlloc(2 * words * 8);
		memclr(s->allocBits, 2 * words * 8);
		s->markBits = s->allocBits + words;
	}
	uint32_t kind = spanclass & 3;
	if (COLLECTS && kind == SPAN_TYPED)
		s->types = NULL, s->onetype = NULL;
	if (kind == SPAN_TINY) {
		s->tiny = sideAlloc(s->nelems * sizeof *s->tiny);
		memclr(s->tiny, s->nelems * sizeof *s->tiny);
	}
}

void
mspanFini(struct mspan *s)
{
	if (s->nelems > 64)
		sideFree(s->allocBits, 2 * bitWords(s) * 8);
	if (COLLECTS && spanKind(s) == SPAN_TYPED && s->types != NULL)
		sideFree(s->types, s->nelems * sizeof *s->types);
	if (spanKind(s) == SPAN_TINY)
		sideFree(s->tiny, s->nelems * sizeof *s->tiny);
}

/* s, whose objects were of one type, is to have others. */
void
mspanMix(struct mspan *s)
{
	lock(&heap.lock);
	const struct type **types = sideAlloc(s->nelems * sizeof *types);
	unlock(&heap.lock);
	for (uint32_t i = 0; i < s->nelems; i++)
		types[i] = s->onetype;
	store_rel(&s->types, types);
}

/* ---- finding objects ---------------------------------------------------------------------- */

bool
slotInRun(const struct mspan *s, uint32_t i)
{
	uintptr_t addr = slotAddr(s, i);
	struct mcache *c;
	while ((c = load_acq(&s->owner)) != NULL) {
		struct mrun *r = &c->run[s->spanclass];
		uint32_t seq = load_acq(&r->seq);
		if (seq % 2 == 0) {
			uintptr_t ptr = load_acq(&r->ptr), end = load_acq(&r->end);
			if (load_rlx(&r->seq) == seq && load_rlx(&s->owner) == c)
				return addr >= ptr && addr < end;
		}
		procyield(1);
	}
	return false;
}

/* The slot of addr in its span, if an object is in it. */
static bool
objectAt(uintptr_t addr, struct mspan **span, uint32_t *index)
{
	struct mspan *s = spanOf(addr);
	if (s == NULL)
		return false;
	uint32_t i = objIndex(s, addr);
	if (i >= s->nelems || !bitIsSet(s->allocBits, i) || slotInRun(s, i))
		return false;
	*span = s;
	*index = i;
	return true;
}

uintptr_t
findObject(uintptr_t addr, struct mspan **span, uintptr_t *index)
{
	struct mspan *s;
	uint32_t i;
	if (!objectAt(addr, &s, &i)) {
		if (addr == 0 || !objectAt(addr - 1, &s, &i) || slotAddr(s, i + 1) != addr)
			return 0;
	}
	if (span != NULL)
		*span = s;
	if (index != NULL)
		*index = i;
	return slotAddr(s, i);
}

/* What of its block the tiny object at addr may use: up to where the next one starts, or where
 * the next one would start if the block is still open. */
static uintptr_t
tinySize(const struct mspan *s, uint32_t i, uintptr_t addr)
{
	uint32_t off = (uint32_t)(addr - slotAddr(s, i)), end = TINY_SIZE;
	uint32_t starts = load_acq(&s->tiny[i].starts);
	if (!(starts >> off & 1))
		return 0;
	struct mcache *c = load_acq(&s->owner);
	if (c != NULL && load_rlx(&c->tiny) == slotAddr(s, i)) {
		end = load_rlx(&c->tinyoff);
		starts = load_acq(&s->tiny[i].starts);
	}
	uint32_t later = (starts >> off) & ~(uint32_t)1;
	if (later != 0 && off + (uint32_t)__builtin_ctz(later) < end)
		end = off + (uint32_t)__builtin_ctz(later);
	return end - off;
}

uintptr_t
objectSize(void *p)
{
	struct mspan *s;
	uint32_t i;
	uintptr_t addr = (uintptr_t)p;
	if (addr == (uintptr_t)&zerobase || !objectAt(addr, &s, &i))
		return 0;
	if (spanKind(s) == SPAN_TINY)
		return tinySize(s, i, addr);
	return slotAddr(s, i) == addr ? s->elemsize : 0;
}
