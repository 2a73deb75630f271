/* inittask.c: packages' init work, in the order of their dependencies.               room: lang
 *
 * Go's rule since 1.21, because it depends on nothing but names: sort the packages by name; then
 * again and again take the first one whose dependencies have all been initialised. So the order
 * of object files on the linker's command line does not matter, and neither does the order in
 * which constructors ran.
 *
 * Within a package: variables first, then init functions, each list in its own order.
 *
 * The order is worked out completely before the first function runs: a dependency that nobody
 * brought and a cycle are reported with the names, and no half-initialised program runs.
 */
#include "lang/lang.h"

#include "gort/package.h"

/* ---- one task ----------------------------------------------------------------------------- */

/* Nanoseconds as milliseconds with about two digits that matter, as Go prints them in traces. */
static void
printMS(char *buf, uintptr_t n, int64_t ns)
{
	if (ns >= 10 * MS) {
		rtsnprintf(buf, n, "%ld", (long)(ns / MS));
		return;
	}
	int64_t us = ns / US;
	if (us == 0)
		rtsnprintf(buf, n, "0");
	else if (us < 100)
		rtsnprintf(buf, n, "0.%03ld", (long)us);
	else if (us < 1000)
		rtsnprintf(buf, n, "0.%02ld", (long)(us / 10));
	else
		rtsnprintf(buf, n, "%ld.%ld", (long)(us / 1000), (long)(us / 100 % 10));
}

static void
runTask(const struct inittask *t)
{
	if (t->vars != NULL)
		t->vars();
	for (const struct gort_init_fn *f = t->inits; f != NULL; f = f->next)
		f->fn();
}

void
initSpanBegin(struct initspan *span)
{
	static struct memstats now; /* too large for a small stack; one thread inits */
	readmemstats(&now);
	span->bytes = now.totalAlloc;
	span->allocs = now.mallocs;
	span->start = nanotime();
}

void
initSpanEnd(struct initspan *span)
{
	static struct memstats now;
	span->end = nanotime();
	readmemstats(&now);
	span->bytes = now.totalAlloc - span->bytes;
	span->allocs = now.mallocs - span->allocs;
}

void
initSpanPrint(const struct initspan *span, const char *name, int64_t t0)
{
	char at[24], clock[24];
	printMS(at, sizeof at, span->start - t0);
	printMS(clock, sizeof clock, span->end - span->start);
	rtprintf("init %s @%s ms, %s ms clock, %lu bytes, %lu allocs\n", name, at, clock,
		(unsigned long)span->bytes, (unsigned long)span->allocs);
}

void
doInit(const struct inittask *t, int64_t t0)
{
	if (!debug.inittrace) {
		runTask(t);
		return;
	}
	struct initspan span;
	initSpanBegin(&span);
	runTask(t);
	initSpanEnd(&span);
	initSpanPrint(&span, t->name, t0);
}

/* ---- all packages ------------------------------------------------------------------------- */

/* packages is sorted by name. */
static int64_t
packageIndex(const char *name)
{
	int64_t lo = 0, hi = (int64_t)npackages - 1;
	while (lo <= hi) {
		int64_t mid = (lo + hi) / 2;
		int c = rtstrcmp(packages[mid]->name, name);
		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid - 1;
	}
	return -1;
}

static void
checkDependencies(void)
{
	for (uint32_t i = 0; i < npackages; i++) {
		struct gort_package *p = packages[i];
		for (int d = 0; d < p->ndeps; d++)
			if (packageIndex(p->deps[d]) < 0)
				bootfail(2,
					"package %s needs package %s, which is not in the program",
					p->name, p->deps[d]);
	}
}

/* Every package left waits for another one that is left: follow such links until a package
 * comes a second time. That is a cycle, whatever we started from. */
static _Noreturn void
reportCycle(const bool *done)
{
	uint32_t at = 0;
	while (done[at])
		at++;
	uint32_t start = at;
	for (int round = 0; round < 2; round++) {
		/* First round: n steps lead into the cycle. Second round: print it once. */
		uint32_t steps = 0;
		do {
			struct gort_package *p = packages[at];
			uint32_t next = at;
			for (int d = 0; d < p->ndeps; d++) {
				int64_t dep = packageIndex(p->deps[d]);
				if (!done[dep]) {
					next = (uint32_t)dep;
					break;
				}
			}
			if (round == 1)
				rtprintf("gort: \tpackage %s needs %s\n", p->name,
					packages[next]->name);
			at = next;
			steps++;
		} while (round == 0 ? steps <= npackages : at != start);
		if (round == 0) {
			start = at;
			rtprintf(
				"gort: packages need each other before they can be initialised:\n");
		}
	}
	bootfail(2, "initialization cycle: package %s needs itself", packages[start]->name);
}

int
doPackageInits(int64_t t0)
{
	if (npackages == 0)
		return 0;
	checkDependencies();

	struct gort_package **order =
		persistentalloc(npackages * sizeof *order, _Alignof(struct gort_package *));
	bool *done = persistentalloc(npackages, 1);
	uint32_t n = 0;
	while (n < npackages) {
		uint32_t before = n;
		for (uint32_t i = 0; i < npackages; i++) {
			if (done[i])
				continue;
			struct gort_package *p = packages[i];
			bool ready = true;
			for (int d = 0; d < p->ndeps && ready; d++)
				ready = done[packageIndex(p->deps[d])];
			if (!ready)
				continue;
			done[i] = true;
			order[n++] = p;
			break; /* the first ready one, from the start again */
		}
		if (n == before)
			reportCycle(done);
	}
	for (uint32_t i = 0; i < npackages; i++) {
		struct inittask t = {order[i]->name, order[i]->vars, order[i]->inits};
		doInit(&t, t0);
	}
	return (int)npackages;
}
