// Homes: places where an edge can live. Whoever takes it out has the only edge to that node; whoever
// puts it in lets go of it. Each kind stores in another way.
package main

import (
	"container/list"
	"reflect"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"
)

type home interface {
	put(l *lot, e edge) bool // false: it is full
	take(l *lot) edge        // nil: there is none
}

// ---- a slice of slots, and what is done to whole slices -----------------------------------------

type slots struct {
	sync.Mutex
	s []edge
}

func (h *slots) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	i := l.n(len(h.s))
	if h.s[i].p != nil {
		return false
	}
	h.s[i] = e
	return true
}

func (h *slots) take(l *lot) edge {
	h.Lock()
	defer h.Unlock()
	switch l.n(16) {
	case 0: // by typedmemmove, overlapping
		last := h.s[len(h.s)-1]
		copy(h.s[1:], h.s)
		h.s[0] = last
	case 1: // to another slice; the old one is cleared
		to := make([]edge, len(h.s), len(h.s)+l.n(8))
		copy(to, h.s)
		for i := range h.s {
			h.s[i] = edge{}
		}
		h.s = to
	case 2: // by append
		var to []edge
		for i := range h.s {
			to = append(to, h.s[i])
			h.s[i] = edge{}
		}
		h.s = to
	case 3:
		sort.Slice(h.s, func(i, j int) bool { return mix(h.s[i].id) < mix(h.s[j].id) })
	case 4:
		to := reflect.MakeSlice(reflect.TypeOf(h.s), len(h.s), len(h.s))
		reflect.Copy(to, reflect.ValueOf(h.s))
		for i := range h.s {
			h.s[i] = edge{}
		}
		h.s = to.Interface().([]edge)
	}
	i := l.n(len(h.s))
	e := h.s[i]
	h.s[i] = edge{}
	return e
}

// ---- a stack that grows by append and is cut --------------------------------------------------

type stack struct {
	sync.Mutex
	s []edge
}

func (h *stack) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	if len(h.s) >= 100 {
		return false
	}
	h.s = append(h.s, e)
	return true
}

func (h *stack) take(l *lot) edge {
	h.Lock()
	defer h.Unlock()
	n := len(h.s)
	if n == 0 {
		return edge{}
	}
	e := h.s[n-1]
	if l.n(4) == 0 {
		h.s = append([]edge(nil), h.s[:n-1]...)
	} else {
		h.s[n-1] = edge{}
		h.s = h.s[:n-1]
	}
	return e
}

// ---- lists --------------------------------------------------------------------------------------

type cell struct {
	next *cell
	e    edge
}

// The edge lies in the cell. The whole list is turned around now and then.
type chain struct {
	sync.Mutex
	first *cell
	n     int
}

func (h *chain) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	if h.n >= 200 {
		return false
	}
	h.n++
	at := &h.first
	for k := l.n(8); k > 0 && *at != nil; k-- {
		at = &(*at).next
	}
	*at = &cell{*at, e}
	return true
}

func (h *chain) take(l *lot) edge {
	h.Lock()
	defer h.Unlock()
	if l.n(4) == 0 {
		h.first = reverseCells(h.first)
	}
	at := &h.first
	for k := l.n(8); k > 0 && *at != nil && (*at).next != nil; k-- {
		at = &(*at).next
	}
	c := *at
	if c == nil {
		return edge{}
	}
	h.n--
	*at = c.next
	return c.e
}

type containerList struct {
	sync.Mutex
	l list.List
}

func (h *containerList) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	if h.l.Len() >= 100 {
		return false
	}
	if l.n(2) == 0 {
		h.l.PushBack(e)
	} else {
		h.l.PushFront(e)
	}
	return true
}

func (h *containerList) take(l *lot) edge {
	h.Lock()
	defer h.Unlock()
	if h.l.Len() == 0 {
		return edge{}
	}
	return h.l.Remove(h.l.Front()).(edge)
}

// ---- maps ---------------------------------------------------------------------------------------

type maps struct {
	sync.Mutex
	byPointer map[*node]uint64
	byNumber  map[uint64]*node
	byString  map[string]interface{}
	byStruct  map[edge]struct{}
	byFace    map[interface{}]*edge
}

