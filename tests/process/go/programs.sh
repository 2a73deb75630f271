# Go programs by the driver: run, build, link, modules, C and Go together.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

test_nothing() { # secs=300
	forgo
	run gort run "$TOP/examples/go/nothing/nothing.go"
	want_status 0
	[ ! -s out ] && [ ! -s err ] || die "it said something"
}

test_hello() { # secs=300
	forgo
	run gort run "$TOP/examples/go/hello/hello.go"
	want_status 0
	want_equal "$(cat out)" "Hello from Go on gort"
}

# C and Go on one goroutine, and over one channel.
test_example_mixed() { # secs=300
	forgo
	run gort run "$TOP/examples/go/mixed/mixed.go" "$TOP/examples/go/mixed/sum.c"
	want_status 0
	want_equal "$(cat out)" "weighted: 2.75
recovered: no weight for 4
0 1 2 3 4 "
}

test_status_args() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "os"

func main() {
	println(len(os.Args), os.Args[1])
	os.Exit(7)
}
GO
	run gort run x.go -- -v
	want_status 7
	want_err "2 -v"
	# The second time it comes from the cache.
	run gort run x.go -- -w
	want_status 7
	want_err "2 -w"
}

# Recursion over both boundaries, on a goroutine of 2 KiB, with a panic recovered from the bottom.
test_stacks() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "fmt"

func down(n int, a [4]int) int {
	if n == 0 {
		panic("bottom")
	}
	a[n%4] = n
	return down(n-1, a) + a[n%4] - n + 1
}

func try(n int) (s string) {
	defer func() { s = fmt.Sprint(recover()) }()
	down(n, [4]int{})
	return "came back"
}

func main() {
	c := make(chan string)
	for i := 0; i < 4; i++ {
		for _, n := range []int{10, 1000, 1000000} {
			go func(n int) { c <- try(n) }(n)
			if s := <-c; s != "bottom" {
				println(s)
			}
		}
	}
	println("done")
}
GO
	run gort run x.go
	want_status 0
	want_equal "$(cat err)" "done"
}

test_overflow() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

func down(n int) int { return down(n+1) + 1 }

func main() {
	c := make(chan int)
	go func() { c <- down(0) }()
	<-c
}
GO
	run gort run x.go
	want_status 2
	want_err "runtime: goroutine stack exceeds 1000000000-byte limit" "fatal error: stack overflow"
}

# A limit that the program sets; one below the smallest stack that there is counts as that.
test_max_stack() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"os"
	"runtime/debug"
	"strconv"
)

//go:noinline
func down(n int, a [64]int) int {
	if n == 0 {
		return a[3]
	}
	a[n%64] = n
	return down(n-1, a) + a[n%64]
}

func main() {
	limit, _ := strconv.Atoi(os.Args[1])
	frames, _ := strconv.Atoi(os.Args[2])
	println("before", debug.SetMaxStack(limit), debug.SetMaxStack(limit))
	c := make(chan int)
	go func() { c <- down(frames, [64]int{}) }()
	println("sum", <-c)
	if len(os.Args) > 3 {
		debug.SetMaxStack(1 << 20)
		println("main", down(frames, [64]int{}))
	}
}
GO
	gort build -o x x.go
	for limit in 1000000 100000 32768; do
		run ./x $limit 50
		want_status 0
		want_err "before 1000000000 $limit" "sum 1278"
		run ./x $limit 10000
		want_status 2
		want_err "runtime: goroutine stack exceeds $limit-byte limit" "fatal error: stack overflow" \
			" [running]:" "main.down(...)"
	done
	run ./x 100000000 100000 main
	want_status 2
	want_err "sum 5000050003" "runtime: goroutine stack exceeds 1048576-byte limit" \
		"goroutine 1 [running]:" "main.main(...)"
}

# gccgo's message, gccgo's status, no program.
test_rejected() { # secs=300
	forgo
	printf 'package main\n\nfunc main() { oops() }\n' >bad.go
	run gort build -o bad bad.go
	want_status 1
	want_err "bad.go:3:15: error: reference to undefined name"
	[ ! -e bad ] || die "a program was made"
	printf 'package main\n' >nomain.go
	run gort build -o nomain nomain.go
	want_status 1
	[ ! -e nomain ] || die "a program was made"
}

