/* unwind.c: from a recovered panic to the frame where the program goes on.           room: lang
 *
 * wayback.c goes there by itself if it can, mostly. This is the general way, and what landing pads call.
 *
 * The unwinder is the one of the Itanium ABI that comes with the compiler: what runs on the way is
 * everybody's, cleanup attributes of C, destructors of C++, landing pads of Go. Our exceptions are of
 * class GNUCGO, for which nobody else's personality has a handler but catch (...) of C++: which then
 * has caught it, as any foreign exception.
 *
 * To a frame of Go's. Every function with a defer statement has a landing pad for each call, which
 * calls checkdefer(frame). It ends the unwinding if the newest record is the frame's and has run:
 * that is the one whose call recovered, gopanic left it on the list. Otherwise the exception is
 * passed on. The personality is ours, too: it hands the exception to checkdefer by way of g, since
 * the pad forgets it.
 *
 *	gopanic -> goResume: raise          phase 1: this frame has a handler; phase 2: pad entered
 *	pad -> checkdefer: not mine         -> raise again, from here
 *	pad -> checkdefer: mine, returns    -> deferreturn, results, ret
 *
 * An exception of C++ that enters a pad of Go's runs the frame's deferred calls as a panic would; if
 * one recovers, the exception ends there.
 *
 * To a frame of trycall's. Its personality (tryPersonality) knows the frame by its address: the
 * exception says which it is for. Any other exception passes; the record is taken off the
 * list on the way (tryForget).
 *
 * An exception object is made for each way back, and is freed where it lands. Until then only
 * registers and stacks of the unwinder know it, which the collector looks at. If an unwinder
 * finds no way, because code in between has no unwind tables, that is fatal.
 *
 * The tables (LSDA) that the compiler makes for the personality of Go have no types: a call site has
 * a landing pad or none, and an action that is 0 for a cleanup and not 0 for the pads that call
 * checkdefer. */
#include <unwind.h>

#include "arch/arch.h"
#include "lang/hosted/framerow.h"
#include "lang/hosted/wayback.h"

#define GO_CLASS 0x474e5543474f0000ull /* GNUCGO\0\0 */

struct goexception {
	struct _Unwind_Exception e;  /* first: the unwinder passes its address around */
	const struct tryrec *target; /* or NULL: a frame of Go's */
	unsigned int uncaught;       /* what C++ counted before; try.c */
};

/* ---- raising ------------------------------------------------------------------------------ */

void
freeException(_Unwind_Reason_Code reason unused_ok, struct _Unwind_Exception *e)
{
	struct g *gp = rtenter();
	gp->m->eh->uncaught = container_of(e, struct goexception, e)->uncaught;
	gcfree(e);
	rtleave(gp);
}

struct _Unwind_Exception *
newException(const struct tryrec *target)
{
	struct g *gp = rtenter();
	struct goexception *x = mallocConservative(sizeof *x);
	x->uncaught = gp->m->eh->uncaught;
	rtleave(gp);
	x->e.exception_class = GO_CLASS;
	x->e.exception_cleanup = freeException; /* catch (...) calls it */
	x->target = target;
	return &x->e;
}

static _Noreturn never_inline void
raise(const struct tryrec *target)
{
	_Unwind_RaiseException(newException(target));
	fatal("a panic was recovered, but code on its way has no unwind tables");
}

void
tryResume(struct deferrec *d)
{
	goBackTo(d);
	raise(container_of(d, struct tryrec, d));
}

void
goResume(struct deferrec *d)
{
	goBackTo(d);
	raise(NULL);
}

/* ---- landing pads of Go ------------------------------------------------------------------- */

static _Noreturn never_inline void
rethrow(struct _Unwind_Exception *e)
{
	_Unwind_Resume_or_Rethrow(e);
	fatal("an exception has nowhere to go");
}

/* Runs frame's deferred calls because of an exception that is not ours. True: one has recovered. */
static bool
foreignDefers(struct g *gp, bool *frame)
{
	struct panicrec p = {.link = gp->panicking};
	struct deferrec *d;
	p.arg = runtimeErrors.make(RTE_PLAIN, gostr("exception of another language"), 0);
	gp->panicking = &p;
	while (p.recovered == NULL && (d = deferNewest(gp)) != NULL && d->frame == frame) {
		void (*fn)(void *) = d->fn;
		d->fn = NULL;
		d->panic = &p;
		d->retaddr = 0;
		if (fn != NULL)
			calldefer(fn, d->arg);
		d->panic = NULL;
		deferUnlink(gp, d);
	}
	gp->panicking = p.link;
	return p.recovered != NULL;
}

