# A Go program runs while it is marked, if nothing but Go code is in it.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

# A heap to mark; a goroutine that counts and stores pointers all the time; ten collections.
program() {
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

type node struct {
	left, right *node
	n           int
}

func build(depth int) *node {
	if depth == 0 {
		return &node{n: 1}
	}
	return &node{build(depth - 1), build(depth - 1), 0}
}

func (p *node) sum() int {
	if p.left == nil {
		return p.n
	}
	return p.left.sum() + p.right.sum()
}

var turns, stop int64

// Turns the tree around, again and again: each pointer is for a while in registers only.
//
//go:noinline
func (p *node) turn(depth int) {
	if depth == 0 || p.left == nil {
		return
	}
	l, r := p.left, p.right
	p.left, p.right = nil, nil
	l.turn(depth - 1)
	r.turn(depth - 1)
	p.left, p.right = r, l
}

func main() {
	const depth = 15
	top := build(depth)
	done := make(chan bool)
	go func() {
		for atomic.LoadInt64(&stop) == 0 {
			top.turn(depth)
			atomic.AddInt64(&turns, 1)
		}
		done <- true
	}()
	for i := 0; i < 10; i++ {
		runtime.GC()
		for t := atomic.LoadInt64(&turns); atomic.LoadInt64(&turns) < t+2; {
			runtime.Gosched()
		}
	}
	atomic.StoreInt64(&stop, 1)
	<-done
	if n := top.sum(); n != 1<<depth {
		fmt.Println("lost:", 1<<depth-n)
		os.Exit(1)
	}
	fmt.Println("ok")
}
GO
}

lines() { # how many collections, and how many of them beside the program
	all=$(grep -c '^gc [0-9]' err) || :
	beside=$(grep '^gc [0-9]' err | grep -vc '+0+[0-9.]* ms clock') || :
}

test_runs_meanwhile() { # secs=300
	forgo
	program
	gort build -o x x.go
	run env GODEBUG=gctrace=1,clobberfree=1,gccheckmark=1 ./x
	want_status 0
	want_equal "$(cat out)" ok
	lines
	[ "$all" -ge 10 ] || die "$all collections"
	[ "$beside" -ge $((all / 2)) ] || die "$beside of $all collections beside the program"
	run env GODEBUG=gctrace=1,gcstoptheworld=1 ./x
	want_status 0
	lines
	[ "$beside" -eq 0 ] || die "$beside of $all collections beside the program, against GODEBUG=gcstoptheworld=1"
}

# A module, which the go command builds, its packages apart.
test_module() { # secs=300
	forgo
	program
	mkdir -p m/p
	printf 'module example.org/m\n\ngo 1.18\n' >m/go.mod
	printf 'package p\n\nvar X *int\n\nfunc F() { X = new(int) }\n' >m/p/p.go
	sed 's|^import (|&\n\t"example.org/m/p"|; s|^	top := |	p.F()\n&|' x.go >m/main.go
	gort build -o x m
	run env GODEBUG=gctrace=1 ./x
	want_status 0
	want_equal "$(cat out)" ok
	lines
	[ "$beside" -ge $((all / 2)) ] || die "$beside of $all collections beside the program"
}

# C in the program: it stores as it likes.
test_not_with_c() { # secs=300
	forgo
	program
	echo 'int answer(void) { return 42; }' >c.c
	gort build -o x x.go c.c
	run env GODEBUG=gctrace=1 ./x
	want_status 0
	lines
	[ "$all" -ge 10 ] || die "$all collections"
	[ "$beside" -eq 0 ] || die "$beside of $all collections beside a program with C in it"
}

# Somebody computes and never calls: the collection does not wait for him for ever.
test_somebody_never_calls() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

var out, begun int64

func main() {
	runtime.GOMAXPROCS(2)
	done := make(chan bool)
	go func() {
		atomic.StoreInt64(&begun, 1)
		x := uint64(1)
		for i := 0; i < 1<<30; i++ {
			x = x*6364136223846793005 + 1
		}
		out = int64(x)
		done <- true
	}()
	for atomic.LoadInt64(&begun) == 0 {
		runtime.Gosched()
	}
	runtime.GC()
	fmt.Println("collected")
	<-done
	if out == 0 {
		panic("not computed")
	}
}
GO
	gort build -o x x.go
	run env GODEBUG=gctrace=1 ./x
	want_status 0
	want_equal "$(cat out)" collected
	lines
	[ "$all" -ge 1 ] || die "no collection"
	[ "$beside" -lt "$all" ] || die "a collection began beside somebody who may have read the flag before"
}

# Two lines for each collection that the program ran beside, after Go's; what was marked is what is live.
test_pacertrace() { # secs=60
	forgo
	program
	gort build -o x x.go
	run env GODEBUG=gctrace=1,gcpacertrace=1 ./x
	want_status 0
	lines
	n=$beside
	[ "$n" -ge $((all / 2)) ] || die "$n of $all collections beside the program"
	[ "$(grep -Ec '^pacer: assist ratio=[0-9]+\.[0-9]{3} \(scan [0-9]+ MB in [0-9]+->[0-9]+ MB\) workers=25%$' err)" = "$n" ] ||
		die "$(grep pacer err | head -4)"
	[ "$(grep -Ec '^pacer: [0-9]+% CPU \(25 exp\.\) for [0-9]+\+[0-9]+\+[0-9]+ B work \([0-9]+ B exp\.\) in [0-9]+ B -> [0-9]+ B \(∆goal -?[0-9]+, cons/mark [0-9]+\.[0-9]{3}\)$' err)" = "$n" ] ||
		die "$(grep pacer err | head -4)"
	run env GODEBUG=gctrace=1,gcpacertrace=1,gcstoptheworld=1 ./x
	want_status 0
	! grep -q pacer err || die "of collections that the world stood still for: $(grep -m1 pacer err)"
}
