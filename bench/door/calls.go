// What a call between Go and C costs: `calls NAME OPS`. The other half is calls.c.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

//extern bench_add
func cAdd(a, b int) int

//extern bench_call_go
func cCallGo(n int) int

// Add is what calls.c calls.
//
//go:noinline
func Add(a, b int) int { return a + b }

func callC(n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum = cAdd(sum, 1)
	}
	return sum
}

func main() {
	calls := map[string]func(int) int{"call_c": callC, "call_go": cCallGo}
	if len(os.Args) != 3 || calls[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: calls call_c|call_go OPS")
		os.Exit(2)
	}
	ops, _ := strconv.Atoi(os.Args[2])
	start := time.Now()
	sum := calls[os.Args[1]](ops)
	fmt.Printf("%s %.3f\n", os.Args[1], float64(time.Since(start))/float64(ops))
	if sum != ops {
		panic(sum)
	}
}
