/* os_test.c: facts, clocks, sleep, random bytes, descriptors, refusals on request. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#undef RLIMIT_STACK_
#include "os/linux/internal.h"
#include "test.h"

/* ---- facts -------------------------------------------------------------------------------- */

TEST(os, os_linux, sysargs)
{
	sysargs(NULL); /* from /proc/self/auxv */
	CHECK_EQ(physPageSize, sysconf(_SC_PAGESIZE));
	CHECK_EQ(osfacts.random, getauxval(AT_RANDOM));
	CHECK_EQ(osfacts.secure, 0);
	CHECK(osfacts.minsigstksz >= 1000);
	CHECK(programTlsSize() >= 8 && programTlsSize() < 1 << 20); /* g's word is in it */

	static const uintptr_t auxv[] = {23, 1, 25, 0x1234, 51, 3632, 0, 0};
	struct {
		uintptr_t below[2]; /* an empty environment */
		uintptr_t auxv[nelem(auxv)];
	} v = {{0, 0}, {0}};
	memcpy(v.auxv, auxv, sizeof auxv);
	sysargs(v.auxv);
	CHECK_EQ(osfacts.secure, 1);
	CHECK_EQ(osfacts.random, 0x1234);
	CHECK_EQ(osfacts.minsigstksz, 3632);
}

TEST(os, os_linux, affinity)
{
	cpu_set_t set;
	CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
	osinit();
	CHECK_EQ(osfacts.affinitycpus, CPU_COUNT(&set));
	CHECK(ncpu >= 1 && ncpu <= osfacts.affinitycpus);
	int one = 0;
	while (!CPU_ISSET(one, &set))
		one++;
	CPU_ZERO(&set);
	CPU_SET(one, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof set, &set), 0);
	osinit();
	CHECK_EQ(osfacts.affinitycpus, 1);
	CHECK_EQ(ncpu, 1);
}

TEST(os, os_linux, stack_limit)
{
	struct rlimit r = {3 << 20, RLIM_INFINITY};
	if (getrlimit(RLIMIT_STACK, &r) == 0)
		r.rlim_cur = 3 << 20;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &r), 0);
	osinit();
	CHECK_EQ(osfacts.stackRlimit, 3 << 20);
}

