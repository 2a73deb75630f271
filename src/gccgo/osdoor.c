/* osdoor.c: what packages os and syscall ask for.                                    room: gccgo
 *
 * libgo calls libc for every system call and brackets what may block by Entersyscall and
 * Exitsyscall. The frame that a traceback or a scan starts from is our caller's: ours is gone when
 * the call is made. */
#include <stdlib.h>

#include "gccgo/gccgo.h"

#include "boot/boot.h"
#include "core/rand.h"

/* ---- arguments, environment --------------------------------------------------------------- */

/* A fresh slice: the program may write to it. The bytes are the kernel's and stay. */
static struct goslice
strings(const struct gostring *v, intgo n)
{
	struct goslice s = {NULL, n, n};
	struct g *gp = rtenter();
	s.array = mallocConservative((uintptr_t)(n > 0 ? n : 1) * sizeof *v);
	if (n > 0)
		memmove(s.array, v, (uintptr_t)n * sizeof *v);
	rtleave(gp);
	return s;
}

struct goslice
go_args(void)
{
	return strings(argstrings.args, argstrings.nargs);
}

struct goslice
go_envs(void)
{
	return strings(argstrings.envs, argstrings.nenvs);
}

/* A copy that ends in NUL. */
static char *
cstring(struct gostring s)
{
	struct g *gp = rtenter();
	char *c = mallocNoscan((uintptr_t)s.len + 1, true);
	memmove(c, s.str, (uintptr_t)s.len);
	rtleave(gp);
	return c;
}

/* libc's own environment follows Go's, for what C code looks up and for children. */
void
go_setenv(struct gostring k, struct gostring v)
{
	setenv(cstring(k), cstring(v), 1);
}

void
go_unsetenv(struct gostring k)
{
	unsetenv(cstring(k));
}

/* ---- system calls ------------------------------------------------------------------------- */

void
go_Entersyscall(void)
{
	struct g *gp = rtenter();
	entersyscall();
	gp->syscallpc = (uintptr_t)__builtin_return_address(0);
	gp->syscallfp = *(uintptr_t *)__builtin_frame_address(0);
}

void
go_Exitsyscall(void)
{
	exitsyscall();
	rtleave(getg());
}

int64_t goncgocall;
bool go_iscgo;

void
go_Cgocall(void)
{
	xadd(&goncgocall, (int64_t)1);
	struct g *gp = rtenter();
	entersyscall();
	gp->syscallpc = (uintptr_t)__builtin_return_address(0);
	gp->syscallfp = *(uintptr_t *)__builtin_frame_address(0);
}

void
go_CgocallDone(void)
{
	go_Exitsyscall();
}

void
go_CgocallBack(void)
{
	go_Exitsyscall();
}

void
go_CgocallBackDone(void)
{
	go_Entersyscall();
}

intgo
go_Getpagesize(void)
{
	return (intgo)physPageSize;
}

/* ---- the end, and chance ------------------------------------------------------------------ */

/* Nothing is buffered here. */
void
go_beforeExit(void)
{
}

void
go_Exit(intgo code)
{
	rtleave(rtenter());
	exitProgram((int)code);
}

uint32_t
gofastrand(void)
{
	struct g *gp = rtenter();
	uint32_t r = (uint32_t)wyrand(&gp->m->rand[0]);
	rtleave(gp);
	return r;
}
