# What needs much stack, called by goroutines that stand on 2 KiB; and what leaves them there.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

# libc's resolver, libffi, the unwinder, a fault's frame: each by a goroutine of its own.
test_libc() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"net"
	"os/user"
	"reflect"
	"runtime"
	"strings"
	"time"
)

type big struct{ a [40]int }

func (b big) M(x int, f float64, s string) (int, string) { return b.a[x] + int(f), s + "!" }

func many(a, b, c, d, e, f, g, h, i int, r, s, t, u, v, w, x, y, z float64, l big) (string, big) {
	return "", l
}

func recovered(f func()) (s string) {
	defer func() { s = fmt.Sprint(recover()) }()
	f()
	return "nothing"
}

//go:noinline
func under(n int, f func() string) string {
	var a [8]int
	a[n%8] = n
	if n == 0 {
		return f()
	}
	return under(n-1, f) + strings.Repeat("", a[n%8]-n)
}

func main() {
	var none *big
	var m map[string]int
	zero := len(m)
	kinds := []func() string{
		func() string { a, err := net.LookupHost("localhost"); return fmt.Sprint(len(a) > 0, err) },
		func() string { u, err := user.LookupId("0"); return fmt.Sprint(u.Username, err) },
		func() string {
			r := reflect.ValueOf(big{[40]int{3: 7}}).Method(0).Call([]reflect.Value{
				reflect.ValueOf(3), reflect.ValueOf(2.5), reflect.ValueOf("called")})
			return fmt.Sprint(r[0].Int(), r[1].String())
		},
		func() string {
			f := reflect.MakeFunc(reflect.TypeOf(fmt.Sprint), func(in []reflect.Value) []reflect.Value {
				return []reflect.Value{reflect.ValueOf(fmt.Sprint(in[0].Len()))}
			}).Interface().(func(...interface{}) string)
			return f(1, 2, 3)
		},
		func() string { // arguments on the stack, and in all registers
			f := reflect.MakeFunc(reflect.TypeOf(many), func(in []reflect.Value) []reflect.Value {
				var s string
				for _, v := range in[:18] {
					s += fmt.Sprint(v.Interface())
				}
				return []reflect.Value{reflect.ValueOf(s), in[18]}
			}).Interface().(func(a, b, c, d, e, f, g, h, i int, r, s, t, u, v, w, x, y, z float64, l big) (string, big))
			s, l := f(1, 2, 3, 4, 5, 6, 7, 8, 9, 9.5, 8, 7, 6, 5, 4, 3, 2, 1, big{[40]int{39: 5}})
			return s + fmt.Sprint(l.a[39])
		},
		func() string { return recovered(func() { m["x"] = 1 }) },
		func() string { return recovered(func() { none.a[5]++ }) },
		func() string { return recovered(func() { println(1 / zero) }) },
		func() string { buf := make([]byte, 4096); return fmt.Sprint(runtime.Stack(buf, true) > 20) },
		func() string { return fmt.Sprintf("%.3e %v", 1.5e300, time.Unix(0, 0).UTC()) },
	}
	want := []string{"true <nil>", "root<nil>", "9called!", "3", "1234567899.5876543215",
		"assignment to entry in nil map",
		"runtime error: invalid memory address or nil pointer dereference",
		"runtime error: integer divide by zero", "true", "1.500e+300 1970-01-01 00:00:00 +0000 UTC"}
	c := make(chan string)
	for i, f := range kinds {
		// Below so many frames of about 100 bytes that the segment ends at each place.
		for n := 0; n < 24; n++ {
			go func() { c <- under(n, f) }()
			if got := <-c; got != want[i] {
				println(i, n, got)
			}
		}
	}
	println("done")
}
GO
	for ld in lld gold; do
		GORT_SPLIT_LD=$ld gort build -o x x.go
		run ./x
		want_status 0
		want_equal "$(cat err)" "done"
	done
}

