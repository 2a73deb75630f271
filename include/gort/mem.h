/* mem.h: memory from the collected heap.
 *
 * Since 0.1.
 *
 *	struct node *n = gort_new(struct node);
 *	char *text = gort_make(char, 4096);
 *
 * Memory is zeroed, aligned for any type, and never has to be freed: what can no longer be reached
 * is taken back. gort_free gives an object back early. (Programs without libc do not collect yet: there,
 * what is not freed stays.)
 *
 * What keeps an object alive: a pointer to its start or into it, in a variable, thread-local ones
 * included, on a goroutine's stack, or in another object. One past its end does on a stack; elsewhere
 * only if no other object begins there. What does not: a pointer in memory from malloc(3) or mmap(2)
 * (gort_root_add), or one that was encoded.
 *
 * How an object is looked at follows from its type. gort_new(double) and gort_make(char, n) hold no
 * pointers and are not looked at. A struct described with GORT_POINTERS is looked at where it has
 * pointers; in anything else every aligned word is taken for a pointer, which is always right and
 * a little slower. No write barriers, no registration of locals, no rules to remember.
 */
#ifndef GORT_MEM_H
#define GORT_MEM_H

#include "gort/chan.h"
#include "gort/export.h"

/* A zeroed object of type T: T *.                                                     since 0.1
 * Expands to gort_alloc_noscan for numbers, else to gort_alloc_typed. */
/* A zeroed array of n objects of type T: T *. Panics "makeslice: len out of range" if n is negative
 * or the size overflows.                                                              since 0.1
 * Expands to gort_alloc_typed_array. */
#define gort_new(T)     ((__typeof__(T) *)GORT_ALLOC_OF_(T, 1))
#define gort_make(T, n) ((__typeof__(T) *)GORT_ALLOC_OF_(T, n))

/* Describes where a struct holds pointers, so that the collector looks nowhere else. At file scope,
 * after the struct, before the first gort_new of it in the file; the fields that are pointers or
 * arrays of pointers follow, up to 24 of them. GORT_NO_POINTERS(T) says that there are none.
 *
 *	struct node { struct node *left, *right; int key; };
 *	GORT_POINTERS(struct node, left, right);
 *
 * It holds for the file it stands in (put it beside the struct, in the header) and for allocations
 * that spell the type the same way. A pointer field that is left out is not followed: forget one
 * only if something else keeps the object alive. An omitted GORT_POINTERS is never wrong. since 0.1
 * Expands to a constant and one call of gort_type_register before main. */
#define GORT_POINTERS(...)  GORT_POINTERS_(__VA_ARGS__)
#define GORT_NO_POINTERS(T) GORT_DESCRIBE_(T, NULL, 0)

/* Numbers about the heap. Exact only while nothing else runs. */
typedef struct gort_memstats {
	uint64_t heap_alloc;     /* bytes in objects that were not freed */
	uint64_t total_alloc;    /* bytes ever allocated */
	uint64_t mallocs;        /* objects ever allocated */
	uint64_t frees;          /* objects freed */
	uint64_t heap_sys;       /* bytes mapped for the heap */
	uint64_t heap_inuse;     /* bytes in pages that hold objects */
	uint64_t heap_idle;      /* bytes in pages that hold none */
	uint64_t heap_released;  /* of those, bytes given back to the kernel */
	uint64_t stack_sys;      /* bytes mapped for stacks */
	uint64_t stack_inuse;    /* bytes of stack of existing goroutines (address space) */
	uint64_t other_sys;      /* bytes mapped for the runtime's own tables */
	uint64_t sys;            /* all bytes mapped */
	uint64_t num_gc;         /* collections so far */
	uint64_t num_forced_gc;  /* of them, because gort_gc was called */
	uint64_t gc_pause_total; /* nanoseconds that the program stood still for them */
	uint64_t gc_pause_max;   /* the longest of these times */
	uint64_t next_gc;        /* heap_alloc at which the next one is due; UINT64_MAX: none is */
	uint64_t reserved_[7];
} gort_memstats;

/* A field of a described struct. */
typedef struct gort_field {
	size_t offset; /* bytes from the start */
	size_t size;   /* bytes: all words in them are pointers */
} gort_field;

/* A described struct; lives as long as the object file it is in. */
typedef struct gort_type {
	const char *name; /* as the program spells it */
	size_t size;
	size_t align;
	const gort_field *fields;
	int nfields;
	uint8_t *mask;          /* one bit a word of the struct, filled in by the registration */
	struct gort_type *next; /* the types of the same file */
	uint64_t descriptor_[12];
} gort_type;

/* What one gort_new or gort_make in the source has found out about its type. */
typedef struct gort_typeref {
	const char *name;
	size_t size;
	gort_type *const *types; /* of the file */
	const void *found_;      /* atomic */
} gort_typeref;

