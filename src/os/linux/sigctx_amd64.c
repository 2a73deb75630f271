/* sigctx_amd64.c: the registers that a signal interrupted.                           room: os */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>

#include "os/linux/internal.h"

#define NO_CODE 4096 /* nothing is mapped below */

void
sigctxRead(struct sigctx *c, int sig, void *info, void *ctx)
{
	const siginfo_t *si = info;
	const struct sigcontext *mc = &((const struct ucontext *)ctx)->uc_mcontext;
	c->sig = sig;
	c->code = si->si_code;
	c->addr = (uintptr_t)si->si_addr;
	c->pc = mc->rip;
	c->sp = mc->rsp;
	c->fp = mc->rbp;
	c->ctx = ctx;
}

/* Names and order are those of Go's reports. */
const char *
sigctxReg(const struct sigctx *c, uint32_t i, uintptr_t *value)
{
	static const struct {
		char name[8];
		uint8_t at, size;
	} regs[] = {
#define REG(name, field)                                                                           \
	{name, offsetof(struct sigcontext, field), sizeof(((struct sigcontext *)0)->field)}
		REG("rax", rax),
		REG("rbx", rbx),
		REG("rcx", rcx),
		REG("rdx", rdx),
		REG("rdi", rdi),
		REG("rsi", rsi),
		REG("rbp", rbp),
		REG("rsp", rsp),
		REG("r8", r8),
		REG("r9", r9),
		REG("r10", r10),
		REG("r11", r11),
		REG("r12", r12),
		REG("r13", r13),
		REG("r14", r14),
		REG("r15", r15),
		REG("rip", rip),
		REG("rflags", eflags),
		REG("cs", cs),
		REG("fs", fs),
		REG("gs", gs),
#undef REG
	};
	if (i >= nelem(regs))
		return NULL;
	*value = 0; /* little-endian: the low bytes come first */
	__builtin_memcpy(value,
		(const char *)&((const struct ucontext *)c->ctx)->uc_mcontext + regs[i].at,
		regs[i].size);
	return regs[i].name;
}

uintptr_t
sigctxSp(const void *ctx)
{
	return ((const struct ucontext *)ctx)->uc_mcontext.rsp;
}

bool
sigctxRange(const void *ctx, uint32_t i, uintptr_t *lo, uintptr_t *hi)
{
	const struct sigcontext *mc = &((const struct ucontext *)ctx)->uc_mcontext;
	const struct _fpstate *fp = mc->fpstate;
	if (i > (fp != NULL ? 1u : 0u))
		return false;
	uintptr_t n = sizeof *mc;
	*lo = (uintptr_t)mc;
	if (i == 1) {
		*lo = (uintptr_t)fp;
		n = sizeof *fp;
		if (fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1)
			n = fp->sw_reserved.extended_size;
	}
	*hi = *lo + n;
	return true;
}

void
sigctxPushFault(void *ctx, void (*fn)(void))
{
	struct sigcontext *mc = &((struct ucontext *)ctx)->uc_mcontext;
	uintptr_t pc = mc->rip + 1, callersp = mc->rsp;
	if (mc->rip < NO_CODE) {
		/* A call through a nil pointer: the fault is the caller's. */
		pc = *(uintptr_t *)callersp;
		callersp += sizeof(uintptr_t);
	}
	/* As after a call instruction: sp + 8 is a multiple of 16. The frame is entered with the
	 * direction flag clear, whatever the interrupted code was doing. */
	uintptr_t *sp =
		(uintptr_t *)(alignDown(mc->rsp - SIGCTX_REDZONE - 16, 16) - sizeof(uintptr_t));
	sp[0] = pc;
	sp[1] = callersp;
	mc->rsp = (uintptr_t)sp;
	mc->rip = (uintptr_t)fn;
	mc->eflags &= ~(uint64_t)0x400;
}
