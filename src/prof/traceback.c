/* traceback.c: goroutines' stacks, in Go's format.                                   room: prof
 *
 *	goroutine 7 [chan receive, 2 minutes]:
 *	worker(...)
 *		/home/me/prog.c:31 +0x4e
 *	created by gort_main in goroutine 1
 *		/home/me/prog.c:58 +0x92
 *
 * Tools that read Go's panics read this: no line has a form that Go does not print. Arguments
 * are unknown in C, hence the dots, which Go prints for inlined calls. A goroutine's name shows
 * as a label, the way Go shows labels.
 *
 * Walking    By frame pointers: the library and everything `gort run` and `gort build` compile
 *            keep them. Each link must lie in the goroutine's stack and above the last one, so a
 *            chain that code without frame pointers broke ends early and never faults. A
 *            switched-out goroutine starts at what switch.S saved.
 *            Programs with Go code bring an unwinder instead (gccgo/unwind.c).
 * Which      The library's own frames are hidden: the program's author cannot fix them. At level
 *            2 (GOTRACEBACK=system, or the library's own failure) all of them show, with
 *            registers and the runtime's goroutines.
 * Long       The first 50 frames and the last 50; between them a line with the number left out.
 *            Left-out frames are counted and not looked up: a stack overflow has millions.
 * Locks      None. The world is frozen first (sched/freeze.c) if more than the failing goroutine
 *            shows; one that goes on running on another thread shows no stack. What is read of
 *            others is read racily, on purpose: hence no_sanitize.
 * Rejected   The unwinder of libgcc: it takes the loader's lock, which a thread that was stopped
 *            may hold, and unwinds only the caller, not a parked goroutine.
 */
#include "prof/prof.h"

#include "core/upcalls.h"

#define INNER_FRAMES 50
#define OUTER_FRAMES 50
#define NAME_LENGTH  512
#define NIL_PAGE     4096 /* no code there: a call through a nil pointer */

const struct unwinder *unwinder;

/* ---- walking ------------------------------------------------------------------------------ */

struct walk {
	uintptr_t pc, sp, fp;
	uintptr_t lo, hi;
	const struct g *gp; /* whose stacks these are */
	bool prologue;      /* pc lies in a function that did not begin, fp is __morestack's */
};

static no_sanitize uintptr_t
readWord(uintptr_t addr)
{
	return *(const uintptr_t *)addr;
}

static no_sanitize bool
onStack(const struct walk *w, uintptr_t addr)
{
	return addr >= w->lo && addr + 2 * sizeof(uintptr_t) <= w->hi && addr % PTRSIZE == 0;
}

#if GORT_SPLIT
/* From __morestack's frame, which may lie on the stack that was left, to that of the caller of the
 * function that wanted more stack; that function's own frame was the last one. If it had not
 * begun (an overflow), it comes next. */
static no_sanitize bool
walkMorestack(struct walk *w)
{
	enum { OLD_FP, PC_IN_FUNCTION, RETURN_ADDRESS };
	const struct stack *st = stackOf(w->gp, w->fp);
	if (st == NULL || w->fp % PTRSIZE != 0)
		return false;
	w->lo = st->lo;
	w->hi = st->hi;
	uintptr_t frame = w->fp;
	if (w->pc == (uintptr_t)__morestack + 1) {
		w->prologue = true;
		w->pc = readWord(frame + PC_IN_FUNCTION * sizeof(uintptr_t));
		w->sp = frame + 2 * sizeof(uintptr_t);
		return true;
	}
	w->prologue = false;
	w->sp = frame + 3 * sizeof(uintptr_t);
	w->pc = readWord(frame + RETURN_ADDRESS * sizeof(uintptr_t));
	w->fp = readWord(frame + OLD_FP * sizeof(uintptr_t));
	return w->pc != 0;
}

static no_sanitize bool
inMorestack(uintptr_t pc)
{
	return pc > (uintptr_t)__morestack && pc <= (uintptr_t)morestackEnd;
}
#else
#	define inMorestack(pc)  false
#	define walkMorestack(w) false
#endif

/* To the caller's frame; false at the end of the chain. */
static no_sanitize bool
walkNext(struct walk *w)
{
	if (w->prologue || inMorestack(w->pc))
		return walkMorestack(w);
	if (!onStack(w, w->fp))
		return false;
	uintptr_t fp = readWord(w->fp);
	w->pc = readWord(w->fp + sizeof(uintptr_t));
	w->sp = w->fp + 2 * sizeof(uintptr_t);
	/* __morestack may have its frame on the stack below in memory. */
	w->fp = fp > w->fp || inMorestack(w->pc) ? fp : 0;
	return w->pc != 0;
}

