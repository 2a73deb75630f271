/* framerow.c: reading unwind tables.                                                 room: lang
 *
 * The tables (.eh_frame) say for each function how its frame is built up, as a program for a small
 * machine: "from the 12th byte on the frame ends 16 bytes above the stack pointer, rbp is saved
 * there". framerowDecode runs that program as far as one call and notes the state: where the frame
 * ends (the CFA, which is the caller's stack pointer) and where the caller's registers lie. It
 * also looks up the call in the function's table of landing pads (the LSDA), if the function belongs
 * to a language whose landing pads we know.
 *
 * What is read is what compilers write for functions, and what our own assembly says: the CFA a
 * register plus a number, or the word there; a register saved at a distance from the CFA or from
 * another register; frames that push arguments. Everything else makes a row of kind FRAME_OTHER,
 * and the unwinder of the platform does the work: frames of signals, registers kept in registers,
 * general expressions, tables of other versions. So nothing is guessed here.
 *
 * The description of the function comes from the unwinder, too (_Unwind_Find_FDE), whatever list or
 * index it has of the loaded objects and of code that was registered with it. */
#include "lang/hosted/framerow.h"

#include "lang/panicrec.h"

/* ---- numbers ------------------------------------------------------------------------------ */

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static uint64_t
readFixed(struct reader *r, uintptr_t size)
{
	uint64_t v = 0;
	if ((uintptr_t)(r->end - r->at) < size) {
		r->bad = true;
		return 0;
	}
	for (uintptr_t i = 0; i < size; i++)
		v |= (uint64_t)r->at[i] << 8 * i;
	r->at += size;
	return v;
}

static uint64_t
readLeb(struct reader *r, bool isSigned)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t b;
	do {
		b = (uint8_t)readFixed(r, 1);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	if (isSigned && shift < 64 && (b & 0x40))
		v |= ~(uint64_t)0 << shift;
	return v;
}

enum {
	PTR_ABS = 0,
	PTR_ULEB128 = 1,
	PTR_UDATA2 = 2,
	PTR_UDATA4 = 3,
	PTR_UDATA8 = 4,
	PTR_SDATA4 = 0xb,
	PTR_SDATA8 = 0xc,
	PTR_PCREL = 0x10,
	PTR_BASES = 0x70,
	PTR_INDIRECT = 0x80,
	PTR_OMIT = 0xff,
};

static uintptr_t
readPointer(struct reader *r, uint8_t encoding)
{
	uintptr_t here = (uintptr_t)r->at, v;
	switch (encoding & 0xf) {
	case PTR_ABS:
	case PTR_UDATA8:
	case PTR_SDATA8:
		v = readFixed(r, 8);
		break;
	case PTR_UDATA2:
		v = readFixed(r, 2);
		break;
	case PTR_UDATA4:
		v = readFixed(r, 4);
		break;
	case PTR_SDATA4:
		v = (uintptr_t)(intptr_t)(int32_t)readFixed(r, 4);
		break;
	case PTR_ULEB128:
		v = readLeb(r, false);
		break;
	default:
		r->bad = true;
		return 0;
	}
	if (v == 0 || r->bad)
		return 0;
	if ((encoding & PTR_BASES) == PTR_PCREL)
		v += here;
	else if ((encoding & PTR_BASES) != 0)
		r->bad = true;
	return encoding & PTR_INDIRECT && !r->bad ? *(const uintptr_t *)v : v;
}

/* ---- landing pads ------------------------------------------------------------------------- */

bool
lsdaFind(const uint8_t *lsda, uintptr_t at, uintptr_t *pad, uintptr_t *action)
{
	struct reader r = {lsda, (const uint8_t *)UINTPTR_MAX, false};
	*pad = *action = 0;
	if (readFixed(&r, 1) != PTR_OMIT)
		return false; /* pads count from somewhere else than the function */
	if (readFixed(&r, 1) != PTR_OMIT)
		readLeb(&r, false); /* where types are; whoever has some, we do not look at them */
	uint8_t encoding = (uint8_t)readFixed(&r, 1);
	if (encoding != PTR_ULEB128 && encoding != PTR_UDATA4)
		return false;
	uintptr_t n = readLeb(&r, false);
	r.end = r.at + n;
	while (r.at < r.end) {
		uintptr_t start = readPointer(&r, encoding);
		uintptr_t len = readPointer(&r, encoding);
		uintptr_t landing = readPointer(&r, encoding);
		uintptr_t act = readLeb(&r, false);
		if (r.bad)
			return false;
		if (at < start)
			return true;
		if (at < start + len) {
			*pad = landing;
			*action = act;
			return true;
		}
	}
	return true;
}

