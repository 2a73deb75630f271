/* debugvars_test.c: GODEBUG and its relatives, well-formed and not. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "test.h"

static char *vars[8];

static void
setenvs(const char *a, const char *b)
{
	vars[0] = (char *)(uintptr_t)a;
	vars[1] = (char *)(uintptr_t)b;
	procargs.envp = vars;
}

/* What parsedebugvars writes to stderr with this environment. */
static char *
said(const char *a, const char *b)
{
	static char buf[1024];
	int p[2], saved = dup(2);
	CHECK(pipe(p) == 0);
	dup2(p[1], 2);
	close(p[1]);
	setenvs(a, b);
	parsedebugvars();
	dup2(saved, 2);
	close(saved);
	ssize_t n = read(p[0], buf, sizeof buf - 1);
	close(p[0]);
	buf[n > 0 ? n : 0] = 0;
	return buf;
}

TEST(base, debugvars, getenv)
{
	setenvs("AB=1", "A=x=y");
	CHECK_STREQ(gogetenv("A"), "x=y");
	CHECK_STREQ(gogetenv("AB"), "1");
	CHECK(gogetenv("B") == NULL);
	CHECK(gogetenv("") == NULL);
	setenvs("A=", NULL);
	CHECK_STREQ(gogetenv("A"), "");
}

TEST(base, debugvars, defaults)
{
	CHECK_STREQ(said("X=1", NULL), "");
	CHECK_EQ(debug.schedtrace, 0);
	CHECK_EQ(debug.madvdontneed, 1);
	CHECK_EQ(envvars.gogc, 100);
	CHECK_EQ(envvars.gomaxprocs, 0);
	CHECK(envvars.gomemlimit == INT64_MAX);
}

TEST(base, debugvars, well_formed)
{
	CHECK_STREQ(said("GODEBUG=schedtrace=1000,unknown=7,scheddetail=1,,x,stackguard=mprotect",
			    "GOMAXPROCS=3"),
		"");
	CHECK_EQ(debug.schedtrace, 1000);
	CHECK_EQ(debug.scheddetail, 1);
	CHECK_EQ(debug.stackguard, 1);
	CHECK_EQ(envvars.gomaxprocs, 3);
	/* The last one wins. */
	CHECK_STREQ(said("GODEBUG=schedtrace=1,schedtrace=2", NULL), "");
	CHECK_EQ(debug.schedtrace, 2);
}

/* One line each, naming the variable and the value; the default is used. */
static void
complains(const char *var, const char *a, const char *b)
{
	const char *s = said(var, NULL);
	CHECKF(strstr(s, a) && strstr(s, b), "%s: said \"%s\"", var, s);
	CHECKF(strchr(s, '\n') == s + strlen(s) - 1, "%s: not one line: \"%s\"", var, s);
}

TEST(base, debugvars, malformed)
{
	complains("GODEBUG=schedtrace=abc", "schedtrace", "\"abc\"");
	CHECK_EQ(debug.schedtrace, 0);
	complains("GODEBUG=schedtrace=-1", "schedtrace", "\"-1\"");
	complains("GODEBUG=schedtrace=", "schedtrace", "\"\"");
	complains("GODEBUG=schedtrace", "schedtrace", "\"\"");
	complains("GODEBUG=madvdontneed=2", "madvdontneed", "using 1");
	CHECK_EQ(debug.madvdontneed, 1);
	complains("GODEBUG=scheddetail=2", "scheddetail", "0 to 1");
	complains("GODEBUG=schedtrace=99999999999", "schedtrace", "using 0");
	complains("GODEBUG=stackguard=yes", "stackguard", "auto|mprotect");
	complains("GODEBUG=stackguard=auto|mprotect", "stackguard", "default");
	complains("GODEBUG=cpu.nosuch=off", "nosuch", "unknown");
	complains("GODEBUG=cpu.aes=maybe", "cpu.aes", "\"maybe\"");
	complains("GOMAXPROCS=0", "GOMAXPROCS", "\"0\"");
	complains("GOMAXPROCS=two", "GOMAXPROCS", "\"two\"");
	complains("GOMAXPROCS=4294967297", "GOMAXPROCS", "default");
	CHECK_EQ(envvars.gomaxprocs, 0);
	complains("GOGC=many", "GOGC", "\"many\"");
	CHECK_EQ(envvars.gogc, 100);
	complains("GOMEMLIMIT=1XB", "GOMEMLIMIT", "\"1XB\"");
	complains("GOMEMLIMIT=-1", "GOMEMLIMIT", "\"-1\"");
	complains("GOMEMLIMIT=-0", "GOMEMLIMIT", "\"-0\"");
	complains("GOMEMLIMIT=iB", "GOMEMLIMIT", "\"iB\"");
	complains("GOMEMLIMIT=B", "GOMEMLIMIT", "\"B\"");
	complains("GOMEMLIMIT=9000000TiB", "GOMEMLIMIT", "default");
	CHECK(envvars.gomemlimit == INT64_MAX);
	complains("GOTRACEBACK=loud", "GOTRACEBACK", "\"loud\"");
}

