/* boot.h: from the first instruction to the program's main. Overview of the room.    room: boot
 *
 * This is the only room that knows every other one; read it first. Three entries meet in rt0_go:
 *
 *   _rt0_amd64_linux   freestanding: the kernel jumps here        boot/freestanding/
 *   main               hosted: libc's _start calls it             capi/hosted/main.c
 *   gort_init          the program keeps its own main             boot/hosted/library.c
 *
 * and from there the order is one list in two functions:
 *
 *   rt0_go     g0 and m0 linked, TLS proved, CPU level; then five calls: check, args, osinit,
 *              schedinit, newproc(runtime_main) + mstart                      rt0_go.c
 *   schedinit  the world is stopped; every mechanism is built, in the order that their needs
 *              allow; the world is started                                    schedinit.c
 *   runtime_main  the first goroutine: sysmon, init tasks, the collector's helpers, the
 *              program                                                        main.c
 *
 * GODEBUG=boottrace=1 prints the steps as they happen; docs/boot.md says a paragraph about each
 * and a test holds the two against each other.
 */
#ifndef GORT_BOOT_BOOT_H
#define GORT_BOOT_BOOT_H

#include "core/types.h"

struct gostring;

/* Boots the runtime on the calling thread, runs the program and never returns. argv is the
 * vector as the kernel laid it out: envp and auxv lie behind it. */
_Noreturn void rt0_go(int argc, char **argv);

void args(int argc, char **argv); /* args.c: the vectors, auxv */
void schedinit(void);
void runtime_main(void *unused);

/* started.c: how far the boot is. */
enum bootstage {
	BOOT_NONE,
	BOOT_BEGUN, /* a thread does it */
	BOOT_RUNS,  /* goroutines run on all Ps; init tasks of packages may be about to */
	BOOT_DONE,  /* main_main is next */
};
bool bootBegin(void); /* true: the caller is the one who boots */
void bootReached(enum bootstage s);
void bootWait(enum bootstage s);

/* hosted/library.c: the runtime as a guest of a program with its own main. Boots it on a thread of
 * its own and returns 0, or GORT_BOOTED, with goroutines running, if that has been begun before. */
struct hostoptions;
int libraryInit(const struct hostoptions *opt);
#define GORT_BOOTED (-114) /* -EALREADY */

/* The steps of schedinit that live here. */
void worldStopped(void);
void worldStarted(void);
void lockinit(void);
void randinit(void);
void goargs(void);
void goenvs(void);
void secure(void);

/* os.Args and the environment as strings of Go, built by goargs and goenvs; constant then. */
extern struct argstrings {
	const struct gostring *args;
	intptr_t nargs;
	const struct gostring *envs;
	intptr_t nenvs;
} argstrings;

/* main.main: what runtime_main calls at last. gort_start sets it before rt0_go; NULL stands for
 * the program's gort_main. */
extern int (*main_main)(int argc, char **argv);
/* Set likewise: runs after the init tasks of C packages. The Go door initialises Go's in it; t0 is
 * what inittrace counts from, the result how many there were. NULL: nothing. */
extern int (*main_init)(int64_t t0);

/* Ends the process the regular way (gort_exit, and main's return): once, whoever comes first. */
_Noreturn void exitProgram(int status);

/* Build knobs that break one promise each, so that a test sees the abort (tests/process/boot):
 * -DGORT_BREAK_TLS, -DGORT_BREAK_CPULEVEL here; the others belong to check(). */

#endif
