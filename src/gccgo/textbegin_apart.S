/* textbegin_apart.S: the first object of the program's own Go code, in the order of the link.  room: gccgo
 *
 * The driver links it before the program's objects if each was compiled so that no function's caller
 * knows what it does (-fno-ipa-modref -fno-ipa-pure-const): sched/hosted/ragged.c. */
	.text
	.globl	gort_gotext_begin
gort_gotext_begin:

	.section .note.GNU-stack, "", @progbits
