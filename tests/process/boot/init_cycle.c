// A cycle ends the program before any init function has run, and names who needs whom.
// status: 2
// stderr: package left needs right
// stderr: package right needs left
// stderr: initialization cycle
#include <gort.h>
#include <stdio.h>

GORT_PACKAGE(first);
GORT_INIT(first)
{
	puts("ran");
}
GORT_PACKAGE(left, right);
GORT_PACKAGE(right, first, left);

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("main");
	return 0;
}
