/* objects.c (hosted): which objects are loaded, without asking the loader.           room: prof
 *
 * libbacktrace asks dl_iterate_phdr for the loaded objects, and that takes a lock of the loader's. A
 * report must not: the thread that holds it may be one that the report itself has stopped, in the
 * middle of dlopen or of a callback of dl_iterate_phdr. So the Makefile renames that reference in our
 * copy of libbacktrace, and it calls loadedObjects.
 *
 * Where the list comes from. Loaders keep one for debuggers, the oldest interface that they have:
 * DT_DEBUG in the program's dynamic section points to a struct r_debug, which heads a chain of
 * struct link_map; if there are several namespaces (dlmopen), each has one. The kernel tells where
 * the program's headers are (AT_PHDR). A static program has no loader and no list: it is the
 * only object.
 *
 * The list may be in change, and stay so: its owner may stand still in the middle. New objects
 * are chained when they are complete; one that goes is unchained, then freed. So a walk finds all,
 * or walks into memory that has been freed. Therefore everything is read through the kernel, which
 * refuses instead of faulting; and the walk ends after MANY objects, lest it go round. What is
 * false in the end is a name that cannot be opened, or frames without file and line.
 *
 * Rejected: a time-out for the lock (a dump then takes a while and lacks what it was asked for); a
 * list of our own, taken before a stop (a fault has no "before"); _r_debug, the symbol (musl has
 * none).
 */
#define _GNU_SOURCE
#include "prof/prof.h"

#include "core/bits.h"

#include <link.h>
#include <sys/auxv.h>

enum { MANY = 10000, LONGEST = 4096 };

/* A copy of the string at s, in pieces that end where pages do. An empty one if it cannot be read. */
static void
peekString(char to[LONGEST], const char *s)
{
	uintptr_t at = 0;
	while (at < LONGEST) {
		uintptr_t n = physPageSize - ((uintptr_t)s + at) % physPageSize;
		if (n > LONGEST - at)
			n = LONGEST - at;
		if (!osPeek(to + at, s + at, n))
			break;
		for (uintptr_t end = at + n; at < end; at++)
			if (to[at] == 0)
				return;
	}
	to[0] = 0;
}

/* The program itself: its load bias, and what its loader has for debuggers, or 0. */
static uintptr_t
program(struct dl_phdr_info *info)
{
	const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	uintptr_t n = getauxval(AT_PHNUM);
	const ElfW(Dyn) *dyn = NULL;
	*info = (struct dl_phdr_info){
		.dlpi_name = "", .dlpi_phdr = phdr, .dlpi_phnum = (uint16_t)n};
	/* PT_PHDR says it, where there is one. The headers stand in the first page of the file. */
	for (uintptr_t i = n; i-- > 0;)
		if (phdr[i].p_type == PT_PHDR)
			info->dlpi_addr = (uintptr_t)phdr - phdr[i].p_vaddr;
		else if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset == 0)
			info->dlpi_addr =
				alignDown((uintptr_t)phdr, physPageSize) - phdr[i].p_vaddr;
	for (uintptr_t i = 0; i < n; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			dyn = (const ElfW(Dyn) *)(info->dlpi_addr + phdr[i].p_vaddr);
	for (; dyn != NULL && dyn->d_tag != DT_NULL; dyn++)
		if (dyn->d_tag == DT_DEBUG)
			return dyn->d_un.d_ptr;
	return 0;
}

int
loadedObjects(int (*fn)(struct dl_phdr_info *, size_t, void *), void *arg)
{
	struct ns {
		struct r_debug r;
		uintptr_t next; /* if r_version is 2 or more */
	} ns;
	struct dl_phdr_info info;
	char name[LONGEST];
	uint32_t n = 0;
	uintptr_t at = program(&info);
	if (at == 0 || !osPeek(&ns.r, (const void *)at, sizeof ns.r) || ns.r.r_map == NULL)
		return fn(&info, sizeof info, arg);
	for (; at != 0 && osPeek(&ns.r, (const void *)at, sizeof ns.r); at = ns.next) {
		struct link_map map;
		for (const struct link_map *p = ns.r.r_map; p != NULL; p = map.l_next) {
			if (n++ == MANY || !osPeek(&map, p, sizeof map))
				break;
			peekString(name, map.l_name);
			info = (struct dl_phdr_info){.dlpi_addr = map.l_addr, .dlpi_name = name};
			int r = fn(&info, sizeof info, arg);
			if (r != 0)
				return r;
		}
		if (n > MANY || ns.r.r_version < 2 || !osPeek(&ns, (const void *)at, sizeof ns))
			break;
	}
	return 0;
}
