/* unwind.c: walking frames of Go code, by its unwind tables.                        room: gccgo
 *
 * gccgo keeps no frame pointers, and libgo neither, so tracebacks of a program that has Go code in
 * it follow the tables that exceptions follow. What prof/traceback.c walks it asks for here.
 *
 * Which unwinder  libgcc's, which panics need anyhow. With gcc 12 and glibc 2.35 or later it finds the
 *            tables without a lock of the loader's (_dl_find_object), so a dying process may use it.
 * Other stacks    unwindFrom. Of a goroutine that stands still only pc, stack and frame pointer are noted;
 *            that is enough, since compiled code finds its caller by one of the two.
 * Faults     A fault is turned into a call that leaves room below the stack pointer (the red zone),
 *            so what the tables say about that frame holds for the stack pointer at the fault. The
 *            walk begins again there.
 * Boundaries What a function with a frame on a larger stack returns to is __morestack; its frame is the
 *            runtime's and does not count. It is unwound to the caller of that function.
 * Names      Mangled so that assemblers accept them: '_' and a character stand for one that
 *            they do not, "__" for '_'. After ".." nothing is.
 */
#include "gccgo/unwind.h"

#include "prof/prof.h"

struct unwinding {
	struct g *gp;
	bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp);
	void *arg;
	bool first;
	bool again; /* from start */
	struct unwindregs start;
};

/* Apart: in a function that calls other code, linkers take each mention of __morestack for a prologue. */
static never_inline bool
inMorestack(uintptr_t pc)
{
	return pc > (uintptr_t)__morestack && pc <= (uintptr_t)morestackEnd;
}

static _Unwind_Reason_Code
onFrame(struct _Unwind_Context *c, void *arg)
{
	enum { RBX = 3, RBP = 6, R12 = 12 };
	struct unwinding *u = arg;
	if (u->first) { /* unwindFrom itself */
		u->first = false;
		return _URC_NO_REASON;
	}
	uintptr_t pc = _Unwind_GetIP(c), sp = _Unwind_GetCFA(c);
	if (pc == 0)
		return _URC_END_OF_STACK;
	if (inMorestack(pc))
		return _URC_NO_REASON;
	const struct g *gp = u->gp;
	if (gp->sig != 0 && pc == gp->sigpc + 1 && sp < gp->sigsp && gp->sigsp - sp < 256) {
		u->start = (struct unwindregs){pc, gp->sigsp, _Unwind_GetGR(c, RBP),
			_Unwind_GetGR(c, RBX), _Unwind_GetGR(c, R12), _Unwind_GetGR(c, R12 + 1),
			_Unwind_GetGR(c, R12 + 2), _Unwind_GetGR(c, R12 + 3)};
		u->again = true;
		return _URC_END_OF_STACK;
	}
	return u->visit(u->arg, pc, sp, _Unwind_GetGR(c, RBP)) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void
unwind(struct g *gp, const struct unwindregs *at,
	bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp), void *arg)
{
	struct unwinding u = {.gp = gp, .visit = visit, .arg = arg, .start = *at, .again = true};
	while (u.again) {
		u.again = false;
		u.first = true;
		unwindFrom(&u.start, onFrame, &u);
	}
}

static void
unwindFrames(struct g *gp, uintptr_t pc, uintptr_t sp, uintptr_t fp,
	bool (*visit)(void *arg, uintptr_t pc, uintptr_t sp, uintptr_t fp), void *arg)
{
	unwind(gp, &(struct unwindregs){.pc = pc, .sp = sp, .fp = fp}, visit, arg);
}

/* ---- names -------------------------------------------------------------------------------- */

static int
hexdigit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uintptr_t
putrune(char *buf, uintptr_t at, uintptr_t n, uint32_t r)
{
	char utf[4];
	uintptr_t len = r < 0x80 ? 1 : r < 0x800 ? 2 : r < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (uintptr_t i = len - 1; i > 0; i--, r >>= 6)
		utf[i] = (char)(0x80 | (r & 0x3f));
	utf[0] = (char)(lead[len] | r);
	for (uintptr_t i = 0; i < len && at + 1 < n; i++)
		buf[at++] = utf[i];
	return at;
}

bool
unmangle(const char *s, char *buf, uintptr_t n)
{
	static const char digits[] = "./*,{}[]()", letters[] = "\" ;";
	uintptr_t at = 0;
	bool mangled = false, dotted = false;
	for (const char *p = s; *p != 0; p++)
		dotted |= *p == '.';
	if (!dotted || n == 0)
		return false;
	for (; *s != 0 && at + 1 < n; s++) {
		if (s[0] == '.' && s[1] == '.')
			break;
		if (s[0] != '_' || s[1] == 0) {
			buf[at++] = *s;
			continue;
		}
		mangled = true;
		char c = *++s;
		int width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
		if (width > 0) {
			uint32_t r = 0;
			for (; width > 0 && hexdigit(s[1]) >= 0; width--)
				r = r << 4 | (uint32_t)hexdigit(*++s);
			at = putrune(buf, at, n, r & 0x1fffff);
		} else if (c >= '0' && c <= '9') {
			buf[at++] = digits[c - '0'];
		} else if (c >= 'a' && c <= 'c') {
			buf[at++] = letters[c - 'a'];
		} else if (c == '_') {
			buf[at++] = c;
		} else {
			return false; /* a plain name: of an inlined closure */
		}
	}
	while (*s != 0 && at + 1 < n)
		buf[at++] = *s++;
	/* A function that calls recover has its body apart. */
	if (at > 3 && buf[at - 3] == '.' && buf[at - 2] == '.' && buf[at - 1] == 'r') {
		at -= 3;
		mangled = true;
	}
	buf[at] = 0;
	return mangled;
}

static bool
endsWithNumbered(const char *s, const char *what)
{
	uintptr_t n = rtstrlen(s), k = rtstrlen(what);
	while (n > 0 && s[n - 1] >= '0' && s[n - 1] <= '9')
		n--;
	if (n < k)
		return false;
	for (uintptr_t i = 0; i < k; i++)
		if (s[n - k + i] != what[i])
			return false;
	return true;
}

/* What the compiler makes to pass arguments on is not shown. */
bool
isThunk(const char *symbol)
{
	return endsWithNumbered(symbol, "..thunk") || endsWithNumbered(symbol, "..stub");
}

/* Nor, in tracebacks, what has a name of Go's runtime that it does not export. */
static bool
isHidden(const char *symbol)
{
	static const char prefix[] = "runtime.";
	enum { N = sizeof prefix - 1 };
	return isThunk(symbol) ||
	       (__builtin_strncmp(symbol, prefix, N) == 0 && symbol[N] >= 'a' && symbol[N] <= 'z');
}

bool
isBodyOf(const char *body, const char *function)
{
	while (*function != 0 && *body == *function) {
		body++;
		function++;
	}
	return *function == 0 && body[0] == '.' && body[1] == '.' && body[2] == 'r' && body[3] == 0;
}

static const struct unwinder gounwinder = {unwindFrames, unmangle, isHidden, isBodyOf};

void
unwindinit(void)
{
	unwinder = &gounwinder;
}
