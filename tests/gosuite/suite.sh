#!/bin/bash
# suite.sh: the programs of Go's own test directory, compiled by gccgo and run on this library.
#
#	suite.sh [-j JOBS] [-t SECONDS] [-o DIR] [-s] [-r ROUNDS] [-p PROCS,...] [LIST | TEST.go]...
#
# Without names: all of developers.txt but those that wait.tsv says wait for another part of the
# runtime. A name that ends in .go is a test, any other a file with one a line; "-" is stdin.
#
#   -j  at a time (2)             -t  for one run of a program (60)
#   -o  results.tsv (verdict, test, kind, seconds to compile, to link, to run, why) and logs/ of what
#       failed; otherwise they are lost
#   -s  with gccgo's own library, to compare
#   -r  so many rounds of each program (1), each with every GOMAXPROCS that -p names ("1,2,8"); what
#       fails once has failed. This is the matrix: of a program that is linked, a round costs little
#
# A test is a file whose first line says what to do with it:
#
#   run                  compile it with the .go files that the line names; run it with the rest of the
#                        line in the tests' folder
#   buildrun             the same, somewhere else
#   rundir, errorcheckandrundir
#                        the packages in NAME.dir, in the order of their files, a package a name or (-s)
#                        a file; -1: the last but one need not compile
#   buildrundir          all of NAME.dir as one package
#   runindir             NAME.dir is a module of that name
#   runoutput            what it prints is the program
#
# Everything else on that line is for gc, and every other word a test of the compiler: skipped. Passed
# is what exits with 0 and prints, on both streams, what NAME.out holds, or nothing.
#
# Objects are kept in the cache, by what went into them: a second run links and runs. One line a test,
# the last one is "N passed, N failed, N skipped"; exit status 0 if none failed.
set -u
. "$(dirname "$0")/common.sh"

ms() {
	echo "${EPOCHREALTIME/./}"
}

# ---- objects ------------------------------------------------------------------------------------

# package PATH OBJECT FILES...: PATH "" is main.
package() {
	local path=$1 object=$2
	shift 2
	mkdir -p "$(dirname "$WORK/$object")"
	# shellcheck disable=SC2086
	timeout -k 5 900 $GO_COMPILE -c -o "$WORK/$object" -I "$WORK" ${path:+-fgo-pkgpath="$path"} \
		${RELATIVE:+-fgo-relative-import-path="$RELATIVE"} "$@" >>"$WORK/compile.log" 2>&1
}

# restore WHAT FILES...: the objects of an earlier time; otherwise sets ENTRY for keep.
restore() {
	ENTRY=$CACHE/objects/$({
		echo "$GO_COMPILE $COMPILER $*"
		cat "${@:2}"
	} | sha256sum | cut -c 1-40)
	[ -f "$ENTRY/list" ] || return 1
	cp -r "$ENTRY/." "$WORK/" && mapfile -t OBJECTS <"$WORK/list"
}

keep() {
	local new=$ENTRY.$$ o
	for o in "${OBJECTS[@]}"; do
		mkdir -p "$(dirname "$new/$o")" && cp "$WORK/$o" "$new/$o"
	done
	printf '%s\n' "${OBJECTS[@]}" >"$new/list"
	mv -T "$new" "$ENTRY" 2>/dev/null || rm -rf "$new"
}

refused() {
	WHY="compile: $(grep -m1 -i 'error' "$WORK/compile.log" || head -n 1 "$WORK/compile.log")"
	return 1
}

# compile NAME FILES...: one package, main.
compile() {
	local name=$1
	shift
	OBJECTS=("$name.o")
	restore "$name" "$@" && return
	package '' "$name.o" "$@" || refused || return
	keep
}

