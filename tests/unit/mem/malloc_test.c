#include "fake.h"

#include "core/upcalls.h"

static const struct type pairtype = {.size = 16, .ptrdata = 16, .align = 8};
static const struct type plaintype = {.size = 40, .ptrdata = 0, .align = 8};
static const struct type threetype = {.size = 24, .ptrdata = 24, .align = 8};

static bool
isZero(const void *p, uintptr_t n)
{
	const uint8_t *b = p;
	for (uintptr_t i = 0; i < n; i++) {
		if (b[i] != 0)
			return false;
	}
	return true;
}

static void *
allocKind(uintptr_t size, int kind)
{
	switch (kind) {
	case SPAN_CONSERVATIVE:
		return mallocConservative(size);
	case SPAN_NOSCAN:
		return mallocNoscan(size, true);
	default:
		return mallocTyped(size, &pairtype);
	}
}

/* Every size, every kind: zeroed, aligned, large enough, its own; freed and taken again. */
TEST(mem, malloc, every_size)
{
	fakeBoot();
	const int rounds = SLOW_BUILD ? 1 : 3;
	for (int round = 0; round < rounds; round++) {
		for (int kind = SPAN_CONSERVATIVE; kind <= SPAN_TYPED; kind++) {
			enum { N = 5 };
			for (uintptr_t size = 1; size <= 40000; size += size < 1100  ? 1
									: SLOW_BUILD ? 1597
										     : 97) {
				uint8_t *p[N];
				for (int i = 0; i < N; i++) {
					p[i] = allocKind(size, kind);
					CHECKF(isZero(p[i], size), "size %lu kind %d", size, kind);
					CHECK(objectSize(p[i]) >= size);
					uintptr_t a = size >= 16 && kind != SPAN_TYPED ? 16
						      : size >= 8 && size % 8 == 0     ? 8
						      : size % 2 == 0                  ? 2
										       : 1;
					CHECK_EQ((uintptr_t)p[i] % a, 0);
					memset(p[i], 0xa0 + i, size);
				}
				for (int i = 0; i < N; i++) {
					for (uintptr_t k = 0; k < size; k++)
						CHECK_EQ(p[i][k], 0xa0 + i);
					gcfree(p[i]);
				}
			}
			mheap_verify();
		}
	}
}

TEST(mem, malloc, powers_of_two_are_aligned)
{
	fakeBoot();
	for (uintptr_t n = 8; n <= PAGE_SIZE; n *= 2) {
		for (int i = 0; i < 20; i++)
			CHECK_EQ((uintptr_t)mallocConservative(n) % n, 0);
	}
	for (int i = 0; i < 100; i++)
		CHECK_EQ((uintptr_t)mallocConservative(24) % 16, 0);
}

TEST(mem, malloc, zero_size)
{
	fakeBoot();
	void *p = mallocConservative(0);
	CHECK(p != NULL);
	CHECK(p == mallocNoscan(0, false));
	gcfree(p);
	gcfree(p);
	gcfree(NULL);
}

/* A span whose objects are of one type says so once; a list comes with the first of another. */
TEST(mem, malloc, types_of_a_span)
{
	fakeBoot();
	void *p[100];
	struct mspan *s = NULL, *of;
	uintptr_t index;
	for (int i = 0; i < 100; i++) {
		p[i] = mallocTyped(16, &pairtype);
		CHECK_EQ(findObject((uintptr_t)p[i], &of, &index), (uintptr_t)p[i]);
		CHECK(s == NULL || s == of);
		CHECK(of->types == NULL && slotType(of, index) == &pairtype);
		s = of;
	}
	/* Another class's objects are in other spans. */
	mallocTyped(24, &threetype);
	CHECK(s->types == NULL);
	void *other = mallocTyped(9, &threetype), *same = mallocTyped(16, &pairtype);
	CHECK(s->types != NULL);
	CHECK_EQ(findObject((uintptr_t)other, &of, &index), (uintptr_t)other);
	CHECK(of == s && slotType(s, index) == &threetype);
	CHECK_EQ(findObject((uintptr_t)same, &of, &index), (uintptr_t)same);
	CHECK(of == s && slotType(s, index) == &pairtype);
	for (int i = 0; i < 100; i++) {
		CHECK(findObject((uintptr_t)p[i], &of, &index) != 0 && of == s);
		CHECK(slotType(s, index) == &pairtype);
	}
	mheap_verify();
}

