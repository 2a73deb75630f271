# A collector that forgets a kind of root: the test of that kind has to notice. core/broken.h has the list.

# forgetful NAME FILE: the library that forgets.
forgetful() {
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" ${b:+B="$b"} CC="${CC:-gcc}" SRC="src/gc/hosted/$2.c" \
		OUT="$PWD/$1.a" BREAK="-DGORT_BREAK=BREAK_$1" broken >make.log 2>&1 || die "$(cat make.log)"
}

# forgets NAME FILE KIND [PROGRAM]: with the whole library the object is there; with the other it is not.
forgets() {
	"${CC:-gcc}" -O1 -I"$TOP/include" -o whole "$TOP/tests/process/gc/${4:-roots}.c" \
		"$(gort env | sed -n 's/^GORT_LIB=//p')/libgort.a" -lpthread -lm -ldl
	run env GODEBUG=clobberfree=1 ./whole "$3"
	want_status 0
	grep -qx -e alive -e ok out || die "$3 is lost though nothing is forgotten"
	forgetful "$1" "$2"
	"${CC:-gcc}" -O1 -I"$TOP/include" -o "$1" "$TOP/tests/process/gc/${4:-roots}.c" "$1.a" -lpthread -lm -ldl
	run env GODEBUG=clobberfree=1 "./$1" "$3"
	if [ "$status" = 0 ] && grep -qx -e alive -e ok out; then
		die "nobody noticed that $1 is forgotten"
	fi
}

test_roots() { # secs=300
	only opt debug
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	forgets ROOTDATA roots global
	forgets ROOTTLS roots tls
	forgets ROOTADDED roots added
	forgets ROOTRUNTIME roots timer
	forgets ROOTRECORDS roots argument finalizer
	forgets ROOTREGS scanstack computing
	if grep -qw avx2 /proc/cpuinfo; then
		forgets ROOTVECTORS scanstack vector
	fi
	# Only threads on the way into a call or out of one: no single moment to wait for.
	forgetful ROOTCALLS scanstack
	"${CC:-gcc}" -O1 -I"$TOP/include" -o calls "$TOP"/tests/stress/[a-z]*.c ROOTCALLS.a -lpthread -lm -ldl
	run env GODEBUG=clobberfree=1 ./calls 60 1 0 graph
	[ "$status" != 0 ] || die "nobody noticed that ROOTCALLS is forgotten"
}

# team NAME FILE: threads that mark together by other rules: the unit tests have to notice within a minute.
team() {
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" ${b:+B="$b"} CC="${CC:-gcc}" SRC="src/gc/hosted/$2.c" \
		OUT="$PWD/$1.unit" BREAK="-DGORT_BREAK=BREAK_$1" broken-unit >make.log 2>&1 || die "$(cat make.log)"
	end=$(($(date +%s) + 60))
	while timeout 20 "./$1.unit" gc/team >out 2>&1; do
		[ "$(date +%s)" -lt $end ] || die "nobody noticed that $1 is broken"
	done
}

test_team() { # secs=300
	only opt
	b=$(gort env | sed -n 's/^GORT_LIB=//p')
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	team TEAMBITS markobject
	team TEAMBITS markquick
	team TEAMIDLE team
}
