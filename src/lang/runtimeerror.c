/* runtimeerror.c: what the runtime finds wrong with a program, as values and texts.  room: lang
 *
 * The texts are Go's, to the letter: programs compare them.
 *
 * An index or a bound that is out of range comes as two numbers, x, the wrong one, and y, the one
 * that it was held against, and has a text with both. If x is negative (and signed) y says
 * nothing, and the text is the short one.
 *
 * As values errors are of types of the language in whose programs they arise. The types here, of kind
 * string, are those of programs without Go code; each holds its whole text. The door for Go sets
 * runtimeErrors to functions that make what its shim package declares. */
#include "lang/panicrec.h"

/* ---- values ------------------------------------------------------------------------------- */

/* One mask for strings, one for errors: it tells them apart. */
static const uint8_t stringMask[] = {1}, errorMask[] = {1};

#define STRING_TYPE(var, text, mask)                                                               \
	static const struct gostring var##Name = {(const uint8_t *)(text), sizeof(text) - 1};      \
	static const struct type var = {                                                           \
		.size = sizeof(struct gostring),                                                   \
		.ptrdata = sizeof(void *),                                                         \
		.align = _Alignof(struct gostring),                                                \
		.fieldAlign = _Alignof(struct gostring),                                           \
		.kind = KindString,                                                                \
		.gcdata = mask,                                                                    \
		.string = &var##Name,                                                              \
	}

STRING_TYPE(stringType, "string", stringMask);
STRING_TYPE(errorStringType, "runtime.errorString", errorMask);
STRING_TYPE(plainErrorType, "runtime.plainError", errorMask);
STRING_TYPE(typeAssertionErrorType, "runtime.TypeAssertionError", errorMask);

/* prefix and text in memory of the heap, as a value of type t. */
static struct eface
textValue(const struct type *t, const char *prefix, struct gostring text)
{
	uintptr_t before = rtstrlen(prefix);
	struct g *gp = rtenter();
	struct gostring *s = mallocConservative(sizeof *s + before + (uintptr_t)text.len);
	rtleave(gp);
	char *p = (char *)(s + 1);
	memmove(p, prefix, before);
	memmove(p + before, text.str, (uintptr_t)text.len);
	*s = (struct gostring){(const uint8_t *)p, (intgo)before + text.len};
	return (struct eface){t, s};
}

struct eface
stringValue(struct gostring text)
{
	return textValue(runtimeErrors.string, "", text);
}

static struct eface
makeError(enum runtimeErrorKind kind, struct gostring text, uintptr_t addr unused_ok)
{
	if (kind == RTE_PLAIN)
		return textValue(&plainErrorType, "", text);
	return textValue(&errorStringType, "runtime error: ", text);
}

static bool
errorText(struct eface v, struct gostring *text)
{
	if (v.type == NULL || v.type->gcdata != errorMask)
		return false;
	*text = *(const struct gostring *)v.data;
	return true;
}

/* Of the types that C programs meet. */
static void
printValue(struct eface v)
{
	const struct gostring *s = v.data;
	if (v.type == NULL)
		rtprintf("nil");
	else if ((v.type->kind & KindMask) == KindString)
		rtwrite(2, (const char *)s->str, (uintptr_t)s->len);
	else
		rtprintf("(%.*s) %p", (int)v.type->string->len, v.type->string->str, v.data);
}

struct runtimeErrors runtimeErrors = {
	.make = makeError,
	.text = errorText,
	.lastText = errorText,
	.print = printValue,
	.string = &stringType,
};

_Noreturn void
panicTypeAssertion(const struct type *inter, const struct type *concrete,
	const struct type *asserted, struct gostring missing)
{
	/* Not a default in the table: programs that assert nothing go without. */
	if (runtimeErrors.typeAssertion != NULL)
		gopanic(runtimeErrors.typeAssertion(inter, concrete, asserted, missing));
	gopanic(textValue(&typeAssertionErrorType, "",
		typeAssertionText(inter, concrete, asserted, missing)));
}

static struct eface
errorOf(const char *text)
{
	return runtimeErrors.make(RTE_ERROR, gostr(text), 0);
}

struct eface
divideError(void)
{
	return errorOf("integer divide by zero");
}

struct eface
overflowError(void)
{
	return errorOf("integer overflow");
}

