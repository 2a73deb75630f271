# door.sh: the measures of Go programs: the same source on gort by the Go door, on Go, and on gccgo's own
# runtime. Part of run.sh, which sources it; its functions and variables are used here.
#
# The sides of a row are gort, go and gccgo; in a round they run in this order. gccgo's program is linked
# statically, as Go's is.

GCCGO=${GCCGO:-gccgo-12}
gccgoversion= doorsides=

# The list, without its comments.
door_lines() {
	sed 's/#.*//' "$here/door.list" | awk 'NF'
}

DOORSPECIAL="door_call_c door_call_go door_parked_100k door_gc_rewrite door_rewrite_all door_nothing"

door_names() {
	door_lines | awk '{ print "door_" $1 }'
	printf '%s\n' $DOORSPECIAL
}

# door_find: without gccgo there is no Go door, and its measures are left out.
door_find() {
	if command -v "$GCCGO" >/dev/null 2>&1; then
		gccgoversion=$("$GCCGO" -dumpfullversion)
		doorsides=gort
		[ -z "$go" ] || doorsides="$doorsides go"
		[ "$vs" = none ] || doorsides="$doorsides gccgo"
	else
		say "$GCCGO is missing: the measures of Go programs are left out; apt-get install gccgo-12"
	fi
}

door_build() {
	"$home/gort" build -o "$tmp/door.gort" "$here"/go/measures/*.go
	"$home/gort" build -o "$tmp/doornothing.gort" "$here/go/nothing/nothing.go"
	"$home/gort" build -o "$tmp/doorcalls" "$here/door/calls.go" "$here/door/calls.c"
	for s in $doorsides; do
		case $s in
		go)
			cp "$tmp/measures.go" "$tmp/door.go"
			cp "$tmp/nothing.go" "$tmp/doornothing.go"
			;;
		gccgo)
			"$GCCGO" -O2 -static -o "$tmp/door.gccgo" "$here"/go/measures/*.go
			"$GCCGO" -O2 -static -o "$tmp/doornothing.gccgo" "$here/go/nothing/nothing.go"
			;;
		esac
	done
}

# door_rounds NAME PROCS COMMAND ARGS...: the rounds of door_NAME; %s in a word of the command is the side.
door_rounds() {
	name=$1 procs=$2
	shift 2
	prefix=door_
	r=0
	while [ "$r" -le "$rounds" ]; do
		for s in $doorsides; do
			(
				i=$#
				while [ "$i" -gt 0 ]; do
					word=$1
					shift
					case $word in *%s) word=${word%%%s}$s ;; esac
					set -- "$@" "$word"
					i=$((i - 1))
				done
				sample "door_$name" "$s" "$r" "$procs" "$@"
			) || {
				failures=$((failures + 1))
				prefix=
				return 1
			}
		done
		r=$((r + 1))
	done
	prefix=
}

# door_row NAME UNIT MOST-OF-GO MOST-OF-GCCGO
door_row() {
	case " $doorsides " in *" go "*)
		row "door_$1" "$2" gort go "$(door_limit "$3")"
		;;
	esac
	case " $doorsides " in *" gccgo "*)
		row "door_$1" "$2" gort gccgo "$(door_limit "$4")"
		;;
	esac
	[ "$doorsides" != gort ] || row "door_$1" "$2" gort - -
}

door_limit() {
	case $1 in - | '<='*) echo "$1" ;; *) echo "ratio<=$1" ;; esac
}

do_door_simple() {
	door_lines >"$tmp/door"
	while read -r name procs ops mostgo mostgccgo; do
		chosen "door_$name" || continue
		door_rounds "$name" "$procs" "$tmp/door.%s" "$name" "$(scaled "$ops")" || :
		door_row "$name" ns "$mostgo" "$mostgccgo"
	done <"$tmp/door"
}

# do_door_call NAME: a call from Go to C, or from C to Go, in one program; gort only.
do_door_call() {
	allsides=$doorsides doorsides=gort
	door_rounds "$1" 1 "$tmp/doorcalls" "$1" "$(scaled 200000000)" || :
	doorsides=$allsides
	row "door_$1" ns gort - "<=5"
}

do_door_parked() {
	n=$(scaled 100000)
	if ! memory_for $((n * 20)); then
		say "door_parked_100k: skipped, needs $((n * 20 / 1000)) MB of free memory"
		return 0
	fi
	door_rounds parked_100k 2 "$tmp/door.%s" parked_100k "$n" || :
	door_row parked_100k bytes - -
	row door_parked_100k bytes gort - "<=2500"
}

# do_door_rewrite NAME
do_door_rewrite() {
	rewrite_fits "door_$1" || return 0
	door_rounds "$1" 2 "$tmp/door.%s" "$1" "$(scaled $REWRITE_MS)" || :
	door_row "$1" ns - -
	door_row "$1_stop" ns - -
	door_row "$1_late" ns - -
	door_row "$1_size" bytes - -
}

do_door_nothing() {
	count=40
	[ "$shrink" -ne 1000 ] || count=2
	door_rounds nothing 2 "$tmp/launch" "$count" "$tmp/doornothing.%s" || :
	for s in $doorsides; do
		strip -s -o "$tmp/stripped" "$tmp/doornothing.$s"
		printf 'door_nothing_size\t%s\t1\t%s\n' "$s" "$(wc -c <"$tmp/stripped")" >>"$samples"
	done
	door_row nothing ns 1.0 0.1
	door_row nothing_size bytes 1.0 0.4
}

door_run() {
	do_door_simple
	! chosen door_call_c || do_door_call call_c
	! chosen door_call_go || do_door_call call_go
	! chosen door_parked_100k || do_door_parked
	! chosen door_gc_rewrite || do_door_rewrite gc_rewrite
	! chosen door_rewrite_all || do_door_rewrite rewrite_all
	! chosen door_nothing || do_door_nothing
}
