#!/bin/sh
# check-format.sh [--fix]: clang-format, and habits that it cannot see.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$top"
cf=clang-format-14
command -v $cf >/dev/null 2>&1 || cf=clang-format
files=$(find src include tests bench examples tools -name '*.[ch]' 2>/dev/null | sort)
if [ "${1:-}" = --fix ]; then
	# shellcheck disable=SC2086
	$cf -i $files
	exit
fi
bad=0
# shellcheck disable=SC2086
$cf --dry-run -Werror $files || bad=1
marks='TO''DO|FIX''ME|XX''X'
if grep -nrsE "\\b($marks)\\b" src include tests bench examples tools docs gort Makefile ./*.md | grep .; then
	echo "check-format: marks of unfinished work"
	bad=1
fi
# Each source file says what it is, and its room.
for f in $(find src -name '*.[chS]'); do
	room=$(echo "$f" | cut -d/ -f2)
	head -n 2 "$f" | grep -q "room: $room" || {
		echo "$f: its first line should name the mechanism and \"room: $room\""
		bad=1
	}
done
find src include -name '*.[chS]' 2>/dev/null | xargs awk 'FNR == 1000 { print FILENAME ": 1000 lines: one mechanism a file"; bad = 1 } END { exit bad }' || bad=1
find src include tests bench tools docs \( -name '*.[chS]' -o -name '*.sh' -o -name '*.md' \) 2>/dev/null | xargs grep -nE '[ 	]+$' /dev/null | grep . && {
	echo "check-format: white space at the end of lines"
	bad=1
}
dup=$(find src -name '*.[cS]' | sed 's|.*/||' | sort | uniq -d | grep -v '^\(internal\|freestanding\|hosted\)' || :)
for d in $dup; do
	# Twice is fine for the flavours of one mechanism only.
	if [ "$(find src -name "$d" | grep -cvE '/(hosted|freestanding)/')" -gt 1 ]; then
		echo "$d: the base name is used twice"
		bad=1
	fi
done
exit $bad
