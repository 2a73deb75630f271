/* start.c: a Go program begins, and registers what its packages have.               room: gccgo
 *
 * libgo's archive has a main; ours comes first, so that member is never taken. It boots the
 * runtime in its one order and gives it two functions: main_init, which runs where packages'
 * init tasks do, with the main goroutine locked to its thread and the collector's helpers
 * running, and main_main.
 *
 * __go_init_main is compiled from package main. It registers the type descriptors of all packages,
 * then calls each package's initialiser in the order of imports; each registers its variables that
 * hold pointers before it runs. All of that happens on the main goroutine: no lock.
 *
 * main is weak: a C file of the program's may bring its own, and start us by gort_start. */
#include "gccgo/gccgo.h"

#include "boot/boot.h"
#include "gc/gc.h"
#include "prof/prof.h"
#include "gccgo/std.h"
#include "gccgo/unwind.h"

struct gcrootlist *gogcroots;
struct gostring gomodinfo;

#define GOSTRING(s)                                                                                \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}

intgo go_MemProfileRate = 512 * 1024;
struct gostring go_buildVersion = GOSTRING("go1.18");
struct gostring go_defaultGOROOT = GOSTRING("/usr");
int32_t go_ncpu;
uint32_t go_expectedSystemGoroutines; /* none that NumGoroutine would have to wait for */
uint64_t go_blockprofilerate, go_mutexprofilerate;
struct gowritebarrier go_writeBarrier;

/* Package runtime's own initialiser: the boot has done it. */
void
go_runtime_import(void)
{
}

/* ---- GODEBUG=inittrace=1 ------------------------------------------------------------------ */

/* Between the packages' initialisers nobody calls us. But each begins by registering its roots, if
 * it has any, and it is the function that we return to then. A package without is counted with
 * the one before. */
static struct initspan initspan;
static uintptr_t initpc; /* in the initialiser that is measured; 0: none yet */
static int64_t initt0;
static int ngopackages; /* that have registered roots */

/* The package of "encoding_1json..import", as it is imported. */
static void
printSpan(void *arg, const struct symframe *f)
{
	char name[128];
	uintptr_t n = 0;
	const char *s = f->function != NULL ? f->function : "?";
	(void)arg;
	if (rtstreq(s, "__go_init_main", 14))
		s = "main";
	while (*s != 0 && !(s[0] == '.' && s[1] == '.') && n < sizeof name - 1) {
		if (s[0] == '_' && (s[1] == '1' || s[1] == '0' || s[1] == '_')) {
			name[n++] = s[1] == '1' ? '/' : s[1] == '0' ? '.' : '_';
			s += 2;
		} else {
			name[n++] = *s++;
		}
	}
	name[n] = 0;
	initSpanPrint(&initspan, name, initt0);
}

static void
endSpan(void)
{
	if (initpc == 0)
		return;
	initSpanEnd(&initspan);
	int64_t looked = nanotime();
	symbolize(initpc - 1, printSpan, NULL);
	initt0 += nanotime() - looked; /* the first time it reads a lot */
}

void
go_registerGCRoots(struct gcrootlist *r)
{
	r->next = gogcroots;
	gogcroots = r;
	ngopackages++;
	if (unlikely(debug.inittrace)) {
		endSpan();
		initpc = (uintptr_t)__builtin_return_address(0);
		initSpanBegin(&initspan);
	}
}

void
go_setmodinfo(struct gostring s)
{
	gomodinfo = s;
}

static struct gostring
debugEnv(void)
{
	const char *s = gogetenv("GODEBUG");
	return (struct gostring){(const uint8_t *)s, s == NULL ? 0 : (intgo)rtstrlen(s)};
}

/* The driver says so at link time: there is no code in the program but Go's and ours, so every pointer is stored
 * by the barrier. */
extern char gortPureGo[] __asm__("gort_pure_go") weak;
static bool pureGo;
/* There if somebody may ask for a profile of the heap. */
#pragma weak memProfileWanted
/* All of it was compiled so that prologues count (sched/hosted/ragged.c). */
extern char gotextBegin[] __asm__("gort_gotext_begin") weak;
extern char gotextEnd[] __asm__("gort_gotext_end") weak;

static int
goInit(int64_t t0)
{
	if (pureGo) {
		morestackText[0] = (uintptr_t)gotextBegin;
		morestackText[1] = gotextBegin != NULL ? (uintptr_t)gotextEnd : 0;
		gcPureGo(&go_writeBarrier.enabled);
	}
	unwindinit();
	tracebackParents = false;
	if (memProfileWanted != NULL)
		memProfileWanted();
	signalinit();
	go_ncpu = ncpu;
	errordoorinit();
	go_cpu_debugoptions = 1;
	go_cpu_initialize(debugEnv());
	initt0 = t0;
	go_init_main();
	if (debug.inittrace)
		endSpan();
	return ngopackages;
}

static int
goMain(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	go_main_main();
	return 0;
}

/* A function of libgo's runtime: there if libgo.so is in the program, whose other half calls that
 * runtime and not us. (Of libgo.a the linker takes none of it.) */
extern char libgoRuntime[] GO("runtime_mstart") weak;

int
main(int argc, char **argv)
{
	if (libgoRuntime != NULL)
		bootfail(2, "libgo's own runtime is in the program: link it with -static-libgo");
	if (!bootBegin())
		bootfail(2, "main: the runtime is running already");
	main_init = goInit;
	main_main = goMain;
	gotables = &gotablesLinked;
	pureGo = gortPureGo != NULL;
	rt0_go(argc, argv);
}
