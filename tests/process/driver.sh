# The driver as a command: what it refuses, what it passes through, where it works from.

hello() {
	cat >"${1:-hello.c}" <<'C'
#include <gort.h>
#include <stdio.h>
int
gort_main(int argc, char **argv)
{
	printf("hello %d %s\n", argc, argc > 1 ? argv[1] : "-");
	return 0;
}
C
}

test_runs() {
	hello
	run gort run hello.c -- 'a  b'
	want_status 0
	want_equal "$(cat out)" "hello 2 a  b"
	want_lines err 0
	want_equal "$(gort run hello.c some/dir x.c -y)" "hello 4 some/dir"
	want_equal "$(gort run hello.c -- -y)" "hello 2 -y"
	want_equal "$(gort run hello.c ' ' "it's")" "hello 3  "
}

test_missing_file() {
	run gort run nothere.c
	want_status 1
	want_equal "$(cat err)" "gort: nothere.c: no such file"
	run gort build -o x nothere.go
	want_status 1
	want_lines err 1
}

test_no_source() {
	run gort run
	want_status 2
	want_err "gort: no source file"
	mkdir d.c
	run gort run d.c
	want_status 1
	want_lines err 1
	want_err "d.c: is a directory"
	echo text >notes.txt
	run gort run notes.txt
	want_status 1
	want_err "notes.txt: not a C file"
}

# The compiler's message, the compiler's status, no program.
test_does_not_compile() {
	echo 'int gort_main(int argc, char **argv) { return oops; }' >bad.c
	run gort run bad.c
	want_status 1
	want_err "bad.c:1" "oops"
	run gort build -o bad bad.c
	want_status 1
	[ ! -e bad ] || die "a program is there"
}

test_no_main() {
	echo 'int f(void); int f(void) { return 1; }' >f.c
	run gort run f.c
	want_status 1
	want_equal "$(cat err)" "gort: the program defines neither gort_main nor main"
}

test_usage() {
	run gort
	want_status 2
	want_err "gort run"
	run gort frobnicate
	want_status 2
	want_err "unknown command frobnicate"
	hello
	run gort run --frobnicate hello.c
	want_status 2
	want_err "unknown option --frobnicate"
	run gort run --setup nope hello.c
	want_status 2
	run gort run -o
	want_status 2
	run gort help
	want_status 0
	want_out "gort run" "gort build" "gort test" "gort install"
	run gort version
	want_status 0
	want_equal "$(cat out)" "gort $(sed -n 's/^#define GORT_VERSION  *"\(.*\)".*/\1/p' "$TOP/include/gort/version.h")"
}

test_status_passes() {
	printf '#include <gort.h>\nint gort_main(int c, char **v) { (void)c; (void)v; return 7; }\n' >x.c
	run gort run x.c
	want_status 7
}

test_signal_passes() {
	cat >x.c <<'C'
#include <gort.h>
#include <signal.h>
#include <unistd.h>
int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	signal(SIGTERM, SIG_DFL);
	kill(getpid(), SIGTERM);
	for (;;)
		pause();
}
C
	run gort run x.c
	want_status 143
}

# A signal to the driver's process is the program's: exec, not a child.
test_is_the_process() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <unistd.h>
int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("%d\n", (int)getpid());
	return 0;
}
C
	sh -c 'echo $$; exec "$TOP/gort" run x.c' >out
	want_equal "$(sed -n 1p out)" "$(sed -n 2p out)"
}

test_stdin_passes() {
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
int
gort_main(int argc, char **argv)
{
	int c, n = 0;
	(void)argc;
	(void)argv;
	while ((c = getchar()) != EOF)
		n++;
	printf("%d\n", n);
	return 0;
}
C
	want_equal "$(printf 12345 | gort run x.c)" 5
}

test_anywhere() {
	hello
	mkdir -p bin 'a folder/sub'
	ln -s "$TOP/gort" bin/one
	ln -s ../bin/one bin/two
	cp hello.c 'a folder/sub/the program.c'
	cd 'a folder'
	want_equal "$(../bin/two run 'sub/the program.c')" "hello 1 -"
	want_equal "$(PATH="$PWD/../bin:$PATH" two run 'sub/the program.c')" "hello 1 -"
	"$TOP/gort" build 'sub/the program.c'
	want_equal "$('./the program')" "hello 1 -"
	"$TOP/gort" build -o 'sub/out put' "$PWD/sub/the program.c"
	want_equal "$('./sub/out put')" "hello 1 -"
}

