/* mem_linux_test.c: the three states of memory, guards of both kinds, refusals. */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/linux/internal.h"
#include "test.h"

static uintptr_t page;

/* Can the kernel read, and write, a byte at p? It says so without a signal. */
static bool
readable(const void *p)
{
	int fd[2];
	CHECK(pipe(fd) == 0);
	bool ok = write(fd[1], p, 1) == 1;
	close(fd[0]);
	close(fd[1]);
	return ok;
}

TEST(os, mem_linux, states)
{
	page = physPageSize;
	char *p = sysReserve(NULL, 16 * page);
	CHECK(p != NULL && !readable(p));
	CHECK_EQ(sysMap(p + page, 4 * page), 0);
	CHECK(!readable(p) && readable(p + page) && readable(p + 5 * page - 1) &&
		!readable(p + 5 * page));
	memset(p + page, 1, 4 * page);
	sysUnused(p + page, 2 * page);
	CHECK(p[page] == 0 && p[3 * page - 1] == 0 && p[3 * page] == 1);
	sysFault(p + page, page);
	CHECK(!readable(p + page) && readable(p + 2 * page));
	CHECK_EQ(sysMap(p + page, page), 0);
	CHECK_EQ(p[page], 0);
	sysHugePage(p, 16 * page);
	sysNoHugePage(p, 16 * page);
	sysFree(p, 16 * page);
	CHECK(!readable(p + 3 * page));
}

TEST(os, mem_linux, alloc)
{
	char *p = sysAlloc(2 * physPageSize);
	CHECK(p != NULL && p[0] == 0 && p[2 * physPageSize - 1] == 0);
	p[0] = 1;
	sysFree(p, 2 * physPageSize);
	CHECK(sysAlloc((uintptr_t)1 << 60) == NULL);
	CHECK(sysReserve(NULL, (uintptr_t)1 << 60) == NULL);
}

TEST(os, mem_linux, hint)
{
	char *p = sysReserve(NULL, 1 << 20);
	sysFree(p, 1 << 20);
	CHECK_EQ(sysReserve(p, 1 << 20), p);
}

static void
guards(bool mprotect)
{
	page = physPageSize;
	char *p = sysAlloc(8 * page);
	memset(p, 1, 8 * page);
	CHECK_EQ(sysGuard(p + 2 * page, 2 * page, mprotect), 0);
	CHECK(readable(p + 2 * page - 1) && !readable(p + 2 * page) &&
		!readable(p + 4 * page - 1) && readable(p + 4 * page));
	/* What stands around it goes back to the kernel: the guard stays. */
	sysUnused(p, 2 * page);
	sysUnused(p + 4 * page, 4 * page);
	CHECK(!readable(p + 3 * page));
}

TEST(os, mem_linux, guard_mprotect)
{
	osinit();
	guards(true);
}

TEST(os, mem_linux, guard_install)
{
	osinit();
	guards(false);
	if (!osfacts.haveGuardInstall)
		testSkip("this kernel has no MADV_GUARD_INSTALL");
	/* It did not split the mapping: markers survive a DONTNEED of the whole. */
	char *p = sysAlloc(8 * page);
	CHECK_EQ(sysGuard(p, page, false), 0);
	sysUnused(p, 8 * page);
	CHECK(!readable(p) && readable(p + page));
}

/* Mlocked memory takes no markers: the old way is taken. */
TEST(os, mem_linux, guard_mlocked)
{
	osinit();
	char *p = sysAlloc(4 * physPageSize);
	if (mlock(p, 4 * physPageSize) != 0)
		testSkip("mlock is not allowed");
	CHECK_EQ(sysGuard(p, physPageSize, false), 0);
	CHECK(!readable(p) && readable(p + physPageSize));
	p[physPageSize] = 1;
	sysUnused(p + physPageSize, physPageSize);
	CHECK_EQ(p[physPageSize], 0);
}

TEST(os, mem_linux, refused_by_limit)
{
#if GORT_ASAN || GORT_TSAN
	testSkip("the sanitizer needs memory of its own");
#endif
	struct rlimit r = {1 << 20, 1 << 20};
	char *p = sysReserve(NULL, 64 << 20);
	CHECK(p != NULL);
	CHECK_EQ(setrlimit(RLIMIT_DATA, &r), 0);
	CHECK_EQ(sysMap(p, 64 << 20), -ENOMEM);
	CHECK(sysAlloc(64 << 20) == NULL);
	CHECK_EQ(setrlimit(RLIMIT_AS, &r), 0);
	CHECK(sysReserve(NULL, 64 << 20) == NULL);
}

TEST(os, mem_linux, peek)
{
	page = physPageSize;
	char *p = sysReserve(NULL, 3 * page), got[16];
	CHECK_EQ(sysMap(p, page), 0);
	memset(p, 7, page);
	CHECK(osPeek(got, p + page - 16, 16));
	for (int i = 0; i < 16; i++)
		CHECK_EQ(got[i], 7);
	CHECK(!osPeek(got, p + page - 8, 16));
	CHECK(!osPeek(got, p + page, 1));
	sysFree(p, 3 * page);
	CHECK(!osPeek(got, p, 1));
	CHECK(!osPeek(got, NULL, 8));
}
