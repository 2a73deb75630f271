/* symbolize.c (hosted): pc -> function, file and line, by libbacktrace.              room: prof
 *
 * libbacktrace reads the DWARF of the executable and of every loaded library from their files,
 * the first time somebody asks; its memory comes from mmap, its tables are lock-free
 * (threaded = 1). What it uses of libc is open, read and mmap; what is loaded it hears from
 * objects.c, which takes no lock of the loader's.
 *
 * Whose code is it? The library's frames are known by their source files: this file's own path,
 * as the debug information has it, is FOLDER/prof/hosted/symbolize.c, and FOLDER is where the
 * library's sources lie. Nothing else compiles files from there. The assembler may spell that
 * folder in another way than the compiler (clang's is relative to the tree), so a function of
 * arch/ in assembly is asked too. Without debug information the answer is always "the program's":
 * too many frames rather than too few.
 */
#include "prof/prof.h"

#include <backtrace.h>

#define MAX_INLINED 16

static struct backtrace_state *state; /* atomic: whoever creates it first */

/* The folder of the library's sources, ending in '/', as compiler and assembler spell it. Written
 * once; any thread computes the same. */
static struct root {
	const char *path;
	uintptr_t len; /* 0: unknown */
} roots[2];
static uint32_t rootsKnown; /* atomic: roots is complete */

struct lookup {
	uint32_t n;
	struct symframe frames[MAX_INLINED];
	const char *symname;
	uintptr_t symval;
};

static void
onError(void *data, const char *msg, int errnum)
{
	(void)data;
	(void)msg;
	(void)errnum; /* no debug information: the frame shows what is known without */
}

/* A line table may name a file by its full path and a folder before it; libbacktrace joins them
 * anyhow. What follows the double slash is the path. */
static const char *
plainPath(const char *file)
{
	const char *path = file;
	for (const char *p = file; p != NULL && p[0] != 0; p++)
		if (p[0] == '/' && p[1] == '/')
			path = p + 1;
	return path;
}

static int
onFrame(void *data, uintptr_t pc, const char *file, int line, const char *function)
{
	struct lookup *l = data;
	(void)pc;
	if (file == NULL && function == NULL)
		return 0;
	if (l->n < MAX_INLINED)
		l->frames[l->n++] = (struct symframe){
			.function = function, .file = plainPath(file), .line = line};
	return 0;
}

static void
onSymbol(void *data, uintptr_t pc, const char *name, uintptr_t value, uintptr_t size)
{
	struct lookup *l = data;
	(void)pc;
	(void)size;
	l->symname = name;
	l->symval = value;
}

static struct backtrace_state *
getState(void)
{
	struct backtrace_state *s = load_acq(&state);
	if (s == NULL) {
		s = backtrace_create_state(NULL, 1, onError, NULL);
		if (s != NULL && !cas(&state, (struct backtrace_state *)NULL, s))
			s = load_acq(&state);
	}
	return s;
}

static void
find(struct lookup *l, uintptr_t pc)
{
	l->n = 0;
	l->symname = NULL;
	l->symval = 0;
	struct backtrace_state *s = getState();
	if (s == NULL)
		return;
	backtrace_pcinfo(s, pc, onFrame, onError, l);
	backtrace_syminfo(s, pc, onSymbol, onError, l);
}

static bool
startsWith(const char *s, const char *prefix, uintptr_t n)
{
	for (uintptr_t i = 0; i < n; i++)
		if (s[i] != prefix[i])
			return false;
	return true;
}

/* pc lies in a function of this room: the sources' folder is what its file's name has before the
 * last "/room/". */
static void
findRoot(struct root *r, uintptr_t pc, const char *room)
{
	struct lookup l;
	find(&l, pc);
	if (l.n == 0 || l.frames[l.n - 1].file == NULL)
		return;
	const char *file = l.frames[l.n - 1].file;
	uintptr_t n = rtstrlen(file), roomlen = rtstrlen(room);
	for (uintptr_t i = 0; i + roomlen <= n; i++) {
		if (startsWith(file + i, room, roomlen)) {
			r->path = file;
			r->len = i + 1;
		}
	}
}

static bool
isRuntime(const char *file)
{
	if (file == NULL)
		return false;
	for (uint32_t i = 0; i < nelem(roots); i++)
		if (roots[i].len > 0 && startsWith(file, roots[i].path, roots[i].len))
			return true;
	return false;
}

/* Of a Go function in a function the debug information has only the plain name; names are to be
 * what the assembler has. */
static bool
isGoClosure(const char *name)
{
	for (; *name != 0; name++)
		if (startsWith(name, "..func", 6))
			return true;
	return false;
}

void
symbolize(uintptr_t pc, void (*fn)(void *arg, const struct symframe *f), void *arg)
{
	if (load_acq(&rootsKnown) == 0) {
		findRoot(&roots[0], (uintptr_t)find, "/prof/");
		findRoot(&roots[1], (uintptr_t)gostart, "/arch/");
		store_rel(&rootsKnown, 1u);
	}
	struct lookup l;
	find(&l, pc);
	if (l.n == 0)
		l.frames[l.n++] = (struct symframe){0};
	struct symframe *last = &l.frames[l.n - 1];
	last->entry = l.symval;
	if (last->function == NULL || (l.symname != NULL && isGoClosure(last->function)))
		last->function = l.symname;
	for (uint32_t i = 0; i < l.n; i++) {
		l.frames[i].inlined = i + 1 < l.n;
		l.frames[i].runtime = isRuntime(l.frames[i].file);
		fn(arg, &l.frames[i]);
	}
}
