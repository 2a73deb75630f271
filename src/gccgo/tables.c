/* tables.c: packages, types and method tables of compiled Go, known before any of it runs.  room: gccgo
 *
 * Go's linker describes each module in one record, which modulesinit and its followers read. gccgo has
 * none: the program's init function hands over the types, when the boot is over. But each thing is
 * in a section of its own, so the driver's link puts them side by side (tables.ld):
 *
 *   types   The array of pointers to the packages' lists, one for each package of the program.
 *           typelistsAdd knows it when it comes again. Lists have what reflection could make as
 *           well: pointers, functions, structs and the like.
 *   itabs   Tables {type, code...}, without a word that says for which interface: so they cannot
 *           be entered in the hash table of the pairs. But when a pair is asked for the first time,
 *           its methods' code is known, and the table that the compiler has made is taken if there is
 *           one (lang/iface.c, build).
 *
 * gold has no such scripts, and who links by hand passes none: then there are no lists until the
 * init function comes, and tables are built.
 *
 * Reading tables  A word below etext is code and belongs to the table before; any other one that
 *           is not 0 (padding) is the type that begins the next. */
#include "gccgo/gccgo.h"

extern const struct typelist *const typelistsBegin[] __asm__("gort_typelists") weak;
extern const struct typelist *const typelistsEnd[] __asm__("gort_typelists_end") weak;
extern const uintptr_t itabsBegin[] __asm__("gort_itabs") weak;
extern const uintptr_t itabsEnd[] __asm__("gort_itabs_end") weak;
extern const char etext[];
extern const char object __asm__("__dso_handle") weak;

static uint32_t
packagesIn(const void **of)
{
	*of = &object;
	return (uint32_t)(typelistsEnd - typelistsBegin);
}

static void
types(void)
{
	if (typelistsEnd - typelistsBegin > 0)
		typelistsAdd(typelistsEnd - typelistsBegin, typelistsBegin);
}

/* How many words of code the table has. */
static intgo
tableLength(const uintptr_t *table)
{
	intgo n = 0;
	while (table + 1 + n < itabsEnd && table[1 + n] != 0 && table[1 + n] < (uintptr_t)etext)
		n++;
	return n;
}

static uint32_t
itabs(void)
{
	uint32_t n = 0;
	for (const uintptr_t *w = itabsBegin; w < itabsEnd; w += 1 + tableLength(w))
		if (*w != 0)
			n++;
	return n;
}

static const struct itab *
itabOf(const struct itab *after, const struct type *t, intgo n)
{
	const uintptr_t *w = after == NULL ? itabsBegin : (const uintptr_t *)after + 1;
	for (; w < itabsEnd; w++)
		if (*w == (uintptr_t)t && tableLength(w) == n)
			return (const struct itab *)w;
	return NULL;
}

const struct gotables gotablesLinked = {packagesIn, types, itabs, itabOf};
