/* sigreturn_amd64.S: where a signal handler returns to.                              room: os
 *
 * The kernel pushed a frame and made this the handler's return address; rsp points at the
 * struct ucontext when we get here. Unwinders recognise the spot in two ways: by the bytes of
 * the two instructions, which are the ones that every libc uses, and by the unwind information
 * below: every register of the interrupted code is found in the saved context, the stack
 * pointer among them. The nop is there because unwinders look up the return address minus one.
 */
#include <asm/unistd.h>

/* Offsets of struct sigcontext's registers in struct ucontext. */
#define UC_R8  40
#define UC_R9  48
#define UC_R10 56
#define UC_R11 64
#define UC_R12 72
#define UC_R13 80
#define UC_R14 88
#define UC_R15 96
#define UC_RDI 104
#define UC_RSI 112
#define UC_RBP 120
#define UC_RBX 128
#define UC_RDX 136
#define UC_RAX 144
#define UC_RCX 152
#define UC_RSP 160
#define UC_RIP 168

/* DW_CFA_expression reg: DW_OP_breg7 (rsp) + off, the offset as a two-byte signed LEB128. */
#define REG(n, off) .cfi_escape 0x10, n, 3, 0x77, ((off) & 0x7f) | 0x80, (off) >> 7
/* DW_CFA_def_cfa_expression: the saved rsp is the caller's, so it is the CFA. */
#define CFA(off)    .cfi_escape 0x0f, 4, 0x77, ((off) & 0x7f) | 0x80, (off) >> 7, 0x06

	.text
	.cfi_startproc
	.cfi_signal_frame
	CFA(UC_RSP)
	REG(8, UC_R8)
	REG(9, UC_R9)
	REG(10, UC_R10)
	REG(11, UC_R11)
	REG(12, UC_R12)
	REG(13, UC_R13)
	REG(14, UC_R14)
	REG(15, UC_R15)
	REG(5, UC_RDI)
	REG(4, UC_RSI)
	REG(6, UC_RBP)
	REG(3, UC_RBX)
	REG(1, UC_RDX)
	REG(0, UC_RAX)
	REG(2, UC_RCX)
	REG(7, UC_RSP)
	REG(16, UC_RIP)
	nop
	.globl	sigreturn_restorer
	.hidden	sigreturn_restorer
	.type	sigreturn_restorer, @function
sigreturn_restorer:
	movq	$__NR_rt_sigreturn, %rax
	syscall
	.cfi_endproc
	.size	sigreturn_restorer, . - sigreturn_restorer

	.section .note.GNU-stack, "", @progbits
