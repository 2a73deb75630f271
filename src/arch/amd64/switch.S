/* switch.S (amd64): changing stacks.                                                 room: arch
 *
 * A switched-out stack, lowest address first, sp being what g->sched holds:
 *
 *	sp+0  r15   sp+8  r14   sp+16 r13   sp+24 r12   sp+32 rbx   sp+40 rbp   sp+48 return pc
 *
 * All callee-saved integer registers and nothing else: the ABI lets a call clobber the rest.
 * Control words of the FPU (mxcsr, x87 cw) belong to the thread, as in Go.
 *
 * Unwinding is right at every instruction: the CFA stays "sp + constant" across the instruction
 * that changes sp, because both stacks have the same shape there.
 */
#include "arch/amd64/offsets.h"

	.text

#define FUNC(name)                                                                                 \
	.globl name; .hidden name; .type name, @function; .p2align 4; name:
#define END(name) .size name, .- name

#define SAVE                                                                                       \
	pushq %rbp; .cfi_adjust_cfa_offset 8; .cfi_rel_offset rbp, 0;                              \
	movq %rsp, %rbp;                                                                           \
	pushq %rbx; .cfi_adjust_cfa_offset 8; .cfi_rel_offset rbx, 0;                              \
	pushq %r12; .cfi_adjust_cfa_offset 8; .cfi_rel_offset r12, 0;                              \
	pushq %r13; .cfi_adjust_cfa_offset 8; .cfi_rel_offset r13, 0;                              \
	pushq %r14; .cfi_adjust_cfa_offset 8; .cfi_rel_offset r14, 0;                              \
	pushq %r15; .cfi_adjust_cfa_offset 8; .cfi_rel_offset r15, 0

#define RESTORE                                                                                    \
	popq %r15; .cfi_adjust_cfa_offset -8; .cfi_restore r15;                                    \
	popq %r14; .cfi_adjust_cfa_offset -8; .cfi_restore r14;                                    \
	popq %r13; .cfi_adjust_cfa_offset -8; .cfi_restore r13;                                    \
	popq %r12; .cfi_adjust_cfa_offset -8; .cfi_restore r12;                                    \
	popq %rbx; .cfi_adjust_cfa_offset -8; .cfi_restore rbx;                                    \
	popq %rbp; .cfi_adjust_cfa_offset -8; .cfi_restore rbp

/* r: the new g; s: scratch */
#define SETG(r, s)                                                                                 \
	movq gort_tls_g@gottpoff(%rip), s; movq r, %fs:(s)
/* Split stacks: the guard word goes with the stack; a scheduler's has none. s: scratch */
#ifdef GORT_SPLIT
#define GUARD_SAVE(g, s)	movq %fs:0x70, s; movq s, G_STACKGUARD0(g)
#define GUARD_LOAD(g, s)	movq G_STACKGUARD0(g), s; movq s, %fs:0x70
#define GUARD_OFF		movq $0, %fs:0x70
#else
#define GUARD_SAVE(g, s)
#define GUARD_LOAD(g, s)
#define GUARD_OFF
#endif
#define GETG(r)                                                                                    \
	movq gort_tls_g@gottpoff(%rip), r; movq %fs:(r), r

/* void gswitch(struct g *from, struct g *to, void (*hook)(struct g *, void *), void *arg) */
FUNC(gswitch)
	.cfi_startproc
	SAVE
	movq	%rsp, G_SCHED_SP(%rdi)
	GUARD_SAVE(%rdi, %rax)
	GUARD_LOAD(%rsi, %rax)
	SETG(%rsi, %rax)
	movq	G_SCHED_SP(%rsi), %rsp
	testq	%rdx, %rdx
	je	1f
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	movq	%rcx, %rsi
	call	*%rdx
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
1:
	RESTORE
	ret
	.cfi_endproc
END(gswitch)

/* void mcall(void (*fn)(struct g *)) */
FUNC(mcall)
	.cfi_startproc
	SAVE
	movq	%rdi, %rdx
	GETG(%rdi)
	movq	%rsp, G_SCHED_SP(%rdi)
	GUARD_SAVE(%rdi, %rax)
	GUARD_OFF
	movq	G_M(%rdi), %rax
	movq	M_G0(%rax), %rax
	SETG(%rax, %rcx)
	movq	G_SCHED_SP(%rax), %rsp
	/* On g0 there is no caller: the chain ends at its base. */
	.cfi_undefined rip
	xorl	%ebp, %ebp
	call	*%rdx
	ud2
	.cfi_endproc
END(mcall)

/* void gogo(struct g *gp) */
FUNC(gogo)
	.cfi_startproc
#ifndef GORT_BROKEN_GUARD
	GUARD_LOAD(%rdi, %rax)
#endif
	SETG(%rdi, %rax)
	movq	G_SCHED_SP(%rdi), %rsp
	.cfi_def_cfa_offset 56
	.cfi_offset rbp, -16
	.cfi_offset rbx, -24
	.cfi_offset r12, -32
	.cfi_offset r13, -40
	.cfi_offset r14, -48
	.cfi_offset r15, -56
	RESTORE
	ret
	.cfi_endproc
END(gogo)

/* void g0base(struct g *g0, void (*fn)(void *), void *arg) */
FUNC(g0base)
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	movq	%rsp, %rbp
	/* 16-byte aligned here: what mcall and systemstack need before their call. */
	movq	%rsp, G_SCHED_SP(%rdi)
	movq	%rdx, %rdi
	call	*%rsi
	ud2
	.cfi_endproc
END(g0base)

/* void systemstack(void (*fn)(void *), void *arg) */
FUNC(systemstack)
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	pushq	%rbx
	.cfi_offset rbx, -24
	pushq	%r12
	.cfi_offset r12, -32
	movq	%rdi, %rax
	movq	%rsi, %rdi
	GETG(%rbx)
	testq	%rbx, %rbx
	je	2f
	movq	G_M(%rbx), %rcx
	cmpq	%rbx, M_CURG(%rcx)
	jne	2f
	movq	M_G0(%rcx), %rdx
	/* The stack we leave must be findable by a dump while fn runs. */
	leaq	-24(%rsp), %rcx
	movq	%rcx, G_SCHED_SP(%rbx)
	GUARD_SAVE(%rbx, %rcx)
	GUARD_OFF
	SETG(%rdx, %rcx)
	movq	G_SCHED_SP(%rdx), %rsp
	call	*%rax
	SETG(%rbx, %rcx)
	GUARD_LOAD(%rbx, %rcx)
	jmp	3f
2:
	call	*%rax
3:
	leaq	-16(%rbp), %rsp
	popq	%r12
	popq	%rbx
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
END(systemstack)

/* The first return address of a goroutine (gostartstack): nothing below it to unwind to. */
FUNC(gostart)
	.cfi_startproc
	.cfi_undefined rip
	nop			/* unwinders look up pc - 1 */
	xorl	%ebp, %ebp
	call	goroutineEntry
	ud2
	.cfi_endproc
END(gostart)

	.section .note.GNU-stack, "", @progbits
