/* str_test.c: string helpers at their edges. */
#include "base/base.h"
#include "test.h"

TEST(base, str, compare)
{
	CHECK_EQ(rtstrlen(""), 0);
	CHECK_EQ(rtstrlen("abc"), 3);
	CHECK(rtstrcmp("a", "a") == 0 && rtstrcmp("a", "b") < 0 && rtstrcmp("ab", "a") > 0);
	CHECK(rtstrcmp("\xff", "a") > 0); /* bytes, not signed characters */
	CHECK(rtstreq("ab", "abc", 2));
	CHECK(!rtstreq("abc", "abc", 2));
	CHECK(!rtstreq("ab", "abc", 3));
	CHECK(rtstreq("", "x", 0));
}

TEST(base, str, atoi)
{
	static const struct {
		const char *s;
		bool ok;
		int64_t v;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"42", true, 42},
		{"-7", true, -7},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"0x10", false, 0},
	};
	for (uintptr_t i = 0; i < nelem(cases); i++) {
		int64_t v = 12345;
		bool ok = rtatoi64(cases[i].s, rtstrlen(cases[i].s), &v);
		CHECKF(ok == cases[i].ok && v == (ok ? cases[i].v : 12345), "\"%s\": %d, %lld",
			cases[i].s, ok, (long long)v);
	}
	int64_t v;
	CHECK(rtatoi64("123", 2, &v) && v == 12);
}
