# The API without a running runtime, and programs that are put together wrongly.

# What needs no runtime works.
test_anywhere() {
	cat >any.c <<'C'
#include <gort.h>
int
main(void)
{
	gort_printf("%s %d\n", gort_version(), gort_now() > 0);
	gort_print(gort_strerror(GORT_ENOENT));
	return 0;
}
C
	gort build -o any any.c
	run ./any
	want_status 0
	want_out "0.1.0 1" "no such file or directory"
}

test_neither_main() {
	echo '#include <gort.h>
int x;' >none.c
	run gort build -o none none.c
	[ "$status" != 0 ] || die "a program without main or gort_main was linked"
	want_err gort_main
}

test_started_twice() {
	cat >twice.c <<'C'
#include <gort.h>
int
gort_main(int argc, char **argv)
{
	gort_start(argc, argv, gort_main);
}
C
	gort build -o twice twice.c
	run ./twice
	want_status 2
	want_err "gort_start: the runtime is running already"
}

test_exit_status() {
	cat >status.c <<'C'
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
static void
bye(void)
{
	puts("atexit");
}
static void
leaves(void *arg)
{
	printf("unflushed ");
	if (*(char *)arg == 'g')
		gort_exit(7);
	exit(8);
}
int
gort_main(int argc, char **argv)
{
	atexit(bye);
	if (argc == 1)
		return 9;
	gort_go(leaves, argv[1]);
	gort_recv((gort_chan *)NULL, NULL);
	return 0;
}
C
	gort build -o status status.c
	run ./status
	want_status 9
	want_equal "$(cat out)" "atexit"
	run ./status gort_exit
	want_status 7
	want_equal "$(cat out)" "unflushed atexit"
	run ./status exit
	want_status 8
	want_equal "$(cat out)" "unflushed atexit"
}
