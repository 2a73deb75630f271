/* os_linux.c: what the kernel tells a process about itself and the machine.          room: os */
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/membarrier.h>
#include <linux/mman.h>
#include <linux/resource.h>

#include "os/linux/internal.h"

#ifndef MADV_GUARD_INSTALL
#	define MADV_GUARD_INSTALL 102
#endif

struct osfacts osfacts = {.minsigstksz = 2048};
int32_t ncpu = 1;
uintptr_t physPageSize = 4096; /* until auxv says otherwise; amd64 has no other */

static uintptr_t vdso;
static const Elf64_Phdr *phdr;
static uintptr_t phnum;

/* ---- args: auxv --------------------------------------------------------------------------- */

static void
auxvRead(const uintptr_t *auxv)
{
	for (; auxv[0] != AT_NULL; auxv += 2) {
		uintptr_t v = auxv[1];
		switch (auxv[0]) {
		case AT_PAGESZ:
			physPageSize = v;
			break;
		case AT_SECURE:
			osfacts.secure = v != 0;
			break;
		case AT_RANDOM:
			osfacts.random = v;
			break;
		case AT_MINSIGSTKSZ:
			osfacts.minsigstksz = v;
			break;
		case AT_PHDR:
			phdr = (const Elf64_Phdr *)v;
			break;
		case AT_PHNUM:
			phnum = v;
			break;
		case AT_SYSINFO_EHDR:
			vdso = v;
			break;
		}
	}
}

void
sysargs(const uintptr_t *auxv)
{
	if (auxv != NULL) {
		auxvRead(auxv);
	} else {
		/* Library mode: the host did not keep its vectors, the kernel did. */
		static uintptr_t copy[2 * 64 + 2];
		int fd = sys_open("/proc/self/auxv", O_RDONLY | O_CLOEXEC, 0);
		if (fd >= 0) {
			sys_read(fd, copy, sizeof copy - 2 * sizeof copy[0]);
			sys_close(fd);
		}
		auxvRead(copy);
	}
	vdsoInit(vdso);
}

uintptr_t
programTlsSize(void)
{
	for (uintptr_t i = 0; i < phnum; i++) {
		if (phdr[i].p_type == PT_TLS)
			return phdr[i].p_memsz;
	}
	return 0;
}

/* ---- osinit ------------------------------------------------------------------------------- */

/* CPUs in this thread's affinity mask. The kernel wants room for all CPUs it could have. */
static int32_t
affinityCpus(void)
{
	static uint64_t mask[8192 / 64];
	intptr_t n = SYS3(sched_getaffinity, 0, sizeof mask, mask);
	int32_t count = 0;
	for (intptr_t i = 0; i < n / 8; i++)
		for (__typeof__(mask[i]) m = mask[i]; m != 0; m &= m - 1)
			count++;
	return count > 0 ? count : 1;
}

/* Kernels before 6.13 do not know the advice. An empty range is enough to hear so; that a guard
 * holds is proved with the first one (sysGuard). */
static bool
probeGuardInstall(void)
{
	return SYS3(madvise, NULL, 0, MADV_GUARD_INSTALL) == 0;
}

/* Asked once: the answer is as old as the process anyway when its stack has been laid out. A kernel
 * that does not say has the usual limit. */
static uintptr_t
stackRlimit(void)
{
	static struct {
		uint64_t soft, hard;
	} r;
	if (r.hard != 0)
		return r.soft == UINT64_MAX ? 0 : r.soft;
	if (SYS4(prlimit64, 0, RLIMIT_STACK, NULL, &r) != 0)
		return 8 * MiB;
	return r.soft == UINT64_MAX ? 0 : r.soft;
}

int32_t
cpusAllowed(int32_t affinity, int64_t milli)
{
	int64_t byquota = (milli + 999) / 1000;
	if (milli > 0 && byquota < 2)
		byquota = 2;
	return milli > 0 && byquota < affinity ? (int32_t)byquota : affinity;
}

void
osQuota(void)
{
	if (osfacts.quotaAsked)
		return;
	osfacts.quotaAsked = true;
	osfacts.quotaMilli = cgroupQuota("", true);
	ncpu = cpusAllowed(ncpu, osfacts.quotaMilli);
}