test_flags_pass() {
	mkdir inc lib
	echo '#define FROM_HEADER 3' >inc/h.h
	echo 'int lib(void); int lib(void) { return 4; }' >lib.c
	gcc -c lib.c -o lib/lib.o
	ar rcs lib/libfour.a lib/lib.o
	cat >x.c <<'C'
#include <gort.h>
#include <h.h>
#include <math.h>
#include <stdio.h>
int lib(void);
#ifndef __OPTIMIZE__
# error "no -O"
#endif
#ifndef __AVX2__
# error "no -march"
#endif
int
gort_main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %s %.0f\n", FROM_HEADER, lib(), TEXT, sqrt(argc * 16.0));
	return 0;
}
C
	gort build -o x -Iinc '-DTEXT="a b"' -Llib x.c -lfour -lm -O1 -g -march=haswell
	grep -q avx2 /proc/cpuinfo || skip "needs a CPU with AVX2"
	want_equal "$(./x)" "3 4 a b 4"
	want_equal "$(gort run -I inc -D 'TEXT="a b"' -L lib x.c -l four -l m -O3 -march=haswell)" "3 4 a b 4"
}

test_many_files() {
	hello a.c
	sed -i 's/gort_main/other/; s/^int$/int other(int, char **);\nint/' a.c
	printf '#include <gort.h>\nint other(int, char **);\nint gort_main(int c, char **v) { return other(c, v); }\n' >b.c
	want_equal "$(gort run a.c b.c -- x)" "hello 2 x"
}

test_clang() {
	need clang
	only opt debug
	cat >x.c <<'C'
#include <gort.h>
#ifndef __clang__
# error "not clang"
#endif
int
gort_main(int argc, char **argv)
{
	(void)argv;
	return argc - 1;
}
C
	CC=clang gort run x.c
	CC=clang gort build -o x x.c
	./x
	[ "$GORT_SETUP" = opt ] || return 0
	CC=clang run gort run --freestanding x.c
	want_status 0
	! grep -q warning err || { show; die "the compiler warns"; }
}

# A C program brings what it needs of the unwinder; one that links C++ shares the unwinder of that.
test_unwinder() {
	only opt
	cat >x.c <<'C'
#include <gort.h>
static void
risky(void *arg)
{
	gort_panic("%s", (char *)arg);
}
int
gort_main(int argc, char **argv)
{
	struct gort_panic p;
	return argc > 1 && !gort_try(&p, risky, argv[1]) ? p.text[0] : 0;
}
C
	gort build -o x x.c
	! readelf -d x | grep -q 'NEEDED.*libgcc_s' || die "it needs libgcc_s"
	for u in ours libgcc; do
		GODEBUG=unwind=$u run ./x a
		want_status 97
	done
	gort build -o x x.c -Wl,--no-as-needed -lstdc++
	readelf -d x | grep -q 'NEEDED.*libgcc_s' || die "with C++ it has an unwinder of its own"
	run ./x a
	want_status 97
}

# A compiler that is no package's name is not looked for.
test_unknown_cc() {
	hello
	CC=no-such-cc run gort run hello.c
	want_status 1
	want_lines err 1
	want_err "gort: CC=no-such-cc: no-such-cc is not there"
}

# The second run of the same program compiles nothing; a changed header compiles.
test_cache() {
	GORT_CACHE=$PWD/cache
	export GORT_CACHE
	echo '#define N 1' >n.h
	cat >x.c <<'C'
#include <gort.h>
#include "n.h"
int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return N;
}
C
	run gort run x.c
	want_status 1
	run gort run x.c
	want_status 1
	want_equal "$(find cache/run -type f | wc -l)" 1
	echo '#define N 2' >n.h
	run gort run x.c
	want_status 2
	run gort run -O0 x.c
	want_status 2
	want_equal "$(find cache/run -type f | wc -l)" 3
}

test_env_flags() {
	only opt
	hello
	# shellcheck disable=SC2046
	cc $(gort env --cflags) hello.c $(gort env --libs) -o hello
	want_equal "$(./hello)" "hello 1 -"
	run gort env
	want_status 0
	want_out "GORT_HOME=$TOP" "CC="
	# Which means of tracking there is, as gctrace says it: the kernel's answer, or its refusal.
	cat >gc.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_gc();
	return 0;
}
C
	run env GODEBUG=gctrack=wp,gctrace=1 "$TOP/gort" run gc.c
	want_status 0
	want_equal "$(gort env | sed -n 's/^GORT_GCTRACK=//p')" "$(sed -n 's/^gctrack: //p' err | head -1)"
	grep -q "^gctrack: [ws]" err || die "$(cat err)"
}

