/* Maps used wrongly: Go's words, the stack of the culprit, status 2. */
// status: 2
#include <gort.h>

#include <string.h>

static void
writer(void *arg)
{
	gort_map *m = (gort_map *)arg;
	for (int i = 0;; i++)
		gort_map_set(m, i & 1023, i);
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_map *m = gort_map_make(int, int);

	// case: nil
	// args: nil
	// stderr: panic: assignment to entry in nil map
	// stderr: goroutine 1 [running]:
	// stderr: gort_main(...)
	// stderr: misuse/map.c:
	if (strcmp(what, "nil") == 0)
		gort_map_set((gort_map *)NULL, 1, 1);
	// case: key_size
	// args: key_size
	// stderr: panic: key of 8 bytes for a map whose keys have 4
	if (strcmp(what, "key_size") == 0)
		gort_map_set(m, (int64_t)1, 1);
	// case: elem_size
	// args: elem_size
	// stderr: panic: element of 1 byte for a map whose elements have 4
	if (strcmp(what, "elem_size") == 0)
		gort_map_set(m, 1, (char)1);
	// case: two_writers
	// args: two_writers
	// env: GOMAXPROCS=4
	// setups: opt debug hard
	// stderr: fatal error: concurrent map writes
	if (strcmp(what, "two_writers") == 0) {
		gort_go(writer, m);
		gort_go(writer, m);
		gort_sleep(50 * GORT_SEC);
	}
	return 0;
}
