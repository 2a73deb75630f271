package main

import (
	"sync"
	"time"
)

var syncMeasures = []measure{
	{"mutex_8", mutex8},
}

func mutex8(ops int) {
	var lock sync.Mutex
	n := 0
	each := (ops + 7) / 8
	start := time.Now()
	together(8, func() {
		for i := 0; i < each; i++ {
			lock.Lock()
			n++
			lock.Unlock()
		}
	})
	report("mutex_8", start, 8*each)
	check(n, 8*each)
}
