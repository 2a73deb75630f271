/* Channels used wrongly: Go's words, the stack of the culprit, status 2. */
// status: 2
#include <gort.h>

#include <string.h>

static void
closer(void *arg)
{
	gort_close((gort_chan *)arg);
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_chan *c = gort_chan_make(int, 1);
	int v = 0;
	int64_t wide;
	char narrow = 0;
	bool ok;

	// case: close_twice
	// args: close_twice
	// stderr: panic: close of closed channel
	// stderr: goroutine 1 [running]:
	// stderr: gort_main(...)
	// stderr: misuse/chan.c:
	if (strcmp(what, "close_twice") == 0) {
		gort_close(c);
		gort_close(c);
	}
	// case: close_null
	// args: close_null
	// stderr: panic: close of nil channel
	if (strcmp(what, "close_null") == 0)
		gort_close(NULL);
	// case: send_closed
	// args: send_closed
	// stderr: panic: send on closed channel
	if (strcmp(what, "send_closed") == 0) {
		gort_close(c);
		gort_send(c, 1);
	}
	// case: try_send_closed
	// args: try_send_closed
	// stderr: panic: send on closed channel
	if (strcmp(what, "try_send_closed") == 0) {
		gort_close(c);
		gort_try_send(c, 1);
	}
	// case: select_send_closed
	// args: select_send_closed
	// stderr: panic: send on closed channel
	if (strcmp(what, "select_send_closed") == 0) {
		gort_chan *d = gort_chan_make(int, 0);
		gort_close(c);
		gort_select(GORT_SEND(c, 1), GORT_SEND(d, 1));
	}
	// case: closed_while_sending
	// args: closed_while_sending
	// stderr: panic: send on closed channel
	if (strcmp(what, "closed_while_sending") == 0) {
		gort_send(c, 1);
		gort_go(closer, c);
		gort_send(c, 2);
	}
	// case: send_size
	// args: send_size
	// stderr: panic: send of 8 bytes on a channel of 4-byte elements
	// stderr: gort_main(...)
	if (strcmp(what, "send_size") == 0)
		gort_send(c, (int64_t)1);
	// case: send_char
	// args: send_char
	// stderr: panic: send of 1 byte on a channel of 4-byte elements
	if (strcmp(what, "send_char") == 0)
		gort_try_send(c, narrow);
	// case: recv_size
	// args: recv_size
	// stderr: panic: receive of 8 bytes on a channel of 4-byte elements
	if (strcmp(what, "recv_size") == 0)
		gort_recv(c, &wide);
	// case: try_recv_size
	// args: try_recv_size
	// stderr: panic: receive of 1 byte on a channel of 4-byte elements
	if (strcmp(what, "try_recv_size") == 0)
		gort_try_recv(c, &narrow);
	// case: select_recv_size
	// args: select_recv_size
	// stderr: panic: select: case 1: receive of 8 bytes on a channel of 4-byte elements
	if (strcmp(what, "select_recv_size") == 0)
		gort_select(GORT_SEND(c, 1), GORT_RECV(c, &wide), GORT_DEFAULT);
	// case: select_send_size
	// args: select_send_size
	// stderr: panic: select: case 0: send of 8 bytes on a channel of 4-byte elements
	if (strcmp(what, "select_send_size") == 0)
		gort_select(GORT_SEND(c, (int64_t)1), GORT_DEFAULT);
	// case: select_count
	// args: select_count
	// stderr: panic: select: -1 cases, at most 65535 are possible
	if (strcmp(what, "select_count") == 0)
		gort_select_array(NULL, -1);
	// case: select_operation
	// args: select_operation
	// stderr: panic: select: case 0 has no known operation (99)
	if (strcmp(what, "select_operation") == 0) {
		gort_case k = {.op = 99};
		gort_select_array(&k, 1);
	}
	// case: negative_capacity
	// args: negative_capacity
	// stderr: panic: makechan: size out of range
	if (strcmp(what, "negative_capacity") == 0)
		c = gort_chan_make(int, -1);
	// case: huge_capacity
	// args: huge_capacity
	// stderr: panic: makechan: size out of range
	if (strcmp(what, "huge_capacity") == 0)
		c = gort_chan_make(int, PTRDIFF_MAX / 2);
	// case: huge_element
	// args: huge_element
	// stderr: panic: makechan: size out of range
	if (strcmp(what, "huge_element") == 0)
		c = gort_chan_make_sized((size_t)1 << 40, 0, GORT_SCAN_NOTHING);

	// case: recv_for_ever
	// args: recv_for_ever
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [chan receive]:
	// stderr: gort_main(...)
	if (strcmp(what, "recv_for_ever") == 0)
		gort_recv(c, &v);
	// case: recv_null
	// args: recv_null
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [chan receive (nil chan)]:
	if (strcmp(what, "recv_null") == 0)
		gort_recv((gort_chan *)NULL, &v);
	// case: send_null
	// args: send_null
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [chan send (nil chan)]:
	if (strcmp(what, "send_null") == 0)
		gort_send((gort_chan *)NULL, v);
	// case: select_null
	// args: select_null
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [select
	if (strcmp(what, "select_null") == 0)
		gort_select(
			GORT_RECV_OK((gort_chan *)NULL, &v, &ok), GORT_SEND((gort_chan *)NULL, v));
	// case: select_nothing
	// args: select_nothing
	// stderr: fatal error: all goroutines are asleep - deadlock!
	// stderr: goroutine 1 [select (no cases)]:
	if (strcmp(what, "select_nothing") == 0)
		gort_select_array(NULL, 0);
	return 0;
}
