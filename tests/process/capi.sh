# The public API as its users see it: the programs of tests/capi in each language, and the examples.

programs() {
	ls "$TOP"/tests/capi/*.c
}

# The -l and -L part alone, for compilers that are not the driver's.
static() {
	gort env --libs
}

# language COMPILER STANDARD [-x c++]: all programs compile without a warning.
language() {
	need "$1"
	lang_cc=$1 lang_std=$2
	shift 2
	for f in $(programs); do
		"$lang_cc" "$@" "-std=$lang_std" -Wall -Wextra -Wpedantic -Werror -D_GNU_SOURCE -O1 \
			"-I$TOP/include" "-I$TOP/tests/capi" -c -o x.o "$f" || die "$lang_cc $lang_std: $f"
	done
	# Each header alone, too.
	for f in "$TOP"/include/gort.h "$TOP"/include/gort/*.h; do
		echo "#include \"$f\"" >alone.c
		"$lang_cc" "$@" "-std=$lang_std" -Wall -Wextra -Wpedantic -Werror "-I$TOP/include" \
			-c -o x.o alone.c || die "$lang_cc $lang_std: $f"
	done
}

test_gcc_c11() {
	language gcc c11
}

test_gcc_c17() {
	language gcc c17
}

test_gcc_c23() {
	language gcc gnu2x
}

test_gcc_cxx17() {
	language g++ c++17 -x c++
}

test_gcc_cxx20() {
	language g++ c++20 -x c++
}

test_clang_c11() {
	language clang c11
}

test_clang_c17() {
	language clang c17
}

test_clang_c23() {
	language clang gnu2x
}

test_clang_cxx17() {
	language clang++ c++17 -x c++
}

# passes PROGRAM: built as C by the driver, it says ok.
passes() {
	gort build -o ./prog "-I$TOP/tests/capi" "$TOP/tests/capi/$1.c"
	for n in 1 2 8; do
		run env GOMAXPROCS=$n ./prog
		want_status 0
		[ "$(tail -n 1 out)" = ok ] || die "$1 ended without saying ok"
	done
}

test_chan() {
	passes chan
}

test_select() {
	passes select
}

test_go() {
	passes go
}

test_panic() {
	passes panic
}

test_sync() {
	passes sync
}

test_timer() {
	passes timer
}

test_context() {
	passes context
}

test_local() {
	passes local
}

test_mem() {
	passes mem
}

test_map() {
	passes map
}

test_finalizer() {
	passes finalizer
}

test_file() {
	passes file
}

test_package() {
	passes package
}

test_string() {
	passes string
}

test_slice() {
	passes slice
}

# Types and interfaces in a header, each implementation in a file of its own.
test_iface() {
	passes iface
	cat >shapes.h <<'C'
#include <gort.h>
#define shape_METHODS(METHOD, T) METHOD(T, area, double, (void *))
GORT_INTERFACE(shape);
#define named_METHODS(METHOD, T) METHOD(T, name, const char *, (void *))
GORT_INTERFACE(named);
struct square { double side; };
GORT_IMPLEMENTS(shape, square, struct square);
GORT_IMPLEMENTS(named, square, struct square);
C
	cat >area.c <<'C'
#include "shapes.h"
static double square_area(void *self) { struct square *s = self; return s->side * s->side; }
GORT_IMPLEMENTATION(shape, square, struct square);
C
	cat >name.c <<'C'
#include "shapes.h"
static const char *square_name(void *self) { (void)self; return "square"; }
GORT_IMPLEMENTATION(named, square, struct square);
C
	cat >main.c <<'C'
#include "shapes.h"
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct square q = {3};
	named n = gort_as(named, square_as_shape(&q));
	gort_printf("%s %d\n", n.m->name(n.self), (int)square_as_shape(&q).m->area(&q));
	return square_from_named(n) != &q;
}
C
	gort build -o ./shapes main.c name.c area.c
	run ./shapes
	want_status 0
	[ "$(cat out)" = "square 9" ] || die "the files do not agree: $(cat out)"
}

test_short() {
	passes short
}

# Without libc.
test_freestanding() {
	only opt
	gort build --freestanding -o ./prog "-I$TOP/tests/capi" "$TOP/tests/capi/freestanding.c"
	for n in 1 2 8; do
		run env GOMAXPROCS=$n ./prog
		want_status 0
		[ "$(tail -n 1 out)" = ok ] || die "it ended without saying ok"
	done
}

test_hosted_freestanding() {
	passes freestanding
}

# What gort/debug.h prints.
test_dumps() {
	cat >dump.c <<'C'
#include <gort.h>
static void
waiter(void *arg)
{
	gort_recv((gort_chan *)arg, NULL);
	gort_print("released\n");
}
static __attribute__((noinline)) void
inner(void)
{
	gort_stack_dump(false);
	gort_eprintf("---\n");
	gort_stack_dump(true);
	gort_eprintf("---\n");
	gort_sched_dump(true);
}
int
gort_main(int argc, char **argv)
{
	gort_chan *c = gort_chan_make(int, 0);
	gort_go_options o = { .name = "reader" };
	(void)argv;
	if (gort_go_opt(waiter, c, &o) != 0)
		return 1;
	gort_gomaxprocs(1);
	gort_gosched();
	inner();
	if (argc > 1) {
		gort_set_traceback("all");
		gort_close(NULL);
	}
	return 0;
}
C
	gort build -o dump dump.c
	run ./dump
	want_status 0
	awk '/^---/ { n++; next } { print >"part" n + 0 }' err
	grep -q '^goroutine 1 \[running\]:' part0 || die "the caller is not shown"
	grep -q '^inner(...)' part0 && grep -q '^gort_main(...)' part0 || die "its frames are not shown"
	! grep -q 'chan receive' part0 || die "others are shown"
	grep -q '^inner(...)' part1 || die "the caller is not among all"
	grep -q '^goroutine [0-9]* \[chan receive.*reader' part1 || die "no other goroutine is shown"
	grep -q '^waiter(...)' part1 || die "its function is not shown"
	grep -q '^SCHED .* gomaxprocs=1 ' part2 || die "no line of the scheduler"
	run env GOTRACEBACK=single ./dump x
	want_status 2
	want_err "close of nil channel" "[chan receive"
}

# As C++, by another compiler, against the archive.
cxx() {
	need "$1"
	only opt debug
	flags=$(gort env --cflags)
	libs=$(gort env --libs)
	for f in $(programs); do
		# shellcheck disable=SC2086
		"$1" -x c++ -std=c++17 -O2 $flags "-I$TOP/tests/capi" -D_GNU_SOURCE "$f" -x none $libs \
			-o prog || die "$1: $f"
		run ./prog
		want_status 0
		[ "$(tail -n 1 out)" = ok ] || die "$f ended without saying ok"
	done
}

test_runs_as_cxx_gcc() { # secs=180
	cxx g++
}

test_runs_as_cxx_clang() { # secs=180
	cxx clang++
}

# The short way through gort_alloc: no call, no locked instruction before the first return.
test_alloc_fast_path() {
	only opt
	need objdump
	gort env --libs >libs
	# shellcheck disable=SC2046
	set -- $(cat libs)
	archive=
	for w in "$@"; do
		case $w in
		*.a) archive=$w ;;
		-L*) [ -f "${w#-L}/libgort.a" ] && archive=${w#-L}/libgort.a ;;
		esac
	done
	[ -n "$archive" ] || die "no archive in: $*"
	for f in gort_alloc gort_alloc_noscan; do
		objdump -d --no-show-raw-insn --no-addresses --disassemble="$f" "$archive" |
			awk -v f="$f" '
			$0 ~ "^<" f ">:" { on = 1; next }
			on && /^[ \t]/ { print; n++ }
			on && /ret/ { exit }' >path
		[ -s path ] || die "$f is not in $archive"
		grep -q 'ret' path || die "$f: no return"
		! grep -E 'call|lock|xchg' path || {
			cat path >&2
			die "$f: its fast path calls or locks"
		}
	done
}
