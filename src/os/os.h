/* os.h: THE CONTRACT. What a kernel port supplies.                                   room: os
 *
 * One precondition for all: sizes and addresses of memory calls are multiples of physPageSize.
 * Results are 0 or a count, errors -errno; errno itself is never touched, no libc lock is ever
 * taken, so every function but newosproc may run with the world stopped and in a signal handler.
 * Two flavours share os/linux/: the hosted one (threads are pthreads) in os/linux/hosted, the
 * one without libc in os/linux/freestanding.
 */
#ifndef GORT_OS_OS_H
#define GORT_OS_OS_H

#include "core/runtime2.h"

/* ---- start -------------------------------------------------------------------------------- */

/* Debug and hard builds: what is to be refused on request (docs/debug.md). Before all else; the
 * second time does nothing. */
#if GORT_DEBUG || GORT_HARD
void osFaults(char **envp);
#else
#	define osFaults(envp) ((void)(envp))
#endif
/* Reads auxv (args found it behind envp): page size, AT_SECURE, AT_HWCAP, AT_MINSIGSTKSZ, vdso. */
void sysargs(const uintptr_t *auxv);
/* ncpu from the affinity mask bounded by the cgroup v1/v2 CPU quota (rounded up, at least 2);
 * physPageSize; transparent-huge-page size. */
void osinit(void);
/* The quota's part of that. To read it costs a short process a thirtieth of its life, so osinit
 * leaves it alone where GOMAXPROCS is given (osfacts.procsGiven); who finds the value to be of no
 * use asks then. The second time does nothing. */
void osQuota(void);
extern struct osfacts {
	bool secure;            /* AT_SECURE */
	uintptr_t minsigstksz;  /* AT_MINSIGSTKSZ or 2048 */
	uintptr_t random;       /* AT_RANDOM: address of 16 bytes, or 0 */
	uintptr_t hugePageSize; /* what sysHugePage asks for; 0: unknown */
	int32_t affinitycpus;   /* CPUs in the affinity mask */
	bool procsGiven;        /* set before osinit: the environment has a GOMAXPROCS */
	bool quotaAsked;        /* osQuota has run: quotaMilli is an answer */
	int64_t quotaMilli;     /* cgroup CPU quota in thousandths of a CPU, 0: none */
	bool haveGuardInstall; /* MADV_GUARD_INSTALL (6.13+): osinit asks, the first guard proves */
	bool haveMembarrier;   /* private expedited membarrier registered */
	bool haveBarrier;      /* osMembarrier works, if slowly */
	uintptr_t stackRlimit; /* RLIMIT_STACK soft limit in bytes; 0: unlimited */
	uint32_t fdsOpened;    /* checkfds: bit n is set if descriptor n was closed */
	bool guest; /* the process is a program's with its own main: set before the boot */
} osfacts;
void osRandom(void *p, uintptr_t n); /* getrandom, else AT_RANDOM and clock; never fails */

/* ---- memory ------------------------------------------------------------------------------- */

/* Reserves address space, PROT_NONE, no commit charge; hint may be NULL. NULL if refused. */
void *sysReserve(void *hint, uintptr_t n);
/* Makes reserved space readable and writable, zero-filled. 0 or -ENOMEM (overcommit_memory=2,
 * RLIMIT_AS/DATA). */
int sysMap(void *p, uintptr_t n);
/* Reserve + map in one; NULL if refused. Off-heap memory. */
void *sysAlloc(uintptr_t n);
void sysFree(void *p, uintptr_t n);   /* unmap */
void sysUnused(void *p, uintptr_t n); /* contents may go; the next touch reads zero */
/* The kernel takes the pages when it needs them; until then the contents stay. */
void sysUnusedLazily(void *p, uintptr_t n);
void sysFault(void *p, uintptr_t n); /* any access faults from now on */
void sysHugePage(void *p, uintptr_t n);
void sysNoHugePage(void *p, uintptr_t n);
/* Copies n bytes that need not be mapped: false if they cannot all be read. Where the kernel does
 * not let us ask (seccomp), it is a plain copy. */
bool osPeek(void *to, const void *from, uintptr_t n);
/* A guard of n bytes at p, inside mapped memory: mprotect forces the old mechanism.
 * 0, or -errno (-ENOMEM: vm.max_map_count). */
int sysGuard(void *p, uintptr_t n, bool mprotect);

/* ---- what a collector reads: hosted/objects_hosted.c; hosted only -------------------------- */

/* At boot: what is loaded now, unless the runtime is a guest, stays. */
void osObjectsInit(void);
/* Makes a list of the loaded objects: their writable data and thread-local variables. Takes the
 * loader's lock and may wait for it: never under a stop. False: no memory for the list. */