TEST(base, debugvars, units)
{
	static const struct {
		const char *s;
		int64_t v;
	} cases[] = {
		{"GOMEMLIMIT=0", 0},
		{"GOMEMLIMIT=12345", 12345},
		{"GOMEMLIMIT=12345B", 12345},
		{"GOMEMLIMIT=64KiB", 65536},
		{"GOMEMLIMIT=3MiB", 3 << 20},
		{"GOMEMLIMIT=2GiB", 2ll << 30},
		{"GOMEMLIMIT=1TiB", 1ll << 40},
		{"GOMEMLIMIT=off", INT64_MAX},
		{"GOMEMLIMIT=", INT64_MAX},
	};
	for (uintptr_t i = 0; i < nelem(cases); i++) {
		CHECK_STREQ(said(cases[i].s, NULL), "");
		CHECKF(envvars.gomemlimit == cases[i].v, "%s: %lld", cases[i].s,
			(long long)envvars.gomemlimit);
	}
	said("GOGC=off", NULL);
	CHECK_EQ(envvars.gogc, -1);
	said("GOGC=50", NULL);
	CHECK_EQ(envvars.gogc, 50);
}

TEST(base, debugvars, traceback_levels)
{
	static const struct {
		const char *s;
		int level;
		bool all, crash;
	} cases[] = {
		{"GOTRACEBACK=none", 0, false, false},
		{"GOTRACEBACK=", 1, false, false},
		{"GOTRACEBACK=single", 1, false, false},
		{"GOTRACEBACK=all", 1, true, false},
		{"GOTRACEBACK=system", 2, true, false},
		{"GOTRACEBACK=crash", 2, true, true},
		{"GOTRACEBACK=0", 0, true, false},
		{"GOTRACEBACK=2", 2, true, false},
	};
	for (uintptr_t i = 0; i < nelem(cases); i++) {
		int level;
		bool all, crash;
		said(cases[i].s, NULL);
		gotraceback(&level, &all, &crash);
		CHECKF(level == cases[i].level && all == cases[i].all && crash == cases[i].crash,
			"%s: %d %d %d", cases[i].s, level, all, crash);
	}
}

/* A privileged program does not listen to its caller. */
TEST(base, debugvars, secure)
{
	osfacts.secure = true;
	CHECK_STREQ(said("GODEBUG=schedtrace=5", "GOTRACEBACK=crash"), "");
	CHECK_EQ(debug.schedtrace, 0);
	CHECK(gogetenv("GODEBUG") == NULL && gogetenv("GOTRACEBACK") == NULL);
	osfacts.secure = false;
	CHECK(gogetenv("GODEBUG") != NULL);
}

TEST(base, debugvars, early_is_silent)
{
	int p[2];
	CHECK(pipe(p) == 0);
	dup2(p[1], 2);
	setenvs("GODEBUG=schedtrace=x,stackguard=mprotect,cpu.aes=off,cpu.nosuch=off", NULL);
	parsedebugvarsEarly();
	rtprintf(".");
	char buf[16];
	CHECK_EQ(read(p[0], buf, sizeof buf), 1);
	CHECK_EQ(debug.stackguard, 1);
	cpuinit();
	CHECK(!cpu.aes);
}

static int helplines;

static void
countline(const char *line)
{
	CHECK(strchr(line, '\n') == NULL && strlen(line) > 10);
	helplines++;
}

TEST(base, debugvars, help)
{
	debugvarsHelp(countline);
	CHECK(helplines > 5);
}
