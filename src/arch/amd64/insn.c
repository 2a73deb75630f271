/* insn.c (amd64): the length of an instruction, and the little else insn.h asks.     room: arch
 *
 * An instruction is: prefixes, opcode (of one of four maps), ModRM with SIB and displacement if
 * the opcode has one, immediate. So its length follows from two facts about each opcode: has it a
 * ModRM byte, and how long is its immediate. attrOne and attrTwo give them for the first two
 * maps; in the others all opcodes are alike. VEX and EVEX, the prefixes of vector instructions,
 * only name the map in another way.
 *
 * What is not known is refused, and so is what compilers for this architecture do not emit. The
 * test compares every instruction of libc with what objdump makes of it.
 */
#include "arch/amd64/insn.h"

#include "core/compiler.h"

/* What an opcode brings along. */
enum {
	M = 1,     /* ModRM */
	B = 2,     /* a byte */
	Z = 4,     /* four bytes, two with the operand-size prefix */
	W = 8,     /* two bytes */
	BAD = 128, /* not in 64-bit code, or not known here */
};

static uint8_t
attrOne(uint8_t op)
{
	if (op < 0x40) { /* eight times the same: ALU r/m,r in four forms; al,imm; eax,imm */
		static const uint8_t alu[8] = {M, M, M, M, B, Z, BAD, BAD};
		return alu[op & 7];
	}
	switch (op) {
	case 0x50 ... 0x5f: /* push, pop */
	case 0x6c ... 0x6f: /* ins, outs */
	case 0x90 ... 0x99: /* xchg, cwde, cdq */
	case 0x9b ... 0x9f: /* fwait, pushf, popf, sahf, lahf */
	case 0xa4 ... 0xa7: /* movs, cmps */
	case 0xaa ... 0xaf: /* stos, lods, scas */
	case 0xc3:          /* ret */
	case 0xc9:          /* leave */
	case 0xcb ... 0xcc: /* lret, int3 */
	case 0xcf:          /* iret */
	case 0xd7:          /* xlat */
	case 0xec ... 0xef: /* in, out */
	case 0xf1:          /* int1 */
	case 0xf4 ... 0xf5: /* hlt, cmc */
	case 0xf8 ... 0xfd: /* clc .. std */
		return 0;
	case 0x63:          /* movsxd */
	case 0x84 ... 0x8e: /* test, xchg, mov, lea */
	case 0xd0 ... 0xd3: /* shifts by 1 and cl */
	case 0xd8 ... 0xdf: /* x87 */
	case 0xf6 ... 0xf7: /* the immediate depends: see decode */
	case 0xfe ... 0xff:
		return M;
	case 0x68: /* push */
	case 0xa9: /* test */
	case 0xb8 ... 0xbf:
	case 0xe8 ... 0xe9: /* call, jmp */
		return Z;
	case 0x69:
	case 0x81:
	case 0xc7:
		return M | Z;
	case 0x6a:
	case 0x70 ... 0x7f: /* jcc */
	case 0xa8:
	case 0xb0 ... 0xb7:
	case 0xcd:
	case 0xe0 ... 0xe7: /* loop, jrcxz, in, out */
	case 0xeb:          /* jmp */
		return B;
	case 0x6b:
	case 0x80:
	case 0x83:
	case 0xc0 ... 0xc1: /* shifts */
	case 0xc6:
		return M | B;
	case 0x8f: /* pop; elsewhere the prefix of an extension that is gone */
		return M;
	case 0xc2:
	case 0xca:
		return W;
	case 0xc8:
		return W | B;
	}
	return BAD;
}

