/* rt0_linux_amd64.S: the kernel jumps here.                                          room: boot
 *
 * At entry rsp points at argc, behind it argv, the environment and auxv; rdx would be a function
 * to register with atexit, if there were a dynamic linker. All that assembly has to do is end
 * the chain of frames, align the stack as a C function expects it, and hand the vectors over.
 */
#include <asm/unistd.h>

	.text
	.globl	_rt0_amd64_linux
	.type	_rt0_amd64_linux, @function
_rt0_amd64_linux:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
#ifdef GORT_SPLIT
	/* The prologues of what runs before there is thread-local storage read a guard: 0. */
	movl	$__NR_arch_prctl, %eax
	movl	$0x1002, %edi		/* ARCH_SET_FS */
	leaq	noguard(%rip), %rsi
	syscall
	testq	%rax, %rax
	jnz	1f
#endif
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	rt0_freestanding
	ud2
#ifdef GORT_SPLIT
1:
	movl	$__NR_write, %eax
	movl	$2, %edi
	leaq	refused(%rip), %rsi
	movl	$refusedend - refused, %edx
	syscall
	movl	$__NR_exit_group, %eax
	movl	$2, %edi
	syscall
	ud2
#endif
	.cfi_endproc
	.size	_rt0_amd64_linux, . - _rt0_amd64_linux

#ifdef GORT_SPLIT
	.local	noguard
	.comm	noguard, 0x78, 16

	.section .rodata
refused:
	.ascii	"gort: the kernel refuses arch_prctl\n"
refusedend:
#endif

	.section .note.GNU-stack, "", @progbits
