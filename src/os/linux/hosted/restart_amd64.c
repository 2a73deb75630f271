/* restart_amd64.c: a signal of ours interrupts no system call.                       room: os
 *
 * SA_RESTART makes the kernel repeat most calls that a handler interrupted, but not all: poll,
 * select, epoll_wait, nanosleep, sigtimedwait, semtimedop, calls on sockets with a time-out and
 * some more end with EINTR whatever the handler's flags (signal(7)). Programs that install no
 * handlers do not expect that, and the signals that stop threads for the scheduler come at any
 * time. So their handler calls sigctxRestart last, which changes the saved context such that the
 * call is made again when the handler returns.
 *
 * When    The context is that of a call which this signal interrupted: rip stands behind a
 *         syscall instruction, rcx (where the instruction put it) is rip, rax is -EINTR.
 *         Which call it was is proved from the code (callnumber_amd64.c), and it must be one of
 *         the table below. In all other cases nothing is changed: the caller sees EINTR.
 * How     In place: rax = number, rip back on the instruction; all other registers are still
 *         the call's. This is right for calls without a time-out, with an absolute one, and for
 *         those that write the remaining time back (select, pselect6, ppoll).
 *         With a deadline: a relative time-out would start again each time. The call is made from
 *         resume_amd64.S instead, with what is left of the time; a struct resume on the
 *         interrupted stack holds the deadline, the caller's registers and where to return. It
 *         needs no place in the M, nests with handlers as the stack does, and vanishes if a
 *         handler jumps away. When resume_amd64.S is interrupted, number and deadline are known.
 *
 * How late and how early. A call never ends early. When it began is not known: its deadline is
 * counted from the first interruption, so it may end late by the time that passed before that;
 * at most, it takes twice as long as asked. Further interruptions add nothing. nanosleep with a
 * second argument reports the rest, and is exact. For the calls that write the time back the
 * clock stands still while the handler runs (and the thread is stopped). A socket's time-out
 * cannot be shortened for one call: after its deadline an interruption ends the call with what a
 * time-out gives; it takes at most three times as long.
 *
 * Other signals. EINTR is the program's own if one of its handlers ran, or will. All signals are
 * blocked while our handler runs; if one that has a handler waits for this thread, EINTR stays.
 * If ours comes just when another handler has returned to behind the call, the context looks the
 * same, but the kernel's frame of that handler still lies below the red zone, with these very
 * registers in it: EINTR stays, and the frame is spoiled. (A frame may be older, from the same
 * call made before with the same registers: then the program, whose handler interrupted this call
 * before, sees EINTR once more.) rcx, which means nothing to the caller, is cleared when EINTR is
 * to stay, so that a second signal of ours at this point leaves it, too. Two races remain. A signal that arrives after the look at those that wait, and before
 * the call sleeps again, runs its handler without EINTR, as if it had come just before the call.
 * Calls that take a signal mask (ppoll, pselect6, epoll_pwait, sigsuspend) do not have this race:
 * outside of the call their signals are blocked, and the call looks first. And a handler on the
 * alternate stack (SA_ONSTACK) leaves no frame that ours does not overwrite: if ours comes within
 * its return, some 300 ns, what it interrupted goes on.
 *
 * Rejected: restart_syscall(2), which knows the deadline of poll and nanosleep exactly, but is
 * disarmed by every return from a handler; a record in the M, which cannot tell a call that a
 * handler's longjmp left from the same call made again.
 */
#include "os/linux/internal.h"

#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>

#include "os/linux/hosted/resume_amd64.h"

#define RED_ZONE 128
#define SIG_URG  23

enum { CLOCK_REALTIME_ = 0, CLOCK_MONOTONIC_ = 1, CLOCK_TAI_ = 11 };
enum { FUTEX_CMD_ = 0x7f, FUTEX_WAIT_ = 0, FUTEX_WAIT_BITSET_ = 9 };
enum { TIMER_ABSTIME_ = 1, IORING_EXT_ARG_ = 8 };
enum { SOL_SOCKET_ = 1, SO_RCVTIMEO_ = 20, SO_SNDTIMEO_ = 21 };

/* How a call is made again. */
enum how {
	HOW_LEAVE,   /* not at all */
	HOW_INPLACE, /* as it was */
	HOW_MS,      /* argument `which` is a time in milliseconds, negative: for ever */
	HOW_TS,      /* it points to a struct timespec, NULL: for ever */
	HOW_REM,     /* the same, and the argument after it points to what was left, or is NULL */
	HOW_RECV,    /* socket, receiving: SO_RCVTIMEO */
	HOW_SEND,    /* socket, sending */
};

