/* callnumber_amd64.c: which system call stands here? Proof from the code.            room: os
 *
 * A call that a signal interrupts leaves everything in the registers but one thing: its number.
 * It was in rax, where the result is now, and the kernel does not hand its copy out. Whoever
 * wants to make the call again (restart_amd64.c) has to find it in the code, and must not be
 * wrong: "the five bytes before are mov $7,%eax" may be the end of movl $7,-72(%rbp), and the
 * number may have come by a jump from elsewhere.
 *
 * So it is proved. For the instruction `syscall` at a given address:
 *   1. The table of unwind information gives the bounds of the function around it. (It is there
 *      for C code of this architecture, symbols or not.)
 *   2. Decoding from the function's first instruction finds all its instructions, and with them
 *      the last one before the call that sets eax to a constant. Between the two there are only
 *      instructions that certainly leave rax alone.
 *   3. No jump of the function leads to between the two, and none of its jumps is indirect.
 *   4. No jump with a 32-bit distance, anywhere in the same object's code, leads there: compilers
 *      move parts of a function far away. (Jumps with 8 bits stay within a function.)
 * Then who reaches the call has passed the constant, and the constant is the number. Anything
 * unusual, and it is unknown: -1. Two kinds of calls are unknown by nature: syscall(2) takes the
 * number from its caller, and so does the one place through which glibc 2.41 and later make all
 * calls that pthread_cancel may end.
 *
 * Step 4 reads all code of an object, 1 ms for libc; so what was found is kept: the address, and
 * how far before it the constant stands. A use decodes those few instructions again, so that
 * an entry for code that was unloaded does not speak for what was loaded in its place.
 *
 * Locks: none; runs in a signal handler. cache: a word is written once, by CAS.
 *
 * Rejected: /proc/self/task/N/syscall, which tells of a thread asleep at this moment: by the time
 * the signal arrives it may be in another call. The bytes before, alone: see above.
 */
#include "os/linux/internal.h"

#include <elf.h>

#include "arch/amd64/insn.h"

/* An object's code, where a linker script would say .text, and its table of functions. */
struct code {
	uintptr_t lo, hi;
	uintptr_t functions; /* .eh_frame_hdr; 0: none */
};

static no_sanitize int32_t
word(uintptr_t addr)
{
	int32_t v;
	__builtin_memcpy(&v, (const void *)addr, sizeof v);
	return v;
}

static no_sanitize bool
codeAt(uintptr_t pc, struct code *c)
{
	const Elf64_Ehdr *eh = elfAt(pc);
	if (eh == NULL || __builtin_memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 ||
		eh->e_phoff != sizeof *eh || eh->e_phentsize != sizeof(Elf64_Phdr))
		return false;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(eh + 1);
	uintptr_t bias = 1;
	*c = (struct code){0};
	for (uint32_t i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && bias == 1) /* the first holds the header */
			bias = (uintptr_t)eh - alignDown(ph[i].p_vaddr, physPageSize);
		uintptr_t lo = bias + ph[i].p_vaddr, hi = lo + ph[i].p_filesz;
		if (ph[i].p_type == PT_LOAD && (ph[i].p_flags & PF_X) != 0 && pc >= lo && pc < hi) {
			c->lo = lo;
			c->hi = hi;
		} else if (ph[i].p_type == PT_GNU_EH_FRAME) {
			c->functions = lo;
		}
	}
	return c->lo != 0 && c->functions != 0;
}

/* The bounds of the function that pc lies in. The table: version and three encodings, where
 * .eh_frame is, the number of entries, and the entries (start, description), sorted by start,
 * both counted from the table. A description begins with its length, a distance to what many
 * have in common, start and length of the function. */
static no_sanitize bool
functionAt(const struct code *c, uintptr_t pc, uintptr_t *lo, uintptr_t *hi)
{
	static const uint8_t head[] = {1, 0x1b, 0x03, 0x3b};
	uintptr_t t = c->functions;
	if (__builtin_memcmp((const void *)t, head, sizeof head) != 0)
		return false;
	uint32_t n = (uint32_t)word(t + 8);
	uint32_t a = 0, b = n; /* the entry wanted is in [a, b) */
	while (b - a > 1) {
		uint32_t m = a + (b - a) / 2;
		if (t + (uintptr_t)(intptr_t)word(t + 12 + 8 * m) <= pc)
			a = m;
		else
			b = m;
	}
	if (n == 0)
		return false;
	uintptr_t start = t + (uintptr_t)(intptr_t)word(t + 12 + 8 * a);
	uintptr_t fde = t + (uintptr_t)(intptr_t)word(t + 16 + 8 * a);
	/* The start once more: is it spelled as we think? */
	if (fde + 8 + (uintptr_t)(intptr_t)word(fde + 8) != start)
		return false;
	*lo = start;
	*hi = start + (uint32_t)word(fde + 12);
	return pc >= *lo && pc < *hi && *hi <= c->hi && *lo >= c->lo;
}

