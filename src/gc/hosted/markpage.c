/* markpage.c: pages that were written while they were being marked (track.c).         room: gc
 *
 * What lies on such a page of objects that are marked is read again: those that are marked later are read then.
 * Each word is an address at random in a large heap, three misses of the cache away from its mark bit, and
 * most words have not changed since the page was read last. So who reads leaves a trace. For each word of a
 * page that a round has read there are 32 bits (struct seen), 0 at first:
 *
 *	not 0: what this address leads to was marked, since the mark began, by one who read it here
 *
 * Where the word says the same as these bits nothing is to be done. That depends on nothing else: not on what the
 * page held meanwhile, nor on when it was made clean, nor on which object the word belongs to, since a
 * mark bit once set stays until the mark is over. Words of objects that are not marked are not read, and leave
 * no trace. Of pages that no round has read there is nothing.
 *
 * An address becomes 32 bits by its distance from the heap's lower end as the mark begins, in words; one that
 * is not a multiple of 8, or 32 GiB away, leaves no trace and is marked each time.
 *
 * The memory is half of each such page, and together at most an eighth of the live heap: the others are read
 * without. It belongs to arenas. The collector, as it queues a page in a round, clears the page's and sets its bit
 * (seenWant); markers write the rest, one at a time for a page. After the mark the kernel may have the memory if it
 * needs it: to touch new pages in each mark can take longer than all that is saved. Under GOMEMLIMIT it goes at
 * once, and while it is there it counts (markSys), so that the limit's goal leaves room for it.
 *
 * Measured with 512 MiB of records rewritten at random (bench gc_rewrite): to read a page of 4 KiB again takes a
 * processor 1 us instead of 7, half of which is the memory's; while a page is read, lines of the next are asked
 * for. So rounds get ahead of the program, and the last stop has a tenth of the pages, and takes 1 to 2.5 ms
 * instead of 100 to 140.
 */
#define GORT_GC_IMPL
#include "gc/hosted/markword.h"

#define SMALLEST_PAGE 4096
#define SHARE_OF_LIVE 8

struct seen {
	uint32_t word[ARENA_SIZE / PTRSIZE];
	/* Bit n: physical page n has words here, and they are of this mark. Atomic. */
	uint64_t pages[ARENA_SIZE / SMALLEST_PAGE / 64];
};

/* The collector's. */
static struct {
	uintptr_t base; /* a word below the heap; constant while marking goes on */
	uint64_t left;  /* bytes */
} seen;

void
seenBegin(uint64_t live)
{
	uintptr_t lo, hi;
	mheap_bounds(&lo, &hi);
	seen.base = lo - PTRSIZE;
	seen.left = onValgrind ? 0 : GORT_HARD ? UINT64_MAX : live / SHARE_OF_LIVE;
}

void
seenWant(struct heapArena *ha, uintptr_t page)
{
	uintptr_t n = (page - ha->base) / physPageSize, bytes = physPageSize / 2;
	struct seen *s = ha->seen;
	uint64_t bit = (uint64_t)1 << (n % 64);
	if ((s != NULL && s->pages[n / 64] & bit) || seen.left < bytes)
		return;
	if (s == NULL) {
		if ((s = sysAlloc(sizeof *s)) == NULL) { /* pages are read without */
			seen.left = 0;
			return;
		}
		sysNoHugePage(s, sizeof *s); /* most of it is never touched */
	}
	seen.left -= bytes;
	store_rlx(&markSys, markSys + bytes);
	memclr(&s->word[n * physPageSize / PTRSIZE], bytes);
	store_rel(&s->pages[n / 64], s->pages[n / 64] | bit);
	store_rel(&ha->seen, s);
}

void
seenEnd(struct heapArena *ha)
{
	struct seen *s = ha->seen;
	if (s == NULL)
		return;
	memclr(s->pages, sizeof s->pages);
	if (gcpacer.memoryLimit == INT64_MAX)
		sysUnusedLazily(s->word, sizeof s->word);
	else
		sysUnused(s->word, sizeof s->word);
	store_rlx(&markSys, (uint64_t)0); /* the last arena's end comes soon */
}

/* What was seen in the page's words, or NULL. */
static uint32_t *
seenOn(const struct marker *mk, uintptr_t page)
{
	const struct heapArena *ha = arenaIn(mk->arenas, page);
	struct seen *s = ha == NULL ? NULL : load_acq(&ha->seen);
	if (s == NULL)
		return NULL;
	uintptr_t offset = page - ha->base, n = offset / physPageSize;
	if (!(load_acq(&s->pages[n / 64]) >> (n % 64) & 1))
		return NULL;
	return &s->word[offset / PTRSIZE];
}

