/* mem.S (amd64): memcpy, memmove, memset, memcmp and strlen, instead of libc's.     room: arch
 *
 * Compilers call these by name, with or without libc. They are weak: a program may bring its own.
 *
 *   up to 16 bytes    two loads of 8, 4, 2 or 1 bytes that overlap in the middle
 *   up to 128         pairs of 16-byte loads from both ends, all before the first store, so that
 *                     one path serves copies in either direction
 *   above             64 bytes a round; forward or, if the destination overlaps the source's
 *                     end, backward. The far end is loaded first and stored last.
 *   2 KiB and above   rep movsb and rep stosb, if the CPU has them fast (ERMS): they know the
 *                     cache's line and width better than any loop
 *
 * memUseRep is set by cpuinit; before that the loops serve.
 *
 * Where there is no libc; and in the split flavour, where a function that calls libc needs a large
 * stack, if only for these.
 *
 * Debug builds of the hosted library have the functions too, under the names test_memcpy and so
 * on: unit tests run them.
 */
#if defined(GORT_FREESTANDING) || defined(GORT_SPLIT)
# define NAME(x) x
#elif defined(GORT_DEBUG)
# define NAME(x) test_##x
#endif

#ifdef NAME

# define FUNC(x) .weak NAME(x); .type NAME(x), @function; .p2align 4; NAME(x): .cfi_startproc
# define END(x)  .cfi_endproc; .size NAME(x), . - NAME(x)
# define REP_MIN 2048

	.text

FUNC(memcpy)
	.weak	NAME(memmove)
	.type	NAME(memmove), @function
NAME(memmove):
	movq	%rdi, %rax
	cmpq	$16, %rdx
	jbe	.Lmove16
	cmpq	$32, %rdx
	ja	1f
	movdqu	(%rsi), %xmm0
	movdqu	-16(%rsi,%rdx), %xmm1
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, -16(%rdi,%rdx)
	ret
1:
	cmpq	$64, %rdx
	ja	1f
	movdqu	(%rsi), %xmm0
	movdqu	16(%rsi), %xmm1
	movdqu	-32(%rsi,%rdx), %xmm2
	movdqu	-16(%rsi,%rdx), %xmm3
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, 16(%rdi)
	movdqu	%xmm2, -32(%rdi,%rdx)
	movdqu	%xmm3, -16(%rdi,%rdx)
	ret
1:
	cmpq	$128, %rdx
	ja	.Lmovelarge
	movdqu	(%rsi), %xmm0
	movdqu	16(%rsi), %xmm1
	movdqu	32(%rsi), %xmm2
	movdqu	48(%rsi), %xmm3
	movdqu	-64(%rsi,%rdx), %xmm4
	movdqu	-48(%rsi,%rdx), %xmm5
	movdqu	-32(%rsi,%rdx), %xmm6
	movdqu	-16(%rsi,%rdx), %xmm7
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, 16(%rdi)
	movdqu	%xmm2, 32(%rdi)
	movdqu	%xmm3, 48(%rdi)
	movdqu	%xmm4, -64(%rdi,%rdx)
	movdqu	%xmm5, -48(%rdi,%rdx)
	movdqu	%xmm6, -32(%rdi,%rdx)
	movdqu	%xmm7, -16(%rdi,%rdx)
	ret

.Lmove16:
	cmpl	$8, %edx
	jb	1f
	movq	(%rsi), %rcx
	movq	-8(%rsi,%rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi,%rdx)
	ret
1:
	cmpl	$4, %edx
	jb	1f
	movl	(%rsi), %ecx
	movl	-4(%rsi,%rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi,%rdx)
	ret
1:
	cmpl	$2, %edx
	jb	1f
	movzwl	(%rsi), %ecx
	movzwl	-2(%rsi,%rdx), %r8d
	movw	%cx, (%rdi)
	movw	%r8w, -2(%rdi,%rdx)
	ret
1:
	testl	%edx, %edx
	jz	1f
	movzbl	(%rsi), %ecx
	movb	%cl, (%rdi)
1:
	ret

.Lmovelarge:
	/* Does the destination start inside the source? */
	movq	%rdi, %rcx
	subq	%rsi, %rcx
	cmpq	%rdx, %rcx
	jb	.Lmoveback
	cmpq	$REP_MIN, %rdx
	jb	1f
	cmpb	$0, memUseRep(%rip)
	je	1f
	/* With overlap the microcode copies byte by byte; only clear cases go there. */
	addq	%rdx, %rcx
	cmpq	%rdx, %rcx
	jb	1f
	movq	%rdx, %rcx
	rep movsb
	ret
1:
	movdqu	-64(%rsi,%rdx), %xmm4
	movdqu	-48(%rsi,%rdx), %xmm5
	movdqu	-32(%rsi,%rdx), %xmm6
	movdqu	-16(%rsi,%rdx), %xmm7
	leaq	-64(%rdi,%rdx), %r8
2:
	movdqu	(%rsi), %xmm0
	movdqu	16(%rsi), %xmm1
	movdqu	32(%rsi), %xmm2
	movdqu	48(%rsi), %xmm3
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, 16(%rdi)
	movdqu	%xmm2, 32(%rdi)
	movdqu	%xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	cmpq	%r8, %rdi
	jb	2b
	movdqu	%xmm4, (%r8)
	movdqu	%xmm5, 16(%r8)
	movdqu	%xmm6, 32(%r8)
	movdqu	%xmm7, 48(%r8)
	ret

.Lmoveback:
	movdqu	(%rsi), %xmm4
	movdqu	16(%rsi), %xmm5
	movdqu	32(%rsi), %xmm6
	movdqu	48(%rsi), %xmm7
