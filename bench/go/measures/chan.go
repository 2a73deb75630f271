package main

import (
	"sync"
	"time"
)

var chanMeasures = []measure{
	{"chan_pingpong", chanPingpong},
	{"chan_buffered", chanBuffered},
	{"chan_4to4", chan4to4},
	{"select_2way", select2way},
	{"select_nb", selectNb},
}

func peer(there, back chan int) {
	for v := range there {
		back <- v + 1
	}
	close(back)
}

func chanPingpong(ops int) {
	there, back := make(chan int), make(chan int)
	v := 0
	go peer(there, back)
	start := time.Now()
	for i := 0; i < ops; i++ {
		there <- v
		v = <-back
	}
	report("chan_pingpong", start, ops)
	close(there)
	check(v, ops)
	<-back
}

func sendAll(c chan int, n int) {
	for i := 0; i < n; i++ {
		c <- i
	}
	close(c)
}

func chanBuffered(ops int) {
	c := make(chan int, 128)
	sum := 0
	start := time.Now()
	go sendAll(c, ops)
	for v := range c {
		sum += v
	}
	report("chan_buffered", start, ops)
	check(sum, ops*(ops-1)/2)
}

func chan4to4(ops int) {
	c := make(chan int, 64)
	each := (ops + 3) / 4
	var receivers sync.WaitGroup
	var lock sync.Mutex
	total := 0
	start := time.Now()
	for i := 0; i < 4; i++ {
		receivers.Add(1)
		go func() {
			sum := 0
			for v := range c {
				sum += v
			}
			lock.Lock()
			total += sum
			lock.Unlock()
			receivers.Done()
		}()
	}
	together(4, func() {
		for i := 0; i < each; i++ {
			c <- i
		}
	})
	close(c)
	receivers.Wait()
	report("chan_4to4", start, 4*each)
	check(total, 4*(each*(each-1)/2))
}

func alternate(left, right, done chan int, n int) {
	for i := 0; i < n; i++ {
		c := left
		if i%2 != 0 {
			c = right
		}
		c <- i
	}
	close(done)
}

func select2way(ops int) {
	left, right, done := make(chan int), make(chan int), make(chan int)
	sum := 0
	more := true
	start := time.Now()
	go alternate(left, right, done, ops)
	for more {
		select {
		case v := <-left:
			sum += v
		case v := <-right:
			sum += v
		case <-done:
			more = false
		}
	}
	report("select_2way", start, ops)
	check(sum, ops*(ops-1)/2)
}

func selectNb(ops int) {
	a, b := make(chan int), make(chan int)
	idle := 0
	start := time.Now()
	for i := 0; i < ops; i++ {
		select {
		case <-a:
		case <-b:
		default:
			idle++
		}
	}
	report("select_nb", start, ops)
	check(idle, ops)
}
