/* main.c: libc calls main, main boots the runtime.                                   room: capi
 *
 * This object stays outside the sealed one, as an archive member of its own: the linker takes it
 * only if the program has no main. It uses public names alone.
 *
 * In the archive its reference to gort_main is a plain one, so that a program which forgot to
 * define it hears so from the linker. The shared library cannot ask for that: a program with its
 * own main links to it too. There the reference is weak (GORT_SHARED), and the boot says what is
 * missing. */
#include "gort/run.h"

#ifdef GORT_SHARED
#	pragma weak gort_main
#endif

GORT_API int
main(int argc, char **argv)
{
	gort_start(argc, argv, gort_main);
}
