/* timeout: waiting for an answer, but not for ever, with select. */
#include <gort.h>

#include <stdio.h>

struct question {
	gort_chan *answer;
	int64_t takes; /* nanoseconds */
};

static void
think(void *arg)
{
	struct question *q = arg;
	gort_sleep(q->takes);
	gort_send(q->answer, "forty-two");
}

static void
ask(const char *who, int64_t takes, int64_t patience)
{
	/* Room for one: an answer that comes too late does not keep its sender. */
	struct question q = {gort_chan_make(const char *, 1), takes};
	const char *text;
	gort_go_copy(think, &q, sizeof q);
	switch (gort_select(GORT_RECV(q.answer, &text), GORT_AFTER(patience))) {
	case 0:
		printf("%s says %s\n", who, text);
		break;
	case 1:
		printf("%s did not answer in time\n", who);
		break;
	}
}

int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	ask("the quick one", 0, 10 * GORT_SEC);
	ask("the slow one", 10 * GORT_SEC, 20 * GORT_MS);

	/* Nothing to wait for at all. */
	gort_chan *never = gort_chan_make(int, 0);
	int v;
	if (gort_select(GORT_RECV(never, &v), GORT_DEFAULT) == 1)
		printf("nobody is there\n");
	return 0;
}
