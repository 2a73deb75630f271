/* splitguard.c (amd64): split-stack prologues, seen from outside.                    room: arch
 *
 * Code compiled with -fsplit-stack begins each function with a comparison with %fs:0x70, the
 * guard word. The word is part of the ABI between compiler and thread library: libc keeps it
 * free, and the freestanding flavour's thread block has it at the same place. 0 lets every
 * function pass.
 *
 * Three forms of prologue (docs/stacks.md):
 *
 *	64 48 3b 24 25 70 00 00 00		cmpq %fs:0x70, %rsp
 *	4c 8d 9c 24 imm32  64 4c 3b 1c 25 70	leaq -N(%rsp), %r11; cmpq %fs:0x70, %r11
 *	f9 0f 1f 84 00				stc; nopl: the first, changed by lld or gold because
 *						the function calls code that was compiled without
 */
#include "arch/arch.h"

void
setStackGuard(uintptr_t guard)
{
	__asm__ volatile("movq %0, %%fs:0x70" : : "r"(guard) : "memory");
}

/* Whole instructions: where the first byte is one of theirs, the others can be read. */
enum splitprologue
splitPrologue(const void *fn)
{
	const uint8_t *p = fn;
	switch (p[0]) {
	case 0x64:
		if (__builtin_memcmp(p + 1, "\x48\x3b\x24\x25\x70\0\0", 8) == 0)
			return SPLIT_CHECKS;
		break;
	case 0xf9:
		if (__builtin_memcmp(p + 1, "\x0f\x1f\x84", 4) == 0)
			return SPLIT_MOVES;
		break;
	case 0x4c:
		if (__builtin_memcmp(p + 1, "\x8d\x9c\x24", 3) == 0 &&
			__builtin_memcmp(p + 8, "\x64\x4c\x3b\x1c\x25\x70\0\0", 9) == 0)
			return SPLIT_CHECKS;
		break;
	}
	return SPLIT_NONE;
}
