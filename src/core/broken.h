/* broken.h: promises that a test's build can break, to see that somebody notices.    room: core
 *
 * BROKEN(NAME) is 1 in a file that is compiled with -DGORT_BREAK=BREAK_NAME, else the constant 0,
 * and nothing of it is left. `make broken-unit` compiles one file so and links the tests with it;
 * tests/stress/prove.sh does that for each line of this list and runs the torture, which has to
 * fail. Assembly asks for GORT_BROKEN_NAME. A protocol whose breach nobody notices is not tested; who
 * adds a protocol adds a line. */
#ifndef GORT_CORE_BROKEN_H
#define GORT_CORE_BROKEN_H

#include "core/types.h"

enum broken {
	BREAK_NOTHING,
	/* The file that it is in, and what is left out or done wrong. */
	BREAK_WAKEUP, /* sched/park.c: a readied G starts no M for an idle P */
	BREAK_FENCE, /* sched/schedule.c: the fence between submitting a G and looking for idle Ps */
	BREAK_RECHECK,   /* sched/schedule.c: the second look at the queues before an M sleeps */
	BREAK_READY,     /* sched/park.c: one in many readied Gs is forgotten */
	BREAK_UNLOCK,    /* sched/park.c: a park drops its lock before the G counts as waiting */
	BREAK_ERRNO,     /* sched/park.c: errno stays with the thread */
	BREAK_STEAL,     /* sched/runq.c: a thief does not compare before it takes */
	BREAK_SYSCALL,   /* sched/syscall.c: the end of a call takes the P without asking */
	BREAK_TIMERS,    /* sched/p.c: a P that leaves keeps its timers */
	BREAK_NOTE,      /* base/note.c: one in many wake-ups of a thread is not sent */
	BREAK_SELECT,    /* sync/chan.c: a select that was won already is won again */
	BREAK_SELUNLOCK, /* sync/select.c: the commit reads on after it dropped the last lock */
	BREAK_CLOSE,     /* sync/chan.c: close forgets a waiter */
	BREAK_MUTEX,     /* sync/syncmutex.c: the mark that somebody is awake is not taken off */
	BREAK_SEMA,      /* sync/sema.c: the look after queueing, before the park */
	BREAK_GUARD,     /* arch/amd64/switch.S: split: a resumed G keeps another's stack guard */
	/* The collector does not look at: */
	BREAK_ROOTDATA,    /* gc/hosted/roots.c: variables */
	BREAK_ROOTTLS,     /* gc/hosted/roots.c: thread-local variables */
	BREAK_ROOTADDED,   /* gc/hosted/roots.c: what was registered */
	BREAK_ROOTRECORDS, /* gc/hosted/roots.c: what records of finalizers and weak handles need */
	BREAK_ROOTRUNTIME, /* gc/hosted/roots.c: the runtime's own memory, timers */
	BREAK_ROOTREGS,    /* gc/hosted/scanstack.c: registers of threads that a signal stopped */
	BREAK_ROOTVECTORS, /* gc/hosted/scanstack.c: of these, vector registers */
	BREAK_ROOTCALLS,   /* gc/hosted/scanstack.c: stacks of threads without a P */
	/* Threads that mark together: */
	BREAK_TEAMIDLE, /* gc/hosted/team.c: who goes back to work still counts as idle */
	BREAK_TEAMBITS, /* gc/hosted/markobject.c: mark bits are set without atomics; markquick.c too */
	BREAK_MARKLOST, /* gc/hosted/markobject.c: one in many objects is found and not marked */
	/* Marking while the program runs: */
	BREAK_BARRIER,     /* gc/hosted/barrier.c: a compiled store marks nothing */
	BREAK_BARRIERBULK, /* gc/hosted/barrier.c: a copy or a clearing marks nothing */
	BREAK_RAGGED, /* gc/hosted/barrier.c: nobody waits for those who have read the flag before */
	BREAK_TRACKROUND, /* gc/hosted/track.c: what a round finds is not read */
	BREAK_TRACKLAST,  /* gc/hosted/track.c: what was written after the last round is not read */
	BREAK_TRACKSEEN,  /* gc/hosted/markpage.c: some of what a round has seen is not marked */
	BREAK_TRACKSTACKS, /* gc/hosted/roots.c: stacks are not read a second time */
	BREAK_BORN,        /* mem/mcache.c: marking: objects are not born marked */
};

#ifndef GORT_BREAK
#	define GORT_BREAK BREAK_NOTHING
#endif
#define BROKEN(name) (GORT_BREAK == BREAK_##name)

/* One turn in n. */
static inline bool
brokenTurn(uint32_t n)
{
	static uint32_t turn;
	return __atomic_add_fetch(&turn, 1, __ATOMIC_RELAXED) % n == 0;
}

/* Now and then a moment for others to come between, as the kernel may grant them one anywhere. */
static inline void
brokenPause(void)
{
	if (brokenTurn(64))
		for (volatile int i = 0; i < 100000; i++)
			;
}

#endif
