/* concurrent.c: marking while the program runs: who does it, and for how long.       room: gc
 *
 * After the roots all that is to be read is on the list of full buffers (work.c). Turns of marking are
 * taken, on scheduling stacks and with a P, by
 *     the scheduler, as the collector's share    a quarter of the processors' time since the start. schedule()
 *                    asks at each round; code that computes is preempted for it like for a goroutine that waits
 *     the scheduler, instead of going to sleep   as long as nothing else is to be run
 *     a goroutine that allocates                 more than a quarter of the way to the goal: in proportion to
 *                    what it takes (pacerAssist), so that the mark is over when the goal is reached
 * A turn works from the P's own queue, which belongs to whoever holds the P; at its end it puts all
 * that is left on the list, where others find it, and adds what it has marked to the sum. Barriers put
 * objects on the queue as well, between turns.
 *
 * With tracked pages (track.c) there are several such marks, each with a larger share.
 *
 * The end. A turn that finds nothing, while nobody else has a turn, wakes the collector. That is a hint: there
 * may be objects on queues, from barriers. The collector has all Ps put what they have on the list, and
 * if there was something it waits again. After a few rounds, in which barriers always came between, it
 * is content with what is left: it stops the world and does the rest then. So nothing hangs on the
 * counting; what a mistake costs is a longer stop.
 *
 * A turn looks every few microseconds whether the world is to stop, or a goroutine was made ready that is to run
 * next here.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"
#include "gc/workbuf.h"

#define TURN      (50 * US)
#define SHARE_MAX (10 * MS) /* at a stretch */
#define ROUNDS    32

uint32_t gcmarking;
struct marktimes marktimes;

static struct {
	uint32_t turns aligned_to(CACHE_LINE); /* atomic: that are being taken */
	uint64_t bytes;       /* atomic: marked so far, the roots' and barriers' included */
	int64_t paid;         /* atomic: heapLive up to which those who allocate have helped */
	int64_t start;        /* atomic: since when the share is counted */
	uint64_t shareBefore; /* atomic: the share's time then */
	uint32_t quarters;    /* atomic: the share */
	struct bgworker *collector; /* written with the world stopped */
} conc;

static bool
quiet(void)
{
	return load_seq(&conc.turns) == 0 && gcworkGlobalEmpty();
}

static void
wakeCollector(void)
{
	if (quiet())
		workerWake(conc.collector);
}

bool
gcMarkWorkFor(struct p *pp)
{
	return !gcworkGlobalEmpty() || !gcwork_empty(pp->gcw);
}

static void
takeShaded(struct gcwork *work)
{
	xadd(&conc.bytes, work->shaded);
	work->shaded = 0;
}

/* inrt > 0, pp is held, on g0. False: there was nothing. *ns: how long it took is added. */
static bool
turn(struct p *pp, uint64_t bytes, int64_t longest, uint64_t *ns)
{
	xadd(&conc.turns, 1u);
	bool any = gcMarkWorkFor(pp);
	if (any) {
		int64_t t0 = nanotime();
		struct marker mk = {.work = pp->gcw, .arenas = arenaTable()};
		mheap_bounds(&mk.lo, &mk.size);
		mk.size -= mk.lo;
		mk.large = heapIsLarge();
		markSome(&mk, pp, bytes, t0 + longest);
		xadd(&conc.bytes, mk.sum.bytes);
		takeShaded(pp->gcw);
		gcwork_dispose(pp->gcw);
		xadd(ns, (uint64_t)(nanotime() - t0));
		if (!gcworkGlobalEmpty() && load_rlx(&sched.npidle) != 0)
			world.wakep(0);
	}
	if (xadd(&conc.turns, -1u) == 0)
		wakeCollector();
	return any;
}

/* ---- turns -------------------------------------------------------------------------------- */

bool
gcMarkShareDue(void)
{
	if (load_rlx(&gcmarking) == 0 || gcworkGlobalEmpty())
		return false;
	int64_t all = (nanotime() - load_rlx(&conc.start)) * gomaxprocs;
	int64_t had = (int64_t)(load_rlx(&marktimes.share) - load_rlx(&conc.shareBefore));
	return had * 4 < all * load_rlx(&conc.quarters);
}

bool
gcMarkShare(struct p *pp)
{
	bool any = false;
	int64_t t0 = nanotime();
	while (gcMarkShareDue() && turn(pp, UINT64_MAX, TURN, &marktimes.share)) {
		any = true;
		int64_t now = nanotime(), when = load_rlx(&pp->timers.when0);
		if (now - t0 >= SHARE_MAX || (when != 0 && when <= now) ||
			load_rlx(&pp->runnext) != NULL || load_rlx(&sched.gcwaiting) != 0 ||
			load_rlx(&pp->runSafePointFn) != 0)
			break;
	}
	if (!any)
		wakeCollector();
	return any;
}

void
gcMarkIdle(struct p *pp)
{
	turn(pp, UINT64_MAX, TURN, &marktimes.idle);
}

/* ---- who allocates helps ------------------------------------------------------------------ */

static void
assistOnG0(void *any)
{
	int64_t live = load_rlx(&heapLive), paid = xchg(&conc.paid, live);
	uint64_t n = live > paid ? (uint64_t)(live - paid) : 0;
	n = pacerAssist(n, load_rlx(&conc.bytes));
	*(bool *)any = turn(getg()->m->p, n, MS, &marktimes.assist);
}

bool
concurrentAssist(void)
{
	bool any;
	systemstack(assistOnG0, &any);
	return any || (uint64_t)load_rlx(&heapLive) < pacerMost();
}

/* ---- a mark ------------------------------------------------------------------------------- */

/* A reader may see half of it: the share is a quarter off for a moment. */
void
concurrentShare(uint32_t quarters)
{
	store_rlx(&conc.shareBefore, load_rlx(&marktimes.share));
	store_rlx(&conc.start, nanotime());
	store_rlx(&conc.quarters, quarters);
}

void
concurrentBegin(const struct marksum *sum, struct bgworker *collector)
{
	assertWorldStopped();
	marktimes = (struct marktimes){0};
	store_rlx(&conc.bytes, sum->bytes);
	store_rlx(&conc.paid, load_rlx(&heapLive));
	conc.collector = collector;
	concurrentShare(1);
	store_seq(&gcmarking, 1u);
}

static bool
waitCommit(struct g *gp unused_ok, void *arg unused_ok)
{
	store_seq(&conc.collector->parked, 1u);
	/* Whoever finds it parked wakes it; it is not woken twice. */
	return !quiet() || !cas(&conc.collector->parked, 1u, 0u);
}

static void
offer(struct p *pp)
{
	takeShaded(pp->gcw);
	gcwork_dispose(pp->gcw);
}

void
concurrentQuiet(void)
{
	do
		world.park(waitCommit, NULL, waitReasonGCWorkerIdle);
	while (!quiet());
}

void
concurrentWait(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		concurrentQuiet();
		world.forEachP(offer);
		if (gcworkGlobalEmpty())
			break;
		world.wakep(0);
	}
}

void
concurrentEnd(struct marksum *sum)
{
	assertWorldStopped();
	store_seq(&gcmarking, 0u);
	for (int32_t i = 0; i < gomaxprocs; i++)
		offer(allp[i]);
	gort_assert(load_seq(&conc.turns) == 0);
	sum->bytes = load_rlx(&conc.bytes);
}
