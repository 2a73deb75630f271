/* pacer.c: when the next collection is due.                                          room: gc
 *
 * The goal is the heap size (heapLive: bytes in objects) that the program may reach: what the last
 * mark found and GOGC per cent of that, at least 4 MiB * GOGC / 100. Stacks and variables that had to be
 * read count as well when the percentage is taken, beyond the first megabyte: a program with a large array
 * among its variables would otherwise read it for every few megabytes that it allocates.
 *
 * Under GOMEMLIMIT the goal is lowered, so that the heap with what the runtime keeps beside it stays below
 * the limit; but never so far that collections follow each other: a twentieth of the live heap and a
 * megabyte may be allocated between two, whatever the limit; and if the program still stands still for more
 * than half of the time, twice as much after each collection, up to the live heap. Better above the limit
 * than at a stand.
 *
 * While the world stands still as the collector marks, the trigger is the goal: nobody allocates
 * meanwhile.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

static uint64_t lastlive, lastroots; /* world stopped */
static uint64_t goal;                /* world stopped; also read by statistics */
static uint64_t leeway = 1;          /* world stopped: how many twentieths */
static int64_t lastend;              /* world stopped: when the last mark was over */

/* What the limit leaves for objects. */
static uint64_t
limitGoal(uint64_t live)
{
	if (gcpacer.memoryLimit == INT64_MAX)
		return UINT64_MAX;
	struct memstats ms;
	readmemstats(&ms);
	/* Tables, and pages of spans that hold no object. Stacks are not among it: what is known of them
	 * is address space. */
	uint64_t beside = ms.otherSys + ms.mspanInuse + ms.mcacheInuse;
	uint64_t used = ms.heapInuse > ms.heapAlloc ? ms.heapInuse - ms.heapAlloc : 0;
	uint64_t limit = (uint64_t)gcpacer.memoryLimit;
	beside += used / 2 + limit / 32;
	uint64_t step = (live / 20 + MiB) * leeway, most = live + 4 * MiB;
	uint64_t least = live + (step < most ? step : most),
		 g = limit > beside ? limit - beside : 0;
	return g > least ? g : least;
}

/* The world was asked to stop at start, and a mark is over. */
void
pacerTimes(int64_t start)
{
	int64_t now = nanotime(), stood = now - start, ran = start - lastend;
	if (stood > ran && leeway < 32)
		leeway *= 2;
	else if (stood < ran / 3 && leeway > 1)
		leeway /= 2;
	lastend = now;
}

void
pacerMarked(uint64_t live, uint64_t roots)
{
	uint64_t g = UINT64_MAX, limit = limitGoal(live);
	lastlive = live;
	lastroots = roots;
	if (gcpacer.gcPercent >= 0) {
		uint64_t percent = (uint64_t)gcpacer.gcPercent;
		uint64_t n = live + (roots > MiB ? roots - MiB : 0);
		g = live + n / 100 * percent + n % 100 * percent / 100;
		gcpacer.heapMinimum = 4 * MiB * percent / 100;
		if (g < gcpacer.heapMinimum)
			g = gcpacer.heapMinimum;
	}
	if (g > limit)
		g = limit;
	goal = g;
	store_rlx(&gcpacer.trigger, g);
	int64_t trigger = g > INT64_MAX ? INT64_MAX : (int64_t)g;
	store_rlx(&liveTrigger, debug.gcstress != 0 ? INT64_MIN : trigger);
}

uint64_t
pacerGoal(void)
{
	return goal;
}

void
pacerPercentChanged(void)
{
	pacerMarked(lastlive, lastroots);
}
