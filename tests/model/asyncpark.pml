/* asyncpark.pml: threads that a signal parks: src/sched/asyncpark.c. Two models, chosen by a flag.
 *
 * -DHAND: the hand-over of the P and the queue of parked goroutines: handOver of asyncpark.c,
 * resumeParked and the looks of findrunnable (schedule.c), givep.
 *
 * Modelled: NP Ps, NM Ms, NF goroutines that wait in a run queue; each goroutine computes for ever or
 * ends. Signals come when they like. A section of sched.lock is one step; what lies between two
 * sections is not.
 *
 * Proves: no P has two Ms; no M is given a second P; when nothing moves any more, no P is idle beside a
 * parked goroutine or one in the queue.
 *
 * Would find
 *   BUG_PUSH_LATE   the handler gives the P away before its goroutine is in the queue
 *   BUG_IDLE_BLIND  an M goes idle without a look at the queue of parked ones
 * BESIDE_IDLE: the handler parks although a P is idle. Verifies as well: whoever gets the P looks at
 * the queue. That the handler declines then only saves a hand-over.
 *
 * -DTHREADS: a stop against a thread that has no P: stopThreads, waitForWorld, leaveForCall.
 *
 * Modelled: a thread with a P that goes in and out of announced calls, with its stores of inrt and of
 * mayleave in a store buffer as in revoke.pml; a stopper, which takes the P, or waits for it; a signal, which the thread takes at any
 * later instant in user code.
 *
 * Proves: between stopThreads and startThreads the thread runs no user code; the stop completes.
 *
 * Would find
 *   BUG_NO_BARRIER  the stopper reads inrt without a barrier on the thread's processor
 *   BUG_NO_LOOK     the thread goes out without a look at stopThreads
 *   BUG_ONE_LOOK    ... from the handler, after it has waited
 *   BUG_LATE_MAY    mayleave is set when the P can be taken already
 */
#define NONE 255

#ifdef HAND
#ifndef NP
#define NP 1
#endif
#ifndef NM
#define NM 3
#endif
#ifndef NF
#define NF 2
#endif

mtype = { user, sched_, midle_, parked_ };
mtype at[NM] = midle_;
byte pof[NM] = NONE;     /* the P that the M has */
byte nextp[NM] = NONE;
bool note[NM];
bool hasG[NM];           /* its thread holds a goroutine in user code */
chan fifo = [NM] of { byte };
byte pidle = 0;          /* how many Ps are on the idle list; which is not told apart */
byte fresh = NF;         /* the run queue */
bool inlist[NM];         /* on sched.midle */
byte holders[NP];        /* ghost */
byte idlep[NP];
byte q;

inline take(m, p)
{
	assert(pof[m] == NONE && holders[p] == 0);
	holders[p]++;
	pof[m] = p
}

inline drop(m)
{
	holders[pof[m]]--;
	pof[m] = NONE
}

inline give(m, p)
{
	assert(nextp[m] == NONE && !note[m]);
	nextp[m] = p;
	note[m] = true
}

proctype M(byte me)
{
	byte p, x;
	if
	:: me < NP -> atomic { take(me, me); at[me] = sched_ }; goto schedule
	:: else -> atomic { inlist[me] = true; at[me] = midle_ }; goto stopm
	fi;

schedule:
	/* findrunnable: a parked one, a fresh one, or idle. */
	if
	:: atomic { len(fifo) > 0 -> fifo?x; p = pof[me]; drop(me) }
		atomic { give(x, p) };
		atomic { inlist[me] = true; at[me] = midle_ };
		goto stopm
	:: atomic { fresh > 0 -> fresh--; hasG[me] = true; at[me] = user }
		goto usercode
#ifdef BUG_IDLE_BLIND
	:: atomic { fresh == 0 -> idlep[pof[me]] = 1; drop(me); inlist[me] = true; at[me] = midle_ }
#else
	:: atomic { fresh == 0 && len(fifo) == 0 -> idlep[pof[me]] = 1; drop(me); inlist[me] = true; at[me] = midle_ }
#endif
		goto stopm
	fi;

usercode:
	if
	:: hasG[me] = false; at[me] = sched_; goto schedule /* the goroutine ends */
	:: goto end_user                                    /* or computes for ever */
	:: goto signalled
	fi;

signalled:
	/* handOver, one section: choose who gets the P, and queue. */
	x = NONE;
	atomic {
		q = 0;
		p = NONE;
		do
		:: q < NP && idlep[q] == 1 -> p = q; break
		:: q < NP && idlep[q] == 0 -> q++
		:: q == NP -> break
		od;
		if
#ifndef BESIDE_IDLE
		:: p != NONE -> goto usercode
#endif
		:: else ->
			q = 0;
			do
			:: q < NM && inlist[q] -> x = q; inlist[q] = false; break
			:: q < NM && !inlist[q] -> q++
			:: q == NM -> break
			od;
			if
			:: x == NONE && len(fifo) > 0 -> fifo?x
			:: else
			fi
		fi;
		if
		:: x == NONE -> goto usercode
		:: else
		fi;
		p = pof[me];
		drop(me);
		at[me] = parked_;
#ifndef BUG_PUSH_LATE
		fifo!me
#endif
	}
	atomic { give(x, p) };
#ifdef BUG_PUSH_LATE
	atomic { fifo!me };
#endif
end_parked:
	atomic { note[me] -> note[me] = false; p = nextp[me]; nextp[me] = NONE; take(me, p); at[me] = user }
	goto usercode;

stopm:
end_idle:
	atomic { note[me] -> note[me] = false; p = nextp[me]; nextp[me] = NONE; take(me, p); at[me] = sched_ }
	goto schedule;

end_user:
	/* Computes; a signal may still come. */
	do
	:: goto signalled
	:: break
	od
}

