/* resume_amd64.S: makes a call again and returns as if it had never been interrupted. room: os
 *
 * restart_amd64.c has made a struct resume on the interrupted stack, past its red zone, and
 * continues here with rsp pointing to it and the arguments loaded. Afterwards all registers are
 * what the kernel would have left: the arguments as they were passed, rcx the return address,
 * r11 the flags. Between resumeCall and resumeReturn another signal may interrupt: the handler
 * finds everything in the struct resume.
 *
 * Unwinding is right at every instruction: the caller's frame is at the sp that the struct
 * remembers.
 */
#include "os/linux/hosted/resume_amd64.h"

/* DW_CFA_def_cfa_expression: the word at rsp + RESUME_RSP; DW_CFA_expression reg: its address. */
#define CFA             .cfi_escape 0x0f, 3, 0x77, RESUME_RSP, 0x06
#define REG(n, off)     .cfi_escape 0x10, n, 2, 0x77, off
#define REGFAR(n, off)  .cfi_escape 0x10, n, 3, 0x77, ((off) & 0x7f) | 0x80, (off) >> 7

	.text
	.globl	resumeCall, resumeReturn, resumeLast
	.hidden	resumeCall, resumeReturn, resumeLast
	.type	resumeCall, @function
	.p2align 4
	.cfi_startproc
	.cfi_signal_frame
	CFA
	REG(16, RESUME_RIP)
	REG(5, RESUME_RDI)
	REG(4, RESUME_RSI)
	REG(1, RESUME_RDX)
	REG(10, RESUME_R10)
	REG(8, RESUME_R8)
	REGFAR(9, RESUME_R9)
	nop
resumeCall:
	movq	RESUME_NR(%rsp), %rax
	syscall
resumeReturn:
	movq	RESUME_RDI(%rsp), %rdi
	movq	RESUME_RSI(%rsp), %rsi
	movq	RESUME_RDX(%rsp), %rdx
	movq	RESUME_R10(%rsp), %r10
	movq	RESUME_R8(%rsp), %r8
	movq	RESUME_R9(%rsp), %r9
	movq	RESUME_RIP(%rsp), %rcx
	movq	RESUME_RSP(%rsp), %rsp
	.cfi_def_cfa rsp, 0
	.cfi_register rip, rcx
	.cfi_same_value rdi
	.cfi_same_value rsi
	.cfi_same_value rdx
	.cfi_same_value r10
	.cfi_same_value r8
	.cfi_same_value r9
resumeLast:
	jmp	*%rcx
	.cfi_endproc
	.size	resumeCall, . - resumeCall

	.section .note.GNU-stack, "", @progbits
