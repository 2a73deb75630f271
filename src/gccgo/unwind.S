/* unwind.S (amd64): unwinding from registers that somebody has noted.               room: gccgo
 *
 * uint32_t unwindFrom(const struct unwindstart *from, _Unwind_Trace_Fn fn, void *arg)
 *
 * _Unwind_Backtrace starts at its caller. This is that caller, and its unwind information says that
 * its own caller is the code at from: each register lies in the structure to which rbx points,
 * in the order of the fields. So the stack of any goroutine that stands still can be walked, from
 * any stack. */

	.text
	.globl	unwindFrom
	.hidden	unwindFrom
	.type	unwindFrom, @function
	.p2align 4
unwindFrom:
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
	.size	unwindFrom, .- unwindFrom
	.section .note.GNU-stack, "", @progbits
