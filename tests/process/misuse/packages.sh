# Packages that cannot be initialised.

package() {
	{
		echo '#include <gort.h>'
		cat
		echo 'int gort_main(int argc, char **argv) { (void)argc; (void)argv; return 0; }'
	} >p.c
	gort build -o p p.c
	run ./p
}

test_missing() {
	package <<'C'
GORT_PACKAGE(one, two);
C
	want_status 2
	want_err "one" "two"
	want_lines err 1
}

test_cycle() {
	package <<'C'
GORT_PACKAGE(one, two);
GORT_PACKAGE(two, three);
GORT_PACKAGE(three, one);
GORT_INIT(one) { gort_print("ran\n"); }
C
	want_status 2
	want_err "one" "two" "three"
	[ ! -s out ] || die "an init function ran in spite of the cycle"
}

# Several files: one package in two of them, another object's dependency, init order by link order.
test_several_files() {
	cat >a.c <<'C'
#include <gort.h>
GORT_PACKAGE(app, base);
GORT_INIT(app) { gort_print("app1\n"); }
int gort_main(int argc, char **argv) { (void)argc; (void)argv; return 0; }
C
	cat >b.c <<'C'
#include <gort.h>
GORT_INIT(app) { gort_print("app2\n"); }
GORT_VARS(app) { gort_print("vars\n"); }
C
	cat >c.c <<'C'
#include <gort.h>
GORT_PACKAGE(base);
GORT_INIT(base) { gort_print("base\n"); }
C
	gort build -o p a.c b.c c.c
	run ./p
	want_status 0
	want_equal "$(tr '\n' ' ' <out)" "base vars app1 app2 "
	run env GODEBUG=inittrace=1 ./p
	want_status 0
	want_err "init base @" "init app @"
}

test_twice() {
	echo '#include <gort.h>
GORT_PACKAGE(same);
int gort_main(int argc, char **argv) { (void)argc; (void)argv; return 0; }' >a.c
	echo '#include <gort.h>
GORT_PACKAGE(same);' >b.c
	run gort build -o p a.c b.c
	[ "$status" != 0 ] || die "two packages of one name were linked"
	want_err gort_package_same
}