TEST(os, os_linux, random)
{
	uint8_t a[300] = {0}, b[300] = {0};
	osRandom(a, sizeof a);
	osRandom(b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	int bits = 0;
	for (size_t i = 0; i < sizeof a; i++)
		bits += __builtin_popcount(a[i]);
	CHECKF(bits > 1000 && bits < 1400, "%d of 2400 bits are set", bits);
	osRandom(a, 0);
}

TEST(os, os_linux, ids)
{
	CHECK_EQ(osgetpid(), getpid());
	CHECK_EQ(osgettid(), gettid());
}

static void
exits(void *arg)
{
	(void)arg;
	os_exit(7);
}

static void
aborts(void *arg)
{
	(void)arg;
	signal(6, SIG_IGN);
	os_abort();
}

TEST(os, os_linux, ends)
{
	CHECK_EQ(testForked(exits, NULL, NULL), 7);
	CHECK_EQ(testForked(aborts, NULL, NULL), 128 + 6);
}

/* ---- clocks ------------------------------------------------------------------------------- */

static int64_t
libcnow(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SEC + t.tv_nsec;
}

static void
clocksAgree(void)
{
	int64_t a = libcnow(), b = nanotime(), c = libcnow();
	CHECK(a <= b && b <= c);
	int64_t sec;
	int32_t nsec;
	int64_t before = time(NULL) - 1;
	walltime(&sec, &nsec);
	CHECK(sec >= before && sec <= time(NULL) + 1);
	CHECK(nsec >= 0 && nsec < 1000000000);
}

TEST(os, time_linux, syscall)
{
	clocksAgree(); /* sysargs has not run: no vdso */
}

TEST(os, time_linux, vdso)
{
	uintptr_t ehdr = getauxval(AT_SYSINFO_EHDR);
	if (ehdr == 0)
		testSkip("this kernel maps no vdso");
	CHECK(vdsoSymbol(ehdr, "__vdso_clock_gettime") != NULL);
	CHECK(vdsoSymbol(ehdr, "__vdso_clock_gettim") == NULL);
	CHECK(vdsoSymbol(ehdr, "__vdso_clock_gettime2") == NULL);
	CHECK(vdsoSymbol(ehdr, "") == NULL);
	vdsoInit(ehdr);
	clocksAgree();
	/* It is the function that libc found by the loader's own means. */
	void *h = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	if (h != NULL)
		CHECK_EQ(
			vdsoSymbol(ehdr, "__vdso_clock_gettime"), dlsym(h, "__vdso_clock_gettime"));
}

/* Kernels may drop the old hash table; then the symbols are counted by the GNU one. The
 * file of gcc's library has only that. */
TEST(os, time_linux, gnu_hash)
{
	Dl_info info;
	void *lib = dlopen("libgcc_s.so.1", RTLD_NOW);
	if (lib == NULL)
		testSkip("there is no libgcc_s.so.1");
	CHECK(dladdr(dlsym(lib, "_Unwind_Resume"), &info) != 0);
	int fd = open(info.dli_fname, O_RDONLY);
	off_t n = lseek(fd, 0, SEEK_END);
	CHECK(fd >= 0 && n > 0);
	char *p = mmap(NULL, (size_t)n, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	static const char *const names[] = {
		"_Unwind_Resume", "_Unwind_GetIP", "_Unwind_Backtrace", "__popcountdi2"};
	for (uintptr_t i = 0; i < nelem(names); i++) {
		char *got = vdsoSymbol((uintptr_t)p, names[i]);
		CHECKF(got == p + ((char *)dlsym(lib, names[i]) - (char *)info.dli_fbase), "%s",
			names[i]);
	}
	CHECK(vdsoSymbol((uintptr_t)p, "no_such_symbol") == NULL);
}

/* ---- futexes ------------------------------------------------------------------------------ */

static uint32_t word;

TEST(os, futex_linux, timeout)
{
	int64_t t0 = nanotime();
	do {
		futexsleep(&word, 0, 20 * MS - (nanotime() - t0) > 0 ? 20 * MS : 0);
	} while (nanotime() - t0 < 20 * MS);
	futexsleep(&word, 1, -1); /* differs: returns at once */
	futexsleep(&word, 0, 0);  /* no time at all */
	futexwakeup(&word, 1);    /* nobody sleeps */
}

static void *
waker(void *arg)
{
	(void)arg;
	store_rel(&word, 1u);
	futexwakeup(&word, 1);
	return NULL;
}

TEST(os, futex_linux, wakeup)
{
	for (int i = 0; i < 200; i++) {
		word = 0;
		pthread_t t;
		CHECK_EQ(pthread_create(&t, NULL, waker, NULL), 0);
		while (load_acq(&word) == 0)
			futexsleep(&word, 0, -1);
		pthread_join(t, NULL);
	}
}

TEST(os, futex_linux, membarrier)
{
	osinit();
	osMembarrier();
}

TEST(os, os_linux, usleep)
{
	int64_t t0 = nanotime();
	osusleep(3000);
	CHECK(nanotime() - t0 >= 3 * MS);
	osyield();
}

/* ---- descriptors -------------------------------------------------------------------------- */

/* Closes the descriptors in the mask, checks that checkfds brings them back as /dev/null. */
static void
closed(void *arg)
{
	unsigned mask = (unsigned)(uintptr_t)arg;
	int status = 0;
	for (int fd = 0; fd <= 2; fd++) {
		if (mask >> fd & 1)
			close(fd);
	}
	checkfds();
	if (osfacts.fdsOpened != mask)
		status = 10;
	for (int fd = 0; fd <= 2; fd++) {
		char path[32], name[64] = "";
		if (fcntl(fd, F_GETFL) < 0)
			status = 11;
		strcpy(path, "/proc/self/fd/0");
		path[14] = (char)('0' + fd);
		if ((mask >> fd & 1) && (readlink(path, name, sizeof name - 1) < 0 ||
						strcmp(name, "/dev/null") != 0 ||
						(fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR))
			status = 12;
	}
	_exit(status);
}

TEST(os, fds_linux, checkfds)
{
	for (uintptr_t mask = 0; mask < 8; mask++) {
		int status = testForked(closed, (void *)mask, NULL);
		CHECKF(status == 0, "closed %lx: status %d", (unsigned long)mask, status);
	}
}

TEST(os, fds_linux, errors)
{
	char c;
	CHECK_EQ(sys_read(99, &c, 1), -EBADF);
	CHECK_EQ(sys_write(99, &c, 1), -EBADF);
	CHECK_EQ(sys_open("/no/such/file", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(sys_close(99), -EBADF);
	int fd = sys_open("/dev/zero", O_RDONLY, 0);
	c = 1;
	CHECK(fd >= 0 && sys_read(fd, &c, 1) == 1 && c == 0);
	CHECK_EQ(sys_close(fd), 0);
}
