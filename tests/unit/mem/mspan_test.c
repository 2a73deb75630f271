#include "fake.h"

TEST(mem, mspan, find_object)
{
	fakeBoot();
	/* One past the end: of the slot before, when nothing starts there. */
	char *p = mallocConservative(2048), *q = mallocConservative(2048);
	CHECK_EQ(q - p, 2048);
	CHECK_EQ(findObject((uintptr_t)p + 2047, NULL, NULL), (uintptr_t)p);
	CHECK_EQ(findObject((uintptr_t)q, NULL, NULL), (uintptr_t)q);
	CHECK_EQ(findObject((uintptr_t)q + 2048, NULL, NULL), (uintptr_t)q);
	CHECK_EQ(findObject((uintptr_t)q + 2049, NULL, NULL), 0); /* not handed out */
	gcfree(q);
	CHECK_EQ(findObject((uintptr_t)q, NULL, NULL), (uintptr_t)p);
	CHECK_EQ(findObject((uintptr_t)q + 1, NULL, NULL), 0);
	/* The end of the last object of a span, where the next span or nothing begins. */
	char *l = mallocConservative(65536);
	CHECK_EQ(findObject((uintptr_t)l + 65536, NULL, NULL), (uintptr_t)l);
	/* The tail of a span is in no object. */
	char *t = mallocConservative(1408);
	struct mspan *s = spanOf((uintptr_t)t);
	CHECK_EQ(findObject(s->base + s->npages * PAGE_SIZE - 8, NULL, NULL), 0);
	CHECK_EQ(findObject(0, NULL, NULL), 0);
	CHECK_EQ(findObject(UINTPTR_MAX, NULL, NULL), 0);
	CHECK_EQ(findObject((uintptr_t)&fakep, NULL, NULL), 0);
	CHECK_EQ(objectSize(&fakep), 0);
	CHECK_EQ(objectSize(t + 8), 0);
}

TEST(mem, mspan, every_address)
{
	fakeBoot();
	for (uint32_t sc = 1; sc < NUM_SIZECLASSES; sc++) {
		uintptr_t size = sizeclasses[sc].size;
		char *p = mallocConservative(size);
		for (uintptr_t k = 0; k < size; k += k < 64 ? 1 : 61)
			CHECK_EQ(findObject((uintptr_t)p + k, NULL, NULL), (uintptr_t)p);
	}
}

TEST(mem, mspan, bits_of_a_run)
{
	fakeBoot();
	char *p = mallocConservative(16);
	struct mspan *s = spanOf((uintptr_t)p);
	struct mrun *r = &fakep.mcache->run[s->spanclass];
	/* What the cache holds is taken, but no object. */
	CHECK(r->end > r->ptr || GORT_HARD);
	for (uintptr_t a = r->ptr; a < r->end; a += 16) {
		CHECK(bitIsSet(s->allocBits, objIndex(s, a)));
		CHECK(slotInRun(s, objIndex(s, a)));
	}
	CHECK(!slotInRun(s, objIndex(s, (uintptr_t)p)));
	mcacheFlush(fakep.mcache);
	CHECK_EQ(USAGE_COUNT(s->usage), 1);
	CHECK_EQ(findObject((uintptr_t)p, NULL, NULL), (uintptr_t)p);
	mheap_verify();
	/* The rest is not zeroed a second time: it never was anything else. */
	CHECK_EQ(s->zeroedFrom, objIndex(s, (uintptr_t)p) + 1);
}