static const struct rule {
	uint16_t nr;
	uint8_t how;
	uint8_t which;
} rules[] = {
	{__NR_poll, HOW_MS, 2},
	{__NR_epoll_wait, HOW_MS, 3},
	{__NR_epoll_pwait, HOW_MS, 3},
	{441 /* epoll_pwait2 */, HOW_TS, 3},
	{__NR_select, HOW_INPLACE, 0},
	{__NR_pselect6, HOW_INPLACE, 0},
	{__NR_ppoll, HOW_INPLACE, 0},
	{__NR_nanosleep, HOW_REM, 0},
	{__NR_clock_nanosleep, HOW_REM, 2}, /* or absolute */
	{__NR_futex, HOW_TS, 3},            /* or absolute */
	{449 /* futex_waitv */, HOW_INPLACE, 0},
	{__NR_pause, HOW_INPLACE, 0},
	{__NR_rt_sigsuspend, HOW_INPLACE, 0},
	{__NR_rt_sigtimedwait, HOW_TS, 2},
	{__NR_semop, HOW_INPLACE, 0},
	{__NR_semtimedop, HOW_TS, 3},
	{__NR_msgsnd, HOW_INPLACE, 0},
	{__NR_msgrcv, HOW_INPLACE, 0},
	{__NR_io_getevents, HOW_TS, 4},
	{333 /* io_pgetevents */, HOW_TS, 4},
	{426 /* io_uring_enter */, HOW_INPLACE, 0}, /* unless it has a time-out */
	{__NR_fallocate, HOW_INPLACE, 0},
	{__NR_read, HOW_RECV, 0},
	{__NR_readv, HOW_RECV, 0},
	{__NR_recvfrom, HOW_RECV, 0},
	{__NR_recvmsg, HOW_RECV, 0},
	{__NR_recvmmsg, HOW_RECV, 0}, /* its own time-out is looked at between messages only */
	{__NR_accept, HOW_RECV, 0},
	{__NR_accept4, HOW_RECV, 0},
	{__NR_write, HOW_SEND, 0},
	{__NR_writev, HOW_SEND, 0},
	{__NR_sendto, HOW_SEND, 0},
	{__NR_sendmsg, HOW_SEND, 0},
	{__NR_sendmmsg, HOW_SEND, 0},
	{__NR_connect, HOW_SEND, 0},
};

_Static_assert(offsetof(struct resume, nr) == RESUME_NR, "resume_amd64.h");
_Static_assert(offsetof(struct resume, rip) == RESUME_RIP, "resume_amd64.h");
_Static_assert(offsetof(struct resume, rsp) == RESUME_RSP, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[0]) == RESUME_RDI, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[1]) == RESUME_RSI, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[2]) == RESUME_RDX, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[3]) == RESUME_R10, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[4]) == RESUME_R8, "resume_amd64.h");
_Static_assert(offsetof(struct resume, arg[5]) == RESUME_R9, "resume_amd64.h");

/* ---- time --------------------------------------------------------------------------------- */

static no_sanitize int64_t
ns(const struct ktimespec *ts)
{
	/* Kernels refuse what is negative; what is very large is for ever. */
	return ts->sec > 1 << 30 ? INT64_MAX / 2 : ts->sec * 1000000000 + ts->nsec;
}

static no_sanitize int64_t
now(int32_t clock)
{
	struct ktimespec ts = {0};
	SYS2(clock_gettime, clock, &ts);
	return ts.sec * 1000000000 + ts.nsec;
}

static no_sanitize int64_t
remaining(const struct resume *r)
{
	int64_t left = r->deadline - now(r->clock);
	return left > 0 ? left : 0;
}

/* The time-out of a socket in ns; 0: none, or no socket. */
static no_sanitize int64_t
socketTimeout(int fd, int option)
{
	struct ktimespec tv = {0}; /* with microseconds */
	uint32_t n = sizeof tv;
	if (SYS5(getsockopt, fd, SOL_SOCKET_, option, &tv, &n) != 0)
		return 0;
	tv.nsec *= 1000;
	return ns(&tv);
}

/* ---- which call, and how ------------------------------------------------------------------ */

