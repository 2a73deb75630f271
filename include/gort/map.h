/* map.h: maps: from keys of one type to elements of another, as Go's.
 *
 * Since 0.1.
 *
 *	gort_map *words = gort_map_make(const char *, int);
 *	++*gort_map_at(words, "hello", int);
 *
 *	int n;
 *	if (gort_map_get(words, "hello", &n))
 *		...
 *	const char *word;
 *	gort_map_each(words, &word, &n)
 *		printf("%d %s\n", n, word);
 *
 * What makes two keys equal follows from their type:
 *
 *   const char *, char *   text: equal if strcmp says so. The map keeps a copy of each key
 *   float, double          equal as numbers: 0.0 is -0.0, and a NaN is equal to nothing, so it can
 *                          be put in, and seen by an iteration, but not found
 *   anything else          equal if all bytes are: numbers, pointers (void *: the address counts),
 *                          structs. Set a struct with padding to zero bytes (memset) before its
 *                          fields, and use no long double: its last six bytes are nobody's
 *
 * The macros check the sizes of what is given to them, and panic with both sizes if they are not
 * the map's: the key 1 of a map of int64_t is (int64_t)1. Keys and elements go in and out as
 * copies.
 *
 * NULL is an empty map that cannot be put into. A map has no lock: several goroutines may read it at the same
 * time, but who writes must be alone. Programs that break this are found out sooner or later, and
 * end: "fatal error: concurrent map writes". Maps are collected when nothing points to them any
 * more; elements that are pointers keep alive what they point to.
 *
 * Elements move when a map grows: an address that gort_map_at or gort_map_peek gave is good until
 * the map is next put into.
 */
#ifndef GORT_MAP_H
#define GORT_MAP_H

#include "gort/chan.h"
#include "gort/export.h"
#include "gort/mem.h"

typedef struct gort_map gort_map;

/* How keys are compared. */
enum gort_keys {
	GORT_KEY_BYTES = 0,
	GORT_KEY_TEXT = 1,  /* char *, by what it points to */
	GORT_KEY_FLOAT = 2, /* float or double, by the size */
};

/* What a map is made of; gort_map_make fills it in. */
typedef struct gort_map_type {
	enum gort_keys keys;
	enum gort_scan key_scan; /* where a key's pointers are, unless it was described */
	enum gort_scan elem_scan;
	gort_typeref key, elem; /* sizes; GORT_POINTERS counts */
	const void *found_;     /* atomic */
} gort_map_type;

/* A walk over a map's entries: gort_map_each has one. No end needs to be told. */
typedef struct gort_map_iter {
	gort_map *map_;
	void *state_[13];
} gort_map_iter;

/* A map from keys of type K to elements of type V.                                    since 0.1
 * Expands to gort_map_make_typed. */
#define gort_map_make(K, V) gort_map_make_n(K, V, 0)
/* The same with room for n entries: filling it so far moves little or nothing.        since 0.1
 * Expands to gort_map_make_typed. */
