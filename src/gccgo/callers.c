/* callers.c: who called, in Go's words: Caller, Callers, CallersFrames, FuncForPC, Stack. room: gccgo
 *
 * A stack is a list of return addresses, and functions that were inlined into one have the same. So
 * Callers gives a pc as often as there are functions in it, innermost first; Frames.Next counts
 * how often it met the pc and takes that one of them.
 *
 * What shows     The program's functions, not what the compiler makes to pass arguments on, and of
 *            the library what Go has as well: functions known by Go's names ("runtime.Callers", by
 *            their assembler names), and those of the language that C calls by the plain ones.
 *            A function that calls recover is two, F..r with the body and F, which calls it: that is
 *            one frame, F at the body's line.
 * Where it runs  On g0: the unwinder and libbacktrace take more stack than goroutines start with.
 * Names      libbacktrace's strings live for ever. Mangled ones are copied to the heap, after the walk.
 */
#include "boot/boot.h"
#include "core/bits.h"
#include "gccgo/std.h"
#include "gccgo/unwind.h"
#include "prof/prof.h"

#define NAME_LENGTH 1024

struct gostring
gostringOf(const char *s)
{
	return (struct gostring){(const uint8_t *)s, s != NULL ? (intgo)rtstrlen(s) : 0};
}

struct gostring
gostringCopy(const char *s, uintptr_t n)
{
	if (n == 0)
		return (struct gostring){0};
	struct g *gp = rtenter();
	uint8_t *p = mallocNoscan(n, false);
	rtleave(gp);
	__builtin_memcpy(p, s, n);
	return (struct gostring){p, (intgo)n};
}

/* The name that Go shows. */
static struct gostring
nameOf(const char *symbol)
{
	char buf[NAME_LENGTH];
	if (symbol == NULL || !unmangle(symbol, buf, sizeof buf))
		return gostringOf(symbol);
	return gostringCopy(buf, rtstrlen(buf));
}

/* ---- which frames show -------------------------------------------------------------------- */

