#include "fake.h"

#include <sys/resource.h>
#include <unistd.h>

static struct g *
slot(uintptr_t n)
{
	uintptr_t sp;
	const char *why = "not set";
	struct g *gp = stackalloc(n, &sp, &why);
	CHECKF(gp != NULL, "%s", why);
	CHECK_EQ(sp, gp->stack.hi);
	CHECK_EQ(sp % 16, 0);
	return gp;
}

/* Does touching addr fault? */
static void
touch(void *addr)
{
	*(volatile char *)addr = 1;
}

static bool
faults(uintptr_t addr)
{
	char *out;
	int status = testForked(touch, (void *)addr, &out);
	free(out);
	return status != 0; /* a signal, or what a sanitizer makes of it */
}

TEST(mem, stack, layout)
{
	fakeBoot();
	uintptr_t lines = 0, previous = 0;
	for (int i = 0; i < 64; i++) {
		struct g *gp = slot(0);
		CHECK(!gp->sizedslot);
		CHECK_EQ(gp->atomicstatus, Gdead);
		CHECK_EQ(gp->goid, 0);
		uintptr_t top = alignUp((uintptr_t)(gp + 1), 4096);
		lines |= (uintptr_t)1 << ((top - (uintptr_t)gp - sizeof *gp) / 64);
		CHECK(top - gp->stack.lo <= SLOT_DEFAULT);
		CHECK(stackSize(gp) > 190 * KiB);
		CHECK(top - gp->stack.hi < 3072); /* first frames share the page */
		if (previous != 0)
			CHECK_EQ((top - previous) / 4096 % 2, 1);
		previous = top;
		CHECK(stackContains(gp->stack.lo) && stackContains(gp->stack.hi - 1));
	}
	CHECK_EQ(__builtin_popcountll(lines), 16);
}

TEST(mem, stack, guard)
{
	fakeBoot();
	for (uintptr_t n = 0; n <= MiB; n = n == 0 ? SLOT_MIN : n * 4) {
		struct g *gp = slot(n), *next = slot(n);
		CHECK(next != gp);
		touch((void *)gp->stack.lo);
		touch((void *)(gp->stack.hi - 1));
		CHECK(faults(gp->stack.lo - 1));
		CHECK(faults(gp->stack.lo - 4096));
		CHECK(faults(gp->stack.lo - 64 * KiB));
		CHECK(stackGuardHit(gp, gp->stack.lo - 1));
		CHECK(stackGuardHit(gp, gp->stack.lo - 64 * KiB));
		CHECK(!stackGuardHit(gp, gp->stack.lo));
		CHECK(!stackGuardHit(gp, gp->stack.lo - 64 * KiB - 1));
	}
}

TEST_OPT(mem, stack, guard_mprotect, .env = "GODEBUG=stackguard=mprotect")
{
	fakeBoot();
	debug.stackguard = 1;
	stackinit();
	struct g *gp = slot(0);
	touch((void *)gp->stack.lo);
	CHECK(faults(gp->stack.lo - 1));
	CHECK(faults(gp->stack.lo - 64 * KiB));
}

/* With the old guard the kernel runs out of mappings: refused, with the sysctl's name. */
TEST_OPT(mem, stack, map_count, .timeout = 120)
{
	if (SLOW_BUILD)
		testSkip("the sanitizer needs mappings of its own");
	fakeBoot();
	debug.stackguard = 1;
	stackinit();
	const char *why = NULL;
	uintptr_t sp;
	int n = 0;
	while (stackalloc(0, &sp, &why) != NULL && n < 300000)
		n++;
	if (n == 300000)
		testSkip("vm.max_map_count is high here");
	CHECK(n > 10000);
	CHECKF(strstr(why, "vm.max_map_count") != NULL, "%s", why);
}

