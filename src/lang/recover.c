/* recover.c: who may end a panic, and ends it.                                       room: lang
 *
 * In Go recover works only in a function that a defer statement names, when a panic runs it; in what
 * that function calls it returns nil. gccgo compiles a function with recover in two parts: the
 * outer one asks canrecover(its return address), the inner one is given the answer and calls
 * gorecover only if it is true. canrecover finds out whether a deferred call called it:
 *
 *   1. The newest record runs because of the newest panic. (A call that runs at the end of its function
 *      as any cannot end it.)
 *   2. Most calls are deferred as a thunk, which first says by setdeferretaddr where its call of the
 *      function will return to, or a few bytes before.
 *   3. A function without arguments is deferred as it is: then the return address is
 *      calldefer's.
 *   4. Functions made by reflect.MakeFunc are called by way of libffi. reflect tells us
 *      (makefuncfficanrecover) and shows its callers; the first that asks from there on until
 *      makefuncreturning may. */
#include "lang/panicrec.h"

enum { THUNK_CALL = 16 }; /* bytes between where a thunk's call returns to and its label */

#define ANYBODY (~(uintptr_t)0) /* as retaddr: whoever asks first */

/* The record that a panic runs, as long as the call has not deferred anything. NULL without a panic:
 * then nobody asks, and the newest record is perhaps not that of the call (deferreturn), but a try,
 * whose retaddr is its own, or lies where a jump has left it. */
static always_inline struct deferrec *
mayBeAsked(const struct g *gp)
{
	return gp->panicking == NULL ? NULL : deferNewest(gp);
}

frameless bool
setdeferretaddr(uintptr_t retaddr)
{
	struct deferrec *d = mayBeAsked(getg());
	if (d != NULL)
		d->retaddr = retaddr;
	return false;
}

bool
canrecover(uintptr_t retaddr)
{
	struct g *gp = getg();
	struct deferrec *d = deferNewest(gp);
	if (d == NULL || d->fn != NULL || d->panic == NULL || d->panic != gp->panicking)
		return false;
	if (retaddr == (uintptr_t)calldeferRet)
		return true;
	if (d->retaddr == ANYBODY) {
		d->retaddr = retaddr;
		return true;
	}
	return d->retaddr >= retaddr && d->retaddr - retaddr <= THUNK_CALL;
}

/* What reflect's frames and ours look like to runtime_callers. */
struct location {
	uintptr_t pc;
	struct gostring file, function;
	intgo line;
};

/* locations: from the caller of the function that reflect has made, outwards. The first is a thunk,
 * or ours. */
void
makefuncfficanrecover(struct goslice locations)
{
	struct deferrec *d = mayBeAsked(getg());
	if (d == NULL)
		return;
	const struct location *l = locations.array;
	for (intgo i = 0; i < locations.len && i < 2; i++) {
		if (l[i].pc == (uintptr_t)calldeferRet) {
			d->retaddr = ANYBODY;
			return;
		}
	}
	/* Called by one that was deferred and has not asked: it does not recover, nor may this one. */
	if (d->retaddr == ANYBODY)
		d->retaddr = 0;
}

void
makefuncreturning(void)
{
	struct deferrec *d = mayBeAsked(getg());
	if (d != NULL && d->retaddr == ANYBODY)
		d->retaddr = 0;
}

struct eface
gorecover(void)
{
	struct panicrec *p = getg()->panicking;
	if (p == NULL || p->goexit != NULL || p->recovered != NULL)
		return (struct eface){0};
	p->recovered = panicRecovered;
	return p->arg;
}

struct eface
deferredrecover(void)
{
	struct g *gp = getg();
	struct deferrec *d = deferNewest(gp);
	/* The call of recover itself was deferred: by whom, if not by the newest record? */
	if (d == NULL || d->fn != NULL || d->panic == gp->panicking)
		return (struct eface){0};
	return gorecover();
}
