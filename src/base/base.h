/* base.h: the first room with behaviour: usable before malloc, in handlers, under locks. room: base
 *
 *   print.c     text without malloc         fatal.c     throw and the ladder of failing failures
 *   lock_futex.c, note.c, lockrank.c        debugvars.c GODEBUG, GOTRACEBACK, GOGC, ...
 *   debuglog.c  a log for handlers          check.c     check(): the compiler's and CPU's promises
 *   bits of boot tracing: boottrace.c
 */
#ifndef GORT_BASE_BASE_H
#define GORT_BASE_BASE_H

#include "arch/arch.h"
#include "core/assert.h"
#include "core/runtime2.h"
#include "os/os.h"

/* ---- print.c: to stderr, one write(2) a call; no locale, no malloc, no floating point ----- */

/* %s %d %u %x (int), %ld %lu %lx and with ll, z or j (64 bit), %p, %c, %%, %.*s; widths with 0
 * or space padding, '-' for left. A struct gostring is "%.*s", (int)s.len, s.str. */
void rtprintf(const char *fmt, ...) printf_like(1, 2);
void rtvprintf(const char *fmt, __builtin_va_list ap);
/* As snprintf: returns what it would have written. */
uintptr_t rtsnprintf(char *buf, uintptr_t n, const char *fmt, ...) printf_like(3, 4);
uintptr_t rtvsnprintf(char *buf, uintptr_t n, const char *fmt, __builtin_va_list ap);
/* rtprintf to another descriptor than 2; retries short writes and EINTR. */
void rtwrite(int fd, const char *p, uintptr_t n);
/* Lines of one report belong together: printlock/printunlock nest per M. */
void printlock(void);
void printunlock(void);
/* Between printlock and printunlock: what this M prints goes to buf, up to n bytes, instead. Returns
 * how many there are; from then on it goes where it went before. */
void printInto(char *buf, uintptr_t n);
uintptr_t printedInto(void);
/* For the one thread that dies (startpanic): what it prints is held back, so that a line made of several
 * pieces appears in one, whoever else writes. */
void printHold(void);
void printRelease(void);

/* ---- fatal.c ------------------------------------------------------------------------------ */

/* throw, throwf (declared in core/assert.h): "fatal error: msg", stacks, exit status 2. Ours: a bug
 * or a state we cannot go on from. */
/* The program's fault, no way to recover: same text, only user frames. (Go's runtime.fatal) */
_Noreturn void fatal(const char *msg);
/* Without stacks: one line on stderr "gort: ...", exit with status. For refusals at start. */
_Noreturn void bootfail(int status, const char *fmt, ...) printf_like(2, 3);
/* Ends the process after a report has been printed: GOTRACEBACK=crash aborts, else exit(2). */
_Noreturn void dieAfterReport(void);
/* Serialises dying threads: first caller goes on, later ones wait for ever; nested calls on the
 * same M climb the ladder (simpler report, then exit 3, 4, 5). Returns false if only the message
 * should be printed. */
bool startpanic(void);
/* True once startpanic was called: the process is on its way out with a report. Any thread. */
bool panicking(void);

/* ---- locks -------------------------------------------------------------------------------- */

enum lockrank {
#define LOCKRANK(name, text) LOCKRANK_##name,
#include "base/lockrank.def"
#undef LOCKRANK
	LOCKRANK_COUNT
};
void lockInit(struct mutex *l, enum lockrank rank);
/* The same for a lock in memory that is zero. Where ranks are not checked it touches nothing: a
 * table of locks costs no page before it is used. */
#if GORT_DEBUG || GORT_HARD
#	define lockInitZeroed(l, r) lockInit(l, r)
#else
#	define lockInitZeroed(l, r) ((void)(l), (void)(r))
#endif
void lockSlow(struct mutex *l);
void unlockSlow(struct mutex *l, uint32_t old);
#if GORT_DEBUG || GORT_HARD
void lockrankAcquire(const struct mutex *l); /* throws on a wrong order, names both locks */
void lockrankTaken(const struct mutex *l);   /* by trylock, which cannot deadlock: only noted */
void lockrankRelease(const struct mutex *l);
void assertLockHeld(const struct mutex *l);
#else
#	define lockrankAcquire(l) ((void)(l))
#	define lockrankTaken(l)   ((void)(l))
#	define lockrankRelease(l) ((void)(l))
#	define assertLockHeld(l)  ((void)(l))
#endif

