/* unwind.c: from a recovered panic to its try, without an unwinder.                  room: lang
 *
 * There is no Go code and no C++ without libc, so the only place to go is the frame of a tryCall, which
 * has all that its caller needs. What frames in between leave to cleanup attributes does not
 * run; what was deferred has run. */
#include "lang/panicrec.h"

void
tryResume(struct deferrec *d)
{
	tryresume(d->retaddr);
}
