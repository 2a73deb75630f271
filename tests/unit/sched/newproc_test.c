/* newproc_test.c: goroutines begin and end; their stacks and arguments. */
#include "gort.h"
#include "sched/internal.h"
#include "unit/sync/goro.h"
#include "core/splitstack.h"

#include <string.h>
#include <sys/resource.h>

static uint32_t ndone, nrun;
static struct hchan *go;

static struct g *
spawnOpt(void (*fn)(void *), void *arg, struct newprocopt opt, const char **why)
{
	struct g *gp;
	RT(gp = newproc(fn, arg, &opt, (uintptr_t)spawnOpt, why));
	return gp;
}

/* ---- many ---------------------------------------------------------------------------------- */

static void
waits(void *arg)
{
	(void)arg;
	xadd(&nrun, 1u);
	recvVal(go);
	xadd(&ndone, 1u);
}

/* ThreadSanitizer allows some 8,000 fibers; AddressSanitizer's shadow of each stack costs 32 KiB. */
#define MANY (GORT_TSAN ? 2000 : GORT_ASAN || GORT_HARD ? 10000 : 100000)

TEST_OPT(sched, newproc, many_twice, .goroutine = true, .timeout = 120)
{
	uint32_t slots = 0;
	for (int round = 0; round < 2; round++) {
		go = intchan(0);
		nrun = ndone = 0;
		for (int i = 0; i < MANY; i++)
			spawn(waits, NULL);
		WAIT_UNTIL(load_acq(&nrun) == MANY);
		int64_t n;
		RT(n = gcount());
		CHECK_EQ(n, MANY + 1);
		for (int i = 0; i < MANY; i++)
			send(go, 1);
		WAIT_UNTIL(load_acq(&ndone) == MANY);
		do
			RT(Gosched(); n = gcount());
		while (n != 1);
		if (round == 0)
			slots = load_acq(&nallgs);
	}
	/* The second round used the first one's, but for what another P may keep. */
	CHECKF(nallgs - slots <= (uint32_t)gomaxprocs * GFREE_MAX, "%u, then %u", slots, nallgs);
	CHECK(slots >= MANY && slots < MANY + 100);
	for (uint32_t i = 0; i < nallgs; i++)
		CHECK(allgsGet(i) != NULL && allgsGet(i)->id == i);
}

TEST_G(sched, newproc, ids_are_never_used_twice)
{
	enum { N = 1000, MOST = 64 * N };
	static bool used[MOST]; /* each P takes ids in batches */
	for (int i = 0; i < N; i++) {
		const char *why;
		struct g *gp = rtenter();
		struct g *newg = newproc(waits, NULL, NULL, 0, &why);
		uint64_t id = newg->goid;
		rtleave(gp);
		CHECK(id > 1 && id < MOST && !used[id]);
		used[id] = true;
	}
}

/* ---- stacks -------------------------------------------------------------------------------- */

static void
usesStack(void *arg)
{
	struct g *gp = getg();
	/* The default slot has its guard inside. */
	uintptr_t want = *(uintptr_t *)arg;
	CHECK(stackSize(gp) >= (want == SLOT_DEFAULT ? want - 64 * KiB : want) - 8 * KiB);
	uintptr_t n = stackSize(gp) - 16 * KiB - (GORT_SPLIT ? SLOT_SLACK : 0);
	volatile char *p = __builtin_alloca(n);
	for (uintptr_t i = 0; i < n; i += 1024)
		p[i] = (char)i;
	for (uintptr_t i = 0; i < n; i += 1024)
		CHECK(p[i] == (char)i);
	CHECK((uintptr_t)p > gp->stack.lo && (uintptr_t)p + n < gp->stack.hi);
	xadd(&ndone, 1u);
}

TEST_G(sched, newproc, sized_stacks)
{
	static uintptr_t sizes[] = {64 * KiB, 128 * KiB, 256 * KiB, 1 * MiB, 8 * MiB, 64 * MiB};
	const char *why = NULL;
	for (uint32_t r = 0; r < 3; r++)
		for (uint32_t i = 0; i < nelem(sizes); i++) {
			uint32_t before = load_acq(&ndone);
			struct newprocopt opt = {.stack = sizes[i], .name = "sized"};
			CHECKF(spawnOpt(usesStack, &sizes[i], opt, &why) != NULL, "%s", why);
			WAIT_UNTIL(load_acq(&ndone) == before + 1);
		}
	/* Of each size one slot, used again and again. */
	CHECK(nallgs < 40);
}

