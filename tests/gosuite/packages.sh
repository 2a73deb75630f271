#!/bin/bash
# packages.sh: the tests of libgo's packages, compiled by gccgo and run on this library.
#
#	packages.sh [-j JOBS] [-t SECONDS] [-o DIR] [-a] [-w] [-s] [-r ROUNDS] [-p PROCS,...] [PACKAGE...]
#
# Without packages: those of the language's core, named below. "all" is every one in packages.txt.
#
#   -j  packages at a time (2)    -t  for one test program (120)
#   -o  results.tsv (verdict, package, test, seconds, why) and logs/; otherwise they are lost
#   -a  all tests of a package; otherwise those in packages.txt that do not wait (waits.tsv)
#   -w  those that wait as well
#   -s  with gccgo's own library, to compare
#   -r  so many rounds (1), each with every GOMAXPROCS that -p names ("1,2,8"): a test that fails in one
#       has failed
#
# A test program is made as `go test` makes it, without the go command:
#
#   1. the package with its own test files is one object. It comes before libgo.a at the link, so it
#      stands in for the member there. Packages of the runtime cannot be replaced: of these only what
#      needs nothing but the exported names is compiled, the rest is cut out declaration by
#      declaration, until the compiler is content;
#   2. package PACKAGE_test, which finds the object of 1 before the installed export data;
#   3. a main package with tables of the tests and of the examples that say what they print.
#
# It runs in a copy of the package's folder with -test.short. If a test takes the program down, each that
# has no verdict runs again alone. Last line: "N passed, N failed, N skipped".
set -u
. "$(dirname "$0")/common.sh"

CORE='bufio bytes container/heap container/list container/ring context encoding/json errors fmt io reflect
	sort strconv strings sync sync/atomic testing text/template time'

# ---- what is in them ----------------------------------------------------------------------------

tests_in() {
	sed -n 's/^func \(Test[^a-z(][A-Za-z0-9_]*\|Test\)([A-Za-z_]* *\*\(testing\.\)\{0,1\}T).*/\1/p' "$@"
}

# examples_in PACKAGE FILE: lines of the table, of those whose last comment says what is printed.
examples_in() {
	awk -v package="$1" '
	function quote(s) {
		gsub(/\\/, "&&", s)
		gsub(/"/, "\\\"", s)
		gsub(/\t/, "\\t", s)
		return s
	}
	/^func Example[A-Za-z0-9_]*\(\) *\{/ {
		name = substr($2, 1, index($2, "(") - 1)
		inside = 1
		says = 0
		text = ""
		next
	}
	inside && /^}/ {
		if (says) printf "\t{\"%s\", %s.%s, \"%s\", %s},\n", name, package, name, text, unordered
		inside = 0
	}
	!inside { next }
	tolower($0) ~ /^[ \t]*\/\/ *(unordered )?output:/ {
		unordered = tolower($0) ~ /unordered/ ? "true" : "false"
		says = 1
		sub(/^[^:]*: ?/, "")
		text = quote($0) "\\n"
		next
	}
	says && /^[ \t]*\/\// {
		sub(/^[ \t]*\/\/ ?/, "")
		text = text quote($0) "\\n"
		next
	}
	says && NF { says = 0 }' "$2"
}

