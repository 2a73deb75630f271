// What happens to an edge between two homes: somebody has the only one, on a stack, in registers, in what
// the language keeps for a while. Each gives back what it was given.
package main

import (
	"os"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

var holds = []func(l *lot, e edge) edge{
	func(l *lot, e edge) edge { // computes, without a call
		atomic.AddUint64(&spun, spin(uint64(l.n(1<<uint(4+l.n(18))))))
		return e
	},
	func(l *lot, e edge) edge { // allocates
		for n := l.n(200); n > 0; n-- {
			garbage(l)
		}
		return e
	},
	func(l *lot, e edge) edge {
		for n := l.n(4); n >= 0; n-- {
			runtime.Gosched()
		}
		return e
	},
	func(l *lot, e edge) edge {
		if l.n(100) == 0 {
			runtime.GC()
		}
		return e
	},
	func(l *lot, e edge) edge { // in a call
		if l.n(4) == 0 {
			time.Sleep(time.Duration(l.n(300)) * time.Microsecond)
		} else {
			os.Getppid()
		}
		return e
	},
	func(l *lot, e edge) edge { return deep(e, l.n(300)) },
	func(l *lot, e edge) edge { return wide(l, e) },
	throwAndCatch,
	panicThrough,
	deferred,
	passOn,
	handOver,
	selected,
	byTimer,
	byReflection,
	byBox,
	pooled,
	split,
	ring,
	onceMore,
}

var spun uint64

//go:noinline
func spin(n uint64) (x uint64) {
	for i := uint64(0); i < n; i++ {
		x = x*6364136223846793005 + i
	}
	return
}

var (
	drop     [64]interface{}
	dropLock sync.Mutex
)

func garbage(l *lot) {
	var x interface{}
	switch l.n(8) {
	case 0:
		x = make([]byte, l.n(2000))
	case 1:
		x = make([]*node, l.n(100))
	case 2:
		x = new(node)
	case 3:
		x = text(l.next())
	case 4:
		x = make([]edge, 1, 1+l.n(20))
	case 5:
		x = &record{}
	case 6:
		x = func() int { return int(*l) }
	case 7:
		if l.n(200) == 0 {
			x = make([]*node, 1+l.n(30000))
		}
	}
	if l.n(32) == 0 {
		dropLock.Lock()
		drop[l.n(len(drop))] = x
		dropLock.Unlock()
	} else {
		sink(x)
	}
}

//go:noinline
func sink(x interface{}) {}

// On a stack that grows.
//
//go:noinline
func deep(e edge, n int) edge {
	var room [10]uint64
	room[n%10] = e.id
	if n == 0 {
		e.check("at the bottom of a stack")
		return e
	}
	e = deep(e, n-1)
	if room[n%10] != e.id {
		wrong("a stack's word has changed")
	}
	return e
}

// In an array on the stack, that is shuffled; the parameter dies at once.
//
//go:noinline
func wide(l *lot, e edge) edge {
	var a [32]edge
	at := l.n(32)
	a[at] = e
	e = edge{}
	for n := l.n(20); n > 0; n-- {
		to := l.n(32)
		a[at], a[to] = a[to], a[at]
		at = to
		if n%5 == 0 {
			b := a
			a = [32]edge{}
			garbage(l)
			copy(a[:], b[:])
		}
	}
	for i := range a {
		if a[i].p != nil && i != at {
			wrong("an array on the stack has the edge at %d, not at %d", i, at)
		}
	}
	return a[at]
}

// ---- panics and deferred calls --------------------------------------------------------------------

func throwAndCatch(l *lot, e edge) (r edge) {
	defer func() {
		garbage(l)
		switch x := recover().(type) {
		case edge:
			r = x
		case *edge:
			r = *x
		}
	}()
	if l.n(2) == 0 {
		panic(e)
	}
	panic(&edge{e.p, e.id})
}

func panicThrough(l *lot, e edge) (r edge) {
	defer func() { r = recover().(edge) }()
	panicsDeep(l, e, l.n(20))
	return
}

//go:noinline
func panicsDeep(l *lot, e edge, n int) {
	if n == 0 {
		panic(e)
	}
	defer func() {
		if n%3 == 0 {
			x := recover()
			garbage(l)
			panic(x)
		}
	}()
	panicsDeep(l, e, n-1)
}

func deferred(l *lot, e edge) (r edge) {
	func() {
		defer func(x edge) { r = x }(e)
		defer func() { garbage(l) }()
		e = edge{}
		garbage(l)
	}()
	return
}

// ---- other goroutines -------------------------------------------------------------------------------

func passOn(l *lot, e edge) edge {
	c := make(chan edge, l.n(2))
	go func(e edge) { c <- e }(e)
	e = edge{}
	garbage(l)
	return <-c
}

// The closure's variable has it, and is cleared.
func handOver(l *lot, e edge) edge {
	var wg sync.WaitGroup
	var got edge
	wg.Add(1)
	n := l.n(2000)
	go func() {
		x := e
		e = edge{}
		spin(uint64(n))
		got = x
		wg.Done()
	}()
	wg.Wait()
	return got
}

func selected(l *lot, e edge) edge {
	a, b, done := make(chan edge), make(chan *edge), make(chan bool)
	go func() {
		x := e
		e = edge{}
		select {
		case a <- x:
		case b <- &edge{x.p, x.id}:
		case <-done:
		}
	}()
	select {
	case x := <-a:
		return x
	case x := <-b:
		return *x
	}
}

func byTimer(l *lot, e edge) edge {
	if l.n(4) != 0 {
		return e
	}
	c := make(chan edge, 1)
	t := time.AfterFunc(time.Duration(l.n(500))*time.Microsecond, func() { c <- e })
	if l.n(4) == 0 && t.Stop() {
		return e
	}
	return <-c
}

// ---- reflection, boxes, pools -----------------------------------------------------------------------

func (e edge) Same(n int, x interface{}) edge { return e }

func byReflection(l *lot, e edge) edge {
	switch l.n(4) {
	case 0:
		f := reflect.ValueOf(func(x edge, n int) edge { return deep(x, n) })
		return f.Call([]reflect.Value{reflect.ValueOf(e), reflect.ValueOf(l.n(30))})[0].Interface().(edge)
	case 1:
		m := reflect.ValueOf(e).MethodByName("Same")
		return m.Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf("x")})[0].Interface().(edge)
	case 2:
		f := reflect.MakeFunc(reflect.TypeOf(func(edge) edge { return edge{} }),
			func(a []reflect.Value) []reflect.Value {
				garbage(l)
				return a
			}).Interface().(func(edge) edge)
		return f(e)
	}
	v := reflect.New(reflect.TypeOf(e)).Elem()
	v.Set(reflect.ValueOf(e))
	e = edge{}
	garbage(l)
	return v.Interface().(edge)
}