2:
	movdqu	-64(%rsi,%rdx), %xmm0
	movdqu	-48(%rsi,%rdx), %xmm1
	movdqu	-32(%rsi,%rdx), %xmm2
	movdqu	-16(%rsi,%rdx), %xmm3
	movdqu	%xmm0, -64(%rdi,%rdx)
	movdqu	%xmm1, -48(%rdi,%rdx)
	movdqu	%xmm2, -32(%rdi,%rdx)
	movdqu	%xmm3, -16(%rdi,%rdx)
	subq	$64, %rdx
	cmpq	$64, %rdx
	ja	2b
	movdqu	%xmm4, (%rdi)
	movdqu	%xmm5, 16(%rdi)
	movdqu	%xmm6, 32(%rdi)
	movdqu	%xmm7, 48(%rdi)
	ret
	.size	NAME(memmove), . - NAME(memmove)
END(memcpy)

FUNC(memset)
	movq	%rdi, %rax
	movzbl	%sil, %ecx
	movabsq	$0x0101010101010101, %r8
	imulq	%r8, %rcx
	cmpq	$16, %rdx
	jbe	.Lset16
	movq	%rcx, %xmm0
	punpcklqdq %xmm0, %xmm0
	cmpq	$64, %rdx
	ja	1f
	/* 17 to 64: 16 from each end, and once more further in. */
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm0, -16(%rdi,%rdx)
	cmpq	$32, %rdx
	jbe	2f
	movdqu	%xmm0, 16(%rdi)
	movdqu	%xmm0, -32(%rdi,%rdx)
2:
	ret
1:
	cmpq	$REP_MIN, %rdx
	jb	1f
	cmpb	$0, memUseRep(%rip)
	je	1f
	movq	%rax, %r9
	movl	%esi, %eax
	movq	%rdx, %rcx
	rep stosb
	movq	%r9, %rax
	ret
1:
	leaq	-64(%rdi,%rdx), %r8
2:
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm0, 16(%rdi)
	movdqu	%xmm0, 32(%rdi)
	movdqu	%xmm0, 48(%rdi)
	addq	$64, %rdi
	cmpq	%r8, %rdi
	jb	2b
	movdqu	%xmm0, (%r8)
	movdqu	%xmm0, 16(%r8)
	movdqu	%xmm0, 32(%r8)
	movdqu	%xmm0, 48(%r8)
	ret
.Lset16:
	cmpl	$8, %edx
	jb	1f
	movq	%rcx, (%rdi)
	movq	%rcx, -8(%rdi,%rdx)
	ret
1:
	cmpl	$4, %edx
	jb	1f
	movl	%ecx, (%rdi)
	movl	%ecx, -4(%rdi,%rdx)
	ret
1:
	cmpl	$2, %edx
	jb	1f
	movw	%cx, (%rdi)
	movw	%cx, -2(%rdi,%rdx)
	ret
1:
	testl	%edx, %edx
	jz	1f
	movb	%cl, (%rdi)
1:
	ret
END(memset)

FUNC(memcmp)
	.weak	NAME(bcmp)
	.type	NAME(bcmp), @function
NAME(bcmp):
	xorl	%eax, %eax
	xorl	%ecx, %ecx		/* bytes known to be equal */
	subq	$16, %rdx
	jb	2f
1:
	movdqu	(%rdi,%rcx), %xmm0
	movdqu	(%rsi,%rcx), %xmm1
	pcmpeqb	%xmm1, %xmm0
	pmovmskb %xmm0, %r8d
	xorl	$0xffff, %r8d
	jnz	3f
	addq	$16, %rcx
	cmpq	%rdx, %rcx
	jbe	1b
2:
	addq	$16, %rdx
4:
	cmpq	%rdx, %rcx
	jae	5f
	movzbl	(%rdi,%rcx), %eax
	movzbl	(%rsi,%rcx), %r8d
	incq	%rcx
	subl	%r8d, %eax
	jz	4b
	ret
3:
	bsfl	%r8d, %r8d
	addq	%r8, %rcx
	movzbl	(%rdi,%rcx), %eax
	movzbl	(%rsi,%rcx), %r8d
	subl	%r8d, %eax
5:
	ret
	.size	NAME(bcmp), . - NAME(bcmp)
END(memcmp)

FUNC(strlen)
	/* Aligned 16-byte loads never cross into a page that the string does not touch. */
	movq	%rdi, %rcx
	andl	$15, %ecx
	movq	%rdi, %rax
	andq	$-16, %rax
	pxor	%xmm0, %xmm0
	pxor	%xmm1, %xmm1
	pcmpeqb	(%rax), %xmm0
	pmovmskb %xmm0, %edx
	shrl	%cl, %edx		/* what lies before the string does not count */
	testl	%edx, %edx
	jnz	2f
1:
	addq	$16, %rax
	movdqa	(%rax), %xmm0
	pcmpeqb	%xmm1, %xmm0
	pmovmskb %xmm0, %edx
	testl	%edx, %edx
	jz	1b
	bsfl	%edx, %edx
	addq	%rdx, %rax
	subq	%rdi, %rax
	ret
2:
	bsfl	%edx, %eax
	ret
END(strlen)

# if defined(GORT_SPLIT) && defined(GORT_DEBUG)
	.irp	x, memcpy, memmove, memset, memcmp, bcmp, strlen
	.globl	test_\x
	.set	test_\x, \x
	.endr
# endif

#endif

	.section .note.GNU-stack, "", @progbits
