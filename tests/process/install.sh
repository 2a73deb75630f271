# What `gort install` puts down, used by programs that know nothing of the tree.

install_here() {
	only opt
	gort install "$PWD/inst" 2>install.err || {
		cat install.err >&2
		die "install failed"
	}
	PKG_CONFIG_PATH=$PWD/inst/lib/pkgconfig
	export PKG_CONFIG_PATH
}

programs() {
	cat >with_gort_main.c <<'C'
#include <gort.h>
#include <stdio.h>
static void
fill(void *c)
{
	for (int i = 0; i < 3; i++)
		gort_send((gort_chan *)c, i);
	gort_close((gort_chan *)c);
}
int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	gort_go(fill, c);
	int v, sum = 0;
	while (gort_recv(c, &v))
		sum += v;
	printf("sum %d\n", sum);
	return 0;
}
C
	cat >with_main.c <<'C'
#include <gort.h>
#include <stdio.h>
static int
inside(int argc, char **argv)
{
	(void)argv;
	printf("inside %d\n", argc);
	return 5;
}
int
main(int argc, char **argv)
{
	printf("own main\n");
	fflush(stdout);
	if (argc > 1)
		gort_start(argc, argv, inside);
	return 0;
}
C
}

# both PROGRAM-PREFIX: the two programs behave.
both() {
	want_equal "$(./"$1"1)" "sum 3"
	want_equal "$(./"$1"2)" "own main"
	run ./"$1"2 x
	want_status 5
	want_out "own main" "inside 2"
}

test_pkg_config() { # secs=300
	need pkg-config
	install_here
	programs
	# shellcheck disable=SC2046
	{
		cc with_gort_main.c $(pkg-config --cflags --libs gort) -o shared1
		cc with_main.c $(pkg-config --cflags --libs gort) -o shared2
		cc with_gort_main.c $(pkg-config --cflags gort) inst/lib/libgort.a -o static1
		cc with_main.c $(pkg-config --cflags gort) inst/lib/libgort.a -o static2
		cc with_gort_main.c $(pkg-config --cflags gort) -no-pie -Linst/lib -l:libgort.a -o nopie1
		cc with_main.c $(pkg-config --cflags gort) -no-pie -Linst/lib -l:libgort.a -o nopie2
		cc -no-pie with_gort_main.c $(pkg-config --cflags --libs gort) -o sharednopie1
		cc -no-pie with_main.c $(pkg-config --cflags --libs gort) -o sharednopie2
	}
	for p in shared static nopie sharednopie; do
		both $p
	done
	readelf -d shared1 | grep -q 'NEEDED.*libgort.so.0' || die "shared1 does not need libgort.so.0"
	! readelf -d static1 | grep -q libgort || die "static1 needs libgort"
	want_equal "$(pkg-config --modversion gort)" "$(gort version | cut -d' ' -f2)"
}

# A prefix that the shell and sed would take apart.
test_prefix_with_spaces() { # secs=300
	only opt
	need pkg-config
	programs
	there="$PWD/my inst & co"
	gort install "$there" 2>install.err || {
		cat install.err >&2
		die "install failed"
	}
	PKG_CONFIG_PATH=$there/lib/pkgconfig
	export PKG_CONFIG_PATH
	# As make and shells use it: what is printed is quoted.
	eval "cc with_gort_main.c $(pkg-config --cflags --libs gort) -o p1"
	eval "cc with_main.c $(pkg-config --cflags --libs gort) -o p2"
	both p
	PATH=$there/bin:$PATH
	command gort build -o b1 with_gort_main.c
	command gort build -o b2 with_main.c
	both b
	! have cmake || {
		cmake_outside "$there"
		both b/c
		both b/d
	}
}

test_static_glibc() { # secs=300
	install_here
	programs
	cc -static -Iinst/include with_gort_main.c -Linst/lib -lgort -o s1
	cc -static -Iinst/include with_main.c -Linst/lib -lgort -o s2
	both s
}

test_clang_lld() { # secs=300
	need clang ld.lld
	install_here
	programs
	clang -fuse-ld=lld -Wl,--gc-sections -Iinst/include with_gort_main.c inst/lib/libgort.a -o l1
	clang -fuse-ld=lld -Wl,--gc-sections -Iinst/include with_main.c inst/lib/libgort.a -o l2
	both l
}

# cmake_outside PREFIX: a project that finds the installed package.
cmake_outside() {
	cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.13)
project(outside C)
find_package(gort 0.1 REQUIRED)
add_executable(c1 with_gort_main.c)
target_link_libraries(c1 gort::gort)
add_executable(c2 with_main.c)
target_link_libraries(c2 gort::gort)
add_executable(d1 with_gort_main.c)
target_link_libraries(d1 gort::gort_static)
add_executable(d2 with_main.c)
target_link_libraries(d2 gort::gort_static)
C
	cmake -DCMAKE_PREFIX_PATH="$1" -S . -B b >cmake.log 2>&1 || {
		cat cmake.log >&2
		die "cmake"
	}
	cmake --build b >cmake.log 2>&1 || {
		cat cmake.log >&2
		die "cmake --build"
	}
}

