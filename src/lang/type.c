/* type.c: the type descriptors that loaded objects brought.                          room: lang
 *
 * A descriptor tells the allocator how large a value is and the collector where its pointers
 * are. C objects register theirs from constructors, and typelinksinit takes them. Compiled Go
 * packages have one list each; where the driver has linked the program, typelinksinit takes them too
 * (gccgo/tables.c). The program's init function hands over all of them in its first call, before any
 * package's own code, and those that are known are not taken again. Either way every descriptor is checked once, so that a wrong
 * map is named at start and not found as a lost object much later.
 *
 * Names      A descriptor's string is meant for identity: the path of a package stands between tabs
 *            before each name that the package gives a type, "\tnet/http\thttp.Header". People
 *            read it without: "http.Header".
 * Lookup     Reflection asks by string before it makes a type, so that there is only one of each.
 *            The index, a hash table by what people read, is built when the first one asks: most
 *            programs never do. Two packages of one name at different paths give types that read
 *            the same: all are in the table, and a name with tabs finds the one that it means.
 * Locks      typeLock: lists, the index. The index is replaced as a whole when there are more lists.
 */
#include "lang/internal.h"

#include "core/bits.h"
#include "core/upcalls.h"

static struct typelink *typelinks; /* constructors, then typelinksinit: one thread */
uint32_t ntypelinks;               /* typeLock */

/* What one call of typelistsAdd brought. */
struct typelists {
	const struct typelist *const *lists;
	intgo n;
	struct typelists *next;
};

static struct mutex typeLock;
static struct typelists *typelists; /* typeLock */
static struct {
	const struct type **slots;
	uintptr_t mask;
	uint32_t count; /* of types when it was built */
} typeIndex;            /* typeLock */

void
typelinkRegister(struct typelink *l)
{
	l->next = typelinks;
	typelinks = l;
}

static void
typeCheck(const struct type *t)
{
	const char *wrong = NULL;
	bool prog = (t->kind & KindGCProg) != 0; /* covers ptrdata and perhaps a little more */
	if (t->align == 0 || !isPowerOfTwo(t->align) || t->size % t->align != 0)
		wrong = "its size is not a multiple of its alignment";
	else if ((t->ptrdata > t->size && !prog) || t->ptrdata % PTRSIZE != 0)
		wrong = "its pointers end beyond its size";
	else if (t->ptrdata > 0 && t->gcdata == NULL)
		wrong = "it has pointers and no map of them";
	else if ((t->kind & KindMask) == 0 || (t->kind & KindMask) > KindUnsafePointer)
		wrong = "its kind is none of Go's";
	if (wrong == NULL)
		return;
	static const struct gostring noname = {(const uint8_t *)"(no name)", 9};
	const struct gostring *name = t->string != NULL ? t->string : &noname;
	bootfail(2, "bad type descriptor %.*s: %s", (int)name->len, (const char *)name->str, wrong);
}

void
typelinksinit(void)
{
	lockInit(&typeLock, LOCKRANK_ITAB);
	uint32_t n = 0;
	for (struct typelink *l = typelinks; l != NULL; l = l->next) {
		typeCheck(l->type);
		n++;
	}
	ntypelinks = n;
	if (gotables != NULL)
		gotables->types();
	bootResult("%u type%s", ntypelinks, ntypelinks == 1 ? "" : "s");
}

void
typelistsAdd(intgo n, const struct typelist *const *lists)
{
	lock(&typeLock);
	const struct typelists *known = typelists;
	while (known != NULL && known->lists != lists)
		known = known->next;
	if (known == NULL) {
		for (intgo i = 0; i < n; i++) {
			for (intgo k = 0; k < lists[i]->count; k++)
				typeCheck(lists[i]->types[k]);
			ntypelinks += (uint32_t)lists[i]->count;
		}
		struct typelists *l = persistentalloc(sizeof *l, _Alignof(struct typelists));
		*l = (struct typelists){lists, n, typelists};
		typelists = l;
	}
	unlock(&typeLock);
}

void
registerTypeDescriptors(intgo n, const struct typelist *const *lists)
{
	struct g *gp = rtenter();
	typelistsAdd(n, lists);
	rtleave(gp);
}

/* ---- names -------------------------------------------------------------------------------- */

