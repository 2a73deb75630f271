/* thread_hosted.c: threads are pthreads, and libc ends the process.                  room: os
 *
 * This is the one file of the library that talks to libc's threads. An M must be a pthread: the
 * C code that runs on it uses libc, which keeps a block of its own for every thread it made.
 *
 * The pthread's own stack is the M's g0 stack. 256 KiB are asked for; memory is committed as it
 * is touched. pthread_create takes locks of libc and may call its malloc: it is never called
 * under a lock of ours or with the world stopped, and the new thread starts with all signals
 * blocked, as the caller does around the call.
 *
 * An M that ends jumps back into the first frame of its thread and returns from there, so that
 * libc's destructors of thread-local data run as for any thread. (pthread_exit would unwind the
 * stack instead, which loads libgcc_s and looks at frames that end in assembly.)
 *
 * One key of libc's thread-specific data tells the scheduler of a thread that ends: a thread of
 * the program's that had become an M, or an M of ours that ends otherwise than by osThreadExit.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "arch/arch.h"
#include "os/linux/internal.h"

/* A call of libc's that may be refused: 0 or an errno. */
#define ASK(fn, ...) (-(int)faultDue(FAULT_##fn) ?: fn(__VA_ARGS__))

#define G0_STACK (256 * KiB)
#define G0_GUARD (4 * KiB) /* of them, by libc's default */

/* On the new thread's first frame; m->thread points to it. */
struct threadrec {
	void *jump[5]; /* __builtin_setjmp */
};

/* Not inlined, so that what lives across the jump is in the caller's memory. */
static never_inline void
runThread(struct threadrec *rec, struct m *mp, void (*fn)(struct m *))
{
	if (__builtin_setjmp(rec->jump) == 0)
		fn(mp);
}

static no_sanitize void *
threadStart(void *arg)
{
	struct m *mp = arg;
	void (*fn)(struct m *) = (void (*)(struct m *))mp->thread;
	struct threadrec rec;
	mp->thread = (uintptr_t)&rec;
	runThread(&rec, mp, fn);
	return NULL;
}

/* libc takes thread-local variables out of the stack that it is asked for; the program's may be
 * large. */
static uintptr_t
stackSize(void)
{
	return G0_STACK + alignUp(programTlsSize(), physPageSize);
}

/* A new thread starts with every signal blocked but the two that libc keeps for itself, 32 and 33:
 * setuid and its kin are carried out by each thread in a handler of the second, and wait until all
 * have run it. (glibc opens both, but only where the first thread is made.) */
#define ALL_BUT_LIBCS (~((uint64_t)3 << 31))

/* pthread_create says EAGAIN for both: that there are too many threads, and that there is no memory
 * for one more. Nobody has a use for a thread whose stack cannot even be reserved. */
static int
whyRefused(int err, const pthread_attr_t *attr)
{
	size_t n;
	void *p;
	if (err != EAGAIN)
		return err;
	pthread_attr_getstacksize(attr, &n);
	if ((p = sysReserve(NULL, n)) == NULL)
		return ENOMEM;
	sysFree(p, n);
	return EAGAIN;
}

int
newosproc(struct m *mp, void (*fn)(struct m *))
{
	pthread_attr_t attr;
	pthread_t thread;
	int err = ASK(pthread_attr_init, &attr);
	if (err != 0)
		return -err;
	pthread_attr_setstacksize(&attr, stackSize());
	pthread_attr_setguardsize(&attr, G0_GUARD);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	mp->thread = (uintptr_t)fn; /* until the new thread has read it */
	uint64_t mask = osSigMask(2, ALL_BUT_LIBCS);
	err = -(int)faultDue(FAULT_clone) ?: pthread_create(&thread, &attr, threadStart, mp);
	osSigMask(2, mask);
	err = whyRefused(err, &attr);
	pthread_attr_destroy(&attr);
	return -err;
}

/* The C++ library's, if the program has one: weak, so that a C program needs none. A C++ library
 * that is loaded by dlopen after the runtime's start is not seen. Its layout is the C++ ABI's, the
 * same in libstdc++ and libc++abi. */
weak struct ehglobals *__cxa_get_globals(void);

void
osThreadVars(struct m *mp)
{
	mp->errnop = &errno;
	mp->tls = threadPointer();
	mp->eh = __cxa_get_globals != NULL ? __cxa_get_globals() : &mp->noeh;
}

static void
currentStack(struct m *mp, uintptr_t frame, uintptr_t *lo, uintptr_t *hi)
{
	pthread_attr_t attr;
	void *base;
	size_t n;
	/* For the first thread libc would read /proc/self/maps through stdio. */
	if (mp->tid == (uint64_t)osgetpid() ||
		ASK(pthread_getattr_np, pthread_self(), &attr) != 0) {
		mainStackBounds(frame, lo, hi);
		return;
	}
	pthread_attr_getstack(&attr, &base, &n);
	pthread_attr_destroy(&attr);
	*lo = (uintptr_t)base;
	*hi = (uintptr_t)base + n;
}