/* What the rule becomes with these arguments; the time it may still take in *left. */
static no_sanitize enum how
plan(const struct rule *rule, const uint64_t *arg, int64_t *left, int32_t *clock)
{
	enum how how = rule->how;
	*clock = CLOCK_MONOTONIC_;
	switch (rule->nr) {
	case __NR_futex: {
		uint32_t cmd = (uint32_t)arg[1] & FUTEX_CMD_;
		if (cmd == FUTEX_WAIT_BITSET_)
			return HOW_INPLACE;
		if (cmd != FUTEX_WAIT_)
			return HOW_LEAVE;
		break;
	}
	case __NR_clock_nanosleep:
		if (((uint32_t)arg[1] & TIMER_ABSTIME_) != 0)
			return HOW_INPLACE;
		/* Relative times do not follow settings of the clock. */
		*clock = (int32_t)arg[0];
		if (*clock == CLOCK_REALTIME_ || *clock == CLOCK_TAI_)
			*clock = CLOCK_MONOTONIC_;
		break;
	case 426: /* io_uring_enter */
		return ((uint32_t)arg[3] & IORING_EXT_ARG_) != 0 ? HOW_LEAVE : HOW_INPLACE;
	}
	switch (how) {
	case HOW_MS:
		if ((int32_t)arg[rule->which] <= 0)
			return HOW_INPLACE;
		*left = (int64_t)(int32_t)arg[rule->which] * 1000000;
		return HOW_MS;
	case HOW_TS:
		if (arg[rule->which] == 0)
			return HOW_INPLACE;
		*left = ns((const struct ktimespec *)arg[rule->which]);
		return HOW_TS;
	case HOW_REM: {
		uint64_t rem = arg[rule->which + 1];
		*left = ns((const struct ktimespec *)(rem != 0 ? rem : arg[rule->which]));
		return HOW_REM;
	}
	case HOW_RECV:
	case HOW_SEND:
		*left = socketTimeout((int)arg[0], how == HOW_RECV ? SO_RCVTIMEO_ : SO_SNDTIMEO_);
		return *left != 0 ? how : HOW_INPLACE;
	default:
		return how;
	}
}

/* ---- the context -------------------------------------------------------------------------- */

static no_sanitize void
setArgs(struct sigcontext *mc, const uint64_t *arg)
{
	mc->rdi = arg[0];
	mc->rsi = arg[1];
	mc->rdx = arg[2];
	mc->r10 = arg[3];
	mc->r8 = arg[4];
	mc->r9 = arg[5];
}

/* Continue in resumeCall with what is left of the time; or, if a socket's is over, behind it. */
static no_sanitize void
resume(struct sigcontext *mc, struct resume *r)
{
	uint64_t arg[6];
	__builtin_memcpy(arg, r->arg, sizeof arg);
	int64_t left = remaining(r);
	mc->rsp = (uintptr_t)r;
	mc->rip = (uintptr_t)resumeCall;
	switch (r->how) {
	case HOW_MS:
		arg[r->which] = (uint64_t)((left + 999999) / 1000000);
		break;
	case HOW_TS:
	case HOW_REM:
		r->ts = (struct ktimespec){left / 1000000000, left % 1000000000};
		arg[r->which] = (uintptr_t)&r->ts;
		break;
	case HOW_RECV:
	case HOW_SEND:
		if (left > 0)
			break;
		mc->rax = (uint64_t)(r->nr == __NR_connect ? -EINPROGRESS : -EAGAIN);
		mc->rip = (uintptr_t)resumeReturn;
		break;
	}
	setArgs(mc, arg);
}

/* A struct resume on the interrupted stack; NULL if there is no room. */
static no_sanitize struct resume *
place(const struct m *mp, uintptr_t sp)
{
	uintptr_t r = alignDown(sp - RED_ZONE - sizeof(struct resume), 16);
	const struct g *gp = mp != NULL ? mp->curg : NULL;
	if (gp != NULL && sp >= gp->stack.lo && sp < gp->stack.hi) {
		if (r < gp->stack.lo)
			return NULL;
	}
	/* Whatever stack it is: the kernel tries for us whether it can be written to. */
	if (SYS4(rt_sigprocmask, 0, NULL, r, sizeof(uint64_t)) != 0)
		return NULL;
	return (struct resume *)r;
}

/* Is there a signal of the program's that will interrupt the call anyway? */
static no_sanitize bool
othersPending(const struct ucontext *uc)
{
	uint64_t pending = 0, mask;
	__builtin_memcpy(&mask, &uc->uc_sigmask, sizeof mask);
	SYS2(rt_sigpending, &pending, sizeof pending);
	pending &= ~mask & ~(1ull << (SIG_URG - 1));
	for (; pending != 0; pending &= pending - 1)
		if (osSigHandled(__builtin_ctzll(pending) + 1))
			return true;
	return false;
}

