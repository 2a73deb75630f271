# GODEBUG=gccheckmark=1: each mark is done again and compared.

# checked COLLECTIONS GODEBUG SECONDS SEED PROCS PART...
checked() {
	least=$1 debug=$2
	shift 2
	run env GOGC=10 GODEBUG="gccheckmark=1,gctrace=1,$debug" "$TOP/gort" run "$TOP"/tests/stress/[a-z]*.c -- "$@"
	want_status 0
	want_err "gc $least @"
}

test_clean() { # secs=120
	checked 10 clobberfree=1 3 1 2 graph
	checked 10 gcstress=10 3 2 4 graph
	checked 1 clobberfree=1 4 3 0 # the parts are drawn: some allocate little
}

# A mark that loses one object in many.
test_notices() { # secs=120
	only opt debug hard
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" ${b:+B="$b"} CC="${CC:-gcc}" SRC=src/gc/hosted/markobject.c \
		OUT="$PWD/lost.a" BREAK=-DGORT_BREAK=BREAK_MARKLOST broken >make.log 2>&1 || die "$(cat make.log)"
	"${CC:-gcc}" -O1 -I"$TOP/include" -o lost "$TOP"/tests/stress/[a-z]*.c lost.a -lpthread -lm -ldl
	run env GODEBUG=gccheckmark=1 ./lost 60 1 2 graph
	want_status 2
	want_err "runtime: checkmarks found unexpected unmarked object obj=0x" "runtime: found obj at *" \
		"fatal error: checkmark found unmarked object"
}