/* Asking libc for the bounds (pthread_getattr_np) makes it allocate, and on a new thread that is
 * a new arena for its malloc. For a thread of ours what is known is enough: libc puts its thread
 * descriptor, whose address is the thread's id, at the top of the stack that we sized. The
 * result may be a page or two smaller than the truth. */
never_inline void
osThreadInit(struct m *mp, uintptr_t *lo, uintptr_t *hi)
{
	/* The frame pointer saved in our frame is our caller's. */
	uintptr_t frame = *(uintptr_t *)__builtin_frame_address(0);
	osThreadVars(mp);
	store_rel(&mp->tid, osgettid());                   /* from here on tls counts */
	if (mp->thread != 0 && !GORT_TSAN && !GORT_ASAN) { /* which change the stack's size */
		*lo = alignUp((uintptr_t)pthread_self() - stackSize() + G0_GUARD, physPageSize) +
		      physPageSize;
		*hi = alignUp(frame + 1, physPageSize);
		return;
	}
	/* The first thing the runtime does in this process; check() reads the clock before args
	 * gets to auxv. */
	if (mp->thread == 0)
		vdsoInit(getauxval(AT_SYSINFO_EHDR));
	currentStack(mp, frame, lo, hi);
}

/* A coroutine library may have switched the thread to a stack that libc does not know. Then the
 * bounds are a guess around the caller's frame: they tell whose stack an address is on, and the
 * nearest addresses are those that matter. */
never_inline void
osThreadAdopt(struct m *mp, uintptr_t *lo, uintptr_t *hi)
{
	uintptr_t frame = *(uintptr_t *)__builtin_frame_address(0);
	osThreadVars(mp);
	store_rel(&mp->tid, osgettid()); /* from here on tls counts */
	/* The kernel put AT_RANDOM's bytes at the top of the first thread's stack. */
	currentStack(mp, osfacts.random > frame ? osfacts.random : frame, lo, hi);
	mp->ownstack = (struct stack){0};
	if (frame < *lo || frame >= *hi) {
		mp->ownstack = (struct stack){*lo, *hi};
		*lo = alignDown(frame, physPageSize) - 16 * KiB;
		*hi = alignUp(frame + 1, physPageSize);
	}
}

/* The 20th field of /proc/self/stat; the second one, a name in parentheses, may hold anything. */
int32_t
osThreadCount(void)
{
	char buf[512];
	intptr_t n = readFile("", "/proc/self/stat", buf, sizeof buf);
	while (n > 0 && buf[n - 1] != ')')
		n--;
	if (n <= 0)
		return -1;
	const char *s = buf + n;
	for (int field = 2; field < 20 && *s != 0; s++)
		field += *s == ' ';
	int32_t count = 0;
	for (; *s >= '0' && *s <= '9'; s++)
		count = count * 10 + (*s - '0');
	return count;
}

/* ---- threads that end --------------------------------------------------------------------- */

/* Written once, before there is a second thread of ours. */
static pthread_key_t onExitKey;
static bool haveOnExitKey;

int
osThreadOnExitInit(void (*fn)(void *))
{
	int err = ASK(pthread_key_create, &onExitKey, fn);
	haveOnExitKey = err == 0;
	return -err;
}

void
osThreadOnExit(struct m *mp)
{
	int err = haveOnExitKey ? ASK(pthread_setspecific, onExitKey, mp) : 0;
	if (err != 0 && mp != NULL)
		throwf("out of memory", "libc refuses pthread_setspecific (errno %d)\n", err);
}

_Noreturn no_sanitize void
osThreadExit(struct m *mp)
{
	struct threadrec *rec = (struct threadrec *)mp->thread;
	osThreadOnExit(NULL);
	setg(NULL);
	__builtin_longjmp(rec->jump, 1);
}

/* ---- the boot's thread, fork, the end ----------------------------------------------------- */

struct bootrec {
	void (*fn)(void *);
	void *arg;
};

static no_sanitize void *
bootThread(void *arg)
{
	struct bootrec rec = *(struct bootrec *)arg;
	free(arg);
	rec.fn(rec.arg);
	return NULL;
}

/* All signals are blocked on it, as on every thread of ours when it starts. */
int
osBootThread(void (*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	struct bootrec *rec = faultDue(FAULT_malloc) ? NULL : malloc(sizeof *rec);
	if (rec == NULL)
		return -ENOMEM;
	*rec = (struct bootrec){fn, arg};
	int err = ASK(pthread_attr_init, &attr);
	if (err == 0) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		uint64_t mask = osSigMask(2, ALL_BUT_LIBCS);
		err = -(int)faultDue(FAULT_clone)
			      ?: pthread_create(&thread, &attr, bootThread, rec);
		osSigMask(2, mask);
		err = whyRefused(err, &attr);
		pthread_attr_destroy(&attr);
	}
	if (err != 0)
		free(rec);
	return -err;
}

int
osAtFork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
	return -ASK(pthread_atfork, before, parent, child);
}

_Noreturn void
os_exitprogram(int status)
{
	exit(status);
}
