# C++ on goroutines: exceptions go where the goroutine goes. The programs are in tests/cxx.

# build NAME COMPILER archive|shared: ./prog
build() {
	need "$2"
	only opt debug hard # the sanitizers bring a C++ library of their own
	flags=$(gort env --cflags)
	libs=$(gort env --libs)
	if [ "$3" = shared ]; then
		lib=$(gort env | sed -n 's/^GORT_LIB=//p')
		b=$lib
		case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
		make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" B="$b" CC="${CC:-gcc}" shared >/dev/null
		libs="-L$lib -lgort -Wl,-rpath,$lib"
	fi
	# shellcheck disable=SC2086
	"$2" -std=c++17 -O2 -Wall -Wextra $flags -D_GNU_SOURCE "$TOP/tests/cxx/$1.cc" $libs -o prog ||
		die "$2: $1.cc"
}

# passes: ./prog says ok, on few and on many processors.
passes() {
	for n in 1 2 8; do
		run env GOMAXPROCS=$n ./prog
		want_status 0
		[ "$(tail -n 1 out)" = ok ] || die "it ended without saying ok"
	done
}

test_exceptions() { # secs=120
	build exceptions g++ archive
	passes
}

test_exceptions_shared() { # secs=120
	build exceptions g++ shared
	readelf -d prog | grep -q 'NEEDED.*libgort' || die "it is not linked with the shared library"
	passes
}

test_exceptions_clang() { # secs=120
	build exceptions clang++ archive
	passes
}

test_panics() { # secs=120
	build panics g++ archive
	passes
}

test_panics_clang() { # secs=120
	build panics clang++ archive
	passes
}

# An exception that nobody catches ends the program as C++ programs end, also under a gort_try.
test_uncaught() { # secs=120
	need g++
	only opt debug hard
	cat >prog.cc <<'C'
#include <gort.h>
#include <stdexcept>
static void throws(void *) { throw std::runtime_error("nobody"); }
int
gort_main(int argc, char **)
{
	struct gort_panic p;
	if (argc > 1)
		gort_try(&p, throws, nullptr);
	gort_go(throws, nullptr);
	gort_sleep(10 * GORT_SEC);
	return 0;
}
C
	# shellcheck disable=SC2046
	g++ -O1 $(gort env --cflags) prog.cc $(gort env --libs) -o prog
	for arg in "" try; do
		# shellcheck disable=SC2086
		run ./prog $arg
		want_status 134
		want_err "terminate called after throwing an instance of 'std::runtime_error'" "what():  nobody"
	done
}

# A program in C whose exceptions are those of a C++ library that it uses.
test_exceptions_in_library() { # secs=120
	need g++
	only opt debug hard
	cat >lib.cc <<'C'
#include <exception>
extern "C" int
in_catch(int v, void (*fn)(void))
{
	if (std::uncaught_exceptions() != 0 || std::current_exception() != nullptr)
		return -1;
	try {
		throw v;
	} catch (int) {
		fn();
		try {
			throw;
		} catch (int w) {
			return w;
		}
	}
}
C
	g++ -O1 -shared -fPIC -o libin.so lib.cc
	cat >prog.c <<'C'
#include <gort.h>
int in_catch(int v, void (*fn)(void));
static gort_waitgroup done = GORT_WAITGROUP_INIT;
static int bad;
static void
one(void *arg)
{
	for (int i = 0; i < 1000; i++)
		if (in_catch(*(int *)arg + i, gort_gosched) != *(int *)arg + i)
			bad++;
	gort_waitgroup_done(&done);
}
int
gort_main(int argc, char **argv)
{
	int base[8];
	(void)argc, (void)argv;
	gort_waitgroup_add(&done, 8);
	for (int i = 0; i < 8; i++) {
		base[i] = i * 1000000;
		gort_go(one, &base[i]);
	}
	gort_waitgroup_wait(&done);
	gort_print(bad == 0 ? "ok\n" : "lost\n");
	return bad != 0;
}
C
	for link in -pie -no-pie; do
		# shellcheck disable=SC2046
		gcc -O1 $link $(gort env --cflags) prog.c -L. -lin -Wl,-rpath,"$PWD" $(gort env --libs) -o prog
		passes
	done
}
