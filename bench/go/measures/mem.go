package main

import "time"

// Go's collector runs as it likes: GOGC is at its default.
var memMeasures = []measure{
	{"malloc16", malloc16},
	{"malloc16_new", malloc16New},
	{"malloc64ptr", malloc64ptr},
	{"malloc64ptr_typed", malloc64ptrTyped},
	{"malloc1k", func(ops int) { buffers("malloc1k", ops, 1024) }},
	{"malloc64k", func(ops int) { buffers("malloc64k", ops, 65536) }},
}

type pair struct {
	a, b int64
}

type link struct {
	prev *link
	rest [7]int64
}

// Where each object's address goes, so that the compiler cannot leave the allocation out.
var (
	sinkPair  *pair
	sinkLink  *link
	sinkBytes []byte
)

func malloc16(ops int) {
	start := time.Now()
	for i := 0; i < ops; i++ {
		sinkPair = new(pair)
	}
	report("malloc16", start, ops)
}

func malloc16New(ops int) {
	start := time.Now()
	for i := 0; i < ops; i++ {
		sinkPair = new(pair)
	}
	report("malloc16_new", start, ops)
}

func malloc64ptr(ops int)      { chain("malloc64ptr", ops) }
func malloc64ptrTyped(ops int) { chain("malloc64ptr_typed", ops) }

func chain(name string, ops int) {
	var prev *link
	start := time.Now()
	for i := 0; i < ops; i++ {
		l := new(link)
		if i%16 != 0 {
			l.prev = prev
		}
		prev = l
	}
	report(name, start, ops)
	sinkLink = prev
}

func buffers(name string, ops, size int) {
	start := time.Now()
	for i := 0; i < ops; i++ {
		sinkBytes = make([]byte, size)
	}
	report(name, start, ops)
}
