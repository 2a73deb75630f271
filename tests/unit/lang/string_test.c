/* string_test.c: what gccgo 12 gives for the same operands, and where the bytes may lie. */
#include "descr.h"
#include "mem/mem.h"
#include "test.h"

/* ---- UTF-8 -------------------------------------------------------------------------------- */

static const struct {
	const char *bytes;
	int n;
	int32_t runes[6];
	int nrunes;
} decoding[] = {
	{"", 0, {0}, 0},
	{"\x61", 1, {0x61}, 1},
	{"\x00", 1, {0x0}, 1},
	{"\xc3\xa9", 2, {0xe9}, 1},
	{"\xe4\xb8\x96\xe7\x95\x8c", 6, {0x4e16, 0x754c}, 2},
	{"\xf0\x9f\x98\x80", 4, {0x1f600}, 1},
	{"\x80", 1, {0xfffd}, 1},
	{"\x61\xff\x62", 3, {0x61, 0xfffd, 0x62}, 3},
	{"\xc0\x80", 2, {0xfffd, 0xfffd}, 2},
	{"\xc1\xbf", 2, {0xfffd, 0xfffd}, 2},
	{"\xc2", 1, {0xfffd}, 1},
	{"\xc2\xc2\x80", 3, {0xfffd, 0x80}, 2},
	{"\xe0\x80\x80", 3, {0xfffd, 0xfffd, 0xfffd}, 3},
	{"\xe0\x9f\xbf", 3, {0xfffd, 0xfffd, 0xfffd}, 3},
	{"\xe0\xa0\x80", 3, {0x800}, 1},
	{"\xed\x9f\xbf", 3, {0xd7ff}, 1},
	{"\xed\xa0\x80", 3, {0xfffd, 0xfffd, 0xfffd}, 3},
	{"\xed\xbf\xbf", 3, {0xfffd, 0xfffd, 0xfffd}, 3},
	{"\xee\x80\x80", 3, {0xe000}, 1},
	{"\xef\xbf\xbd", 3, {0xfffd}, 1},
	{"\xef\xbf\xbf", 3, {0xffff}, 1},
	{"\xe4\xb8", 2, {0xfffd, 0xfffd}, 2},
	{"\xe4\xb8\x78", 3, {0xfffd, 0xfffd, 0x78}, 3},
	{"\xf0\x80\x80\x80", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}, 4},
	{"\xf0\x8f\xbf\xbf", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}, 4},
	{"\xf0\x90\x80\x80", 4, {0x10000}, 1},
	{"\xf4\x8f\xbf\xbf", 4, {0x10ffff}, 1},
	{"\xf4\x90\x80\x80", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}, 4},
	{"\xf5\x80\x80\x80", 4, {0xfffd, 0xfffd, 0xfffd, 0xfffd}, 4},
	{"\xf0\x9f\x98", 3, {0xfffd, 0xfffd, 0xfffd}, 3},
	{"\xf0\x9f\x98\x78", 4, {0xfffd, 0xfffd, 0xfffd, 0x78}, 4},
	{"\xfe\xff", 2, {0xfffd, 0xfffd}, 2},
	{"\x78\xe4\xb8\x96\x79\xf0\x9f\x98\x80\x7a", 10, {0x78, 0x4e16, 0x79, 0x1f600, 0x7a}, 5},
};

TEST_G(lang, string, decode)
{
	for (unsigned i = 0; i < nelem(decoding); i++) {
		struct gostring s = {(const uint8_t *)decoding[i].bytes, decoding[i].n};
		int32_t buf[32];
		for (int heap = 0; heap < 2; heap++) {
			struct goslice r = stringtoslicerune(heap ? NULL : buf, s);
			CHECK_EQ(r.len, decoding[i].nrunes);
			CHECK(heap || r.array == (void *)buf);
			for (intgo k = 0; k < r.len; k++)
				CHECKF(((int32_t *)r.array)[k] == decoding[i].runes[k],
					"string %u, rune %ld: %#x, Go: %#x", i, (long)k,
					((int32_t *)r.array)[k], decoding[i].runes[k]);
			for (intgo k = r.len; k < r.cap; k++)
				CHECK(((int32_t *)r.array)[k] == 0);
		}
		/* And one by one, as range does. */
		intgo at = 0;
		for (int k = 0; k < decoding[i].nrunes; k++) {
			struct runenext r = decoderune(s, at);
			CHECK_EQ(r.r, decoding[i].runes[k]);
			CHECK(r.next > at && r.next <= s.len);
			at = r.next;
		}
		CHECK_EQ(at, s.len);
	}
}

