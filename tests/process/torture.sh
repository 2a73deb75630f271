# The torture as a program of its own, and that it can fail.

test_program() { # secs=120
	run gort run "$TOP"/tests/stress/[a-z]*.c -- 2 1 2
	want_status 0
	want_out "torture: seed 1, "
	run gort run "$TOP"/tests/stress/[a-z]*.c -- 1 1 0 gate order
	want_status 0
	want_out " visits" " numbers"
	run gort run "$TOP"/tests/stress/[a-z]*.c -- soon
	want_status 2
	want_err "usage: torture" " pipeline tokens rounds "
}

# The three that are noticed soonest; tests/stress/prove.sh by itself does all.
test_can_fail() { # secs=600
	only opt debug
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	run "$TOP/tests/stress/prove.sh" --setup "$GORT_SETUP" --build "$b" ERRNO SELECT CLOSE
	want_status 0
	want_out "ok - ERRNO: " "ok - SELECT: " "ok - CLOSE: "
}

# What only split stacks can break.
test_can_fail_split() { # secs=600
	only debug
	have ld.lld || skip "needs lld"
	run "$TOP/tests/stress/prove.sh" --setup debug GUARD
	want_status 0
	want_out "ok - GUARD: "
}
