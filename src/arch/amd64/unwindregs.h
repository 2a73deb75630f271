/* unwindregs.h (amd64): the registers of a frame, as unwinding knows them.          room: arch */
#ifndef GORT_ARCH_AMD64_UNWINDREGS_H
#define GORT_ARCH_AMD64_UNWINDREGS_H

#include <stdint.h>
#include <unwind.h>

/* Where a call returns to, the stack pointer then, and the registers that functions keep for their
 * callers. The order is unwindregs.S's. */
struct unwindregs {
	uintptr_t pc, sp, fp, rbx, r12, r13, r14, r15;
};

/* The same as words, by these indices. */
enum { UNWIND_PC, UNWIND_SP, UNWIND_FIRST, UNWIND_WORDS = 8, UNWIND_NONE = UNWIND_WORDS };

/* DWARF's numbers of registers to indices; UNWIND_NONE: a register that belongs to the callee. */
enum { UNWIND_NDWARF = 17 };
static const uint8_t unwindIndex[UNWIND_NDWARF] = {
	8, 8, 8, 3, 8, 8, 2, 1, 8, 8, 8, 8, 4, 5, 6, 7, 0};
/* And back; the pc and the stack pointer have other names there. */
static const uint8_t unwindDwarf[UNWIND_WORDS] = {16, 7, 6, 3, 12, 13, 14, 15};

/* unwindregs.S. Calls fn with the registers of whoever called unwindHere, as they will be when it
 * returns: when fn does. */
void unwindHere(void (*fn)(struct unwindregs *r, void *arg), void *arg);
/* Goes on at r->pc with these registers, and what a landing pad is given. */
_Noreturn void unwindLand(const struct unwindregs *r, void *exception);
/* _Unwind_Backtrace from there; the first frame that fn sees is not one of from's. */
uint32_t unwindFrom(const struct unwindregs *from, _Unwind_Trace_Fn fn, void *arg);

#endif
