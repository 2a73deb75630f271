/* resume.pml: the threads that a stop of the world found computing wake each other when it is over:
 * resumeStopped, waitForP, stopWithP, handOver, asyncparkExit of src/sched/asyncpark.c with
 * procresizeTo of p.c and startTheWorldWithSema of stw.c.
 *
 * Modelled: NP Ps and NT threads, of which the last NT - NP wait, parked, for a P. A thread that
 * computes is stopped where it is (its P remembers it), or in the runtime (its P comes free; the thread
 * goes idle and takes a free P later); or its slice ends and a parked one gets its P. A parked thread
 * gets a free P, too. Any of them stops the world, ROUNDS times in all. When it starts, some lose their
 * P and are parked; the Ps of the others are on the list, the lowest first. Once, at any time, all that
 * are parked are let go without a P, as when the process ends. A section of sched.lock is one step,
 * the one that fills the list has several; each access of who takes from the list is one.
 * COMPUTE: all are stopped where they compute and go on with their Ps.
 *
 * Proves: a P that is taken off the list is on it, remembers its thread, and is given once, to a thread
 * that has none; when the world stands still the list is empty; each stop completes and all threads that
 * it stopped go on (or it is an invalid end state).
 *
 * Would find
 *   BUG_LEAF         who is woken wakes nobody
 *   BUG_ENDS         (NT=4) who goes on without a P takes from the list, too: no stop waits for it
 *   BUG_SWEEP        a stop takes Ps that are given, but not yet in use, as it takes free ones
 *   BUG_NO_CAS       the head is replaced by a plain store
 *   BUG_CLEAR_LATE   the P forgets its thread after it was given
 *   BUG_AFTER        who is woken wakes others when it is back in user code, where a stop finds it
 */
#ifndef NP
#define NP 3
#endif
#ifndef NT
#define NT 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define NONE 255
#define ENDS 254 /* woken without a P */

mtype = { free, given, running, gcstop }; /* given: Pidle, but on the list or in somebody's hands */
mtype status[NP] = running;
byte link[NP] = NONE, stoppedm[NP] = NONE;
byte resume = NONE;     /* sched.resume */
byte has[NT] = NONE;    /* m->p */
byte nextp[NT] = NONE;  /* and the note park */
bool parked[NT];        /* on sched.parked */
bool gcwaiting, sema;
bool locked;            /* procresizeTo has sched.lock, for more than one step */
byte stopwait, rounds;
byte k;                 /* scratch inside atomic steps */
#ifdef BUG_AFTER
bool taking[NT], frozen[NT]; /* in user code; stopped there */
#	define GO (!frozen[self])
#else
#	define GO true
#endif

inline resumeStopped(count)
{
	n = count;
	do
	:: n == 0 -> break
	:: else ->
		atomic { GO -> pp = resume };
		if
		:: pp == NONE -> n = 0
		:: else ->
			atomic { GO -> nx = link[pp] };
#ifdef BUG_NO_CAS
			resume = nx;
			got = true;
#else
			atomic {
				GO;
				if
				:: resume == pp -> resume = nx; got = true
				:: else
				fi
			};
#endif
			if
			:: got ->
				atomic { GO -> t = stoppedm[pp]; assert(t != NONE); got = false };
#ifndef BUG_CLEAR_LATE
				atomic { GO -> stoppedm[pp] = NONE };
#endif
				atomic {
					GO;
					assert(status[pp] == given && nextp[t] == NONE && has[t] == NONE);
					nextp[t] = pp
				};
#ifdef BUG_CLEAR_LATE
				stoppedm[pp] = NONE;
#endif
				n--
			:: else
			fi
		fi
	od;
	atomic { pp = NONE; nx = NONE; t = NONE }
}

/* In an atomic step: k is the first of n for which what holds, or n. */
#define FIRST(what, n)                     \
	k = 0;                             \
	do                                 \
	:: k < n && (what) -> break        \
	:: k < n && !(what) -> k++         \
	:: k >= n -> break                 \
	od

inline stopped()
{
	assert(stopwait > 0 && status[has[self]] == running);
	status[has[self]] = gcstop;
	has[self] = NONE;
	stopwait--
}

inline stopTheWorld()
{
	atomic { /* one section of sched.lock */
		gcwaiting = true;
		stopwait = NP;
		k = 0;
		do
		:: k < NP ->
			if
			:: status[k] == free || k == has[self] -> status[k] = gcstop; stopwait--
#ifdef BUG_SWEEP
			:: status[k] == given -> status[k] = gcstop; stopwait--
#endif
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0
	};
	atomic {
		stopwait == 0;
		assert(resume == NONE);
		FIRST(status[k] != gcstop, NP);
		assert(k == NP);
		k = 0
	}
}

