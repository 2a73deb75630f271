/* wordsunlike_test.c: what is told of a word hangs on the word and on what is known of it, and on no other. */
#include "arch/arch.h"
#include "core/bits.h"
#include "test.h"

#define LO   ((uintptr_t)0xc000000000)
#define SIZE ((uintptr_t)0xa00000000) /* more than 32 bits of words can say */
#define BASE (LO - 8)

static bool
unlike(uintptr_t word, uint32_t known)
{
	if (word < LO || word > LO + SIZE)
		return false;
	return (word - BASE) % 8 != 0 || (word - BASE) / 8 != known;
}

static const uintptr_t edges[] = {0, 1, 8, LO - 16, BASE, LO - 1, LO, LO + 1, LO + 7, LO + 8,
	LO + 4096, BASE + ((uintptr_t)8 << 32) - 8, BASE + ((uintptr_t)8 << 32),
	BASE + ((uintptr_t)8 << 32) + 8, LO + SIZE, LO + SIZE + 1, (uintptr_t)1 << 63,
	((uintptr_t)1 << 63) + LO, ~(uintptr_t)0};
static const uint32_t codes[] = {0, 1, 2, 3, 513, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

static void
check(const uintptr_t *p, const uint32_t *known)
{
	uint64_t bits = wordsUnlike(p, known, LO, SIZE, BASE);
	for (uint32_t i = 0; i < WORDS_UNLIKE; i++)
		CHECK_EQ(bits >> i & 1, unlike(p[i], known[i]));
}

static void
everywhere(void)
{
	uintptr_t p[WORDS_UNLIKE] = {0};
	uint32_t known[WORDS_UNLIKE] = {0};
	for (uint32_t at = 0; at < WORDS_UNLIKE; at++)
		for (uint32_t e = 0; e < nelem(edges); e++)
			for (uint32_t c = 0; c < nelem(codes); c++) {
				p[at] = edges[e];
				known[at] = codes[c];
				check(p, known);
				known[at] = (uint32_t)((edges[e] - BASE) / 8);
				check(p, known);
				p[at] = 0;
				known[at] = 0;
			}
	for (int round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < WORDS_UNLIKE; i++) {
			p[i] = LO - 64 + testRand() % (SIZE + 128);
			if (testRand() % 4 != 0)
				p[i] &= ~(uintptr_t)7;
			known[i] = (uint32_t)((p[i] - BASE) / 8);
			if (testRand() % 8 == 0)
				known[i] ^= (uint32_t)1 << testRand() % 32;
		}
		check(p, known);
	}
}

TEST(arch, wordsunlike, everywhere)
{
	cpuinit();
	everywhere();
	if (!cpu.avx2)
		testSkip("this CPU has no AVX2");
	cpu.avx2 = false;
	everywhere();
	cpu.avx2 = true;
}
