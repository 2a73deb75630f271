/* pingpong: two goroutines pass a number to and fro over two unbuffered channels. */
#include <gort.h>

#include <stdio.h>

struct table {
	gort_chan *ping, *pong;
};

static void
player(void *arg)
{
	struct table *t = arg;
	int ball;
	while (gort_recv(t->ping, &ball))
		gort_send(t->pong, ball + 1);
	gort_close(t->pong);
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct table t = {gort_chan_make(int, 0), gort_chan_make(int, 0)};
	gort_go(player, &t); /* may point to a local: main waits for it below */

	int ball = 0;
	for (int i = 0; i < 100000; i++) {
		gort_send(t.ping, ball);
		gort_recv(t.pong, &ball);
	}
	gort_close(t.ping);
	if (!gort_recv(t.pong, NULL))
		printf("%d round trips\n", ball);
	return 0;
}
