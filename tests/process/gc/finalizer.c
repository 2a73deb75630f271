/* What is called when an object is dead, and weak pointers, with collections that free. Objects are made
 * by goroutines that have ended, so that nothing of them is left on a stack. */
// env: GODEBUG=clobberfree=1
// stdout: ok
// case: chain
// args: chain
// case: cycle
// args: cycle
// case: comes_back
// args: comes_back
// case: small
// args: small
// case: large
// args: large
// case: cleanups
// args: cleanups
// case: cleanup_after_finalizer
// args: after
// case: argument_lives
// args: argument
// case: weak
// args: weak
// case: weak_race
// args: weak_race
// case: goroutines
// args: goroutines
// case: many
// args: many
// case: under_stress
// args: many
// env: GODEBUG=clobberfree=1,gcstress=3
// case: waits
// args: waits
// case: panics
// args: panics
// status: 2
// stderr: panic: from a finalizer
// stderr: goroutine
// stderr: gc/finalizer.c:
#include <gort.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(c)                                                                                   \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			gort_eprintf("%s:%d: %s\n", __FILE__, __LINE__, #c);                       \
			gort_exit(1);                                                              \
		}                                                                                  \
	} while (0)

struct node {
	struct node *next;
	int n;
	char more[80];
};

/* Who was called, in order. */
static int called[20000];
static int ncalled; /* atomic */

static void
note(int n)
{
	int i = __atomic_fetch_add(&ncalled, 1, __ATOMIC_SEQ_CST);
	if (i < 20000)
		called[i] = n;
}

static int
count(void)
{
	return __atomic_load_n(&ncalled, __ATOMIC_SEQ_CST);
}

/* By a goroutine that has ended on return, and whose stack others have used since. */
static void
gone(void *arg)
{
	char space[4000];
	memset(space, 0, sizeof space);
	__asm__ volatile("" : : "r"(space), "r"(arg) : "memory");
}

static void
apart(void (*fn)(void *), void *arg)
{
	gort_waitgroup wg;
	memset(&wg, 0, sizeof wg);
	gort_waitgroup_go(&wg, fn, arg);
	gort_waitgroup_wait(&wg);
	for (int i = 0; i < 4; i++) {
		gort_waitgroup_go(&wg, gone, NULL);
		gort_waitgroup_wait(&wg);
	}
}

/* Collections until n have been called: a finalizer of a chain needs one each. */
static void
waitFor(int n)
{
	for (int i = 0; i < 1000 && count() < n; i++) {
		gort_gc();
		gort_sleep(1 * GORT_MS);
	}
	if (count() != n)
		gort_eprintf("%d were called instead of %d\n", count(), n);
	CHECK(count() == n);
}

static void
someCollections(void)
{
	for (int i = 0; i < 5; i++) {
		gort_gc();
		gort_sleep(1 * GORT_MS);
	}
}

static void
finNode(void *p, void *arg)
{
	struct node *n = (struct node *)p;
	CHECK(arg == (void *)called);
	CHECK(n->next == NULL || n->next->n == n->n + 1); /* what it points to is there still */
	note(n->n);
}

static void
noteArg(void *arg)
{
	note((int)(intptr_t)arg);
}

/* ---- finalizers --------------------------------------------------------------------------- */

static void
makeChain(void *arg)
{
	struct node *first = NULL;
	int n = (int)(intptr_t)arg;
	for (int i = n - 1; i >= 0; i--) {
		struct node *p = gort_new(struct node);
		p->n = i;
		p->next = first;
		first = p;
		gort_finalizer(p, finNode, called);
	}
}

static void
chain(void)
{
	apart(makeChain, (void *)(intptr_t)10);
	waitFor(10);
	for (int i = 0; i < 10; i++)
		CHECK(called[i] == i);
}

static void
makeCycle(void *arg)
{
	(void)arg;
	struct node *p = gort_new(struct node), *q = gort_new(struct node);
	p->n = 0;
	q->n = -1;
	p->next = q;
	q->next = p;
	gort_finalizer(p, finNode, called);
	gort_finalizer(q, finNode, called);
}

static void
cycle(void)
{
	for (int i = 0; i < 10; i++)
		apart(makeCycle, NULL);
	someCollections();
	CHECK(count() == 0);
}

static struct node *kept;

static void
keep(void *p, void *arg)
{
	kept = (struct node *)p;
	note(1);
	if (arg != NULL)
		gort_finalizer(p, keep, NULL);
}

static void
makeKept(void *arg)
{
	struct node *p = gort_new(struct node);
	p->n = 77;
	p->next = gort_new(struct node);
	p->next->n = 78;
	gort_finalizer(p, keep, arg);
}

static void
comesBack(void)
{
	apart(makeKept, &kept);
	waitFor(1);
	someCollections();
	CHECK(count() == 1);
	CHECK(kept->n == 77 && kept->next->n == 78);
	kept = NULL;
	waitFor(2); /* the one that the finalizer has set */
	someCollections();
	CHECK(kept->n == 77 && kept->next->n == 78);
	kept = NULL;
	someCollections();
	CHECK(count() == 2);
}

