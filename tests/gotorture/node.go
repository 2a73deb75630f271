// What is tortured: nodes whose content follows from a number, and edges that know the number of the node
// that they lead to. An object that was freed under the hands of somebody who still has an edge to it holds
// something else by then: 0xdeadbeef with GODEBUG=clobberfree=1, or the node that got its place.
//
// What must be right is kept where the collector never looks: in tables without pointers (potatoes, ward),
// and in the numbers themselves.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
)

type edge struct {
	p  *node
	id uint64
}

// A node has an edge of every shape. Some are nil.
type node struct {
	id, nid, sum uint64
	kid          [3]edge
	arr          *[8]edge
	sl           []edge
	m            map[*node]edge
	any          interface{} // an edge, a *edge or a *node (then anyID is its number)
	anyID        uint64
	fn           func() edge
	s            string
	pay          []uint64
	pot          uint32 // the potato that it is the root of; 0: of none
	ward         uint32 // it has a finalizer: its place in wards
}

var (
	seed   uint64
	nextID uint64 // atomic
)

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

func sumOf(id uint64) uint64 { return mix(id^seed) | 1 }

// A stream of random numbers, of a goroutine's own.
type lot uint64

func (l *lot) next() uint64 {
	*l += 0x9e3779b97f4a7c15
	return mix(uint64(*l))
}

func (l *lot) n(n int) int { return int(l.next()>>33) % n }

// ---- making ----------------------------------------------------------------------------------

func text(id uint64) string { return fmt.Sprintf("node-%x-%x", id, sumOf(id)&0xffff) }

func newNode(l *lot) edge {
	id := atomic.AddUint64(&nextID, 1)
	n := &node{id: id, nid: ^id, sum: sumOf(id)}
	switch l.n(8) {
	case 0:
		n.s = text(id)
	case 1:
		n.s = text(id)[3:] // the only pointer is into the middle
	case 2, 3:
		n.pay = make([]uint64, 1+l.n(40))
		for i := range n.pay {
			n.pay[i] = n.sum + uint64(i)
		}
	case 4:
		n.arr = new([8]edge)
	case 5:
		if l.n(8) == 0 {
			n.m = make(map[*node]edge)
		}
	}
	if l.n(16) == 0 {
		guard(n)
	}
	return edge{n, id}
}

// ---- looking ---------------------------------------------------------------------------------

func lost(where string, e edge) {
	p := e.p
	fmt.Fprintf(os.Stderr, "gotorture: LOST: %s: node %d at %p holds %#x %#x %#x, seed %d\n",
		where, e.id, p, p.id, p.nid, p.sum, seed)
	fmt.Fprintf(os.Stderr, "gotorture: after %d moves, goroutines %d\n", atomic.LoadUint64(&moves), runtime.NumGoroutine())
	crash()
}

func wrong(format string, a ...interface{}) {
	fmt.Fprintf(os.Stderr, "gotorture: WRONG: "+format+"\n", a...)
	crash()
}

// All goroutines, once.
var crashing uint32

func crash() {
	if !atomic.CompareAndSwapUint32(&crashing, 0, 1) {
		select {}
	}
	buf := make([]byte, 1<<16)
	os.Stderr.Write(buf[:runtime.Stack(buf, true)])
	os.Exit(3)
}

func (e edge) check(where string) {
	p := e.p
	if p == nil {
		if e.id != 0 {
			wrong("%s: an edge to node %d is nil", where, e.id)
		}
		return
	}
	if p.id != e.id || p.nid != ^e.id || p.sum != sumOf(e.id) {
		lost(where, e)
	}
	if w := atomic.LoadUint32(&p.ward); w != 0 {
		wards.alive(where, w, e.id)
	}
}

// And what the node has to itself.
func (e edge) checkOwn(where string) {
	e.check(where)
	p := e.p
	if p == nil {
		return
	}
	if p.s != "" {
		if t := text(e.id); p.s != t && p.s != t[3:] {
			lost(where+": its string", e)
		}
	}
	for i, v := range p.pay {
		if v != p.sum+uint64(i) {
			lost(fmt.Sprintf("%s: word %d of %d of its payload is %#x", where, i, len(p.pay), v), e)
		}
	}
}

// The edge in p.any.
func (p *node) anyEdge() edge {
	switch x := p.any.(type) {
	case edge:
		return x
	case *edge:
		return *x
	case *node:
		return edge{x, p.anyID}
	case nil:
		return edge{}
	}
	wrong("node %d: an interface holds %T", p.id, p.any)
	return edge{}
}