# compile_dir DIR: package after package.
compile_dir() {
	local dir=$1 all=("$1"/*.go) f name i last groups=() names=() files path
	local -A at=()
	RELATIVE=test OBJECTS=()
	restore "dir $EACHFILE $MAYFAIL" "${all[@]}" && return
	for f in "${all[@]}"; do
		name=$(packageof "$f")
		if [ $EACHFILE = 0 ] && [ -n "${at[$name]:-}" ]; then
			groups[at[$name]]+=$'\n'$f
		else
			at[$name]=${#groups[@]}
			groups+=("$f") names+=("$name")
		fi
	done
	last=$((${#groups[@]} - 1))
	for i in "${!groups[@]}"; do
		mapfile -t files <<<"${groups[i]}"
		path=test/$(basename "${files[0]}" .go)
		name=$path
		[ "${names[i]}" != main ] || name=''
		if package "$name" "$path.o" "${files[@]}"; then
			OBJECTS+=("$path.o")
		elif [ $MAYFAIL = 0 ] || [ "$i" -ne $((last - 1)) ]; then
			refused
			return
		fi
	done
	keep
}

# compile_module DIR: each folder once all that it imports is there; that order is found by trying.
compile_module() {
	local top=$1 name folder wait later files
	name=$(basename "$top") OBJECTS=()
	mapfile -t files < <(find "$top" -name '*.go' | sort)
	restore module "${files[@]}" && return
	mapfile -t wait < <(printf '%s\n' "${files[@]%/*}" | sort -u -r)
	while [ ${#wait[@]} -gt 0 ]; do
		later=()
		for folder in "${wait[@]}"; do
			: >"$WORK/compile.log"
			if [ "$folder" = "$top" ]; then
				package '' root.o "$folder"/*.go && OBJECTS+=(root.o) && continue
			else
				package "$name${folder#"$top"}" "$name${folder#"$top"}.o" "$folder"/*.go &&
					OBJECTS+=("$name${folder#"$top"}.o") && continue
			fi
			later+=("$folder")
		done
		[ ${#later[@]} -lt ${#wait[@]} ] || refused || return
		wait=("${later[@]}")
	done
	keep
}

# ---- link, run, compare -------------------------------------------------------------------------

link() {
	local began names
	began=$(ms)
	(cd "$WORK" && timeout -k 5 300 $GO_LINK -o "$WORK/a.exe" "${OBJECTS[@]}") >"$WORK/link.log" 2>&1 && {
		LINKED=$((LINKED + $(ms) - began))
		return
	}
	names=$(sed -n "s/.*undefined reference to .\([^']*\)'.*/\1/p; s/.*undefined symbol: //p" "$WORK/link.log" |
		sort -u | head -n 5 | tr '\n' ' ')
	WHY="link: ${names:+undefined: $names}"
	[ -n "$names" ] || WHY+=$(grep -m1 -i -E 'error|multiple definition' "$WORK/link.log" || tail -n 1 "$WORK/link.log")
	return 1
}

# rounds DIR ARGS...: as often as is asked for, and the output compared each time.
rounds() {
	local round procs
	for ((round = 1; round <= ROUNDS; round++)); do
		for procs in $PROCS; do
			[ "$procs" = - ] || export GOMAXPROCS=$procs
			execute "$1" "$WORK/output" "${@:2}" && compare || {
				[ "$ROUNDS$PROCS" = 1- ] || WHY="round $round, GOMAXPROCS=$procs: $WHY"
				return 1
			}
		done
	done
}

# execute DIR OUTPUT ARGS...
execute() {
	local dir=$1 out=$2 began status=0
	shift 2
	began=$(ms)
	bounded "$dir" "$out" "$SECS" "$WORK/a.exe" "$@" || status=$?
	RAN=$((RAN + $(ms) - began))
	[ $status = 0 ] || {
		WHY="run: $(ended $status "$out")"
		return 1
	}
}

compare() {
	local want=$ROOT/${TEST%.go}.out
	[ -f "$want" ] || want=/dev/null
	cmp -s "$want" "$WORK/output" && return
	WHY="output: $(diff -a "$want" "$WORK/output" | grep -a -m1 '^[<>]')"
	return 1
}

# ---- one test -----------------------------------------------------------------------------------

recipe() {
	local line
	{ IFS= read -r line && case $line in *+build*) IFS= read -r line ;; esac } <"$ROOT/$TEST"
	line=${line#//}
	# Words may be quoted, as in a shell.
	eval "WORDS=($(tr -cd 'A-Za-z0-9_."= ,/@:+-' <<<"$line"))" 2>/dev/null || read -ra WORDS <<<"$line"
}

skip() {
	verdict SKIP "$1"
}

verdict() {
	local why
	why=$(oneline "${2:-}")
	echo "$1 $TEST${why:+: $why}"
	printf '%s\t%s\t%s\t%d.%03d\t%d.%03d\t%d.%03d\t%s\n' "$1" "$TEST" "${KIND:--}" \
		$((COMPILED / 1000000)) $((COMPILED / 1000 % 1000)) $((LINKED / 1000000)) $((LINKED / 1000 % 1000)) \
		$((RAN / 1000000)) $((RAN / 1000 % 1000)) "$why" >>"$OUT/results.tsv"
}