#define gort_map_make_n(K, V, n)                                                                   \
	__extension__({                                                                            \
		static gort_map_type gort_maptype_ = {GORT_KEYS_OF(K), GORT_SCAN_OF(K),            \
			GORT_SCAN_OF(V), {#K, sizeof(K), &gort_file_types_, NULL},                 \
			{#V, sizeof(V), &gort_file_types_, NULL}, NULL};                           \
		gort_map_make_typed(&gort_maptype_, (ptrdiff_t)(n));                               \
	})

/* Puts an entry in, or another element into the entry that has this key: key and element are any
 * expressions.                                                                        since 0.1
 * Expands to gort_map_put. */
/* Copies the element of key to *v; true if there is one. False: *v is zeroed. v NULL: is there
 * one?                                                                                since 0.1
 * Expands to gort_map_find. */
/* Takes the entry of key out, if there is one.                                        since 0.1
 * Expands to gort_map_remove. */
/* The address of key's element, V *; without an entry, one is put in that is zeroed.  since 0.1
 * Expands to gort_map_assign. */
/* The address of key's element, V *, or NULL.                                         since 0.1
 * Expands to gort_map_lookup. */
#ifndef __cplusplus
#	define gort_map_set(m, k, ...)                                                            \
		gort_map_put((m), GORT_ADDRESS_OF(k), sizeof(GORT_TYPEOF(k)),                      \
			GORT_ADDRESS_OF(__VA_ARGS__), sizeof(GORT_TYPEOF(__VA_ARGS__)))
#	define gort_map_get(m, k, v)                                                              \
		gort_map_find((m), GORT_ADDRESS_OF(k), sizeof(GORT_TYPEOF(k)), (v), GORT_SIZE_AT(v))
#	define gort_map_delete(m, k)                                                              \
		gort_map_remove((m), GORT_ADDRESS_OF(k), sizeof(GORT_TYPEOF(k)))
#	define gort_map_at(m, k, V)                                                               \
		((__typeof__(V) *)gort_map_assign(                                                 \
			(m), GORT_ADDRESS_OF(k), sizeof(GORT_TYPEOF(k)), sizeof(V)))
#	define gort_map_peek(m, k, V)                                                             \
		((__typeof__(V) *)gort_map_lookup(                                                 \
			(m), GORT_ADDRESS_OF(k), sizeof(GORT_TYPEOF(k)), sizeof(V)))
#else
#	define gort_map_set(m, k, ...) gort_cxx_map_set((m), (k), __VA_ARGS__)
#	define gort_map_get(m, k, v)   gort_cxx_map_get((m), (k), (v), gort_cxx_size_at(v))
#	define gort_map_delete(m, k)   gort_cxx_map_delete((m), (k))
#	define gort_map_at(m, k, V)    (gort_cxx_map_at<__typeof__(V)>((m), (k)))
#	define gort_map_peek(m, k, V)  (gort_cxx_map_peek<__typeof__(V)>((m), (k)))
#endif

/* Head of a loop over all entries: *k and *v are set to one after the other, in an order that is
 * another one each time. Either may be NULL. The loop may change the map: an entry that it takes out
 * does not come any more; one that it puts in may come or not; each comes once.        since 0.1
 * Expands to gort_map_next. */
#define gort_map_each(m, k, v) GORT_MAP_EACH_(m, k, v, GORT_CAT_(gort_iter_, __COUNTER__))
#ifndef __cplusplus
#	define GORT_MAP_EACH_(m, k, v, it)                                                        \
		for (gort_map_iter it = GORT_MAP_ITER(m);                                          \
			gort_map_next(&it, (k), GORT_SIZE_AT(k), (v), GORT_SIZE_AT(v));)
#else
#	define GORT_MAP_EACH_(m, k, v, it)                                                        \
		for (gort_map_iter it = GORT_MAP_ITER(m);                                          \
			gort_map_next(&it, (k), gort_cxx_size_at(k), (v), gort_cxx_size_at(v));)
#endif
/* What a gort_map_iter is set to before the first gort_map_next. */
#ifndef __cplusplus
#	define GORT_MAP_ITER(m) ((gort_map_iter){(m), {NULL}})
#else
#	define GORT_MAP_ITER(m) (gort_map_iter{(m), {NULL}})
#endif

GORT_BEGIN

/* A map; type is a static of the calling place, and kept. n: entries to make room for, 0 and less
 * if that is not known. Panics "gort_map_make: size out of range" if a key or an element has more
 * than 2^31 bytes.                                                                    since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_map *
gort_map_make_typed(gort_map_type *type, ptrdiff_t n) GORT_NONNULL(1) GORT_NODISCARD;

/* A map by sizes, for those who have no types: bindings to other languages. keys and keysize must
 * agree: GORT_KEY_TEXT takes the size of a pointer, GORT_KEY_FLOAT 4 or 8. Panics as above. since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API gort_map *gort_map_make_sized(enum gort_keys keys, size_t keysize, enum gort_scan key_scan,
	size_t elemsize, enum gort_scan elem_scan, ptrdiff_t n) GORT_NODISCARD;

/* The sizes are those of key and element, held against the map's. Where a key is text, key points
 * to the char *. elem NULL: as told with the macros. Panics "assignment to entry in nil map".
 *                                                                                     since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void gort_map_put(gort_map *m, const void *key, size_t keysize, const void *elem,
	size_t elemsize) GORT_NONNULL(2, 4);
GORT_API void *gort_map_assign(gort_map *m, const void *key, size_t keysize, size_t elemsize)
	GORT_NONNULL(2) __attribute__((__returns_nonnull__));

/* [goroutine; never parks; panics if a size is not the map's]                         since 0.1 */
GORT_API bool gort_map_find(
	gort_map *m, const void *key, size_t keysize, void *elem, size_t elemsize) GORT_NONNULL(2);
GORT_API void *
gort_map_lookup(gort_map *m, const void *key, size_t keysize, size_t elemsize) GORT_NONNULL(2);
GORT_API void gort_map_remove(gort_map *m, const void *key, size_t keysize) GORT_NONNULL(2);

/* Takes all entries out; the room that they had is kept.                              since 0.1
 * [goroutine; never parks] */
GORT_API void gort_map_clear(gort_map *m);

/* Entries; 0 for NULL.                                                                since 0.1
 * [goroutine; never parks] */
GORT_API ptrdiff_t gort_map_len(const gort_map *m);

/* The next entry of the walk: a copy of its key to *key and of its element to *elem, where they
 * are not NULL. A key that is text is the address of the map's copy, which lives as long as
 * somebody points to it. False: that was all.                                         since 0.1
 * [goroutine; never parks; panics if a size is not the map's] */
GORT_API bool gort_map_next(
	gort_map_iter *it, void *key, size_t keysize, void *elem, size_t elemsize) GORT_NONNULL(1);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

#ifndef __cplusplus

/* clang-format off */
#	define GORT_KEYS_OF(K)                                                                    \
		_Generic((*(__typeof__(K) *)0),                                                    \
			char *: GORT_KEY_TEXT,                                                     \
			const char *: GORT_KEY_TEXT,                                               \
			float: GORT_KEY_FLOAT,                                                     \
			double: GORT_KEY_FLOAT,                                                    \
			default: GORT_KEY_BYTES)
/* clang-format on */

#else

template <class K> struct gort_cxx_keys {
	static const enum gort_keys value = GORT_KEY_BYTES;
};
#	define GORT_CXX_KEYS_(K, v)                                                               \
		template <> struct gort_cxx_keys<K> {                                              \
			static const enum gort_keys value = v;                                     \
		};
GORT_CXX_KEYS_(char *, GORT_KEY_TEXT)
GORT_CXX_KEYS_(const char *, GORT_KEY_TEXT)
GORT_CXX_KEYS_(float, GORT_KEY_FLOAT)
GORT_CXX_KEYS_(double, GORT_KEY_FLOAT)
#	undef GORT_CXX_KEYS_
#	define GORT_KEYS_OF(K) (gort_cxx_keys<K>::value)

template <class K, class V>
inline void
gort_cxx_map_set(gort_map *m, K key, V elem)
{
	static_assert(__is_trivially_copyable(K), "a map copies its keys as bytes");
	static_assert(__is_trivially_copyable(V), "a map copies its elements as bytes");
	gort_map_put(m, &key, sizeof key, &elem, sizeof elem);
}

template <class K>
inline bool
gort_cxx_map_get(gort_map *m, K key, void *elem, size_t elemsize)
{
	return gort_map_find(m, &key, sizeof key, elem, elemsize);
}

template <class K>
inline void
gort_cxx_map_delete(gort_map *m, K key)
{
	gort_map_remove(m, &key, sizeof key);
}

template <class V, class K>
inline V *
gort_cxx_map_at(gort_map *m, K key)
{
	static_assert(__is_trivially_copyable(V), "a map copies its elements as bytes");
	return static_cast<V *>(gort_map_assign(m, &key, sizeof key, sizeof(V)));
}

template <class V, class K>
inline V *
gort_cxx_map_peek(gort_map *m, K key)
{
	return static_cast<V *>(gort_map_lookup(m, &key, sizeof key, sizeof(V)));
}

#endif

#endif
