/* string.c: joining and comparing strings, and their conversions.                    room: lang
 *
 * A string is a pointer and a length; nobody writes to its bytes once it has been handed out. So a
 * result may share an operand's bytes, and one byte needs no memory of its own (singleBytes).
 *
 * Temporary buffers   Where the compiler sees that a result does not outlive the caller, it gives
 *                     a buffer in the caller's frame, TMP_BUF bytes (or runes) long.
 * Joining copies      always, a lone operand too: gccgo passes the bytes of []byte operands as they
 *                     are (in s + string(b) it makes no string of b), and those may change.
 * UTF-8               Go's rules. A byte that begins no proper sequence (a stray continuation, a
 *                     form longer than need be, half a surrogate pair, more than U+10FFFF, a
 *                     sequence that is cut short) is one U+FFFD, and the next byte is looked at
 *                     anew. Runes that cannot be encoded become U+FFFD, three bytes.
 * Slices made here    have all of their slot for capacity, and zeroes behind their length.
 */
#include "lang/internal.h"

#include "core/upcalls.h"

enum { TMP_BUF = 32 };

#define RUNE_ERROR ((int32_t)0xfffd)
#define RUNE_MAX   ((uint32_t)0x10ffff)

#define BYTES4(n)  (n), (n) + 1, (n) + 2, (n) + 3
#define BYTES16(n) BYTES4(n), BYTES4((n) + 4), BYTES4((n) + 8), BYTES4((n) + 12)
#define BYTES64(n) BYTES16(n), BYTES16((n) + 16), BYTES16((n) + 32), BYTES16((n) + 48)
static const uint8_t singleBytes[256] = {BYTES64(0), BYTES64(64), BYTES64(128), BYTES64(192)};

static always_inline struct gostring
single(uint8_t c)
{
	return (struct gostring){&singleBytes[c], 1};
}

/* n bytes to be filled in before anybody sees them: the buffer if it is one and they fit. */
static always_inline uint8_t *
rawstring(void *buf, intgo n)
{
	if (buf != NULL && n <= TMP_BUF)
		return buf;
	return allocNoscan((uintptr_t)n, false);
}

/* A slot for n bytes, with zeroes from the n-th on. */
static uint8_t *
rawbytes(uintptr_t n, uintptr_t *cap)
{
	*cap = roundupsize(n);
	uint8_t *p = allocNoscan(*cap, false);
	memclr(p + n, *cap - n);
	return p;
}

/* ---- joining and comparing ---------------------------------------------------------------- */

struct gostring
concatstrings(void *buf, const struct gostring *a, intgo n)
{
	intgo len = 0;
	for (intgo i = 0; i < n; i++) {
		if (unlikely(__builtin_add_overflow(len, a[i].len, &len)))
			throw("string concatenation too long");
	}
	if (len == 0)
		return (struct gostring){0};
	uint8_t *p = rawstring(buf, len), *to = p;
	for (intgo i = 0; i < n; i++) {
		if (a[i].len == 0)
			continue;
		memmove(to, a[i].str, (uintptr_t)a[i].len);
		to += a[i].len;
	}
	return (struct gostring){p, len};
}

intgo
cmpstring(struct gostring a, struct gostring b)
{
	intgo n = a.len < b.len ? a.len : b.len;
	int c = n == 0 || a.str == b.str ? 0 : __builtin_memcmp(a.str, b.str, (uintptr_t)n);
	if (c == 0)
		return a.len < b.len ? -1 : a.len > b.len;
	return c < 0 ? -1 : 1;
}

intgo
findnull(const char *s)
{
	return s == NULL ? 0 : (intgo)rtstrlen(s);
}

struct gostring
gostringnocopy(const char *s)
{
	return (struct gostring){(const uint8_t *)s, findnull(s)};
}

/* ---- UTF-8 -------------------------------------------------------------------------------- */

