/* select.h: waiting for the first of several channel operations.
 *
 * Since 0.1.
 *
 *	switch (gort_select(GORT_RECV(jobs, &job), GORT_SEND(out, result), GORT_AFTER(10 * GORT_MS))) {
 *	case 0: run(job); break;
 *	case 1: sent++; break;
 *	case 2: puts("nothing for 10 ms"); break;
 *	}
 *
 * Exactly one case is carried out, and its place in the list, from 0, is the result. If several
 * can be carried out one of them is chosen at random.
 */
#ifndef GORT_SELECT_H
#define GORT_SELECT_H

#include "gort/chan.h"
#include "gort/export.h"

/* One case. Made by the macros below, or filled by hand for gort_select_array. */
typedef struct gort_case {
	uint32_t op;     /* enum gort_case_op */
	uint32_t size;   /* bytes at elem: must be the channel's element size */
	gort_chan *chan; /* NULL: never ready */
	void *elem;      /* send: the value; receive: where it goes, NULL drops it */
	union gort_case_more {
		bool *ok;      /* receive: if not NULL, set to whether a value came */
		int64_t after; /* GORT_CASE_AFTER: nanoseconds */
	} more;
} gort_case;

enum gort_case_op { GORT_CASE_RECV, GORT_CASE_SEND, GORT_CASE_AFTER, GORT_CASE_DEFAULT };

/* The cases:
 *   GORT_RECV(c, &v)          receives into v; v is zeroed if c is closed
 *   GORT_RECV_OK(c, &v, &ok)  and ok says whether v is a value, as gort_recv's result
 *   GORT_SEND(c, expression)  sends the value, which is computed before waiting starts
 *   GORT_AFTER(ns)            is chosen if no other was possible for so long; <= 0: at once
 *   GORT_DEFAULT              is chosen if no other is possible now: the select never parks
 * Of several GORT_AFTER the shortest counts. The same rules as for gort_send and gort_recv hold:
 * sizes are checked, NULL channels are never ready.                                   since 0.1
 *
 * gort_select(case, ...) expands to gort_select_array. */
#ifndef __cplusplus
#	define GORT_RECV(c, v) GORT_RECV_OK(c, v, NULL)
#	define GORT_RECV_OK(c, v, okp)                                                            \
		(gort_case)                                                                        \
		{                                                                                  \
			.op = GORT_CASE_RECV, .size = (uint32_t)GORT_SIZE_AT(v), .chan = (c),      \
			.elem = (v), .more = {                                                     \
				.ok = (okp)                                                        \
			}                                                                          \
		}
#	define GORT_SEND(c, ...)                                                                  \
		(gort_case)                                                                        \
		{                                                                                  \
			.op = GORT_CASE_SEND, .size = (uint32_t)sizeof(GORT_TYPEOF(__VA_ARGS__)),  \
			.chan = (c), .elem = GORT_ADDRESS_OF(__VA_ARGS__)                          \
		}
#	define GORT_AFTER(ns)                                                                     \
		(gort_case)                                                                        \
		{                                                                                  \
			.op = GORT_CASE_AFTER, .more = {.after = (ns) }                            \
		}
#	define GORT_DEFAULT                                                                       \
		(gort_case)                                                                        \
		{                                                                                  \
			.op = GORT_CASE_DEFAULT                                                    \
		}
#	define gort_select(...)                                                                   \
		gort_select_array((gort_case[]){__VA_ARGS__},                                      \
			(int)(sizeof((gort_case[]){__VA_ARGS__}) / sizeof(gort_case)))
#else
#	define GORT_RECV(c, v)         gort_cxx_case_recv((c), (v), gort_cxx_size_at(v), nullptr)
#	define GORT_RECV_OK(c, v, okp) gort_cxx_case_recv((c), (v), gort_cxx_size_at(v), (okp))
#	define GORT_SEND(c, ...)       gort_cxx_make_send((c), __VA_ARGS__)
#	define GORT_AFTER(ns)          gort_cxx_case_after(ns)
#	define GORT_DEFAULT            gort_cxx_case_default()
#	define gort_select(...)        gort_cxx_select(__VA_ARGS__)
#endif

GORT_BEGIN

/* Waits for the first of n cases and returns its index. The array is only read, and not kept.
 * n == 0 parks for ever. Panics as gort_chan_send does, if a size is not the channel's element
 * size, and if n is negative or above 65,535.                                         since 0.1
 * [goroutine; parks unless there is a GORT_DEFAULT; allocates; panics] */
GORT_API int gort_select_array(const gort_case *cases, int n);

GORT_END

/* ---- C++: cases are objects that hold the value to send until the full expression ends ----- */

#ifdef __cplusplus

template <class T> struct gort_cxx_send_case {
	gort_chan *chan;
	T value;
	operator gort_case() const
	{
		static_assert(__is_trivially_copyable(T), "a channel copies its elements as bytes");
		gort_case k = gort_case();
		k.op = GORT_CASE_SEND;
		k.size = (uint32_t)sizeof(T);
		k.chan = chan;
		k.elem = const_cast<void *>(static_cast<const void *>(&value));
		return k;
	}
};

template <class T>
inline gort_cxx_send_case<T>
gort_cxx_make_send(gort_chan *c, T value)
{
	gort_cxx_send_case<T> k = {c, value};
	return k;
}

inline gort_case
gort_cxx_case_recv(gort_chan *c, void *elem, size_t size, bool *ok)
{
	gort_case k = gort_case();
	k.op = GORT_CASE_RECV;
	k.size = (uint32_t)size;
	k.chan = c;
	k.elem = elem;
	k.more.ok = ok;
	return k;
}

inline gort_case
gort_cxx_case_after(int64_t ns)
{
	gort_case k = gort_case();
	k.op = GORT_CASE_AFTER;
	k.more.after = ns;
	return k;
}

inline gort_case
gort_cxx_case_default()
{
	gort_case k = gort_case();
	k.op = GORT_CASE_DEFAULT;
	return k;
}

template <class... Cases>
inline int
gort_cxx_select(const Cases &...cases)
{
	gort_case a[] = {cases...};
	return gort_select_array(a, (int)sizeof...(cases));
}

#endif

#endif
