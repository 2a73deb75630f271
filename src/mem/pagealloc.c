/* pagealloc.c: which pages of the heap are free.                                     room: mem
 *
 * First fit by address, which keeps the heap's live pages low and its top free for the
 * scavenger. A radix tree of summaries over the bitmaps:
 *
 *     group (8 arenas)  ->  arena (16 chunks)  ->  chunk (512 pages)  ->  bitmap
 *
 * A summary (struct pagesum) says how many pages are free at the start of its stretch, in its
 * longest run and at its end. A search walks a level from left to right carrying the length of
 * the free run that ends where it stands; three cases an entry:
 *     carried run + start is enough    -> found, the run begins before this entry
 *     max is enough                    -> found inside: go down a level with the run carried
 *     else                             -> the run carried on is end, or all of it if all is free
 * So a run that crosses entries of any level is found without special cases. heap.hint is a chunk
 * number below which nothing is free; it saves most of the walk. Groups are walked one by one: a
 * terabyte is 2048 of them, 24 KiB of summaries.
 *
 * The tree is over the arenas that exist, sorted by address, not over the address space: nothing
 * is reserved for it, and arenas may be anywhere. Neighbours in the tree need not be neighbours
 * in memory, so each step from one arena to the next asks whether they touch.
 *
 * A change of the bitmap costs an update of three levels. It is made when somebody searches: frees of
 * neighbours, as the sweeper makes them, are one update (heap.stale). That is still too much for every
 * span: small requests are served from heap.pcache: one word of the bitmap, all of whose free pages are
 * marked as in use there. While a page is in the cache it is in no span and counts as free. What
 * is left of it goes back when it has no run that is wanted, and before anybody looks for memory
 * in earnest: a large request that fails, the scavenger, mheap_verify. There are two, one for spans without
 * pointers, so that these lie together and apart from others: gc/hosted/track.c has the kernel watch the
 * others, and pays by the page.
 *
 * Two bits a page. alloc: in use, or not mapped. scav, for free pages: holds no memory and reads
 * as zero. A span whose pages all have scav set need not be zeroed.
 *
 * Rejected: Go's flat five levels over the whole address space: 600 MB of reservation, which
 * RLIMIT_AS counts; a tree keyed by size (best fit): scatters small spans over big holes.
 *
 * Lock: heap.lock for everything.
 */
#define GORT_MEM_IMPL
#include "mem/bits.h"
#include "mem/internal.h"

#define ARENAS_PER_GROUP 8

static inline uint32_t
popcount64(uint64_t x)
{
	/* By parts; the compiler's own would be libgcc's, with a table: more than a program that
	 * does nothing should carry. */
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (uint32_t)(x * 0x0101010101010101 >> 56);
}

/* ---- bitmaps ------------------------------------------------------------------------------ */

static void
bitsSet(uint64_t *bits, uint32_t i, uint32_t n)
{
	while (n > 0) {
		uint32_t off = i % 64, k = 64 - off < n ? 64 - off : n;
		uint64_t mask = (k == 64 ? ~(uint64_t)0 : ((uint64_t)1 << k) - 1) << off;
		bits[i / 64] |= mask;
		i += k;
		n -= k;
	}
}

static void
bitsClear(uint64_t *bits, uint32_t i, uint32_t n)
{
	while (n > 0) {
		uint32_t off = i % 64, k = 64 - off < n ? 64 - off : n;
		uint64_t mask = (k == 64 ? ~(uint64_t)0 : ((uint64_t)1 << k) - 1) << off;
		bits[i / 64] &= ~mask;
		i += k;
		n -= k;
	}
}

static uint32_t
bitsCount(const uint64_t *bits, uint32_t i, uint32_t n)
{
	uint32_t sum = 0;
	while (n > 0) {
		uint32_t off = i % 64, k = 64 - off < n ? 64 - off : n;
		uint64_t mask = (k == 64 ? ~(uint64_t)0 : ((uint64_t)1 << k) - 1) << off;
		sum += popcount64(bits[i / 64] & mask);
		i += k;
		n -= k;
	}
	return sum;
}

/* ---- summaries ---------------------------------------------------------------------------- */

/* sum, over `pages` pages, is followed by b over bpages that touch it. */
static struct pagesum
sumJoin(struct pagesum a, uint32_t apages, struct pagesum b, uint32_t bpages)
{
	struct pagesum s = {a.start, a.max > b.max ? a.max : b.max, b.end};
	if (a.start == apages)
		s.start = apages + b.start;
	if (b.end == bpages)
		s.end = a.end + bpages;
	if (a.end + b.start > s.max)
		s.max = a.end + b.start;
	return s;
}

