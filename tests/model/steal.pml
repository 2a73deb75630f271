/* steal.pml: run queues, and who is woken for what lies in them. Two models, chosen by a flag.
 *
 * -DRING: one P's queue: src/sched/runq.c (runqput, runqputslow, runqget, runqgrab, runqempty).
 *
 * Modelled: the ring (of 4) with head and tail, runnext, the global list as a set; an owner that
 * makes NG goroutines runnable, each into runnext or the ring, and runs some in between; thieves
 * that take half of the ring, or runnext. Every load, store and compare-and-swap is a step. With
 * OBSERVER another thread asks runqempty meanwhile.
 *
 * Proves: each G is run exactly once, or lies on the global list; runqempty says true only if the
 * queue was empty at one moment of its look.
 *
 * Would find
 *   BUG_RUNNEXT_NOCAS  runnext is taken by a load and a store
 *   BUG_NO_HEAD_CAS    a thief moves head without comparing
 *   BUG_TAIL_FIRST     the owner publishes the tail before the element is there
 *   BUG_ONE_LOOK       (OBSERVER) runqempty does not read tail a second time
 *
 * -DSPIN: spinning and waking: src/sched/schedule.c (findrunnable, resetspinning, wakep), startm of
 * m.c, exitsyscall of syscall.c.
 *
 * Modelled: NP Ps and enough threads. One goroutine makes two others runnable on its P and then
 * computes for ever; another (not with NOSYSCALL) comes back from a system call and takes an idle P,
 * or the global queue if there is none. A goroutine that gets to run ends, or computes for ever. The
 * submitter's store of the new G lies in a store buffer until the processor drains it, at any
 * later time, or the fence of wakep waits for that; read-modify-writes are fences, as on x86.
 *
 * Proves: when nothing moves any more, no P is idle beside a runnable goroutine.
 *
 * Would find
 *   BUG_NO_FENCE    wakep reads the counters before the G is visible
 *   BUG_NO_RECHECK  an M goes idle without a second look at the queues
 *   BUG_SPINNING_RECHECK  ... takes it only if it was spinning
 *   BUG_NO_HANDON   an M that found work while spinning does not wake the next
 */
#define NONE 255

#ifdef RING
/* ------------------------------------------------------------------------------------------- */
#ifndef NG
#define NG 5
#endif
#ifndef THIEVES
#define THIEVES 2
#endif
#ifndef TRIES
#define TRIES 2
#endif
#define N 4

byte ring[N];
byte head, tail;
byte runnext;       /* 0: none */
byte ran[NG + 1];
bool inglobal[NG + 1];
byte finished;
/* Ghosts: how many Gs are in the queue, and whether it was empty since the observer began. */
byte count;
bool wasempty = true;

inline taken(n)
{
	count = count - (n);
	if
	:: count == 0 -> wasempty = true
	:: else
	fi
}

inline runG(x)
{
	ran[x]++;
	assert(ran[x] == 1);
	assert(!inglobal[x])
}

/* To the end of the ring; x is set to 0. */
inline ringput(x)
{
	do
	:: x == 0 -> break
	:: else ->
		h = head;
		if
		:: tail - h < N ->
#ifdef BUG_TAIL_FIRST
			atomic { tail++; count++ };
			ring[(tail - 1) % N] = x;
#else
			ring[tail % N] = x;
			atomic { tail++; count++ };
#endif
			x = 0
		:: else -> /* runqputslow; half of a ring of 4 is 2 */
			a = ring[h % N];
			b = ring[(h + 1) % N];
			atomic {
				if
				:: head == h ->
					head = h + 2;
					taken(2);
					inglobal[a] = true;
					inglobal[b] = true;
					inglobal[x] = true;
					x = 0
				:: else
				fi
			}
		fi
	od
}

/* got is 0 if the queue is empty. */
inline queueget(got)
{
	got = runnext;
	if
	:: got != 0 ->
#ifdef BUG_RUNNEXT_NOCAS
		atomic { runnext = 0; taken(1) }
#else
		atomic {
			if
			:: runnext == got -> runnext = 0; taken(1)
			:: else -> got = 0
			fi
		}
#endif
	:: else
	fi;
	do
	:: got != 0 -> break
	:: else ->
		h = head;
		if
		:: h == tail -> break
		:: else ->
			got = ring[h % N];
			atomic {
				if
				:: head == h -> head = h + 1; taken(1)
				:: else -> got = 0
				fi
			}
		fi
	od
}