func (h *maps) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	switch l.n(5) {
	case 0:
		if h.byPointer == nil {
			h.byPointer = make(map[*node]uint64)
		}
		h.byPointer[e.p] = e.id
	case 1:
		if h.byNumber == nil {
			h.byNumber = make(map[uint64]*node, l.n(100))
		}
		h.byNumber[e.id] = e.p
	case 2:
		if h.byString == nil {
			h.byString = make(map[string]interface{})
		}
		h.byString[text(e.id)] = e
	case 3:
		if h.byStruct == nil {
			h.byStruct = make(map[edge]struct{})
		}
		h.byStruct[e] = struct{}{}
	case 4:
		if h.byFace == nil {
			h.byFace = make(map[interface{}]*edge)
		}
		h.byFace[e.p] = &edge{e.p, e.id}
	}
	return true
}

func (h *maps) take(l *lot) edge {
	h.Lock()
	defer h.Unlock()
	var e edge
	switch l.n(5) {
	case 0:
		for p, id := range h.byPointer {
			e = edge{p, id}
			break
		}
		delete(h.byPointer, e.p)
	case 1:
		for id, p := range h.byNumber {
			e = edge{p, id}
			break
		}
		delete(h.byNumber, e.id)
	case 2:
		for s, x := range h.byString {
			e = x.(edge)
			delete(h.byString, s)
			break
		}
	case 3:
		for k := range h.byStruct {
			e = k
			break
		}
		delete(h.byStruct, e)
	case 4:
		for p, x := range h.byFace {
			if p.(*node) != x.p {
				wrong("a map's key and value differ")
			}
			e = *x
			*x = edge{}
			break
		}
		delete(h.byFace, e.p)
	}
	if l.n(64) == 0 && len(h.byPointer) == 0 {
		h.byPointer = nil
	}
	return e
}

type syncMap struct {
	m sync.Map
	n int32
}

func (h *syncMap) put(l *lot, e edge) bool {
	if atomic.LoadInt32(&h.n) > 100 {
		return false
	}
	atomic.AddInt32(&h.n, 1)
	h.m.Store(e.id, e)
	return true
}

func (h *syncMap) take(l *lot) (e edge) {
	h.m.Range(func(k, v interface{}) bool {
		x, there := h.m.LoadAndDelete(k)
		if there {
			atomic.AddInt32(&h.n, -1)
			e = x.(edge)
		}
		return !there
	})
	return
}

// ---- channels -----------------------------------------------------------------------------------

type channels struct {
	edges    chan edge
	pointers chan *edge
	faces    chan interface{}
	direct   chan edge // unbuffered
	funcs    chan func() edge
}

func newChannels() *channels {
	return &channels{make(chan edge, 30), make(chan *edge, 10), make(chan interface{}, 10), make(chan edge),
		make(chan func() edge, 5)}
}

func (h *channels) put(l *lot, e edge) bool {
	select {
	case h.direct <- e:
		return true
	default:
	}
	select {
	case h.edges <- e:
	case h.pointers <- &edge{e.p, e.id}:
	case h.faces <- e:
	case h.direct <- e:
	case h.funcs <- func() edge { return e }:
	default:
		return false
	}
	return true
}

func (h *channels) take(l *lot) edge {
	select {
	case e := <-h.edges:
		return e
	case p := <-h.pointers:
		return *p
	case x := <-h.faces:
		return x.(edge)
	case e := <-h.direct:
		return e
	case f := <-h.funcs:
		return f()
	default:
		return edge{}
	}
}

// A goroutine at each, which takes what it gets to the other side.
type couriers struct {
	in, out chan edge
}

func newCouriers(n int) *couriers {
	h := &couriers{make(chan edge), make(chan edge)}
	for i := 0; i < n; i++ {
		go func() {
			for {
				e := <-h.in
				h.out <- e
			}
		}()
	}
	return h
}

func (h *couriers) put(l *lot, e edge) bool {
	select {
	case h.in <- e:
		return true
	default:
		return false
	}
}

func (h *couriers) take(l *lot) edge {
	select {
	case e := <-h.out:
		return e
	default:
		return edge{}
	}
}

// ---- atomics ------------------------------------------------------------------------------------

type atomics struct {
	p [8]unsafe.Pointer // *edge
	v [4]atomic.Value   // *edge; one without a node: empty
}

var nobody = new(edge)

func newAtomics() *atomics {
	h := new(atomics)
	for i := range h.v {
		h.v[i].Store(nobody)
	}
	return h
}

func (h *atomics) put(l *lot, e edge) bool {
	box := &edge{e.p, e.id}
	if l.n(3) == 0 {
		return h.v[l.n(len(h.v))].CompareAndSwap(nobody, box)
	}
	return atomic.CompareAndSwapPointer(&h.p[l.n(len(h.p))], nil, unsafe.Pointer(box))
}