static void
finSmall(void *p, void *arg)
{
	(void)arg;
	note(*(char *)p);
}

static void
makeSmall(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		char *p = gort_make(char, 3);
		*p = (char)i;
		gort_finalizer(p, finSmall, NULL);
	}
}

/* Those that share a block with one that lives live, too: so some may remain. */
static void
small(void)
{
	bool seen[100] = {false};
	apart(makeSmall, NULL);
	for (int i = 0; i < 1000 && count() < 90; i++)
		someCollections();
	for (int i = 0; i < count(); i++) {
		CHECK(called[i] >= 0 && called[i] < 100 && !seen[called[i]]);
		seen[called[i]] = true;
	}
	CHECK(count() >= 90);
}

static void
finLarge(void *p, void *arg)
{
	(void)arg;
	CHECK(((char *)p)[999999] == 5);
	note(1);
}

static void
makeLarge(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		char *p = gort_make(char, 1000000);
		p[999999] = 5;
		gort_finalizer(p, finLarge, NULL);
	}
}

static void
large(void)
{
	gort_memstats before, after;
	gort_read_memstats(&before);
	apart(makeLarge, NULL);
	waitFor(10);
	someCollections();
	gort_read_memstats(&after);
	CHECK(after.heap_alloc < before.heap_alloc + 2000000);
}

static void
argDies(void *p, void *arg)
{
	(void)p;
	CHECK(((struct node *)arg)->n == 5 && ((struct node *)arg)->next->n == 6);
	note(1);
}

static void
makeArgument(void *where)
{
	struct node *a = gort_new(struct node), *p = gort_new(struct node);
	a->n = 5;
	a->next = gort_new(struct node);
	a->next->n = 6;
	gort_finalizer(p, argDies, a);
	*(struct node **)where = p;
}

static void
argument(void)
{
	apart(makeArgument, &kept);
	someCollections(); /* the object lives; so does what its record alone knows */
	CHECK(count() == 0);
	kept = NULL;
	waitFor(1);
}

/* ---- cleanups ------------------------------------------------------------------------------ */

static void
makeCleanups(void *arg)
{
	(void)arg;
	struct node *p = gort_new(struct node);
	gort_cleanup_ref stopped = gort_cleanup(p, noteArg, (void *)100);
	gort_cleanup(p, noteArg, (void *)1);
	gort_cleanup(&p->more[7], noteArg, (void *)2);
	gort_cleanup(p, noteArg, (void *)4);
	CHECK(gort_cleanup_stop(stopped));
}

static void
cleanups(void)
{
	apart(makeCleanups, NULL);
	waitFor(3);
	someCollections();
	CHECK(count() == 3 && called[0] + called[1] + called[2] == 7);
}

static void
makeBoth(void *arg)
{
	(void)arg;
	struct node *p = gort_new(struct node);
	gort_cleanup(p, noteArg, (void *)2);
	gort_finalizer(p, finNode, called);
	p->n = 1;
}

static void
after(void)
{
	apart(makeBoth, NULL);
	waitFor(2);
	CHECK(called[0] == 1 && called[1] == 2);
}

/* ---- weak pointers -------------------------------------------------------------------------- */

static gort_weak *w[3];

static void
keepWithWeak(void *p, void *arg)
{
	(void)arg;
	CHECK(gort_weak_get(w[1]) == NULL); /* before it is called */
	kept = (struct node *)p;
	note(1);
}

static void
makeWeak(void *arg)
{
	(void)arg;
	kept = gort_new(struct node); /* first: its address is not the end of another */
	w[2] = gort_weak_make(kept);
	struct node *p = gort_new(struct node);
	w[0] = gort_weak_make(p);
	p = gort_new(struct node);
	w[1] = gort_weak_make(p);
	gort_finalizer(p, keepWithWeak, NULL);
}

static void
weakPointers(void)
{
	apart(makeWeak, NULL);
	struct node *held = kept;
	waitFor(1);
	CHECK(gort_weak_get(w[0]) == NULL && gort_weak_get(w[1]) == NULL);
	CHECK(gort_weak_get(w[2]) == held);
	someCollections();
	gort_weak *again = gort_weak_make(kept); /* it came back; the old handle stays empty */
	CHECK(again != w[1] && gort_weak_get(again) == kept && gort_weak_get(w[1]) == NULL);
}

/* Readers of weak pointers against collections and sweeping: who gets an object has a live one. */
enum { SLOTS = 200, READERS = 4, TURNS = 60 };
static gort_weak *slots[SLOTS]; /* atomic */
static bool stopReaders;        /* atomic */
static long got;                /* atomic */

static void
fill(void *arg)
{
	(void)arg;
	for (int i = 0; i < SLOTS; i++) {
		struct node *p = gort_new(struct node);
		p->n = 1000 + i;
		p->next = gort_new(struct node);
		p->next->n = 2000 + i;
		__atomic_store_n(&slots[i], gort_weak_make(p), __ATOMIC_RELEASE);
	}
}