/* wakep, where a fresh goroutine and an idle P are: the run queue's own protocol is in steal.pml. */
active proctype Waker()
{
end:
	do
	:: atomic {
		fresh > 0 ->
		q = 0;
		do
		:: q < NP && idlep[q] == 1 -> break
		:: q < NP && idlep[q] == 0 -> q++
		:: q == NP -> break
		od;
		if
		:: q < NP ->
			byte w = 0;
			do
			:: w < NM && inlist[w] -> break
			:: w < NM && !inlist[w] -> w++
			:: w == NM -> break
			od;
			if
			:: w < NM -> idlep[q] = 0; inlist[w] = false; give(w, q)
			:: else
			fi
		:: else
		fi
	   }
	od
}

/* When nothing moves: timeout is true when no other process can. */
active proctype Check()
{
	byte i;
	timeout;
	i = 0;
	do
	:: i < NP -> assert(!(idlep[i] == 1 && (len(fifo) > 0 || fresh > 0))); i++
	:: i == NP -> break
	od
}

init
{
	byte i;
	atomic {
		for (i : 0 .. NM - 1) {
			run M(i)
		}
	}
}
#endif

#ifdef THREADS
#ifndef CALLS
#define CALLS 2
#endif
#define RUNNING 0
#define SYSCALL 1
#define STOPPED 2
/* What the buffer holds: stores to inrt, and to mayleave. */
#define INRT(v) (v)
#define MAY(v)	(2 + (v))
byte inrt = 1;
byte may = 0;
byte pstat = RUNNING;
byte buf[5];
byte nbuf = 0;
bool gcwaiting = false;
bool stopThreads = false;
bool signal = false;
bool inuser = false;   /* ghost */
bool stopped = false;  /* ghost: the stopper relies on it */

inline drainOne()
{
	if
	:: buf[0] < 2 -> inrt = buf[0]
	:: else -> may = buf[0] - 2
	fi;
	buf[0] = buf[1]; buf[1] = buf[2]; buf[2] = buf[3]; buf[3] = buf[4]; buf[4] = 0;
	nbuf--
}

inline drain()
{
	do
	:: nbuf > 0 -> drainOne()
	:: nbuf == 0 -> break
	od
}

inline store(v)
{
	atomic {
		nbuf < 5;
		buf[nbuf] = v;
		nbuf++
	}
}

active proctype Processor()
{
end:
	do
	:: atomic { nbuf > 0 -> drainOne() }
	od
}

/* The world runs again; the thread gets its P. */
inline waitForStart()
{
	atomic { !gcwaiting; pstat = RUNNING }
}

active proctype Thread()
{
	byte i;
	for (i : 1 .. CALLS) {
		/* In the runtime, with the P: a stop is served at any entry. */
		if
		:: atomic { gcwaiting -> drain(); pstat = STOPPED };
			waitForStart()
		:: !gcwaiting
		fi;
		/* entersyscall */
#ifndef BUG_LATE_MAY
		store(MAY(1));
#endif
		atomic { drain(); pstat = SYSCALL };
#ifdef BUG_LATE_MAY
		store(MAY(1));
#endif
out:
		/* leaveForCall */
		store(INRT(0));
#ifndef BUG_NO_LOOK
		if
		:: stopThreads ->
			store(INRT(1));
			atomic { drain() };
			!stopThreads;
			goto out
		:: else
		fi;
#endif
		/* User code, in which a signal may be taken. */
		atomic { assert(!stopped); inuser = true };
		do
		:: signal ->
			/* The handler: inrt is 0 by this thread's own view, or it would decline. */
			inuser = false;
			signal = false;
again:
			store(INRT(1));
			if
			:: stopThreads -> atomic { drain() }; !stopThreads
			:: else
			fi;
			store(INRT(0));
#ifndef BUG_ONE_LOOK
			if
			:: stopThreads -> goto again
			:: else
			fi;
#endif
			atomic { assert(!stopped); inuser = true }
		:: break
		od;
		inuser = false;
		store(INRT(1));
		/* exitsyscall: the P is to be had, or was stopped: then it waits for the start. */
		if
		:: atomic { pstat == SYSCALL -> drain(); pstat = RUNNING };
			store(MAY(0))
		:: atomic { pstat != SYSCALL -> drain() };
			store(MAY(0));
			waitForStart()
		fi
	}
	/* It ends in a call: with mayleave, and nobody to go anywhere. */
	atomic { drain(); may = 0; pstat = SYSCALL }
}

active proctype Stopper()
{
	byte round;
	for (round : 1 .. 2) {
		gcwaiting = true;
		/* The P, by CAS or from the thread. */
		if
		:: atomic { pstat == SYSCALL -> pstat = STOPPED }
		:: pstat == STOPPED
		fi;
		stopThreads = true;
#ifndef BUG_NO_BARRIER
		if
		:: may != 0 -> atomic { drain() }
		:: may == 0
		fi;
#endif
		do
		:: inrt != 0 -> break
		:: inrt == 0 && !signal -> signal = true
		od;
		atomic { assert(!inuser); stopped = true };
		assert(!inuser);
		stopped = false;
		stopThreads = false;
		/* The P can be had, by the thread that waits for the start, or that comes back from a call. */
		atomic { pstat = SYSCALL; gcwaiting = false }
	}
}
#endif
