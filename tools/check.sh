#!/bin/sh
# check.sh: the checks that need no run: layers, symbols, format.
set -u
top=$(cd "$(dirname "$0")/.." && pwd -P)
bad=0
for c in "mkdocs.sh --check" "check-format.sh" "check-layers.sh build/opt" "check-symbols.sh build/opt"; do
	echo "== $c"
	# shellcheck disable=SC2086
	(cd "$top" && tools/$c) || bad=1
done
exit $bad
