/* newproc.c: goroutines begin and end.                                               room: sched
 *
 * A G lives at the top of its stack slot and keeps it after death: a dead G with a slot of the
 * default size waits on its P's free list, then on the global one, and the next goroutine costs
 * neither a system call nor a fresh page. A G with a slot of another size gives the slot back
 * to mem/stack.c at once.
 *
 * allgs has an entry for each slot that ever held a G; entries are only added. It is an array of
 * chunks, so that readers need no lock: an entry below nallgs (acquire) is complete. The global
 * free list is a stack of ids, in the same chunks: a dead G's page may be given back to the
 * kernel and then reads as zero, and a list through memory that nobody touched for a while would
 * miss the cache at every link.
 *
 * Split stacks: a G whose function asks for stack (its prologue shows it) gets a segment of 2 KiB
 * instead of a slot, and keeps that after death; each list of free Gs is there twice. What it had
 * moved to goes back to mem when it ends.
 *
 * Locks: allgs grows under allgslock; the global free list is sched.gFreeLock's. */
#include "sched/internal.h"

#include "arch/arch.h"
#include "core/splitstack.h"

struct allgschunk {
	struct g *g[ALLGS_CHUNK]; /* each written once, before nallgs passes it */
	uint32_t free[GFREE_KINDS]
		     [ALLGS_CHUNK]; /* gFreeLock: this part of the stacks of free ids */
};
/* Written under allgslock, before nallgs. */
large_bss struct allgschunk *allgschunks[ALLGS_CHUNK];
static struct mutex allgslock;

void
allgsinit(void)
{
	lockInit(&allgslock, LOCKRANK_ALLGS);
}

static struct allgschunk *
allgsChunk(uint32_t i)
{
	return load_acq(&allgschunks[i / ALLGS_CHUNK]);
}

struct g *
allgsGet(uint32_t i)
{
	return load_acq(&allgsChunk(i)->g[i % ALLGS_CHUNK]);
}

/* Gives gp its place in allgs, unless it has one from an earlier life. */
void
allgadd(struct g *gp)
{
	uint32_t n = load_acq(&nallgs);
	if (gp->id < n && allgsGet(gp->id) == gp)
		return;
	lock(&allgslock);
	n = nallgs;
	if (n % ALLGS_CHUNK == 0 && allgschunks[n / ALLGS_CHUNK] == NULL) {
		unlock(&allgslock);
		struct allgschunk *chunk = persistentallocNoscan(sizeof *chunk, CACHE_LINE);
		lock(&allgslock);
		n = nallgs;
		if (allgschunks[n / ALLGS_CHUNK] == NULL)
			store_rel(&allgschunks[n / ALLGS_CHUNK], chunk);
	}
	gp->id = n;
	store_rel(&allgsChunk(n)->g[n % ALLGS_CHUNK], gp);
	store_rel(&nallgs, n + 1);
	unlock(&allgslock);
}

/* ---- free Gs ------------------------------------------------------------------------------ */

enum gfreekind { GFREE_SLOT, GFREE_SEGMENT };

/* The i-th of the stack of free ids. There are never more of them than entries in allgs. */
static uint32_t *
gfreeAt(enum gfreekind k, uint32_t i)
{
	return &allgsChunk(i)->free[k][i % ALLGS_CHUNK];
}

static void
gfputglobal(struct p *pp, enum gfreekind k, uint32_t keep)
{
	lock(&sched.gFreeLock);
	uint32_t n = sched.gFreeN[k];
	while (pp->ngfree[k] > keep)
		*gfreeAt(k, n++) = pp->gfree[k][--pp->ngfree[k]].id;
	store_rlx(&sched.gFreeN[k], n);
	unlock(&sched.gFreeLock);
}

void
gfput(struct p *pp, struct g *gp)
{
	gort_assert_internal(load_rlx(&gp->atomicstatus) == Gdead);
	stackCanaryCheck(gp);
	enum gfreekind k = GFREE_SLOT;
	if (gp->sizedslot) {
		stackfree(gp);
		return;
	}
	if (GORT_SPLIT && gp->stackkind >= STACK_SEGMENT) {
		if (gp->stackkind > STACK_SEGMENT) {
			segfree(gp);
			return;
		}
		k = GFREE_SEGMENT;
	}
	if (pp->ngfree[k] == GFREE_MAX)
		gfputglobal(pp, k, GFREE_MAX / 2);
	pp->gfree[k][pp->ngfree[k]++] = (struct gfreeent){gp, gp->id};
}

void
gfpurge(struct p *pp)
{
	for (int k = 0; k < GFREE_KINDS; k++)
		if (pp->ngfree[k] != 0)
			gfputglobal(pp, k, 0);
}

