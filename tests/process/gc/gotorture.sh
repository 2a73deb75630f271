# The torture in Go, tests/gotorture: some seconds of it, or GORT_TORTURE_SECONDS; and that it can fail.

torture() { # GODEBUG SEED PROCS [OPT]
	only opt debug hard # Go
	need gccgo-12
	seconds=${GORT_TORTURE_SECONDS:-4} seed=$2
	[ -z "${GORT_TORTURE_SEED:-}" ] || seed=$((GORT_TORTURE_SEED * 100 + $2))
	if [ -n "${4:-}" ]; then
		gccgo-12 "$4" -g -c -o t.o "$TOP"/tests/gotorture/*.go
		gort link -o t t.o
		set -- "$1" "$2" "$3" ./t
	else
		set -- "$1" "$2" "$3" gort run "$TOP"/tests/gotorture/*.go --
	fi
	debug=$1 procs=$3
	shift 3
	export GODEBUG="$debug" GOMAXPROCS="$procs"
	run "$@" "$seconds" "$seed"
	want_status 0
	want_out "gotorture: seed $seed, "
	! grep -q " 0 moves" out || die "nothing was moved"
}

test_torture() { # secs=600
	torture clobberfree=1 1 2
	torture clobberfree=1 3 1
	torture clobberfree=1,gccheckmark=1 4 3
}

test_fast_code() { # secs=300
	torture clobberfree=1 2 4 -O3
}

# Some of those that are noticed soonest; tests/gotorture/prove.sh by itself does all.
test_can_fail() { # secs=600
	only opt
	need gccgo-12
	run "$TOP/tests/gotorture/prove.sh" --seconds 120 ROOTREGS ROOTRECORDS BARRIER BARRIERBULK BORN
	want_status 0
	want_out "ok - ROOTREGS: " "ok - ROOTRECORDS: " "ok - BARRIER: " "ok - BARRIERBULK: " "ok - BORN: "
}
