/* panic.c: panics, and the other end of a goroutine that runs what is deferred.      room: lang
 *
 * A panic does not unwind first. gopanic runs the deferred calls, the newest first, on top of the
 * stack as it is, so that a traceback from any of them, and the one of a panic that nobody
 * recovers, shows where the panic arose. Then there are three ways to go on:
 *
 *   1. Nothing is deferred any more: the report, exit status 2.
 *   2. A deferred call of Go's has called recover: the stack is unwound to the frame that had
 *      deferred it, which returns to its caller (hosted/unwind.c).
 *   3. A try of C's comes next: the same, to its frame (try.c).
 *
 * While a deferred call runs, its record stays on the list, with fn cleared, and knows the panic
 * that runs it. A second panic that arises there finds it, marks that older panic as aborted (the
 * calls that it would still run are the newer one's now) and goes on. Aborted panics stay on
 * g->panicking, for the report, until a recovery leaves the frames in which they arose: those are the
 * aborted ones directly below the panic that is recovered.
 *
 * Goexit is a panic that cannot be recovered and has nothing to report; at the end of the list the
 * goroutine ends. If a panic in one of its deferred calls aborts it and is recovered below, it
 * starts again.
 *
 * struct panicrec lies in the frame of gopanic or Goexit, which is there as long as the panic is on the
 * list: either is left only by a recovery that takes it off.
 *
 * What the runtime itself finds wrong comes as text, in three kinds, because Go prints them
 * differently:
 *
 *   panicError   a runtime.Error with the prefix: "panic: runtime error: integer divide by zero"
 *   panicPlain   a runtime.Error without it:      "panic: close of nil channel"
 *   panicString  panic("text"):                   "panic: text"
 *
 * They may be called by a mechanism of the runtime, at inrt == 1 without a lock: the panic leaves the
 * runtime first, so deferred calls run as user code. On g0, deeper in the runtime, or before the
 * boot a panic cannot be the program's alone: it becomes a throw with the same message first. */
#include "lang/panicrec.h"

uint32_t runningPanicDefers;

/* ---- who may panic ------------------------------------------------------------------------ */

static cold _Noreturn void
notHere(struct eface v, const char *why)
{
	rtprintf("panic: ");
	runtimeErrors.print(v);
	rtprintf("\n");
	throw(why);
}

static bool
onSystemStack(const struct g *gp)
{
	return gp == gp->m->g0 || gp == gp->m->gsignal;
}

enum { STRING = -1 }; /* beside enum runtimeErrorKind */

/* From a mechanism of the runtime, or from user code. */
static cold _Noreturn void
panicText(int kind, const char *msg)
{
	const char *prefix = kind == RTE_ERROR ? "runtime error: " : "";
	struct g *gp = getg();
	if (gp == NULL || gp->m == NULL)
		bootfail(2, "panic before the runtime is up: %s%s", prefix, msg);
	bool system = onSystemStack(gp);
	if (system || gp->m->inrt > 1) {
		rtprintf("panic: %s%s\n", prefix, msg);
		throw(system ? "panic on system stack" : "panic in the runtime");
	}
	if (gp->m->inrt == 1)
		rtleave(gp);
	struct gostring s = {(const uint8_t *)msg, (intgo)rtstrlen(msg)};
	gopanic(kind == STRING ? stringValue(s)
			       : runtimeErrors.make((enum runtimeErrorKind)kind, s, 0));
}

_Noreturn void
panicPlain(const char *msg)
{
	panicText(RTE_PLAIN, msg);
}

_Noreturn void
panicError(const char *msg)
{
	panicText(RTE_ERROR, msg);
}

_Noreturn void
panicString(const char *msg)
{
	panicText(STRING, msg);
}

/* ---- the report --------------------------------------------------------------------------- */

struct panicReport {
	struct g *gp;
	struct panicrec *p;
	uintptr_t pc, sp, fp;
};

static const char *
signame(int sig)
{
	switch (sig) {
	case 7:
		return "SIGBUS: bus error";
	case 8:
		return "SIGFPE: floating-point exception";
	case 11:
		return "SIGSEGV: segmentation violation";
	}
	return "unknown signal";
}

