/* statsdoor.c: the allocator's numbers, as Go's packages want them.                  room: gccgo
 *
 * Numbers are read with the world stopped. */
#include "gccgo/std.h"

#include "gc/gc.h"

/* ---- numbers ------------------------------------------------------------------------------ */

static void
readStopped(struct memstats *s)
{
	struct g *gp = rtenter();
	stopTheWorld();
	readmemstats(s);
	startTheWorld();
	rtleave(gp);
}

static uint64_t
numgc(void)
{
	return load_rlx(gccollects ? &gcstats.collections : &gcstats.cycles);
}

void
go_ReadMemStats(struct gomemstats *m)
{
	struct memstats s;
	readStopped(&s);
	__builtin_memset(m, 0, sizeof *m);
	m->Alloc = m->HeapAlloc = s.heapAlloc;
	m->TotalAlloc = s.totalAlloc;
	m->Sys = s.sys;
	m->Mallocs = s.mallocs;
	m->Frees = s.frees;
	m->HeapSys = s.heapSys;
	m->HeapIdle = s.heapIdle;
	m->HeapInuse = s.heapInuse;
	m->HeapReleased = s.heapReleased;
	m->HeapObjects = s.mallocs - s.frees;
	m->StackInuse = s.stackInuse;
	m->StackSys = s.stackSys;
	m->MSpanInuse = m->MSpanSys = s.mspanInuse;
	m->MCacheInuse = m->MCacheSys = s.mcacheInuse;
	m->OtherSys = s.otherSys;
	m->NextGC = load_rlx(&gcpacer.trigger);
	m->NumGC = (uint32_t)numgc();
	m->NumForcedGC = (uint32_t)load_rlx(gccollects ? &gcstats.asked : &gcstats.forced);
	m->LastGC = (uint64_t)gcstats.lastEnd;
	m->PauseTotalNs = gcstats.pauseTotal;
	for (uint32_t i = 0; i < nelem(m->PauseNs) && i < GC_PAUSES; i++) {
		m->PauseNs[i] = gcstats.pause[i];
		m->PauseEnd[i] = gcstats.pauseEnd[i];
	}
	m->EnableGC = true;
	for (uint32_t i = 0; i < nelem(m->BySize) && i < nelem(s.bySize); i++) {
		m->BySize[i].Size = s.bySize[i].size;
		m->BySize[i].Mallocs = s.bySize[i].mallocs;
		m->BySize[i].Frees = s.bySize[i].frees;
	}
}

/* The last pauses, newest first, and when they ended, as many; then when the last collection was, how
 * many there were, and the sum of their pauses. */
void
go_readGCStats(struct goslice *pauses)
{
	uint64_t *p = pauses->array;
	if (pauses->cap < 2 * GC_PAUSES + 3)
		throw("short slice passed to readGCStats");
	struct g *gp = rtenter();
	stopTheWorld();
	uint64_t all = gcstats.collections, n = all < GC_PAUSES ? all : GC_PAUSES;
	for (uint64_t i = 0; i < n; i++) {
		p[i] = gcstats.pause[(all - 1 - i) % GC_PAUSES];
		p[n + i] = gcstats.pauseEnd[(all - 1 - i) % GC_PAUSES];
	}
	p[2 * n] = (uint64_t)gcstats.lastEnd;
	p[2 * n + 1] = numgc();
	p[2 * n + 2] = gcstats.pauseTotal;
	startTheWorld();
	rtleave(gp);
	pauses->len = (intgo)(2 * n + 3);
}

int32_t
go_setGCPercent(int32_t percent)
{
	struct g *gp = rtenter();
	/* A collection that the old percentage has begun is over before the new one counts. */
	stopTheWorld();
	while (gcUnderWay()) {
		startTheWorld();
		gcWaitEnd();
		stopTheWorld();
	}
	int32_t old = gcSetPercent(percent);
	startTheWorld();
	rtleave(gp);
	return old;
}

void
go_freeOSMemory(void)
{
	struct g *gp = rtenter();
	if (gccollects)
		gcCollect();
	gcReleaseCycle();
	mheap_scavenge(UINTPTR_MAX);
	rtleave(gp);
}

