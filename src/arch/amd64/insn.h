/* insn.h (amd64): how long an instruction is, where it may jump, what it does to eax. room: arch
 *
 * For code that must know, not guess, what was executed before a given address
 * (os/linux/callnumber_amd64.c). insn.c has the decoder. */
#ifndef GORT_ARCH_AMD64_INSN_H
#define GORT_ARCH_AMD64_INSN_H

#include "core/types.h"

struct insn {
	uint32_t len;
	enum {
		INSN_PLAIN,    /* falls through */
		INSN_JCC,      /* jumps to target or falls through */
		INSN_JMP,      /* jumps to target */
		INSN_INDIRECT, /* jumps somewhere */
		INSN_END,      /* ret, hlt, ud2: nothing follows */
		INSN_CALL,
		INSN_SYSCALL,
	} flow;
	uintptr_t target;
	enum {
		EAX_UNKNOWN, /* may change it */
		EAX_KEPT,    /* certainly leaves all of rax as it is */
		EAX_SET,     /* rax becomes imm */
	} eax;
	uint32_t imm;
};

/* Decodes what stands at p, reading nothing at or past end. False: not an instruction that is
 * known here. */
bool insnDecode(const uint8_t *p, const uint8_t *end, struct insn *in);

#endif
