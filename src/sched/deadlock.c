/* deadlock.c: nobody can run, and nothing will ever change that.                     room: sched
 *
 * checkdead is called under sched.lock whenever an M goes idle (m.c) or a system M leaves the
 * count. Threads are counted, not goroutines: as long as one M runs Go code, is inside a call to
 * the kernel, or spins, it may wake somebody. When all of them sleep on their park notes, every
 * goroutine that exists is parked for good, unless
 *
 *   a timer is pending (somebody will be woken by the clock; the thread that waits for it may
 *   be on its way to sleep), or
 *   a thread of the program's own has attached once, or is there and may do so: it may come with
 *   work. (If it ends without, sysmon finds out within a minute.)
 *
 * The counts are Go's: created, minus idle, minus those waiting for their locked goroutine, minus
 * system threads (sysmon). An M inside an unannounced blocking call still counts as running.
 */
#include "sched/internal.h"

static bool
timersPending(void)
{
	for (int32_t i = 0; i < gomaxprocs; i++)
		if (allp[i] != NULL && load_rlx(&allp[i]->timers.len) > 0)
			return true;
	return false;
}

/* Threads of the process that are none of ours: one of them may be about to attach, and wake
 * somebody. Asked when all else says that this is the end, so it may take its time: a thread of
 * ours that has left the count may not have left the kernel's yet. ThreadSanitizer has one. Where
 * the kernel does not say (no /proc), the end is not reported as a fact, and only if it lasts. */
static bool
unknownThreads(bool again)
{
	static bool said; /* sched.lock */
	int32_t ours = mcount() - sched.nmspare + GORT_TSAN;
	for (int i = 0; i < 10; i++) {
		int32_t all = osThreadCount();
		if (all < 0) {
			if (again && !said)
				rtprintf("gort: all goroutines are asleep; whether other threads "
					 "can wake them is unknown, /proc/self/stat cannot be "
					 "read\n");
			said |= again;
			return true;
		}
		if (all <= ours)
			return false;
		osusleep(1000);
	}
	return true;
}

/* Once the program's own threads take part, what they wait for is not ours to judge, unless the
 * program asked for it. */
static bool
isOff(void)
{
	return (hostoptions.guest || load_rlx(&sched.foreign)) && !hostoptions.deadlock;
}

static void
look(bool again)
{
	assertLockHeld(&sched.lock);
	if (load_rlx(&sched.exiting) || panicking() || isOff())
		return;
	int32_t run = mcount() - sched.nmidle - sched.nmidlelocked - sched.nmsys - sched.nmspare;
	if (run > 0)
		return;
	if (run < 0) {
		rtprintf("runtime: checkdead: nmidle=%d nmidlelocked=%d mcount=%d nmsys=%d\n",
			sched.nmidle, sched.nmidlelocked, mcount(), sched.nmsys);
		unlock(&sched.lock);
		throw("checkdead: inconsistent counts");
	}

	uint32_t parked = 0;
	uint32_t n = load_acq(&nallgs);
	for (uint32_t i = 0; i < n; i++) {
		struct g *gp = allgsGet(i);
		if (gp == NULL || gp->issystem)
			continue;
		uint32_t s = load_acq(&gp->atomicstatus);
		switch (s) {
		case Gwaiting:
		case Gpreempted:
			parked++;
			break;
		case Grunnable:
		case Grunning:
		case Gsyscall:
			rtprintf("runtime: checkdead: find g %lu in status %s\n",
				(unsigned long)gp->goid, gstatusName(s));
			unlock(&sched.lock);
			throw("checkdead: runnable g");
		}
	}
	if (timersPending() && parked != 0)
		return;
	if (unknownThreads(again))
		return;
	if (parked == 0) {
		unlock(&sched.lock);
		fatal("no goroutines (main called runtime.Goexit) - deadlock!");
	}
	unlock(&sched.lock);
	fatal("all goroutines are asleep - deadlock!");
}

void
checkdead(void)
{
	look(false);
}

void
checkdeadAgain(void)
{
	look(true);
}
