# What a panic of a Go program prints, and what still runs: Go's texts, Go's order.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

# says CASE TEXT: ./x CASE ends with status 2, and stderr up to the first empty line is TEXT.
says() {
	run ./x "$1"
	want_status 2
	sed '/^$/,$d; s/ pc=0x.*/ pc/' err >head
	printf '%s\n' "$2" | diff -u - head >&2 || die "$1"
}

test_texts() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

type InError struct{}

func (InError) Error() string { panic("in Error") }

type InString struct{}

func (InString) String() string { panic(errors.New("in String")) }

type Faults struct{ p *int }

func (f Faults) Error() string { return fmt.Sprint(*f.p) }

type Nothing struct{}

func (Nothing) Error() string { panic(nil) }

type Leaves struct{}

func (Leaves) Error() string { runtime.Goexit(); return "" }

type Text string

type Stringer struct{}

func (Stringer) String() string { return "stringer" }

type Wraps struct{ e error }

func (w Wraps) Error() string { return "wraps " + w.e.Error() }

func down(n int) {
	if n > 0 {
		down(n - 1)
	}
	panic(n)
}

func main() {
	switch os.Args[1] {
	case "in_error":
		panic(InError{})
	case "in_string":
		panic(InString{})
	case "fault":
		panic(Faults{})
	case "nothing":
		panic(Nothing{})
	case "leaves":
		panic(Leaves{})
	case "wraps":
		panic(Wraps{errors.New("deep")})
	case "pointer":
		panic(&Stringer{})
	case "nested":
		defer func() { panic(Stringer{}) }()
		defer func() { panic(2.5) }()
		panic(Text("one"))
	case "again":
		defer func() { panic(recover()) }()
		panic(errors.New("first"))
	case "recovered":
		defer func() {
			defer func() { panic(fmt.Sprint("third ", recover())) }()
			panic("second")
		}()
		panic("first")
	case "after_recovery":
		func() {
			defer func() { recover() }()
			panic("gone")
		}()
		panic("alone")
	case "in_goexit":
		defer func() { panic("in exit") }()
		runtime.Goexit()
	case "goexit_aborted":
		defer func() { panic(fmt.Sprint("again ", recover())) }()
		defer func() { panic("in exit") }()
		runtime.Goexit()
	case "goexit_main":
		runtime.Goexit()
	case "nil":
		panic(nil)
	case "nil_error":
		var e error
		panic(e)
	case "nil_func":
		var f func()
		defer f()
	case "nil_go":
		var f func()
		go f()
	case "int":
		down(3)
	case "complex":
		panic(complex(1, -2))
	case "to_array":
		s := make([]int, 2)
		_ = (*[4]int)(s)
	}
}
GO
	gort build -o x x.go
	says in_error "fatal error: panic while printing panic value: in Error"
	says in_string "fatal error: panic while printing panic value: type *errors.errorString"
	says fault "fatal error: panic while printing panic value: type runtime.errorString"
	says leaves "fatal error: no goroutines (main called runtime.Goexit) - deadlock!"
	says wraps "panic: wraps deep"
	says pointer "panic: stringer"
	says nested 'panic: main.Text("one")
	panic: +2.500000e+000
	panic: stringer'
	says again "panic: first [recovered]
	panic: first"
	says recovered "panic: first
	panic: second [recovered]
	panic: third second"
	says after_recovery "panic: alone"
	says in_goexit "panic: in exit"
	says goexit_aborted "panic: in exit [recovered]
	panic: again in exit"
	says goexit_main "fatal error: no goroutines (main called runtime.Goexit) - deadlock!"
	says nil "panic: nil"
	says nil_error "panic: nil"
	says nil_func "panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc"
	says nil_go "fatal error: go of nil func value"
	says int "panic: 0"
	says complex "panic: (+1.000000e+000-2.000000e+000i)"
	says to_array "panic: runtime error: cannot convert slice with length 2 to pointer to array with length 4"
	run ./x nothing
	want_status 2
	want_err "panic: (main.Nothing) "
}

# Main returns. A panic that runs what is deferred gets its turns, one that prints is waited for, and
# who merely runs is not.
test_grace() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"os"
	"runtime"
	"time"
)

var begun = make(chan bool)

type Slow struct{}

func (Slow) Error() string {
	begun <- true
	for i := 0; i < 50; i++ {
		runtime.Gosched()
	}
	return "slow"
}

