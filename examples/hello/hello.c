/* hello: the smallest program that says something. It needs no libc: it also builds with
 * gort build --freestanding. */
#include <gort.h>

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_print("hello from a goroutine\n");
	return 0;
}
