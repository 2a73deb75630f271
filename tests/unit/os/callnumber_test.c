/* callnumber_test.c: numbers of system calls, proved from the code or not at all. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch/amd64/insn.h"
#include "core/compiler.h"
#include "os/linux/internal.h"
#include "test.h"

/* ---- what compilers could emit, by hand --------------------------------------------------- */

/* Each is a function with one system call, at NAME_site. */
#define FUNCTION(name, code)                                                                       \
	__asm__(".text\n.p2align 4\n" #name ":\n.cfi_startproc\n" code                             \
		"\nret\n.cfi_endproc\n.size " #name ", . - " #name "\n");                          \
	extern const char name##_site[] __attribute__((visibility("hidden")))
#define SITE(name) ".globl " #name "_site\n.hidden " #name "_site\n" #name "_site: syscall\n"

FUNCTION(cn_plain, "mov $7, %eax\n" SITE(cn_plain));
FUNCTION(cn_zero, "xor %eax, %eax\n" SITE(cn_zero));
FUNCTION(cn_between, "mov $270, %eax\nmov 28(%rsp), %edi\nmov $8, %r10d\n" SITE(cn_between));
FUNCTION(cn_branch, "mov $35, %eax\ntest %edi, %edi\nje 1f\n" SITE(cn_branch) "1:");
FUNCTION(cn_tail, "mov %edi, %eax\nmovl $7, -72(%rbp)\n" SITE(cn_tail));
FUNCTION(cn_rex, "mov %edi, %eax\nmov $7, %r8d\n" SITE(cn_rex));
FUNCTION(cn_register, "mov $7, %eax\nmov %rdi, %rax\n" SITE(cn_register));
FUNCTION(cn_low, "mov $7, %eax\nmov $1, %al\n" SITE(cn_low));
FUNCTION(cn_call, "mov $7, %eax\ncall cn_plain\n" SITE(cn_call));
FUNCTION(cn_twice, "mov $7, %eax\nsyscall\n" SITE(cn_twice));
FUNCTION(cn_jump, "mov $1, %eax\ntest %edi, %edi\nje 1f\nmov $7, %eax\n1:" SITE(cn_jump));
FUNCTION(cn_jump_between,
	"mov $1, %eax\ntest %edi, %edi\nje 1f\nmov $7, %eax\nnop\n1: nop\n" SITE(cn_jump_between));
/* A jump to the constant itself is fine. */
FUNCTION(cn_loop, "1: mov $7, %eax\n" SITE(cn_loop) "cmp $-4, %eax\nje 1b");
FUNCTION(cn_indirect, "test %edi, %edi\nje 1f\njmp *%rsi\n1: mov $7, %eax\n" SITE(cn_indirect));
FUNCTION(cn_unreached, "mov $7, %eax\nret\n" SITE(cn_unreached));
/* From another section, as the unlikely part of a function does. */
FUNCTION(cn_far, "mov $7, %eax\n" SITE(cn_far));
__asm__(".section .text.cn_far, \"ax\", @progbits\nmov $8, %eax\n"
	".byte 0xe9\n.long cn_far_site - . - 4\n.text");
FUNCTION(cn_far_jcc, "mov $7, %eax\n" SITE(cn_far_jcc));
__asm__(".section .text.cn_far, \"ax\", @progbits\nmov $8, %eax\n"
	".byte 0x0f, 0x84\n.long cn_far_jcc_site - . - 4\n.text");
__asm__(".text\n.globl cn_nobounds_site\n.hidden cn_nobounds_site\n.p2align 4\n"
	"mov $7, %eax\ncn_nobounds_site: syscall\nret");
extern const char cn_nobounds_site[] __attribute__((visibility("hidden")));

#define NUMBER(name) callNumber((uintptr_t)name##_site)

TEST(os, callnumber, by_hand)
{
	for (int again = 0; again < 2; again++) { /* from the cache */
		CHECK_EQ(NUMBER(cn_plain), 7);
		CHECK_EQ(NUMBER(cn_zero), 0);
		CHECK_EQ(NUMBER(cn_between), 270);
		CHECK_EQ(NUMBER(cn_branch), 35);
		CHECK_EQ(NUMBER(cn_loop), 7);
		CHECK_EQ(NUMBER(cn_tail), -1);
		CHECK_EQ(NUMBER(cn_rex), -1);
		CHECK_EQ(NUMBER(cn_register), -1);
		CHECK_EQ(NUMBER(cn_low), -1);
		CHECK_EQ(NUMBER(cn_call), -1);
		CHECK_EQ(NUMBER(cn_twice), -1);
		CHECK_EQ(NUMBER(cn_jump), -1);
		CHECK_EQ(NUMBER(cn_jump_between), -1);
		CHECK_EQ(NUMBER(cn_indirect), -1);
		CHECK_EQ(NUMBER(cn_unreached), -1);
		CHECK_EQ(NUMBER(cn_far), -1);
		CHECK_EQ(NUMBER(cn_far_jcc), -1);
		CHECK_EQ(NUMBER(cn_nobounds), -1);
		CHECK_EQ(callNumber((uintptr_t)cn_plain_site + 1), -1); /* no instruction */
		CHECK_EQ(callNumber((uintptr_t)cn_plain_site - 5), -1); /* no call */
	}
}

/* Code that no object file brought. */
TEST(os, callnumber, no_object)
{
	uint8_t *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p, "\xb8\x07\0\0\0\x0f\x05\xc3", 8);
	CHECK_EQ(callNumber((uintptr_t)p + 5), -1);
}

