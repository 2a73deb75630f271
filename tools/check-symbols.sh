#!/bin/sh
# check-symbols.sh [--update] [BUILDDIR]: what the library shows to a linker is exactly what
# tests/abi/symbols.txt lists, in the archive and in the shared library. Only names that start with
# gort_ may be there, and main in an archive member of its own.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$top"
update=false
if [ "${1:-}" = --update ]; then
	update=true
	shift
fi
dir=${1:-build/opt}
want=tests/abi/symbols.txt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

nm -P --defined-only --extern-only "$dir/gort.o" | awk '{print $1}' | sort >"$tmp/sealed"
nm -P --defined-only --extern-only "$dir/libgort.a" | awk 'NF > 1 {print $1}' | sort >"$tmp/archive"
nm -P -D --defined-only "$dir/libgort.so" | awk '{print $1}' | sed 's/@.*//' | grep -v '^GORT_' |
	sort >"$tmp/shared"
if $update; then
	mkdir -p tests/abi
	cp "$tmp/archive" "$want"
fi
bad=0
same() {
	diff -u "$1" "$2" >"$tmp/diff" || {
		echo "check-symbols: $3"
		grep '^[-+][^-+]' "$tmp/diff"
		bad=1
	}
}
same "$want" "$tmp/archive" "the archive's symbols differ from $want (tools/check-symbols.sh --update)"
same "$want" "$tmp/shared" "the shared library's symbols differ from $want"
same /dev/null "$(grep -v '^gort_' "$tmp/sealed" >"$tmp/leak" || :; echo "$tmp/leak")" "names leak out of the sealed object"
exit $bad
