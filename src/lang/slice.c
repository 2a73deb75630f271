/* slice.c: making, growing, copying and clearing runs of values.                     room: lang
 *
 * Growth   A full slice gets twice its capacity; from GROW_TWICE elements on it gets a quarter more
 *          and 192, so that the factor falls smoothly from 2 to 1.25. Appending one by one so
 *          copies each element a bounded number of times. What is asked for at once and is more
 *          than twice is given as it is. Then the slot's size decides: what it holds beyond that
 *          is capacity, too.
 * Zeroes   Whoever extends a slice into its capacity must find zeroes there, and a collector no
 *          stale pointers. What append is about to fill, [oldlen, needed), need not be cleared
 *          if there are no pointers in it.
 * Limits   Sizes are checked with Go's words before memory is asked for: MAX_OBJECT is more than
 *          there can be.
 *
 * typedmemmove and its kin are the one place where the runtime copies values that may hold
 * pointers into the heap on behalf of Go: a collector that marks while the world runs puts its
 * barriers here.
 */
#include "lang/internal.h"

#include "core/bits.h"
#include "core/upcalls.h"

enum { GROW_TWICE = 256 };

/* ---- memory for values (internal.h) --------------------------------------------------------- */

never_inline void *
allocNoscanEnter(uintptr_t n, bool zero, struct g *gp)
{
	return allocNoscanSlow(n, zero, rtenterSlow(gp));
}

never_inline void *
allocNoscanSlow(uintptr_t n, bool zero, struct g *gp)
{
	return allocLeave(mallocNoscan(n, zero), gp);
}

never_inline void *
allocTypedEnter(uintptr_t n, const struct type *t, struct g *gp)
{
	return allocTypedSlow(n, t, rtenterSlow(gp));
}

never_inline void *
allocTypedSlow(uintptr_t n, const struct type *t, struct g *gp)
{
	return allocLeave(mallocTyped(n, t), gp);
}

never_inline void *
allocLeave(void *p, struct g *gp)
{
	rtleave(gp);
	return p;
}

/* ---- making ------------------------------------------------------------------------------- */

_Noreturn cold void
panicmakeslicelen(void)
{
	panicError("makeslice: len out of range");
}

_Noreturn cold void
panicmakeslicecap(void)
{
	panicError("makeslice: cap out of range");
}

/* False: n values of size bytes are more than can be. */
static always_inline bool
arrayBytes(uintptr_t size, intgo n, uintptr_t *bytes)
{
	return n >= 0 && !__builtin_mul_overflow(size, (uintptr_t)n, bytes) && *bytes <= MAX_OBJECT;
}

/* make([]T, n) with an n that is too large is about the length, though the capacity is the same. */
static cold _Noreturn void
makeRefused(const struct type *elem, intgo len)
{
	uintptr_t bytes;
	if (!arrayBytes(elem->size, len, &bytes))
		panicmakeslicelen();
	panicmakeslicecap();
}

uintptr_t
checkMakeSlice(const struct type *elem, intgo len, intgo cap)
{
	uintptr_t bytes;
	if (unlikely(!arrayBytes(elem->size, cap, &bytes) || len < 0 || len > cap))
		makeRefused(elem, len);
	return bytes;
}

void *
makeslice(const struct type *elem, intgo len, intgo cap)
{
	return allocValue(checkMakeSlice(elem, len, cap), elem, true);
}

frameless void *
newobject(const struct type *t)
{
	return allocValue(t->size, t, true);
}

void *
newarray(const struct type *elem, intgo n)
{
	uintptr_t bytes;
	if (unlikely(!arrayBytes(elem->size, n, &bytes)))
		panicPlain("runtime: allocation size out of range");
	return allocValue(bytes, elem, true);
}

void
unsafeslice(const struct type *elem, void *p, intgo len)
{
	uintptr_t bytes;
	if (likely(len >= 0 && !__builtin_mul_overflow(elem->size, (uintptr_t)len, &bytes) &&
		    bytes <= 0 - (uintptr_t)p))
		return;
	if (len > 0 && p == NULL)
		panicError("unsafe.Slice: ptr is nil and len is not zero");
	panicError("unsafe.Slice: len out of range");
}

