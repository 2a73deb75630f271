/* statsdoor.c: the allocator's numbers, as Go's packages want them; finalizers.      room: gccgo
 *
 * Numbers are read with the world stopped. A finalizer is checked as Go checks it and recorded; to run it
 * is the collector's. Records lie in a hash table by address, outside the heap, so that a record
 * does not keep its object; the function is held by the table, which is a root. */
#include "gccgo/std.h"

#include "core/bits.h"
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
	stopTheWorld();
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
	M_ZERO,
	M_ALLOCS_BY_SIZE,
	M_FREES_BY_SIZE,
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
	{"/gc/heap/tiny/allocs:objects", M_ZERO},
	{"/gc/pauses:seconds", M_NO_TIMES},
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
	{"/memory/classes/os-stacks:bytes", M_ZERO},
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
	case M_ALLOC_OBJECTS:
		return s->mallocs;
	case M_FREE_BYTES:
		return s->totalAlloc - s->heapAlloc;
	case M_FREE_OBJECTS:
		return s->frees;
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

static struct histogram *
noTimes(void)
{
	struct g *gp = rtenter();
	struct histogram *h = mallocConservative(sizeof *h);
	uint64_t *counts = mallocNoscan(sizeof *counts, true);
	double *buckets = mallocNoscan(2 * sizeof *buckets, true);
	rtleave(gp);
	buckets[0] = -__builtin_inf();
	buckets[1] = __builtin_inf();
	h->counts = (struct goslice){counts, 1, 1};
	h->buckets = (struct goslice){buckets, 2, 2};
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
				m->pointer = which == M_NO_TIMES
						     ? noTimes()
						     : bySize(&s, which == M_FREES_BY_SIZE);
		}
	}
}

/* ---- finalizers --------------------------------------------------------------------------- */

struct finalizer {
	struct finalizer *next;
	uintptr_t obj;
	struct eface fn;
};

enum { FIRST_BUCKETS = 1024 };
static struct mutex finlock = {.rank = LOCKRANK_FINALIZER};
/* finlock: */
static struct fixalloc finalloc;
static struct finalizer **finbuckets;
static uintptr_t nbuckets, nfinalizers;

static uintptr_t
hashWord(uintptr_t obj)
{
	return (uintptr_t)(obj / 8 * 0x9e3779b97f4a7c15ull >> 20);
}

static struct finalizer **
bucketOf(uintptr_t obj)
{
	return &finbuckets[hashWord(obj) & (nbuckets - 1)];
}

static void
growBuckets(void)
{
	struct finalizer **old = finbuckets;
	uintptr_t n = nbuckets;
	nbuckets = n == 0 ? FIRST_BUCKETS : 4 * n;
	finbuckets = sysAlloc(alignUp(nbuckets * sizeof *finbuckets, physPageSize));
	if (finbuckets == NULL)
		throw("out of memory (finalizers)");
	for (uintptr_t i = 0; i < n; i++) {
		while (old[i] != NULL) {
			struct finalizer *f = old[i];
			old[i] = f->next;
			f->next = *bucketOf(f->obj);
			*bucketOf(f->obj) = f;
		}
	}
	if (n > 0)
		sysFree(old, alignUp(n * sizeof *old, physPageSize));
}

/* Until finalizers run, an object that has one stays. World stopped. */
static void
markFinalizers(struct marker *mk)
{
	for (uintptr_t i = 0; i < nbuckets; i++)
		for (struct finalizer *f = finbuckets[i]; f != NULL; f = f->next) {
			gcMarkAddress(mk, f->obj);
			gcMarkAddress(mk, (uintptr_t)f->fn.data);
		}
}

