#!/bin/sh
# prove.sh: can gotorture fail? A collector that does not look at one kind of root, or marks wrongly, by a line
# of src/core/broken.h each, is built into it, and has to be noticed within the time given.
#
#	tests/gotorture/prove.sh [--seconds N] [--setup V] [--opt -O2] [NAME...]
#
# NAME is ROOTREGS, ...; those that are noticed within seconds without one. Thread-local variables and roots that
# C programs add (ROOTTLS, ROOTADDED) Go has none of, and its pages are not tracked (TRACK...: tests/process/gc/track.sh). By name only: ROOTVECTORS, since a pointer is in a vector register alone only
# while a copy without a barrier is under way, which a snapshot never meets (--opt -O2 and gcstoptheworld=1 give
# it a chance; tests/process/gc/prove.sh is its test); STOCKBARRIER and STOCKBULK, the same program on gccgo's own runtime, whose
# collector marks beside the program, too, without its write barrier: would a missing one be noticed? That runtime
# fails by itself now and then ("spinning with local work"): one of five runs of the whole one has to pass, and
# three in a row of the broken one have to fail.
# Exit status 1 if one went unnoticed, or if the unbroken program fails.
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
seconds=60 setup=split opt=-O3 names=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=$2; shift 2 ;;
	--setup) setup=$2; shift 2 ;;
	--opt) opt=$2; shift 2 ;;
	-*) echo "prove.sh: unknown option $1" >&2; exit 2 ;;
	*) names="$names $1"; shift ;;
	esac
done
[ -n "$names" ] || names=$(sed -n '/ROOTTLS\|ROOTADDED\|ROOTVECTORS\|TEAMIDLE\|TRACK/d; s/^	BREAK_\([A-Z]*\), *\/\* gc\/hosted\/.*/\1/p' \
	"$top/src/core/broken.h")" BORN"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/gort-prove.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
ulimit -c 0
"${GCCGO:-gccgo-12}" "$opt" -g -fno-ipa-modref -fno-ipa-pure-const -frecord-gcc-switches -c -o "$tmp/t.o" "$top"/tests/gotorture/*.go || exit 1

# torture PROGRAM SECONDS: until it fails; its status.
torture() {
	end=$(($(date +%s) + $2))
	seed=1
	while [ "$(date +%s)" -lt "$end" ]; do
		GOMAXPROCS=$((1 + seed % 3)) GODEBUG=clobberfree=1 timeout -k 5 120 "$1" 8 $seed >"$tmp/out" 2>&1 || return 1
		seed=$((seed + 1))
	done
	return 0
}

# once PROGRAM SEED
once() {
	GOMAXPROCS=2 GODEBUG=clobberfree=1 timeout -k 5 120 "$1" 8 "$2" >"$tmp/out" 2>&1
}

# gccgo's own, without NAME.
stock() {
	cat >"$tmp/no.c" <<'C'
#include <string.h>
struct type { unsigned long size; };
void store(void *volatile *to, void *x) __asm__("__wrap_runtime.gcWriteBarrier");
void
store(void *volatile *to, void *x)
{
	*to = x;
}
void move(const struct type *t, void *to, const void *from) __asm__("__wrap_runtime.typedmemmove");
void
move(const struct type *t, void *to, const void *from)
{
	memmove(to, from, t->size);
}
C
	wrap=runtime.gcWriteBarrier
	[ "$1" = STOCKBARRIER ] || wrap=runtime.typedmemmove
	gcc -O2 -fsplit-stack -c -o "$tmp/no.o" "$tmp/no.c" || exit 1
	"${GCCGO:-gccgo-12}" -static-libgo -o "$tmp/whole" "$tmp/t.o" || exit 1
	"${GCCGO:-gccgo-12}" -static-libgo -Wl,--wrap=$wrap -o "$tmp/broken" "$tmp/t.o" "$tmp/no.o" || exit 1
	for seed in 1 2 3 4 5; do
		! once "$tmp/whole" $seed || return 0
	done
	echo "not ok - $1: gccgo's own runtime fails, with its barrier"
	exit 1
}

# ours, with NAME broken.
ours() {
	src=$(sed -n "s|^	BREAK_$1, *\/\* *\([a-z0-9/]*\.[cS]\):.*|\1|p" "$top/src/core/broken.h")
	[ -n "$src" ] || {
		echo "prove.sh: no $1 in src/core/broken.h" >&2
		exit 2
	}
	if ! make -s --no-print-directory -C "$top" V="$setup" SRC="src/$src" OUT="$tmp/b.a" \
		BREAK="-DGORT_BREAK=BREAK_$1" broken-go >"$tmp/log" 2>&1 ||
		! GORT_GOLIB=$tmp/b.a "$top/gort" link --setup "$setup" -o "$tmp/broken" "$tmp/t.o"; then
		cat "$tmp/log" >&2
		exit 1
	fi
}

"$top/gort" link --setup "$setup" -o "$tmp/whole" "$tmp/t.o" || exit 1
torture "$tmp/whole" 1 || {
	echo "not ok - the unbroken program fails"
	head -n 20 "$tmp/out"
	exit 1
}
# unnoticed NAME PROGRAM
unnoticed() {
	case $1 in
	STOCK*)
		for seed in 1 2 3; do
			! once "$2" $seed || return 0
		done
		return 1
		;;
	*) torture "$2" "$seconds" ;;
	esac
}

failed=0
for name in $names; do
	case $name in
	STOCK*) stock "$name" ;;
	*) ours "$name" ;;
	esac
	began=$(date +%s)
	if unnoticed "$name" "$tmp/broken"; then
		echo "not ok - $name: nobody noticed in $seconds s"
		failed=1
	else
		seen=$(grep -m1 -E 'gotorture: [A-Z]*:|fatal error|panic:' "$tmp/out" | cut -c 1-110)
		echo "ok - $name: after $(($(date +%s) - began)) s: ${seen:-$(tail -n 1 "$tmp/out")}"
	fi
done
exit $failed
