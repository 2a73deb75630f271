# runtime.SetFinalizer: what it refuses, and what collections call.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

# What Go refuses, in its words.
test_refused() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"os"
	"runtime"
)

type T struct{ a, b *int }
type M interface{ None() }

func main() {
	t := new(T)
	switch os.Args[1] {
	case "nil":
		runtime.SetFinalizer(nil, func(*T) {})
	case "value":
		runtime.SetFinalizer(*t, func(*T) {})
	case "typednil":
		runtime.SetFinalizer((*T)(nil), func(*T) {})
	case "nofunc":
		runtime.SetFinalizer(t, 5)
	case "type":
		runtime.SetFinalizer(t, func(*int) {})
	case "two":
		runtime.SetFinalizer(t, func(*T, int) {})
	case "dots":
		runtime.SetFinalizer(t, func(...*T) {})
	case "method":
		runtime.SetFinalizer(t, func(M) {})
	case "inside":
		runtime.SetFinalizer(&t.b, func(**int) {})
	case "twice":
		runtime.SetFinalizer(t, func(*T) {})
		runtime.SetFinalizer(t, func(*T) {})
	case "fine":
		runtime.SetFinalizer(t, func(*T) {})
		runtime.SetFinalizer(t, nil)
		runtime.SetFinalizer(t, nil)
		runtime.SetFinalizer(t, func(interface{}) {})
		runtime.SetFinalizer(new(struct{}), func(*struct{}) {})
		return
	}
}
GO
	gort build -o x x.go
	refused nil "first argument is nil"
	refused value "first argument is main.T, not pointer"
	refused typednil "pointer not in heap"
	refused nofunc "second argument is int, not a function"
	refused type "cannot pass *main.T to finalizer func(*int)"
	refused two "cannot pass *main.T to finalizer func(*main.T, int)"
	refused dots "cannot pass *main.T to finalizer func(...*main.T) because dotdotdot"
	refused method "cannot pass *main.T to finalizer func(main.M)"
	refused inside "pointer not at beginning of allocated block"
	refused twice "finalizer already set"
	run ./x fine
	want_status 0
}

refused() {
	run ./x "$1"
	want_status 2
	want_err "fatal error: runtime.SetFinalizer: $2"
}

# A chain in its order, one each cycle; the parameter as an interface; results are dropped; the object
# that comes back and gets another; a cycle never; a finalizer that starts goroutines.
test_called() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"runtime"
	"time"
)

type node struct {
	next *node
	n    int
	more [10]int
}

func (n *node) Name() string { return fmt.Sprint("node ", n.n) }

type named interface{ Name() string }

var out = make(chan string, 1000)

func chain() {
	var first *node
	for i := 4; i >= 0; i-- {
		first = &node{next: first, n: i}
		runtime.SetFinalizer(first, func(n *node) (int, string) {
			out <- fmt.Sprint("chain ", n.n)
			return 1, "dropped"
		})
	}
}

func interfaces() {
	runtime.SetFinalizer(&node{n: 10}, func(n named) { out <- n.Name() })
	runtime.SetFinalizer(&node{n: 11}, func(v interface{}) { out <- fmt.Sprintf("%T", v) })
}

var back *node

func comesBack() {
	runtime.SetFinalizer(&node{n: 20}, func(n *node) {
		back = n
		runtime.SetFinalizer(n, func(n *node) { out <- fmt.Sprint("again ", n.n) })
		out <- "back"
	})
}

func cycle() {
	a, b := &node{n: 30}, &node{n: 31}
	a.next, b.next = b, a
	runtime.SetFinalizer(a, func(*node) { out <- "a cycle was broken" })
	runtime.SetFinalizer(b, func(*node) { out <- "a cycle was broken" })
}

func starts() {
	x := 40
	runtime.SetFinalizer(&node{n: 2}, func(n *node) {
		go func() { out <- fmt.Sprint("started ", x+n.n) }()
	})
}

// On goroutines of their own, so that nothing is left on a stack.
func apart(f func()) {
	done := make(chan bool)
	go func() { f(); close(done) }()
	<-done
	for i := 0; i < 4; i++ {
		done := make(chan bool)
		go func() { var a [500]int; fmt.Sprint(a); close(done) }()
		<-done
	}
}

func want(lines ...string) {
	for _, line := range lines {
		for i := 0; ; i++ {
			runtime.GC()
			select {
			case got := <-out:
				if got != line {
					panic(got + " instead of " + line)
				}
			case <-time.After(time.Millisecond):
				if i < 2000 {
					continue
				}
				panic("nobody says " + line)
			}
			break
		}
	}
}

func main() {
	before := runtime.NumGoroutine()
	apart(cycle)
	apart(chain)
	want("chain 0", "chain 1", "chain 2", "chain 3", "chain 4")
	apart(interfaces)
	a, b := "", ""
	for i := 0; b == ""; i++ {
		runtime.GC()
		select {
		case s := <-out:
			if a == "" {
				a = s
			} else {
				b = s
			}
		case <-time.After(time.Millisecond):
			if i == 2000 {
				panic("no interfaces")
			}
		}
	}
	if a != "node 10" && b != "node 10" || a != "*main.node" && b != "*main.node" {
		panic(a + b)
	}
	apart(comesBack)
	want("back")
	runtime.GC()
	if back.n != 20 {
		panic(back.n)
	}
	back = nil
	want("again 20")
	apart(starts)
	want("started 42")
	// Those that were started have spoken, and may not be at their end yet.
	for i := 0; runtime.NumGoroutine() != before; i++ {
		if i == 2000 {
			panic(runtime.NumGoroutine())
		}
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	select {
	case s := <-out:
		panic(s)
	case <-time.After(10 * time.Millisecond):
	}
	println("all")
}
GO
	gort build -o x x.go
	for n in 1 2 8; do
		run env GOMAXPROCS=$n GODEBUG=clobberfree=1 ./x
		want_status 0
		want_err all
	done
}

# What Go's own tests ask.
test_gosuite() { # secs=600
	only split
	need gccgo-12
	run "$TOP/tests/gosuite/suite.sh" mallocfin.go gc2.go deferfin.go tinyfin.go \
		fixedbugs/issue9110.go fixedbugs/issue5493.go
	want_status 0
	want_out "6 passed, 0 failed, 0 skipped"
}

# A panic in a finalizer ends the program.
test_panics() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "runtime"

type T struct{ a [20]int }

func finish(*T) { panic("too late") }

func main() {
	done := make(chan bool)
	go func() { runtime.SetFinalizer(new(T), finish); close(done) }()
	<-done
	for {
		runtime.GC()
	}
}
GO
	gort build -o x x.go
	run ./x
	want_status 2
	want_err "panic: too late" "main.finish"
}

# Without collections nothing is called, and no goroutine waits for it.
test_off() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "runtime"

func main() {
	runtime.SetFinalizer(new([10]int), func(*[10]int) { panic("called") })
	for i := 0; i < 10; i++ {
		runtime.GC()
		runtime.Gosched()
	}
}
GO
	gort build -o x x.go
	run env GODEBUG=gccollect=0 ./x
	want_status 0
}
