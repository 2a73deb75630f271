/* iface.c: itabs, one for each pair of interface and type that ever met.             room: lang
 *
 * An itab is the method table of a type seen through an interface. Building one takes a merge of
 * two lists; finding it again must not: it is asked for at every conversion. So there is
 * a hash table, keyed by the two descriptors' addresses. That a type does not implement an interface
 * is remembered as well (ITAB_LACKS): programs ask "is it a Stringer?" of every value that they print.
 *
 * Building  A method is the one that is asked for if name, package (of those that begin with a small
 *           letter) and type agree; types are compared by address. Both lists are sorted by name,
 *           so each method is found at the first look behind the last; that they are is not
 *           needed. Only types with methods get so far.
 * Static    gccgo makes tables for the conversions that it sees (imt..I..T). They do not say for which
 *           interface; one that has the right code is taken when the pair is asked for (build). A pair may
 *           have several, and nobody may compare their addresses.
 * Protocol  Readers take no lock: they load the table (acquire), probe from the pair's slot, and
 *           stop at an empty one. Writers hold itabLock; they set a slot's tab, its type and then
 *           its interface, by release stores. At half full the writer builds a table of
 *           twice the size and publishes that, so that most pairs stand in their own slot (itabFast
 *           looks there only); the old one stays, because a reader may be in it.
 *           A reader that misses in the old table asks again under the lock (itabAdd does).
 *           That one also builds a table that is missing: under the lock, because two of them would
 *           be one too many, and because the merge is short.
 * Memory    Off-heap and never freed: tables double, so all the old ones together are no larger
 *           than the last.
 */
#include "lang/internal.h"

#include "lang/itab.h"

#define ITAB_INITIAL (GORT_HARD ? 4u : 256u)

static struct mutex itabLock;
struct itabTable *itabTable;
void (*ctypesinit)(void);
static struct itablink *itablinks; /* constructors, then itabsinit: one thread */

static struct itabTable *
tableMake(uint32_t size)
{
	struct itabTable *t = persistentalloc(sizeof *t + size * sizeof t->entries[0], CACHE_LINE);
	t->size = size;
	t->mask = (size - 1) * sizeof t->entries[0];
	return t;
}

/* itabLock. */
static void
entrySet(struct itabEntry *e, uintptr_t word)
{
	store_rel(&e->tab, word);
	store_rel(&e->type, (uintptr_t)itabOf(word)->type | (word & ITAB_LACKS));
}

/* itabLock; the pair is not in the table and there is room. */
static void
tableAdd(struct itabTable *table, const void *inter, uintptr_t word)
{
	uintptr_t none;
	struct itabEntry *e = itabEntry(table, inter, itabOf(word)->type, &none);
	entrySet(e, word);
	store_rel(&e->inter, inter);
	table->count++;
}

/* itabLock; the pair is not in the table. */
static void
add(const void *inter, uintptr_t word)
{
	struct itabTable *table = itabTable;
	if (2 * (table->count + 1) > table->size) {
		struct itabTable *bigger = tableMake(2 * table->size);
		for (uint32_t i = 0; i < table->size; i++) {
			struct itabEntry *e = &table->entries[i];
			if (e->tab != 0)
				tableAdd(bigger, e->inter, e->tab);
		}
		store_rel(&itabTable, bigger);
		table = bigger;
	}
	tableAdd(table, inter, word);
}

const struct itab *
itabFind(const void *inter, const struct type *t)
{
	uintptr_t word = itabWord(inter, t);
	return word & ITAB_LACKS ? NULL : (const struct itab *)word;
}

const struct itab *
itabAdd(const void *inter, const struct itab *tab)
{
	uintptr_t old;
	lock(&itabLock);
	struct itabEntry *e = itabEntry(itabTable, inter, tab->type, &old);
	if (old == 0)
		add(inter, (uintptr_t)tab);
	else if (old & ITAB_LACKS)
		entrySet(e, (uintptr_t)tab);
	unlock(&itabLock);
	return old == 0 || old & ITAB_LACKS ? tab : (const struct itab *)old;
}

/* ---- building ----------------------------------------------------------------------------- */

static bool
sameString(const struct gostring *a, const struct gostring *b)
{
	return a == b || (a != NULL && b != NULL && strequal(a, b));
}