bool osObjectsList(void);
/* Is the list still right? No lock, no library function. */
/* closed: the program may have taken the access to pages of them away. */
bool osObjectsSame(bool closed);
/* After osObjectsSame: the i-th stretch of writable data, or a copy; false: there are no more. */
bool osObjectsData(uint32_t i, uintptr_t *lo, uintptr_t *hi);
/* The same for the thread-local variables of mp's thread. The i-th may be empty. */
bool osThreadLocals(const struct m *mp, uint32_t i, uintptr_t *lo, uintptr_t *hi);
/* The mapping that addr lies in, as /proc/self/maps has it. */
bool osMapping(uintptr_t addr, uintptr_t *lo, uintptr_t *hi);

/* ---- which pages are written: hosted/written_hosted.c; hosted only ------------------------- */

/* Before the others. 0, or -errno: *what is refused. Takes two descriptors. */
int osWrittenOpen(const char **what);
void osWrittenClose(void); /* the child of a fork, too */
/* Mapped or reserved memory that the others may be asked about. 0 or -errno, as they. */
int osWrittenAdd(uintptr_t p, uintptr_t n);
/* The pages from p on that hold memory count as not written. */
int osWrittenClean(uintptr_t p, uintptr_t n);
/* Nobody asks for a while: they cost nothing. They count as written. */
int osWrittenForget(uintptr_t p, uintptr_t n);
/* Those between *p and end that have been written since, in at most n stretches; clean: and count as not
 * written from here on, so what is read from them after the call is as new as the next call says.
 * Returns how many stretches, or -errno; *p: how far that goes. */
struct pagerange {
	uint64_t lo, hi, what; /* the kernel's */
};
intptr_t osWrittenPages(uintptr_t *p, uintptr_t end, bool clean, struct pagerange *vec, uint32_t n);

/* ---- threads ------------------------------------------------------------------------------ */

/* Starts a thread that runs fn(mp) on a stack of its own, all signals blocked as the caller has
 * them; sets mp->thread. fn sets up g itself. 0 or -errno (EAGAIN: too many threads; ENOMEM: no
 * memory or addresses for its stack). */
int newosproc(struct m *mp, void (*fn)(struct m *));
const char *osThreadWhy(int err); /* ": " and what to look at, or "" */
/* First call on a new thread: finds its stack bounds for g0, its tid, and osThreadVars. */
void osThreadInit(struct m *mp, uintptr_t *lo, uintptr_t *hi);
/* Finds the calling thread's errno and C++ exception state for mp, which runs on it. */
void osThreadVars(struct m *mp);
_Noreturn void osThreadExit(struct m *mp);
/* The same for a thread of the program's own that becomes mp: stack bounds, tid, errno. May call
 * libc's malloc. */
void osThreadAdopt(struct m *mp, uintptr_t *lo, uintptr_t *hi);
/* How many threads the kernel counts in this process; 0: all are ours; -1: it does not say. */
int32_t osThreadCount(void);
/* Starts a thread of the default size that runs fn(arg), before there is an M or anything else.
 * 0 or -errno. Hosted only, like osThreadAdopt. */
int osBootThread(void (*fn)(void *), void *arg);
/* When a thread ends that has called osThreadOnExit, and has not set NULL since, fn(mp) is called
 * on it, among libc's other destructors. osThreadOnExitInit: once, -errno if refused. The thread
 * is on its own stack then, wherever it was before. */
int osThreadOnExitInit(void (*fn)(void *mp));
void osThreadOnExit(struct m *mp);
/* Hosted: calls before and then parent or child around libc's fork. 0 or -errno. */
int osAtFork(void (*before)(void), void (*parent)(void), void (*child)(void));
void osyield(void);
void osusleep(uint32_t us);
uint64_t osgettid(void);
int64_t osThreadCpu(uint64_t tid); /* ns of CPU that a thread of this process has used; -1: gone */
bool osThreadAsleep(uint64_t tid); /* it waits in the kernel; false if that cannot be known */
/* Does newosproc take locks that a thread may hold which a signal has stopped? Those of libc. */
enum { osThreadLocks = !GORT_FREESTANDING };
int32_t osgetpid(void);

_Noreturn void oshang(void); /* until the process ends, whatever the kernel refuses */

/* Sleeps while *addr == val, at most ns (negative: for ever). May return early. */
void futexsleep(uint32_t *addr, uint32_t val, int64_t ns);
void futexwakeup(uint32_t *addr, uint32_t count);

/* Every running thread of the process passes a full barrier before this returns. Only if
 * osfacts.haveBarrier. */