# 20,000 goroutines that have deferred, copied, formed strings, asserted: parked, on their segments.
test_parked() { # secs=300
	only opt split
	need gccgo-12
	cat >x.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

type big struct{ a [40]int }

func resident() int {
	b, _ := os.ReadFile("/proc/self/statm")
	var size, pages int
	fmt.Sscan(string(b), &size, &pages)
	return pages * 4096
}

var sink interface{}
var mu sync.Mutex
var global [20]int

func main() {
	kinds := map[string]func(){
		"nothing": func() {},
		"defer":   func() { defer func() {}() },
		"copy":    func() { var a [20]int; copy(a[:], global[:]); a[1]++; global = a },
		"string":  func() { s := "abc"; s += string([]byte{'x'}); sink = len(s) },
		"compare": func() { sink = string(global[0:1][0]+65) == "A" },
		"map":     func() { m := map[string]int{"a": 1}; m["b"]++; delete(m, "a") },
		"iface":   func() { var e interface{} = global; _, ok := e.(fmt.Stringer); sink = ok },
		"select": func() {
			x := make(chan int)
			select {
			case <-x:
			default:
			}
		},
		"mutex": func() { mu.Lock(); defer mu.Unlock() },
		"error": func() { sink = errors.New("x") },
		"timer": func() { time.NewTimer(time.Hour).Stop() },
	}
	const N = 20000
	ready, wait := make(chan int, 100), make(chan int)
	kind := kinds[os.Args[1]]
	before := resident()
	for i := 0; i < N; i++ {
		go func() {
			kind()
			ready <- 1
			<-wait
		}()
	}
	for i := 0; i < N; i++ {
		<-ready
	}
	fmt.Println((resident() - before) / N)
}
GO
	gort build -o x x.go
	bad=
	for kind in nothing defer copy string compare map iface select mutex error timer; do
		run env GOMAXPROCS=1 ./x $kind
		want_status 0
		n=$(cat out)
		echo "$kind: $n bytes"
		# What was allocated is not collected. A stack that was moved from costs 4,096 more.
		[ "$n" -gt 2000 ] && [ "$n" -lt 4000 ] || bad="$bad $kind"
	done
	[ -z "$bad" ] || die "too much:$bad"
}

# Goroutines that were deep once and stand on their segments again lose their larger stacks to collections, and get
# others when they go down again. One that stands deep keeps it.
test_shrink() { # secs=120
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

const (
	many  = 400
	slot  = 1000  // frames: most of 256 KiB
	large = 20000 // more than that
)

//go:noinline
func fill(a *[16]int, n int) { a[n%16] = n }

//go:noinline
func deep(n int, at func()) int {
	var a [16]int
	fill(&a, n)
	if n == 0 {
		if at != nil {
			at()
		}
		return 0
	}
	return deep(n-1, at) + a[n%16]
}

func megabytes() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var size, pages int
	fmt.Sscan(strings.TrimSpace(string(b)), &size, &pages)
	return pages * os.Getpagesize() >> 20
}

func main() {
	var ready, done sync.WaitGroup
	again, up := make(chan bool), make(chan bool)
	check := func(frames, sum int) {
		if sum != frames*(frames+1)/2 {
			panic(fmt.Sprint(frames, " frames: ", sum))
		}
	}
	for i := 0; i < many; i++ {
		frames := slot
		if i%20 == 0 {
			frames = large
		}
		ready.Add(1)
		done.Add(1)
		go func(i int) {
			defer done.Done()
			if i < 4 {
				check(frames, deep(frames, func() {
					ready.Done()
					<-up
				}))
				return
			}
			check(frames, deep(frames, nil))
			ready.Done()
			<-again
			check(frames, deep(frames, nil))
		}(i)
	}
	ready.Wait()
	before := megabytes()
	for i := 0; i < 6; i++ {
		runtime.GC()
	}
	after := megabytes()
	close(again)
	close(up)
	done.Wait()
	fmt.Println(before > 60, after < before/2)
	fmt.Fprintln(os.Stderr, before, after)
}
GO
	gort build -o x x.go
	run ./x
	want_status 0
	want_out 'true true'
	run env GODEBUG=gcshrinkstackoff=1 ./x
	want_status 0
	want_out 'true false'
	run env GODEBUG=gctrack=wp ./x
	want_status 0
	want_out 'true true'
}
