/* slice.h: arrays that grow, in collected memory.
 *
 * Since 0.1.
 *
 *	GORT_SLICE(ints, int);
 *
 *	ints v = {0};
 *	gort_append(&v, 42);
 *	for (ptrdiff_t i = 0; i < v.len; i++)
 *		sum += v.ptr[i];                    // or gort_at(&v, i), which checks i
 *
 * A slice is a window on an array: where it begins, how many elements it has, how many it may get
 * before it must move. It is passed by value; copies share the array, as they do in Go. Appending
 * to a full slice makes a new array, of twice the size while it is small and a quarter more when it is
 * large, and leaves the old one to whoever else has it.
 *
 * The layout is Go's. {0} is the empty slice.
 */
#ifndef GORT_SLICE_H
#define GORT_SLICE_H

#include "gort/chan.h"
#include "gort/export.h"

/* Declares the type name, a slice of elements of type T.                              since 0.1 */
#define GORT_SLICE(name, T)                                                                        \
	typedef struct name {                                                                      \
		T *ptr;                                                                            \
		ptrdiff_t len;                                                                     \
		ptrdiff_t cap;                                                                     \
	} name

/* s, a pointer to a slice in all of these, is evaluated once. */

/* Makes *s a slice of n zeroed elements, with room for cap. Panics "makeslice: len out of range",
 * "makeslice: cap out of range".                                                      since 0.1
 * Expands to gort_slice_make_sized. */
#define gort_slice_make(s, n, cap)                                                                 \
	gort_slice_make_sized((s), sizeof *(s)->ptr, GORT_SLICE_SCAN_(s), (n), (cap))

/* One element more.                                                                   since 0.1
 * Expands to gort_slice_grow, where it is full. */
#define gort_append(s, ...)                                                                        \
	__extension__({                                                                            \
		__typeof__(s) gort_s_ = (s);                                                       \
		__typeof__(*gort_s_->ptr) gort_v_ = __VA_ARGS__;                                   \
		if (__builtin_expect(gort_s_->len == gort_s_->cap, 0))                             \
			gort_slice_grow(gort_s_, sizeof gort_v_, GORT_SLICE_SCAN_(gort_s_),        \
				gort_s_->len + 1);                                                 \
		gort_s_->ptr[gort_s_->len++] = gort_v_;                                            \
		(void)0;                                                                           \
	})

/* The n elements at p, which may lie in the slice itself.                             since 0.1
 * Expands to gort_slice_append. */
#define gort_append_n(s, p, n)                                                                     \
	__extension__({                                                                            \
		__typeof__(s) gort_s_ = (s);                                                       \
		const __typeof__(*gort_s_->ptr) *gort_p_ = (p);                                    \
		gort_slice_append(                                                                 \
			gort_s_, sizeof *gort_p_, GORT_SLICE_SCAN_(gort_s_), gort_p_, (n));        \
	})

/* The element at index i, to read and to assign. Panics "index out of range".         since 0.1
 * Expands to gort_panic_index, where it is out of range. */
#define gort_at(s, i)                                                                              \
	(*__extension__({                                                                          \
		__typeof__(s) gort_s_ = (s);                                                       \
		ptrdiff_t gort_i_ = (i);                                                           \
		if (__builtin_expect((size_t)gort_i_ >= (size_t)gort_s_->len, 0))                  \
			gort_panic_index(gort_i_, gort_s_->len);                                   \
		gort_s_->ptr + gort_i_;                                                            \
	}))

/* The window from the index from up to, not including, to, which may lie beyond len, up to cap.
 * Panics "slice bounds out of range".                                                 since 0.1
 * Expands to gort_panic_slice, where they are. */
#define gort_subslice(s, from, to)                                                                 \
	__extension__({                                                                            \
		__typeof__(*(s)) gort_w_ = *(s);                                                   \
		ptrdiff_t gort_from_ = (from), gort_to_ = (to);                                    \
		if (__builtin_expect(                                                              \
			    gort_from_ < 0 || gort_from_ > gort_to_ || gort_to_ > gort_w_.cap, 0)) \
			gort_panic_slice(gort_from_, gort_to_, gort_w_.cap);                       \
		gort_w_.ptr = gort_from_ < gort_w_.cap ? gort_w_.ptr + gort_from_ : gort_w_.ptr;   \
		gort_w_.len = gort_to_ - gort_from_;                                               \
		gort_w_.cap -= gort_from_;                                                         \
		gort_w_;                                                                           \
	})

/* Copies elements to the slice *to from *from, as many as both have, and returns how many. They may
 * overlap.                                                                            since 0.1
 * Expands to memmove. */
#define gort_slice_copy(to, from)                                                                  \
	__extension__({                                                                            \
		__typeof__(to) gort_to_ = (to);                                                    \
		const __typeof__(*(to)) *gort_from_ = (from);                                      \
		ptrdiff_t gort_n_ =                                                                \
			gort_to_->len < gort_from_->len ? gort_to_->len : gort_from_->len;         \
		if (gort_n_ > 0)                                                                   \
			__builtin_memmove(gort_to_->ptr, gort_from_->ptr,                          \
				(size_t)gort_n_ * sizeof *gort_to_->ptr);                          \
		gort_n_;                                                                           \
	})

GORT_BEGIN

/* What the macros expand to. slice is a pointer to any type that GORT_SLICE declared, of elements of
 * elemsize bytes; scan says whether they may hold pointers. */

/* As gort_slice_make.                                                                 since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void gort_slice_make_sized(void *slice, size_t elemsize, enum gort_scan scan, ptrdiff_t n,
	ptrdiff_t cap) GORT_NONNULL(1);
/* Makes room for needed elements, if there is not; len stays. What is beyond len is zero in a new array.
 * Panics "growslice: cap out of range".                                               since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void gort_slice_grow(void *slice, size_t elemsize, enum gort_scan scan, ptrdiff_t needed)
	GORT_NONNULL(1);
/* As gort_append_n. Panics "growslice: cap out of range", also for a negative n.      since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void gort_slice_append(void *slice, size_t elemsize, enum gort_scan scan, const void *p,
	ptrdiff_t n) GORT_NONNULL(1);
/* Panics "index out of range [i] with length n".                                      since 0.1
 * [goroutine; panics] */
GORT_API GORT_NORETURN void gort_panic_index(ptrdiff_t i, ptrdiff_t n);
/* Panics "slice bounds out of range", and says which.                                 since 0.1
 * [goroutine; panics] */
GORT_API GORT_NORETURN void gort_panic_slice(ptrdiff_t from, ptrdiff_t to, ptrdiff_t cap);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

#define GORT_SLICE_SCAN_(s) GORT_SCAN_OF(__typeof__(*(s)->ptr))

#endif