static always_inline void
lock(struct mutex *l)
{
	lockrankAcquire(l);
	if (unlikely(!cas_acq(&l->key, 0u, 1u)))
		lockSlow(l);
}

static always_inline bool
trylock(struct mutex *l)
{
	if (!cas_acq(&l->key, 0u, 1u))
		return false;
	lockrankTaken(l);
	return true;
}

static always_inline void
unlock(struct mutex *l)
{
	lockrankRelease(l);
	uint32_t old = __atomic_exchange_n(&l->key, 0u, __ATOMIC_RELEASE);
	if (unlikely(old != 1))
		unlockSlow(l, old); /* 2: wake one; 0: throws "unlock of unlocked lock" */
}

void noteclear(struct note *n);
void notesleep(struct note *n);
bool notetsleep(struct note *n, int64_t ns); /* false: timed out; ns < 0: for ever */
void notewakeup(struct note *n);             /* twice without a clear: throws */

static inline void
assertWorldStopped(void)
{
	if (unlikely(!load_rlx(&sched.worldstopped)))
		throw("world not stopped");
}

/* ---- debugvars.c -------------------------------------------------------------------------- */

/* Values of GODEBUG keys, by name: debugvars.def. Written by parsedebugvars, then constant. */
struct debugvars {
#define DEBUGVAR(name, def, min, max, help) int32_t name;
#define DEBUGSTR(name, def, values, help)   int32_t name; /* index into values */
#include "base/debugvars.def"
#undef DEBUGVAR
#undef DEBUGSTR
};
extern struct debugvars debug;
void parsedebugvars(void);
/* parse GODEBUG early for keys that earlier steps need (boottrace, cpu.*, stackguard). */
void parsedebugvarsEarly(void);
void debugvarsHelp(void (*line)(const char *)); /* one line a key, for docs and `gort env` */

/* GOTRACEBACK: level 0 none, 1 single, 2 all/system..., as Go's gotraceback(). */
void gotraceback(int *level, bool *all, bool *crash);
void setTraceback(const char *level);
/* GOMAXPROCS, GOGC, GOMEMLIMIT, parsed once; malformed: one line on stderr and the default. */
struct envvars {
	int32_t gomaxprocs; /* 0: not set */
	int32_t gogc;       /* 100; -1 off */
	int64_t gomemlimit; /* INT64_MAX: none */
};
extern struct envvars envvars;

/* The process's own vectors, as args() found them. */
extern struct procargs {
	int argc;
	char **argv;
	char **envp;
	const uintptr_t *auxv;
} procargs;
const char *gogetenv(const char *name); /* NULL if unset; secure mode: see boot/secure.c */

/* ---- small ones --------------------------------------------------------------------------- */

void check(void);

/* boottrace.c: BOOT_STEP(f) runs f() and, with GODEBUG=boottrace=1, prints one line
 * "boot: +12us mallocinit: <result>" where <result> is what the step said with bootResult(). */
void bootStepBegin(const char *name);
void bootStepEnd(void);
void bootResult(const char *fmt, ...) printf_like(1, 2);
#define BOOT_STEP(call)                                                                            \
	do {                                                                                       \
		bootStepBegin(#call);                                                              \
		call;                                                                              \
		bootStepEnd();                                                                     \
	} while (0)

/* debuglog.c: a log that works in handlers and under any lock; debug and hard builds. throw
 * prints it. */
#if GORT_DEBUG || GORT_HARD
void debuglog(const char *fmt, ...) printf_like(1, 2);
void debuglogDump(void);
#else
#	define debuglog(...)  ((void)0)
#	define debuglogDump() ((void)0)
#endif

/* timehist.c: class i counts what took timehistFrom(i) ns or more, and less than timehistFrom(i + 1);
 * the last takes all that is longer. counts are atomic; one adds. */
#define TIMEHIST_CLASSES 328
struct timehist {
	uint64_t counts[TIMEHIST_CLASSES];
};
void timehistAdd(struct timehist *h, int64_t ns);
int64_t timehistFrom(uint32_t class);

/* string helpers without libc (base/str.c) */
uintptr_t rtstrlen(const char *s);
int rtstrcmp(const char *a, const char *b);
bool rtstreq(const char *a, const char *b, uintptr_t blen); /* b need not end in NUL */
bool rtatoi64(const char *s, uintptr_t n, int64_t *out);    /* false: not a number or overflow */

/* Memory: the compiler may call these by name; freestanding builds bring their own. */
#define memmove(d, s, n) __builtin_memmove(d, s, n)
#define memclr(p, n)     __builtin_memset(p, 0, n)

#endif
