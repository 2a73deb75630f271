# The end of a program: status, stdio, atexit, from main and from elsewhere, once.

program() {
	cat >x.c <<'C'
#define _GNU_SOURCE
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void
bye(void)
{
	usleep(3000); /* time enough for a second exit to overtake this one */
	printf("bye\n");
}
static void
burn(void *arg)
{
	gort_chan *c = arg;
	if (c != NULL) {
		int one = 1;
		gort_send(c, one);
	}
	for (;;)
		gort_gosched();
}
static void
again(void)
{
	printf("again,");
	gort_exit(9);
}
static void
ender(void *arg)
{
	const char *how = arg;
	printf("from a goroutine,");
	if (strcmp(how, "exit") == 0)
		exit(7);
	gort_exit(8);
}
int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	atexit(bye);
	printf("not flushed,"); /* no newline: only exit writes it */
	if (strcmp(what, "return") == 0)
		return 3;
	if (strcmp(what, "busy") == 0) {
		gort_chan *c = gort_chan_make(int, 0);
		for (int i = 0; i < 100; i++)
			gort_go(burn, i < 10 ? c : NULL);
		for (int i = 0, v; i < 10; i++)
			(void)gort_recv(c, &v);
		return 4;
	}
	if (strcmp(what, "exit") == 0)
		exit(5);
	if (strcmp(what, "gort_exit") == 0)
		gort_exit(6);
	if (strcmp(what, "goroutine") == 0) {
		gort_go(ender, argv[2]);
		gort_select_array(NULL, 0);
	}
	if (strcmp(what, "again") == 0) {
		atexit(again);
		return 3;
	}
	if (strcmp(what, "both") == 0) {
		for (int i = 0; i < 50; i++)
			gort_go(ender, "gort_exit");
		gort_gosched();
		return 8;
	}
	return 0;
}
C
	gort build -o x x.c
}

test_return() {
	program
	run ./x return
	want_status 3
	want_equal "$(cat out)" "not flushed,bye"
	want_lines err 0
}

# A hundred goroutines that run or are about to do not hold the end up.
test_busy() {
	program
	run ./x busy
	want_status 4
	want_equal "$(cat out)" "not flushed,bye"
}

test_exit() {
	program
	run ./x exit
	want_status 5
	want_equal "$(cat out)" "not flushed,bye"
	run ./x gort_exit
	want_status 6
	want_equal "$(cat out)" "not flushed,bye"
}

test_from_goroutine() {
	program
	run ./x goroutine exit
	want_status 7
	want_equal "$(cat out)" "not flushed,from a goroutine,bye"
	run ./x goroutine gort_exit
	want_status 8
	want_equal "$(cat out)" "not flushed,from a goroutine,bye"
}

# An atexit function that ends the program: the rest runs, once, with the later status.
test_again() {
	program
	run ./x again
	want_status 9
	want_equal "$(cat out)" "not flushed,again,bye"
}

# Fifty goroutines and main want to end the program at once: bye is said once.
test_race() { # secs=120
	program
	i=0
	while [ $i -lt 30 ]; do
		run ./x both
		want_status 8
		want_equal "$(grep -o bye out | wc -l)" 1
		i=$((i + 1))
	done
}