GORT_BEGIN

/* size zeroed bytes in which every word may be a pointer; size 0 gives an address that must not be
 * written to. Never NULL: memory that the kernel refuses is fatal ("out of memory"). Panics
 * "gort_alloc: size out of range" beyond the address space.                           since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void *gort_alloc(size_t size) GORT_MALLOC(1);
/* The same for memory that holds no pointers to collected memory.                     since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void *gort_alloc_noscan(size_t size) GORT_MALLOC(1);
/* n objects of size bytes, as gort_alloc and gort_alloc_noscan. Panics "makeslice: len out of
 * range" if n is negative or n * size overflows.                                      since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void *gort_alloc_array(ptrdiff_t n, size_t size, enum gort_scan scan)
	__attribute__((__malloc__, __returns_nonnull__));
/* n objects of a type that may have been described. ref is a static of the calling place. since 0.1
 * [goroutine; never parks; allocates; panics] */
GORT_API void *gort_alloc_typed(gort_typeref *ref, ptrdiff_t n)
	__attribute__((__malloc__, __returns_nonnull__)) GORT_NONNULL(1);

/* Gives an object back before the collector would. p: NULL, or what one of the functions above
 * returned; nothing may use the object any more. Never needed. Fatal if p is anything else, or was
 * freed before.                                                                       since 0.1
 * [goroutine; never parks] */
GORT_API void gort_free(void *p);

/* The bytes that may be used at p, at least what was asked for; 0 if p is not the start of an
 * object of the heap.                                                                 since 0.1
 * [goroutine; never parks] */
GORT_API size_t gort_usable_size(const void *p);

/* A whole collection, now: when it returns, what could not be reached when it was called is free.
 * Without libc, or where threads cannot be stopped (asyncpreemptoff=1), nothing is collected: memory that
 * holds no object goes back to the heap.                                             since 0.1
 * [goroutine; parks] */
GORT_API void gort_gc(void);

/* The size bytes at p, which are none of the heap's, may point to objects and keep them: memory of
 * malloc or mmap, which the collector does not look at otherwise. (Variables, thread-local ones too, and
 * stacks it knows.) Each word at a multiple of 8 is read at each collection, until
 * gort_root_remove(p). What is freed in between must be removed before: what cannot be read is
 * fatal, and named. gort_root_add returns GORT_ENOMEM if there is no memory to remember p,
 * gort_root_remove GORT_EINVAL if p was not added.
 *                                                                                     since 0.1
 * [goroutine; never parks] */
GORT_API int gort_root_add(void *p, size_t size) GORT_NONNULL(1);
GORT_API int gort_root_remove(void *p) GORT_NONNULL(1);

/* Fills in *out.                                                                      since 0.1
 * [goroutine; parks for a moment] */
GORT_API void gort_read_memstats(gort_memstats *out) GORT_NONNULL(1);

/* How long the collector has stopped all goroutines: stops of a length, none shorter than from_ns,
 * all shorter than to_ns (the last class has no end: INT64_MAX). */
typedef struct gort_pauses {
	int64_t from_ns, to_ns;
	uint64_t count;
} gort_pauses;

/* Writes the classes that are not empty to out, shortest first and n at most, and returns how many
 * there are; out may be NULL if n is 0. A class is an eighth of a power of two wide. Each stop counts
 * by itself; a collection that the program ran beside has two.                        since 0.1
 * [anywhere; never parks] */
GORT_API int gort_gc_pauses(gort_pauses *out, int n);

/* Adds a described struct to the list of its file and of the process. Called by GORT_POINTERS
 * before main; t is kept. Fatal if a field does not lie in the struct.                since 0.1
 * [anywhere] */
GORT_API void gort_type_register(gort_type *t, gort_type **types) GORT_NONNULL(1, 2);

GORT_END

/* ---- what the macros are made of; not for direct use -------------------------------------- */

/* The described types of this source file. */
static gort_type *gort_file_types_ __attribute__((__unused__));

