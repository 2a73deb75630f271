package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

var treesMeasures = []measure{
	{"trees12", func(ops int) { trees("trees12", ops, 1) }},
	{"trees12_par4", func(ops int) { trees("trees12_par4", ops, 4) }},
	{"bt18", bt18},
	{"bt18_alloc", bt18Alloc},
	{"gc_cycle_1m", gcCycle1m},
}

type tree struct {
	left, right *tree
}

func build(depth int) *tree {
	t := new(tree)
	if depth > 0 {
		t.left = build(depth - 1)
		t.right = build(depth - 1)
	}
	return t
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func expect(t *tree, depth int) {
	check(t.count(), 2<<depth-1)
}

func trees(name string, ops, goroutines int) {
	longLived := build(16)
	left := int64(ops)
	share := func() {
		for atomic.AddInt64(&left, -1) >= 0 {
			expect(build(12), 12)
		}
	}
	start := time.Now()
	if goroutines == 1 {
		share()
	} else {
		together(goroutines, share)
	}
	report(name, start, ops)
	expect(longLived, 16)
}

const deepest = 18

var longest time.Duration

func buildTimed(depth int) *tree {
	t0 := time.Now()
	t := new(tree)
	if took := time.Since(t0); took > longest {
		longest = took
	}
	if depth > 0 {
		t.left = buildTimed(depth - 1)
		t.right = buildTimed(depth - 1)
	}
	return t
}

func binaryTrees(make func(int) *tree) {
	expect(make(deepest+1), deepest+1)
	longLived := make(deepest)
	for depth := 4; depth <= deepest; depth += 2 {
		for n := 1 << (deepest - depth + 4); n > 0; n-- {
			expect(make(depth), depth)
		}
	}
	expect(longLived, deepest)
}

// The longest stop is the longest of the last 256, which is all that Go remembers.
func bt18(ops int) {
	start := time.Now()
	for i := 0; i < ops; i++ {
		binaryTrees(build)
	}
	report("bt18", start, ops)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	max := uint64(0)
	for _, ns := range m.PauseNs {
		if ns > max {
			max = ns
		}
	}
	fmt.Printf("bt18_stop %d\n", max)
}

func bt18Alloc(ops int) {
	for i := 0; i < ops; i++ {
		binaryTrees(buildTimed)
	}
	fmt.Printf("bt18_alloc %d\n", longest.Nanoseconds())
}

func gcCycle1m(n int) {
	var here, gone sync.WaitGroup
	gate := make(chan int)
	best := time.Duration(1 << 62)
	here.Add(n)
	gone.Add(n)
	for i := 0; i < n; i++ {
		go waitAtGate(&here, &gone, gate)
	}
	here.Wait()
	for i := 0; i < 5; i++ {
		t0 := time.Now()
		runtime.GC()
		if took := time.Since(t0); took < best {
			best = took
		}
	}
	close(gate)
	gone.Wait()
	fmt.Printf("gc_cycle_1m %d\n", best.Nanoseconds())
}
