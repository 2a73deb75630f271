/* insn_test.c: the decoder against objdump, on all of libc, and what it says of eax. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "arch/amd64/insn.h"
#include "test.h"

/* objdump's lines are "  addr:\tmnemonic operands". An instruction's length is the distance to the
 * next line; the last one of a section has none and is left out. */
TEST_OPT(arch, insn, all_of_libc, .timeout = 300)
{
	Dl_info info;
	CHECK(dladdr((void *)(uintptr_t)poll, &info) != 0);
	char cmd[600];
	snprintf(cmd, sizeof cmd, "objdump -d -j .text --no-show-raw-insn %s 2>/dev/null",
		info.dli_fname);
	FILE *f = popen(cmd, "r");
	CHECK(f != NULL);
	char line[400], mnemonic[400] = "";
	unsigned long n = 0, addr = 0, next;
	bool open = false;
	while (fgets(line, sizeof line, f) != NULL) {
		char text[400];
		if (sscanf(line, " %lx:\t%399[^\n]", &next, text) != 2) {
			open = false;
			continue;
		}
		/* A padding instruction may end before the next function's line; it is a line too. */
		if (open && strstr(mnemonic, "(bad)") == NULL) {
			const uint8_t *p = (const uint8_t *)info.dli_fbase + addr;
			struct insn in;
			CHECKF(insnDecode(p, p + 16, &in), "%#lx: not decoded: %s", addr, mnemonic);
			/* objdump takes fwait and the instruction after it for one. */
			if (*p == 0x9b)
				in.len = (uint32_t)(next - addr);
			CHECKF(addr + in.len == next, "%#lx: %u bytes, not %lu: %s", addr, in.len,
				next - addr, mnemonic);
			bool jump = mnemonic[0] == 'j' && strstr(mnemonic, " *") == NULL;
			unsigned long target;
			if (jump && sscanf(mnemonic, "%*s %lx", &target) == 1) {
				CHECKF(in.flow == INSN_JCC || in.flow == INSN_JMP, "%#lx: %s", addr,
					mnemonic);
				CHECK_EQ(in.target, (uintptr_t)info.dli_fbase + target);
			} else if (strstr(mnemonic, "jmp ") != NULL &&
				   strstr(mnemonic, " *") != NULL) {
				CHECKF(in.flow == INSN_INDIRECT, "%#lx: %s", addr, mnemonic);
			}
			/* A destination of rax that is said to be kept. */
			size_t len = strcspn(mnemonic, "#<");
			while (len > 0 && mnemonic[len - 1] == ' ')
				len--;
			bool reads = strncmp(mnemonic, "cmp", 3) == 0 ||
				     strncmp(mnemonic, "test", 4) == 0 ||
				     strncmp(mnemonic, "push", 4) == 0 ||
				     strcmp(mnemonic, "xchg   %ax,%ax") == 0; /* a nop */
			if (len > 4 && !reads && in.eax == EAX_KEPT)
				CHECKF(strncmp(mnemonic + len - 4, "%eax", 4) != 0 &&
						strncmp(mnemonic + len - 4, "%rax", 4) != 0 &&
						strncmp(mnemonic + len - 3, "%al", 3) != 0 &&
						strncmp(mnemonic + len - 3, "%ah", 3) != 0 &&
						strncmp(mnemonic + len - 3, "%ax", 3) != 0,
					"%#lx: said to leave rax alone: %s", addr, mnemonic);
			n++;
		}
		addr = next;
		open = true;
		strcpy(mnemonic, text);
	}
	if (pclose(f) != 0 || n == 0)
		testSkip("needs objdump");
	CHECKF(n > 100000, "only %lu instructions", n);
}

static struct insn
decode(const char *bytes, size_t n)
{
	struct insn in;
	CHECKF(insnDecode((const uint8_t *)bytes, (const uint8_t *)bytes + n, &in), "%02x %02x ...",
		(uint8_t)bytes[0], (uint8_t)bytes[1]);
	CHECK_EQ(in.len, n);
	return in;
}
#define D(s) decode(s, sizeof(s) - 1)

TEST(arch, insn, eax)
{
	CHECK(D("\xb8\x07\0\0\0").eax == EAX_SET && D("\xb8\x07\0\0\0").imm == 7);
	CHECK(D("\x31\xc0").eax == EAX_SET && D("\x31\xc0").imm == 0);
	CHECK(D("\x48\x31\xc0").eax == EAX_SET);
	CHECK(D("\x48\xc7\xc0\x23\0\0\0").eax == EAX_SET && D("\x48\xc7\xc0\x23\0\0\0").imm == 35);
	CHECK(D("\x41\xb8\x07\0\0\0").eax == EAX_KEPT);       /* mov $7,%r8d */
	CHECK(D("\xc7\x45\xb8\x07\0\0\0").eax == EAX_KEPT);   /* movl $7,-72(%rbp) */
	CHECK(D("\x66\xb8\x07\0").eax == EAX_UNKNOWN);        /* mov $7,%ax */
	CHECK(D("\x48\xb8\1\0\0\0\1\0\0\0").eax != EAX_KEPT); /* movabs */
	CHECK(D("\x89\xf8").eax == EAX_UNKNOWN);              /* mov %edi,%eax */
	CHECK(D("\x8b\x7c\x24\x1c").eax == EAX_KEPT);         /* mov 28(%rsp),%edi */
	CHECK(D("\x40\x80\xf6\x08").eax == EAX_KEPT);         /* xor $8,%sil */
	CHECK(D("\x80\xf4\x08").eax == EAX_UNKNOWN);          /* xor $8,%ah */
	CHECK(D("\xb4\x08").eax == EAX_UNKNOWN);              /* mov $8,%ah */
	CHECK(D("\x66\x0f\x7e\xc0").eax == EAX_UNKNOWN);      /* movd %xmm0,%eax */
	CHECK(D("\xe8\0\0\0\0").eax == EAX_UNKNOWN && D("\xe8\0\0\0\0").flow == INSN_CALL);
	CHECK(D("\x0f\x05").flow == INSN_SYSCALL && D("\x0f\x05").eax == EAX_UNKNOWN);
	CHECK(D("\xf3\x0f\x1e\xfa").eax == EAX_KEPT); /* endbr64 */
	CHECK(D("\x49\x90").eax == EAX_UNKNOWN);      /* xchg %r8,%rax */
	CHECK(D("\x92").eax == EAX_UNKNOWN);          /* xchg %eax,%edx */
}

TEST(arch, insn, ends)
{
	struct insn in;
	const uint8_t mov[] = {0xb8, 7, 0, 0, 0};
	for (size_t n = 0; n < sizeof mov; n++)
		CHECK(!insnDecode(mov, mov + n, &in));
	CHECK(D("\xc3").flow == INSN_END);
	CHECK(D("\xff\x20").flow == INSN_INDIRECT);
	const uint8_t prefixes[16] = {[0 ... 15] = 0x66};
	CHECK(!insnDecode(prefixes, prefixes + sizeof prefixes, &in));
}
