/* Records beside objects; the test says what the mark has reached, and sweeps. */
#include "fake.h"

#include "core/upcalls.h"
#include "mem/special.h"

static int nqueued;

static void
noteQueued(void)
{
	nqueued++;
}

static void
boot(void)
{
	fakeBoot();
	specials_queued = noteQueued;
}

static void
run(uintptr_t addr unused_ok, void *const *word unused_ok)
{
}

static struct specialcall
callOf(void *word)
{
	return (struct specialcall){run, {word, NULL, NULL}};
}

static void
setMark(void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	uint32_t i = objIndex(s, (uintptr_t)p);
	fetch_or(&s->markBits[i / 64], (uint64_t)1 << (i % 64));
}

static bool
isMarked(void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	return bitIsSet(s->markBits, objIndex(s, (uintptr_t)p));
}

static void
clearMark(void *p)
{
	struct mspan *s = spanOf((uintptr_t)p);
	uint32_t i = objIndex(s, (uintptr_t)p);
	fetch_and(&s->markBits[i / 64], ~((uint64_t)1 << (i % 64)));
}

static void
sweep(void *p)
{
	specialsSweep(spanOf((uintptr_t)p));
}

/* The next call of that kind has this word, and is for addr. */
static void
wantNext(enum specialkind kind, void *addr, void *word)
{
	struct specialcall call;
	uintptr_t at;
	CHECK(specialTake(kind, &call, &at));
	CHECK_EQ(at, (uintptr_t)addr);
	CHECK(call.run == run && call.word[0] == word);
}

static void
wantNone(void)
{
	struct specialcall call;
	uintptr_t at;
	for (enum specialkind k = SPECIAL_FINALIZER; k <= SPECIAL_CLEANUP; k++) {
		CHECK(!specialWaits(k));
		CHECK(!specialTake(k, &call, &at));
	}
}

static bool
setFinalizer(void *p, void *word)
{
	struct specialcall call = callOf(word);
	return specialSetFinalizer((uintptr_t)p, &call);
}

static uint64_t
addCleanup(void *p, void *word)
{
	struct specialcall call = callOf(word);
	return specialAddCleanup((uintptr_t)p, &call);
}

static char words[8];

TEST(mem, special, place)
{
	boot();
	char *p = mallocConservative(64), *t = mallocNoscan(3, true), *u = mallocNoscan(3, true);
	int local;
	CHECK_EQ(specialPlace((uintptr_t)p), PLACE_START);
	CHECK_EQ(specialPlace((uintptr_t)p + 63), PLACE_INSIDE);
	CHECK_EQ(specialPlace((uintptr_t)t), PLACE_START);
	CHECK_EQ(specialPlace((uintptr_t)t + 1), PLACE_INSIDE);
	CHECK_EQ(specialPlace((uintptr_t)mallocConservative(0)), PLACE_ZERO);
	CHECK_EQ(specialPlace(0), PLACE_NONE);
	CHECK_EQ(specialPlace((uintptr_t)&local), PLACE_NONE);
	CHECK_EQ(specialPlace((uintptr_t)words), PLACE_NONE);
	gcfree(t);
	CHECK_EQ(specialPlace((uintptr_t)t), PLACE_NONE);
	CHECK_EQ(specialPlace((uintptr_t)u), PLACE_START);
	char *large = mallocConservative(100000);
	CHECK_EQ(specialPlace((uintptr_t)large), PLACE_START);
	CHECK_EQ(specialPlace((uintptr_t)large + 99999), PLACE_INSIDE);
	gcfree(large);
	CHECK_EQ(specialPlace((uintptr_t)large), PLACE_NONE);
}

