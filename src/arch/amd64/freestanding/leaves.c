/* leaves.c (amd64, freestanding): there is no libc that has read cpuid before.         room: arch */
#include "arch/amd64/leaves.h"

void
leavesRead(struct leaves *l)
{
	leavesByCpuid(l);
}