/* ---- growing ------------------------------------------------------------------------------ */

static always_inline intgo
newcap(intgo oldcap, intgo needed)
{
	if (needed - oldcap > oldcap)
		return needed;
	if (oldcap < GROW_TWICE)
		return 2 * oldcap;
	intgo cap = oldcap;
	while (cap < needed)
		if (__builtin_add_overflow(cap, (cap + 3 * GROW_TWICE) / 4, &cap))
			return needed;
	return cap;
}

/* Divisions by a size that is a power of two, or 1, are worth avoiding. */
static always_inline uintptr_t
elements(uintptr_t bytes, uintptr_t size)
{
	return isPowerOfTwo(size) ? bytes >> __builtin_ctzl(size) : bytes / size;
}

static always_inline intgo
grow(uintptr_t size, intgo oldcap, intgo needed, uintptr_t *bytes)
{
	if (unlikely(needed < oldcap || !arrayBytes(size, newcap(oldcap, needed), bytes)))
		panicError("growslice: cap out of range");
	*bytes = roundupsize(*bytes);
	return (intgo)elements(*bytes, size);
}

intgo
growcap(uintptr_t size, intgo oldcap, intgo needed, uintptr_t *bytes)
{
	return size == 0 ? (*bytes = 0, needed) : grow(size, oldcap, needed, bytes);
}

struct goslice
growslice(const struct type *elem, void *old, intgo oldlen, intgo oldcap, intgo needed)
{
	uintptr_t size = elem->size, bytes;
	if (unlikely(size == 0)) { /* not nil, if it has a length */
		if (needed < oldcap)
			panicError("growslice: cap out of range");
		return (struct goslice){allocNoscan(0, false), needed, needed};
	}
	intgo cap = grow(size, oldcap, needed, &bytes);
	uintptr_t used = (uintptr_t)oldlen * size;
	void *p;
	if (elem->ptrdata == 0) {
		p = allocNoscan(bytes, false);
		/* Slots of up to FAST_MAX_SIZE are zeroed already. */
		uintptr_t filled = (uintptr_t)needed * size;
		if (bytes > FAST_MAX_SIZE)
			memclr((char *)p + filled, bytes - filled);
	} else {
		p = allocTyped(bytes, elem);
	}
	if (used > 0)
		memmove(p, old, used);
	return (struct goslice){p, needed, cap};
}

/* ---- copying and clearing ----------------------------------------------------------------- */

struct g *
overwriteBeginSlow(const void *p, uintptr_t n)
{
	struct g *gp = rtenter();
	gcShadeRange(p, n);
	return gp;
}

/* A function of its own: without a barrier, all is a jump. */
static never_inline void
moveWithBarrier(void *dst, const void *src, uintptr_t n)
{
	struct g *gp = overwriteBegin(dst, n);
	memmove(dst, src, n);
	overwriteEnd(gp);
}

void
typedmemmove(const struct type *t, void *dst, const void *src)
{
	if (gcBarrierOn())
		moveWithBarrier(dst, src, t->size);
	else
		memmove(dst, src, t->size);
}

intgo
typedslicecopy(const struct type *elem, void *dst, intgo dlen, void *src, intgo slen)
{
	intgo n = dlen < slen ? dlen : slen;
	if (n > 0 && dst != src) {
		if (gcBarrierOn() && elem->ptrdata != 0)
			moveWithBarrier(dst, src, (uintptr_t)n * elem->size);
		else
			memmove(dst, src, (uintptr_t)n * elem->size);
	}
	return n;
}

void
memclrHasPointers(void *p, uintptr_t n)
{
	struct g *gp = overwriteBegin(p, n);
	memclr(p, n);
	overwriteEnd(gp);
}

void
typedmemclr(const struct type *t, void *p)
{
	memclrHasPointers(p, t->size);
}