static void
findPad(struct framerow *row, uintptr_t personality, uintptr_t lsda, uintptr_t function)
{
	uintptr_t pad, action;
	row->kind = FRAME_PLAIN;
	if (personality == (uintptr_t)tryPersonality) {
		if (row->pc == (uintptr_t)tryreturn)
			row->kind = FRAME_TRY;
		return;
	}
	bool go = personality == (uintptr_t)goPersonality;
	if (!go && personality != (uintptr_t)__gcc_personality_v0)
		row->kind = personality != 0 ? FRAME_OTHER : FRAME_PLAIN;
	else if (lsda == 0)
		return;
	else if (!lsdaFind((const uint8_t *)lsda, row->pc - 1 - function, &pad, &action))
		row->kind = FRAME_OTHER;
	else if (pad != 0) {
		row->pad = function + pad;
		/* A pad of Go's without an action belongs to the code behind checkdefer. */
		row->kind = !go ? FRAME_CLEANUP : action != 0 ? FRAME_GO : FRAME_OTHER;
	}
}

/* ---- the program -------------------------------------------------------------------------- */

enum rulekind { RULE_SAME, RULE_AT_CFA, RULE_AT_REGISTER, RULE_UNDEFINED, RULE_OTHER };

struct rule {
	uint8_t kind;
	uint8_t base; /* RULE_AT_REGISTER: index of a word */
	int32_t offset;
};

/* Of one place in the function. */
struct rules {
	struct rule words[UNWIND_WORDS];
	uint8_t cfaBase; /* UNWIND_NONE: we cannot say */
	bool cfaThere;
	int32_t cfaOffset;
};

struct machine {
	struct rules now, initial;
	struct rules stack[4]; /* remembered */
	unsigned depth;
	uint64_t codeAlign;
	int64_t dataAlign;
	uint8_t pointers; /* how they are encoded */
	int32_t pushed;
};

static uint8_t
indexOf(uint64_t dwarf)
{
	return dwarf < UNWIND_NDWARF ? unwindIndex[dwarf] : UNWIND_NONE;
}

static void
setRule(struct machine *m, uint64_t dwarf, enum rulekind kind, uint8_t base, int64_t offset)
{
	uint8_t i = indexOf(dwarf);
	if (i == UNWIND_NONE)
		return; /* nobody's, between calls */
	m->now.words[i] = (struct rule){(uint8_t)kind, base, (int32_t)offset};
	if ((int32_t)offset != offset)
		m->now.words[i].kind = RULE_OTHER;
}

static void
setCFA(struct machine *m, uint8_t base, int64_t offset, bool there)
{
	m->now.cfaBase = (int32_t)offset == offset ? base : UNWIND_NONE;
	m->now.cfaOffset = (int32_t)offset;
	m->now.cfaThere = there;
}

/* An expression that is a register plus a number, or (there) the word at that address. */
static bool
readExpression(struct reader *r, uint8_t *base, int64_t *offset, bool *there)
{
	enum { OP_DEREF = 0x06, OP_BREG0 = 0x70, OP_BREG31 = 0x8f };
	uintptr_t n = readLeb(r, false);
	if (r->bad || (uintptr_t)(r->end - r->at) < n)
		return r->bad = true, false;
	struct reader e = {r->at, r->at + n, false};
	r->at += n;
	uint8_t op = (uint8_t)readFixed(&e, 1);
	if (op < OP_BREG0 || op > OP_BREG31)
		return false;
	*base = indexOf(op - OP_BREG0);
	*offset = (int64_t)readLeb(&e, true);
	*there = e.at < e.end && *e.at == OP_DEREF;
	e.at += *there;
	return !e.bad && e.at == e.end && *base != UNWIND_NONE && *base != UNWIND_PC;
}

static void
cfaExpression(struct machine *m, struct reader *r)
{
	uint8_t base;
	int64_t offset;
	bool there;
	if (readExpression(r, &base, &offset, &there))
		setCFA(m, base, offset, there);
	else
		setCFA(m, UNWIND_NONE, 0, false);
}

static void
registerExpression(struct machine *m, struct reader *r)
{
	uint8_t base = 0;
	int64_t offset = 0;
	bool there = false;
	uint64_t reg = readLeb(r, false);
	bool ok = readExpression(r, &base, &offset, &there) && !there;
	setRule(m, reg, ok ? RULE_AT_REGISTER : RULE_OTHER, base, offset);
}