/* False: it has one already. fn.type NULL: it has none from now on. */
static bool
setFinalizer(uintptr_t obj, struct eface fn)
{
	bool ok = true;
	lock(&finlock);
	if (nbuckets == 0) {
		fixallocInit(&finalloc, sizeof(struct finalizer));
		gcRootProvider(markFinalizers);
	}
	if (nfinalizers >= nbuckets)
		growBuckets();
	struct finalizer **at = bucketOf(obj);
	while (*at != NULL && (*at)->obj != obj)
		at = &(*at)->next;
	struct finalizer *f = *at;
	if (fn.type == NULL && f != NULL) {
		*at = f->next;
		fixallocFree(&finalloc, f);
		nfinalizers--;
	} else if (fn.type != NULL && f != NULL) {
		ok = false;
	} else if (fn.type != NULL) {
		f = fixallocAlloc(&finalloc);
		*f = (struct finalizer){NULL, obj, fn};
		*at = f;
		nfinalizers++;
	}
	unlock(&finlock);
	return ok;
}

bool
finalizerOf(uintptr_t obj, struct eface *fn)
{
	lock(&finlock);
	struct finalizer *f = nbuckets > 0 ? *bucketOf(obj) : NULL;
	while (f != NULL && f->obj != obj)
		f = f->next;
	if (f != NULL)
		*fn = f->fn;
	unlock(&finlock);
	return f != NULL;
}

static _Noreturn void
refuse(const char *fmt, const struct type *t, const struct type *u)
{
	static char text[512];
	char a[200], b[200] = "";
	uintptr_t n = typeString(t, a, sizeof a), k = u != NULL ? typeString(u, b, sizeof b) : 0;
	rtsnprintf(text, sizeof text, fmt, (int)(n < sizeof a ? n : sizeof a), a,
		(int)(k < sizeof b ? k : sizeof b), b);
	throw(text);
}

/* May a value of type t, a pointer, be passed as a parameter of type to? */
static bool
passes(const struct type *t, const struct type *to)
{
	if (t == to)
		return true;
	switch (to->kind & KindMask) {
	case KindPtr:
		return (t->uncommon == NULL || to->uncommon == NULL) &&
		       ((const struct ptrtype *)t)->elem == ((const struct ptrtype *)to)->elem;
	case KindInterface:
		return ((const struct interfacetype *)to)->nmethods == 0 || ifaceT2Ip(to, t);
	default:
		return false;
	}
}

void
go_SetFinalizer(struct eface obj, struct eface fn)
{
	if (obj.type == NULL)
		throw("runtime.SetFinalizer: first argument is nil");
	if ((obj.type->kind & KindMask) != KindPtr)
		refuse("runtime.SetFinalizer: first argument is %.*s, not pointer", obj.type, NULL);
	const struct type *elem = ((const struct ptrtype *)obj.type)->elem;
	if (obj.data == NULL)
		throw("nil elem type!");
	uintptr_t p = (uintptr_t)obj.data, base = findObject(p, NULL, NULL);
	/* What is not on the heap lives for ever, and so does what has no size. */
	if (base == 0 || elem->size == 0)
		return;
	/* Small objects without pointers share a block. */
	if (p != base && (elem->ptrdata != 0 || elem->size >= 16))
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block");
	if (fn.type != NULL) {
		if ((fn.type->kind & KindMask) != KindFunc)
			refuse("runtime.SetFinalizer: second argument is %.*s, not a function",
				fn.type, NULL);
		const struct functype *ft = (const struct functype *)fn.type;
		if (ft->dotdotdot)
			refuse("runtime.SetFinalizer: cannot pass %.*s to finalizer %.*s because "
			       "dotdotdot",
				obj.type, fn.type);
		if (ft->nin != 1 || !passes(obj.type, ft->in[0]))
			refuse("runtime.SetFinalizer: cannot pass %.*s to finalizer %.*s", obj.type,
				fn.type);
	}
	struct g *gp = rtenter();
	bool ok = setFinalizer(p, fn);
	rtleave(gp);
	if (!ok)
		throw("runtime.SetFinalizer: finalizer already set");
}