static uint8_t
attrTwo(uint8_t op)
{
	switch (op) {
	case 0x05 ... 0x09: /* syscall, clts, sysret, invd, wbinvd */
	case 0x0b:          /* ud2 */
	case 0x30 ... 0x35: /* wrmsr, rdtsc, rdmsr, rdpmc, sysenter */
	case 0x77:          /* emms, vzeroupper */
	case 0xa0 ... 0xa2: /* push fs, pop fs, cpuid */
	case 0xa8 ... 0xaa: /* push gs, pop gs, rsm */
	case 0xc8 ... 0xcf: /* bswap */
		return 0;
	case 0x80 ... 0x8f: /* jcc */
		return Z;
	case 0x0f: /* 3DNow! */
	case 0x70 ... 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4 ... 0xc6:
		return M | B;
	case 0x04:
	case 0x0a:
	case 0x0c:
	case 0x0e:
	case 0x24 ... 0x27:
	case 0x36 ... 0x3f:
	case 0x78 ... 0x79:
	case 0xa6 ... 0xa7:
		return BAD;
	}
	return M;
}

/* One instruction under way. */
struct decode {
	const uint8_t *p, *end;
	uint8_t rex;
	bool opsize, repne, rep, vector, addr32;
	uint8_t map, op, attr;
	uint8_t mod, reg, rm; /* reg and rm with REX's bits */
};

static bool
prefixes(struct decode *d)
{
	for (; d->p < d->end; d->p++) {
		switch (*d->p) {
		case 0x66:
			d->opsize = true;
			break;
		case 0x67:
			d->addr32 = true;
			break;
		case 0xf2:
			d->repne = true;
			break;
		case 0xf3:
			d->rep = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0xf0:
			break;
		default:
			return true;
		}
	}
	return false;
}

/* The opcode and which map it is of. */
static bool
opcode(struct decode *d)
{
	const uint8_t *p = d->p, *end = d->end;
	if ((*p & 0xf0) == 0x40) {
		d->rex = *p++;
		if (p == end)
			return false;
	}
	uint8_t op = *p++;
	if (op == 0xc5 || op == 0xc4 || op == 0x62) { /* VEX, EVEX */
		uint32_t n = op == 0xc5 ? 1 : op == 0xc4 ? 2 : 3;
		if ((uintptr_t)(end - p) < n + 1)
			return false;
		d->vector = true;
		d->map = op == 0xc5 ? 1 : *p & (op == 0xc4 ? 0x1f : 0x07);
		p += n;
		d->op = *p++;
	} else if (op == 0x0f) {
		if (p == end)
			return false;
		d->map = 1;
		d->op = *p++;
		if (d->op == 0x38 || d->op == 0x3a) {
			if (p == end)
				return false;
			d->map = d->op == 0x38 ? 2 : 3;
			d->op = *p++;
		}
	} else {
		d->op = op;
	}
	d->p = p;
	switch (d->map) {
	case 0:
		d->attr = attrOne(d->op);
		break;
	case 1:
		d->attr = attrTwo(d->op);
		break;
	case 2:
	case 5:
	case 6:
		d->attr = M;
		break;
	case 3:
		d->attr = M | B;
		break;
	default:
		return false;
	}
	return d->attr != BAD;
}

static bool
operands(struct decode *d)
{
	uint32_t n = 0;
	if ((d->attr & M) != 0) {
		if (d->p == d->end)
			return false;
		uint8_t m = *d->p++;
		d->mod = m >> 6;
		d->reg = m >> 3 & 7;
		d->rm = m & 7;
		if (d->mod != 3) {
			uint8_t base = d->rm;
			if (d->rm == 4) {
				if (d->p == d->end)
					return false;
				base = *d->p++ & 7;
			}
			n += d->mod == 1 ? 1 : d->mod == 2 || base == 5 ? 4 : 0;
		}
		d->reg |= (d->rex & 4) << 1;
		d->rm |= (d->rex & 1) << 3;
		if (d->map == 0 && (d->op & 0xfe) == 0xf6 && (d->reg & 6) == 0) /* test r/m,imm */
			d->attr |= d->op == 0xf6 ? B : Z;
	}
	if ((d->attr & B) != 0)
		n += 1;
	if ((d->attr & W) != 0)
		n += 2;
	if ((d->attr & Z) != 0) {
		bool branch = d->map == 1 || d->op == 0xe8 || d->op == 0xe9;
		if (d->map == 0 && d->op >= 0xb8 && d->op <= 0xbf && (d->rex & 8) != 0)
			n += 8;
		else
			n += d->opsize && (d->rex & 8) == 0 && !branch ? 2 : 4;
	}
	if ((uintptr_t)(d->end - d->p) < n)
		return false;
	d->p += n;
	return true;
}