/* ---- runtime/metrics ---------------------------------------------------------------------- */

enum metrickind { METRIC_BAD, METRIC_UINT64, METRIC_FLOAT64, METRIC_HISTOGRAM };

struct histogram {
	struct goslice counts;  /* of uint64_t */
	struct goslice buckets; /* of double, one more */
};

enum metric {
	M_CYCLES_FORCED,
	M_CYCLES,
	M_CYCLES_AUTOMATIC,
	M_ALLOC_BYTES,
	M_ALLOC_OBJECTS,
	M_FREE_BYTES,
	M_FREE_OBJECTS,
	M_GOAL,
	M_OBJECTS,
	M_HEAP_FREE,
	M_HEAP_OBJECTS,
	M_HEAP_RELEASED,
	M_HEAP_STACKS,
	M_HEAP_UNUSED,
	M_MCACHE,
	M_MSPAN,
	M_OTHER,
	M_TOTAL,
	M_GOROUTINES,
	M_STACKS_FREE,
	M_TINY,
	M_ZERO,
	M_ALLOCS_BY_SIZE,
	M_FREES_BY_SIZE,
	M_PAUSES,
	M_NO_TIMES,
};

static const struct metricname {
	const char *name;
	enum metric metric;
} metricnames[] = {
	{"/gc/cycles/automatic:gc-cycles", M_CYCLES_AUTOMATIC},
	{"/gc/cycles/forced:gc-cycles", M_CYCLES_FORCED},
	{"/gc/cycles/total:gc-cycles", M_CYCLES},
	{"/gc/heap/allocs-by-size:bytes", M_ALLOCS_BY_SIZE},
	{"/gc/heap/allocs:bytes", M_ALLOC_BYTES},
	{"/gc/heap/allocs:objects", M_ALLOC_OBJECTS},
	{"/gc/heap/frees-by-size:bytes", M_FREES_BY_SIZE},
	{"/gc/heap/frees:bytes", M_FREE_BYTES},
	{"/gc/heap/frees:objects", M_FREE_OBJECTS},
	{"/gc/heap/goal:bytes", M_GOAL},
	{"/gc/heap/objects:objects", M_OBJECTS},
	{"/gc/heap/tiny/allocs:objects", M_TINY},
	{"/gc/pauses:seconds", M_PAUSES},
	{"/memory/classes/heap/free:bytes", M_HEAP_FREE},
	{"/memory/classes/heap/objects:bytes", M_HEAP_OBJECTS},
	{"/memory/classes/heap/released:bytes", M_HEAP_RELEASED},
	{"/memory/classes/heap/stacks:bytes", M_HEAP_STACKS},
	{"/memory/classes/heap/unused:bytes", M_HEAP_UNUSED},
	{"/memory/classes/metadata/mcache/free:bytes", M_ZERO},
	{"/memory/classes/metadata/mcache/inuse:bytes", M_MCACHE},
	{"/memory/classes/metadata/mspan/free:bytes", M_ZERO},
	{"/memory/classes/metadata/mspan/inuse:bytes", M_MSPAN},
	{"/memory/classes/metadata/other:bytes", M_OTHER},
	{"/memory/classes/os-stacks:bytes", M_STACKS_FREE},
	{"/memory/classes/other:bytes", M_ZERO},
	{"/memory/classes/profiling/buckets:bytes", M_ZERO},
	{"/memory/classes/total:bytes", M_TOTAL},
	{"/sched/goroutines:goroutines", M_GOROUTINES},
	{"/sched/latencies:seconds", M_NO_TIMES},
};

