// Loops that do nothing but move pointers: no call, no look at the time, for as long as a collection takes.
// Compilers keep in registers what they can, and look at nothing twice.
package main

import (
	"sync/atomic"
	"unsafe"
)

type leaf struct {
	id, nid, sum uint64
	next         *leaf
}

var leaves uint64 // atomic: how many were looked at

func newLeaf() *leaf {
	id := atomic.AddUint64(&nextID, 1)
	return &leaf{id: id, nid: ^id, sum: sumOf(id)}
}

func (p *leaf) ok() bool { return p.nid == ^p.id && p.sum == sumOf(p.id) }

//go:noinline
func reverse(a []*leaf) {
	for i, j := 0, len(a)-1; i < j; i, j = i+1, j-1 {
		a[i], a[j] = a[j], a[i]
	}
}

// By one; the first goes all the way.
//
//go:noinline
func rotate(a []*leaf) {
	first := a[0]
	for i := 1; i < len(a); i++ {
		a[i-1] = a[i]
	}
	a[len(a)-1] = first
}

//go:noinline
func exchange(a, b []*leaf) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}

// What moves leaves nothing behind.
//
//go:noinline
func transfer(to, from []*leaf) {
	for i := range from {
		to[i] = from[i]
		from[i] = nil
	}
}

// In an order that jumps about.
//
//go:noinline
func shuffle(a []*leaf, x uint64) {
	for i := range a {
		x = x*6364136223846793005 + 1442695040888963407
		j := int(x>>33) % len(a)
		a[i], a[j] = a[j], a[i]
	}
}

//go:noinline
func link(a []*leaf) (first *leaf) {
	for i := range a {
		a[i].next = first
		first = a[i]
		a[i] = nil
	}
	return
}

//go:noinline
func unlink(a []*leaf, first *leaf) {
	for i := range a {
		a[i] = first
		first, first.next = first.next, nil
	}
}

//go:noinline
func turn(first *leaf) (r *leaf) {
	for first != nil {
		first, first.next, r = first.next, r, first
	}
	return
}

//go:noinline
func reverseCells(first *cell) (r *cell) {
	for first != nil {
		next := first.next
		first.next = r
		r = first
		first = next
	}
	return
}

// Through a window of registers.
//
//go:noinline
func window(a []*leaf) {
	if len(a) < 8 {
		return
	}
	p, q, r, s := a[0], a[1], a[2], a[3]
	for i := 4; i < len(a); i++ {
		x := a[i]
		a[i-4] = q
		p, q, r, s = r, s, x, p
	}
	a[len(a)-4], a[len(a)-3], a[len(a)-2], a[len(a)-1] = p, q, r, s
}

func container(kid *[3]edge) unsafe.Pointer {
	var n node
	return unsafe.Pointer(uintptr(unsafe.Pointer(kid)) - unsafe.Offsetof(n.kid))
}

type total struct{ sum, xor, n uint64 }

func sumUp(a []*leaf) (t total) {
	for _, p := range a {
		if !p.ok() {
			lostLeaf("an array", p)
		}
		t.sum += p.id
		t.xor ^= mix(p.id)
		t.n++
	}
	atomic.AddUint64(&leaves, t.n)
	return
}

func lostLeaf(where string, p *leaf) {
	lost(where+" of leaves", edge{(*node)(unsafe.Pointer(p)), p.id})
}

// One goroutine's: two arrays, whose leaves nobody else knows.
func arrays(l lot, n int, done func() bool) {
	a, b := make([]*leaf, n), make([]*leaf, n)
	for i := range a {
		a[i], b[i] = newLeaf(), newLeaf()
	}
	for ; !done(); pause(&l) {
		x, y := sumUp(a), sumUp(b)
		for k := 1 + l.n(20); k > 0; k-- {
			switch l.n(9) {
			case 0:
				reverse(a)
			case 1:
				rotate(a)
			case 2:
				exchange(a, b)
				x, y = y, x
			case 3:
				c := make([]*leaf, n)
				transfer(c, a)
				if l.n(2) == 0 {
					a = c
				} else {
					transfer(a, c)
				}
			case 4:
				shuffle(b, l.next())
			case 5:
				first := link(a)
				if l.n(2) == 0 {
					first = turn(first)
				}
				unlink(a, first)
			case 6:
				copy(b, append([]*leaf{b[n-1]}, b...))
			case 7:
				window(a)
			case 8:
				a, b = b, a
				x, y = y, x
			}
		}
		if z := sumUp(a); z != x {
			wrong("an array's leaves have changed: %v, %v", x, z)
		}
		if z := sumUp(b); z != y {
			wrong("the other array's leaves have changed: %v, %v", y, z)
		}
		for k := n / 16; k > 0; k-- {
			a[l.n(n)] = newLeaf()
		}
	}
}

// ---- two words at a time: these go by vector registers ---------------------------------------------

type pair struct {
	p  *leaf
	id uint64
}

//go:noinline
func reversePairs(a []pair) {
	for i, j := 0, len(a)-1; i < j; i, j = i+1, j-1 {
		a[i], a[j] = a[j], a[i]
	}
}

//go:noinline
func rotatePairs(a []pair) {
	first := a[0]
	a[0] = pair{}
	for i := 1; i < len(a); i++ {
		a[i-1] = a[i]
		a[i] = pair{}
	}
	a[len(a)-1] = first
}

// Four at a time, from one end to the other.
//
//go:noinline
func shiftPairs(a []pair) {
	for i := 0; i+8 <= len(a); i += 4 {
		p, q, r, s := a[i], a[i+1], a[i+2], a[i+3]
		a[i], a[i+1], a[i+2], a[i+3] = a[i+4], a[i+5], a[i+6], a[i+7]
		a[i+4], a[i+5], a[i+6], a[i+7] = p, q, r, s
	}
}

// A few, by memmove, many times.
//go:noinline
func roll(a []pair, n int) {
	for ; n > 0; n-- {
		last := a[len(a)-1]
		copy(a[1:], a)
		a[0] = last
	}
}

func pairs(l lot, n int, done func() bool) {
	a := make([]pair, n)
	for i := range a {
		p := newLeaf()
		a[i] = pair{p, p.id}
	}
	for ; !done(); pause(&l) {
		for k := 1 + l.n(20); k > 0; k-- {
			switch l.n(8) {
			case 0:
				reversePairs(a)
			case 1:
				rotatePairs(a)
			case 2:
				shiftPairs(a)
			case 3:
				b := make([]pair, n)
				copy(b, a)
				for i := range a {
					a[i] = pair{}
				}
				copy(a, b)
			default:
				roll(a[:2+l.n(8)], l.n(1<<uint(l.n(18))))
			}
		}
		for i := range a {
			if p := a[i].p; p.id != a[i].id || !p.ok() {
				lost("an array of pairs", edge{(*node)(unsafe.Pointer(p)), a[i].id})
			}
		}
		atomic.AddUint64(&leaves, uint64(n))
		p := newLeaf()
		a[l.n(n)] = pair{p, p.id}
	}
}

// One goroutine's: a chain that is turned around nearly all the time, by a loop in which optimising compilers look
// at the barrier's flag once.
func turns(l lot, n uint64, done func() bool) {
	first := newChain(int(n))
	for !done() {
		for k := 1 + l.n(40); k > 0; k-- {
			first = turn(first)
		}
		seen := uint64(0)
		for p := first; p != nil; p = p.next {
			if !p.ok() {
				lostLeaf("a chain that is turned around", p)
			}
			if seen++; seen > n {
				break
			}
		}
		if seen != n {
			wrong("a chain of %d leaves has %d", n, seen)
		}
	}
}
