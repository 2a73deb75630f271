/* framerow.h: what the unwind tables say about one call site, decoded.               room: lang */
#ifndef GORT_LANG_HOSTED_FRAMEROW_H
#define GORT_LANG_HOSTED_FRAMEROW_H

#include "core/compiler.h"
#include "core/types.h"

#include "arch/this/unwindregs.h"

#include <link.h>

/* Of the platform's unwinder; its header does not say so. */
struct unwindbases {
	void *text, *data, *function;
};
const void *_Unwind_Find_FDE(const void *pc, struct unwindbases *bases);
_Unwind_Reason_Code
__gcc_personality_v0(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
	struct _Unwind_Exception *e, struct _Unwind_Context *context);

/* The linker's: the headers of the object that the library is part of, where they are loaded. */
extern const ElfW(Ehdr) __ehdr_start weak;

enum framekind {
	FRAME_PLAIN,   /* nothing to do when it is left */
	FRAME_GO,      /* Go, with a landing pad that calls checkdefer */
	FRAME_TRY,     /* trycall's, in its call */
	FRAME_CLEANUP, /* C, with a landing pad that cleans up and resumes */
	FRAME_OTHER,   /* not for us: another language, or tables that we do not read */
};

/* Where a register of the caller's is: a word at base + offset. */
struct frameload {
	uint8_t to;   /* index of struct unwindregs's words */
	uint8_t base; /* the same, or 0: the CFA */
	int32_t offset;
};

/* The frame of the function that made the call which returns to pc. Constant. */
struct framerow {
	uintptr_t pc;
	struct framerow *next; /* of its bucket; framecache.c */
	uintptr_t pad;         /* FRAME_GO, FRAME_CLEANUP */
	int32_t pushed; /* bytes of arguments on the stack, which a landing pad does without */
	int32_t cfaOffset;
	uint8_t cfaBase; /* index of a word; the CFA, the caller's stack pointer, is that + cfaOffset */
	bool cfaThere; /* or the word that lies there */
	bool mixed;    /* some load has another base than the CFA */
	uint8_t kind;
	uint8_t nload;
	struct frameload load[UNWIND_WORDS];
};

/* framerow.c. Decodes; a row of kind FRAME_OTHER if it cannot. */
void framerowDecode(struct framerow *row, uintptr_t pc);

/* The call site of offset at (the last byte of the call) in a function's table of landing pads, lsda.
 * False: the table is of a kind that we do not read. *pad 0: it has none. */
bool lsdaFind(const uint8_t *lsda, uintptr_t at, uintptr_t *pad, uintptr_t *action);

/* framecache.c. The row of pc, from the cache; or decoded into *spare. */
const struct framerow *framerowFind(uintptr_t pc, struct framerow *spare);

static always_inline no_sanitize uintptr_t
framerowCFA(const struct framerow *row, const struct unwindregs *r)
{
	uintptr_t cfa = ((const uintptr_t *)r)[row->cfaBase] + (uintptr_t)(intptr_t)row->cfaOffset;
	return row->cfaThere ? *(uintptr_t *)cfa : cfa;
}

/* From a frame to its caller's. cfa: framerowCFA. */
static always_inline no_sanitize void
framerowStep(const struct framerow *row, struct unwindregs *r, uintptr_t cfa)
{
	uintptr_t *words = (uintptr_t *)r;
	if (unlikely(row->mixed)) {
		struct unwindregs before = *r;
		const uintptr_t *from = (const uintptr_t *)&before;
		for (unsigned i = 0; i < row->nload; i++) {
			const struct frameload *l = &row->load[i];
			uintptr_t base = l->base == 0 ? cfa : from[l->base];
			words[l->to] = *(uintptr_t *)(base + (uintptr_t)(intptr_t)l->offset);
		}
	} else {
		for (unsigned i = 0; i < row->nload; i++) {
			const struct frameload *l = &row->load[i];
			words[l->to] = *(uintptr_t *)(cfa + (uintptr_t)(intptr_t)l->offset);
		}
	}
	r->sp = cfa;
}

#endif
