/* morestack.S (amd64): what split-stack prologues call.                              room: arch
 *
 * The compiler's side (gcc -fsplit-stack). Each function f begins with a comparison of where its
 * frame would end with the guard word at %fs:0x70. If that is below it:
 *
 *	f:	cmpq %fs:0x70, %rsp		or, from 256 bytes up: leaq -N(%rsp), %r11; cmp
 *		jb   2f
 *	1:	the body ... ret
 *	2:	movl $N, %r10d			bytes of f's frame
 *		movl $A, %r11d			bytes of arguments that f was given on the stack
 *		call __morestack
 *		ret				where we return to when the body is done
 *		jmp  1b				where the body is entered: return address + 1
 *
 * A function whose callees were not compiled so is changed by the linker (lld, gold): its
 * comparison always fails, or asks for 16 KiB more, and it calls __morestack_non_split.
 *
 * Our side. Which stack are we on? Only rsp tells: the guard may be another stack's (after a
 * longjmp, or when unwinding has left a stack), and what calls us may run on a signal stack or on a
 * coroutine's that we do not know. So:
 *
 *	on g's segment         room: set the guard right, go on in place; else move to g's slot
 *	on g's slot            room: the same; else move to g's 1 GiB stack
 *	on g's 1 GiB stack     room: the same; else it is a stack overflow
 *	anywhere else          go on in place and leave the guard alone
 *
 * Moving allocates nothing once g has the stack: otherwise morestackSlow gets it, on g0.
 *
 * The whole protocol always runs, also in place: push rbp, copy the arguments, call the body,
 * return. The body of a variadic function finds its arguments by our rbp (8 bytes of saved rbp, two
 * return addresses, arguments); a short cut into the body would hand it the wrong ones.
 *
 * Registers. The body wants every argument register as it was, and rax (the number of vector
 * registers of a variadic call, or the static chain). Its caller wants rax, rdx, xmm0-1 and
 * st0-1 as the body left them. r10 and r11 are ours. So nothing here touches a vector register, and
 * around morestackSlow their whole state is saved.
 *
 * The frame, on the stack that we leave:
 *
 *	rbp+24  f's arguments	rbp+16  f's return address	rbp+8  ours, in f	rbp  old rbp
 *	rbp-8   guard to put back, or 0 if we stay	rbp-16  rcx	rbp-24  rdx
 *	rbp-32  bytes wanted below us	rbp-40  bytes of arguments
 *
 * Unwinding. From the second instruction to the last but one the CFA is rbp + 24, wherever rsp is,
 * so that it is right at every instruction and crosses from stack to stack. It is f's: our caller
 * is f's prologue, and unwinding leaves that out, because the compiler holds that nothing is ever
 * thrown through it, and a C++ function through which something is thrown all the same terminates
 * the program. (f's body, the next frame inwards, is on the list.) There is no landing pad that
 * puts the guard back: after an exception, a forced unwinding or a longjmp the guard is
 * that of the stack which was left. Stacks lie in memory in the order in which a goroutine moves
 * (mem/split/stackseg.c), so that guard is above the right one, the next prologue fails, and we set
 * it right. The guard is never below the right one; that is the invariant, all else is speed.
 *
 * So anybody may raise a thread's guard, to have it come here (stackGuardPoison): who waits for all
 * goroutines to come by does, and is told so if the prologue is one that counts.
 */
#include "arch/amd64/offsets.h"
#include "core/splitstack.h"

#define GUARD	%fs:0x70
#define RESTORE_GUARD	-8(%rbp)
#define RCX	-16(%rbp)
#define RDX	-24(%rbp)
#define WANTED	-32(%rbp)
#define ARGS	-40(%rbp)

/* What we use of the stack that we are on, the arguments apart: the frame above, a word, and up
 * to 63 bytes for their alignment. */
#define OURS	128

/* The state of the vector registers and of the x87: all that a call may pass arguments in. */
#define XSAVE_SIZE	2752
#define XSAVE_MASK	0xe7

/* Not hidden: programs call them, and the sealed library hides what is. */
#define FUNC(name)                                                                                 \
	.globl name; .type name, @function; .p2align 4; name:
#define END(name) .size name, .- name

	.text

