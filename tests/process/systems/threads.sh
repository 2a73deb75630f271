# Threads of programs with libc.

# Thread-local variables larger than the stacks that the runtime asks for.
test_large_tls() { # secs=120
	cat >x.c <<'C'
#include <gort.h>
#include <string.h>
static _Thread_local char big[3 << 20] = { 1 };
static void
work(void *arg)
{
	gort_lock_os_thread();
	char local[2000];
	memset(big, 2, sizeof big);
	memset(local, 3, sizeof local);
	gort_send((gort_chan *)arg, (int)(big[sizeof big - 1] + local[1999]));
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	int sum = big[0], v;
	for (int i = 0; i < 5; i++)
		gort_go(work, c);
	for (int i = 0; i < 5; i++) {
		(void)gort_recv(c, &v);
		sum += v;
	}
	return sum;
}
C
	gort build -o x x.c
	run ./x
	want_status 26
	want_lines err 0
}

# setuid and its kin are carried out by each thread, in a handler of a signal that libc keeps for itself.
# Threads that wait, that are born and that end meanwhile, and the runtime's own must all take it.
test_setxid() { # secs=120
	cat >x.c <<'C'
#include <gort.h>
#include <unistd.h>
static void
hold(void *arg)
{
	int v;
	gort_lock_os_thread();
	(void)gort_recv((gort_chan *)arg, &v);
}
static void
churn(void *arg)
{
	(void)arg;
	gort_lock_os_thread(); /* and the thread ends with the goroutine */
}
int
gort_main(int argc, char **argv)
{
	(void)argc, (void)argv;
	gort_chan *c = gort_chan_make(int, 0);
	for (int i = 0; i < 8; i++)
		gort_go(hold, c);
	gort_sleep(1000 * 1000);
	gid_t gid = getegid();
	for (int i = 0; i < 300; i++) {
		gort_go(churn, NULL);
		if (i % 3 == 0)
			gort_gosched();
		if (setegid(gid) != 0)
			return 1;
	}
	gort_close(c);
	return 0;
}
C
	gort build -o x x.c
	run timeout 60 ./x
	want_status 0
	want_lines err 0
}

# What libc runs at a thread's end runs at the end of a thread of ours, too.
test_destructors() { # secs=120
	only opt debug hard
	need g++
	cat >x.cc <<'C'
#include <gort.h>
#include <atomic>
static std::atomic<int> ended;
struct noisy {
	int set = 0;
	~noisy() { ended++; }
};
static thread_local noisy n;
static void
work(void *arg)
{
	gort_lock_os_thread(); // never unlocked: the thread ends
	n.set = 1;
	int one = 1;
	gort_send((gort_chan *)arg, one);
}
extern "C" int
gort_main(int, char **)
{
	gort_chan *c = gort_chan_make(int, 0);
	gort_lock_os_thread();
	for (int i = 0; i < 8; i++)
		gort_go(work, c);
	for (int i = 0, v; i < 8; i++)
		(void)gort_recv(c, &v);
	while (ended < 8)
		gort_sleep(GORT_MS);
	return 8;
}
C
	# shellcheck disable=SC2046
	g++ -o x -I"$TOP/include" x.cc $(gort env --libs)
	run ./x
	want_status 8
	want_lines err 0
}
