/* secure.c: a program that runs with more rights than its caller.                    room: boot
 *
 * The kernel sets AT_SECURE for set-user-ID, set-group-ID and capability-raising programs. Their
 * caller must not learn what their memory holds, nor steer their runtime: GODEBUG, GOTRACEBACK
 * and the other debug variables read as unset (gogetenv in base/debugvars.c asks osfacts.secure),
 * and a fatal error prints its message but no stacks. setTraceback in the program's own code can
 * still raise the level: that is the program's decision, not its caller's.
 */
#include "boot/boot.h"

#include "base/base.h"

void
secure(void)
{
	if (!osfacts.secure) {
		bootResult("no: the caller's rights are the program's");
		return;
	}
	setTraceback("none");
	bootResult("AT_SECURE: debug variables ignored, tracebacks off");
}
