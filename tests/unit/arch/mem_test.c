/* mem_test.c: the memory functions of programs without libc, under their test names. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/arch.h"
#include "test.h"

#if defined(GORT_DEBUG) && GORT_DEBUG

void *test_memcpy(void *d, const void *s, size_t n);
void *test_memmove(void *d, const void *s, size_t n);
void *test_memset(void *d, int c, size_t n);
int test_memcmp(const void *a, const void *b, size_t n);
int test_bcmp(const void *a, const void *b, size_t n);
size_t test_strlen(const char *s);

enum { SIZE = 16384 };
static uint8_t start[SIZE], want[SIZE], got[SIZE];

static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65,
	100, 127, 128, 129, 191, 192, 193, 255, 256, 257, 1000, 2047, 2048, 2049, 4096, 5000};

static void
fill(void)
{
	for (size_t i = 0; i < SIZE; i++)
		start[i] = (uint8_t)testRand();
}

/* Against libc's, on whole arrays, so that a byte too many shows. */
static void
moves(void)
{
	static const intptr_t shifts[] = {0, 1, -1, 3, -3, 15, -15, 16, -17, 63, -64, 65, 127, -129,
		1000, -1000, 2049, -2049, 5001, -5001};
	fill();
	for (size_t i = 0; i < nelem(sizes); i++) {
		for (size_t j = 0; j < nelem(shifts); j++) {
			for (size_t from = 6000; from < 6003; from++) {
				size_t to = (size_t)((intptr_t)from + shifts[j]);
				memcpy(want, start, SIZE);
				memcpy(got, start, SIZE);
				memmove(want + to, want + from, sizes[i]);
				CHECK(test_memmove(got + to, got + from, sizes[i]) == got + to);
				CHECKF(memcmp(got, want, SIZE) == 0, "memmove of %zu by %ld",
					sizes[i], (long)shifts[j]);
			}
		}
	}
}

TEST(arch, mem, memmove)
{
	memUseRep = 0;
	moves();
}

TEST(arch, mem, memmove_rep)
{
	memUseRep = 1;
	moves();
}

TEST(arch, mem, memcpy)
{
	fill();
	for (int rep = 0; rep < 2; rep++) {
		memUseRep = (uint8_t)rep;
		for (size_t i = 0; i < nelem(sizes); i++) {
			memset(want, 0, SIZE);
			memset(got, 0, SIZE);
			memcpy(want + 5, start + 3, sizes[i]);
			CHECK(test_memcpy(got + 5, start + 3, sizes[i]) == got + 5);
			CHECK(memcmp(want, got, SIZE) == 0);
		}
	}
}

TEST(arch, mem, memset)
{
	fill();
	for (int rep = 0; rep < 2; rep++) {
		memUseRep = (uint8_t)rep;
		for (size_t i = 0; i < nelem(sizes); i++) {
			memcpy(want, start, SIZE);
			memcpy(got, start, SIZE);
			memset(want + 7, 0x1a5, sizes[i]);
			CHECK(test_memset(got + 7, 0x1a5, sizes[i]) == got + 7);
			CHECKF(memcmp(want, got, SIZE) == 0, "memset of %zu", sizes[i]);
		}
	}
}

static int
sign(int x)
{
	return x < 0 ? -1 : x > 0;
}

TEST(arch, mem, memcmp)
{
	fill();
	for (size_t i = 0; i < nelem(sizes); i++) {
		size_t n = sizes[i];
		memcpy(got, start, SIZE);
		CHECK_EQ(test_memcmp(got + 1, start + 1, n), 0);
		CHECK_EQ(test_bcmp(got + 1, start + 1, n), 0);
		for (size_t at = 0; at < n; at += n < 300 ? 1 : 97) {
			got[1 + at] ^= 0x80;
			got[1 + n] ^= 1; /* behind the end: does not count */
			CHECK_EQ(sign(test_memcmp(got + 1, start + 1, n)),
				sign(memcmp(got + 1, start + 1, n)));
			CHECK(test_bcmp(got + 1, start + 1, n) != 0);
			got[1 + n] ^= 1;
			got[1 + at] ^= 0x80;
		}
	}
}

/* Up to the end of a mapping, from every alignment. */
TEST(arch, mem, strlen)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0);
	memset(p, 'x', 4096);
	for (size_t n = 0; n < 100; n++) {
		p[4095] = 0;
		CHECK_EQ(test_strlen(p + 4095 - n), n);
		p[4095 - 50] = 0;
		CHECK_EQ(test_strlen(p + 4095 - 50 - n), n);
		p[4095 - 50] = 'x';
	}
}

#endif
