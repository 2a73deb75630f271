/* trycall.S (amd64): a call to which control can come back from anywhere inside.     room: arch
 *
 *	bool trycall(void *record, void (*fn)(void *), void *arg)
 *
 * calls fn(arg). True: it returned. False: somebody in it went back here, by the unwinder or by
 * tryresume. The frame, whose lowest address identifies it while fn runs:
 *
 *	sp+0  record   sp+8 r15   sp+16 r14   sp+24 r13   sp+32 r12   sp+40 rbx   sp+48 rbp
 *
 * With an unwinder the frame has a personality (lang/hosted/unwind.c), which ends the unwinding
 * here (tryland) or, for an exception that is not ours, lets it pass (trypass, rax being the
 * exception), once the record has been forgotten. An unwinding meets the frame again after that, but no
 * longer where fn was called. Without one all registers of the caller come from
 * the frame, so it is enough to know where that is.
 */
#include "arch/amd64/offsets.h"

	.section .text.trycall, "ax", @progbits

#define FUNC(name) .globl name; .hidden name; .type name, @function; .p2align 4; name:
#define LABEL(name) .globl name; .hidden name; name:
#define END(name) .size name, .- name

#define PUSH(r) pushq %r; .cfi_adjust_cfa_offset 8; .cfi_rel_offset r, 0
#define POP(r)	popq %r; .cfi_adjust_cfa_offset -8; .cfi_restore r

FUNC(trycall)
	.cfi_startproc
#ifndef GORT_FREESTANDING
	.cfi_personality 0x1b, tryPersonality
#endif
	PUSH(rbp)
	movq	%rsp, %rbp
	PUSH(rbx)
	PUSH(r12)
	PUSH(r13)
	PUSH(r14)
	PUSH(r15)
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	movq	%rsp, TRY_SP(%rdi)
	movq	%rdx, %rdi
	call	*%rsi
LABEL(tryreturn)
	movl	$1, %eax
1:
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	.cfi_remember_state
	POP(r15)
	POP(r14)
	POP(r13)
	POP(r12)
	POP(rbx)
	POP(rbp)
	ret
	.cfi_restore_state
	.cfi_adjust_cfa_offset 8
LABEL(tryland)
	xorl	%eax, %eax
	jmp	1b
#ifndef GORT_FREESTANDING
LABEL(trypass)
	movq	%rax, %rbx
	movq	(%rsp), %rdi
	call	tryForget
	movq	%rbx, %rdi
	call	tryRethrow
	ud2
#endif
	.cfi_endproc
END(trycall)

/* void tryresume(uintptr_t sp): goes back to the trycall whose frame is at sp. */
FUNC(tryresume)
	.cfi_startproc
	.cfi_undefined rip
	movq	%rdi, %rsp
	jmp	tryland
	.cfi_endproc
END(tryresume)

	.section .note.GNU-stack, "", @progbits
