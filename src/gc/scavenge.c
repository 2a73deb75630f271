/* scavenge.c: bgscavenge gives free pages back to the kernel.                        room: gc
 *
 * How much: the heap keeps a tenth more than the highest use of the last seconds
 * (mheap_scavengeGoal), and under GOMEMLIMIT nothing above the limit that is free.
 * How fast: a turn is about a millisecond of work; then it rests 99 times as long as it worked,
 * so that it costs one per cent of a CPU. Near the limit it does not rest.
 *
 * Between turns it is parked with wakeAt set; gcforce wakes it from then on. When there is nothing
 * to do yet, but will be once the peak is forgotten, wakeAt is a second away. When there is
 * nothing at all, wakeAt is 0. Ten times a second sysmon looks whether that has changed, or the limit is passed.
 */
#define GORT_GC_IMPL
#include "gc/internal.h"

struct bgworker scavenger;

#define TURN_BYTES    (512 * KiB)
#define TURN_NS       MS
#define REST_FACTOR   99
#define LOOK_INTERVAL (100 * MS)

static int64_t wakeAt;   /* atomic; written by bgscavenge before it parks */
static int64_t lastlook; /* sysmon only */

/* Free memory that is held although the limit says no. */
static uintptr_t
overLimit(void)
{
	if (gcpacer.memoryLimit == INT64_MAX)
		return 0;
	uint64_t held = mheap_held(), limit = (uint64_t)gcpacer.memoryLimit;
	uint64_t idle = held - mheap_inuse(), all = held + (GORT_FREESTANDING ? 0 : sysBeside());
	if (all <= limit)
		return 0;
	return all - limit < idle ? all - limit : idle;
}

int64_t
scavengeNext(void)
{
	if (load_acq(&scavenger.parked) == 0)
		return 0;
	int64_t at = load_rlx(&wakeAt);
	if (at == 0 && mheap_scavengeLater() > 0)
		at = nanotime() + SEC;
	return at;
}

bool
scavengeDue(int64_t now)
{
	if (load_acq(&scavenger.parked) == 0)
		return false;
	int64_t at = load_rlx(&wakeAt);
	/* Without a collector the limit is looked at in turns only. */
	if (at != 0 && (GORT_FREESTANDING || now >= at))
		return now >= at;
	if (now - lastlook < LOOK_INTERVAL)
		return false;
	lastlook = now;
	return (at == 0 && mheap_scavengeLater() > 0) || (!GORT_FREESTANDING && overLimit() > 0);
}

/* Works for about a millisecond. When to come back, 0: not by itself. */
static int64_t
scavengeTurn(void)
{
	int64_t start = nanotime(), now = start;
	uintptr_t limit = overLimit();
	do {
		uintptr_t goal = mheap_scavengeGoal();
		if (limit > goal)
			goal = limit;
		if (goal == 0)
			break;
		uintptr_t n = mheap_scavenge(goal < TURN_BYTES ? goal : TURN_BYTES);
		xadd(&gcstats.scavengedBytes, (uint64_t)n);
		limit = n < limit ? limit - n : 0;
		now = nanotime();
		if (n == 0)
			return 0; /* free pages are in empty spans or on the way: sysmon looks */
	} while (limit > 0 || now - start < TURN_NS);
	if (now != start)
		return now + (now - start) * REST_FACTOR;
	return mheap_scavengeLater() > 0 ? now + SEC : 0;
}

/* GODEBUG=scavtrace=1: Go's line, at most once a second and only if something went back. */
static void
scavtrace(void)
{
	static uint64_t printed;
	static int64_t last;
	int64_t now = nanotime();
	uint64_t total = load_rlx(&gcstats.scavengedBytes);
	if (debug.scavtrace == 0 || total == printed || now - last < SEC)
		return;
	struct memstats ms;
	readmemstats(&ms);
	uint64_t held = ms.heapSys - ms.heapReleased;
	rtprintf("scav %lu KiB work (bg), 0 KiB work (eager), %lu KiB now, %lu%% util\n",
		(unsigned long)((total - printed) / KiB), (unsigned long)(ms.heapReleased / KiB),
		(unsigned long)(ms.heapInuse * 100 / (held > 0 ? held : 1)));
	printed = total;
	last = now;
}

void
bgscavenge(void *arg unused_ok)
{
	startedfn(startedarg);
	workerInit(&scavenger);
	for (;;) {
		store_rlx(&wakeAt, scavengeTurn());
		scavtrace();
		workerPark(&scavenger, waitReasonGCScavengeWait);
	}
}
