# Sorting: libc's would hide what it moves from the collector.

test_order() { # secs=120
	run gort run "$TOP/tests/process/gc/sorts.c"
	want_status 0
	want_equal "$(cat out)" ok
}

test_loses_nothing() { # secs=300
	gort build -o sorted "$TOP/tests/process/gc/sorted.c"
	run env GOMAXPROCS=2 ./sorted
	want_status 0
	want_equal "$(cat out)" "0 lost"
}