# cutout FILE LINE...: the top-level declarations that these lines are in become empty lines; of a
# list of imports only the line.
cutout() {
	local file=$1
	shift
	awk -v lines="$*" '
	BEGIN { n = split(lines, l, " "); for (i = 1; i <= n; i++) bad[l[i]] = 1 }
	{ text[NR] = $0 }
	!open && /^(func|var|type|const|import)[ (]/ { first = NR; import = /^import/; open = /[{(]$/; home[NR] = import ? -1 : first; next }
	open { home[NR] = import ? -1 : first; if (/^[})]/) open = 0 }
	END {
		for (i in bad) if (home[i] > 0) gone[home[i]] = 1
		for (i = 1; i <= NR; i++)
			print (home[i] > 0 && home[i] in gone) || (home[i] == -1 && i in bad) ? "" : text[i]
	}' "$file" >"$file.new" && mv "$file.new" "$file"
}

# ---- one package --------------------------------------------------------------------------------

wanted() {
	if [ "$ALL" = 1 ]; then
		! grep -qxF "$PKG $1" "$NEVER"
	else
		grep -qxF "$PKG $1" "$WANTED"
	fi
}

row() {
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$PKG" "$2" "$3" "$(oneline "${4:-}")" >>"$OUT/results.tsv"
}

# The whole package fails: each of its tests does.
notbuilt() {
	local t why="not built: $1"
	cat "$WORK"/*.log >"$LOG" 2>/dev/null
	while read -r t; do
		row FAIL "$t" 0 "$why"
		echo "FAIL $PKG $t: $(oneline "$why")"
	done < <(sed -n "s|^$PKG ||p" "$WANTED")
	echo "== $PKG: $(oneline "$why")"
	rm -rf "$WORK"
}

compile() {
	# shellcheck disable=SC2086
	timeout -k 5 600 $GO_COMPILE -c -fno-toplevel-reorder -I "$WORK/objects" -I "$GOX" "$@" >"$WORK/compile.log" 2>&1
}

# The files of the package into our copy of its folder; sets NAME, FILES, INTERNAL, EXTERNAL.
gather() {
	local f src=$ROOT/$PKG
	ln -s "$src"/* .
	rm -f ./*.go
	cp "$src"/*.go .
	[ ! -e "$src/../testdata" ] || ln -s "$src/../testdata" ../testdata
	NAME='' FILES=() INTERNAL=() EXTERNAL=()
	for f in *.go; do
		case $f in *_test.go) ;; *) [ -n "$NAME" ] || ! forus "$f" || NAME=$(packageof "$f") ;; esac
	done
	for f in *.go; do
		forus "$f" || continue
		case $f/$(packageof "$f") in
		*_test.go/"${NAME}_test") EXTERNAL+=("$f") ;;
		*_test.go/"$NAME") INTERNAL+=("$f") ;;
		*_test.go/*) ;;
		*/"$NAME") FILES+=("$f") ;;
		esac
	done
	# What libgo's Makefile generates.
	case $PKG in
	os | os/user)
		awk -v name="$NAME" 'BEGIN { print "package " name "\n\nimport _ \"unsafe\"\n" }
			/^\/\/extern-sysinfo/ { c = $2; getline; split($2, go, "("); print "//go:linkname " go[1] " " c }' \
			"${FILES[@]}" >generated.go
		FILES+=(generated.go)
		;;
	internal/cpu)
		printf 'package cpu\n\nconst CacheLinePadSize = 64\nconst FunctionDescriptors = false\n' >generated.go
		FILES+=(generated.go)
		;;
	go/types)
		printf 'package types\n\nvar gccgoArchSizes = map[string]*StdSizes{"amd64": {8, 8}}\n' >generated.go
		FILES+=(generated.go)
		;;
	esac
}

