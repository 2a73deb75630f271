/* library.c: the program has its own main, and the runtime is a guest in its process. room: boot
 *
 * gort_init, or the first call of a function that needs the runtime, comes here. The boot is the
 * same list of steps as everywhere (rt0_go, docs/boot.md); only who does it differs. The calling
 * thread is the program's, and must come back to it; so the boot gets a thread, whose stack is the
 * first g0 and which becomes m0. The caller waits until the packages are initialised, and attaches
 * itself afterwards, as any other thread of the program's does (sched/hosted/foreign.c). The main
 * goroutine has no gort_main to call: it ends.
 *
 * rt0_go wants the vectors as the kernel lays them out, argv, the environment and auxv in one
 * block. Nobody passes them to a library, so such a block is made here: the arguments from /proc
 * (none, if there is no /proc), the environment as it is now, copied, because it is the program's
 * to change, and of auxv what the runtime looks at.
 *
 * Code of the runtime runs until the process ends. The object that it lies in, libgort.so or a
 * plug-in that has the archive inside, must not be unloaded, so it is marked: dlclose leaves it
 * where it is. (libgort.so is linked so, too; but a plug-in's author may forget.) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "boot/boot.h"

#include "base/base.h"
#include "core/upcalls.h"
#include "sched/sched.h"

/* Weak: a static program has no dynamic linker, and should not be warned that it lacks one. */
#pragma weak dladdr1
#pragma weak dlopen

/* ---- the vectors --------------------------------------------------------------------------- */

static struct {
	int argc;
	char **argv;
	uint64_t mask; /* signals that the thread which starts us has blocked */
} vectors;             /* written before the boot's thread starts */

static const unsigned long auxvKeys[] = {AT_PAGESZ, AT_SECURE, AT_RANDOM, AT_MINSIGSTKSZ, AT_PHDR,
	AT_PHNUM, AT_SYSINFO_EHDR, AT_HWCAP, AT_HWCAP2};

static void *
pages(uintptr_t n)
{
	void *p = sysAlloc((n + physPageSize - 1) & ~(physPageSize - 1));
	if (p == NULL)
		bootfail(2, "cannot map %lu bytes to start with", (unsigned long)n);
	return p;
}

/* The whole file, with a NUL behind it; *n is its length. */
static char *
readWhole(const char *path, uintptr_t *n)
{
	uintptr_t size = 4096;
	*n = 0;
	for (;;) {
		char *buf = pages(size);
		int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
		intptr_t got = 0;
		uintptr_t len = 0;
		while (fd >= 0 && len < size - 1 &&
			(got = sys_read(fd, buf + len, size - 1 - len)) > 0)
			len += (uintptr_t)got;
		if (fd >= 0)
			sys_close(fd);
		if (len < size - 1) {
			buf[len] = 0;
			*n = len;
			return buf;
		}
		sysFree(buf, size);
		size *= 2;
	}
}

static void
makeVectors(void)
{
	uintptr_t len;
	char *args = readWhole("/proc/self/cmdline", &len);
	uintptr_t argc = 0, envc = 0, envbytes = 0;
	for (uintptr_t i = 0; i < len; i++)
		argc += args[i] == 0;
	char **env = environ;
	for (; env != NULL && env[envc] != NULL; envc++)
		envbytes += rtstrlen(env[envc]) + 1;

	uintptr_t words = argc + 1 + envc + 1 + 2 * nelem(auxvKeys) + 2;
	uintptr_t *v = pages(words * sizeof *v + envbytes);
	char *text = (char *)(v + words);
	vectors.argc = (int)argc;
	vectors.argv = (char **)v;
	for (uintptr_t i = 0; i < argc; i++, args += rtstrlen(args) + 1)
		*v++ = (uintptr_t)args;
	*v++ = 0;
	for (uintptr_t i = 0; i < envc; i++) {
		uintptr_t n = rtstrlen(env[i]) + 1;
		memmove(text, env[i], n);
		*v++ = (uintptr_t)text;
		text += n;
	}
	*v++ = 0;
	for (uintptr_t i = 0; i < nelem(auxvKeys); i++) {
		uintptr_t value = getauxval(auxvKeys[i]);
		if (value != 0) {
			*v++ = auxvKeys[i];
			*v++ = value;
		}
	}
	v[0] = AT_NULL;
}

/* ---- staying ------------------------------------------------------------------------------- */

static void
stayLoaded(void)
{
	Dl_info info;
	struct link_map *map = NULL;
	if (dladdr1 == NULL || dlopen == NULL)
		return;
	if (dladdr1(&vectors, &info, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL)
		return;
	if (map->l_name != NULL && map->l_name[0] != 0)
		dlopen(map->l_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* ---- the boot ------------------------------------------------------------------------------ */

/* The main goroutine's main. */
static int
libraryMain(int argc unused_ok, char **argv unused_ok)
{
	bootReached(BOOT_DONE);
	rtenter();
	templateReady(); /* while m0 makes threads like itself */
	goexit1();
}

/* The thread has all signals blocked. Its mask becomes the caller's, as a new thread's would be,
 * and so do the masks of all threads that will run goroutines. */
static void
boot(void *arg unused_ok)
{
	osSigMask(2, vectors.mask);
	rt0_go(vectors.argc, vectors.argv);
}

int
libraryInit(const struct hostoptions *opt)
{
	if (getg() != NULL)
		return GORT_BOOTED;
	if (!bootBegin()) {
		bootWait(BOOT_RUNS);
		return GORT_BOOTED;
	}
	osFaults(environ);
	osfacts.guest = true;
	hostoptions = *opt;
	hostoptions.guest = true;
	main_main = libraryMain;
	makeVectors();
	vectors.mask = osSigMask(0, 0);
	stayLoaded();
	osMembarrierInit(); /* while there is perhaps one thread only */
	int err = osBootThread(boot, NULL);
	if (err != 0)
		bootfail(2, "the kernel refuses a thread (errno %d%s)", -err, osThreadWhy(err));
	bootWait(BOOT_DONE);
	return 0;
}

void
libraryStart(void)
{
	static const struct hostoptions none;
	libraryInit(&none);
}