/* The oldest first, each but the first after a tab. */
static void
printpanics(const struct panicrec *p)
{
	if (p->link != NULL) {
		printpanics(p->link);
		if (p->link->goexit == NULL)
			rtprintf("\t");
	}
	if (p->goexit != NULL)
		return;
	rtprintf("panic: ");
	runtimeErrors.print(p->arg);
	rtprintf("%s\n", p->recovered != NULL ? " [recovered]" : "");
}

static void
report(void *arg)
{
	struct panicReport *r = arg;
	struct g *gp = r->gp;
	bool whole = startpanic();
	/* Whoever waits for deferred calls sees that somebody dies first. */
	xadd(&runningPanicDefers, -1u);
	printHold();
	printpanics(r->p);
	printRelease();
	if (gp->sig != 0)
		rtprintf("[signal %s code=0x%x addr=0x%lx pc=0x%lx]\n", signame(gp->sig),
			gp->sigcode0, (unsigned long)gp->sigaddr, (unsigned long)gp->sigpc);
	if (whole && crash_report != NULL)
		crash_report(r->pc, r->sp, r->fp, false);
	dieAfterReport();
}

/* Errors and Stringers say themselves what they are; those are calls of the program's code, while
 * it still can run any. */

static void
preprintpanics(struct panicrec *p)
{
	struct gostring text;
	for (; p != NULL; p = p->link)
		if (p->goexit == NULL && runtimeErrors.lastText(p->arg, &text))
			p->arg = stringValue(text);
}

/* Nobody recovers. The report runs on g0: the goroutine's stack may be almost used up. */
static cold _Noreturn void
fatalpanic(struct g *gp, struct panicrec *p)
{
	preprintpanics(p);
	rtenter();
	struct panicReport r = {
		.gp = gp,
		.p = p,
		.pc = (uintptr_t)__builtin_return_address(0),
		.fp = *(uintptr_t *)__builtin_frame_address(0),
		.sp = (uintptr_t)__builtin_frame_address(0),
	};
	systemstack(report, &r);
	__builtin_unreachable();
}

/* ---- running what is deferred ------------------------------------------------------------- */

void
runDeferred(struct g *gp, struct panicrec *p)
{
	struct deferrec *d;
	while ((d = deferNewest(gp)) != NULL) {
		void (*fn)(void *) = d->fn;
		if (fn == NULL) {
			/* It was running when p arose. */
			if (d->panic != NULL)
				d->panic->aborted = true;
			d->panic = NULL;
			deferUnlink(gp, d);
			continue;
		}
		if (d->ops->caught != NULL) {
			if (p->goexit == NULL)
				d->ops->caught(gp, p, d);
			deferUnlink(gp, d);
			continue;
		}
		d->fn = NULL;
		d->panic = p;
		d->retaddr = 0;
		calldefer(fn, d->arg);
		d->panic = NULL;
		deferSet(gp, d); /* nothing above it is left: fn has returned */
		if (p->recovered != NULL)
			p->recovered(gp, p, d);
		if (d->frame != NULL)
			*d->frame = false;
		deferUnlink(gp, d);
	}
}

_Noreturn void
gopanic(struct eface v)
{
	struct g *gp = getg();
	if (unlikely(onSystemStack(gp)))
		notHere(v, "panic on system stack");
	if (unlikely(gp->m->inrt != 0))
		notHere(v, "panic in the runtime");
	struct panicrec p = {.link = gp->panicking, .arg = v};
	gp->panicking = &p;
	xadd(&runningPanicDefers, 1u);
	runDeferred(gp, &p);
	fatalpanic(gp, &p);
}

_Noreturn void
Goexit(void)
{
	struct g *gp = getg();
	struct panicrec p = {.link = gp->panicking, .goexit = Goexit};
	gp->panicking = &p;
	runDeferred(gp, &p);
	gp->panicking = NULL;
	gp->sig = 0;
	rtenter();
	goexit1();
}
