/* refuses.c: a thread that a stop of the world does not reach.                       room: sched
 *
 * Threads outside the runtime are stopped by a signal. In a program that is linked with the library nobody
 * can block it by accident: the functions that set masks leave it out (capi/hosted/sigmask_apart.c). But
 * a guest that was loaded late has no say in that, and system calls can be made without libc. A thread
 * that blocks all signals and waits for them in sigwait may do so for ever.
 *
 * So the stopper does not wait for ever. /proc tells whether the thread blocks the signal: if it still does
 * after a while (libc itself blocks all signals for moments, when it starts a thread or a process) it
 * is given up. A thread that does not block it may be slow, because the machine is, or sleep where
 * nothing wakes it: in the kernel's vfork, on a disk that does not answer. It gets much longer. */
#include "sched/internal.h"

#define BLOCKS_LONG (20 * MS)
#define SLEEPS_LONG (10 * SEC)

/* The value of a line of a status file: NAME, a tab, hexadecimal digits. */
static bool
hexLine(const char *text, uintptr_t n, const char *name, uint64_t *value)
{
	uintptr_t len = rtstrlen(name);
	for (uintptr_t i = 0; i + len < n; i++) {
		if ((i != 0 && text[i - 1] != '\n') || __builtin_memcmp(text + i, name, len) != 0)
			continue;
		*value = 0;
		for (i += len; i < n && text[i] != '\n'; i++) {
			char c = text[i];
			uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
					 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
								: 16;
			if (digit < 16)
				*value = *value * 16 + digit;
		}
		return true;
	}
	return false;
}

/* No lock, no function of libc's. */
static bool
blocksSignal(uint64_t tid, int sig)
{
	char buf[2048];
	uint64_t mask;
	rtsnprintf(buf, sizeof buf, "/proc/self/task/%lu/status", (unsigned long)tid);
	intptr_t fd = sys_open(buf, 0, 0);
	if (fd < 0)
		return false;
	intptr_t n = sys_read((int)fd, buf, sizeof buf);
	sys_close((int)fd);
	return n > 0 && hexLine(buf, (uintptr_t)n, "SigBlk:", &mask) && mask >> (sig - 1) & 1;
}

bool
threadRefuses(const struct m *mp, int64_t *began)
{
	int64_t now = nanotime();
	if (*began == 0)
		*began = now;
	int64_t waited = now - *began;
	return waited > SLEEPS_LONG ||
	       (waited > BLOCKS_LONG && blocksSignal(load_rlx(&mp->tid), preemptsig));
}
