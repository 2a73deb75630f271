/* debuglog_test.c: the log's order, its wrap, and that throw prints it. */
#include <pthread.h>
#include <string.h>

#include "base/base.h"
#include "core/upcalls.h"
#include "test.h"

#if GORT_DEBUG || GORT_HARD

static void
logmany(void *arg)
{
	(void)arg;
	crash_report = NULL;
	for (int i = 0; i < 1000; i++)
		debuglog("entry %d of %s", i, "many");
	throw("x");
}

TEST(base, debuglog, newest_in_order)
{
	char *out;
	CHECK_EQ(testForked(logmany, NULL, &out), 2);
	const char *a = strstr(out, "entry 998 of many\n");
	const char *b = strstr(out, "entry 999 of many\n");
	CHECK(a && b && a < b);
	CHECK(strstr(out, "entry 0 of") == NULL); /* overwritten */
}

static void *
logger(void *arg)
{
	for (int i = 0; i < 5000; i++)
		debuglog("%s %d", (const char *)arg, i);
	return NULL;
}

TEST(base, debuglog, threads)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, logger, (void *)(uintptr_t) "t"), 0);
	debuglogDump();
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	debuglogDump();
}

#endif
