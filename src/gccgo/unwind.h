/* unwind.h: walking frames of code that keeps no frame pointers.                     room: gccgo */
#ifndef GORT_GCCGO_UNWIND_H
#define GORT_GCCGO_UNWIND_H

#include "core/runtime2.h"

#include <unwind.h>

/* Where to begin: a pc that a call returns to, the stack pointer and the callee-saved registers as
 * they will be then. The order is unwind.S's. */
struct unwindstart {
	uintptr_t pc, sp, fp, rbx, r12, r13, r14, r15;
};
/* unwind.S: _Unwind_Backtrace from there; the first frame that fn sees is not one of from's. */
uint32_t unwindFrom(const struct unwindstart *from, _Unwind_Trace_Fn fn, void *arg);

/* Calls visit for each frame of gp from at on, until it returns false. pc is where a call returns to,
 * or one more than where a fault was. Runs on a stack with room for the unwinder (systemstack), takes
 * no lock. */
void unwind(struct g *gp, const struct unwindstart *at,
	bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp), void *arg);

/* A symbol's name as gccgo mangles it, as Go shows it, into buf. False: it is not mangled. */
bool unmangle(const char *symbol, char *buf, uintptr_t n);

/* Is body the part of function that calls recover, function..r? */
bool isBodyOf(const char *body, const char *function);

/* Tracebacks are by tables from now on. */
void unwindinit(void);

#endif
