/* sysmon.c: the watchdog: a thread with no P that looks after those that have one.    room: sched
 *
 * Each round, 20 us apart when there was something to do and up to 10 ms when there was not:
 *   retake    a P whose M has been in an announced call for a whole round goes to somebody else,
 *             unless nobody wants it; a P that has run one slice for 10 ms is asked to give way,
 *             by a signal if its goroutine computes without entering the runtime; a P whose
 *             thread sleeps in a call that nobody announced is taken from it
 *   poll      timers that nobody waits for (every M busy or asleep elsewhere)
 *   gc        a collection when the last one is two minutes old
 *   schedtrace
 * With every P idle it sleeps on a note until somebody leaves idleness through a system call or
 * a start of the world, or until the next timer or the scavenger's next turn.
 *
 * It allocates nothing, and owns p->sysmontick. */
#include "sched/internal.h"

/* With a seed the order is not to depend on the clock, if there is one P: a slice that ends because
 * the machine is busy would. */
static bool
replay(void)
{
	return debug.schedfuzz != 0 && load_rlx(&gomaxprocs) == 1;
}

/* A slice is FORCE_PREEMPT_NS. If a timer is due on the P and no P is idle that would take it, it is
 * over sooner: who waits for a time has waited already. */
#define TIMER_PREEMPT_NS (2 * MS)

static bool
sliceOver(struct p *pp, int64_t now)
{
	int64_t ran = now - pp->sysmontick.schedwhen;
	/* Valgrind's machine is slow, and two threads that take turns on goroutines' stacks
	 * confuse it (arch/valgrind.c): only who computes for long gives way there. */
	if (replay() || onValgrind)
		return ran >= SEC;
	if (ran < FORCE_PREEMPT_NS && load_rlx(&sched.npidle) == 0) {
		int64_t when = load_rlx(&pp->timers.when0);
		return ran >= TIMER_PREEMPT_NS && when != 0 && when <= now;
	}
	return ran >= FORCE_PREEMPT_NS;
}

static void
idlelocked(int32_t d)
{
	lock(&sched.lock);
	sched.nmidlelocked += d;
	if (d > 0)
		checkdead();
	unlock(&sched.lock);
}

/* *watch: somebody waits, or will within 10 ms: the next look should come soon. */
static uint32_t
retake(int64_t now, bool *watch)
{
	uint32_t n = 0;
	int32_t procs = load_acq(&gomaxprocs);
	for (int32_t i = 0; i < procs; i++) {
		struct p *pp = load_acq(&allp[i]);
		if (pp == NULL)
			continue;
		uint32_t s = load_acq(&pp->status);
		if (!*watch)
			*watch = somethingWaits(pp, now + 10 * MS);
		if (s == Prunning || s == Psyscall) {
			uint32_t t = load_rlx(&pp->slicetick);
			if (pp->sysmontick.schedtick != t) {
				pp->sysmontick.schedtick = t;
				pp->sysmontick.schedwhen = now;
			} else if (sliceOver(pp, now)) {
				preemptone(pp);
				if (s == Prunning)
					asyncPreempt(pp, now);
			}
		}
		if (s == Prunning) {
			if (retakeUser(pp, now))
				n++;
			continue;
		}
		if (s != Psyscall)
			continue;
		uint32_t t = load_rlx(&pp->syscalltick);
		if (pp->sysmontick.syscalltick != t) {
			pp->sysmontick.syscalltick = t;
			pp->sysmontick.syscallwhen = now;
			if (debug.schedfuzz == 0 || schedfuzzDraw(4) != 0)
				continue; /* else it is taken at once */
		} else if (debug.schedfuzz != 0 && schedfuzzDraw(4) == 0) {
			continue;
		}
		/* Nobody wants it: leave it to its M, but not for ever, lest sysmon never sleep. */
		if (runqempty(pp) && load_seq(&sched.nmspinning) + load_seq(&sched.npidle) > 0 &&
			pp->sysmontick.syscallwhen + 10 * MS > now)
			continue;
		/* sysmon is not counted as running, but until the P has an M again, it is the one
		 * that keeps things going: the M that loses its P may come back from its call
		 * meanwhile, find no P, go idle as the last, and report a deadlock. */
		idlelocked(-1);
		if (cas(&pp->status, (uint32_t)Psyscall, (uint32_t)Pidle)) {
			n++;
			store_rlx(&pp->syscalltick, pp->syscalltick + 1);
			handoffp(pp);
		}
		idlelocked(1);
	}
	return n;
}

/* How long all may be idle before they are looked at once more. */
#if GORT_HARD
#	define LOOK_AGAIN SEC
#else
#	define LOOK_AGAIN (60 * SEC)
#endif

/* Every P is idle or the world is stopped: sleep. */
static bool
sysmonsleep(int64_t now)
{
	int64_t gcnext = gcNextWake();
	lock(&sched.lock);
	if (templateDue() ||
		(!load_rlx(&sched.gcwaiting) && load_rlx(&sched.npidle) != (uint32_t)gomaxprocs)) {
		unlock(&sched.lock);
		return false;
	}
	int64_t next = timeSleepUntil();
	if (gcnext != 0 && (next == 0 || gcnext < next))
		next = gcnext; /* the scavenger gives memory back in an idle process too */
	if (next != 0 && next <= now) {
		unlock(&sched.lock);
		return false;
	}
	store_seq(&sched.sysmonwait, 1u);
	noteclear(&sched.sysmonnote);
	unlock(&sched.lock);
	int64_t limit = LOOK_AGAIN;
	if (next != 0 && next - now < limit)
		limit = next - now;
	bool woken = notetsleep(&sched.sysmonnote, limit);
	lock(&sched.lock);
	store_seq(&sched.sysmonwait, 0u);
	if (!woken)
		checkdeadAgain(); /* a thread that was none of ours may have ended meanwhile */
	unlock(&sched.lock);
	return true;
}

void
sysmon(void)
{
	uint32_t idle = 0;
	uint32_t delay = 20;
	uint32_t handoffs = 0;
	bool watch = false;
	int64_t lasttrace = 0; /* schedtrace's first line comes at once */
	lock(&sched.lock);
	checkdead();
	unlock(&sched.lock);
	for (;;) {
		if (idle == 0)
			delay = 20;
		else if (idle > 50)
			delay *= 2;
		if (delay > 10000)
			delay = 10000;
		if (watch && delay > 1000)
			delay = 1000;
		osusleep(delay);

		if (templateDue())
			templateReady();
		int64_t now = nanotime();
		noteWaiters(now);
		if (debug.schedtrace <= 0 &&
			(load_rlx(&sched.gcwaiting) ||
				load_rlx(&sched.npidle) == load_rlx((uint32_t *)&gomaxprocs))) {
			if (sysmonsleep(now)) {
				idle = 0;
				delay = 20;
				now = nanotime();
			}
		}

		/* A timer that is overdue with nobody polling: wake a P for it. */
		int64_t next = timeSleepUntil();
		if (next != 0 && next < now)
			wakep();

		/* Who gave a P away for a call comes back and waits for one. */
		watch = false;
		uint32_t seen = load_rlx(&sched.callhandoffs);
		if (retake(now, &watch) != 0 || seen != handoffs)
			idle = 0;
		else
			idle++;
		handoffs = seen;

		if (!replay())
			gcforce();
		if (debug.schedtrace > 0 && lasttrace + (int64_t)debug.schedtrace * MS <= now) {
			lasttrace = now;
			schedtrace(debug.scheddetail > 0);
		}
	}
}