TEST(mem, special, finalizer)
{
	boot();
	void *p = mallocConservative(64), *q = mallocConservative(64);
	CHECK(setFinalizer(p, &words[0]));
	CHECK(!setFinalizer(p, &words[1]));
	CHECK(specialRemoveFinalizer((uintptr_t)p));
	CHECK(!specialRemoveFinalizer((uintptr_t)p));
	CHECK(setFinalizer(p, &words[2]));
	CHECK(setFinalizer(q, &words[3]));
	setMark(q);
	sweep(p);
	CHECK_EQ(nqueued, 1);
	CHECK(isMarked(p)); /* it lives for this cycle */
	CHECK(specialWaits(SPECIAL_FINALIZER) && !specialWaits(SPECIAL_CLEANUP));
	wantNext(SPECIAL_FINALIZER, p, &words[2]);
	wantNone();
	/* The next cycle finds it dead, without a record. */
	clearMark(p);
	sweep(p);
	CHECK(!isMarked(p));
	CHECK_EQ(nqueued, 1);
	/* q is still guarded. */
	clearMark(q);
	sweep(q);
	wantNext(SPECIAL_FINALIZER, q, &words[3]);
	wantNone();
}

TEST(mem, special, large)
{
	boot();
	void *p = mallocConservative(100000);
	CHECK(setFinalizer(p, &words[0]));
	sweep(p);
	CHECK(isMarked(p));
	wantNext(SPECIAL_FINALIZER, p, &words[0]);
	addCleanup(p, &words[1]);
	gcfree(p);
	mheap_verify();
	wantNone();
}

TEST(mem, special, cleanups)
{
	boot();
	char *p = mallocConservative(64);
	uint64_t a = addCleanup(p, &words[0]), b = addCleanup(p + 8, &words[1]);
	uint64_t c = addCleanup(p, &words[2]);
	CHECK(a != b && b != c && a != c && a != 0);
	CHECK(!specialStopCleanup((uintptr_t)p, b)); /* is beside another address */
	CHECK(specialStopCleanup((uintptr_t)p, a));
	CHECK(!specialStopCleanup((uintptr_t)p, a));
	sweep(p);
	CHECK(!isMarked(p));
	wantNext(SPECIAL_CLEANUP, p, &words[2]);
	wantNext(SPECIAL_CLEANUP, p + 8, &words[1]);
	wantNone();
	CHECK(!specialStopCleanup((uintptr_t)p, c));
}

/* With a finalizer cleanups wait until the object is really gone. */
TEST(mem, special, cleanup_after_finalizer)
{
	boot();
	void *p = mallocConservative(64);
	addCleanup(p, &words[0]);
	setFinalizer(p, &words[1]);
	addCleanup(p, &words[2]);
	sweep(p);
	wantNext(SPECIAL_FINALIZER, p, &words[1]);
	wantNone();
	clearMark(p);
	sweep(p);
	CHECK(!isMarked(p));
	CHECK(specialWaits(SPECIAL_CLEANUP));
}

TEST(mem, special, weak_handle)
{
	boot();
	char *p = mallocConservative(64);
	uintptr_t *w = specialWeakHandle((uintptr_t)p),
		  *inner = specialWeakHandle((uintptr_t)p + 16);
	CHECK(w == specialWeakHandle((uintptr_t)p));
	CHECK(w != inner);
	CHECK_EQ(weakLoad(w), (uintptr_t)p);
	CHECK_EQ(weakLoad(inner), (uintptr_t)p + 16);
	setMark(p);
	sweep(p);
	CHECK_EQ(weakLoad(w), (uintptr_t)p);
	/* A finalizer may bring the object back, but no handle. */
	setFinalizer(p, &words[0]);
	clearMark(p);
	sweep(p);
	CHECK_EQ(weakLoad(w), 0);
	CHECK_EQ(weakLoad(inner), 0);
	uintptr_t *again = specialWeakHandle((uintptr_t)p);
	CHECK(again != w);
	CHECK_EQ(weakLoad(again), (uintptr_t)p);
	gcfree(p);
	CHECK_EQ(weakLoad(again), 0);
	wantNext(SPECIAL_FINALIZER, p, &words[0]);
	uintptr_t zero = (uintptr_t)mallocConservative(0);
	CHECK_EQ(weakLoad(specialWeakHandle(zero)), zero);
	CHECK(specialWeakHandle(zero) == specialWeakHandle(zero));
}

