/* inline.h (amd64): one-instruction helpers and raw system calls.                    room: arch */
#ifndef GORT_ARCH_AMD64_INLINE_H
#define GORT_ARCH_AMD64_INLINE_H

#include "core/compiler.h"
#include "core/types.h"

static always_inline void
procyield(uint32_t n)
{
	for (; n > 0; n--)
		__asm__ volatile("pause");
}

static always_inline int64_t
cputicks(void)
{
	uint32_t lo, hi;
	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (int64_t)((uint64_t)hi << 32 | lo);
}

/* What the ABI calls the thread pointer: thread-local variables lie around it. */
static always_inline uintptr_t
threadPointer(void)
{
	uintptr_t tp;
	__asm__ volatile("movq %%fs:0, %0" : "=r"(tp));
	return tp;
}

static always_inline uintptr_t
getsp(void)
{
	uintptr_t sp;
	__asm__ volatile("movq %%rsp, %0" : "=r"(sp));
	return sp;
}

/* Eight bytes at once; core/swar.h says the same for any CPU. SSE2 is part of every amd64. (Not by
 * the compilers' headers, which bring libc's with them.) */
typedef char simd16 __attribute__((vector_size(16)));
typedef long long simd2 __attribute__((vector_size(16)));

static always_inline uint32_t
archTops8(uint64_t w)
{
	return (uint32_t)__builtin_ia32_pmovmskb128((simd16)(simd2){(long long)w, 0}) & 0xff;
}

static always_inline uint32_t
archMatch8(uint64_t w, uint8_t b)
{
	simd16 eq = (simd16)((simd16)(simd2){(long long)w, 0} == (simd16){0} + (char)b);
	return (uint32_t)__builtin_ia32_pmovmskb128(eq) & 0xff;
}

/* Leaves three bits of word, 5 to 7, with what the CPU foretells indirect calls by. Some CPUs (Zen) go by
 * which of the last conditional branches were taken, and not by where calls went: if nothing branched
 * on what the target depends on, a call that goes to two places in turn is missed each time. */
static always_inline void
archForetell(uintptr_t word)
{
	__asm__ volatile("testb $0x20, %b0\n\tjz 1f\n"
			 "1:\ttestb $0x40, %b0\n\tjz 1f\n"
			 "1:\ttestb $0x80, %b0\n\tjz 1f\n1:"
			 :
			 : "q"(word)
			 : "cc");
}

/* A system call; the kernel's result as it is, errors as -errno. errno is not touched. */
static always_inline intptr_t
archSyscall6(
	uintptr_t nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f)
{
	intptr_t ret;
	register uintptr_t r10 __asm__("r10") = d;
	register uintptr_t r8 __asm__("r8") = e;
	register uintptr_t r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* Defines the function name, which is called as a closure and continues in target with one argument
 * more, the third: the word behind the closure's code. */
#define ARCH_CLOSURE_THUNK(name, target)                                                           \
	void name(void);                                                                           \
	__asm__(".pushsection .text." #name ",\"ax\",@progbits\n"                                  \
		".type " #name ", @function\n" #name ":\n"                                         \
		"\t.cfi_startproc\n"                                                               \
		"\tmovq 8(%r10), %rdx\n"                                                           \
		"\tjmp " #target "\n"                                                              \
		"\t.cfi_endproc\n"                                                                 \
		".size " #name ", . - " #name "\n"                                                 \
		".popsection\n");

#endif