TEST_G(sched, newproc, refused_stack)
{
	const char *why = NULL;
	struct rlimit lim, old;
	/* The split flavour has all its addresses from the start. */
	int resource = splitstacks ? RLIMIT_DATA : RLIMIT_AS;
	CHECK_EQ(getrlimit(resource, &old), 0);
	lim = old;
	lim.rlim_cur = 64 * MiB; /* less than there is already */
	if (GORT_ASAN || GORT_TSAN)
		testSkip("the sanitizers need address space");
	/* A thread that starts meanwhile would be refused its signal stack, and end the process. With the
	 * world stopped none is asked for; those that were have theirs soon. (But for an M whose thread is
	 * gone, or was refused: there should be none here.) */
	struct newprocopt opt = {.stack = 1 * GiB};
	struct g *gp = rtenter(), *refused;
	stopTheWorld();
	int64_t end = nanotime() + 5 * SEC;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink)
		while (load_acq(&mp->sigaltstack) == NULL && nanotime() < end)
			osusleep(100);
	bool limited = setrlimit(resource, &lim) == 0;
	refused = newproc(usesStack, NULL, &opt, 0, &why);
	limited = setrlimit(resource, &old) == 0 && limited;
	startTheWorld();
	rtleave(gp);
	CHECK(limited);
	CHECK(refused == NULL);
	CHECK(why != NULL && why[0] != 0);
	/* Nothing was left half done. */
	static uintptr_t size = 256 * KiB;
	CHECK(spawnOpt(usesStack, &size, (struct newprocopt){.stack = SLOT_DEFAULT}, &why) != NULL);
	WAIT_UNTIL(load_acq(&ndone) == 1);
	CHECK_EQ(gort_go_opt(usesStack, NULL, &(gort_go_options){.stack = SLOT_MAX + 1}),
		GORT_EINVAL);
}

TEST_G(sched, newproc, refused_copy)
{
	static char block[80 * KiB];
	const char *why = NULL;
	int64_t n = 0;
	struct newprocopt opt = {.stack = 64 * KiB, .copy = sizeof block};
	CHECK(spawnOpt(usesStack, block, opt, &why) == NULL);
	CHECK_STREQ(why, "argument block larger than the stack");
	RT(n = gcount());
	CHECK_EQ(n, 1);
}

TEST_DIES_G(sched, newproc, nil_function, "fatal error: go of nil func value", 2)
{
	gort_go(NULL, NULL);
}

/* ---- copies -------------------------------------------------------------------------------- */

struct copied {
	uint64_t magic;
	uint64_t n;
	unsigned char fill[];
};

static uint64_t copiedsum;

static void
checksCopy(void *arg)
{
	struct copied *c = arg;
	struct g *gp = getg();
	CHECK_EQ((uintptr_t)arg % 16, 0);
	CHECK((uintptr_t)arg > gp->stack.lo && (uintptr_t)arg < gp->stack.hi);
	CHECK(gp->copied);
	for (int round = 0; round < 3; round++) {
		CHECK_EQ(c->magic, 0x5ca1ab1e);
		for (uint64_t i = 0; i < c->n; i++)
			CHECK_EQ(c->fill[i], (unsigned char)(c->n + i));
		gort_gosched();
	}
	xadd(&copiedsum, c->n);
	xadd(&ndone, 1u);
}

TEST_G(sched, newproc, copied_arguments)
{
	uint64_t want = 0;
	uint32_t started = 0;
	struct copied *c = __builtin_alloca(GORT_COPY_MAX);
	for (uint64_t n = 0; n + sizeof *c <= GORT_COPY_MAX; n += 1 + n / 2) {
		c->magic = 0x5ca1ab1e;
		c->n = n;
		for (uint64_t i = 0; i < n; i++)
			c->fill[i] = (unsigned char)(n + i);
		gort_go_copy(checksCopy, c, sizeof *c + n);
		memset(c, 0xee, sizeof *c + n); /* ours to change at once */
		want += n;
		started++;
	}
	WAIT_UNTIL(load_acq(&ndone) == started);
	CHECK_EQ(copiedsum, want);
}

/* ---- dead Gs travel ------------------------------------------------------------------------ */

static void
dies(void *arg)
{
	(void)arg;
	xadd(&ndone, 1u);
}

static void
breeds(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		spawn(dies, NULL);
		if (i % 50 == 0)
			yield();
	}
	xadd(&nrun, 1u);
}

TEST_OPT(sched, newproc, free_list_is_shared, .goroutine = true, .env = "GOMAXPROCS=4")
{
	for (int i = 0; i < 8; i++)
		spawn(breeds, NULL);
	WAIT_UNTIL(load_acq(&nrun) == 8 && load_acq(&ndone) == 16000);
	/* Each entry is on one list at most: the ids in use and free add up. */
	int64_t n = 0;
	do
		RT(Gosched(); n = gcount());
	while (n != 1);
	struct g *gp = rtenter();
	stopTheWorld();
	uint32_t nfree = 0, dead = 0;
	for (int k = 0; k < GFREE_KINDS; k++) {
		nfree += sched.gFreeN[k];
		for (int i = 0; i < gomaxprocs; i++)
			nfree += allp[i]->ngfree[k];
	}
	for (uint32_t i = 0; i < nallgs; i++)
		dead += allgsGet(i)->atomicstatus == Gdead;
	startTheWorld();
	rtleave(gp);
	CHECK_EQ(nfree, dead);
}
