# A build that breaks one promise dies at start, with its name, and runs none of the program.

program() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("main ran");
	return 0;
}
C
}

# dies STATUS TEXT
dies() {
	gcc -I"$TOP/include" -o x x.c libgort.a -pthread
	run ./x
	want_status "$1"
	want_err "$2"
	want_lines err 1
	want_lines out 0
}

test_tls() { # secs=120
	only opt debug
	program
	broken "$PWD/libgort.a" src/boot/rt0_go.c -DGORT_BREAK_TLS=1
	dies 2 "thread-local storage does not work"
}

test_cpulevel() { # secs=120
	only opt debug
	program
	broken "$PWD/libgort.a" src/boot/rt0_go.c -DGORT_BREAK_CPULEVEL=5
	dies 1 "this program was built for x86-64-v5, this CPU is x86-64-v"
}

test_check() { # secs=300
	only opt debug
	program
	for promise in SIZES OFFSETS CAS XADD NAN CLOCK; do
		broken "$PWD/libgort.a" src/base/check.c "-DGORT_BREAK_$promise=1"
		dies 2 "check failed: "
	done
}

# The library compiled for a level that this CPU lacks, if it lacks one.
test_march() { # secs=120
	only opt debug
	program
	grep -qw avx512f /proc/cpuinfo && skip "this CPU has all levels"
	broken "$PWD/libgort.a" src/arch/amd64/cpu.c -march=x86-64-v4
	dies 1 "this program was built for x86-64-v4"
}
