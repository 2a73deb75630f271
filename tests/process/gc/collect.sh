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

# How to have none.
test_off() { # secs=60
	trees
	run env GOGC=off GODEBUG=gctrace=1 "$TOP/gort" run x.c
	want_status 0
	want_out grows
	case $(cat err) in *gc*) die "it collects" ;; esac
	run env GODEBUG=gccollect=0,gctrace=1,boottrace=1 "$TOP/gort" run x.c
	want_status 0
	want_out grows
	want_err "nothing is collected"
	! grep "^gc " err || die "it collects"
}

test_bounded() { # secs=120
	trees
	run "$TOP/gort" run x.c
	want_status 0
	want_out bounded
	for stress in 1 7 100; do
		run env GODEBUG=clobberfree=1,gcstress=$stress "$TOP/gort" run x.c 1
		want_status 0
	done
	run env GOGC=1 GODEBUG=clobberfree=1 "$TOP/gort" run x.c 10
	want_status 0
	want_out bounded
	run env GOGC=off "$TOP/gort" run x.c
	want_status 0
	want_out grows
	run env GOGC=off GOMEMLIMIT=20MiB "$TOP/gort" run x.c
	want_status 0
	want_out bounded
}

# rss.h: how much memory of its own the program has now.
rss() {
	cat >rss.h <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static uint64_t
rss(void)
{
	char line[200];
	uint64_t kb = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (f != NULL && fgets(line, sizeof line, f))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kb = strtoull(line + 8, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb * 1024;
}
C
}

# A list that keeps one marker busy, and two goroutines that allocate as fast as they can: within five per cent
# of the limit; and where the limit is below what lives, above it rather than at a stand.
test_limit() { # secs=120
	only opt debug # the sanitizers have memory of their own
	rss
	cat >x.c <<'C'
#include "rss.h"
struct node { struct node *next; char more[112]; };
static struct node *live;
static uint64_t most;
static int stop;
static void
watch(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint64_t n = rss();
		most = n > most ? n : most;
		gort_sleep(2 * GORT_MS);
	}
}
static void
churn(void *arg)
{
	uint64_t x = (uintptr_t)arg;
	int64_t end = gort_now() + 1500 * GORT_MS;
	void *ring[64] = {0};
	while (gort_now() < end) {
		for (int i = 0; i < 1000; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			size_t n = 16 + (x >> 40) % ((x >> 33) % 16 == 0 ? 20000 : 500);
			char *p = gort_make(char, n);
			p[n - 1] = 1;
			ring[(x >> 20) % 64] = p;
		}
	}
}
int
gort_main(int argc, char **argv)
{
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	size_t mib = (size_t)atoi(argv[argc - 1]);
	for (size_t n = 0; n < (mib << 20) / sizeof(struct node) ; n++) {
		struct node *p = gort_new(struct node);
		p->next = live;
		live = p;
	}
	gort_go(watch, NULL);
	gort_waitgroup_go(&wg, churn, (void *)1);
	gort_waitgroup_go(&wg, churn, (void *)2);
	gort_waitgroup_wait(&wg);
	stop = 1;
	printf("%lu\n", (unsigned long)(most >> 10));
	return 0;
}
C
	for mib in "100 40" "64 50" "200 100"; do
		run env GOGC=off GOMEMLIMIT="${mib% *}MiB" GODEBUG=gctrace=1 "$TOP/gort" run x.c -- "${mib#* }"
		want_status 0
		[ "$(cat out)" -lt $((${mib% *} * 1024 * 105 / 100)) ] || die "$mib: $(cat out) KiB"
		want_err "gc 3 @"
	done
	run env GOGC=off GOMEMLIMIT=20MiB GODEBUG=gctrace=1 "$TOP/gort" run x.c -- 40
	want_status 0
	[ "$(cat out)" -lt 65000 ] || die "20 40: $(cat out) KiB"
	cpu=$(sed -n 's/^gc .*s \([0-9]*\)%: .*/\1/p' err | tail -1)
	[ "${cpu:-100}" -le 60 ] || die "the collector takes $cpu% of the processors"
}

# Records that are rewired everywhere while they are marked: what the collector keeps of them counts, too
# (src/gc/hosted/markpage.c). Beyond the limit at most for a moment, until sysmon has looked.
test_limit_rewired() { # secs=120
	only opt debug # the sanitizers have memory of their own
	rss
	cat >x.c <<'C'
#include "rss.h"
struct record { struct record *a, *b; };
static int stop, looks, beyond;
static uint64_t limit;
static uint64_t
collections(void)
{
	gort_memstats m;
	gort_read_memstats(&m);
	return m.num_gc;
}
static void
watch(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (collections() >= 3) {
			looks++;
			beyond += rss() > limit / 100 * 105;
		}
		gort_sleep(2 * GORT_MS);
	}
}
int
gort_main(int argc, char **argv)
{
	uint64_t x = 1;
	size_t n = ((size_t)100 << 20) / 24;
	struct record **t = gort_make(struct record *, n);
	limit = strtoull(argv[argc - 1], NULL, 10) << 20;
	for (size_t i = 0; i < n; i++)
		t[i] = gort_new(struct record);
	gort_go(watch, NULL);
	while (collections() < 8)
		for (int k = 0; k < 1000; k++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			size_t i = (x >> 33) % n, j = (x >> 20) % n;
			struct record *r = gort_new(struct record);
			r->a = t[j];
			t[j]->b = r;
			t[i] = r;
			if (r->a)
				r->a->a = NULL;
			if (k % 4 == 0)
				gort_make(char, 200);
		}
	stop = 1;
	printf("%d of %d\n", beyond, looks);
	return looks == 0 || beyond > looks / 10;
}
C
	run env GOGC=off GOMEMLIMIT=300MiB GODEBUG=gctrace=1 "$TOP/gort" run x.c -- 300
	[ "$status" = 0 ] || die "beyond the limit at $(cat out) looks"
}

