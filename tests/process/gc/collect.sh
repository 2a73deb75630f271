# What collections do and print.

trees() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
struct node { struct node *l, *r; };
static struct node *
make(int d)
{
	struct node *n = gort_alloc(sizeof *n);
	if (d > 0) {
		n->l = make(d - 1);
		n->r = make(d - 1);
	}
	return n;
}
static int
count(struct node *n)
{
	return n == NULL ? 0 : 1 + count(n->l) + count(n->r);
}
int
gort_main(int argc, char **argv)
{
	struct node *volatile keep = make(12);
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	for (int i = 0; i < rounds; i++)
		if (count(make(14)) != 32767 || count(keep) != 8191)
			abort();
	gort_memstats m;
	gort_read_memstats(&m);
	printf("%s\n", m.heap_sys <= 32 << 20 ? "bounded" : "grows");
	return 0;
}
C
}

test_off_by_default() {
	trees
	run "$TOP/gort" run x.c
	want_status 0
	want_out grows
	run env GODEBUG=gctrace=1 "$TOP/gort" run x.c
	want_status 0
	case $(cat err) in *gc*) die "it collects" ;; esac
}

test_bounded() { # secs=120
	trees
	run env GODEBUG=gccollect=1,boottrace=1 "$TOP/gort" run x.c
	want_status 0
	want_out bounded
	want_err "gccollect=1: unreachable objects are freed"
	for stress in 1 7 100; do
		run env GODEBUG=gccollect=1,clobberfree=1,gcstress=$stress "$TOP/gort" run x.c 1
		want_status 0
	done
	run env GOGC=1 GODEBUG=gccollect=1,clobberfree=1 "$TOP/gort" run x.c 10
	want_status 0
	want_out bounded
	run env GOGC=off GODEBUG=gccollect=1 "$TOP/gort" run x.c
	want_status 0
	want_out grows
	run env GOGC=off GOMEMLIMIT=20MiB GODEBUG=gccollect=1 "$TOP/gort" run x.c
	want_status 0
	want_out bounded
}

# Go's line.
test_gctrace() {
	trees
	run env GODEBUG=gccollect=1,gctrace=1 "$TOP/gort" run x.c
	want_status 0
	ms='[0-9]*\.*[0-9]*'
	grep -q "^gc 1 @[0-9]*\.[0-9][0-9][0-9]s [0-9]*%: $ms+$ms+$ms ms clock, $ms+$ms/$ms/$ms+$ms ms cpu, [0-9]*->[0-9]*->[0-9]* MB, 4 MB goal, [0-9]* MB stacks, [0-9]* MB globals, [0-9]* P\$" err ||
		die "$(head -3 err)"
}

# Once SetGCPercent(-1) has returned nothing is collected unless somebody asks: not what the heap had asked
# for before, either.
test_set_percent() { # secs=60
	need gccgo-12
	cat >x.go <<'GO'
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

var sink []byte

func numgc() uint32 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NumGC
}

func main() {
	for i := 0; i < 300; i++ {
		debug.SetGCPercent(1)
		for k := 0; k < 20; k++ {
			sink = make([]byte, 10000)
		}
		if debug.SetGCPercent(-1) != 1 {
			panic("percent")
		}
		n := numgc()
		for k := 0; k < 20; k++ {
			sink = make([]byte, 10000)
		}
		if i%10 == 0 {
			time.Sleep(time.Millisecond)
		} else {
			runtime.Gosched()
		}
		if numgc() != n {
			panic("collected")
		}
	}
	n := numgc()
	runtime.GC()
	fmt.Println(n > 100, numgc() == n+1)
}
GO
	run "$TOP/gort" run x.go
	want_status 0
	want_out "true true"
}