/* What the cache holds is checked against the code. */
static no_sanitize void
change(volatile uint8_t *p, uint8_t to)
{
	*p = to;
}

TEST(os, callnumber, code_changes)
{
	CHECK_EQ(NUMBER(cn_plain), 7);
	volatile uint8_t *p = (uint8_t *)(uintptr_t)cn_plain_site;
	__asm__("" : "+r"(p)); /* not a constant any more */
	uintptr_t page = (uintptr_t)p & ~(uintptr_t)4095;
	if (mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
		testSkip("code cannot be made writable here");
	change(p - 4, 9);
	CHECK_EQ(NUMBER(cn_plain), 9);
	change(p - 5, 0x05); /* add */
	CHECK_EQ(NUMBER(cn_plain), -1);
}

/* ---- libc --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int nr;
} functions[] = {
	{"poll", SYS_poll},
	{"ppoll", SYS_ppoll},
	{"select", SYS_pselect6},
	{"pselect", SYS_pselect6},
	{"epoll_wait", SYS_epoll_wait},
	{"epoll_pwait", SYS_epoll_pwait},
	{"clock_nanosleep", SYS_clock_nanosleep},
	{"pause", SYS_pause},
	{"sigsuspend", SYS_rt_sigsuspend},
	{"sigtimedwait", SYS_rt_sigtimedwait},
	{"semtimedop", SYS_semtimedop},
	{"msgrcv", SYS_msgrcv},
	{"msgsnd", SYS_msgsnd},
	{"recv", SYS_recvfrom},
	{"recvmsg", SYS_recvmsg},
	{"sendto", SYS_sendto},
	{"accept", SYS_accept},
	{"connect", SYS_connect},
	{"read", SYS_read},
	{"write", SYS_write},
};

TEST(os, callnumber, libc)
{
	for (size_t i = 0; i < nelem(functions); i++) {
		void *fn = dlsym(RTLD_DEFAULT, functions[i].name);
		Dl_info info;
		ElfW(Sym) *sym = NULL;
		CHECK(fn != NULL && dladdr1(fn, &info, (void **)&sym, RTLD_DL_SYMENT) != 0);
		CHECK(sym != NULL && sym->st_size > 0);
		const uint8_t *p = fn, *end = p + sym->st_size;
		struct insn in;
		int calls = 0;
		for (; p < end && insnDecode(p, end, &in); p += in.len) {
			if (in.flow != INSN_SYSCALL)
				continue;
			calls++;
			int nr = callNumber((uintptr_t)p);
			CHECKF(nr == functions[i].nr, "%s at +%#zx: %d", functions[i].name,
				(size_t)(p - (const uint8_t *)fn), nr);
		}
		CHECKF(GORT_TSAN || GORT_ASAN || calls > 0, "no call in %s", functions[i].name);
	}
	/* Its number comes from its caller. */
	const uint8_t *p = (const uint8_t *)(uintptr_t)syscall;
	while (p[0] != 0x0f || p[1] != 0x05)
		p++;
	CHECK_EQ(callNumber((uintptr_t)p), -1);
}
