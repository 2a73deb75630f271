#!/bin/sh
# run.sh: runs the measures, in C on gort and in Go, and says which of the limits hold.
# Called by `gort bench`; what each measure is: docs/benchmarks.md. The measures of Go programs, which
# gort runs by its Go door, are in door.sh.
#
# A round runs every side of a measure once, each in a fresh process: A B A B ... A figure of a side
# is the best and the median of its rounds. Ratios are taken inside a round, between runs that were
# neighbours in time, and the median of those ratios is what a limit is held against: a machine
# that gets slower or faster during the run moves both sides of a pair alike.
#
# Everything that was read goes to build/bench/samples.tsv (measure, side, round, value), the
# table to build/bench/results.tsv, so that nothing has to be read off the screen.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
here=$home/bench

say() {
	echo "gort bench: $*" >&2
}

fail() {
	say "$*"
	exit 1
}

help() {
	cat <<'HELP'
gort bench: measures gort, beside Go where there is one

  gort bench [NAME...] [OPTIONS]    the measures whose names start so; all without a NAME
      --list            their names
      --vs go           fails if no Go is found (otherwise it prints gort's figures only)
      --vs none         gort only
                        (door_NAME is Go source, on gort, on Go and on gccgo's own runtime)
      --rounds N        7 without this
      --quick           a tenth of the operations, 3 rounds: a first impression
      --smoke           a thousandth, 1 round: only shows that everything runs
      --tree DIR        the files that wordcount counts; /usr/include without this
      --docs            puts the table into docs/benchmarks.md

Builds into build/bench ($GORT_BENCH_DIR): samples.tsv and results.tsv are written there.
Nothing else should run on the machine meanwhile.
HELP
}

# ---- command line -----------------------------------------------------------------------------

filters= vs=auto rounds= shrink=1 tree=/usr/include docs=false list=false
while [ $# -gt 0 ]; do
	a=$1
	shift
	case $a in
	--vs | --rounds | --tree)
		[ $# -gt 0 ] || fail "$a needs a value"
		a=$a=$1
		shift
		;;
	esac
	case $a in
	--vs=go | --vs=none) vs=${a#*=} ;;
	--vs=*) fail "--vs takes go or none, not ${a#*=}" ;;
	--rounds=*)
		rounds=${a#*=}
		case $rounds in '' | *[!0-9]* | 0*) fail "--rounds takes a number, not $rounds" ;; esac
		;;
	--quick) shrink=10 rounds=${rounds:-3} ;;
	--smoke) shrink=1000 rounds=${rounds:-1} ;;
	--tree=*)
		tree=${a#*=}
		[ -d "$tree" ] || fail "$tree: no such folder"
		;;
	--docs) docs=true ;;
	--list) list=true ;;
	--help | -h)
		help
		exit 0
		;;
	-*) fail "unknown option $a; --help lists them" ;;
	*) filters="$filters $a" ;;
	esac
done
rounds=${rounds:-7}
. "$here/door.sh"
limit_s=300 # seconds that one run may take
[ "$shrink" -ne 1000 ] || limit_s=60

# The measures that are more than a line of the list, after those.
SPECIAL="bt18 gc_rewrite rewrite_all syscall_handoff syscall_plain stop_the_world exit_10k library_chan_pingpong library_malloc16
cpu_split wordcount parked_100k parked_1m parked_stack64k parked_stack1m nothing"
simple=$(sed 's/#.*//' "$here/list" | awk 'NF { print $1 }')

# wanted NAME
wanted() {
	[ -n "$filters" ] || return 0
	for f in $filters; do
		case $1 in "$f"*) return 0 ;; esac
	done
	return 1
}

selected=
for m in $simple $SPECIAL $(door_names); do
	! wanted "$m" || selected="$selected $m"
done
for f in $filters; do
	known=false
	for m in $selected; do
		case $m in "$f"*) known=true ;; esac
	done
	$known || fail "no measure's name starts with $f; --list names them"
