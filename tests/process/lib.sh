# lib.sh: what process tests are written with (POSIX sh).
#
# A process test looks at a whole program from outside: exit status, streams, messages. Two forms:
#
# 1. Shell. tests/process/FILE.sh (or DIR/FILE.sh) defines functions
#
#	test_what() {                  # secs=120 alone
#		gort run x.c ...
#	}
#
#    each of which is the test process/FILE/what. It runs under `set -eu` in an empty folder of
#    its own, which is removed afterwards, with the functions below. It fails when a command
#    fails. The comment after the brace may give a time-out and ask that no other test runs at
#    the same time.
#
# 2. Cases. A C program tests/process/DIR/NAME.c, or an example examples/NAME/NAME.c with
#    tests/process/examples/NAME.case, says in lines of this form what running it must show:
#
#	// case: double_close          starts a case, process/DIR/NAME/double_close; the lines
#	                               above the first one belong to all. Without any: one case,
#	                               process/DIR/NAME
#	// args: a b "c d"             arguments, in shell syntax
#	// env: GODEBUG=x=1 A=b
#	// build: -O0 --freestanding   options of gort run
#	// stdin: text                 a line of its input; otherwise empty
#	// status: 2                   exit status; otherwise 0
#	// stdout: text                the whole output, a directive a line; or a file beside,
#	                               NAME-CASE.out or NAME.out; otherwise unchecked
#	// stderr: text                stderr has a line that contains this; several: in this order.
#	                               Without one, and with status 0, stderr must be empty
#	// nostderr: text              stderr does not contain this
#	// setups: opt debug hard      only in these set-ups
#	// secs: 120
#	// alone
#
#    (.case files hold the same lines, the // is optional there.)
#
# The set-up under test is in $GORT_SETUP (opt, debug, hard, asan, tsan, ubsan); `gort` below
# builds for it.

: "${TOP:?}" # the tree

# The driver, as a user calls it.
gort() {
	"$TOP/gort" "$@"
}

die() {
	echo "FAIL: $*" >&2
	exit 101
}

skip() {
	echo "SKIP $*"
	exit 77
}

# only SETUP...: skip in any other set-up.
only() {
	for only_s in "$@"; do
		[ "$only_s" != "$GORT_SETUP" ] || return 0
	done
	skip "not for set-up $GORT_SETUP"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

need() {
	for need_c in "$@"; do
		have "$need_c" || skip "needs $need_c"
	done
}

# run CMD...: runs it with out, err and $status as the result; never fails itself.
run() {
	status=0
	"$@" >out 2>err || status=$?
}

show() {
	echo "--- stdout"
	cat out
	echo "--- stderr"
	cat err
	echo "--- status $status"
}

want_status() {
	[ "$status" = "$1" ] || {
		show >&2
		die "exit status $status, expected $1"
	}
}

# want_err TEXT...: each is in a line of stderr.  want_out: the same for stdout.
want_err() {
	for want_t in "$@"; do
		grep -qF -e "$want_t" err || {
			show >&2
			die "stderr lacks: $want_t"
		}
	done
}

want_out() {
	for want_t in "$@"; do
		grep -qF -e "$want_t" out || {
			show >&2
			die "stdout lacks: $want_t"
		}
	done
}

want_not_err() {
	! grep -qF -e "$1" err || {
		show >&2
		die "stderr has: $1"
	}
}

# want_lines FILE N: exactly N lines.
want_lines() {
	want_n=$(wc -l <"$1")
	[ "$want_n" -eq "$2" ] || {
		cat "$1" >&2
		die "$1 has $want_n lines, expected $2"
	}
}

want_equal() {
	[ "$1" = "$2" ] || die "\"$1\" is not \"$2\""
}

# broken OUT.a SOURCE FLAGS...: the library with one source (src/...) compiled with more flags, for
# tests that break a promise and want to see it noticed. Link with it: cc x.c OUT.a -pthread.
broken() {
	broken_out=$1 broken_src=$2
	shift 2
	broken_b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $broken_b in "$TOP"/*) broken_b=${broken_b#"$TOP"/} ;; esac
	case $broken_out in /*) ;; *) broken_out=$PWD/$broken_out ;; esac
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" B="$broken_b" CC="${CC:-gcc}" \
		SRC="$broken_src" BREAK="$*" OUT="$broken_out" broken
}
