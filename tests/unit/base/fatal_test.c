/* fatal_test.c: how the process dies: texts, the ladder, exit statuses, other threads. */
#include <pthread.h>
#include <string.h>

#include "base/base.h"
#include "core/upcalls.h"
#include "test.h"

TEST_DIES(base, fatal, throw, "fatal error: some text\n", 2)
{
	crash_report = NULL;
	throw("some text");
}

TEST_DIES(base, fatal, throwf, "runtime: value 7 of x\nfatal error: wrong", 2)
{
	crash_report = NULL;
	throwf("wrong", "value %d of %s\n", 7, "x");
}

TEST_DIES(base, fatal, throwf_adds_newline, "runtime: bare\nfatal error: wrong", 2)
{
	crash_report = NULL;
	throwf("wrong", "bare");
}

TEST_DIES(base, fatal, bootfail, "gort: cannot 3\n", 1)
{
	bootfail(1, "cannot %d", 3);
}

static int depth;
static int deaths;

static void
faultyReport(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all)
{
	(void)pc, (void)sp, (void)fp, (void)all;
	rtprintf("report %d\n", ++depth);
	if (depth < deaths)
		throw("in the report");
}

TEST_DIES(base, fatal, report_runs_once, "fatal error: first\nreport 1\n", 2)
{
	crash_report = faultyReport;
	deaths = 0;
	throw("first");
}

/* The report fails: the second message without stacks, status 3. */
TEST_DIES(base, fatal, rung_3, "report 1\npanic during panic\nfatal error: in the report\n", 3)
{
	crash_report = faultyReport;
	deaths = 2;
	throw("first");
}

TEST_DIES(base, fatal, rung_4, "stack trace unavailable\n", 4)
{
	startpanic();
	startpanic();
	startpanic();
}

static bool
climb(void)
{
	return startpanic();
}

TEST_OPT(base, fatal, ladder, .status = 3)
{
	CHECK(climb());
	CHECK(!climb());
	dieAfterReport();
}

/* A thread that fails while another is dying waits: one report. */
static uint32_t late;

static void *
failstoo(void *arg)
{
	(void)arg;
	store_rel(&late, 1u);
	throw("second");
}

static int
countText(const char *text, const char *what)
{
	int n = 0;
	while ((text = strstr(text, what)) != NULL) {
		text++;
		n++;
	}
	return n;
}

static void
twoFail(void *arg)
{
	(void)arg;
	crash_report = NULL;
	CHECK(startpanic());
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, failstoo, NULL), 0);
	while (load_acq(&late) == 0)
		osyield();
	for (int i = 0; i < 100; i++)
		osyield();
	rtprintf("fatal error: first\n");
	dieAfterReport();
}

TEST(base, fatal, one_report)
{
	char *out;
	CHECK_EQ(testForked(twoFail, NULL, &out), 2);
	CHECK_EQ(countText(out, "fatal error"), 1);
	CHECK_EQ(countText(out, "second"), 0);
}

/* The second failure came in the middle of a report: the first's report does not wait for it. */
static struct m second;
static struct g secondg;

static void *
failsInReport(void *arg)
{
	(void)arg;
	secondg.m = &second;
	setg(&secondg);
	printlock();
	store_rel(&late, 1u);
	while (load_acq(&late) == 1)
		osyield();
	throw("second");
}

static void
reportWhileLocked(void *arg)
{
	(void)arg;
	crash_report = NULL;
	g0.m = &m0;
	m0.g0 = &g0;
	setg(&g0);
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, failsInReport, NULL), 0);
	while (load_acq(&late) == 0)
		osyield();
	CHECK(startpanic());
	store_rel(&late, 2u);
	printlock();
	rtprintf("fatal error: first\n");
	printunlock();
	dieAfterReport();
}

TEST(base, fatal, print_lock)
{
	char *out;
	CHECK_EQ(testForked(reportWhileLocked, NULL, &out), 2);
	CHECK_EQ(countText(out, "fatal error"), 1);
}

/* What reports see: a fatal error shows every goroutine, ours the runtime's frames too. */
static void
saylevels(uintptr_t pc, uintptr_t sp, uintptr_t fp, bool all)
{
	(void)pc, (void)sp, (void)fp;
	int level;
	bool a, crash;
	gotraceback(&level, &a, &crash);
	rtprintf("level %d all %d %d\n", level, all, a);
}

TEST_DIES(base, fatal, levels_of_throw, "level 2 all 1 1", 2)
{
	crash_report = saylevels;
	throw("x");
}

TEST_DIES(base, fatal, levels_of_fatal, "level 1 all 1 1", 2)
{
	crash_report = saylevels;
	fatal("x");
}

static void
throwQuietly(void *arg)
{
	(void)arg;
	crash_report = saylevels;
	setTraceback("none");
	throw("x");
}

TEST(base, fatal, traceback_none)
{
	char *out;
	CHECK_EQ(testForked(throwQuietly, NULL, &out), 2);
	CHECK(strstr(out, "fatal error: x") && !strstr(out, "level"));
}

TEST_DIES(base, fatal, crash_aborts, "fatal error: x", 128 + 6)
{
	crash_report = NULL;
	setTraceback("crash");
	throw("x");
}

TEST_DIES(base, fatal, assertion, "fatal_test.c:", 2)
{
	crash_report = NULL;
	gort_assert(nelem("ab") == 2);
}
