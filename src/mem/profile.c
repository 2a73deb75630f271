/* profile.c: samples of the heap: what was allocated where, and what of it is in use.   room: mem
 *
 * Every byte that a program allocates has the same chance to be the one whose object is a sample: the
 * distances between samples, in bytes, are random, with the rate as their mean, and do not depend on each
 * other. (At regular distances a loop that allocates in step with them would be seen always or never.)
 *
 * No counting on the fast path. A cache knows how many bytes are left to its next sample
 * (sampleAfter). When it takes a run of slots it subtracts the run's bytes. If the sample is among
 * them the run ends before that slot, and the slot is due: the next run of that span class is this slot
 * alone, taken by the slow way, which makes the sample (sampleNow). So the slow way is taken once more for
 * each sample, and what is allocated between is allocated as ever. Bytes of a run are counted when the run is
 * taken; those that a flush gives back are added again.
 * A slot that is due waits for its own class: given to whichever class comes next, those that take
 * short runs would get more than their share.
 * A change of the rate is seen by the slow way, which gives the cache's runs back.
 *
 * A sample is a record beside the object (special.c), which ends when the object is swept or freed, and a
 * place: a stack and a size, with numbers of objects and bytes.
 *
 * When numbers count. Objects are found dead while spans are swept, long after they died; counted as
 * they come, a profile would show more objects in use the longer ago the last sweep was. So what is
 * published is as of the end of a mark: what was allocated until then, less what that mark found dead, which
 * is known when all is swept. Cycle c lasts from one mark's end to the next. A place has three future
 * numbers: an allocation in cycle c goes to that of c+2, to be published when mark c+1 has been swept;
 * a death found in cycle c, by mark c's sweep, goes to that of c+1. The number of c becomes
 * part of the active ones when cycle c begins; that of c+1 also when somebody knows that all is swept. With
 * three of them, by number modulo 3, none is written and published at once. As long as nothing was published,
 * who asks gets all that there is.
 *
 * Places are never freed: their stacks are read without the lock.
 * Lock: places.lock (MEMPROFILE): everything but the caches' own fields and the cycle.
 */
#define GORT_MEM_IMPL
#include "mem/profile.h"

#include "core/rand.h"
#include "core/upcalls.h"
#include "mem/internal.h"
#include "mem/special.h"

#if !GORT_FREESTANDING

struct counts {
	uint64_t allocs, frees, allocBytes, freeBytes;
};

struct place {
	struct place *chain, *next;
	uintptr_t hash, size; /* constant from here on, but for the counts */
	struct counts active, future[3];
	uint32_t npcs;
	uintptr_t pcs[];
};

#	define CHAINS 4096

static struct {
	struct mutex lock;
	struct place **chains; /* lock; CHAINS of them, made with the first place */
	struct place *all;     /* lock */
	uint32_t cycle;        /* atomic; written with the world stopped */
	const intgo *rate;
	uint32_t (*callers)(uintptr_t *pcs, uint32_t n);
} places = {.lock = {.rank = LOCKRANK_MEMPROFILE}};

const struct memprofile *memprofile;

/* ---- when --------------------------------------------------------------------------------- */

/* A random distance with this mean: -ln(u) * mean, u evenly distributed. */
static int64_t
distance(intgo mean)
{
	if (mean <= 1)
		return 0;
	if (mean > 0x7000000)
		mean = 0x7000000;
	/* u = m / 2^32, m from 1 on. log2(m) with 16 bits behind the point: squaring doubles it. */
	uint64_t m = (wyrand(getg()->m->rand) >> 32) + 1;
	uint32_t whole = 63 - clz64(m);
	uint64_t x = m << 31 >> whole; /* 1 <= x < 2, 31 bits behind the point */
	uint64_t log2 = whole;
	for (int bit = 0; bit < 16; bit++) {
		x = x * x >> 31;
		log2 <<= 1;
		if (x >> 32 != 0) {
			x >>= 1;
			log2 |= 1;
		}
	}
	uint64_t minus = ((uint64_t)32 << 16) - log2;                   /* -log2(u), 16 bits */
	return (int64_t)((minus * 45426 >> 16) * (uint64_t)mean >> 16); /* ln 2 = 45426 / 2^16 */
}

static void
look(struct mcache *c)
{
	intgo rate = load_rlx(places.rate);
	if (likely(rate == c->sampleRate))
		return;
	if (load_rlx(&gcphase) == GCoff) /* else what is in the runs goes without */
		mcacheFlush(c);
	__builtin_memset(c->sampleDue, 0, sizeof c->sampleDue);
	c->sampleRate = rate;
	c->sampleAfter = distance(rate);
}

