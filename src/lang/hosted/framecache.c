/* framecache.c: decoded call sites, by program counter.                              room: lang
 *
 * To decode a call site (framerow.c) takes about a thousand instructions, to step over its frame
 * with the result in hand about forty. A program panics at few places, so rows are kept, for ever: in
 * buckets, in lists to whose front rows are put. A row never changes. Two threads that
 * decode the same one at the same time both put it there.
 *
 * For ever is right only for code that cannot go away. That is the code of the program itself and of
 * the object that this library is part of (if that one is unloaded, the cache goes with it). What
 * dlopen brought can be replaced by something else at the same addresses; its rows are decoded each
 * time, and so are those of the shared libraries that came with the program, which nothing tells
 * apart. */
#include "lang/hosted/framerow.h"

#include "core/bits.h"
#include "lang/panicrec.h"

#include <sys/auxv.h>

/* 16,384 rows are 1.8 MB. */
enum { BUCKETS_SHIFT = 10, MOST_ROWS = 16384, MOST_RANGES = 16 };

static struct framerow *buckets[1 << BUCKETS_SHIFT]; /* atomic */
static uint32_t nrows;                               /* atomic */

/* ---- code that stays ---------------------------------------------------------------------- */

static struct range {
	uintptr_t lo, hi;
} ranges[MOST_RANGES];                /* constant once rangesState is 2 */
static uint32_t nranges, rangesState; /* atomic; 0: nobody has looked, 1: somebody is at it */

static void
addCode(uintptr_t bias, const ElfW(Phdr) * phdr, uintptr_t n)
{
	for (uintptr_t i = 0; i < n && nranges < MOST_RANGES; i++)
		if (phdr[i].p_type == PT_LOAD && (phdr[i].p_flags & PF_X)) {
			uintptr_t lo = bias + phdr[i].p_vaddr;
			ranges[nranges++] = (struct range){lo, lo + phdr[i].p_memsz};
		}
}

/* Where the headers were meant to be is told by an entry of them: as PT_PHDR, or as what is loaded
 * from the first byte of the file. */
static void
addObject(const ElfW(Phdr) * phdr, uintptr_t n, uintptr_t file)
{
	for (uintptr_t i = 0; i < n; i++)
		if (phdr[i].p_type == PT_PHDR)
			return addCode((uintptr_t)phdr - phdr[i].p_vaddr, phdr, n);
	for (uintptr_t i = 0; i < n; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset == 0 && file != 0)
			return addCode(file - phdr[i].p_vaddr, phdr, n);
}

static void
findRanges(void)
{
	if (&__ehdr_start != NULL) {
		uintptr_t file = (uintptr_t)&__ehdr_start;
		addObject((const ElfW(Phdr) *)(file + __ehdr_start.e_phoff), __ehdr_start.e_phnum,
			file);
	}
	uintptr_t phdr = getauxval(AT_PHDR);
	if (phdr != 0)
		addObject((const ElfW(Phdr) *)phdr, getauxval(AT_PHNUM),
			alignDown(phdr, physPageSize));
}

static bool
stays(uintptr_t pc)
{
	uint32_t state = load_acq(&rangesState);
	if (unlikely(state != 2)) {
		if (state == 1 || !cas(&rangesState, 0u, 1u))
			return false;
		findRanges();
		store_rel(&rangesState, 2u);
	}
	for (uint32_t i = 0; i < nranges; i++)
		if (pc - ranges[i].lo < ranges[i].hi - ranges[i].lo)
			return true;
	return false;
}

/* ---- the cache ---------------------------------------------------------------------------- */

static never_inline const struct framerow *
newRow(struct framerow **head, uintptr_t pc, struct framerow *spare)
{
	framerowDecode(spare, pc);
	if (!stays(pc - 1) || load_rlx(&nrows) >= MOST_ROWS) /* a few more do not matter */
		return spare;
	struct g *gp = rtenter();
	struct framerow *row = persistentallocNoscan(sizeof *row, PTRSIZE);
	rtleave(gp);
	xadd(&nrows, 1u);
	*row = *spare;
	do
		row->next = load_acq(head);
	while (!cas(head, row->next, row));
	return row;
}

const struct framerow *
framerowFind(uintptr_t pc, struct framerow *spare)
{
	struct framerow **head =
		&buckets[(uint64_t)pc * 0x9e3779b97f4a7c15u >> (64 - BUCKETS_SHIFT)];
	for (struct framerow *row = load_acq(head); row != NULL; row = row->next)
		if (likely(row->pc == pc))
			return row;
	return newRow(head, pc, spare);
}
