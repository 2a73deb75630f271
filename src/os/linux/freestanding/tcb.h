/* tcb.h: the block that fs points to in a program without libc.                      room: os
 *
 * ELF's TLS variant II, as compilers for x86-64 expect it: thread-local variables lie below the
 * thread pointer, at offsets that the linker fixed; the word at the thread pointer holds its own
 * address. Two more words above have a meaning to compilers: fs:0x28, the stack protector's
 * canary, and fs:0x70, the limit that split-stack prologues compare with.
 *
 *	base                                                            base + size
 *	| guard | stack, grows down <----------- | TLS image, .tdata .tbss | struct tcb |
 */
#ifndef GORT_OS_LINUX_TCB_H
#define GORT_OS_LINUX_TCB_H

#include "core/types.h"

struct m;

struct tcb {
	struct tcb *self; /* fs:0 */
	void *dtv;        /* unused: there are no dynamic modules */
	void *self2;      /* fs:0x10: where libcs keep their thread descriptor's address */
	uintptr_t unused1[2];
	uintptr_t canary; /* fs:0x28 */
	uintptr_t unused2[8];
	uintptr_t stackguard; /* fs:0x70; 0: every split-stack function passes */
	/* Ours from here on. */
	char *base; /* of the mapping; NULL for the first thread */
	uintptr_t size;
	char *stacklo; /* the first byte above the guard */
	struct m *mp;
	void (*fn)(struct m *);
};
_Static_assert(offsetof(struct tcb, canary) == 0x28, "canary");
_Static_assert(offsetof(struct tcb, stackguard) == 0x70, "split-stack guard");

/* Gives the first thread its TLS, and finds the clock. Runs before any thread-local variable is
 * touched. */
void osStart(const uintptr_t *auxv);

#endif
