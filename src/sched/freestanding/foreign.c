/* foreign.c: without libc every thread is the runtime's, and nobody forks.           room: sched */
#include "sched/internal.h"

bool forkedChild;

/* No g: a signal handler of the program's, or code before the boot. */
struct g *
foreignEnter(struct g *gp)
{
	(void)gp;
	bootfail(2, "call on a thread that is not a goroutine of a running runtime");
}

void
foreignLeave(struct g *gp)
{
	(void)gp;
}

void
foreignDetach(void)
{
}

void
foreigninit(void)
{
}

void
forkinit(void)
{
}