/* One instruction; *loc is the place in the function that it may advance. */
static void
step(struct machine *m, struct reader *r, uintptr_t *loc)
{
	uint8_t op = (uint8_t)readFixed(r, 1);
	uint64_t reg;
	uint8_t low = op & 0x3f;
	switch (op & 0xc0) {
	case 0x40: /* advance_loc */
		*loc += low * m->codeAlign;
		return;
	case 0x80: /* offset */
		setRule(m, low, RULE_AT_CFA, 0, (int64_t)readLeb(r, false) * m->dataAlign);
		return;
	case 0xc0: /* restore */
		if (indexOf(low) != UNWIND_NONE)
			m->now.words[indexOf(low)] = m->initial.words[indexOf(low)];
		return;
	}
	switch (op) {
	case 0x00: /* nop */
		return;
	case 0x01: /* set_loc */
		*loc = readPointer(r, m->pointers);
		return;
	case 0x02: /* advance_loc1 */
	case 0x03: /* advance_loc2 */
	case 0x04: /* advance_loc4 */
		*loc += readFixed(r, 1u << (op - 2)) * m->codeAlign;
		return;
	case 0x05: /* offset_extended */
		reg = readLeb(r, false);
		setRule(m, reg, RULE_AT_CFA, 0, (int64_t)readLeb(r, false) * m->dataAlign);
		return;
	case 0x06: /* restore_extended */
		reg = readLeb(r, false);
		if (indexOf(reg) != UNWIND_NONE)
			m->now.words[indexOf(reg)] = m->initial.words[indexOf(reg)];
		return;
	case 0x07: /* undefined */
		setRule(m, readLeb(r, false), RULE_UNDEFINED, 0, 0);
		return;
	case 0x08: /* same_value */
		setRule(m, readLeb(r, false), RULE_SAME, 0, 0);
		return;
	case 0x09: /* register */
		reg = readLeb(r, false);
		readLeb(r, false);
		setRule(m, reg, RULE_OTHER, 0, 0);
		return;
	case 0x0a: /* remember_state */
		if (m->depth == nelem(m->stack))
			r->bad = true;
		else
			m->stack[m->depth++] = m->now;
		return;
	case 0x0b: /* restore_state */
		if (m->depth == 0)
			r->bad = true;
		else
			m->now = m->stack[--m->depth];
		return;
	case 0x0c: /* def_cfa */
		reg = readLeb(r, false);
		setCFA(m, indexOf(reg), (int64_t)readLeb(r, false), false);
		return;
	case 0x0d: /* def_cfa_register */
		setCFA(m, indexOf(readLeb(r, false)), m->now.cfaOffset, false);
		return;
	case 0x0e: /* def_cfa_offset */
		setCFA(m, m->now.cfaBase, (int64_t)readLeb(r, false), false);
		return;
	case 0x0f: /* def_cfa_expression */
		cfaExpression(m, r);
		return;
	case 0x10: /* expression */
		registerExpression(m, r);
		return;
	case 0x11: /* offset_extended_sf */
		reg = readLeb(r, false);
		setRule(m, reg, RULE_AT_CFA, 0, (int64_t)readLeb(r, true) * m->dataAlign);
		return;
	case 0x12: /* def_cfa_sf */
		reg = readLeb(r, false);
		setCFA(m, indexOf(reg), (int64_t)readLeb(r, true) * m->dataAlign, false);
		return;
	case 0x13: /* def_cfa_offset_sf */
		setCFA(m, m->now.cfaBase, (int64_t)readLeb(r, true) * m->dataAlign, false);
		return;
	case 0x2e: /* GNU_args_size */
		m->pushed = (int32_t)readLeb(r, false);
		return;
	default: /* the values of registers, not where they are; other machines' */
		r->bad = true;
	}
}

/* Runs the instructions of r as far as the byte at `at`. */
static bool
run(struct machine *m, struct reader *r, uintptr_t loc, uintptr_t at)
{
	while (!r->bad && r->at < r->end && loc <= at)
		step(m, r, &loc);
	return !r->bad;
}

