package main

import "time"

var panicMeasures = []measure{
	{"defer", deferOne},
	{"panic_recover", panicRecover},
	{"panic_deep", panicDeep},
}

//go:noinline
func countAtEnd(n *int) {
	defer func() { *n++ }()
}

func deferOne(ops int) {
	n := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		countAtEnd(&n)
	}
	report("defer", start, ops)
	check(n, ops)
}

//go:noinline
func panics(v int) { panic(v) }

//go:noinline
func recovers(v int, sum *int) {
	defer func() {
		*sum += recover().(int)
	}()
	panics(v)
}

func panicRecover(ops int) {
	sum := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		recovers(i, &sum)
	}
	report("panic_recover", start, ops)
	check(sum, ops*(ops-1)/2)
}

//go:noinline
func deeper(depth, v int) int {
	if depth == 0 {
		panics(v)
	}
	return deeper(depth-1, v) + 1
}

//go:noinline
func recoversDeep(v int, sum *int) {
	defer func() {
		*sum += recover().(int)
	}()
	deeper(30, v)
}

func panicDeep(ops int) {
	sum := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		recoversDeep(i, &sum)
	}
	report("panic_deep", start, ops)
	check(sum, ops*(ops-1)/2)
}