active proctype owner()
{
	byte g = 1, h, x, a, b, old;
	do
	:: g <= NG ->
		x = g;
		g++;
		if
		:: runnext == 0 -> atomic { runnext = x; count++; x = 0 }
		:: true ->
			atomic {
				old = runnext;
				runnext = x;
				x = old;
				if
				:: old == 0 -> count++
				:: else
				fi
			}
		:: true
		fi;
		old = 0;
		ringput(x)
	:: g > 1 && g <= NG ->
		queueget(x);
		if
		:: x != 0 -> runG(x)
		:: else
		fi;
		x = 0
	:: g > NG -> break
	od;
	do
	:: queueget(x);
		if
		:: x != 0 -> runG(x); x = 0
		:: else -> break
		fi
	od;
	finished++
}

active [THIEVES] proctype thief()
{
	byte h, n, i, x;
	byte mine[2];
	byte tries = 0;
	do
	:: tries == TRIES -> break
	:: else ->
		h = head;
		n = tail - h;
		n = n - n / 2;
		if
		:: n == 0 ->
			x = runnext;
			if
			:: x != 0 ->
#ifdef BUG_RUNNEXT_NOCAS
				atomic { runnext = 0; taken(1) };
				runG(x);
#else
				atomic {
					if
					:: runnext == x -> runnext = 0; taken(1); runG(x)
					:: else
					fi
				}
#endif
			:: else
			fi;
			tries++
		:: n > N / 2 -> tries++ /* head and tail were not read at one moment */
		:: else ->
			i = 0;
			do
			:: i < n -> mine[i] = ring[(h + i) % N]; i++
			:: else -> break
			od;
			atomic {
#ifdef BUG_NO_HEAD_CAS
				head = h + n;
				if
				:: count >= n -> taken(n)
				:: else
				fi;
#else
				if
				:: head == h -> head = h + n; taken(n)
				:: else -> n = 0
				fi;
#endif
				i = 0;
				do
				:: i < n ->
					assert(mine[i] != 0);
					runG(mine[i]);
					i++
				:: else -> break
				od
			};
			tries++
		fi;
		h = 0; n = 0; i = 0; x = 0; mine[0] = 0; mine[1] = 0
	od;
	finished++
}

#ifdef OBSERVER
active proctype observer()
{
	byte h, t;
	bool next;
	wasempty = (count == 0);
again:
	h = head;
	t = tail;
	next = (runnext != 0);
#ifndef BUG_ONE_LOOK
	if
	:: t != tail -> goto again
	:: else
	fi;
#endif
	assert(h != t || next || wasempty)
}
#endif

active proctype judge()
{
	byte i = 1;
	finished == THIEVES + 1;
	do
	:: i <= NG ->
		assert(ran[i] + inglobal[i] == 1);
		i++
	:: else -> break
	od
}
#endif /* RING */

#ifdef SPIN
/* ------------------------------------------------------------------------------------------- */
#ifndef NP
#define NP 2
#endif
#ifndef NM
#define NM (NP + 2)
#endif

byte rq[NP];       /* Gs on each P's queue, as memory shows them */
byte buffered;     /* Gs that the submitter (P 0) stored and its processor has not drained */
byte glob;         /* global queue: sched.lock */
bool idlep[NP];
byte npidle;
byte nmspinning;
bool idlem[NM];
byte nextp[NM] = NONE;
bool nextspin[NM];
byte k;            /* scratch inside atomic steps; always 0 between them */

active proctype storebuffer()
{
end:
	do
	:: atomic { buffered > 0 -> rq[0] = rq[0] + buffered; buffered = 0 }
	od
}

/* Each is one section of sched.lock. */
inline pidleget(q)
{
	q = NONE;
	k = 0;
	do
	:: k < NP && idlep[k] -> idlep[k] = false; npidle--; q = k; break
	:: k < NP && !idlep[k] -> k++
	:: k >= NP -> break
	od;
	k = 0
}

