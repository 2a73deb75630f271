/* printer.c: the brackets of print and println.                                      room: gccgo
 *
 * The text between is lang/printval.c's. The lock is its thread's, so the goroutine keeps thread and
 * P until it is let go: inrt stays raised. Compiled code has computed everything before it locks. */
#include "gccgo/gccgo.h"

void
go_printlock(void)
{
	rtenter();
	printlock();
}

void
go_printunlock(void)
{
	printunlock();
	rtleave(getg());
}
