/* track.c: marking while C code runs.                                                room: gc
 *
 * C code stores pointers without telling anybody, so there is no barrier to go by (barrier.c). Instead the
 * kernel says which pages have been written (os.h), and what lies on them is read again:
 *     1. trackBegin    world running: all pages of objects with pointers count as not written from here on
 *     2. the world stops: roots and stacks are read; objects are born marked from here on; it starts
 *     3. marking goes on while the program runs (concurrent.c)
 *     4. trackRounds   nothing is left to mark: pages that have been written since 1 count as not
 *                      written again, and the marked objects on them are read once more; that is
 *                      repeated while it helps
 *     5. the world stops: the pages that were written since the last round (trackLast), all
 *                      roots and all stacks are read, and what is found is marked, to the end
 *     6. trackEnd      world running: writes cost nothing again
 *
 * Nothing is lost. At the end let O be reachable and not marked, and the first such on a path from a root. All
 * roots have just been read, so the one before O on the path, X, is an object that is marked and has
 * a word W that leads to O. X was queued when it was marked, and read since, or it was born marked.
 * If W was last written after its page last began to count as not written, the page was in the last set,
 * and W was read in 5. If not: W has not changed since the page's last such moment, and after that moment
 *     X was read, by 3 or by the round (a round reads a page's objects that are marked by then; one that is
 *     marked later is read later); or
 *     X was born, and nothing has been written to its page since: then W is 0; or
 *     X was born before a round that has read it.
 * In the first case W was read with the value that it has now, so that O is marked.
 *
 * That the content is read only after the call that has made the page count as not written is essential; so is
 * that what the kernel does not know counts as written: memory that was mapped since, pages that were given back,
 * and pages that this file has never told it of.
 *
 * Barriers, shades of weak handles, rescans of single stacks are not needed, since 5 reads all roots.
 * While marking goes on spans are not freed, as with the barrier.
 *
 * The rounds do not end by themselves: who writes everything all the time leaves everything for 5. There are at
 * most five, each with a larger share of the processors; one that takes more than half of the time and has more
 * than half of the pages of the one before, and many, is the last. What a round has read of a page need not be marked again
 * where it still stands there (markpage.c), so that the second time, and the last, are several times faster than
 * the first.
 *
 * If the kernel fails in the middle (the program has closed the descriptors), nothing that was marked counts, and the
 * mark is done with the world stopped; so are all later ones.
 *
 * Small heaps (below TRACK_FROM) are marked with the world stopped: that is over before the first round would
 * be, and costs the program no faults. So are heaps that are less than what stands outside: both stops read all
 * of that, and one is enough.
 *
 * Not seen: what devices write by themselves into pages that were pinned for it (registered buffers
 * of io_uring, O_DIRECT); the kernel's other writes are.
 *
 * Model: tests/model/track.pml.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"
#include "gc/workbuf.h"

#include "core/broken.h"
#include "mem/bits.h"

#define BLOCK (64 * PAGE_SIZE) /* of one sort: mem/pagealloc.c */
#define PIECE (4 * BLOCK)      /* for one call of the kernel's while the program runs */
/* Live, as the last mark has found it, with variables and stacks. */
#define TRACK_FROM (GORT_HARD ? 64 * KiB : 4 * MiB)
/* In the time that finding the stack of a goroutine takes so many bytes of the heap are marked. */
#define A_GOROUTINE 128
#define GAP         16       /* pages */
#define FEW         256      /* pages, that the last stop may have */
#define MANY        32768    /* pages: a round that helps little is not the last below that */
#define LONG        (2 * MS) /* that the collector keeps its processor */

enum { VEC = 512, LAST_VEC = 64 };

static struct {
	bool wanted, forced; /* constant after gcinit */
	bool open, refused;
	bool lost; /* the kernel does not say any more what was written */
	struct pagerange *vec;
	int64_t since; /* when the collector last let others have its processor */
	/* The last time, which is shared: */
	uint32_t next; /* atomic: the arena to look at */
	intptr_t err;  /* atomic: the kernel's refusal */
} track;

struct tracktimes tracktimes;

void
trackInit(void)
{
	enum { AUTO, WP, SOFTDIRTY, STW };
	if (debug.gctrack == SOFTDIRTY)
		rtprintf("gort: GODEBUG=gctrack=softdirty: not there, because no kernel to try it "
			 "on had "
			 "CONFIG_MEM_SOFT_DIRTY; the world stops for the mark\n");
	track.forced = debug.gctrack == WP;
	track.wanted = debug.gctrack <= WP && debug.gcstoptheworld == 0 && !onValgrind;
}