/* The stack that sp lies on, among those of gp and its thread. False: on none of them. */
static no_sanitize bool
walkInit(struct walk *w, struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	*w = (struct walk){.pc = pc, .sp = sp, .fp = fp, .gp = gp};
	struct m *mp = gp->m;
	struct g *candidates[] = {gp, mp != NULL ? mp->g0 : NULL, mp != NULL ? mp->gsignal : NULL};
	for (uint32_t i = 0; i < nelem(candidates); i++) {
		const struct stack *st = candidates[i] != NULL ? stackOf(candidates[i], fp) : NULL;
		if (st != NULL) {
			w->lo = st->lo;
			w->hi = st->hi;
			return true;
		}
	}
	return false;
}

/* Did the function at entry, interrupted at pc, link its frame before? Looks for the instruction
 * that does it, mov %rsp,%rbp, between the two. Code without frame pointers has none at all. */
static no_sanitize bool
frameLinked(uintptr_t entry, uintptr_t pc)
{
	const uint8_t *code = (const uint8_t *)entry;
	for (uintptr_t i = 0; i + 3 <= pc - entry && i < 512; i++)
		if (code[i] == 0x48 && code[i + 1] == 0x89 && code[i + 2] == 0xe5)
			return true;
	return false;
}

/* Does a call instruction end at pc, in code that has a symbol? */
static void
noteKnown(void *known, const struct symframe *f)
{
	*(bool *)known = f->entry != 0;
}

static no_sanitize bool
isReturnAddress(uintptr_t pc)
{
	bool known = false;
	if (pc < NIL_PAGE)
		return false;
	symbolize(pc - 1, noteKnown, &known);
	if (!known)
		return false;
	const uint8_t *end = (const uint8_t *)pc;
	if (end[-5] == 0xe8) /* call rel32 */
		return true;
	for (int n = 2; n <= 7; n++) /* call *mem, call *reg: ff /2 */
		if (end[-n] == 0xff && (end[-n + 1] & 0x38) == 0x10)
			return true;
	return false;
}

/* A fault in a function that had not linked its frame (or never does), or a call through a bad
 * pointer, which has no function at all: the frame pointer is the caller's, and following it
 * would skip the caller. Its return address is the first one that the stack holds from sp up;
 * what such a function has pushed above it is little. */
static no_sanitize bool
walkFromFault(struct walk *w, struct g *gp, uintptr_t entry)
{
	if (gp->sig == 0 || w->pc != gp->sigpc + 1)
		return false;
	if (gp->sigpc >= NIL_PAGE && entry != 0 && frameLinked(entry, gp->sigpc))
		return false;
	uintptr_t sp = gp->sigsp;
	int words = entry != 0 ? 64 : 16; /* without a symbol we guess, within bounds */
	for (int i = 0; i < words && onStack(w, sp) && sp < w->fp; i++, sp += sizeof(uintptr_t)) {
		if (isReturnAddress(readWord(sp))) {
			w->pc = readWord(sp);
			w->sp = sp + sizeof(uintptr_t);
			return true;
		}
	}
	return false;
}

/* ---- printing ----------------------------------------------------------------------------- */

struct printer {
	struct g *gp;
	const struct walk *w;
	int level;
	uint32_t printed;
	uintptr_t entry;  /* of the function that pc lies in */
	const char *body; /* the function of the last frame */
};

/* symbol as it is shown; buf is for the case that it has to be made. */
static const char *
shownName(const char *symbol, char *buf, uintptr_t n)
{
	if (symbol == NULL)
		return "?";
	return unwinder != NULL && unwinder->name(symbol, buf, n) ? buf : symbol;
}