static int32_t
int32At(const uint8_t *p)
{
	return (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			 (uint32_t)p[3] << 24);
}

static void
flowOf(const struct decode *d, struct insn *in)
{
	bool rel8 = false, rel32 = false;
	if (d->vector)
		return;
	if (d->map == 1) {
		if (d->op == 0x05 || d->op == 0x34)
			in->flow = INSN_SYSCALL;
		else if (d->op == 0x0b)
			in->flow = INSN_END;
		else if ((d->op & 0xf0) == 0x80) {
			in->flow = INSN_JCC;
			rel32 = true;
		}
	} else if (d->map == 0) {
		if ((d->op & 0xf0) == 0x70 || (d->op & 0xfc) == 0xe0) {
			in->flow = INSN_JCC;
			rel8 = true;
		} else if (d->op == 0xeb || d->op == 0xe9) {
			in->flow = INSN_JMP;
			rel8 = d->op == 0xeb;
			rel32 = d->op == 0xe9;
		} else if (d->op == 0xc7 && d->mod == 3 && (d->reg & 7) == 7) { /* xbegin */
			in->flow = INSN_JCC;
			rel32 = true;
		} else if (d->op == 0xe8 ||
			   (d->op == 0xff && ((d->reg & 7) == 2 || (d->reg & 7) == 3))) {
			in->flow = INSN_CALL;
		} else if (d->op == 0xff && ((d->reg & 7) == 4 || (d->reg & 7) == 5)) {
			in->flow = INSN_INDIRECT;
		} else if (d->op == 0xc3 || d->op == 0xc2 || d->op == 0xcb || d->op == 0xca ||
			   d->op == 0xcf || d->op == 0xf4) {
			in->flow = INSN_END;
		}
	}
	if (rel8)
		in->target = (uintptr_t)d->p + (uintptr_t)(intptr_t)(int8_t)d->p[-1];
	else if (rel32)
		in->target = (uintptr_t)d->p + (uintptr_t)(intptr_t)int32At(d->p - 4);
}

/* Is the operand in memory, or in another register than rax? */
static bool
rmKept(const struct decode *d)
{
	return d->mod != 3 || d->rm != 0;
}

/* The same of a byte operand: without REX, 4 is ah. */
static bool
rm8Kept(const struct decode *d)
{
	return d->mod != 3 || (d->rm != 0 && (d->rm != 4 || d->rex != 0));
}

/* A list of what is known to leave rax alone, short but enough for what compilers put between a
 * call's number and the call. Everything else may change it. */
