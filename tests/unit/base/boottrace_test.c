/* boottrace_test.c: lines of the boot trace, early ones kept. */
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "test.h"

static char *env[] = {(char *)(uintptr_t) "GODEBUG=boottrace=1", NULL};

static void
step(void)
{
	bootResult("did %d", 5);
}

static void
silent(int x)
{
	(void)x;
}

static char *
traced(bool on)
{
	static char buf[1024];
	int p[2], saved = dup(2);
	CHECK(pipe(p) == 0);
	dup2(p[1], 2);
	close(p[1]);
	procargs.envp = env;
	if (!on)
		env[0] = NULL;
	BOOT_STEP(step());
	BOOT_STEP(parsedebugvarsEarly());
	BOOT_STEP(silent(3));
	BOOT_STEP(osinit());
	dup2(saved, 2);
	close(saved);
	ssize_t n = read(p[0], buf, sizeof buf - 1);
	buf[n > 0 ? n : 0] = 0;
	return buf;
}

TEST(base, boottrace, lines)
{
	const char *s = traced(true);
	const char *a = strstr(s, "us step: did 5\n");
	const char *b = strstr(s, "us parsedebugvarsEarly: \n");
	const char *c = strstr(s, "us silent: \n");
	const char *d = strstr(s, "us osinit: ncpu=");
	CHECKF(a && b && c && d && a < b && b < c && c < d, "trace: %s", s);
	CHECK(strncmp(s, "boot: +", 7) == 0);
}

TEST(base, boottrace, off)
{
	CHECK_STREQ(traced(false), "");
}
