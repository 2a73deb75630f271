# What the standard library asks of the runtime, in small programs.

forgo() {
	only opt split splitdebug splithard
	need gccgo-12
}

# Names and lines, through a fault, a recovering function, inlined calls and both boundaries between stacks.
test_callers() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"reflect"
	"runtime"
)

func show(skip int) {
	pcs := make([]uintptr, 60)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs)])
	last, n := "", 0
	for {
		f, more := frames.Next()
		if f.Function == last {
			n++
		} else if f.Function != "" {
			fmt.Print(f.Function, ":", f.Line, " ")
		}
		last = f.Function
		if !more {
			break
		}
	}
	fmt.Println(n)
}

type T struct{ n *int }

func (t *T) inlined() { show(1) }

func fault() (s string) {
	defer func() {
		if recover() != nil {
			show(1)
		}
	}()
	var t *T
	s = fmt.Sprint(*t.n)
	return
}

//go:noinline
func deep(n int) int {
	var a [1000]int
	a[n] = n
	if n == 0 {
		show(1)
		return 0
	}
	return deep(n-1) + a[n-1]
}

func main() {
	new(T).inlined()
	fault()
	c := make(chan int)
	go func() { c <- deep(30) }()
	<-c
	_, _, line, ok := runtime.Caller(0)
	fmt.Println(line, ok, runtime.FuncForPC(reflect.ValueOf(deep).Pointer()).Name())
}
GO
	run gort run x.go
	want_status 0
	want_out 'main.show:11 main.T.inlined:30 main.main:55' 'main.fault..func1:35' 'main.fault:39' \
		'main.show:11 main.deep:48 main.main..func1:58' '60 true main.deep'
}

# A stack as text has the program's functions only, also those of goroutines that wait.
test_stack() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import "runtime"

func waits(c chan int) { <-c }

func main() {
	c := make(chan int)
	go waits(c)
	runtime.Gosched()
	buf := make([]byte, 10000)
	print(string(buf[:runtime.Stack(buf, true)]))
	println(runtime.Stack(buf[:5], false), string(buf[:5]))
}
GO
	run gort run x.go
	want_status 0
	want_err 'goroutine 1 [running]:' 'main.main(...)' '[chan receive]:' 'main.waits(...)' \
		'created by main.main' '5 gorou'
	want_not_err ' in goroutine '
}

# Programs tell frames of the runtime by the name of the file.
test_frames() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"runtime"
	"strings"
)

func main() {
	pc := make([]uintptr, 10)
	frames := runtime.CallersFrames(pc[:runtime.Callers(0, pc)])
	for {
		f, more := frames.Next()
		println(f.Function, strings.HasPrefix(f.File, "runtime/"), strings.HasSuffix(f.File, "x.go"))
		if !more {
			break
		}
	}
	_, file, line, ok := runtime.Caller(0)
	println(strings.HasSuffix(file, "x.go"), line, ok)
}
GO
	run gort run x.go
	want_status 0
	want_err 'runtime.Callers true false' 'main.main false true' 'true 18 true'
}

# runtime/metrics: the parts make the sum, and each collection has stopped the world.
test_metrics() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"runtime"
	"runtime/metrics"
	"strings"
)

var keep []*byte

