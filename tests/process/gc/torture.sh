# The graph of tests/stress/graph.c, with collections.

graph() { # GODEBUG SEED PROCS
	run env GODEBUG="gctrace=1,$1" "$TOP/gort" run "$TOP"/tests/stress/[a-z]*.c -- 4 "$2" "$3" graph
	want_status 0
	want_out " nodes seen"
	! grep -q " 0 nodes seen" out || die "no node was seen"
	want_err "gc 10 @"
}

test_graph() { # secs=120
	graph clobberfree=1 1 0
	graph clobberfree=1 2 1
	graph clobberfree=1,gcstress=10 3 4
}

test_among_others() { # secs=120
	run env GOGC=1 GODEBUG=clobberfree=1,gctrace=1 "$TOP/gort" run "$TOP"/tests/stress/[a-z]*.c -- 6 1 0
	want_status 0
	want_err "gc 10 @"
}
