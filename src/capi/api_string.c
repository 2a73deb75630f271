/* api_string.c: strings.                                                             room: capi
 *
 * A gort_string is a struct gostring. */
#include "capi/capi.h"

#include "lang/lang.h"

_Static_assert(sizeof(gort_string) == sizeof(struct gostring), "one layout");

static always_inline struct gostring
goOf(gort_string s)
{
	return (struct gostring){(const uint8_t *)s.ptr, s.len};
}

static always_inline gort_string
cOf(struct gostring s)
{
	return (gort_string){(const char *)s.str, s.len};
}

gort_string
gort_str_copy(const void *bytes, ptrdiff_t n)
{
	if (unlikely(n < 0))
		panicmakeslicelen();
	return cOf(slicebytetostring(NULL, bytes, n));
}

char *
gort_str_c(gort_string s)
{
	static const struct gostring nul = {(const uint8_t *)"", 1};
	struct gostring parts[] = {goOf(s), nul};
	return (char *)concatstrings(NULL, parts, 2).str;
}

/* Nobody writes to a string: one alone is the result itself, unless its bytes lie on this stack. */
gort_string
gort_str_concat(const gort_string *parts, ptrdiff_t n)
{
	const gort_string *alone = NULL;
	ptrdiff_t nonempty = 0;
	for (ptrdiff_t i = 0; i < n; i++)
		if (parts[i].len != 0) {
			alone = &parts[i];
			nonempty++;
		}
	struct g *gp = getg();
	if (nonempty == 1 && (gp == NULL || stackOf(gp, (uintptr_t)alone->ptr) == NULL))
		return *alone;
	return cOf(concatstrings(NULL, (const struct gostring *)parts, n));
}

gort_string
gort_str_slice(gort_string s, ptrdiff_t from, ptrdiff_t to)
{
	if (unlikely(from < 0 || from > to))
		gort_panic_slice(from, to, s.len);
	if (unlikely(to > s.len))
		panicFormat("runtime error: slice bounds out of range [:%ld] with length %ld",
			(long)to, (long)s.len);
	return (gort_string){from < s.len ? s.ptr + from : s.ptr, to - from};
}

int
gort_str_compare(gort_string a, gort_string b)
{
	return (int)cmpstring(goOf(a), goOf(b));
}

bool
gort_str_equal(gort_string a, gort_string b)
{
	return strequal(&a, &b);
}

int32_t
gort_str_rune(gort_string s, ptrdiff_t *at)
{
	if (unlikely((size_t)*at >= (size_t)s.len))
		gort_panic_index(*at, s.len);
	struct runenext r = decoderune(goOf(s), *at);
	*at = r.next;
	return r.r;
}

ptrdiff_t
gort_str_rune_count(gort_string s)
{
	ptrdiff_t n = 0;
	for (intgo i = 0; i < s.len; n++)
		i = decoderune(goOf(s), i).next;
	return n;
}

gort_string
gort_str_from_runes(const int32_t *runes, ptrdiff_t n)
{
	return cOf(slicerunetostring(NULL, (struct goslice){(void *)runes, n, n}));
}
