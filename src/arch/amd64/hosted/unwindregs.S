/* unwindregs.S (amd64): registers noted, and gone back to.                           room: arch
 *
 * The structure is struct unwindregs (arch/amd64/unwindregs.h):
 *
 *	0 pc	8 sp	16 rbp	24 rbx	32 r12	40 r13	48 r14	56 r15
 */

#define FUNC(name) .globl name; .hidden name; .type name, @function; .p2align 4; name:
#define END(name) .size name, .- name

/* void unwindHere(void (*fn)(struct unwindregs *r, void *arg), void *arg) */
	.section .text.unwindHere, "ax", @progbits
FUNC(unwindHere)
	.cfi_startproc
	subq	$72, %rsp
	.cfi_adjust_cfa_offset 72
	movq	72(%rsp), %rcx
	leaq	80(%rsp), %rdx
	movq	%rdi, %rax
	movq	%rsp, %rdi
	movq	%rcx, (%rsp)
	movq	%rdx, 8(%rsp)
	movq	%rbp, 16(%rsp)
	movq	%rbx, 24(%rsp)
	movq	%r12, 32(%rsp)
	movq	%r13, 40(%rsp)
	movq	%r14, 48(%rsp)
	movq	%r15, 56(%rsp)
	call	*%rax
	addq	$72, %rsp
	.cfi_adjust_cfa_offset -72
	ret
	.cfi_endproc
END(unwindHere)

/* void unwindLand(const struct unwindregs *r, void *exception): what rdi points to may lie below the
 * new stack pointer, so that comes last. */
	.section .text.unwindLand, "ax", @progbits
FUNC(unwindLand)
	.cfi_startproc
	.cfi_undefined rip
	movq	%rsi, %rax
	xorl	%edx, %edx
	movq	(%rdi), %rcx
	movq	16(%rdi), %rbp
	movq	24(%rdi), %rbx
	movq	32(%rdi), %r12
	movq	40(%rdi), %r13
	movq	48(%rdi), %r14
	movq	56(%rdi), %r15
	movq	8(%rdi), %rsp
	jmp	*%rcx
	.cfi_endproc
END(unwindLand)

/* uint32_t unwindFrom(const struct unwindregs *from, fn, void *arg)
 *
 * _Unwind_Backtrace starts at its caller. This is that caller, and its unwind information says that
 * its own caller is the code at from: each register lies in the structure to which rbx points. So
 * the stack of any goroutine that stands still can be walked, from any stack. */
	.section .text.unwindFrom, "ax", @progbits
FUNC(unwindFrom)
	.cfi_startproc
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	movq	%rdi, %rbx
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	.cfi_remember_state
	/* CFA, which is the caller's rsp: the word at rbx + 8 */
	.cfi_escape 0x0f, 3, 0x73, 8, 0x06
	/* registers 16 (rip), 6 (rbp), 3 (rbx), 12 to 15: saved at rbx + n */
	.cfi_escape 0x10, 16, 2, 0x73, 0
	.cfi_escape 0x10, 6, 2, 0x73, 16
	.cfi_escape 0x10, 3, 2, 0x73, 24
	.cfi_escape 0x10, 12, 2, 0x73, 32
	.cfi_escape 0x10, 13, 2, 0x73, 40
	.cfi_escape 0x10, 14, 2, 0x73, 48
	.cfi_escape 0x10, 15, 2, 0x73, 56
	call	_Unwind_Backtrace@PLT
	.cfi_restore_state
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	ret
	.cfi_endproc
END(unwindFrom)

	.section .note.GNU-stack, "", @progbits
#ifdef GORT_SPLIT
	/* The unwinder does not ask for stack; who calls us stands where it has room. */
	.section .note.GNU-no-split-stack, "", @progbits
#endif
