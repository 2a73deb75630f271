/* defer.c: calls that run when a function ends, however it ends.                     room: lang
 *
 * A goroutine's deferred calls are a list, the newest first. A record is on it from the moment the
 * call is deferred until it has run. The list is g->deferred, but for its newest record, which may
 * be in g->deferNewest instead:
 *
 *   deferNewest == NULL   the list begins at g->deferred
 *   deferNewest == d      it begins at d, and d->link == g->deferred
 *
 * Most functions that defer end before another defers, and then g->deferred does not change. That is
 * what the second word is for: with one, each function waits for the store of the one before, of
 * the list's head and then of the record's link, through which the same address goes round and
 * round. Here nothing is handed from one to the next but that deferNewest is NULL, which the
 * processor guesses. A record that becomes the second newest moves to g->deferred, and nothing is
 * written into it: a jump may have left it in memory that is somebody else's by now (below).
 *
 * Four kinds, one list, because C and Go
 * functions call each other:
 *
 *   Go, on the stack   deferprocStack: the compiler has set the 64 bytes aside in the frame
 *   Go, on the heap    deferproc: a defer in a loop. From a pool of 32 per P
 *   C                  deferBegin: the record is a variable of the block with an end of its own
 *   a try              tryCall: no call, but a place where a panic ends
 *
 * The identity of a Go function's activation is the address of a byte in its frame, that the
 * function gives with each call. The byte also carries an answer: the function sets it to false
 * and, after deferreturn on the way of an exception, returns normally if it has become true, or
 * passes the exception on. deferreturn and checkdefer set it: whoever runs a deferred call there is
 * on the way to return. gopanic clears it when it has run the call without a recovery, and checkdefer
 * when it passes an exception on: then the frame is left for good.
 *
 * fn is cleared before the call, and panic says which panic runs it, or none; until then panic means
 * nothing. So a panic that arises in the call, and walks the list, knows the record and drops it; a
 * deferred call never runs twice.
 *
 * Everything here belongs to the goroutine that runs, and is done with inrt == 0: a signal may
 * stop it between any two instructions, and nobody else looks. Only the pool belongs to the P.
 *
 * C blocks are left by jumps, too, over which C has no say (longjmp; an exception of C++ through
 * code compiled without -fexceptions). Records in the frames that were jumped over stay on the list,
 * in memory that is no longer theirs. deferEnd and tryCall therefore never look at what lies
 * above their own record, they set the list to what lies below it. */
#include "lang/panicrec.h"

#include "arch/this/offsets.h"

_Static_assert(offsetof(struct deferrec, retaddr) == TRY_SP, "trycall.S writes there");

enum { POOL_MAX = 32 };

void
deferUnlink(struct g *gp, struct deferrec *d)
{
	deferPop(gp, d);
	if (d->ops->free != NULL)
		d->ops->free(d);
}

/* ---- Go ----------------------------------------------------------------------------------- */

static void
freeRecord(struct deferrec *d)
{
	/* The pool holds on to nothing. */
	struct g *gp = rtenter();
	gcOverwrite(d, sizeof *d);
	*d = (struct deferrec){0};
	struct p *pp = gp->m->p;
	if (pp->ndefer < POOL_MAX) {
		d->link = pp->deferpool;
		pp->deferpool = d;
		pp->ndefer++;
	} else {
		gcfree(d);
	}
	rtleave(gp);
}

static struct deferrec *
newRecord(void)
{
	struct g *gp = rtenter();
	struct p *pp = gp->m->p;
	struct deferrec *d = pp->deferpool;
	if (d != NULL) {
		gcOverwrite(d, sizeof *d); /* the link */
		pp->deferpool = d->link;
		d->link = NULL;
		pp->ndefer--;
	} else {
		d = mallocConservative(sizeof *d);
	}
	rtleave(gp);
	return d;
}

static const struct deferops stackOps = {.resume = goResume};
static const struct deferops heapOps = {.free = freeRecord, .resume = goResume};

/* Straight onto the list: deferNewest is never one of these. */
void
deferproc(bool *frame, void (*fn)(void *), void *arg)
{
	struct deferrec *d = newRecord();
	struct g *gp = getg();
	d->ops = &heapOps;
	d->link = deferNewest(gp);
	d->frame = frame;
	d->fn = fn;
	d->arg = arg;
	deferSet(gp, d);
}

/* Two words that one store wrote are slow to load by one; so the compiler is kept from joining those
 * that deferreturn loads. It and the next use so little stack that they need not ask for it; what
 * they call asks. */
frameless line_begin void
deferprocStack(struct deferrec *d, bool *frame, void (*fn)(void *), void *arg)
{
	struct g *gp = getg();
	if (unlikely(gp->deferNewest != NULL))
		gp->deferred = gp->deferNewest;
	gp->deferNewest = d;
	d->link = gp->deferred;
	store_rlx(&d->frame, frame);
	store_rlx(&d->fn, fn);
	store_rlx(&d->arg, arg);
	d->ops = &stackOps;
}

/* frame's calls, by the book: on the list while they run. */
static never_inline void
runFrame(bool *frame)
{
	struct g *gp = getg();
	struct deferrec *d;
	while ((d = deferNewest(gp)) != NULL && d->frame == frame) {
		void (*fn)(void *) = d->fn;
		d->fn = NULL;
		d->panic = NULL;
		if (likely(fn != NULL))
			fn(d->arg); /* it may not recover, whoever calls it: recover.c */
		deferPop(gp, d);
		if (d->ops->free != NULL)
			d->ops->free(d);
		*frame = true;
	}
}

/* At the end of a function that has deferred: frame's calls run. Its last one ends in a jump (the
 * Makefile asks for it), and is off the list before. That needs two things. No panic is running: then
 * no record's fn is NULL that could be this one, nobody asks who may recover, and nothing is lost if the
 * newest record is another function's. And the byte is set too early: should the call panic, and
 * the panic pass through this frame, then checkdefer clears it, to which every pad for this call
 * goes first. */
frameless line_begin void
deferreturn(bool *frame)
{
	struct g *gp = getg();
	struct deferrec *d = gp->deferNewest;
	if (unlikely(d == NULL)) {
		runFrame(frame);
		return;
	}
	if (unlikely(d->frame != frame))
		return;
	void (*fn)(void *) = d->fn;
	struct deferrec *older = gp->deferred;
	if (unlikely(gp->panicking != NULL || (older != NULL && older->frame == frame))) {
		runFrame(frame);
		return;
	}
	gp->deferNewest = NULL;
	*frame = true;
	fn(d->arg);
}

/* ---- C ------------------------------------------------------------------------------------ */

const struct deferops deferredC; /* no memory of ours, nowhere to go on */
