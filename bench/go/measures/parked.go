package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var parkedMeasures = []measure{
	{"parked_100k", func(n int) { park("parked_100k", n) }},
	{"parked_1m", func(n int) { park("parked_1m", n) }},
}

// resident is VmRSS + VmPTE in bytes.
func resident() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer f.Close()
	total := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) > 1 && (w[0] == "VmRSS:" || w[0] == "VmPTE:") {
			kb, _ := strconv.Atoi(w[1])
			total += kb * 1024
		}
	}
	return total
}

func waitAtGate(here, gone *sync.WaitGroup, gate chan int) {
	here.Done()
	<-gate
	gone.Done()
}

func park(name string, n int) {
	var here, gone sync.WaitGroup
	gate := make(chan int)
	before := resident()
	t0 := time.Now()
	here.Add(n)
	gone.Add(n)
	for i := 0; i < n; i++ {
		go waitAtGate(&here, &gone, gate)
	}
	here.Wait()
	t1 := time.Now()
	after := resident()
	t2 := time.Now()
	close(gate)
	gone.Wait()
	t3 := time.Now()
	fmt.Printf("%s %.1f\n", name, float64(after-before)/float64(n))
	fmt.Printf("%s_start %.1f\n", name, float64(t1.Sub(t0))/float64(n))
	fmt.Printf("%s_release %.1f\n", name, float64(t3.Sub(t2))/float64(n))
}
