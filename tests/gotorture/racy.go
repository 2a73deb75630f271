// Slots that everybody reads and writes without asking anybody: races, on purpose. A word is one pointer or
// another, and who has read it has the leaf, whatever is stored there a moment later, or was about to be stored
// while a collection began.
package main

import (
	"runtime"
	"sync/atomic"
	"time"
)

var (
	rumours [512]*leaf
	heapOf  = make([]*leaf, 512) // the same in the heap
)

// A leaf goes from one slot to another, over what was there; now and then a slot is cleared first.
//go:noinline
func stir(a []*leaf, x uint64, n int) {
	for ; n > 0; n-- {
		x = x*6364136223846793005 + 1442695040888963407
		i, j := x>>33%uint64(len(a)), x>>48%uint64(len(a))
		p := a[i]
		a[i] = nil
		a[j] = p
	}
}

// Nothing but the same two stores.
//go:noinline
func flicker(a []*leaf, p, q *leaf, n int) {
	for ; n > 0; n-- {
		a[0] = p
		a[1] = q
		a[0] = nil
		a[1] = p
	}
}

func racy(l lot) {
	for ; !done(); pause(&l) {
		for k := l.n(20); k >= 0; k-- {
			a := heapOf
			if l.n(4) == 0 {
				a = rumours[:]
			}
			switch l.n(4) {
			case 0:
				stir(a, l.next(), l.n(1<<uint(4+l.n(12))))
			case 1:
				i := l.n(len(a) - 1)
				flicker(a[i:], newLeaf(), newLeaf(), l.n(1<<uint(4+l.n(12))))
			default:
				overhear(&l, a)
			}
		}
	}
}

//go:noinline
func overhear(l *lot, a []*leaf) {
	var mine [16]*leaf
	i := l.n(len(a) - len(mine))
	for k := range mine {
		mine[k] = a[i+k]
	}
	clear := l.n(2) == 0
	for k := range mine {
		if clear || mine[k] == nil {
			a[i+k] = nil
			if l.n(2) == 0 {
				a[i+k] = newLeaf()
			}
		}
	}
	switch l.n(5) {
	case 0:
		runtime.Gosched()
	case 1:
		spin(uint64(l.n(50000)))
	case 2:
		garbage(l)
	case 3:
		time.Sleep(time.Duration(l.n(2000)) * time.Microsecond)
	}
	n := uint64(0)
	for k, p := range mine {
		if p == nil {
			continue
		}
		if !p.ok() {
			lostLeaf("a slot that everybody writes", p)
		}
		n++
		if l.n(4) == 0 {
			a[i+k] = p // it comes back
		}
	}
	atomic.AddUint64(&leaves, n)
}