test_cmake() { # secs=300
	need cmake
	install_here
	programs
	cmake_outside "$PWD/inst"
	both b/c
	both b/d
}

test_driver() { # secs=300
	install_here
	programs
	PATH=$PWD/inst/bin:$PATH
	want_equal "$(command gort version)" "gort $(sed -n 's/^#define GORT_VERSION  *"\(.*\)".*/\1/p' "$TOP/include/gort/version.h")"
	run command gort run with_gort_main.c
	want_status 0
	want_equal "$(cat out)" "sum 3"
	want_lines err 0
	command gort build -o b1 with_gort_main.c
	command gort build -o b2 with_main.c
	both b
	# shellcheck disable=SC2046
	cc $(command gort env --cflags) with_gort_main.c $(command gort env --libs) -o e1
	want_equal "$(./e1)" "sum 3"
	printf '#include <gort.h>\nint gort_main(int c, char **v) { (void)c; (void)v; return 9; }\n' >f.c
	command gort build --freestanding -o f f.c
	run ./f
	want_status 9
	run command gort test
	want_status 1
	want_lines err 1
	run command gort run --sanitize address with_gort_main.c
	want_status 1
	want_lines err 1
}

# A program's own functions with the names of our internals are its own, and ours stay ours.
test_sealed() { # secs=300
	install_here
	cat >x.c <<'C'
#include <gort.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
int schedule(void);
int lock(int);
int unlock(int);
int throw(int);
int gopark(int);
int mallocgc(int);
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
int schedule(void) { return 1; }
int lock(int x) { return x + 1; }
int unlock(int x) { return x + 2; }
int throw(int x) { return x + 3; }
int gopark(int x) { return x + 4; }
int mallocgc(int x) { return x + 5; }
int sched = 6, world = 7, allgs = 8;
static char heap[1 << 22];
static size_t used;
static int calls;
void *
malloc(size_t n)
{
	n = (n + 31) & ~(size_t)31;
	size_t at = __atomic_fetch_add(&used, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return at + n <= sizeof heap ? heap + at : NULL;
}
void *
calloc(size_t a, size_t b)
{
	return malloc(a * b);
}
void *
realloc(void *p, size_t n)
{
	void *q = malloc(n);
	if (p != NULL && q != NULL)
		memcpy(q, p, n);
	return q;
}
void
free(void *p)
{
	(void)p;
}
static void
go(void *c)
{
	for (int i = 0; i < 10000; i++) {
		char *p = gort_make(char, 100);
		p[0] = 1;
	}
	gort_send((gort_chan *)c, 1);
}
int
gort_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	int before = calls, v;
	for (int i = 0; i < 10; i++)
		gort_go(go, c);
	for (int i = 0; i < 10; i++)
		gort_recv(c, &v);
	int ours = calls - before;
	printf("%d %d %d %d %d %d %d %d %d\n", schedule(), lock(1), unlock(1), throw(1), gopark(1),
		mallocgc(1), sched, world, allgs);
	/* libc itself allocates a little for each thread; 100,000 objects are not there. */
	printf("%s\n", ours < 1000 ? "apart" : "mixed");
	return 0;
}
C
	cc -Iinst/include x.c inst/lib/libgort.a -o st
	cc -Iinst/include x.c -Linst/lib -Wl,-rpath,"$PWD/inst/lib" -lgort -o sh
	for p in ./st ./sh; do
		run $p
		want_status 0
		want_equal "$(cat out)" "1 2 3 4 5 6 6 7 8
apart"
	done
}

# The headers stand alone, as C11, C17, C2x and C++17, without a warning.
test_headers() { # secs=300
	install_here
	for h in inst/include/gort.h inst/include/gort/*.h; do
		case $h in */short.h) continue ;; esac
		echo "#include <${h#inst/include/}>" >t.c
		cp t.c t.cc
		for std in c11 c17 c2x gnu11; do
			gcc -std=$std -Wall -Wextra -Wpedantic -Werror -Iinst/include -fsyntax-only t.c
			! have clang || clang -std=$std -Wall -Wextra -Wpedantic -Werror -Iinst/include -fsyntax-only t.c
		done
		for cxx in g++ clang++; do
			have $cxx || continue
			$cxx -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinst/include -fsyntax-only t.cc
		done
	done
}

# The sealed object still loses what a program does not use.
test_gc_sections() { # secs=300
	install_here
	printf '#include <gort.h>\nint main(void) { return (int)gort_version_hex() & 0; }\n' >x.c
	cc -Iinst/include x.c inst/lib/libgort.a -Wl,--gc-sections -o small
	cc -Iinst/include x.c inst/lib/libgort.a -o large
	strip small large
	small=$(stat -c %s small) large=$(stat -c %s large)
	echo "with --gc-sections $small, without $large bytes"
	[ "$small" -lt 40000 ] && [ "$small" -lt "$large" ] || die "--gc-sections drops too little"
}

# Installing into a prefix that cannot be written says so.
test_refused() {
	only opt
	: >file
	run gort install "$PWD/file"
	want_status 1
	want_err "cannot install into"
}
