/* slice_test.c: capacities are those of gccgo 12 (Go 1.18), panics have Go's words, and no stale
 * byte shows in what a slice can grow into. */
#include "descr.h"
#include "mem/mem.h"
#include "sched/sched.h"
#include "test.h"

PLAIN(t_three, "[3]uint8", uint8_t[3], KindArray, NULL, TflagRegularMemory);
PLAIN(t_empty, "struct {}", uint8_t[0], KindStruct, &memequal0_f, TflagRegularMemory);
static const uint8_t maskFive[] = {31};
static const struct type t_five = {.size = 40,
	.ptrdata = 40,
	.align = 8,
	.fieldAlign = 8,
	.kind = KindArray,
	.gcdata = maskFive,
	.string = &t_ptr_name};
/* More than fits twice. */
static const struct type t_huge = {.size = (uintptr_t)1 << 46,
	.align = 1,
	.fieldAlign = 1,
	.kind = KindArray | KindNoPointers,
	.string = &t_three_name};

/* append of (needed - old) to a slice of length and capacity old. */
static const struct {
	int old, needed, cap[6]; /* of uint8, [3]uint8, int32, int64, string, [5]*int */
} growth[] = {
	{0, 1, {8, 2, 2, 1, 1, 1}},
	{0, 2, {8, 2, 2, 2, 2, 2}},
	{0, 3, {8, 5, 4, 3, 3, 3}},
	{0, 5, {8, 5, 6, 6, 5, 5}},
	{0, 9, {16, 10, 12, 10, 9, 9}},
	{0, 17, {24, 21, 20, 18, 18, 17}},
	{0, 33, {48, 37, 36, 36, 36, 35}},
	{0, 100, {112, 106, 104, 112, 112, 102}},
	{1, 2, {8, 2, 2, 2, 2, 2}},
	{2, 3, {8, 5, 4, 4, 4, 4}},
	{3, 4, {8, 8, 6, 6, 6, 6}},
	{4, 5, {8, 8, 8, 8, 8, 8}},
	{5, 6, {16, 10, 12, 10, 10, 10}},
	{7, 8, {16, 16, 16, 14, 14, 14}},
	{8, 9, {16, 16, 16, 16, 16, 16}},
	{8, 17, {24, 21, 20, 18, 18, 17}},
	{16, 17, {32, 32, 32, 32, 32, 32}},
	{31, 32, {64, 64, 64, 64, 64, 67}},
	{33, 34, {80, 69, 72, 72, 72, 67}},
	{100, 101, {208, 213, 224, 224, 200, 204}},
	{100, 201, {208, 213, 224, 224, 216, 204}},
	{127, 128, {256, 256, 256, 256, 256, 256}},
	{128, 129, {256, 256, 256, 256, 256, 256}},
	{255, 256, {512, 512, 512, 512, 512, 512}},
	{256, 257, {512, 512, 512, 512, 512, 512}},
	{257, 258, {576, 597, 576, 608, 592, 544}},
	{300, 301, {576, 597, 576, 608, 592, 614}},
	{400, 1000, {1024, 1024, 1024, 1024, 1024, 1024}},
	{512, 513, {896, 896, 864, 848, 848, 1024}},
	{512, 600, {896, 896, 864, 848, 848, 1024}},
	{848, 849, {1280, 1365, 1344, 1280, 1280, 1433}},
	{1000, 1001, {1536, 1621, 1536, 1536, 1536, 1638}},
	{1024, 1500, {2048, 2048, 2048, 2048, 2048, 2048}},
	{1280, 1281, {1792, 1792, 2048, 1792, 1792, 1843}},
	{2048, 2049, {3072, 3157, 3072, 3072, 3072, 2867}},
	{4096, 4097, {5376, 5461, 5440, 6144, 5632, 5324}},
	{5000, 9999, {10880, 10922, 12288, 11264, 10752, 10649}},
	{5000, 10001, {10240, 10922, 10240, 10240, 10240, 10035}},
	{32768, 32769, {49152, 43690, 43008, 41984, 41472, 41164}},
	{100000, 100001, {131072, 125610, 126976, 125952, 125440, 125337}},
};

