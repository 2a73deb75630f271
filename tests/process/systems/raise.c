// Threads that run goroutines take the program's signals: what a goroutine raises reaches it, on
// any thread. A signal that was blocked when the program started is blocked on all of them.
// build: -D_GNU_SOURCE
// stdout: ok
#include <gort.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int handled, others;

static void
handler(int sig)
{
	(void)sig;
	handled++;
}

static void
raiser(void *done)
{
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	int before = handled;
	raise(SIGUSR1);
	if (handled == before || !sigismember(&mask, SIGUSR2) || sigismember(&mask, SIGUSR1)) {
		fprintf(stderr, "handled %d times\n", handled - before);
		exit(1);
	}
	if (gettid() != getpid())
		others++;
	gort_send((gort_chan *)done, 1);
}

int
gort_main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	sigset_t usr2;
	(void)argc;
	if (getenv("BLOCKED") == NULL) {
		// Once more, with a signal blocked from the start.
		sigemptyset(&usr2);
		sigaddset(&usr2, SIGUSR2);
		sigprocmask(SIG_BLOCK, &usr2, NULL);
		setenv("BLOCKED", "1", 1);
		execv("/proc/self/exe", argv);
		return 1;
	}
	sigaction(SIGUSR1, &sa, NULL);
	gort_gomaxprocs(4);
	gort_lock_os_thread(); // the first thread is this goroutine's: the others are elsewhere
	gort_chan *done = gort_chan_make(int, 0);
	for (int i = 0; i < 100; i++)
		gort_go(raiser, done);
	for (int i = 0; i < 100; i++)
		gort_recv(done, NULL);
	puts(handled == 100 && others == 100 ? "ok" : "not all were handled");
	return 0;
}
