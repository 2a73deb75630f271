/* special.c: what is to be done when an object is dead.                              room: mem
 *
 * Records lie outside the heap, on a list of the span that holds their object, sorted by address.
 * A record is for an address, but its fate is that of the slot around it: a tiny block with several
 * objects, or an object with a record for one of its fields, dies as a whole. Go's rules:
 *
 *   finalizer  is called with the object, which lives until it has returned, and with it all that it
 *              points to. Objects that point to each other and have finalizers are thus finalized one
 *              after the other, first those that nobody points to; a cycle never is, since each in it
 *              is reached from another.
 *   cleanup    is called when the object is gone. One that has a finalizer is not.
 *   sample     of the heap (profile.c): it is told when the object is gone.
 *   weak       the handle reads 0 before a finalizer is called, and still does if that makes the object
 *              reachable again; a handle made after that is another one.
 *
 * What the collector does. When it marks (specialsMark, world stopped): what a record will call, and with,
 * lives; so does what an object with a finalizer points to, though not itself; and the handle. When it
 * sweeps a span (specialsSweep): a slot without its mark bit is dead. If it has a finalizer its bit is
 * set, so it lives for this cycle, and the finalizers' records move to the queue: it may be found dead
 * again only after they were called and have let go of it. If it has none its cleanups move to the
 * queue. Whatever waits in the queue is marked with the roots.
 *
 * Weak handles. weakLoad sees to it that the span of the address is swept, then reads the handle again:
 * an object that the mark has not reached is never handed out. Its caller cannot be stopped for a
 * mark before the address is in its hands (inrt > 0), where the next mark finds it.
 *
 * gcfree drops an object's records before the slot can be taken again. A span's list is made with its
 * first record and goes when the span is freed, so who holds an object may use it.
 *
 * Locks: the list's own (SPECIAL), then records.lock (FINALIZER) for the pool, the list of lists and the
 * queue. Nothing is allocated on the heap under either.
 */
#define GORT_MEM_IMPL
#include "mem/special.h"

#include "core/upcalls.h"
#include "mem/internal.h"
#include "mem/profile.h"

/* What span->specials points to. */
struct speciallist {
	struct specials is; /* constant; first */
	struct mutex lock;
	struct special *first; /* lock; whether it is NULL is also asked without */
	struct special
		*last;      /* lock: where the last one was put in; NULL: somebody was taken out */
	struct mspan *span; /* constant */
	struct speciallist *next, **at; /* records.lock */
};

static struct {
	struct mutex lock;
	/* lock */
	struct fixalloc pool, lists;
	struct speciallist *all, *freelists;
	struct speciallist
		*unread;  /* atomic: where specialsMark goes on; the lists are constant then */
	bool queueUnread; /* atomic, the same for the queues */
	uint64_t ids;
	struct {
		struct special *first, **end; /* first is also looked at without */
	} queue[SPECIAL_CLEANUP + 1];
} records = {.lock = {.rank = LOCKRANK_FINALIZER}};

void (*specials_queued)(void);

enum specialplace
specialPlace(uintptr_t addr)
{
	struct mspan *s;
	uintptr_t i;
	if (addr == (uintptr_t)&zerobase)
		return PLACE_ZERO;
	uintptr_t base = findObject(addr, &s, &i);
	if (base == 0 || addr - base >= s->elemsize)
		return PLACE_NONE;
	if (spanKind(s) == SPAN_TINY) {
		uint32_t bit = (uint32_t)1 << (addr - base);
		if (load_acq(&s->tiny[i].freed) & bit)
			return PLACE_NONE;
		return load_acq(&s->tiny[i].starts) & bit ? PLACE_START : PLACE_INSIDE;
	}
	return addr == base ? PLACE_START : PLACE_INSIDE;
}

static struct speciallist *
listOf(const struct mspan *s)
{
	return (struct speciallist *)load_acq(&s->specials);
}

/* ---- records ------------------------------------------------------------------------------ */

