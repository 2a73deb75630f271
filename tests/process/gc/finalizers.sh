# Finalizers of Go programs run in Go's order: an object before what it points to.

test_order() { # secs=120
	only opt debug hard # Go
	need gccgo-12
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"runtime"
	"time"
)

type T struct {
	id   int
	next *T
	b    [100]byte
}
type I interface{ Name() int }

func (t *T) Name() int { return t.id }

var ran = make(chan int, 1000)

func chain(n int) {
	var prev *T
	for i := 0; i < n; i++ {
		t := &T{id: i, next: prev}
		prev = t
		if i%2 == 0 {
			runtime.SetFinalizer(t, func(t *T) { ran <- t.id })
		} else {
			runtime.SetFinalizer(t, func(t I) { ran <- t.Name() })
		}
	}
}

func main() {
	done := make(chan bool)
	go func() { chain(5); done <- true }()
	<-done
	last, n := 5, 0
	for n < 4 {
		runtime.GC()
		select {
		case id := <-ran:
			if id >= last {
				panic("the order is wrong")
			}
			last = id
			n++
		case <-time.After(time.Millisecond):
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println(n, m.NumGC > 0, m.NumForcedGC > 0, m.PauseTotalNs > 0)
}
GO
	run env GODEBUG=clobberfree=1 "$TOP/gort" run x.go
	want_status 0
	want_out "4 true true true"
}