void
NewErrorCString(uintptr_t cstr, struct eface *out)
{
	*out = runtimeErrors.make(RTE_CSTRING, gostr((const char *)cstr), 0);
}

/* ---- one text ----------------------------------------------------------------------------- */

_Noreturn cold void
panicmem(void)
{
	gopanic(errorOf("invalid memory address or nil pointer dereference"));
}

/* Its value has the address, too. */
_Noreturn cold void
panicFault(uintptr_t addr)
{
	gopanic(runtimeErrors.make(
		RTE_ADDRESS, gostr("invalid memory address or nil pointer dereference"), addr));
}

_Noreturn cold void
panicdivide(void)
{
	gopanic(divideError());
}

_Noreturn cold void
panicoverflow(void)
{
	gopanic(overflowError());
}

_Noreturn cold void
panicshift(void)
{
	gopanic(errorOf("negative shift amount"));
}

/* ---- two numbers -------------------------------------------------------------------------- */

/* The texts: x and y stand for the numbers; what is printed if x is negative. */
static const struct boundsText {
	const char *both, *negative;
} boundsTexts[] = {
#define BOUNDS(name, both, negative) {both, negative},
#define BOUNDS_LIST                                                                                \
	BOUNDS(Index, "index out of range [x] with length y", "index out of range [x]")            \
	BOUNDS(SliceAlen, "slice bounds out of range [:x] with length y",                          \
		"slice bounds out of range [:x]")                                                  \
	BOUNDS(SliceAcap, "slice bounds out of range [:x] with capacity y",                        \
		"slice bounds out of range [:x]")                                                  \
	BOUNDS(SliceB, "slice bounds out of range [x:y]", "slice bounds out of range [x:]")        \
	BOUNDS(Slice3Alen, "slice bounds out of range [::x] with length y",                        \
		"slice bounds out of range [::x]")                                                 \
	BOUNDS(Slice3Acap, "slice bounds out of range [::x] with capacity y",                      \
		"slice bounds out of range [::x]")                                                 \
	BOUNDS(Slice3B, "slice bounds out of range [:x:y]", "slice bounds out of range [:x:]")     \
	BOUNDS(Slice3C, "slice bounds out of range [x:y:]", "slice bounds out of range [x::]")
	BOUNDS_LIST
#undef BOUNDS
};
enum bounds {
#define BOUNDS(name, both, negative) BOUNDS_##name,
	BOUNDS_LIST
#undef BOUNDS
};

static cold _Noreturn void
panicBounds(enum bounds kind, intgo x, bool isSigned, intgo y)
{
	char buf[128];
	uintptr_t n = 0;
	const struct boundsText *t = &boundsTexts[kind];
	for (const char *s = isSigned && x < 0 ? t->negative : t->both; *s != 0; s++) {
		bool number = (*s == 'x' || *s == 'y') && (s[1] == 0 || s[1] < 'a') && s[-1] < 'a';
		if (!number)
			buf[n++] = *s;
		else if (*s == 'x' && !isSigned)
			n += rtsnprintf(buf + n, sizeof buf - n, "%lu", (unsigned long)x);
		else
			n += rtsnprintf(buf + n, sizeof buf - n, "%ld", (long)(*s == 'x' ? x : y));
	}
	struct gostring s = {(const uint8_t *)buf, (intgo)n};
	gopanic(runtimeErrors.make(RTE_ERROR, s, 0));
}

#define BOUNDS(name, both, negative)                                                               \
	_Noreturn cold void goPanic##name(intgo x, intgo y)                                        \
	{                                                                                          \
		panicBounds(BOUNDS_##name, x, true, y);                                            \
	}                                                                                          \
	_Noreturn cold void goPanic##name##U(uintptr_t x, intgo y)                                 \
	{                                                                                          \
		panicBounds(BOUNDS_##name, (intgo)x, false, y);                                    \
	}
BOUNDS_LIST
#undef BOUNDS

_Noreturn cold void
goPanicSliceConvert(intgo x, intgo y)
{
	char buf[128];
	uintptr_t n = rtsnprintf(buf, sizeof buf,
		"cannot convert slice with length %ld to pointer to array with length %ld", (long)y,
		(long)x);
	struct gostring s = {(const uint8_t *)buf, (intgo)n};
	gopanic(runtimeErrors.make(RTE_ERROR, s, 0));
}
