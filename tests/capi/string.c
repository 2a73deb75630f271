/* Strings: each function of gort/string.h. */
#include "check.h"

static bool
is(gort_string s, const char *want)
{
	return s.len == (ptrdiff_t)strlen(want) && memcmp(s.ptr, want, strlen(want)) == 0;
}

static void
joining(void)
{
	gort_string a = gort_str("hello, "), b = gort_str("world"), none = gort_str(NULL);
	CHECK(is(a, "hello, ") && none.len == 0);
	CHECK(is(gort_concat(a, b, gort_str("!")), "hello, world!"));
	CHECK(gort_concat(none, b).ptr == b.ptr); /* alone it is itself */
	CHECK(gort_concat(none, none).len == 0);
	char local[] = "local";
	gort_string kept = gort_concat(gort_str(local), none);
	CHECK(is(kept, "local") && kept.ptr != local);
	gort_string copy = gort_str_copy(local, 3);
	local[0] = 'L';
	CHECK(is(copy, "loc") && is(kept, "local"));
	char *c = gort_str_c(gort_str_n("abcdef", 3));
	CHECK(strcmp(c, "abc") == 0);
	CHECK(strcmp(gort_str_c(none), "") == 0);
}

static void
slicing(void)
{
	gort_string s = gort_str("hello");
	CHECK(is(gort_str_slice(s, 1, 3), "el"));
	CHECK(is(gort_str_slice(s, 0, 5), "hello"));
	CHECK(gort_str_slice(s, 5, 5).len == 0 && gort_str_slice(s, 2, 2).len == 0);
}

static void
comparing(void)
{
	gort_string a = gort_str("abc"), b = gort_str("abd"), c = gort_str("ab");
	CHECK(gort_str_compare(a, b) < 0 && gort_str_compare(b, a) > 0);
	CHECK(gort_str_compare(c, a) < 0 && gort_str_compare(a, a) == 0);
	CHECK(gort_str_equal(a, gort_str_copy("abc", 3)) && !gort_str_equal(a, b));
	CHECK(!gort_str_equal(a, c) && gort_str_equal(gort_str(NULL), gort_str("")));
	CHECK(gort_str_compare(gort_str_n("a\0b", 3), gort_str_n("a\0c", 3)) < 0);
}

static void
characters(void)
{
	gort_string s = gort_str("a\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80\xff");
	static const int32_t want[] = {'a', 0xe9, 0x4e16, 0x1f600, 0xfffd};
	int n = 0;
	for (ptrdiff_t i = 0; i < s.len; n++)
		CHECK(n < 5 && gort_str_rune(s, &i) == want[n]);
	CHECK(n == 5 && gort_str_rune_count(s) == 5);
	CHECK(is(gort_str_from_runes(want, 4), "a\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80"));
	static const int32_t none[] = {-1, 0xd800};
	CHECK(is(gort_str_from_runes(none, 2), "\xef\xbf\xbd\xef\xbf\xbd"));
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	joining();
	slicing();
	comparing();
	characters();
	gort_printf("[%.*s]\n", GORT_STR_ARG(gort_str_n("abcdef", 2)));
	PASSED();
}
