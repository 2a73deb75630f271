// All goroutines are asleep, and nothing will ever wake one: said at once, with every stack.
// status: 2
//
// case: chan
// args: chan
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [chan receive]:
// stderr: gort_main(...)
// stderr: deadlock.c:
// stderr: goroutine 5 [chan receive]:
// stderr: receiver(...)
// stderr: created by gort_main in goroutine 1
// stderr: goroutine 6 [chan send labels:{"name": "writer"}]:
// stderr: sender(...)
// stderr: deadlock.c:
// nostderr: gopark
//
// case: nil_chan
// args: nil
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [chan receive (nil chan)]:
//
// case: select_none
// args: select
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [select (no cases)]:
//
// case: select_two
// args: select2
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [select]:
//
// case: waitgroup
// args: wg
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [sync.WaitGroup.Wait]:
//
// case: mutex
// args: mutex
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [sync.Mutex.Lock]:
//
// case: cond
// args: cond
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [sync.Cond.Wait]:
//
// case: locked
// args: locked
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 [chan receive, locked to thread]:
//
// case: goexit
// args: goexit
// stderr: fatal error: no goroutines (main called runtime.Goexit) - deadlock!
//
// case: goexit_others
// args: goexit2
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 5 [chan receive]:
// nostderr: goroutine 1 [
//
// case: system
// env: GOTRACEBACK=system
// args: chan
// stderr: fatal error: all goroutines are asleep - deadlock!
// stderr: goroutine 1 gp=0x
// stderr: goparkunlock(...)
// stderr: src/sched/park.c:
// stderr: chanrecv(...)
// stderr: gort_main(...)
// stderr: fp=0x
// stderr: [force gc (idle) labels:{"name": "forcegchelper"}]:
//
// case: sleeper
// args: sleep
// status: 0
// stdout: awake
//
// case: in_kernel
// args: read
// status: 0
// stdin: x
// stdout: x
#include <gort.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
receiver(void *arg)
{
	int v;
	gort_recv((gort_chan *)arg, &v);
}

static void
sender(void *arg)
{
	gort_send((gort_chan *)arg, 1);
}

static void
slow_read(void *arg)
{
	(void)arg;
	usleep(100000);
	char c;
	if (read(0, &c, 1) == 1)
		printf("%c\n", c);
}

int
gort_main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	gort_chan *c = gort_chan_make(int, 0), *d = gort_chan_make(int, 0);
	int v;
	if (strcmp(what, "chan") == 0) {
		gort_go(receiver, c);
		if (gort_go_opt(sender, d, &(gort_go_options){.name = "writer"}) != 0)
			return 1;
		gort_recv(c, &v);
	}
	if (strcmp(what, "nil") == 0)
		gort_recv((gort_chan *)NULL, &v);
	if (strcmp(what, "select") == 0)
		gort_select_array(NULL, 0);
	if (strcmp(what, "select2") == 0)
		gort_select(GORT_RECV(c, &v), GORT_SEND(d, v));
	if (strcmp(what, "wg") == 0) {
		static gort_waitgroup wg;
		gort_waitgroup_add(&wg, 1);
		gort_waitgroup_wait(&wg);
	}
	if (strcmp(what, "mutex") == 0) {
		static gort_mutex m;
		gort_mutex_lock(&m);
		gort_mutex_lock(&m);
	}
	if (strcmp(what, "cond") == 0) {
		static gort_mutex m;
		static gort_cond cond;
		gort_mutex_lock(&m);
		gort_cond_wait(&cond, &m);
	}
	if (strcmp(what, "locked") == 0) {
		gort_lock_os_thread();
		gort_recv(c, &v);
	}
	if (strcmp(what, "goexit") == 0)
		gort_goexit();
	if (strcmp(what, "goexit2") == 0) {
		gort_go(receiver, c);
		gort_goexit();
	}
	if (strcmp(what, "sleep") == 0) {
		gort_sleep(50 * GORT_MS);
		puts("awake");
		return 0;
	}
	if (strcmp(what, "read") == 0) {
		/* A thread in the kernel may come back with news: no deadlock. */
		gort_block(slow_read, NULL);
		return 0;
	}
	return 99;
}