func byBox(l *lot, e edge) edge {
	b := &edge{e.p, e.id}
	e = edge{}
	for n := l.n(10); n > 0; n-- {
		c := *b
		*b = edge{}
		garbage(l)
		b = &c
	}
	return *b
}

type scratch struct {
	self *scratch
	e    edge
	s    []*edge
}

var pool = sync.Pool{New: func() interface{} {
	s := new(scratch)
	s.self = s
	return s
}}

// What lies in a pool may go at any time, but is whole if it is there.
func pooled(l *lot, e edge) edge {
	s := pool.Get().(*scratch)
	if s.self != s {
		wrong("a pool gave what nobody put there")
	}
	s.e.check("in a pool")
	for _, p := range s.s {
		p.check("in a pool's slice")
	}
	s.e = e
	e = edge{}
	garbage(l)
	e, s.e = s.e, edge{}
	x := newNode(l)
	s.s = append(s.s[:l.n(len(s.s)+1)], &x)
	if len(s.s) > 20 {
		s.s = nil
	}
	pool.Put(s)
	return e
}

// The pointer to the node is inside it, and past others that are gone.
func split(l *lot, e edge) edge {
	inner := &e.p.kid
	id := e.id
	e = edge{}
	garbage(l)
	spin(uint64(l.n(5000)))
	return edge{(*node)(container(inner)), id}
}

func ring(l *lot, e edge) edge {
	type link struct {
		next *link
		e    edge
	}
	first := &link{}
	first.next = first
	for n := 1 + l.n(20); n > 0; n-- {
		first.next = &link{next: first.next}
	}
	first.e = e
	e = edge{}
	for n := 20 + l.n(50); n > 0; n-- {
		first.next.e, first.e = first.e, edge{}
		first = first.next
		if n%16 == 0 {
			garbage(l)
		}
	}
	return first.e
}

func onceMore(l *lot, e edge) edge {
	var once sync.Once
	var r edge
	f := func() { r = e }
	once.Do(f)
	e = edge{}
	return r
}
