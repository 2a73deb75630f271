/* polldoor.c: internal/poll: descriptors block in system calls.                     room: gccgo
 *
 * A descriptor that cannot be polled is one that package os uses in blocking system calls, which it
 * announces (Entersyscall), so that its goroutine costs a thread while it waits and nobody else
 * anything. pollOpen says that of every descriptor: EPERM, which is what epoll answers for
 * files. Pipes and terminals then take the same way; deadlines on them are refused by the package
 * ("file type does not support deadline"). Package net takes that answer for a failure: there
 * are no connections yet. Once there is a poller this file is its door. */
#include "gccgo/std.h"

enum { EPERM_ = 1 };
enum pollresult { POLL_OK, POLL_CLOSING, POLL_TIMEOUT, POLL_NOTPOLLABLE };

void
go_pollServerInit(void)
{
}

struct pollopened
go_pollOpen(uintptr_t fd)
{
	(void)fd;
	return (struct pollopened){0, EPERM_};
}

/* No descriptor has a ctx: with 0 the package calls none of the rest. */

void
go_pollClose(uintptr_t ctx)
{
	(void)ctx;
}

intgo
go_pollReset(uintptr_t ctx, intgo mode)
{
	(void)ctx;
	(void)mode;
	return POLL_NOTPOLLABLE;
}

intgo
go_pollWait(uintptr_t ctx, intgo mode)
{
	(void)ctx;
	(void)mode;
	return POLL_NOTPOLLABLE;
}

void
go_pollWaitCanceled(uintptr_t ctx, intgo mode)
{
	(void)ctx;
	(void)mode;
}

void
go_pollSetDeadline(uintptr_t ctx, int64_t d, intgo mode)
{
	(void)ctx;
	(void)d;
	(void)mode;
}

void
go_pollUnblock(uintptr_t ctx)
{
	(void)ctx;
}

bool
go_isPollServerDescriptor(uintptr_t fd)
{
	(void)fd;
	return false;
}
