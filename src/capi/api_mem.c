/* api_mem.c: allocation with types.                                                  room: capi
 *
 * A gort_new in the source has a static gort_typeref. The first time through it, the types that
 * GORT_POINTERS described in the same source file are searched for one of the same spelling and
 * size; what was found, or that nothing was, stays in the ref. Two threads may search at once:
 * they find the same. */
#include "capi/capi.h"

#include "core/type.h"
#include "mem/mallocfast.h"

static const struct type undescribed; /* found_ of a ref whose type nobody described */

static cold _Noreturn void
tooLarge(size_t size)
{
	panicFormat("gort_alloc: size out of range: %lu bytes", size);
}

static cold _Noreturn void
lenOutOfRange(void)
{
	panicError("makeslice: len out of range");
}

static const struct type *
typeFind(gort_typeref *ref)
{
	const struct type *found = &undescribed;
	for (const gort_type *t = *ref->types; t != NULL; t = t->next)
		if (t->size == ref->size && rtstrcmp(t->name, ref->name) == 0)
			found = (const struct type *)t->descriptor_;
	store_rel(&ref->found_, (const void *)found);
	return found;
}

const struct type *
describedType(gort_typeref *ref)
{
	const struct type *t = load_acq(&ref->found_);
	if (t == NULL)
		t = typeFind(ref);
	return t == &undescribed ? NULL : t;
}

static always_inline uintptr_t
arraySize(ptrdiff_t n, size_t size)
{
	uintptr_t bytes;
	if (unlikely(n < 0 || __builtin_mul_overflow((uintptr_t)n, size, &bytes) ||
		     bytes > MAX_OBJECT))
		lenOutOfRange();
	return bytes;
}

/* ---- small objects: no call, no locked instruction ---------------------------------------- */

/* What is unusual ends in a call of one of these, so that the usual way saves no registers. mp: what
 * rtenterFast said. */
static never_inline void *
allocOther(struct m *mp, size_t size, enum spankind kind)
{
	struct g *gp = mp != NULL ? getg() : rtenterSlow(getg());
	if (unlikely(size > MAX_OBJECT))
		tooLarge(size);
	void *p = kind == SPAN_NOSCAN ? mallocNoscan(size, true) : mallocConservative(size);
	rtleave(gp);
	return p;
}

static never_inline void *
allocWanted(void *p)
{
	rtleave(getg());
	return p;
}

static always_inline void *
alloc(size_t size, enum spankind kind)
{
	/* Below that the tiny allocator is asked: mem/malloc.c. */
	const uintptr_t least = kind == SPAN_NOSCAN ? TINY_MAX + 1 : 1;
	uint32_t was;
	struct m *mp = rtenterFast(getg(), &was);
	if (unlikely(mp == NULL || size - least > FAST_MAX_SIZE - least))
		return allocOther(mp, size, kind);
	void *p = mallocBump(mp->p->mcache, size, kind);
	if (unlikely(p == NULL))
		return allocOther(mp, size, kind);
	return likely(rtleaveFast(mp, was)) ? p : allocWanted(p);
}

void *
gort_alloc(size_t size)
{
	return alloc(size, SPAN_CONSERVATIVE);
}

void *
gort_alloc_noscan(size_t size)
{
	return alloc(size, SPAN_NOSCAN);
}

void *
gort_alloc_array(ptrdiff_t n, size_t size, enum gort_scan scan)
{
	uintptr_t bytes = arraySize(n, size);
	if (scan == GORT_SCAN_NOTHING)
		return alloc(bytes, SPAN_NOSCAN);
	return alloc(bytes, SPAN_CONSERVATIVE);
}

static never_inline void *
allocTypedOther(struct m *mp, uintptr_t bytes, const struct type *t)
{
	struct g *gp = mp != NULL ? getg() : rtenterSlow(getg());
	void *p = mallocTyped(bytes, t);
	rtleave(gp);
	return p;
}

