// Packages run before main, in the order of their dependencies and on the first thread: variables
// first, then init functions, each package once.
// stdout: base vars
// stdout: base init 1
// stdout: base init 2
// stdout: aaa init
// stdout: log vars
// stdout: log init
// stdout: zoo init
// stdout: main
#define _GNU_SOURCE
#include <gort.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
say(const char *what)
{
	if (gettid() != getpid()) {
		printf("%s on thread %d of %d\n", what, gettid(), getpid());
		exit(1);
	}
	if (gort_goid() != 1)
		printf("on goroutine %d\n", (int)gort_goid());
	puts(what);
}

GORT_PACKAGE(zoo, log, base);
GORT_INIT(zoo)
{
	/* The whole API is there: goroutines, channels. */
	gort_chan *c = gort_chan_make(int, 0);
	gort_chan *t = gort_after(GORT_MS);
	int v;
	int64_t now;
	(void)gort_recv(t, &now);
	if (gort_select(GORT_RECV(c, &v), GORT_DEFAULT) != 1)
		exit(1);
	say("zoo init");
}

GORT_PACKAGE(log, base);
GORT_INIT(log)
{
	say("log init");
}
GORT_VARS(log)
{
	say("log vars");
}

GORT_PACKAGE(aaa, base);
GORT_INIT(aaa)
{
	say("aaa init");
}

GORT_PACKAGE(base);
GORT_INIT(base)
{
	say("base init 1");
}
GORT_INIT(base)
{
	say("base init 2");
}
GORT_VARS(base)
{
	say("base vars");
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("main");
	return 0;
}