static void
reader(void *arg)
{
	unsigned x = (unsigned)(uintptr_t)arg * 2654435761u + 1;
	while (!__atomic_load_n(&stopReaders, __ATOMIC_ACQUIRE)) {
		x = x * 1664525u + 1013904223u;
		int i = (int)((x >> 16) % SLOTS);
		gort_weak *h = __atomic_load_n(&slots[i], __ATOMIC_ACQUIRE);
		struct node *volatile p = (struct node *)gort_weak_get(h);
		if (p == NULL)
			continue;
		CHECK(p->n == 1000 + i);
		if (x % 64 == 0)
			gort_gosched();
		CHECK(p->n == 1000 + i && p->next->n == 2000 + i);
		__atomic_fetch_add(&got, 1, __ATOMIC_RELAXED);
	}
}

static void
weakRace(void)
{
	gort_waitgroup wg;
	memset(&wg, 0, sizeof wg);
	apart(fill, NULL);
	for (intptr_t i = 0; i < READERS; i++)
		gort_waitgroup_go(&wg, reader, (void *)i);
	for (int i = 0; i < TURNS; i++) {
		apart(fill, NULL);
		gort_gc();
	}
	__atomic_store_n(&stopReaders, true, __ATOMIC_RELEASE);
	gort_waitgroup_wait(&wg);
	CHECK(got > 0);
}

/* ---- more ----------------------------------------------------------------------------------- */

static gort_waitgroup started;

static void
starts(void *p, void *arg)
{
	(void)arg;
	gort_waitgroup_go(&started, noteArg, (void *)(intptr_t)((struct node *)p)->n);
}

static void
makeStarters(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50; i++) {
		struct node *p = gort_new(struct node);
		p->n = i;
		gort_finalizer(p, starts, NULL);
	}
}

/* A word somewhere that looks like a pointer may hold one or two back. */
static void
waitForMost(int n)
{
	for (int i = 0; i < 1000 && count() < n - n / 50 - 1; i++)
		someCollections();
	CHECK(count() >= n - n / 50 - 1 && count() <= n);
}

static void
goroutines(void)
{
	apart(makeStarters, NULL);
	waitForMost(50);
	gort_waitgroup_wait(&started);
}

static void
makeMany(void *arg)
{
	(void)arg;
	for (int i = 0; i < 500; i++) {
		struct node *p = gort_new(struct node);
		p->next = gort_new(struct node);
		p->next->n = i + 1;
		p->n = i;
		if (i % 2)
			gort_finalizer(p, finNode, called);
		else
			gort_cleanup(p, noteArg, (void *)(intptr_t)i);
		gort_weak_make(p);
	}
}

static void
many(void)
{
	gort_waitgroup wg;
	memset(&wg, 0, sizeof wg);
	for (int i = 0; i < 8; i++)
		gort_waitgroup_go(&wg, makeMany, NULL);
	gort_waitgroup_wait(&wg);
	for (int i = 0; i < 40; i++)
		gort_waitgroup_go(&wg, gone, NULL);
	gort_waitgroup_wait(&wg);
	waitForMost(8 * 500);
}

static gort_chan *hold;

static void
finWaits(void *p, void *arg)
{
	(void)p, (void)arg;
	gort_recv(hold, NULL);
	note(1);
}

static void
makeWaiting(void *arg)
{
	(void)arg;
	gort_finalizer(gort_new(struct node), finWaits, NULL);
	gort_finalizer(gort_new(struct node), finWaits, NULL);
	gort_cleanup(gort_new(struct node), noteArg, (void *)2);
}

static void
waits(void)
{
	hold = gort_chan_make(int, 0);
	apart(makeWaiting, NULL);
	waitFor(1); /* cleanups are called by somebody else */
	CHECK(called[0] == 2);
	gort_send(hold, 0);
	gort_send(hold, 0);
	waitFor(3);
}

static void
finPanics(void *p, void *arg)
{
	(void)p, (void)arg;
	gort_panic("from a finalizer");
}

static void
makePanic(void *arg)
{
	(void)arg;
	gort_finalizer(gort_new(struct node), finPanics, NULL);
}

static void
panics(void)
{
	puts("ok");
	fflush(stdout);
	apart(makePanic, NULL);
	waitFor(1);
}

int
gort_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} tests[] = {
		{"chain", chain},
		{"cycle", cycle},
		{"comes_back", comesBack},
		{"small", small},
		{"large", large},
		{"argument", argument},
		{"cleanups", cleanups},
		{"after", after},
		{"weak", weakPointers},
		{"weak_race", weakRace},
		{"goroutines", goroutines},
		{"many", many},
		{"waits", waits},
		{"panics", panics},
	};
	for (size_t i = 0; argc > 1 && i < sizeof tests / sizeof tests[0]; i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].fn();
			puts("ok");
			return 0;
		}
	}
	return 1;
}
