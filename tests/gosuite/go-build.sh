#!/bin/bash
# go-build.sh: "go build" for the tests of package runtime that build programs: one main package in the
# current folder. packages.sh installs it as the go command of a GOROOT and sets GOSUITE and GOX.
set -u
. "$GOSUITE/common.sh"
[ "${1:-}" = build ] || die "go $*: not here"
shift
out=a.out files=()
while [ $# -gt 0 ]; do
	case $1 in
	-o)
		out=$2
		shift
		;;
	*.go) files+=("$1") ;;
	*) die "go build $1: not here" ;;
	esac
	shift
done
if [ ${#files[@]} -eq 0 ]; then
	for f in *.go; do
		case $f in *_test.go) ;; *) ! forus "$f" || files+=("$f") ;; esac
	done
fi
! grep -qs '^import "C"' "${files[@]}" || die "cgo is not here"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086
$GO_COMPILE -c -I "$GOX" -o "$work/main.o" "${files[@]}" && $GO_LINK -o "$out" "$work/main.o"