void
checkdefer(bool *frame)
{
	struct g *gp = getg();
	struct _Unwind_Exception *e = gp->exception;
	gp->exception = NULL;
	if (unlikely(gp->foreignexception)) {
		gp->foreignexception = false;
		if (foreignDefers(gp, frame)) {
			/* GNUCC++, CLNGC++: counted as uncaught until now. */
			if ((e->exception_class >> 8 & 0xffffff) == 0x432b2b)
				gp->m->eh->uncaught--;
			_Unwind_DeleteException(e);
			*frame = true;
			return;
		}
		*frame = false;
		rethrow(e);
	}
	struct deferrec *d = deferNewest(gp);
	if (likely(d != NULL && d->fn == NULL && d->frame == frame)) {
		deferUnlink(gp, d);
		*frame = true;
		if (e != NULL)
			freeException(_URC_FOREIGN_EXCEPTION_CAUGHT, e);
		return;
	}
	*frame = false; /* deferreturn may have set it (no pad of gccgo 12 asks after this) */
	if (e == NULL)  /* by wayback.c, into a frame that holds several activations */
		raise(NULL);
	rethrow(e);
}

/* ---- the personality of Go ---------------------------------------------------------------- */

int
goPersonality(int version, int actions, uint64_t class, void *exception, void *context)
{
	struct _Unwind_Context *ctx = context;
	if (version != 1)
		return _URC_FATAL_PHASE1_ERROR;
	const uint8_t *lsda = (const uint8_t *)_Unwind_GetLanguageSpecificData(ctx);
	if (lsda == NULL)
		return _URC_CONTINUE_UNWIND;
	int before = 0;
	uintptr_t ip = _Unwind_GetIPInfo(ctx, &before);
	uintptr_t start = _Unwind_GetRegionStart(ctx);
	uintptr_t pad, action;
	if (!lsdaFind(lsda, ip - (before == 0) - start, &pad, &action) || pad == 0)
		return _URC_CONTINUE_UNWIND;
	if (actions & _UA_SEARCH_PHASE)
		return action != 0 ? _URC_HANDLER_FOUND : _URC_CONTINUE_UNWIND;
	struct g *gp = getg();
	gp->exception = exception;
	gp->foreignexception = class != GO_CLASS;
	_Unwind_SetGR(ctx, __builtin_eh_return_data_regno(0), (uintptr_t)exception);
	_Unwind_SetGR(ctx, __builtin_eh_return_data_regno(1), 0);
	_Unwind_SetIP(ctx, start + pad);
	return _URC_INSTALL_CONTEXT;
}

/* ---- trycall ------------------------------------------------------------------------------ */

int
tryPersonality(int version, int actions, uint64_t class, void *exception, void *context)
{
	struct _Unwind_Context *ctx = context;
	const struct goexception *x = exception;
	if (version != 1)
		return _URC_FATAL_PHASE1_ERROR;
	if (_Unwind_GetIP(ctx) != (uintptr_t)tryreturn)
		return _URC_CONTINUE_UNWIND; /* not in the call any more */
	/* Where the stack pointer was when the frame made its call. */
	uintptr_t sp = _Unwind_GetCFA(ctx);
	bool target = class == GO_CLASS && x->target != NULL && x->target->d.retaddr == sp;
	if (actions & _UA_SEARCH_PHASE)
		return target ? _URC_HANDLER_FOUND : _URC_CONTINUE_UNWIND;
	if (target) {
		freeException(_URC_FOREIGN_EXCEPTION_CAUGHT, exception);
		_Unwind_SetIP(ctx, (uintptr_t)tryland);
	} else {
		_Unwind_SetGR(ctx, __builtin_eh_return_data_regno(0), (uintptr_t)exception);
		_Unwind_SetIP(ctx, (uintptr_t)trypass);
	}
	return _URC_INSTALL_CONTEXT;
}

void
tryForget(void *record)
{
	const struct tryrec *t = record;
	deferSet(getg(), t->d.link);
}

_Noreturn void
tryRethrow(void *exception)
{
	_Unwind_Resume(exception);
	__builtin_unreachable();
}
