/* print.c: text without malloc, locale or floating point.                            room: base
 *
 * One formatter, vformat, feeds a sink: rtsnprintf's is the caller's array, rtprintf's is a
 * buffer on the stack that goes to descriptor 2 in one write(2), or in a few if the text is
 * longer than the buffer. So a line that is printed with one call appears in one piece, whoever
 * else writes, and printing works in a handler, with the world stopped and on a dying thread.
 *
 * printlock keeps the lines of one report together. It nests, because a report calls helpers
 * that are reports too. Its owner is the M; the owner word is written only by who holds the
 * lock, so reading it without the lock can only ever wrongly say "not me" for another M.
 */
#include "base/base.h"

/* ---- the formatter ------------------------------------------------------------------------ */

struct sink {
	char *buf;
	uintptr_t cap;   /* bytes that fit in buf */
	uintptr_t len;   /* bytes in buf now */
	uintptr_t total; /* bytes ever put */
	int fd;          /* >= 0: flush there when full; -1: drop what does not fit */
};

static void
writeAll(int fd, const char *p, uintptr_t n)
{
	enum { EINTR_ = 4, EAGAIN_ = 11 };
	int patience = 10000;
	while (n > 0) {
		intptr_t w = sys_write(fd, p, n);
		if (w > 0) {
			p += w;
			n -= (uintptr_t)w;
		} else if (w == -EAGAIN_ && patience-- > 0) {
			/* A non-blocking stderr that is full: its reader needs a moment. A reader
			 * that is stuck must not keep a process from dying. */
			osusleep(100);
		} else if (w != -EINTR_) {
			return;
		}
	}
}

static void
flush(struct sink *s)
{
	if (s->fd >= 0 && s->len > 0) {
		writeAll(s->fd, s->buf, s->len);
		s->len = 0;
	}
}

static void
put(struct sink *s, char c)
{
	s->total++;
	if (s->len == s->cap)
		flush(s);
	if (s->len < s->cap)
		s->buf[s->len++] = c;
}

static void
pad(struct sink *s, char c, intptr_t n)
{
	for (; n > 0; n--)
		put(s, c);
}

/* One conversion specification, as parsed. */
struct spec {
	bool left, zero;
	intptr_t width;
	intptr_t prec; /* -1: none given */
	bool wide;     /* a 64-bit argument */
};

static void
putstr(struct sink *s, const struct spec *sp, const char *str)
{
	if (str == NULL)
		str = "(null)";
	intptr_t n = 0;
	while ((sp->prec < 0 || n < sp->prec) && str[n] != 0)
		n++;
	if (!sp->left)
		pad(s, ' ', sp->width - n);
	for (intptr_t i = 0; i < n; i++)
		put(s, str[i]);
	if (sp->left)
		pad(s, ' ', sp->width - n);
}

static void
putnum(struct sink *s, const struct spec *sp, uint64_t v, unsigned base, const char *prefix)
{
	char digits[24];
	intptr_t n = 0;
	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v != 0);
	while (n < sp->prec && n < (intptr_t)sizeof digits)
		digits[n++] = '0';
	intptr_t fill = sp->width - n;
	for (const char *p = prefix; *p != 0; p++)
		fill--;
	if (!sp->left && !sp->zero)
		pad(s, ' ', fill);
	for (const char *p = prefix; *p != 0; p++)
		put(s, *p);
	if (!sp->left && sp->zero)
		pad(s, '0', fill);
	while (n > 0)
		put(s, digits[--n]);
	if (sp->left)
		pad(s, ' ', fill);
}