static struct pagesum
sumBits(const uint64_t *bits)
{
	struct pagesum s = {0, 0, 0};
	uint32_t i = 0;
	while (i < CHUNK_PAGES) {
		uint32_t from = rangeNext(bits, i, CHUNK_PAGES, false);
		uint32_t to = rangeNext(bits, from, CHUNK_PAGES, true);
		if (from == 0)
			s.start = to;
		if (to - from > s.max)
			s.max = to - from;
		if (to == CHUNK_PAGES)
			s.end = to - from;
		i = to;
	}
	return s;
}

static bool
arenasTouch(uint32_t pos)
{
	return pos > 0 && heap.arenas[pos - 1]->base + ARENA_SIZE == heap.arenas[pos]->base;
}

static struct pagesum
sumArena(const struct heapArena *ha)
{
	struct pagesum s = ha->sum[0];
	for (uint32_t c = 1; c < CHUNKS_PER_ARENA; c++)
		s = sumJoin(s, c * CHUNK_PAGES, ha->sum[c], CHUNK_PAGES);
	return s;
}

static uint32_t
groupEnd(uint32_t group)
{
	uint32_t end = (group + 1) * ARENAS_PER_GROUP;
	return end < heap.narenas ? end : heap.narenas;
}

static struct pagesum
sumGroup(uint32_t group)
{
	uint32_t pos = group * ARENAS_PER_GROUP, end = groupEnd(group);
	struct pagesum s = heap.arenasum[pos];
	uint32_t pages = ARENA_PAGES;
	for (pos++; pos < end; pos++) {
		struct pagesum a = heap.arenasum[pos];
		if (arenasTouch(pos)) {
			s = sumJoin(s, pages, a, ARENA_PAGES);
		} else {
			/* A gap: the start is what it was, and cannot reach pages, so that a
			 * group with a gap never reads as all free. */
			s.max = a.max > s.max ? a.max : s.max;
			s.end = a.end;
		}
		pages += ARENA_PAGES;
	}
	return s;
}

static void
dirtyRecount(struct heapArena *ha, uint32_t c)
{
	uint32_t dirty = 0;
	for (uint32_t w = c * CHUNK_WORDS; w < (c + 1) * CHUNK_WORDS; w++)
		dirty += popcount64(~ha->alloc[w] & ~ha->scav[w]);
	ha->dirty[c] = (uint16_t)dirty;
}

/* Who reads summaries, or counts of dirty pages, comes here first. */
static void
sumsRefresh(void)
{
	struct heapArena *ha = heap.stale;
	if (ha == NULL)
		return;
	heap.stale = NULL;
	for (uint32_t left = heap.stalechunks; left != 0; left &= left - 1) {
		uint32_t c = ctz64(left);
		ha->sum[c] = sumBits(&ha->alloc[c * CHUNK_WORDS]);
		dirtyRecount(ha, c);
	}
	struct pagesum s = sumArena(ha), *old = &heap.arenasum[ha->pos];
	if (s.start == old->start && s.max == old->max && s.end == old->end)
		return;
	*old = s;
	heap.groupsum[ha->pos / ARENAS_PER_GROUP] = sumGroup(ha->pos / ARENAS_PER_GROUP);
}

/* Pages first..first+n of ha changed. */
static void
partChanged(struct heapArena *ha, uint32_t first, uint32_t n)
{
	uint32_t from = first / CHUNK_PAGES, to = (first + n - 1) / CHUNK_PAGES;
	_Static_assert(CHUNKS_PER_ARENA < 32, "bits of stalechunks");
	if (heap.stale != ha) {
		sumsRefresh();
		heap.stale = ha;
		heap.stalechunks = 0;
	}
	heap.stalechunks |= ((uint32_t)2 << to) - ((uint32_t)1 << from);
}

/* ---- the search --------------------------------------------------------------------------- */

/* The walk's state: run free pages end right before where it stands. */
struct walk {
	uintptr_t want, run;
};

/* Takes one entry of `pages` pages at base into account. Returns the address if the run is
 * complete at its start; *down: it is complete inside. */
static inline uintptr_t
walkEntry(struct walk *w, struct pagesum s, uintptr_t base, uintptr_t pages, bool *down)
{
	*down = false;
	if (w->run + s.start >= w->want)
		return base - w->run * PAGE_SIZE;
	if (s.max >= w->want) {
		*down = true;
		return 0;
	}
	w->run = s.start == pages ? w->run + pages : s.end;
	return 0;
}