/* From one instruction to the next, with what is known of eax. */
struct track {
	uintptr_t set; /* where it was set to a constant; 0: it may be anything */
	uint32_t value;
};

static no_sanitize void
trackEax(struct track *t, uintptr_t at, const struct insn *in)
{
	if (in->eax == EAX_SET)
		*t = (struct track){at, in->imm};
	else if (in->eax == EAX_UNKNOWN || (in->flow != INSN_PLAIN && in->flow != INSN_JCC))
		t->set = 0;
}

/* Steps 2 and 3. */
static no_sanitize bool
proveInFunction(uintptr_t lo, uintptr_t hi, uintptr_t site, struct track *found)
{
	struct insn in;
	struct track t = {0};
	found->set = 0;
	for (uintptr_t p = lo; p < hi; p += in.len) {
		if (!insnDecode((const uint8_t *)p, (const uint8_t *)hi, &in))
			return false;
		if (p == site && in.flow == INSN_SYSCALL)
			*found = t;
		trackEax(&t, p, &in);
	}
	if (found->set == 0)
		return false;
	for (uintptr_t p = lo; p < hi; p += in.len) {
		insnDecode((const uint8_t *)p, (const uint8_t *)hi, &in);
		if (in.flow == INSN_INDIRECT)
			return false;
		if ((in.flow == INSN_JCC || in.flow == INSN_JMP) && in.target > found->set &&
			in.target <= site)
			return false;
	}
	return true;
}

/* Step 4. Jumps that are none, but bytes of something else, do no harm but to the proof. */
static no_sanitize bool
proveInObject(const struct code *c, uintptr_t set, uintptr_t site)
{
	for (uintptr_t p = c->lo + 2; p + 4 <= c->hi; p++) {
		uintptr_t target = p + 4 + (uintptr_t)(intptr_t)word(p);
		if (likely(target - set - 1 >= site - set))
			continue;
		const uint8_t *op = (const uint8_t *)p;
		if (op[-1] == 0xe9 || (op[-2] == 0x0f && (op[-1] & 0xf0) == 0x80))
			return false;
	}
	return true;
}

/* The number, if from set to site the code is still what was proved. */
static no_sanitize int
numberFrom(uintptr_t set, uintptr_t site)
{
	struct insn in;
	struct track t = {0};
	uintptr_t p = set;
	for (; p < site; p += in.len) {
		if (!insnDecode((const uint8_t *)p, (const uint8_t *)site, &in))
			return -1;
		trackEax(&t, p, &in);
	}
	return p == site && t.set == set ? (int)t.value : -1;
}

/* Address of the instruction << 8 | how many bytes before it the constant is set; UNPROVED. */
#define CACHE    256
#define PROBES   8
#define UNPROVED 0xff
large_bss static uint64_t cache[CACHE]; /* atomic, written once: 0, then constant */

no_sanitize int
callNumber(uintptr_t site)
{
	uint32_t slot = (uint32_t)(site * 0x9e3779b97f4a7c15u >> 32), free = CACHE;
	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t s = (slot + i) % CACHE;
		uint64_t e = load_acq(&cache[s]);
		if (e >> 8 == site)
			return (e & 0xff) == UNPROVED ? -1 : numberFrom(site - (e & 0xff), site);
		if (e == 0 && free == CACHE)
			free = s;
	}
	struct code c;
	struct track t = {0};
	uintptr_t lo, hi;
	bool proved = codeAt(site, &c) && functionAt(&c, site, &lo, &hi) &&
		      proveInFunction(lo, hi, site, &t) && site - t.set < UNPROVED &&
		      proveInObject(&c, t.set, site);
	if (free < CACHE)
		(void)cas(&cache[free], (uint64_t)0,
			(uint64_t)site << 8 | (proved ? site - t.set : UNPROVED));
	return proved ? (int)t.value : -1;
}