/* Bytes behind the end are not part of the string. */
TEST_G(lang, string, decode_cut)
{
	struct gostring s = {(const uint8_t *)"\xf0\x9f\x98\x80", 3};
	struct runenext r = decoderune(s, 0);
	CHECK_EQ(r.r, 0xfffd);
	CHECK_EQ(r.next, 1);
}

static const struct {
	int64_t v;
	const char *bytes;
	int n;
} encoding[] = {
	{0, "\x00", 1},
	{65, "\x41", 1},
	{127, "\x7f", 1},
	{128, "\xc2\x80", 2},
	{2047, "\xdf\xbf", 2},
	{2048, "\xe0\xa0\x80", 3},
	{55295, "\xed\x9f\xbf", 3},
	{55296, "\xef\xbf\xbd", 3},
	{57343, "\xef\xbf\xbd", 3},
	{57344, "\xee\x80\x80", 3},
	{65533, "\xef\xbf\xbd", 3},
	{65535, "\xef\xbf\xbf", 3},
	{65536, "\xf0\x90\x80\x80", 4},
	{1114111, "\xf4\x8f\xbf\xbf", 4},
	{1114112, "\xef\xbf\xbd", 3},
	{-1, "\xef\xbf\xbd", 3},
	{4294967296, "\xef\xbf\xbd", 3},
	{4294967361, "\xef\xbf\xbd", 3},
	{INT64_MIN, "\xef\xbf\xbd", 3},
};

TEST_G(lang, string, encode)
{
	for (unsigned i = 0; i < nelem(encoding); i++) {
		char buf[4];
		for (int heap = 0; heap < 2; heap++) {
			struct gostring s = intstring(heap ? NULL : buf, encoding[i].v);
			CHECK_EQ(s.len, encoding[i].n);
			CHECKF(memcmp(s.str, encoding[i].bytes, (size_t)s.len) == 0, "%ld",
				(long)encoding[i].v);
		}
		if (encoding[i].v != (int32_t)encoding[i].v)
			continue;
		int32_t runes[20];
		for (int k = 0; k < 20; k++)
			runes[k] = (int32_t)encoding[i].v;
		char small[32];
		struct gostring one = slicerunetostring(small, (struct goslice){runes, 1, 20});
		CHECK(one.str == (void *)small && one.len == encoding[i].n);
		CHECK(memcmp(one.str, encoding[i].bytes, (size_t)one.len) == 0);
		struct gostring all = slicerunetostring(small, (struct goslice){runes, 20, 20});
		CHECK_EQ(all.len, 20 * encoding[i].n);
		CHECK((all.str == (void *)small) == (all.len <= 32));
		for (int k = 0; k < 20; k++)
			CHECK(memcmp(all.str + k * encoding[i].n, encoding[i].bytes,
				      (size_t)encoding[i].n) == 0);
	}
	CHECK_EQ(slicerunetostring(NULL, (struct goslice){0}).len, 0);
}

/* ---- bytes -------------------------------------------------------------------------------- */