TEST(mem, malloc, typed)
{
	fakeBoot();
	for (uintptr_t n = 16; n <= 65536; n = n * 2 + 16) {
		for (int i = 0; i < 40; i++) {
			const struct type *t = i % 2 ? &pairtype : &threetype;
			void *p = mallocTyped(n, t);
			struct mspan *s;
			uintptr_t index;
			CHECK_EQ(findObject((uintptr_t)p + n - 1, &s, &index), (uintptr_t)p);
			CHECK_EQ(spanKind(s), SPAN_TYPED);
			CHECK(slotType(s, index) == t);
		}
	}
	mheap_verify();
	/* 24 bytes with a type need no more than 8 bytes of alignment, and take 24. */
	CHECK_EQ(objectSize(mallocTyped(24, &threetype)), 24);
	CHECK_EQ(objectSize(mallocConservative(24)), 32);
	struct mspan *s;
	void *p = mallocTyped(40, &plaintype);
	CHECK(findObject((uintptr_t)p, &s, NULL) != 0);
	CHECK_EQ(spanKind(s), SPAN_NOSCAN);
	p = mallocgc(40, NULL, true);
	CHECK(findObject((uintptr_t)p, &s, NULL) != 0);
	CHECK_EQ(spanKind(s), SPAN_NOSCAN);
}

TEST(mem, malloc, noscan_unzeroed_is_zeroed_when_asked)
{
	fakeBoot();
	for (uintptr_t n = 1100; n < 200000; n = n * 3 / 2) {
		for (int i = 0; i < 30; i++) {
			void *p = mallocNoscan(n, false);
			memset(p, 0xee, n);
			gcfree(p);
			p = mallocNoscan(n, true);
			CHECKF(isZero(p, n), "size %lu", n);
			memset(p, 0xee, n);
			gcfree(p);
		}
	}
}

TEST(mem, malloc, tiny)
{
	fakeBoot();
	/* Two of 3 bytes and two of 4 share a block, and each is freed by itself. */
	char *a = mallocNoscan(3, true), *b = mallocNoscan(3, true), *c = mallocNoscan(4, true),
	     *d = mallocNoscan(4, true), *e = mallocNoscan(1, true);
	CHECK_EQ((uintptr_t)a % 16, 0);
	CHECK(b == a + 3 && c == a + 8 && d == a + 12);
	CHECK(e < a || e >= a + 16);
	CHECK_EQ(objectSize(a), 3);
	CHECK_EQ(objectSize(b), 5); /* up to the next one */
	CHECK_EQ(objectSize(d), 4);
	CHECK_EQ(objectSize(e), 1); /* its block is open */
	gcfree(a);
	struct mspan *s;
	CHECK_EQ(findObject((uintptr_t)b, &s, NULL), (uintptr_t)a);
	CHECK_EQ(spanKind(s), SPAN_TINY);
	gcfree(c);
	gcfree(d);
	gcfree(e);
	gcfree(b);
	mheap_verify();
	/* From 5 bytes on each has a slot. */
	CHECK_EQ(objectSize(mallocNoscan(5, true)), 8);
	CHECK_EQ(objectSize(mallocNoscan(9, true)), 16);
	CHECK_EQ(objectSize(mallocNoscan(15, true)), 16);
	/* Blocks come back: far more than a span's worth, with one block alive at a time. */
	struct memstats before, after;
	readmemstats(&before);
	for (int i = 0; i < 100000; i++) {
		char *p = mallocNoscan(3, true), *q = mallocNoscan(4, true);
		CHECK(p[0] == 0 && q[3] == 0);
		memset(p, 1, 3);
		memset(q, 2, 4);
		CHECK_EQ(p[2], 1);
		gcfree(q);
		gcfree(p);
	}
	readmemstats(&after);
	CHECK(after.heapInuse - before.heapInuse < 4 * PAGE_SIZE);
	CHECK_EQ(after.mallocs - before.mallocs, 200000);
	mcacheFlush(fakep.mcache);
	mheap_verify();
}

