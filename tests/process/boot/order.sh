# The bootstrap as it happens, against the page that describes it.

hello() {
	cat >hello.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}
C
	gort build -o hello hello.c "$@"
}

# NAME FILE FUNCTION of each heading of docs/boot.md
headings() {
	sed -n 's/^### [0-9]*\. \([A-Za-z_0-9]*\) (\(src[^,]*\), \([A-Za-z_0-9]*\))$/\1 \2 \3/p' "$TOP/docs/boot.md"
}

traced() {
	sed -n 's/^boot: +[0-9]*us \([A-Za-z_0-9]*\): ..*/\1/p' "$1"
}

test_hosted() {
	hello
	run env GODEBUG=boottrace=1 ./hello
	want_status 0
	headings | cut -d' ' -f1 >want
	traced err >got
	diff -u want got || die "the trace is not what docs/boot.md says"
	[ "$(wc -l <got)" -ge 30 ] || die "too few steps"
}

test_freestanding() {
	only opt
	hello --freestanding
	run env GODEBUG=boottrace=1 ./hello
	want_status 0
	headings | cut -d' ' -f1 >want
	traced err >got
	diff -u want got || die "the trace is not what docs/boot.md says"
}

# Each step is a function of that name in that file; headings are numbered from 1 on.
test_functions() {
	headings | while read -r name file fn; do
		[ -f "$TOP/$file" ] || die "$name: no file $file"
		grep -q "^$fn(" "$TOP/$file" || die "$name: no $fn in $file"
	done
	sed -n 's/^### \([0-9]*\)\..*/\1/p' "$TOP/docs/boot.md" >numbers
	seq "$(wc -l <numbers)" | diff - numbers || die "headings are misnumbered"
	headings | wc -l >n
	want_equal "$(cat n)" "$(wc -l <numbers)"
}

# The list in schedinit.c is the part from worldStopped to worldStarted.
test_schedinit() {
	sed -n 's/.*BOOT_STEP(\([A-Za-z_0-9]*\)(.*/\1/p' "$TOP/src/boot/schedinit.c" >got
	headings | cut -d' ' -f1 | sed -n '/^worldStopped$/,/^worldStarted$/p' >want
	diff -u want got || die "schedinit.c is not what docs/boot.md says"
}

# Time only moves forward, and every step says something.
test_times() {
	hello
	run env GODEBUG=boottrace=1 ./hello
	sed -n 's/^boot: +\([0-9]*\)us.*/\1/p' err >times
	sort -n times | diff - times || die "time went backwards"
	! grep -E '^boot: [^:]*: *$' err || die "a step says nothing"
}

test_off() {
	hello
	run ./hello
	want_status 0
	want_lines err 0
}
