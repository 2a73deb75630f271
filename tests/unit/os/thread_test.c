/* thread_test.c: threads of the port: bounds, masks, endings, refusals. */
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"
#include "os/linux/internal.h"
#include "test.h"

static struct m mine, other;
static struct g otherg;
static struct note done;
static uintptr_t lo, hi, sp;
static uint64_t maskInside;

static void
body(struct m *mp)
{
	setg(&otherg);
	otherg.m = mp;
	osThreadInit(mp, &lo, &hi);
	sp = getsp();
	/* All of it is there to be used. */
	for (volatile char *p = (char *)sp - 256; (uintptr_t)p >= lo; p -= 4096)
		*p = 0;
	*(volatile char *)lo = 0;
	maskInside = osSigMask(0, 0);
	notewakeup(&done);
	osThreadExit(mp);
}

TEST(os, thread, start)
{
	uint64_t mask = osSigMask(0, 0);
	CHECK_EQ(newosproc(&other, body), 0);
	notesleep(&done);
	CHECK(other.tid != 0 && other.tid != osgettid());
	CHECK(lo < sp && sp < hi);
	CHECKF(hi - lo >= 128 * KiB, "stack of %lu bytes", (unsigned long)(hi - lo));
	/* Blocked until the thread is ready for them; and the maker's mask is as it was. */
	CHECK_EQ(maskInside | 3ull << 31 | 1ull << 8 | 1ull << 18, ~0ull);
	CHECK_EQ(osSigMask(0, 0), mask);
}

static pthread_key_t key;
static struct note destroyed;

static void
destroy(void *arg)
{
	CHECK(getg_again() == NULL);
	notewakeup(arg);
}

static void
bodywithkey(struct m *mp)
{
	setg(&otherg);
	osThreadInit(mp, &lo, &hi);
	pthread_setspecific(key, &destroyed);
	osThreadExit(mp);
}

/* A thread that ends runs what libc runs at a thread's end, without a g. */
TEST(os, thread, destructors)
{
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	CHECK_EQ(newosproc(&other, bodywithkey), 0);
	notesleep(&destroyed);
}

/* Each with an M of its own: a thread reads its M until its very end. */
static struct m manyms[200];

TEST(os, thread, many)
{
	for (int i = 0; i < 200; i++) {
		noteclear(&done);
		CHECK_EQ(newosproc(&manyms[i], body), 0);
		notesleep(&done);
	}
}

/* The first thread's bounds contain its frames, and the whole range may be touched. */
TEST(os, thread, first)
{
	osThreadInit(&mine, &lo, &hi);
	CHECK_EQ(mine.tid, osgettid());
	sp = getsp();
	CHECKF(lo < sp && sp < hi, "sp %lx in [%lx, %lx)", (unsigned long)sp, (unsigned long)lo,
		(unsigned long)hi);
	CHECK(hi - lo >= 512 * KiB && hi - lo <= 64 * MiB);
	CHECK((uintptr_t)__builtin_frame_address(0) < hi);
}

TEST(os, thread, refused)
{
	if (getuid() == 0) {
		/* Root is not bound by RLIMIT_NPROC. */
		CHECK_EQ(setgid(65534), 0);
		CHECK_EQ(setuid(65534), 0);
	}
	struct rlimit r = {0, 0};
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &r), 0);
	CHECK_EQ(newosproc(&other, body), -EAGAIN);
}

#if GORT_DEBUG || GORT_HARD
TEST(os, thread, refused_on_request)
{
	faultSet("clone:1");
	CHECK_EQ(newosproc(&other, body), -EAGAIN);
	CHECK_EQ(newosproc(&other, body), 0);
	notesleep(&done);
}
#endif