done
if $list; then
	printf '%s\n' $selected
	exit 0
fi

# chosen NAME
chosen() {
	case "$selected " in *" $1 "*) return 0 ;; esac
	return 1
}

# ---- Go ---------------------------------------------------------------------------------------

# The newest Go of those found; GOTOOLCHAIN=local keeps it from fetching another one.
GOTOOLCHAIN=local GOFLAGS=-trimpath CGO_ENABLED=0 GO111MODULE=on GOWORK=off
export GOTOOLCHAIN GOFLAGS CGO_ENABLED GO111MODULE GOWORK
unset GODEBUG GOGC GOMEMLIMIT GOTRACEBACK GOMAXPROCS GOEXPERIMENT GOOS GOARCH GOAMD64

newest_go() {
	for g in "$(command -v go 2>/dev/null || :)" /usr/local/go/bin/go /usr/lib/go-*/bin/go; do
		[ -n "$g" ] && [ -x "$g" ] || continue
		v=$("$g" env GOVERSION 2>/dev/null) || continue
		# "go1.26.8": a release candidate sorts before its release
		echo "$(echo "$v" | sed 's/^go//; s/rc/~rc/; s/beta/~beta/') $g"
	done | sort -V | tail -n 1
}

go= goversion=
if [ "$vs" != none ]; then
	found=$(newest_go)
	go=${found#* }
	if [ -n "$go" ]; then
		goversion=$("$go" env GOVERSION)
	elif [ "$vs" = go ]; then
		fail "no Go is found: not on PATH, not in /usr/local/go, not in /usr/lib/go-*"
	fi
fi

case $selected in *" door_"*) door_find ;; esac

# ---- libgc --------------------------------------------------------------------------------------

