// gotorture: a program against the collector. Potatoes, nodes with others below them, go from home to home.
// Whoever takes one out of its home has the only edge to it while he does this and that, rearranges what is
// below it, looks at all of it, and puts it elsewhere. Beside that arrays are turned around, a large heap is
// rewired, and collections are asked for.
//
//	gotorture SECONDS SEED        GOMAXPROCS, GOGC, GODEBUG as ever
//
// Exit status 0: nothing was lost; 3: something was, or came twice, or was finalized too early or never.
// GODEBUG=clobberfree=1 makes it show at once.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	workers  = 8
	potatoes = 400
	ballast  = 1 << 13 // chains of leaves
)

var (
	homes []home
	end   time.Time
	moves uint64 // atomic
	held  [potatoes + 1]uint32
	idOf  [potatoes + 1]uint64 // of the root; who holds the potato
)

func done() bool { return time.Now().After(end) }

// For others who compute.
func pause(l *lot) {
	if l.n(4) != 0 {
		time.Sleep(time.Duration(l.n(5000)) * time.Microsecond)
	}
}

func makeHomes() {
	for i := 0; i < 3; i++ {
		homes = append(homes, &slots{s: make([]edge, 40)}, new(stack), new(chain), new(containerList), new(maps),
			new(syncMap), newChannels(), newAtomics(), new(faces), new(records), newReflected())
	}
	homes = append(homes, globals{}, new(graves), newCouriers(6))
}

func claim(e edge) uint32 {
	e.check("taken out of its home")
	pot := e.p.pot
	if pot == 0 || pot > potatoes {
		wrong("node %d is no potato but %d", e.id, pot)
	}
	if !atomic.CompareAndSwapUint32(&held[pot], 0, 1) {
		wrong("potato %d came twice", pot)
	}
	if idOf[pot] != e.id {
		wrong("potato %d is node %d, not %d", pot, e.id, idOf[pot])
	}
	return pot
}

func putAway(l *lot, e edge) {
	pot := e.p.pot
	idOf[pot] = e.id
	atomic.StoreUint32(&held[pot], 0)
	for !homes[l.n(len(homes))].put(l, e) {
	}
	atomic.AddUint64(&moves, 1)
}

// Another root for the same potato.
func replant(l *lot, e edge) edge {
	to := newNode(l)
	to.p.pot = e.p.pot
	e.p.pot = 0
	for n := 0; n < 30; n++ {
		if x := takeOut(l, e.p); x.p != nil {
			putIn(l, to.p, x)
		}
	}
	return to
}

func worker(l lot) {
	for !done() {
		e := homes[l.n(len(homes))].take(&l)
		if e.p == nil {
			continue
		}
		claim(e)
		for n := l.n(3); n > 0; n-- {
			id := e.id
			i := l.n(len(holds))
			e = holds[i](&l, e)
			if e.id != id {
				wrong("hold %d gave node %d back, not %d", i, e.id, id)
			}
			e.checkOwn("held")
		}
		size := 0
		if l.n(2) == 0 {
			budget := 200
			walk("potato", e, 12, &budget, nil)
			size = 200 - budget
			e = mutate(&l, e, size)
		}
		if l.n(50) == 0 {
			e = replant(&l, e)
		}
		putAway(&l, e)
		select {
		case x := <-revived:
			dismiss(x)
		default:
		}
	}
}

// ---- a large heap, rewired -----------------------------------------------------------------------

var (
	table     [ballast]*leaf
	tableLock [64]sync.Mutex
)

func newChain(n int) (first *leaf) {
	for ; n > 0; n-- {
		p := newLeaf()
		p.next = first
		first = p
	}
	return
}

func checkChain(p *leaf) {
	for n := uint64(0); p != nil; p = p.next {
		if !p.ok() {
			lostLeaf("a chain", p)
		}
		n++
	}
}

// Two entries change places, by way of this stack, with time in between.
func rewire(l lot) {
	for ; !done(); pause(&l) {
		for k := 0; k < 200; k++ {
			i, j := l.n(ballast), l.n(ballast)
			a, b := i%64, j%64
			if a > b {
				a, b = b, a
			}
			tableLock[a].Lock()
			if a != b {
				tableLock[b].Lock()
			}
			p, q := table[i], table[j]
			if i != j {
				table[i], table[j] = nil, nil
				switch l.n(64) {
				case 0:
					spin(uint64(l.n(50000)))
				case 1:
					garbage(&l)
				case 2:
					p = newChain(8)
				}
				checkChain(p)
				table[i], table[j] = q, p
			}
			if a != b {
				tableLock[b].Unlock()
			}
			tableLock[a].Unlock()
		}
	}
}