static uint32_t
cut(struct mcache *c, uint32_t spc, uint32_t n, uintptr_t size)
{
	if (c->sampleRate <= 0)
		return n;
	if (c->sampleDue[spc]) {
		c->sampleDue[spc] = false;
		c->sampleNow = true;
		return 1;
	}
	if (c->sampleAfter >= (int64_t)(n * size)) {
		c->sampleAfter -= (int64_t)(n * size);
		return n;
	}
	uint32_t before = (uint32_t)((uintptr_t)c->sampleAfter / size);
	c->sampleAfter = distance(c->sampleRate);
	if (before == 0) {
		c->sampleNow = true;
		return 1;
	}
	c->sampleDue[spc] = true;
	return before;
}

static bool
large(struct mcache *c, uintptr_t size)
{
	if (c->sampleRate <= 0)
		return false;
	if (c->sampleAfter >= (int64_t)size) {
		c->sampleAfter -= (int64_t)size;
		return false;
	}
	c->sampleAfter = distance(c->sampleRate);
	return true;
}

/* ---- where -------------------------------------------------------------------------------- */

/* places.lock */
static struct place *
placeOf(uintptr_t size, const uintptr_t *pcs, uint32_t n)
{
	uintptr_t h = size;
	for (uint32_t i = 0; i < n; i++)
		h = (h ^ pcs[i]) * (uintptr_t)0x9e3779b97f4a7c15ull;
	h ^= h >> 32;
	if (places.chains == NULL)
		places.chains = persistentalloc(CHAINS * sizeof *places.chains, PTRSIZE);
	struct place **chain = &places.chains[h % CHAINS], *b;
	for (b = *chain; b != NULL; b = b->chain)
		if (b->hash == h && b->size == size && b->npcs == n &&
			__builtin_memcmp(b->pcs, pcs, n * sizeof *pcs) == 0)
			return b;
	b = persistentalloc(sizeof *b + n * sizeof *pcs, _Alignof(struct place));
	b->hash = h;
	b->size = size;
	b->npcs = n;
	__builtin_memcpy(b->pcs, pcs, n * sizeof *pcs);
	b->chain = *chain;
	*chain = b;
	b->next = places.all;
	places.all = b;
	return b;
}

static void
sample(uintptr_t obj, uintptr_t size)
{
	uintptr_t pcs[MEMPROF_DEPTH];
	uint32_t n = places.callers(pcs, MEMPROF_DEPTH);
	lock(&places.lock);
	struct place *b = placeOf(size, pcs, n);
	struct counts *f = &b->future[(load_rlx(&places.cycle) + 2) % 3];
	f->allocs++;
	f->allocBytes += size;
	unlock(&places.lock);
	specialAddSample(obj, b);
}

static void
ended(void *const *word)
{
	struct place *b = word[0];
	lock(&places.lock);
	struct counts *f = &b->future[(load_rlx(&places.cycle) + 1) % 3];
	f->frees++;
	f->freeBytes += b->size;
	unlock(&places.lock);
}

/* ---- publication -------------------------------------------------------------------------- */

/* places.lock */
static void
publish(struct place *b, uint32_t i)
{
	struct counts *f = &b->future[i], *a = &b->active;
	a->allocs += f->allocs;
	a->frees += f->frees;
	a->allocBytes += f->allocBytes;
	a->freeBytes += f->freeBytes;
	*f = (struct counts){0};
}

static void
publishAll(uint32_t ahead)
{
	lock(&places.lock);
	for (struct place *b = places.all; b != NULL; b = b->next)
		publish(b, (places.cycle + ahead) % 3);
	unlock(&places.lock);
}

static void
nextCycle(void)
{
	assertWorldStopped();
	store_rel(&places.cycle, places.cycle + 1);
}

static void
flush(void)
{
	publishAll(0);
}

static void
swept(void)
{
	publishAll(1);
}

void
memprofRead(bool zero, void (*visit)(void *arg, const struct memrecord *r), void *arg)
{
	lock(&places.lock);
	bool none = true; /* was published so far */
	for (struct place *b = places.all; b != NULL; b = b->next) {
		publish(b, places.cycle % 3); /* a mark has ended; flush may not have come yet */
		none &= b->active.allocs == 0 && b->active.frees == 0;
	}
	for (struct place *b = places.all; b != NULL; b = b->next) {
		if (none)
			for (uint32_t i = 0; i < 3; i++)
				publish(b, i);
		struct memrecord r = {b->active.allocs, b->active.frees, b->active.allocBytes,
			b->active.freeBytes, b->pcs, b->npcs};
		if (zero ? r.allocs != 0 : r.allocs != r.frees)
			visit(arg, &r);
	}
	unlock(&places.lock);
}

void
memprofStart(const intgo *rate, uint32_t (*callers)(uintptr_t *pcs, uint32_t n))
{
	static const struct memprofile hooks = {
		.look = look,
		.cut = cut,
		.large = large,
		.sample = sample,
		.ended = ended,
		.nextCycle = nextCycle,
		.flush = flush,
		.swept = swept,
	};
	places.rate = rate;
	places.callers = callers;
	store_rel(&memprofile, &hooks);
}

#endif
