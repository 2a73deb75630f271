/* verify.c: walks everything and throws on the first thing that does not fit.        room: mem
 *
 * The invariants of the room, in one place. World stopped, or one thread.
 *   pages     a page is in a span exactly if its alloc bit is set and it is mapped
 *   spans     count of set bits == count in usage; a cached span's owner has it; a span that is
 *             not cached and not full is on its mcentral's list, once; a full one is on none
 *   runs      lie in their span, every slot's bit set, every slot zero
 *   numbers   heap.stats agree with what is there
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

static uint32_t
countBits(const uint64_t *bits, uint32_t n)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < n; i++)
		sum += bitIsSet(bits, i);
	return sum;
}

static bool
onPartial(const struct mspan *s)
{
	for (struct mspan *t = heap.central[s->spanclass].partial; t != NULL; t = t->next) {
		if (t == s)
			return true;
	}
	return false;
}

static void
verifyTiny(const struct mspan *s)
{
	for (uint32_t i = 0; i < s->nelems; i++) {
		if (!bitIsSet(s->allocBits, i) || slotInRun(s, i))
			continue;
		uint32_t freed = s->tiny[i].freed & 0xffff;
		if (freed & ~s->tiny[i].starts)
			throw("mheap_verify: tiny object freed that never started");
	}
}

static void
verifySpan(struct mspan *s)
{
	if (s->state != SPAN_INUSE)
		throw("mheap_verify: dead span on the list of spans");
	for (uintptr_t p = s->base; p < s->base + s->npages * PAGE_SIZE; p += PAGE_SIZE) {
		struct heapArena *ha = arenaOf(p);
		uintptr_t page = p / PAGE_SIZE % ARENA_PAGES;
		if (ha == NULL || ha->spans[page] != s)
			throw("mheap_verify: a page of a span is not entered as its own");
		if (!(ha->alloc[page / 64] >> (page % 64) & 1))
			throw("mheap_verify: a page of a span is free");
	}
	if (spanSizeclass(s) == 0) {
		if (s->nelems != 1 || s->allocBits[0] != 1 || s->owner != NULL)
			throw("mheap_verify: large span without its object");
		return;
	}
	const struct sizeclass *sc = &sizeclasses[spanSizeclass(s)];
	if (s->elemsize != sc->size || s->nelems != sc->nelems || s->npages != sc->npages)
		throw("mheap_verify: span does not fit its class");
	uint32_t count = countBits(s->allocBits, s->nelems);
	bool cached = s->usage & USAGE_CACHED;
	if (count != USAGE_COUNT(s->usage))
		throw("mheap_verify: usage differs from the allocation bits");
	if (cached != (s->owner != NULL))
		throw("mheap_verify: cached flag and owner differ");
	if (cached && s->owner->span[s->spanclass] != s)
		throw("mheap_verify: owner does not own the span");
	if (onPartial(s) != (!cached && count < s->nelems))
		throw("mheap_verify: span is on the wrong list");
	if (spanKind(s) == SPAN_TINY)
		verifyTiny(s);
}

static void
verifyCache(const struct mcache *c)
{
	for (uint32_t spc = 0; spc < NUM_SPANCLASSES; spc++) {
		const struct mrun *r = &c->run[spc];
		const struct mspan *s = c->span[spc];
		if ((r->size != sizeclasses[spc >> 2].size && r->size + r->end != 0) ||
			r->seq % 2 != 0)
			throw("mheap_verify: damaged run");
		if (s == NULL) {
			if (r->ptr != r->end)
				throw("mheap_verify: run without a span");
			continue;
		}
		if (s->owner != c || s->spanclass != spc)
			throw("mheap_verify: cache holds a span that is not its own");
		if (r->ptr == r->end)
			continue;
		if (r->ptr < s->base || r->end > slotAddr(s, s->nelems) ||
			(r->ptr - s->base) % r->size != 0 || (r->end - r->ptr) % r->size != 0)
			throw("mheap_verify: run outside its span");
		for (uintptr_t p = r->ptr; p < r->end; p += r->size) {
			if (!bitIsSet(s->allocBits, objIndex(s, p)))
				throw("mheap_verify: slot of a run is not taken");
		}
		if (c->dirty[spc])
			continue;
		for (const uint64_t *w = (const uint64_t *)r->ptr; (uintptr_t)w < r->end; w++) {
			if (*w != 0)
				throwf("mheap_verify: slot of a run is not zero",
					"address %p holds 0x%lx", (const void *)w,
					(unsigned long)*w);
		}
		uintptr_t type = (uintptr_t)s->onetype;
		if (s->types != NULL)
			type = (uintptr_t)&s->types[objIndex(s, r->ptr)] | TYPE_LISTED;
		if (spanKind(s) == SPAN_TYPED && r->type != type)
			throw("mheap_verify: a run has another type than its span");
	}
}

/* Pages that are taken but in no span: not mapped yet, or free. */
static void
verifyArena(const struct heapArena *ha, uint64_t *freepages, uint64_t *scav)
{
	for (uint32_t i = 0; i < ARENA_PAGES; i++) {
		bool alloc = ha->alloc[i / 64] >> (i % 64) & 1;
		const struct mspan *s = ha->spans[i];
		if (!alloc && s != NULL)
			throw("mheap_verify: free page is entered in a span");
		if (s != NULL && s->state != SPAN_INUSE)
			throw("mheap_verify: page is entered in a dead span");
		*freepages += !alloc;
		*scav += ha->scav[i / 64] >> (i % 64) & 1;
	}
}

void
mheap_verify(void)
{
	lock(&heap.lock);
	pcacheFlush();
	pagesVerify();
	uint64_t freepages = 0, scav = 0, inuse = 0;
	for (uint32_t a = 0; a < heap.narenas; a++)
		verifyArena(heap.arenas[a], &freepages, &scav);
	for (struct mspan *s = heap.allspans; s != NULL; s = s->allnext) {
		verifySpan(s);
		inuse += s->npages * PAGE_SIZE;
		if (s->allnext != NULL && s->allnext->allprev != s)
			throw("mheap_verify: list of spans is damaged");
	}
	for (const struct mcache *c = heap.allcaches; c != NULL; c = c->allnext)
		verifyCache(c);
	for (uint32_t i = 0; i < NUM_SPANCLASSES; i++) {
		uint32_t n = 0;
		for (struct mspan *s = heap.central[i].partial; s != NULL; s = s->next) {
			n++;
			if (s->spanclass != i || s->state != SPAN_INUSE ||
				(s->next != NULL && s->next->prev != s))
				throw("mheap_verify: partial list is damaged");
		}
		if (n != heap.central[i].npartial)
			throw("mheap_verify: partial list has the wrong length");
	}
	if (inuse != heap.stats.inuse)
		throw("mheap_verify: wrong count of bytes in use");
	if (scav * PAGE_SIZE != heap.stats.released)
		throw("mheap_verify: wrong count of bytes given back");
	if (inuse + freepages * PAGE_SIZE != heap.stats.sys)
		throw("mheap_verify: in use and free do not add up");
	unlock(&heap.lock);
}
