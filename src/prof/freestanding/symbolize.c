/* symbolize.c (freestanding): pc -> function, by the executable's symbol table.      room: prof
 *
 * There is no libbacktrace without libc, and no line numbers without it; but the names of
 * functions stand in .symtab of /proc/self/exe, which is read with raw system calls into memory
 * of its own when the first frame is printed. A stripped program shows "?" and the pc.
 *
 * Whose code is it? In the sealed library every function but gort_* is local, and local symbols
 * follow an STT_FILE symbol that names their source. The linker writes the library's groups one
 * after the other; the last of them holds rt0_go. From there backwards, groups belong to the
 * library as long as they have the name of one of its sources that was not met yet: names are
 * unique in the tree, so a second main.c is the program's.
 *
 * The executable is static and not position independent: symbol values are addresses.
 */
#include "prof/prof.h"

#include <elf.h>

/* The names of the library's source files, separated by spaces: the Makefile. */
static const char sources[] = GORT_SOURCES;

#define MAX_FILE   (64 * MiB) /* address space; the kernel gives pages as they are read */
#define MAX_GROUPS 512

static struct {
	bool tried;
	const Elf64_Sym *syms;
	uint64_t nsyms;
	char *names;
	uint64_t libFirst, libEnd; /* indexes of the library's local symbols */
} table;

/* The file as a whole; 0 bytes if that is not possible. */
static uintptr_t
readAll(uint8_t *p, uintptr_t max)
{
	int fd = sys_open("/proc/self/exe", 0 /* O_RDONLY */, 0);
	if (fd < 0)
		return 0;
	uintptr_t n = 0;
	while (n < max) {
		intptr_t got = sys_read(fd, p + n, max - n);
		if (got == -4 /* EINTR */)
			continue;
		if (got <= 0)
			break;
		n += (uintptr_t)got;
	}
	sys_close(fd);
	return n;
}

static bool
inFile(uint64_t off, uint64_t size, uintptr_t n)
{
	return off <= n && size <= n - off;
}

/* The index of the name among the library's sources; -1: none of them. */
static int
sourceIndex(const char *name)
{
	uintptr_t n = rtstrlen(name);
	int index = 0;
	for (const char *s = sources; *s != 0; index++) {
		uintptr_t len = 0;
		while (s[len] != 0 && s[len] != ' ')
			len++;
		if (len == n && rtstreq(name, s, len))
			return index;
		s += len;
		while (*s == ' ')
			s++;
	}
	return -1;
}

static void
findLibrary(void)
{
	static uint64_t groups[MAX_GROUPS];
	static bool seen[MAX_GROUPS];
	uint32_t n = 0, marker = MAX_GROUPS;
	uint64_t locals = 0;
	for (uint64_t i = 0; i < table.nsyms; i++) {
		const Elf64_Sym *s = &table.syms[i];
		if (ELF64_ST_BIND(s->st_info) != STB_LOCAL)
			break;
		locals = i + 1;
		const char *name = table.names + s->st_name;
		if (ELF64_ST_TYPE(s->st_info) == STT_FILE) {
			if (n == MAX_GROUPS)
				return;
			groups[n++] = i;
		} else if (n > 0 && rtstrcmp(name, "rt0_go") == 0) {
			marker = n - 1;
		}
	}
	if (marker == MAX_GROUPS)
		return;
	table.libEnd = marker + 1 < n ? groups[marker + 1] : locals;
	for (uint32_t g = marker + 1; g-- > 0;) {
		int index = sourceIndex(table.names + table.syms[groups[g]].st_name);
		if (index < 0 || index >= MAX_GROUPS || seen[index])
			break;
		seen[index] = true;
		table.libFirst = groups[g];
	}
}

static void
load(void)
{
	table.tried = true;
	uint8_t *file = sysAlloc(MAX_FILE);
	if (file == NULL)
		return;
	uintptr_t n = readAll(file, MAX_FILE);
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)file;
	if (n < sizeof *eh || eh->e_shentsize != sizeof(Elf64_Shdr) ||
		!inFile(eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(Elf64_Shdr), n))
		return;
	const Elf64_Shdr *sh = (const Elf64_Shdr *)(file + eh->e_shoff);
	for (uint32_t i = 0; i < eh->e_shnum; i++) {
		if (sh[i].sh_type != SHT_SYMTAB || sh[i].sh_link >= eh->e_shnum)
			continue;
		const Elf64_Shdr *str = &sh[sh[i].sh_link];
		if (!inFile(sh[i].sh_offset, sh[i].sh_size, n) ||
			!inFile(str->sh_offset, str->sh_size, n))
			return;
		table.syms = (const Elf64_Sym *)(file + sh[i].sh_offset);
		table.nsyms = sh[i].sh_size / sizeof(Elf64_Sym);
		table.names = (char *)file + str->sh_offset;
	}
	findLibrary();
}

static bool
isAPI(const char *name)
{
	static const char prefix[] = "gort_";
	for (uintptr_t i = 0; i < sizeof prefix - 1; i++)
		if (name[i] != prefix[i])
			return false;
	return rtstrcmp(name, "gort_main") != 0;
}

/* gcc makes variants of a function, f.isra.0 and f.constprop.1.cold: to its author all are f. The
 * name lies in our copy of the file and may be cut. */
static const char *
plainName(char *name)
{
	for (char *p = name; *p != 0; p++) {
		bool variant = false;
		static const char *const kinds[] = {".isra.", ".constprop.", ".part.", ".cold"};
		for (uint32_t i = 0; i < nelem(kinds) && !variant; i++) {
			uintptr_t n = 0;
			while (kinds[i][n] != 0 && kinds[i][n] == p[n])
				n++;
			variant = kinds[i][n] == 0;
		}
		if (variant) {
			*p = 0;
			break;
		}
	}
	return name;
}

void
symbolize(uintptr_t pc, void (*fn)(void *arg, const struct symframe *f), void *arg)
{
	if (!table.tried)
		load();
	struct symframe f = {0};
	for (uint64_t i = 0; i < table.nsyms; i++) {
		const Elf64_Sym *s = &table.syms[i];
		int type = ELF64_ST_TYPE(s->st_info);
		if ((type != STT_FUNC && type != STT_NOTYPE) || s->st_shndx == SHN_UNDEF)
			continue;
		if (pc < s->st_value || pc >= s->st_value + s->st_size)
			continue;
		f.function = plainName(table.names + s->st_name);
		f.entry = s->st_value;
		f.runtime = (i >= table.libFirst && i < table.libEnd) ||
			    (ELF64_ST_BIND(s->st_info) != STB_LOCAL && isAPI(f.function));
		break;
	}
	fn(arg, &f);
}