void osMembarrier(void);
/* Tells the kernel that we will, or finds out that we cannot; osinit does. The first time takes milliseconds in a process with
 * several threads, and nothing in one that has a single thread. */
void osMembarrierInit(void);

/* ---- time --------------------------------------------------------------------------------- */

int64_t nanotime(void); /* monotonic, through the vdso where there is one */
void walltime(int64_t *sec, int32_t *nsec);

/* ---- signals ------------------------------------------------------------------------------ */

typedef void sighandlerfn(int sig, void *info, void *ctx); /* siginfo_t *, ucontext_t * */

/* What a handler may learn and change of the interrupted context. */
struct sigctx {
	int sig;
	int code;       /* si_code */
	uintptr_t addr; /* si_addr */
	uintptr_t pc, sp, fp;
	const void *ctx;
};
void sigctxRead(struct sigctx *, int sig, void *info, void *ctx);
/* The i-th stretch of memory in which ctx keeps registers, vectors included; false: no more. */
bool sigctxRange(const void *ctx, uint32_t i, uintptr_t *lo, uintptr_t *hi);
uintptr_t sigctxSp(const void *ctx); /* the interrupted stack pointer */
/* Bytes below the stack pointer that interrupted code may use. */
#define SIGCTX_REDZONE 128
/* The i-th register as a report shows it, and its name; NULL after the last. */
const char *sigctxReg(const struct sigctx *, uint32_t i, uintptr_t *value);
/* The interrupted code, which faulted, continues in fn, past the red zone. fn finds two words on its
 * stack: where the fault was, as a return address (the pc plus 1, because unwinders look up return
 * addresses less 1; after a call through a nil pointer where that call would have returned to), and
 * the stack pointer that goes with it. */
void sigctxPushFault(void *ctx, void (*fn)(void));

/* For a handler that the program must not notice, as the last thing it does: a system call that
 * the signal ended with EINTR is made again after the handler. mp: the thread's M, or NULL.
 * docs/signals.md says which calls, restart_amd64.c how. */
void sigctxRestart(struct m *mp, void *ctx);

/* Installs fn with SA_SIGINFO|SA_ONSTACK|SA_RESTART and a full mask; stores what was there
 * before in *old (opaque; osSigChain calls it). 0 or -errno. */
struct oldhandler {
	uintptr_t words[20];
};
int osSigInstall(int sig, sighandlerfn *fn, struct oldhandler *old);
bool osSigChain(const struct oldhandler *old, int sig, void *info, void *ctx);
bool osSigSent(const void *info); /* by somebody, with kill(2) and the like; not by a fault */
/* Sent by osTgkill of this very process, or without a word about the sender: the kernel drops it when
 * the user has too many signals pending (RLIMIT_SIGPENDING). */
enum sender { SENDER_OTHER, SENDER_OURS, SENDER_UNKNOWN };
enum sender osSigSender(const void *info);
int osSigDefault(int sig);
void osSigIgnore(int sig);
bool osSigIgnored(int sig);
void osSigRestore(int sig, const struct oldhandler *old); /* what osSigInstall found is back */
bool osSigHandled(int sig);                               /* somebody has a handler for it */
/* Is fn the handler, as osSigInstall left it, and did that find none before it? */
bool osSigOnly(int sig, sighandlerfn *fn, const struct oldhandler *old);
void osSigRaise(int sig); /* at this thread, with the signal unblocked */
void osSigAltstack(void *base, uintptr_t n);
void osSigAltstackOff(void);
/* What the thread has: false if none. */
bool osSigAltstackGet(void **base, uintptr_t *n);
/* Masks as 64-bit sets, bit sig-1. how: 0 block, 1 unblock, 2 set. Returns the old mask. */
uint64_t osSigMask(int how, uint64_t set);
/* 0 or -errno. -ESRCH: no such thread; -EAGAIN: too many pending (real-time signals only). */
int osTgkill(uint64_t tid, int sig);

/* ---- files and the process ---------------------------------------------------------------- */

intptr_t sys_read(int fd, void *p, uintptr_t n);
intptr_t sys_write(int fd, const void *p, uintptr_t n); /* one system call */
int sys_open(const char *path, int flags, int mode);
int sys_close(int fd);
void checkfds(void); /* closed 0, 1, 2 become /dev/null */
/* exit_group at once; no atexit, no stdio. */
_Noreturn void os_exit(int status);
/* The program's regular end: hosted: libc's exit (stdio, atexit, once); freestanding: os_exit. */
_Noreturn void os_exitprogram(int status);
_Noreturn void os_abort(void); /* SIGABRT with the default action */
/* hosted: `environ` etc. are libc's; the vectors as the kernel gave them are kept by args(). */

#endif
