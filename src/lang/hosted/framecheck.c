/* framecheck.c: our steps through frames beside those of the platform's unwinder.    room: lang
 *
 * In hard builds, and with GODEBUG=unwind=compare, every way back is gone twice: each frame that
 * wayback.c would step to must have the program counter, the stack pointer, the registers and the
 * landing pad that the unwinder finds. */
#include "lang/hosted/framerow.h"
#include "lang/hosted/wayback.h"

struct frameCheck {
	struct unwindregs at; /* by our steps */
	const struct deferrec *d;
	bool begun;
};

static const char *const wordNames[UNWIND_WORDS] = {
	"pc", "sp", "rbp", "rbx", "r12", "r13", "r14", "r15"};

static void
compareWord(const struct frameCheck *c, const char *what, uintptr_t ours, uintptr_t theirs)
{
	if (likely(ours == theirs))
		return;
	rtprintf("runtime: frame of the call that returns to pc=%p: %s is %p, the unwinder says "
		 "%p\n",
		(void *)c->at.pc, what, (void *)ours, (void *)theirs);
	throw("unwinding: a frame was misread");
}

/* The landing pad, by the tables that the unwinder has found. */
static uintptr_t
padOf(struct _Unwind_Context *ctx, uintptr_t pc)
{
	uintptr_t pad, action, function = _Unwind_GetRegionStart(ctx);
	const uint8_t *lsda = (const uint8_t *)_Unwind_GetLanguageSpecificData(ctx);
	if (lsda == NULL || !lsdaFind(lsda, pc - 1 - function, &pad, &action) || pad == 0)
		return 0;
	return function + pad;
}

static _Unwind_Reason_Code
onFrame(struct _Unwind_Context *ctx, void *arg)
{
	struct frameCheck *c = arg;
	struct unwindregs *at = &c->at;
	uintptr_t pc = _Unwind_GetIP(ctx), sp = _Unwind_GetCFA(ctx);
	if (!c->begun && (pc != at->pc || sp != at->sp))
		return _URC_NO_REASON; /* not there yet */
	c->begun = true;
	compareWord(c, wordNames[UNWIND_PC], at->pc, pc);
	compareWord(c, wordNames[UNWIND_SP], at->sp, sp);
	for (unsigned i = UNWIND_FIRST; i < UNWIND_WORDS; i++)
		compareWord(
			c, wordNames[i], ((uintptr_t *)at)[i], _Unwind_GetGR(ctx, unwindDwarf[i]));
	struct framerow spare;
	const struct framerow *row = framerowFind(pc, &spare);
	if (row->kind == FRAME_OTHER)
		return _URC_END_OF_STACK;
	compareWord(c, "the landing pad", row->pad, padOf(ctx, pc));
	uintptr_t cfa = framerowCFA(row, at);
	if (c->d->frame != NULL ? (uintptr_t)c->d->frame - sp < cfa - sp : c->d->retaddr == sp)
		return _URC_END_OF_STACK;
	framerowStep(row, at, cfa);
	return _URC_NO_REASON;
}

void
framesCheck(const struct unwindregs *r, const struct deferrec *d)
{
	struct frameCheck c = {.at = *r, .d = d};
	_Unwind_Backtrace(onFrame, &c);
	if (!c.begun)
		throw("unwinding: the unwinder does not come by");
}
