/* arch.h: THE CONTRACT. What a CPU port supplies.                                    room: arch
 *
 * A port is a folder arch/NAME with the same file names: switch.S, tls.h, cpu.c, mem.S,
 * offsets.h. Nothing above this room knows a register's name.
 */
#ifndef GORT_ARCH_ARCH_H
#define GORT_ARCH_ARCH_H

#include "core/runtime2.h"

/* getg, setg, procyield, cputicks, getsp, threadPointer, archSyscallN, archForetell */
#include "arch/this/tls.h"
#include "arch/this/inline.h"

/* Saves the callee-saved registers of `from` on its stack and its sp in from->sched, continues
 * `to` from to->sched with g set to it, and before anything else runs hook(from, arg) on to's
 * stack (hook may be NULL). Returns when somebody switches back to `from`. The hook may hand
 * `from` to another thread: its registers are already saved. */
void gswitch(struct g *from, struct g *to, void (*hook)(struct g *from, void *arg), void *arg);

/* Saves the current goroutine as gswitch does, continues on its M's g0 from the base that
 * g0->sched holds, and calls fn(gp) there. fn must not return. */
void mcall(void (*fn)(struct g *gp));

/* From g0: continues gp as it was saved; what is on g0's stack below g0->sched is abandoned. */
_Noreturn void gogo(struct g *gp);

/* Records the caller's frame as g0's base (g0->sched) and calls fn(arg), which never returns:
 * from here on mcall and systemstack start at this base. */
_Noreturn void g0base(struct g *g0, void (*fn)(void *), void *arg);

/* Runs fn(arg) on the M's g0 and returns; on g0 or the signal stack it is a plain call. May not
 * park or switch. */
void systemstack(void (*fn)(void *), void *arg);

/* calldefer.S. Calls fn(arg), which sees that it returns to calldeferRet. */
void calldefer(void (*fn)(void *), void *arg);
extern const char calldeferRet[];

/* trycall.S. Calls fn(arg) and returns true; or returns false because somebody in fn went back
 * here: by the unwinder (tryPersonality sends it to tryland or to trypass, for a frame whose
 * call returns to tryreturn) or by tryresume. Its frame's lowest address is put at
 * record + TRY_SP. */
bool trycall(void *record, void (*fn)(void *), void *arg);
extern const char tryreturn[], tryland[], trypass[];
_Noreturn void tryresume(uintptr_t sp);

/* sigpanic.S. Where a fault continues on the goroutine's stack (sigctxPushFault, os.h): calls
 * sigpanic (sched), and unwinders go through it to the faulting instruction. */
void sigpanic0(void);

/* Prepares gp->sched so that the first switch to gp calls goroutineEntry() with an empty frame
 * chain below it. sp: the top of the stack, 16-byte aligned. */
void gostartstack(struct g *gp, uintptr_t sp);
/* switch.S: the return address below it; calls goroutineEntry (core/upcalls.h). */
void gostart(void);

/* The pc, frame pointer and sp at which a switched-out G will continue. */
void gobufFrame(const struct g *gp, uintptr_t *pc, uintptr_t *fp, uintptr_t *sp);

/* cpuinit: finds the CPU's features. Runs before alginit. GODEBUG=cpu.NAME=off switches one
 * off (base/debugvars.c calls cpuDisable). */
struct cpufeatures {
	int level; /* x86-64-vN, 1..4 */
	bool aes, sse41, ssse3, sse42, popcnt, avx, avx2, avx512f, avx512vl, bmi1, bmi2, erms, fsrm;
	bool fma, cx16, rdtscp, osxsave;
};
extern struct cpufeatures cpu;
void cpuinit(void);
void cpuVendor(char vendor[13]); /* "GenuineIntel", "AuthenticAMD", ... */
extern uint8_t memUseRep;        /* arch/amd64/mem.S: rep movsb is fast */
bool cpuDisable(const char *name, uintptr_t len);
/* What the program was compiled for (1..4: include/gort/cpulevel.h) and what this CPU is. If that
 * is less the boot prints one line and exits with status 1, before anything else. */
int cpuLevelWanted(void);
int cpuLevelFound(void);
/* Debug and hard builds: GORT_CPU_PRETEND=1..4 in envp pretends a lesser CPU. */
#if GORT_DEBUG || GORT_HARD
void cpuPretend(char *const *envp);
#else
#	define cpuPretend(envp) ((void)(envp))
#endif

/* Hashing with AES rounds: only if cpu.aes && cpu.ssse3 && cpu.sse41 (lang/alg.c asks).
 * aeskeysched: the process's secret, AESKEYS random bytes; until they are written the hash works
 * but an attacker knows it. */
#define AESKEYS 128
extern uint8_t aeskeysched[AESKEYS];
uint64_t aeshash(const void *p, uint64_t seed, uintptr_t n);

/* The first word from p to end, both multiples of 8, that lies from lo to lo + size; end: none. */
const uintptr_t *findWord(const uintptr_t *p, const uintptr_t *end, uintptr_t lo, uintptr_t size);
/* Of the 64 words from p on: bit n says that word n lies from lo to lo + size, and known[n] is not its distance
 * from base in words, or that is not a whole number below 2^32. */
enum { WORDS_UNLIKE = 64 };
uint64_t wordsUnlike(
	const uintptr_t *p, const uint32_t *known, uintptr_t lo, uintptr_t size, uintptr_t base);

/* Valgrind, if the program runs under it (valgrind.c): asked once, by osinit. */
extern bool onValgrind;
void valgrindInit(void);
void valgrindStack(uintptr_t lo, uintptr_t hi);    /* a new stack, which code will switch to */
void valgrindWritable(uintptr_t lo, uintptr_t hi); /* unused stack that is about to be written */
void valgrindDefined(void *p, uintptr_t n);        /* a copy of ours of what may not be defined */
void valgrindQuiet(
	bool quiet); /* what the thread reads from here on is none of the program's business */

/* The stack word that the compiler's prologue compares with, for split-stack code. 0: no function
 * asks for more stack. */
void setStackGuard(uintptr_t guard);
/* What the code at fn does first. SPLIT_MOVES: whatever the guard, it asks for a large stack. */
enum splitprologue { SPLIT_NONE, SPLIT_CHECKS, SPLIT_MOVES };
enum splitprologue splitPrologue(const void *fn);
/* Of the split flavour: what is kept below the guard of a slot; constant after stackinit. */
extern uintptr_t morestackSlack;
#if GORT_SPLIT
/* Is all of the program such that a goroutine can start on a small segment? NULL: yes; else what is
 * missing. Called once, in the boot. */
const char *splitLinked(void);
/* morestack.S, which the compiler's prologues call; its end. */
void __morestack(void);
extern const char morestackEnd[];
extern uintptr_t morestackLimit; /* atomic: no stack may be larger; at most STACK_LIMIT */
/* The thread whose thread pointer is tls comes to __morestack at its next prologue, unless the word is written
 * before: a guard that is too high is never wrong. */
void stackGuardPoison(uintptr_t tls);
/* __morestack stores morestackTurn in m->ragged if the prologue that calls it lies in the text from ... to. */
extern uint32_t morestackTurn;     /* atomic */
extern uintptr_t morestackText[2]; /* constant once the program's goroutines run */
extern uint8_t morestackXsave;     /* set by splitLinked: the CPU and the kernel have xsave */
#endif

#endif
