/* team.pml: threads that mark together find out that nothing is left: src/gc/hosted/team.c with the
 * list of full buffers of src/gc/work.c and the jobs of src/gc/hosted/roots.c.
 *
 * Modelled: a collector and NH helpers, which may join at any moment. Roots are JOBS jobs; a job yields one
 * object. An object on a queue yields up to two more, as long as there are any (OBJECTS in all). Each
 * has a queue of its own and puts part of it on the list whenever it likes, which is more than the code does.
 * A buffer on the list is one object. Each access to the list, the number of the next job, or the count is
 * one step (all are sequentially consistent operations, or acquiring loads that see the last one's value).
 * Waiting ends when the list has something or all are idle.
 *
 * Proves: when one finds that all are idle there is no object on a queue or on the list, no job that
 * nobody has taken, and none joins after that; all leave (or it is an invalid end state); all objects are
 * marked once all have left.
 *
 * Would find
 *   BUG_IDLE_FIRST   counts as idle before the look at the list
 *   BUG_TAKE_FIRST   takes from the list and counts as not idle after that
 *   BUG_ADD          goes back to work by an addition rather than a CAS that leaves "all are idle" alone
 *   BUG_JOIN_ADD     joins by an addition
 *   BUG_JOBS_LATE    the list is looked at before the jobs, and not again after the last job
 */
#ifndef NH
#define NH 2
#endif
#ifndef JOBS
#define JOBS 2
#endif
#ifndef OBJECTS
#define OBJECTS 4
#endif
#define ALL (joined == idle)

byte joined = 1, idle; /* one word */
byte list;             /* objects on the list */
byte queue[NH + 1];
byte jobs = JOBS;
byte left = OBJECTS - JOBS; /* objects that nobody has found */
byte marked;
bool over;             /* ghost: somebody has found so */
byte working;          /* ghost: a job, or an object between list and queue, in hand */
byte away;
byte k;

inline nothingLeft()
{
	k = 0;
	do
	:: k <= NH -> assert(queue[k] == 0); k++
	:: else -> break
	od;
	k = 0;
	assert(list == 0 && jobs == 0 && left == 0 && working == 0);
	over = true
}

/* An object that was on the queue is read. */
inline scan()
{
	atomic {
		queue[self]--;
		marked++;
		if
		:: left >= 1 -> left--; queue[self]++
		:: left >= 2 -> left = left - 2; queue[self] = queue[self] + 2
		:: left == 0
		fi
	}
}

proctype M(byte self)
{
	bool found;
	byte seen;
	if
	:: self == 0
	:: self != 0 ->
#ifdef BUG_JOIN_ADD
		if
		:: atomic { ALL -> goto gone }
		:: else -> skip
		fi;
		atomic { assert(!over); joined++ }
#else
		atomic {
			if
			:: ALL -> goto gone
			:: else -> joined++
			fi
		}
#endif
	fi;
work:
	/* The queue, then the list. */
	do
	:: queue[self] > 0 -> scan()
	:: queue[self] > 1 -> atomic { queue[self]--; list++ } /* feeds the others */
	:: atomic { queue[self] == 0 && list > 0 -> list--; queue[self]++ }
	:: atomic { queue[self] == 0 && list == 0 -> break }
#ifdef BUG_IDLE_FIRST
	:: queue[self] == 0 -> break
#endif
	od;
	/* A job? */
	atomic {
		if
		:: jobs > 0 -> jobs--; working++; found = true
		:: else -> found = false
		fi
	};
	if
	:: found ->
		atomic { working--; queue[self]++ };
#ifdef BUG_JOBS_LATE
		/* What the job has found is offered to all, and only jobs are asked for again. */
		atomic { list = list + queue[self]; queue[self] = 0 };
		do
		:: atomic { jobs > 0 -> jobs--; list++ }
		:: atomic { jobs == 0 -> break }
		od;
		goto wait
#else
		goto work
#endif
	:: else
	fi;
#ifdef BUG_JOBS_LATE
wait:
#endif
	atomic {
		idle++;
		if
		:: ALL -> nothingLeft(); goto leave
		:: else
		fi
	};
	do
	:: atomic { ALL -> goto leave }
	:: atomic { list > 0 && !ALL -> seen = joined; k = idle; found = true
#ifdef BUG_TAKE_FIRST
		; list--; working++
#endif
		; seen = seen + k * 16; k = 0 };
#ifdef BUG_TAKE_FIRST
		atomic { idle--; working--; queue[self]++ };
		goto work
#else
#ifdef BUG_ADD
		idle--;
		assert(!over);
		goto work
#else
		atomic {
			if
			:: joined + idle * 16 == seen -> assert(!over); idle--; found = true
			:: else -> found = false
			fi
		};
		if
		:: found -> goto work
		:: else
		fi
#endif
#endif
	od;
leave:
	assert(queue[self] == 0);
gone:
	away++
}

init {
	byte i;
	atomic {
		do
		:: i <= NH -> run M(i); i++
		:: else -> break
		od
	};
	away == NH + 1;
	assert(marked == OBJECTS)
}
