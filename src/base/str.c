/* str.c: strings without libc.                                                       room: base */
#include "base/base.h"

uintptr_t
rtstrlen(const char *s)
{
	uintptr_t n = 0;
	while (s[n] != 0)
		n++;
	return n;
}

int
rtstrcmp(const char *a, const char *b)
{
	while (*a != 0 && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}

bool
rtstreq(const char *a, const char *b, uintptr_t blen)
{
	for (uintptr_t i = 0; i < blen; i++) {
		if (a[i] != b[i] || a[i] == 0)
			return false;
	}
	return a[blen] == 0;
}

/* Decimal, an optional minus, nothing else: no space, no plus, no empty text. */
bool
rtatoi64(const char *s, uintptr_t n, int64_t *out)
{
	bool neg = n > 0 && s[0] == '-';
	uintptr_t i = neg ? 1 : 0;
	if (i == n)
		return false;
	int64_t v = 0; /* kept negative: the range is one larger there */
	for (; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s[i] - '0', &v))
			return false;
	}
	if (!neg && __builtin_sub_overflow(0, v, &v))
		return false;
	*out = v;
	return true;
}
