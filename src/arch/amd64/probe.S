/* probe.S (amd64): see probe.h.                                                      room: arch */
#include "arch/amd64/offsets.h"
#include "arch/amd64/probe.h"

	.text
	.globl	offsetsProbe
	.hidden	offsetsProbe
	.type	offsetsProbe, @function
	.p2align 4
offsetsProbe:
	.cfi_startproc
	movq	$PROBE_G_STACK_LO, G_STACK_LO(%rdi)
	movq	$PROBE_G_STACK_HI, G_STACK_HI(%rdi)
	movq	$PROBE_G_SCHED_SP, G_SCHED_SP(%rdi)
	movq	$PROBE_G_M, G_M(%rdi)
	movq	$PROBE_G_STACKGUARD0, G_STACKGUARD0(%rdi)
	movq	$PROBE_M_G0, M_G0(%rsi)
	movq	$PROBE_M_CURG, M_CURG(%rsi)
	movq	$PROBE_M_P, M_P(%rsi)
	ret
	.cfi_endproc
	.size	offsetsProbe, . - offsetsProbe

	.section .note.GNU-stack, "", @progbits