void
osinit(void)
{
	osfacts.affinitycpus = ncpu = affinityCpus();
	osfacts.quotaAsked = false;
	osfacts.quotaMilli = 0;
	if (!osfacts.procsGiven)
		osQuota();
	osfacts.hugePageSize = 2 * MiB; /* of amd64; /sys would say the same, for 13 us */
	osfacts.stackRlimit = stackRlimit();
	/* Valgrind runs one thread at a time. It lets guard markers through, and reads behind them as
	 * if they were memory. */
	valgrindInit();
	if (onValgrind)
		ncpu = 1;
	osfacts.haveGuardInstall = !onValgrind && probeGuardInstall();
	osMembarrierInit();
}

void
osMembarrierInit(void)
{
	osfacts.haveMembarrier =
		SYS3(membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
	osfacts.haveBarrier = osfacts.haveMembarrier;
	if (!osfacts.haveMembarrier) {
		intptr_t cmds = SYS3(membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
		osfacts.haveBarrier = cmds > 0 && (cmds & MEMBARRIER_CMD_GLOBAL) != 0;
	}
}

/* The kernel's stack of the first thread grows down to the soft limit. Its top lies above every
 * frame; the page that holds the caller's frame is bound enough for telling whose stack an
 * address is on, and every byte below it is mapped or grows on touch. */
void
mainStackBounds(uintptr_t frame, uintptr_t *lo, uintptr_t *hi)
{
	uintptr_t limit = stackRlimit();
	if (limit == 0 || limit > 64 * MiB)
		limit = 8 * MiB;
	*hi = alignUp(frame + 1, physPageSize);
	*lo = *hi - limit / 4 * 3; /* arguments and environment take up to a quarter */
}

/* ---- random bytes ------------------------------------------------------------------------- */

/* Good randomness from the kernel. Early in a machine's boot there may be none without waiting,
 * and old kernels lack the call: then the 16 bytes that the kernel gave this process, the clock
 * and our addresses are stirred. That is enough to differ between processes, which is what hash
 * seeds and scheduling need; it is not for keys. */
void
osRandom(void *p, uintptr_t n)
{
	enum { GRND_NONBLOCK_ = 1 };
	uint8_t *b = p;
	while (n > 0) {
		intptr_t got = SYS3(getrandom, b, n, GRND_NONBLOCK_);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			break;
		b += got;
		n -= (uintptr_t)got;
	}
	static uint64_t calls;
	uint64_t x = (uint64_t)nanotime() ^ (uintptr_t)p << 20 ^
		     xadd(&calls, (uint64_t)0x9e3779b97f4a7c15);
	if (n > 0 && osfacts.random != 0) {
		uint64_t r[2];
		__builtin_memcpy(r, (const void *)osfacts.random, sizeof r);
		x ^= r[0] ^ r[1] << 1;
	}
	for (; n > 0; n--) {
		x ^= x >> 30;
		x *= 0xbf58476d1ce4e5b9;
		x ^= x >> 27;
		x *= 0x94d049bb133111eb;
		*b++ = (uint8_t)(x >> 56);
	}
}

/* ---- the process -------------------------------------------------------------------------- */

uint64_t
osgettid(void)
{
	return (uint64_t)SYSSURE(gettid, 0);
}

int32_t
osgetpid(void)
{
	return (int32_t)SYSSURE(getpid, 0);
}

void
osyield(void)
{
	SYSSURE(sched_yield, 0);
}

void
osusleep(uint32_t us)
{
	struct ktimespec ts = {us / 1000000, us % 1000000 * 1000};
	intptr_t r = SYS2(nanosleep, &ts, NULL);
	if (r != 0 && r != -EINTR) {
		uint32_t never = 0;
		futexsleep(&never, 0, (int64_t)us * US);
	}
}

_Noreturn void
oshang(void)
{
	for (;;)
		SYSSURE(pause, 0);
}

_Noreturn cold void
sysRefused(const char *call, intptr_t result)
{
	throwf("system call refused", "the kernel refuses %s (errno %ld)\n", call, (long)-result);
}

_Noreturn void
os_exit(int status)
{
	for (;;)
		SYSSURE(exit_group, status);
}

_Noreturn void
os_abort(void)
{
	enum { SIGABRT_ = 6 };
	osSigDefault(SIGABRT_);
	osSigRaise(SIGABRT_);
	/* Ignored by a debugger or a sandbox: the status says what was meant. */
	os_exit(128 + SIGABRT_);
}
