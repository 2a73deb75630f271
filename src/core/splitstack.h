/* splitstack.h: the sizes that C and morestack.S must agree on.                      room: core
 *
 * What lies below a guard is for code that does not ask: a function whose frame is smaller than 256
 * bytes, what it calls that the compiler gave no prologue (gswitch, memmove, a system call in the
 * vdso), the call that a fault is turned into, and __morestack itself, which takes 112 bytes until
 * it has left the stack. docs/stacks.md has the sum.
 */
#ifndef GORT_CORE_SPLITSTACK_H
#define GORT_CORE_SPLITSTACK_H

/* g.stackkind */
#define STACK_THREAD  0 /* a thread's: no end is known, nothing is checked */
#define STACK_SLOT    1
#define STACK_SEGMENT 2 /* and above: 2 KiB << (stackkind - STACK_SEGMENT) */

#define SEG_SLACK  640   /* below the guard of a segment */
#define SLOT_SLACK 16384 /* below the guard of a slot */
#define FOREIGN_SLACK                                                                              \
	32768            /* the same, if the linker changed no callers of code that does not ask */
#define SLOT_COLOURS  16 /* a slot's top lies so many cache lines lower at most */
#define SLOT_FITS     (262144 - SLOT_SLACK - SLOT_COLOURS * 64) /* what a slot is large enough for */
#define NONSPLIT_ROOM 65536 /* what code compiled without -fsplit-stack may use at least */
#define STACK_LIMIT   1000000000

#endif