func main() {
	for i := 0; i < 100; i++ {
		keep = append(keep, new(byte))
	}
	runtime.GC()
	runtime.GC()
	var samples []metrics.Sample
	for _, d := range metrics.All() {
		samples = append(samples, metrics.Sample{Name: d.Name})
	}
	metrics.Read(samples)
	var total, sum, cycles, pauses, allocs, tiny, bysize uint64
	for _, s := range samples {
		switch {
		case s.Name == "/memory/classes/total:bytes":
			total = s.Value.Uint64()
		case strings.HasPrefix(s.Name, "/memory/classes/"):
			sum += s.Value.Uint64()
		case s.Name == "/gc/cycles/total:gc-cycles":
			cycles = s.Value.Uint64()
		case s.Name == "/gc/heap/allocs:objects":
			allocs = s.Value.Uint64()
		case s.Name == "/gc/heap/tiny/allocs:objects":
			tiny = s.Value.Uint64()
		case s.Name == "/gc/heap/allocs-by-size:bytes":
			for _, n := range s.Value.Float64Histogram().Counts {
				bysize += n
			}
		case s.Name == "/gc/pauses:seconds":
			h := s.Value.Float64Histogram()
			if len(h.Buckets) != len(h.Counts)+1 {
				panic("buckets")
			}
			for i, n := range h.Counts {
				if h.Buckets[i] >= h.Buckets[i+1] {
					panic("order")
				}
				if n > 0 && (h.Buckets[i] < 1e-7 || h.Buckets[i] > 10) {
					panic("length")
				}
				pauses += n
			}
		}
	}
	println(total > 0, total == sum, cycles >= 2, pauses == 2*cycles, allocs == bysize, tiny >= 90)
}
GO
	run gort run x.go
	want_status 0
	want_err 'true true true true true true'
}

# Calls and functions that are made at run time.
test_reflect() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"reflect"
)

type T struct {
	a int8
	b string
	c [3]float32
	d struct{}
	e complex128
}

func (t T) M(x int, e struct{}, u *T, f float32) (string, error, T) {
	return fmt.Sprint(t, x, *u, f), fmt.Errorf("e%d", x), t
}

func main() {
	t := T{1, "x", [3]float32{1, 2, 3}, struct{}{}, 1i}
	for _, v := range reflect.ValueOf(t).Method(0).Call([]reflect.Value{
		reflect.ValueOf(7), reflect.ValueOf(struct{}{}), reflect.ValueOf(&t), reflect.ValueOf(float32(2.5))}) {
		fmt.Println(v.Interface())
	}
	f := reflect.MakeFunc(reflect.TypeOf(func(a int8, b float64, c T) (T, int) { return c, 0 }),
		func(in []reflect.Value) []reflect.Value {
			return []reflect.Value{in[2], reflect.ValueOf(int(in[0].Int()) + int(in[1].Float()))}
		}).Interface().(func(int8, float64, T) (T, int))
	fmt.Println(f(-3, 4.5, t))
	c := make(chan int, 1)
	send := reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(c), Send: reflect.ValueOf(5)}
	recv := reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)}
	i, _, _ := reflect.Select([]reflect.SelectCase{recv, send})
	j, v, ok := reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectDefault}, recv, send})
	fmt.Println(i, j, v, ok, reflect.SliceOf(reflect.TypeOf(t)) == reflect.TypeOf([]T{}))
}
GO
	run gort run x.go
	want_status 0
	want_equal "$(cat out)" "{1 x [1 2 3] {} (0+1i)} 7 {1 x [1 2 3] {} (0+1i)} 2.5
e7
{1 x [1 2 3] {} (0+1i)}
{1 x [1 2 3] {} (0+1i)} 1
1 1 5 true true"
}

# Signals as messages, those of the runtime's own too; a child; what a child inherits.
test_signals_exec() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGQUIT, syscall.SIGURG, syscall.SIGSEGV)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGQUIT, syscall.SIGURG, syscall.SIGSEGV} {
		syscall.Kill(os.Getpid(), s)
		fmt.Println(<-c)
	}
	signal.Ignore(syscall.SIGUSR2)
	fmt.Println(signal.Ignored(syscall.SIGUSR2), signal.Ignored(syscall.SIGUSR1))
	out, err := exec.Command("sh", "-c", "grep -E 'Sig(Blk|Cgt)' /proc/self/status; kill -PIPE $$; echo no").CombinedOutput()
	fmt.Printf("%s%v\n", out, err)
	err = syscall.Exec("/bin/echo", []string{"echo", "executed"}, nil)
	fmt.Println(err)
}
GO
	run gort run x.go
	want_status 0
	want_out 'user defined signal 1' quit 'urgent I/O condition' 'segmentation fault' 'true false' \
		'signal: broken pipe' executed
	grep -q 'SigBlk:	0000000000000000' out || die "a child inherits blocked signals: $(grep SigBlk out)"
}