TEST_G(lang, slice, growth_policy)
{
	const struct type *types[] = {&t_uint8, &t_three, &t_int32, &t_int64, &t_string, &t_five};
	for (unsigned i = 0; i < nelem(growth); i++) {
		for (unsigned t = 0; t < nelem(types); t++) {
			intgo old = growth[i].old, needed = growth[i].needed;
			void *p = makeslice(types[t], old, old);
			struct goslice s = growslice(types[t], p, old, old, needed);
			CHECK_EQ(s.len, needed);
			CHECKF(s.cap == growth[i].cap[t], "%.*s, %ld to %ld: capacity %ld, Go: %d",
				(int)types[t]->string->len, (const char *)types[t]->string->str,
				(long)old, (long)needed, (long)s.cap, growth[i].cap[t]);
			uintptr_t slot = objectSize(s.array);
			CHECK((uintptr_t)s.cap * types[t]->size <= slot);
		}
	}
}

/* What was there is copied, what append fills is left, what is beyond is zero: also where the
 * memory was used before. */
static void
contents(const struct type *elem, intgo old, intgo needed)
{
	for (int round = 0; round < 3; round++) {
		uint8_t *p = makeslice(elem, old, old);
		uintptr_t n = (uintptr_t)old * elem->size;
		if (elem->ptrdata == 0)
			for (uintptr_t i = 0; i < n; i++)
				p[i] = (uint8_t)(i * 7 + 1);
		struct goslice s = growslice(elem, p, old, old, needed);
		const uint8_t *q = s.array;
		CHECK(q != p);
		CHECK(memcmp(p, q, n) == 0);
		uintptr_t from = (uintptr_t)needed * elem->size;
		for (uintptr_t i = from; i < (uintptr_t)s.cap * elem->size; i++)
			CHECKF(q[i] == 0, "%ld to %ld: byte %lu of %lu is not zero", (long)old,
				(long)needed, i, (uintptr_t)s.cap * elem->size);
		/* Used again in the next round. */
		memset(s.array, 0xee, elem->ptrdata == 0 ? (uintptr_t)s.cap * elem->size : 0);
		struct g *gp = rtenter();
		gcfree(s.array);
		gcfree(p);
		rtleave(gp);
	}
}

TEST_G(lang, slice, contents)
{
	static const intgo olds[] = {1, 3, 8, 100, 255, 256, 1000, 1025, 3000, 40000};
	for (unsigned i = 0; i < nelem(olds); i++) {
		contents(&t_uint8, olds[i], olds[i] + 1);
		contents(&t_uint8, olds[i], 3 * olds[i]);
		contents(&t_three, olds[i], olds[i] + 1);
		contents(&t_five, olds[i], olds[i] + 1);
	}
}

TEST_G(lang, slice, nothing)
{
	struct goslice s = growslice(&t_empty, NULL, 0, 0, 5);
	CHECK(s.array != NULL && s.len == 5 && s.cap == 5);
	s = growslice(&t_int, NULL, 0, 0, 1);
	CHECK(s.array != NULL && s.len == 1 && s.cap == 1);
	CHECK(makeslice(&t_int, 0, 0) != NULL);
	CHECK(newobject(&t_empty) != NULL);
}

TEST_DIES_G(lang, slice, grow_overflow, "panic: runtime error: growslice: cap out of range", 2)
{
	growslice(&t_uint8, NULL, 0, 16, INTPTR_MIN + 5);
}

TEST_DIES_G(lang, slice, grow_huge, "panic: runtime error: growslice: cap out of range", 2)
{
	growslice(&t_huge, NULL, 0, 0, 4);
}

/* The length is to blame if it alone is too much. */
TEST_G(lang, slice, make_check)
{
	CHECK_EQ(checkMakeSlice(&t_int, 3, 5), 40);
	CHECK_EQ(checkMakeSlice(&t_int, 0, 0), 0);
	CHECK_EQ(checkMakeSlice(&t_huge, 1, 2), (uintptr_t)1 << 47);
	CHECK_EQ(checkMakeSlice(&t_empty, INTPTR_MAX, INTPTR_MAX), 0);
}