#define GORT_ALLOC_OF_(T, n)                                                                       \
	__extension__({                                                                            \
		static gort_typeref gort_ref_ = {#T, sizeof(T), &gort_file_types_, NULL};          \
		GORT_SCAN_OF(T) == GORT_SCAN_NOTHING                                               \
			? gort_alloc_array((ptrdiff_t)(n), sizeof(T), GORT_SCAN_NOTHING)           \
			: gort_alloc_typed(&gort_ref_, (ptrdiff_t)(n));                            \
	})

#define GORT_CAT_(a, b)  GORT_CAT2_(a, b)
#define GORT_CAT2_(a, b) a##b

#define GORT_DESCRIBE_(T, fields, nfields)                                                         \
	GORT_DESCRIBE2_(T, fields, nfields, GORT_CAT_(gort_type_, __COUNTER__))
#define GORT_DESCRIBE2_(T, fields, nfields, id)                                                    \
	static uint8_t GORT_CAT_(id, _mask)[(sizeof(T) / sizeof(void *) + 7) / 8 + 1];             \
	static gort_type id = {                                                                    \
		#T, sizeof(T), __alignof__(T), fields, nfields, GORT_CAT_(id, _mask), NULL, {0}};  \
	__attribute__((__constructor__)) static void GORT_CAT_(id, _register)(void)                \
	{                                                                                          \
		gort_type_register(&id, &gort_file_types_);                                        \
	}                                                                                          \
	struct gort_semicolon_

#define GORT_POINTERS_(T, ...) GORT_POINTERS2_(T, GORT_CAT_(gort_fields_, __COUNTER__), __VA_ARGS__)
#define GORT_POINTERS2_(T, id, ...)                                                                \
	static const gort_field id[] = {GORT_EACH_(T, __VA_ARGS__)};                               \
	GORT_DESCRIBE_(T, id, (int)(sizeof id / sizeof id[0]))

/* One field: an entry, and a compile-time error if it does not consist of aligned words. */
#define GORT_FIELD_(T, f)                                                                          \
	{offsetof(T, f) + 0 * sizeof(char[GORT_FIELD_OK_(T, f) ? 1 : -1]), sizeof(((T *)0)->f)},
#define GORT_FIELD_OK_(T, f)                                                                       \
	(offsetof(T, f) % sizeof(void *) == 0 && sizeof(((T *)0)->f) % sizeof(void *) == 0)

#define GORT_EACH_(T, ...)                                                                         \
	GORT_CAT_(GORT_EACH, GORT_COUNT_(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,  \
				     13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0))                \
	(T, __VA_ARGS__)
#define GORT_COUNT_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,    \
	a18, a19, a20, a21, a22, a23, a24, n, ...)                                                 \
	n
#define GORT_EACH1(T, f)       GORT_FIELD_(T, f)
#define GORT_EACH2(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH1(T, __VA_ARGS__)
#define GORT_EACH3(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH2(T, __VA_ARGS__)
#define GORT_EACH4(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH3(T, __VA_ARGS__)
#define GORT_EACH5(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH4(T, __VA_ARGS__)
#define GORT_EACH6(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH5(T, __VA_ARGS__)
#define GORT_EACH7(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH6(T, __VA_ARGS__)
#define GORT_EACH8(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH7(T, __VA_ARGS__)
#define GORT_EACH9(T, f, ...)  GORT_FIELD_(T, f) GORT_EACH8(T, __VA_ARGS__)
#define GORT_EACH10(T, f, ...) GORT_FIELD_(T, f) GORT_EACH9(T, __VA_ARGS__)
#define GORT_EACH11(T, f, ...) GORT_FIELD_(T, f) GORT_EACH10(T, __VA_ARGS__)
#define GORT_EACH12(T, f, ...) GORT_FIELD_(T, f) GORT_EACH11(T, __VA_ARGS__)
#define GORT_EACH13(T, f, ...) GORT_FIELD_(T, f) GORT_EACH12(T, __VA_ARGS__)
#define GORT_EACH14(T, f, ...) GORT_FIELD_(T, f) GORT_EACH13(T, __VA_ARGS__)
#define GORT_EACH15(T, f, ...) GORT_FIELD_(T, f) GORT_EACH14(T, __VA_ARGS__)
#define GORT_EACH16(T, f, ...) GORT_FIELD_(T, f) GORT_EACH15(T, __VA_ARGS__)
#define GORT_EACH17(T, f, ...) GORT_FIELD_(T, f) GORT_EACH16(T, __VA_ARGS__)
#define GORT_EACH18(T, f, ...) GORT_FIELD_(T, f) GORT_EACH17(T, __VA_ARGS__)
#define GORT_EACH19(T, f, ...) GORT_FIELD_(T, f) GORT_EACH18(T, __VA_ARGS__)
#define GORT_EACH20(T, f, ...) GORT_FIELD_(T, f) GORT_EACH19(T, __VA_ARGS__)
#define GORT_EACH21(T, f, ...) GORT_FIELD_(T, f) GORT_EACH20(T, __VA_ARGS__)
#define GORT_EACH22(T, f, ...) GORT_FIELD_(T, f) GORT_EACH21(T, __VA_ARGS__)
#define GORT_EACH23(T, f, ...) GORT_FIELD_(T, f) GORT_EACH22(T, __VA_ARGS__)
#define GORT_EACH24(T, f, ...) GORT_FIELD_(T, f) GORT_EACH23(T, __VA_ARGS__)

#endif
