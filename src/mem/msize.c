/* msize.c: size classes.                                                             room: mem
 *
 * The tables are made by tools/mksizeclasses.c (which has the rules) and checked by mallocinit:
 * a wrong entry would not crash, it would hand out overlapping objects.
 */
#define GORT_MEM_IMPL
#include "mem/internal.h"

const struct sizeclass sizeclasses[NUM_SIZECLASSES] = {
#define SIZECLASS(c, bytes, pages, objects)                                                        \
	[c] = {(bytes), (pages), (objects),                                                        \
		(bytes) == 0 ? 0 : (uint32_t)(UINT32_MAX / ((bytes) + !(bytes)) + 1)},
#include "mem/sizeclasses.def"
#undef SIZECLASS
};

const uint8_t sizeToClass8[FAST_MAX_SIZE / 8 + 1] = {
#define SIZE_TO_CLASS8
#include "mem/sizeclasses.def"
#undef SIZE_TO_CLASS8
};

const uint8_t sizeToClass8Raw[FAST_MAX_SIZE / 8 + 1] = {
#define SIZE_TO_CLASS8_RAW
#include "mem/sizeclasses.def"
#undef SIZE_TO_CLASS8_RAW
};

static const uint8_t sizeToClass128[(MAX_SMALL_SIZE - FAST_MAX_SIZE) / 128 + 1] = {
#define SIZE_TO_CLASS128
#include "mem/sizeclasses.def"
#undef SIZE_TO_CLASS128
};

uint32_t
sizeToClass(uintptr_t size, bool raw)
{
	if (size <= FAST_MAX_SIZE)
		return (raw ? sizeToClass8Raw : sizeToClass8)[(size + 7) / 8];
	return sizeToClass128[(size - FAST_MAX_SIZE + 127) / 128];
}

uintptr_t
roundupsize(uintptr_t n)
{
	if (n <= MAX_SMALL_SIZE)
		return sizeclasses[sizeToClass(n, false)].size;
	if (n > MAX_ALLOC)
		return n;
	return alignUp(n, PAGE_SIZE);
}

static bool
tableRight(const uint8_t *table, uintptr_t first, uintptr_t step, uintptr_t entries, bool raw)
{
	for (uintptr_t i = first == 0; i < entries; i++) {
		uintptr_t size = first + i * step;
		uint32_t c = table[i];
		if (raw && size == 24 && sizeclasses[c].size == 32)
			continue; /* 24 is no multiple of 16 */
		if (c == 0 || c >= NUM_SIZECLASSES || sizeclasses[c].size < size ||
			sizeclasses[c - 1].size >= size)
			return false;
	}
	return true;
}

/* Every entry, but not every size: this runs at every start. The unit test tries them all. */
void
sizeclassesCheck(void)
{
	for (uint32_t c = 1; c < NUM_SIZECLASSES; c++) {
		const struct sizeclass *sc = &sizeclasses[c];
		uint32_t span = (uint32_t)(sc->npages * PAGE_SIZE), used = sc->nelems * sc->size;
		if (sc->size <= sizeclasses[c - 1].size || sc->size % 8 != 0 ||
			(sc->size > 24 && sc->size % 16 != 0))
			throw("size classes: sizes out of order");
		if (sc->nelems > 1024 || used > span || span - used >= sc->size ||
			span - used > span / 8)
			throw("size classes: wrong number of objects in a span");
		/* The magic is a little too large; the last byte of all feels it first. */
		if ((uint64_t)(used - 1) * sc->divmul >> 32 != sc->nelems - 1U ||
			(uint64_t)(used - sc->size) * sc->divmul >> 32 != sc->nelems - 1U)
			throw("size classes: bad division magic");
	}
	if (!tableRight(sizeToClass8, 0, 8, nelem(sizeToClass8), false) ||
		!tableRight(sizeToClass8Raw, 0, 8, nelem(sizeToClass8Raw), true) ||
		!tableRight(sizeToClass128, FAST_MAX_SIZE, 128, nelem(sizeToClass128), false))
		throw("size classes: wrong class for a size");
}
