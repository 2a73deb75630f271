# go.sh: what the driver does for Go: `gort link`, and `gort run` and `gort build` of .go files. Sourced by gort.
#
# Go is compiled by gccgo and linked by gccgo's own driver, with libgortgo.a in front of libgo.a: whatever of
# libgo's runtime a program asks for is there already, so the linker takes none of libgo's own runtime objects.
# That is checked at each link, by the linker's list of what it took: two runtimes in one program would be worse
# than none. lld or gold, bound before the start, with the stand-ins for libc's functions that need no stack:
# so goroutines start on 2 KiB (docs/stacks.md).
#
# A folder with a go.mod (or in a module) is built by gccgo's go command, which calls us as its compiler: to compile
# is gccgo's part, to link is ours.

GCCGO=${GCCGO:-gccgo-12}
GOCMD=${GORT_GO:-go-12}
# What a function does its callers must not know: then a prologue counts as a call of the runtime
# (src/sched/hosted/ragged.c). The last one puts the others into the object, where onlygo finds them.
# Functions begin on cache lines: short ones that call each other, a deferred call among them, are
# bounded by jumps, and those are 5 to 8 % cheaper so.
GOFLAGS_COMPILE="-O2 -g -falign-functions=64 -fno-ipa-modref -fno-ipa-pure-const -frecord-gcc-switches"

# libgo's objects that are its runtime.
LIBGORUNTIME='runtime|proc|runtime_c|panic|print|stack|yield|aeshash|go-(assert|caller|callers|construct-map|ffi|matherr|memclr|memequal|memmove|nanotime|nosys|now|reflect-call|setenv|signal|unsafe-pointer|unsetenv|unwind|context)'

# Sets setup to one that is compiled with split stacks, as gccgo's code is.
gosetup() {
	case $setup in
	opt) setup=split ;;
	debug | hard) setup=split$setup ;;
	split | splitdebug | splithard) ;;
	*) fail "set-up $setup does not go with Go" ;;
	esac
}

gotools() {
	case $(basename -- "${CC%% *}") in
	*clang*) CC=gcc ;; # split stacks are gcc's
	esac
	split=true
	if [ "$GCCGO" = gccgo-12 ]; then
		want gccgo-12 gccgo-12
	else
		command -v "$GCCGO" >/dev/null 2>&1 || fail "GCCGO=$GCCGO: it is not there"
	fi
	tools
}

# Sets $lib, $libstub and $libdir, up to date.
golibrary() {
	if $installed; then
		[ "$setup" = split ] || fail "set-up $setup needs a source tree; this is an installation"
		lib=$home/lib/gort/split/libgortgo.a
		[ -f "$lib" ] || fail "$lib is missing: gort was installed without gccgo-12"
	else
		where "$setup"
		runmake "$setup" go
		lib=$builddir/libgortgo.a
	fi
	libdir=$(dirname -- "$lib")
	libstub=$libdir/libgortstub.a
	lib=${GORT_GOLIB:-$lib} # a test's, with something broken in it
}

# Is all that these arguments of a link name Go's code, so that every pointer is stored by the barrier? Then the
# program may run while it is marked. Assembly and C are not, nor is what nobody knows. Says "pure", or "plain" if
# besides all of it was compiled as GOFLAGS_COMPILE says, or nothing.
onlygo() (
	says=plain
	while [ $# -gt 0 ]; do
		case $1 in
		-o) shift ;;
		-Wl,--whole-archive | -Wl,--no-whole-archive | -Wl,-\( | -Wl,-\) | -Wl,--start-group | -Wl,--end-group) ;;
		-Wl,--build-id=* | -Wl,-rpath* | -L* | -g* | -O* | -fno-ipa-* | -falign-* | -frecord-gcc-switches | -m64 | -pthread | -static | -static-libgcc | -static-libgo | -lm | -lpthread) ;;
		-*) exit 0 ;;
		*.so | *.so.*) exit 0 ;;
		*)
			[ -f "$1" ] || exit 0
			kind=0
			# Each object of gccgo's has a section of its own for what it exports.
			LC_ALL=C readelf -SW -p .GCC.command.line "$1" 2>/dev/null | awk '
				function object() { if (text && !go) bad = 1; if (text && !plain) mixed = 1; text = go = plain = 0 }
				/^File: / { object() }
				/-fno-ipa-modref -fno-ipa-pure-const/ { plain = 1 }
				/ \.text[. ]/ && $0 !~ / 000000 / { n = split($0, f, /PROGBITS */); split(f[2], g, " "); if (g[3] + 0 || g[3] ~ /[a-f1-9]/) text = 1 }
				/ \.go_export / { go = 1; any = 1 }
				END { object(); exit bad || !any ? 1 : mixed ? 2 : 0 }' || kind=$?
			case $kind in
			0) ;;
			2) says=pure ;;
			*) exit 0 ;;
			esac
			;;
		esac
		shift
	done
	echo $says
)