static void
gfgetglobal(struct p *pp, enum gfreekind k)
{
	lock(&sched.gFreeLock);
	uint32_t n = sched.gFreeN[k];
	while (pp->ngfree[k] < GFREE_MAX / 2 && n > 0) {
		uint32_t id = *gfreeAt(k, --n);
		pp->gfree[k][pp->ngfree[k]++] = (struct gfreeent){allgsGet(id), id};
	}
	store_rlx(&sched.gFreeN[k], n);
	unlock(&sched.gFreeLock);
}

/* A dead G's lines are seldom in this CPU's cache: another one may have run it last. Those of the
 * G after the next come while this one and the next are born. */
enum { GFREE_AHEAD = 2 };

static struct g *
gfget(struct p *pp, enum gfreekind k)
{
	if (pp->ngfree[k] == 0 && load_rlx(&sched.gFreeN[k]) != 0)
		gfgetglobal(pp, k);
	if (pp->ngfree[k] == 0)
		return NULL;
	struct gfreeent *e = &pp->gfree[k][--pp->ngfree[k]];
	if (pp->ngfree[k] >= GFREE_AHEAD)
		prefetchG(e[-GFREE_AHEAD].g);
	e->g->id = e->id;
	return e->g;
}

/* ---- birth -------------------------------------------------------------------------------- */

enum { NO_SEGMENT = -1 };

struct malgargs {
	uintptr_t stack;
	int order; /* of a segment, or NO_SEGMENT */
	struct g *gp;
	uintptr_t sp;
	const char *why;
};

static void
malg(void *arg)
{
	struct malgargs *a = arg;
	if (GORT_SPLIT && a->order != NO_SEGMENT) {
		a->gp = segalloc((uint32_t)a->order, &a->why);
		if (a->gp != NULL)
			a->sp = stackSP0(a->gp);
	} else {
		a->gp = stackalloc(a->stack, &a->sp, &a->why);
	}
	if (a->gp != NULL)
		allgadd(a->gp);
}

/* The segment on which a goroutine that runs fn starts, with room for n bytes (0: as few as there
 * are). NO_SEGMENT: it gets a slot, because fn does not ask for stack, or asks for a large one
 * right away, or because n is more than segments have. */
static int
segmentFor(void (*fn)(void *), uintptr_t n)
{
	if (!splitstacks || splitPrologue((const void *)fn) != SPLIT_CHECKS)
		return NO_SEGMENT;
	if (n == 0)
		return 0;
	for (int order = 0; order < SEG_ORDERS; order++)
		if (n <= segRoom((uint32_t)order))
			return order;
	return NO_SEGMENT;
}

uint64_t
newgoid(struct p *pp)
{
	if (pp->goidcache == pp->goidcacheend) {
		/* xadd gives the last id of the batch. */
		pp->goidcacheend = xadd(&sched.goidgen, (uint64_t)16) + 1;
		pp->goidcache = pp->goidcacheend - 16;
	}
	return pp->goidcache++;
}

enum { WAIT_QUEUE = RUNQ_SIZE >= 256 ? 32 : 1 };

/* A goroutine that starts others faster than they run would have as many stacks cut as it starts
 * in its slice, tens of thousands; each costs two system calls, a page, and a line of cache that is
 * cold when its turn comes. If no dead G is left and many wait on this P, they run first: those that
 * are short leave their stacks. If they park instead, the queue is soon short, and nobody waits. */
never_inline void
newprocWait(struct g *gp)
{
	struct p *pp = gp->m->p;
	for (int k = 0; k < GFREE_KINDS; k++)
		if (load_rlx(&sched.gFreeN[k]) != 0)
			return;
	if (gp->lockedm == NULL && pp->runqtail - load_rlx(&pp->runqhead) >= WAIT_QUEUE)
		Gosched();
}