static bool
keeps(const struct decode *d)
{
	if (d->vector)
		return false;
	if (d->map == 1) {
		switch (d->op) {
		case 0x10 ... 0x17: /* movups, movlps, unpck */
		case 0x1e ... 0x1f: /* endbr, nop */
		case 0x28 ... 0x29: /* movaps */
		case 0x57:          /* xorps */
		case 0x60 ... 0x6f: /* punpck, movd to xmm, movdqa */
		case 0x7f:          /* movdqa */
		case 0x80 ... 0x8f: /* jcc */
		case 0xd6:          /* movq */
		case 0xef:          /* pxor */
			return true;
		case 0x7e: /* movd from xmm, movq to it */
			return rmKept(d);
		case 0x40 ... 0x4f: /* cmov */
		case 0xaf:          /* imul */
		case 0xb6 ... 0xb7: /* movzx */
		case 0xbe ... 0xbf: /* movsx */
			return d->reg != 0;
		}
		return false;
	}
	if (d->map != 0)
		return false;
	if (d->op < 0x40) {
		bool cmp = (d->op & 0x38) == 0x38;
		switch (d->op & 7) {
		case 0:
			return cmp || rm8Kept(d);
		case 1:
			return cmp || rmKept(d);
		case 2:
			return cmp || (d->reg != 0 && (d->reg != 4 || d->rex != 0));
		case 3:
			return cmp || d->reg != 0;
		default:
			return cmp;
		}
	}
	switch (d->op) {
	case 0x50 ... 0x57: /* push */
	case 0x68:
	case 0x6a:
	case 0x70 ... 0x7f: /* jcc */
	case 0x84 ... 0x85: /* test */
	case 0xa8 ... 0xa9:
		return true;
	case 0x58 ... 0x5f: /* pop */
	case 0xb8 ... 0xbf: /* mov imm */
		return (d->op & 7) != 0 || (d->rex & 1) != 0;
	case 0xb0 ... 0xb7:
		return (d->op & 7) != 0 ? (d->op & 7) != 4 || d->rex != 0 : (d->rex & 1) != 0;
	case 0x90: /* nop; with REX.B it exchanges */
		return d->rex == 0;
	case 0x63: /* movsxd */
	case 0x69: /* imul */
	case 0x6b:
	case 0x8b: /* mov */
	case 0x8d: /* lea */
		return d->reg != 0;
	case 0x89: /* mov */
	case 0xc1: /* shifts */
	case 0xc7: /* mov imm */
	case 0xd1:
		return rmKept(d);
	case 0x81: /* ALU imm; 7 is cmp */
	case 0x83:
		return (d->reg & 7) == 7 || rmKept(d);
	case 0x80:
		return (d->reg & 7) == 7 || rm8Kept(d);
	case 0x88:
	case 0xc6:
		return rm8Kept(d);
	case 0xf6: /* test, not, neg; the others are about ax */
		return (d->reg & 6) == 0 || ((d->reg & 7) < 4 && rm8Kept(d));
	case 0xf7:
		return (d->reg & 6) == 0 || ((d->reg & 7) < 4 && rmKept(d));
	}
	return false;
}

static void
eaxOf(const struct decode *d, struct insn *in)
{
	bool plain = d->map == 0 && !d->vector && !d->opsize && !d->rep && !d->repne;
	/* mov $imm,%eax; mov $imm,%rax, sign-extended; xor %eax,%eax */
	if (plain && d->op == 0xb8 && (d->rex & 9) == 0) {
		in->eax = EAX_SET;
		in->imm = (uint32_t)int32At(d->p - 4);
	} else if (plain && d->op == 0xc7 && d->mod == 3 && d->rm == 0 && (d->rex & 8) != 0 &&
		   int32At(d->p - 4) >= 0) {
		in->eax = EAX_SET;
		in->imm = (uint32_t)int32At(d->p - 4);
	} else if (plain && (d->op == 0x31 || d->op == 0x33) && d->mod == 3 && d->rm == 0 &&
		   d->reg == 0) {
		in->eax = EAX_SET;
		in->imm = 0;
	} else if (in->flow == INSN_CALL || in->flow == INSN_SYSCALL || d->rep || d->repne) {
		/* endbr; what else wears such a prefix is not worth knowing */
		in->eax = d->map == 1 && d->op == 0x1e && d->rep ? EAX_KEPT : EAX_UNKNOWN;
	} else {
		in->eax = keeps(d) ? EAX_KEPT : EAX_UNKNOWN;
	}
}

bool
insnDecode(const uint8_t *p, const uint8_t *end, struct insn *in)
{
	if (end - p > 15)
		end = p + 15; /* the architecture's limit */
	struct decode d = {.p = p, .end = end};
	if (!prefixes(&d) || !opcode(&d) || !operands(&d))
		return false;
	*in = (struct insn){.len = (uint32_t)(d.p - p)};
	flowOf(&d, in);
	eaxOf(&d, in);
	return true;
}
