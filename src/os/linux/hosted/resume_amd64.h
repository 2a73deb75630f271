/* resume_amd64.h: a call that is being made again, on the stack of who made it.      room: os
 * See restart_amd64.c. Offsets for resume_amd64.S, asserted in restart_amd64.c. */
#ifndef GORT_OS_LINUX_RESUME_AMD64_H
#define GORT_OS_LINUX_RESUME_AMD64_H

#define RESUME_NR  0
#define RESUME_RIP 8
#define RESUME_RSP 16
#define RESUME_RDI 24
#define RESUME_RSI 32
#define RESUME_RDX 40
#define RESUME_R10 48
#define RESUME_R8  56
#define RESUME_R9  64

#ifndef __ASSEMBLER__
struct resume {
	uint64_t nr;
	uint64_t rip;     /* where the caller continues */
	uint64_t rsp;     /* and its sp */
	uint64_t arg[6];  /* as the caller passed them */
	int64_t deadline; /* when the call is to end, by clock */
	int32_t clock;
	uint32_t how;        /* enum how of restart_amd64.c */
	uint32_t which;      /* the argument that is replaced */
	struct ktimespec ts; /* what it then points to */
};
extern const char resumeCall[], resumeReturn[], resumeLast[];
#endif

#endif
