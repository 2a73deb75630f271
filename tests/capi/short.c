/* The names of gort/short.h. */
#include "check.h"

#include <gort/short.h>

static void
worker(void *arg)
{
	chan *c = (chan *)arg;
	send(c, 1);
	yield();
	send(c, 2);
	close_chan(c);
}

int
gort_main(int argc, char **argv)
{
	UNUSED(argc), UNUSED(argv);
	chan *c = make_chan(int, 0), *d = make_chan(int, 1);
	int v = 0, w;
	bool ok = true;
	go(worker, c);
	CHECK(recv(c, &v) && v == 1);
	CHECK(select(RECV_OK(c, &v, &ok), AFTER(60 * GORT_SEC)) == 0 && v == 2 && ok);
	CHECK(select(RECV(d, &w), DEFAULT) == 1);
	CHECK(select(SEND(d, 5)) == 0);
	CHECK(try_recv(d, &w) == 1 && w == 5);
	CHECK(try_send(d, 6));
	CHECK(!recv(c, NULL));
	sleep_for(1);
	char *text = make_array(char, 10);
	int *p = new_object(int);
	CHECK(text[9] == 0 && *p == 0);
	PASSED();
}
