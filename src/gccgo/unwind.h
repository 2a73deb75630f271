/* unwind.h: walking frames of code that keeps no frame pointers.                     room: gccgo */
#ifndef GORT_GCCGO_UNWIND_H
#define GORT_GCCGO_UNWIND_H

#include "core/runtime2.h"

#include "arch/this/unwindregs.h"

#include <unwind.h>

/* Calls visit for each frame of gp from at on, until it returns false. pc is where a call returns to,
 * or one more than where a fault was. Runs on a stack with room for the unwinder (systemstack), takes
 * no lock. */
void unwind(struct g *gp, const struct unwindregs *at,
	bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp), void *arg);

/* A symbol's name as gccgo mangles it, as Go shows it, into buf. False: it is not mangled. */
bool unmangle(const char *symbol, char *buf, uintptr_t n);
bool isThunk(const char *symbol);

/* Is body the part of function that calls recover, function..r? */
bool isBodyOf(const char *body, const char *function);

/* Tracebacks are by tables from now on. */
void unwindinit(void);

#endif
