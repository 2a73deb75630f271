/* mem_linux.c: address space from the kernel.                                        room: os
 *
 * Memory has three states, as in Go's mem.go: reserved (PROT_NONE: addresses that nobody else
 * gets, no commit charge), mapped (readable and writable; a page costs memory from its first
 * touch), and guarded. sysMap makes the step from reserved to mapped with mprotect, not with a
 * second mmap: it keeps the kernel's count of mappings low and cannot land elsewhere.
 *
 * Two ways to refuse: vm.overcommit_memory=2 and RLIMIT_DATA count writable private memory, so
 * there sysMap fails; RLIMIT_AS counts reservations, so there sysReserve does. Callers hear of
 * both and say so in their own words; nothing is printed here.
 */
#include <linux/mman.h>

#include "os/linux/internal.h"

#ifndef MADV_GUARD_INSTALL
#	define MADV_GUARD_INSTALL 102
#endif

/* An address, or NULL. */
static void *
mmap(void *hint, uintptr_t n, uintptr_t prot, uintptr_t flags)
{
	intptr_t r = SYS6(mmap, hint, n, prot, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return r < 0 && r > -4096 ? NULL : (void *)r;
}

void *
sysReserve(void *hint, uintptr_t n)
{
	/* Not MAP_NORESERVE: that would stick to the mapping and take sysMap out of the kernel's
	 * accounting, so that a terabyte is granted and ends in the OOM killer. What cannot be
	 * written is not charged anyway. */
	return mmap(hint, n, PROT_NONE, 0);
}

int
sysMap(void *p, uintptr_t n)
{
	return (int)SYS3(mprotect, p, n, PROT_READ | PROT_WRITE);
}

void *
sysAlloc(uintptr_t n)
{
	return mmap(NULL, n, PROT_READ | PROT_WRITE, 0);
}

void
sysFree(void *p, uintptr_t n)
{
	intptr_t r = SYS2(munmap, p, n);
	/* ENOMEM: the unmap would split a mapping and there are too many. The memory goes back,
	 * the addresses stay reserved. */
	if (r == -ENOMEM)
		SYS3(madvise, p, n, MADV_DONTNEED);
	else if (r != 0)
		sysRefused("munmap", r);
}

void
sysUnused(void *p, uintptr_t n)
{
	/* Mlocked pages refuse (EINVAL): they then keep their contents, which "may go" allows,
	 * but not "reads zero". */
	if (SYS3(madvise, p, n, MADV_DONTNEED) != 0)
		__builtin_memset(p, 0, n);
}

void
sysUnusedLazily(void *p, uintptr_t n)
{
	SYS3(madvise, p, n, MADV_FREE);
}

void
sysFault(void *p, uintptr_t n)
{
	/* A fresh mapping in place gives the memory back and its commit charge too. */
	intptr_t r = SYS6(mmap, p, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (r != (intptr_t)p && (r = SYS3(mprotect, p, n, PROT_NONE)) != 0)
		sysRefused("mprotect", r);
}

/* Advice: a kernel without huge pages refuses, and nothing is lost. */
void
sysHugePage(void *p, uintptr_t n)
{
	SYS3(madvise, p, n, MADV_HUGEPAGE);
}

void
sysNoHugePage(void *p, uintptr_t n)
{
	SYS3(madvise, p, n, MADV_NOHUGEPAGE);
}

bool
osPeek(void *to, const void *from, uintptr_t n)
{
	struct {
		void *base;
		uintptr_t len;
	} local = {to, n}, remote = {(void *)(uintptr_t)from, n};
	intptr_t r = SYS6(process_vm_readv, osgetpid(), &local, 1, &remote, 1, 0);
	if (r == -EPERM || r == -ENOSYS) {
		__builtin_memcpy(to, from, n);
		return true;
	}
	return r == (intptr_t)n;
}

/* Is a guard marker really a guard here? An emulation may accept any advice and do nothing: the
 * first one is tried by asking the kernel itself to read it. */
static bool
guardHolds(const void *p)
{
	static bool known; /* a race proves it twice */
	if (load_rlx(&known))
		return true;
	if (SYS4(rt_sigprocmask, 0, p, NULL, 8) != -EFAULT) {
		store_rlx(&osfacts.haveGuardInstall, false);
		return false;
	}
	store_rlx(&known, true);
	return true;
}

int
sysGuard(void *p, uintptr_t n, bool mprotect)
{
	intptr_t refused = faultDue(FAULT_guard);
	if (refused != 0)
		return (int)refused;
	if (load_rlx(&osfacts.haveGuardInstall) && !mprotect) {
		intptr_t r = SYS3(madvise, p, n, MADV_GUARD_INSTALL);
		if (r == 0 && guardHolds(p))
			return 0;
		if (r != 0 && r != -EINVAL)
			return (int)r;
		/* Mlocked memory takes no guard markers: the old way. */
	}
	return (int)SYS3(mprotect, p, n, PROT_NONE);
}