uintptr_t
typeString(const struct type *t, char *buf, uintptr_t n)
{
	uintptr_t len = 0;
	bool path = false;
	for (intgo i = 0; i < t->string->len; i++) {
		uint8_t c = t->string->str[i];
		if (c == '\t') {
			path = !path;
		} else if (!path) {
			if (len < n)
				buf[len] = (char)c;
			len++;
		}
	}
	return len;
}

struct gostring
toTypeString(const struct type *t)
{
	uintptr_t n = typeString(t, NULL, 0);
	if (n == (uintptr_t)t->string->len)
		return *t->string;
	char *p = allocNoscan(n, false);
	typeString(t, p, n);
	return (struct gostring){(const uint8_t *)p, (intgo)n};
}

struct gostring
pkgPath(const struct type *t)
{
	if (t->uncommon == NULL || t->uncommon->pkgPath == NULL)
		return (struct gostring){0};
	return *t->uncommon->pkgPath;
}

bool
eqtype(const struct type *a, const struct type *b)
{
	return a == b;
}

/* The text must outlive the panic: it may be recovered and kept. */
cold _Noreturn void
panicType(const char *prefix, const struct type *t)
{
	uintptr_t n = rtstrlen(prefix), len = typeString(t, NULL, 0);
	char *text = allocNoscan(n + len + 1, false);
	__builtin_memcpy(text, prefix, n);
	typeString(t, text + n, len);
	text[n + len] = 0;
	panicError(text);
}

/* ---- lookup ------------------------------------------------------------------------------- */

/* The bytes of s that people read, one after the other; -1 at the end. */
struct reader {
	struct gostring s;
	intgo at;
	bool path;
};

static int
next(struct reader *r)
{
	while (r->at < r->s.len) {
		uint8_t c = r->s.str[r->at++];
		if (c == '\t')
			r->path = !r->path;
		else if (!r->path)
			return c;
	}
	return -1;
}

static uintptr_t
nameHash(struct gostring s)
{
	struct reader r = {.s = s};
	uint64_t h = 0xcbf29ce484222325ull;
	for (int c; (c = next(&r)) >= 0;)
		h = (h ^ (uint64_t)c) * 0x100000001b3ull;
	return (uintptr_t)(h ^ h >> 32);
}

static bool
reads(struct gostring a, struct gostring b)
{
	struct reader x = {.s = a}, y = {.s = b};
	int c;
	do {
		c = next(&x);
		if (c != next(&y))
			return false;
	} while (c >= 0);
	return true;
}

static void
indexAdd(const struct type *t)
{
	uintptr_t i = nameHash(*t->string) & typeIndex.mask;
	while (typeIndex.slots[i] != NULL)
		i = (i + 1) & typeIndex.mask;
	typeIndex.slots[i] = t;
}

/* typeLock. The old index stays: nobody counts who looks at it, and there are few. */
static void
indexBuild(void)
{
	uintptr_t size = 16;
	while (size < 2 * (uintptr_t)ntypelinks)
		size *= 2;
	typeIndex.slots = persistentalloc(size * sizeof *typeIndex.slots, PTRSIZE);
	typeIndex.mask = size - 1;
	for (const struct typelists *l = typelists; l != NULL; l = l->next)
		for (intgo i = 0; i < l->n; i++)
			for (intgo k = 0; k < l->lists[i]->count; k++)
				indexAdd(l->lists[i]->types[k]);
	for (const struct typelink *l = typelinks; l != NULL; l = l->next)
		indexAdd(l->type);
	typeIndex.count = ntypelinks;
}

const struct type *
lookupType(struct gostring name)
{
	bool paths = name.len > 0 && __builtin_memchr(name.str, '\t', (size_t)name.len) != NULL;
	const struct type *found = NULL;
	struct g *gp = rtenter();
	lock(&typeLock);
	if (typeIndex.slots == NULL || typeIndex.count != ntypelinks)
		indexBuild();
	uintptr_t i = nameHash(name) & typeIndex.mask;
	for (const struct type *t; (t = typeIndex.slots[i]) != NULL; i = (i + 1) & typeIndex.mask) {
		if (paths ? strequal(t->string, &name) : reads(*t->string, name)) {
			found = t;
			break;
		}
	}
	unlock(&typeLock);
	rtleave(gp);
	return found;
}