# Without gccgo: what it is called and how one gets it.
test_missing() {
	forgo
	echo 'package main; func main() {}' >x.go
	mkdir bin
	for c in sh cat sed grep mkdir make gcc ld dirname basename readlink id nproc sort tr cksum mktemp rm env uname ld.lld flock; do
		p=$(command -v $c) && ln -s "$p" "bin/$c"
	done
	printf '#!/bin/sh\necho 1000\n' >bin/id.new
	chmod +x bin/id.new
	mv -f bin/id.new bin/id
	run env PATH="$PWD/bin" "$TOP/gort" run x.go
	want_status 1
	want_err "missing packages: gccgo-12" "sudo apt-get install -y --no-install-recommends gccgo-12"
	run env GCCGO=gccgo-nowhere "$TOP/gort" run x.go
	want_status 1
	want_err "gccgo-nowhere"
}

test_refusals() {
	forgo
	echo 'package main; func main() {}' >x.go
	run gort build --freestanding x.go
	want_status 1
	want_err "--freestanding and Go do not go together"
	run gort build --sanitize address x.go
	want_status 1
	want_err "--sanitize and Go do not go together"
}

test_module() { # secs=300
	forgo
	need go-12
	mkdir -p m/sum
	printf 'module example.com/m\n\ngo 1.18\n' >m/go.mod
	printf 'package main\n\nimport "example.com/m/sum"\n\nfunc main() { println(sum.Of(2, 3)) }\n' >m/main.go
	printf 'package sum\n\nfunc Of(a, b int) int { return a + b }\n' >m/sum/sum.go
	run gort build -o prog m
	want_status 0
	run env GODEBUG=boottrace=1 ./prog
	want_status 0
	want_err "stackinit: segments" "5"
}

# A folder without a go.mod.
test_folder() { # secs=300
	forgo
	need go-12
	mkdir d
	printf 'package main\n\nfunc main() { println(f()) }\n' >d/a.go
	printf 'package main\n\nfunc f() string { return "folder" }\n' >d/b.go
	run gort build -o prog d
	want_status 0
	run ./prog
	want_equal "$(cat err)" "folder"
}

# C calls Go and Go calls C, on one goroutine; a panic of Go's passes C's frames.
test_mixed() { # secs=300
	forgo
	cat >a.c <<'C'
#include <gort.h>
#include <stdio.h>

struct gostr {
	const char *p;
	long n;
};
long go_twice(long x) __asm__("main.Twice");
void c_hello(struct gostr s, long n);
long c_sum(long n);

void
c_hello(struct gostr s, long n)
{
	printf("%.*s %ld on goroutine %s\n", (int)s.n, s.p, n, gort_goid() > 0 ? "yes" : "no");
	fflush(stdout);
}

long
c_sum(long n)
{
	long s = 0;
	for (long i = 0; i < n; i++)
		s += go_twice(i);
	return s;
}
C
	cat >b.go <<'GO'
package main

//extern c_hello
func hello(s string, n int)

//extern c_sum
func sum(n int) int

func Twice(x int) int {
	if x == 100 {
		panic("far enough")
	}
	return 2 * x
}

func main() {
	c := make(chan int)
	go func() { c <- sum(10) }()
	hello("from C", <-c)
	defer func() { println(recover().(string)) }()
	sum(1000)
}
GO
	run gort build -o prog a.c b.go
	want_status 0
	run ./prog
	want_status 0
	want_equal "$(cat out)" "from C 90 on goroutine yes"
	want_equal "$(cat err)" "far enough"
}

# Plain gccgo-12, whose linker is bfd's: such programs are recognised, and start on slots.
test_recipe_gccgo() { # secs=300
	forgo
	printf 'package main\n\nimport "fmt"\n\nfunc main() {\n\tc := make(chan string)\n\tgo func() { c <- fmt.Sprint(1, "recipe") }()\n\tprintln(<-c)\n}\n' >x.go
	lib=$(gort env --golibs)
	gccgo-12 -static-libgo -o x x.go $lib
	run env GODEBUG=boottrace=1 ./x
	want_status 0
	want_err "no small segments: not linked by lld or gold" "1recipe"
}

# On slots, too, stacks grow, and come to Go's end: by a link that changes no callers.
test_recipe_stacks() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strconv"
)

//go:noinline
func down(n int, a [64]int) int {
	if n == 0 {
		panic(fmt.Sprint("bottom", a[3]))
	}
	a[n%64] = n
	if n%100 == 0 {
		a[0] = len(fmt.Sprintf("%40.9f", float64(n)))
	}
	return down(n-1, a) + a[n%64]
}

func try(n int) (s string) {
	defer func() { s = recover().(string) }()
	down(n, [64]int{})
	return "came back"
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	c := make(chan string)
	for i := 0; i < 3; i++ {
		go func(n int) { c <- try(n) }(n + i)
		if a, b := <-c, try(n); a != "bottom3" || b != a {
			println(a, b)
			os.Exit(1)
		}
	}
}
GO
	lib=$(gort env --golibs)
	gccgo-12 -static-libgo -o x x.go $lib
	for n in 10 260 270 280 290 300 310 320 1000 100000; do
		run ./x $n
		want_status 0
	done
	run ./x 3000000
	want_status 2
	want_err "runtime: goroutine stack exceeds 1000000000-byte limit" "fatal error: stack overflow"
}