# Go's line; and the goal is twice what the last mark has found, at least 4 MB.
test_gctrace() { # secs=60
	only opt debug hard # the sanitizers' variables count as the program's
	trees
	for depth in 12 18; do
		sed "s/keep = make(12)/keep = make($depth)/; s/!= 8191/!= ${depth##*1}/" x.c >y.c
		sed "s/!= 2)/!= 8191)/; s/!= 8)/!= 524287)/" y.c >x$depth.c
		run env GODEBUG=gctrace=1 "$TOP/gort" run x$depth.c
		want_status 0
		ms='[0-9]*\.*[0-9]*'
		grep -q "^gc 1 @[0-9]*\.[0-9][0-9][0-9]s [0-9]*%: $ms+$ms+$ms ms clock, $ms+$ms/$ms/$ms+$ms ms cpu, [0-9]*->[0-9]*->[0-9]* MB, 4 MB goal, [0-9]* MB stacks, [0-9]* MB globals, [0-9]* P\$" err ||
			die "$(head -3 err)"
		awk '/^gc / {
			split($11, mb, "->")
			if (mb[1] > $13 + 1) { print "heap of " mb[1] ", goal " $13; bad = 1 }
			if (n++ > 0 && ($13 < want - 1 || $13 > want + 2)) { print "goal " $13 ", not " want; bad = 1 }
			want = 2 * mb[3] > 4 ? 2 * mb[3] : 4
			if (mb[3] > most) most = mb[3]
		} END { exit bad || n < 3 || most < '$((depth == 18 ? 8 : 0))' }' err || die "$(head -20 err)"
	done
}

# Once SetGCPercent(-1) has returned nothing is collected unless somebody asks: not what the heap had asked
# for before, either.
test_set_percent() { # secs=60
	only opt debug hard # Go
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

# The heap does not grow past its goal while the collector waits for its turn.
test_goal() { # secs=60
	cat >x.c <<'C'
#include <gort.h>
static void
churn(void *arg)
{
	void *volatile sink;
	int64_t end = *(int64_t *)arg;
	while (gort_now() < end)
		for (int i = 0; i < 100; i++)
			sink = gort_alloc(64 + i);
	(void)sink;
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	int64_t end = gort_now() + 2 * GORT_SEC;
	void **volatile live = gort_alloc(8 << 20);
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	for (int i = 0; i < 8; i++)
		gort_waitgroup_go(&wg, churn, &end);
	gort_waitgroup_wait(&wg);
	return live == NULL;
}
C
	# The large object itself is beyond the first goals.
	for procs in 1 2 4; do
		run env GOMAXPROCS=$procs GODEBUG=gctrace=1 "$TOP/gort" run x.c
		want_status 0
		awk '/^gc / { n++; split($11, mb, "->"); if ($13 > 8 && mb[1] > $13 + 1) bad++ } END { exit n < 3 || bad > 0 }' err ||
			die "$(grep '^gc ' err | tail -40)"
	done
}

# Each stop is in the class of its length, and none is longer than the longest.
test_pauses() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_pauses p[400];
	printf("%d ", gort_gc_pauses(NULL, 0) + gort_gc_pauses(p, -1));
	for (int i = 0; i < 5; i++)
		gort_gc();
	gort_memstats m;
	gort_read_memstats(&m);
	int n = gort_gc_pauses(p, 400);
	uint64_t all = 0, least = 0, most = 0;
	for (int i = 0; i < n; i++) {
		if (p[i].count == 0 || p[i].from_ns >= p[i].to_ns || (i > 0 && p[i].from_ns < p[i - 1].to_ns))
			printf("class %d: %ld to %ld, %lu ", i, (long)p[i].from_ns, (long)p[i].to_ns, (unsigned long)p[i].count);
		all += p[i].count;
		least += p[i].count * (uint64_t)p[i].from_ns;
		most += p[i].count * (uint64_t)p[i].to_ns;
	}
	p[1].count = 77;
	printf("%s %s %s %s\n", all == m.num_gc && all >= 5 ? "all" : "some",
		m.gc_pause_total >= least && m.gc_pause_total < most ? "sum" : "other",
		m.gc_pause_max >= (uint64_t)p[n - 1].from_ns && m.gc_pause_max < (uint64_t)p[n - 1].to_ns ? "longest" : "other",
		gort_gc_pauses(p, 1) == n && p[1].count == 77 ? "fits" : "more than fits");
	return 0;
}
C
	want_equal "$(GODEBUG=gcstoptheworld=1 gort run x.c)" "0 all sum longest fits"
}
