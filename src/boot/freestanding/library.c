/* library.c: a program without libc has no main of its own.                          room: boot */
#include "boot/boot.h"

#include "core/upcalls.h"
#include "os/os.h"

int
libraryInit(const struct hostoptions *opt)
{
	(void)opt;
	return GORT_BOOTED;
}

void
libraryStart(void)
{
	bootWait(BOOT_RUNS);
}

/* boot/main.c asks for gort_main weakly, for programs with a main of their own. There is none of
 * those here: this reference makes the linker name what is missing. */
__attribute__((visibility("default"))) int gort_main(int argc, char **argv);
static int (*const needed)(int, char **) __attribute__((used, retain)) = gort_main;
