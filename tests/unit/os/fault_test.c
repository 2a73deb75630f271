/* fault_test.c: refusals on request, and what each function of os makes of one. */
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "os/linux/internal.h"
#include "test.h"

#if GORT_DEBUG || GORT_HARD

TEST(os, fault, mmap)
{
	faultSet("mmap:2");
	CHECK(sysAlloc(physPageSize) != NULL);
	CHECK(sysAlloc(physPageSize) == NULL);
	CHECK(sysAlloc(physPageSize) != NULL);
	faultSet("mmap:2+");
	CHECK(sysReserve(NULL, physPageSize) != NULL);
	CHECK(sysReserve(NULL, physPageSize) == NULL);
	CHECK(sysAlloc(physPageSize) == NULL);
}

TEST(os, fault, others)
{
	faultSet("nonsense,guard:1,mprotect:1,x:y");
	char *p = sysReserve(NULL, 4 * physPageSize);
	CHECK_EQ(sysMap(p, physPageSize), -ENOMEM);
	CHECK_EQ(sysMap(p, physPageSize), 0);
	CHECK_EQ(sysGuard(p, physPageSize, true), -ENOMEM);
	CHECK_EQ(sysGuard(p, physPageSize, true), 0);
	CHECK_EQ(faultDue(FAULT_clone), 0);
}

/* Names and numbers of errors; a name that is another's beginning; what cannot be read is nothing. */
TEST(os, fault, errors)
{
	faultSet("read:1:EINTR,write:1+:5,close:2:ENOWAY,openat:x");
	CHECK_EQ(faultDue(FAULT_read), -EINTR);
	CHECK_EQ(faultDue(FAULT_read), 0);
	CHECK_EQ(faultDue(FAULT_write), -5);
	CHECK_EQ(faultDue(FAULT_write), -5);
	CHECK_EQ(faultDue(FAULT_close), 0);
	CHECK_EQ(faultDue(FAULT_close), -EIO);
	CHECK_EQ(faultDue(FAULT_openat), 0);
	faultSet("pthread_key_create:1,pthread:1");
	CHECK_EQ(faultDue(FAULT_pthread_key_create), -EAGAIN);
	CHECK_EQ(faultDue(FAULT_pthread_atfork), 0);
}

TEST(os, fault, environment)
{
	static char var[] = "GORT_FAULT=clone:1", again[] = "GORT_FAULT=clone:2";
	osFaults((char *[]){var + 5, var, NULL});
	osFaults((char *[]){again, NULL});
	CHECK_EQ(faultDue(FAULT_clone), -EAGAIN);
	CHECK_EQ(faultDue(FAULT_clone), 0);
}

/* Instead of failing. */
TEST_DIES(os, fault, die, "runtime: this is call 2 of getrandom\nfatal error: GORT_FAULT\n", 2)
{
	faultSet("getrandom:2:die");
	char b[8];
	osRandom(b, sizeof b);
	osRandom(b, sizeof b);
}

/* ---- memory ------------------------------------------------------------------------------- */

TEST(os, fault, munmap)
{
	char *p = sysAlloc(2 * physPageSize);
	p[0] = p[physPageSize] = 1;
	faultSet("munmap:1");
	sysFree(p, physPageSize);
	CHECK(p[0] == 0 && p[physPageSize] == 1); /* the page went back */
	sysFree(p, 2 * physPageSize);
}

TEST_DIES(os, fault, munmap_dies, "runtime: the kernel refuses munmap (errno 22)\n", 2)
{
	faultSet("munmap:1:EINVAL");
	sysFree(sysAlloc(physPageSize), physPageSize);
}

TEST(os, fault, madvise)
{
	uintptr_t n = 4 * physPageSize;
	char *p = sysAlloc(n);
	memset(p, 1, n);
	faultSet("madvise:1+");
	sysUnused(p, n / 2);
	CHECK(p[0] == 0 && p[n / 2 - 1] == 0 && p[n / 2] == 1);
	sysUnusedLazily(p, n);
	sysHugePage(p, n);
	sysNoHugePage(p, n);
	CHECK(p[n / 2] == 1 && p[n - 1] == 1);
	osinit();
	CHECK(!osfacts.haveGuardInstall);
}

static void
guarded(void *p)
{
	CHECK_EQ(sysGuard(p, physPageSize, false), 0);
	CHECK_EQ(SYS4(rt_sigprocmask, 0, p, NULL, 8), -EFAULT); /* not readable */
}

/* Guards in three ways: as they should be; markers that are refused at the second; and markers that
 * nobody can prove. */
