/* api_go.c: goroutines.                                                              room: capi */
#include "capi/capi.h"

#include "lang/lang.h"

static void
checkFn(void (*fn)(void *))
{
	if (unlikely(fn == NULL))
		fatal("go of nil func value");
}

static void
checkCopy(const void *args, size_t size)
{
	if (unlikely(args == NULL && size != 0))
		panicError("invalid memory address or nil pointer dereference");
	if (unlikely(size > GORT_COPY_MAX))
		panicFormat("gort_go_copy: %lu bytes of arguments, at most %d can be copied", size,
			GORT_COPY_MAX);
}

static cold _Noreturn void
goRefused(const char *why)
{
	rtprintf("runtime: cannot start a goroutine: %s\n", why);
	fatal("out of memory (stack of a goroutine)");
}

void
gort_go(void (*fn)(void *), void *arg)
{
	const char *why = NULL;
	checkFn(fn);
	struct g *gp = rtenter();
	newprocMayWait(gp);
	if (unlikely(newproc(fn, arg, NULL, (uintptr_t)__builtin_return_address(0), &why) == NULL))
		goRefused(why);
	rtleave(gp);
}

void
gort_go_copy(void (*fn)(void *), const void *args, size_t size)
{
	const char *why = NULL;
	struct newprocopt opt = {.copy = (uint32_t)size};
	checkFn(fn);
	checkCopy(args, size);
	struct g *gp = rtenter();
	newprocMayWait(gp);
	if (unlikely(newproc(fn, (void *)args, &opt, (uintptr_t)__builtin_return_address(0),
			     &why) == NULL))
		goRefused(why);
	rtleave(gp);
}

int
gort_go_opt(void (*fn)(void *), void *arg, const gort_go_options *options)
{
	struct newprocopt opt = {0};
	checkFn(fn);
	if (options != NULL) {
		if (options->stack > SLOT_MAX)
			return GORT_EINVAL;
		checkCopy(arg, options->copy);
		opt.stack = options->stack;
		opt.copy = (uint32_t)options->copy;
		opt.name = options->name;
	}
	struct g *gp = rtenter();
	newprocMayWait(gp);
	const char *why = NULL;
	bool started = newproc(fn, arg, &opt, (uintptr_t)__builtin_return_address(0), &why) != NULL;
	rtleave(gp);
	return started ? 0 : GORT_ENOMEM;
}

void
gort_gosched(void)
{
	struct g *gp = rtenter();
	Gosched();
	rtleave(gp);
}

void
gort_goexit(void)
{
	struct g *gp = rtenter();
	if (unlikely(gp->m->isforeign))
		panicPlain("gort_goexit on a thread that is no goroutine of the runtime's");
	rtleave(gp);
	Goexit();
}

uint64_t
gort_goid(void)
{
	struct g *gp = rtenter();
	uint64_t id = gp->goid;
	rtleave(gp);
	return id;
}

int64_t
gort_num_goroutine(void)
{
	struct g *gp = rtenter();
	int64_t n = gcount();
	rtleave(gp);
	return n;
}

int
gort_gomaxprocs(int n)
{
	struct g *gp = rtenter();
	int old = GOMAXPROCS(n);
	rtleave(gp);
	return old;
}

int
gort_num_cpu(void)
{
	return ncpu;
}

void
gort_lock_os_thread(void)
{
	struct g *gp = rtenter();
	lockOSThread();
	rtleave(gp);
}

void
gort_unlock_os_thread(void)
{
	struct g *gp = rtenter();
	unlockOSThread();
	rtleave(gp);
}

void
gort_block(void (*fn)(void *), void *arg)
{
	if (unlikely(fn == NULL))
		panicPlain("gort_block of nil func value");
	struct g *gp = rtenter();
	entersyscall();
	fn(arg);
	if (unlikely(getg_again() == NULL)) /* fn has forked, and this is the child */
		rtenterSlow(NULL);
	exitsyscall();
	rtleave(gp);
}