/* Code for the large memory model: both numbers in r10, which leaves r11 for the address. */
FUNC(__morestack_large_model)
	.cfi_startproc
	.cfi_def_cfa_offset 16
	movq	%r10, %r11
	movl	%r10d, %r10d
	sarq	$32, %r11
	jmp	__morestack
	.cfi_endproc
END(__morestack_large_model)

FUNC(__morestack_non_split)
	.cfi_startproc
	.cfi_def_cfa_offset 16
	addq	$NONSPLIT_ROOM, %r10
	jmp	__morestack
	.cfi_endproc
END(__morestack_non_split)

FUNC(__morestack)
	.cfi_startproc
	.cfi_def_cfa_offset 16
	pushq	%rbp
	.cfi_def_cfa_offset 24
	.cfi_offset rbp, -24
	movq	%rsp, %rbp
	.cfi_def_cfa_register rbp
	pushq	$0
	pushq	%rcx
	pushq	%rdx
	leaq	OURS(%r10,%r11), %rcx
	pushq	%rcx
	pushq	%r11

.Lwhere:
	movq	gort_tls_g@gottpoff(%rip), %rcx
	movq	%fs:(%rcx), %rcx
	testq	%rcx, %rcx
	je	.Linplace		/* a thread of the program's */
	movq	%rbp, %r11
	subq	WANTED, %r11		/* the lowest address that is wanted here */
	jb	.Lslow

	cmpq	G_STACK_LO(%rcx), %rbp
	jb	1f
	cmpq	G_STACK_HI(%rcx), %rbp
	jae	1f
	movq	G_STACK_LO(%rcx), %r10
	cmpb	$STACK_SLOT, G_STACKKIND(%rcx)
	jb	.Linplace		/* g0, or the stack of a signal handler of ours */
	je	.Lslot
	addq	$SEG_SLACK, %r10
	cmpq	%r10, %r11
	jae	.Lfix
	movq	%r10, RESTORE_GUARD
	movq	G_HOP0_HI(%rcx), %rdx
	testq	%rdx, %rdx
	je	.Lnohop0
	movq	%rdx, %r11
	subq	WANTED, %r11
	movq	G_HOP0_LO(%rcx), %r10
	addq	morestackSlack(%rip), %r10
	cmpq	%r10, %r11
	jl	.Lhuge			/* signed: so much may be wanted that r11 is below 0 */
	movq	%r10, GUARD
	jmp	.Lenter
1:
	cmpq	G_HOP0_LO(%rcx), %rbp
	jb	2f
	cmpq	G_HOP0_HI(%rcx), %rbp
	jae	2f
	movq	G_HOP0_LO(%rcx), %r10
.Lslot:
	addq	morestackSlack(%rip), %r10
	cmpq	%r10, %r11
	jae	.Lfix
	movq	%r10, RESTORE_GUARD
.Lhuge:
	movq	G_HOP1_HI(%rcx), %rdx
	testq	%rdx, %rdx
	je	.Lslow
	movq	%rdx, %r11
	subq	WANTED, %r11
	movq	%rdx, %r10
	subq	morestackLimit(%rip), %r10
	cmpq	%r10, %r11
	jl	.Lslow			/* more than any stack has */
	movq	%r10, GUARD
	jmp	.Lenter
2:
	cmpq	G_HOP1_LO(%rcx), %rbp
	jb	.Linplace
	cmpq	G_HOP1_HI(%rcx), %rbp
	jae	.Linplace
	movq	G_HOP1_HI(%rcx), %r10
	subq	morestackLimit(%rip), %r10
	cmpq	%r10, %r11
	jb	.Lslow

.Lfix:
	movq	%r10, GUARD
	movq	8(%rbp), %r11		/* in f's prologue: sched/hosted/ragged.c */
	cmpq	morestackText(%rip), %r11
	jb	.Linplace
	cmpq	8+morestackText(%rip), %r11
	jae	.Linplace
	movq	G_M(%rcx), %rdx
	movl	morestackTurn(%rip), %r10d
	movl	%r10d, M_RAGGED(%rdx)
.Linplace:
	movq	%rsp, %rdx

	/* Copy the arguments to below rdx, as aligned as they were (up to 64), enter the body. */
