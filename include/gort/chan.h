/* chan.h: channels: typed queues between goroutines.
 *
 * Since 0.1. A channel passes values of one size, in order, from any number of senders to any
 * number of receivers. Unbuffered (capacity 0), a send waits until a receiver has taken the value:
 * it is also a meeting. Buffered, it waits only while the buffer is full.
 *
 *	gort_chan *c = gort_chan_make(int, 0);
 *	gort_send(c, 42);
 *	int v;
 *	while (gort_recv(c, &v))
 *		printf("%d\n", v);
 *
 * The macros check that what is sent or received has the size of the channel's elements, and panic
 * with both sizes if not: sending the int 1 on a channel of int64_t needs (int64_t)1.
 *
 * A NULL channel is never ready: an operation on it parks for ever (Go's nil channel), which
 * switches a case of a select off. Channels are collected when nothing points to them any more,
 * and gort_free gives back one that no goroutine uses; closing is a message to the receivers, not
 * a duty.
 */
#ifndef GORT_CHAN_H
#define GORT_CHAN_H

#include "gort/export.h"

typedef struct gort_chan gort_chan;

/* How the collector reads the elements: every word may be a pointer, or none is. */
enum gort_scan { GORT_SCAN_WORDS = 0, GORT_SCAN_NOTHING = 1 };

/* A channel of elements of type T with room for capacity of them.                     since 0.1
 * T that is a number is known to hold no pointers, so the collector does not look at it.
 * Expands to gort_chan_make_sized. */
#define gort_chan_make(T, capacity)                                                                \
	gort_chan_make_sized(sizeof(T), (ptrdiff_t)(capacity), GORT_SCAN_OF(T))

/* Sends the value of the expression on c; parks until a receiver or the buffer takes it. since 0.1
 * Arrays decay to pointers as in a function call. Expands to gort_chan_send. */
/* Receives into *v; parks until there is a value. True: *v is it. False: c is closed and empty,
 * and *v is zeroed. v NULL drops the value.                                           since 0.1
 * Expands to gort_chan_recv. */
/* The same without parking. gort_try_send: true if the value was taken. gort_try_recv: 1 if *v
 * is a value, 0 if none is there now, GORT_ECLOSED if none will ever come (*v is zeroed).
 *                                                                                     since 0.1
 * They expand to gort_chan_try_send and gort_chan_try_recv. */
#ifndef __cplusplus
#	define gort_send(c, ...)                                                                  \
		gort_chan_send((c), GORT_ADDRESS_OF(__VA_ARGS__), sizeof(GORT_TYPEOF(__VA_ARGS__)))
#	define gort_recv(c, v) gort_chan_recv((c), (v), GORT_SIZE_AT(v))
#	define gort_try_send(c, ...)                                                              \
		gort_chan_try_send(                                                                \
			(c), GORT_ADDRESS_OF(__VA_ARGS__), sizeof(GORT_TYPEOF(__VA_ARGS__)))
#	define gort_try_recv(c, v) gort_chan_try_recv((c), (v), GORT_SIZE_AT(v))
#else
#	define gort_send(c, ...)     gort_cxx_send((c), __VA_ARGS__)
#	define gort_recv(c, v)       gort_chan_recv((c), (v), gort_cxx_size_at(v))
#	define gort_try_send(c, ...) gort_cxx_try_send((c), __VA_ARGS__)
#	define gort_try_recv(c, v)   gort_chan_try_recv((c), (v), gort_cxx_size_at(v))
#endif

GORT_BEGIN

/* A channel of elements of elemsize bytes. Panics "makechan: size out of range" if capacity is
 * negative or the buffer would not fit the address space.                             since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_chan *
gort_chan_make_sized(size_t elemsize, ptrdiff_t capacity, enum gort_scan scan) GORT_NODISCARD;

/* Sends size bytes at elem, which are copied before the call returns. size must be the channel's
 * element size. Panics "send on closed channel" if c is closed or gets closed meanwhile. since 0.1
 * [goroutine; parks; panics] */
GORT_API void gort_chan_send(gort_chan *c, const void *elem, size_t size) GORT_NONNULL(2);

/* Receives size bytes into elem; NULL drops the value. False once c is closed and drained; elem
 * is zeroed then.                                                                     since 0.1
 * [goroutine; parks; panics if size is not the element size] */
GORT_API bool gort_chan_recv(gort_chan *c, void *elem, size_t size);

/* Without parking; see the macros.                                                    since 0.1
 * [goroutine; never parks; panics as gort_chan_send] */
