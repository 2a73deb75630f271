/* nothing: boots the runtime, and ends. What it costs is what the runtime costs. */
#include <gort.h>

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}
