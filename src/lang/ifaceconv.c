/* ifaceconv.c: conversions to interfaces, and type assertions.                       room: lang
 *
 * The first word of an interface without methods is the dynamic type, of one with methods an itab,
 * whose first word is that type; the second word is the value, or points to it. So to assert a
 * concrete type is to compare addresses, and only to assert an interface with methods asks for
 * an itab (iface.c).
 *
 * In the names E is an interface without methods, I one with, T a concrete type, and P a result that
 * is a pointer, or like one, and comes back as a word. Those that end in 2 report; the others
 * panic with a runtime.TypeAssertionError.
 *
 * None of this touches the P; what makes an itab or a message does so by itself.
 */
#include "lang/internal.h"

#include "lang/itab.h"

static const struct gostring none;

static always_inline const struct interfacetype *
asInterface(const struct type *t)
{
	return (const struct interfacetype *)t;
}

static always_inline const struct type *
typeOf(struct iface i)
{
	return i.tab == NULL ? NULL : i.tab->type;
}

/* ---- the message -------------------------------------------------------------------------- */

struct gostring
typeAssertionText(const struct type *inter, const struct type *concrete,
	const struct type *asserted, struct gostring missing)
{
	struct gostring want = toTypeString(asserted), have = none, from = gostr("interface");
	struct gostring hint = none;
	if (inter != NULL)
		from = toTypeString(inter);
	if (concrete == NULL) {
		struct gostring text[] = {
			gostr("interface conversion: "), from, gostr(" is nil, not "), want};
		return concatstrings(NULL, text, nelem(text));
	}
	have = toTypeString(concrete);
	if (missing.len > 0) {
		struct gostring text[] = {gostr("interface conversion: "), have, gostr(" is not "),
			want, gostr(": missing method "), missing};
		return concatstrings(NULL, text, nelem(text));
	}
	if (strequal(&have, &want)) {
		/* Two types that read the same: say what tells them apart. */
		struct gostring a = pkgPath(concrete), b = pkgPath(asserted);
		hint = gostr(strequal(&a, &b) ? " (types from different scopes)"
					      : " (types from different packages)");
	}
	struct gostring text[] = {gostr("interface conversion: "), from, gostr(" is "), have,
		gostr(", not "), want, hint};
	return concatstrings(NULL, text, nelem(text));
}

_Noreturn cold void
panicdottype(const struct type *want, const struct type *have, const struct type *iface)
{
	panicTypeAssertion(iface, have, want, none);
}

static cold _Noreturn void
lacksMethod(const struct type *inter, const struct type *t, const struct gostring *missing)
{
	panicTypeAssertion(NULL, t, inter, *missing);
}

/* ---- to interfaces ------------------------------------------------------------------------ */

const struct itab *
requireitab(const struct type *inter, const struct type *t)
{
	if (t == NULL)
		return NULL;
	const struct gostring *missing = NULL;
	const struct itab *tab = itabFast(inter, t);
	if (likely(tab != NULL))
		return tab;
	tab = getitab(asInterface(inter), t, &missing);
	if (unlikely(tab == NULL))
		lacksMethod(inter, t, missing);
	return tab;
}

static never_inline const void *
assertSlow(const struct type *inter, const struct type *t)
{
	if (t == NULL)
		panicTypeAssertion(NULL, NULL, inter, none);
	if (asInterface(inter)->nmethods == 0)
		return t;
	return requireitab(inter, t);
}

frameless const void *
assertitab(const struct type *inter, const struct type *t)
{
	const struct itab *tab =
		itabFast(inter, t); /* of no type and of empty interfaces there are none */
	return likely(tab != NULL) ? tab : assertSlow(inter, t);
}

void
ifaceE2I(const struct type *inter, struct eface e, struct iface *out)
{
	if (unlikely(e.type == NULL))
		panicTypeAssertion(NULL, NULL, inter, none);
	out->tab = requireitab(inter, e.type);
	out->data = e.data;
}

bool
ifaceT2Ip(const struct type *inter, const struct type *t)
{
	if (t == NULL)
		return false;
	return asInterface(inter)->nmethods == 0 || getitab(asInterface(inter), t, NULL) != NULL;
}

struct efaceok
ifaceE2E2(struct eface e)
{
	return (struct efaceok){e, e.type != NULL};
}

struct efaceok
ifaceI2E2(struct iface i)
{
	if (i.tab == NULL)
		return (struct efaceok){0};
	return (struct efaceok){{i.tab->type, i.data}, true};
}

static always_inline struct ifaceok
toInterface(const struct type *inter, const struct type *t, void *data)
{
	if (t == NULL)
		return (struct ifaceok){0};
	uintptr_t word = itabWord(inter, t);
	const struct itab *tab = (const struct itab *)word;
	if (unlikely(word == 0))
		tab = getitab(asInterface(inter), t, NULL);
	else if (word & ITAB_LACKS)
		tab = NULL;
	if (tab == NULL)
		return (struct ifaceok){0};
	return (struct ifaceok){{tab, data}, true};
}

struct ifaceok
ifaceE2I2(const struct type *inter, struct eface e)
{
	return toInterface(inter, e.type, e.data);
}

struct ifaceok
ifaceI2I2(const struct type *inter, struct iface i)
{
	return toInterface(inter, typeOf(i), i.data);
}

/* ---- to concrete types -------------------------------------------------------------------- */

static always_inline struct ptrok
toWord(const struct type *want, const struct type *have, void *data)
{
	if (want != have)
		return (struct ptrok){0};
	return (struct ptrok){data, true};
}

static always_inline bool
toValue(const struct type *want, const struct type *have, const void *data, void *out)
{
	if (want != have) {
		typedmemclr(want, out);
		return false;
	}
	typedmemmove(want, out, isDirectIface(want) ? (const void *)&data : data);
	return true;
}

struct ptrok
ifaceE2T2P(const struct type *t, struct eface e)
{
	return toWord(t, e.type, e.data);
}

struct ptrok
ifaceI2T2P(const struct type *t, struct iface i)
{
	return toWord(t, typeOf(i), i.data);
}

bool
ifaceE2T2(const struct type *t, struct eface e, void *out)
{
	return toValue(t, e.type, e.data, out);
}

bool
ifaceI2T2(const struct type *t, struct iface i, void *out)
{
	return toValue(t, typeOf(i), i.data, out);
}