static no_sanitize void
printFrame(void *arg, const struct symframe *f)
{
	struct printer *p = arg;
	char buf[NAME_LENGTH];
	if (!f->inlined)
		p->entry = f->entry;
	const char *function = f->function;
	if (p->level < 2) {
		/* Between a deferred function and what panicked. */
		bool boundary = f->runtime && p->printed > 0 && function != NULL &&
				rtstrcmp(function, "gopanic") == 0;
		if (boundary)
			function = "panic";
		else if (f->runtime || p->w->pc <= NIL_PAGE)
			return;
		if (unwinder != NULL && function != NULL) {
			const char *body = p->body;
			p->body = function;
			if (unwinder->hidden(function) ||
				(body != NULL && unwinder->bodyOf(body, function)))
				return;
		}
	}
	p->printed++;
	/* The pc of a fault is exact, others are where a call returns to. */
	uintptr_t pc = p->w->pc;
	if (p->gp->sig != 0 && pc == p->gp->sigpc + 1)
		pc--;
	rtprintf("%s(...)\n", shownName(function, buf, sizeof buf));
	rtprintf("\t%s:%d", f->file != NULL ? f->file : "?", f->line);
	if (!f->inlined) {
		if (f->entry != 0 && pc > f->entry)
			rtprintf(" +0x%lx", (unsigned long)(pc - f->entry));
		if (p->level >= 2)
			rtprintf(" fp=0x%lx sp=0x%lx", (unsigned long)p->w->fp,
				(unsigned long)p->w->sp);
		if (p->level >= 2 || f->function == NULL)
			rtprintf(" pc=0x%lx", (unsigned long)pc);
	}
	rtprintf("\n");
}

/* The frames of one stack as they come: the first are printed, the last are kept. */
struct frames {
	struct printer p;
	struct walk ring[OUTER_FRAMES];
	uint64_t n; /* frames after the first INNER_FRAMES */
};

static no_sanitize void
takeFrame(struct frames *f, const struct walk *w)
{
	f->p.entry = 0;
	f->p.w = w;
	if (f->p.printed < INNER_FRAMES)
		symbolize(w->pc - 1, printFrame, &f->p);
	else
		f->ring[f->n++ % OUTER_FRAMES] = *w;
}

static no_sanitize bool
takeUnwound(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	struct walk w = {.pc = pc, .sp = sp, .fp = fp};
	takeFrame(arg, &w);
	return true;
}

static no_sanitize void
printWalk(struct g *gp, struct walk *w, int level)
{
	struct frames f;
	f.p = (struct printer){.gp = gp, .level = level};
	f.n = 0;
	if (unwinder != NULL) {
		unwinder->frames(gp, w->pc, w->sp, w->fp, takeUnwound, &f);
	} else {
		do
			takeFrame(&f, w);
		while (walkFromFault(w, gp, f.p.entry) || walkNext(w));
	}
	if (f.n == 0)
		return;
	if (f.n > OUTER_FRAMES)
		rtprintf("...%lu frames elided...\n", (unsigned long)(f.n - OUTER_FRAMES));
	for (uint64_t i = f.n > OUTER_FRAMES ? f.n - OUTER_FRAMES : 0; i < f.n; i++) {
		f.p.w = &f.ring[i % OUTER_FRAMES];
		symbolize(f.p.w->pc - 1, printFrame, &f.p);
	}
}

bool tracebackParents = true;

struct createdby {
	struct g *gp;
	int level;
};

static no_sanitize void
printCreatedBy(void *arg, const struct symframe *f)
{
	struct createdby *c = arg;
	if (f->inlined || f->function == NULL || (f->runtime && c->level < 2))
		return;
	char buf[NAME_LENGTH];
	rtprintf("created by %s", shownName(f->function, buf, sizeof buf));
	if (tracebackParents && c->gp->parentGoid != 0)
		rtprintf(" in goroutine %lu", (unsigned long)c->gp->parentGoid);
	rtprintf("\n");
	rtprintf("\t%s:%d", f->file != NULL ? f->file : "?", f->line);
	if (f->entry != 0 && c->gp->gopc > f->entry)
		rtprintf(" +0x%lx", (unsigned long)(c->gp->gopc - f->entry));
	rtprintf("\n");
}

static no_sanitize int
currentLevel(bool *all)
{
	int level;
	bool envall, crash;
	gotraceback(&level, &envall, &crash);
	if (all != NULL)
		*all = *all || envall;
	return level;
}

static no_sanitize void
traceback1(struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp, int level)
{
	if (pc == 0 && load_acq(&gp->atomicstatus) == Gsyscall && gp->syscallsp != 0) {
		pc = gp->syscallpc;
		sp = gp->syscallsp;
		fp = gp->syscallfp;
	}
	if (pc == 0)
		gobufFrame(gp, &pc, &fp, &sp);
	struct walk w;
	walkInit(&w, gp, pc, sp, fp);
	printWalk(gp, &w, level);
	if (gp->goid > 1 && gp->gopc != 0) {
		struct createdby c = {gp, level};
		symbolize(gp->gopc - 1, printCreatedBy, &c);
	}
}

