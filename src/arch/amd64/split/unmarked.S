/* unmarked.S (amd64): a function whose object does not say it knows split stacks.    room: arch
 *
 * splitLinked calls it. A linker that keeps the promise (lld, gold) makes that caller ask for a
 * large stack first, as it does for every caller of libc; so splitLinked can read off its own
 * prologue which linker it was. This object stays outside the sealed one, which is marked.
 */
	.text
	.globl	gort_unmarked
	.type	gort_unmarked, @function
gort_unmarked:
	.cfi_startproc
	ret
	.cfi_endproc
	.size	gort_unmarked, . - gort_unmarked

	.section .note.GNU-stack, "", @progbits
