/* test.h: how a unit test is written.
 *
 *	#include "test.h"
 *	TEST(mem, mcache, refill_empty)          plain C, in a process of its own, nothing booted
 *	{
 *		CHECK(p != NULL);
 *	}
 *	TEST_G(sync, chan, close_twice) { ... }  on the main goroutine of a booted runtime
 *
 * The name is room/file/what; `gort test mem/mcache` runs those that start so. Each test runs
 * in its own process, so it may leave any mess behind, exhaust any limit and change any global.
 * It fails by a CHECK, by a signal, by an exit status other than 0, or by its time-out (60 s,
 * after which it is sent SIGQUIT, so that its goroutines show, and then SIGKILL).
 *
 *	TEST_DIES(base, fatal, twice, "fatal error: x", 2) { throw("x"); }
 *
 * passes when the process ends with status 2 (128 + n for signal n) and its output contains the
 * text. TEST_DIES_G is the same on a goroutine. Everything else is TEST_OPT:
 *
 *	TEST_OPT(lang, alg, fallback, .goroutine = true, .env = "GODEBUG=cpu.aes=off") { ... }
 *
 * A test that uses random numbers takes them from testRand(): the seed is printed when the test
 * fails and `gort test NAME --seed N` repeats it. A test that can run for long looks at
 * testSeconds(): `--stress SECONDS` sets it. One that takes longer than every day's tests may begins
 * with testLong() and runs if GORT_TEST_LONG=1 is set. Nothing here vanishes in a release build.
 */
#ifndef GORT_TESTS_TEST_H
#define GORT_TESTS_TEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct test {
	const char *name; /* room/file/what */
	void (*fn)(void);
	struct testopt {
		bool goroutine;   /* boot first, run on the main goroutine */
		const char *env;  /* "A=1 B=2", or NULL */
		const char *dies; /* text that the output must contain, or NULL */
		int status;       /* expected exit status; 128 + signal */
		int timeout;      /* seconds, 0: the runner's */
		bool alone;       /* no other test at the same time: it counts or measures */
	} opt;
	struct test *next;
};

void testRegister(struct test *t);

uint64_t testRand(void); /* uniform, from the seed of this run; any thread */
uint64_t testSeed(void);
double testSeconds(void);                 /* how long a stress test should run: default 1 */
void testLong(const char *takes);         /* skips, unless asked for: "20 minutes of two CPUs" */
int testProcs(void);                      /* --procs, or 0 */
_Noreturn void testSkip(const char *why); /* needs what this machine lacks */
_Noreturn void
testFail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool testStreq(const char *a, const char *b);
/* Runs fn(arg) in a forked child; its status as in TEST_DIES; its output in *out, malloced. */
int testForked(void (*fn)(void *), void *arg, char **out);

#define TEST_OPT(room, file, what, ...)                                                            \
	static void test_##room##_##file##_##what(void);                                           \
	static struct test testcase_##room##_##file##_##what = {                                   \
		.name = #room "/" #file "/" #what,                                                 \
		.fn = test_##room##_##file##_##what,                                               \
		.opt = {__VA_ARGS__},                                                              \
	};                                                                                         \
	__attribute__((constructor)) static void testreg_##room##_##file##_##what(void)            \
	{                                                                                          \
		testRegister(&testcase_##room##_##file##_##what);                                  \
	}                                                                                          \
	static void test_##room##_##file##_##what(void)

#define TEST(room, file, what)   TEST_OPT(room, file, what, .goroutine = false)
#define TEST_G(room, file, what) TEST_OPT(room, file, what, .goroutine = true)
#define TEST_DIES(room, file, what, text, code)                                                    \
	TEST_OPT(room, file, what, .dies = (text), .status = (code))
#define TEST_DIES_G(room, file, what, text, code)                                                  \
	TEST_OPT(room, file, what, .goroutine = true, .dies = (text), .status = (code))

#define CHECK(c)                                                                                   \
	do {                                                                                       \
		if (__builtin_expect(!(c), 0))                                                     \
			testFail(__FILE__, __LINE__, "CHECK(%s)", #c);                             \
	} while (0)
/* As CHECK, with more to say. */
#define CHECKF(c, ...)                                                                             \
	do {                                                                                       \
		if (__builtin_expect(!(c), 0))                                                     \
			testFail(__FILE__, __LINE__, __VA_ARGS__);                                 \
	} while (0)
/* Integers and pointers, compared as 64-bit values. */
#define CHECK_EQ(a, b)                                                                             \
	do {                                                                                       \
		int64_t check_a_ = (int64_t)(a), check_b_ = (int64_t)(b);                          \
		if (__builtin_expect(check_a_ != check_b_, 0))                                     \
			testFail(__FILE__, __LINE__,                                               \
				"CHECK_EQ(%s, %s): %lld (%#llx), %lld (%#llx)", #a, #b,            \
				(long long)check_a_, (unsigned long long)check_a_,                 \
				(long long)check_b_, (unsigned long long)check_b_);                \
	} while (0)
#define CHECK_STREQ(a, b)                                                                          \
	do {                                                                                       \
		const char *check_a_ = (a), *check_b_ = (b);                                       \
		if (!testStreq(check_a_, check_b_))                                                \
			testFail(__FILE__, __LINE__, "CHECK_STREQ(%s, %s): \"%s\", \"%s\"", #a,    \
				#b, check_a_ ? check_a_ : "(null)",                                \
				check_b_ ? check_b_ : "(null)");                                   \
	} while (0)

#endif
