/* wayback.c: from a recovered panic to its frame, without the unwinder.              room: lang
 *
 * The unwinder does not know where an exception will end. It asks each frame for a handler (phase 1),
 * and then goes through all of them again and stops at every landing pad (phase 2). We know: the
 * record of the deferred call that recovered, or of the try, says in which frame it lies. So we step
 * through the frames once, by decoded call sites (framerow.h), and go there. What frames on the way
 * have:
 *
 *   nothing, or Go     Deferred calls are all that a frame of Go's has to clean up, and those have
 *                      run: whatever was deferred after the record that we go to. It is left
 *                      without entering its pads
 *   a cleanup in C     must run. We go there with an exception; in the end it calls _Unwind_Resume.
 *                      For an exception that is unwound by force that asks a function of ours first
 *                      (onResume), which goes on as before
 *   another language   The unwinder does it all, from the start: a handler of C++ may catch what
 *                      comes by. That is known before the first cleanup runs, since frames are looked
 *                      at as far as the last
 *
 * The frame is Go's if the byte that identifies the activation lies in it, between its stack pointer
 * and its CFA. It is a try's if its stack pointer is the one that trycall noted.
 *
 * At a landing pad of Go's there is nothing but its registers to restore; without a cleanup on the way no
 * exception is made (g->exception is NULL: checkdefer). To a try, the frame itself has all
 * registers (tryresume).
 *
 * GODEBUG=unwind=libgcc leaves everything to the unwinder; unwind=compare holds each frame against
 * its opinion first. */
#include "lang/hosted/wayback.h"

#include "core/track.h"
#include "lang/hosted/framerow.h"

/* Where to land. */
struct landing {
	struct unwindregs r;
	enum framekind kind;
};

/* Steps from *r to d's frame. *to: there, or the first cleanup before. False: not for us. first: the
 * frames are known to be for us, no need to look further than *to. */
static no_sanitize bool
findLanding(struct landing *to, const struct unwindregs *r, const struct deferrec *d, bool first)
{
	struct framerow spare;
	struct unwindregs at = *r;
	bool found = false;
	for (;;) {
		const struct framerow *row = framerowFind(at.pc, &spare);
		if (unlikely(row->kind == FRAME_OTHER))
			return false;
		uintptr_t cfa = framerowCFA(row, &at);
		bool here = d->frame != NULL ? (uintptr_t)d->frame - at.sp < cfa - at.sp
					     : row->kind == FRAME_TRY && d->retaddr == at.sp;
		if (here && d->frame != NULL && row->kind != FRAME_GO)
			return false;
		if (row->kind == FRAME_TRY && !here)
			return false; /* it would be left for good: its record must go */
		if ((here || row->kind == FRAME_CLEANUP) && !found) {
			to->r = at;
			to->kind = row->kind;
			if (row->kind != FRAME_TRY) {
				to->r.pc = row->pad;
				to->r.sp += (uintptr_t)(intptr_t)row->pushed;
			}
			found = true;
		}
		if (here || (found && first))
			return true;
		framerowStep(row, &at, cfa);
	}
}

static _Unwind_Reason_Code
onResume(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
	struct _Unwind_Exception *e, struct _Unwind_Context *ctx, void *record);

/* e: the exception with which an earlier landing was a cleanup. */
static no_sanitize void
goFrom(const struct unwindregs *r, struct deferrec *d, struct _Unwind_Exception *e)
{
	struct landing to;
	if (!findLanding(&to, r, d, e != NULL))
		return;
	trackLeave();
	if (to.kind == FRAME_TRY) {
		if (e != NULL)
			freeException(_URC_FOREIGN_EXCEPTION_CAUGHT, e);
		tryresume(d->retaddr);
	}
	if (to.kind == FRAME_GO) {
		struct g *gp = getg();
		gp->exception = e;
		gp->foreignexception = false;
	} else if (e == NULL) {
		e = newException(d->frame == NULL ? container_of(d, struct tryrec, d) : NULL);
		/* As _Unwind_ForcedUnwind notes it. */
		e->private_1 = (uintptr_t)onResume;
		e->private_2 = (uintptr_t)d;
	}
	unwindLand(&to.r, e);
}

/* A cleanup has been made, and the frame that did it resumes. */
static _Unwind_Reason_Code
onResume(int version unused_ok, _Unwind_Action actions, _Unwind_Exception_Class class unused_ok,
	struct _Unwind_Exception *e, struct _Unwind_Context *ctx, void *record)
{
	if (actions & _UA_END_OF_STACK)
		fatal("a panic was recovered, but code on its way has no unwind tables");
	struct unwindregs r = {.pc = _Unwind_GetIP(ctx), .sp = _Unwind_GetCFA(ctx)};
	for (unsigned i = UNWIND_FIRST; i < UNWIND_WORDS; i++)
		((uintptr_t *)&r)[i] = _Unwind_GetGR(ctx, unwindDwarf[i]);
	goFrom(&r, record, e);
	return _URC_NO_REASON;
}

static no_sanitize void
goFromHere(struct unwindregs *r, void *record)
{
	if (GORT_HARD || debug.unwind == UNWIND_COMPARE)
		framesCheck(r, record);
	goFrom(r, record, NULL);
}

void
goBackTo(struct deferrec *d)
{
	if (debug.unwind != UNWIND_LIBGCC)
		unwindHere(goFromHere, d);
}