static uintptr_t
walkChunk(const struct heapArena *ha, uint32_t c, uintptr_t want)
{
	const uint64_t *bits = &ha->alloc[c * CHUNK_WORDS];
	for (uint32_t i = 0; i < CHUNK_PAGES;) {
		uint32_t from = rangeNext(bits, i, CHUNK_PAGES, false);
		uint32_t to = rangeNext(bits, from, CHUNK_PAGES, true);
		if (to - from >= want)
			return ha->base + c * CHUNK_SIZE + from * PAGE_SIZE;
		i = to;
	}
	throw("page allocator: a chunk's summary promises a run that is not there");
}

static uintptr_t
walkArena(struct walk *w, const struct heapArena *ha, uint32_t c)
{
	for (; c < CHUNKS_PER_ARENA; c++) {
		bool down;
		uintptr_t p =
			walkEntry(w, ha->sum[c], ha->base + c * CHUNK_SIZE, CHUNK_PAGES, &down);
		if (p != 0)
			return p;
		if (down)
			return walkChunk(ha, c, w->want);
	}
	return 0;
}

static uintptr_t
pagesFind(uintptr_t npages)
{
	struct walk w = {npages, 0};
	uint32_t pos = heap.hint / CHUNKS_PER_ARENA, chunk = heap.hint % CHUNKS_PER_ARENA;
	bool down;
	uintptr_t p;
	sumsRefresh();
	while (pos < heap.narenas) {
		struct heapArena *ha = heap.arenas[pos];
		if (!arenasTouch(pos))
			w.run = 0;
		if (pos % ARENAS_PER_GROUP == 0 && chunk == 0) {
			uint32_t group = pos / ARENAS_PER_GROUP, end = groupEnd(group);
			p = walkEntry(&w, heap.groupsum[group], ha->base,
				(uintptr_t)(end - pos) * ARENA_PAGES, &down);
			if (p != 0)
				return p;
			if (!down) {
				pos = end;
				continue;
			}
		}
		if (chunk == 0) {
			p = walkEntry(&w, heap.arenasum[pos], ha->base, ARENA_PAGES, &down);
		} else {
			p = 0;
			down = true; /* in the middle of the hint's arena */
		}
		if (p == 0 && down) {
			p = walkArena(&w, ha, chunk);
			chunk = 0;
		}
		if (p != 0)
			return p;
		pos++;
	}
	return 0;
}

/* ---- taking and giving back --------------------------------------------------------------- */

/* Calls for each arena's part of [base, base + npages). */
#define FOREACH_PART(base, npages, ha, first, n)                                                   \
	for (uintptr_t part_ = (base), end_ = (base) + (npages)*PAGE_SIZE; part_ < end_;           \
		part_ = alignDown(part_, ARENA_SIZE) + ARENA_SIZE)                                 \
		for (struct heapArena *ha = arenaOf(part_); ha != NULL; ha = NULL)                 \
			for (uint32_t first = (uint32_t)((part_ - ha->base) / PAGE_SIZE),          \
				      n = (uint32_t)(((end_ < ha->base + ARENA_SIZE                \
								      ? end_                       \
								      : ha->base + ARENA_SIZE) -   \
							     part_) /                              \
						     PAGE_SIZE);                                   \
				n > 0; n = 0)

static inline uint32_t
chunkNumber(const struct heapArena *ha, uint32_t page)
{
	return ha->pos * CHUNKS_PER_ARENA + page / CHUNK_PAGES;
}

uintptr_t
pagesAlloc(uintptr_t npages, uintptr_t *nscav)
{
	assertLockHeld(&heap.lock);
	uintptr_t base = pagesFind(npages);
	*nscav = 0;
	if (base == 0)
		return 0;
	FOREACH_PART(base, npages, ha, first, n)
	{
		gort_assert_internal(bitsCount(ha->alloc, first, n) == 0);
		*nscav += bitsCount(ha->scav, first, n);
		bitsSet(ha->alloc, first, n);
		bitsClear(ha->scav, first, n);
		partChanged(ha, first, n);
	}
	if (npages == 1) {
		/* The first free page of all: nothing below it is free. */
		struct heapArena *ha = arenaOf(base);
		heap.hint = chunkNumber(ha, (uint32_t)((base - ha->base) / PAGE_SIZE));
	}
	return base;
}

static void
pagesPut(uintptr_t base, uintptr_t npages, bool scav)
{
	assertLockHeld(&heap.lock);
	FOREACH_PART(base, npages, ha, first, n)
	{
		if (bitsCount(ha->alloc, first, n) != n)
			throw("page allocator: freeing free pages");
		bitsClear(ha->alloc, first, n);
		if (scav)
			bitsSet(ha->scav, first, n);
		partChanged(ha, first, n);
		uint32_t chunk = chunkNumber(ha, first);
		if (chunk < heap.hint)
			heap.hint = chunk;
	}
}