bool
trackForced(void)
{
	return track.wanted && track.forced;
}

bool
trackWorth(uint64_t live, uint64_t roots)
{
	roots += (uint64_t)load_acq(&nallgs) * A_GOROUTINE;
	return track.wanted && !track.refused &&
	       (track.forced || (live + roots >= TRACK_FROM && (GORT_HARD || live >= roots)));
}

static cold void
refused(const char *what, intptr_t err)
{
	track.refused = true;
	if (debug.gctrace > 0 || track.forced)
		rtprintf("gctrack: stw: the kernel refuses %s (errno %ld)\n", what, (long)-err);
}

static bool
opened(void)
{
	const char *what;
	if (track.open)
		return true;
	int err = osWrittenOpen(&what);
	if (err != 0) {
		refused(what, err);
		return false;
	}
	track.open = true;
	track.vec = persistentallocNoscan(VEC * sizeof *track.vec, CACHE_LINE);
	if (debug.gctrace > 0)
		rtprintf("gctrack: wp\n");
	return true;
}

/* World running: between two pieces of work. */
static void
breathe(void)
{
	if (load_rlx(&sched.worldstopped))
		return;
	if (nanotime() - track.since > LONG) {
		gcwork_dispose(getg()->m->p->gcw);
		world.yield();
		track.since = nanotime();
	}
}

/* ---- which pages ---------------------------------------------------------------------------- */

/* The next stretch of ha from *at on, nearly all of which belongs to spans that hold pointers. Before marking
 * spans may change meanwhile: what is missed then counts as written. */
static bool
nextStretch(struct heapArena *ha, uintptr_t *at, uintptr_t *lo, uintptr_t *hi)
{
	uint32_t i = (uint32_t)((*at - ha->base) / PAGE_SIZE), end, next;
	i = rangeNext(ha->pointers, i, ARENA_PAGES, true);
	if (i == ARENA_PAGES)
		return false;
	*lo = ha->base + i * PAGE_SIZE;
	for (next = i;;) {
		end = rangeNext(ha->pointers, next, ARENA_PAGES, false);
		next = rangeNext(ha->pointers, end, ARENA_PAGES, true);
		if (next == ARENA_PAGES || next - end > GAP)
			break;
	}
	*hi = ha->base + end * PAGE_SIZE;
	*at = ha->base + next * PAGE_SIZE;
	return true;
}

static void
watch(struct heapArena *ha, uintptr_t lo, uintptr_t hi)
{
	for (uintptr_t b = (lo - ha->base) / BLOCK; b <= (hi - 1 - ha->base) / BLOCK; b++)
		ha->watched[b / 64] |= (uint64_t)1 << (b % 64);
}

static int
makeKnown(struct heapArena *ha)
{
	if (ha->known)
		return 0;
	int err = osWrittenAdd(ha->base, ARENA_SIZE);
	ha->known = err == 0;
	return err;
}

static int
clean(struct heapArena *ha)
{
	uintptr_t at = ha->base, lo, hi;
	int err = makeKnown(ha);
	while (err == 0 && nextStretch(ha, &at, &lo, &hi)) {
		watch(ha, lo, hi);
		for (uintptr_t next; err == 0 && lo < hi; lo = next) {
			next = alignUp(lo + 1, PIECE) < hi ? alignUp(lo + 1, PIECE) : hi;
			err = osWrittenClean(lo, next - lo);
			breathe();
		}
	}
	return err;
}

bool
trackBegin(void)
{
	struct heapArena *ha;
	int err = 0;
	if (!opened())
		return false;
	track.lost = false;
	track.since = nanotime();
	seenBegin((uint64_t)load_rlx(&heapLive));
	tracktimes = (struct tracktimes){0};
	for (uint32_t i = 0; err == 0 && (ha = mheap_arena(i)) != NULL; i++)
		err = clean(ha);
	tracktimes.clean = nanotime() - track.since;
	if (err != 0)
		refused("to say which pages are written", err);
	return err == 0;
}

/* ---- what was written ------------------------------------------------------------------------- */

