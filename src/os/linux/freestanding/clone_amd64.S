/* clone_amd64.S: the birth and the death of a thread without libc.                   room: os
 *
 * intptr_t threadClone(uintptr_t flags, uintptr_t sp, void *tls, void (*start)(void *), void *arg)
 *
 * The child cannot return into C, which would find the parent's frame: it takes start and arg
 * off its own stack, where the parent put them, and calls. sp is 16-byte aligned.
 */
#include <asm/unistd.h>

	.text
	.globl	threadClone
	.hidden	threadClone
	.type	threadClone, @function
	.p2align 4
threadClone:
	.cfi_startproc
	subq	$16, %rsi
	movq	%rcx, (%rsi)
	movq	%r8, 8(%rsi)
	movq	%rdx, %r8		/* tls */
	xorl	%edx, %edx		/* parent_tid */
	xorl	%r10d, %r10d		/* child_tid */
	movl	$__NR_clone, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:
	.cfi_undefined rip		/* the child's first frame */
	xorl	%ebp, %ebp
	popq	%rax
	popq	%rdi
	call	*%rax
	ud2
	.cfi_endproc
	.size	threadClone, . - threadClone

/* _Noreturn void threadUnmapExit(void *base, uintptr_t n): the stack under us goes, then we. */
	.globl	threadUnmapExit
	.hidden	threadUnmapExit
	.type	threadUnmapExit, @function
	.p2align 4
threadUnmapExit:
	.cfi_startproc
	.cfi_undefined rip
	movl	$__NR_munmap, %eax
	syscall
	xorl	%edi, %edi
	movl	$__NR_exit, %eax
	syscall
	ud2
	.cfi_endproc
	.size	threadUnmapExit, . - threadUnmapExit

	.section .note.GNU-stack, "", @progbits