static int ntriggered;

static void
countTrigger(void)
{
	ntriggered++;
}

/* Whatever it consists of, a heap that is too large asks for a collection; and not at each object. */
TEST(mem, malloc, every_size_triggers)
{
	static const uintptr_t sizes[] = {1, 3, 4, 5, 7, 8, 15, 16, 100, 2000, 40000};
	fakeBoot();
	gc_trigger = countTrigger;
	store_rlx(&heapTrigger, (uint64_t)0);
	for (int kind = SPAN_CONSERVATIVE; kind <= SPAN_TYPED; kind++) {
		for (uintptr_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
			ntriggered = 0;
			for (int i = 0; i < 2000; i++)
				allocKind(sizes[k], kind);
			CHECKF(ntriggered > 0, "kind %d, %lu bytes", kind, (unsigned long)sizes[k]);
		}
	}
}

TEST(mem, malloc, large)
{
	fakeBoot();
	struct memstats ms;
	readmemstats(&ms);
	uint64_t before = ms.heapInuse;
	uint8_t *p = mallocConservative(100 * MiB + 1);
	CHECK(p[0] == 0 && p[100 * MiB] == 0);
	CHECK_EQ(objectSize(p), 100 * MiB + PAGE_SIZE);
	CHECK_EQ(findObject((uintptr_t)p + 77 * MiB, NULL, NULL), (uintptr_t)p);
	readmemstats(&ms);
	CHECK_EQ(ms.heapInuse, before + 100 * MiB + PAGE_SIZE);
	memset(p, 0x77, 40 * MiB);
	gcfree(p);
	readmemstats(&ms);
	CHECK_EQ(ms.heapInuse, before); /* at once */
	mheap_verify();
	for (uintptr_t n = 33 * KiB; n <= 80 * MiB; n = n * 5 / 2) {
		p = mallocConservative(n);
		CHECKF(isZero(p, n), "size %lu", n);
		memset(p, 0x77, n);
		gcfree(p);
	}
	mheap_verify();
}

TEST(mem, malloc, reuse_is_soon)
{
	fakeBoot();
	struct memstats before, after;
	readmemstats(&before);
	for (int i = 0; i < 200000; i++) {
		void *p = mallocConservative(16 + i % 7 * 100);
		*(uint64_t *)p = 1;
		gcfree(p);
	}
	readmemstats(&after);
	CHECK(after.heapInuse - before.heapInuse <= 16 * PAGE_SIZE);
	CHECK_EQ(after.frees - before.frees, 200000);
	CHECK_EQ(after.mallocs - before.mallocs, 200000);
	CHECK_EQ(after.heapAlloc, before.heapAlloc);
}

TEST(mem, malloc, last_object_of_a_span)
{
	fakeBoot();
	/* One object a span: p's span belongs to nobody once q is there, and goes back with p. */
	void *p = mallocConservative(MAX_SMALL_SIZE), *q = mallocConservative(MAX_SMALL_SIZE);
	uint64_t inuse = mheap_inuse();
	gcfree(p);
	CHECK_EQ(mheap_inuse(), inuse - MAX_SMALL_SIZE);
	CHECK(spanOf((uintptr_t)p) == NULL);
	gcfree(q);
	mheap_verify();
}

/* MADV_FREE: what was given back may still be there, and must be cleared. */
TEST(mem, malloc, given_back_lazily)
{
	fakeBoot();
	debug.madvdontneed = 0;
	for (int i = 0; i < 3; i++) {
		void *p = mallocConservative(3 * MiB);
		CHECK(isZero(p, 3 * MiB));
		memset(p, 0x99, 3 * MiB);
		gcfree(p);
		CHECK(mheap_scavenge(UINTPTR_MAX) >= 3 * MiB);
		for (int k = 0; k < 10000; k++) {
			void *q = mallocConservative(200);
			CHECK(isZero(q, 200));
			memset(q, 0x99, 200);
			gcfree(q);
		}
	}
	mheap_verify();
}

