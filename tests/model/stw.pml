/* stw.pml: stopping and starting the world: src/sched/stw.c (stopTheWorldWithSema, gcstopm,
 * startTheWorldWithSema), procresizeTo of p.c, entersyscall and exitsyscall of syscall.c, retake of
 * sysmon.c with handoffp of m.c.
 *
 * Modelled: NP Ps; a stopper, which holds P 0 and stops the world ROUNDS times; NM other threads that
 * run goroutines, go idle, enter and leave announced calls, take idle Ps, and stop when they see the
 * request; sysmon, which retakes a P from a call at most once a round. A call may last. Each section of sched.lock
 * is one step, each access outside of it, too. The stopper repeats the request only while a P runs
 * that has not got it: to repeat it for ever would hide a stop that can never complete.
 *
 * Proves: each P is counted exactly once (stopwait never below 0, the note is set once); when the
 * stopper goes on no other thread runs with a P, and all Ps are Pgcstop; the stop completes (or it
 * is an invalid end state); no P is lost: after a start each is idle, running, in a call, or in
 * somebody's hands.
 *
 * Would find
 *   BUG_NO_CHECK     (NOSYSMON: it sleeps during a stop) entersyscall does not look at gcwaiting
 *                    after it let go of the P
 *   BUG_NO_CAS       the sweep takes a P out of a call by a plain store
 *   BUG_KEEP_IDLE    the stopper leaves the idle Ps on their list
 *   BUG_HANDOFF      handoffp puts a P on the idle list though a stop is wanted
 *   BUG_START_LATE   gcwaiting falls after the Ps have come free, in a step of its own
 */
#ifndef NP
#define NP 2
#endif
#ifndef NM
#define NM 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define NONE 255

mtype = { idle, running, syscall, gcstop };
mtype status[NP] = gcstop;
bool inlist[NP];       /* on sched.pidle */
bool preempt[NP];
bool gcwaiting;
byte stopwait;
bool stopnote;
bool parked[NM];       /* threads on sched.midle */
byte nextp[NM] = NONE;
bool runs[NM];         /* ghost: runs Go code */
bool retaken, woken;    /* sysmon and the poller act once a round */
bool locked;           /* the stopper is in its section of sched.lock, which has more than one step */
bool over;
byte k, q;             /* scratch inside atomic steps */

inline stopped(p)
{
	assert(stopwait > 0);
	status[p] = gcstop;
	stopwait--;
	if
	:: stopwait == 0 -> last = true
	:: else
	fi
}

/* notewakeup, after the section: the stopper waits for nothing else. */
inline tell()
{
	if
	:: last -> last = false; assert(!stopnote); stopnote = true
	:: else
	fi
}

inline pidleget(p)
{
	k = 0;
	do
	:: k < NP && inlist[k] -> inlist[k] = false; p = k; break
	:: k < NP && !inlist[k] -> k++
	:: k >= NP -> p = NONE; break
	od;
	k = 0
}

/* p is idle and on the caller's hands. */
inline handoffp(p)
{
	if
	:: atomic {
		!locked && (parked[0] || parked[1]);
		startm(p)
	}
	:: atomic {
		!locked;
#ifndef BUG_HANDOFF
		if
		:: gcwaiting -> stopped(p)
		:: else -> inlist[p] = true
		fi
#else
		inlist[p] = true
#endif
	};
		tell()
	fi
}

/* A parked thread gets p. (If none is parked the code makes one; here p goes back to the list, or
 * the caller does something else.) */
inline startm(p)
{
	k = 0;
	do
	:: k < NM && parked[k] -> parked[k] = false; nextp[k] = p; break
	:: k < NM && !parked[k] -> k++
	:: k >= NM -> assert(status[p] == idle); inlist[p] = true; break
	od;
	k = 0
}