/* Can the kernel read 8 bytes at p? (It does so before it looks at the first argument.) */
static no_sanitize bool
readable(uintptr_t p)
{
	enum { NO_SUCH_HOW = 99 };
	return SYS4(rt_sigprocmask, NO_SUCH_HOW, p, NULL, sizeof(uint64_t)) == -EINVAL;
}

/* The registers of a struct sigcontext: r8 to eflags. */
#define REGS 18
_Static_assert(offsetof(struct sigcontext, eflags) == (REGS - 1) * sizeof(uint64_t), "REGS");

static no_sanitize bool
sameRegisters(const struct sigcontext *a, const struct sigcontext *b)
{
	for (uint32_t i = 0; i < REGS; i++)
		if (((const uint64_t *)a)[i] != ((const uint64_t *)b)[i])
			return false;
	return true;
}

/* Has another handler interrupted the call and returned? Looks for its frame, which the kernel
 * put below the red zone: the state of the vector registers, and below that a struct ucontext. */
static no_sanitize bool
otherReturned(const struct m *mp, const struct sigcontext *mc)
{
	const struct _fpstate *fp = (const struct _fpstate *)mc->fpstate;
	uintptr_t state = sizeof *fp;
	if (fp != NULL && fp->sw_reserved.magic1 == FP_XSTATE_MAGIC1)
		state = fp->sw_reserved.extended_size;
	uintptr_t hi = alignDown(mc->rsp - RED_ZONE, sizeof(uint64_t));
	uintptr_t lo = hi - alignUp(state, sizeof(uint64_t)) - 1024;
	const struct g *gp = mp != NULL ? mp->curg : NULL;
	if (gp != NULL && mc->rsp >= gp->stack.lo && mc->rsp < gp->stack.hi) {
		if (lo < gp->stack.lo)
			lo = gp->stack.lo;
	}
	uintptr_t page = 0;
	for (uintptr_t p = hi - REGS * sizeof(uint64_t); p >= lo; p -= sizeof(uint64_t)) {
		if (alignDown(p, physPageSize) != page) {
			page = alignDown(p, physPageSize);
			if (!readable(p))
				return false;
		}
		struct sigcontext *other = (struct sigcontext *)p;
		if (other->rip == mc->rip && other != mc && sameRegisters(other, mc)) {
			other->rip = 0;
			return true;
		}
	}
	return false;
}

static no_sanitize bool
interrupted(const struct sigcontext *mc)
{
	if ((int64_t)mc->rax != -EINTR || mc->rcx != mc->rip)
		return false;
	const uint8_t *p = (const uint8_t *)mc->rip;
	return p[-2] == 0x0f && p[-1] == 0x05;
}

no_sanitize void
sigctxRestart(struct m *mp, void *ctx)
{
	struct ucontext *uc = ctx;
	struct sigcontext *mc = &uc->uc_mcontext;
	bool ended = interrupted(mc);
	if (ended && (othersPending(uc) || otherReturned(mp, mc))) {
		mc->rcx = 0;
		return;
	}
	if (mc->rip >= (uintptr_t)resumeCall && mc->rip <= (uintptr_t)resumeReturn) {
		/* Before it sleeps, too: the thread may have been stopped for long. */
		if (mc->rip < (uintptr_t)resumeReturn || ended)
			resume(mc, (struct resume *)mc->rsp);
		return;
	}
	if (!ended)
		return;
	int nr = callNumber(mc->rip - 2);
	const struct rule *rule = NULL;
	for (uint32_t i = 0; nr >= 0 && i < nelem(rules) && rule == NULL; i++)
		if (rules[i].nr == nr)
			rule = &rules[i];
	if (rule == NULL)
		return;
	struct resume r = {
		.nr = (uint64_t)nr,
		.rip = mc->rip,
		.rsp = mc->rsp,
		.arg = {mc->rdi, mc->rsi, mc->rdx, mc->r10, mc->r8, mc->r9},
		.which = rule->which,
	};
	int64_t left = 0;
	r.how = plan(rule, r.arg, &left, &r.clock);
	if (r.how == HOW_INPLACE) {
		mc->rax = (uint64_t)nr;
		mc->rip -= 2;
	} else if (r.how != HOW_LEAVE) {
		struct resume *at = place(mp, mc->rsp);
		if (at == NULL)
			return;
		r.deadline = now(r.clock) + left;
		*at = r;
		resume(mc, at);
	}
}
