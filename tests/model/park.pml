/* park.pml: a goroutine parks, another readies it: src/sched/park.c (goparkunlock, hookUnlock,
 * goparkcommit, hookCommit, park_m, ready) and gswitch of src/arch/amd64/switch.S.
 *
 * Modelled: NM threads, three goroutines on an unbuffered channel (one sends twice, two receive
 * once each), the channel's lock and waiters, the run queue (as a set: any thread may take any G,
 * which includes every steal). A park is the steps of the direct switch, one by one: take the next
 * G; save the registers; leave the stack and continue on the next one's; there, in the hook, write
 * the status and drop the lock. Without a next G the way leads through g0. The commit's argument
 * lies on the parked G's stack, as in goparkcommit, so it may be read only before the unlock.
 *
 * Proves: a G is continued only from registers that were saved since it last ran; no stack is ever
 * under two threads; the waker finds the status that ready() demands; the commit's argument is
 * not read once the G may run; no G is lost (all finish, or it is an invalid end state).
 *
 * Would find
 *   BUG_COMMIT_EARLY  the lock is dropped before the registers are saved
 *   BUG_COMMIT_ON_OWN_STACK  ... after the save, but while still on the parked G's stack
 *   BUG_STATUS_LATE   Gwaiting is written after the unlock
 *   BUG_ARG_LATE      the commit's argument is read again after the unlock
 */
#ifndef NM
#define NM 2
#endif
#define NG 3
#define NONE 255

#define RUNNABLE 1
#define RUNNING 2
#define WAITING 3
#define DEAD 4

byte status[NG] = RUNNABLE;
bool saved[NG] = true;    /* sched.sp and the registers are those of the last run */
byte onstack[NG];         /* threads whose sp is on this G's stack */
bool queued[NG] = true;   /* on a run queue */
bool waiting[NG];         /* on the channel's queue */
bool parked[NG];          /* this G's program is inside a park */
byte ops[NG];             /* sends or receives left */
byte chanlock;
byte done;

#define sender(g) ((g) == 0)

inline lockchan() { atomic { chanlock == 0 -> chanlock = 1 } }
inline unlockchan() { assert(chanlock == 1); chanlock = 0 }

/* The thread's sp moves onto g's stack; its registers are taken from there. */
inline continueG(g)
{
	atomic {
		assert(saved[g]);
		assert(onstack[g] == 0);
		saved[g] = false;
		onstack[g] = 1;
		assert(status[g] == RUNNING)
	}
}

inline takeNext(g)
{
	atomic {
		if
		:: queued[0] -> queued[0] = false; g = 0
		:: queued[1] -> queued[1] = false; g = 1
		:: queued[2] -> queued[2] = false; g = 2
		:: else -> g = NONE
		fi;
		if
		:: g != NONE -> assert(status[g] == RUNNABLE); status[g] = RUNNING
		:: else
		fi
	}
}

inline setWaiting()
{
	assert(status[cur] == RUNNING);
	status[cur] = WAITING
}

proctype M()
{
	byte cur = NONE, next = NONE, w = NONE;
sched:
	/* schedule(), on g0 */
	do
	:: done == NG -> goto out
	:: else ->
		if
		:: queued[0] || queued[1] || queued[2] || done == NG
		fi;
		takeNext(cur);
		if
		:: cur != NONE -> break
		:: else
		fi
	od;
	continueG(cur);
running:
	/* on cur's stack */
	if
	:: parked[cur] -> parked[cur] = false; ops[cur]-- /* goparkunlock returned */
	:: else
	fi;
	if
	:: ops[cur] == 0 -> /* goexit1, through g0 */
		atomic { onstack[cur] = 0; status[cur] = DEAD; done++ };
		cur = NONE;
		goto sched
	:: else
	fi;
	lockchan();
	atomic {
		if
		:: sender(cur) && waiting[1] -> w = 1
		:: sender(cur) && waiting[2] -> w = 2
		:: !sender(cur) && waiting[0] -> w = 0
		:: else -> w = NONE
		fi
	}
	if
	:: w != NONE ->
		waiting[w] = false;
		unlockchan();
		/* ready */
		assert(status[w] == WAITING);
		status[w] = RUNNABLE;
		queued[w] = true;
		w = NONE;
		ops[cur]--;
		goto running
	:: else
	fi;
	/* chanPark */
	waiting[cur] = true;
	parked[cur] = true;
	takeNext(next);
#ifdef BUG_COMMIT_EARLY
	setWaiting();
	unlockchan();
	saved[cur] = true;
	onstack[cur] = 0;
#else
	saved[cur] = true;
# ifdef BUG_COMMIT_ON_OWN_STACK
	setWaiting();
	unlockchan();
	onstack[cur]--;
# else
	onstack[cur] = 0;
# endif
#endif
	if
	:: next != NONE -> continueG(next)
	:: else /* g0's stack */
	fi;
#if !defined(BUG_COMMIT_EARLY) && !defined(BUG_COMMIT_ON_OWN_STACK)
	/* the hook, or park_m: on the next G's stack, or g0's */
	assert(saved[cur] && onstack[cur] == 0); /* the argument lies on cur's idle stack */
# ifdef BUG_STATUS_LATE
	unlockchan();
	setWaiting();
# else
	setWaiting();
	unlockchan();
# endif
# ifdef BUG_ARG_LATE
	assert(saved[cur] && onstack[cur] == 0);
# endif
#endif
	cur = next;
	next = NONE;
	if
	:: cur == NONE -> goto sched
	:: else -> goto running
	fi;
out:
	skip
}

init {
	byte i = 0;
	atomic {
		ops[0] = 2;
		ops[1] = 1;
		ops[2] = 1;
		do
		:: i < NM -> run M(); i++
		:: else -> break
		od
	}
}
