/* futex_linux.c: sleeping on a word.                                                 room: os */
#include <linux/futex.h>
#include <linux/membarrier.h>

#include "os/linux/internal.h"

void
futexsleep(uint32_t *addr, uint32_t val, int64_t ns)
{
	struct ktimespec ts, *tsp = NULL;
	if (ns >= 0) {
		ts = (struct ktimespec){ns / SEC, ns % SEC};
		tsp = &ts;
	}
	/* Woken, interrupted, timed out, *addr != val: they all mean: look again. */
	intptr_t r = SYS4(futex, addr, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, val, tsp);
	if (unlikely(r < 0 && r != -EINTR && r != -ETIMEDOUT && r != -EAGAIN))
		sysRefused("futex", r);
}

void
futexwakeup(uint32_t *addr, uint32_t count)
{
	intptr_t r = SYS3(futex, addr, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
	if (r < 0)
		sysRefused("futex", r);
}

void
osMembarrier(void)
{
	int cmd = osfacts.haveMembarrier ? MEMBARRIER_CMD_PRIVATE_EXPEDITED : MEMBARRIER_CMD_GLOBAL;
	intptr_t r = SYS3(membarrier, cmd, 0, 0);
	if (r != 0)
		sysRefused("membarrier", r);
}
