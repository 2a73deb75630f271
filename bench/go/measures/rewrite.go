package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

var rewriteMeasures = []measure{
	{"gc_rewrite", func(ms int) { rewrite("gc_rewrite", ms, false) }},
	{"rewrite_all", func(ms int) { rewrite("rewrite_all", ms, true) }},
}

const (
	rewriteRecords = 4 << 20
	rewriteFull    = 8000
	rewritePayload = 96
	rewriteSleep   = time.Millisecond
)

type record struct {
	link            *record
	payload         *[rewritePayload]byte
	number, version int
}

var (
	recordTable   []*record
	recordVersion int
)

func newRecord(number int) *record {
	r := new(record)
	r.payload = new([rewritePayload]byte)
	r.payload[0] = byte(number)
	r.number = number
	recordVersion++
	r.version = recordVersion
	return r
}

func replaceRecord(i, to int) {
	old, r := recordTable[i], newRecord(i)
	r.link = recordTable[to]
	old.link = nil
	recordTable[i] = r
}

// mostMemory is VmHWM in bytes.
func mostMemory() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer f.Close()
	kb := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) > 1 && w[0] == "VmHWM:" {
			kb, _ = strconv.Atoi(w[1])
		}
	}
	return kb * 1024
}

// The longest stop is the longest of the last 256, which is all that Go remembers; a cycle's two count
// as one.
func rewrite(name string, ms int, inOrder bool) {
	n, at, x := 0, 0, uint64(1)
	size := rewriteRecords
	if ms < rewriteFull {
		size = rewriteRecords * ms / rewriteFull
	}
	recordTable = make([]*record, size)
	for i := range recordTable {
		recordTable[i] = newRecord(i)
	}
	start := time.Now()
	end := start.Add(time.Duration(ms) * time.Millisecond)
	late := make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for time.Now().Before(end) {
			t0 := time.Now()
			time.Sleep(rewriteSleep)
			if more := time.Since(t0) - rewriteSleep; more > worst {
				worst = more
			}
		}
		late <- worst
	}()
	for {
		for k := 0; k < 64; k++ {
			i, to := at, at-1
			if at == 0 {
				to = size - 1
			}
			if !inOrder {
				x = x*6364136223846793005 + 1442695040888963407
				i = int((x >> 33) % uint64(size))
				x = x*6364136223846793005 + 1442695040888963407
				to = int((x >> 33) % uint64(size))
			}
			replaceRecord(i, to)
			at++
			if at == size {
				at = 0
			}
		}
		n += 64
		if !time.Now().Before(end) {
			break
		}
	}
	report(name, start, n)
	worst := <-late
	for i, r := range recordTable {
		if r.number != i || r.payload[0] != byte(i) {
			panic(fmt.Sprintf("record %d is damaged", i))
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	stop := uint64(0)
	for _, ns := range m.PauseNs {
		if ns > stop {
			stop = ns
		}
	}
	fmt.Printf("%s_stop %d\n%s_late %d\n%s_size %d\n", name, stop, name, worst.Nanoseconds(), name, mostMemory())
}