func (h *atomics) take(l *lot) edge {
	if l.n(3) == 0 {
		v := &h.v[l.n(len(h.v))]
		if l.n(2) == 0 {
			return *v.Swap(nobody).(*edge)
		}
		box := v.Load().(*edge)
		if box.p == nil || !v.CompareAndSwap(box, nobody) {
			return edge{}
		}
		return *box
	}
	at := &h.p[l.n(len(h.p))]
	switch l.n(3) {
	case 0:
		if box := (*edge)(atomic.SwapPointer(at, nil)); box != nil {
			return *box
		}
	case 1:
		if p := atomic.LoadPointer(at); p != nil && atomic.CompareAndSwapPointer(at, p, nil) {
			return *(*edge)(p)
		}
	case 2: // from one slot to another
		to := &h.p[l.n(len(h.p))]
		if p := atomic.LoadPointer(at); p != nil && atomic.CompareAndSwapPointer(at, p, nil) {
			if !atomic.CompareAndSwapPointer(to, nil, p) {
				return *(*edge)(p)
			}
		}
	}
	return edge{}
}

// ---- interfaces, closures, method values ----------------------------------------------------------

type faces struct {
	sync.Mutex
	any   [8]interface{}
	fn    [8]func() edge
	named [8]keeper
}

type keeper interface{ give() edge }

func (e edge) give() edge  { return e }
func (c *cell) give() edge { return c.e }

func (h *faces) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	i := l.n(8)
	switch l.n(3) {
	case 0:
		if h.any[i] != nil {
			return false
		}
		h.any[i] = e
	case 1:
		if h.fn[i] != nil {
			return false
		}
		switch l.n(3) {
		case 0:
			h.fn[i] = func() edge { return e }
		case 1:
			h.fn[i] = e.give // of a copy
		case 2:
			h.fn[i] = (&cell{nil, e}).give
		}
	case 2:
		if h.named[i] != nil {
			return false
		}
		if l.n(2) == 0 {
			h.named[i] = e
		} else {
			h.named[i] = &cell{nil, e}
		}
	}
	return true
}

func (h *faces) take(l *lot) (e edge) {
	h.Lock()
	defer h.Unlock()
	i := l.n(8)
	switch l.n(3) {
	case 0:
		e, _ = h.any[i].(edge)
		h.any[i] = nil
	case 1:
		if f := h.fn[i]; f != nil {
			h.fn[i] = nil
			e = f()
		}
	case 2:
		if k := h.named[i]; k != nil {
			h.named[i] = nil
			e = k.give()
		}
	}
	return
}

// ---- structs that are copied ----------------------------------------------------------------------

type record struct {
	n     int
	name  string
	e     edge
	rest  [5]edge
	inner struct {
		p *edge
		f func() edge
	}
}

type records struct {
	sync.Mutex
	r [16]record
	p [4]*record
}

func (h *records) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	r := &h.r[l.n(len(h.r))]
	switch i := l.n(len(r.rest) + 3); {
	case i == 5 && r.e.p == nil:
		r.e = e
	case i == 6 && r.inner.p == nil:
		r.inner.p = &edge{e.p, e.id}
	case i == 7 && r.inner.f == nil:
		r.inner.f = func() edge { return e }
	case i < 5 && r.rest[i].p == nil:
		r.rest[i] = e
	default:
		return false
	}
	r.n++
	return true
}

func (h *records) take(l *lot) (e edge) {
	h.Lock()
	defer h.Unlock()
	a, b := l.n(len(h.r)), l.n(len(h.r))
	switch l.n(4) {
	case 0: // by the stack
		x := h.r[a]
		h.r[a] = h.r[b]
		h.r[b] = x
	case 1: // by the heap
		x := new(record)
		*x = h.r[a]
		h.r[a] = record{}
		h.r[a], h.r[b] = h.r[b], *x
	case 2: // by pointers
		i := l.n(len(h.p))
		if h.p[i] == nil {
			h.p[i] = new(record)
		}
		*h.p[i], h.r[a] = h.r[a], *h.p[i]
	case 3: // by value, to a function
		h.r[a] = passed(h.r[a], l.n(3))
	}
	r := &h.r[b]
	switch i := l.n(len(r.rest) + 3); {
	case i == 5:
		e = r.e
		r.e = edge{}
	case i == 6 && r.inner.p != nil:
		e = *r.inner.p
		r.inner.p = nil
	case i == 7 && r.inner.f != nil:
		e = r.inner.f()
		r.inner.f = nil
	case i < 5:
		e = r.rest[i]
		r.rest[i] = edge{}
	}
	return
}

