// Goroutines in system calls that keep their threads: on the way into one and out of it, and asleep in it, a
// stack and saved registers are all that knows some leaf.
package main

import (
	"sync/atomic"
	"syscall"
)

// Short ones, one after the other.
func calls(l lot) {
	zero, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	if err != nil {
		wrong("/dev/zero: %v", err)
	}
	defer syscall.Close(zero)
	for !done() {
		for k := 0; k < 50; k++ {
			called(&l, zero, l.n(20))
		}
	}
}

//go:noinline
func called(l *lot, fd, n int) {
	var buf [8]byte
	p, q := newChain(3), newLeaf()
	holder := &cell2{p, q}
	for ; n > 0; n-- {
		p, q, holder.p, holder.q = holder.q, holder.p, nil, nil
		syscall.Read(fd, buf[:])
		checkChain(p)
		checkChain(q)
		holder.p, holder.q = p, q
		p, q = nil, nil
		if n%4 == 0 {
			holder = &cell2{holder.p, holder.q}
		}
	}
	atomic.AddUint64(&leaves, 4)
}

type cell2 struct{ p, q *leaf }

// Long ones: what goes round a ring of pipes is one byte, what counts lies on the stacks of those who wait for it.
func sleepers(l lot, n int) {
	var r, w []int
	for i := 0; i < n; i++ {
		var fds [2]int
		if err := syscall.Pipe(fds[:]); err != nil {
			wrong("pipe: %v", err)
		}
		r, w = append(r, fds[0]), append(w, fds[1])
	}
	over := make(chan bool)
	for i := 0; i < n; i++ {
		go func(l lot, in, out int) {
			for asleep(&l, in, out) {
			}
			syscall.Close(in)
			syscall.Close(out)
			over <- true
		}(lot(l.next()), r[i], w[(i+1)%n])
	}
	syscall.Write(w[0], []byte{0})
	for ; n > 0; n-- {
		<-over
	}
}

//go:noinline
func asleep(l *lot, in, out int) bool {
	var buf [1]byte
	p := newChain(1 + l.n(4))
	q := p.next
	p.next = nil
	n, _ := syscall.Read(in, buf[:])
	checkChain(p)
	checkChain(q)
	if n != 1 || buf[0] == 1 || done() {
		buf[0] = 1
	}
	syscall.Write(out, buf[:])
	return buf[0] == 0
}
