/* ctypes.c: interfaces and types that C programs declare.                            room: lang
 *
 * GORT_IMPLEMENT says that a C type implements an interface, and brings the table of methods ready
 * made. The records are linked by constructors, before there is a runtime; itabsinit takes them:
 *
 *   1. the interface gets a descriptor, its methods in the order of the declaration
 *   2. the type gets one: a pointer, with the methods of all its implementations; each
 *      implementation adds what the earlier ones did not have
 *   3. the table enters the table of itabs
 *
 * From then on they are like any other types: an interface that the type was never declared for is
 * found, built and refused by iface.c, with the same words.
 *
 * Signatures  Go compares the types of methods by address. In C their spelling stands for them: one
 *             descriptor for each spelling that there is (signatureType).
 * Late ones   Objects that are loaded later only push their records; whoever asks for an itab next
 *             takes them, under ctypeLock. What was refused before stays refused, but for the
 *             pairs that they declare. An interface without implementations is not registered
 *             by anybody, and becomes known when it is first asked for.
 */
#include "lang/internal.h"

#include "gort/iface.h"

struct signature {
	struct type type;
	const char *text;
	struct signature *next;
};

/* What the runtime keeps in descriptor_. */
struct interwords {
	struct interfacetype type;
	struct gostring name;
};
struct typewords {
	struct type type;
	struct gostring name;
};
_Static_assert(
	sizeof(struct interwords) <= sizeof((gort_interface *)0)->descriptor_, "room for it");
_Static_assert(sizeof(struct typewords) <= sizeof((gort_dyntype *)0)->descriptor_, "room for it");

static struct mutex ctypeLock = {.rank = LOCKRANK_CTYPE};
static struct gort_implementation *pending; /* atomic: pushed by constructors, taken as a whole */
static struct signature *signatures;        /* ctypeLock */

/* ctypeLock, in all of these. */

static const struct type *
signatureType(const char *text)
{
	for (struct signature *s = signatures; s != NULL; s = s->next)
		if (rtstrcmp(s->text, text) == 0)
			return &s->type;
	struct signature *s = persistentalloc(sizeof *s, _Alignof(struct signature));
	s->text = text;
	s->type.kind = KindFunc;
	s->next = signatures;
	signatures = s;
	return &s->type;
}

static const struct gostring *
newName(const char *text)
{
	struct gostring *s = persistentalloc(sizeof *s, _Alignof(struct gostring));
	*s = gostr(text);
	return s;
}

static void
takeInterface(gort_interface *i)
{
	if (i->known_)
		return;
	struct imethod *m = persistentalloc((uintptr_t)i->nmethods * sizeof *m, PTRSIZE);
	for (int k = 0; k < i->nmethods; k++) {
		m[k].name = newName(i->methods[k].name);
		m[k].typ = signatureType(i->methods[k].signature);
	}
	struct interwords *w = (struct interwords *)i->descriptor_;
	w->name = gostr(i->name);
	w->type = (struct interfacetype){
		.typ = {.size = sizeof(struct iface),
			.align = PTRSIZE,
			.fieldAlign = PTRSIZE,
			.kind = KindInterface,
			.equal = &interequal_f,
			.string = &w->name},
		.methods = m,
		.nmethods = i->nmethods,
		.capmethods = i->nmethods,
	};
	store_rel(&i->known_, 1);
}

static void
takeType(gort_dyntype *t, const char *name)
{
	static const uint8_t mask[] = {1};
	struct typewords *w = (struct typewords *)t->descriptor_;
	if (w->type.string != NULL)
		return;
	w->name = gostr(name);
	w->type = (struct type){
		.size = PTRSIZE,
		.ptrdata = PTRSIZE,
		.tflag = TflagRegularMemory,
		.align = PTRSIZE,
		.fieldAlign = PTRSIZE,
		.kind = KindUnsafePointer | KindDirectIface,
		.equal = &pointerequal_f,
		.gcdata = mask,
		.string = &w->name,
	};
}

/* A new list of the type's methods, with those of i. Readers may still be in the old one. */
static void
addMethods(struct type *t, const struct interfacetype *inter, const struct itab *tab)
{
	const struct uncommontype *old = t->uncommon;
	intgo n = old == NULL ? 0 : old->nmethods;
	struct method *m = persistentalloc((uintptr_t)(n + inter->nmethods) * sizeof *m, PTRSIZE);
	if (n > 0)
		memmove(m, old->methods, (uintptr_t)n * sizeof *m);
	for (intgo k = 0; k < inter->nmethods; k++) {
		const struct imethod *want = &inter->methods[k];
		bool there = false;
		for (intgo i = 0; i < n && !there; i++)
			there = m[i].mtyp == want->typ && strequal(m[i].name, want->name);
		if (!there)
			m[n++] = (struct method){
				want->name, NULL, want->typ, want->typ, tab->methods[k]};
	}
	struct uncommontype *u = persistentalloc(sizeof *u, PTRSIZE);
	*u = (struct uncommontype){.methods = m, .nmethods = n, .capmethods = n};
	store_rel(&t->uncommon, (const struct uncommontype *)u);
}

static void
takeImplementation(struct gort_implementation *i)
{
	takeInterface(i->inter);
	takeType(i->type, i->name);
	const struct interfacetype *inter = (const struct interfacetype *)i->inter->descriptor_;
	addMethods((struct type *)i->type->descriptor_, inter, i->itab);
	itabAdd(inter, i->itab);
}

static void
takePending(void)
{
	struct gort_implementation *i = xchg(&pending, (struct gort_implementation *)NULL);
	while (i != NULL) {
		struct gort_implementation *next = i->next;
		takeImplementation(i);
		i = next;
	}
}

/* itabsinit comes here by a pointer: programs that declare no interface need none of this. */
void
implementationRegister(struct gort_implementation *i)
{
	store_rlx(&ctypesinit, takePending);
	struct gort_implementation *old;
	do {
		old = load_rlx(&pending);
		i->next = old;
	} while (!cas(&pending, old, i));
}

const struct interfacetype *
interfaceOf(struct gort_interface *i)
{
	if (unlikely(load_acq(&pending) != NULL || load_acq(&i->known_) == 0)) {
		struct g *gp = rtenter();
		lock(&ctypeLock);
		takePending();
		takeInterface(i);
		unlock(&ctypeLock);
		rtleave(gp);
	}
	return (const struct interfacetype *)i->descriptor_;
}