static always_inline bool
follows(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* The rune at p, with left > 0 bytes to the end. Returns its length. */
static intgo
decode(const uint8_t *p, intgo left, int32_t *r)
{
	uint32_t c = p[0], v;
	*r = (int32_t)c;
	if (c < 0x80)
		return 1;
	*r = RUNE_ERROR;
	if (c >= 0xc2 && c < 0xe0) {
		if (left < 2 || !follows(p[1]))
			return 1;
		*r = (int32_t)((c & 0x1f) << 6 | (p[1] & 0x3fu));
		return 2;
	}
	if (c >= 0xe0 && c < 0xf0) {
		if (left < 3 || !follows(p[1]) || !follows(p[2]))
			return 1;
		v = (c & 0x0f) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		if (v < 0x800 || (v >= 0xd800 && v < 0xe000))
			return 1;
		*r = (int32_t)v;
		return 3;
	}
	if (c >= 0xf0 && c < 0xf5) {
		if (left < 4 || !follows(p[1]) || !follows(p[2]) || !follows(p[3]))
			return 1;
		v = (c & 7) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
		if (v < 0x10000 || v > RUNE_MAX)
			return 1;
		*r = (int32_t)v;
		return 4;
	}
	return 1;
}

static always_inline uint32_t
encodable(int32_t r)
{
	uint32_t v = (uint32_t)r;
	return v > RUNE_MAX || (v >= 0xd800 && v < 0xe000) ? (uint32_t)RUNE_ERROR : v;
}

static always_inline intgo
runelen(int32_t r)
{
	uint32_t v = encodable(r);
	return v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
}

uintptr_t
encoderune(uint8_t *p, int32_t r)
{
	uint32_t v = encodable(r);
	if (v < 0x80) {
		p[0] = (uint8_t)v;
		return 1;
	}
	if (v < 0x800) {
		p[0] = (uint8_t)(0xc0 | v >> 6);
		p[1] = (uint8_t)(0x80 | (v & 0x3f));
		return 2;
	}
	if (v < 0x10000) {
		p[0] = (uint8_t)(0xe0 | v >> 12);
		p[1] = (uint8_t)(0x80 | (v >> 6 & 0x3f));
		p[2] = (uint8_t)(0x80 | (v & 0x3f));
		return 3;
	}
	p[0] = (uint8_t)(0xf0 | v >> 18);
	p[1] = (uint8_t)(0x80 | (v >> 12 & 0x3f));
	p[2] = (uint8_t)(0x80 | (v >> 6 & 0x3f));
	p[3] = (uint8_t)(0x80 | (v & 0x3f));
	return 4;
}

struct runenext
decoderune(struct gostring s, intgo k)
{
	struct runenext r;
	r.next = k + decode(s.str + k, s.len - k, &r.r);
	return r;
}

/* ---- conversions -------------------------------------------------------------------------- */

struct gostring
intstring(void *buf, int64_t v)
{
	int32_t r = v < 0 || v > RUNE_MAX ? RUNE_ERROR : (int32_t)v;
	if (r < 0x80)
		return single((uint8_t)r);
	uint8_t *p = buf != NULL ? buf : allocNoscan(4, false);
	return (struct gostring){p, (intgo)encoderune(p, r)};
}

struct gostring
slicebytetostring(void *buf, const uint8_t *p, intgo n)
{
	if (n == 0)
		return (struct gostring){0};
	if (n == 1)
		return single(p[0]);
	uint8_t *s = rawstring(buf, n);
	memmove(s, p, (uintptr_t)n);
	return (struct gostring){s, n};
}

struct gostring
slicerunetostring(void *buf, struct goslice runes)
{
	const int32_t *r = runes.array;
	intgo n = 0;
	for (intgo i = 0; i < runes.len; i++)
		n += runelen(r[i]);
	if (n == 0)
		return (struct gostring){0};
	uint8_t *s = rawstring(buf, n), *p = s;
	for (intgo i = 0; i < runes.len; i++)
		p += encoderune(p, r[i]);
	return (struct gostring){s, n};
}

struct goslice
stringtoslicebyte(void *buf, struct gostring s)
{
	uint8_t *p = buf;
	uintptr_t cap = TMP_BUF;
	if (buf != NULL && s.len <= TMP_BUF)
		memclr(p, TMP_BUF);
	else
		p = rawbytes((uintptr_t)s.len, &cap);
	if (s.len > 0)
		memmove(p, s.str, (uintptr_t)s.len);
	return (struct goslice){p, s.len, (intgo)cap};
}

struct goslice
stringtoslicerune(int32_t *buf, struct gostring s)
{
	intgo n = 0;
	int32_t r;
	for (intgo i = 0; i < s.len; n++)
		i += decode(s.str + i, s.len - i, &r);
	int32_t *p = buf;
	uintptr_t cap = TMP_BUF;
	if (buf != NULL && n <= TMP_BUF) {
		memclr(p, TMP_BUF * sizeof *p);
	} else {
		if ((uintptr_t)n > MAX_OBJECT / sizeof *p)
			throw("out of memory");
		p = (int32_t *)rawbytes((uintptr_t)n * sizeof *p, &cap);
		cap /= sizeof *p;
	}
	intgo at = 0;
	for (intgo i = 0; i < n; i++)
		at += decode(s.str + at, s.len - at, &p[i]);
	return (struct goslice){p, n, (intgo)cap};
}