static never_inline void *
allocTypedArray(gort_typeref *ref, ptrdiff_t n)
{
	uintptr_t bytes = arraySize(n, ref->size);
	const struct type *t = describedType(ref);
	if (t == NULL)
		return alloc(bytes, SPAN_CONSERVATIVE);
	if (t->ptrdata == 0)
		return alloc(bytes, SPAN_NOSCAN);
	struct g *gp = rtenter();
	void *p = mallocTyped(bytes, t);
	rtleave(gp);
	return p;
}

void *
gort_alloc_typed(gort_typeref *ref, ptrdiff_t n)
{
	const struct type *t = load_acq(&ref->found_);
	uintptr_t bytes = ref->size;
	if (unlikely(n != 1 || t == NULL))
		return allocTypedArray(ref, n);
	if (t == &undescribed)
		return alloc(bytes, SPAN_CONSERVATIVE);
	if (t->ptrdata == 0)
		return alloc(bytes, SPAN_NOSCAN);
	uint32_t was;
	struct m *mp = rtenterFast(getg(), &was);
	if (unlikely(mp == NULL || bytes > FAST_MAX_SIZE))
		return allocTypedOther(mp, bytes, t);
	void *p = mallocBumpTyped(mp->p->mcache, bytes, t);
	if (unlikely(p == NULL))
		return allocTypedOther(mp, bytes, t);
	return likely(rtleaveFast(mp, was)) ? p : allocWanted(p);
}

/* ---- the rest ----------------------------------------------------------------------------- */

void
gort_free(void *p)
{
	struct g *gp = rtenter();
	gcfree(p);
	rtleave(gp);
}

size_t
gort_usable_size(const void *p)
{
	struct g *gp = rtenter();
	size_t n = objectSize((void *)p);
	rtleave(gp);
	return n;
}

void
gort_gc(void)
{
	struct g *gp = rtenter();
	gcCollect();
	rtleave(gp);
}

int
gort_root_add(void *p, size_t size)
{
	struct g *gp = rtenter();
	bool ok = gcRootAdd((uintptr_t)p, size);
	rtleave(gp);
	return ok ? 0 : GORT_ENOMEM;
}

int
gort_root_remove(void *p)
{
	struct g *gp = rtenter();
	bool ok = gcRootRemove((uintptr_t)p);
	rtleave(gp);
	return ok ? 0 : GORT_EINVAL;
}

void
gort_read_memstats(gort_memstats *out)
{
	struct memstats ms;
	struct g *gp = rtenter();
	readmemstats(&ms);
	rtleave(gp);
	*out = (gort_memstats){
		.heap_alloc = ms.heapAlloc,
		.total_alloc = ms.totalAlloc,
		.mallocs = ms.mallocs,
		.frees = ms.frees,
		.heap_sys = ms.heapSys,
		.heap_inuse = ms.heapInuse,
		.heap_idle = ms.heapIdle,
		.heap_released = ms.heapReleased,
		.stack_sys = ms.stackSys,
		.stack_inuse = ms.stackInuse,
		.other_sys = ms.otherSys + ms.mcacheInuse + ms.mspanInuse,
		.sys = ms.sys,
		.num_gc = load_rlx(&gcstats.collections),
		.num_forced_gc = load_rlx(&gcstats.asked),
		.gc_pause_total = load_rlx(&gcstats.pauseTotal),
		.gc_pause_max = load_rlx(&gcstats.pauseMax),
		.next_gc = gccollects ? load_rlx(&gcpacer.trigger) : UINT64_MAX,
	};
}

int
gort_gc_pauses(gort_pauses *out, int n)
{
	int some = 0;
	for (uint32_t i = 0; gcPauses != NULL && i < TIMEHIST_CLASSES; i++) {
		uint64_t count = load_rlx(&gcPauses->counts[i]);
		if (count == 0)
			continue;
		if (some < n)
			out[some] = (gort_pauses){
				.from_ns = timehistFrom(i),
				.to_ns = i + 1 < TIMEHIST_CLASSES ? timehistFrom(i + 1) : INT64_MAX,
				.count = count,
			};
		some++;
	}
	return some;
}
