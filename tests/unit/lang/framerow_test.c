/* framerow_test.c: one step over a frame, by our reading of the unwind tables and by the unwinder's.
 *
 * No frame is needed for that. At some place in some function the tables say where the caller's
 * registers are; we give both readers the same made-up registers, which point into an area full of
 * made-up words, and they must find the same. So every function of every object of this process
 * can be tried, at many places. */
#define _GNU_SOURCE
#include "lang/hosted/framerow.h"
#include "lang/lang.h"
#include "test.h"

#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { AREA = 8 * MiB, MARGIN = 2 * MiB };
static uintptr_t *area;

static uintptr_t
madeUp(void)
{
	uintptr_t middle = (uintptr_t)area + MARGIN;
	return middle + (testRand() % (AREA - 2 * MARGIN)) / 16 * 16;
}

struct steps {
	unsigned seen;
	struct unwindregs at[3]; /* unwindFrom's frame, the place, its caller */
};

static _Unwind_Reason_Code
onStep(struct _Unwind_Context *ctx, void *arg)
{
	struct steps *s = arg;
	struct unwindregs *r = &s->at[s->seen++];
	*r = (struct unwindregs){.pc = _Unwind_GetIP(ctx), .sp = _Unwind_GetCFA(ctx)};
	for (unsigned i = UNWIND_FIRST; i < UNWIND_WORDS; i++)
		((uintptr_t *)r)[i] = _Unwind_GetGR(ctx, unwindDwarf[i]);
	return s->seen == 3 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static unsigned tried, others;

static void
tryPlace(uintptr_t pc)
{
	struct framerow row;
	struct unwindregs r = {.pc = pc};
	framerowDecode(&row, pc);
	tried++;
	if (row.kind == FRAME_OTHER) {
		others++;
		return;
	}
	for (unsigned i = UNWIND_SP; i < UNWIND_WORDS; i++)
		((uintptr_t *)&r)[i] = madeUp();
	struct steps s = {0};
	unwindFrom(&r, onStep, &s);
	CHECK_EQ(s.seen, 3);
	struct unwindregs ours = r;
	framerowStep(&row, &ours, framerowCFA(&row, &ours));
	for (unsigned i = 0; i < UNWIND_WORDS; i++) {
		uintptr_t a = ((uintptr_t *)&ours)[i], b = ((uintptr_t *)&s.at[2])[i];
		if (a != b)
			testFail(__FILE__, __LINE__,
				"the call that returns to %p: word %u is %p, the unwinder says %p",
				(void *)pc, i, (void *)a, (void *)b);
	}
}

/* .eh_frame_hdr: 4 bytes about encodings, a pointer, the number of functions, and for each where it
 * begins and its description, both relative to the header. */
static int
onObject(struct dl_phdr_info *info, size_t size, void *arg)
{
	unsigned places = *(unsigned *)arg;
	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_GNU_EH_FRAME)
			continue;
		const uint8_t *hdr =
			(const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		if (hdr[1] != 0x1b || hdr[2] != 3 || hdr[3] != 0x3b)
			continue; /* made by a linker that we do not know */
		uint32_t n;
		memcpy(&n, hdr + 8, sizeof n);
		const int32_t *table = (const int32_t *)(hdr + 12);
		for (uint32_t k = 0; k < n; k++) {
			const uint8_t *fde = hdr + table[2 * k + 1];
			uint32_t len;
			memcpy(&len, fde + 12, sizeof len);
			uintptr_t function = (uintptr_t)(hdr + table[2 * k]);
			for (unsigned j = 0; j < places && len > 0; j++)
				tryPlace(function + 1 + testRand() % len);
		}
	}
	return 0;
}

static void
tryEverything(unsigned places)
{
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	for (uintptr_t i = 0; i < AREA / sizeof *area; i++)
		area[i] = madeUp();
	dl_iterate_phdr(onObject, &places);
}

TEST(lang, framerow, as_the_unwinder)
{
	tryEverything(4);
	/* What is not for us is rare: code of signals, of the loader, prologues that realign. */
	CHECK(tried > 2000);
	CHECKF(others < tried / 8, "%u of %u places are not for us", others, tried);
}

TEST(lang, framerow, everywhere)
{
	testLong("a minute");
	tryEverything(200);
}