GORT_API bool gort_chan_try_send(gort_chan *c, const void *elem, size_t size) GORT_NONNULL(2);
GORT_API int gort_chan_try_recv(gort_chan *c, void *elem, size_t size);

/* Closes c: receivers get what is buffered, then false. Only senders should close, and only once.
 * Panics "close of nil channel" or "close of closed channel".                         since 0.1
 * [goroutine; never parks; panics] */
GORT_API void gort_close(gort_chan *c);

/* Elements in the buffer now; room in the buffer; bytes an element. All 0 for NULL.   since 0.1
 * [goroutine; never parks] */
GORT_API ptrdiff_t gort_len(const gort_chan *c);
GORT_API ptrdiff_t gort_cap(const gort_chan *c);
GORT_API size_t gort_chan_elemsize(const gort_chan *c);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

#ifndef __cplusplus

/* The type of an expression as a function argument: arrays decay, qualifiers go, char stays char.
 * The expression is not evaluated. */
#	define GORT_TYPEOF(...) __typeof__(((void)0, (__VA_ARGS__)))
/* The address of a copy of the expression's value that lives as long as the enclosing block. */
#	define GORT_ADDRESS_OF(...) ((GORT_TYPEOF(__VA_ARGS__)[1]){__VA_ARGS__})
/* What v points to; 1 for void *. */
#	define GORT_SIZE_AT(v) (__extension__ sizeof(*(v)))
/* clang-format off */
#	define GORT_SCAN_OF(T)                                                                    \
		_Generic(*(__typeof__(T) *)0,                                                      \
			_Bool: GORT_SCAN_NOTHING,                                                  \
			char: GORT_SCAN_NOTHING,                                                   \
			signed char: GORT_SCAN_NOTHING,                                            \
			unsigned char: GORT_SCAN_NOTHING,                                          \
			short: GORT_SCAN_NOTHING,                                                  \
			unsigned short: GORT_SCAN_NOTHING,                                         \
			int: GORT_SCAN_NOTHING,                                                    \
			unsigned: GORT_SCAN_NOTHING,                                               \
			long: GORT_SCAN_NOTHING,                                                   \
			unsigned long: GORT_SCAN_NOTHING,                                          \
			long long: GORT_SCAN_NOTHING,                                              \
			unsigned long long: GORT_SCAN_NOTHING,                                     \
			float: GORT_SCAN_NOTHING,                                                  \
			double: GORT_SCAN_NOTHING,                                                 \
			long double: GORT_SCAN_NOTHING,                                            \
			default: GORT_SCAN_WORDS)
/* clang-format on */

#else

template <class T> struct gort_cxx_scan {
	static const enum gort_scan value = GORT_SCAN_WORDS;
};
#	define GORT_CXX_NUMBER_(T)                                                                \
		template <> struct gort_cxx_scan<T> {                                              \
			static const enum gort_scan value = GORT_SCAN_NOTHING;                     \
		};
GORT_CXX_NUMBER_(bool)
GORT_CXX_NUMBER_(char)
GORT_CXX_NUMBER_(signed char)
GORT_CXX_NUMBER_(unsigned char)
GORT_CXX_NUMBER_(short)
GORT_CXX_NUMBER_(unsigned short)
GORT_CXX_NUMBER_(int)
GORT_CXX_NUMBER_(unsigned)
GORT_CXX_NUMBER_(long)
GORT_CXX_NUMBER_(unsigned long)
GORT_CXX_NUMBER_(long long)
GORT_CXX_NUMBER_(unsigned long long)
GORT_CXX_NUMBER_(float)
GORT_CXX_NUMBER_(double)
GORT_CXX_NUMBER_(long double)
#	undef GORT_CXX_NUMBER_
#	define GORT_SCAN_OF(T) (gort_cxx_scan<T>::value)

/* By value, so that arrays decay and literals have an address. */
template <class T>
inline void
gort_cxx_send(gort_chan *c, T value)
{
	static_assert(__is_trivially_copyable(T), "a channel copies its elements as bytes");
	gort_chan_send(c, &value, sizeof value);
}

template <class T>
inline bool
gort_cxx_try_send(gort_chan *c, T value)
{
	static_assert(__is_trivially_copyable(T), "a channel copies its elements as bytes");
	return gort_chan_try_send(c, &value, sizeof value);
}

template <class T>
constexpr size_t
gort_cxx_size_at(T *)
{
	return sizeof(T);
}
constexpr size_t
gort_cxx_size_at(void *)
{
	return 1;
}

#endif

#endif
