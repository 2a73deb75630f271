# A program compiled for more than this CPU refuses to start: one line, status 1.

source_of() {
	cat >x.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_print("main ran\n");
	return 0;
}
C
	# A second file, compiled for more than the first.
	cat >y.c <<'C'
#include <gort.h>
int other;
C
}

# refuses LEVEL CPU PROGRAM: on a CPU of that level.
refuses() {
	run env GORT_CPU_PRETEND="$2" "$3"
	want_status 1
	want_lines err 1
	want_err "this program was built for x86-64-v$1, this CPU is x86-64-v$2"
	want_lines out 0
}

runs() {
	run env GORT_CPU_PRETEND="$1" "$2"
	want_status 0
	want_lines err 0
}

haslevel() {
	case $1 in
	2) want=sse4_2 ;;
	3) want=avx2 ;;
	4) want=avx512vl ;;
	esac
	grep -qw $want /proc/cpuinfo || skip "this CPU is not x86-64-v$1"
}

# The levels can be pretended in builds with assertions only.
test_levels() { # secs=120
	only debug hard
	source_of
	for level in 2 3 4; do
		haslevel $level
		gort build -o x -march=x86-64-v$level x.c
		refuses $level $((level - 1)) ./x
		refuses $level 1 ./x
		runs $level ./x
	done
	gort build -o x x.c
	runs 1 ./x
}

# The largest of all files counts.
test_files() { # secs=120
	only debug
	source_of
	haslevel 3
	eval "libs=\$(gort env --libs)"
	# shellcheck disable=SC2154
	gcc -c -I"$TOP/include" -o x.o x.c
	gcc -c -I"$TOP/include" -march=x86-64-v3 -o y.o y.c
	# shellcheck disable=SC2086
	gcc -o x x.o y.o $libs
	refuses 3 2 ./x
	runs 3 ./x
}

test_cxx() { # secs=120
	only debug
	need g++
	source_of
	haslevel 3
	cp y.c y.cc
	gcc -c -I"$TOP/include" -o x.o x.c
	g++ -c -I"$TOP/include" -march=x86-64-v3 -o y.o y.cc
	# shellcheck disable=SC2046
	g++ -o x x.o y.o $(gort env --libs)
	refuses 3 2 ./x
}

test_shared() { # secs=120
	only debug
	source_of
	haslevel 3
	gort env >/dev/null # builds it
	lib=$(gort env | sed -n 's/^GORT_LIB=//p')
	[ -f "$lib/libgort.so" ] || make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" shared >/dev/null
	gcc -I"$TOP/include" -march=x86-64-v3 -o x x.c -L"$lib" -lgort "-Wl,-rpath,$lib"
	refuses 3 2 ./x
	runs 3 ./x
}

# In the build that users have, on a CPU that has it all, nothing is in the way.
test_native() { # secs=120
	source_of
	gort build -o x -march=native x.c
	run ./x
	want_status 0
	want_lines err 0
	gort build --freestanding -o x -march=native x.c
	run ./x
	want_status 0
}