# Package PKG_test. If it cannot see the package's insides, without what needs them.
external() {
	local round=0 before f rest
	printf 'package %s_test\n\nimport _ "%s"\n' "$NAME" "$PKG" >first_test.go
	until compile -fgo-pkgpath="${PKG}_test" -o "$WORK/objects/${PKG}_test.o" first_test.go "${EXTERNAL[@]}"; do
		[ $REPLACED = 1 ] && [ $((round += 1)) -lt 60 ] || return 1
		sed -n 's/^\([A-Za-z0-9_-]*_test\.go\):\([0-9]*\):.*error:.*/\1 \2/p' "$WORK/compile.log" | sort -u >"$WORK/bad"
		[ -s "$WORK/bad" ] || return 1
		before=$(cat "${EXTERNAL[@]}" | cksum)
		for f in $(cut -d ' ' -f 1 "$WORK/bad" | uniq); do
			# shellcheck disable=SC2046
			cutout "$f" $(sed -n "s/^$f //p" "$WORK/bad")
		done
		[ "$(cat "${EXTERNAL[@]}" | cksum)" = "$before" ] || continue
		rest=() # no declaration is to blame: the file
		for f in "${EXTERNAL[@]}"; do grep -q "^$f " "$WORK/bad" || rest+=("$f"); done
		EXTERNAL=("${rest[@]}")
		[ ${#EXTERNAL[@]} -gt 0 ] || return 0
	done
	OBJECTS+=("$WORK/objects/${PKG}_test.o")
}

# The main package, into $WORK/main.go; a line of the tables has the form <tab>{"NAME", PACKAGE.NAME...
mainpackage() {
	local t f in='' ex='' main='_os.Exit(m.Run())'
	[ ${#INTERNAL[@]} -eq 0 ] || in=$(tests_in "${INTERNAL[@]}")
	[ ${#EXTERNAL[@]} -eq 0 ] || ex=$(tests_in "${EXTERNAL[@]}")
	for t in $in $ex; do
		case $t in TestMain) ;; *) ! wanted "$t" || echo "$t" ;; esac
	done >"$WORK/names"
	{
		echo 'package main'
		[ ${#INTERNAL[@]} -eq 0 ] || echo "import _in \"$PKG\""
		[ ${#EXTERNAL[@]} -eq 0 ] || echo "import _ex \"${PKG}_test\""
		printf 'import _testing "testing"\nimport "testing/internal/testdeps"\nimport _os "os"\n'
		echo 'var tests = []_testing.InternalTest{'
		for t in $in; do grep -qxF "$t" "$WORK/names" && printf '\t{"%s", _in.%s},\n' "$t" "$t"; done
		for t in $ex; do grep -qxF "$t" "$WORK/names" && printf '\t{"%s", _ex.%s},\n' "$t" "$t"; done
		printf '}\nvar examples = []_testing.InternalExample{\n'
		for f in "${INTERNAL[@]}"; do examples_in _in "$f"; done >"$WORK/examples"
		for f in "${EXTERNAL[@]}"; do examples_in _ex "$f"; done >>"$WORK/examples"
		while IFS= read -r t; do
			f=${t#*\"}
			! wanted "${f%%\"*}" || printf '%s\n' "$t"
		done <"$WORK/examples"
		echo '}'
		# Main in the test files: it exits.
		[ ${#INTERNAL[@]} -eq 0 ] || ! grep -qs '^func TestMain(' "${INTERNAL[@]}" || main='_in.TestMain(m)'
		[ ${#EXTERNAL[@]} -eq 0 ] || ! grep -qs '^func TestMain(' "${EXTERNAL[@]}" || main='_ex.TestMain(m)'
		cat <<-GO
			func main() {
				m := _testing.MainStart(testdeps.TestDeps{}, tests, []_testing.InternalBenchmark{}, []_testing.InternalFuzzTarget{}, examples)
				$main
			}
		GO
	} >"$WORK/main.go"
	for t in _in _ex; do grep -q "$t\\." "$WORK/main.go" || sed -i "s/^import $t /import _ /" "$WORK/main.go"; done
	case $main in *TestMain*) echo 'func init() { _ = _os.Args }' >>"$WORK/main.go" ;; esac
}

# run OUTPUT SECONDS [TEST]
run() {
	local out=$1 secs=$2 status=0 roots=()
	shift 2
	if [ "$PKG" = runtime ]; then
		# Its tests of crashes build programs with "go build".
		mkdir -p "$WORK/goroot/bin"
		cp "$HERE/go-build.sh" "$WORK/goroot/bin/go"
		roots=(env GOROOT="$WORK/goroot" GO_TESTING_GOTOOLS=yes GOSUITE="$HERE" GOX="$GOX")
	fi
	bounded "$WORK/t/test" "$out" $((secs + 10)) "${roots[@]}" ./a.out -test.short -test.v -test.timeout "${secs}s" \
		${1:+-test.run "^$1\$"} || status=$?
	{ cat "$out"; echo "[exit status $status]"; } >>"$LOG"
	while read -r what name secs; do
		secs=${secs#(}
		[ "${VERDICT[$name]:-}" != FAIL ] || continue
		VERDICT[$name]=$what SPENT[$name]=${secs%s)}
	done < <(grep -a -o -E -- '--- (PASS|FAIL|SKIP): [^ /]+ \([0-9.]+s\)' "$out" | sed 's/^--- //; s/://')
	return $status
}

# again ROUND PROCS: a round after the first. The program ends well, or one of its tests failed, which
# says it; otherwise it died.
again() {
	local status=0
	[ "$2" = - ] || export GOMAXPROCS=$2
	run "$WORK/again" "$SECS" || status=$?
	[ $status = 0 ] || grep -a -q '^--- FAIL' "$WORK/again" && return
	DIED="round $1, GOMAXPROCS=$2: $(ended $status "$WORK/again")"
}

one() {
	PKG=$1 DIED='' REPLACED=0 OBJECTS=()
	local t all status=0 crashed=0 hung=0 why n p=0 f=0 s=0 tries=0
	local -A VERDICT=() SPENT=() WHY=()
	LOG=$OUT/logs/${PKG//\//__}.log
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/gopackage.XXXXXX") || exit 2
	[ -d "$ROOT/$PKG" ] || { notbuilt "no package $PKG"; return; }
	mkdir -p "$(dirname "$WORK/objects/$PKG")" "$WORK/t/test"
	cd "$WORK/t/test" || exit 2
	gather
	case $PKG in
	runtime | runtime/internal/* | syscall | internal/goarch | internal/goos) REPLACED=1 INTERNAL=() ;;
	*)
		compile -fgo-pkgpath="$PKG" -o "$WORK/objects/$PKG.o" "${FILES[@]}" "${INTERNAL[@]}" ||
			{ notbuilt "$(grep -m1 error "$WORK/compile.log")"; return; }
		OBJECTS=("$WORK/objects/$PKG.o")
		;;
	esac
	[ ${#EXTERNAL[@]} -eq 0 ] || external || { notbuilt "$(grep -m1 error "$WORK/compile.log")"; return; }
	mainpackage
	until compile -o "$WORK/main.o" "$WORK/main.go"; do # what stood in a comment is not there
		n=$(sed -n "s/.*reference to undefined identifier '[A-Za-z0-9_]*\.\([A-Za-z0-9_]*\)'.*/\1/p" "$WORK/compile.log" | sort -u)
		[ -n "$n" ] && [ $((tries += 1)) -lt 10 ] || { notbuilt "$(grep -m1 error "$WORK/compile.log")"; return; }
		for t in $n; do sed -i "/\"$t\"/d" "$WORK/main.go"; done
	done
	# shellcheck disable=SC2086
	timeout -k 5 300 $GO_LINK -o a.out "$WORK/main.o" "${OBJECTS[@]}" >"$WORK/link.log" 2>&1 ||
		{ notbuilt "link: $(grep -m1 -i -E 'undefined|error' "$WORK/link.log")"; return; }
	mapfile -t all < <(sed -n 's/^\t{"\([^"]*\)", _[ie][nx]\..*/\1/p' "$WORK/main.go")
	: >"$LOG"
	[ "${PROCS%% *}" = - ] || export GOMAXPROCS=${PROCS%% *}
	run "$WORK/out" "$SECS" || status=$?
	for t in "${all[@]}"; do
		[ -z "${VERDICT[$t]:-}" ] || continue
		if [ $crashed -ge 20 ] || [ $hung -ge 4 ]; then
			WHY[$t]='not run: too many before it crashed or hung'
			continue
		fi
		status=0
		run "$WORK/out" 45 "$t" || status=$?
		[ -n "${VERDICT[$t]:-}" ] && continue
		WHY[$t]=$(ended $status "$WORK/out")
		crashed=$((crashed + 1))
		case $status:$(grep -a -c 'test timed out' "$WORK/out") in 124:* | *:[1-9]*) hung=$((hung + 1)) ;; esac
	done
	for ((n = 1; n <= ROUNDS; n++)); do
		for t in $PROCS; do
			[ "$n $t" = "1 ${PROCS%% *}" ] || [ -n "$DIED" ] || again "$n" "$t"
		done
	done
	[ -z "$DIED" ] || {
		f=$((f + 1))
		row FAIL '(program)' 0 "$DIED"
		echo "FAIL $PKG: $DIED"
	}
	for t in "${all[@]}"; do
		case ${VERDICT[$t]:-FAIL} in
		PASS) p=$((p + 1)) ;;
		SKIP) s=$((s + 1)) ;;
		*)
			f=$((f + 1))
			why=${WHY[$t]:-$(awk -v t="$t" '$1 == "===" { on = $3 == t || index($3, t "/") == 1 } on && /_test\.go:[0-9]+:|^(got|want|panic):/ { print; exit }
				index($0, "--- FAIL: " t " ") { getline; print; exit }' "$LOG")}
			WHY[$t]=$why
			echo "FAIL $PKG $t: $(oneline "$why")"
			;;
		esac
		row "${VERDICT[$t]:-FAIL}" "$t" "${SPENT[$t]:-0}" "${WHY[$t]:-}"
	done
	# A list names what must be there.
	[ "$ALL" = 1 ] || while read -r t; do
		f=$((f + 1))
		row FAIL "$t" 0 'not in the test program'
		echo "FAIL $PKG $t: not in the test program"
	done < <(sed -n "s|^$PKG ||p" "$WANTED" | grep -vxF -f <(printf '%s\n' "${all[@]}"))
	echo "== $PKG: $p passed, $f failed, $s skipped"
	cd / && rm -rf "$WORK"
}

if [ "${1:-}" = --one ]; then
	one "$2"
	exit
fi

# ---- all of them --------------------------------------------------------------------------------

JOBS=2 SECS=120 OUT='' ALL=0 WAITING=0 lost=0 ROUNDS=1 PROCS=-
while getopts j:t:o:r:p:aws opt; do
	case $opt in
	j) JOBS=$OPTARG ;;
	t) SECS=$OPTARG ;;
	o) OUT=$OPTARG ;;
	a) ALL=1 ;;
	w) WAITING=1 ;;
	s) GO_LINK=$STOCK_LINK ;;
	r) ROUNDS=$OPTARG ;;
	p) PROCS=${OPTARG//,/ } ;;
	*) sed -n '4,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
prepare
GOX=$(exportdata) && ROOT=$(libgosource) || exit 2
if [ -z "$OUT" ]; then
	OUT=$(mktemp -d "${TMPDIR:-/tmp}/gopackage-results.XXXXXX") lost=1
	trap 'rm -rf "$OUT"' EXIT
fi
mkdir -p "$OUT/logs" && OUT=$(cd "$OUT" && pwd) && : >"$OUT/results.tsv" || exit 2
WANTED=$OUT/wanted NEVER=$OUT/never
awk -F '\t' '$1 == "never" { print $2 }' "$HERE/waits.tsv" >"$NEVER"
awk -F '\t' -v all=$WAITING 'FILENAME == ARGV[1] { if ($1 == "package" && !all || $1 == "never") waits[$2] = 1; next } !($1 in waits)' \
	"$HERE/waits.tsv" "$HERE/packages.txt" >"$WANTED"
export GOX ROOT OUT SECS ALL WANTED NEVER ROUNDS PROCS
# shellcheck disable=SC2086
case "$*" in
'') set -- $CORE ;;
all) set -- $(cut -d ' ' -f 1 "$WANTED" | uniq) ;;
esac
printf '%s\0' "$@" | xargs -0 -n 1 -P "$JOBS" bash "$0" --one
count() {
	grep -c "^$1	" "$OUT/results.tsv"
}
[ $lost = 0 ] || [ "$(count FAIL)" -eq 0 ] || echo "(-o DIR keeps what they printed)"
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ "$(count FAIL)" -eq 0 ]
