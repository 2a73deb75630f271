/* modules.c: the packages that each loaded object brings.                            room: lang
 *
 * A package registers itself from a constructor: of the executable, of a shared library that was
 * linked, of one that was loaded later. modulesinit groups them by object, refuses two of one
 * name, and sorts them by name for inittask.c. The packages of compiled Go, which initialises them
 * itself, are counted beside them.
 *
 * The list is written by constructors, which run one at a time, and read here by the only thread.
 */
#include "lang/lang.h"

#include "gort/package.h"

static struct gort_package *registered; /* last one first */
struct module *modules;
#if !GORT_FREESTANDING
const struct gotables *gotables;
#endif
struct gort_package **packages;
uint32_t npackages;

void
packageRegister(struct gort_package *p)
{
	p->next = registered;
	registered = p;
}

/* Behind those that are there: the order of registration. */
void
packageAddInit(struct gort_package *p, struct gort_init_fn *f)
{
	struct gort_init_fn **end = &p->inits;
	while (*end != NULL)
		end = &(*end)->next;
	f->next = NULL;
	*end = f;
}

static void
countModule(const void *object, uint32_t n)
{
	struct module **m = &modules;
	while (*m != NULL && (*m)->object != object)
		m = &(*m)->next;
	if (*m == NULL) {
		*m = persistentalloc(sizeof **m, _Alignof(struct module));
		(*m)->object = object;
	}
	(*m)->npackages += n;
}

/* Heap sort would be shorter to run, insertion is shorter to read, and programs have tens. */
static void
sortByName(struct gort_package **v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct gort_package *p = v[i];
		uint32_t j = i;
		for (; j > 0 && rtstrcmp(v[j - 1]->name, p->name) > 0; j--)
			v[j] = v[j - 1];
		v[j] = p;
	}
}

void
modulesinit(void)
{
	uint32_t n = 0, nmodules = 0;
	for (struct gort_package *p = registered; p != NULL; p = p->next)
		n++;
	npackages = n;
	if (n > 0)
		packages = persistentalloc(n * sizeof *packages, _Alignof(struct gort_package *));
	/* The list has the last one first: fill from the end. */
	for (struct gort_package *p = registered; p != NULL; p = p->next)
		packages[--n] = p;
	for (uint32_t i = 0; i < npackages; i++) {
		if (packages[i]->name == NULL || packages[i]->name[0] == 0)
			bootfail(2, "a package without a name was registered");
		countModule(packages[i]->object, 1);
	}
	sortByName(packages, npackages);
	for (uint32_t i = 1; i < npackages; i++)
		if (rtstrcmp(packages[i - 1]->name, packages[i]->name) == 0)
			bootfail(2, "package %s is in the program twice", packages[i]->name);
	n = npackages;
	if (gotables != NULL) {
		const void *object;
		uint32_t go = gotables->packages(&object);
		if (go > 0)
			countModule(object, go);
		n += go;
	}
	for (struct module *m = modules; m != NULL; m = m->next)
		nmodules++;
	bootResult("%u package%s in %u object%s", n, n == 1 ? "" : "s", nmodules,
		nmodules == 1 ? "" : "s");
}
