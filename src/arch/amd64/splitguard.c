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

static bool
bytesAt(const uint8_t *p, const uint8_t *want, uintptr_t n)
{
	for (uintptr_t i = 0; i < n; i++)
		if (p[i] != want[i])
			return false;
	return true;
}

enum splitprologue
splitPrologue(const void *fn)
{
	static const uint8_t small[] = {0x64, 0x48, 0x3b, 0x24, 0x25, 0x70, 0, 0, 0};
	static const uint8_t patched[] = {0xf9, 0x0f, 0x1f, 0x84, 0};
	static const uint8_t large[] = {0x64, 0x4c, 0x3b, 0x1c, 0x25, 0x70, 0, 0, 0};
	const uint8_t *p = fn;
	if (bytesAt(p, small, sizeof small))
		return SPLIT_CHECKS;
	if (bytesAt(p, patched, sizeof patched))
		return SPLIT_MOVES;
	if (p[0] == 0x4c && p[1] == 0x8d && p[2] == 0x9c && p[3] == 0x24 &&
		bytesAt(p + 8, large, sizeof large))
		return SPLIT_CHECKS;
	return SPLIT_NONE;
}
