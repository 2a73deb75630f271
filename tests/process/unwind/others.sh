# Ways back from a panic through code of other compilers and languages, by our unwinding, by the
# platform's, and by both side by side.

three() {
	for how in ours libgcc compare; do
		run env GODEBUG=unwind=$how ./prog
		want_status 0
		[ $# -eq 0 ] || [ "$(tail -n 1 out)" = "$1" ] || die "unwind=$how: it ended without saying $1"
	done
}

# compile COMPILER FLAG... FILE
compile() {
	need "$1"
	cc=$1
	shift
	# shellcheck disable=SC2046
	"$cc" -fexceptions $(gort env --cflags) "$@" $(gort env --libs) -o prog
}

test_no_frame_pointers() { # secs=120
	only opt debug hard # the sanitizers are linked by the driver
	compile gcc -O2 -DPUSHES -fomit-frame-pointer "$TOP/tests/process/unwind/ways.c"
	three
}

test_size() { # secs=120
	only opt debug hard
	compile gcc -Os -fomit-frame-pointer "$TOP/tests/process/unwind/ways.c"
	three
}

test_unoptimised() { # secs=120
	only opt debug hard
	compile gcc -O0 "$TOP/tests/process/unwind/ways.c"
	three
}

test_clang() { # secs=120
	only opt debug hard
	compile clang -O2 -DPUSHES -fomit-frame-pointer "$TOP/tests/process/unwind/ways.c"
	three
}

test_split() { # secs=300
	only opt split splitdebug splithard
	gort build --split-stack -o prog "$TOP/tests/process/unwind/ways.c"
	three
}

test_capi() { # secs=120
	gort build -o prog "-I$TOP/tests/capi" "$TOP/tests/capi/panic.c"
	three ok
}

test_cxx() { # secs=120
	only opt debug hard
	compile g++ -std=c++17 -O2 "$TOP/tests/cxx/exceptions.cc"
	three ok
}

# A catch (...) on the way has what came by; destructors run; cleanups of C in between, too.
test_catch_all() { # secs=120
	only opt debug hard
	cat >x.cc <<'C'
#include <cstdio>
#include <cstdlib>
#include <gort.h>

static int destroyed, cleaned, caught;

struct Destroys {
	~Destroys() { destroyed++; }
};

static void
check(int got, int want, int line)
{
	if (got != want) {
		std::fprintf(stderr, "line %d: %d, expected %d\n", line, got, want);
		std::_Exit(1);
	}
}
#define CHECK(got, want) check(got, want, __LINE__)

extern "C" void through_c(void (*fn)(void), int *count);

__attribute__((noinline)) static void
panics()
{
	gort_panic("here");
}

__attribute__((noinline)) static void
destroys()
{
	Destroys d;
	panics();
}

static void
plain(void *)
{
	through_c(destroys, &cleaned);
}

static void
catches(void *)
{
	try {
		through_c(destroys, &cleaned);
	} catch (...) {
		caught++;
	}
}

static void
passes(void *)
{
	try {
		through_c(destroys, &cleaned);
	} catch (...) {
		caught++;
		throw;
	}
}

int
gort_main(int, char **)
{
	for (int i = 1; i <= 10; i++) {
		struct gort_panic p;
		CHECK(gort_try(&p, plain, nullptr), false);
		CHECK(destroyed, 3 * i - 2);
		CHECK(cleaned, 3 * i - 2);
		// Whoever catches it has ended the unwinding, but not the try.
		gort_try(&p, catches, nullptr);
		CHECK(destroyed, 3 * i - 1);
		CHECK(cleaned, 3 * i - 1);
		CHECK(gort_try(&p, passes, nullptr), false);
		CHECK(destroyed, 3 * i);
		CHECK(cleaned, 3 * i);
		CHECK(caught, 2 * i);
	}
	return 0;
}
C
	cat >y.c <<'C'
static void
count(int **p)
{
	++**p;
}

void
through_c(void (*fn)(void), int *n)
{
	__attribute__((cleanup(count))) int *counted = n;
	fn();
}
C
	gcc -O2 -fexceptions -c -o y.o y.c
	compile g++ -std=c++17 -O2 x.cc y.o
	three
}

test_go() { # secs=300
	only opt split splitdebug splithard
	need gccgo-12
	cat >x.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sort"
	"strings"
)

type tree struct {
	left, right *tree
	n           int
}

var zero int

func fails(how int) int {
	switch how % 4 {
	case 0:
		panic(how)
	case 1:
		return 100 / zero
	case 2:
		var t *tree
		return t.left.n
	default:
		return []int{1, 2}[how+zero]
	}
}

// Many values are live over the call.
func keeps(how int) (s string) {
	a, b, c, d, e, f := how*3, how*5, how*7, how*11, how*13, how*17
	defer func() {
		s = fmt.Sprint(recover() != nil, a+b+c+d+e+f)
	}()
	a += b
	through(20, how)
	return fmt.Sprint(a, b, c, d, e, f)
}

func through(n, how int) int {
	if n == 0 {
		return fails(how)
	}
	if n%3 == 0 {
		// has a frame that is left without anything to do
		defer func() { zero = 0 }()
	}
	return through(n-1, how) + n
}

func loops(n, how int) (ran int) {
	for i := 0; i < n; i++ {
		i := i
		defer func() {
			ran++
			if i == n/2 {
				recover()
			}
		}()
	}
	return fails(how)
}

func again(how int) (s string) {
	defer func() { s += fmt.Sprint(recover()) }()
	defer func() {
		s += fmt.Sprint(recover() != nil, " ")
		defer func() { s += fmt.Sprint(recover(), " ") }()
		defer panic("second")
		panic("first")
	}()
	fails(how)
	return "not reached"
}

func nested(how int) (s string) {
	defer func() { s += fmt.Sprint(recover()) }()
	func() {
		defer func() {
			if recover() != nil {
				panic(errors.New("in its place"))
			}
		}()
		fails(how)
	}()
	return "not reached"
}

type byPanic []int

func (b byPanic) Len() int           { return len(b) }
func (b byPanic) Less(i, j int) bool { return fails(i) > j }
func (b byPanic) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func librarys() (s string) {
	defer func() { s = fmt.Sprint(recover() != nil) }()
	sort.Sort(byPanic{3, 1, 2, 5, 4})
	return
}

func reflected(how int) (s string) {
	defer func() { s = fmt.Sprint(recover() != nil) }()
	f := reflect.ValueOf(fails)
	m := reflect.MakeFunc(reflect.TypeOf(fails), func(args []reflect.Value) []reflect.Value {
		return f.Call(args)
	}).Interface().(func(int) int)
	return fmt.Sprint(m(how))
}

func mapped(how int) (s string) {
	defer func() { s = fmt.Sprint(recover() != nil) }()
	return strings.Map(func(r rune) rune { return rune(fails(how)) }, "abc")
}

func exits(how int) {
	defer func() { recover() }()
	defer runtime.Goexit()
	fails(how)
}

func all(how int) string {
	return fmt.Sprint(keeps(how), loops(9, how), again(how), nested(how), librarys(), reflected(how), mapped(how))
}

func main() {
	done := make(chan string)
	for g := 0; g < 8; g++ {
		go func() {
			for i := 0; i < 50; i++ {
				if s := all(i % 4); !strings.HasPrefix(s, "true ") || strings.Contains(s, "not reached") {
					done <- s
					return
				}
				ended := make(chan bool)
				go func() {
					defer close(ended)
					exits(i)
					done <- "Goexit returned"
				}()
				<-ended
			}
			done <- ""
		}()
	}
	for g := 0; g < 8; g++ {
		if s := <-done; s != "" {
			fmt.Println(s)
			return
		}
	}
	for i := 0; i < 4; i++ {
		fmt.Println(all(i))
	}
	fmt.Println("ok")
}
GO
	gort build -o prog x.go
	three ok
	GODEBUG=unwind=ours ./prog >ours
	GODEBUG=unwind=libgcc ./prog >libgcc
	cmp ours libgcc
	gccgo-12 -static-libgo -o stock x.go 2>/dev/null || return 0
	./stock >stock.out || return 0
	cmp ours stock.out || { diff ours stock.out; false; }
}
