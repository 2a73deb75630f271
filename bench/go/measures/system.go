package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

var systemMeasures = []measure{
	{"go_end_1m", goEnd1m},
	{"syscall_handoff", syscallHandoff},
	{"stop_the_world", stopTheWorld},
	{"exit_10k", exit10k},
}

func goEnd1m(ops int) {
	var wg sync.WaitGroup
	start := time.Now()
	wg.Add(ops)
	for i := 0; i < ops; i++ {
		go signalDone(&wg)
	}
	wg.Wait()
	report("go_end_1m", start, ops)
}

var computed uint64

//go:noinline
func steps(n int) {
	x := uint64(88172645463325252)
	for i := 0; i < n; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	atomic.AddUint64(&computed, x)
}

const callers = 8

// A call that blocks and is announced, as all of package syscall's are; no cgo.
func sleep1ms() {
	ts := syscall.Timespec{Nsec: 1000000}
	syscall.Syscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

func syscallHandoff(ops int) {
	var closed int32
	var calls int64
	var wg sync.WaitGroup
	t0 := time.Now()
	steps(ops)
	alone := time.Since(t0)
	for i := 0; i < callers; i++ {
		wg.Add(1)
		go func() {
			n := 0
			for ; atomic.LoadInt32(&closed) == 0; n++ {
				sleep1ms()
			}
			atomic.AddInt64(&calls, int64(n))
			wg.Done()
		}()
	}
	runtime.Gosched()
	t1 := time.Now()
	steps(ops)
	together := time.Since(t1)
	atomic.StoreInt32(&closed, 1)
	wg.Wait()
	all := time.Since(t1)
	fmt.Printf("syscall_handoff %.2f\n", 100*float64(alone)/float64(together))
	fmt.Printf("syscall_handoff_calls %.1f\n", 1e9*float64(calls)/float64(all))
}

func stopTheWorld(ops int) {
	computing := int32(1)
	var wg sync.WaitGroup
	took := make([]int64, ops)
	procs := runtime.GOMAXPROCS(0)
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			for atomic.LoadInt32(&computing) != 0 {
				steps(1000000)
			}
			wg.Done()
		}()
	}
	time.Sleep(50 * time.Millisecond)
	for i := range took {
		time.Sleep(2 * time.Millisecond)
		t := time.Now()
		runtime.GOMAXPROCS(procs + 1 - i%2)
		took[i] = int64(time.Since(t))
	}
	atomic.StoreInt32(&computing, 0)
	wg.Wait()
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	fmt.Printf("stop_the_world %d\n", took[ops/2])
	fmt.Printf("stop_the_world_worst %d\n", took[ops-1])
}

func exit10k(ops int) {
	var here sync.WaitGroup
	gate := make(chan int64)
	here.Add(ops)
	for i := 0; i < ops; i++ {
		go func() {
			here.Done()
			<-gate
		}()
	}
	here.Wait()
	var ts syscall.Timespec
	const monotonic = 1
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&ts)), 0)
	os.Stdout.WriteString(strconv.FormatInt(ts.Nano(), 10) + "\n")
}
