#!/bin/sh
# prove.sh: can the torture fail? Every line of src/core/broken.h breaks one promise; each is built
# and tortured, and has to be noticed within the time given.
#
#	tests/stress/prove.sh [--seconds N] [--setup V] [--build FOLDER] [NAME...]
#
# NAME is WAKEUP, FENCE, ...; all without one, but for the roots of the collector, which
# tests/process/gc/prove.sh forgets one by one. Prints for each how long it took and what was seen.
# Exit status 1 if one went unnoticed, or if the unbroken build fails.
set -u
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
seconds=60 setup=debug build= names=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=$2; shift 2 ;;
	--setup) setup=$2; shift 2 ;;
	--build) build=B=$2; shift 2 ;;
	-*) echo "prove.sh: unknown option $1" >&2; exit 2 ;;
	*) names="$names $1"; shift ;;
	esac
done
[ -n "$names" ] || names=$(sed -n '/gc.hosted\|marking:/d; s/^	BREAK_\([A-Z]*\), .*\.[cS]: .*/\1/p' "$top/src/core/broken.h")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/gort-prove.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP

# What a program that hangs leaves behind is not to fill the disk.
ulimit -c 0

# torture UNIT SECONDS: until it fails; its status.
torture() {
	end=$(($(date +%s) + $2))
	seed=1
	while [ "$(date +%s)" -lt "$end" ]; do
		for procs in 2 4; do
			timeout -k 5 60 "$1" --stress 5 --seed $seed --procs $procs stress \
				>"$tmp/out" 2>&1 || return 1
			seed=$((seed + 1))
		done
	done
	return 0
}

failed=0
for name in $names; do
	src=$(sed -n "s|^	BREAK_$name, *\/\* *\([a-z0-9/]*\.[cS]\):.*|\1|p" "$top/src/core/broken.h")
	[ -n "$src" ] || {
		echo "prove.sh: no $name in src/core/broken.h" >&2
		exit 2
	}
	# What only programs with split stacks have is broken in a set-up of theirs.
	v=$setup b=$build
	grep -q "^	BREAK_$name, .*: split: " "$top/src/core/broken.h" && v=split${setup#opt} b=
	make -s --no-print-directory -C "$top" V="$v" ${b:+"$b"} CC="${CC:-gcc}" SRC="src/$src" OUT="$tmp/unit" \
		BREAK="-DGORT_BREAK=BREAK_$name -DGORT_BROKEN_$name=1" broken-unit >"$tmp/log" 2>&1 || {
		cat "$tmp/log" >&2
		exit 1
	}
	began=$(date +%s)
	if torture "$tmp/unit" "$seconds"; then
		echo "not ok - $name: nobody noticed in $seconds s"
		failed=1
	else
		seen=$(grep -m1 -E 'fatal error|torture:|timed out|^#   .*(CHECK|panic|SIG)' "$tmp/out" |
			cut -c 1-110)
		echo "ok - $name: after $(($(date +%s) - began)) s: ${seen:-$(tail -n 1 "$tmp/out")}"
	fi
done
exit $failed