/* Objects of a tiny block die together; freed by hand each has only its own records. */
TEST(mem, special, tiny)
{
	boot();
	/* Three of one block. */
	char *p = mallocNoscan(4, true), *q = mallocNoscan(4, true), *r = mallocNoscan(4, true);
	while ((uintptr_t)p / 16 != (uintptr_t)r / 16) {
		p = q;
		q = r;
		r = mallocNoscan(4, true);
	}
	CHECK(setFinalizer(p, &words[0]));
	CHECK(setFinalizer(q, &words[1]));
	uintptr_t *w = specialWeakHandle((uintptr_t)r);
	gcfree(q);
	CHECK_EQ(weakLoad(w), (uintptr_t)r);
	CHECK(setFinalizer(r, &words[2]));
	sweep(p);
	CHECK_EQ(weakLoad(w), 0);
	wantNext(SPECIAL_FINALIZER, p, &words[0]);
	wantNext(SPECIAL_FINALIZER, r, &words[2]);
	wantNone();
}

TEST(mem, special, freed_by_hand)
{
	boot();
	enum { N = 300 };
	char *p[N];
	for (int i = 0; i < N; i++) {
		p[i] = mallocConservative(64);
		CHECK(setFinalizer(p[i], &words[0]));
		addCleanup(p[i] + 3, &words[1]);
		specialWeakHandle((uintptr_t)p[i]);
	}
	for (int i = 0; i < N; i++)
		gcfree(p[i]);
	/* The slots are taken again by others. */
	for (int i = 0; i < N; i++)
		p[i] = mallocConservative(64);
	for (int i = 0; i < N; i++)
		sweep(p[i]);
	wantNone();
	CHECK_EQ(nqueued, 0);
	for (int i = 0; i < N; i++)
		gcfree(p[i]);
	mcentral_reclaim();
	mheap_verify();
}

/* A span that is freed takes its list along, whoever has it next. */
TEST(mem, special, span_comes_back)
{
	boot();
	for (int i = 0; i < 1000; i++) {
		void *p = mallocConservative(40000 + 8192 * (i % 7));
		CHECK(setFinalizer(p, &words[0]));
		gcfree(p);
	}
	mheap_verify();
	struct specialvisitor none = {NULL, NULL, NULL};
	specialsMarkBegin();
	specialsMark(&none); /* has nobody to visit */
}

/* ---- what is marked ------------------------------------------------------------------------ */

static uintptr_t pointers[64], contents[64];
static int npointers, ncontents;

static void
visitPointer(void *arg, uintptr_t addr)
{
	CHECK(arg == words);
	pointers[npointers++] = addr;
}

static void
visitContent(void *arg, struct mspan *s, uintptr_t obj)
{
	CHECK(arg == words && s == spanOf(obj));
	contents[ncontents++] = obj;
}

static bool
visited(const uintptr_t *list, int n, void *p)
{
	for (int i = 0; i < n; i++)
		if (list[i] == (uintptr_t)p)
			return true;
	return false;
}

static void
visit(void)
{
	npointers = ncontents = 0;
	specialsMarkBegin();
	specialsMark(&(struct specialvisitor){visitPointer, visitContent, words});
}