# The collector that C programs have had so far, for the measures that bench/libgc knows, if it is here.
gcversion=
find_libgc() {
	[ "$vs" != none ] || return 0
	gcversion=$(echo '#include <gc.h>' | $CC -E -dM -x c - 2>/dev/null |
		awk '$2 ~ /^GC_TMP_VERSION_M/ { v[$2] = $3 }
			END { if (length(v)) print v["GC_TMP_VERSION_MAJOR"] "." v["GC_TMP_VERSION_MINOR"] "." v["GC_TMP_VERSION_MICRO"] }')
}

# ---- building ---------------------------------------------------------------------------------

dir=${GORT_BENCH_DIR:-$home/build/bench}
mkdir -p "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd -P)
tmp=$(mktemp -d "$dir/run.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
CC=${CC:-gcc}

build() {
	say "building"
	"$home/gort" build -o "$dir/measures" "$here"/c/*.c
	cp "$dir/measures" "$tmp/measures.gort"
	if [ -n "$go" ]; then
		# The go line decides which Go's rules hold, for timers too: those of the Go that
		# was found, so the file is written here.
		cp -R "$here/go" "$tmp/go"
		mkdir "$tmp/go/wordcount"
		cp "$home/examples/wordcount/wordcount.go" "$tmp/go/wordcount"
		rules=$(echo "$goversion" | sed 's/^.*go\([0-9]*\.[0-9]*\).*$/\1/')
		printf 'module bench\n\ngo %s\n' "$rules" >"$tmp/go/go.mod"
		for p in measures nothing wordcount; do
			(cd "$tmp/go" && "$go" build -o "$tmp/$p.go" "./$p")
		done
	fi
	if [ -n "$gcversion" ]; then
		$CC -O2 -pthread -o "$tmp/measures.libgc" "$here/libgc/measures.c" -lgc
	fi
	if chosen library_chan_pingpong || chosen library_malloc16; then
		"$home/gort" build -Dgort_main=measures_main -o "$tmp/measures.library" \
			"$here"/library/main.c "$here"/c/*.c
	fi
	[ -z "$doorsides" ] || door_build
	if chosen nothing || chosen door_nothing || chosen wordcount || chosen exit_10k; then
		$CC -O2 -static -o "$tmp/launch" "$here/launch.c" 2>/dev/null ||
			$CC -O2 -o "$tmp/launch" "$here/launch.c"
	fi
}

# ---- running ----------------------------------------------------------------------------------

failures=0 prefix=
samples=$tmp/samples
: >"$samples"
: >"$tmp/rows"
: >"$tmp/remarks"
tab=$(printf '\t')

# sample MEASURE SIDE ROUND PROCS CMD...: runs it; lines "NAME VALUE" of its output become samples
# ($prefix before NAME), and a line "VALUE" one of the measure. After a failure nothing of the measure is kept.
sample() {
	measure=$1 side=$2 round=$3 procs=$4
	shift 4
	status=0
	GOMAXPROCS=$procs GC_MARKERS=$procs # the second is libgc's
	export GOMAXPROCS GC_MARKERS
	timeout "$limit_s" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" || status=$?
	unset GOMAXPROCS GC_MARKERS
	if [ "$status" -ne 0 ]; then
		shift $(($# > 4 ? $# - 4 : 0))
		failed "$measure" "$side ended with status $status: ... $*"
		head -n 40 "$tmp/err" >&2
		return 1
	fi
	[ "$round" -gt 0 ] || return 0
	grep '^#' "$tmp/out" >>"$tmp/remarks" || :
	awk -v OFS='\t' -v measure="$measure" -v side="$side" -v round="$round" -v prefix="$prefix" '
		/^#/ { next }
		NF == 1 { print measure, side, round, $1 }
		NF == 2 { print prefix $1, side, round, $2 }' "$tmp/out" >>"$samples"
}

# failed MEASURE WHY...
failed() {
	measure=$1
	shift
	say "$measure: $*"
	failures=$((failures + 1))
	awk -F'\t' -v name="$measure" 'index($1, name) != 1' "$samples" >"$samples.kept"
	mv "$samples.kept" "$samples"
}

# row NAME UNIT SIDE OTHER LIMIT: what the table shows. OTHER is the side to compare with, or -.
# LIMIT is -, or "ratio<=X" and "ratio>=X" (SIDE against OTHER), or "<=X" (SIDE's median alone).
row() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$tmp/rows"
	show_row
}

# scaled N [UNIT]: fewer operations for --quick and --smoke, a multiple of UNIT.
scaled() {
	echo "$1 $shrink ${2:-1}" | awk '{ n = int($1 / $2 / $3) * $3; print n < $3 ? $3 : n }'
}

# summary <rows: results, one line a row: name unit side other limit best median best median ratio
# lowest-ratio highest-ratio verdict
summary() {
	awk -F'\t' -v OFS='\t' -v judge=$((shrink < 1000)) '
	function sort(a, n,   i, j, t) {
		for (i = 2; i <= n; i++) {
			t = a[i]
			for (j = i - 1; j >= 1 && a[j] > t; j--) a[j + 1] = a[j]
			a[j + 1] = t
		}
	}
	function median(a, n) {
		if (n == 0) return "-"
		return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
	}
	# the values of a side, sorted, in a[]; their number
	function values(name, side, a,   r, n) {
		n = 0
		for (r = 1; r <= maxround; r++)
			if ((name, side, r) in v) a[++n] = v[name, side, r]
		sort(a, n)
		return n
	}
	FNR == NR {
		v[$1, $2, $3] = $4 + 0
		if ($3 > maxround) maxround = $3 + 0
		next
	}
	{
		split("", a); split("", b); split("", q)
		n = values($1, $3, a)
		k = values($1, $4, b)
		c = 0
		for (r = 1; r <= maxround; r++)
			if ((($1, $3, r) in v) && (($1, $4, r) in v) && v[$1, $4, r] != 0)
				q[++c] = v[$1, $3, r] / v[$1, $4, r]
		sort(q, c)
		verdict = "-"
		if ($5 != "-") {
			limit = $5
			sub(/^(ratio)?[<>]=/, "", limit)
			x = $5 ~ /^ratio/ ? median(q, c) : median(a, n)
			if (x == "-") verdict = n == 0 ? "FAILED" : "-"
			else if (!judge) verdict = "-"
			else if ($5 ~ /<=/) verdict = x <= limit + 0 ? "met" : "MISSED"
			else verdict = x >= limit + 0 ? "met" : "MISSED"
		} else if (n == 0) verdict = "FAILED"
		print $1, $2, $3, $4, $5, n ? a[1] : "-", median(a, n), k ? b[1] : "-", median(b, k),
			median(q, c), c ? q[1] : "-", c ? q[c] : "-", verdict
	}' "$samples" -
}

# One formatter for the screen and for the manual.
format() {
	awk -F'\t' -v style="$1" '
	function si(x) {
		if (x == "-") return x
		x += 0
		if (x >= 1000 || x == int(x)) {
			s = sprintf("%.0f", x)
			while (match(s, /[0-9][0-9][0-9][0-9]($|,)/))
				s = substr(s, 1, RSTART) "," substr(s, RSTART + 1)
			return s
		}
		return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x)
	}
	function people(x) { sub(/^go$/, "Go", x); sub(/^go,/, "Go,", x); return x }
	function ratio(x) { return x == "-" ? x : sprintf("%.2f", x) }
	function limit(x) {
		if (x == "-") return x
		if (x ~ /^ratio<=/) return "at most " substr(x, 8)
		if (x ~ /^ratio>=/) return "at least " substr(x, 8)
		return "at most " si(substr(x, 3)) " " unit
	}
	{
		unit = $2
		line = style == "markdown" ? "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n" \
			: "%-27s %-6s %11s %11s  %-10s %11s %11s %6s  %-18s %s\n"
		printf line, ($3 == "gort" ? $1 : $1 " (" people($3) ")"), $2, si($6), si($7),
			people($4), si($8), si($9), ratio($10), limit($5), $13
	}'
}

show_row() {
	tail -n 1 "$tmp/rows" | summary | format screen
}

heading() {
	printf '%-27s %-6s %11s %11s  %-10s %11s %11s %6s  %-18s %s\n' measure unit best median \
		against best median ratio limit ''
}

# ---- the measures -----------------------------------------------------------------------------

other=-
[ -z "$go" ] || other=go

# has SIDE NAME: does this side know the measure?
has() {
	"$tmp/measures.$1" 2>&1 | grep -q "^$tab$2\$"
}

# pairs NAME PROCS OPS: the rounds of a measure, both sides where both know it. Round 0 is not
# counted: it brings files into memory and the CPU out of its sleep.
pairs() {
	sides=gort
	if [ -n "$go" ] && has go "$1"; then sides="$sides go"; fi
	if [ -n "$gcversion" ] && has libgc "$1"; then sides="$sides libgc"; fi
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in $sides; do
			sample "$1" "$s" "$r" "$2" "$tmp/measures.$s" "$1" "$3" || return 0
		done
		r=$((r + 1))
	done
}

# against_libgc NAME ROW LIMIT
against_libgc() {
	[ -n "$gcversion" ] && has libgc "$1" || return 0
	row "$2" ns gort libgc "$3"
}

do_simple() {
	sed 's/#.*//' "$here/list" | while read -r name procs ops most what; do
		[ -n "$name" ] && chosen "$name" || continue
		printf '%s\t%s\t%s\t%s\n' "$name" "$procs" "$ops" "$most"
	done >"$tmp/simple"
	# not in a pipe: the count of failures has to survive
	while read -r name procs ops most; do
		pairs "$name" "$procs" "$(scaled "$ops")"
		limit=-
		[ "$most" = - ] || limit="ratio<=$most"
		against=$other
		[ "$other" = - ] || has go "$name" || against=-
		row "$name" ns gort "$against" "$limit"
		limit=-
		case $name in trees12*) limit="ratio<=0.5" ;; esac
		against_libgc "$name" "$name" "$limit"
	done <"$tmp/simple"
}

# do_handoff NAME: the share of the CPU that is left to the one that computes: more is better.
do_handoff() {
	pairs "$1" 1 "$(scaled 600000000)"
	against=$other
	[ "$other" = - ] || has go "$1" || against=-
	limit=-
	[ "$1" != syscall_handoff ] || limit="ratio>=1.0"
	row "$1" % gort "$against" "$limit"
	row "$1_calls" /s gort "$against" -
}

# The whole program, and the longest time that it stood still.
do_bt18() {
	pairs bt18 2 1
	row bt18 ns gort "$other" -
	row bt18_stop ns gort "$other" -
	against_libgc bt18 bt18 -
	against_libgc bt18 bt18_stop "ratio<=0.5"
}

do_stop_the_world() {
	pairs stop_the_world 3 "$(scaled 1000)"
	row stop_the_world ns gort "$other" "ratio<=0.7"
	row stop_the_world ns gort - "<=60000"
	row stop_the_world_worst ns gort "$other" -
}

# The milliseconds that it goes on, and the memory that its table needs when those are not fewer.
REWRITE_MS=8000 REWRITE_KB=3000000

# rewrite_fits NAME
rewrite_fits() {
	memory_for $((REWRITE_KB / shrink)) && return 0
	say "$1: skipped, needs $((REWRITE_KB / shrink / 1000)) MB of free memory"
	return 1
}

# do_rewrite NAME: beside Go, and beside gort with the world stopped for the whole mark (side stw), so that
# what tracking costs can be seen.
do_rewrite() {
	rewrite_fits "$1" || return 0
	n=$(scaled $REWRITE_MS)
	pairs "$1" 2 "$n"
	r=0
	while [ "$r" -le "$rounds" ]; do
		sample "$1" stw "$r" 2 env GODEBUG=gctrack=stw "$tmp/measures.gort" "$1" "$n" || return 0
		r=$((r + 1))
	done
	against=$other
	[ "$other" = - ] || has go "$1" || against=-
	for side in "$against" stw; do
		row "$1" ns gort "$side" -
		row "$1_stop" ns gort "$side" -
		row "$1_late" ns gort "$side" -
		row "$1_size" bytes gort "$side" -
	done
}

# How long the process lives on after main's return.
do_exit() {
	n=$(scaled 10000)
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in gort ${go:+go}; do
			sample exit_10k "$s" "$r" 2 "$tmp/launch" -e "$tmp/measures.$s" exit_10k "$n" || return 0
		done
		r=$((r + 1))
	done
	row exit_10k ns gort "$other" "<=50000000"
}

# do_library NAME: the same measure with a main of the program's own, and without.
do_library() {
	read -r procs ops <<EOT
$(sed 's/#.*//' "$here/list" | awk -v name="$1" '$1 == name { print $2, $3 }')
EOT
	n=$(scaled "$ops")
	BENCH_SUFFIX=_library
	export BENCH_SUFFIX
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in gort library; do
			sample "${1}_library" "$s" "$r" "$procs" "$tmp/measures.$s" "$1" "$n" || break 2
		done
		r=$((r + 1))
	done
	unset BENCH_SUFFIX
	row "${1}_library" ns library gort "ratio<=1.05"
}

# Computing on two processors against one, in each of the two runtimes.
do_cpu_split() {
	ops=$(scaled 400000000)
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in gort ${go:+go}; do
			for p in 1 2; do
				side=$s
				[ "$p" = 2 ] || side="$s, 1 P"
				sample cpu_split "$side" "$r" "$p" "$tmp/measures.$s" cpu_split "$ops" || return 0
			done
		done
		r=$((r + 1))
	done
	row cpu_split ns "gort, 1 P" gort "ratio>=1.8"
	[ -z "$go" ] || row cpu_split ns "go, 1 P" go -
	row cpu_split ns gort "$other" -
}

# The example and its twin on the same tree; what they print must be the same, byte for byte.
do_wordcount() {
	"$home/gort" build -o "$tmp/wordcount.gort" "$home/examples/wordcount/wordcount.c" || {
		failed wordcount "does not build"
		return 0
	}
	if [ "$shrink" -eq 1000 ]; then
		tree=$here
	fi
	if [ -n "$go" ]; then
		for s in gort go; do
			"$tmp/wordcount.$s" "$tree" >"$tmp/words.$s" || {
				failed wordcount "$s fails on $tree"
				return 0
			}
		done
		cmp "$tmp/words.gort" "$tmp/words.go" >&2 || {
			failed wordcount "gort and Go count differently"
			return 0
		}
	fi
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in gort ${go:+go}; do
			sample wordcount "$s" "$r" 2 "$tmp/launch" 1 "$tmp/wordcount.$s" "$tree" || return 0
		done
		r=$((r + 1))
	done
	files=$(find "$tree" -type f | wc -l)
	echo "# wordcount: $files files under $tree" >>"$tmp/remarks"
	row wordcount ns gort "$other" "ratio<=1.2"
}

# memory_for KB: is so much memory free?
memory_for() {
	avail=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
	[ "${avail:-0}" -ge "$1" ]
}

# do_parked NAME N LIMIT
do_parked() {
	n=$(scaled "$2")
	if ! memory_for $((n * 8)); then
		say "$1: skipped, needs $((n * 8 / 1000)) MB of free memory"
		return 0
	fi
	pairs "$1" 2 "$n"
	against=$other
	[ "$other" = - ] || has go "$1" || against=-
	row "$1" bytes gort "$against" "$3"
	row "$1_start" ns gort "$against" -
	row "$1_release" ns gort "$against" -
}

# Whole processes, 40 in a row, and what lies on the disk.
do_nothing() {
	count=40
	[ "$shrink" -ne 1000 ] || count=2
	source=$home/examples/nothing/nothing.c
	$CC -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -o "$tmp/nothing.start" \
		"$here/start/start.S" &&
		$CC -O2 -static -o "$tmp/nothing.static" "$here/start/nothing.c" &&
		$CC -O2 -o "$tmp/nothing.dynamic" "$here/start/nothing.c" &&
		"$home/gort" build -o "$tmp/nothing.hosted" "$source" || {
		failed nothing "does not build"
		return 0
	}
	sides="start static dynamic hosted"
	if "$home/gort" build --freestanding -o "$tmp/nothing.freestanding" "$source"; then
		sides="$sides freestanding"
	else
		failed nothing "does not build with --freestanding"
	fi
	[ -z "$go" ] || sides="$sides go"
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in $sides; do
			sample nothing "$s" "$r" 2 "$tmp/launch" "$count" "$tmp/nothing.$s" || return 0
		done
		r=$((r + 1))
	done
	for s in $sides; do
		strip -s -o "$tmp/stripped" "$tmp/nothing.$s"
		printf 'nothing_size\t%s\t1\t%s\n' "$s" "$(wc -c <"$tmp/stripped")" >>"$samples"
	done
	row nothing ns freestanding "$other" "ratio<=0.4"
	row nothing ns freestanding static "ratio<=1.0"
	row nothing ns hosted dynamic "ratio<=1.5"
	row nothing ns hosted "$other" -
	row nothing ns start - -
	row nothing_size bytes freestanding "$other" "<=98304"
	row nothing_size bytes hosted dynamic -
	row nothing_size bytes start static -
}

# ---- the run ----------------------------------------------------------------------------------

machine() {
	cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
	mem=$(awk '/^MemTotal:/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
	commit=$(git -C "$home" rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
	# the sources that decide the figures
	if [ "$commit" != unknown ] &&
		! git -C "$home" diff --quiet HEAD -- src include bench Makefile 2>/dev/null; then
		commit="$commit with local changes"
	fi
	echo "commit    $commit"
	echo "machine   ${cpu:-$(uname -m)}, $(nproc) CPUs, $mem GiB, Linux $(uname -r)"
	echo "compiler  $($CC --version | head -n 1)"
	echo "Go        ${goversion:-none}"
	[ -z "$doorsides" ] || echo "gccgo     $gccgoversion"
	echo "libgc     ${gcversion:-none (Debian: libgc-dev)}"
	echo "rounds    $rounds$([ "$shrink" -eq 1 ] || echo ", 1/$shrink of the operations: not for comparison")"
	date -u '+date      %Y-%m-%d %H:%M UTC'
}

warn_if_busy() {
	load=$(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo 0)
	if [ "$(echo "$load" | awk '{ print ($1 > 0.5) }')" = 1 ]; then
		say "the machine is busy (load $load): figures will not hold"
	fi
}

# update_docs: the table in the manual, between its two marks.
update_docs() {
	file=$home/docs/benchmarks.md
	{
		echo '```'
		machine
		echo '```'
		echo
		echo "| measure | unit | best | median | against | best | median | ratio | limit | |"
		echo "|---|---|---|---|---|---|---|---|---|---|"
		summary <"$tmp/rows" | format markdown
		echo
		echo "$verdict"
	} >"$tmp/table"
	grep -q '^<!-- results -->$' "$file" && grep -q '^<!-- end of results -->$' "$file" ||
		fail "$file: the marks around the results are missing"
	awk -v table="$tmp/table" '
	/^<!-- end of results -->$/ { skip = 0 }
	!skip { print }
	/^<!-- results -->$/ { skip = 1; while ((getline line < table) > 0) print line }' "$file" >"$tmp/docs"
	cat "$tmp/docs" >"$file"
	say "wrote the table into docs/benchmarks.md"
}

warn_if_busy
find_libgc
build
machine
echo
heading
do_simple
! chosen bt18 || do_bt18
! chosen gc_rewrite || do_rewrite gc_rewrite
! chosen rewrite_all || do_rewrite rewrite_all
! chosen syscall_handoff || do_handoff syscall_handoff
! chosen syscall_plain || do_handoff syscall_plain
! chosen stop_the_world || do_stop_the_world
! chosen exit_10k || do_exit
! chosen library_chan_pingpong || do_library chan_pingpong
! chosen library_malloc16 || do_library malloc16
! chosen cpu_split || do_cpu_split
! chosen wordcount || do_wordcount
! chosen parked_100k || do_parked parked_100k 100000 "<=4700"
! chosen parked_1m || do_parked parked_1m 1000000 "<=4700"
! chosen parked_stack64k || do_parked parked_stack64k 100000 -
! chosen parked_stack1m || do_parked parked_stack1m 100000 -
! chosen nothing || do_nothing
[ -z "$doorsides" ] || door_run

echo
sort -u "$tmp/remarks"
summary <"$tmp/rows" >"$tmp/results"
verdict=$(awk -F'\t' '$13 == "met" { met++ } $13 != "-" { all++ } END {
	if (all) printf "%d of %d limits met", met, all
	else print "no limit was looked at"
}' "$tmp/results")
echo "$verdict"
{
	machine | sed 's/^/# /'
	printf 'measure\tunit\tside\tagainst\tlimit\tbest\tmedian\tother_best\tother_median\tratio\tratio_low\tratio_high\tverdict\n'
	cat "$tmp/results"
} >"$dir/results.tsv"
{
	machine | sed 's/^/# /'
	printf 'measure\tside\tround\tvalue\n'
	cat "$samples"
} >"$dir/samples.tsv"
! $docs || update_docs
if [ "$failures" -gt 0 ]; then
	fail "$failures runs failed"
fi
