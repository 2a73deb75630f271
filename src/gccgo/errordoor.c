/* errordoor.c: run time errors as values of Go's types.                              room: gccgo
 *
 * lang makes every panic through runtimeErrors; here it gets functions that make values of the
 * shim's types, before the first goroutine runs. */
#include "gccgo/gccgo.h"

/* The text may lie on the stack: a copy in the heap. */
static struct gostring
keep(struct gostring s)
{
	struct g *gp = rtenter();
	uint8_t *p = mallocNoscan((uintptr_t)s.len + 1, false);
	memmove(p, s.str, (uintptr_t)s.len);
	rtleave(gp);
	return (struct gostring){p, s.len};
}

static struct eface
toEface(struct iface i)
{
	return (struct eface){i.tab->type, i.data};
}

static struct eface
make(enum runtimeErrorKind kind, struct gostring text, uintptr_t addr)
{
	switch (kind) {
	case RTE_PLAIN:
		return toEface(go_mkPlain(keep(text)));
	case RTE_ADDRESS:
		return toEface(go_mkAddress(keep(text), addr));
	case RTE_ERROR:
	case RTE_CSTRING:
		break;
	}
	return toEface(go_mkError(keep(text)));
}

static struct eface
typeAssertion(const struct type *inter, const struct type *concrete, const struct type *asserted,
	struct gostring missing)
{
	struct gotypeAssertionError *e = newobject(&go_TypeAssertionError);
	e->interface = inter;
	e->concrete = concrete;
	e->asserted = asserted;
	e->missingMethod = missing;
	return (struct eface){&go_TypeAssertionErrorPtr, e};
}

static bool
text(struct eface v, struct gostring *out)
{
	struct gostringok r = go_errorText(v);
	if (r.ok)
		*out = r.s;
	return r.ok;
}

struct question {
	struct eface v;
	struct gostring *out;
	bool answered;
};

static void
ask(void *arg)
{
	struct question *q = arg;
	q->answered = text(q->v, q->out);
}

/* "panic while printing panic value", and what Go says of the second one. */
static _Noreturn void
noText(struct eface e)
{
	static const char said[] = "panic while printing panic value: ";
	enum { SAID = sizeof said - 1 };
	bool string = e.type == &go_string;
	const struct gostring *s = e.data;
	uintptr_t n = string ? (uintptr_t)s->len : 5 + typeString(e.type, NULL, 0);
	struct g *gp = rtenter();
	char *msg = mallocNoscan(SAID + n + 1, false);
	rtleave(gp);
	memmove(msg, said, SAID);
	if (string) {
		memmove(msg + SAID, s->str, n);
	} else {
		memmove(msg + SAID, "type ", 5);
		typeString(e.type, msg + SAID + 5, n - 5);
	}
	msg[SAID + n] = 0;
	rtenter();
	throw(msg);
}

static bool
lastText(struct eface v, struct gostring *out)
{
	struct question q = {v, out, false};
	struct eface e;
	if (!tryCall(ask, &q, &e) && e.type != NULL)
		noText(e);
	return q.answered;
}

void
errordoorinit(void)
{
	runtimeErrors.make = make;
	runtimeErrors.typeAssertion = typeAssertion;
	runtimeErrors.text = text;
	runtimeErrors.lastText = lastText;
	runtimeErrors.print = printpanicval;
	runtimeErrors.string = &go_string;
}

struct gostring
go_TypeAssertionErrorError(const struct gotypeAssertionError *e)
{
	return typeAssertionText(e->interface, e->concrete, e->asserted, e->missingMethod);
}

static struct iface
toError(struct eface e)
{
	struct iface i;
	ifaceE2I(&go_error, e, &i);
	return i;
}

struct iface
go_getDivideError(void)
{
	return toError(divideError());
}

struct iface
go_getOverflowError(void)
{
	return toError(overflowError());
}
