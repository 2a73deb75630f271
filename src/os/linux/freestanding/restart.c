/* restart.c: calls that a signal of ours interrupts, where there is no libc.         room: os
 *
 * A freestanding program reaches the kernel through the runtime alone: it reads and writes files in
 * announced calls, which SA_RESTART repeats, and what else the runtime asks for it repeats itself.
 * So there is nothing to mend, and the decoder that hosted/restart_amd64.c needs is left out. */
#include "os/linux/internal.h"

no_sanitize void
sigctxRestart(struct m *mp, void *ctx)
{
	(void)mp;
	(void)ctx;
}