TEST(mem, special, roots)
{
	boot();
	char *p = mallocConservative(64), *q = mallocConservative(2000),
	     *arg = mallocConservative(64);
	uintptr_t *w = specialWeakHandle((uintptr_t)q);
	struct specialcall call = {run, {&words[0], &words[1], arg}};
	CHECK(specialSetFinalizer((uintptr_t)p, &call));
	addCleanup(q + 5, &words[2]);
	visit();
	CHECK_EQ(ncontents, 1); /* of p, not p, and not of q */
	CHECK_EQ(contents[0], (uintptr_t)p);
	CHECK_EQ(npointers, 5);
	CHECK(visited(pointers, npointers, &words[0]) && visited(pointers, npointers, &words[1]));
	CHECK(visited(pointers, npointers, arg) && visited(pointers, npointers, &words[2]));
	CHECK(visited(pointers, npointers, w));
	/* In the queue a finalizer keeps its object, a cleanup does not. */
	sweep(p);
	sweep(q);
	visit();
	CHECK_EQ(ncontents, 0);
	CHECK_EQ(npointers, 5);
	CHECK(visited(pointers, npointers, p) && visited(pointers, npointers, arg));
	CHECK(!visited(pointers, npointers, q + 5) && !visited(pointers, npointers, w));
	wantNext(SPECIAL_FINALIZER, p, &words[0]);
	wantNext(SPECIAL_CLEANUP, q + 5, &words[2]);
	visit();
	CHECK_EQ(npointers, 0);
}

/* Against a model: many objects, everything at random. */
TEST(mem, special, model)
{
	boot();
	enum { N = 200 };
	static struct {
		char *p;
		bool fin;
		int ncleanups;
		uintptr_t *handle;
	} o[N];
	int fin = 0, clean = 0;
	const int rounds = SLOW_BUILD ? 20000 : 200000;
	for (int round = 0; round < rounds; round++) {
		int i = (int)(testRand() % N);
		if (o[i].p == NULL) {
			uintptr_t size = testRand() % 10 == 0 ? 40000 : 16 + testRand() % 100;
			o[i].p = mallocConservative(size);
			continue;
		}
		uintptr_t addr = (uintptr_t)o[i].p;
		switch (testRand() % 8) {
		case 0:
			CHECK_EQ(setFinalizer(o[i].p, &words[0]), !o[i].fin);
			o[i].fin = true;
			break;
		case 1:
			CHECK_EQ(specialRemoveFinalizer(addr), o[i].fin);
			o[i].fin = false;
			break;
		case 2:
			addCleanup(o[i].p + testRand() % 16, &words[0]);
			o[i].ncleanups++;
			break;
		case 3:
			if (o[i].handle != NULL)
				CHECK(o[i].handle == specialWeakHandle(addr));
			o[i].handle = specialWeakHandle(addr);
			break;
		case 4:
			if (o[i].handle != NULL)
				CHECK_EQ(weakLoad(o[i].handle), addr);
			break;
		case 5:
			gcfree(o[i].p);
			if (o[i].handle != NULL)
				CHECK_EQ(weakLoad(o[i].handle), 0);
			memset(&o[i], 0, sizeof o[i]);
			break;
		case 6: {
			/* A cycle in which i has died. */
			for (int k = 0; k < N; k++)
				if (o[k].p != NULL)
					setMark(o[k].p);
			clearMark(o[i].p);
			sweep(o[i].p);
			CHECK_EQ(isMarked(o[i].p), o[i].fin);
			if (o[i].handle != NULL)
				CHECK_EQ(weakLoad(o[i].handle), 0);
			o[i].handle = NULL;
			if (o[i].fin) {
				fin++;
			} else {
				clean += o[i].ncleanups;
				gcfree(o[i].p);
				o[i].p = NULL;
				o[i].ncleanups = 0;
			}
			o[i].fin = false;
			for (int k = 0; k < N; k++)
				if (o[k].p != NULL)
					clearMark(o[k].p);
			break;
		}
		default: {
			struct specialcall call;
			uintptr_t at;
			if (specialTake(SPECIAL_FINALIZER, &call, &at))
				fin--;
			if (specialTake(SPECIAL_CLEANUP, &call, &at))
				clean--;
			break;
		}
		}
	}
	struct specialcall call;
	uintptr_t at;
	while (specialTake(SPECIAL_FINALIZER, &call, &at))
		fin--;
	while (specialTake(SPECIAL_CLEANUP, &call, &at))
		clean--;
	CHECK_EQ(fin, 0);
	CHECK_EQ(clean, 0);
	mheap_verify();
}
