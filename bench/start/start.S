/* The least a process can do: exit(0), without a runtime of any kind. */
	.globl	_start
	.type	_start, @function
_start:
	xorl	%edi, %edi
	movl	$231, %eax	/* exit_group */
	syscall
	.size	_start, . - _start
	.section .note.GNU-stack, "", @progbits
