/* pacer.c: when the next collection is due.                                          room: gc
 *
 * The goal is the heap size (heapLive: bytes in objects) that the program may reach: what the last
 * mark found and GOGC per cent of that, at least 4 MiB * GOGC / 100. Stacks and variables that had to be
 * read count as well when the percentage is taken, beyond the first megabyte: a program with a large array
 * among its variables would otherwise read it for every few megabytes that it allocates.
 *
 * Under GOMEMLIMIT the goal is lowered, so that the heap with what the runtime keeps beside it stays below
 * the limit; but never so far that collections follow each other: a twentieth of the live heap and a
 * megabyte may be allocated between two, whatever the limit; and if the collector still takes more than half
 * of the processors' time, twice as much after each collection, up to the live heap. Better above the limit
 * than at a stand.
 *
 * While the world stands still as the collector marks, the trigger is the goal: nobody allocates
 * meanwhile. Where the program runs, marking has to begin so early that it ends at the goal: the trigger lies
 * a quarter more before it than was allocated during the last mark; a third of the way, the first
 * time. From a quarter of the rest on who allocates helps: for each byte as many as would have
 * everything marked when the goal is reached, if the heap is then as it was. Who finds nothing to help with, because
 * others are at the last of it, waits for the end once the heap is a quarter beyond the goal; where the goal is
 * the limit's, at the goal: what is born during the mark is live after it, and a long list keeps one marker busy for
 * as long as the others could allocate many times as much.
 */
#define GORT_GC_IMPL
#include "gc/hosted/collect.h"

static uint64_t lastlive, lastroots; /* world stopped */
static uint64_t goal;                /* written with the world stopped; atomic */
static bool limited;                 /* the same: by GOMEMLIMIT; atomic */
static uint64_t leeway = 1;          /* world stopped: how many twentieths */
static int64_t lastend;              /* world stopped: when the last mark was over */
static uint64_t lastduring; /* world stopped: allocated while the last mark went on; 0: none yet */
bool pacerConcurrent;
struct pacerwas pacerwas;

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

/* A mark is over, which has taken ns of processors; the stop of the world that ends it began at again. */
void
pacerTimes(uint64_t took, int64_t again)
{
	int64_t now = nanotime(), all = (now - lastend) * gomaxprocs;
	took += (uint64_t)((now - again) * gomaxprocs);
	if (took > (uint64_t)all / 2 && leeway < 32)
		leeway *= 2;
	else if (took < (uint64_t)all / 4 && leeway > 1)
		leeway /= 2;
	lastend = now;
}

uint64_t
pacerMost(void)
{
	uint64_t g = load_rlx(&goal);
	return load_rlx(&limited) ? g : g + g / 4;
}

/* How far before the goal marking begins; the heap is way below it after a mark. */
static uint64_t
runway(uint64_t way)
{
	uint64_t n = lastduring == 0 ? way / 3 : lastduring + lastduring / 4;
	uint64_t least = way / 16, most = way / 4 * 3;
	return n < least ? least : n > most ? most : n;
}

void
pacerBegun(void)
{
	uint64_t now = (uint64_t)load_rlx(&heapLive), g = goal;
	pacerwas = (struct pacerwas){now, g, lastlive, lastroots,
		lastlive * 1000 / (g > now + 64 * KiB ? g - now : 64 * KiB)};
	uint64_t from = g > now ? now + (g - now) / 4 : now;
	store_rlx(&liveTrigger, from > INT64_MAX ? INT64_MAX : (int64_t)from);
}

void
pacerAllocated(uint64_t during)
{
	lastduring = during + 1;
}

uint64_t
pacerAssist(uint64_t n, uint64_t marked)
{
	uint64_t g = load_rlx(&goal), live = (uint64_t)load_rlx(&heapLive);
	uint64_t left = lastlive > marked ? lastlive - marked : 0;
	uint64_t room = g > live + 64 * KiB ? g - live : 64 * KiB;
	if (left < lastlive / 16)
		left = lastlive / 16;
	uint64_t work = (uint64_t)((double)n * ((double)left / (double)room));
	return work < 4 * KiB ? 4 * KiB : work > 4 * MiB ? 4 * MiB : work;
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
	store_rlx(&limited, g > limit);
	if (g > limit)
		g = limit;
	store_rlx(&goal, g);
	if (pacerConcurrent && g != UINT64_MAX)
		g -= runway(live < g ? g - live : 0);
	store_rlx(&gcpacer.trigger, g);
	int64_t trigger = g > INT64_MAX ? INT64_MAX : (int64_t)g;
	store_rlx(&liveTrigger, debug.gcstress != 0 ? INT64_MIN : trigger);
}

uint64_t
pacerGoal(void)
{
	return load_rlx(&goal);
}

void
pacerPercentChanged(void)
{
	pacerMarked(lastlive, lastroots);
}
