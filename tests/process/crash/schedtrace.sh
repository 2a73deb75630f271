# GODEBUG=schedtrace and scheddetail: Go's lines, and counters that count.

program() {
	cat >x.c <<'C'
#include <gort.h>
#include <time.h>
static void
work(void *arg)
{
	gort_chan *c = arg;
	for (int i = 0; i < 20000; i++)
		gort_gosched();
	gort_send(c, 1);
}
static void
nap(void *arg)
{
	(void)arg;
	struct timespec ts = {0, 50000000};
	nanosleep(&ts, NULL);
}
static void
sleeper(void *arg)
{
	for (int i = 0; i < 10; i++)
		gort_block(nap, NULL);
	gort_send((gort_chan *)arg, 1);
}
static void
hog(void *arg)
{
	/* Never parks; gives way only because sysmon asks. */
	int64_t end = gort_now() + 300 * GORT_MS;
	while (gort_now() < end)
		gort_free(gort_make(char, 16));
	gort_send((gort_chan *)arg, 1);
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	int v, n = 0;
	for (int i = 0; i < 8; i++, n++)
		gort_go(work, c);
	for (int i = 0; i < 3; i++, n++)
		gort_go(sleeper, c);
	for (int i = 0; i < 4; i++, n++)
		gort_go(hog, c);
	while (n-- > 0)
		gort_recv(c, &v);
	gort_sleep(200 * GORT_MS);
	return 0;
}
C
	gort build -o x x.c
}

test_lines() {
	program
	run env GOMAXPROCS=2 GODEBUG=schedtrace=50 ./x
	want_status 0
	grep -E '^SCHED [0-9]+ms: gomaxprocs=2 idleprocs=[0-9]+ threads=[0-9]+ spinningthreads=[0-9]+ needspinning=[0-9]+ idlethreads=[0-9]+ runqueue=[0-9]+ \[ [0-9]+ [0-9]+ \] schedticks=\[ [0-9]+ [0-9]+ \]$' err >lines ||
		{ show; die "no line of Go's form"; }
	[ "$(grep -c ^SCHED err)" -eq "$(wc -l <lines)" ] || die "a SCHED line of another form"
	[ "$(wc -l <lines)" -ge 5 ] || die "too few lines"
	sed -n 's/^SCHED \([0-9]*\)ms.*/\1/p' err >times
	sort -n times | diff - times || die "time went backwards"
}

# The first line comes at the start, not after the interval.
test_at_once() {
	program
	run env GODEBUG=schedtrace=100000 ./x
	want_status 0
	[ "$(grep -c '^SCHED [0-9]*ms: ' err)" -eq 1 ] || { show; die "no line at the start"; }
}

test_detail() {
	program
	run env GOMAXPROCS=2 GODEBUG=schedtrace=50,scheddetail=1 ./x
	want_status 0
	want_err " gcwaiting=false nmidlelocked=" " stopwait=0 sysmonwait="
	grep -qE '^  P[01]: status=[0-9]+ schedtick=[0-9]+ syscalltick=[0-9]+ m=([0-9]+|nil) runqsize=[0-9]+ gfreecnt=[0-9]+ timerslen=[0-9]+ ' err || die "P line"
	grep -qE '^  M[0-9]+: p=([0-9]+|nil) curg=([0-9]+|nil) mallocing=[0-9]+ throwing=[0-9]+ preemptoff= locks=[0-9]+ dying=[0-9]+ spinning=(true|false) blocked=(true|false) lockedg=([0-9]+|nil)$' err || die "M line"
	grep -qE '^  G[0-9]+: status=[0-9]+\([a-z A-Z().]*\) m=([0-9]+|nil) lockedm=([0-9]+|nil)$' err || die "G line"
	# Every G, M and P line is of that form.
	grep -E '^  [GMP]' err | grep -vE '^  (G[0-9]+: status=[0-9]+\([a-z A-Z().]*\) m=([0-9]+|nil) lockedm=([0-9]+|nil)|M[0-9]+: p=.* lockedg=([0-9]+|nil)|P[0-9]+: status=.*)$' && die "a line of another form"
	grep -q '^  G[0-9]*: status=4(force gc (idle)) ' err || die "the forced-GC helper is not there"
}

# Steals, hand-offs and preemptions happen and are counted.
test_counters() { # secs=120
	program
	# What the other P gets may all have come by the global queue, once: with the tiny rings of
	# the hard set-up, or when its thread is slow to start.
	for try in 1 2 3 4 5; do
		run env GOMAXPROCS=2 GODEBUG=schedtrace=50 ./x
		last=$(grep '^COUNT ' err | tail -n 1)
		missing=
		for what in goroutines steals handoffs preempts direct sched; do
			n=$(printf '%s\n' "$last" | sed -n "s/.* $what=\([0-9]*\).*/\1/p")
			[ "${n:-0}" -gt 0 ] || missing="$missing $what"
		done
		[ -n "$missing" ] || return 0
		echo "$try: $last"
	done
	die "0:$missing"
}