# The collector's helpers run before the first package; packages come in the order of their imports, one
# line each; main's variables and init functions are measured.
test_init() { # secs=300
	forgo
	need go-12
	mkdir -p m/low m/high
	printf 'module example.com/m\n\ngo 1.18\n' >m/go.mod
	cat >m/main.go <<'GO'
package main

import (
	"example.com/m/high"
	"time"
)

var waited = func() *int { time.Sleep(3 * time.Millisecond); return new(int) }()

func init() { println("main's init", *high.Is, *waited) }

func main() { println("main") }
GO
	cat >m/high/high.go <<'GO'
package high

import "example.com/m/low"

var Is = func() *int { n := 2 * *low.Is; println("high"); return &n }()
GO
	cat >m/low/low.go <<'GO'
package low

var Is = func() *int {
	c := make(chan *int)
	n := 4
	go func() { c <- &n }()
	println("low")
	return <-c
}()

var memory [100]*[1024]byte

func init() {
	for i := range memory {
		memory[i] = new([1024]byte)
	}
}
GO
	gort build -o x m
	run env GODEBUG=inittrace=1,boottrace=1 ./x
	want_status 0
	sed -n 's/^boot: [^ ]* \(gcenable\|doInit\|main_main\):.*/\1/p; t
		s/^init \([a-z./]*\) @[0-9.]* ms, [0-9.]* ms clock, [0-9]* bytes, [0-9]* allocs$/init \1/p
		/^[a-z]*$/p; /^main.s init/p' err | grep -E 'gcenable|doInit|main|low|high' >order
	printf '%s\n' gcenable low "init example.com/m/low" high "init example.com/m/high" "main's init 8 0" \
		"init main" doInit main_main main | diff -u - order >&2 || die "another order"
	n=$(grep -c '^init ' err)
	want_err "doInit: $((n - 1)) packages"
	set -- $(grep '^init example.com/m/low ' err)
	[ "$8" -ge 102400 ] && [ "$8" -lt 120000 ] || die "bytes: $8"
	[ "${10}" -ge 100 ] && [ "${10}" -lt 130 ] || die "allocs: ${10}"
	ms=$(sed -n 's/^init main @[0-9.]* ms, \([0-9]*\).*/\1/p' err)
	[ "$ms" -ge 3 ] || die "clock: $ms"
}

# What nobody asked for: dropped, the end, or the end with a report; as the signal's kind says.
test_signals_unasked() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	if n != 0 {
		syscall.Kill(os.Getpid(), syscall.Signal(n))
		select {}
	}
	for _, s := range []syscall.Signal{10, 12, 13, 14, 24, 25, 26, 27, 29, 30, 35, 64} {
		c := make(chan os.Signal, 1)
		syscall.Kill(os.Getpid(), s)
		signal.Notify(c, s)
		syscall.Kill(os.Getpid(), s)
		if got := <-c; got != s {
			fmt.Println("sent", s, "got", got)
		}
		signal.Stop(c)
		syscall.Kill(os.Getpid(), s)
	}
	// Asked for, it is not the end of a writer to a closed pipe.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	r, w, _ := os.Pipe()
	r.Close()
	syscall.Dup2(int(w.Fd()), 1)
	_, err := os.Stdout.Write([]byte("x"))
	fmt.Fprintln(os.Stderr, err)
}
GO
	gort build -o x x.go || die "build failed"
	run ./x 0
	want_status 0
	want_err "broken pipe"
	for n in 1 2 15; do # a shell lets what it starts in the background ignore some
		run env --default-signal ./x $n
		want_status $((128 + n))
	done
	for what in "4 SIGILL: illegal instruction" "5 SIGTRAP: trace trap" "6 SIGABRT: abort" "31 SIGSYS: bad system call"; do
		run ./x ${what%% *}
		want_status 2
		want_err "${what#* }" "goroutine 1 ["
	done
	# Ignored, asked for, and reset: as at the start.
	cat >z.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	signal.Ignore(syscall.SIGTERM)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	fmt.Println(<-c)
	signal.Reset(syscall.SIGTERM)
	fmt.Println(signal.Ignored(syscall.SIGTERM))
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	time.Sleep(time.Minute)
}
GO
	gort build -o z z.go || die "build failed"
	run ./z
	want_status 143
	want_out terminated false
	# SIGQUIT, too, though the runtime has a handler for it: after Notify and Reset there is a report again.
	cat >q.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	quit := func() { syscall.Kill(os.Getpid(), syscall.SIGQUIT) }
	signal.Ignore(syscall.SIGQUIT)
	fmt.Println(signal.Ignored(syscall.SIGQUIT))
	quit()
	fmt.Println(exec.Command("sh", "-c", "kill -QUIT $$").Run())
	signal.Reset(syscall.SIGQUIT) // undoes no Ignore
	quit()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGQUIT)
	quit()
	fmt.Println(<-c, signal.Ignored(syscall.SIGQUIT))
	signal.Reset(syscall.SIGQUIT)
	quit()
	time.Sleep(time.Minute)
}
GO
	gort build -o q q.go || die "build failed"
	run ./q
	want_status 2
	want_equal "$(cat out)" "true
