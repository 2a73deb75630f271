/* lock.pml: the runtime's own mutex: src/base/lock_futex.c and lock/unlock of src/base/base.h.
 *
 * Modelled: the word key (0 unlocked, 1 locked, 2 locked and somebody may sleep), the fast paths,
 * the spinning attempts of lockSlow (any number of them: they only try), and the futex: the kernel
 * compares the word and queues the sleeper in one step; a wakeup takes one sleeper, any of them.
 * THREADS threads take and drop the lock ROUNDS times each. The futex never wakes by itself here:
 * it may in life, but then a lost wakeup would be hidden.
 *
 * Proves: never two holders; everybody gets the lock in the end (a sleeper that nobody wakes is an
 * invalid end state).
 *
 * Would find
 *   BUG_WANT_ONE      a woken thread takes the lock as 1, though others may still sleep
 *   BUG_UNLOCK_SPLIT  unlock by a load and a store: a waiter that sets 2 in between is forgotten
 *   BUG_SLEEP_BLIND   the futex queues without comparing the word
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

byte key;
byte holders;
bool asleep[THREADS];
byte nasleep;

inline futexsleep(val)
{
	atomic {
		if
#ifdef BUG_SLEEP_BLIND
		:: true ->
#else
		:: key == val ->
#endif
			asleep[self] = true;
			nasleep++
		:: key != val
		fi
	}
	!asleep[self]
}

inline futexwakeup()
{
	atomic {
		if
		:: nasleep > 0 ->
			if
			:: asleep[0] -> asleep[0] = false
			:: asleep[1] -> asleep[1] = false
#if THREADS > 2
			:: asleep[2] -> asleep[2] = false
#endif
#if THREADS > 3
			:: asleep[3] -> asleep[3] = false
#endif
			fi;
			nasleep--
		:: nasleep == 0
		fi
	}
}

active [THREADS] proctype thread()
{
	byte self = _pid;
	byte want, old, round;
again:
	/* lock */
	atomic {
		if
		:: key == 0 -> key = 1; goto locked
		:: key != 0
		fi
	}
	want = 1;
slow:
	do
	:: atomic { key == 0 -> key = want; goto locked } /* a spinning attempt that succeeds */
	:: break
	od;
	atomic { old = key; key = 2 }
	if
	:: old == 0 -> goto locked
	:: old != 0
	fi;
#ifndef BUG_WANT_ONE
	want = 2;
#endif
	futexsleep(2);
	goto slow;
locked:
	holders++;
	assert(holders == 1);
	holders--;
	/* unlock */
#ifdef BUG_UNLOCK_SPLIT
	old = key;
	key = 0;
#else
	atomic { old = key; key = 0 }
#endif
	assert(old != 0);
	if
	:: old == 2 -> futexwakeup()
	:: old != 2
	fi;
	round++;
	if
	:: round < ROUNDS -> goto again
	:: else
	fi;
	skip
}
