# Packages: what inittrace prints, several files, several objects, what an init function may do.

test_inittrace() {
	cat >x.c <<'C'
#include <gort.h>
GORT_PACKAGE(net, log);
GORT_INIT(net) { gort_sleep(3 * GORT_MS); }
GORT_PACKAGE(log);
static void *keep;
GORT_INIT(log) { for (int i = 0; i < 100; i++) keep = gort_make(char, 1024); }
int gort_main(int argc, char **argv) { (void)argc, (void)argv; return 0; }
C
	run env GODEBUG=inittrace=1 "$TOP/gort" run x.c
	want_status 0
	grep -E '^init [a-z]+ @[0-9.]+ ms, [0-9.]+ ms clock, [0-9]+ bytes, [0-9]+ allocs$' err >lines
	want_equal "$(grep -c "^init" err)" 3
	want_lines lines 3
	want_equal "$(cut -d' ' -f2 lines | tr '\n' ' ')" "runtime log net "
	# 100 objects of 1 KiB; sleeping 3 ms takes 3 ms.
	set -- $(grep '^init log' lines)
	[ "$8" -ge 102400 ] && [ "$8" -lt 120000 ] || die "bytes: $8"
	[ "${10}" -ge 100 ] && [ "${10}" -lt 130 ] || die "allocs: ${10}"
	ms=$(sed -n 's/^init net @[0-9.]* ms, \([0-9]*\).*/\1/p' lines)
	[ "$ms" -ge 3 ] || die "clock: $ms"
}

# One package in two files; the order of files is the order of the command line.
test_two_files() {
	cat >a.c <<'C'
#include <gort.h>
#include <stdio.h>
GORT_PACKAGE(both);
GORT_INIT(both) { puts("a"); }
int gort_main(int argc, char **argv) { (void)argc, (void)argv; return 0; }
C
	cat >b.c <<'C'
#include <gort.h>
#include <stdio.h>
GORT_INIT(both) { puts("b"); }
C
	run gort run a.c b.c
	want_status 0
	want_equal "$(cat out)" "a
b"
}

# An init function that locks its thread keeps main there; otherwise main may move.
test_locked() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <stdio.h>
#include <unistd.h>
GORT_PACKAGE(gui);
GORT_INIT(gui) { gort_lock_os_thread(); }
static void spin(void *arg) { (void)arg; for (int i = 0; i < 1000; i++) gort_gosched(); }
int gort_main(int argc, char **argv) {
	(void)argc, (void)argv;
	for (int i = 0; i < 20; i++) gort_go(spin, NULL);
	for (int i = 0; i < 500; i++) {
		gort_gosched();
		if (gettid() != getpid()) { puts("moved"); return 1; }
	}
	return 0;
}
C
	run gort run x.c
	want_status 0
	run env GODEBUG=boottrace=1 "$TOP/gort" run x.c
	want_err "unlockOSThread: still locked, by an init function"
}

# modulesinit and typelinksinit see what objects bring.
test_counts() {
	cat >x.c <<'C'
#include <gort.h>
struct node { struct node *next; int v; };
GORT_POINTERS(struct node, next);
GORT_PACKAGE(one);
GORT_PACKAGE(two, one);
int gort_main(int argc, char **argv) { (void)argc, (void)argv; return gort_new(struct node)->v; }
C
	run env GODEBUG=boottrace=1 "$TOP/gort" run x.c
	want_status 0
	want_err "modulesinit: 2 packages in 1 object" "typelinksinit: 1 type"
}

# Compiled Go's packages, types and method tables are counted before any of it runs, as many as the program has; and
# a dynamic conversion takes the table that the compiler made for a static one.
test_go_counts() { # secs=120
	only opt split splitdebug splithard
	need gccgo-12
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"reflect"
	"unsafe"
)

type shape interface {
	area() int
	name() string
}
type square struct{ side int }

func (s *square) area() int    { return s.side * s.side }
func (s *square) name() string { return "square" }
func (s *square) unused() int  { return 0 }

type other interface{ area() int }

//go:noinline
func static(s *square) shape { return s }

func table(s shape) uintptr { return *(*uintptr)(unsafe.Pointer(&s)) }

func main() {
	s := &square{3}
	var v interface{} = s
	fmt.Println("same table:", table(v.(shape)) == table(static(s)), v.(shape).area())
	fmt.Println(v.(other).area(), reflect.PtrTo(reflect.TypeOf(*s)) == reflect.TypeOf(s))
	_, ok := v.(fmt.Stringer)
	fmt.Println(ok)
}
GO
	run gort build -o x x.go
	want_status 0
	types=$(nm x | grep -c '\.\.types$')
	tables=$(nm x | grep -c ' p\{0,1\}imt\.\.')
	listed=0 # by the lists' sizes: an empty one has room for one
	for size in $(nm -S x | sed -n 's/^[^ ]* \([^ ]*\) . .*\.\.types$/\1/p'); do
		listed=$((listed + 0x$size / 8 - 1))
	done
	[ "$types" -gt 10 ] && [ "$tables" -gt 10 ] && [ "$listed" -gt 100 ] || die "$types, $tables, $listed"
	run env GODEBUG=boottrace=1 ./x
	want_status 0
	want_out "same table: true 9" "9 true" "false"
	want_err "modulesinit: $types packages in 1 object" "; the compiler made $tables"
	got=$(sed -n 's/.*typelinksinit: \([0-9]*\) types/\1/p' err)
	[ "$got" -le "$listed" ] && [ "$got" -gt $((listed - types)) ] || die "$got of $listed types"
	# What comes without a linker that lays them out comes with the program's own first function.
	run env GORT_SPLIT_LD=gold "$TOP/gort" build -o x x.go
	run env GODEBUG=boottrace=1 ./x
	want_status 0
	want_out "same table: false 9" "9 true" "false"
	want_err "modulesinit: 0 packages in 0 objects" "typelinksinit: 0 types"
}

# A package in a shared library is another object's.
test_shared() { # secs=120
	only opt debug
	cat >lib.c <<'C'
#include <gort.h>
#include <stdio.h>
GORT_PACKAGE(lib);
GORT_INIT(lib) { puts("lib"); }
int lib_answer(void);
int lib_answer(void) { return 42; }
C
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
int lib_answer(void);
GORT_PACKAGE(app, lib);
GORT_INIT(app) { puts("app"); }
int gort_main(int argc, char **argv) { (void)argc, (void)argv; return lib_answer() - 42; }
C
	gort install "$PWD/inst" >/dev/null
	gcc -shared -fPIC -I"$TOP/include" -o libone.so lib.c
	gcc -I"$TOP/include" -o x x.c -L. -lone -Linst/lib -lgort -Wl,-rpath,"$PWD:$PWD/inst/lib"
	run env GODEBUG=boottrace=1 ./x
	want_status 0
	want_equal "$(cat out)" "lib
app"
	want_err "modulesinit: 2 packages in 2 objects"
}
