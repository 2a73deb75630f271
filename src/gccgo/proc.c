/* proc.c: goroutines of Go programs.                                                 room: gccgo */
#include "gccgo/gccgo.h"

static cold _Noreturn void
goRefused(const char *why)
{
	rtprintf("runtime: cannot start a goroutine: %s\n", why);
	fatal("out of memory (stack of a goroutine)");
}

void
go_panicgonil(void)
{
	fatal("go of nil func value");
}

void *
go_go(void (*fn)(void *), void *arg)
{
	const char *why = NULL;
	if (unlikely(fn == NULL))
		go_panicgonil();
	struct g *gp = rtenter();
	if (likely(gp->m->inrt == 1)) /* else a timer's callback, on g0 */
		newprocMayWait(gp);
	static const struct newprocopt labelled = {.before = labelsInherit};
	if (unlikely(newproc(fn, arg, gp->haslocals ? &labelled : NULL,
			     (uintptr_t)__builtin_return_address(0), &why) == NULL))
		goRefused(why);
	rtleave(gp);
	return NULL;
}

void
go_Gosched(void)
{
	struct g *gp = rtenter();
	Gosched();
	rtleave(gp);
}

/* runtime.Gosched is inlined into programs as mcall(gosched_m), and gosched_m is what nobody else
 * could name: to be asked for it is to be asked for a yield. */
void
go_gosched_m(void *gp)
{
	(void)gp;
	go_Gosched();
}

const struct funcval go_gosched_m_f = {(void *)go_gosched_m};

void
go_mcall(const struct funcval *fn)
{
	if (unlikely(fn != &go_gosched_m_f))
		fatal("mcall of a function that is not gosched_m");
	go_Gosched();
}

intgo
go_GOMAXPROCS(intgo n)
{
	struct g *gp = rtenter();
	int32_t old = GOMAXPROCS(n > INT32_MAX ? INT32_MAX : n < 0 ? 0 : (int32_t)n);
	rtleave(gp);
	return old;
}

int32_t
go_gcount(void)
{
	struct g *gp = rtenter();
	int64_t n = gcount();
	rtleave(gp);
	return (int32_t)n;
}

intgo
go_NumGoroutine(void)
{
	return go_gcount();
}

void
go_osyield(void)
{
	osyield();
}

intgo
go_NumCPU(void)
{
	return ncpu;
}

int64_t
go_NumCgoCall(void)
{
	return load_rlx(&goncgocall);
}

void
go_LockOSThread(void)
{
	struct g *gp = rtenter();
	lockOSThread();
	rtleave(gp);
}

void
go_UnlockOSThread(void)
{
	struct g *gp = rtenter();
	unlockOSThread();
	rtleave(gp);
}

/* ---- a list of Gs, linked by the first word of each --------------------------------------- */

bool
go_gList_empty(void **l)
{
	return *l == NULL;
}

void
go_gList_push(void **l, void *gp)
{
	*(void **)gp = *l;
	*l = gp;
}

void
go_gList_pushAll(void **l, struct gogqueue q)
{
	if (q.head == NULL)
		return;
	*(void **)q.tail = *l;
	*l = q.head;
}

void *
go_gList_pop(void **l)
{
	void **gp = *l;
	if (gp != NULL)
		*l = *gp;
	return gp;
}
