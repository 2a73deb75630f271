# The benchmark harness: every measure runs, and what it says about a command line.

bench() {
	GORT_BENCH_DIR=$PWD/results gort bench "$@"
}

test_smoke() { # secs=600 alone
	only opt
	need timeout
	run bench --smoke --vs none
	want_status 0
	want_out spawn_join parked_1m "nothing (freestanding)" wordcount
	! grep -q FAILED out || {
		show >&2
		die "a measure failed"
	}
	! command -v gccgo-12 >/dev/null || want_out door_spawn_join door_call_go door_parked_100k door_gc_rewrite_stop door_nothing_size
	want_out gc_rewrite_late rewrite_all_size
	want_out go_end_1m syscall_handoff stop_the_world exit_10k "malloc16_library (library)"
	grep -q "^malloc64ptr	gort	1	[0-9.]*$" results/samples.tsv || die "samples.tsv lacks malloc64ptr"
	grep -q "^malloc64ptr	ns	gort	-	ratio<=0.5	" results/results.tsv || die "results.tsv lacks malloc64ptr"
}

test_names() {
	only opt
	run bench --list malloc1
	want_status 0
	want_equal "$(tr '\n' ' ' <out)" "malloc16 malloc16_new malloc1k malloc1k_free "
	run bench chann
	want_status 1
	want_err "no measure's name starts with chann"
	run bench --vs java
	want_status 1
	want_err "--vs takes go or none, not java"
}

# Go programs: three sides, as far as they are there.
test_door() { # secs=600
	only opt
	need timeout
	need gccgo-12
	run bench --smoke door_spawn_join door_call_c
	want_status 0
	want_out door_spawn_join door_call_c
	want_equal "$(cut -f 1,2 results/samples.tsv | grep -c '^door_spawn_join	gort$')" 1
	want_equal "$(cut -f 1,2 results/samples.tsv | grep -c '^door_spawn_join	gccgo$')" 1
	grep -q "^door_spawn_join	ns	gort	gccgo	ratio<=0.5	" results/results.tsv || die "no ratio against gccgo"
	GCCGO=/nowhere/gccgo
	export GCCGO
	run bench --smoke --vs none gosched2 door_spawn_join
	want_status 0
	want_err "/nowhere/gccgo is missing"
	want_out gosched2
	! grep -q door_spawn_join out || die "measured without gccgo"
}

# The picture: a line for each row that has a figure of Go's, to scale.
test_chart() {
	only opt
	tab=$(printf '\t')
	{
		printf '# commit abc\n# machine two & more\n# Go go1.99\n'
		printf 'measure\tunit\tside\tagainst\tlimit\tbest\tmedian\tother_best\tother_median\tratio\tratio_low\tratio_high\tverdict\n'
		printf 'half\tns\tgort\tgo\tratio<=0.5\t9\t10\t19\t20\t0.5\t0.45\t0.6\tmet\n'
		printf 'twice\tns\tgort\tgo\tratio<=0.7\t19\t2000\t9\t1000\t2\t1.9\t2.1\tMISSED\n'
		printf 'share\t%%\tgort\tgo\tratio>=1.0\t90\t90\t45\t45\t2\t1.5\t2.5\tmet\n'
		printf 'alone\tns\tgort\t-\t-\t9\t10\t-\t-\t-\t-\t-\t-\n'
	} >results.tsv
	"$TOP/bench/chart.sh" results.tsv >chart.svg
	want_equal "$(grep -c '<rect class="met" x="[0-9.]*" y="[0-9]*" width' chart.svg)" 3 # one is the legend
	want_equal "$(grep -c '<line class="limit"' chart.svg)" 3
	! grep -q alone chart.svg || die "a row without Go's figure is drawn"
	grep -q 'share, turned round' chart.svg || die "more is better, and nothing says so"
	grep -q 'two &amp; more' chart.svg || die "not escaped"
	# Half and double are equally long.
	bar() {
		sed -n "/>$1</{n;s/.*width=\"\([0-9.]*\)\".*/\1/p;}" chart.svg
	}
	want_equal "$(bar half)" "$(bar twice)"
	sed -i /go/d results.tsv
	run "$TOP/bench/chart.sh" results.tsv
	want_status 1
	want_err "no row has a figure of Go"
}
