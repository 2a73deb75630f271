/* stubs_apart.S (amd64): libc's functions that need no stack.                        room: arch
 *
 * A function that calls code compiled without -fsplit-stack gets a large stack first, from the
 * linker, whatever that code needs. These need none: loops over memory in registers. `gort build
 * --split-stack` links with --wrap for each, so the program's calls come here, into an object that
 * is marked, and go on to libc's by a jump.
 *
 * A member of the archive by itself: without --wrap nothing refers to it.
 */
	.text

	.macro	stub name
	.globl	__wrap_\name
	.type	__wrap_\name, @function
	.p2align 4
__wrap_\name:
	.cfi_startproc
	jmp	*__real_\name@GOTPCREL(%rip)
	.cfi_endproc
	.size	__wrap_\name, . - __wrap_\name
	.endm

	.irp	x, memcpy, memmove, memset, memcmp, memchr, strlen, strcmp, strncmp, strchr
	stub	\x
	.endr

	.section .note.GNU-stack, "", @progbits
	/* The jumps leave the split world; that is the point. */
	.section .note.GNU-no-split-stack, "", @progbits