TEST(os, fault, guards)
{
	osinit();
	guarded(sysAlloc(physPageSize));
	faultSet("madvise:1");
	guarded(sysAlloc(physPageSize));
}

TEST(os, fault, guard_unproved)
{
	osinit();
	if (!osfacts.haveGuardInstall)
		testSkip("this kernel has no MADV_GUARD_INSTALL");
	faultSet("rt_sigprocmask:1:ENOSYS");
	guarded(sysAlloc(physPageSize));
	CHECK(!osfacts.haveGuardInstall);
}

TEST(os, fault, sysfault)
{
	char *p = sysAlloc(physPageSize);
	p[0] = 1;
	faultSet("mmap:1");
	sysFault(p, physPageSize);
	CHECK_EQ(SYS4(rt_sigprocmask, 0, p, NULL, 8), -EFAULT);
}

TEST_DIES(os, fault, sysfault_dies, "runtime: the kernel refuses mprotect (errno 12)\n", 2)
{
	void *p = sysReserve(NULL, physPageSize);
	faultSet("mmap:1,mprotect:1");
	sysFault(p, physPageSize);
}

/* ---- time, waiting ------------------------------------------------------------------------ */

TEST(os, fault, futex)
{
	static uint32_t word;
	static const char *const again[] = {"futex:1:EINTR", "futex:1:EAGAIN", "futex:1:ETIMEDOUT"};
	for (uint32_t i = 0; i < nelem(again); i++) {
		faultSet(again[i]);
		futexsleep(&word, 0, -1); /* for ever, but for the fault */
	}
}

TEST_DIES(os, fault, futex_dies, "runtime: the kernel refuses futex (errno 38)\n", 2)
{
	static uint32_t word;
	faultSet("futex:1");
	futexsleep(&word, 0, 0);
}

TEST_DIES(os, fault, wake_dies, "runtime: the kernel refuses futex (errno 4)\n", 2)
{
	static uint32_t word;
	faultSet("futex:1:EINTR");
	futexwakeup(&word, 1);
}

TEST(os, fault, nanosleep)
{
	faultSet("nanosleep:1");
	int64_t t0 = nanotime();
	osusleep(20000);
	CHECK(nanotime() - t0 >= 20 * MS);
	faultSet("nanosleep:1:EINTR,futex:1+");
	osusleep(20000); /* interrupted is interrupted */
}

TEST_DIES(os, fault, clock_dies, "runtime: the kernel refuses clock_gettime (errno 1)\n", 2)
{
	sysargs(NULL);
	nanotime();
	faultSet("clock_gettime:1");
	nanotime();
}