func main() {
	switch os.Args[1] {
	case "turns":
		go func() {
			defer func() {
				begun <- true
				for i := 0; i < 100; i++ {
					runtime.Gosched()
				}
				println("the end")
			}()
			panic("late")
		}()
	case "prints":
		go func() { panic(Slow{}) }()
	case "too_late":
		go func() {
			defer func() {
				begun <- true
				time.Sleep(time.Hour)
				println("never")
			}()
			panic("too late")
		}()
	case "runs":
		go func() {
			defer println("never")
			begun <- true
			for {
			}
		}()
	case "recovers":
		go func() {
			defer func() {
				defer println("recovered")
				recover()
				begun <- true
				for i := 0; i < 100; i++ {
					runtime.Gosched()
				}
			}()
			panic("caught")
		}()
	}
	<-begun
}
GO
	gort build -o x x.go
	for procs in 1 2; do
		export GOMAXPROCS=$procs
		run ./x turns
		want_status 2
		want_err "the end" "panic: late" "goroutine "
		run ./x prints
		want_status 2
		want_err "panic: slow" "goroutine "
		run ./x too_late
		want_status 0
		[ ! -s err ] || die "it said something: $(cat err)"
		run ./x runs
		want_status 0
		[ ! -s err ] || die "it said something: $(cat err)"
	done
	GOMAXPROCS=1 run ./x recovers
	want_status 0
	want_equal "$(cat err)" recovered
}

# A function's last deferred call is off the list and its byte says that it returns before the call is
# made: a panic of that call must pass all the same. With results that have names, for then the function
# asks its byte; by the way back that skips frames and by the one that stops at each.
test_last_call_panics() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "fmt"

//go:noinline
func one(v interface{}) (r int) {
	defer func() {
		if v != nil {
			panic(v)
		}
	}()
	return 1
}

//go:noinline
func two(v interface{}) (r int) {
	defer func() {
		if v != nil {
			panic(v)
		}
	}()
	defer func() { r++ }()
	return 1
}

//go:noinline
func loop(v interface{}) (r int) {
	for i := 0; i < 3; i++ {
		i := i
		defer func() {
			if r++; i == 0 && v != nil {
				panic(v)
			}
		}()
	}
	return 0
}

//go:noinline
func sometimes(v interface{}) (r int) {
	if v == nil {
		return 4
	}
	defer func() { panic(v) }()
	return 5
}

func small(v interface{}) (r int) {
	defer check(v)
	return 6
}

func check(v interface{}) {
	if v != nil {
		panic(v)
	}
}

//go:noinline
func outer(f func(interface{}) int, v interface{}) (r int) {
	defer func() { r *= 10 }()
	return f(v) + small(nil)
}

//go:noinline
func tries(f func(interface{}) int, v interface{}) (s string) {
	s = "nothing"
	defer func() {
		if e := recover(); e != nil {
			s = fmt.Sprint("recovered ", e)
		}
	}()
	n := f(v)
	s = fmt.Sprint("returned ", n)
	return s
}

// A call that runs at the end of its function, while a panic runs that function, does not recover.
//go:noinline
func inDeferred() (s string) {
	defer func() { s = fmt.Sprint(recover(), " ", s) }()
	defer func() {
		defer func() { s = fmt.Sprint(recover()) }()
		s = small2()
	}()
	panic("outer")
}

//go:noinline
func small2() (s string) {
	defer func() {
		if e := recover(); e != nil {
			s = fmt.Sprint("wrong: ", e)
		}
	}()
	return "inner"
}

func main() {
	for i := 0; i < 3; i++ {
		for _, f := range []func(interface{}) int{one, two, loop, sometimes, small} {
			f := f
			o := func(v interface{}) int { return outer(f, v) }
			fmt.Println(tries(f, nil), tries(f, "p"), tries(o, nil), tries(o, "q"))
		}
		fmt.Println(inDeferred())
	}
}
GO
	gort build -o x x.go
	for way in ours libgcc compare; do
		run env GODEBUG=unwind=$way ./x
		want_status 0
		sort -u out >lines
		want_equal "$(cat lines)" 'outer <nil>
returned 1 recovered p returned 70 recovered q
returned 2 recovered p returned 80 recovered q
returned 3 recovered p returned 90 recovered q
returned 4 recovered p returned 100 recovered q
returned 6 recovered p returned 120 recovered q'
	done
}

# A deferred call that runs at the end of its function, and might recover, says where it will be called from.
# The newest record may be a C program's try meanwhile, which is found by the same word.
test_last_call_in_a_try() { # secs=300
	forgo
	cat >c.c <<'C'
#include <gort.h>
#include <gort/panic.h>

long go_panics(long n) __asm__("main.Panics");
static long n;

static void
call(void *arg)
{
	n = go_panics(*(long *)arg);
}

long
c_tries(long what)
{
	struct gort_panic p;
	return gort_try(&p, call, &what) ? n : -1;
}
C
	cat >x.go <<'GO'
package main

import "fmt"

//extern c_tries
func tries(n int) int

//go:noinline
func recovers(r *int, n int) {
	if e := recover(); e != nil {
		*r = 100
	}
	*r += n
}

//go:noinline
func quiet(n int) (r int) {
	defer recovers(&r, n)
	return 1
}

func Panics(n int) int {
	r := quiet(n)
	if n > 2 {
		panic("late")
	}
	return r
}

func main() {
	fmt.Println(tries(1), tries(2), tries(3), tries(1))
}
GO
	gort build -o x c.c x.go
	for way in ours libgcc compare; do
		run env GODEBUG=unwind=$way ./x
		want_status 0
		want_equal "$(cat out)" "2 3 -1 2"
	done
}