/* Can the word at p, in s, be a pointer of an object that is marked? Slots of a run that are not handed out hold
 * nothing, and perhaps no type. */
static bool
counts(const struct mspan *s, uintptr_t p)
{
	uint32_t i = objIndex(s, p);
	if (i >= s->nelems || !bitIsSet(s->markBits, i) || !bitIsSet(s->allocBits, i) ||
		(load_acq(&s->owner) != NULL && slotInRun(s, i)))
		return false;
	uintptr_t obj = slotAddr(s, i), in = p - obj;
	uintptr_t size = spanSizeclass(s) == 0 ? alignUp(s->largesize, PTRSIZE) : s->elemsize;
	const struct type *t = spanKind(s) == SPAN_TYPED ? slotType(s, i) : NULL;
	if (in >= size)
		return false;
	if (!hasMask(t))
		return true;
	uintptr_t at = in < t->size ? in : in % t->size; /* an array's */
	return in - at + t->size <= size && at < t->ptrdata &&
	       t->gcdata[at / (8 * PTRSIZE)] >> (at / PTRSIZE % 8) & 1;
}

/* addr, in the heap, was read where known is of; NULL: it leaves no trace. */
static always_inline void
markAndLeave(struct marker *mk, uintptr_t addr, uint32_t *known)
{
	uintptr_t distance = addr - seen.base;
	if (BROKEN(TRACKSEEN) && brokenTurn(100))
		;
	else if (mk->large)
		markHeapWordLater(mk, addr);
	else
		markHeapWord(mk, addr);
	if (known != NULL && distance % PTRSIZE == 0 && distance / PTRSIZE <= UINT32_MAX)
		store_rlx(known, (uint32_t)(distance / PTRSIZE));
}

static no_sanitize void
readAgain(struct marker *mk, const struct mspan *s, const uintptr_t *p, uint32_t *known)
{
	uintptr_t addr = load_rlx(p);
	if (inHeap(mk, addr) && counts(s, (uintptr_t)p))
		markAndLeave(mk, addr, known);
}

/* The page that will be read next, if it is one, and what was seen on it. */
struct nextpage {
	const char *page, *known; /* or NULL */
	const struct mspan *span;
};

static struct nextpage
nextPage(struct marker *mk)
{
	uintptr_t next = mk->ahead[mk->next % AHEAD];
	if (!(next & PAGE_ITEM))
		return (struct nextpage){0};
	next &= ~PAGE_ITEM;
	const struct mspan *s = spanAt(mk, next);
	__builtin_prefetch(s);
	return (struct nextpage){(const char *)next, (const char *)seenOn(mk, next), s};
}

/* The part of it that lies as these words do: a few lines each time, since asking for all at once takes as long
 * as to wait for them. */
static always_inline void
askFor(const struct nextpage *next, uintptr_t word)
{
	if (next->page == NULL)
		return;
	if (word == WORDS_UNLIKE * 4 && next->span != NULL) {
		uint32_t i = objIndex(next->span, (uintptr_t)next->page) / 64;
		__builtin_prefetch(&next->span->markBits[i]);
		__builtin_prefetch(&next->span->allocBits[i]);
	}
	for (uintptr_t n = 0; n < WORDS_UNLIKE * PTRSIZE; n += CACHE_LINE)
		__builtin_prefetch(next->page + word * PTRSIZE + n);
	if (next->known == NULL)
		return;
	for (uintptr_t n = 0; n < WORDS_UNLIKE * sizeof(uint32_t); n += CACHE_LINE)
		__builtin_prefetch(next->known + word * sizeof(uint32_t) + n);
}

uintptr_t
markPage(struct marker *mk, uintptr_t item)
{
	static const uint32_t nothing[WORDS_UNLIKE];
	uintptr_t page = item & ~PAGE_ITEM;
	const struct mspan *s = spanAt(mk, page);
	uint32_t *known = seenOn(mk, page);
	struct nextpage next = nextPage(mk);
	mk->from = page;
	for (uintptr_t n = 0; n < physPageSize / PTRSIZE; n += WORDS_UNLIKE) {
		const uintptr_t *p = (const uintptr_t *)page + n;
		uint32_t *k = known == NULL ? NULL : known + n;
		askFor(&next, n);
		uint64_t unlike =
			wordsUnlike(p, k == NULL ? nothing : k, mk->lo, mk->size, seen.base);
		for (; unlike != 0; unlike &= unlike - 1) {
			uint32_t i = (uint32_t)ctz64(unlike);
			readAgain(mk, s, p + i, k == NULL ? NULL : k + i);
		}
	}
	return physPageSize;
}
