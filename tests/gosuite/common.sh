# shellcheck shell=bash
# common.sh: what both runners of Go's tests share: sources, tools, constraints, bounded runs.
#
# Where variables lie (-g tracks that) nobody asks, and for cmplxdivide.go it takes the compiler eight minutes
# to find out instead of one.
#
# Environment, with defaults:
#   GO_COMPILE   compiles: $GO_COMPILE -c -o X.o [-I DIR] FILES       gccgo-12 -O1 -g -fno-var-tracking
#   GO_LINK      links: $GO_LINK -o EXE X.o...                        this tree's `gort link`
#   GO_MEGABYTES memory of one test program                           4096
#   GO_EXEC      put before the program, e.g. "valgrind -q"

export LC_ALL=C
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
HERE=$TOP/tests/gosuite
CACHE=$(sh "$TOP/gort" env | sed -n 's/^GORT_CACHE=//p')/gosuite
: "${GO_COMPILE:=gccgo-12 -O1 -g -fno-var-tracking}" "${GO_LINK:=$TOP/gort link}" "${GO_MEGABYTES:=4096}" "${GO_EXEC:=}"
STOCK_LINK='gccgo-12 -O1 -static-libgo'
LIMIT=$CACHE/limit
export GO_COMPILE GO_LINK GO_MEGABYTES GO_EXEC

die() {
	echo "${0##*/}: $*" >&2
	exit 2
}

# install FILE PACKAGE...: the packages, if FILE is not there.
install() {
	local file=$1 cmd
	shift
	[ ! -e "$file" ] || return 0
	cmd="apt-get install -y --no-install-recommends $*"
	[ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 ||
		die "$file is missing; install it with: sudo $cmd"
	echo "installing $*" >&2
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086
	$cmd >/dev/null 2>&1 </dev/null || { apt-get update && $cmd; } >&2 </dev/null ||
		die "could not install: $*"
	[ -e "$file" ] || die "$file is still missing"
}

# The compiler, and what bounds the programs.
prepare() {
	install /usr/bin/gccgo-12 gccgo-12
	mkdir -p "$CACHE/objects"
	if [ ! -x "$LIMIT" ] || [ "$HERE/limit.c" -nt "$LIMIT" ]; then
		gcc -O2 -o "$LIMIT.$$" "$HERE/limit.c" && mv -f "$LIMIT.$$" "$LIMIT" || die "limit.c does not compile"
	fi
	# The driver builds its library once, not in each of the jobs.
	case $GO_LINK in "$TOP/gort link"*)
		printf 'package main\nfunc main() { }\n' >"$CACHE/first.go"
		$GO_COMPILE -c -o "$CACHE/first.o" "$CACHE/first.go" && $GO_LINK -o "$CACHE/first" "$CACHE/first.o" ||
			die "an empty program cannot be linked"
		GORT_BUILT=$(sh "$TOP/gort" env | sed -n 's/^GORT_LIB=//p')
		GORT_BUILT=${GORT_BUILT%/*}/split:${GORT_BUILT%/*}/splitdebug:${GORT_BUILT%/*}/splithard
		export GORT_BUILT
		;;
	esac
}

# Go's own tests, of Go 1.19.
gotests() {
	install /usr/share/go-1.19/test golang-1.19-src
	echo /usr/share/go-1.19/test
}

# The library of gccgo 12 in source, with its tests: unpacked once, 70 MB.
libgosource() {
	local tar=/usr/src/gcc-12/gcc-12.2.0-dfsg.tar.xz to=$CACHE/libgo-12.2.0
	if [ ! -d "$to" ]; then
		install "$tar" gcc-12-source
		rm -rf "$to.new"
		mkdir -p "$to.new"
		tar -xf "$tar" -C "$to.new" --strip-components=2 --wildcards '*/libgo/*' || die "cannot unpack $tar"
		mv -T "$to.new" "$to"
	fi
	echo "$to/go"
}

# The export data of every package in libgo.a: the internal ones have no .gox file of their own.
exportdata() {
	local to=$CACHE/gox lib o path
	lib=$(gccgo-12 -print-file-name=libgo.a)
	if [ ! -d "$to" ] || [ "$lib" -nt "$to" ]; then
		rm -rf "$to" "$to.new"
		mkdir -p "$to.new/members"
		(
			cd "$to.new/members" || exit 1
			ar x "$lib"
			for o in *.o; do
				objcopy -O binary -j .go_export --set-section-flags .go_export=alloc "$o" text 2>/dev/null &&
					[ -s text ] || continue
				path=$(sed -n 's/^pkgpath \([^;]*\);*$/\1/p; /^pkgpath/q' text 2>/dev/null)
				[ -n "$path" ] || continue
				mkdir -p "../$(dirname "$path")"
				objcopy -j .go_export "$o" "../$path.gox"
			done
		)
		rm -rf "$to.new/members"
		mv -T "$to.new" "$to"
	fi
	echo "$to"
}

# ---- build constraints --------------------------------------------------------------------------

# What is true in this world. gccgo 12 is Go 1.18.
istag() {
	case $1 in
	linux | amd64 | unix | gccgo | cgo | libffi | goexperiment.fieldtrack | "${EXTRATAG:-linux}") ;;
	go1.[1-9] | go1.1[0-8]) ;;
	*) return 1 ;;
	esac
}

# holds EXPRESSION: as in //go:build lines.
holds() {
	local in=$1 sum='' word
	while [ -n "$in" ]; do
		case $in in
		[A-Za-z0-9_.]*)
			word=${in%%[!A-Za-z0-9_.]*}
			in=${in#"$word"}
			if istag "$word"; then sum+=1; else sum+=0; fi
			;;
		*)
			sum+=${in:0:1}
			in=${in:1}
			;;
		esac
	done
	((sum))
}

# included FILE: do the lines above its package clause admit it? //go:build counts before // +build,
# whose lines must all hold; in one, blanks separate alternatives whose parts commas join.
included() {
	local line old='' alternative joined
	while IFS= read -r line; do
		case $line in
		'package '*) break ;;
		'//go:build '*)
			holds "${line#//go:build }"
			return
			;;
		'// +build '* | '//+build '*) old+=${line#*+build }$'\n' ;;
		esac
	done <"$1"
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		joined=0
		for alternative in $line; do
			holds "(${alternative//,/)\&\&(})" && joined=1
		done
		[ $joined = 1 ] || return 1
	done <<<"$old"
}

SYSTEMS=' aix android darwin dragonfly freebsd hurd illumos ios js nacl netbsd openbsd plan9 solaris windows zos '
MACHINES=' 386 alpha amd64p32 arm arm64 arm64be armbe ia64 m68k mips mips64 mips64le mips64p32 mips64p32le mipsle
 nios2 ppc ppc64 ppc64le riscv riscv64 s390 s390x sh shbe sparc sparc64 wasm '

# forus FILE: by its name (_GOOS, _GOARCH, _GOOS_GOARCH) and by what it says.
forus() {
	local stem=${1##*/} last before
	stem=${stem%.go}
	stem=${stem%_test}
	last=${stem##*_} before=${stem%_*}
	before=${before##*_}
	[ "$last" = "$stem" ] || case "$SYSTEMS$MACHINES" in *[[:space:]]"$last"[[:space:]]*) return 1 ;; esac
	[ "$last" != amd64 ] || case "$SYSTEMS" in *" $before "*) return 1 ;; esac
	included "$1"
}

