/* calldefer.S (amd64): a call whose callee can tell who called it.                   room: arch
 *
 * void calldefer(void (*fn)(void *), void *arg): fn returns to calldeferRet (lang/recover.c asks). */
	.section .text.calldefer, "ax", @progbits
	.globl	calldefer, calldeferRet
	.hidden	calldefer, calldeferRet
	.type	calldefer, @function
	.p2align 4
calldefer:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
calldeferRet:
	popq	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	calldefer, . - calldefer

	.section .note.GNU-stack, "", @progbits
