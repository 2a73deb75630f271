/* dead.pml: the count of running threads, by which a deadlock is recognised: src/sched/deadlock.c
 * (checkdead), startm and mput of m.c, retake of sysmon.c, exitsyscall of syscall.c.
 *
 * Modelled: one P, one goroutine, which is in an announced call on its thread; sysmon, which is
 * not counted, retakes the P, or takes it when it is idle, and hands it to an idle thread or a new
 * one. The goroutine comes back at any moment: it takes its P again, or an idle one, or goes to the
 * global queue and its thread to sleep. It enters calls CALLS times and then computes for ever.
 * Sections of sched.lock are single steps; nothing else is.
 *
 * Proves: checkdead never finds nobody running, for somebody is, always: the goroutine is in a
 * call, runs, or is on the queue and a thread is on its way to it; and at the end it does run.
 *
 * Would find
 *   BUG_COUNT_LATE        a new thread counts from when it exists, not from when it was decided on
 *   BUG_RETAKE_UNCOUNTED  sysmon holds a P, and nobody counts for it
 *   BUG_TWO_SECTIONS      wakep takes the idle P in one section of the lock and the thread in another
 */
#ifndef CALLS
#define CALLS 3
#endif
#define NM 7 /* the first, one a retake, one a wakep, at most */
#define NONE 255

mtype = { running, syscall, idle, hand };
mtype status = running;
bool inlist;          /* the P is on the idle list */
bool queued;          /* the goroutine is on the global queue */
byte calls;
short mcount = 1, nmidle, nmidlelocked;
bool parked[NM], given[NM];
byte made = 1;        /* threads that exist */
byte wakeps;
bool finished;

inline checkdead()
{
	assert(mcount - nmidle - nmidlelocked > 0)
}

proctype M(byte self)
{
	if
	:: self == 0 -> goto rung
	:: else -> goto sched
	fi;
sched:
	/* with the P; schedule() */
	atomic {
		if
		:: queued -> queued = false; goto rung
		:: else ->
			status = idle;
			inlist = true
		fi
	};
	goto stopm;
rung:
	if
	:: calls == CALLS -> finished = true; goto forever
	:: else
	fi;
	calls++;
	status = syscall;
	/* exitsyscall */
	atomic {
		if
		:: status == syscall -> status = running; goto rung
		:: else
		fi
	};
	atomic {
		if
		:: inlist -> inlist = false; status = running; goto rung
		:: else -> queued = true
		fi
	};
stopm:
	atomic {
		parked[self] = true;
		nmidle++;
		checkdead()
	};
end_sleep:
	atomic { given[self] -> given[self] = false; status = running };
	goto sched;
forever:
	skip
}

/* The section of startm that picks a thread, or decides on a new one. */
inline choose()
{
	atomic {
		to = 0;
		do
		:: to < NM && parked[to] -> parked[to] = false; nmidle--; break
		:: to < NM && !parked[to] -> to++
		:: to == NM ->
			to = NONE;
#ifndef BUG_COUNT_LATE
			mcount++;
#endif
			break
		od
	}
}

inline wakeup()
{
	if
	:: to == NONE ->
#ifdef BUG_COUNT_LATE
		mcount++;
#endif
		atomic {
			assert(made < NM);
			given[made] = true;
			run Mnew(made);
			made++
		}
	:: else -> given[to] = true
	fi
}

proctype Mnew(byte self)
{
	atomic { given[self] -> given[self] = false; status = running };
	run M(self)
}

proctype sysmon()
{
	byte to;
	bool took;
end:
	do
	:: status == syscall ->
#ifndef BUG_RETAKE_UNCOUNTED
		nmidlelocked--;
#endif
		if
		:: atomic { status == syscall -> status = hand };
			/* handoffp: work is queued, or this is the last P and somebody has to
			 * wait for timers: always a thread */
			choose();
			wakeup()
		:: else
		fi;
#ifndef BUG_RETAKE_UNCOUNTED
		atomic { nmidlelocked++; checkdead() }
#endif
	:: wakeps < 2 -> /* wakep, for a timer or a helper of the collector */
		wakeps++;
#ifdef BUG_TWO_SECTIONS
		if
		:: atomic { inlist -> inlist = false; status = hand; took = true };
			choose()
		:: else
		fi;
#else
		atomic {
			if
			:: inlist ->
				inlist = false;
				status = hand;
				took = true;
				choose()
			:: else
			fi
		};
#endif
		if
		:: took -> took = false; wakeup()
		:: else
		fi
	od
}

init {
	atomic {
		run M(0);
		run sysmon()
	};
	timeout;
	assert(finished)
}