#define MAKE_DIES(what, elem, len, cap, text)                                                      \
	TEST_DIES_G(lang, slice, what, "panic: runtime error: makeslice: " text, 2)                \
	{                                                                                          \
		makeslice(elem, len, cap);                                                         \
	}
MAKE_DIES(len_negative, &t_int, -1, -1, "len out of range")
MAKE_DIES(len_huge, &t_huge, 3, 3, "len out of range")
MAKE_DIES(len_overflow, &t_int, INTPTR_MAX, INTPTR_MAX, "len out of range")
MAKE_DIES(cap_less, &t_int, 2, 1, "cap out of range")
MAKE_DIES(cap_negative, &t_int, 0, -1, "cap out of range")
MAKE_DIES(cap_huge, &t_huge, 2, 3, "cap out of range")

TEST_DIES_G(lang, slice, newarray, "panic: runtime: allocation size out of range", 2)
{
	newarray(&t_huge, 3);
}

TEST_G(lang, slice, make_zeroed)
{
	for (intgo n = 1; n < 100000; n = n * 3 + 1) {
		for (int round = 0; round < 2; round++) {
			uint8_t *p = makeslice(&t_uint8, n, n);
			for (intgo i = 0; i < n; i++)
				CHECK(p[i] == 0);
			memset(p, 0xcc, (size_t)n);
			struct g *gp = rtenter();
			gcfree(p);
			rtleave(gp);
		}
	}
	struct gostring *s = newobject(&t_string), *a = newarray(&t_string, 3);
	CHECK(s->str == NULL && s->len == 0 && a[2].str == NULL && a[2].len == 0);
	CHECK(objectSize(a) >= 48);
}

TEST_G(lang, slice, unsafe)
{
	int64_t x;
	unsafeslice(&t_int, &x, 1);
	unsafeslice(&t_int, &x, 0);
	unsafeslice(&t_int, NULL, 0);
	unsafeslice(&t_empty, NULL, 7);
}

#define UNSAFE_DIES(what, elem, p, len, text)                                                      \
	TEST_DIES_G(lang, slice, what, "panic: runtime error: unsafe.Slice: " text, 2)             \
	{                                                                                          \
		unsafeslice(elem, (void *)(p), len);                                               \
	}
UNSAFE_DIES(unsafe_nil, &t_int, NULL, 1, "ptr is nil and len is not zero")
UNSAFE_DIES(unsafe_negative, &t_int, &growth[0], -1, "len out of range")
UNSAFE_DIES(unsafe_overflow, &t_int, &growth[0], INTPTR_MAX, "len out of range")
UNSAFE_DIES(unsafe_wraps, &t_uint8, (void *)-16L, 17, "len out of range")

TEST_G(lang, slice, copy)
{
	int32_t a[] = {1, 2, 3, 4, 5}, b[5] = {0};
	CHECK_EQ(typedslicecopy(&t_int32, b, 5, a, 3), 3);
	CHECK(b[0] == 1 && b[2] == 3 && b[3] == 0);
	CHECK_EQ(typedslicecopy(&t_int32, b, 2, a + 3, 2), 2);
	CHECK(b[0] == 4 && b[1] == 5 && b[2] == 3);
	CHECK_EQ(typedslicecopy(&t_int32, a + 1, 4, a, 5), 4); /* overlapping */
	CHECK(a[0] == 1 && a[1] == 1 && a[2] == 2 && a[3] == 3 && a[4] == 4);
	CHECK_EQ(typedslicecopy(&t_int32, NULL, 0, a, 5), 0);
	struct gostring s = STR("x"), d;
	typedmemmove(&t_string, &d, &s);
	CHECK(isStr(d, "x"));
	typedmemclr(&t_string, &d);
	CHECK(d.str == NULL && d.len == 0);
	memclrHasPointers(&s, 8);
	CHECK(s.str == NULL && s.len == 1);
}
