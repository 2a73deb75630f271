/* map.h: maps, as compiled code, reflection and the C door use them.                 room: lang
 *
 *   map.c      the theory; making maps; access, assignment, deletion for any type of key
 *   mapfast.c  the same for keys of 4 and 8 bytes and for strings
 *   mapgrow.c  tables: making, doubling, splitting, cleaning them
 *   mapiter.c  iteration
 *
 * All of them run as user code (m->inrt == 0) on a goroutine. The functions for 32-bit, 64-bit and
 * string keys and the general ones may be mixed on one map.
 *
 * Where a key is absent mapaccess1 returns a pointer to zeroes, 1,024 of them; with larger elements
 * the caller brings its own (_fat). mapassign returns where the element goes: zeroed if the key is
 * new, and valid until the map is next written to.
 */
#ifndef GORT_LANG_MAP_H
#define GORT_LANG_MAP_H

#include "core/type.h"

struct hmap; /* its first word is the number of entries */
#define HMAP_SIZE 48
struct maptype; /* core/type.h */
struct ptrok;

/* NULL is an empty map to all but mapassign, which panics "assignment to entry in nil map". */
struct hmap *makemap_small(void); /* the type comes with the first assignment */
struct hmap *makemap(const struct maptype *t, intgo hint, struct hmap *unused);
struct hmap *makemap64(const struct maptype *t, int64_t hint, struct hmap *unused);
/* A map with extra bytes behind its HMAP_SIZE, which hold no pointers, for its maker. */
struct hmap *makemapWith(const struct maptype *t, intgo hint, uintptr_t extra);
/* A composite literal: count entries of entrysize bytes, the key first, the element at elemoff. */
struct hmap *construct_map(const struct maptype *t, uintptr_t count, uintptr_t entrysize,
	uintptr_t elemoff, const void *entries);

void *mapaccess1(const struct maptype *t, struct hmap *m, const void *key);
struct ptrok mapaccess2(const struct maptype *t, struct hmap *m, const void *key);
void *mapaccess1_fat(const struct maptype *t, struct hmap *m, const void *key, const void *zero);
struct ptrok
mapaccess2_fat(const struct maptype *t, struct hmap *m, const void *key, const void *zero);
void *mapassign(const struct maptype *t, struct hmap *m, const void *key);
void mapdelete(const struct maptype *t, struct hmap *m, const void *key);
void mapclear(const struct maptype *t, struct hmap *m);
intgo maplen(const struct hmap *m);
/* As reflection wants it: the element's place, NULL if the key is absent. */
void *mapaccess(const struct maptype *t, struct hmap *m, const void *key);
void *mapaccess_faststr(const struct maptype *t, struct hmap *m, struct gostring key);

void *mapaccess1_fast32(const struct maptype *t, struct hmap *m, uint32_t key);
struct ptrok mapaccess2_fast32(const struct maptype *t, struct hmap *m, uint32_t key);
void *mapassign_fast32(const struct maptype *t, struct hmap *m, uint32_t key);
void mapdelete_fast32(const struct maptype *t, struct hmap *m, uint32_t key);
void *mapaccess1_fast64(const struct maptype *t, struct hmap *m, uint64_t key);
struct ptrok mapaccess2_fast64(const struct maptype *t, struct hmap *m, uint64_t key);
void *mapassign_fast64(const struct maptype *t, struct hmap *m, uint64_t key);
void *mapassign_fast64ptr(const struct maptype *t, struct hmap *m, void *key);
void mapdelete_fast64(const struct maptype *t, struct hmap *m, uint64_t key);
void *mapaccess1_faststr(const struct maptype *t, struct hmap *m, struct gostring key);
struct ptrok mapaccess2_faststr(const struct maptype *t, struct hmap *m, struct gostring key);
void *mapassign_faststr(const struct maptype *t, struct hmap *m, struct gostring key);
void mapdelete_faststr(const struct maptype *t, struct hmap *m, struct gostring key);

struct maptable;

/* What an iteration has on its stack. The first three words are known to compiled code and to
 * reflection; it may be anything before mapiterinit, and holds nothing that has to be released.
 * Words 0 to 7 are pointers to the collector, the others are not. */
struct hiter {
	void *key; /* NULL: the iteration is over */
	void *elem;
	const struct maptype *t; /* set even when there is nothing to iterate over */
	struct hmap *m;
	struct maptable *
		tab; /* under iteration, perhaps no longer in the map; NULL: none, or the next one is due */
	uint8_t *
		slots; /* of the group under iteration; before the first, of the table or small map */
	const uint64_t *group;         /* its control bytes; NULL: the next group is due */
	const uint8_t *stale;          /* not 0: what is under iteration is no longer the map's */
	uint32_t dirOffset, dirIdx;    /* the directory is walked from a random place */
	uint32_t slotOffset, groupIdx; /* so is each table; groups taken so far */
	uint32_t clearSeq;             /* m's at the start */
	uint8_t depth; /* m's directory when dirIdx was last right; 0: it was small */
	uint8_t left;  /* the group's slots that are still to be looked at, bit i for slot i */
	uint64_t unused2;
};
_Static_assert(sizeof(struct hiter) == 96, "compiled code has 12 words for it");
_Static_assert(offsetof(struct hiter, t) == 16, "reflection looks here");

void mapiterinit(const struct maptype *t, struct hmap *m, struct hiter *it);
void mapiternext(struct hiter *it);

#endif
