/* closure.S (amd64): functions made by reflect.MakeFunc, called on a small stack.        room: gccgo
 *
 * The code address of such a function value is libffi's, which was not compiled for split stacks, and
 * who calls it calls a pointer, which no linker sees. So `gort link` wraps the name: the value holds
 * the address of this code, which asks for stack as a compiled prologue does and goes on in libffi's.
 *
 * On entry the arguments are where they belong, r10 is the closure: code, cif, ... How many bytes of
 * arguments lie on the stack only the cif knows. morestack.S has the protocol: the static chain
 * goes in rax.
 *
 * The reference is weak: programs without MakeFunc go without libffi. The jump goes through memory,
 * or the linker would take it for a call of code that does not ask, and change our request. */

/* The frames of unix64.S and ffi64.c up to the call of reflect's function, which asks for itself; with
 * an array that has a word for each argument. */
#define ROOM	2048

#define CLOSURE_CIF	8
#define CIF_BYTES	24

.macro CLOSURE name
	.weak	__real_\name
	.section .data.rel.ro.\name, "aw"
	.p2align 3
.Lto_\name:
	.quad	__real_\name

	.text
	.globl	__wrap_\name
	.type	__wrap_\name, @function
	.p2align 4
__wrap_\name:
	.cfi_startproc
	leaq	-ROOM(%rsp), %r11
	cmpq	%fs:0x70, %r11
	jb	2f
1:
	jmp	*.Lto_\name(%rip)
2:
	movq	%r10, %rax
	movl	$ROOM, %r10d
	movq	CLOSURE_CIF(%rax), %r11
	movl	CIF_BYTES(%r11), %r11d
	call	__morestack
	ret
	movq	%rax, %r10
	jmp	1b
	.cfi_endproc
	.size	__wrap_\name, .- __wrap_\name
.endm

	CLOSURE ffi_go_closure_unix64
	CLOSURE ffi_go_closure_unix64_sse

	.section .note.GNU-stack, "", @progbits
