#!/bin/sh
# run.sh: `gort test gosuite`: Go's own tests, then those of the core's packages. GORT_SETUP is the library's set-up.
#
#	run.sh [-j JOBS] [gosuite | gosuite/programs | gosuite/packages]...
#
# Last line: "N passed, N failed, N skipped" over both.
set -u
here=$(cd "$(dirname "$0")" && pwd -P)
jobs=
if [ "${1:-}" = -j ]; then
	jobs="-j $2"
	shift 2
fi
programs=false packages=false parts=0
for what; do
	case $what in
	gosuite) programs=true packages=true parts=2 ;;
	gosuite/programs) programs=true parts=$((parts + 1)) ;;
	gosuite/packages) packages=true parts=$((parts + 1)) ;;
	*)
		echo "run.sh: $what: only gosuite, gosuite/programs, gosuite/packages" >&2
		exit 2
		;;
	esac
done
log=$(mktemp) || exit 2
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
{
	! $programs || "$here/suite.sh" $jobs
	! $packages || "$here/packages.sh" $jobs
} 2>&1 | tee "$log"
# A runner that gave no count has failed.
awk -v parts="$parts" '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5; n++ }
	END {
		f += parts - n
		printf "%d passed, %d failed, %d skipped\n", p, f, s
		exit f > 0
	}' "$log"
