/* api_panic.c: panics and deferred calls.                                            room: capi */
#include "capi/capi.h"

#include "lang/lang.h"

_Static_assert(sizeof(struct gort_deferred) == sizeof(struct deferrec), "a record of the user's");

/* ---- values ------------------------------------------------------------------------------- */

/* gort_panic_value's: the pointer is the value. */
static const uint8_t pointerMask[] = {1};
static const struct gostring pointerName = {(const uint8_t *)"unsafe.Pointer", 14};
static const struct type pointerType = {
	.size = sizeof(void *),
	.ptrdata = sizeof(void *),
	.align = _Alignof(void *),
	.fieldAlign = _Alignof(void *),
	.kind = KindUnsafePointer | KindDirectIface,
	.gcdata = pointerMask,
	.string = &pointerName,
};

/* A copy that ends in a NUL. */
static const char *
cText(const uint8_t *s, uintptr_t n)
{
	struct g *gp = rtenter();
	char *p = mallocNoscan(n + 1, false);
	rtleave(gp);
	memmove(p, s, n);
	p[n] = 0;
	return p;
}

/* Of gort_panic_value's. Whoever catches such values by the thousand pays for this text each time, so it
 * is not made by the printer. */
static const char *
pointerText(uintptr_t v)
{
	enum { PREFIX = 19, DIGITS = 16 };
	struct g *gp = rtenter();
	char *p = mallocNoscan(PREFIX + DIGITS + 1, false);
	rtleave(gp);
	memmove(p, "(unsafe.Pointer) 0x", PREFIX);
	char *at = p + PREFIX + (v == 0 ? 1 : (67 - __builtin_clzl(v)) / 4);
	*at = 0;
	do
		*--at = "0123456789abcdef"[v & 15];
	while ((v >>= 4) != 0);
	return p;
}

/* For a value of a type that C programs do not know, what is printed of all such. */
static void
describe(struct gort_panic *p, struct eface v)
{
	char buf[160];
	struct gostring text;
	if (p == NULL)
		return;
	*p = (struct gort_panic){.value = v.type == &pointerType ? v.data : NULL};
	p->reserved_[0] = (uintptr_t)v.type;
	p->reserved_[1] = (uintptr_t)v.data;
	if (v.type == &pointerType)
		p->text = pointerText((uintptr_t)v.data);
	else if (v.type == NULL)
		p->text = "nil";
	else if (runtimeErrors.text(v, &text))
		p->text = cText(text.str, (uintptr_t)text.len);
	else if ((v.type->kind & KindMask) == KindString) {
		text = *(const struct gostring *)v.data;
		p->text = cText(text.str, (uintptr_t)text.len);
	} else {
		uintptr_t n = rtsnprintf(buf, sizeof buf, "(%.*s) %p", (int)v.type->string->len,
			v.type->string->str, v.data);
		p->text = cText((const uint8_t *)buf, n < sizeof buf ? n : sizeof buf - 1);
	}
}

/* ---- panics ------------------------------------------------------------------------------- */

/* A thread of the program's own that has no G yet gets one. */
static always_inline void
mayPanic(void)
{
	if (unlikely(getg() == NULL))
		rtleave(rtenter());
}

void
gort_panic(const char *format, ...)
{
	char buf[256], *text = buf;
	__builtin_va_list ap;
	__builtin_va_start(ap, format);
	uintptr_t n = rtvsnprintf(buf, sizeof buf, format, ap);
	__builtin_va_end(ap);
	struct g *gp = rtenter();
	if (n >= sizeof buf) {
		text = mallocNoscan(n + 1, false);
		__builtin_va_start(ap, format);
		rtvsnprintf(text, n + 1, format, ap);
		__builtin_va_end(ap);
	}
	rtleave(gp);
	gopanic(stringValue((struct gostring){(const uint8_t *)text, (intgo)n}));
}

void
gort_panic_value(void *value)
{
	mayPanic();
	gopanic((struct eface){&pointerType, value});
}

void
gort_panic_again(const struct gort_panic *p)
{
	mayPanic();
	gopanic((struct eface){(const struct type *)p->reserved_[0], (void *)p->reserved_[1]});
}

bool
gort_try(struct gort_panic *p, void (*fn)(void *), void *arg)
{
	struct eface v;
	mayPanic();
	if (fn == NULL)
		panicPlain("gort_try of nil func value");
	if (tryCall(fn, arg, &v))
		return true;
	describe(p, v);
	return false;
}

bool
gort_recover(struct gort_panic *p)
{
	struct eface v;
	mayPanic();
	if (!recoverInDeferred(&v))
		return false;
	describe(p, v);
	return true;
}

/* ---- deferred calls ----------------------------------------------------------------------- */

void
gort_defer_begin(struct gort_deferred *d, void (*fn)(void *), void *arg)
{
	if (unlikely(fn == NULL))
		panicPlain("defer of nil func value");
	mayPanic();
	deferBegin((struct deferrec *)d, fn, arg);
}

void
gort_defer_end(struct gort_deferred *d)
{
	deferEnd((struct deferrec *)d);
}
