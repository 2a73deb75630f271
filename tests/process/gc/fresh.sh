# Fresh pages of the heap are touched when the runtime is left, 2 MiB at a time (src/mem/arena.c): a thread
# that touches one itself cannot be stopped until the kernel has made it.

test_touched() { # secs=120
	only opt debug # hard builds begin with the second chunk
	cat >x.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
gort_main(int argc, char **argv)
{
	static void *last;
	if (argc != 5)
		return 1;
	long small = atol(argv[1]), n = atol(argv[2]), mib = atol(argv[3]), pages = 0;
	for (long i = 0; i < small; i++)
		last = gort_alloc_noscan(1024);
	for (long i = 0; i < n; i++)
		last = *argv[4] == 'b' ? gort_alloc_noscan(mib << 20) : gort_alloc(mib << 20);
	FILE *f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1 || last == NULL)
		return 1;
	printf("%ld\n", pages * sysconf(_SC_PAGESIZE) >> 20);
	return fclose(f);
}
C
	gort build -o x x.c
	export GOGC=off
	# Nothing is written by the program. Small objects: as they are given out; so of 1 MiB. Large ones that
	# may hold pointers: up to 64 MiB. Large buffers: no.
	for c in "3000 0 0 b 0 12" "65536 0 0 b 56 80" "0 64 1 b 56 80" "0 32 2 b 0 12" "0 3 16 p 46 64" \
		"0 2 65 p 0 12"; do
		set -- $c
		run ./x "$1" "$2" "$3" "$4"
		want_status 0
		mib=$(cat out)
		[ "$mib" -ge "$5" ] && [ "$mib" -le "$6" ] || die "x $1 $2 $3 $4: $mib MiB, not $5 to $6"
	done
}
