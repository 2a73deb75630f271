/* main.c: the measures in a program that keeps its main: library mode. Built together with bench/c,
 * there with -Dgort_main=measures_main. The measure runs on a goroutine as it does there; main, a
 * thread of the program's own, waits for it. */
#include <gort.h>

int measures_main(int argc, char **argv);

static int argcount, status;
static char **arguments;

static void
run(void *done)
{
	status = measures_main(argcount, arguments);
	gort_send((gort_chan *)done, 1);
}

int
main(int argc, char **argv)
{
	int one;
	argcount = argc;
	arguments = argv;
	gort_chan *done = gort_chan_make(int, 0);
	gort_go(run, done);
	gort_recv(done, &one);
	return status;
}
