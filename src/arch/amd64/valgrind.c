/* valgrind.c (amd64): what valgrind is told, if the program runs under it.           room: arch
 *
 * A program under valgrind runs on a simulated CPU, which takes one sequence of instructions that
 * does nothing for a request to it: four rotations of rdi that add up to 128 bits and an exchange
 * of rbx with itself, with the address of six words in rax and the result in rdx. On a real CPU
 * they are five instructions, so nothing has to be configured, and valgrind's headers are not
 * needed: sequence and numbers are its stable interface.
 *
 * It must know where stacks are. Memcheck takes a large move of the stack pointer for a frame that
 * comes or goes, and marks what lies between as undefined or inaccessible; a move from one
 * registered stack to another it takes for what it is. Slots are registered when they are cut
 * (mem/stack.c) and never unregistered, as they are never given back; threads' stacks valgrind
 * finds by itself.
 *
 * A collector reads whole stacks, frames that were left and words that were never written among them, and
 * decides by what it finds: it makes its copies of such words defined, and reads quietly.
 *
 * Valgrind remembers one current stack for all threads. When two threads take turns on registered
 * stacks, the first large move of the stack pointer after a turn looks like a switch, and the frame
 * that it made stays inaccessible: false errors. It runs one thread at a time anyway; so one
 * processor is the default under it (osinit), and goroutines take turns by switches alone. */
#include "arch/arch.h"

#include "core/bits.h"

enum {
	RUNNING_ON_VALGRIND = 0x1001,
	STACK_REGISTER = 0x1501,
	CHANGE_ERR_DISABLEMENT = 0x1801,
	MAKE_MEM_UNDEFINED = 'M' << 24 | 'C' << 16 | 1, /* memcheck's; other tools ignore it */
	MAKE_MEM_DEFINED = 'M' << 24 | 'C' << 16 | 2,
};

bool onValgrind;

static uintptr_t
request(uintptr_t what, uintptr_t a, uintptr_t b)
{
	volatile uintptr_t words[6] = {what, a, b, 0, 0, 0};
	uintptr_t result;
	__asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "=d"(result)
			 : "a"(words), "0"(0)
			 : "cc", "memory");
	return result;
}

void
valgrindInit(void)
{
	onValgrind = request(RUNNING_ON_VALGRIND, 0, 0) != 0;
}

void
valgrindStack(uintptr_t lo, uintptr_t hi)
{
	/* hi itself as well: an empty stack's pointer stands there. */
	if (unlikely(onValgrind))
		request(STACK_REGISTER, lo, hi);
}

void
valgrindWritable(uintptr_t lo, uintptr_t hi)
{
	if (unlikely(onValgrind))
		request(MAKE_MEM_UNDEFINED, lo, hi - lo);
}

void
valgrindDefined(void *p, uintptr_t n)
{
	if (unlikely(onValgrind))
		request(MAKE_MEM_DEFINED, (uintptr_t)p, n);
}

void
valgrindQuiet(bool quiet)
{
	if (unlikely(onValgrind))
		request(CHANGE_ERR_DISABLEMENT, quiet ? 1 : (uintptr_t)-1, 0);
}