<nil>
quit false"
	want_err "SIGQUIT: quit" "goroutine 1 ["
	# Who asks for all gets those that are sent, not what an instruction did: it would come for ever.
	cat >trap.c <<'C'
void trap(void) { __builtin_trap(); }
C
	cat >y.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

//extern trap
func trap()

func main() {
	c := make(chan os.Signal, 1)
	signal.Notify(c)
	syscall.Kill(os.Getpid(), syscall.SIGILL)
	for s := range c {
		if s == syscall.SIGILL {
			break
		}
	}
	fmt.Println("sent")
	trap()
}
GO
	gort build -o y y.go trap.c || die "build failed"
	run timeout 20 ./y
	want_status 2
	want_out sent
	want_err "SIGILL: illegal instruction" "goroutine 1 ["
}

# Package runtime, runtime/debug, sync, time, os as programs use them. What there is no machinery for says
# so, or has nothing to tell: profiles are empty, tracing is an error.
test_api() { # secs=300
	forgo
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"syscall"
	"time"
)

var sink []byte

func check(ok bool, what ...interface{}) {
	if !ok {
		fmt.Println(what...)
	}
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "threads":
			debug.SetMaxThreads(8)
			for i := 0; i < 20; i++ {
				go func() { runtime.LockOSThread(); time.Sleep(time.Second) }()
			}
			time.Sleep(2 * time.Second)
		case "traceback":
			debug.SetTraceback("all")
			go func() { select {} }()
			time.Sleep(time.Millisecond)
			panic("x")
		}
		return
	}
	check(runtime.NumCPU() >= 1 && runtime.GOMAXPROCS(3) >= 1 && runtime.GOMAXPROCS(0) == 3, "procs")
	check(runtime.NumGoroutine() == 1, "goroutines", runtime.NumGoroutine())
	check(strings.HasPrefix(runtime.Version(), "go1.18"), runtime.Version())
	check(runtime.Compiler == "gccgo" && runtime.GOOS == "linux" && runtime.GOARCH == "amd64", "names")
	check(runtime.GOROOT() != "", "goroot")
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	sink = make([]byte, 10<<20)
	runtime.ReadMemStats(&b)
	check(b.Mallocs > a.Mallocs && b.TotalAlloc-a.TotalAlloc >= 10<<20 && b.HeapAlloc > 10<<20 && b.Sys >= b.HeapSys && b.HeapSys >= b.HeapInuse && b.HeapObjects > 0 && b.NextGC > 0, a, b)
	runtime.KeepAlive(sink)
	n := new(int)
	runtime.SetFinalizer(n, func(*int) {})
	runtime.SetFinalizer(n, nil)
	runtime.GC()
	check(debug.SetGCPercent(50) == 100 && debug.SetGCPercent(100) == 50, "gcpercent")
	debug.FreeOSMemory()
	var gs debug.GCStats
	debug.ReadGCStats(&gs)
	check(debug.SetMaxThreads(5000) == 10000, "threads")
	check(strings.Contains(string(debug.Stack()), "main.main"), string(debug.Stack()))
	_, ok := debug.ReadBuildInfo()
	fmt.Println("buildinfo", ok)
	old := debug.SetPanicOnFault(true)
	check(!old, "panic on fault")
	debug.SetPanicOnFault(false)
	// thread
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		id := syscall.Gettid()
		for i := 0; i < 100; i++ {
			runtime.Gosched()
			time.Sleep(10 * time.Microsecond)
		}
		check(id == syscall.Gettid(), "moved")
		runtime.UnlockOSThread()
		done <- true
	}()
	<-done
	// profiles
	var sb strings.Builder
	for _, p := range pprof.Profiles() {
		err := p.WriteTo(&sb, 1)
		check(err == nil, p.Name(), err)
	}
	check(strings.Contains(sb.String(), "main.main"), sb.String())
	fmt.Println("cpu", pprof.StartCPUProfile(&sb), "trace", trace.Start(&sb))
	pprof.StopCPUProfile()
	rec := make([]runtime.MemProfileRecord, 10)
	k, ok := runtime.MemProfile(rec, true)
	fmt.Println("mem", ok == (k <= 10))
	k, ok = runtime.BlockProfile(nil)
	fmt.Println("block", k, ok)
	// sync
	var once sync.Once
	var mu sync.RWMutex
	var wg sync.WaitGroup
	var m sync.Map
	cond := sync.NewCond(&mu)
	pool := sync.Pool{New: func() interface{} { return 1 }}
	sum := 0
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			once.Do(func() { sum = 100 })
			mu.Lock()
			sum += i
			cond.Broadcast()
			mu.Unlock()
			m.Store(i, i)
			pool.Put(pool.Get())
		}(i)
	}
	mu.Lock()
	for sum < 100+49*50/2 {
		cond.Wait()
	}
	mu.Unlock()
	wg.Wait()
	v, _ := m.Load(7)
	check(v == 7, "map")
	// time
	t0 := time.Now()
	tm := time.NewTimer(time.Hour)
	check(tm.Stop() && !tm.Reset(time.Millisecond), "timer")
	<-tm.C
	tk := time.NewTicker(time.Millisecond)
	<-tk.C
	tk.Stop()
	af := make(chan bool)
	time.AfterFunc(time.Millisecond, func() { close(af) })
	<-af
	select {
	case <-time.After(2 * time.Millisecond):
	}
	check(time.Since(t0) >= 5*time.Millisecond && time.Since(t0) < 10*time.Second, "time")
	// os
	r, w, err := os.Pipe()
	check(err == nil, err)
	go func() { time.Sleep(time.Millisecond); w.Write([]byte("pipe")); w.Close() }()
	buf := make([]byte, 10)
	c, err := r.Read(buf)
	check(string(buf[:c]) == "pipe" && err == nil, err)
	os.Setenv("GORT_TEST_API", "set")
	out, err := exec.Command("sh", "-c", "echo $GORT_TEST_API; exit 3").Output()
	fmt.Printf("%s%v\n", out, err)
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGHUP)
	syscall.Kill(syscall.Getpid(), syscall.SIGHUP)
	fmt.Println(<-sig)
	signal.Reset()
	_, err = os.Open("/nonexistent")
	fmt.Println(err)
	defer fmt.Println("not printed")
	os.Exit(4)
}
GO
	gort build -o x x.go
	for procs in 1 2 8; do
		run env GOMAXPROCS=$procs ./x
		want_status 4
		want_equal "$(cat err)" ""
		want_equal "$(cat out)" "buildinfo false
cpu <nil> trace tracing is not supported
mem true
block 0 true
set
exit status 3
hangup
open /nonexistent: no such file or directory"
	done
	run ./x threads
	want_status 2
	want_err "runtime: program exceeds 8-thread limit" "fatal error: thread exhaustion"
	run ./x traceback
	want_status 2
	want_err "panic: x" "main.main(...)" "[select (no cases)]:" "main.main..func2(...)"
}