# The recipe without -static-libgo: half of the program would call one runtime, half the other.
test_recipe_shared() { # secs=300
	forgo
	echo 'package main; func main() { println("ran") }' >x.go
	lib=$(gort env --golibs)
	gccgo-12 -o x x.go $lib
	run ./x
	want_status 2
	want_lines err 1
	want_err "gort: libgo's own runtime is in the program: link it with -static-libgo"
	# Whatever the order on the command line.
	gccgo-12 -static-libgo -o y $lib x.go
	run ./y
	want_status 0
	want_equal "$(cat err)" ran
}

test_recipe_go() { # secs=300
	forgo
	need go-12
	mkdir m
	printf 'module example.com/m\n\ngo 1.18\n' >m/go.mod
	printf 'package main\n\nfunc main() { println("by go") }\n' >m/main.go
	lib=$(gort env --golibs)
	(cd m && GOCACHE=$PWD/cache GCCGO=gccgo-12 go-12 build -compiler gccgo -gccgoflags "-static-libgo $lib" -o x .)
	run m/x
	want_status 0
	want_equal "$(cat err)" "by go"
}

# A symbol that the library lacks brings libgo's own runtime along: the link is refused, and says so.
test_never_mixed() { # secs=300
	only opt split
	forgo
	gort build -o ok "$TOP/examples/go/nothing/nothing.go"
	mkdir -p tree
	cp -r "$TOP/gort" "$TOP/tools" "$TOP/include" "$TOP/Makefile" tree/
	mkdir -p inst/lib/gort/split inst/bin inst/include
	cp -r "$TOP/include/." inst/include
	cp "$TOP/gort" inst/bin/gort
	cp "$TOP/tools/go.sh" inst/lib/gort/go.sh
	: >inst/lib/libgort.a
	cp "$TOP/build/split/libgortgo.a" "$TOP/build/split/libgortstub.a" inst/lib/gort/split/
	inst/bin/gort build -o good "$TOP/examples/go/nothing/nothing.go"
	./good
	objcopy -L 'runtime.newobject' inst/lib/gort/split/libgortgo.a broken.a
	mv broken.a inst/lib/gort/split/libgortgo.a
	run inst/bin/gort build -o bad "$TOP/examples/go/nothing/nothing.go"
	want_status 1
	want_err "libgo's own runtime came into the link"
	[ ! -e bad ] || die "a program was made"
}

# What the compiler hands over without a copy: bytes that are joined to a string, or a key.
test_bytes_change() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "fmt"

type text struct{ body string }

//go:noinline
func (t *text) add(b []byte) { t.body += string(b) }

//go:noinline
func local(b []byte) int {
	s := "" + string(b)
	b[0] = 'Q'
	return len(s) + int(s[0])
}

func main() {
	b := []byte("howdy")
	var t text
	t.add(b)
	m := map[string]int{}
	m[string(b)] = 1
	n := map[string]int{}
	n[string(b)] += 2
	var e interface{} = string(b)
	k := map[interface{}]int{string(b): 7}
	type key struct {
		a string
		b int
	}
	ks := map[key]int{}
	ks[key{string(b), 1}] = 3
	arr := [1]string{string(b)}
	ma := map[[1]string]int{{string(b)}: 4}
	c := make(chan string, 1)
	c <- string(b)
	sl := []string{string(b)}
	sl = append(sl, string(b))
	fmt.Println(local([]byte("a")))
	copy(b, "world")
	for x := range m {
		fmt.Println(t.body, x, m["howdy"], m["world"])
	}
	for x := range n {
		fmt.Println(x, n["howdy"], n["world"])
	}
	fmt.Println(e, k, ks, arr, ma, <-c, sl)
	switch string(b) {
	case "world":
		fmt.Println("w")
	}
	rs := []rune("añb")
	u := "" + string(rs)
	rs[0] = 'z'
	fmt.Println(u)
	x := []byte(u)
	x[0] = 'y'
	fmt.Println(u, string(x))
}
GO
	run gort run x.go
	want_status 0
	want_equal "$(cat out)" "98
howdy howdy 1 0
howdy 2 0
howdy map[howdy:7] map[{howdy 1}:3] [howdy] map[[howdy]:4] howdy [howdy howdy]
w
añb
añb yñb"
}