# golink ARGS...: objects and options in gcc's manner, among them -o.
golink() {
	pure= textbegin= textend=
	case $(onlygo "$@") in
	pure) pure=-Wl,--defsym=gort_pure_go=1 ;;
	plain)
		pure=-Wl,--defsym=gort_pure_go=1
		if [ -f "$libdir/gotextend.o" ]; then
			textbegin=$libdir/gotextbegin.o
			textend=$libdir/gotextend.o
		fi
		;;
	esac
	linklog=$(mktemp "${TMPDIR:-/tmp}/gort-link.XXXXXX")
	noseparate=-Wl,-z,noseparate-code
	tables=
	[ ! -f "$libdir/gotables.ld" ] || tables=-Wl,-T,$libdir/gotables.ld
	profile=
	# gold knows no scripts that are inserted, and does not come back to an archive.
	[ "$splitld" != gold ] || noseparate= tables= profile=-Wl,-u,runtime.MemProfile
	wrapffi=
	for w in ffi_go_closure_unix64 ffi_go_closure_unix64_sse; do
		wrapffi="$wrapffi -Wl,--wrap=$w"
	done
	status=0
	# shellcheck disable=SC2086
	LC_ALL=C "$GCCGO" "-fuse-ld=$splitld" -static-libgo $SPLITLINK -Wl,--wrap=_Unwind_Resume$wrapffi -Wl,--gc-sections $noseparate $profile $pure -Wl,-t \
		${tables:+"$tables"} $textbegin "$@" $textend "$lib" "$libstub" >"$linklog" 2>"$linklog.err" || status=$?
	taken=$(sed -nE "s/.*libgo\.a\((($LIBGORUNTIME)\.o)\).*/\1/p" "$linklog" | sort -u)
	if [ -n "$taken" ] || { [ "$status" -ne 0 ] && grep -Eq "libgo\.a\(($LIBGORUNTIME)\.o\)|/(runtime|proc)\.o.*libgo" "$linklog.err"; }; then
		say "libgo's own runtime came into the link:" ${taken:-runtime.o}
		say "the program, or libgo, asks for what libgortgo.a does not have:"
		[ "$status" -eq 0 ] || head -n 20 "$linklog.err" >&2
		status=1
		for a in "$@"; do
			[ "${previous-}" != -o ] || rm -f "$a"
			previous=$a
		done
	else
		cat "$linklog.err" >&2
	fi
	rm -f "$linklog" "$linklog.err"
	return "$status"
}

do_link() {
	[ $# -gt 0 ] || usage "link takes objects"
	case $1 in
	--setup)
		[ $# -gt 1 ] || usage "--setup needs a value"
		setup=$2
		shift 2
		;;
	--setup=*)
		setup=${1#*=}
		shift
		;;
	esac
	gosetup
	gotools
	golibrary
	golink "$@" || exit
}

# Is DIR in a module?
inmodule() (
	cd "$1" || exit 1
	while :; do
		[ ! -f go.mod ] || exit 0
		[ "$PWD" != / ] || exit 1
		cd ..
	done
)

# gocompile OUT: what parse found ($gosources, $godir, $sources), into OUT.
gocompile() {
	tmpgo=$(mktemp -d "${TMPDIR:-/tmp}/gort-go.XXXXXX")
	trap 'rm -rf "$tmpgo"' EXIT
	objects=
	if [ -n "$sources" ]; then
		i=0
		eval "set -- \"\$1\" $sources"
		target=$1
		shift
		for s in "$@"; do
			case $s in
			*.c | *.S | *.s)
				i=$((i + 1))
				eval "$CC $PROGFLAGS $SPLITFLAGS -I\"\$include\" $cflags -c -o \"\$tmpgo/c$i.o\" \"\$s\"" || exit
				objects="$objects$(quote "$tmpgo/c$i.o")"
				;;
			*) objects="$objects$(quote "$s")" ;;
			esac
		done
		set -- "$target"
	fi
	if [ -n "$godir" ]; then
		gomodule "$1"
	else
		eval "$GCCGO $GOFLAGS_COMPILE $goflags -c -o \"\$tmpgo/main.o\" $gosources" || exit
		eval "golink -o \"\$1\" \"\$tmpgo/main.o\" $objects $ldflags" || exit
	fi
	rm -rf "$tmpgo"
	trap - EXIT
}

# gomodule OUT: by the go command, whose compiler we are.
gomodule() {
	command -v "$GOCMD" >/dev/null 2>&1 || fail "$GOCMD is missing; it comes with the package gccgo-12"
	case $self in /*) driver=$self ;; *) driver=$PWD/$self ;; esac # the go command works elsewhere
	cat >"$tmpgo/gccgo" <<WRAP
#!/bin/sh
# What the go command calls as gccgo: compiles by it, links by gort.
for a in "\$@"; do
	case \$a in -c | -E | -S | -dumpversion | -dumpmachine | -v | --version | -### | -print-* | -fgo-dump-*) exec $(quote "$(command -v "$GCCGO")") "\$@" ;; esac
done
objects=false
for a in "\$@"; do
	case \$a in *.o | *.a | -Wl,--whole-archive) objects=true ;; esac # from its cache they come without a suffix
done
\$objects || exec $(quote "$(command -v "$GCCGO")") "\$@"
GCCGO=$(quote "$(command -v "$GCCGO")")exec $(quote "$driver")link --setup $setup "\$@"
WRAP
	chmod +x "$tmpgo/gccgo"
	case $1 in /*) target=$1 ;; *) target=$PWD/$1 ;; esac
	mode=off
	! inmodule "$godir" || mode=on
	[ -z "$objects" ] || fail "$godir: a folder is built alone; name its .go files beside the C files"
	# What is at $target already is none of the go command's business: it takes a program with its own mark
	# for up to date, whatever library it was linked with.
	(
		cd "$godir" || exit 1
		GO111MODULE=$mode GCCGO=$tmpgo/gccgo GOTOOLCHAIN=local GORT_SPLIT_LD=$splitld \
			GOFLAGS="${GOFLAGS:+$GOFLAGS }" "$GOCMD" build -compiler gccgo -gccgoflags "all=$GOFLAGS_COMPILE" -o "$tmpgo/program" .
	) || exit
	mv -f "$tmpgo/program" "$target" || exit
}