static bool
startsWith(const char *s, const char *prefix)
{
	while (*prefix != 0)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static bool
equal(const char *a, const char *b)
{
	return startsWith(a, b) && a[rtstrlen(b)] == 0;
}

/* The language's own functions, by the names that the library's C has for them. */
static const struct known {
	const char *inside, *outside;
} known[] = {
	{"gopanic", "runtime.gopanic"}, {"sigpanic", "runtime.sigpanic"},
	{"panicmem", "runtime.panicmem"}, {"panicdivide", "runtime.panicdivide"},
	{"panicshift", "runtime.panicshift"}, {"panicdottype", "runtime.panicdottype"},
	{"goPanicIndex", "runtime.goPanicIndex"}, {"goPanicIndexU", "runtime.goPanicIndexU"},
	{"goPanicSliceAlen", "runtime.goPanicSliceAlen"},
	{"goPanicSliceAlenU", "runtime.goPanicSliceAlenU"},
	{"goPanicSliceAcap", "runtime.goPanicSliceAcap"},
	{"goPanicSliceAcapU", "runtime.goPanicSliceAcapU"},
	{"goPanicSliceB", "runtime.goPanicSliceB"}, {"goPanicSliceBU", "runtime.goPanicSliceBU"},
	{"Goexit", "runtime.Goexit"}, {"runtime_main", "runtime.main"},
	{"gostart", "runtime.goexit"}, /* the last frame: testing looks behind that of its runner */
};

/* The frame's symbol as it counts, or NULL. */
static const char *
shown(const struct symframe *f)
{
	const char *name = f->function;
	if (name == NULL)
		return f->runtime ? NULL : "";
	if (isThunk(name) || equal(name, "calldefer"))
		return NULL;
	if (!f->runtime)
		return name;
	for (const char *p = name; *p != 0; p++)
		if (*p == '.' && p > name && p[1] != 0)
			return name;
	for (uint32_t i = 0; i < nelem(known); i++)
		if (equal(name, known[i].inside))
			return known[i].outside;
	return NULL;
}

/* ---- what is at a pc ---------------------------------------------------------------------- */

struct found {
	uintptr_t pc;
	const char *function, *file;
	intgo line;
};

/* What is known of a pc, innermost function first. Looked up in the debug information once: that
 * takes longer than to unwind a frame, and MakeFunc's functions look at their callers each time. */
struct pcinfo {
	struct pcinfo *next; /* constant */
	uintptr_t pc;
	uint32_t n;
	struct symframe frames[];
};

enum { BUCKETS = 4096, MOST_KNOWN = 65536, MOST_INLINED = 16 };
static struct pcinfo *known_pcs[BUCKETS]; /* atomic: a list, in front of which one is put */
static uint32_t nknown;                   /* atomic */

/* Go programs tell the runtime's frames by "runtime/" in the name of the file. Ours lie in rooms:
 * .../src/gccgo/callers.c is runtime/gccgo/callers.c to them. There are few; each is made once. */
struct runtimefile {
	struct runtimefile *next; /* constant */
	const char *file;
	char name[];
};
static struct runtimefile *runtimefiles; /* atomic: put in front */

static const char *
runtimeFile(const char *file)
{
	static const char dir[] = "runtime/", sources[] = "/src/";
	for (struct runtimefile *r = load_acq(&runtimefiles); r != NULL; r = r->next)
		if (equal(r->file, file))
			return r->name;
	const char *tail = file;
	for (const char *s = file; *s != 0; s++)
		if (startsWith(s, sources))
			tail = s + sizeof sources - 1;
	uintptr_t n = rtstrlen(tail) + 1;
	struct runtimefile *r = persistentalloc(sizeof *r + sizeof dir - 1 + n, PTRSIZE);
	r->file = file;
	__builtin_memcpy(r->name, dir, sizeof dir - 1);
	__builtin_memcpy(r->name + sizeof dir - 1, tail, n);
	do
		r->next = load_acq(&runtimefiles);
	while (!cas(&runtimefiles, r->next, r));
	return r->name;
}

struct gather {
	uint32_t n;
	struct symframe frames[MOST_INLINED];
};

static void
onGather(void *arg, const struct symframe *f)
{
	struct gather *t = arg;
	if (t->n == MOST_INLINED)
		return;
	struct symframe *to = &t->frames[t->n++];
	*to = *f;
	if (f->runtime)
		to->file = runtimeFile(f->file);
}

/* On g0. pc is exact. */
static void
eachFrame(uintptr_t pc, void (*fn)(void *arg, const struct symframe *f), void *arg)
{
	struct pcinfo **head = &known_pcs[(pc ^ pc >> 12) % BUCKETS], *p = load_acq(head);
	while (p != NULL && p->pc != pc)
		p = p->next;
	if (p == NULL) {
		struct gather t = {0};
		symbolize(pc, onGather, &t);
		if (xadd(&nknown, 1u) > MOST_KNOWN) {
			for (uint32_t i = 0; i < t.n; i++)
				fn(arg, &t.frames[i]);
			return;
		}
		p = persistentalloc(sizeof *p + t.n * sizeof p->frames[0], PTRSIZE);
		p->pc = pc;
		p->n = t.n;
		__builtin_memcpy(p->frames, t.frames, t.n * sizeof p->frames[0]);
		do
			p->next = load_acq(head);
		while (!cas(head, p->next, p));
	}
	for (uint32_t i = 0; i < p->n; i++)
		fn(arg, &p->frames[i]);
}

/* ---- walking ------------------------------------------------------------------------------ */

struct collect {
	struct g *gp;
	struct unwindregs start;
	intgo skip, n, max;
	bool everything;
	uintptr_t pc;
	const char *body; /* the frame before was this F..r */
	struct found *to; /* or */
	uintptr_t *pcs;
};

static void
onSymbol(void *arg, const struct symframe *f)
{
	struct collect *c = arg;
	const char *name = c->everything ? (f->function != NULL ? f->function : "") : shown(f);
	if (name == NULL || c->n == c->max)
		return;
	const char *body = c->body;
	c->body = NULL;
	if (!c->everything) {
		if (body != NULL && isBodyOf(body, name))
			return;
		c->body = name;
	}
	if (c->skip > 0) {
		c->skip--;
		return;
	}
	if (c->pcs != NULL)
		c->pcs[c->n] = c->pc;
	else
		c->to[c->n] = (struct found){c->pc, name, f->file, f->line};
	c->n++;
}

static bool
onPc(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	struct collect *c = arg;
	(void)sp;
	(void)fp;
	c->pc = pc;
	eachFrame(pc - 1, onSymbol, c);
	return c->n < c->max;
}

static void
collectOnG0(void *arg)
{
	struct collect *c = arg;
	unwind(c->gp, &c->start, onPc, c);
}

static void
collect(struct collect *c)
{
	struct g *gp = rtenter();
	c->gp = gp;
	if (c->max > 0)
		systemstack(collectOnG0, c);
	rtleave(gp);
}

/* The caller of the function that this stands in. The library keeps frame pointers. */
#define CALLER_START(c)                                                                            \
	do {                                                                                       \
		uintptr_t *frame_ = __builtin_frame_address(0);                                    \
		(c)->start = (struct unwindregs){                                                  \
			.pc = frame_[1], .sp = (uintptr_t)(frame_ + 2), .fp = frame_[0]};          \
	} while (0)

/* ---- runtime.Caller, runtime.Callers ------------------------------------------------------ */

struct callerresult
go_Caller(intgo skip)
{
	struct found f = {0};
	struct collect c = {.skip = skip, .max = skip >= 0 ? 1 : 0, .to = &f};
	CALLER_START(&c);
	collect(&c);
	return (struct callerresult){f.pc, gostringOf(f.file), f.line, c.n > 0};
}

intgo
go_Callers(intgo skip, struct goslice pcs)
{
	struct collect c = {.skip = skip - 1, .max = pcs.len, .pcs = pcs.array};
	CALLER_START(&c);
	if (pcs.len == 0)
		return 0;
	if (skip <= 0) { /* this function */
		c.pcs[c.n++] = (uintptr_t)go_Callers + 1;
		c.skip = 0;
	}
	collect(&c);
	return c.n;
}

int32_t
go_runtime_callers(int32_t skip, struct location *to, int32_t max, bool keepthunks)
{
	enum { MOST = 32 };
	struct found f[MOST];
	/* Frame 0 is who called this. */
	struct collect c = {
		.skip = skip, .max = max < MOST ? max : MOST, .everything = keepthunks, .to = f};
	CALLER_START(&c);
	collect(&c);
	for (intgo i = 0; i < c.n; i++)
		to[i] = (struct location){
			f[i].pc, gostringOf(f[i].file), gostringOf(f[i].function), f[i].line};
	return (int32_t)c.n;
}

/* ---- program counters into names ---------------------------------------------------------- */

struct lookup {
	uintptr_t pc; /* where to look */
	intgo index;  /* which of the functions there; the last one if there are fewer */
	intgo n;
	const char *function, *file;
	intgo line;
	uintptr_t entry;
};

static void
onLookup(void *arg, const struct symframe *f)
{
	struct lookup *l = arg;
	const char *name = shown(f);
	if (!f->inlined)
		l->entry = f->entry;
	if (name == NULL && (f->function == NULL || f->inlined || l->n > 0))
		return;
	if (l->n++ > l->index)
		return;
	l->function = name != NULL ? name : f->function;
	l->file = f->file;
	l->line = f->line;
}

static void
lookupOnG0(void *arg)
{
	struct lookup *l = arg;
	eachFrame(l->pc, onLookup, l);
}

static void
lookup(struct lookup *l)
{
	struct g *gp = rtenter();
	systemstack(lookupOnG0, l);
	rtleave(gp);
}

static struct gofunc *
funcOf(const struct lookup *l)
{
	if (l->function == NULL || l->function[0] == 0)
		return NULL;
	struct gostring name = nameOf(l->function);
	struct g *gp = rtenter();
	struct gofunc *f = mallocConservative(sizeof *f);
	rtleave(gp);
	*f = (struct gofunc){name, l->entry};
	return f;
}

struct goframes *
go_CallersFrames(struct goslice pcs)
{
	struct g *gp = rtenter();
	struct goframes *f = mallocConservative(sizeof *f);
	rtleave(gp);
	f->callers = pcs;
	return f;
}

struct nextresult
go_Frames_Next(struct goframes *f)
{
	struct nextresult r = {0};
	const uintptr_t *pcs = f->callers.array;
	while (f->callers.len > 0) {
		uintptr_t pc = *pcs++;
		f->callers.len--;
		f->callers.cap--;
		/* One past the end of an array is not in it, for a collector. */
		if (f->callers.cap > 0)
			f->callers.array = (void *)(uintptr_t)pcs;
		f->lastCount = pc == f->last ? f->lastCount + 1 : 0;
		f->last = pc;
		struct lookup l = {.pc = pc - 1, .index = f->lastCount};
		lookup(&l);
		if (l.function == NULL)
			continue;
		r.frame = (struct goframe){.pc = pc - 1,
			.func = funcOf(&l),
			.file = gostringOf(l.file),
			.line = l.line,
			.entry = l.entry};
		if (r.frame.func != NULL)
			r.frame.function = r.frame.func->name;
		r.more = f->callers.len > 0;
		return r;
	}
	return r;
}

/* pc may be a function's value or what Callers returned. The second may already lie behind the
 * function, if it ends with a call that never returns; the first is the entry of its own. */
static void
lookupEither(struct lookup *l, uintptr_t pc)
{
	l->pc = pc;
	lookup(l);
	if (l->entry == pc)
		return;
	*l = (struct lookup){.pc = pc - 1, .index = INTPTR_MAX};
	lookup(l);
}

struct gofunc *
go_FuncForPC(uintptr_t pc)
{
	struct lookup l = {.index = INTPTR_MAX};
	if (pc == 0)
		return NULL;
	lookupEither(&l, pc);
	return funcOf(&l);
}

struct gostring
go_Func_Name(struct gofunc *f)
{
	return f != NULL ? f->name : (struct gostring){0};
}

uintptr_t
go_Func_Entry(struct gofunc *f)
{
	return f->entry;
}

struct filelineresult
go_Func_FileLine(struct gofunc *f, uintptr_t pc)
{
	struct lookup l = {.index = INTPTR_MAX};
	(void)f;
	lookupEither(&l, pc);
	return (struct filelineresult){gostringOf(l.file), l.line};
}

/* ---- runtime.Stack ------------------------------------------------------------------------ */

struct stackprint {
	struct g *gp;
	struct unwindregs start;
	struct goslice buf;
	bool all;
};

static void
stackOnG0(void *arg)
{
	struct stackprint *s = arg;
	printlock();
	printInto(s->buf.array, (uintptr_t)s->buf.len);
	goroutineheader(s->gp);
	traceback(s->gp, s->start.pc, s->start.sp, s->start.fp);
	if (s->all)
		tracebackothers(s->gp);
	s->buf.len = (intgo)printedInto();
	printunlock();
}

intgo
go_Stack(struct goslice buf, bool all)
{
	struct stackprint s = {.buf = buf, .all = all};
	CALLER_START(&s);
	if (buf.len == 0)
		return 0;
	s.gp = rtenter();
	if (all)
		stopTheWorld();
	systemstack(stackOnG0, &s);
	if (all)
		startTheWorld();
	rtleave(s.gp);
	return s.buf.len;
}

/* ---- the environment ---------------------------------------------------------------------- */

struct gostring
go_gogetenv(struct gostring key)
{
	for (intgo i = 0; i < argstrings.nenvs; i++) {
		struct gostring e = argstrings.envs[i];
		if (e.len > key.len && e.str[key.len] == '=' &&
			memequal(e.str, key.str, (uintptr_t)key.len))
			return (struct gostring){e.str + key.len + 1, e.len - key.len - 1};
	}
	return (struct gostring){0};
}

struct goslice
go_get_envs(void)
{
	intgo n = argstrings.nenvs;
	struct g *gp = rtenter();
	struct gostring *p = mallocConservative((uintptr_t)n * sizeof *p);
	rtleave(gp);
	for (intgo i = 0; i < n; i++)
		p[i] = argstrings.envs[i];
	return (struct goslice){p, n, n};
}

/* ---- what the build knows ----------------------------------------------------------------- */

struct gostring
go_GOROOT(void)
{
	struct gostring env = go_gogetenv(GOSTR("GOROOT"));
	return env.len > 0 ? env : go_defaultGOROOT;
}

struct gostring
go_Version(void)
{
	return go_buildVersion;
}

void
go_Breakpoint(void)
{
	__asm__ volatile("int3");
}

void
go_abort(void)
{
	for (;;)
		__asm__ volatile("int3");
}