static uint64_t
metricValue(enum metric which, const struct memstats *s)
{
	switch (which) {
	case M_CYCLES:
		return numgc();
	case M_CYCLES_FORCED:
		return load_rlx(gccollects ? &gcstats.asked : &gcstats.forced);
	case M_CYCLES_AUTOMATIC:
		return numgc() - load_rlx(gccollects ? &gcstats.asked : &gcstats.forced);
	case M_ALLOC_BYTES:
		return s->totalAlloc;
	case M_ALLOC_OBJECTS: /* here, other than in MemStats, tiny ones do not count twice */
		return s->mallocs - s->tiny;
	case M_FREE_BYTES:
		return s->totalAlloc - s->heapAlloc;
	case M_FREE_OBJECTS:
		return s->frees - s->tiny;
	case M_TINY:
		return s->tiny;
	case M_GOAL:
		return load_rlx(&gcpacer.trigger);
	case M_OBJECTS:
		return s->mallocs - s->frees;
	case M_HEAP_FREE:
		return s->heapIdle - s->heapReleased;
	case M_HEAP_OBJECTS:
		return s->heapAlloc;
	case M_HEAP_RELEASED:
		return s->heapReleased;
	case M_HEAP_STACKS:
		return s->stackInuse;
	case M_STACKS_FREE: /* mapped for stacks, and none there; never touched for the most part */
		return s->stackSys - s->stackInuse;
	case M_HEAP_UNUSED:
		return s->heapInuse - s->heapAlloc;
	case M_MCACHE:
		return s->mcacheInuse;
	case M_MSPAN:
		return s->mspanInuse;
	case M_OTHER:
		return s->otherSys;
	case M_TOTAL:
		return s->sys;
	case M_GOROUTINES:
		return (uint64_t)go_NumGoroutine();
	default:
		return 0;
	}
}

/* Objects by size class; the last bucket is for what is larger than any. */
static struct histogram *
bySize(const struct memstats *s, bool frees)
{
	enum { CLASSES = NUM_SIZECLASSES };
	struct g *gp = rtenter();
	struct histogram *h = mallocConservative(sizeof *h);
	uint64_t *counts = mallocNoscan(CLASSES * sizeof *counts, true);
	double *buckets = mallocNoscan((CLASSES + 1) * sizeof *buckets, true);
	rtleave(gp);
	buckets[0] = 1;
	for (uint32_t i = 1; i < CLASSES; i++) {
		buckets[i] = s->bySize[i].size + 1;
		counts[i - 1] = frees ? s->bySize[i].frees : s->bySize[i].mallocs;
	}
	buckets[CLASSES] = __builtin_inf();
	counts[CLASSES - 1] = frees ? s->bySize[0].frees : s->bySize[0].mallocs;
	h->counts = (struct goslice){counts, CLASSES, CLASSES};
	h->buckets = (struct goslice){buckets, CLASSES + 1, CLASSES + 1};
	return h;
}

/* In seconds. NULL: nothing was measured, and one class holds all of it. */
static struct histogram *
times(const struct timehist *from)
{
	intgo n = from == NULL ? 1 : TIMEHIST_CLASSES;
	struct g *gp = rtenter();
	struct histogram *h = mallocConservative(sizeof *h);
	uint64_t *counts = mallocNoscan((uintptr_t)n * sizeof *counts, true);
	double *buckets = mallocNoscan(((uintptr_t)n + 1) * sizeof *buckets, true);
	rtleave(gp);
	for (intgo i = 0; i < n; i++) {
		buckets[i] = (double)timehistFrom((uint32_t)i) / (double)SEC;
		if (from != NULL)
			counts[i] = load_rlx(&from->counts[i]);
	}
	buckets[0] = -__builtin_inf();
	buckets[n] = __builtin_inf();
	h->counts = (struct goslice){counts, n, n};
	h->buckets = (struct goslice){buckets, n + 1, n + 1};
	return h;
}

void
go_readMetrics(struct gometric *samples, intgo len, intgo cap)
{
	struct memstats s;
	(void)cap;
	readStopped(&s);
	for (struct gometric *m = samples; m < samples + len; m++) {
		m->kind = METRIC_BAD;
		for (uint32_t i = 0; i < nelem(metricnames); i++) {
			struct gostring name = gostringOf(metricnames[i].name);
			if (!strequal(&name, &m->name))
				continue;
			enum metric which = metricnames[i].metric;
			m->kind = which < M_ALLOCS_BY_SIZE ? METRIC_UINT64 : METRIC_HISTOGRAM;
			if (m->kind == METRIC_UINT64)
				m->scalar = metricValue(which, &s);
			else
				m->pointer = which == M_PAUSES ? times(gcPauses)
					     : which == M_NO_TIMES
						     ? times(NULL)
						     : bySize(&s, which == M_FREES_BY_SIZE);
		}
	}
}
