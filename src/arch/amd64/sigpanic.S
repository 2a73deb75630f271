/* sigpanic.S (amd64): a fault, made to look like a call.                             room: arch
 *
 * The signal handler has put a frame on the goroutine's stack, below the red zone of the function that
 * faulted and wherever that left the stack pointer (sigctxPushFault):
 *
 *	sp+8  the stack pointer at the fault	sp  the pc of the fault, plus 1
 *
 * and has the goroutine continue in sigpanic0 with all other registers as they were. For an unwinder
 * the caller's stack pointer is not ours plus a constant, it is the word at sp+8. Unwinders look up
 * return addresses less 1: the 1 makes them find the faulting instruction itself, its
 * landing pad and the state of its frame.
 */
	.section .text.sigpanic0, "ax", @progbits
	.globl	sigpanic0
	.hidden	sigpanic0
	.type	sigpanic0, @function
	.p2align 4
sigpanic0:
	.cfi_startproc
	/* CFA: *(rsp + 8); the pc at *rsp. DW_CFA_def_cfa_expression, DW_CFA_expression 16 */
	.cfi_escape 0x0f, 3, 0x77, 8, 0x06
	.cfi_escape 0x10, 16, 2, 0x77, 0
	pushq	%rbp
	.cfi_escape 0x0f, 3, 0x77, 16, 0x06
	.cfi_escape 0x10, 16, 2, 0x77, 8
	.cfi_escape 0x10, 6, 2, 0x77, 0
	movq	%rsp, %rbp
	call	sigpanic
	ud2
	.cfi_endproc
	.size	sigpanic0, . - sigpanic0

	.section .note.GNU-stack, "", @progbits