packageof() {
	sed -n '/^package[ 	]\{1,\}[A-Za-z0-9_]\{1,\}[ 	]*\([;/].*\)\{0,1\}$/{s/^package[ 	]*\([A-Za-z0-9_]*\).*/\1/p;q}' "$1"
}

# ---- running ------------------------------------------------------------------------------------

# bounded DIR OUTPUT SECONDS PROGRAM ARGS...: in a plain environment, without the go command.
bounded() {
	local dir=$1 out=$2 secs=$3
	shift 3
	(
		cd "$dir" || exit 99
		unset GOROOT GOPATH GOFLAGS
		export GOOS=linux GOARCH=amd64 PATH=/usr/bin:/bin PWD=$dir TMPDIR=$WORK HOME=${HOME:-/root}
		# shellcheck disable=SC2086
		exec "$LIMIT" "$secs" "$GO_MEGABYTES" $GO_EXEC "$@"
	) </dev/null >"$out" 2>&1
}

# ended STATUS OUTPUT: in words, why a program that was bounded did not end well.
ended() {
	local what
	case $1 in
	124) what='took too long' ;;
	125) what="took more than $GO_MEGABYTES MB" ;;
	1[3-9][0-9]) what="signal $(($1 - 128))" ;;
	*) what="exit status $1" ;;
	esac
	echo "$what: $(grep -a -m1 -E '^(panic:|fatal error:|runtime:|SIG|unexpected)' "$2" || grep -a -m1 . "$2")"
}

oneline() {
	printf '%s' "${1//[$'\t\r\n']/ }" | cut -c 1-200
}
