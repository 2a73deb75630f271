#!/bin/sh
# run.sh FILE.sh WHAT: one shell test, see lib.sh.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd -P)
GORT_SETUP=${GORT_SETUP:-opt}
export TOP GORT_SETUP
case $1 in /*) file=$1 ;; *) file=$PWD/$1 ;; esac
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gort-test.XXXXXX")
readonly scratch # what is removed at exit: a test has no say in it
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
HERE=$(dirname "$file")
. "$TOP/tests/process/lib.sh"
. "$file"
"test_$2"
