# Whose sigprocmask it is, by how the program is linked. The sanitizers bring functions of the same
# names, which stand before ours.

# A program that blocks all signals, by itself and in a library's code, and looks for SIGURG.
sources() {
	cat >lib.c <<'C'
#include <pthread.h>
#include <signal.h>
int
lib_blocks_urg(void)
{
	sigset_t all, old, got;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_sigmask(SIG_SETMASK, &old, &got);
	return sigismember(&got, SIGURG);
}
C
	cat >prog.c <<'C'
#include <gort.h>
#include <signal.h>
#include <stdio.h>
int lib_blocks_urg(void);
int
gort_main(int argc, char **argv)
{
	sigset_t all, old, got;
	(void)argc, (void)argv;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	sigprocmask(SIG_SETMASK, &old, &got);
	printf("program %d library %d\n", sigismember(&got, SIGURG), lib_blocks_urg());
	return 0;
}
C
	flags=$(gort env --cflags) libs=$(gort env --libs)
}

says() {
	run "$1"
	want_status 0
	want_equal "$(cat out)" "$2"
}

test_archive() {
	only opt debug hard
	sources
	gcc -shared -fPIC -o liblib.so lib.c
	for link in -pie -no-pie; do
		# shellcheck disable=SC2086
		gcc $flags $link -o prog prog.c -L. -llib -Wl,-rpath,"$PWD" $libs
		says ./prog "program 0 library 0"
	done
	# shellcheck disable=SC2086
	gcc $flags -o prog prog.c lib.c $libs
	says ./prog "program 0 library 0"
}

# A library that was linked without gort, to libc's versions of the names.
test_shared() { # secs=120
	only opt debug hard
	sources
	lib=$(gort env | sed -n 's/^GORT_LIB=//p')
	b=$lib
	case $b in "$TOP"/*) b=${b#"$TOP"/} ;; esac
	make -s --no-print-directory -C "$TOP" V="$GORT_SETUP" B="$b" CC="${CC:-gcc}" shared >/dev/null
	gcc -shared -fPIC -o liblib.so lib.c
	# shellcheck disable=SC2086
	gcc $flags -o prog prog.c -L. -llib -L"$lib" -lgort -Wl,-rpath,"$PWD:$lib"
	readelf -d prog | grep -q 'NEEDED.*libgort' || die "it is not linked with the shared library"
	says ./prog "program 0 library 0"
}

test_static() {
	only opt debug hard
	sources
	# shellcheck disable=SC2086
	gcc $flags -static -o prog prog.c lib.c $libs 2>ld || {
		cat ld >&2
		die "it does not link statically"
	}
	says ./prog "program 0 library 0"
}

# A program that defines the functions itself keeps them; one that calls none has none.
test_own() {
	only opt debug hard
	sources
	cat >own.c <<'C'
#include <signal.h>
#include <stddef.h>
int
pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	(void)how, (void)set;
	if (old != NULL)
		sigfillset(old);
	return 0;
}
C
	# shellcheck disable=SC2086
	gcc $flags -o prog prog.c lib.c own.c $libs
	says ./prog "program 0 library 1"
	echo 'int gort_main(int c, char **v) { return c > 99 && v; }' >none.c
	# shellcheck disable=SC2086
	gcc $flags -o none none.c $libs
	! nm none | grep -E ' [TW] (sigprocmask|pthread_sigmask|ppoll)$' || die "it has what it does not call"
}
