// mixed: C and Go in one program, on one runtime: a call is a call, a channel is a channel.
//
//	gort run examples/go/mixed/mixed.go examples/go/mixed/sum.c
package main

import "fmt"

//extern c_weighted
func weighted(v []float64) float64

//extern c_count
func count(c chan int, n int)

// Weight is called by C.
func Weight(i int) int {
	if i > 3 {
		panic(fmt.Sprint("no weight for ", i))
	}
	return i + 1
}

func try(v []float64) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("recovered:", r)
		}
	}()
	fmt.Println("weighted:", weighted(v))
}

func main() {
	try([]float64{1, 0.5, 0.25})
	try(make([]float64, 10))
	c := make(chan int)
	count(c, 5)
	for v := range c {
		fmt.Print(v, " ")
	}
	fmt.Println()
}
