/* prof.h: what people see of a running or dying program. Overview of the room.       room: prof
 *
 *   traceback.c             goroutines' stacks in Go's format; the report of a fatal error
 *   hosted/symbolize.c      pc -> function, file, line by libbacktrace
 *   hosted/objects.c        what is loaded, for libbacktrace
 *   freestanding/symbolize.c  pc -> function by the executable's own symbol table
 */
#ifndef GORT_PROF_PROF_H
#define GORT_PROF_PROF_H

#include "sched/sched.h"

/* ---- traceback.c -------------------------------------------------------------------------- */

/* Installs crash_report: from here on fatal errors print stacks. Needs nothing booted. */
void tracebackinit(void);

/* "goroutine 7 [chan receive, 2 minutes]:" */
void goroutineheader(struct g *gp);
/* The frames of gp, from pc/sp/fp, or where it was switched out if pc is 0, then "created by".
 * pc is a return address. */
void traceback(struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp);
/* Say who was the creator of a goroutine, as Go does since 1.21; the Go door, whose library is of Go
 * 1.18 and has tests that read stacks, does not. Written during the boot. */
extern bool tracebackParents;
/* All goroutines but me; the runtime's own only at level 2. */
void tracebackothers(struct g *me);

/* Programs with code that keeps no frame pointers bring their own way to walk and to name frames
 * (the Go door does). NULL: by frame pointers. Written during the boot. */
struct unwinder {
	/* Calls visit for each frame from pc on, until it returns false. On g0, without a lock. */
	void (*frames)(struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp,
		bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp), void *arg);
	/* A symbol as people know it, into buf; false: it is known by that very name. */
	bool (*name)(const char *symbol, char *buf, uintptr_t n);
	bool (*hidden)(const char *symbol); /* the compiler's own: frames of it do not count */
	/* body is what the compiler made of function's: its frame stands for that of function, which
	 * comes next and only calls it. */
	bool (*bodyOf)(const char *body, const char *function);
};
extern const struct unwinder *unwinder;

/* ---- hosted/symbolize.c, freestanding/symbolize.c ---------------------------------------- */

/* One source-level frame. Several share a pc when functions were inlined. */
struct symframe {
	const char *function; /* NULL: unknown */
	const char *file;     /* NULL: unknown */
	int line;
	uintptr_t entry; /* first instruction of the function; 0: unknown or inlined */
	bool inlined;    /* into the next one reported */
	bool runtime;    /* code of this library */
};
/* Calls fn for each frame at pc, innermost first; at least once. pc is exact: callers pass the
 * return address less 1. Allocates nothing on the collected heap, takes no lock of ours. */
void symbolize(uintptr_t pc, void (*fn)(void *arg, const struct symframe *f), void *arg);

/* ---- hosted/objects.c --------------------------------------------------------------------- */

struct dl_phdr_info;
/* dl_iterate_phdr, without a lock, with names and load addresses only. */
int loadedObjects(int (*fn)(struct dl_phdr_info *info, size_t size, void *arg), void *arg);

#endif
