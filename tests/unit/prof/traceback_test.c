/* traceback_test.c: the forms of Go's headers and frames, for states that a program can hardly be
 * brought into on purpose. What whole programs print is in tests/process/crash. */
#include "core/upcalls.h"
#include "prof/prof.h"
#include "sync/sync.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
output(void (*fn)(void *), void *arg)
{
	char *out;
	testForked(fn, arg, &out);
	return out;
}

static void
header(void *gp)
{
	goroutineheader(gp);
}

static struct g *
fake(uint32_t status, uint8_t reason)
{
	static struct g g;
	memset(&g, 0, sizeof g);
	g.goid = 7;
	g.atomicstatus = status;
	g.waitreason = reason;
	return &g;
}

TEST_G(prof, traceback, header_reasons)
{
	CHECK_STREQ(output(header, fake(Gwaiting, waitReasonChanReceive)),
		"goroutine 7 [chan receive]:\n");
	CHECK_STREQ(output(header, fake(Gwaiting, waitReasonSelectNoCases)),
		"goroutine 7 [select (no cases)]:\n");
	CHECK_STREQ(output(header, fake(Grunnable, waitReasonChanReceive)),
		"goroutine 7 [runnable]:\n");
	CHECK_STREQ(output(header, fake(Gsyscall, 0)), "goroutine 7 [syscall]:\n");
}

TEST_G(prof, traceback, header_minutes)
{
	struct g *gp = fake(Gwaiting, waitReasonSleep);
	gp->waitsince = nanotime() - 59 * SEC;
	CHECK_STREQ(output(header, gp), "goroutine 7 [sleep]:\n");
	gp->waitsince = nanotime() - 150 * SEC;
	CHECK_STREQ(output(header, gp), "goroutine 7 [sleep, 2 minutes]:\n");
	gp->atomicstatus = Grunnable;
	CHECK_STREQ(output(header, gp), "goroutine 7 [runnable]:\n");
}

TEST_G(prof, traceback, header_locked_named)
{
	struct g *gp = fake(Gwaiting, waitReasonChanSend);
	gp->lockedm = &m0;
	CHECK_STREQ(output(header, gp), "goroutine 7 [chan send, locked to thread]:\n");
	strcpy(gp->name, "reader");
	gp->named = true;
	gp->lockedm = NULL;
	CHECK_STREQ(output(header, gp), "goroutine 7 [chan send labels:{\"name\": \"reader\"}]:\n");
}

TEST_OPT(prof, traceback, header_system, .goroutine = true, .env = "GOTRACEBACK=system")
{
	char want[128];
	struct g *gp = fake(Gwaiting, waitReasonSleep);
	snprintf(want, sizeof want, "goroutine 7 gp=%p m=nil [sleep]:\n", (void *)gp);
	CHECK_STREQ(output(header, gp), want);
	gp->m = &m0;
	snprintf(want, sizeof want, "goroutine 7 gp=%p m=0 mp=%p [sleep]:\n", (void *)gp,
		(void *)&m0);
	CHECK_STREQ(output(header, gp), want);
}

/* ---- frames ------------------------------------------------------------------------------- */

/* A stack made by hand: a chain of frames, some of which must stop the walk and not fault. */
static uintptr_t words[64];

static never_inline struct g *
handmade(void)
{
	struct g *gp = fake(Grunning, 0);
	gp->stack.lo = (uintptr_t)words;
	gp->stack.hi = (uintptr_t)(words + 64);
	return gp;
}

static void
walk(void *fp)
{
	traceback(handmade(), 0x1000001, (uintptr_t)words, (uintptr_t)fp);
}

static void
chainLink(int at, uintptr_t fp, uintptr_t pc)
{
	words[at] = fp;
	words[at + 1] = pc;
}

static int
frames(void *fp)
{
	char *out = output(walk, fp);
	int n = 0;
	for (char *p = out; (p = strstr(p, "(...)\n")) != NULL; p++)
		n++;
	return n;
}

TEST_G(prof, traceback, chain)
{
	chainLink(4, (uintptr_t)&words[8], 0x1000011);
	chainLink(8, (uintptr_t)&words[20], 0x1000021);
	chainLink(20, 0, 0x1000031);
	CHECK_EQ(frames(&words[4]), 4);
}

TEST_G(prof, traceback, broken_chain)
{
	CHECK_EQ(frames(NULL), 1);
	CHECK_EQ(frames((void *)0x10), 1);
	CHECK_EQ(frames((char *)&words[4] + 1), 1);
	CHECK_EQ(frames(&words[63]), 1);               /* half of it is outside */
	CHECK_EQ(frames((void *)~(uintptr_t)7), 1);    /* adding to it wraps */
	chainLink(8, (uintptr_t)&words[4], 0x1000011); /* back down: a circle */
	chainLink(4, (uintptr_t)&words[8], 0x1000021);
	CHECK_EQ(frames(&words[8]), 2);
	chainLink(8, (uintptr_t)&words[8], 0x1000011); /* to itself */
	CHECK_EQ(frames(&words[8]), 2);
	chainLink(8, (uintptr_t)&words[20], 0); /* a frame without a return address: the end */
	CHECK_EQ(frames(&words[8]), 1);
}

/* ---- symbols ------------------------------------------------------------------------------ */

static struct symframe got[8];
static int ngot;

static void
collect(void *arg, const struct symframe *f)
{
	(void)arg;
	got[ngot++] = *f;
}

TEST_G(prof, symbolize, ours_and_theirs)
{
	ngot = 0;
	symbolize((uintptr_t)handmade + 1, collect, NULL);
	CHECK(ngot >= 1); /* what it calls may be inlined there */
	struct symframe *f = &got[ngot - 1];
	CHECK_STREQ(f->function, "handmade");
	CHECK_EQ(f->entry, (uintptr_t)handmade);
	CHECK(strstr(f->file, "traceback_test.c") != NULL);
	CHECK(f->line > 0);
	CHECK(!f->runtime);

	ngot = 0;
	symbolize((uintptr_t)procresize + 1, collect, NULL);
	CHECK_STREQ(got[ngot - 1].function, "procresize");
	CHECK(got[ngot - 1].runtime);

	ngot = 0;
	symbolize(16, collect, NULL);
	CHECK_EQ(ngot, 1);
	CHECK(got[0].function == NULL && got[0].file == NULL && !got[0].runtime);
}

static always_inline uintptr_t
inner(void)
{
	uintptr_t pc;
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(pc));
	return pc;
}

static never_inline uintptr_t
outer(void)
{
	return inner() - 1;
}

TEST_G(prof, symbolize, inlined)
{
	ngot = 0;
	symbolize(outer(), collect, NULL);
	CHECK_EQ(ngot, 2);
	CHECK_STREQ(got[0].function, "inner");
	CHECK(got[0].inlined);
	CHECK_STREQ(got[1].function, "outer");
	CHECK(!got[1].inlined);
	CHECK_EQ(got[1].entry, (uintptr_t)outer);
}