TEST(mem, stack, sized)
{
	fakeBoot();
	for (uintptr_t n = 1; n <= 512 * MiB; n = n * 3 + 1) {
		struct g *gp = slot(n);
		CHECK(gp->sizedslot);
		CHECKF(stackSize(gp) >= n, "%lu: %lu", n, stackSize(gp));
		touch((void *)gp->stack.lo);
		gp->id = 7;
		stackfree(gp);
		struct g *again = slot(n);
		CHECK(again == gp);
		CHECK_EQ(again->id, 7);
		CHECK(again->sizedslot);
		CHECK_EQ(*(char *)gp->stack.lo, 0); /* its pages went back */
		stackfree(again);
	}
	const char *why = NULL;
	uintptr_t sp;
	CHECK(stackalloc(SLOT_MAX + 1, &sp, &why) == NULL);
	CHECK(strstr(why, "1 GiB") != NULL);
	CHECK(!slot(SLOT_DEFAULT)->sizedslot);
}

TEST(mem, stack, many)
{
	fakeBoot();
	static struct g *gs[20000];
	uintptr_t before = residentBytes();
	for (uint32_t i = 0; i < nelem(gs); i++) {
		gs[i] = slot(0);
		gs[i]->goid = i + 1;
		*(uint64_t *)(gs[i]->stack.hi - 256) = i;
	}
	uintptr_t each = (residentBytes() - before) / nelem(gs);
	CHECKF(each <= 4200 || SLOW_BUILD, "%lu bytes of memory a slot", each);
	for (uint32_t i = 0; i < nelem(gs); i++) {
		CHECK_EQ(gs[i]->goid, i + 1);
		CHECK_EQ(*(uint64_t *)(gs[i]->stack.hi - 256), i);
		stackCanaryCheck(gs[i]);
	}
	struct memstats ms;
	readmemstats(&ms);
	CHECK(ms.stackInuse >= 20000 * 190 * KiB);
	CHECK(ms.stackSys >= ms.stackInuse);
}

TEST_DIES(mem, stack, canary, "fatal error: stack canary overwritten", 2)
{
	fakeBoot();
	struct g *gp = slot(0);
	stackCanaryCheck(gp);
	*(uint64_t *)gp->stack.hi ^= 1;
	stackCanaryCheck(gp);
}

#if GORT_SPLIT
/* What lies below a segment is looked at in each of its lives. */
TEST_DIES(mem, stack, low_canary, "fatal error: stack canary overwritten", 2)
{
	fakeBoot();
	if (!splitstacks)
		testSkip("no segments");
	const char *why;
	struct g *gp = segalloc(0, &why);
	CHECK(gp != NULL);
	for (int life = 0; life < 2; life++) {
		CHECK_EQ(stackSP0(gp), gp->stack.hi);
		stackCanaryCheck(gp);
	}
	*((uint64_t *)gp->stack.lo - 1) ^= 1;
	stackCanaryCheck(gp);
}
#endif

static void
shrunk(void *arg unused_ok)
{
	/* 40 MiB of private memory at most: no 64 MiB for slots. */
	struct rlimit rl = {40 * MiB, 40 * MiB};
	setrlimit(RLIMIT_DATA, &rl);
	const char *why = NULL;
	uintptr_t sp;
	int n = 0;
	struct g *gp;
	while ((gp = stackalloc(0, &sp, &why)) != NULL) {
		if (stackSize(gp) < 60 * KiB || stackSize(gp) > 70 * KiB)
			_exit(3);
		*(char *)gp->stack.lo = 1;
		n++;
	}
	rtprintf("made %d, then: %s\n", n, why);
	_exit(n > 100 ? 0 : 4);
}

TEST(mem, stack, refused_commit)
{
	if (SLOW_BUILD)
		testSkip("the sanitizer needs more memory than the test allows");
	fakeBoot();
	char *out;
	int status = testForked(shrunk, NULL, &out);
	CHECKF(status == 0, "%d: %s", status, out);
	const char *said = strstr(out, "new stacks are 64 KiB instead of 256 KiB");
	CHECKF(said != NULL, "%s", out);
	CHECK(strstr(said + 1, "new stacks are") == NULL); /* once */
	CHECKF(strstr(out, "refuses memory for a stack") != NULL, "%s", out);
	free(out);
}