static void
vformat(struct sink *s, const char *fmt, __builtin_va_list ap)
{
	for (; *fmt != 0; fmt++) {
		if (*fmt != '%') {
			put(s, *fmt);
			continue;
		}
		struct spec sp = {.prec = -1};
		for (fmt++; *fmt == '-' || *fmt == '0'; fmt++) {
			if (*fmt == '-')
				sp.left = true;
			else
				sp.zero = true;
		}
		if (*fmt == '*') {
			sp.width = __builtin_va_arg(ap, int);
			fmt++;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			sp.width = sp.width * 10 + (*fmt - '0');
		if (*fmt == '.') {
			sp.prec = 0;
			if (*++fmt == '*') {
				sp.prec = __builtin_va_arg(ap, int);
				fmt++;
			}
			for (; *fmt >= '0' && *fmt <= '9'; fmt++)
				sp.prec = sp.prec * 10 + (*fmt - '0');
		}
		for (; *fmt == 'l' || *fmt == 'z' || *fmt == 'j'; fmt++)
			sp.wide = true;
		int64_t v;
		switch (*fmt) {
		case 'd':
			v = sp.wide ? __builtin_va_arg(ap, int64_t) : __builtin_va_arg(ap, int);
			putnum(s, &sp, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0 ? "-" : "");
			break;
		case 'u':
		case 'x':
			v = sp.wide ? __builtin_va_arg(ap, int64_t)
				    : (int64_t) __builtin_va_arg(ap, unsigned);
			putnum(s, &sp, (uint64_t)v, *fmt == 'x' ? 16 : 10, "");
			break;
		case 'p':
			putnum(s, &sp, (uint64_t)(uintptr_t) __builtin_va_arg(ap, void *), 16,
				"0x");
			break;
		case 's':
			putstr(s, &sp, __builtin_va_arg(ap, const char *));
			break;
		case 'c':
			put(s, (char)__builtin_va_arg(ap, int));
			break;
		case '%':
			put(s, '%');
			break;
		default:
			/* Not one of ours: the argument's size is unknown, so is the rest. */
			put(s, '%');
			if (*fmt == 0)
				return;
			put(s, *fmt);
			break;
		}
	}
}

/* ---- doors -------------------------------------------------------------------------------- */

uintptr_t
rtvsnprintf(char *buf, uintptr_t n, const char *fmt, __builtin_va_list ap)
{
	struct sink s = {.buf = buf, .cap = n > 0 ? n - 1 : 0, .fd = -1};
	vformat(&s, fmt, ap);
	if (n > 0)
		buf[s.len] = 0;
	return s.total;
}

uintptr_t
rtsnprintf(char *buf, uintptr_t n, const char *fmt, ...)
{
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	uintptr_t r = rtvsnprintf(buf, n, fmt, ap);
	__builtin_va_end(ap);
	return r;
}

/* Where a report goes that somebody wants as text, else buf is NULL. Its owner holds printmutex and
 * alone writes here; who reads it without the lock may see that there is one, which is not
 * its own. */
static struct sink into = {.fd = -1};

static bool printsInto(void);

/* What the dying thread, of which there is one, holds back. */
static struct sink held = {.fd = 2};
static bool holdsBack(void);

void
rtvprintf(const char *fmt, __builtin_va_list ap)
{
	char buf[512];
	if (unlikely(load_rlx(&held.buf) != NULL) && holdsBack()) {
		vformat(&held, fmt, ap);
		return;
	}
	if (unlikely(load_rlx(&into.buf) != NULL) && printsInto()) {
		vformat(&into, fmt, ap);
		return;
	}
	struct sink s = {.buf = buf, .cap = sizeof buf, .fd = 2};
	vformat(&s, fmt, ap);
	flush(&s);
}

void
rtprintf(const char *fmt, ...)
{
	__builtin_va_list ap;
	__builtin_va_start(ap, fmt);
	rtvprintf(fmt, ap);
	__builtin_va_end(ap);
}

/* ---- reports ------------------------------------------------------------------------------ */

static struct mutex printmutex = {.rank = LOCKRANK_PRINT};
static struct m *printowner; /* atomic; written by the holder of printmutex */
static uint32_t printdepth;  /* printmutex */

static struct m *
self(void)
{
	struct g *gp = getg();
	return gp != NULL ? gp->m : NULL;
}

static bool
printsInto(void)
{
	struct m *mp = self();
	return mp != NULL && load_rlx(&printowner) == mp && mp->dying == 0;
}

static bool
holdsBack(void)
{
	struct m *mp = self();
	return mp != NULL && mp->dying != 0;
}

void
rtwrite(int fd, const char *p, uintptr_t n)
{
	if (fd != 2 || likely(load_rlx(&held.buf) == NULL) || !holdsBack()) {
		writeAll(fd, p, n);
		return;
	}
	while (n-- > 0)
		put(&held, *p++);
}

void
printHold(void)
{
	static char buf[1024];
	held.cap = sizeof buf;
	store_rlx(&held.buf, buf);
}

void
printRelease(void)
{
	if (held.buf == NULL)
		return;
	flush(&held);
	store_rlx(&held.buf, NULL);
}

void
printInto(char *buf, uintptr_t n)
{
	into.len = into.total = 0;
	into.cap = n;
	store_rlx(&into.buf, buf);
}

uintptr_t
printedInto(void)
{
	store_rlx(&into.buf, NULL);
	return into.len;
}

/* Without an M (before rt0_go, or on a foreign thread) there is nothing to nest by: such lines
 * may stand among others. The dying thread does not lock: the holder may be a thread that failed
 * later, in the middle of a report, and waits for the end (fatal.c). */
void
printlock(void)
{
	struct m *mp = self();
	if (mp == NULL || mp->dying != 0)
		return;
	if (load_rlx(&printowner) != mp) {
		lock(&printmutex);
		store_rlx(&printowner, mp);
	}
	printdepth++;
}

void
printunlock(void)
{
	struct m *mp = self();
	if (mp == NULL || mp->dying != 0 || load_rlx(&printowner) != mp)
		return;
	if (--printdepth == 0) {
		store_rlx(&printowner, NULL);
		unlock(&printmutex);
	}
}