.Lenter:
	movq	ARGS, %r11
	subq	%r11, %rdx
	leaq	24(%rbp), %r10
	movq	%rdx, %rcx
	subq	%r10, %rcx
	andl	$63, %ecx
	subq	%rcx, %rdx
	leaq	(%rdx,%r11), %rsp
	testq	%r11, %r11
	je	2f
1:
	pushq	16(%rbp,%r11)
	subq	$8, %r11
	jne	1b
2:
	movq	8(%rbp), %r10
	movq	RCX, %rcx
	movq	RDX, %rdx
	incq	%r10
	call	*%r10

	movq	RESTORE_GUARD, %rcx
	testq	%rcx, %rcx
	je	1f
	movq	%rcx, GUARD
1:
	leave
	.cfi_remember_state
	.cfi_def_cfa rsp, 16
	.cfi_restore rbp
	ret

	/* From a segment, and there is no slot: what does not fit one goes to the last stack at once. */
.Lnohop0:
	.cfi_restore_state
	cmpq	$SLOT_FITS, WANTED
	ja	.Lhuge

	/* g has no such stack yet, or all are too small. rcx: g. */
.Lslow:
	pushq	%rbx
	.cfi_offset rbx, -72
	pushq	%r12
	.cfi_offset r12, -80
	pushq	%rax
	pushq	%rdi
	pushq	%rsi
	pushq	%r8
	pushq	%r9
	movq	%rcx, %rbx
	movq	%rsp, %r12
	leaq	-40(%rbp), %rax		/* a dump finds rbp and the pc in f there: frame.c */
	movq	%rax, G_SCHED_SP(%rbx)
	movq	G_M(%rbx), %rdi
	movq	M_G0(%rdi), %rdi
	movq	gort_tls_g@gottpoff(%rip), %rax
	movq	%rdi, %fs:(%rax)
	movq	$0, GUARD
	movq	G_SCHED_SP(%rdi), %rsp
	pushq	$0			/* valgrind: a switch, and apart from it a frame */
	subq	$XSAVE_SIZE, %rsp
	andq	$-64, %rsp
	movq	$XSAVE_MASK, %rax
	xorl	%edx, %edx
	cmpb	$0, morestackXsave(%rip)
	je	1f
	xorl	%ecx, %ecx		/* the header says which parts are there: none yet */
	movq	%rcx, 512(%rsp)
	movq	%rcx, 520(%rsp)
	movq	%rcx, 528(%rsp)
	movq	%rcx, 536(%rsp)
	movq	%rcx, 544(%rsp)
	movq	%rcx, 552(%rsp)
	movq	%rcx, 560(%rsp)
	movq	%rcx, 568(%rsp)
	xsave64	(%rsp)
	jmp	2f
1:
	fxsave64 (%rsp)
2:
	movq	%rbx, %rdi
	movq	%rbp, %rsi
	call	morestackSlow
	movq	$XSAVE_MASK, %rax
	xorl	%edx, %edx
	cmpb	$0, morestackXsave(%rip)
	je	1f
	xrstor64 (%rsp)
	jmp	2f
1:
	fxrstor64 (%rsp)
2:
	movq	gort_tls_g@gottpoff(%rip), %rax
	movq	%rbx, %fs:(%rax)
	movq	%r12, %rsp
	popq	%r9
	popq	%r8
	popq	%rsi
	popq	%rdi
	popq	%rax
	popq	%r12
	.cfi_restore r12
	popq	%rbx
	.cfi_restore rbx
	jmp	.Lwhere
	.cfi_endproc
	.globl	morestackEnd
	.hidden	morestackEnd
morestackEnd:
END(__morestack)

/* void *__morestack_allocate_stack_space(size_t n): where our caller's frame is, C is told. */
FUNC(__morestack_allocate_stack_space)
	.cfi_startproc
	movq	%rsp, %rsi
	jmp	morestackAlloca
	.cfi_endproc
END(__morestack_allocate_stack_space)

	.section .note.GNU-stack, "", @progbits
	/* Sealed into one object with us is libbacktrace, which does not ask for stack, and runs on
	 * g0 only: linkers must not complain about it. */
	.section .note.GNU-no-split-stack, "", @progbits
