#!/bin/sh
# check-layers.sh [BUILDDIR]: rooms look only downward (docs/layers.md).
#
# 1. #include "ROOM/...": the room is the includer's own or one to its left in the Makefile's ROOMS;
#    another room's internal.h is never included; a room's folder holds no header of another's name.
# 2. No prototype slips in by hand: a .c file has no extern declaration of a function.
# 3. With the objects of a build: what a room leaves undefined is defined in the room, in one
#    below, in the list of upward calls (core/upcalls.h), or outside the library.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$top"
rooms=$(sed -n 's/^ROOMS := *//p' Makefile)
door=$(sed -n 's/^DOORROOM := *//p' Makefile)
bad=0

find src -name '*.[chS]' | sort | xargs awk -v rooms="$rooms" -v door="$door" '
BEGIN {
	n = split(rooms, name, " ")
	for (i = 1; i <= n; i++)
		rank[name[i]] = i
	rank[door] = n # beside capi
}
function complain(why) {
	printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0
	bad = 1
}
FNR == 1 { split(FILENAME, part, "/"); me = part[2] }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	split(quoted[2], target, "/")
	to = target[1]
	if (quoted[2] ~ /\.c$/)
		complain("includes a source file")
	if (!(to in rank))
		next
	if (rank[to] > rank[me])
		complain("includes upward")
	else if (to != me && quoted[2] ~ /\/internal\.h$/)
		complain("reaches into another room")
}
FILENAME ~ /\.c$/ && /^[ \t]*extern .*\(/ && !/__asm__|\[\]/ { complain("a prototype belongs into a header") }
END { exit bad }' || bad=1

if [ $# -gt 0 ]; then
	# Needed below their room may be: what core/upcalls.h declares, the variables of
	# core/runtime2.h, throw and throwf.
	up=$({
		echo throw throwf
		grep -v '^ \*' src/core/upcalls.h
		sed -n '/^extern/p' src/core/runtime2.h 2>/dev/null
	} | grep -o '[A-Za-z_][A-Za-z0-9_]*' | sort -u)
	obj=$1/obj
	below=$(mktemp) all=$(mktemp)
	trap 'rm -f "$below" "$all"' EXIT
	find "$obj" -name '*.o' | xargs nm -P -g --defined-only 2>/dev/null | awk 'NF > 1 {print $1}' | sort -u >"$all"
	printf '%s\n' "$up" | grep -Fxf - "$all" >"$below" || :
	for room in $rooms $door; do
		[ -d "$obj/$room" ] || continue
		objects=$(find "$obj/$room" -name '*.o')
		[ -n "$objects" ] || continue
		# shellcheck disable=SC2086
		nm -P -g --defined-only $objects 2>/dev/null | awk 'NF > 1 {print $1}' >>"$below"
		for o in $objects; do
			nm -P -u "$o" 2>/dev/null | awk '{print $1}' | grep -Fxf "$all" | grep -vFxf "$below" |
				sed "s|^|$o: needs from above: |" || :
		done
	done >"$all.report"
	if [ -s "$all.report" ]; then
		cat "$all.report"
		bad=1
	fi
	rm -f "$all.report"
fi
[ "$bad" -eq 0 ] || {
	echo "check-layers: rooms, left to right: $rooms" >&2
	exit 1
}
