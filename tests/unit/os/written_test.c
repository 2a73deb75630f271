/* written_test.c: which pages have been written, as the kernel says it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/linux/internal.h"
#include "test.h"

#if !GORT_FREESTANDING

enum { PAGES = 64 };

static char *
pages(void)
{
	const char *what;
	int err = osWrittenOpen(&what);
	if (err != 0)
		testSkip("the kernel has no such thing");
	char *p = sysReserve(NULL, 2 * PAGES * physPageSize);
	CHECK(p != NULL);
	CHECK_EQ(osWrittenAdd((uintptr_t)p, 2 * PAGES * physPageSize), 0);
	CHECK_EQ(sysMap(p, PAGES * physPageSize), 0);
	sysNoHugePage(p, PAGES * physPageSize);
	memset(p, 1, PAGES * physPageSize);
	return p;
}

/* The pages of p that are written, as bits. */
static uint64_t
written(char *p, bool clean, uint32_t places)
{
	struct pagerange vec[PAGES];
	uint64_t set = 0;
	uintptr_t at = (uintptr_t)p, end = at + PAGES * physPageSize;
	while (at < end) {
		intptr_t n = osWrittenPages(&at, end, clean, vec, places);
		CHECK(n >= 0);
		for (intptr_t i = 0; i < n; i++)
			for (uint64_t a = vec[i].lo; a < vec[i].hi; a += physPageSize)
				set |= (uint64_t)1 << (a - (uintptr_t)p) / physPageSize;
	}
	return set;
}

TEST(os, written, by_the_program)
{
	char *p = pages();
	CHECK(written(p, false, 4) == UINT64_MAX); /* never made clean */
	CHECK_EQ(osWrittenClean((uintptr_t)p, PAGES * physPageSize), 0);
	CHECK(written(p, false, 4) == 0);
	p[3 * physPageSize + 7] = 2;
	p[5 * physPageSize] = p[6 * physPageSize];
	p[63 * physPageSize] = 2;
	uint64_t want = (uint64_t)1 << 3 | (uint64_t)1 << 5 | (uint64_t)1 << 63;
	CHECK(written(p, false, 2) == want);
	CHECK(written(p, false, 1) == want); /* asking changes nothing */
	CHECK(written(p, true, 1) == want);
	CHECK(written(p, true, 8) == 0);
	p[5 * physPageSize] = 3;
	CHECK(written(p, true, 8) == (uint64_t)1 << 5);
	CHECK(p[3 * physPageSize + 7] == 2 && p[5 * physPageSize] == 3 && p[0] == 1);
}

TEST(os, written, by_the_kernel)
{
	char *p = pages();
	int fd = open("/dev/zero", O_RDONLY), pipes[2];
	CHECK(fd >= 0 && pipe(pipes) == 0);
	CHECK_EQ(osWrittenClean((uintptr_t)p, PAGES * physPageSize), 0);
	CHECK_EQ(read(fd, p + 2 * physPageSize - 1, 2), 2);
	CHECK(write(pipes[1], "x", 1) == 1 && read(pipes[0], p + 9 * physPageSize, 1) == 1);
	CHECK(written(p, true, 8) == ((uint64_t)1 << 1 | (uint64_t)1 << 2 | (uint64_t)1 << 9));
	CHECK(p[9 * physPageSize] == 'x' && p[2 * physPageSize] == 0);
}

/* Memory that is given back and touched anew, and memory that comes later, are written; what holds none is
 * not touched by being asked for. */
TEST(os, written, memory_that_goes_and_comes)
{
	char *p = pages();
	CHECK_EQ(osWrittenClean((uintptr_t)p, PAGES * physPageSize), 0);
	sysUnused(p + 4 * physPageSize, 2 * physPageSize);
	p[4 * physPageSize] = 1;
	CHECK(written(p, false, 8) & (uint64_t)1 << 4);
	char *q = p + PAGES * physPageSize;
	CHECK_EQ(sysMap(q, PAGES * physPageSize), 0);
	sysNoHugePage(q, PAGES * physPageSize);
	CHECK_EQ(osWrittenClean((uintptr_t)q, PAGES * physPageSize), 0);
	CHECK(written(q, true, 8) == 0);
	q[8 * physPageSize] = 1;
	CHECK(written(q, true, 8) & (uint64_t)1 << 8);
}

/* A write to forgotten pages costs nothing: they count as written. */
TEST(os, written, forgotten)
{
	char *p = pages();
	CHECK_EQ(osWrittenClean((uintptr_t)p, PAGES * physPageSize), 0);
	CHECK_EQ(osWrittenForget((uintptr_t)p, PAGES * physPageSize), 0);
	CHECK(written(p, false, 8) == UINT64_MAX);
}

/* A fork in between makes pages shared: a write is seen all the same, and the child's are not. */
TEST(os, written, across_a_fork)
{
	char *p = pages();
	CHECK_EQ(osWrittenClean((uintptr_t)p, PAGES * physPageSize), 0);
	pid_t pid = fork();
	if (pid == 0) {
		osWrittenClose();
		p[11 * physPageSize] = 9;
		_exit(0);
	}
	CHECK(waitpid(pid, NULL, 0) == pid);
	p[12 * physPageSize] = 9;
	CHECK(written(p, true, 8) == (uint64_t)1 << 12);
	p[12 * physPageSize] = 8;
	CHECK(written(p, true, 8) == (uint64_t)1 << 12);
}

/* Descriptors that the program closes: an error, not a crash. */
TEST(os, written, closed)
{
	char *p = pages();
	struct pagerange vec[2];
	uintptr_t at = (uintptr_t)p;
	closefrom(3);
	CHECK(osWrittenClean((uintptr_t)p, physPageSize) < 0);
	CHECK(osWrittenAdd((uintptr_t)p, physPageSize) < 0);
	CHECK(osWrittenForget((uintptr_t)p, physPageSize) < 0);
	CHECK(osWrittenPages(&at, at + physPageSize, true, vec, 2) < 0);
}

#endif
