/* findoor.c: runtime.SetFinalizer.                                                    room: gccgo
 *
 * What Go checks, in its words; the record is the collector's (mem/special.h), and so is the goroutine that
 * calls it (gc/finalizer.c). What is not on the heap lives for ever and needs no record. */
#include "gccgo/std.h"

#include "gc/finalizer.h"

static _Noreturn void
refuse(const char *fmt, const struct type *t, const struct type *u)
{
	static char text[512];
	char a[200], b[200] = "";
	uintptr_t n = typeString(t, a, sizeof a), k = u != NULL ? typeString(u, b, sizeof b) : 0;
	rtsnprintf(text, sizeof text, fmt, (int)(n < sizeof a ? n : sizeof a), a,
		(int)(k < sizeof b ? k : sizeof b), b);
	throw(text);
}

/* May a value of type t, a pointer, be passed as a parameter of type to? */
static bool
passes(const struct type *t, const struct type *to)
{
	if (t == to)
		return true;
	switch (to->kind & KindMask) {
	case KindPtr:
		return (t->uncommon == NULL || to->uncommon == NULL) &&
		       ((const struct ptrtype *)t)->elem == ((const struct ptrtype *)to)->elem;
	case KindInterface:
		return ((const struct interfacetype *)to)->nmethods == 0 || ifaceT2Ip(to, t);
	default:
		return false;
	}
}

/* The finalizer's goroutine: the function is called with the object as its parameter wants it, and what it
 * returns is dropped. word: the closure, its type, the pointer's type. */
static void
callGo(uintptr_t addr, void *const *word)
{
	const struct funcval *fn = word[0];
	const struct functype *ft = word[1];
	struct eface obj = {word[2], (void *)addr};
	const struct type *in = ft->in[0];
	struct iface i;
	void *param = &obj.data;
	rtleave(getg());
	if ((in->kind & KindMask) == KindInterface) {
		param = &obj;
		if (((const struct interfacetype *)in)->nmethods != 0) {
			ifaceE2I(in, obj, &i);
			param = &i;
		}
	}
	reflectcall(ft, fn, false, false, &param, NULL);
	rtenter();
}

void
go_SetFinalizer(struct eface obj, struct eface fn)
{
	if (obj.type == NULL)
		throw("runtime.SetFinalizer: first argument is nil");
	if ((obj.type->kind & KindMask) != KindPtr)
		refuse("runtime.SetFinalizer: first argument is %.*s, not pointer", obj.type, NULL);
	const struct type *elem = ((const struct ptrtype *)obj.type)->elem;
	if (obj.data == NULL)
		throw("runtime.SetFinalizer: pointer not in heap");
	uintptr_t p = (uintptr_t)obj.data, base = findObject(p, NULL, NULL);
	/* What is not on the heap lives for ever, and so does what has no size. */
	if (base == 0 || elem->size == 0)
		return;
	/* Small objects without pointers share a block. */
	if (p != base && (elem->ptrdata != 0 || elem->size >= 16))
		throw("runtime.SetFinalizer: pointer not at beginning of allocated block");
	if (fn.type != NULL) {
		if ((fn.type->kind & KindMask) != KindFunc)
			refuse("runtime.SetFinalizer: second argument is %.*s, not a function",
				fn.type, NULL);
		const struct functype *ft = (const struct functype *)fn.type;
		if (ft->dotdotdot)
			refuse("runtime.SetFinalizer: cannot pass %.*s to finalizer %.*s because "
			       "dotdotdot",
				obj.type, fn.type);
		if (ft->nin != 1 || !passes(obj.type, ft->in[0]))
			refuse("runtime.SetFinalizer: cannot pass %.*s to finalizer %.*s", obj.type,
				fn.type);
	}
	struct specialcall call = {
		callGo, {fn.data, (void *)(uintptr_t)fn.type, (void *)(uintptr_t)obj.type}};
	bool ok = true;
	struct g *gp = rtenter();
	if (fn.type == NULL)
		specialRemoveFinalizer(p);
	else
		ok = finalizerSet(p, &call);
	rtleave(gp);
	if (!ok)
		throw("runtime.SetFinalizer: finalizer already set");
}