func collect(l lot) {
	var m runtime.MemStats
	for !done() {
		time.Sleep(time.Duration(l.n(20000)) * time.Microsecond)
		switch l.n(8) {
		case 0, 1, 2, 3:
			runtime.GC()
		case 4:
			debug.SetGCPercent([]int{5, 25, 50, 100, 200}[l.n(5)])
		case 5:
			runtime.ReadMemStats(&m)
			if m.HeapAlloc > 2<<30 {
				wrong("the heap grows: %d bytes", m.HeapAlloc)
			}
		case 6:
			debug.FreeOSMemory()
		}
	}
}

// ---- the end ---------------------------------------------------------------------------------------

// All potatoes, each once, whole.
func gather(l lot) {
	began, n := time.Now(), 0
	for n < potatoes {
		for k := 0; k < 1000; k++ {
			e := homes[l.n(len(homes))].take(&l)
			if e.p == nil {
				continue
			}
			claim(e)
			n++
			budget := 1000
			walk("gathered", e, 20, &budget, nil)
			e.p.pot = 0
		}
		runtime.GC()
		if time.Since(began) > 60*time.Second {
			wrong("%d potatoes do not come back, of them %d from graves", potatoes-n, homes[len(homes)-2].(*graves).buried)
		}
	}
}

// Nothing is reachable any more. What is left is kept by words on stacks that look like addresses.
func finish() uint64 {
	var left uint64
	for n := 0; n < 200; n++ {
		runtime.GC()
		for empty := false; !empty; {
			select {
			case x := <-revived:
				dismiss(x)
			default:
				empty = true
			}
		}
		left = atomic.LoadUint64(&wards.made) - atomic.LoadUint64(&wards.done)
		if left == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return left
}

// Its frames are gone when it has returned.
func run(f func()) {
	c := make(chan bool)
	go func() { f(); close(c) }()
	<-c
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gotorture SECONDS SEED")
		os.Exit(2)
	}
	seconds, err := strconv.Atoi(os.Args[1])
	number, err2 := strconv.ParseUint(os.Args[2], 10, 64)
	if err != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "gotorture: SECONDS and SEED are numbers")
		os.Exit(2)
	}
	seed = mix(number + 1)
	l := lot(seed)
	debug.SetGCPercent(50)
	end = time.Now().Add(time.Duration(seconds) * time.Second)
	run(func() {
		for i := range table {
			table[i] = newChain(8)
		}
		makeHomes()
		for pot := 1; pot <= potatoes; pot++ {
			held[pot] = 1
			e := newNode(&l)
			e.p.pot = uint32(pot)
			putAway(&l, e)
		}
		moves = 0
		var wg sync.WaitGroup
		also := func(n int, f func(l lot)) {
			for i := 0; i < n; i++ {
				wg.Add(1)
				x := lot(l.next())
				go func() { f(x); wg.Done() }()
			}
		}
		also(workers, worker)
		also(1, collect)
		also(2, rewire)
		also(2, func(l lot) { arrays(l, 1<<uint(6+l.n(10)), done) })
		also(1, func(l lot) { turns(l, 30000, done) })
		also(2, func(l lot) { pairs(l, 1<<uint(6+l.n(8)), done) })
		also(3, racy)
		also(2, calls)
		also(1, func(l lot) { sleepers(l, 5) })
		wg.Wait()
		gather(lot(l.next()))
		for i := range table {
			checkChain(table[i])
			table[i] = nil
		}
		homes = nil
	})
	left := finish()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Printf("gotorture: seed %d, %d moves, %d nodes, %d collections, %d finalized, %d brought back, %d left, %d leaves seen\n",
		number, moves, nextID, m.NumGC, wards.done, wards.back, left, leaves)
	if left > 100+wards.made/50 {
		wrong("%d of %d nodes with finalizers are never finalized", left, wards.made)
	}
}
