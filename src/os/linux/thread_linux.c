/* thread_linux.c: what the kernel says of another thread of this process.            room: os */
#include "os/linux/internal.h"

const char *
osThreadWhy(int err)
{
	switch (err) {
	case -EAGAIN:
		return ": see ulimit -u, and pids.max of the container";
	case -ENOMEM:
		return ": no memory for its stack, see ulimit -v";
	default:
		return "";
	}
}

/* The clock of what thread tid has used of CPUs: the kernel's encoding of it, as libc's
 * pthread_getcpuclockid makes it: the complement of the id above three bits, of which 4 says "one
 * thread" and 2 "time on a CPU, by the scheduler". */
int64_t
osThreadCpu(uint64_t tid)
{
	struct ktimespec ts;
	int32_t clock = (int32_t)(~(uint32_t)tid << 3 | 4 | 2);
	if (SYS2(clock_gettime, (intptr_t)clock, &ts) != 0)
		return -1;
	return ts.sec * 1000000000 + ts.nsec;
}

/* The state is the letter behind the name, which is in parentheses and may hold any character. */
bool
osThreadAsleep(uint64_t tid)
{
	char path[64] = "/proc/self/task/", digits[24], buf[128];
	uintptr_t n = 16, k = 0;
	do
		digits[k++] = (char)('0' + tid % 10);
	while ((tid /= 10) != 0);
	while (k > 0)
		path[n++] = digits[--k];
	static const char stat[] = "/stat";
	for (k = 0; k < sizeof stat; k++)
		path[n + k] = stat[k];
	intptr_t len = readFile("", path, buf, sizeof buf);
	for (intptr_t i = len - 3; i >= 0; i--) {
		if (buf[i] == ')')
			return buf[i + 2] == 'S' || buf[i + 2] == 'D';
	}
	return false;
}
