#!/bin/bash
# waits.sh: makes waits.tsv, the list of tests that wait for a part of the runtime that is not there yet.
#
#	waits.sh [-j JOBS] [PACKAGE...] >waits.tsv.new
#
# The judge is gccgo's own runtime, with that part taken away. A test waits
#
#   for the collector   if it fails, or takes more than 4 GB, when nothing is collected (GOGC=off);
#   for the poller      if it fails when no descriptor can be polled: an epoll_ctl of ours comes first in the link and
#                       answers EPERM, but for the poller's own descriptor. Then there are no sockets and no deadlines;
#                       files and pipes are read and written by blocking calls, as this library does it.
#
# Nothing else makes a test wait. What fails with all of that runtime is none of ours and not in the lists.
# Packages: those given, or the core's (packages.sh). Lines: what (test, package, never), name, reason. Those with
# "never" are kept: nobody can run these tests.
set -u
. "$(dirname "$0")/common.sh"
JOBS=2
while getopts j: opt; do
	case $opt in
	j) JOBS=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
GO_LINK=$STOCK_LINK
prepare
work=$(mktemp -d "${TMPDIR:-/tmp}/gowaits.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT

cat >"$work/nopoll.c" <<'C'
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int
epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
	static int calls;
	if (__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED) == 0)
		return (int)syscall(SYS_epoll_ctl, ep, op, fd, event);
	errno = EPERM;
	return -1;
}
C
gcc -O2 -c -o "$work/nopoll.o" "$work/nopoll.c" || exit 2

# judge PART: the results of both lists with that part taken away, into $work/PART.
judge() {
	"$HERE/suite.sh" -j "$JOBS" -o "$work/$1" "$HERE/developers.txt" >&2
	"$HERE/packages.sh" -w -j "$JOBS" -o "$work/$1/packages" "${packages[@]}" >&2
}
packages=("$@")
GO_LINK=$STOCK_LINK GOGC=off GO_MEGABYTES=4096 judge collector
GO_LINK="$STOCK_LINK $work/nopoll.o" judge poller

grep '^never' "$HERE/waits.tsv"
for part in collector poller; do
	awk -F '\t' -v part=$part '$1 == "FAIL" { print "test\t" $2 "\t" part ": without one, " $7 }' "$work/$part/results.tsv"
	awk -F '\t' -v part=$part '$1 == "FAIL" { print "package\t" $2 " " $3 "\t" part ": without one, " $5 }' \
		"$work/$part/packages/results.tsv"
done | sed 's/ *$//' | sort -s -t '	' -k 1,2
