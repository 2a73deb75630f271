/* team.c: the threads that mark together, and how they find out that nothing is left. room: gc
 *
 * The collector's thread and helpers, idle threads that the scheduler lends while the world stands still
 * (world.help). Each works from the queue of a P of its own (work.c) and does
 *
 *	1. take objects off the queue, or off the list of full buffers, until there are none
 *	2. take a job from the roots (roots.c), and go to 1.
 *	3. when there is none either: count as idle, and wait until either the list has something:
 *	   count as not idle, 1.; or all who have joined are idle: it is over
 *
 * Who is at work feeds the list while somebody is idle and the list is empty (teamHungry,
 * gcwork_balance). Helpers may come late: they join by a CAS that fails once it is over, and do nothing
 * then. The collector joins before it asks for helpers.
 *
 * team.count holds how many have joined and how many of these are idle, in one word, so that "all are
 * idle" is one look, and once true stays true: joining and going back to work are CASes that leave such
 * a word alone.
 *
 * It is over only when there is nothing left. Who counts as idle has an empty queue, and has seen
 * the list empty and no job left after it put something there last; jobs do not come back. Objects are put on
 * the list only by those who are not idle. So let all be idle, and X be the buffer that was put on the list
 * last: who put it there has then seen the list empty, and nothing came after, so it is empty still;
 * and who took X has emptied its queue since. The counting is by sequentially consistent
 * operations, the list's head by CAS (sequentially consistent) and acquiring loads: counting as idle is
 * not moved before the look that found nothing.
 *
 * That nothing is lost does not even hang on it: nobody leaves with objects on its queue, so whoever is last
 * has done the rest. What a mistake here would cost is that the others had left too early.
 * markTogether returns when all have left.
 *
 * Where the program runs while it is marked (concurrent.c) only the roots are read in this way, and what is
 * left at the end, which is little; with tracked pages (track.c) that is the roots again and what was
 * written last.
 *
 * Model: tests/model/team.pml.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

#include "core/broken.h"

#define TEAM_MAX  32
#define HELP_FROM (512 * KiB) /* to read: below that a helper comes too late */

#define JOINED ((uint64_t)1 << 32)
#define IDLE   ((uint64_t)1)

static struct {
	uint64_t count aligned_to(CACHE_LINE); /* atomic: how many have joined, and are idle */
	uint32_t over; /* atomic, futex: follows count, for those who sleep */
	/* Written before there are helpers, then constant. */
	int32_t firstp;
	bool alone;
	enum { ALL, ROOTS, REST, AGAIN } part;
	uint64_t live; /* bytes to read, beside roots */
	struct g *self;
	struct marksum sum; /* atomic while there are helpers */
	uint64_t others;    /* the collector's: what roots the last mark has read */
} team;

static bool
allIdle(uint64_t count)
{
	return count >> 32 == (uint32_t)count;
}

bool
teamHungry(void)
{
	return (uint32_t)load_rlx(&team.count) != 0 && gcworkGlobalEmpty();
}

static bool
join(void)
{
	for (;;) {
		uint64_t count = load_seq(&team.count);
		if (allIdle(count))
			return false;
		if (cas(&team.count, count, count + JOINED))
			return true;
	}
}

static void
rest(uint32_t look)
{
	if (look < 100)
		procyield(20);
	else if (look < 200)
		osyield();
	else
		futexsleep(&team.over, 0, 50 * US);
}

/* The queue is empty, and so was the list. False: it is over. */
static bool
waitForWork(void)
{
	uint64_t count = xadd(&team.count, IDLE);
	if (allIdle(count)) {
		gort_assert(gcworkGlobalEmpty());
		store_seq(&team.over, 1u);
		futexwakeup(&team.over, UINT32_MAX >> 1);
		return false;
	}
	for (uint32_t look = 0;; look++) {
		if (!gcworkGlobalEmpty()) {
			if (BROKEN(TEAMIDLE) || cas(&team.count, count, count - IDLE))
				return true;
		} else {
			rest(look);
		}
		count = load_seq(&team.count);
		if (allIdle(count))
			return false;
	}
}

/* number: 0 for the collector's own thread. */
/* What there is to be done beside the queue. */
static bool
another(struct marker *mk)
{
	return (team.part == AGAIN && trackLastNext(mk->work)) ||
	       (team.part != REST && rootsMarkNext(mk));
}

static void
work(int32_t number)
{
	struct marker mk = {0};
	mheap_bounds(&mk.lo, &mk.size);
	mk.size -= mk.lo;
	mk.arenas = arenaTable();
	mk.alone = team.alone;
	mk.large = heapIsLarge();
	mk.self = team.self;
	mk.work = allp[(team.firstp + number) % gomaxprocs]->gcw;
	if (team.part == ROOTS) {
		while (rootsMarkNext(&mk))
			;
		gcwork_dispose(mk.work);
	} else {
		do {
			do
				markDrain(&mk);
			while (another(&mk));
		} while (waitForWork());
		gort_assert(gcwork_empty(mk.work));
	}
	xadd(&team.sum.bytes, mk.sum.bytes);
	xadd(&team.sum.stacks, mk.sum.stacks);
	xadd(&team.sum.globals, mk.sum.globals);
}

static void
help(int32_t number, void *arg unused_ok)
{
	if (join())
		work(number);
}

static int32_t
helpersWanted(void)
{
	bool all = GORT_HARD || debug.gcstress != 0;
	uint64_t pieces = (team.live + team.others) / HELP_FROM;
	int32_t n = gomaxprocs < ncpu || all ? gomaxprocs : ncpu;
	n = n < TEAM_MAX ? n : TEAM_MAX;
	return all || pieces > TEAM_MAX || (int32_t)pieces >= n ? n - 1 : (int32_t)pieces;
}

static void
together(struct marksum *sum, struct g *self)
{
	int32_t n = team.part == REST ? 0 : helpersWanted();
	team.firstp = getg()->m->p->id;
	team.self = self;
	team.alone = n == 0;
	team.sum = (struct marksum){0};
	store_rlx(&team.over, 0u);
	store_seq(&team.count, JOINED);
	if (team.part != REST)
		rootsPrepare();
	if (n > 0)
		world.help(n, help, NULL);
	work(0);
	if (n > 0)
		world.helped();
	gort_assert(team.part == ROOTS || gcworkGlobalEmpty());
	*sum = team.sum;
	if (team.part != REST)
		team.others = team.sum.stacks + team.sum.globals;
}

void
markTogether(struct marksum *sum, struct g *self)
{
	team.part = ALL;
	team.live = (uint64_t)load_rlx(&heapLive);
	together(sum, self);
}

void
markAgainTogether(struct marksum *sum, struct g *self)
{
	team.part = AGAIN;
	team.live = (uint64_t)load_rlx(&heapLive);
	together(sum, self);
}

void
markRootsTogether(struct marksum *sum, struct g *self)
{
	team.part = ROOTS;
	team.live = 0;
	together(sum, self);
}

void
markRestTogether(struct marksum *sum, struct g *self)
{
	team.part = REST;
	together(sum, self);
}
