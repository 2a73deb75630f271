// A goroutine's first function needs more than the second of its stacks: it goes from the segment to the third.
//
// build: --split-stack
// setups: opt debug hard split splitdebug splithard
// stdout: 300000 1048576
#include <gort.h>
#include <stdio.h>
#include <string.h>

static __attribute__((noinline)) void
use(char *p, size_t n)
{
	__asm__ volatile("" : : "r"(p), "r"(n) : "memory");
}

static void
larger(void *c)
{
	char room[300000];
	memset(room, 1, sizeof room);
	use(room, sizeof room);
	long n = sizeof room;
	gort_send(c, n);
}

static void
huge(void *c)
{
	char room[1 << 20];
	memset(room, 1, sizeof room);
	use(room, sizeof room);
	long n = sizeof room;
	gort_send(c, n);
}

int
gort_main(int argc, char **argv)
{
	gort_chan *c = gort_chan_make(long, 0);
	long a, b;
	(void)argc;
	(void)argv;
	gort_go(larger, c);
	gort_recv(c, &a);
	gort_go(huge, c);
	gort_recv(c, &b);
	printf("%ld %ld\n", a, b);
	return 0;
}