void
pagesFree(uintptr_t base, uintptr_t npages)
{
	pagesPut(base, npages, false);
}

void
pagesAddMapped(uintptr_t base, uintptr_t n)
{
	pagesPut(base, n / PAGE_SIZE, true);
}

/* ---- the cache of one word ---------------------------------------------------------------- */

#if GORT_HARD
#	define CACHED_MAX ((uintptr_t)2)
#else
#	define CACHED_MAX ((uintptr_t)16)
#endif

static never_inline void
putBack(struct pagecache *pc)
{
	if (pc->free == 0)
		return;
	struct heapArena *ha = arenaOf(pc->base);
	uint32_t page = (uint32_t)((pc->base - ha->base) / PAGE_SIZE);
	ha->alloc[page / 64] &= ~pc->free;
	ha->scav[page / 64] |= pc->scav & pc->free;
	partChanged(ha, page, 64);
	if (chunkNumber(ha, page) < heap.hint)
		heap.hint = chunkNumber(ha, page);
	pc->free = 0;
}

static bool
pcacheAny(void)
{
	return heap.pcache[0].free != 0 || (COLLECTS && heap.pcache[1].free != 0);
}

void
pcacheFlush(void)
{
	assertLockHeld(&heap.lock);
	putBack(&heap.pcache[0]);
	if (COLLECTS)
		putBack(&heap.pcache[1]);
}

/* npages from the cache; 0: it has no such run. */
static uintptr_t
pcacheAlloc(struct pagecache *pc, uintptr_t npages, uintptr_t *nscav)
{
	/* Bit i of runs: a run of `n` free pages starts at page i. */
	uint64_t runs = pc->free;
	for (uintptr_t n = 1; n < npages && runs != 0;) {
		uintptr_t more = npages - n < n ? npages - n : n;
		runs &= runs >> more;
		n += more;
	}
	if (runs == 0)
		return 0;
	uint32_t i = (uint32_t)__builtin_ctzll(runs);
	uint64_t mask = (((uint64_t)1 << npages) - 1) << i;
	*nscav = popcount64(pc->scav & mask);
	pc->free &= ~mask;
	pc->scav &= ~mask;
	return pc->base + i * PAGE_SIZE;
}

uintptr_t
pagesAllocCached(uintptr_t npages, bool leaf, uintptr_t *nscav)
{
	assertLockHeld(&heap.lock);
	struct pagecache *pc = &heap.pcache[COLLECTS && leaf];
	*nscav = 0;
	uintptr_t base = npages <= CACHED_MAX ? pcacheAlloc(pc, npages, nscav) : 0;
	if (base != 0)
		return base;
	if (npages > CACHED_MAX) {
		base = pagesAlloc(npages, nscav);
		if (base != 0 || !pcacheAny())
			return base;
		pcacheFlush();
		return pagesAlloc(npages, nscav);
	}
	putBack(pc);
	base = pagesFind(npages);
	if (COLLECTS && base == 0 && pcacheAny()) { /* the other one */
		pcacheFlush();
		base = pagesFind(npages);
	}
	if (base == 0)
		return 0;
	struct heapArena *ha = arenaOf(base);
	uint32_t page = (uint32_t)((base - ha->base) / PAGE_SIZE), w = page / 64;
	if (page % 64 + npages > 64)
		return pagesAlloc(npages, nscav); /* across two words */
	*pc = (struct pagecache){alignDown(base, 64 * PAGE_SIZE), ~ha->alloc[w], ha->scav[w]};
	ha->alloc[w] = ~(uint64_t)0;
	ha->scav[w] = 0;
	partChanged(ha, w * 64, 64);
	return pcacheAlloc(pc, npages, nscav);
}

