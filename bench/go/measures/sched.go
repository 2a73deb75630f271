package main

import (
	"runtime"
	"sync"
	"time"
)

var schedMeasures = []measure{
	{"spawn_join", spawnJoin},
	{"gosched2", gosched2},
	{"sleepers", sleepers},
	{"timer_startstop", timerStartstop},
	{"cpu_split", cpuSplit},
	{"stack_grow", stackGrow},
}

func signalDone(wg *sync.WaitGroup) {
	wg.Done()
}

func spawnJoin(ops int) {
	var wg sync.WaitGroup
	start := time.Now()
	for i := 0; i < ops; i++ {
		wg.Add(1)
		go signalDone(&wg)
		if i%1024 == 1023 {
			runtime.Gosched()
		}
	}
	wg.Wait()
	report("spawn_join", start, ops)
}

func gosched2(ops int) {
	each := (ops + 1) / 2
	start := time.Now()
	together(2, func() {
		for i := 0; i < each; i++ {
			runtime.Gosched()
		}
	})
	report("gosched2", start, 2*each)
}

func sleeper(d time.Duration, wg *sync.WaitGroup) {
	time.Sleep(d)
	wg.Done()
}

func sleepers(ops int) {
	var wg sync.WaitGroup
	start := time.Now()
	for i := 0; i < ops; i++ {
		wg.Add(1)
		go sleeper(time.Duration(i%100)*10*time.Microsecond, &wg)
	}
	wg.Wait()
	report("sleepers", start, ops)
}

func timerStartstop(ops int) {
	stopped := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		if time.NewTimer(time.Hour).Stop() {
			stopped++
		}
	}
	report("timer_startstop", start, ops)
	check(stopped, ops)
}

const pieces = 64

var cpuResult [pieces]uint64

func compute(steps int, result *uint64) {
	x := uint64(88172645463325252)
	for i := 0; i < steps; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	*result = x
}

func cpuSplit(ops int) {
	var wg sync.WaitGroup
	each := (ops + pieces - 1) / pieces
	start := time.Now()
	for i := 0; i < pieces; i++ {
		i := i
		wg.Add(1)
		go func() {
			compute(each, &cpuResult[i])
			wg.Done()
		}()
	}
	wg.Wait()
	report("cpu_split", start, each*pieces)
	for i := range cpuResult {
		if cpuResult[i] != cpuResult[0] {
			panic("cpu_split: results differ")
		}
	}
}

const depth = 2000

//go:noinline
func recurse(n int) int {
	var room [8]int
	for i := range room {
		room[i] = n + i
	}
	if n == 0 {
		return 0
	}
	return recurse(n-1) + room[n&7] - room[0]
}

func sendDeep(c chan int) {
	c <- recurse(depth)
}

func stackGrow(ops int) {
	c := make(chan int)
	want := 0
	for i := 1; i <= depth; i++ {
		want += i & 7
	}
	start := time.Now()
	for i := 0; i < ops; i++ {
		go sendDeep(c)
		check(<-c, want)
	}
	report("stack_grow", start, ops)
}
