/* splitlinked.c (amd64): was this program linked so that small stacks are safe?      room: arch
 *
 * A function that was compiled without -fsplit-stack takes what stack it likes. On a 2 KiB segment
 * that is right only if the linker changed its callers (lld and gold do, bfd ld does nothing and
 * says nothing), and if no call goes through the loader's lazy binding, which saves all vector
 * registers on the caller's stack. Both can be read off the program itself, so no flag of the link
 * has to be believed: goroutines start on slots unless the proof is there. */
#include <elf.h>

#include "arch/arch.h"
#include "core/splitstack.h"

void gort_unmarked(void);

/* Its frame is small: its prologue is the first form, or the changed one. */
static never_inline void
probe(void)
{
	gort_unmarked();
	__asm__ volatile("" ::: "memory"); /* a call, not a jump */
}

extern const Elf64_Dyn
	dynamicSection[] __asm__("_DYNAMIC") weak __attribute__((visibility("hidden")));

/* All calls into shared objects are bound before the program starts. */
static bool
boundNow(void)
{
	bool lazy = false;
	if (dynamicSection == NULL)
		return true; /* static */
	for (const Elf64_Dyn *d = dynamicSection; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_JMPREL)
			lazy = true;
		if (d->d_tag == DT_BIND_NOW ||
			(d->d_tag == DT_FLAGS && (d->d_un.d_val & DF_BIND_NOW) != 0) ||
			(d->d_tag == DT_FLAGS_1 && (d->d_un.d_val & DF_1_NOW) != 0))
			return true;
	}
	return !lazy;
}

uint8_t morestackXsave;
uintptr_t morestackSlack = SLOT_SLACK, morestackLimit = STACK_LIMIT;

uint32_t morestackTurn;
uintptr_t morestackText[2];

void
stackGuardPoison(uintptr_t tls)
{
	store_rlx((uintptr_t *)(tls + 0x70), UINTPTR_MAX);
}

const char *
splitLinked(void)
{
	uint32_t a = 1, b, c = 0, d;
	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	morestackXsave = c >> 27 & 1; /* the kernel uses xsave, so may we */
	probe();
	if (splitPrologue((const void *)probe) != SPLIT_MOVES)
		return "not linked by lld or gold";
	if (!boundNow())
		return "not linked with -z now";
	return NULL;
}
