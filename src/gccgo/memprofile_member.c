/* memprofile_member.c: runtime.MemProfile, in a program that has somebody who calls it.   room: gccgo
 *
 * A member of its own in the archive: the linker takes it for who asks for the function (runtime/pprof does), and
 * then samples of the heap are taken from the start; a program without pays nothing for them. Go's
 * linker decides it the same way. */
#include "gccgo/std.h"

/* Called at the start, if it is there. */
void
memProfileWanted(void)
{
	memProfileStart();
}

struct intbool
go_MemProfile(struct goslice records, bool zero)
{
	return memProfile(records, zero);
}

/* The function as a value. */
const struct funcval go_MemProfileValue = {(void *)go_MemProfile};