static struct special *
recordMake(uintptr_t addr, enum specialkind kind, const struct specialcall *call)
{
	lock(&records.lock);
	if (records.pool.size == 0)
		fixallocInit(&records.pool, sizeof(struct special));
	struct special *sp = fixallocAlloc(&records.pool);
	sp->id = ++records.ids;
	unlock(&records.lock);
	sp->addr = addr;
	sp->kind = kind;
	sp->call = *call;
	return sp;
}

static void
recordsFree(struct special *sp)
{
	if (sp == NULL)
		return;
	lock(&records.lock);
	while (sp != NULL) {
		struct special *next = sp->next;
		fixallocFree(&records.pool, sp);
		sp = next;
	}
	unlock(&records.lock);
}

/* l->lock. Where the first record for addr, or beyond, is linked. */
static struct special **
firstAt(struct speciallist *l, uintptr_t addr)
{
	struct special **at = &l->first;
	/* Programs go through their objects upwards. */
	if (l->last != NULL && l->last->addr < addr)
		at = &l->last->next;
	while (*at != NULL && (*at)->addr < addr)
		at = &(*at)->next;
	return at;
}

/* l->lock */
static struct special *
takeOut(struct speciallist *l, struct special **at)
{
	struct special *sp = *at;
	store_rel(at, sp->next);
	sp->next = NULL;
	l->last = NULL;
	return sp;
}

/* l->lock. The record for addr of that kind (and id, if that is not 0); *at NULL: there is none. */
static struct special **
recordFind(struct speciallist *l, uintptr_t addr, enum specialkind kind, uint64_t id)
{
	static struct special *none;
	struct special **at = firstAt(l, addr);
	for (; *at != NULL && (*at)->addr == addr; at = &(*at)->next)
		if ((*at)->kind == kind && (id == 0 || (*at)->id == id))
			return at;
	return &none;
}

/* ---- ends that are no deaths --------------------------------------------------------------- */

/* The object of sp, which nobody is called for, is gone. */
static void
objectEnds(struct special *sp)
{
	if (sp->kind == SPECIAL_WEAK)
		store_rel((uintptr_t *)sp->call.word[0], (uintptr_t)0);
	else if (memprofile != NULL && sp->kind == SPECIAL_SAMPLE)
		memprofile->ended(sp->call.word);
}

static void
recordsDrop(struct mspan *s, uintptr_t addr, uintptr_t size)
{
	struct speciallist *l = listOf(s);
	if (l == NULL || load_acq(&l->first) == NULL)
		return;
	struct special *gone = NULL;
	lock(&l->lock);
	struct special **at = firstAt(l, addr);
	while (*at != NULL && (*at)->addr < addr + size) {
		struct special *sp = takeOut(l, at);
		objectEnds(sp);
		sp->next = gone;
		gone = sp;
	}
	unlock(&l->lock);
	recordsFree(gone);
}

static void
recordsEnd(struct mspan *s)
{
	struct speciallist *l = listOf(s);
	if (l->first != NULL || l->last != NULL)
		throw("mheap_freeSpan: records of objects are left");
	lock(&records.lock);
	s->specials = NULL;
	*l->at = l->next;
	if (l->next != NULL)
		l->next->at = l->at;
	l->next = records.freelists;
	records.freelists = l;
	unlock(&records.lock);
}

/* A list that was freed is a list still, and its lock a lock: who stops a cleanup may look into it, since
 * what it holds does not keep the object. records.lock */
static struct speciallist *
listAlloc(void)
{
	struct speciallist *l = records.freelists;
	if (l != NULL) {
		records.freelists = l->next;
		return l;
	}
	if (records.lists.size == 0)
		fixallocInit(&records.lists, sizeof *l);
	l = fixallocAlloc(&records.lists);
	lockInit(&l->lock, LOCKRANK_SPECIAL);
	l->is = (struct specials){recordsDrop, recordsEnd};
	return l;
}

static struct speciallist *
listMake(struct mspan *s)
{
	struct speciallist *l = listOf(s);
	if (l != NULL)
		return l;
	lock(&records.lock);
	l = listOf(s);
	if (l == NULL) {
		l = listAlloc();
		l->span = s;
		l->next = records.all;
		l->at = &records.all;
		if (l->next != NULL)
			l->next->at = &l->next;
		records.all = l;
		store_rel(&s->specials, &l->is);
	}
	unlock(&records.lock);
	return l;
}