static const struct method *
methodsOf(const struct type *t, intgo *n)
{
	if (t->uncommon == NULL) {
		*n = 0;
		return NULL;
	}
	*n = t->uncommon->nmethods;
	return t->uncommon->methods;
}

static bool
isMethod(const struct method *m, const struct imethod *want)
{
	return m->mtyp == want->typ && sameString(m->name, want->name) &&
	       sameString(m->pkgPath, want->pkgPath);
}

/* Looks for inter's methods among t's, and fills code with theirs or compares it. Returns the first one
 * that t lacks, or whose code is another, NULL if none. */
enum matching { MATCH_ONLY, MATCH_FILL, MATCH_COMPARE };

static const struct imethod *
match(const struct interfacetype *inter, const struct type *t, enum matching what, void **code)
{
	intgo n, at = -1;
	const struct method *m = methodsOf(t, &n);
	for (intgo i = 0; i < inter->nmethods; i++) {
		intgo tried = 0;
		for (; tried < n; tried++) {
			at = at + 1 < n ? at + 1 : 0;
			if (isMethod(&m[at], &inter->methods[i]))
				break;
		}
		if (tried == n)
			return &inter->methods[i];
		if (what == MATCH_FILL)
			code[i] = m[at].tfn;
		else if (what == MATCH_COMPARE && code[i] != m[at].tfn)
			return &inter->methods[i];
	}
	return NULL;
}

/* The table that the compiler made for the pair, or for another interface with the same methods. */
static const struct itab *
madeBefore(const struct interfacetype *inter, const struct type *t)
{
	const struct itab *tab = NULL;
	do
		tab = gotables->itab(tab, t, inter->nmethods);
	while (tab != NULL && match(inter, t, MATCH_COMPARE, (void **)tab->methods) != NULL);
	return tab;
}

static uintptr_t
build(const struct interfacetype *inter, const struct type *t)
{
	bool lacks = match(inter, t, MATCH_ONLY, NULL) != NULL;
	if (!lacks && gotables != NULL) {
		const struct itab *made = madeBefore(inter, t);
		if (made != NULL)
			return (uintptr_t)made;
	}
	uintptr_t n = lacks ? 0 : (uintptr_t)inter->nmethods;
	struct itab *tab = persistentalloc(sizeof *tab + n * PTRSIZE, PTRSIZE);
	tab->type = t;
	if (!lacks)
		match(inter, t, MATCH_FILL, tab->methods);
	return (uintptr_t)tab | (lacks ? ITAB_LACKS : 0);
}

static never_inline uintptr_t
itabSlow(const struct interfacetype *inter, const struct type *t)
{
	uintptr_t word;
	struct g *gp = rtenter();
	lock(&itabLock);
	itabEntry(itabTable, inter, t, &word);
	if (word == 0) {
		word = build(inter, t);
		add(inter, word);
	}
	unlock(&itabLock);
	rtleave(gp);
	return word;
}

const struct itab *
getitab(const struct interfacetype *inter, const struct type *t, const struct gostring **missing)
{
	if (t->uncommon != NULL) {
		uintptr_t word = itabWord(inter, t);
		if (unlikely(word == 0))
			word = itabSlow(inter, t);
		if (likely(!(word & ITAB_LACKS)))
			return (const struct itab *)word;
	}
	if (missing != NULL)
		*missing = match(inter, t, MATCH_ONLY, NULL)->name;
	return NULL;
}

uint32_t
itabCount(void)
{
	return load_acq(&itabTable)->count;
}

void
itablinkRegister(struct itablink *l)
{
	l->next = itablinks;
	itablinks = l;
}

void
itabsinit(void)
{
	lockInit(&itabLock, LOCKRANK_ITAB);
	itabTable = tableMake(ITAB_INITIAL);
	for (struct itablink *l = itablinks; l != NULL; l = l->next)
		itabAdd(l->inter, l->tab);
	if (ctypesinit != NULL)
		ctypesinit();
	if (gotables != NULL)
		bootResult("%u itab%s, table of %u; the compiler made %u", itabTable->count,
			itabTable->count == 1 ? "" : "s", itabTable->size, gotables->itabs());
	else
		bootResult("%u itab%s, table of %u", itabTable->count,
			itabTable->count == 1 ? "" : "s", itabTable->size);
}
