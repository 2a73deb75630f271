/* findword_test.c: the word is found wherever it stands, and nothing outside is read. */
#include <sys/mman.h>

#include "arch/arch.h"
#include "core/bits.h"
#include "test.h"

#define LO   ((uintptr_t)0xc000000000)
#define SIZE ((uintptr_t)0x4000000)

static const uintptr_t *
slow(const uintptr_t *p, const uintptr_t *end)
{
	while (p < end && (*p < LO || *p > LO + SIZE))
		p++;
	return p;
}

/* At the end of a page and at its start, with and without AVX2. */
static void
everywhere(void)
{
	uintptr_t page = 4096, words = page / sizeof(uintptr_t);
	char *map = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(map != MAP_FAILED);
	CHECK_EQ(mprotect(map + page, page, PROT_READ | PROT_WRITE), 0);
	uintptr_t *first = (uintptr_t *)(map + page), *last = first + words;
	static const uintptr_t edges[] = {0, 1, LO - 1, LO, LO + 8, LO + SIZE, LO + SIZE + 1,
		(uintptr_t)1 << 63, ((uintptr_t)1 << 63) + LO, ~(uintptr_t)0};
	for (uintptr_t *p = first; p < last; p++)
		*p = 0;
	CHECK(findWord(first, first, LO, SIZE) == first);
	for (uintptr_t n = 1; n < 40; n++)
		for (uintptr_t at = 0; at < n; at++)
			for (uint32_t e = 0; e < nelem(edges); e++) {
				uintptr_t *front = first, *back = last - n;
				front[at] = back[at] = edges[e];
				CHECK(findWord(front, front + n, LO, SIZE) ==
					slow(front, front + n));
				CHECK(findWord(back, last, LO, SIZE) == slow(back, last));
				front[at] = back[at] = 0;
			}
	/* Many. */
	for (int round = 0; round < 200; round++) {
		for (uintptr_t *p = first; p < last; p++)
			*p = testRand() % 8 == 0 ? LO - 16 + testRand() % (SIZE + 32) : testRand();
		for (const uintptr_t *p = first; p < last; p++) {
			const uintptr_t *found = findWord(p, last, LO, SIZE);
			CHECK(found == slow(p, last));
			p = found;
		}
	}
	munmap(map, 3 * page);
}

TEST(arch, findword, everywhere)
{
	cpuinit();
	everywhere();
	if (!cpu.avx2)
		testSkip("this CPU has no AVX2");
	cpu.avx2 = false;
	everywhere();
	cpu.avx2 = true;
}
