/* unwind_apart.c: the unwinder, called from a small stack.                             room: gccgo
 *
 * Every Go function with a deferred call ends in a call of _Unwind_Resume that only a panic
 * reaches. libgcc was not compiled with split stacks, so the linker would make each such function
 * move to a large stack at its start. `gort link` wraps the name: the functions call this one, which is
 * compiled with split stacks and moves when it is called, that is, never but in a panic. The unwinder
 * sees one more frame, with nothing to clean up in it. */
#include "gccgo/gccgo.h"

void
__wrap__Unwind_Resume(struct _Unwind_Exception *e)
{
	__real__Unwind_Resume(e);
}
