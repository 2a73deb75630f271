/* select.pml: a select parks on several channels and with a deadline, and is woken: selEnqueue,
 * selparkcommit, selDequeue of src/sync/select.c, waitq_dequeue of src/sync/internal.h, addwaker,
 * fireWaker and deltimer of src/event/timer.c.
 *
 * Modelled: one goroutine that selects ROUNDS times over three cases on two channels (the second
 * channel twice), with a deadline or without; a process that serves each channel and one that fires the timer,
 * each as often as it likes; the commit of the park, which runs on another stack and so may overlap
 * with the goroutine from the first lock it drops. How the goroutine's registers are saved is
 * park.pml's matter. One server may always come again, so a lost wake-up is not what is looked for
 * here, but a select that is stuck for a lock is an invalid end state.
 *
 * Proves: a select is woken once; whoever wakes it finds it parked; the commit reads no link that
 * the goroutine has cleared; the timer is not touched after the goroutine's frame is gone; when a
 * select returns it is on no queue and in no heap, and all locks are free again.
 *
 * Would find
 *   BUG_LINK_LATE    the commit reads a sudog's link after dropping its channel's lock
 *   BUG_RESET_EARLY  selectDone goes back to 0 before the losers are off their queues
 *   BUG_NO_RACE      a sudog is served without winning selectDone
 *   BUG_NO_DELTIMER  the select returns and leaves its timer behind
 *   BUG_PP_LATE      fireWaker clears pp after it has readied the goroutine
 *   BUG_BLIND_DELTIMER  deltimer does not look at pp again under the lock
 */
#ifndef ROUNDS
#define ROUNDS 2
#endif
#define NS 3
#define NONE 255
#define TIMER 254

#define chanOf(s) ((s) == 0 -> 0 : 1)

bit chanlock[2];
bit onq[NS];        /* the sudog is on its channel's queue */
bit linked[NS];     /* its waitlink is as selEnqueue left it */
bit selectDone;
byte param = NONE;
bit parked;

bit heaplock;
bit inheap;         /* the timer is an element of the heap */
bit pp;             /* t->pp is not 0 */
bit frame;          /* the goroutine's frame, where the timer lies, is in use */
bit deadline;       /* this select has one */

bit commitgo;       /* the park's commit is under way */
byte returned;

inline lockchan(c)   { atomic { chanlock[c] == 0 -> chanlock[c] = 1 } }
inline unlockchan(c) { assert(chanlock[c]); chanlock[c] = 0 }
inline lockheap()    { atomic { heaplock == 0 -> heaplock = 1 } }
inline unlockheap()  { assert(heaplock); heaplock = 0 }

inline ready(who)
{
	atomic {
		assert(parked);
		param = who;
		parked = 0
	}
}

/* selparkcommit, on whatever stack runs next. */
proctype commit()
{
	byte s, next;
	bit token;
end_idle:
	do
	:: atomic { commitgo -> s = 0; token = deadline }
	   do
	   :: s < NS ->
#ifdef BUG_LINK_LATE
		if
		:: s == NS - 1 || chanOf(s + 1) != chanOf(s) -> unlockchan(chanOf(s))
		:: else
		fi;
		assert(linked[s]);
		next = s + 1;
#else
		assert(linked[s]);
		next = s + 1;
		if
		:: next == NS || chanOf(next) != chanOf(s) -> unlockchan(chanOf(s))
		:: else
		fi;
#endif
		s = next
	   :: else -> break
	   od;
	   /* From here on nothing of the goroutine's, which may be in its next select. The token is the
	    * commit's own. */
	   if
	   :: token -> unlockheap()
	   :: else
	   fi;
	   commitgo = 0
	od
}

/* A send or a receive that serves whoever waits on channel c. */
proctype server(byte c)
{
	byte s;
end_idle:
	do
	:: returned < ROUNDS ->
		lockchan(c);
		do
		:: atomic {
			if
			:: onq[0] && c == 0 -> s = 0
			:: !onq[0] && c == 0 -> s = NONE
			:: onq[1] && c == 1 -> s = 1
			:: !onq[1] && onq[2] && c == 1 -> s = 2
			:: !onq[1] && !onq[2] && c == 1 -> s = NONE
			fi;
			if
			:: s != NONE -> onq[s] = 0
			:: else
			fi
		   }
		   if
		   :: s == NONE -> break
		   :: else ->
#ifdef BUG_NO_RACE
			break
#else
			atomic {
				if
				:: selectDone == 0 -> selectDone = 1; break
				:: else
				fi
			}
#endif
		   fi
		od;
		unlockchan(c);
		if
		:: s != NONE -> ready(s)
		:: else
		fi
	:: returned >= ROUNDS -> break
	od
}

/* checkTimers, at any time after the deadline, which may be at once. */
proctype firer()
{
	bit won;
end_idle:
	do
	:: returned < ROUNDS ->
		lockheap();
		won = 0;
		if
		:: inheap ->
			inheap = 0;
			atomic {
				if
				:: selectDone == 0 -> selectDone = 1; won = 1
				:: else
				fi
			}
#ifdef BUG_PP_LATE
			if
			:: won -> ready(TIMER)
			:: else
			fi;
			won = 0;
#endif
			assert(frame);
			pp = 0
		:: else
		fi;
		unlockheap();
		if
		:: won -> ready(TIMER)
		:: else
		fi
	:: returned >= ROUNDS -> break
	od
}

active proctype goroutine()
{
	byte s;
	run commit();
	run server(0);
	run server(1);
	run firer();
	do
	:: returned < ROUNDS ->
		/* sellock, selEnqueue, addwaker */
		frame = 1;
		lockchan(0);
		lockchan(1);
		selectDone = 0;
		atomic {
			s = 0;
			do
			:: s < NS -> onq[s] = 1; linked[s] = 1; s++
			:: else -> break
			od
		}
		if
		:: deadline = 1;
			lockheap();
			assert(!pp && !inheap);
			pp = 1;
			inheap = 1
		:: deadline = 0
		fi;
		/* the park, and its commit elsewhere */
		/* Simplified: the last commit has let go of its heap, which may be another P's. */
		atomic { commitgo == 0 -> parked = 1; commitgo = 1 }
		!parked;
#ifdef BUG_RESET_EARLY
		selectDone = 0;
#endif
		/* deltimer */
#ifndef BUG_NO_DELTIMER
		if
		:: param != TIMER && pp ->
			lockheap();
			if
#ifdef BUG_BLIND_DELTIMER
			:: true -> assert(inheap); inheap = 0; pp = 0
#else
			:: pp -> assert(inheap); inheap = 0; pp = 0
			:: else
#endif
			fi;
			unlockheap()
		:: else
		fi;
#endif
		/* selDequeue */
		s = 0;
		do
		:: s < NS ->
			if
			:: s != param ->
				lockchan(chanOf(s));
				onq[s] = 0;
				unlockchan(chanOf(s))
			:: else
			fi;
			linked[s] = 0;
			s++
		:: else -> break
		od;
		frame = 0;
		atomic {
			assert(!onq[0] && !onq[1] && !onq[2] && !pp && !inheap);
			returned++
		}
	:: else -> break
	od
}