proctype M(byte self)
{
	byte p = NONE, oldp = NONE;
	bool last;
park:
	parked[self] = true;
end_park:
	do
	:: atomic { nextp[self] != NONE -> p = nextp[self]; nextp[self] = NONE }; break
	:: atomic { parked[self] && !woken && !locked -> /* by itself, as from netpoll */
		woken = true;
		pidleget(p);
		if
		:: p != NONE -> parked[self] = false; break
		:: else
		fi }
	od;
	assert(status[p] == idle);
	status[p] = running;
sched:
	/* schedule() */
	preempt[p] = false;
	if
	:: gcwaiting -> /* gcstopm */
		status[p] = idle;
		atomic {
			!locked;
			if
			:: gcwaiting -> stopped(p); p = NONE
			:: else
			fi
		};
		tell();
		if
		:: p == NONE -> goto park
		:: else -> status[p] = running; goto sched
		fi
	:: else
	fi;
	if
	:: goto runG
	:: /* nothing to run */
		atomic {
			!locked;
			if
			:: gcwaiting
			:: else -> status[p] = idle; inlist[p] = true; p = NONE
			fi
		};
		if
		:: p == NONE -> goto park
		:: else -> goto sched
		fi
	fi;
runG:
	runs[self] = true;
	do
	:: preempt[p] -> runs[self] = false; goto sched
	:: runs[self] = false; goto sched /* parks */
	:: !over -> break                 /* entersyscall */
	od;
	runs[self] = false;
	oldp = p;
	p = NONE;
	status[oldp] = syscall;
#ifndef BUG_NO_CHECK
	if
	:: gcwaiting ->
		atomic {
			!locked;
			if
			:: stopwait > 0 && status[oldp] == syscall -> stopped(oldp)
			:: else
			fi
		};
		tell()
	:: else
	fi;
#endif
	/* entersyscallWanted */
	if
	:: true
	:: atomic { status[oldp] == syscall && !retaken -> status[oldp] = idle; retaken = true };
		handoffp(oldp);
		oldp = NONE
	fi;
	if
	:: true
	:: true -> over; goto done /* the call lasts */
	fi;
	/* exitsyscall */
	atomic {
		if
		:: oldp != NONE && status[oldp] == syscall -> status[oldp] = running; p = oldp
		:: else -> skip
		fi;
		oldp = NONE
	};
	if
	:: p != NONE -> goto runG
	:: else
	fi;
	atomic {
		!locked;
		pidleget(p);
		if
		:: p != NONE -> status[p] = running
		:: else
		fi
	};
	if
	:: p != NONE -> goto runG
	:: else -> goto park
	fi;
done:
	skip
}

inline sweep(i)
{
	i = 0;
	do
	:: i < NP ->
#ifdef BUG_NO_CAS
		if
		:: status[i] == syscall -> status[i] = gcstop; stopwait--
		:: else
		fi;
#else
		atomic {
			if
			:: status[i] == syscall -> status[i] = gcstop; stopwait--
			:: else
			fi
		};
#endif
		i++
	:: else -> break
	od
}

proctype stopper()
{
	byte i, round, p;
	bool wait;
	do
	:: round == ROUNDS -> break
	:: else ->
		round++;
		retaken = false;
		woken = false;
		/* One section of sched.lock, but statuses of Ps in calls change beside it. */
		atomic {
			locked = true;
			stopwait = NP;
			assert(!stopnote);
			gcwaiting = true;
			i = 0;
			do
			:: i < NP -> preempt[i] = true; i++
			:: else -> break
			od;
			status[0] = gcstop;
			stopwait--
		}
#ifdef BUG_NO_CAS
		;
		sweep(i);
		atomic {
#else
		;
		atomic {
			i = 0;
			do
			:: i < NP ->
				if
				:: status[i] == syscall -> status[i] = gcstop; stopwait--
				:: else
				fi;
				i++
			:: else -> break
			od;
#endif
#ifndef BUG_KEEP_IDLE
			do
			:: pidleget(p);
				if
				:: p != NONE -> status[p] = gcstop; stopwait--
				:: else -> break
				fi
			od;
#endif
			i = 0;
			p = 0;
			wait = stopwait > 0;
			locked = false
		};
		do
		:: !wait -> break
		:: wait && stopnote -> stopnote = false; break
		:: atomic { wait && !stopnote ->
			k = 0;
			do
			:: k < NP && status[k] == running && !preempt[k] -> break
			:: k < NP && !(status[k] == running && !preempt[k]) -> k++
			:: k >= NP -> break
			od;
			q = k;
			k = 0;
			if
			:: q < NP -> preempt[q] = true; q = 0
			:: else -> q = 0; stopnote
			fi }
		od;
		/* The world is stopped. */
		assert(stopwait == 0);
		i = 0;
		do
		:: i < NP -> assert(status[i] == gcstop); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < NM -> assert(!runs[i]); i++
		:: else -> break
		od;
		i = 0;
		/* procresizeTo */
		atomic {
			status[0] = running;
			i = 1;
			do
			:: i < NP -> assert(!inlist[i]); status[i] = idle; inlist[i] = true; i++
			:: else -> break
			od;
			i = 0;
#ifndef BUG_START_LATE
			gcwaiting = false
#endif
		};
#ifdef BUG_START_LATE
		gcwaiting = false;
#endif
		preempt[0] = false;
		/* wakep, or some */
		atomic {
			if
			:: pidleget(p);
				if
				:: p != NONE -> startm(p)
				:: else
				fi
			:: true
			fi;
			p = 0
		}
	od;
	over = true
}

/* retake: at most once between two stops. */
proctype sysmon()
{
	byte p = 1;
	bool last;
end:
	do
	:: atomic { status[p] == syscall && !retaken -> status[p] = idle; retaken = true };
		handoffp(p)
	od
}

init {
	byte n = 0;
	atomic {
		do
		:: n < NM -> run M(n); n++
		:: else -> break
		od;
		n = 1;
		status[0] = running;
		do
		:: n < NP -> status[n] = idle; inlist[n] = true; n++
		:: else -> break
		od;
		run stopper();
#ifndef NOSYSMON
		run sysmon()
#endif
	}
}
