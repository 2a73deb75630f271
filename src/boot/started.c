/* started.c: how far the boot is, for threads that wait for it.                      room: boot
 *
 * One word, which only grows. Who moves it on from BOOT_NONE does the boot; everybody else waits
 * until goroutines run. The waiters count themselves, so that a boot that nobody waits for wakes
 * nobody. */
#include "boot/boot.h"

#include "base/base.h"

static uint32_t stage;   /* atomic, futex: enum bootstage */
static uint32_t waiters; /* atomic */

bool
bootBegin(void)
{
	return cas(&stage, (uint32_t)BOOT_NONE, (uint32_t)BOOT_BEGUN);
}

void
bootReached(enum bootstage s)
{
	store_seq(&stage, (uint32_t)s);
	if (load_seq(&waiters) != 0)
		futexwakeup(&stage, INT32_MAX);
}

void
bootWait(enum bootstage s)
{
	uint32_t now;
	xadd(&waiters, 1u);
	while ((now = load_seq(&stage)) < (uint32_t)s)
		futexsleep(&stage, now, -1);
	xadd(&waiters, -1u);
}
