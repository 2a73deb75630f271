/* args.c: args, goargs, goenvs: the vectors the kernel left on the first stack.      room: boot
 *
 *   argv[0] .. argv[argc-1] NULL  envp[0] .. NULL  auxv pairs .. AT_NULL
 *
 * args() finds the three vectors and lets the port read auxv, before there is any memory to copy
 * to. goargs and goenvs, after mallocinit, make Go strings of them: what a Go program sees as
 * os.Args and syscall.Environ. The bytes stay where the kernel put them.
 */
#include "boot/boot.h"

#include "base/base.h"
#include "core/type.h"
#include "mem/mem.h"

struct argstrings argstrings;

void
args(int argc, char **argv)
{
	procargs.argc = argc;
	procargs.argv = argv;
	procargs.envp = argv + argc + 1;
	char **e = procargs.envp;
	while (*e != NULL)
		e++;
	procargs.auxv = (const uintptr_t *)(e + 1);
	sysargs(procargs.auxv);
	osfacts.procsGiven = gogetenv("GOMAXPROCS") != NULL;
	/* A few keys of GODEBUG steer steps that come before parsedebugvars. A set-user-ID
	 * program does not listen to them: see secure.c. */
	if (!osfacts.secure)
		parsedebugvarsEarly();
	bootResult("argc=%d, page size %lu", argc, (unsigned long)physPageSize);
}

static const struct gostring *
strings(char **v, intgo n)
{
	if (n == 0)
		return NULL;
	struct gostring *s = persistentalloc((uintptr_t)n * sizeof *s, _Alignof(struct gostring));
	for (intgo i = 0; i < n; i++) {
		s[i].str = (const uint8_t *)v[i];
		s[i].len = (intgo)rtstrlen(v[i]);
	}
	return s;
}

void
goargs(void)
{
	argstrings.nargs = procargs.argc;
	argstrings.args = strings(procargs.argv, procargs.argc);
	bootResult("%d argument%s", procargs.argc, procargs.argc == 1 ? "" : "s");
}

void
goenvs(void)
{
	intgo n = 0;
	while (procargs.envp[n] != NULL)
		n++;
	argstrings.nenvs = n;
	argstrings.envs = strings(procargs.envp, n);
	bootResult("%ld variable%s", (long)n, n == 1 ? "" : "s");
}