/* ---- what doors ask for ----------------------------------------------------------------------- */

/* Unless it has one of that kind already: then *other is that one's. */
static bool
recordAdd(struct special *sp, bool unique, void **other)
{
	struct mspan *s = spanOf(sp->addr);
	gort_assert(s != NULL);
	struct speciallist *l = listMake(s);
	lock(&l->lock);
	struct special *old = unique ? *recordFind(l, sp->addr, sp->kind, 0) : NULL;
	if (old == NULL) {
		struct special **at = firstAt(l, sp->addr);
		sp->next = *at;
		store_rel(at, sp);
		l->last = sp;
	} else {
		*other = old->call.word[0];
	}
	unlock(&l->lock);
	if (old != NULL)
		recordsFree(sp);
	return old == NULL;
}

static bool
removeOne(uintptr_t addr, enum specialkind kind, uint64_t id)
{
	struct mspan *s = spanOf(addr);
	struct speciallist *l = s != NULL ? listOf(s) : NULL;
	if (l == NULL)
		return false;
	struct special *sp = NULL;
	lock(&l->lock);
	struct special **at = recordFind(l, addr, kind, id);
	if (*at != NULL)
		sp = takeOut(l, at);
	unlock(&l->lock);
	recordsFree(sp);
	return sp != NULL;
}

bool
specialSetFinalizer(uintptr_t addr, const struct specialcall *call)
{
	void *other;
	return recordAdd(recordMake(addr, SPECIAL_FINALIZER, call), true, &other);
}

bool
specialRemoveFinalizer(uintptr_t addr)
{
	return removeOne(addr, SPECIAL_FINALIZER, 0);
}

uint64_t
specialAddCleanup(uintptr_t addr, const struct specialcall *call)
{
	struct special *sp = recordMake(addr, SPECIAL_CLEANUP, call);
	uint64_t id = sp->id;
	void *other;
	recordAdd(sp, false, &other);
	return id;
}

void
specialAddSample(uintptr_t addr, void *place)
{
	struct specialcall call = {.run = NULL, .word = {place}};
	void *other;
	recordAdd(recordMake(addr, SPECIAL_SAMPLE, &call), false, &other);
}

bool
specialStopCleanup(uintptr_t addr, uint64_t id)
{
	return removeOne(addr, SPECIAL_CLEANUP, id);
}

uintptr_t *
specialWeakHandle(uintptr_t addr)
{
	static uintptr_t zeroHandle;
	if (addr == (uintptr_t)&zerobase) {
		store_rlx(&zeroHandle, addr);
		return &zeroHandle;
	}
	struct mspan *s = spanOf(addr);
	struct speciallist *l = s != NULL ? listOf(s) : NULL;
	void *handle = NULL;
	if (l != NULL) {
		lock(&l->lock);
		struct special *sp = *recordFind(l, addr, SPECIAL_WEAK, 0);
		if (sp != NULL)
			handle = sp->call.word[0];
		unlock(&l->lock);
	}
	if (handle != NULL)
		return handle;
	uintptr_t *fresh = mallocNoscan(sizeof *fresh, true);
	*fresh = addr;
	struct specialcall call = {.run = NULL, .word = {fresh}};
	if (recordAdd(recordMake(addr, SPECIAL_WEAK, &call), true, &handle))
		return fresh;
	gcfree(fresh);
	return handle;
}

uintptr_t
weakLoad(uintptr_t *handle)
{
	uintptr_t addr = load_acq(handle);
	struct mspan *s = COLLECTS && addr != 0 ? spanOf(addr) : NULL;
	while (s != NULL && !spanSwept(s) && spanOf(addr) == s) {
		if (spanClaimToSweep(s))
			spanSweep(s);
		else
			osyield();
	}
	return load_acq(handle);
}

/* ---- the collector --------------------------------------------------------------------------- */

static void
markWords(const struct specialvisitor *v, const struct special *sp)
{
	for (uint32_t i = 0; i < nelem(sp->call.word); i++)
		if (sp->call.word[i] != NULL)
			v->pointer(v->arg, (uintptr_t)sp->call.word[i]);
}