/* Into the sorted list of arenas; its pages count as in use until they are mapped. */
void
pagesAddArena(struct heapArena *ha)
{
	assertLockHeld(&heap.lock);
	if (heap.narenas == heap.caparenas) {
		uint32_t n = heap.narenas, cap = n == 0 ? 64 : n * 2;
		struct heapArena **arenas = persistentallocNoscan(cap * sizeof *arenas, CACHE_LINE);
		struct pagesum *sums = persistentallocNoscan(cap * sizeof *sums, CACHE_LINE);
		struct pagesum *groups =
			persistentallocNoscan(cap / ARENAS_PER_GROUP * sizeof *groups, CACHE_LINE);
		if (n > 0) {
			memmove(arenas, heap.arenas, n * sizeof *arenas);
			memmove(sums, heap.arenasum, n * sizeof *sums);
			memmove(groups, heap.groupsum, n / ARENAS_PER_GROUP * sizeof *groups);
		}
		heap.arenas = arenas;
		heap.arenasum = sums;
		heap.groupsum = groups;
		heap.caparenas = cap;
	}
	sumsRefresh();
	uint32_t pos = heap.narenas;
	store_rlx(&heap.narenas, pos + 1); /* sysBeside reads it without the lock */
	while (pos > 0 && heap.arenas[pos - 1]->base > ha->base) {
		heap.arenas[pos] = heap.arenas[pos - 1];
		pos--;
	}
	heap.arenas[pos] = ha;
	bitsSet(ha->alloc, 0, ARENA_PAGES);
	if (pos + 1 < heap.narenas)
		heap.hint = 0;
	/* Mostly the new one is the last; what lies behind it has moved. */
	for (uint32_t i = pos; i < heap.narenas; i++) {
		heap.arenas[i]->pos = i;
		heap.arenasum[i] = sumArena(heap.arenas[i]);
	}
	for (uint32_t g = pos / ARENAS_PER_GROUP; g * ARENAS_PER_GROUP < heap.narenas; g++)
		heap.groupsum[g] = sumGroup(g);
}

/* ---- for the scavenger -------------------------------------------------------------------- */

uintptr_t
pagesTakeDirty(uintptr_t max, uintptr_t *npages)
{
	assertLockHeld(&heap.lock);
	pcacheFlush();
	sumsRefresh();
	for (uint32_t pos = heap.narenas; pos-- > 0;) {
		struct heapArena *ha = heap.arenas[pos];
		for (uint32_t c = CHUNKS_PER_ARENA; c-- > 0;) {
			if (ha->dirty[c] == 0)
				continue;
			const uint32_t low = c * CHUNK_PAGES;
			uint32_t hi = low + CHUNK_PAGES; /* end of the run, exclusive */
			while (bitsCount(ha->alloc, hi - 1, 1) || bitsCount(ha->scav, hi - 1, 1))
				hi--;
			uint32_t lo = hi - 1;
			while (lo > low && hi - lo < max && !bitsCount(ha->alloc, lo - 1, 1) &&
				!bitsCount(ha->scav, lo - 1, 1))
				lo--;
			bitsSet(ha->alloc, lo, hi - lo);
			partChanged(ha, lo, hi - lo);
			*npages = hi - lo;
			return ha->base + lo * PAGE_SIZE;
		}
	}
	return 0;
}

void
pagesScavenged(uintptr_t base, uintptr_t npages)
{
	pagesPut(base, npages, true);
}

/* ---- verify ------------------------------------------------------------------------------- */

static bool
sumSame(struct pagesum a, struct pagesum b)
{
	return a.start == b.start && a.max == b.max && a.end == b.end;
}

void
pagesVerify(void)
{
	bool below = true; /* of the hint */
	sumsRefresh();
	for (uint32_t pos = 0; pos < heap.narenas; pos++) {
		struct heapArena *ha = heap.arenas[pos];
		if (ha->pos != pos || arenaOf(ha->base) != ha)
			throw("page allocator: an arena is not where it should be");
		if (pos > 0 && heap.arenas[pos - 1]->base >= ha->base)
			throw("page allocator: arenas out of order");
		for (uint32_t c = 0; c < CHUNKS_PER_ARENA; c++) {
			uint32_t dirty = 0;
			for (uint32_t w = c * CHUNK_WORDS; w < (c + 1) * CHUNK_WORDS; w++) {
				if (ha->alloc[w] & ha->scav[w])
					throw("page allocator: page in use and scavenged");
				dirty += popcount64(~ha->alloc[w] & ~ha->scav[w]);
			}
			if (dirty != ha->dirty[c])
				throw("page allocator: wrong count of dirty pages");
			if (!sumSame(ha->sum[c], sumBits(&ha->alloc[c * CHUNK_WORDS])))
				throw("page allocator: wrong summary of a chunk");
			if (pos * CHUNKS_PER_ARENA + c == heap.hint)
				below = false;
			if (below && ha->sum[c].max > 0)
				throw("page allocator: free page below the hint");
		}
		if (!sumSame(heap.arenasum[pos], sumArena(ha)))
			throw("page allocator: wrong summary of an arena");
	}
	for (uint32_t g = 0; g * ARENAS_PER_GROUP < heap.narenas; g++) {
		if (!sumSame(heap.groupsum[g], sumGroup(g)))
			throw("page allocator: wrong summary of a group");
	}
}
