/* timer_sleep.pml: a thread sleeps until the earliest deadline, another adds an earlier one:
 * src/sched/schedule.c (findrunnable from the release of the P on, wakeNetPoller, wakep),
 * src/event/timer.c (heapAdd's when0, timeSleepUntil), src/event/netpoll.c (netpoll, netpollBreak),
 * procresizeTo of src/sched/p.c.
 *
 * Modelled: two Ps. P 0 belongs to a goroutine that adds a timer for time 2 and then one for time 1
 * and computes for ever. P 1 has a timer for time 3; its thread, and a second one that is asleep,
 * look for work, find none, and one of them polls. A thread that comes back from a system call may
 * take P 1, when it is idle, to compute for ever. Time stands still, so nobody is woken by the
 * clock: whoever sleeps sleeps until its deadline. Loads, stores and exchanges of lastpoll,
 * pollUntil, when0, breakword, nmspinning and npidle are single steps, in the order of the code
 * (all are sequentially consistent there, or fenced).
 *
 * Proves: when nothing moves any more, and somebody polls, its deadline is the earliest of all
 * heaps; if nobody polls, no P is idle; never two threads poll.
 *
 * The code holds the deadline by more than one rope: the adder breaks a poller that has not
 * published yet, the poller reads the heaps again after publishing, and who finds the poller's
 * place taken tells it an earlier deadline. Each of the first and the third could go alone.
 *
 * Would find
 *   BUG_NO_SECOND_LOOK  the poller does not read the heaps again after it published its deadline
 *   BUG_LATE_PUBLISH    with NO_UNTIL_ZERO: the second look comes before the deadline is
 *                       published, and the adder does not break a poller that has not
 *   BUG_LASTPOLL_RESET  a start of the world declares that nobody polls
 */
#define NEVER 9

byte when0[2];             /* earliest deadline of each heap; 0: empty */
bool idlep1;               /* P 1 is on the idle list */
byte npidle;
byte nmspinning;
bool nobodypolls = true;   /* sched.lastpoll != 0 */
byte pollUntil;            /* 0: not polling, or not yet */
bool breakword;
byte sleeping;             /* threads in netpoll's sleep */
byte until[2];             /* ghost: the deadline each thread sleeps to; 0: it does not */
bool parked[2];
bool nextp[2];             /* P 1 was handed to the thread, as spinning */

inline earliest(v)
{
	/* timeSleepUntil: heap after heap */
	v = NEVER;
	if
	:: when0[0] != 0 && when0[0] < v -> v = when0[0]
	:: else
	fi;
	if
	:: when0[1] != 0 && when0[1] < v -> v = when0[1]
	:: else
	fi
}

inline wakep()
{
	if
	:: npidle != 0 && nmspinning == 0 ->
		atomic {
			if
			:: nmspinning == 0 -> nmspinning++; ok = true
			:: else
			fi
		};
		if
		:: ok ->
			atomic {
				got = idlep1;
				if
				:: idlep1 -> idlep1 = false; npidle--
				:: else
				fi
			};
			if
			:: got -> /* startm: one of the two is parked or about to be */
				atomic {
					if
					:: parked[0] -> parked[0] = false; nextp[0] = true
					:: !parked[0] && parked[1] -> parked[1] = false; nextp[1] = true
					fi
				}
			:: else -> nmspinning--
			fi;
			ok = false;
			got = false
		:: else
		fi
	:: else
	fi
}

inline netpollBreak()
{
	breakword = true
}

inline addtimer(w)
{
	when0[0] = w;
	/* wakeNetPoller */
	if
	:: !nobodypolls ->
		u = pollUntil;
		if
#ifdef NO_UNTIL_ZERO
		:: u > w -> netpollBreak()
#else
		:: u == 0 || u > w -> netpollBreak()
#endif
		:: else
		fi;
		u = 0
	:: else -> wakep()
	fi
}

proctype adder()
{
	byte u;
	bool ok, got;
	addtimer(2);
	addtimer(1)
}

proctype thread(byte self)
{
	byte pu, t, u;
	bool spinning = true, hasp = true, mine;
	if
	:: self == 1 -> goto end_parked /* is parked */
	:: else
	fi;
find:
	/* P 1 in hand: its timers, and as a thief the others' */
	pu = when0[1];
	if
	:: spinning ->
		if
		:: when0[0] != 0 && when0[0] < pu -> pu = when0[0]
		:: else
		fi
	:: else
	fi;
	/* nothing to run */
	hasp = false;
	atomic { idlep1 = true; npidle++ };
	if
	:: spinning -> spinning = false; nmspinning--
	:: else
	fi;
	earliest(t);
	if
	:: t < pu -> pu = t
	:: else
	fi;
	atomic { mine = nobodypolls; nobodypolls = false };
	if
	:: mine ->
#ifdef BUG_LATE_PUBLISH
		earliest(t);
		if
		:: t < pu -> pu = t
		:: else
		fi;
		pollUntil = pu;
#else
		pollUntil = pu;
# ifndef BUG_NO_SECOND_LOOK
		earliest(t);
		if
		:: t < pu -> pu = t; pollUntil = pu
		:: else
		fi;
# endif
#endif
		/* netpoll */
		atomic { mine = !breakword; breakword = false };
		if
		:: mine ->
			atomic {
				sleeping++;
#ifndef BUG_LASTPOLL_RESET
				assert(sleeping == 1);
#endif
				until[self] = pu
			};
end_asleep:
			atomic { breakword -> sleeping--; until[self] = 0 };
			breakword = false
		:: else
		fi;
		pollUntil = 0;
		nobodypolls = true;
		atomic {
			if
			:: idlep1 -> idlep1 = false; npidle--; hasp = true
			:: else
			fi
		};
		if
		:: hasp -> spinning = true; nmspinning++; goto find
		:: else
		fi
	:: else ->
		u = pollUntil;
#ifndef BUG_NO_BREAK
		if
		:: u == 0 || u > pu -> netpollBreak()
		:: else
		fi
#endif
	fi;
stopm:
	parked[self] = true;
end_parked:
	atomic { nextp[self] -> nextp[self] = false; hasp = true; spinning = true };
	goto find
}

proctype returner()
{
	atomic {
		if
		:: idlep1 -> idlep1 = false; npidle--
		:: true
		fi
	}
}

proctype world()
{
#ifdef BUG_LASTPOLL_RESET
	nobodypolls = true
#else
	skip
#endif
}

init {
	byte t;
	atomic {
		when0[1] = 3;
		nmspinning = 1;
		parked[1] = true;
		run thread(0);
		run thread(1);
		run adder();
		run returner();
		run world()
	};
	timeout;
	earliest(t);
	assert(sleeping == 1 || !idlep1);
	assert(sleeping == 0 || until[0] == t || until[1] == t)
}
