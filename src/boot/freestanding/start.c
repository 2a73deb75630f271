/* start.c: what libc's start would have done, for a program that has none.           room: boot
 *
 *   1. thread-local storage for the first thread: the runtime's "which goroutine am I" is in it.
 *      The vdso's clock, which check() reads before args gets to it
 *   2. indirect functions are resolved (a static executable's only relocations)
 *   3. constructors run: C packages register themselves in them, so before the runtime boots
 *   4. rt0_go, where all entries meet
 *
 * A freestanding program is linked with
 *
 *	cc -static -nostdlib -nostartfiles -no-pie -Wl,-e,_rt0_amd64_linux -Wl,--gc-sections
 *	   -Wl,--build-id=none -Wl,-z,noseparate-code FILES libgort.a -lgcc
 *
 * from files compiled with -ffreestanding -fno-pic -fno-pie -fno-stack-protector. noseparate-code
 * keeps code and headers in one segment: fewer pages to map, and the file does not grow to page
 * boundaries. Nothing may stay undefined: there is no libc to hope for.
 *
 * This code runs before TLS and before the CPU was looked at: no thread-local variable, no
 * stack protector, nothing beyond baseline x86-64.
 */
#include <linux/elf.h>

#include "boot/boot.h"
#include "os/linux/freestanding/tcb.h"

typedef void initfn(int argc, char **argv, char **envp);

/* Made by the linker. */
#define LINKER __attribute__((__weak__, visibility("hidden")))
extern initfn *__preinit_array_start[] LINKER;
extern initfn *__preinit_array_end[] LINKER;
extern initfn *__init_array_start[] LINKER;
extern initfn *__init_array_end[] LINKER;
extern const Elf64_Rela __rela_iplt_start[] LINKER;
extern const Elf64_Rela __rela_iplt_end[] LINKER;

_Noreturn void rt0_freestanding(uintptr_t *sp);

_Noreturn void
rt0_freestanding(uintptr_t *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);
	char **envp = argv + argc + 1;
	char **e = envp;
	while (*e != NULL)
		e++;
	osStart((const uintptr_t *)(e + 1));

	for (const Elf64_Rela *r = __rela_iplt_start; r < __rela_iplt_end; r++)
		*(uintptr_t *)r->r_offset = ((uintptr_t(*)(void))r->r_addend)();
	for (initfn **f = __preinit_array_start; f < __preinit_array_end; f++)
		(*f)(argc, argv, envp);
	for (initfn **f = __init_array_start; f < __init_array_end; f++)
		(*f)(argc, argv, envp);

	rt0_go(argc, argv);
}