# Without what it needs, one line with the command (as root with apt, it would be installed).
test_missing_packages() {
	hello
	mkdir bin
	for t in sh dirname readlink basename id sed tr sort cat grep; do
		ln -s "$(command -v $t)" bin/$t
	done
	status=0
	PATH=$PWD/bin "$TOP/gort" run hello.c >out 2>err || status=$?
	want_status 1
	want_lines err 1
	lld=
	case $GORT_SETUP in split*) lld="lld " ;; esac
	want_err "missing packages: binutils gcc ${lld}make" "apt-get install"
}

test_freestanding_refusals() {
	only opt
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
int
gort_main(int argc, char **argv)
{
	printf("%d %s\n", rand(), getenv("A"));
	return argc;
}
C
	run gort build --freestanding -o x x.c
	want_status 1
	want_lines err 1
	want_err "a freestanding program has no libc; it uses: getenv printf rand"
	run gort build --freestanding --sanitize address -o x x.c
	want_status 1
	want_lines err 1
	want_err "--freestanding and --sanitize do not go together"
	run gort build --freestanding -o x x.c -lm
	want_status 1
	want_lines err 1
	want_err "--freestanding and -lm do not go together"
}

# Two first uses at the same moment build once and both work; one of them says that it builds.
test_two_at_once() { # secs=300 alone
	only opt
	mkdir tree
	(cd "$TOP" && tar cf - --exclude ./build --exclude ./.git .) | (cd tree && tar xf -)
	hello
	began=$(date +%s)
	tree/gort run hello.c >out1 2>err1 &
	p1=$!
	tree/gort run hello.c >out2 2>err2 &
	p2=$!
	wait $p1
	wait $p2
	echo "built in $(($(date +%s) - began)) s"
	want_equal "$(cat out1)" "hello 1 -"
	want_equal "$(cat out2)" "hello 1 -"
	want_equal "$(cat err1 err2 | grep -c 'building the library')" 1
	run tree/gort run hello.c
	want_status 0
	want_lines err 0
}

test_list_and_filter() {
	run gort test --list
	want_status 0
	want_out process/driver/list_and_filter
	run gort test --list process/driver
	! grep -qv '^process/driver/' out || die "--list with a filter lists others"
	run gort test no/such/test
	want_status 2
	want_err "no test is called no/such/test"
}

# Whoever cannot write to the tree builds in the cache.
test_foreign_tree() { # secs=300 alone
	only opt
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "needs root, to become nobody"
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$nobody test -r "$TOP/Makefile" || skip "nobody cannot read the tree"
	hello
	chmod 755 .
	mkdir -m 700 cache
	chown 65534 cache
	run $nobody env HOME="$PWD/cache" GORT_CACHE="$PWD/cache" "$TOP/gort" run hello.c
	want_status 0
	want_equal "$(cat out)" "hello 1 -"
	want_err "building the library"
	run $nobody env HOME="$PWD/cache" GORT_CACHE="$PWD/cache" "$TOP/gort" run hello.c
	want_status 0
	want_lines err 0
}

# As root the missing packages are installed, and the program runs. (apt-get is a stand-in that
# puts the commands where PATH finds them.)
test_installs_packages() {
	only opt
	hello
	mkdir bin
	for t in /usr/bin/* /bin/*; do
		case ${t##*/} in gcc | make | ld | apt-get | id) ;; *) ln -sf "$t" bin/ ;; esac
	done
	printf '#!/bin/sh\necho 0\n' >bin/id
	cat >bin/apt-get <<'C'
#!/bin/sh
echo "$@" >>"$LOG"
[ "$1" = update ] && exit 0
grep -q update "$LOG" || exit 100
for t in gcc make ld; do ln -sf "/usr/bin/$t" "${0%/*}/$t"; done
C
	chmod +x bin/id bin/apt-get
	status=0
	LOG=$PWD/log PATH=$PWD/bin "$TOP/gort" run hello.c >out 2>err || status=$?
	want_status 0
	want_equal "$(cat out)" "hello 1 -"
	want_err "gort: installing missing packages: binutils gcc make"
	want_equal "$(cat log)" "install -y --no-install-recommends binutils gcc make
update
install -y --no-install-recommends binutils gcc make"
}
