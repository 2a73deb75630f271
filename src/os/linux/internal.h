/* internal.h: what the files of os/linux share and nobody else may call.             room: os */
#ifndef GORT_OS_LINUX_INTERNAL_H
#define GORT_OS_LINUX_INTERNAL_H

#include <asm/errno.h>
#include <asm/unistd.h>

#include "arch/arch.h"
#include "core/assert.h"
#include "core/bits.h"
#include "os/os.h"

/* ---- system calls ------------------------------------------------------------------------- */

/* SYS3(madvise, p, n, advice): the kernel's result as it is, errors as -errno. The call must be in
 * syscalls.def, which says what happens if it is refused; fault.c refuses on request. */
#define SYS1(name, a)             SYS6(name, a, 0, 0, 0, 0, 0)
#define SYS2(name, a, b)          SYS6(name, a, b, 0, 0, 0, 0)
#define SYS3(name, a, b, c)       SYS6(name, a, b, c, 0, 0, 0)
#define SYS4(name, a, b, c, d)    SYS6(name, a, b, c, d, 0, 0)
#define SYS5(name, a, b, c, d, e) SYS6(name, a, b, c, d, e, 0)
#define SYS6(name, a, b, c, d, e, f)                                                               \
	(faultDue(FAULT_##name)                                                                    \
			?: archSyscall6(__NR_##name, (uintptr_t)(a), (uintptr_t)(b),               \
				   (uintptr_t)(c), (uintptr_t)(d), (uintptr_t)(e),                 \
				   (uintptr_t)(f)))
/* The few that cannot fail. */
#define SYSSURE(name, a) archSyscall6(__NR_##name, (uintptr_t)(a), 0, 0, 0, 0, 0)

/* A refusal that no kernel gives by itself and that nothing can be done about: one line that names
 * the call, stacks, exit status 2. result: -errno. */
_Noreturn void sysRefused(const char *call, intptr_t result);

/* The kernel's struct timespec. */
struct ktimespec {
	int64_t sec;
	int64_t nsec;
};

/* ---- fault.c: refusals on request, debug and hard builds ---------------------------------- */

enum faultkind {
#define SYSCALL(name, err, use, refused) FAULT_##name,
#include "os/linux/syscalls.def"
#undef SYSCALL
	FAULT_KINDS
};
#if GORT_DEBUG || GORT_HARD
void faultSet(const char *spec);        /* the value of GORT_FAULT; tests call it directly */
intptr_t faultDue(enum faultkind kind); /* 0, or -errno: this call is to fail */
bool faultArmed(enum faultkind kind);   /* some call of the kind is to fail */
#else
#	define faultDue(kind)   ((intptr_t)0)
#	define faultArmed(kind) (false)
#endif

/* ---- cgroup.c ----------------------------------------------------------------------------- */

/* The CPU quota in thousandths of a CPU, 0: none. root is put before every path that is opened:
 * "" here, a directory of fake files in tests. shortcut: try the usual mount points first. */
int64_t cgroupQuota(const char *root, bool shortcut);
/* As many CPUs as the affinity mask has, bounded by the quota (0: none), rounded up. A quota never
 * makes one out of several: alone, a goroutine would hold up all others that could use the same
 * quota for the rest of its slice. As Go does it. */
int32_t cpusAllowed(int32_t affinity, int64_t milli);
/* Reads a small file; returns the length, at most n - 1, and ends buf in NUL; or -errno. */
intptr_t readFile(const char *root, const char *path, char *buf, uintptr_t n);

/* ---- time.c ------------------------------------------------------------------------------- */

void vdsoInit(uintptr_t ehdr); /* AT_SYSINFO_EHDR, 0: none */
/* The address of a function in the ELF image at ehdr; NULL: not there. */
void *vdsoSymbol(uintptr_t ehdr, const char *name);

/* ---- restart.c, callnumber.c -------------------------------------------------------------- */

/* The number of the system call whose instruction stands at site; -1: cannot be known. */
int callNumber(uintptr_t site);
/* The ELF header, in memory, of the object that pc lies in; NULL: unknown. No locks. */
const void *elfAt(uintptr_t pc);

/* ---- threads ------------------------------------------------------------------------------ */

/* Bytes of the executable's own thread-local variables. */
uintptr_t programTlsSize(void);
/* The bounds of the stack that the process's first thread runs on. frame: its oldest frame that
 * is of interest. */
void mainStackBounds(uintptr_t frame, uintptr_t *lo, uintptr_t *hi);

#endif
