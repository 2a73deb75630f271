// status: 2
// stderr: gort: package app needs package nowhere, which is not in the program
#include <gort.h>
#include <stdio.h>

GORT_PACKAGE(app, nowhere);

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("main");
	return 0;
}