TEST_G(lang, string, bytes)
{
	uint8_t data[3000], buf[32];
	for (int i = 0; i < 3000; i++)
		data[i] = (uint8_t)testRand();
	static const intgo lens[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 1024, 1025, 3000};
	for (unsigned i = 0; i < nelem(lens); i++) {
		intgo n = lens[i];
		struct gostring s = slicebytetostring(NULL, data, n);
		CHECK_EQ(s.len, n);
		CHECK(n == 0 || memcmp(s.str, data, (size_t)n) == 0);
		CHECK(s.str != data);
		struct gostring t = slicebytetostring(buf, data, n);
		CHECK_EQ(t.len, n);
		CHECK(n == 0 || memcmp(t.str, data, (size_t)n) == 0);
		CHECK((t.str == buf) == (n > 1 && n <= 32)); /* one byte needs no memory */
		memset(buf, 0xaa, sizeof buf);
		for (int heap = 0; heap < 2; heap++) {
			struct goslice b = stringtoslicebyte(heap ? NULL : buf, s);
			CHECK_EQ(b.len, n);
			CHECK(b.array != NULL && b.cap >= n);
			CHECK((b.array == (void *)buf) == (!heap && n <= 32));
			CHECK(memcmp(b.array, data, (size_t)n) == 0);
			for (intgo k = n; k < b.cap; k++)
				CHECK(((uint8_t *)b.array)[k] == 0);
		}
	}
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		struct gostring s = slicebytetostring(NULL, &byte, 1);
		CHECK(s.len == 1 && s.str[0] == c && s.str != &byte);
	}
}

/* ---- joining and comparing ---------------------------------------------------------------- */

TEST_G(lang, string, concat)
{
	uint8_t buf[32];
	struct gostring none = {0};
	struct gostring a[] = {STR("ab"), none, STR("cde"), STR("f")};
	struct gostring s = concatstrings(NULL, a, 4);
	CHECK(isStr(s, "abcdef"));
	s = concatstrings(buf, a, 4);
	CHECK(isStr(s, "abcdef") && s.str == buf);
	struct gostring nothing[] = {none, none};
	CHECK_EQ(concatstrings(NULL, nothing, 2).len, 0);
	/* A lone operand may be bytes that change. */
	uint8_t bytes[] = "xyz";
	struct gostring alone[] = {none, {bytes, 3}, none};
	s = concatstrings(NULL, alone, 3);
	struct gostring inbuf = concatstrings(buf, alone, 3);
	bytes[0] = 'X';
	CHECK(isStr(s, "xyz") && isStr(inbuf, "xyz") && inbuf.str == buf);
	/* The buffer's edge. */
	static const char text[40] = "0123456789012345678901234567890123456789";
	for (intgo n = 30; n < 35; n++) {
		struct gostring two[] = {{(const uint8_t *)text, n - 10}, STR("abcdefghij")};
		s = concatstrings(buf, two, 2);
		CHECK_EQ(s.len, n);
		CHECK((s.str == buf) == (n <= 32));
		CHECK(memcmp(s.str, text, (size_t)n - 10) == 0);
		CHECK(memcmp(s.str + n - 10, "abcdefghij", 10) == 0);
	}
	/* Many, and long ones. */
	struct gostring many[50];
	for (int i = 0; i < 50; i++)
		many[i] = (struct gostring){(const uint8_t *)text, i % 41};
	s = concatstrings(NULL, many, 50);
	intgo at = 0;
	for (int i = 0; i < 50; i++) {
		CHECK(memcmp(s.str + at, text, (size_t)many[i].len) == 0);
		at += many[i].len;
	}
	CHECK_EQ(at, s.len);
}

TEST_DIES_G(lang, string, concat_overflow, "fatal error: string concatenation too long", 2)
{
	struct gostring a[] = {{(const uint8_t *)"x", INTPTR_MAX}, STR("y")};
	concatstrings(NULL, a, 2);
}

TEST_G(lang, string, compare)
{
	static const char *const sorted[] = {
		"", "A", "a", "a\x01", "aa", "ab", "b", "\x80", "\xff"};
	for (unsigned i = 0; i < nelem(sorted); i++)
		for (unsigned k = 0; k < nelem(sorted); k++) {
			struct gostring a = gostringnocopy(sorted[i]),
					b = gostringnocopy(sorted[k]);
			CHECK_EQ(cmpstring(a, b), i < k ? -1 : i > k);
		}
	struct gostring z = {(const uint8_t *)"a\0b", 3}, y = {(const uint8_t *)"a\0c", 3};
	CHECK_EQ(cmpstring(z, y), -1);
	CHECK_EQ(findnull("four"), 4);
	CHECK_EQ(findnull(NULL), 0);
	CHECK_EQ(gostringnocopy(NULL).len, 0);
}