//go:noinline
func passed(r record, n int) record {
	if n > 0 {
		return passed(r, n-1)
	}
	return r
}

// ---- variables of the program, and of goroutines that sleep -----------------------------------------

var (
	globalLock  sync.Mutex
	globalEdge  edge
	globalArray [32]edge
	globalFace  interface{}
	globalPtr   *edge
)

type globals struct{}

func (globals) put(l *lot, e edge) bool {
	globalLock.Lock()
	defer globalLock.Unlock()
	switch i := l.n(len(globalArray) + 3); {
	case i == 0 && globalEdge.p == nil:
		globalEdge = e
	case i == 1 && globalFace == nil:
		globalFace = e
	case i == 2 && globalPtr == nil:
		globalPtr = &edge{e.p, e.id}
	case i > 2 && globalArray[i-3].p == nil:
		globalArray[i-3] = e
	default:
		return false
	}
	return true
}

func (globals) take(l *lot) (e edge) {
	globalLock.Lock()
	defer globalLock.Unlock()
	switch i := l.n(len(globalArray) + 3); {
	case i == 0:
		e, globalEdge = globalEdge, edge{}
	case i == 1 && globalFace != nil:
		e, globalFace = globalFace.(edge), nil
	case i == 2 && globalPtr != nil:
		e, globalPtr = *globalPtr, nil
	case i > 2:
		e, globalArray[i-3] = globalArray[i-3], edge{}
	}
	return
}

// ---- by reflection ------------------------------------------------------------------------------------

type reflected struct {
	sync.Mutex
	r record
	m map[string]edge
	c chan edge
	s []edge
}

func newReflected() *reflected {
	return &reflected{m: make(map[string]edge), c: make(chan edge, 10)}
}

func (h *reflected) put(l *lot, e edge) bool {
	h.Lock()
	defer h.Unlock()
	v := reflect.ValueOf(e)
	switch l.n(4) {
	case 0:
		at := reflect.ValueOf(&h.r).Elem().FieldByName("rest")
		// What is not exported cannot be set: by its address, then.
		at = reflect.NewAt(at.Type(), unsafe.Pointer(at.UnsafeAddr())).Elem().Index(l.n(5))
		if at.Interface().(edge).p != nil {
			return false
		}
		at.Set(v)
	case 1:
		reflect.ValueOf(h.m).SetMapIndex(reflect.ValueOf(text(e.id)), v)
	case 2:
		return reflect.ValueOf(h.c).TrySend(v)
	case 3:
		h.s = reflect.Append(reflect.ValueOf(h.s), v).Interface().([]edge)
	}
	return true
}

func (h *reflected) take(l *lot) (e edge) {
	h.Lock()
	defer h.Unlock()
	switch l.n(4) {
	case 0:
		i := l.n(5)
		e = h.r.rest[i]
		h.r.rest[i] = edge{}
	case 1:
		for it := reflect.ValueOf(h.m).MapRange(); it.Next(); {
			e = it.Value().Interface().(edge)
			reflect.ValueOf(h.m).SetMapIndex(it.Key(), reflect.Value{})
			break
		}
	case 2:
		if v, ok := reflect.ValueOf(h.c).TryRecv(); ok {
			e = v.Interface().(edge)
		}
	case 3:
		if n := len(h.s); n > 0 {
			e = h.s[n-1]
			reflect.ValueOf(h.s).Index(n - 1).Set(reflect.Zero(reflect.TypeOf(e)))
			h.s = h.s[:n-1]
		}
	}
	return
}

// ---- graves ---------------------------------------------------------------------------------------

// The edge lies in a box that nobody knows. The box's finalizer brings it back.
type graves struct {
	sync.Mutex
	back   []edge
	buried int
}

type coffin struct {
	e    edge
	h    *graves
	body [3]uint64
}

func (h *graves) put(l *lot, e edge) bool {
	h.Lock()
	full := h.buried >= 16
	if !full {
		h.buried++
	}
	h.Unlock()
	if !full {
		c := &coffin{e: e, h: h}
		runtime.SetFinalizer(c, (*coffin).open)
	}
	return !full
}

func (c *coffin) open() {
	c.e.check("in a grave")
	c.h.Lock()
	c.h.back = append(c.h.back, c.e)
	c.h.buried--
	c.h.Unlock()
}

func (h *graves) take(l *lot) (e edge) {
	h.Lock()
	defer h.Unlock()
	if n := len(h.back); n > 0 {
		e = h.back[n-1]
		h.back[n-1] = edge{}
		h.back = h.back[:n-1]
	}
	return
}