struct g *
newproc(void (*fn)(void *), void *arg, const struct newprocopt *opt, uintptr_t pc, const char **why)
{
	struct g *callergp = getg();
	struct p *pp = callergp->m->p;
	uintptr_t stack = opt != NULL ? opt->stack : 0;

	int order = NO_SEGMENT;
	if (GORT_SPLIT) {
		/* A copied block takes what a segment leaves for the first frames. */
		uintptr_t copy = opt != NULL ? opt->copy : 0;
		order = segmentFor(fn, stack == 0 && copy > 128 ? copy + 1 * KiB : stack + copy);
	}

	struct g *gp = NULL;
	uintptr_t sp;
	if (GORT_SPLIT && order == 0)
		gp = gfget(pp, GFREE_SEGMENT);
	else if (order == NO_SEGMENT && (stack == 0 || stack == SLOT_DEFAULT))
		gp = gfget(pp, GFREE_SLOT);
	if (gp != NULL) {
		sp = stackSP0(gp);
	} else {
		struct malgargs a = {.stack = stack, .order = order};
		systemstack(malg, &a);
		if (a.gp == NULL) {
			if (why != NULL)
				*why = a.why;
			return NULL;
		}
		gp = a.gp;
		sp = a.sp;
	}
	trackStackFresh(gp->stack.lo, sp);

	gp->copied = false;
	if (opt != NULL && opt->copy > 0) {
		sp = (sp - opt->copy) & ~(uintptr_t)15;
		if (order == NO_SEGMENT && sp < gp->stack.lo + 4096) {
			if (why != NULL)
				*why = "argument block larger than the stack";
			gfput(pp, gp);
			return NULL;
		}
		valgrindWritable(sp - 128, sp + opt->copy); /* and gostartstack's frame */
		memmove((void *)sp, arg, opt->copy);
		arg = (void *)sp;
		gp->copied = true;
	}
	gostartstack(gp, sp);
	gp->startfn = fn;
	gp->startarg = arg;
	gp->startpc = (uintptr_t)fn;
	gp->gopc = pc;
	gp->parentGoid = callergp->goid;
	gp->goid = newgoid(pp);
	gp->waitreason = waitReasonZero;
	store_rlx(&gp->waitsince, (int64_t)0);
	gp->named = false;
	gp->longcall = false;
	gp->issystem = false;
	if (opt != NULL) {
		if (opt->name != NULL) {
			uintptr_t n = rtstrlen(opt->name);
			n = n < GNAME_MAX ? n : GNAME_MAX;
			memmove(gp->name, opt->name, n);
			gp->name[n] = 0;
			gp->named = n > 0;
		}
		if (opt->system) {
			gp->issystem = true;
			xadd(&sched.ngsys, 1u);
		}
		if (opt->before != NULL)
			opt->before(callergp, gp);
	}
	pp->stats.ngo++;
	store_rlx(&pp->ngalive, pp->ngalive + 1);
	if (rt_events.go_create != NULL)
		rt_events.go_create(gp, callergp);
	setgstatus(gp, Gdead, Grunnable);
	runqput(pp, gp, false);
	if (load_rlx(&sched.mainStarted))
		wakep();
	return gp;
}

/* A system goroutine of a room below. It starts with inrt lowered, as any; its function raises
 * it first thing. */
void
worldSpawn(void (*fn)(void *), void *arg, const char *name)
{
	const char *why = NULL;
	struct newprocopt opt = {.name = name, .system = true};
	if (newproc(fn, arg, &opt, (uintptr_t)__builtin_return_address(0), &why) == NULL)
		throwf("cannot start a system goroutine", "%s: %s\n", name, why);
}

/* Not inlined into code that ThreadSanitizer does not see: it would miss the release that rtleave
 * is, and with it what orders the old and the new holder of a revoked P. */
#if GORT_TSAN
static never_inline void
#else
static always_inline void
#endif
leaveFirst(struct g *gp)
{
	rtleave(gp);
}

/* The first C function of every goroutine. */
no_sanitize void
goroutineEntry(void)
{
	struct g *gp = getg();
	trackSwitchFinish(gp);
	*gp->m->errnop = 0;
	leaveFirst(gp);
	gp->startfn(gp->startarg);
	rtenter();
	goexit1();
}

/* ---- death -------------------------------------------------------------------------------- */

static void
goexit0(struct g *gp)
{
	struct m *mp = gp->m;
	struct p *pp = mp->p;
	onG0(mp);
	trackDead(gp);
	setgstatus(gp, Grunning, Gdead);
	if (gp->issystem)
		xadd(&sched.ngsys, -1u);
	/* Release: who sees it off the count sees what it did last. */
	store_rel(&pp->ngalive, pp->ngalive - 1);
	bool locked = gp->lockedm != NULL;
	if (locked)
		mp->lockedg = NULL;
	gp->lockedm = NULL;
	gp->startfn = NULL;
	gp->startarg = NULL;
	gort_assert_internal(gp->param == NULL && gp->waiting == NULL && gp->schedlink == NULL);
	gp->sudog0busy = 0;
	dropg(mp);
	if (GORT_SPLIT && (gp->hop[0].hi | gp->hop[1].hi | (uintptr_t)gp->allocas) != 0)
		hopRelease(gp);
	gfput(pp, gp);
	if (locked) {
		/* The thread may be in a state nobody else should inherit: it ends with its G. */
		mp->lockedExt = 0;
		mp->lockedInt = 0;
		mexit();
	}
	schedule();
}

/* goexit1: inrt == 1. Through g0: the stack under us goes back to the pool. */
_Noreturn void
goexit1(void)
{
	struct g *gp = getg();
	if (unlikely(gp->m->inrt != 1))
		throw("goexit inside the runtime");
	if (unlikely(gp->haslocals))
		localsEnd(gp);
	struct m *mp = gp->m;
	dropExceptions(mp);
	trackSwitchStart(gp, mp->g0, true);
	mcall(goexit0);
	__builtin_unreachable();
}

int64_t
gcount(void)
{
	int64_t n = 0;
	for (int32_t i = 0; i < gomaxprocs; i++)
		n += load_acq(&allp[i]->ngalive);
	n += load_rlx(&sched.ngalive) - (int64_t)load_rlx(&sched.ngsys);
	n += load_rlx(&sched.nmforeign);
	return n < 1 ? 1 : n;
}
