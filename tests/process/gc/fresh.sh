# Fresh pages of the heap: asked for in an announced call, 2 MiB at a time, before they are touched
# (src/mem/arena.c). A thread that touches one cannot be stopped until the kernel has made it.

test_populated() { # secs=120
	only opt # hard builds ask from the second chunk on
	need strace
	strace -o /dev/null true || skip "no ptrace here"
	cat >x.c <<'C'
#include <gort.h>
#include <stdlib.h>

int
gort_main(int argc, char **argv)
{
	static void *last;
	long small = argc > 1 ? atol(argv[1]) : 0, large = argc > 2 ? atol(argv[2]) : 0;
	for (long i = 0; i < small; i++)
		last = gort_alloc_noscan(1024);
	for (long i = 0; i < large; i++)
		last = gort_alloc_noscan(1 << 20);
	return last == NULL;
}
C
	gort build -o x x.c
	export GOGC=off
	# MADV_POPULATE_WRITE, which strace may not know.
	for c in "3000 0 0" "65536 0 28" "0 64 0"; do
		set -- $c
		strace -f -o trace -e trace=madvise ./x "$1" "$2" || die "x $1 $2"
		grep -E 'madvise\(0x[0-9a-f]+, [0-9]+, (0x17|MADV_POPULATE_WRITE|23)' trace >asked || :
		n=$(wc -l <asked)
		[ "$n" -ge "$3" ] && [ "$n" -le $(($3 + 5)) ] || die "x $1 $2: asked $n times, not $3: $(tail -3 asked)"
		[ "$(sort -u asked | wc -l)" = "$n" ] || die "asked twice: $(sort asked | uniq -d)"
	done
	# A kernel that cannot is asked once.
	strace -f -o trace -e trace=madvise -e inject=madvise:error=EINVAL ./x 65536 || die "x without madvise"
	n=$(grep -cE 'madvise\(0x[0-9a-f]+, [0-9]+, (0x17|MADV_POPULATE_WRITE|23)' trace) || :
	[ "$n" = 1 ] || die "asked $n times though the kernel cannot"
}