TEST(os, fault, membarrier)
{
	osinit();
	osMembarrier();
	faultSet("membarrier:1");
	osMembarrierInit();
	CHECK(!osfacts.haveMembarrier);
	intptr_t known = SYS3(membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	CHECK_EQ(osfacts.haveBarrier, (known & MEMBARRIER_CMD_GLOBAL) != 0);
	if (osfacts.haveBarrier)
		osMembarrier();
	faultSet("membarrier:1+");
	osMembarrierInit();
	CHECK(!osfacts.haveMembarrier && !osfacts.haveBarrier);
}

TEST_DIES(os, fault, membarrier_dies, "runtime: the kernel refuses membarrier (errno 1)\n", 2)
{
	osinit();
	faultSet("membarrier:1");
	osMembarrier();
}

/* ---- threads, signals --------------------------------------------------------------------- */

static struct m mp;

TEST(os, fault, threads)
{
	CHECK(osThreadCpu(osgettid()) >= 0 && osThreadCount() == 1);
	faultSet("clock_gettime:1,openat:1+");
	CHECK_EQ(osThreadCpu(osgettid()), -1);
	CHECK_EQ(osThreadCount(), -1);
	CHECK(!osThreadAsleep(osgettid()));
	faultSet("openat:9,read:1+");
	CHECK_EQ(osThreadCount(), -1);
	CHECK(!osThreadAsleep(osgettid()));
}

static void
never(void *arg)
{
	(void)arg;
	_exit(9);
}

static void
neverm(struct m *arg)
{
	(void)arg;
	_exit(9);
}

/* Each step of making a thread; and libc's EAGAIN is no memory when there is no memory. */
TEST(os, fault, thread)
{
	static const struct {
		const char *spec;
		int err, booterr;
	} refusals[] = {{"clone:1", -EAGAIN, -EAGAIN}, {"clone:1:EPERM", -EPERM, -EPERM},
		{"clone:1,mmap:1", -ENOMEM, -ENOMEM}, {"pthread_attr_init:1", -ENOMEM, -ENOMEM},
		{"malloc:1,clone:1", -EAGAIN, -ENOMEM}};
	for (uint32_t i = 0; i < nelem(refusals); i++) {
		faultSet(refusals[i].spec);
		CHECK_EQ(newosproc(&mp, neverm), refusals[i].err);
		faultSet(refusals[i].spec);
		CHECK_EQ(osBootThread(never, NULL), refusals[i].booterr);
	}
}

static void *
adopted(void *arg)
{
	struct stack *st = arg;
	osThreadAdopt(&mp, &st->lo, &st->hi);
	uintptr_t here = getsp();
	CHECK(st->lo < here && here < st->hi);
	return NULL;
}

TEST(os, fault, adopt)
{
	pthread_t t;
	struct stack told, guessed;
	sysargs(NULL);
	CHECK(pthread_create(&t, NULL, adopted, &told) == 0 && pthread_join(t, NULL) == 0);
	faultSet("pthread_getattr_np:1");
	CHECK(pthread_create(&t, NULL, adopted, &guessed) == 0 && pthread_join(t, NULL) == 0);
	CHECK(guessed.hi - guessed.lo <= 64 * KiB && told.hi - told.lo > 64 * KiB);
}

TEST(os, fault, keys)
{
	faultSet("pthread_key_create:1");
	CHECK_EQ(osThreadOnExitInit(never), -EAGAIN);
	osThreadOnExit(NULL); /* without a key */
	faultSet("pthread_setspecific:1");
	CHECK_EQ(osThreadOnExitInit(never), 0);
	osThreadOnExit(NULL); /* forgets; what cannot be remembered need not be forgotten */
	faultSet("pthread_atfork:1");
	CHECK_EQ(osAtFork(NULL, NULL, NULL), -ENOMEM);
	CHECK_EQ(osAtFork(NULL, NULL, NULL), 0);
}

TEST_DIES(os, fault, key_dies, "runtime: libc refuses pthread_setspecific (errno 12)\n", 2)
{
	osThreadOnExitInit(never);
	faultSet("pthread_setspecific:1");
	osThreadOnExit(&mp);
}

TEST(os, fault, signals)
{
	faultSet("rt_sigaction:1+");
	CHECK_EQ(osSigInstall(SIGUSR1, NULL, NULL), -EINVAL);
	CHECK_EQ(osSigDefault(SIGUSR1), -EINVAL);
	CHECK(!osSigHandled(SIGUSR1));
	faultSet("tgkill:1");
	CHECK_EQ(osTgkill(osgettid(), SIGUSR1), -EPERM);
}

TEST_DIES(os, fault, mask_dies, "runtime: the kernel refuses rt_sigprocmask (errno 1)\n", 2)
{
	faultSet("rt_sigprocmask:1");
	osSigMask(0, 0);
}

TEST_DIES(os, fault, altstack_dies, "runtime: the kernel refuses sigaltstack (errno 12)\n", 2)
{
	void *base;
	uintptr_t n;
	faultSet("sigaltstack:1");
	osSigAltstackGet(&base, &n);
}

/* Aborting does not depend on anybody's consent. */
TEST_OPT(os, fault, abort, .dies = "", .status = 128 + SIGABRT)
{
	faultSet("rt_sigaction:1+,rt_sigprocmask:1+,tgkill:1+");
	os_abort();
}

/* ---- facts -------------------------------------------------------------------------------- */

TEST(os, fault, facts)
{
	faultSet("sched_getaffinity:1+,prlimit64:1+,openat:1+");
	osinit();
	CHECK_EQ(osfacts.affinitycpus, 1);
	CHECK_EQ(osfacts.stackRlimit, 8 * MiB);
	CHECK_EQ(osfacts.quotaMilli, 0);
}

TEST(os, fault, random)
{
	uint64_t a[2][16];
	sysargs(NULL);
	faultSet("getrandom:1+");
	osRandom(a[0], sizeof a[0]);
	osRandom(a[1], sizeof a[1]);
	int bits = 0;
	for (uint32_t i = 0; i < 16; i++)
		bits += __builtin_popcountll(a[0][i] ^ a[1][i]);
	/* Of 1,024; by chance outside once in 10^14 (8 standard deviations of 16). */
	CHECKF(bits > 512 - 128 && bits < 512 + 128, "%d bits differ", bits);
}

#endif
