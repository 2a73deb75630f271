/* defer.c: calls that run when a function ends, however it ends.                     room: lang
 *
 * A goroutine's deferred calls are a list, the newest first: g->deferred. A record is on it from
 * the moment the call is deferred until it has run. Four kinds, one list, because C and Go
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
 * on the way to return. gopanic clears it when it has run the call without a recovery: then the
 * frame is left for good.
 *
 * fn is cleared before the call. So a panic that arises in the call, and walks the list, knows the
 * record and drops it; a deferred call never runs twice.
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
	gp->deferred = d->link;
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

void
deferproc(bool *frame, void (*fn)(void *), void *arg)
{
	struct deferrec *d = newRecord();
	d->ops = &heapOps;
	deferPush(getg(), d, frame, fn, arg);
}

/* The way of a call that is deferred and run is short, and half of what it costs are stores, and loads that
 * wait for them: of g->deferred, of the record's link, and of g->deferred again. Two words that one store
 * wrote are slow to load by one; so the compiler is kept from joining those. Both functions use so
 * little stack that they need not ask for it; what they call asks. */
frameless void
deferprocStack(struct deferrec *d, bool *frame, void (*fn)(void *), void *arg)
{
	struct g *gp = getg();
	store_rlx(&d->link, gp->deferred);
	gp->deferred = d;
	store_rlx(&d->frame, frame);
	store_rlx(&d->panicStack, gp->panicking);
	d->panic = NULL;
	d->fn = fn;
	d->arg = arg;
	d->retaddr = 0;
	d->ops = &stackOps;
}

/* At the end of a function that has deferred: frame's calls run. */
frameless void
deferreturn(bool *frame)
{
	struct deferrec *d = getg()->deferred;
	while (likely(d != NULL) && d->frame == frame) {
		void (*fn)(void *) = d->fn;
		d->fn = NULL;
		if (unlikely(d->panicStack != getg()->panicking) && fn != NULL)
			calldefer(fn, d->arg);
		else if (likely(fn != NULL))
			fn(d->arg); /* it may not recover, whoever calls it: recover.c */
		struct deferrec *next = d->link;
		getg()->deferred = next;
		if (unlikely(d->ops != &stackOps))
			freeRecord(d);
		*frame = true;
		d = next;
	}
}

/* ---- C ------------------------------------------------------------------------------------ */

const struct deferops deferredC; /* no memory of ours, nowhere to go on */