one() {
	TEST=$1 WHY='' KIND='' RELATIVE='' COMPILED=0 LINKED=0 RAN=0 MAYFAIL=0 EACHFILE=0
	local sources args began dir=$ROOT/${1%.go}.dir f ok=1
	cd "$ROOT" || exit 2
	[ -f "$TEST" ] || { verdict FAIL 'no such test'; return; }
	recipe
	KIND=${WORDS[0]:-none}
	set -- "${WORDS[@]:1}"
	case $KIND in
	run | buildrun | rundir | errorcheckandrundir | buildrundir | runindir | runoutput) ;;
	*) skip "$KIND: a test of the compiler"; return ;;
	esac
	EXTRATAG=test_run included "$TEST" || { skip 'not for this system or compiler'; return; }
	while [ $# -gt 0 ]; do
		case $1 in
		-race) skip 'needs the race detector'; return ;;
		-1) MAYFAIL=1 ;;
		-s) EACHFILE=1 ;;
		-t) shift; [ "$1" -le "$SECS" ] || SECS=$1 ;;
		-goexperiment) shift ;;
		-*) ;;
		*) break ;;
		esac
		shift
	done
	sources=("$TEST")
	while [ $# -gt 0 ]; do
		case $1 in *.go) sources+=("$1") ;; *) break ;; esac
		shift
	done
	args=("$@")
	if [ -d "$dir" ] && [ -n "$(find "$dir" -name '*.s')" ]; then skip 'assembly'; return; fi
	for f in "${sources[@]}" $([ ! -d "$dir" ] || find "$dir" -name '*.go'); do
		! grep -qs '^import "C"' "$f" || { skip 'cgo'; return; }
	done

	WORK=$(mktemp -d "${TMPDIR:-/tmp}/gosuite.XXXXXX") || exit 2
	began=$(ms)
	case $KIND in
	run | buildrun) compile main "${sources[@]}" ;;
	runoutput) compile generator "${sources[@]}" ;;
	rundir | errorcheckandrundir) compile_dir "$dir" ;;
	buildrundir) compile main "$dir"/*.go ;;
	runindir) compile_module "$dir" ;;
	esac || ok=0
	COMPILED=$(($(ms) - began))
	if [ $ok = 1 ] && [ "$KIND" = runoutput ]; then
		{
			link && execute "$ROOT" "$WORK/output.go" "${args[@]}" && cd "$WORK" && compile main output.go && link &&
				args=() && cd "$ROOT"
		} || ok=0
	elif [ $ok = 1 ]; then
		link || ok=0
	fi
	case $KIND in
	run | runoutput) dir=$ROOT ;;
	runindir) ;;
	*) dir=$WORK ;;
	esac
	if [ $ok = 1 ] && rounds "$dir" "${args[@]}"; then
		verdict PASS
	else
		verdict FAIL "$WHY"
		{
			echo "$TEST: $WHY"
			for f in compile.log link.log output output.go; do
				[ ! -s "$WORK/$f" ] || { echo "== $f"; head -c 20000 "$WORK/$f"; }
			done
		} >"$OUT/logs/${TEST//\//__}.log"
	fi
	cd "$ROOT" && rm -rf "$WORK"
}

if [ "${1:-}" = --one ]; then
	one "$2"
	exit
fi

# ---- all of them --------------------------------------------------------------------------------

JOBS=2 SECS=60 OUT='' lost=0 ROUNDS=1 PROCS=-
while getopts j:t:o:r:p:s opt; do
	case $opt in
	j) JOBS=$OPTARG ;;
	t) SECS=$OPTARG ;;
	o) OUT=$OPTARG ;;
	r) ROUNDS=$OPTARG ;;
	p) PROCS=${OPTARG//,/ } ;;
	s) GO_LINK=$STOCK_LINK ;;
	*) sed -n '4,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
prepare
ROOT=$(gotests) || exit 2
COMPILER=$(gccgo-12 --version | head -n 1)
if [ -z "$OUT" ]; then
	OUT=$(mktemp -d "${TMPDIR:-/tmp}/gosuite-results.XXXXXX") lost=1
	trap 'rm -rf "$OUT"' EXIT
fi
mkdir -p "$OUT/logs" && OUT=$(cd "$OUT" && pwd) && rm -f "$OUT"/logs/* && : >"$OUT/results.tsv" || exit 2
export ROOT COMPILER OUT SECS ROUNDS PROCS
{
	if [ $# -eq 0 ]; then
		awk -F '\t' 'FILENAME == ARGV[1] { if ($1 == "test") waits[$2] = 1; next } !($1 in waits)' "$HERE/waits.tsv" "$HERE/developers.txt"
	else
		for name; do
			case $name in
			-) cat ;;
			*.go) echo "$name" ;;
			*) cat -- "$name" || die "$name: no such list" ;;
			esac
		done
	fi
} | sed 's/#.*//; s/[ 	]*$//; /^$/d' | tr '\n' '\0' | xargs -0 -r -n 1 -P "$JOBS" bash "$0" --one
count() {
	grep -c "^$1	" "$OUT/results.tsv"
}
[ $lost = 0 ] || for log in "$OUT"/logs/*.log; do [ ! -f "$log" ] || { echo; head -n 40 "$log"; }; done
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ "$(count FAIL)" -eq 0 ]
