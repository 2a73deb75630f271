/* try.c: where panics end.                                                           room: lang
 *
 * panicRecovered takes the panic off the goroutine's list, and with it those that it had aborted: the
 * frames in which they arose are left now. If a Goexit is among them, it is what goes on.
 *
 * A panic in Go is recovered by a deferred call, and the function that deferred it returns to its
 * caller. A C function cannot be made to return: only its author knows what. So C has a call with
 * two outcomes. tryCall(fn, arg) leaves a record on the list of deferred calls; a panic that comes
 * to it has run everything deferred in fn, and ends. The stack is unwound to tryCall's frame,
 * which returns false.
 *
 * A deferred call may also end the panic itself (recoverInDeferred), as in Go. Then there is nothing to
 * report: the deferred calls that are left in fn run, as if each function returned, and tryCall
 * returns true. Without a tryCall around, the goroutine ends, as by Goexit.
 *
 * Unwinding is the unwinder's (hosted/unwind.c): cleanup attributes of C frames compiled with
 * -fexceptions and destructors of C++ run on the way. Without libc there is no unwinder, and the
 * registers that trycall saved are enough to go on there (freestanding/unwind.c).
 *
 * An exception of C++ that nobody catches in fn passes through tryCall: it is not a panic. And a
 * panic that passes a catch (...) which throws it again is one more uncaught exception to the
 * C++ library, which never hears of its end: the number is put back. */
#include "lang/panicrec.h"

/* ---- a panic ends ------------------------------------------------------------------------- */

static void
panicPop(struct g *gp, struct panicrec *p)
{
	p = p->link;
	while (p != NULL && p->aborted) {
		if (p->goexit != NULL) {
			gp->panicking = p;
			p->aborted = false;
			p->goexit();
		}
		p = p->link;
	}
	gp->panicking = p;
	if (p == NULL)
		gp->sig = 0;
}

/* The newest panic has been recovered in d, which belongs to C: what else is deferred runs, as if
 * each function had returned, up to the next try. */
static _Noreturn void
resumeC(struct g *gp, struct deferrec *d)
{
	deferUnlink(gp, d);
	while ((d = deferNewest(gp)) != NULL && d->ops->caught == NULL) {
		void (*fn)(void *) = d->fn;
		d->fn = NULL;
		d->panic = NULL;
		if (fn != NULL)
			fn(d->arg);
		if (d->frame != NULL)
			*d->frame = false;
		deferUnlink(gp, d);
	}
	if (d == NULL)
		Goexit();
	deferPop(gp, d);
	d->ops->resume(d);
	__builtin_unreachable();
}

/* p, the newest panic, ended in a deferred call, or in a try. */
void
panicRecovered(struct g *gp, struct panicrec *p, struct deferrec *d)
{
	xadd(&runningPanicDefers, -1u);
	panicPop(gp, p);
	if (d->ops->resume == NULL)
		resumeC(gp, d);
	if (d->ops->caught != NULL)
		deferPop(gp, d);
	d->ops->resume(d);
	__builtin_unreachable();
}

bool
recoverInDeferred(struct eface *v)
{
	struct g *gp = getg();
	struct deferrec *d = deferNewest(gp);
	struct panicrec *p = gp->panicking;
	if (p == NULL || p->goexit != NULL || p->recovered != NULL)
		return false;
	/* Records that were made since, in the deferred call, lie above the one that runs. */
	while (d != NULL && (d->fn != NULL || d->panic != p))
		d = d->link;
	if (d == NULL)
		return false;
	p->recovered = panicRecovered;
	*v = p->arg;
	return true;
}

/* ---- tries -------------------------------------------------------------------------------- */

static void
caught(struct g *gp, struct panicrec *p, struct deferrec *d)
{
	struct tryrec *t = container_of(d, struct tryrec, d);
	t->value = p->arg;
	t->panicked = true;
	panicRecovered(gp, p, d);
}

static const struct deferops tryOps = {.resume = tryResume, .caught = caught};

static void
notReached(void *unused unused_ok)
{
	throw("a try was called");
}

bool
tryCall(void (*fn)(void *), void *arg, struct eface *v)
{
	struct g *gp = getg();
	struct tryrec t = {
		.d.link = deferNewest(gp),
		.d.fn = notReached,
		.d.ops = &tryOps,
	};
	unsigned int uncaught = gp->m->eh->uncaught;
	deferSet(gp, &t.d);
	if (trycall(&t.d, fn, arg))
		deferSet(gp, t.d.link);
	else
		gp->m->eh->uncaught = uncaught; /* perhaps another m */
	if (t.panicked && v != NULL)
		*v = t.value;
	return !t.panicked;
}
