// errno goes with the goroutine, not with the thread; in either order of the headers.
// stdout: fine
// case: after
// case: before
// build: -DERRNO_FIRST
#ifdef ERRNO_FIRST
#	include <errno.h>
#endif
#include <gort.h>
#ifndef ERRNO_FIRST
#	include <errno.h>
#endif
#include <stdio.h>
#include <unistd.h>

static gort_chan *turn[2];
static gort_waitgroup done = GORT_WAITGROUP_INIT;
static int bad;

// Each sets its own errno, parks, and looks again: the other one's was set meanwhile, on the same
// thread or on another. The value before and after stands in one function, so that the compiler
// may keep the address if it thinks it may.
static void
player(void *arg)
{
	int me = *(int *)arg;
	if (errno != 0)
		bad++;
	for (int i = 0; i < 20000; i++) {
		int v;
		(void)gort_recv(turn[me], &v);
		errno = me * 1000000 + i;
		gort_send(turn[!me], v);
		gort_gosched();
		if (errno != me * 1000000 + i)
			bad++;
		if (i % 1000 == 0) {
			(void)close(-1);
			gort_sleep(10 * GORT_US);
			if (errno != EBADF)
				bad++;
		}
	}
	gort_waitgroup_done(&done);
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	int me[2] = {0, 1};
	turn[0] = gort_chan_make(int, 1);
	turn[1] = gort_chan_make(int, 1);
	gort_waitgroup_add(&done, 2);
	gort_go(player, &me[0]);
	gort_go(player, &me[1]);
	errno = 77;
	gort_send(turn[0], 1);
	gort_waitgroup_wait(&done);
	if (errno != 77)
		bad++;
	puts(bad == 0 ? "fine" : "errno was lost");
	return bad != 0;
}