static void
markList(const struct specialvisitor *v, const struct speciallist *l)
{
	for (struct special *sp = l->first; sp != NULL; sp = sp->next) {
		if (sp->kind == SPECIAL_SAMPLE)
			continue;
		markWords(v, sp);
		if (sp->kind == SPECIAL_FINALIZER)
			v->content(v->arg, l->span, slotAddr(l->span, objIndex(l->span, sp->addr)));
	}
}

static void
markQueues(const struct specialvisitor *v)
{
	for (uint32_t k = 0; k < nelem(records.queue); k++)
		for (struct special *sp = records.queue[k].first; sp != NULL; sp = sp->next) {
			markWords(v, sp);
			if (k == SPECIAL_FINALIZER)
				v->pointer(v->arg, sp->addr);
		}
}

void
specialsMarkBegin(void)
{
	store_rel(&records.unread, records.all);
	store_rel(&records.queueUnread, true);
}

void
specialsMark(const struct specialvisitor *v)
{
	if (load_rlx(&records.queueUnread) && xchg(&records.queueUnread, false))
		markQueues(v);
	struct speciallist *l;
	while ((l = load_acq(&records.unread)) != NULL)
		if (cas(&records.unread, l, l->next))
			markList(v, l);
}

static void
enqueue(struct special *sp)
{
	lock(&records.lock);
	while (sp != NULL) {
		struct special *next = sp->next;
		uint32_t k = sp->kind;
		sp->next = NULL;
		if (k == SPECIAL_WEAK || k == SPECIAL_SAMPLE) {
			fixallocFree(&records.pool, sp);
		} else {
			if (records.queue[k].first == NULL)
				records.queue[k].end = &records.queue[k].first;
			store_rel(records.queue[k].end, sp);
			records.queue[k].end = &sp->next;
		}
		sp = next;
	}
	unlock(&records.lock);
	if (specials_queued != NULL)
		specials_queued();
}

/* l->lock. The records of the slot that *at is for; it is dead. Those that are due go to **due. */
static struct special **
slotDied(struct speciallist *l, struct special **at, uint32_t i, struct special ***due)
{
	struct mspan *s = l->span;
	uintptr_t end = slotAddr(s, i) + s->elemsize;
	bool revived = false;
	for (struct special *sp = *at; sp != NULL && sp->addr < end; sp = sp->next)
		revived |= sp->kind == SPECIAL_FINALIZER;
	if (revived) {
		fetch_or(&s->markBits[i / 64], (uint64_t)1 << (i % 64));
		xadd(&heapLive, (int64_t)s->elemsize);
	}
	while (*at != NULL && (*at)->addr < end) {
		if (revived && ((*at)->kind == SPECIAL_CLEANUP || (*at)->kind == SPECIAL_SAMPLE)) {
			at = &(*at)->next;
			continue;
		}
		struct special *sp = takeOut(l, at);
		objectEnds(sp);
		**due = sp;
		*due = &sp->next;
	}
	return at;
}

void
specialsSweep(struct mspan *s)
{
	struct speciallist *l = listOf(s);
	if (l == NULL || load_acq(&l->first) == NULL)
		return;
	struct special *due = NULL, **end = &due;
	lock(&l->lock);
	struct special **at = &l->first;
	while (*at != NULL) {
		uint32_t i = objIndex(s, (*at)->addr);
		if (bitIsSet(s->markBits, i))
			at = &(*at)->next;
		else
			at = slotDied(l, at, i, &end);
	}
	unlock(&l->lock);
	if (due != NULL)
		enqueue(due);
}

/* ---- the queue ------------------------------------------------------------------------------ */

bool
specialWaits(enum specialkind kind)
{
	return load_acq(&records.queue[kind].first) != NULL;
}

bool
specialTake(enum specialkind kind, struct specialcall *call, uintptr_t *addr)
{
	lock(&records.lock);
	struct special *sp = records.queue[kind].first;
	if (sp != NULL) {
		*call = sp->call;
		*addr = sp->addr;
		store_rel(&records.queue[kind].first, sp->next);
		fixallocFree(&records.pool, sp);
	}
	unlock(&records.lock);
	return sp != NULL;
}