static uint64_t
queuePages(struct gcwork *work, struct heapArena *ha, uintptr_t lo, uintptr_t hi, bool round)
{
	uint64_t n = 0;
	for (; lo < hi; lo += physPageSize) {
		if (!bitIsSet(ha->pointers, lo / PAGE_SIZE % ARENA_PAGES))
			continue;
		n++;
		if (round)
			seenWant(ha, lo);
		if (!(BROKEN(TRACKROUND) && round) && !(BROKEN(TRACKLAST) && !round))
			gcwork_putFast(work, lo | PAGE_ITEM);
	}
	return n;
}

/* What was written in ha is queued. last: there; the world stands still. NULL: in a round, it counts as not written
 * from here on, and the queue is this P's, which is another one after each breath. */
static int
written(struct heapArena *ha, struct gcwork *last, struct pagerange *vec, uint32_t nvec,
	uint64_t *n)
{
	uintptr_t at = ha->base, lo, hi;
	bool round = last == NULL;
	int err = round ? makeKnown(ha) : 0;
	while (err == 0 && nextStretch(ha, &at, &lo, &hi)) {
		if (round)
			watch(ha, lo, hi);
		while (lo < hi) {
			intptr_t k = osWrittenPages(&lo, hi, round, vec, nvec);
			if (k < 0)
				return (int)k;
			struct gcwork *work = round ? getg()->m->p->gcw : last;
			for (intptr_t i = 0; i < k; i++)
				*n += queuePages(work, ha, vec[i].lo, vec[i].hi, round);
			if (round)
				breathe();
		}
	}
	return err;
}

static void
lost(intptr_t err)
{
	track.lost = true;
	refused("to say which pages are written", err);
}

/* On the queue of this P, or offered already. */
static uint64_t
allWritten(void)
{
	struct heapArena *ha;
	uint64_t n = 0;
	int err = 0;
	for (uint32_t i = 0; err == 0 && (ha = mheap_arena(i)) != NULL; i++)
		err = written(ha, NULL, track.vec, VEC, &n);
	if (err != 0)
		lost(err);
	return n;
}

void
trackRounds(void)
{
	int64_t last = INT64_MAX;
	uint64_t lastPages = UINT64_MAX;
	concurrentQuiet();
	for (uint32_t r = 0; r < TRACK_ROUNDS; r++) {
		int64_t began = track.since = nanotime();
		uint64_t n = allWritten();
		gcwork_dispose(getg()->m->p->gcw);
		tracktimes.round[r] = n;
		tracktimes.rounds = r + 1;
		concurrentShare(r + 1);
		world.wakep(0);
		if (track.lost || n <= FEW)
			return;
		concurrentQuiet();
		int64_t took = nanotime() - began;
		if (took > last / 2 && n > lastPages / 2 && n > MANY)
			return;
		last = took;
		lastPages = n;
	}
}

bool
trackLast(void)
{
	assertWorldStopped();
	track.next = 0;
	track.err = 0;
	return !track.lost;
}

bool
trackLastNext(struct gcwork *work)
{
	struct pagerange vec[LAST_VEC];
	struct heapArena *ha = mheap_arena(xadd(&track.next, 1u) - 1);
	uint64_t n = 0;
	int64_t t0 = nanotime();
	if (ha == NULL)
		return false;
	int err = written(ha, work, vec, nelem(vec), &n);
	if (err != 0)
		store_rlx(&track.err, (intptr_t)err);
	xadd(&tracktimes.last, n);
	xadd(&tracktimes.look, nanotime() - t0);
	return true;
}

bool
trackLost(void)
{
	if (!track.lost && track.err != 0)
		lost(track.err);
	return track.lost;
}

static bool
watched(const struct heapArena *ha, uintptr_t block)
{
	return block < ARENA_SIZE / BLOCK && (ha->watched[block / 64] >> (block % 64) & 1);
}

static int
forget(struct heapArena *ha)
{
	int err = 0;
	for (uintptr_t b = 0, n; err == 0 && b < ARENA_SIZE / BLOCK; b += n) {
		for (n = 0; n < PIECE / BLOCK && watched(ha, b + n); n++)
			continue;
		if (n == 0) {
			n = 1;
			continue;
		}
		err = osWrittenForget(ha->base + b * BLOCK, n * BLOCK);
		breathe();
	}
	return err;
}

void
trackEnd(void)
{
	struct heapArena *ha;
	int err = 0;
	track.since = nanotime();
	for (uint32_t i = 0; (ha = mheap_arena(i)) != NULL; i++) {
		if (err == 0)
			err = forget(ha);
		memclr(ha->watched, sizeof ha->watched);
		seenEnd(ha);
	}
	if (err != 0 && !track.refused)
		refused("to forget which pages are written", err);
}