void
traceback(struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	traceback1(gp, pc, sp, fp, currentLevel(NULL));
}

no_sanitize void
goroutineheader(struct g *gp)
{
	int level = currentLevel(NULL);
	uint32_t s = load_acq(&gp->atomicstatus);
	const char *status = s == Gdead ? "dead" : gstatusName(s);
	if (s == Gwaiting && gp->waitreason != waitReasonZero && gp->waitreason < waitReasonCount)
		status = waitReasonStrings[gp->waitreason];

	rtprintf("goroutine %lu", (unsigned long)gp->goid);
	if (level >= 2) {
		rtprintf(" gp=%p", (void *)gp);
		if (gp->m != NULL)
			rtprintf(" m=%ld mp=%p", (long)gp->m->id, (void *)gp->m);
		else
			rtprintf(" m=nil");
	}
	rtprintf(" [%s", status);
	if ((s == Gwaiting || s == Gsyscall) && gp->waitsince != 0) {
		int64_t minutes = (nanotime() - gp->waitsince) / (60 * SEC);
		if (minutes >= 1)
			rtprintf(", %ld minutes", (long)minutes);
	}
	if (gp->lockedm != NULL)
		rtprintf(", locked to thread");
	if (gp->named)
		rtprintf(" labels:{\"name\": \"%s\"}", gp->name);
	rtprintf("]:\n");
}

no_sanitize void
tracebackothers(struct g *me)
{
	int level = currentLevel(NULL);
	struct g *self = getg();
	uint32_t n = load_acq(&nallgs);
	for (uint32_t i = 0; i < n; i++) {
		struct g *gp = allgsGet(i);
		if (gp == NULL || gp == me)
			continue;
		uint32_t s = load_acq(&gp->atomicstatus);
		if (s == Gdead || (gp->issystem && level < 2))
			continue;
		rtprintf("\n");
		goroutineheader(gp);
		/* A thread of the program's own, outside, has left the frames of its last call. */
		if ((s == Grunning && (self == NULL || gp->m != self->m)) ||
			(s == Gsyscall && gp->syscallsp == 0)) {
			rtprintf("\tgoroutine running on other thread; stack unavailable\n");
			struct createdby c = {gp, level};
			if (gp->goid > 1 && gp->gopc != 0)
				symbolize(gp->gopc - 1, printCreatedBy, &c);
		} else {
			traceback1(gp, 0, 0, 0, level);
		}
	}
}

/* ---- the report --------------------------------------------------------------------------- */

struct where {
	uintptr_t pc, sp, fp;
	bool all;
};

/* The failing code is gp's, the M's current goroutine's, if it lies on its stack or at the guard
 * below it; otherwise it is the scheduler's, whose stack only the library's authors can use: it
 * shows at level 2. */
static no_sanitize void
report1(void *arg)
{
	struct where *at = arg;
	int level = currentLevel(&at->all);
	struct m *mp = getg()->m;
	struct g *gp = mp->curg;
	bool onGoroutine =
		gp != NULL && (stackOf(gp, at->sp) != NULL || stackOf(gp, at->fp) != NULL ||
				      stackGuardHit(gp, at->sp));
	if (!onGoroutine) {
		at->all = at->all || gp == NULL;
		if (level >= 2) {
			rtprintf("\nruntime stack:\n");
			struct walk w;
			walkInit(&w, mp->g0, at->pc, at->sp, at->fp);
			printWalk(mp->g0, &w, level);
		}
		at->pc = at->sp = at->fp = 0;
	}
	if (gp != NULL) {
		rtprintf("\n");
		goroutineheader(gp);
		traceback1(gp, at->pc, at->sp, at->fp, level);
	}
	if (at->all)
		tracebackothers(gp);
}

/* crash_report. Symbols take stack to look up, so a goroutine reports from g0. */
static no_sanitize void
report(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all)
{
	struct where at = {pc, sp, fp, all};
	if (currentLevel(&at.all) <= 0)
		return;
	if (at.all)
		freezetheworld();
	if (pc == 0) {
		at.pc = (uintptr_t)__builtin_return_address(0);
		at.fp = *(uintptr_t *)__builtin_frame_address(0);
		at.sp = (uintptr_t)__builtin_frame_address(0);
	}
	struct g *self = getg();
	if (self == NULL || self->m == NULL) {
		if (at.all)
			tracebackothers(NULL);
		return;
	}
	systemstack(report1, &at);
}

void
tracebackinit(void)
{
	crash_report = report;
}
