/* print_test.c: the formatter against libc's, and what reaches a descriptor. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "test.h"

/* Formats with both and compares, with room and without. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char want_[256], got_[256];                                                        \
		int n_ = snprintf(want_, sizeof want_, __VA_ARGS__);                               \
		CHECK_EQ(rtsnprintf(got_, sizeof got_, __VA_ARGS__), n_);                          \
		CHECK_STREQ(got_, want_);                                                          \
		for (int cap_ = 0; cap_ <= n_; cap_++) {                                           \
			memset(got_, 'x', sizeof got_);                                            \
			CHECK_EQ(rtsnprintf(got_, (uintptr_t)cap_, __VA_ARGS__), n_);              \
			CHECK(cap_ == 0 || (strncmp(got_, want_, (size_t)cap_ - 1) == 0 &&         \
						   got_[cap_ - 1] == 0));                          \
			CHECK(got_[cap_] == 'x');                                                  \
		}                                                                                  \
	} while (0)

TEST(base, print, numbers)
{
	SAME("%d %d %d", 0, -1, 2147483647);
	SAME("%d", -2147483647 - 1);
	SAME("%ld %lld", -9223372036854775807L - 1, 9223372036854775807LL);
	SAME("%u %lu %x %lx", 4294967295u, 18446744073709551615ul, 0xdeadbeefu,
		0x123456789abcdeful);
	SAME("%zu %jd", (size_t)77, (intmax_t)-5);
}

TEST(base, print, widths)
{
	SAME("[%5d] [%-5d] [%05d] [%3d]", 42, 42, 42, 123456);
	SAME("[%5d] [%05d] [%-6d]|", -42, -42, -42);
	SAME("[%8x] [%08lx]", 0xabcu, 0xabcul);
	SAME("[%.3d] [%.6ld] [%*d]", 7, 7L, 6, 12);
	SAME("[%10s] [%-10s] [%.3s] [%.*s]", "abc", "abc", "abcdef", 2, "xyz");
}

TEST(base, print, strings)
{
	SAME("%s%s%c%%", "", "text", 'c');
	SAME("no arguments");
	SAME("%p", (void *)0x12345);
	char got[32];
	const char *volatile null = NULL;
	rtsnprintf(got, sizeof got, "%s", null);
	CHECK_STREQ(got, "(null)");
}

struct pipeto2 {
	int saved, from;
};

static struct pipeto2
catch2(void)
{
	int p[2];
	CHECK(pipe(p) == 0);
	struct pipeto2 c = {dup(2), p[0]};
	dup2(p[1], 2);
	close(p[1]);
	return c;
}

static size_t
caught(struct pipeto2 c, char *buf, size_t n)
{
	dup2(c.saved, 2);
	size_t len = 0;
	ssize_t r;
	while (len < n && (r = read(c.from, buf + len, n - len)) > 0)
		len += (size_t)r;
	return len;
}

/* Longer than the buffer on the stack: everything arrives, in order. */
TEST(base, print, long_text)
{
	static char text[3000], got[4000];
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = (char)('a' + i % 26);
	struct pipeto2 c = catch2();
	rtprintf("<%s>", text);
	size_t n = caught(c, got, sizeof got);
	CHECK_EQ(n, sizeof text - 1 + 2);
	CHECK(got[0] == '<' && got[n - 1] == '>' && memcmp(got + 1, text, sizeof text - 1) == 0);
}

/* A closed descriptor is given up, not retried for ever. */
TEST(base, print, closed)
{
	rtwrite(99, "x", 1);
}

/* A full pipe that nobody reads is given up, too, after about a second. */
TEST(base, print, stuck_reader)
{
	int p[2];
	static char big[70000];
	CHECK(pipe(p) == 0);
	CHECK(fcntl(p[1], F_SETFL, O_NONBLOCK) == 0);
	rtwrite(p[1], big, sizeof big);
}

TEST(base, print, lock_nests)
{
	g0.m = &m0;
	m0.g0 = &g0;
	setg(&g0);
	printlock();
	printlock();
	rtprintf("two ");
	printunlock();
	printunlock();
	printlock();
	printunlock();
	printunlock(); /* one too many: not ours, ignored */
	printlock();
	printunlock();
}

/* What an M prints between printlock and printunlock can be had as text, as far as there is room. */
TEST(base, print, into)
{
	char buf[16];
	g0.m = &m0;
	m0.g0 = &g0;
	setg(&g0);
	printlock();
	printInto(buf, sizeof buf);
	rtprintf("%s %d\n", "abc", 42);
	rtprintf("and much more than fits");
	uintptr_t n = printedInto();
	printunlock();
	CHECK_EQ(n, sizeof buf);
	CHECK(memcmp(buf, "abc 42\nand much ", sizeof buf) == 0);
}