inline wakep()
{
#ifndef BUG_NO_FENCE
	(self != 0 || buffered == 0);
#endif
	if
	:: npidle != 0 ->
		if
		:: nmspinning == 0 ->
			atomic {
				self != 0 || buffered == 0;
				if
				:: nmspinning == 0 -> nmspinning++; ok = true
				:: else -> ok = false
				fi
			};
			if
			:: ok ->
				atomic { pidleget(q) };
				if
				:: q == NONE -> nmspinning--
				:: else -> /* startm */
					atomic {
						k = 0;
						do
						:: k < NM && idlem[k] ->
							idlem[k] = false;
							nextp[k] = q;
							nextspin[k] = true;
							break
						:: k < NM && !idlem[k] -> k++
						:: k >= NM -> assert(false)
						od;
						k = 0;
						q = NONE
					}
				fi;
				ok = false
			:: else
			fi
		:: else
		fi
	:: else
	fi
}

proctype M(byte self)
{
	byte p = NONE, q = NONE, i;
	bool spinning, ok;
	if
	:: self == 0 ->
		p = 0;
		atomic { buffered++ };
		wakep();
		atomic { buffered++ };
		wakep();
		goto forever
#ifndef NOSYSCALL
	:: self == 1 -> /* exitsyscall */
		atomic {
			pidleget(p);
			if
			:: p == NONE -> glob++
			:: else
			fi
		};
		if
		:: p == NONE -> goto sleep
		:: else -> goto rung
		fi
#endif
	:: else -> goto sleep
	fi;

find:
	/* findrunnable, with a P */
	if
	:: atomic { rq[p] > 0 -> rq[p]-- }; goto got
	:: rq[p] == 0
	fi;
	if
	:: atomic { glob > 0 -> glob-- }; goto got
	:: glob == 0
	fi;
	if
	:: spinning || 2 * nmspinning < NP - npidle ->
		if
		:: !spinning -> spinning = true; nmspinning++
		:: else
		fi;
		i = 0;
		do
		:: i < NP ->
			if
			:: atomic { rq[i] > 0 -> rq[i]-- }; i = 0; goto got
			:: rq[i] == 0 -> i++
			fi
		:: else -> break
		od;
		i = 0
	:: else
	fi;
	atomic {
		if
		:: glob > 0 -> glob--; goto got
		:: else -> idlep[p] = true; npidle++; p = NONE
		fi
	};
#ifdef BUG_SPINNING_RECHECK
	if
	:: !spinning -> goto sleep
	:: else
	fi;
#endif
	if
	:: spinning -> spinning = false; nmspinning--
	:: else
	fi;
#ifndef BUG_NO_RECHECK
	if
	:: glob > 0 ->
		atomic {
			if
			:: glob > 0 ->
				pidleget(p);
				if
				:: p != NONE -> glob--
				:: else
				fi
			:: else
			fi
		};
		if
		:: p != NONE -> spinning = true; nmspinning++; goto got
		:: else
		fi
	:: else
	fi;
	i = 0;
	do
	:: i < NP && rq[i] > 0 ->
		atomic { pidleget(p) };
		i = 0;
		if
		:: p != NONE -> spinning = true; nmspinning++; goto find
		:: else -> break
		fi
	:: i < NP && rq[i] == 0 -> i++
	:: i >= NP -> break
	od;
	i = 0;
#endif
sleep:
	idlem[self] = true;
end_sleep:
	nextp[self] != NONE;
	atomic {
		p = nextp[self];
		nextp[self] = NONE;
		spinning = nextspin[self];
		nextspin[self] = false
	};
	goto find;
got:
	if
	:: spinning -> /* resetspinning */
		spinning = false;
		nmspinning--;
#ifndef BUG_NO_HANDON
		wakep()
#endif
	:: else
	fi;
rung:
	if
	:: goto find
	:: goto forever
	fi;
forever:
end_forever:
	false
}

init {
	byte n = 0;
	atomic {
		do
		:: n < NM -> run M(n); n++
		:: else -> break
		od;
		n = 1;
		do
		:: n < NP -> idlep[n] = true; npidle++; n++
		:: else -> break
		od;
		/* Threads that sleep already, or startm would find none. */
#ifdef NOSYSCALL
		n = 1;
#else
		n = 2;
#endif
		do
		:: n < NM -> idlem[n] = true; n++
		:: else -> break
		od;
		n = 0
	};
	timeout;
	do
	:: n < NP -> assert(npidle == 0 || rq[n] == 0); n++
	:: else -> break
	od;
	assert(npidle == 0 || glob == 0)
}
#endif /* SPIN */
