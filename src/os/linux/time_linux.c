/* time_linux.c: clocks, through the kernel's vdso where there is one.                room: os
 *
 * The kernel maps a small shared object into every process and passes its address in auxv. Its
 * clock_gettime reads the time without entering the kernel: 20 ns instead of 100 or more. Both
 * flavours find it here, by a walk over the ELF image, because the hosted one must not depend
 * on how libc was started, and the other one has no libc.
 *
 * The walk: program headers give the load address and the dynamic section, which gives the
 * symbol and string tables and a hash table. The table is only used to learn how many symbols
 * there are; there are about ten, so a scan is as good as a lookup. There is one version,
 * LINUX_2.6, so versions are not looked at.
 */
#include <linux/elf.h>
#include <linux/time.h>

#include "os/linux/internal.h"

typedef int clockfn(int clock, struct ktimespec *ts);

static clockfn *vdsoClock; /* written by vdsoInit, before any second thread */

/* How many symbols a table has, by its GNU hash table: one more than the largest index. */
static uint32_t
gnuHashSymbols(const uint32_t *h)
{
	uint32_t nbuckets = h[0], symoffset = h[1], bloom = h[2];
	const uint32_t *buckets = h + 4 + bloom * (sizeof(uintptr_t) / sizeof(uint32_t));
	const uint32_t *chains = buckets + nbuckets;
	uint32_t last = 0;
	for (uint32_t i = 0; i < nbuckets; i++)
		last = buckets[i] > last ? buckets[i] : last;
	if (last < symoffset)
		return symoffset;
	while ((chains[last - symoffset] & 1) == 0)
		last++;
	return last + 1;
}

void *
vdsoSymbol(uintptr_t base, const char *name)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(base + eh->e_phoff);
	uintptr_t slide = 0;
	const Elf64_Dyn *dyn = NULL;
	bool loaded = false;
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && !loaded) {
			slide = base + ph[i].p_offset - ph[i].p_vaddr;
			loaded = true;
		} else if (ph[i].p_type == PT_DYNAMIC) {
			dyn = (const Elf64_Dyn *)(base + ph[i].p_offset);
		}
	}
	if (!loaded || dyn == NULL)
		return NULL;

	enum { DT_GNU_HASH_ = 0x6ffffef5 };
	const Elf64_Sym *syms = NULL;
	const char *strings = NULL;
	uint32_t nsyms = 0;
	for (; dyn->d_tag != DT_NULL; dyn++) {
		uintptr_t at = slide + dyn->d_un.d_ptr;
		if (dyn->d_tag == DT_SYMTAB)
			syms = (const Elf64_Sym *)at;
		else if (dyn->d_tag == DT_STRTAB)
			strings = (const char *)at;
		else if (dyn->d_tag == DT_HASH)
			nsyms = ((const uint32_t *)at)[1];
		else if (dyn->d_tag == DT_GNU_HASH_ && nsyms == 0)
			nsyms = gnuHashSymbols((const uint32_t *)at);
	}
	if (syms == NULL || strings == NULL)
		return NULL;
	for (uint32_t i = 0; i < nsyms; i++) {
		const char *s = strings + syms[i].st_name;
		uintptr_t n = 0;
		while (name[n] != 0 && s[n] == name[n])
			n++;
		if (name[n] == 0 && s[n] == 0 && syms[i].st_shndx != SHN_UNDEF)
			return (void *)(slide + syms[i].st_value);
	}
	return NULL;
}

void
vdsoInit(uintptr_t ehdr)
{
	if (ehdr != 0)
		vdsoClock = (clockfn *)vdsoSymbol(ehdr, "__vdso_clock_gettime");
}

static no_sanitize void
gettime(int clock, struct ktimespec *ts)
{
	if (likely(vdsoClock != NULL) && !faultArmed(FAULT_clock_gettime) &&
		vdsoClock(clock, ts) == 0)
		return;
	intptr_t r = SYS2(clock_gettime, clock, ts);
	if (r != 0)
		sysRefused("clock_gettime", r);
}

int64_t
nanotime(void)
{
	struct ktimespec ts;
	gettime(CLOCK_MONOTONIC, &ts);
	return ts.sec * SEC + ts.nsec;
}

void
walltime(int64_t *sec, int32_t *nsec)
{
	struct ktimespec ts;
	gettime(CLOCK_REALTIME, &ts);
	*sec = ts.sec;
	*nsec = (int32_t)ts.nsec;
}
