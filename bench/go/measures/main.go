// The measures of bench/c, function by function, in Go: `measures NAME OPS`. See bench/c/bench.h.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

type measure struct {
	name string
	run  func(ops int)
}

var families = [][]measure{schedMeasures, chanMeasures, syncMeasures, memMeasures, mapMeasures,
	parkedMeasures, systemMeasures, langMeasures, panicMeasures,
	treesMeasures, rewriteMeasures}

// report prints nanoseconds an operation since start.
func report(name string, start time.Time, ops int) {
	fmt.Printf("%s %.3f\n", name, float64(time.Since(start))/float64(ops))
}

// together runs f as n goroutines and waits until all have returned.
func together(n int, f func()) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			f()
			wg.Done()
		}()
	}
	wg.Wait()
}

func check(got, want int) {
	if got != want {
		panic(fmt.Sprintf("got %d, want %d", got, want))
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: measures NAME OPS, where NAME is one of")
	for _, f := range families {
		for _, m := range f {
			fmt.Fprintf(os.Stderr, "\t%s\n", m.name)
		}
	}
	os.Exit(2)
}

func main() {
	if len(os.Args) != 3 {
		usage()
	}
	ops, err := strconv.Atoi(os.Args[2])
	if err != nil || ops < 1 {
		fmt.Fprintf(os.Stderr, "measures: %s: not a number of operations\n", os.Args[2])
		os.Exit(2)
	}
	for _, f := range families {
		for _, m := range f {
			if m.name == os.Args[1] {
				m.run(ops)
				return
			}
		}
	}
	fmt.Fprintf(os.Stderr, "measures: %s: no such measure\n", os.Args[1])
	os.Exit(2)
}