inline startTheWorld()
{
	/* procresizeTo */
	atomic { locked = true; n = NP };
	do
	:: n == 0 -> break
	:: else ->
		n--;
		if
		:: n == has[self] -> status[n] = running
		:: n != has[self] && stoppedm[n] == NONE -> status[n] = free
		:: n != has[self] && stoppedm[n] != NONE ->
			if
			:: status[n] = given;
				link[n] = resume;
				resume = n
#ifndef COMPUTE
			:: atomic { parked[stoppedm[n]] = true; stoppedm[n] = NONE; status[n] = free }
#endif
			fi
		fi
	od;
	atomic { gcwaiting = false; locked = false };
	resumeStopped(1)
}

proctype T(byte self)
{
	byte n, pp = NONE, nx = NONE, t = NONE;
	bool got;
	if
	:: has[self] == NONE -> goto wait
	:: else
	fi;
compute:
	do
	:: atomic { gcwaiting && !locked -> /* stopWithP */
		stoppedm[has[self]] = self;
		stopped() };
		goto wait
#ifndef COMPUTE
	:: atomic { gcwaiting && !locked -> stopped() }; /* gcstopm */
		goto idle
	:: atomic { !gcwaiting -> /* handOver */
		FIRST(parked[k], NT);
		if
		:: k < NT ->
			t = k;
			k = 0;
			parked[t] = false;
			parked[self] = true;
			pp = has[self];
			has[self] = NONE;
			status[pp] = given
		:: else -> k = 0
		fi };
		if
		:: t != NONE ->
			atomic { assert(nextp[t] == NONE); nextp[t] = pp; t = NONE; pp = NONE };
			goto wait
		:: else
		fi
#endif
	:: atomic { !sema && rounds < ROUNDS -> sema = true; rounds++ };
		stopTheWorld();
		startTheWorld();
		sema = false
	:: atomic { rounds == ROUNDS && !sema -> status[has[self]] = free; has[self] = NONE };
		goto done
	od;
idle:
	do
	:: atomic { !gcwaiting ->
		FIRST(status[k] == free, NP);
		if
		:: k < NP -> status[k] = running; has[self] = k; k = 0; break
		:: else -> k = 0
		fi };
	:: rounds == ROUNDS && !sema -> goto done
	od;
	goto compute;
wait:
	/* waitForP */
	do
	:: nextp[self] != NONE -> break
	:: atomic { parked[self] && !gcwaiting ->
		FIRST(status[k] == free, NP);
		if
		:: k < NP -> parked[self] = false; status[k] = given; nextp[self] = k
		:: else
		fi;
		k = 0 }
	od;
	if
	:: nextp[self] == ENDS ->
#ifdef BUG_ENDS
		resumeStopped(2);
#endif
		goto done
	:: else
	fi;
#if !defined(BUG_LEAF) && !defined(BUG_AFTER)
	resumeStopped(2);
#endif
	atomic {
		has[self] = nextp[self];
		nextp[self] = NONE;
		assert(status[has[self]] == given);
		status[has[self]] = running
	};
#ifdef BUG_AFTER
	taking[self] = true;
	resumeStopped(2);
	atomic { GO -> taking[self] = false };
#endif
	goto compute;
done:
	skip
}

#ifdef BUG_AFTER
/* A signal in the middle. */
proctype handler(byte self)
{
end:
	do
	:: atomic { gcwaiting && !locked && taking[self] ->
		stoppedm[has[self]] = self;
		stopped();
		frozen[self] = true };
		atomic { nextp[self] != NONE && nextp[self] != ENDS ->
			has[self] = nextp[self];
			nextp[self] = NONE;
			assert(status[has[self]] == given);
			status[has[self]] = running;
			frozen[self] = false }
	od
}
#endif

/* asyncparkExit */
proctype exiting()
{
	atomic {
		!locked;
		k = 0;
		do
		:: k < NT ->
			if
			:: parked[k] -> parked[k] = false; assert(nextp[k] == NONE); nextp[k] = ENDS
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0
	}
}

init {
	byte i;
	atomic {
		do
		:: i < NP -> has[i] = i; run T(i); i++
		:: i >= NP && i < NT -> parked[i] = true; run T(i); i++
		:: else -> break
		od;
		run exiting();
#ifdef BUG_AFTER
		i = 0;
		do
		:: i < NT -> run handler(i); i++
		:: else -> break
		od
#endif
	}
}
