# The harness itself: a test that fails, dies, hangs or passes for the wrong reason is caught.

# A unit program around the real runner, with tests of our own and no runtime behind it.
runner() {
	only opt
	mkdir -p boot
	echo '_Noreturn void rt0_go(int argc, char **argv);' >boot/boot.h
	cat >stub.c <<'C'
#include "boot/boot.h"
#include <stdlib.h>
int gort_main(int, char **);
void
rt0_go(int argc, char **argv)
{
	exit(gort_main(argc, argv));
}
C
	cat >t.c <<'C'
#include "test.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void
say(void *a)
{
	puts(a);
	exit(3);
}
TEST(good, a, check) { CHECK(1); CHECK_EQ(3u, 3); CHECK_EQ(NULL, 0); CHECK_STREQ("a", "a"); }
TEST_G(good, a, goroutine) { CHECK(testRand() != testRand()); }
TEST_DIES(good, a, dies, "fatal error: x", 2) { fputs("fatal error: x\n", stderr); exit(2); }
TEST_DIES(good, a, signal, "", 128 + SIGABRT) { abort(); }
TEST_OPT(good, a, env, .env = "A=1 B=2") { CHECK_STREQ(getenv("B"), "2"); }
TEST(good, a, forked)
{
	char *out;
	CHECK_EQ(testForked(say, "hi", &out), 3);
	CHECK_STREQ(out, "hi\n");
}
TEST(good, a, skips) { testSkip("no luck"); }
TEST(bad, a, check) { CHECK(1 == 2); }
TEST(bad, a, equal) { CHECK_EQ(1, 2); }
TEST(bad, a, streq) { CHECK_STREQ("a", NULL); }
TEST(bad, a, status) { exit(1); }
TEST(bad, a, segv) { raise(SIGSEGV); }
TEST_DIES(bad, a, survives, "", 2) { }
TEST_DIES(bad, a, othertext, "fatal error: y", 2) { fputs("fatal error: x\n", stderr); exit(2); }
TEST_DIES(bad, a, check_inside, "", 2) { CHECK(0); }
TEST_OPT(bad, a, hangs, .timeout = 1) { for (;;) pause(); }
TEST(bad, a, seed) { CHECKF(0, "seed %llu", (unsigned long long)testSeed()); }
C
	gcc -std=gnu11 -O2 -DNDEBUG -I"$TOP/tests" -I. -o unit "$TOP/tests/runner.c" stub.c t.c
}

test_passing() {
	runner
	run ./unit good
	want_status 0
	want_equal "$(tail -n 1 out)" "6 passed, 0 failed"
	want_out " - good/a/skips # SKIP no luck" "# 1 skipped"
}

test_failing() {
	runner
	run ./unit --seed 12345
	want_status 1
	want_equal "$(tail -n 1 out)" "6 passed, 10 failed"
	want_equal "$(grep '^not ok' out | grep -vc ' - bad/')" 0
	want_out "CHECK(1 == 2)" "CHECK_EQ(1, 2): 1 (0x1), 2 (0x2)" 'CHECK_STREQ("a", NULL): "a", "(null)"' \
		"exit status 1, expected 0" "died of signal 11" "exit status 0, expected 2" \
		"its output lacks the expected text" "timed out after 1 s" "seed 12345" "#   seed: 12345"
}

test_selecting() {
	runner
	want_equal "$(./unit --list good/a/s)" "good/a/signal
good/a/skips"
	want_equal "$(./unit --list good | wc -l)" 7
	run ./unit goo
	want_status 2
	run ./unit --run good/a/nope
	want_status 2
	run ./unit --nope
	want_status 2
}

test_stress() {
	runner
	run ./unit --stress 1 --seed 7 good
	want_status 0
	want_out "seed 7"
	[ "$(sed -n '$s/ passed.*//p' out)" -gt 20 ] || die "too few rounds"
	run ./unit --stress 5 --seed 7 bad/a/seed
	want_status 1
	want_out "seed 7" "seed 8"
	want_equal "$(tail -n 1 out | sed 's/.*, //')" "$(grep -c '^not ok' out) failed"
}

test_commands() {
	runner
	printf 'process/x/yes\t5\t-\ttrue\nprocess/x/no\t5\talone\techo no; false\nprocess/x/slow\t1\t-\tsleep 100\n' >also
	run ./unit --also also process
	want_status 1
	want_equal "$(tail -n 1 out)" "1 passed, 2 failed"
	want_out "#   no" "timed out after 1 s"
}

# What a test leaves running does not outlive it.
test_no_leftovers() {
	runner
	printf 'process/x/bg\t5\t-\tsleep 1000 & echo $! >pid; exit 0\n' >also
	run ./unit --also also process
	want_status 0
	n=0
	while kill -0 "$(cat pid)" 2>/dev/null; do
		case $(ps -o stat= -p "$(cat pid)") in Z*) break ;; esac
		n=$((n + 1))
		[ $n -lt 100 ] || die "still running"
		sleep 0.05
	done
}

case_program() {
	cat >p.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// env: LANG=C
int
gort_main(int argc, char **argv)
{
	char line[100] = "";
	if (fgets(line, sizeof line, stdin) != NULL)
		printf("in %s", line);
	printf("%s %s\n", argc > 1 ? argv[1] : "-", getenv("A") != NULL ? getenv("A") : "-");
	if (argc > 2)
		fprintf(stderr, "one\nand two\n");
	return argc - 1;
}
C
	cat >>p.c
}

test_cases() {
	case_program <<'C'
// case: good
// args: "a b" 2
// env: A=x
// stdin: line
// status: 2
// stdout: in line
// stdout: a b x
// stderr: one
// stderr: two
// case: status
// args: x
// case: stdout
// stdout: -
// case: order
// args: a b
// status: 2
// stderr: two
// stderr: one
// case: text
// args: a b
// status: 2
// nostderr: two
// case: quiet
// args:
C
	run "$TOP/tests/process/case.sh" "$PWD/p.c" "$PWD/p.c" good
	want_status 0
	run "$TOP/tests/process/case.sh" "$PWD/p.c" "$PWD/p.c" quiet
	want_status 0
	for c in status stdout order text; do
		run "$TOP/tests/process/case.sh" "$PWD/p.c" "$PWD/p.c" $c
		want_status 101
	done
}