// What can be reached from e, depth first, as long as there is budget. visit may be nil.
func walk(where string, e edge, depth int, budget *int, visit func(edge)) {
	if e.p == nil || *budget <= 0 {
		e.check(where)
		return
	}
	*budget--
	e.checkOwn(where)
	if visit != nil {
		visit(e)
	}
	if depth == 0 {
		return
	}
	p := e.p
	for _, k := range p.kid {
		walk(where+".kid", k, depth-1, budget, visit)
	}
	if p.arr != nil {
		for _, k := range p.arr {
			walk(where+".arr", k, depth-1, budget, visit)
		}
	}
	for _, k := range p.sl {
		walk(where+".sl", k, depth-1, budget, visit)
	}
	for k, v := range p.m {
		if k != v.p {
			wrong("%s: node %d: key %p, value %p of its map", where, e.id, k, v.p)
		}
		walk(where+".m", v, depth-1, budget, visit)
	}
	if p.any != nil {
		walk(where+".any", p.anyEdge(), depth-1, budget, visit)
	}
	if p.fn != nil {
		walk(where+".fn", p.fn(), depth-1, budget, visit)
	}
}

// ---- nodes with finalizers --------------------------------------------------------------------

// A ward's life: alive, (its finalizer has run, and brought it back: alive again, without one,) gone.
const (
	wardFree = iota
	wardAlive
	wardBack
	wardGone
)

type wardTable struct {
	state [1 << 18]uint32 // atomic
	id    [1 << 18]uint64 // atomic
	last  uint32          // atomic
	// atomic: how many were made, finalized, of these brought back
	made, done, back uint64
}

var wards wardTable

// What finalizers brought back; nobody has to take it.
var revived = make(chan edge, 64)

func guard(n *node) {
	var w uint32
	for i := 0; ; i++ {
		if i == 100 {
			return // all places are taken
		}
		w = atomic.AddUint32(&wards.last, 1)%(uint32(len(wards.state))-1) + 1
		if atomic.CompareAndSwapUint32(&wards.state[w], wardFree, wardAlive) {
			break
		}
	}
	atomic.StoreUint64(&wards.id[w], n.id)
	atomic.StoreUint32(&n.ward, w)
	atomic.AddUint64(&wards.made, 1)
	runtime.SetFinalizer(n, finalize)
}

// The last edges of n are its own business by now: all that it leads to must still be there.
func finalize(n *node) {
	w := n.ward
	e := edge{n, atomic.LoadUint64(&wards.id[w])}
	if n.id != e.id || n.nid != ^e.id || n.sum != sumOf(e.id) {
		lost("in a finalizer", e)
	}
	if !atomic.CompareAndSwapUint32(&wards.state[w], wardAlive, wardGone) {
		wrong("node %d is finalized in state %d", e.id, atomic.LoadUint32(&wards.state[w]))
	}
	budget := 50
	for _, k := range n.kid {
		if k.p == n {
			wrong("node %d is finalized, and leads to itself", e.id)
		}
		walk("in a finalizer", k, 3, &budget, nil)
	}
	atomic.AddUint64(&wards.done, 1)
	if n.id%4 == 0 && n.pot == 0 {
		atomic.StoreUint32(&wards.state[w], wardBack)
		atomic.AddUint64(&wards.back, 1)
		select {
		case revived <- e:
			return
		default:
		}
	}
	atomic.StoreUint32(&n.ward, 0)
	atomic.StoreUint64(&wards.id[w], 0)
	atomic.StoreUint32(&wards.state[w], wardFree)
}

// id, whose place is w, was reached.
func (t *wardTable) alive(where string, w uint32, id uint64) {
	if w >= uint32(len(t.state)) {
		wrong("%s: node %d: ward %#x", where, id, w)
	}
	s, has := atomic.LoadUint32(&t.state[w]), atomic.LoadUint64(&t.id[w])
	if has == id && s == wardGone {
		wrong("%s: node %d is reachable, and was finalized", where, id)
	}
}

// Somebody has looked at what a finalizer brought back, and lets go of it.
func dismiss(e edge) {
	budget := 100
	walk("brought back", e, 4, &budget, nil)
	w := e.p.ward
	atomic.StoreUint32(&e.p.ward, 0)
	atomic.StoreUint64(&wards.id[w], 0)
	atomic.StoreUint32(&wards.state[w], wardFree)
}