TEST(mem, malloc, marked_while_marking)
{
	fakeBoot();
	mcacheFlush(fakep.mcache);
	gcphase = GCmark;
	for (uintptr_t n = 8; n < 100000; n *= 3) {
		struct mspan *s;
		uintptr_t i;
		findObject((uintptr_t)mallocConservative(n), &s, &i);
		CHECK(bitIsSet(s->markBits, (uint32_t)i));
	}
	gcphase = GCoff;
	mcacheFlush(fakep.mcache);
	void *p = mallocConservative(4321);
	struct mspan *s;
	uintptr_t i;
	findObject((uintptr_t)p, &s, &i);
	CHECK(!bitIsSet(s->markBits, (uint32_t)i) || i > 0);
}

/* ---- wrong frees -------------------------------------------------------------------------- */

TEST_DIES(mem, malloc, double_free,
	" was freed before\nfatal error: invalid pointer given to gort_free", 2)
{
	fakeBoot();
	void *p = mallocConservative(48);
	gcfree(p);
	gcfree(p);
}

TEST_DIES(mem, malloc, double_free_retaken, "was freed before", 2)
{
	fakeBoot();
	/* The slot is in the cache's run again, but not handed out. */
	void *p[600];
	uint32_t n = sizeclasses[sizeToClass(8192, true)].nelems;
	CHECK_EQ(n, 1);
	for (int i = 0; i < 600; i++)
		p[i] = mallocConservative(16);
	gcfree(p[3]);
	gcfree(p[4]);
	gcfree(p[5]);
	while (!bitIsSet(spanOf((uintptr_t)p[4])->allocBits,
		objIndex(spanOf((uintptr_t)p[4]), (uintptr_t)p[4])))
		mallocConservative(16);
	gcfree(p[5]);
}

TEST_DIES(mem, malloc, double_free_large, "was freed before", 2)
{
	fakeBoot();
	void *p = mallocConservative(1 << 20);
	gcfree(p);
	gcfree(p);
}

TEST_DIES(mem, malloc, double_free_tiny, "was freed before", 2)
{
	fakeBoot();
	char *p = mallocNoscan(3, true);
	mallocNoscan(3, true);
	gcfree(p);
	gcfree(p);
}

TEST_DIES(mem, malloc, free_interior, "points into the middle of an object of 64 bytes", 2)
{
	fakeBoot();
	char *p = mallocConservative(50);
	gcfree(p + 8);
}

TEST_DIES(mem, malloc, free_interior_tiny, "points into the middle of an object of at most 4", 2)
{
	fakeBoot();
	char *p = mallocNoscan(3, true);
	gcfree(p + 1);
}

TEST_DIES(
	mem, malloc, free_interior_large, "points into the middle of an object of 106496 bytes", 2)
{
	fakeBoot();
	char *p = mallocConservative(100000);
	gcfree(p + PAGE_SIZE);
}

TEST_DIES(mem, malloc, free_foreign, "is not from the heap", 2)
{
	fakeBoot();
	gcfree(malloc(100));
}

TEST_DIES(mem, malloc, free_wild, "0xfffffffffffffff8 is not from the heap", 2)
{
	fakeBoot();
	gcfree((void *)-(intptr_t)8);
}

TEST_DIES(mem, malloc, free_stack, "lies on a stack", 2)
{
	fakeBoot();
	int here;
	g0.stack.lo = (uintptr_t)&here - 4096;
	g0.stack.hi = (uintptr_t)&here + 4096;
	gcfree(&here);
}

TEST_DIES(mem, malloc, free_slot_stack, "lies on a stack", 2)
{
	fakeBoot();
	uintptr_t sp;
	const char *why;
	struct g *gp = stackalloc(0, &sp, &why);
	gcfree((void *)(gp->stack.hi - 64));
}

TEST_DIES(mem, malloc, free_never, "was never allocated", 2)
{
	fakeBoot();
	char *p = mallocConservative(1024);
	gcfree(p + 4 * 1024);
}

TEST_DIES(mem, malloc, huge, "cannot allocate 18446744073709551615-byte block (", 2)
{
	fakeBoot();
	mallocConservative(UINTPTR_MAX);
}

TEST_DIES(mem, malloc, huge2, "fatal error: out of memory", 2)
{
	fakeBoot();
	mallocNoscan((uintptr_t)1 << 46, false);
	mallocNoscan((uintptr_t)1 << 46, false);
}