/* The state as loads. */
static bool
putLoads(struct framerow *row, const struct rules *s)
{
	if (s->cfaBase == UNWIND_NONE || s->cfaBase == UNWIND_PC)
		return false;
	row->cfaBase = s->cfaBase;
	row->cfaThere = s->cfaThere;
	row->cfaOffset = s->cfaOffset;
	for (uint8_t i = 0; i < UNWIND_WORDS; i++) {
		const struct rule *u = &s->words[i];
		if (i == UNWIND_PC ? u->kind != RULE_AT_CFA && u->kind != RULE_AT_REGISTER
				   : u->kind == RULE_OTHER)
			return false;
		if (u->kind == RULE_SAME || u->kind == RULE_UNDEFINED)
			continue;
		if (i == UNWIND_SP)
			return false;
		row->mixed |= u->kind == RULE_AT_REGISTER;
		row->load[row->nload++] =
			(struct frameload){i, u->kind == RULE_AT_CFA ? 0 : u->base, u->offset};
	}
	return true;
}

/* ---- a description and what it shares with others ------------------------------------------ */

/* Both begin with their length. */
static struct reader
readEntry(const uint8_t *p)
{
	struct reader r = {p, p + 4, false};
	uint32_t n = (uint32_t)readFixed(&r, 4);
	r.end = r.at + n;
	r.bad = n < 4 || n == UINT32_MAX;
	return r;
}

struct augmentation {
	bool present;
	uint8_t lsda; /* how the pointer to it is encoded */
	uintptr_t personality;
};

static bool
readShared(struct machine *m, const uint8_t *cie, struct augmentation *a)
{
	struct reader r = readEntry(cie);
	if (r.bad || readFixed(&r, 4) != 0)
		return false;
	uint64_t version = readFixed(&r, 1);
	if (version != 1 && version != 3)
		return false;
	const char *s = (const char *)r.at;
	while (readFixed(&r, 1) != 0)
		;
	m->codeAlign = readLeb(&r, false);
	m->dataAlign = (int64_t)readLeb(&r, true);
	uint64_t returns = version == 1 ? readFixed(&r, 1) : readLeb(&r, false);
	if (indexOf(returns) != UNWIND_PC)
		return false;
	*a = (struct augmentation){.lsda = PTR_OMIT, .present = *s == 'z'};
	m->pointers = PTR_ABS;
	if (*s != 0 && *s++ != 'z')
		return false;
	if (a->present) {
		uintptr_t n = readLeb(&r, false);
		const uint8_t *instructions = r.at + n;
		for (; *s != 0; s++) {
			if (*s == 'L')
				a->lsda = (uint8_t)readFixed(&r, 1);
			else if (*s == 'R')
				m->pointers = (uint8_t)readFixed(&r, 1);
			else if (*s == 'P') {
				uint8_t encoding = (uint8_t)readFixed(&r, 1);
				a->personality = readPointer(&r, encoding);
			} else {
				return false; /* 'S' is a signal's */
			}
		}
		r.at = instructions;
	}
	for (uint8_t i = 0; i < UNWIND_WORDS; i++)
		m->now.words[i] =
			(struct rule){.kind = i == UNWIND_PC ? RULE_UNDEFINED : RULE_SAME};
	m->now.cfaBase = UNWIND_NONE;
	if (!run(m, &r, 0, 0))
		return false;
	m->initial = m->now;
	return true;
}

/* Apart, because it calls code that takes more stack than we ask for. */
static never_inline const uint8_t *
findDescription(uintptr_t pc, uintptr_t *function)
{
	struct unwindbases bases = {0};
	const uint8_t *fde = _Unwind_Find_FDE((const void *)pc, &bases);
	*function = (uintptr_t)bases.function;
	return fde;
}

static bool
decode(struct framerow *row)
{
	struct machine m;
	struct augmentation a;
	uintptr_t function, lsda = 0;
	const uint8_t *fde = findDescription(row->pc - 1, &function);
	if (fde == NULL)
		return false;
	m.depth = 0;
	m.pushed = 0;
	struct reader r = readEntry(fde);
	const uint8_t *back = r.at;
	if (!r.bad)
		back -= readFixed(&r, 4);
	if (r.bad || !readShared(&m, back, &a))
		return false;
	readPointer(&r, m.pointers);       /* where the function begins */
	readPointer(&r, m.pointers & 0xf); /* and how long it is */
	if (a.present) {
		uintptr_t n = readLeb(&r, false);
		const uint8_t *instructions = r.at + n;
		if (a.lsda != PTR_OMIT)
			lsda = readPointer(&r, a.lsda);
		r.at = instructions;
	}
	if (!run(&m, &r, function, row->pc - 1) || !putLoads(row, &m.now))
		return false;
	row->pushed = m.pushed;
	findPad(row, a.personality, lsda, function);
	return true;
}

void
framerowDecode(struct framerow *row, uintptr_t pc)
{
	*row = (struct framerow){.pc = pc};
	if (!decode(row))
		row->kind = FRAME_OTHER;
}
