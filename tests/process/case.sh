#!/bin/sh
# case.sh FILE PROGRAM.c [CASE]: runs PROGRAM.c and compares with what FILE says; see lib.sh.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
GORT_SETUP=${GORT_SETUP:-opt}
export TOP GORT_SETUP
file=$1 program=$2 case=${3:-}
. "$TOP/tests/process/lib.sh"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gort-test.XXXXXX")
readonly scratch
trap 'rm -rf "$scratch"' EXIT

# The directives that apply: those above the first case, and those of this one.
mark='// *'
case $file in *.case) mark='\(// *\)\{0,1\}' ;; esac
sed -n "s|^[ 	]*$mark||p" "$file" | awk -v want="$case" '
	/^case:/ { name = $2; next }
	(name == "" || name == want) && /^(args|env|build|stdin|status|stdout|stderr|nostderr|setups|secs|alone)(:|$)/
' >"$scratch/lines"

# get NAME: the texts of one directive, a line each.
get() {
	sed -n "s/^$1: \{0,1\}//p" "$scratch/lines"
}

setups=$(get setups)
# shellcheck disable=SC2086
[ -z "$setups" ] || only $setups
golden=${file%.*}-$case.out
[ -n "$case" ] && [ -f "$golden" ] || golden=${file%.*}.out
status_want=$(get status | tail -n 1)
get stdin >"$scratch/in"
eval "set -- $(get args | tail -n 1)"
envs=$(get env | tr '\n' ' ')
build=$(get build | tr '\n' ' ')
cd "$scratch"
# shellcheck disable=SC2086
run env $envs "$TOP/gort" run $build "$program" -- "$@" <in
want_status "${status_want:-0}"
if [ -f "$golden" ]; then
	diff -u "$golden" out >&2 || die "stdout is not as in $golden"
elif grep -q '^stdout:' lines; then
	get stdout >stdout.want
	diff -u stdout.want out >&2 || die "stdout differs"
fi
if grep -q '^stderr:' lines; then
	get stderr >stderr.want
	awk 'NR == FNR { want[++n] = $0; next }
	     at < n && index($0, want[at + 1]) { at++ }
	     END { if (at < n) { print "stderr lacks, in this order: " want[at + 1]; exit 1 } }
	' stderr.want err >&2 || {
		show >&2
		exit 101
	}
elif [ "${status_want:-0}" = 0 ] && [ -s err ]; then
	show >&2
	die "stderr is not empty"
fi
get nostderr >nostderr
while IFS= read -r text; do
	want_not_err "$text"
done <nostderr
