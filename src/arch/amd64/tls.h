/* tls.h (amd64): which goroutine am I? One thread-local word, g.                     room: arch
 *
 * g is constant during any C function's activation: a goroutine keeps its identity when it
 * changes threads, and code on g0 runs on g0. So the reads below need no volatile, and the
 * compiler may keep their result over a call. What may not be kept is the *address* of the
 * thread-local word, hence assembly and not a plain C variable whose address the compiler could
 * form. g->m changes at every park and is re-read through memory.
 *
 * The model is initial-exec: one load of the offset and one of the word; in an executable the
 * linker turns the first into a constant.
 */
#ifndef GORT_ARCH_AMD64_TLS_H
#define GORT_ARCH_AMD64_TLS_H

#include "core/runtime2.h"

/* Defined in tls.c. */
extern __thread struct g *gort_tls_g __attribute__((tls_model("initial-exec")));

static always_inline struct g *
getg(void)
{
	struct g *gp;
	__asm__("movq gort_tls_g@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(gp));
	return gp;
}

/* Only start-up, needm and dropm change g outside the assembly switches; getg in the same
 * function afterwards must be getg_again. */
static always_inline void
setg(struct g *gp)
{
	uintptr_t off;
	__asm__ volatile("movq gort_tls_g@gottpoff(%%rip), %0\n\tmovq %1, %%fs:(%0)"
			 : "=&r"(off)
			 : "r"(gp)
			 : "memory");
}

static always_inline struct g *
getg_again(void)
{
	struct g *gp;
	__asm__ volatile("movq gort_tls_g@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0"
			 : "=r"(gp)
			 :
			 : "memory");
	return gp;
}

#endif
