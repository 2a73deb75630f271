/* handover.h: a part of the torture that looks inside: no P is idle beside work.
 *
 * A wake-up that wakep should have made and did not is not lost for ever: the goroutine runs when
 * the P that has it comes to it. So nothing in a program's sums is wrong, and a clock cannot tell
 * it from a machine that is busy. But the state can be told: one goroutine makes another runnable
 * and then computes, without entering the runtime, until the other runs on another P. If that does
 * not happen for a while, and meanwhile a P is idle, no M spins, and all Ms that have no P are
 * asleep, then nobody is on the way, and nobody ever will be: that is the state which the protocol
 * in sched/schedule.c rules out, whatever the machine is busy with.
 *
 * Random pauses on both sides let the second thread be found in each step of going idle. */
#include "sched/sched.h"

static uint64_t handovers;
static gort_chan *handoverTo;
static uint32_t handoverRan;

/* Every M that holds no P is asleep where only a wake-up can reach it, or polls, or is sysmon. */
static bool
nobodyComes(void)
{
	uint32_t awake = 0;
	if (load_seq(&sched.npidle) == 0 || load_seq(&sched.nmspinning) != 0 ||
		load_seq(&sched.gcwaiting) != 0)
		return false;
	for (struct m *mp = load_acq(&allm); mp != NULL; mp = mp->alllink) {
		if (load_rlx(&mp->tid) == 0 || load_rlx(&mp->blocked))
			continue;
		awake++;
	}
	/* Ourselves, sysmon, and the one that sleeps in the poller if there is one. */
	return awake <= 2 + (load_seq(&sched.lastpoll) == 0);
}

static void
handoverReceiver(void *arg)
{
	int v;
	(void)arg;
	while (gort_recv(handoverTo, &v))
		store_seq(&handoverRan, 1u);
}

static void
pauseFor(uint32_t n)
{
	for (volatile uint32_t i = 0; i < n; i++)
		;
}

/* Out of the runtime until the other has run. False: nobody comes. */
static bool
awaited(void)
{
	for (int looks = 0;;) {
		for (int i = 0; i < 20000; i++) {
			if (load_acq(&handoverRan) != 0)
				return true;
			__builtin_ia32_pause();
		}
		/* Some hundred microseconds of such looks, each complete in itself. */
		if (!nobodyComes())
			looks = 0;
		else if (++looks == 10)
			return load_acq(&handoverRan) != 0;
	}
}

static void
runHandover(void *arg)
{
	struct seat *s = sitDown("the handover");
	struct rng r = newrng();
	gort_waitgroup wg = GORT_WAITGROUP_INIT;
	int was = gort_gomaxprocs(2);
	(void)arg;
	handoverTo = gort_chan_make(int, 0);
	gort_waitgroup_go(&wg, handoverReceiver, NULL);
	while (goingOn(s)) {
		store_seq(&handoverRan, 0u);
		gort_send(handoverTo, 1);
		if (!awaited())
			wrong("handover", "Ps idle beside work", load_seq(&sched.npidle), 0);
		handovers++;
		/* It goes back to sleep, and so does its thread: somewhere on that way we come. */
		pauseFor(below(&r, 4) == 0 ? below(&r, 100000) : below(&r, 3000));
	}
	gort_close(handoverTo);
	gort_waitgroup_wait(&wg);
	gort_free(handoverTo);
	gort_gomaxprocs(was);
	standUp(s);
}

static const struct part handoverParts[] = {
	{"handover", runHandover, &handovers, "handovers", true},
	{NULL, NULL, NULL, NULL, false},
};
