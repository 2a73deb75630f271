/* frame.c (amd64): building and reading the frame that switch.S leaves.              room: arch */
#include "arch/arch.h"

/* The picture in switch.S, as a struct. */
struct switchframe {
	uintptr_t r15, r14, r13, r12, rbx, rbp, pc;
};

void
gostartstack(struct g *gp, uintptr_t sp)
{
	/* At gostart's first instruction sp must be 16-byte aligned: it calls. */
	struct switchframe *f = (struct switchframe *)(sp - sizeof *f - 8);
	sp = (uintptr_t)f + sizeof *f;
	if (sp & 15)
		f = (struct switchframe *)((uintptr_t)f - 8);
	*f = (struct switchframe){.pc = (uintptr_t)gostart + 1};
	/* Where gostart's own return address would be: for unwinders (valgrind's) that do not know
	 * that there is none. */
	*(uintptr_t *)(f + 1) = 0;
	gp->sched.sp = (uintptr_t)f;
}

no_sanitize void
gobufFrame(const struct g *gp, uintptr_t *pc, uintptr_t *fp, uintptr_t *sp)
{
	const struct switchframe *f = (const struct switchframe *)gp->sched.sp;
	*pc = f->pc;
	*fp = f->rbp;
	*sp = (uintptr_t)(f + 1);
}
