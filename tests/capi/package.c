/* Packages: variables first, init functions in their order, dependencies before dependents; on the
 * main goroutine, with the whole API. */
#include "check.h"

static char order[20];
static int at;
static gort_chan *made;

static void
note(char c)
{
	order[at++] = c;
}

GORT_PACKAGE(top, left, right);
GORT_PACKAGE(left, bottom);
GORT_PACKAGE(right, bottom);
GORT_PACKAGE(bottom);

GORT_INIT(top)
{
	note('T');
}

GORT_INIT(right)
{
	note('R');
}

GORT_INIT(left)
{
	note('L');
}

GORT_INIT(left)
{
	note('l');
}

GORT_VARS(left)
{
	note('v');
}

static void
answer(void *arg)
{
	UNUSED(arg);
	gort_send(made, 42);
}

GORT_INIT(bottom)
{
	int v = 0;
	note('B');
	CHECK(made != NULL && gort_goid() == 1);
	gort_go(answer, NULL);
	CHECK(gort_recv(made, &v) && v == 42);
}

GORT_VARS(bottom)
{
	note('b');
	made = gort_chan_make(int, 0);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	CHECK(strcmp(order, "bBvLlRT") == 0);
	PASSED();
}
