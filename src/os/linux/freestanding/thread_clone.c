/* thread_clone.c: threads by clone, without libc.                                    room: os
 *
 * A thread is one mapping (tcb.h has the picture): guard, g0 stack, thread-local storage, thread
 * block. clone starts it on that stack with fs set, and it unmaps itself when it ends. Memory
 * is committed as it is touched, so an idle thread costs two or three pages.
 *
 * The new thread starts with all signals blocked: its maker blocks them around clone. It must
 * not take one before it has a g and a signal stack.
 */
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/sched.h>

#include "arch/arch.h"
#include "os/linux/freestanding/tcb.h"
#include "os/linux/internal.h"

#define G0_STACK   (256 * KiB)
#define STACKGUARD (64 * KiB)

#define THREAD                                                                                     \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
		CLONE_SETTLS)

intptr_t threadClone(uintptr_t flags, uintptr_t sp, void *tls, void (*start)(void *), void *arg);
_Noreturn void threadUnmapExit(void *base, uintptr_t n);

/* The executable's thread-local variables: their initial contents and size. */
static struct {
	const void *image;
	uintptr_t filesz, memsz, align;
	uintptr_t canary;
} tls = {.align = 1};

/* Where the variables begin below the thread pointer: the linker's formula, with the alignment
 * that the program headers give and no other. */
static uintptr_t
tlsOffset(void)
{
	return alignUp(tls.memsz, tls.align);
}

/* How the thread pointer itself is aligned. */
static uintptr_t
tcbAlign(void)
{
	return tls.align > _Alignof(struct tcb) ? tls.align : _Alignof(struct tcb);
}

/* Bytes that TLS and thread block take at most at the top of a mapping. */
static uintptr_t
tlsRoom(void)
{
	return tlsOffset() + sizeof(struct tcb) + tcbAlign();
}

/* Lays TLS and thread block out in the memory that ends at top. */
static struct tcb *
tlsMake(char *top)
{
	struct tcb *t = (struct tcb *)alignDown((uintptr_t)top - sizeof *t, tcbAlign());
	char *vars = (char *)t - tlsOffset();
	__builtin_memcpy(vars, tls.image, tls.filesz); /* the rest is zero: fresh memory */
	t->self = t;
	t->self2 = t;
	t->canary = tls.canary;
	return t;
}

/* Nothing else works without thread-local storage, printing included. */
static cold _Noreturn void
startRefused(const char *what)
{
	static const char text[] = "gort: the kernel refuses ";
	uintptr_t n = 0;
	while (what[n] != 0)
		n++;
	sys_write(2, text, sizeof text - 1);
	sys_write(2, what, n);
	sys_write(2, "\n", 1);
	os_exit(2);
}

void
osStart(const uintptr_t *auxv)
{
	/* Enough for libgort's own variables and a program's few; else a mapping. */
	static char first[1024] aligned_to(64);
	const Elf64_Phdr *ph = NULL;
	uintptr_t phnum = 0;
	const uintptr_t *random = NULL;
	for (; auxv[0] != AT_NULL; auxv += 2) {
		if (auxv[0] == AT_PHDR)
			ph = (const Elf64_Phdr *)auxv[1];
		else if (auxv[0] == AT_PHNUM)
			phnum = auxv[1];
		else if (auxv[0] == AT_RANDOM)
			random = (const uintptr_t *)auxv[1];
		else if (auxv[0] == AT_SYSINFO_EHDR)
			vdsoInit(auxv[1]);
	}
	for (uintptr_t i = 0; i < phnum; i++) {
		if (ph[i].p_type != PT_TLS)
			continue;
		tls.image = (const void *)ph[i].p_vaddr; /* static, not relocated */
		tls.filesz = ph[i].p_filesz;
		tls.memsz = ph[i].p_memsz;
		if (ph[i].p_align > tls.align)
			tls.align = ph[i].p_align;
	}
	/* The lowest byte of a canary is zero: it stops string functions. */
	if (random != NULL)
		tls.canary = random[1] & ~(uintptr_t)0xff;
	char *top = first + sizeof first;
	if (tlsRoom() > sizeof first) {
		uintptr_t n = alignUp(tlsRoom(), physPageSize);
		char *p = sysAlloc(n);
		if (p == NULL)
			startRefused("memory for thread-local variables");
		top = p + n;
	}
	enum { ARCH_SET_FS_ = 0x1002 };
	if (SYS2(arch_prctl, ARCH_SET_FS_, tlsMake(top)) != 0)
		startRefused("arch_prctl");
}

static no_sanitize void
threadStart(void *arg)
{
	struct tcb *t = arg;
	t->fn(t->mp);
}

int
newosproc(struct m *mp, void (*fn)(struct m *))
{
	uintptr_t n = alignUp(STACKGUARD + G0_STACK + tlsRoom(), physPageSize);
	char *base = sysAlloc(n);
	if (base == NULL)
		return -ENOMEM;
	int r = sysGuard(base, STACKGUARD, false);
	if (r != 0) {
		sysFree(base, n);
		return r;
	}
	struct tcb *t = tlsMake(base + n);
	t->base = base;
	t->size = n;
	t->stacklo = base + STACKGUARD;
	t->mp = mp;
	t->fn = fn;
	mp->thread = (uintptr_t)t;
	uintptr_t sp = alignDown((uintptr_t)t - tlsOffset(), 16);
	uint64_t mask = osSigMask(2, ~(uint64_t)0);
	intptr_t tid = faultDue(FAULT_clone) ?: threadClone(THREAD, sp, t, threadStart, t);
	osSigMask(2, mask);
	if (tid < 0) {
		sysFree(base, n);
		return (int)tid;
	}
	return 0;
}

void
osThreadVars(struct m *mp)
{
	mp->errnop = &mp->noerrno;
	mp->eh = &mp->noeh;
}

never_inline void
osThreadInit(struct m *mp, uintptr_t *lo, uintptr_t *hi)
{
	mp->tid = osgettid();
	osThreadVars(mp);
	struct tcb *t = (struct tcb *)mp->thread;
	if (t == NULL) {
		/* The frame pointer saved in our frame is our caller's. */
		mainStackBounds(*(uintptr_t *)__builtin_frame_address(0), lo, hi);
		return;
	}
	*lo = (uintptr_t)t->stacklo;
	*hi = alignDown((uintptr_t)t - tlsOffset(), 16);
}

/* Every thread of a program without libc is ours: nobody to adopt, no end that we do not make. */
int
osThreadOnExitInit(void (*fn)(void *))
{
	(void)fn;
	return 0;
}

void
osThreadOnExit(struct m *mp)
{
	(void)mp;
}

int32_t
osThreadCount(void)
{
	return 0;
}

_Noreturn void
osThreadExit(struct m *mp)
{
	struct tcb *t = (struct tcb *)mp->thread;
	osSigMask(2, ~(uint64_t)0); /* no handler may start on what is going away */
	if (t == NULL) {
		for (;;)
			SYSSURE(exit, 0);
	}
	threadUnmapExit(t->base, t->size);
}

extern void (*__fini_array_start[])(void) __attribute__((__weak__, visibility("hidden")));
extern void (*__fini_array_end[])(void) __attribute__((__weak__, visibility("hidden")));

/* Without libc there is no stdio to flush and no atexit; destructors of the executable's files
 * run, last first. */
_Noreturn void
os_exitprogram(int status)
{
	for (void (**f)(void) = __fini_array_end; f > __fini_array_start;)
		(*--f)();
	os_exit(status);
}
