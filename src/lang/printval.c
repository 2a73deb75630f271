/* printval.c: print and println of every kind of value, and of what a panic holds.   room: lang
 *
 * Compiled code brackets the arguments of one call by printlock and printunlock; each value goes to
 * standard error in Go's form, which is exact and plain: addresses in hexadecimal, floats as
 * +1.234560e+003, slices as [len/cap]0xaddress, interfaces as (0xtype,0xdata).
 *
 * Floats are scaled by powers of ten, one at a time, and rounded at the seventh digit by adding
 * half of one: not the nearest decimal in all cases, but the same digits that Go 1.19 prints, so
 * the steps and their order matter.
 */
#include "lang/lang.h"

void
printstring(struct gostring s)
{
	rtwrite(2, (const char *)s.str, (uintptr_t)s.len);
}

void
printint(int64_t v)
{
	rtprintf("%ld", (long)v);
}

void
printuint(uint64_t v)
{
	rtprintf("%lu", (unsigned long)v);
}

void
printhex(uint64_t v)
{
	rtprintf("0x%lx", (unsigned long)v);
}

void
printpointer(const void *p)
{
	printhex((uintptr_t)p);
}

void
printbool(bool v)
{
	rtprintf(v ? "true" : "false");
}

void
printsp(void)
{
	rtprintf(" ");
}

void
printnl(void)
{
	rtprintf("\n");
}

/* v is finite and not negative. Returns the exponent; the value is then in [1, 10), or 0. */
static int
scale(double *v)
{
	int e = 0;
	if (*v == 0)
		return 0;
	while (*v >= 10) {
		e++;
		*v /= 10;
	}
	while (*v < 1) {
		e--;
		*v *= 10;
	}
	return e;
}

void
printfloat(double v)
{
	enum { DIGITS = 7 };
	if (v != v || v - v != 0) {
		rtprintf(v != v ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	char digits[DIGITS], sign = __builtin_signbit(v) ? '-' : '+';
	v = __builtin_fabs(v);
	int e = scale(&v);
	if (v != 0) {
		double half = 5;
		for (int i = 0; i < DIGITS; i++)
			half /= 10;
		v += half;
		if (v >= 10) {
			e++;
			v /= 10;
		}
	}
	for (int i = 0; i < DIGITS; i++) {
		int d = (int)v;
		digits[i] = (char)('0' + d);
		v = (v - d) * 10;
	}
	rtprintf("%c%c.%.*se%c%03d", sign, digits[0], DIGITS - 1, digits + 1, e < 0 ? '-' : '+',
		e < 0 ? -e : e);
}

void
printcomplex(_Complex double v)
{
	rtprintf("(");
	printfloat(__real__ v);
	printfloat(__imag__ v);
	rtprintf("i)");
}

void
printslice(struct goslice s)
{
	rtprintf("[%ld/%ld]%p", (long)s.len, (long)s.cap, s.array);
}

void
printeface(struct eface e)
{
	rtprintf("(%p,%p)", (const void *)e.type, e.data);
}

void
printiface(struct iface i)
{
	rtprintf("(%p,%p)", (const void *)i.tab, i.data);
}

/* ---- what a panic holds ------------------------------------------------------------------- */

static void
printTypeName(const struct type *t)
{
	/* In pieces: the name may be longer than any buffer, and this may be a dying process. */
	const uint8_t *s = t->string->str;
	bool path = false;
	intgo from = 0;
	for (intgo i = 0; i <= t->string->len; i++) {
		if (i < t->string->len && s[i] != '\t')
			continue;
		if (!path)
			printstring((struct gostring){s + from, i - from});
		path = !path;
		from = i + 1;
	}
}

/* Of a basic kind; false: of another one. */
static bool
printbasic(const struct type *t, const void *p)
{
	switch (t->kind & KindMask) {
	case KindBool:
		printbool(*(const bool *)p);
		return true;
	case KindInt:
	case KindInt64:
		printint(*(const int64_t *)p);
		return true;
	case KindInt8:
		printint(*(const int8_t *)p);
		return true;
	case KindInt16:
		printint(*(const int16_t *)p);
		return true;
	case KindInt32:
		printint(*(const int32_t *)p);
		return true;
	case KindUint:
	case KindUint64:
	case KindUintptr:
		printuint(*(const uint64_t *)p);
		return true;
	case KindUint8:
		printuint(*(const uint8_t *)p);
		return true;
	case KindUint16:
		printuint(*(const uint16_t *)p);
		return true;
	case KindUint32:
		printuint(*(const uint32_t *)p);
		return true;
	case KindFloat32:
		printfloat((double)*(const float *)p);
		return true;
	case KindFloat64:
		printfloat(*(const double *)p);
		return true;
	case KindComplex64: {
		const float *c = p;
		printcomplex(__builtin_complex((double)c[0], (double)c[1]));
		return true;
	}
	case KindComplex128: {
		const double *c = p;
		printcomplex(__builtin_complex(c[0], c[1]));
		return true;
	}
	case KindString:
		printstring(*(const struct gostring *)p);
		return true;
	}
	return false;
}

/* Types that the program has named show their name: main.Code(7), main.Text("x"). */
static bool
isNamed(const struct type *t)
{
	return pkgPath(t).len > 0;
}

void
printpanicval(struct eface e)
{
	const struct type *t = e.type;
	if (t == NULL) {
		rtprintf("nil");
		return;
	}
	uint8_t kind = t->kind & KindMask;
	bool basic = (kind >= KindBool && kind <= KindComplex128) || kind == KindString;
	if (!basic) {
		rtprintf("(");
		printTypeName(t);
		rtprintf(") %p", e.data);
		return;
	}
	bool named = isNamed(t), quoted = named && kind == KindString;
	/* A complex number brings its own brackets. */
	bool bracketed = named && kind != KindComplex64 && kind != KindComplex128;
	if (named)
		printTypeName(t);
	if (bracketed)
		rtprintf(quoted ? "(\"" : "(");
	printbasic(t, e.data);
	if (bracketed)
		rtprintf(quoted ? "\")" : ")");
}
